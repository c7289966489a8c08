"""Keys and signatures: BLS over BLS12-381 (spec/keys.md). Importing this loads no curve library; the first use does."""

from .backend import Backend, arkworks, default_backend, py_ecc
from .batch import Signed, coefficients, verify_batch
from .cache import KeyCache
from .objects import (
    Identity,
    SecretKeyFile,
    identity,
    read_identity,
    read_secret_key_file,
    secret_key_file,
)
from .scheme import (
    MESSAGE_SIZE,
    PUBLIC_KEY_SIZE,
    SECRET_KEY_SIZE,
    SIGNATURE_SIZE,
    SecretKey,
    aggregate,
    derive_secret_key,
    prove_possession,
    public_key,
    sign,
    validate_public_key,
    verify,
    verify_aggregate,
    verify_possession,
    verify_short,
)

__all__ = [
    "MESSAGE_SIZE",
    "PUBLIC_KEY_SIZE",
    "SECRET_KEY_SIZE",
    "SIGNATURE_SIZE",
    "Backend",
    "Identity",
    "KeyCache",
    "SecretKey",
    "SecretKeyFile",
    "Signed",
    "aggregate",
    "arkworks",
    "coefficients",
    "default_backend",
    "derive_secret_key",
    "identity",
    "prove_possession",
    "public_key",
    "py_ecc",
    "read_identity",
    "read_secret_key_file",
    "secret_key_file",
    "sign",
    "validate_public_key",
    "verify",
    "verify_aggregate",
    "verify_batch",
    "verify_possession",
    "verify_short",
]
