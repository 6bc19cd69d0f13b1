"""`seed` and `cleanup` with conflicts: spaces and members outside the catalog, and personas that
could not be seeded."""

import json
from pathlib import Path

from personas.space.create import create
from personas.user.stamp import HUMAN
from tests.cli.conftest import Target
from tests.cli.spaces import ABE, ANN, KIM, ZOE, actor, catalog, join, seed
from tests.persona.watch import contents, execute
from tests.seeding.catalogs import member, space
from tests.service import register


def test_members_outside_the_catalog_are_removed_only_by_prune_spaces(
    target: Target, flat: Path, tmp_path: Path
) -> None:
    seed(target, flat)
    register(target.app, ANN, HUMAN)
    join(target, "flat", ANN)
    path = catalog(tmp_path, space("flat"))
    kept = seed(target, path)
    members = dict(target.spaces()["flat"]["members"])
    dry = seed(target, path, "--prune-spaces", "--dry-run")
    members_after_dry_run = dict(target.spaces()["flat"]["members"])
    pruned = seed(target, path, "--prune-spaces")

    assert kept == [f"unchanged  space flat  (family, owner {ZOE})", "1 space unchanged"]
    assert members == members_after_dry_run == {ZOE: "owner", ABE: "member", ANN: "member"}
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
    assert target.spaces()["flat"]["members"] == {ZOE: "owner"}


def test_a_space_of_another_owner_is_not_changed(target: Target, tmp_path: Path) -> None:
    register(target.app, ANN, HUMAN)
    with target.app.app_context():
        create("Ann's", "family", "flat", by=actor(ANN))
    before = target.spaces()
    path = catalog(tmp_path, space("flat", members=[member("abe")]), space("other"))
    dry, real = seed(target, path, "--dry-run"), seed(target, path, "--prune-spaces")

    assert (
        dry
        == real
        == [
            f"failed     space flat  This space is not changed: its owner is {ANN}, not {ZOE}.",
            f"created    space other  (family, owner {ZOE})",
            "1 space created, 1 space failed",
        ]
    )
    assert target.spaces()["flat"] == before["flat"]


def test_a_space_with_a_second_owner_is_not_changed(target: Target, flat: Path) -> None:
    seed(target, flat)
    register(target.app, ANN, HUMAN)
    join(target, "flat", ANN)
    execute(target.app, "UPDATE space_members SET role = 'owner' WHERE role = 'member'")
    before = target.spaces()
    lines = seed(target, flat, "--prune-spaces")

    reason = f"This space is not changed: its owner is {ANN} and {ZOE}, not {ZOE}."
    assert lines[0] == f"failed     space flat  {reason}"
    assert target.spaces() == before


def test_a_space_of_another_type_is_not_changed(target: Target, tmp_path: Path) -> None:
    seed(target, catalog(tmp_path, space("flat", owner="kim")))
    path = catalog(tmp_path, space("flat", owner="kim", type="team"))
    dry, real = seed(target, path, "--dry-run"), seed(target, path)

    assert (
        dry
        == real
        == [
            "failed     space flat  This space is not changed: its type is family, not team.",
            "1 space failed",
        ]
    )
    assert target.spaces()["flat"]["type"] == "family"


def test_a_failed_persona_fails_its_spaces_and_memberships(target: Target, tmp_path: Path) -> None:
    register(target.app, ABE, HUMAN)
    flat = space("flat", members=[member("abe"), member("kim")])
    path = catalog(tmp_path, space("abes", owner="abe", members=[member("kim")]), flat)
    dry, real = seed(target, path, "--dry-run"), seed(target, path)

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
    assert target.spaces()["flat"]["members"] == {ZOE: "owner", KIM: "member"}
    assert contents(target.app)["space_invitations"][0][2] == KIM


def test_an_invalid_catalog_creates_nothing(target: Target, tmp_path: Path) -> None:
    before = contents(target.app)
    path = catalog(tmp_path, space("a"), space("a", owner="ida", type="personal"))
    result = target.run("seed", "--catalog", path)

    assert (result.exit_code, result.stdout) == (2, "")
    for field in ("spaces.1.slug: ", "spaces.1.owner: ", "spaces.1.type: "):
        assert field in result.stderr
    assert contents(target.app) == before


def test_cleanup_deletes_the_spaces_without_remaining_members(
    target: Target, tmp_path: Path
) -> None:
    path = catalog(tmp_path, space("flat", members=[member("abe")]), space("club", type="club"))
    seed(target, path)
    register(target.app, ANN, HUMAN)
    join(target, "club", ANN)
    dry = target.run("cleanup", "--catalog", path, "--dry-run")
    as_json = target.run("cleanup", "--catalog", path, "--dry-run", "--json")
    real = target.run("cleanup", "--catalog", path, "--yes")

    assert real.stdout.splitlines() == [
        *(f"deleted    {email}" for email in (KIM, ABE, ZOE)),
        "deleted    space flat",
        "",
        "1 space deleted",
        "3 personas deleted",
    ]
    assert dry.stdout == real.stdout.rstrip("\n") + " (dry run: nothing was written)\n"
    assert json.loads(as_json.stdout)["spaces"] == ["flat"]
    assert target.spaces() == {
        "club": {"name": "The club", "type": "club", "members": {ANN: "owner"}}
    }
    assert contents(target.app)["personas"] == []
