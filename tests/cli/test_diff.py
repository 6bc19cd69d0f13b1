"""`flask personas diff`, on the database at hand and through a service alike."""

import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from personas.user.stamp import HUMAN
from tests.cli.conftest import Stage
from tests.persona.watch import contents, count_hashes, execute
from tests.seeding.catalogs import listed, member, space, write_catalog
from tests.service import register

ZOE, ABE, KIM = (f"persona.{name}@mana.test" for name in ("zoe", "abe", "kim"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A catalog of two, Zoe and Abe, who share a flat."""
    return write_catalog(
        tmp_path, listed("Zoe"), listed("Abe"), spaces=[space("flat", members=[member("abe")])]
    )


def lines(stage: Stage, path: Path) -> list[str]:
    """What a comparison says, and that its exit code says the same."""
    result = stage.run("diff", "--catalog", path)
    *said, blank, summary = result.stdout.splitlines()
    assert result.exit_code == (2 if said else 0), result.output
    assert result.stderr == blank == ""
    assert summary == (f"{len(said)} difference" if len(said) == 1 else f"{len(said)} differences")
    return said


def test_what_was_just_seeded_is_equal(
    stage: Stage, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.run("seed", "--catalog", path)
    before = contents(stage.stored)
    hashes = count_hashes(monkeypatch)
    printed = json.loads(stage.run("diff", "--catalog", path, "--json").stdout)

    assert lines(stage, path) == []
    assert printed == {"equal": True, "differences": []}
    assert hashes == []
    assert contents(stage.stored) == before


def test_on_an_empty_database_all_is_missing(stage: Stage, path: Path) -> None:
    before = contents(stage.stored)

    assert lines(stage, path) == [
        f"missing    {ZOE}",
        f"missing    {ABE}",
        "missing    space flat",
    ]
    assert contents(stage.stored) == before


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "UPDATE users SET access_tier = 'guest' WHERE email = 'persona.abe@mana.test'",
            f'differs    {ABE}  accessTier: expected "founder", found "guest"',
        ),
        (
            "UPDATE users SET email_verified = false WHERE email = 'persona.abe@mana.test'",
            f"differs    {ABE}  emailVerified: expected true, found false",
        ),
        (
            "UPDATE users SET seed_version = NULL, password_hash = 'x' "
            "WHERE email = 'persona.abe@mana.test'",
            f"differs    {ABE}  password",
        ),
        (
            """UPDATE personas SET module_mix = '{"todo": 2}' WHERE user_id =
            (SELECT id FROM users WHERE email = 'persona.abe@mana.test')""",
            f'differs    {ABE}  moduleMix: expected {{"todo": 1}}, found {{"todo": 2}}',
        ),
        (
            """UPDATE personas SET system_prompt =
            replace(system_prompt, 'habits', 'teeth' || x'07') WHERE user_id =
            (SELECT id FROM users WHERE email = 'persona.abe@mana.test')""",
            f'differs    {ABE}  systemPrompt: expected "You are somebody with a life and habits of'
            ' your own.", found "You are somebody with a life and teeth\\u0007 of your own."',
        ),
        (
            "DELETE FROM users WHERE email = 'persona.abe@mana.test'",
            f"missing    {ABE}\nmissing    member {ABE} of flat",
        ),
        (
            "DELETE FROM space_members WHERE role = 'member'",
            f"missing    member {ABE} of flat",
        ),
        (
            "UPDATE space_members SET role = 'admin' WHERE role = 'member'",
            f'differs    member {ABE} of flat  role: expected "member", found "admin"',
        ),
        (
            "UPDATE spaces SET name = 'Home' WHERE slug = 'flat'",
            'differs    space flat  name: expected "The flat", found "Home"',
        ),
        ("DELETE FROM spaces WHERE slug = 'flat'", "missing    space flat"),
    ],
)
def test_what_was_done_by_hand_differs_and_a_seed_repairs_it(
    stage: Stage, path: Path, sql: str, said: str
) -> None:
    stage.run("seed", "--catalog", path)
    execute(stage.stored, sql)
    told = lines(stage, path)
    stage.run("seed", "--catalog", path)

    assert told == said.splitlines()
    assert lines(stage, path) == []


def test_what_is_not_in_the_catalog_is_extra_and_stays(
    stage: Stage, path: Path, tmp_path: Path
) -> None:
    stage.run("seed", "--catalog", path)
    smaller = write_catalog(tmp_path, listed("Abe"), spaces=[space("house", owner="abe")])
    stage.run("seed", "--catalog", smaller)

    extra = [f"extra      {ZOE}", "extra      space flat"]
    assert lines(stage, smaller) == extra
    stage.run("seed", "--catalog", smaller)
    assert lines(stage, smaller) == extra


def test_an_extra_member_stays_until_it_is_pruned(stage: Stage, path: Path, tmp_path: Path) -> None:
    stage.run("seed", "--catalog", path)
    path = write_catalog(tmp_path, listed("Zoe"), listed("Abe"), spaces=[space("flat")])
    stage.run("seed", "--catalog", path)

    assert lines(stage, path) == [f"extra      member {ABE} of flat"]
    stage.run("seed", "--catalog", path, "--prune-spaces")
    assert lines(stage, path) == []


def test_another_type_or_owner_differs(stage: Stage, path: Path, tmp_path: Path) -> None:
    stage.run("seed", "--catalog", path)
    other = space("flat", owner="abe", type="team", members=[member("zoe")])
    path = write_catalog(tmp_path, listed("Zoe"), listed("Abe"), spaces=[other])

    assert lines(stage, path) == [
        'differs    space flat  type: expected "team", found "family"',
        f'differs    space flat  owner: expected "{ABE}", found "{ZOE}"',
        f'differs    member {ZOE} of flat  role: expected "member", found "owner"',
    ]


def test_what_a_catalog_without_spaces_does_not_list_is_extra(stage: Stage, path: Path) -> None:
    stage.run("seed", "--catalog", path)
    path = write_catalog(path.parent, listed("Zoe"), listed("Abe"))

    assert [line.split() for line in lines(stage, path)] == [["extra", "space", "flat"]]


def test_a_long_value_is_shown_from_where_it_differs(
    stage: Stage, path: Path, tmp_path: Path
) -> None:
    stage.run("seed", "--catalog", path)
    prompt = "You are Abe. " + "x" * 5000
    path = write_catalog(tmp_path, listed("Zoe"), listed("Abe", systemPrompt=prompt))
    result = stage.run("diff", "--catalog", path)
    printed = json.loads(stage.run("diff", "--catalog", path, "--json").stdout)

    assert max(map(len, result.stdout.splitlines())) < 250
    assert 'expected "You are Abe. xxx' in result.stdout
    assert printed["differences"][0]["expected"] == prompt


def test_json_says_the_same(stage: Stage, path: Path) -> None:
    stage.run("seed", "--catalog", path)
    execute(stage.stored, "DELETE FROM space_members WHERE role = 'member'")
    execute(stage.stored, "UPDATE users SET access_tier = 'beta' WHERE email = ?", ZOE)
    result = stage.run("diff", "--catalog", path, "--json")

    nothing = dict.fromkeys(("field", "expected", "found", "reason"))
    assert result.exit_code == 2
    assert json.loads(result.stdout) == {
        "equal": False,
        "differences": [
            {
                "word": "differs",
                "persona": ZOE,
                "space": None,
                "field": "accessTier",
                "expected": "founder",
                "found": "beta",
                "reason": None,
            },
            {"word": "missing", "persona": ABE, "space": "flat"} | nothing,
        ],
    }


def test_what_cannot_be_compared_is_an_error(stage: Stage, path: Path) -> None:
    register(stage.stored, ABE, HUMAN)
    result = stage.run("diff", "--catalog", path)

    assert result.exit_code == 1
    assert result.stdout.splitlines()[:2] == [
        f"missing    {ZOE}",
        f"failed     {ABE}  This account is not a persona. It was not changed.",
    ]


def test_a_bad_catalog_exits_with_1(stage: Stage, tmp_path: Path) -> None:
    path = write_catalog(tmp_path, listed("Zoe"), spaces=[space("flat", owner="ida")])
    result = stage.run("diff", "--catalog", path)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "spaces.0.owner: Not a persona of this catalog." in result.stderr


@pytest.mark.parametrize(
    "args", [["--no-such-option"], ["x"], ["--jwt", "token"], ["--auth", "nowhere", "--jwt", "x"]]
)
def test_a_mistyped_call_does_not_look_like_a_difference(
    runner: FlaskCliRunner, args: list[str]
) -> None:
    result = runner.invoke(args=["personas", "diff", *args])

    assert result.exit_code == 1
    assert "Error: " in result.stderr


def test_a_wrong_token_exits_with_1(app: Flask) -> None:
    args = ["personas", "diff", "--auth", "http://127.0.0.1:1", "--jwt", "x"]
    result = app.test_cli_runner().invoke(args=args)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "Cannot reach" in result.stderr


def test_help_is_no_error(runner: FlaskCliRunner) -> None:
    assert runner.invoke(args=["personas", "diff", "--help"]).exit_code == 0
