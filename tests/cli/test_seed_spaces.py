"""`seed` and the spaces of a catalog, on the database at hand and through a service alike."""

import json
from pathlib import Path
from typing import Any

import pytest

from personas.audit.service import CLI, Actor
from personas.persona import service as personas
from personas.space import service as spaces
from personas.space.create import create
from personas.space.invitation import accept, invite
from personas.user import service as users
from personas.user.stamp import HUMAN
from tests.cli.conftest import Stage
from tests.persona.catalogs import listed, member, space, write_catalog
from tests.persona.watch import contents, count_hashes, execute
from tests.service import register

ZOE, ABE, KIM = (f"persona.{name}@mana.test" for name in ("zoe", "abe", "kim"))
ANN = "ann@example.org"
SHARED = {
    "third-floor-flat": ("family", {"anna": "owner", "ben": "member"}),
    "bielefeld-machines": ("team", {"marcus": "owner", "lena": "member"}),
    "leipzig-household": ("family", {"sofia": "owner", "tom": "member"}),
    "tidewatch": ("practice", {"kai": "owner"}),
    "paul-stage-lighting": ("brand", {"paul": "owner"}),
}


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


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    """A catalog with one space: Zoe's, with Abe."""
    return catalog(tmp_path, space("flat", members=[member("abe")]))


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


def test_from_an_empty_database_to_drift_and_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    dry = stage.run("seed", "--dry-run")
    untouched = [row for row in contents(stage.stored)["users"] if "@mana.test" in str(row)]
    first = stage.run("seed")
    kinds = [row[4] for row in contents(stage.stored)["spaces"]]
    hashes = count_hashes(monkeypatch)
    before = contents(stage.stored)
    second = stage.run("seed")

    assert untouched == []
    assert dry.stdout == first.stdout.rstrip("\n") + " (dry run: nothing was written)\n"
    assert [dry.exit_code, first.exit_code, second.exit_code] == [0, 0, 0]
    assert first.stdout.splitlines()[-1] == "10 created, 0 updated, 0 unchanged, 0 failed"
    assert len(contents(stage.stored)["personas"]) == 10
    assert len([kind for kind in kinds if kind != "personal"]) == 5
    assert stage.spaces() == {
        slug: {
            "name": stage.spaces()[slug]["name"],
            "type": kind,
            "members": {f"persona.{name}@mana.test": role for name, role in members.items()},
        }
        for slug, (kind, members) in reversed(SHARED.items())
    }
    assert sum(len(each["members"]) for each in stage.spaces().values()) == 8
    assert {line.split()[0] for line in second.stdout.splitlines()[:-3]} == {"unchanged"}
    assert hashes == []
    assert contents(stage.stored) == before
    assert stage.run("diff").exit_code == 0

    leave(stage, "leipzig-household", "persona.tom@mana.test")
    lost = stage.run("diff")
    again = stage.run("seed")
    assert lost.exit_code == 2
    assert lost.stdout.splitlines()[0] == (
        "missing    member persona.tom@mana.test of leipzig-household"
    )
    assert "created    member persona.tom@mana.test of leipzig-household" in again.stdout
    assert stage.run("diff").exit_code == 0

    with stage.stored.app_context():
        personas.delete(actor("persona.ben@mana.test").id, actor=CLI)
    assert stage.spaces()["third-floor-flat"]["members"] == {"persona.anna@mana.test": "owner"}


def test_a_dry_run_says_the_same_and_writes_nothing(stage: Stage, flat: Path) -> None:
    before = contents(stage.stored)
    dry = seed(stage, flat, "--dry-run")
    after = contents(stage.stored)
    real = seed(stage, flat)

    assert after == before
    assert (
        dry
        == real
        == [
            f"created    space flat  (family, owner {ZOE})",
            f"created    member {ABE} of flat  (member)",
            "1 space created, 1 member created",
        ]
    )


def test_it_is_safe_to_repeat(stage: Stage, flat: Path) -> None:
    seed(stage, flat)
    before = contents(stage.stored)

    assert seed(stage, flat) == [
        f"unchanged  space flat  (family, owner {ZOE})",
        f"unchanged  member {ABE} of flat  (member)",
        "1 space unchanged, 1 member unchanged",
    ]
    assert contents(stage.stored) == before


