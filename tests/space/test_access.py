"""Every role and every action."""

import pytest

from personas.space.access import RIGHTS, ROLES, heir, may

# action → owner, admin, member, stranger
TABLE = {
    "rename": (True, True, False, False),
    "delete": (True, False, False, False),
    "change roles": (True, False, False, False),
    "invite admin": (True, False, False, False),
    "invite member": (True, True, False, False),
    "invite owner": (False, False, False, False),
    "remove owner": (True, False, False, False),
    "remove admin": (True, False, False, False),
    "remove member": (True, True, False, False),
    "leave": (True, True, True, False),
    "anything else": (False, False, False, False),
}


@pytest.mark.parametrize("action", TABLE)
@pytest.mark.parametrize(("column", "role"), list(enumerate([*ROLES, None])))
def test_a_role_may_do_what_the_table_says(action: str, column: int, role: str | None) -> None:
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
    assert heir(members) == chosen
