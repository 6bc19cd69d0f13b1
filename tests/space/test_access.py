"""The rights of each role, for every action."""

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
def test_each_role_has_exactly_the_rights_of_the_table(action: str, column: int, role: str) -> None:
    assert may(role, action) is TABLE[action][column]


def test_table_has_every_action() -> None:
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
def test_heir_is_the_first_admin_or_else_the_first_member(
    members: list[tuple[str, str]], chosen: str | None
) -> None:
    assert next_owner(members) == chosen
