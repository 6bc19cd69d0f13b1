"""A space's name in addresses: `[a-z0-9-]{1,30}`, each but once (contract, section 5)."""

import re
import unicodedata
from collections.abc import Callable

MAX_LENGTH = 30
SLUG = re.compile(f"[a-z0-9-]{{1,{MAX_LENGTH}}}")
# where a product has pages of its own; the migration that named the first spaces has them too
PAGES = """
    account accounts admin api app assets auth blog dashboard docs health help home internal
    invitations login logout mail me metrics new null openapi organization organizations personal
    personas public register root security session settings signup spaces static status support
    system undefined user users www
"""
RESERVED = frozenset(PAGES.split())


def slug_of(text: str) -> str:
    """The slug that a text asks for: letters without their accents, a hyphen for all between."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall("[a-z0-9]+", plain))
    return words[:MAX_LENGTH].rstrip("-") or "space"


def numbered(slug: str, number: int) -> str:
    """`anna` → `anna-2`, cut so that the number fits."""
    ending = f"-{number}"
    return slug[: MAX_LENGTH - len(ending)].rstrip("-") + ending


def first_free(slug: str, is_taken: Callable[[str], bool]) -> str:
    """The next number of a slug that is taken, found in as many questions as the number has bits,
    twice: a thousand namesakes must not ask a thousand times each.

    Where numbers in between have become free again, it may not be the least of them.
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
