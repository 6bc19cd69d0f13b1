"""Slugs, the unique names of spaces in URLs: `[a-z0-9-]{1,30}` (contract, section 5)."""

import re
import unicodedata
from collections.abc import Callable

MAX_LENGTH = 30
SLUG = re.compile(f"[a-z0-9-]{{1,{MAX_LENGTH}}}")
# paths that a product may use itself; the migration that created the first spaces lists them too
RESERVED_PATHS = """
    account accounts admin api app assets auth blog dashboard docs health help home internal
    invitations login logout mail me metrics new null openapi organization organizations personal
    personas public register root security session settings signup spaces static status support
    system undefined user users www
"""
RESERVED = frozenset(RESERVED_PATHS.split())


def slug_of(text: str) -> str:
    """Turn a text into a slug: letters without accents, and hyphens for all other characters."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall("[a-z0-9]+", plain))
    return words[:MAX_LENGTH].rstrip("-") or "space"


def numbered(slug: str, number: int) -> str:
    """`anna` → `anna-2`, cut so that the number fits."""
    ending = f"-{number}"
    return slug[: MAX_LENGTH - len(ending)].rstrip("-") + ending


def first_free(slug: str, is_taken: Callable[[str], bool]) -> str:
    """Find the next free number for a slug that is taken, by doubling and then bisecting: with a
    thousand equal slugs it takes about twenty queries, not a thousand.

    If numbers in between have become free again, it may not find the lowest one.
    """
    taken, free = 1, 2
    while is_taken(numbered(slug, free)):
        taken, free = free, free * 2
    while free - taken > 1:
        middle = (taken + free) // 2
        if is_taken(numbered(slug, middle)):
            taken = middle
        else:
            free = middle
    return numbered(slug, free)
