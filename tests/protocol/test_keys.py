"""Keys and signatures: both backends against each other, each gate, caches, key files.

What published values and every rule give is in the vectors; test_keys_vectors.py runs those with both backends.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracework.conformance.generate import _bls_published as published
from tracework.protocol import keys
from tracework.protocol.encoding.schema import decode_object, encode_object
from tracework.protocol.errors import CryptoError
from tracework.protocol.keys import KeyCache, SecretKey
from tracework.protocol.keys.backend import Backend
from tracework.protocol.keys.scheme import FIELD_MODULUS, GROUP_ORDER

FAST = keys.arkworks()
SLOW = keys.py_ecc()
BACKENDS = pytest.mark.parametrize("backend", [FAST, SLOW], ids=lambda backend: backend.name)

SECRETS = [SecretKey(bytes.fromhex(data)) for data in published.SECRETS]
PUBLIC_KEYS = [bytes.fromhex(data) for data in published.PUBLIC_KEYS]
MESSAGES = [bytes.fromhex(data) for data in published.MESSAGES]
SIGNATURES = [[bytes.fromhex(data) for data in row] for row in published.SIGNATURES]
AGGREGATE = bytes.fromhex(published.AGGREGATE_AB)
G1_INFINITY = b"\xc0" + bytes(47)
G2_INFINITY = b"\xc0" + bytes(95)


def refused(call: Callable[[], object]) -> tuple[str, str]:
    """Code and requirement of the CryptoError that a call must raise."""
    with pytest.raises(CryptoError) as caught:
        call()
    return caught.value.code, caught.value.requirement


def twist_point_outside_subgroup() -> bytes:
    """The first point of the curve of G2, by the constant coefficient of x, that isn't in G2."""
    from eth_typing import BLSSignature
    from py_ecc.bls.g2_primitives import signature_to_G2, subgroup_check

    for constant in range(1, 50):
        encoded = b"\x80" + bytes(47) + constant.to_bytes(48, "big")
        try:
            point = signature_to_G2(BLSSignature(encoded))
        except ValueError:
            continue
        if not subgroup_check(point):
            return encoded
    raise AssertionError("no such point")


def negated(encoded: bytes) -> bytes:
    """The encoding of the point with the other y."""
    return bytes([encoded[0] ^ 0x20]) + encoded[1:]


def coordinate_plus_p(encoded: bytes, start: int) -> bytes | None:
    """The same point with p added to one coordinate, if that fits into its bits."""
    whole = int.from_bytes(encoded[start : start + 48], "big")
    flags, low = (whole >> 381, whole & ((1 << 381) - 1)) if start == 0 else (0, whole)
    raised = low + FIELD_MODULUS
    if start == 0 and raised >> 381:
        return None
    return encoded[:start] + ((flags << 381) | raised).to_bytes(48, "big") + encoded[start + 48 :]


# (mutation, requirement) for every rule about encoded points, made of a good encoding.
MUTATIONS: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("empty", lambda good: b"", "KEY-020"),
    ("truncated", lambda good: good[:-1], "KEY-020"),
    ("trailing byte", lambda good: good + b"\0", "KEY-020"),
    ("uncompressed", lambda good: bytes([good[0] & 0x7F]) + good[1:], "KEY-021"),
    ("all zero", lambda good: bytes(len(good)), "KEY-021"),
    ("infinity", lambda good: b"\xc0" + bytes(len(good) - 1), "KEY-022"),
    ("infinity with sign", lambda good: b"\xe0" + bytes(len(good) - 1), "KEY-022"),
    ("infinity bit on a point", lambda good: bytes([good[0] | 0x40]) + good[1:], "KEY-022"),
    ("coordinate p", lambda good: ((1 << 383) + FIELD_MODULUS).to_bytes(48, "big") + good[48:], "KEY-023"),
    ("coordinate all ones", lambda good: b"\x9f" + b"\xff" * 47 + good[48:], "KEY-023"),
]


