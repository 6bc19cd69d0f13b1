"""Keys read from PEM, valid and invalid, and secrets created once."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from personas.config.secrets import (
    new_private_key,
    new_secret,
    private_key,
    public_keys,
    read_or_create,
)

KEY = Ed25519PrivateKey.generate()
OTHER = Ed25519PrivateKey.generate()


def pem(key: PrivateKeyTypes, encryption: KeySerializationEncryption | None = None) -> str:
    form = PrivateFormat.PKCS8
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()).decode()


def public_pem(key: PrivateKeyTypes) -> str:
    form = PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(Encoding.PEM, form).decode()


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  only refused


INVALID: dict[str, Callable[[], str]] = {
    "empty": str,
    "garbage": lambda: "not a key",
    "a block of garbage": lambda: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
    "truncated": lambda: pem(KEY)[:-40],
    "RSA": lambda: pem(rsa_key()),
    "P-256": lambda: pem(ec.generate_private_key(ec.SECP256R1())),
    "X25519": lambda: pem(x25519.X25519PrivateKey.generate()),
    "encrypted": lambda: pem(KEY, BestAvailableEncryption(b"password")),
    "not ASCII": lambda: "-----BEGIN PRIVATE KEY-----\nÄÖÜ\n-----END PRIVATE KEY-----",
}
SPELLINGS: dict[str, Callable[[str], str]] = {
    "unchanged": lambda text: text,
    "escaped newlines": lambda text: text.replace("\n", "\\n"),
    "on one line, without the last newline": lambda text: text.strip().replace("\n", "\\n"),
    "surrounded by space": lambda text: f"\n  {text}  \n",
    "with carriage returns": lambda text: text.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_private_key_is_read_in_every_spelling(spelling: str) -> None:
    assert private_key(SPELLINGS[spelling](pem(KEY))).public_key() == KEY.public_key()


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_previous_keys_are_read_in_every_spelling(spelling: str) -> None:
    concatenated = SPELLINGS[spelling](pem(KEY) + public_pem(OTHER))

    assert public_keys(concatenated) == (KEY.public_key(), OTHER.public_key())


@pytest.mark.parametrize("name", INVALID)
def test_only_an_ed25519_key_is_accepted_as_private_key(name: str) -> None:
    with pytest.raises(ValueError, match=r"^must be an Ed25519 private key in PEM$"):
        private_key(INVALID[name]())


def test_a_public_key_is_refused_as_private_key() -> None:
    with pytest.raises(ValueError, match=r"^must be an Ed25519 private key in PEM$"):
        private_key(public_pem(KEY))


@pytest.mark.parametrize("name", INVALID)
def test_only_an_ed25519_key_is_accepted_as_previous_key(name: str) -> None:
    with pytest.raises(ValueError, match=r"^(must|contains) "):
        public_keys(INVALID[name]())


def test_another_kind_of_public_key_after_a_valid_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^contains a key that is not an Ed25519 key$"):
        public_keys(public_pem(KEY) + public_pem(rsa_key()))


@pytest.mark.parametrize(
    "truncated", [pem(OTHER)[:-40], public_pem(OTHER)[:-40]], ids=["private", "public"]
)
def test_a_truncated_key_after_a_valid_one_is_refused(truncated: str) -> None:
    """If it were skipped silently, its tokens would no longer be valid."""
    with pytest.raises(ValueError, match=r"^(must|contains) "):
        public_keys(pem(KEY) + truncated)


def test_previous_keys_may_be_private_or_public_and_keep_their_order() -> None:
    text = public_pem(OTHER) + pem(KEY) + public_pem(KEY)

    assert public_keys(text) == (OTHER.public_key(), KEY.public_key(), KEY.public_key())


@pytest.mark.parametrize("name", ["RSA", "encrypted", "truncated"])
def test_an_error_does_not_quote_the_key(name: str) -> None:
    text = INVALID[name]()

    with pytest.raises(ValueError, match="must be") as caught:
        private_key(text)

    assert caught.value.__cause__ is None
    assert not any(line in str(caught.value) for line in text.splitlines() if line)


def test_a_new_key_is_valid_and_unique() -> None:
    first, second = new_private_key(), new_private_key()

    assert private_key(first).public_key() == public_keys(first)[0]
    assert first != second


def test_a_new_secret_is_long_and_unique() -> None:
    assert len(new_secret().encode()) >= 32
    assert new_secret() != new_secret()


def test_a_secret_is_created_once_with_private_permissions(tmp_path: Path) -> None:
    path = tmp_path / "instance" / "secret_key"

    first = read_or_create(path, new_secret)
    second = read_or_create(path, new_secret)

    assert first == second == path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_an_existing_secret_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    path.write_text("written by hand\n")

    assert read_or_create(path, new_secret) == "written by hand"
    assert path.read_text() == "written by hand\n"


def test_a_failing_factory_leaves_no_file(tmp_path: Path) -> None:
    def fail() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read_or_create(tmp_path / "secret_key", fail)

    assert list(tmp_path.iterdir()) == []
