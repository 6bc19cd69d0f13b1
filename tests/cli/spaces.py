"""What the tests of the catalog's spaces do, and whom they do it with."""

from pathlib import Path
from typing import Any

from personas.audit.service import Actor
from personas.space import service as spaces
from personas.space.invitation import accept, invite
from personas.user import service as users
from tests.cli.conftest import Stage
from tests.persona.watch import execute
from tests.seeding.catalogs import listed, write_catalog

ZOE, ABE, KIM = (f"persona.{name}@mana.test" for name in ("zoe", "abe", "kim"))
ANN = "ann@example.org"


def seed(stage: Stage, path: Path, *args: object, **options: Any) -> list[str]:
    """The lines about spaces, and their summary; the personas' lines are another test's."""
    result = stage.run("seed", "--catalog", path, *args, **options)
    lines = result.stdout.splitlines()
    assert result.exit_code == any(line.startswith("failed") for line in lines), result.output
    blank = lines.index("")
    about = [line for line in lines[:blank] if line[11:].startswith(("space ", "member "))]
    return about + lines[blank + 1 : -1]


def catalog(folder: Path, *spaces: object) -> Path:
    people = (listed(name) for name in ("Zoe", "Abe", "Kim"))
    return write_catalog(folder, *people, spaces=spaces)


def actor(email: str) -> Actor:
    user = users.find(email)
    assert user is not None
    return Actor(user.id, user.email)


def found(slug: str) -> str:
    return next(each.space.id for each in spaces.spaces(limit=None)[0] if each.space.slug == slug)


def join(stage: Stage, slug: str, email: str, role: str = "member") -> None:
    """Somebody, verified, is invited by the owner and accepts."""
    execute(stage.stored, "UPDATE users SET email_verified = true WHERE email = ?", email)
    with stage.stored.app_context():
        invited = invite(found(slug), email, role, by=actor(ZOE))
        accept(invited.id, by=actor(email))


def leave(stage: Stage, slug: str, email: str) -> None:
    sql = (
        "DELETE FROM space_members WHERE space_id = (SELECT id FROM spaces WHERE slug = ?) "
        "AND user_id = (SELECT id FROM users WHERE email = ?)"
    )
    execute(stage.stored, sql, slug, email)