@pytest.mark.parametrize(("seed", "scalar"), published.MASTER_KEYS, ids=range(len(published.MASTER_KEYS)))
def test_derivation_agrees_with_the_published_keys(seed: str, scalar: int) -> None:
    assert keys.derive_secret_key(bytes.fromhex(seed)).scalar == scalar


@pytest.mark.parametrize("length", [0, 31, 1025])
def test_a_seed_of_a_wrong_length_is_refused(length: int) -> None:
    assert refused(lambda: keys.derive_secret_key(bytes(length))) == ("bad-seed", "KEY-010")


def test_the_shortest_and_the_longest_seed_are_taken() -> None:
    assert keys.derive_secret_key(bytes(32)) != keys.derive_secret_key(bytes(1024))


@pytest.mark.parametrize(
    ("data", "requirement"),
    [
        (bytes(31) + b"\1", None),
        ((GROUP_ORDER - 1).to_bytes(32, "big"), None),
        (bytes(32), "KEY-013"),
        (GROUP_ORDER.to_bytes(32, "big"), "KEY-013"),
        ((GROUP_ORDER + 1).to_bytes(32, "big"), "KEY-013"),
        (b"\xff" * 32, "KEY-013"),
        (b"\1" * 31, "KEY-012"),
        (b"\0" + b"\1" * 32, "KEY-012"),
    ],
)
def test_secret_keys_are_of_one_size_and_range(data: bytes, requirement: str | None) -> None:
    if requirement is None:
        assert SecretKey(data).data == data
    else:
        assert refused(lambda: SecretKey(data)) == ("bad-secret-key", requirement)


def test_printing_a_secret_key_shows_nothing_of_it() -> None:
    secret = SECRETS[0]
    for text in (repr(secret), str(secret), f"{[secret]}"):
        assert secret.data.hex()[:8] not in text and str(secret.scalar)[:8] not in text


def test_a_signature_is_one_key_s_on_one_message() -> None:
    signature = SIGNATURES[0][1]
    keys.verify(PUBLIC_KEYS[0], MESSAGES[1], signature)
    for key, message, given_signature in [
        (PUBLIC_KEYS[1], MESSAGES[1], signature),
        (PUBLIC_KEYS[0], MESSAGES[0], signature),
        (PUBLIC_KEYS[0], MESSAGES[1], SIGNATURES[0][0]),
        (PUBLIC_KEYS[0], MESSAGES[1], negated(signature)),
        (negated(PUBLIC_KEYS[0]), MESSAGES[1], signature),
        (PUBLIC_KEYS[0], MESSAGES[1], keys.prove_possession(SECRETS[0])),
    ]:
        code = refused(partial(keys.verify, key, message, given_signature))
        assert code == ("bad-signature", "KEY-041")


