"""The accounts that the fixtures log in."""

import pytest

from tests.plugin.conftest import RunTests
from tests.seeding.catalogs import listed, write_catalog


def test_a_persona_is_logged_in(run_tests: RunTests) -> None:
    result = run_tests("""
        def test_anna(persona):
            anna = persona("anna")

            assert anna.email == anna.user.email == "persona.anna@mana.test"
            assert (anna.user.name, anna.user.kind, anna.user.role) == ("Anna", "persona", "user")
            assert (anna.user.access_tier, anna.user.email_verified) == ("founder", True)
            assert anna.user.created_at.tzinfo is not None
            assert anna.headers == {"Authorization": f"Bearer {anna.token}"}
            answer = anna.client.get("/api/v1/auth/session")
            assert answer.json["user"]["id"] == anna.user.id
            assert "persona.anna@mana.test" in anna.client.get("/me").text

        def test_her_password_is_the_derived_one(persona, personas_app):
            anna = persona("anna")
            sent = {"email": anna.email, "password": anna.password}

            assert anna.password == "1FJ7w8KbjK5CWVa8NqfobexAFNuQKxiA"
            answer = personas_app.test_client().post("/api/v1/auth/login", json=sent)
            assert answer.status_code == 200

        def test_she_can_log_out(persona):
            assert persona("anna").client.post("/api/v1/auth/logout").status_code == 204
        """)

    result.assert_outcomes(passed=3)


def test_a_persona_logs_in_once_per_test(run_tests: RunTests) -> None:
    result = run_tests("""
        def test_anna(persona, any_persona):
            anna = persona("anna")
            assert persona("ANNA") is anna
            assert persona("Persona.Anna@mana.test") is anna
            assert any_persona(archetype="adhd-student") is anna
            assert persona("ben") is not anna
        """)

    result.assert_outcomes(passed=1)


def test_only_the_admin_can_use_the_admin_api(run_tests: RunTests) -> None:
    result = run_tests("""
        def test_admin(admin, persona):
            assert (admin.user.kind, admin.user.role) == ("human", "admin")
            assert admin.client.get("/api/v1/admin/personas").status_code == 200
            assert persona("anna").client.get("/api/v1/admin/personas").status_code == 403

        def test_admin_has_a_password(admin, personas_app):
            sent = {"email": admin.email, "password": admin.password}
            answer = personas_app.test_client().post("/api/v1/auth/login", json=sent)
            assert answer.status_code == 200
        """)

    result.assert_outcomes(passed=2)


def test_a_failing_test_shows_no_secret(run_tests: RunTests) -> None:
    result = run_tests("""
        def test_anna(persona):
            anna = persona("anna")
            print(anna.token)  # so that the outer test knows it
            assert anna == "somebody else"
        """)

    token = result.stdout.str().partition("Captured stdout call")[2].split()[1]
    assert token.startswith("eyJ")
    assert result.stdout.str().count(token) == 1
    assert "1FJ7w8Kb" not in result.stdout.str()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            "persona('nobody')",
            "The catalog has no persona 'nobody'; it has: Anna, Ben, Julia, Kai, Lena, Marcus, "
            "Maya, Paul, Sofia, Tom",
        ),
        (
            "any_persona(archetype='pirate')",
            "The catalog has no archetype 'pirate'; it has: adhd-student, ceo-busy, "
            "creative-parent, freelancer, overwhelmed-newbie, researcher, solo-dev",
        ),
    ],
)
def test_unknown_persona_lists_the_catalog_names(
    run_tests: RunTests, call: str, message: str
) -> None:
    result = run_tests(f"def test_it(persona, any_persona): {call}")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{message}"])


def test_an_ambiguous_name_lists_the_emails(run_tests: RunTests, pytester: pytest.Pytester) -> None:
    other = listed("Bob", email="persona.bob2@mana.test")
    write_catalog(pytester.path, listed("Bob"), other)
    result = run_tests(
        "def test_bob(persona): persona('bob')", "-o", "personas_catalog=catalog.json"
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*Several personas are named 'bob'; * persona.bob2@mana.test, persona.bob@mana.test"]
    )


def test_a_project_can_use_its_own_catalog(run_tests: RunTests, pytester: pytest.Pytester) -> None:
    bob = listed("Bob", email="bob@personas.example.org")
    write_catalog(pytester.mkdir("deep"), bob)
    pytester.makeini("[pytest]\npersonas_catalog = deep/catalog.json")
    result = run_tests("""
        def test_bob(persona, admin):
            assert persona("bob").email == "bob@personas.example.org"
            listed = admin.client.get("/api/v1/admin/personas").json["personas"]
            assert [row["name"] for row in listed] == ["Bob"]
        """)

    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "*cannot be read: No such file or directory"),
        ("{}", "*personas: Missing data for required field."),
    ],
)
def test_an_invalid_catalog_is_named(
    run_tests: RunTests, pytester: pytest.Pytester, text: str | None, message: str
) -> None:
    if text is not None:
        (pytester.path / "ours.json").write_text(text)
    result = run_tests("def test_bob(persona): persona('bob')", "-o", "personas_catalog=ours.json")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ours.json:", message])
