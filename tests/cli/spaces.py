"""Accounts and helpers for the tests of catalog spaces."""

from pathlib import Path
from typing import Any

from personas.audit.service import Actor
from personas.space import service as spaces
from personas.space.invitation import accept, invite
from personas.user import service as users
from tests.cli.conftest import Target
from tests.persona.watch import execute
from tests.seeding.catalogs import listed, write_catalog

ZOE, ABE, KIM = (f"persona.{name}@mana.test" for name in ("zoe", "abe", "kim"))
ANN = "ann@example.org"


def seed(target: Target, path: Path, *args: object, **options: Any) -> list[str]:
    """Seed a catalog; return the lines about spaces and their summary, without the personas."""
    result = target.run("seed", "--catalog", path, *args, **options)
    lines = result.stdout.splitlines()
    assert result.exit_code == any(line.startswith("failed") for line in lines), result.output
    blank = lines.index("")
    space_lines = [line for line in lines[:blank] if line[11:].startswith(("space ", "member "))]
    return space_lines + lines[blank + 1 : -1]


def catalog(folder: Path, *spaces: object) -> Path:
    people = (listed(name) for name in ("Zoe", "Abe", "Kim"))
    return write_catalog(folder, *people, spaces=spaces)


def actor(email: str) -> Actor:
    user = users.find(email)
    assert user is not None
    return Actor(user.id, user.email)


def space_id(slug: str) -> str:
    return next(
        entry.space.id for entry in spaces.spaces(limit=None)[0] if entry.space.slug == slug
    )


def join(target: Target, slug: str, email: str, role: str = "member") -> None:
    """Verify the account's email; Zoe invites the account and it accepts."""
    execute(target.app, "UPDATE users SET email_verified = true WHERE email = ?", email)
    with target.app.app_context():
        invitation = invite(space_id(slug), email, role, by=actor(ZOE))
        accept(invitation.id, by=actor(email))


def leave(target: Target, slug: str, email: str) -> None:
    sql = (
        "DELETE FROM space_members WHERE space_id = (SELECT id FROM spaces WHERE slug = ?) "
        "AND user_id = (SELECT id FROM users WHERE email = ?)"
    )
    execute(target.app, sql, slug, email)
