"""Every role and every action."""

import pytest

from personas.space.access import RIGHTS, ROLES, may, next_owner

# action → owner, admin, member
TABLE = {
    "rename": (True, True, False),
    "delete": (True, False, False),
    "change roles": (True, False, False),
    "invite admin": (True, False, False),
    "invite member": (True, True, False),
    "invite owner": (False, False, False),
    "remove owner": (True, False, False),
    "remove admin": (True, False, False),
    "remove member": (True, True, False),
    "leave": (True, True, True),
    "anything else": (False, False, False),
}


@pytest.mark.parametrize("action", TABLE)
@pytest.mark.parametrize(("column", "role"), list(enumerate(ROLES)))
def test_a_role_may_do_what_the_table_says(action: str, column: int, role: str) -> None:
    assert may(role, action) is TABLE[action][column]


def test_the_table_has_every_action() -> None:
    assert frozenset().union(*RIGHTS.values()) <= TABLE.keys()


@pytest.mark.parametrize(
    ("members", "chosen"),
    [
        ([], None),
        ([("ann", "owner")], None),
        ([("ann", "member"), ("ben", "owner")], None),
        ([("ann", "member"), ("ben", "admin"), ("cat", "admin")], "ben"),
        ([("ann", "member"), ("ben", "member")], "ann"),
    ],
)
def test_the_first_admin_inherits_else_the_first_member(
    members: list[tuple[str, str]], chosen: str | None
) -> None:
    assert next_owner(members) == chosen
