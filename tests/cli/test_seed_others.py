"""`seed` and `cleanup` where others are in the way: spaces and members that are not the catalog's,
and personas that could not be seeded."""

import json
from pathlib import Path

from personas.space.create import create
from personas.user.stamp import HUMAN
from tests.cli.conftest import Stage
from tests.cli.spaces import ABE, ANN, KIM, ZOE, actor, catalog, join, seed
from tests.persona.watch import contents, execute
from tests.seeding.catalogs import member, space
from tests.service import register


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


def test_a_space_of_another_type_is_not_adopted(stage: Stage, tmp_path: Path) -> None:
    seed(stage, catalog(tmp_path, space("flat", owner="kim")))
    path = catalog(tmp_path, space("flat", owner="kim", type="team"))
    dry, real = seed(stage, path, "--dry-run"), seed(stage, path)

    assert (
        dry
        == real
        == [
            "failed     space flat  This space stays as it is: its type is family, not team.",
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
