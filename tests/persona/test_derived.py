"""The derived password, which other programs must derive identically."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from personas.persona import derived
from personas.user.email import canonical

DEV = "dev-persona-seed-secret-rotate-in-prod"
TEXT = st.text("aZ5@.+/= äß🔑\0", min_size=1)


@pytest.mark.parametrize(
    ("secret", "email", "password"),
    [
        (DEV, "persona.anna@mana.test", "1FJ7w8KbjK5CWVa8NqfobexAFNuQKxiA"),
        (DEV, "persona.maya@mana.test", "cGqE8D7hwpIKvyjBql7vJAXAvbBlepEZ"),
        (
            "correct horse battery staple",
            "persona.anna@mana.test",
            "mCfVNs4cdJUaQ0USY0ifsnrV5INCIIq9",
        ),
        ("geheim-äöü-🔑", "persona.maya@mana.test", "5BwNoz9b8mZ6j1GZTZcptUeN2TLSje5Q"),
    ],
)
def test_derived_password_is_the_one_of_the_contract(
    secret: str, email: str, password: str
) -> None:
    assert derived.password(secret, email) == password


@pytest.mark.parametrize(
    "written", ["Persona.Anna@MANA.test", "persona.anna@mana.test", "ｐersona.anna@mana.test"]
)
def test_every_form_of_an_email_gives_the_same_password(written: str) -> None:
    assert derived.password(DEV, canonical(written)) == "1FJ7w8KbjK5CWVa8NqfobexAFNuQKxiA"


@given(secret=TEXT, email=TEXT)
def test_derived_password_has_32_letters_and_digits(secret: str, email: str) -> None:
    password = derived.password(secret, email)

    assert re.fullmatch("[A-Za-z0-9]{32}", password)
    assert password == derived.password(secret, email)


@given(secret=TEXT, email=TEXT, other=TEXT)
def test_another_secret_or_email_gives_another_password(
    secret: str, email: str, other: str
) -> None:
    # HMAC pads a short key with NUL, so keys that differ only in trailing NULs are equal
    assume(other.strip("\0") != secret.strip("\0") and other != email)

    assert derived.password(secret, email) != derived.password(other, email)
    assert derived.password(secret, email) != derived.password(secret, other)


@given(secret=TEXT, other=TEXT)
def test_version_identifies_a_secret_without_revealing_it(secret: str, other: str) -> None:
    assume(other.strip("\0") != secret.strip("\0"))

    assert re.fullmatch("[0-9a-f]{16}", derived.version(secret))
    assert derived.version(secret) != derived.version(other)


def test_version_is_not_part_of_the_password() -> None:
    assert derived.version(DEV) not in derived.password(DEV, "persona.anna@mana.test").lower()
