"""`seed` and `cleanup` with `--auth`: the same through a running service as on a database."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug import Response

from personas.database.engine import db
from personas.database.types import Base
from personas.space.access import SHARED
from personas.user.stamp import ADMIN, HUMAN
from tests.conftest import CreateApp
from tests.seeding.catalogs import listed, write_catalog
from tests.server import Script, answer, problem, serve
from tests.service import Service, register, run

pytestmark = pytest.mark.slow

# columns that differ in two databases with the same history
OWN = {
    *("id", "user_id", "space_id", "personal_of", "invited_by"),
    *("target", "actor", "actor_email", "password_hash", "at"),
}


def _rows(app: Flask) -> dict[str, list[dict[str, Any]]]:
    """All rows, without ids, times, hashes and actors."""
    with app.app_context(), db.engine.connect() as connection:
        return {
            table.name: sorted(
                (_shared(row) for row in connection.execute(sa.select(table)).mappings()), key=repr
            )
            for table in Base.metadata.sorted_tables
        }


def _shared(row: Any) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in OWN and not key.endswith("_at")}


def test_seeding_through_a_service_has_the_same_result_as_in_process(
    app: Flask, service: Service, path: Path
) -> None:
    register(app, "admin@example.org", ADMIN)
    register(app, "persona.eve@mana.test", HUMAN)
    register(service.app, "persona.eve@mana.test", HUMAN)
    story: list[tuple[object, ...]] = [
        ("seed", "--dry-run"),
        ("seed",),
        ("seed", "--catalog", path),
        ("seed", "--json"),
        ("cleanup", "--dry-run", "--catalog", path),
    ]
    for step in story:
        here, there = run(app, *step), run(app, *step, to=service)

        assert (here.exit_code, here.stdout, here.stderr) == (
            there.exit_code,
            there.stdout,
            there.stderr,
        )
        assert _rows(app) == _rows(service.app)


def test_a_changed_prompt_is_one_update(app: Flask, service: Service, path: Path) -> None:
    seeded = [run(app, "seed", "--catalog", path, to=to) for to in (None, service)]
    bob = listed("Bob", systemPrompt="You are Bob, who has changed.")
    write_catalog(path.parent, bob, listed("Eve"))
    changed = [run(app, "seed", "--catalog", path, to=to) for to in (None, service)]
    cleaned = [run(app, "cleanup", "--yes", "--catalog", path, to=to) for to in (None, service)]

    assert [result.exit_code for result in (*seeded, *changed, *cleaned)] == [0] * 6
    assert changed[0].output == changed[1].output
    assert "updated    persona.bob@mana.test  (systemPrompt)" in changed[1].output
    assert cleaned[0].output == cleaned[1].output
    assert "2 personas deleted" in cleaned[1].output


def test_the_databases_are_alike_after_a_cleanup(app: Flask, service: Service, path: Path) -> None:
    register(app, "admin@example.org", ADMIN)
    for to in (None, service):
        run(app, "seed", "--catalog", path, to=to)
        run(app, "cleanup", "--yes", "--catalog", path, to=to)

    rows = _rows(service.app)
    assert rows == _rows(app)
    assert rows["personas"] == []
    assert "persona.delete" in {event["action"] for event in rows["audit_events"]}


def test_json_has_the_same_shape_as_in_process(app: Flask, service: Service, path: Path) -> None:
    run(app, "seed", "--catalog", path, to=service)
    seeded = json.loads(run(app, "seed", "--catalog", path, "--json", to=service).stdout)
    cleaned = json.loads(
        run(app, "cleanup", "--catalog", path, "--json", "--yes", to=service).stdout
    )

    assert seeded["summary"] == {"created": 0, "updated": 0, "unchanged": 2, "failed": 0}
    assert seeded["personas"][0] == {
        "email": "persona.bob@mana.test",
        "name": "Bob",
        "word": "unchanged",
        "changed": [],
        "reason": None,
    }
    assert [row["email"] for row in cleaned["deleted"]] == [
        "persona.eve@mana.test",
        "persona.bob@mana.test",
    ]


def test_the_audit_trail_names_the_admin(app: Flask, service: Service, path: Path) -> None:
    run(app, "seed", "--catalog", path, to=service)

    with service.app.app_context(), db.engine.connect() as connection:
        query = sa.text(
            "SELECT DISTINCT actor_email FROM audit_events WHERE action LIKE 'persona%'"
        )
        assert list(connection.scalars(query)) == ["admin@example.org"]


def test_a_service_may_be_mounted_below_a_path(app: Flask, service: Service, path: Path) -> None:
    def mounted(environ: dict[str, Any], start: Any) -> Any:
        prefix, below = environ["PATH_INFO"][:6], environ["PATH_INFO"][6:]
        return service.app(environ | {"SCRIPT_NAME": prefix, "PATH_INFO": below}, start)

    with serve(mounted) as url:
        there = Service(service.app, f"{url}/tools/", service.token)
        result = run(app, "seed", "--catalog", path, to=there)

    assert result.exit_code == 0
    assert "2 created" in result.output


def test_the_service_decides_on_persona_domains(app: Flask, service: Service, path: Path) -> None:
    write_catalog(path.parent, listed("Bob", email="bob@example.org"), listed("Eve"))
    here = run(app, "seed", "--catalog", path)
    there = run(app, "seed", "--catalog", path, to=service)

    assert here.exit_code == 2
    assert there.exit_code == 1
    assert "failed     bob@example.org  email: Not on a persona domain (mana.test)." in there.output
    assert "1 created, 0 updated, 0 unchanged, 1 failed" in there.output


def test_passwords_are_derived_from_the_local_seed_secret(
    make_app: CreateApp, service: Service
) -> None:
    secret = "a seed secret of nobody else, long enough"
    app = make_app(seed_secret=secret)
    result = run(app, "seed", to=service)
    password = run(app, "password", "persona.anna@mana.test").stdout.strip()
    login = service.app.test_client().post(
        "/api/v1/auth/login", json={"email": "persona.anna@mana.test", "password": password}
    )

    assert result.exit_code == 0
    assert "10 created" in result.stdout
    assert login.status_code == 200


def test_a_failed_request_stops_no_other_entry(app: Flask, path: Path) -> None:
    put = {"userId": None, "email": "eve@mana.test", "created": False, "changed": ["name"]}
    failure = Response("<h1>Bad gateway</h1>", 502)
    script = Script(answer({"personas": [], "nextCursor": None}), failure, answer(put))
    with serve(script) as url:
        result = run(app, "seed", "--catalog", path, to=Service(app, url, "token"))

    assert result.exit_code == 1
    assert "updated    persona.eve@mana.test  (name)" in result.stdout
    assert "0 created, 1 updated, 0 unchanged, 1 failed" in result.stdout


def test_a_persona_that_is_gone_already_counts_as_deleted(app: Flask) -> None:
    row = {"userId": "01900000-0000-7000-8000-000000000000", "email": "persona.bob@mana.test"}
    listed = answer({"personas": [row], "nextCursor": None})
    spaces = [answer({"spaces": [], "nextCursor": None})] * len(SHARED)
    with serve(Script(listed, *spaces, problem(404))) as url:
        gone = run(app, "cleanup", "--yes", to=Service(app, url, "token"))
    with serve(Script(listed, *spaces, problem(409, "Not so."))) as url:
        refused = run(app, "cleanup", "--yes", to=Service(app, url, "token"))

    assert gone.exit_code == 0
    assert "1 persona deleted" in gone.stdout
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.endswith("Error: Not so.\n")


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (problem(401), "The token is invalid or expired."),
        (problem(403), "This account is not an admin."),
    ],
)
def test_all_other_entries_fail_after_the_session_ends(
    app: Flask, path: Path, end: Response, message: str
) -> None:
    put = {"userId": None, "email": "bob@mana.test", "created": True, "changed": list[str]()}
    write_catalog(path.parent, listed("Bob"), listed("Eve"), listed("Ann"))
    script = Script(answer({"personas": [], "nextCursor": None}), answer(put), end)
    with serve(script) as url:
        result = run(app, "seed", "--catalog", path, to=Service(app, url, "token"))

    assert result.exit_code == 1
    assert "created    persona.bob@mana.test" in result.stdout
    assert f"failed     persona.ann@mana.test  {message}" in result.stdout
    assert "1 created, 0 updated, 0 unchanged, 2 failed" in result.stdout
    assert len(script.asked) == 3