def test_another_name_and_another_role_are_updated(
    stage: Stage, flat: Path, tmp_path: Path
) -> None:
    seed(stage, flat)
    path = catalog(tmp_path, space("flat", name="Home", members=[member("abe", "admin")]))

    assert seed(stage, path) == [
        "updated    space flat  (name)",
        f"updated    member {ABE} of flat  (admin)",
        "1 space updated, 1 member updated",
    ]
    assert stage.spaces()["flat"]["name"] == "Home"
    assert stage.spaces()["flat"]["members"] == {ZOE: "owner", ABE: "admin"}


def test_a_listed_member_who_became_an_owner_is_put_right(stage: Stage, flat: Path) -> None:
    seed(stage, flat)
    execute(stage.stored, "UPDATE space_members SET role = 'owner' WHERE role = 'member'")
    lines = seed(stage, flat)

    assert lines[1] == f"updated    member {ABE} of flat  (member)"
    assert stage.spaces()["flat"]["members"] == {ZOE: "owner", ABE: "member"}


def test_whom_the_catalog_does_not_list_goes_only_when_asked(
    stage: Stage, flat: Path, tmp_path: Path
) -> None:
    seed(stage, flat)
    register(stage.stored, ANN, HUMAN)
    join(stage, "flat", ANN)
    path = catalog(tmp_path, space("flat"))
    kept = seed(stage, path)
    members = dict(stage.spaces()["flat"]["members"])
    dry = seed(stage, path, "--prune-spaces", "--dry-run")
    still = dict(stage.spaces()["flat"]["members"])
    pruned = seed(stage, path, "--prune-spaces")

    assert kept == [f"unchanged  space flat  (family, owner {ZOE})", "1 space unchanged"]
    assert members == still == {ZOE: "owner", ABE: "member", ANN: "member"}
    assert (
        dry
        == pruned
        == [
            f"unchanged  space flat  (family, owner {ZOE})",
            f"removed    member {ABE} of flat  (member)",
            f"removed    member {ANN} of flat  (member)",
            "1 space unchanged, 2 members removed",
        ]
    )
    assert stage.spaces()["flat"]["members"] == {ZOE: "owner"}


def test_a_space_of_somebody_else_is_not_adopted(stage: Stage, tmp_path: Path) -> None:
    register(stage.stored, ANN, HUMAN)
    with stage.stored.app_context():
        create("Ann's", "family", "flat", by=actor(ANN))
    before = stage.spaces()
    path = catalog(tmp_path, space("flat", members=[member("abe")]), space("other"))
    dry, real = seed(stage, path, "--dry-run"), seed(stage, path, "--prune-spaces")

    assert (
        dry
        == real
        == [
            f"failed     space flat  This space stays as it is: its owner is {ANN}, not {ZOE}.",
            f"created    space other  (family, owner {ZOE})",
            "1 space created, 1 space failed",
        ]
    )
    assert stage.spaces()["flat"] == before["flat"]


def test_a_space_that_a_stranger_owns_too_is_left_alone(stage: Stage, flat: Path) -> None:
    seed(stage, flat)
    register(stage.stored, ANN, HUMAN)
    join(stage, "flat", ANN)
    execute(stage.stored, "UPDATE space_members SET role = 'owner' WHERE role = 'member'")
    before = stage.spaces()
    lines = seed(stage, flat, "--prune-spaces")

    said = f"This space stays as it is: its owner is {ANN} and {ZOE}, not {ZOE}."
    assert lines[0] == f"failed     space flat  {said}"
    assert stage.spaces() == before


@pytest.mark.parametrize("slug", ["flat", "persona-kim"])
def test_a_space_of_another_type_is_not_adopted(stage: Stage, tmp_path: Path, slug: str) -> None:
    """One is shared, the other Kim's personal one."""
    seed(stage, catalog(tmp_path, space("flat", owner="kim")))
    path = catalog(tmp_path, space(slug, owner="kim", type="team"))
    dry, real = seed(stage, path, "--dry-run"), seed(stage, path)

    there = "family" if slug == "flat" else "personal"
    assert (
        dry
        == real
        == [
            f"failed     space {slug}  This space stays as it is: its type is {there}, not team.",
            "1 space failed",
        ]
    )
    assert stage.spaces()["flat"]["type"] == "family"


