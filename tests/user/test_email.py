"""The canonical form of an e-mail address."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personas.user.email import canonical, domain, local_part

LONGEST = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 61}"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("ann@example.org", "ann@example.org"),
        ("Ann@Example.ORG", "ann@example.org"),
        ("Persona.Anna@MANA.test", "persona.anna@mana.test"),
        ("ａｎｎ＠ｅｘａｍｐｌｅ．ｏｒｇ", "ann@example.org"),  # full width
        ("ⓐnn@example.org", "ann@example.org"),
        ("\u212aai@example.org", "kai@example.org"),  # KELVIN SIGN
        ("ﬁn@example.org", "fin@example.org"),
        ("a@b.co", "a@b.co"),
        ("ann+tag@example.org", "ann+tag@example.org"),
        ("o'hara@example.org", "o'hara@example.org"),
        ("!#$%&'*+/=?^_`{|}~-@example.org", "!#$%&'*+/=?^_`{|}~-@example.org"),
        ("ann@xn--mller-kva.example", "ann@xn--mller-kva.example"),
        ("ann@1and1.example", "ann@1and1.example"),
        (LONGEST.upper(), LONGEST),
    ],
)
def test_email_has_one_canonical_form(written: str, stored: str) -> None:
    assert canonical(written) == stored
    assert canonical(stored) == stored


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "@example.org",
        "ann@",
        "@",
        "ann@@example.org",
        "ann@bob@example.org",
        " ann@example.org",
        "ann@example.org ",
        "ann@example.org\n",
        "\u00a0ann@example.org",
        "ann smith@example.org",
        "ann\0@example.org",
        "ann\ud800@example.org",
        "аnn@example.org",  # a Cyrillic а
        "änn@example.org",
        "a\u0301nn@example.org",
        "İnn@example.org",
        "ann@exämple.org",
        "🔑@example.org",
        ".ann@example.org",
        "ann.@example.org",
        "an..n@example.org",
        '"ann"@example.org',
        "ann(comment)@example.org",
        "Ann <ann@example.org>",
        "ann,bob@example.org",
        "ann\\@example.org",
        "ann@-example.org",
        "ann@example-.org",
        "ann@example..org",
        "ann@.example.org",
        "ann@example.org.",
        "ann@exam_ple.org",
        "ann@[127.0.0.1]",
        "ann@example.org:25",
        f"{'a' * 65}@example.org",
        f"ann@{'b' * 64}.org",
        f"{LONGEST}e",
    ],
)
def test_invalid_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Not a valid e-mail address"):
        canonical(text)


def test_the_longest_address_has_254_characters() -> None:
    assert len(LONGEST) == 254


@given(st.text(st.characters()) | st.from_regex(r"\w{1,9}@\w{1,9}\.\w{2,3}", fullmatch=True))
@settings(
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_canonical_form_is_stable(text: str) -> None:
    try:
        email = canonical(text)
    except ValueError:
        return

    assert canonical(email) == email
    assert email.isascii()
    assert email == email.lower()


def test_address_has_a_local_part_and_a_domain() -> None:
    assert local_part("ann+tag@example.org") == "ann+tag"
    assert domain("ann+tag@example.org") == "example.org"
