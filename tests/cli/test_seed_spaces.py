"""`seed` and the spaces of a catalog, on the database at hand and through a service alike."""

import json
from pathlib import Path

import pytest

from personas.audit.service import CLI
from personas.persona import service as personas
from personas.space.invitation import invite
from personas.user.stamp import HUMAN
from tests.cli.conftest import Stage
from tests.cli.spaces import ABE, KIM, ZOE, actor, catalog, found, leave, seed
from tests.persona.watch import contents, count_hashes, execute
from tests.seeding.catalogs import listed, member, space, write_catalog
from tests.service import register

SHARED = {
    "third-floor-flat": ("family", {"anna": "owner", "ben": "member"}),
    "bielefeld-machines": ("team", {"marcus": "owner", "lena": "member"}),
    "leipzig-household": ("family", {"sofia": "owner", "tom": "member"}),
    "tidewatch": ("practice", {"kai": "owner"}),
    "paul-stage-lighting": ("brand", {"paul": "owner"}),
}


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