def test_a_persona_that_failed_fails_its_spaces_and_memberships(
    stage: Stage, tmp_path: Path
) -> None:
    register(stage.stored, ABE, HUMAN)
    flat = space("flat", members=[member("abe"), member("kim")])
    path = catalog(tmp_path, space("abes", owner="abe", members=[member("kim")]), flat)
    dry, real = seed(stage, path, "--dry-run"), seed(stage, path)

    assert (
        dry
        == real
        == [
            f"failed     space abes  Its owner {ABE} failed.",
            f"created    space flat  (family, owner {ZOE})",
            f"failed     member {ABE} of flat  This persona failed.",
            f"created    member {KIM} of flat  (member)",
            "1 space created, 1 space failed, 1 member created, 1 member failed",
        ]
    )
    assert stage.spaces()["flat"]["members"] == {ZOE: "owner", KIM: "member"}
    assert contents(stage.stored)["space_invitations"][0][2] == KIM


def test_an_invitation_that_is_open_is_used(stage: Stage, flat: Path) -> None:
    seed(stage, flat)
    leave(stage, "flat", ABE)
    with stage.stored.app_context():
        invite(found("flat"), ABE, "admin", by=actor(ZOE))
    lines = seed(stage, flat)

    assert lines[1] == f"created    member {ABE} of flat  (member)"
    assert stage.spaces()["flat"]["members"] == {ZOE: "owner", ABE: "member"}


def test_json_says_the_same(stage: Stage, tmp_path: Path) -> None:
    register(stage.stored, ABE, HUMAN)
    path = catalog(tmp_path, space("flat", members=[member("abe"), member("kim", "admin")]))
    result = stage.run("seed", "--catalog", path, "--json")
    printed = json.loads(result.stdout)

    assert result.exit_code == 1
    assert printed["summary"] == {"created": 2, "updated": 0, "unchanged": 0, "failed": 1}
    assert printed["spaces"] == [
        {
            "slug": "flat",
            "name": "The flat",
            "type": "family",
            "owner": ZOE,
            "word": "created",
            "changed": [],
            "reason": None,
            "members": [
                {
                    "email": ABE,
                    "role": "member",
                    "word": "failed",
                    "reason": "This persona failed.",
                },
                {"email": KIM, "role": "admin", "word": "created", "reason": None},
            ],
        }
    ]


def test_without_spaces_nothing_is_said_of_them(stage: Stage, tmp_path: Path) -> None:
    path = write_catalog(tmp_path, listed("Zoe"), spaces=[])
    said = stage.run("seed", "--catalog", path)
    printed = json.loads(stage.run("seed", "--catalog", path, "--json").stdout)

    assert said.stdout.splitlines() == [
        f"created    {ZOE}",
        "",
        "1 created, 0 updated, 0 unchanged, 0 failed",
    ]
    assert printed["spaces"] == []


def test_a_bad_catalog_makes_nothing(stage: Stage, tmp_path: Path) -> None:
    before = contents(stage.stored)
    path = catalog(tmp_path, space("a"), space("a", owner="ida", type="personal"))
    result = stage.run("seed", "--catalog", path)

    assert (result.exit_code, result.stdout) == (2, "")
    for named in ("spaces.1.slug: ", "spaces.1.owner: ", "spaces.1.type: "):
        assert named in result.stderr
    assert contents(stage.stored) == before


def test_cleanup_deletes_the_spaces_in_which_nobody_remains(stage: Stage, tmp_path: Path) -> None:
    path = catalog(tmp_path, space("flat", members=[member("abe")]), space("club", type="club"))
    seed(stage, path)
    register(stage.stored, ANN, HUMAN)
    join(stage, "club", ANN)
    dry = stage.run("cleanup", "--catalog", path, "--dry-run")
    as_json = stage.run("cleanup", "--catalog", path, "--dry-run", "--json")
    real = stage.run("cleanup", "--catalog", path, "--yes")

    assert real.stdout.splitlines() == [
        *(f"deleted    {email}" for email in (KIM, ABE, ZOE)),
        "deleted    space flat",
        "",
        "1 space deleted",
        "3 personas deleted",
    ]
    assert dry.stdout == real.stdout.rstrip("\n") + " (dry run: nothing was written)\n"
    assert json.loads(as_json.stdout)["spaces"] == ["flat"]
    assert stage.spaces() == {
        "club": {"name": "The club", "type": "club", "members": {ANN: "owner"}}
    }
    assert contents(stage.stored)["personas"] == []
