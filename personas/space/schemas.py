"""The shapes of spaces, members and invitations on the wire."""

from typing import Any

import marshmallow as ma

from personas.http.fields import Answer, Choice, Cursor, Id, Schema, Text
from personas.http.instants import Instant
from personas.http.query import Page
from personas.space.access import INVITED, ROLES, SHARED, TYPES
from personas.space.slug import MAX_LENGTH, SLUG
from personas.user.schemas import Email, Name
from personas.user.stamp import KINDS

A_TYPE = {"examples": ["family"]}
AN_EMAIL = {"examples": ["ben@example.org"]}


class SpaceName(Name):
    @property
    def json_schema(self) -> dict[str, Any]:
        return super().json_schema | {"examples": ["The Bakers"]}


class Slug(Text):
    def __init__(self, **kwargs: Any) -> None:
        message = "Must contain only lower-case letters, digits and hyphens."
        super().__init__(1, MAX_LENGTH, pattern=SLUG, message=message, **kwargs)

    @property
    def json_schema(self) -> dict[str, Any]:
        return super().json_schema | {"examples": ["the-bakers"]}


class SpaceMetadata(Answer):
    type = Choice(TYPES, metadata=A_TYPE)


class SpaceSchema(Answer):
    """A space as one account sees it."""

    id = Id(attribute="space.id")
    name = SpaceName(attribute="space.name")
    slug = Slug(attribute="space.slug")
    metadata = ma.fields.Nested(SpaceMetadata, attribute="space")
    role = Choice(ROLES)
    created_at = Instant(attribute="space.created_at")


class SpaceAnswer(Answer):
    space = ma.fields.Nested(SpaceSchema)


class NewSpace(Schema):
    name = SpaceName(required=True)
    space_type = Choice(SHARED, data_key="type", required=True, metadata=A_TYPE)
    slug = Slug(metadata={"description": "Derived from the name by default."})


class SpaceChange(Schema):
    name = SpaceName()


class SeatSchema(Answer):
    """A member in the list of spaces for admins."""

    user_id = Id(attribute="user.id")
    email = ma.fields.String(attribute="user.email", metadata=AN_EMAIL)
    role = Choice(ROLES)


class MemberSchema(Answer):
    user_id = Id(attribute="user.id")
    email = ma.fields.String(attribute="user.email", metadata=AN_EMAIL)
    name = Name(attribute="user.name")
    kind = Choice(KINDS, attribute="user.kind")
    role = Choice(ROLES)


class MemberAnswer(Answer):
    member = ma.fields.Nested(MemberSchema)


class MemberChange(Schema):
    role = Choice(ROLES)


class SpaceDetail(SpaceAnswer):
    members = ma.fields.List(ma.fields.Nested(MemberSchema))


class NewInvitation(Schema):
    email = Email(required=True)
    role = Choice(INVITED, required=True)


class InvitationSchema(Answer):
    id = Id()
    email = ma.fields.String(metadata=AN_EMAIL)
    role = Choice(INVITED)
    expires_at = Instant()


class InvitationAnswer(Answer):
    invitation = ma.fields.Nested(InvitationSchema)


class OwnInvitation(Answer):
    """An invitation as the invited account sees it; `space` has the role that it offers."""

    id = Id(attribute="invitation.id")
    email = ma.fields.String(attribute="invitation.email", metadata=AN_EMAIL)
    role = Choice(INVITED, attribute="invitation.role")
    expires_at = Instant(attribute="invitation.expires_at")
    space = ma.fields.Nested(SpaceSchema)


class OwnInvitations(Answer):
    invitations = ma.fields.List(ma.fields.Nested(OwnInvitation))


class SpaceQuery(Page):
    space_type = Choice(TYPES, data_key="type")
    q = Text(1, 200, metadata={"description": "Part of the name or slug; case is ignored."})


class SpaceRow(Answer):
    id = Id(attribute="space.id")
    name = SpaceName(attribute="space.name")
    slug = Slug(attribute="space.slug")
    type = Choice(TYPES, attribute="space.type", metadata=A_TYPE)
    members = ma.fields.List(ma.fields.Nested(SeatSchema))


class SpacePage(Answer):
    spaces = ma.fields.List(ma.fields.Nested(SpaceRow))
    next_cursor = Cursor(allow_none=True)
