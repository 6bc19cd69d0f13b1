"""What each role in a space may do (contract, section 5)."""

ROLES = ("owner", "admin", "member")  # from the most rights to the fewest
TYPES = ("personal", "brand", "club", "family", "team", "practice")
SHARED = TYPES[1:]  # the types that a request can choose
INVITED = ROLES[1:]  # an invitation cannot make an owner

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
    """Whether `role` may do `action`. The right to invite includes the right to revoke."""
    return action in RIGHTS[role]


def next_owner(members: list[tuple[str, str]]) -> str | None:
    """Who becomes the owner when an owner leaves: the first admin, else the first member.

    `members` are the remaining members as (id, role), longest membership first. None if one of
    them is an owner, or if there are none.
    """
    for role in ROLES:
        for user_id, member_role in members:
            if member_role == role:
                return None if role == "owner" else user_id
    return None