def test_a_proof_of_possession_is_for_its_own_key() -> None:
    proof = keys.prove_possession(SECRETS[0])
    keys.verify_possession(PUBLIC_KEYS[0], proof)
    wrong = ("bad-proof-of-possession", "KEY-043")
    assert refused(lambda: keys.verify_possession(PUBLIC_KEYS[1], proof)) == wrong
    # A signature under the other tag, on the same kind of bytes, is no proof.
    plain = FAST.sign(SECRETS[0].scalar, PUBLIC_KEYS[0], b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_")
    assert refused(lambda: keys.verify_possession(PUBLIC_KEYS[0], plain)) == wrong


@pytest.mark.parametrize(("mutate", "requirement"), [m[1:] for m in MUTATIONS], ids=[m[0] for m in MUTATIONS])
@BACKENDS
def test_each_rule_about_encodings(backend: Backend, mutate: Callable[[bytes], bytes], requirement: str) -> None:
    key, message, signature = PUBLIC_KEYS[0], MESSAGES[1], SIGNATURES[0][1]
    bad_key = ("bad-public-key", requirement)
    bad_signature = ("bad-signature-encoding", requirement)
    assert refused(lambda: keys.validate_public_key(mutate(key), backend=backend)) == bad_key
    assert refused(lambda: keys.verify(mutate(key), message, signature, backend=backend)) == bad_key
    assert refused(lambda: keys.verify_possession(mutate(key), signature, backend=backend)) == bad_key
    assert refused(lambda: keys.verify(key, message, mutate(signature), backend=backend)) == bad_signature
    assert refused(lambda: keys.verify_possession(key, mutate(signature), backend=backend)) == bad_signature
    assert refused(lambda: keys.aggregate([signature, mutate(signature)], backend=backend)) == bad_signature
    assert refused(lambda: keys.verify_aggregate([key, mutate(key)], message, signature, backend=backend)) == bad_key
    # Both faults: the key is looked at first (KEY-040).
    assert refused(lambda: keys.verify(mutate(key), message, mutate(signature), backend=backend)) == bad_key


@BACKENDS
def test_coordinates_are_never_reduced(backend: Backend) -> None:
    signature = SIGNATURES[0][1]
    raised = coordinate_plus_p(signature, 48)
    assert raised is not None
    assert refused(lambda: keys.verify(PUBLIC_KEYS[0], MESSAGES[1], raised, backend=backend)) == (
        "bad-signature-encoding",
        "KEY-023",
    )
    small = next(key for i in range(1, 200) if (key := FAST.public_key(i)) and coordinate_plus_p(key, 0))
    other = coordinate_plus_p(small, 0)
    assert other is not None
    keys.validate_public_key(small, backend=backend)
    assert refused(lambda: keys.validate_public_key(other, backend=backend)) == ("bad-public-key", "KEY-023")


@BACKENDS
def test_points_off_the_curve_or_outside_of_the_subgroup(backend: Backend) -> None:
    outside = bytes.fromhex(published.G1_OUTSIDE_SUBGROUP)
    off_curve = bytes.fromhex("a5" + published.PUBLIC_KEYS[2][2:])
    order_three = b"\x80" + bytes(47)  # x = 0, y² = 4
    for key in (outside, off_curve, order_three):
        assert refused(partial(keys.validate_public_key, key, backend=backend)) == ("bad-public-key", "KEY-024")
    off_twist = SIGNATURES[0][1][:-4] + b"\xff" * 4
    for signature in (twist_point_outside_subgroup(), off_twist):
        code = refused(partial(keys.verify, PUBLIC_KEYS[0], MESSAGES[1], signature, backend=backend))
        assert code == ("bad-signature-encoding", "KEY-024")


def test_aggregates() -> None:
    rows = [row[2] for row in SIGNATURES]
    assert keys.aggregate(rows) == AGGREGATE
    assert keys.aggregate(rows[::-1]) == AGGREGATE
    assert keys.aggregate(rows[:1]) == rows[0]
    keys.verify_aggregate(PUBLIC_KEYS, MESSAGES[2], AGGREGATE)
    keys.verify_aggregate(PUBLIC_KEYS[::-1], MESSAGES[2], AGGREGATE)
    for signers in (PUBLIC_KEYS[:2], [*PUBLIC_KEYS, FAST.public_key(7)]):
        code = refused(partial(keys.verify_aggregate, signers, MESSAGES[2], AGGREGATE))
        assert code == ("bad-signature", "KEY-041")


@BACKENDS
def test_what_an_aggregate_is_refused_for_before_any_pairing(backend: Backend) -> None:
    message, signature = MESSAGES[2], SIGNATURES[0][2]
    assert refused(lambda: keys.aggregate([], backend=backend)) == ("empty-signer-set", "KEY-051")
    assert refused(lambda: keys.verify_aggregate([], message, G2_INFINITY, backend=backend)) == (
        "empty-signer-set",
        "KEY-051",
    )
    doubled = keys.aggregate([signature, signature], backend=backend)
    twice = [PUBLIC_KEYS[0], PUBLIC_KEYS[0]]
    assert refused(lambda: keys.verify_aggregate(twice, message, doubled, backend=backend)) == (
        "duplicate-signer",
        "KEY-052",
    )
    cancelling = [PUBLIC_KEYS[0], negated(PUBLIC_KEYS[0])]
    cancelled = ("bad-aggregate", "KEY-053")
    assert refused(lambda: keys.verify_aggregate(cancelling, message, signature, backend=backend)) == cancelled
    assert refused(lambda: keys.aggregate([signature, negated(signature)], backend=backend)) == cancelled


def test_a_rogue_key_forges_an_aggregate_and_has_no_proof() -> None:
    """What KEY-055 is for: the attack works on the equation, and stops at the proof of possession."""
    from py_arkworks_bls12381 import G1Point

    victim, attacker, message = PUBLIC_KEYS[0], SECRETS[1], MESSAGES[2]
    own = G1Point.from_compressed_bytes(PUBLIC_KEYS[1])
    rogue = (own - G1Point.from_compressed_bytes(victim)).to_compressed_bytes()
    forged = keys.sign(attacker, message)
    keys.verify_aggregate([victim, rogue], message, forged)
    proof = keys.prove_possession(attacker)
    assert refused(lambda: keys.verify_possession(rogue, proof)) == ("bad-proof-of-possession", "KEY-043")


def test_only_ids_are_signed() -> None:
    for message in (b"", bytes(31), bytes(33)):
        with pytest.raises(ValueError, match="32 bytes"):
            keys.sign(SECRETS[0], message)
        with pytest.raises(ValueError, match="32 bytes"):
            keys.verify(PUBLIC_KEYS[0], message, SIGNATURES[0][0])


def test_errors_name_the_place() -> None:
    with pytest.raises(CryptoError, match=r"at unit\.signature.*crypto/bad-signature, KEY-041"):
        keys.verify(PUBLIC_KEYS[0], MESSAGES[0], SIGNATURES[0][1], where="unit.signature")
    with pytest.raises(CryptoError) as caught:
        keys.verify_aggregate([PUBLIC_KEYS[0], G1_INFINITY], MESSAGES[0], SIGNATURES[0][0], where="signers")
    assert caught.value.where == "signers[1]"


def test_a_cache_changes_no_result() -> None:
    cache = KeyCache(limit=2)
    proof = keys.prove_possession(SECRETS[0])
    for _ in range(2):
        for key, row in zip(PUBLIC_KEYS, SIGNATURES, strict=True):
            keys.verify(key, MESSAGES[0], row[0], cache=cache)
            assert len(cache) <= 2
            assert refused(partial(keys.verify, key, MESSAGES[0], row[1], cache=cache))[0] == "bad-signature"
        keys.verify_possession(PUBLIC_KEYS[0], proof, cache=cache)
        assert refused(lambda: keys.verify_possession(PUBLIC_KEYS[0], SIGNATURES[0][0], cache=cache))[0] == (
            "bad-proof-of-possession"
        )
        assert refused(lambda: keys.validate_public_key(G1_INFINITY, cache=cache))[0] == "bad-public-key"
    # Points of one backend are never handed to the other.
    keys.validate_public_key(PUBLIC_KEYS[0], backend=SLOW, cache=cache)
    keys.validate_public_key(PUBLIC_KEYS[0], backend=FAST, cache=cache)
    with pytest.raises(ValueError, match="at least one"):
        KeyCache(limit=0)


def test_importing_loads_no_curve_library() -> None:
    code = "import sys, tracework.protocol.keys; sys.exit(any(m.startswith('py_') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_the_fast_library_the_readable_one_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "py_arkworks_bls12381", None)
    monkeypatch.delitem(sys.modules, "tracework.protocol.keys.fast", raising=False)
    keys.default_backend.cache_clear()
    try:
        assert keys.default_backend().name == "py_ecc"
    finally:
        monkeypatch.undo()
        keys.default_backend.cache_clear()
    assert keys.default_backend().name == "arkworks"


@given(st.integers(1, GROUP_ORDER - 1), st.binary(min_size=32, max_size=32))
@settings(max_examples=4)
def test_both_backends_make_the_same_bytes(scalar: int, message: bytes) -> None:
    secret = SecretKey(scalar.to_bytes(32, "big"))
    assert keys.public_key(secret, backend=FAST) == keys.public_key(secret, backend=SLOW)
    assert keys.sign(secret, message, backend=FAST) == keys.sign(secret, message, backend=SLOW)
    assert keys.prove_possession(secret, backend=FAST) == keys.prove_possession(secret, backend=SLOW)


def _agree(data: bytes) -> None:
    outcomes = []
    for backend in (FAST, SLOW):
        try:
            keys.validate_public_key(data, backend=backend)
            outcomes.append("valid")
        except CryptoError as error:
            outcomes.append(error.requirement)
    assert outcomes[0] == outcomes[1]


@given(st.sampled_from(PUBLIC_KEYS), st.integers(0, 383), st.integers(0, 383))
@settings(max_examples=60)
def test_both_backends_judge_mutated_keys_alike(key: bytes, first: int, second: int) -> None:
    mutated = int.from_bytes(key, "big") ^ (1 << first) ^ (1 << second)
    _agree(mutated.to_bytes(48, "big"))


@given(st.integers(0, 2**382 - 1), st.booleans())
@settings(max_examples=60)
def test_both_backends_judge_random_keys_alike(value: int, sign: bool) -> None:
    _agree(((1 << 383) | (sign << 381) | (value >> 1)).to_bytes(48, "big"))


@given(st.sampled_from([signature for row in SIGNATURES for signature in row]), st.integers(0, 767))
@settings(max_examples=30)
def test_both_backends_judge_mutated_signatures_alike(signature: bytes, bit: int) -> None:
    mutated = (int.from_bytes(signature, "big") ^ (1 << bit)).to_bytes(96, "big")
    outcomes = []
    for backend in (FAST, SLOW):
        try:
            # The sum of one signature is itself: decoding and encoding are each other's inverse.
            assert keys.aggregate([mutated], backend=backend) == mutated
            outcomes.append("valid")
        except CryptoError as error:
            outcomes.append(error.requirement)
    assert outcomes[0] == outcomes[1]


def test_key_files_come_back_as_they_were() -> None:
    held = keys.secret_key_file(SECRETS[0])
    assert (held.secret, held.public) == (SECRETS[0].data, PUBLIC_KEYS[0])
    assert held.secret.hex() not in repr(held) and str(held.secret) not in repr(held)
    assert keys.read_secret_key_file(encode_object(held)) == held
    shown = keys.identity(SECRETS[0])
    assert keys.read_identity(encode_object(shown)) == shown
    assert decode_object(keys.Identity, encode_object(shown)) == shown


def test_damaged_key_files_are_refused() -> None:
    held, shown = keys.secret_key_file(SECRETS[0]), keys.identity(SECRETS[0])
    for damaged, code in [
        (held.replace(public=PUBLIC_KEYS[1]), ("key-mismatch", "KEY-060")),
        (held.replace(secret=SECRETS[1].data), ("key-mismatch", "KEY-060")),
        (held.replace(secret=bytes(32)), ("bad-secret-key", "KEY-013")),
    ]:
        assert refused(partial(keys.read_secret_key_file, encode_object(damaged))) == code
    for forged, code in [
        (shown.replace(public=PUBLIC_KEYS[1]), ("bad-proof-of-possession", "KEY-043")),
        (shown.replace(public=G1_INFINITY, possession=G2_INFINITY), ("bad-public-key", "KEY-022")),
        (shown.replace(possession=G2_INFINITY), ("bad-signature-encoding", "KEY-022")),
    ]:
        assert refused(partial(keys.read_identity, encode_object(forged))) == code
