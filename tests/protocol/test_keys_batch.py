"""Batches of signatures: the same result as one by one, whatever is wrong and wherever."""

from __future__ import annotations

import hashlib

import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from tracework.protocol import keys
from tracework.protocol.errors import CryptoError
from tracework.protocol.keys import Signed

SECRETS = [keys.derive_secret_key(bytes([index]) * 32) for index in range(6)]
PUBLICS = [keys.public_key(secret) for secret in SECRETS]
MESSAGES = [hashlib.sha256(bytes([index])).digest() for index in range(6)]
GOOD = [
    Signed([PUBLICS[index]], MESSAGES[index], keys.sign(SECRETS[index], MESSAGES[index]), f"[{index}]")
    for index in range(6)
]
FAULTS = {
    "other id": lambda item: Signed(item.keys, MESSAGES[5 - MESSAGES.index(item.message)], item.signature, item.where),
    "other key": lambda item: Signed([PUBLICS[5 - PUBLICS.index(item.keys[0])]], item.message, item.signature, "x"),
    "no keys": lambda item: Signed([], item.message, item.signature, item.where),
    "key twice": lambda item: Signed([*item.keys, *item.keys], item.message, item.signature, item.where),
    "bad key": lambda item: Signed([bytes(48)], item.message, item.signature, item.where),
    "short": lambda item: Signed(item.keys, item.message, item.signature[:-1], item.where),
}


def one_by_one(batch: list[Signed]) -> tuple[str, str, str] | None:
    for item in batch:
        try:
            keys.verify_aggregate(item.keys, item.message, item.signature, where=item.where)
        except CryptoError as error:
            return error.code, error.requirement, error.where
    return None


def together(batch: list[Signed]) -> tuple[str, str, str] | None:
    try:
        keys.verify_batch(batch)
    except CryptoError as error:
        return error.code, error.requirement, error.where
    return None


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from([None, None, *FAULTS])), max_size=6))
def test_a_batch_says_what_one_by_one_says(picks: list[tuple[int, str | None]]) -> None:
    batch = [GOOD[index] if fault is None else FAULTS[fault](GOOD[index]) for index, fault in picks]
    assert together(batch) == one_by_one(batch)


def test_the_first_wrong_one_is_named() -> None:
    for wrong in range(6):
        batch = [*GOOD[:wrong], *(FAULTS["other id"](item) for item in GOOD[wrong:])]
        assert together(batch) == ("bad-signature", "KEY-041", f"[{wrong}]")


def test_coefficients_by_hand() -> None:
    """KEY-081 and KEY-082 word for word."""

    def key(domain: str) -> bytes:
        return blake3(b"", derive_key_context="tracework 2026-11 v1 " + domain).digest()

    transcript = b"".join(
        len(item.keys).to_bytes(8, "little") + b"".join(item.keys) + item.message + item.signature for item in GOOD
    )
    seed = blake3(transcript, key=key("batch")).digest()
    blocks = [blake3(seed + index.to_bytes(8, "little"), key=key("draw")).digest() for index in range(6)]
    assert keys.coefficients(GOOD) == [1 + int.from_bytes(block[:16], "little") for block in blocks]


def test_every_coefficient_hangs_on_every_part() -> None:
    base = keys.coefficients(GOOD)
    for changed in (GOOD[:5], [*GOOD[:5], FAULTS["other id"](GOOD[5])], [*GOOD[1:], GOOD[0]]):
        assert not set(base) & set(keys.coefficients(changed))
    assert all(0 < factor < 1 << 128 for factor in base)


@pytest.mark.parametrize("name", ["py_ecc", "arkworks"])
def test_backends_agree(name: str) -> None:
    backend = getattr(keys, name)()
    keys.verify_batch(GOOD[:2], backend=backend)
    with pytest.raises(CryptoError, match="bad-signature"):
        keys.verify_batch([GOOD[0], FAULTS["other key"](GOOD[1])], backend=backend)
