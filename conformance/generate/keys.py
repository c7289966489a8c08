"""Vectors for keys: derivation, signatures, proofs of possession, aggregates, key files, and each reason to reject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...protocol import keys
from ...protocol.encoding import cbor
from ...protocol.encoding.schema import encode_object
from ...protocol.keys import SecretKey
from ...protocol.keys.scheme import GROUP_ORDER
from ..operations import keys as operations
from . import Case, VectorFile, _key_batches, seeded
from . import _bls_published as published
from ._points import encodings, negated, public, rogue
from ._topic import Topic

BOTH = "py_ecc 8.0 (every case, in tests/protocol/test_keys_vectors.py), and tests/adapters/node"
ETHEREUM = f"{BOTH}; cases with `eth` in their id are from Ethereum's bls12-381-tests 0.1.2"

SECRETS = [SecretKey(bytes.fromhex(data)) for data in published.SECRETS]
PUBLICS = [bytes.fromhex(data) for data in published.PUBLIC_KEYS]
MESSAGES = [bytes.fromhex(data) for data in published.MESSAGES]
SIGNATURES = [[bytes.fromhex(data) for data in row] for row in published.SIGNATURES]
AGGREGATE = bytes.fromhex(published.AGGREGATE_AB)
PUBLIC, MESSAGE, SIGNATURE = PUBLICS[0], MESSAGES[1], SIGNATURES[0][1]

PLAIN_TAG = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_"
"""The tag of another ciphersuite of the same draft."""


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        _derive(),
        _sign(),
        _validate(),
        _verify(),
        _verify_possession(),
        _aggregate(),
        _verify_aggregate(),
        _secret_key_file(),
        _identity(),
        _key_batches.file(BOTH),
    ]


def _derive() -> VectorFile:
    topic = Topic(
        "keys.derive",
        operations.derive,
        "Secret keys from seeds, with public key and proof of possession",
        f"{BOTH}; cases with `eip2333` in their id are the tests of EIP-2333",
    )
    cases = [
        topic.good(
            "counting",
            "The seed of bytes 0, 1, … 31.",
            ["KEY-002", "KEY-010", "KEY-011", "KEY-014", "KEY-016"],
            {"seed": bytes(range(32))},
            "Boundary",
        ),
        *(
            topic.good(f"eip2333-{index}", f"Test {index} of EIP-2333.", ["KEY-011"], {"seed": bytes.fromhex(seed)})
            for index, (seed, _) in enumerate(published.MASTER_KEYS)
        ),
        topic.good(
            "longest", "The longest seed, 1024 bytes.", ["KEY-010", "KEY-011"], {"seed": {"mod251": 1024}}, "Boundary"
        ),
    ]
    for length in (0, 31, 1025):
        cases.append(
            topic.bad(
                f"seed-{length}",
                f"A seed of {length} bytes.",
                "KEY-010",
                {"seed": {"mod251": length}},
                "crypto/bad-seed",
                "Boundary",
            )
        )
    return topic.file(cases)


def _sign() -> VectorFile:
    topic = Topic("keys.sign", operations.sign, "Signatures on ids", ETHEREUM)
    cases = [
        topic.good(
            f"eth-{row}-{column}",
            f"Ethereum's key {row} and message {column}.",
            ["KEY-001", "KEY-014", "KEY-015"],
            {"secret": secret.data, "message": message},
        )
        for row, secret in enumerate(SECRETS)
        for column, message in enumerate(MESSAGES)
    ]
    for name, scalar in (("one", 1), ("largest", GROUP_ORDER - 1)):
        data = scalar.to_bytes(32, "big")
        message = seeded(f"keys-sign-{name}", "message", 32)
        cases.append(
            topic.good(
                name,
                f"The {'smallest' if scalar == 1 else 'largest'} secret key.",
                ["KEY-002", "KEY-013", "KEY-015"],
                {"secret": data, "message": message},
                "Boundary",
            )
        )
    for name, comment, requirement, data in (
        ("zero", "The secret key 0.", "KEY-013", bytes(32)),
        ("order", "The secret key r.", "KEY-013", GROUP_ORDER.to_bytes(32, "big")),
        ("order-and-one", "r + 1: if it were reduced it would be 1.", "KEY-013", (GROUP_ORDER + 1).to_bytes(32, "big")),
        ("all-ones", "2^256 − 1.", "KEY-013", b"\xff" * 32),
        ("short", "31 bytes.", "KEY-012", b"\1" * 31),
        ("long", "33 bytes, the first of them zero.", "KEY-012", b"\0" + b"\1" * 32),
    ):
        cases.append(
            topic.bad(
                name, comment, requirement, {"secret": data, "message": MESSAGE}, "crypto/bad-secret-key", "Boundary"
            )
        )
    return topic.file(cases)


def _validate() -> VectorFile:
    topic = Topic("keys.validate", operations.validate, "Which bytes are public keys", ETHEREUM)
    cases = [
        topic.good(f"eth-{index}", f"Ethereum's key {index}.", ["KEY-003", "KEY-024"], {"public": key})
        for index, key in enumerate(PUBLICS)
    ]
    cases += [
        topic.good("generator", "The generator: the public key of 1.", ["KEY-003"], {"public": public(1)}),
        topic.good(
            "negated-generator",
            "The generator's negative: another sign bit.",
            ["KEY-003"],
            {"public": public(-1)},
        ),
    ]
    cases += [
        topic.bad(name, comment, requirement, {"public": data}, "crypto/bad-public-key", *flags)
        for name, comment, requirement, data, flags in encodings(PUBLIC)
    ]
    return topic.file(cases)


def _verify() -> VectorFile:
    topic = Topic("keys.verify", operations.verify, "Signatures on ids: accepted and rejected", ETHEREUM)

    def given(key: bytes = PUBLIC, message: bytes = MESSAGE, signature: bytes = SIGNATURE) -> dict[str, bytes]:
        return {"public": key, "message": message, "signature": signature}

    backend = keys.default_backend()
    cases = [
        topic.good("eth-0", "Ethereum's key 0 on message 1.", ["KEY-040", "KEY-041"], given()),
        topic.good(
            "eth-2", "Ethereum's key 2 on message 2.", ["KEY-041"], given(PUBLICS[2], MESSAGES[2], SIGNATURES[2][2])
        ),
    ]
    wrong: list[tuple[str, str, dict[str, bytes], tuple[str, ...]]] = [
        ("message", "The signature is on another message.", given(message=MESSAGES[0]), ()),
        ("key", "The signature is another key's.", given(key=PUBLICS[1]), ()),
        ("other-signature", "The key's signature on another message.", given(signature=SIGNATURES[0][0]), ()),
        ("negated-signature", "The signature's sign bit is flipped.", given(signature=negated(SIGNATURE)), ()),
        ("negated-key", "The public key's sign bit is flipped.", given(key=negated(PUBLIC)), ()),
        (
            "possession",
            "The key's proof of possession in the place of a signature.",
            given(signature=keys.prove_possession(SECRETS[0])),
            ("WrongDomain",),
        ),
        (
            "other-tag",
            "A signature of the ciphersuite without proofs of possession, whose tag ends with NUL_.",
            given(signature=backend.sign(SECRETS[0].scalar, MESSAGE, PLAIN_TAG)),
            ("WrongDomain",),
        ),
    ]
    for name, comment, changed, flags in wrong:
        cases.append(topic.bad(name, comment, "KEY-041", changed, "crypto/bad-signature", *flags))
    for name, comment, requirement, data, flags in encodings(SIGNATURE):
        cases.append(
            topic.bad(
                f"signature-{name}",
                comment,
                requirement,
                given(signature=data),
                "crypto/bad-signature-encoding",
                *flags,
            )
        )
    infinities = given(key=b"\xc0" + bytes(47), signature=b"\xc0" + bytes(95))
    cases += [
        topic.bad(
            "key-truncated",
            "The public key's last byte is missing.",
            "KEY-020",
            given(key=PUBLIC[:-1]),
            "crypto/bad-public-key",
            "Truncated",
        ),
        topic.bad(
            "infinities",
            "Key and signature are both the point at infinity: the equation holds for every message. The key counts.",
            "KEY-022",
            infinities,
            "crypto/bad-public-key",
            "PeerDivergence",
        ),
    ]
    return topic.file(cases)


def _verify_possession() -> VectorFile:
    topic = Topic("keys.verify-possession", operations.verify_possession, "Proofs of possession", BOTH)
    proof = keys.prove_possession(SECRETS[0])
    backend = keys.default_backend()
    cases = [
        topic.good(
            f"eth-{index}",
            f"The proof of Ethereum's key {index}.",
            ["KEY-016", "KEY-042", "KEY-043"],
            {"public": PUBLICS[index], "possession": keys.prove_possession(secret)},
        )
        for index, secret in enumerate(SECRETS)
    ]
    rejected = "crypto/bad-proof-of-possession"
    cases += [
        topic.bad("key", "Another key's proof.", "KEY-043", {"public": PUBLICS[1], "possession": proof}, rejected),
        topic.bad(
            "signature-tag",
            "A signature on the public key's own bytes, under the tag of signatures.",
            "KEY-043",
            {"public": PUBLIC, "possession": backend.sign(SECRETS[0].scalar, PUBLIC, keys.scheme.SIGNATURE_TAG)},
            rejected,
            "WrongDomain",
        ),
        topic.bad(
            "rogue",
            "The rogue key of keys-verify-aggregate-rogue: nobody knows its secret key, so no proof can be made.",
            "KEY-043",
            {"public": rogue(), "possession": keys.prove_possession(SECRETS[1])},
            rejected,
        ),
        topic.bad(
            "infinities",
            "Key and proof are both the point at infinity.",
            "KEY-022",
            {"public": b"\xc0" + bytes(47), "possession": b"\xc0" + bytes(95)},
            "crypto/bad-public-key",
            "PeerDivergence",
        ),
        topic.bad(
            "proof-infinity",
            "The proof is the point at infinity.",
            "KEY-022",
            {"public": PUBLIC, "possession": b"\xc0" + bytes(95)},
            "crypto/bad-signature-encoding",
        ),
        topic.bad(
            "proof-trailing",
            "A byte follows the proof.",
            "KEY-020",
            {"public": PUBLIC, "possession": proof + b"\0"},
            "crypto/bad-signature-encoding",
            "TrailingBytes",
        ),
    ]
    return topic.file(cases)


def _aggregate() -> VectorFile:
    topic = Topic("keys.aggregate", operations.aggregate, "Sums of signatures", ETHEREUM)
    three = [row[2] for row in SIGNATURES]
    cancelling = [SIGNATURE, negated(SIGNATURE)]
    cases = [
        topic.good("eth-three", "Ethereum's aggregate of three signatures.", ["KEY-050"], {"signatures": three}),
        topic.good("reversed", "The same in reverse order.", ["KEY-050"], {"signatures": three[::-1]}),
        topic.good("one", "One signature.", ["KEY-050"], {"signatures": three[:1]}, "Boundary"),
        topic.good("twice", "One signature twice: a sum like any other.", ["KEY-050"], {"signatures": [SIGNATURE] * 2}),
        topic.bad("empty", "No signature.", "KEY-051", {"signatures": []}, "crypto/empty-signer-set", "Boundary"),
        topic.bad(
            "cancelling", "A signature and its negative.", "KEY-053", {"signatures": cancelling}, "crypto/bad-aggregate"
        ),
        topic.bad(
            "infinity",
            "The second signature is the point at infinity.",
            "KEY-022",
            {"signatures": [SIGNATURE, b"\xc0" + bytes(95)]},
            "crypto/bad-signature-encoding",
            "PeerDivergence",
        ),
        topic.bad(
            "outside-subgroup",
            "The second signature is on the curve and not in G2.",
            "KEY-024",
            {"signatures": [SIGNATURE, b"\x80" + bytes(94) + b"\2"]},
            "crypto/bad-signature-encoding",
            "PeerDivergence",
        ),
    ]
    return topic.file(cases)


def _verify_aggregate() -> VectorFile:
    topic = Topic(
        "keys.verify-aggregate", operations.verify_aggregate, "Signatures of several keys on one id", ETHEREUM
    )

    def given(publics: Sequence[bytes] = PUBLICS, signature: bytes = AGGREGATE) -> dict[str, Any]:
        return {"publics": list(publics), "message": MESSAGES[2], "signature": signature}

    doubled = keys.aggregate([SIGNATURES[0][2], SIGNATURES[0][2]])
    infinity, outside = b"\xc0" + bytes(47), b"\x80" + bytes(46) + b"\4"
    forged = keys.sign(SECRETS[1], MESSAGES[2])
    cases = [
        topic.good("eth-three", "Ethereum's three keys on message 2.", ["KEY-054", "KEY-041"], given()),
        topic.good("reversed", "The keys in reverse order.", ["KEY-054"], given(PUBLICS[::-1])),
        topic.good("one", "One key and its signature.", ["KEY-054"], given(PUBLICS[:1], SIGNATURES[0][2]), "Boundary"),
        topic.good(
            "rogue",
            "An aggregate forged with a rogue key: the equation holds. Only the missing proof of possession tells.",
            ["KEY-055"],
            given([PUBLIC, rogue()], forged),
        ),
    ]
    for name, comment, requirement, changed, code, flags in (
        ("missing-signer", "One of the signers is not named.", "KEY-041", given(PUBLICS[:2]), "bad-signature", ()),
        (
            "extra-signer",
            "One more is named.",
            "KEY-041",
            given([*PUBLICS, public(1)]),
            "bad-signature",
            (),
        ),
        ("empty", "No signer.", "KEY-051", given([]), "empty-signer-set", ("Boundary",)),
        (
            "empty-infinity",
            "No signer, and the point at infinity for a signature.",
            "KEY-051",
            given([], b"\xc0" + bytes(95)),
            "empty-signer-set",
            ("PeerDivergence",),
        ),
        (
            "duplicate",
            "One signer twice, and the double of the signature: the equation holds.",
            "KEY-052",
            given([PUBLIC, PUBLIC], doubled),
            "duplicate-signer",
            ("PeerDivergence",),
        ),
        ("cancelling", "A key and its negative.", "KEY-053", given([PUBLIC, negated(PUBLIC)]), "bad-aggregate", ()),
        (
            "infinity-key",
            "The point at infinity as one more signer: the equation holds.",
            "KEY-022",
            given([*PUBLICS, infinity]),
            "bad-public-key",
            ("PeerDivergence",),
        ),
        (
            "outside-subgroup",
            "A key on the curve that is not in G1.",
            "KEY-024",
            given([PUBLICS[0], outside]),
            "bad-public-key",
            ("PeerDivergence",),
        ),
        (
            "signature-truncated",
            "The signature's last byte is missing.",
            "KEY-020",
            given(signature=AGGREGATE[:-1]),
            "bad-signature-encoding",
            ("Truncated",),
        ),
    ):
        cases.append(topic.bad(name, comment, requirement, changed, f"crypto/{code}", *flags))
    return topic.file(cases)


def _secret_key_file() -> VectorFile:
    topic = Topic("keys.secret-key-file", operations.secret_key_file, "Secret key files", BOTH)
    good = encode_object(keys.secret_key_file(SECRETS[0]))
    order = GROUP_ORDER.to_bytes(32, "big")
    plain: dict[int, Any] = {0: "tracework/secret-key", 1: 1, 2: SECRETS[0].data, 3: PUBLIC}
    cases = [
        topic.good("good", "The file of Ethereum's key 0.", ["KEY-060"], {"object": good}),
        *_damaged(
            topic,
            [
                ("other-public", "Another key's public half.", "KEY-060", {3: PUBLICS[1]}, "crypto/key-mismatch"),
                ("other-secret", "Another key's secret half.", "KEY-060", {2: SECRETS[1].data}, "crypto/key-mismatch"),
                ("zero", "The secret key 0.", "KEY-013", {2: bytes(32)}, "crypto/bad-secret-key"),
                (
                    "order",
                    "The secret key r.",
                    "KEY-013",
                    {2: order},
                    "crypto/bad-secret-key",
                ),
                ("short", "A secret key of 31 bytes.", "ENC-030", {2: bytes(31)}, "schema/wrong-length"),
                ("kind", "An identity's kind.", "ENC-030", {0: "tracework/public-key"}, "schema/unknown-kind"),
                ("version", "Version 2.", "ENC-030", {1: 2}, "schema/unsupported-version"),
            ],
            plain,
        ),
        topic.bad(
            "trailing", "A byte follows.", "ENC-019", {"object": good + b"\0"}, "decode/trailing-bytes", "TrailingBytes"
        ),
        topic.bad(
            "truncated", "The last byte is missing.", "ENC-021", {"object": good[:-1]}, "decode/truncated", "Truncated"
        ),
    ]
    return topic.file(cases)


def _identity() -> VectorFile:
    topic = Topic("keys.identity", operations.identity, "Identities", BOTH)
    proof = keys.prove_possession(SECRETS[0])
    plain: dict[int, Any] = {0: "tracework/public-key", 1: 1, 2: PUBLIC, 3: proof}
    good = encode_object(keys.identity(SECRETS[0]))
    infinity = b"\xc0" + bytes(47)
    cases = [
        topic.good(
            "good",
            "The identity of Ethereum's key 0.",
            ["KEY-061"],
            {"object": good},
        ),
        *_damaged(
            topic,
            [
                ("other-key", "Another key.", "KEY-043", {2: PUBLICS[1]}, "crypto/bad-proof-of-possession"),
                (
                    "infinity",
                    "The point at infinity for a key.",
                    "KEY-022",
                    {2: infinity},
                    "crypto/bad-public-key",
                ),
                ("key-long", "A public key of 49 bytes.", "ENC-030", {2: PUBLIC + b"\0"}, "schema/wrong-length"),
                ("secret", "A secret key's place taken.", "ENC-030", {4: SECRETS[0].data}, "schema/unknown-field"),
            ],
            plain,
        ),
    ]
    return topic.file(cases)


def _damaged(
    topic: Topic, changes: Sequence[tuple[str, str, str, dict[int, Any], str]], plain: dict[int, Any]
) -> list[Case]:
    return [
        topic.bad(name, comment, requirement, {"object": cbor.encode(plain | change)}, error)
        for name, comment, requirement, change, error in changes
    ]
