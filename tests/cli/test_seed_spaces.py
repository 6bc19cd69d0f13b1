"""`seed` and the spaces of a catalog, on the local database and through a service."""

import json
from pathlib import Path

import pytest

from personas.audit.service import CLI
from personas.persona import service as personas
from personas.space.invitation import invite
from personas.user.stamp import HUMAN
from tests.cli.conftest import Target
from tests.cli.spaces import ABE, KIM, ZOE, actor, catalog, leave, seed, space_id
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


def test_seeding_fills_an_empty_database_and_repairs_drift(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    dry = target.run("seed", "--dry-run")
    untouched = [row for row in contents(target.app)["users"] if "@mana.test" in str(row)]
    first = target.run("seed")
    kinds = [row[4] for row in contents(target.app)["spaces"]]
    hashes = count_hashes(monkeypatch)
    before = contents(target.app)
    second = target.run("seed")

    assert untouched == []
    assert dry.stdout == first.stdout.rstrip("\n") + " (dry run: nothing was written)\n"
    assert [dry.exit_code, first.exit_code, second.exit_code] == [0, 0, 0]
    assert first.stdout.splitlines()[-1] == "10 created, 0 updated, 0 unchanged, 0 failed"
    assert len(contents(target.app)["personas"]) == 10
    assert len([kind for kind in kinds if kind != "personal"]) == 5
    assert target.spaces() == {
        slug: {
            "name": target.spaces()[slug]["name"],
            "type": kind,
            "members": {f"persona.{name}@mana.test": role for name, role in members.items()},
        }
        for slug, (kind, members) in reversed(SHARED.items())
    }
    assert sum(len(entry["members"]) for entry in target.spaces().values()) == 8
    assert {line.split()[0] for line in second.stdout.splitlines()[:-3]} == {"unchanged"}
    assert hashes == []
    assert contents(target.app) == before
    assert target.run("diff").exit_code == 0

    leave(target, "leipzig-household", "persona.tom@mana.test")
    drift = target.run("diff")
    repaired = target.run("seed")
    assert drift.exit_code == 2
    assert drift.stdout.splitlines()[0] == (
        "missing    member persona.tom@mana.test of leipzig-household"
    )
    assert "created    member persona.tom@mana.test of leipzig-household" in repaired.stdout
    assert target.run("diff").exit_code == 0

    with target.app.app_context():
        personas.delete(actor("persona.ben@mana.test").id, actor=CLI)
    assert target.spaces()["third-floor-flat"]["members"] == {"persona.anna@mana.test": "owner"}


def test_a_dry_run_prints_the_same_lines_and_writes_nothing(target: Target, flat: Path) -> None:
    before = contents(target.app)
    dry = seed(target, flat, "--dry-run")
    after = contents(target.app)
    real = seed(target, flat)

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


def test_it_is_safe_to_repeat(target: Target, flat: Path) -> None:
    seed(target, flat)
    before = contents(target.app)

    assert seed(target, flat) == [
        f"unchanged  space flat  (family, owner {ZOE})",
        f"unchanged  member {ABE} of flat  (member)",
        "1 space unchanged, 1 member unchanged",
    ]
    assert contents(target.app) == before


def test_a_changed_name_and_role_are_updated(target: Target, flat: Path, tmp_path: Path) -> None:
    seed(target, flat)
    path = catalog(tmp_path, space("flat", name="Home", members=[member("abe", "admin")]))

    assert seed(target, path) == [
        "updated    space flat  (name)",
        f"updated    member {ABE} of flat  (admin)",
        "1 space updated, 1 member updated",
    ]
    assert target.spaces()["flat"]["name"] == "Home"
    assert target.spaces()["flat"]["members"] == {ZOE: "owner", ABE: "admin"}


def test_a_listed_member_who_became_an_owner_is_demoted(target: Target, flat: Path) -> None:
    seed(target, flat)
    execute(target.app, "UPDATE space_members SET role = 'owner' WHERE role = 'member'")
    lines = seed(target, flat)

    assert lines[1] == f"updated    member {ABE} of flat  (member)"
    assert target.spaces()["flat"]["members"] == {ZOE: "owner", ABE: "member"}


def test_an_open_invitation_is_used(target: Target, flat: Path) -> None:
    seed(target, flat)
    leave(target, "flat", ABE)
    with target.app.app_context():
        invite(space_id("flat"), ABE, "admin", by=actor(ZOE))
    lines = seed(target, flat)

    assert lines[1] == f"created    member {ABE} of flat  (member)"
    assert target.spaces()["flat"]["members"] == {ZOE: "owner", ABE: "member"}


def test_json_lists_spaces_and_members(target: Target, tmp_path: Path) -> None:
    register(target.app, ABE, HUMAN)
    path = catalog(tmp_path, space("flat", members=[member("abe"), member("kim", "admin")]))
    result = target.run("seed", "--catalog", path, "--json")
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


def test_a_catalog_without_spaces_prints_no_space_lines(target: Target, tmp_path: Path) -> None:
    path = write_catalog(tmp_path, listed("Zoe"), spaces=[])
    result = target.run("seed", "--catalog", path)
    printed = json.loads(target.run("seed", "--catalog", path, "--json").stdout)

    assert result.stdout.splitlines() == [
        f"created    {ZOE}",
        "",
        "1 created, 0 updated, 0 unchanged, 0 failed",
    ]
    assert printed["spaces"] == []
