"""The two objects that hold keys: a secret key file, and a public identity with its proof (spec/keys.md)."""

from __future__ import annotations

from ..encoding.schema import Bytes, Record, decode_object, keyed, record
from ..errors import CryptoError
from .backend import Backend
from .cache import KeyCache
from .scheme import (
    PUBLIC_KEY_SIZE,
    SECRET_KEY_SIZE,
    SIGNATURE_SIZE,
    SecretKey,
    prove_possession,
    public_key,
    verify_possession,
)


@record(kind="tracework/secret-key")
class SecretKeyFile(Record):
    """A key pair as it lies on its owner's disk (KEY-060). Printing it shows the public half only."""

    secret: bytes = keyed(2, Bytes(SECRET_KEY_SIZE))
    public: bytes = keyed(3, Bytes(PUBLIC_KEY_SIZE))

    def __repr__(self) -> str:
        return f"SecretKeyFile(public={self.public.hex()})"

    @property
    def key(self) -> SecretKey:
        """The secret key, ready to sign. CryptoError if it is out of range."""
        return SecretKey(self.secret)


@record(kind="tracework/public-key")
class Identity(Record):
    """What the holder of a key publishes: the public key, and the proof that its secret is held (KEY-061)."""

    public: bytes = keyed(2, Bytes(PUBLIC_KEY_SIZE))
    possession: bytes = keyed(3, Bytes(SIGNATURE_SIZE))


def secret_key_file(secret: SecretKey, *, backend: Backend | None = None) -> SecretKeyFile:
    """The file that holds a secret key."""
    return SecretKeyFile(secret=secret.data, public=public_key(secret, backend=backend))


def identity(secret: SecretKey, *, backend: Backend | None = None) -> Identity:
    """The identity of whoever holds a secret key."""
    return Identity(public=public_key(secret, backend=backend), possession=prove_possession(secret, backend=backend))


def read_secret_key_file(data: bytes, *, backend: Backend | None = None) -> SecretKeyFile:
    """Decode a secret key file and check that its halves belong together (KEY-060)."""
    held = decode_object(SecretKeyFile, data)
    if public_key(held.key, backend=backend) != held.public:
        raise CryptoError(
            "key-mismatch",
            "the public key in this file is not its secret key's",
            requirement="KEY-060",
            where="secret-key.public",
        )
    return held


def read_identity(data: bytes, *, backend: Backend | None = None, cache: KeyCache | None = None) -> Identity:
    """Decode an identity and verify its proof of possession (KEY-061)."""
    shown = decode_object(Identity, data)
    verify_possession(shown.public, shown.possession, backend=backend, cache=cache, where="public-key")
    return shown
