"""Generate secrets in the instance folder, and read keys from PEM."""

import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)

PEM_BLOCK = re.compile(r"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----", re.DOTALL)


def new_secret() -> str:
    return secrets.token_urlsafe(48)


def new_private_key() -> str:
    """A new Ed25519 key in PEM."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def read_or_create(path: Path, make: Callable[[], str]) -> str:
    """The text of `path`; a missing file is created first, with mode 0600.

    Workers that start together get the same text: the complete file is linked to its name, and
    link(2) fails if the name exists. The other workers read the file of the first.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with _draft(path, make()) as draft, suppress(FileExistsError):
            path.hardlink_to(draft)
    return path.read_text().strip()


def write_private(path: Path, text: str) -> None:
    """Replace a file atomically; only its owner can read it."""
    with _draft(path, text) as draft:
        draft.replace(path)


@contextmanager
def _draft(path: Path, text: str) -> Iterator[Path]:
    """A temporary file with this text beside `path`: synced to disk, readable by its owner only."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def private_key(pem: str) -> Ed25519PrivateKey:
    """Read one Ed25519 private key; `\\n` counts as a newline. Raises ValueError."""
    try:
        key = load_pem_private_key(pem.replace("\\n", "\n").strip().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None  # the library's message could quote the key
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("must be an Ed25519 private key in PEM")
    return key


def public_keys(pem: str) -> tuple[Ed25519PublicKey, ...]:
    """The public keys of concatenated Ed25519 keys in PEM, private or public. Raises
    ValueError."""
    blocks = list(PEM_BLOCK.finditer(pem.replace("\\n", "\n")))
    if not blocks or PEM_BLOCK.sub("", pem.replace("\\n", "\n")).strip():
        raise ValueError("must contain only Ed25519 keys in PEM")
    return tuple(
        private_key(block[0]).public_key() if "PRIVATE" in block[1] else _public_key(block[0])
        for block in blocks
    )


def _public_key(pem: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("contains a key that is not an Ed25519 key")
    return key
