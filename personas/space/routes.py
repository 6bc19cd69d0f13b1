"""Spaces, their members, and invitations to them."""

from typing import Any

from flask import Response

from personas.auth.guard import ACCOUNT, ADMIN, allow, caller
from personas.http.view import Blueprint, raises
from personas.space import create, invitation, member, service
from personas.space.create import SlugTaken
from personas.space.invitation import (
    AlreadyMember,
    InvitationWithSpace,
    NoSuchInvitation,
    SpentInvitation,
    Unverified,
)
from personas.space.member import LastOwner, NoSuchMember
from personas.space.models import SpaceInvitation
from personas.space.schemas import (
    InvitationAnswer,
    MemberAnswer,
    MemberChange,
    NewInvitation,
    NewSpace,
    OwnInvitations,
    SpaceAnswer,
    SpaceChange,
    SpaceDetail,
    SpacePage,
    SpaceQuery,
    SpaceSchema,
)
from personas.space.service import Member, Membership, NoSuchSpace, NotAllowed, PersonalSpace

blp = Blueprint("spaces", __name__)


@blp.get("/api/auth/organization/list")
@allow(ACCOUNT)
@blp.response(200, SpaceSchema(many=True))
def list_own_spaces() -> list[Membership]:
    """List the spaces of the logged-in account: the personal one, then the others, oldest first."""
    return service.of(caller().user.id)


@blp.post("/api/v1/spaces")
@allow(ACCOUNT)
@raises(SlugTaken)
@blp.arguments(NewSpace)
@blp.response(201, SpaceAnswer)
def create_space(body: dict[str, Any]) -> dict[str, Membership]:
    """Create a shared space and become its owner."""
    return {"space": create.create(**body, by=caller().actor)}


@blp.get("/api/v1/spaces/<id:space_id>")
@allow(ACCOUNT)
@raises(NoSuchSpace)
@blp.response(200, SpaceDetail)
def get_space(space_id: str) -> dict[str, Membership | list[Member]]:
    """Get a space and its members, longest membership first."""
    space, members = service.get(space_id, by=caller().actor)
    return {"space": space, "members": members}


@blp.patch("/api/v1/spaces/<id:space_id>")
@allow(ACCOUNT)
@raises(NoSuchSpace, NotAllowed)
@blp.arguments(SpaceChange)
@blp.response(200, SpaceAnswer)
def change_space(body: dict[str, Any], space_id: str) -> dict[str, Membership]:
    """Rename a space."""
    return {"space": service.rename(space_id, **body, by=caller().actor)}


@blp.delete("/api/v1/spaces/<id:space_id>")
@allow(ACCOUNT)
@raises(NoSuchSpace, NotAllowed, PersonalSpace)
@blp.response(204)
def delete_space(space_id: str) -> Response:
    """Delete a shared space for all its members."""
    service.delete(space_id, by=caller().actor)
    return Response(status=204)


@blp.patch("/api/v1/spaces/<id:space_id>/members/<id:user_id>")
@allow(ACCOUNT)
@raises(NoSuchSpace, NoSuchMember, NotAllowed, LastOwner)
@blp.arguments(MemberChange)
@blp.response(200, MemberAnswer)
def change_member(body: dict[str, Any], space_id: str, user_id: str) -> dict[str, Member]:
    """Change the role of a member."""
    return {"member": member.change_role(space_id, user_id, **body, by=caller().actor)}


@blp.delete("/api/v1/spaces/<id:space_id>/members/<id:user_id>")
@allow(ACCOUNT)
@raises(NoSuchSpace, NoSuchMember, NotAllowed, LastOwner)
@blp.response(204)
def remove_member(space_id: str, user_id: str) -> Response:
    """Remove a member from a space, or leave the space."""
    member.remove(space_id, user_id, by=caller().actor)
    return Response(status=204)


@blp.post("/api/v1/spaces/<id:space_id>/invitations")
@allow(ACCOUNT)
@raises(NoSuchSpace, NotAllowed, PersonalSpace, AlreadyMember)
@blp.arguments(NewInvitation)
@blp.response(201, InvitationAnswer)
def invite(body: dict[str, Any], space_id: str) -> dict[str, SpaceInvitation]:
    """Invite an e-mail for seven days; an open invitation is renewed."""
    return {"invitation": invitation.invite(space_id, **body, by=caller().actor)}


@blp.delete("/api/v1/spaces/<id:space_id>/invitations/<id:invitation_id>")
@allow(ACCOUNT)
@raises(NoSuchSpace, NoSuchInvitation, NotAllowed)
@blp.response(204)
def revoke_invitation(space_id: str, invitation_id: str) -> Response:
    """Revoke an invitation that has not been accepted."""
    invitation.revoke(space_id, invitation_id, by=caller().actor)
    return Response(status=204)


@blp.get("/api/v1/invitations")
@allow(ACCOUNT)
@blp.response(200, OwnInvitations)
def list_own_invitations() -> dict[str, list[InvitationWithSpace]]:
    """List the open invitations to your verified e-mail, newest first."""
    return {"invitations": invitation.of(caller().user)}


@blp.post("/api/v1/invitations/<id:invitation_id>/accept")
@allow(ACCOUNT)
@raises(NoSuchInvitation, Unverified, SpentInvitation)
@blp.response(200, SpaceAnswer)
def accept_invitation(invitation_id: str) -> dict[str, Membership]:
    """Accept an invitation to your verified e-mail and join its space."""
    return {"space": invitation.accept(invitation_id, by=caller().actor)}


@blp.get("/api/v1/admin/spaces")
@allow(ADMIN)
@blp.arguments(SpaceQuery, location="query")
@blp.response(200, SpacePage)
def list_spaces(query: dict[str, Any]) -> dict[str, Any]:
    """List all spaces with their members, newest first."""
    spaces, next_cursor = service.spaces(**query)
    return {"spaces": spaces, "next_cursor": next_cursor}
