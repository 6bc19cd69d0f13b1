"""What a role in a space may do (contract, section 5)."""

ROLES = ("owner", "admin", "member")  # from the most to the least
TYPES = ("personal", "brand", "club", "family", "team", "practice")
SHARED = TYPES[1:]  # what can be asked for
INVITED = ROLES[1:]  # nobody is invited as an owner

RIGHTS: dict[str, frozenset[str]] = {
    "owner": frozenset(
        {
            "rename",
            "delete",
            "change roles",
            "invite admin",
            "invite member",
            "remove owner",
            "remove admin",
            "remove member",
            "leave",
        }
    ),
    "admin": frozenset({"rename", "invite member", "remove member", "leave"}),
    "member": frozenset({"leave"}),
}


def may(role: str, action: str) -> bool:
    """Whether `role` may do `action`; a stranger has none, and finds no space. Who may invite may
    also revoke."""
    return action in RIGHTS[role]


def heir(members: list[tuple[str, str]]) -> str | None:
    """Who owns a space that its last owner has left: the first admin, else the first member.

    `members` are those who remain, as (id, role), the longest there first. None where an owner is
    among them, or nobody.
    """
    for role in ROLES:
        for user_id, their_role in members:
            if their_role == role:
                return None if role == "owner" else user_id
    return None
