"""`flask personas diff`, on the local database and through a service."""

import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from personas.user.stamp import HUMAN
from tests.cli.conftest import Target
from tests.persona.watch import contents, count_hashes, execute
from tests.seeding.catalogs import listed, member, space, write_catalog
from tests.service import register

ZOE, ABE, KIM = (f"persona.{name}@mana.test" for name in ("zoe", "abe", "kim"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A catalog with two personas, Zoe and Abe, and a space for both."""
    return write_catalog(
        tmp_path, listed("Zoe"), listed("Abe"), spaces=[space("flat", members=[member("abe")])]
    )


def lines(target: Target, path: Path) -> list[str]:
    """Compare, check exit code and summary, and return the lines with differences."""
    result = target.run("diff", "--catalog", path)
    *differences, blank, summary = result.stdout.splitlines()
    assert result.exit_code == (2 if differences else 0), result.output
    assert result.stderr == blank == ""
    assert summary == (
        f"{len(differences)} difference"
        if len(differences) == 1
        else f"{len(differences)} differences"
    )
    return differences


def test_seeded_personas_equal_the_catalog(
    target: Target, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.run("seed", "--catalog", path)
    before = contents(target.app)
    hashes = count_hashes(monkeypatch)
    printed = json.loads(target.run("diff", "--catalog", path, "--json").stdout)

    assert lines(target, path) == []
    assert printed == {"equal": True, "differences": []}
    assert hashes == []
    assert contents(target.app) == before


def test_on_an_empty_database_everything_is_missing(target: Target, path: Path) -> None:
    before = contents(target.app)

    assert lines(target, path) == [
        f"missing    {ZOE}",
        f"missing    {ABE}",
        "missing    space flat",
    ]
    assert contents(target.app) == before


@pytest.mark.parametrize(
    ("sql", "expected"),
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
def test_a_manual_change_is_reported_and_seeding_repairs_it(
    target: Target, path: Path, sql: str, expected: str
) -> None:
    target.run("seed", "--catalog", path)
    execute(target.app, sql)
    differences = lines(target, path)
    target.run("seed", "--catalog", path)

    assert differences == expected.splitlines()
    assert lines(target, path) == []


def test_entries_outside_the_catalog_are_extra_and_remain(
    target: Target, path: Path, tmp_path: Path
) -> None:
    target.run("seed", "--catalog", path)
    smaller = write_catalog(tmp_path, listed("Abe"), spaces=[space("house", owner="abe")])
    target.run("seed", "--catalog", smaller)

    extra = [f"extra      {ZOE}", "extra      space flat"]
    assert lines(target, smaller) == extra
    target.run("seed", "--catalog", smaller)
    assert lines(target, smaller) == extra


def test_an_extra_member_remains_until_it_is_pruned(
    target: Target, path: Path, tmp_path: Path
) -> None:
    target.run("seed", "--catalog", path)
    path = write_catalog(tmp_path, listed("Zoe"), listed("Abe"), spaces=[space("flat")])
    target.run("seed", "--catalog", path)

    assert lines(target, path) == [f"extra      member {ABE} of flat"]
    target.run("seed", "--catalog", path, "--prune-spaces")
    assert lines(target, path) == []


def test_a_different_type_or_owner_is_reported(target: Target, path: Path, tmp_path: Path) -> None:
    target.run("seed", "--catalog", path)
    other = space("flat", owner="abe", type="team", members=[member("zoe")])
    path = write_catalog(tmp_path, listed("Zoe"), listed("Abe"), spaces=[other])

    assert lines(target, path) == [
        'differs    space flat  type: expected "team", found "family"',
        f'differs    space flat  owner: expected "{ABE}", found "{ZOE}"',
        f'differs    member {ZOE} of flat  role: expected "member", found "owner"',
    ]


def test_a_space_is_extra_when_the_catalog_has_no_spaces(target: Target, path: Path) -> None:
    target.run("seed", "--catalog", path)
    path = write_catalog(path.parent, listed("Zoe"), listed("Abe"))

    assert [line.split() for line in lines(target, path)] == [["extra", "space", "flat"]]


def test_a_long_value_is_shortened_to_the_difference(
    target: Target, path: Path, tmp_path: Path
) -> None:
    target.run("seed", "--catalog", path)
    prompt = "You are Abe. " + "x" * 5000
    path = write_catalog(tmp_path, listed("Zoe"), listed("Abe", systemPrompt=prompt))
    result = target.run("diff", "--catalog", path)
    printed = json.loads(target.run("diff", "--catalog", path, "--json").stdout)

    assert max(map(len, result.stdout.splitlines())) < 250
    assert 'expected "You are Abe. xxx' in result.stdout
    assert printed["differences"][0]["expected"] == prompt


def test_json_lists_the_same_differences(target: Target, path: Path) -> None:
    target.run("seed", "--catalog", path)
    execute(target.app, "DELETE FROM space_members WHERE role = 'member'")
    execute(target.app, "UPDATE users SET access_tier = 'beta' WHERE email = ?", ZOE)
    result = target.run("diff", "--catalog", path, "--json")

    unset = dict.fromkeys(("field", "expected", "found", "reason"))
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
            {"word": "missing", "persona": ABE, "space": "flat"} | unset,
        ],
    }


def test_a_human_with_a_persona_email_is_an_error(target: Target, path: Path) -> None:
    register(target.app, ABE, HUMAN)
    result = target.run("diff", "--catalog", path)

    assert result.exit_code == 1
    assert result.stdout.splitlines()[:2] == [
        f"missing    {ZOE}",
        f"failed     {ABE}  This account is not a persona. It was not changed.",
    ]


def test_an_invalid_catalog_exits_with_1(target: Target, tmp_path: Path) -> None:
    path = write_catalog(tmp_path, listed("Zoe"), spaces=[space("flat", owner="ida")])
    result = target.run("diff", "--catalog", path)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "spaces.0.owner: Not a persona of this catalog." in result.stderr


@pytest.mark.parametrize(
    "args", [["--no-such-option"], ["x"], ["--jwt", "token"], ["--auth", "nowhere", "--jwt", "x"]]
)
def test_a_usage_error_exits_with_1_unlike_a_difference(
    runner: FlaskCliRunner, args: list[str]
) -> None:
    result = runner.invoke(args=["personas", "diff", *args])

    assert result.exit_code == 1
    assert "Error: " in result.stderr


def test_an_unreachable_service_exits_with_1(app: Flask) -> None:
    args = ["personas", "diff", "--auth", "http://127.0.0.1:1", "--jwt", "x"]
    result = app.test_cli_runner().invoke(args=args)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "Cannot reach" in result.stderr


def test_help_exits_with_0(runner: FlaskCliRunner) -> None:
    assert runner.invoke(args=["personas", "diff", "--help"]).exit_code == 0
