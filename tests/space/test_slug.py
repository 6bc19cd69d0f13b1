"""Slugs of texts, and numbered slugs when one is taken."""

import pytest

from personas.space.slug import RESERVED, SLUG, first_free, numbered, slug_of


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("ann", "ann"),
        ("persona.anna", "persona-anna"),
        ("ann+test_2", "ann-test-2"),
        ("The Bakers & Söhne", "the-bakers-sohne"),
        ("--ann--", "ann"),
        ("a!!b", "a-b"),
        ("!", "space"),
        ("株式会社", "space"),
        ("a" * 64, "a" * 30),
        ("a" * 29 + ".b", "a" * 29),
    ],
)
def test_a_slug_has_letters_digits_and_single_hyphens(text: str, slug: str) -> None:
    assert slug_of(text) == slug
    assert SLUG.fullmatch(slug)


@pytest.mark.parametrize(
    ("slug", "number", "expected"),
    [
        ("ann", 2, "ann-2"),
        ("a" * 30, 2, "a" * 28 + "-2"),
        ("a" * 30, 1000, "a" * 25 + "-1000"),
        ("a" * 27 + "-bc", 2, "a" * 27 + "-2"),
    ],
)
def test_numbered_slug_keeps_the_maximum_length(slug: str, number: int, expected: str) -> None:
    assert numbered(slug, number) == expected
    assert SLUG.fullmatch(expected)


@pytest.mark.parametrize("existing", [1, 2, 3, 4, 7, 8, 9, 100, 1000])
def test_next_free_number_is_found_in_few_lookups(existing: int) -> None:
    taken = {numbered("ann", number) for number in range(2, existing + 1)}
    lookups = []

    def is_taken(slug: str) -> bool:
        lookups.append(slug)
        return slug in taken

    assert first_free("ann", is_taken) == numbered("ann", existing + 1)
    assert len(lookups) <= 2 * existing.bit_length()


def test_numbered_slug_is_never_a_reserved_word() -> None:
    assert not [word for word in RESERVED if not word.isalpha()]
    assert all(SLUG.fullmatch(word) for word in RESERVED)
