"""Vectors for contexts and units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...protocol import hashing, keys
from ...protocol.encoding import cbor
from ...protocol.encoding.schema import encode_object
from ...protocol.work.unit import (
    AdaptivePolicy,
    AssignmentPolicy,
    AttestationPolicy,
    AuditPolicy,
    Beneficiary,
    Deadlines,
    Opaque,
    Policy,
    ReceiptPolicy,
    RedundancyPolicy,
    Requirements,
    Unit,
    UnitBody,
)
from ..operations import work
from ..values import render
from . import Case, VectorFile, _runs, invalid, seeded, valid
from ._changes import ABSENT, changed, flip

CHECKED = "tests/adapters/node, written from spec/ alone"
BODY = 2
CONTEXT = (BODY, 3)


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        VectorFile(
            name="context",
            op="unit.context",
            title="Execution contexts: hash, program id, initial memory root, height, first leaf",
            checked_by=CHECKED,
            cases=_contexts(),
        ),
        VectorFile(
            name="unit",
            op="unit.check",
            title="Units: encodings, ids, terms, signatures",
            checked_by=CHECKED,
            cases=[*_units(), *_schema_faults(), *_semantic_faults(), *_signature_faults(), *_pins()],
        ),
    ]


def _contexts() -> list[Case]:
    plain = _runs.make_context(_runs.summing(), b"0123456789")
    largest = plain.replace(max_steps=((1 << 20) - 1) << 24, segment_log2=24, input_length=1 << 30)
    made = [
        ("plain", "A program that sums ten bytes, in segments of 16 steps.", plain),
        ("least", "One step at most: a tree of height 1.", plain.replace(max_steps=1, segment_log2=4)),
        ("most", "The largest step limit, the largest segments, the longest input.", largest),
        ("height-exact", "Three segments fill a tree of height 2 to the last leaf.", plain.replace(max_steps=48)),
        ("height-next", "A fourth segment, of one step, needs a tree of height 3.", plain.replace(max_steps=49)),
        ("no-input", "An empty input, under the root of 2^18 zero pages.", _runs.make_context(_runs.summing(), b"")),
    ]
    cases = []
    for name, comment, context in made:
        given = {"context": encode_object(context)}
        cases.append(
            valid(
                f"unit-context-{name}",
                comment,
                ["UNT-015", "TRC-003", "TRC-005", "MEM-006", "LOD-042"],
                given,
                work.context(render(given)),
                flags=["Boundary"] if name != "plain" else (),
            )
        )
    faults: list[tuple[str, str, str, str, int, Any]] = [
        ("profile", "UNT-010", "unknown-profile", "A profile of the next version.", 0, "rv64imc"),
        ("suite", "UNT-011", "unknown-suite", "Hash suite 2.", 1, 2),
        ("code-empty", "UNT-012", "code-range", "No code page: first and end are equal.", 4, _runs.CODE_PAGE),
        ("entry-odd", "UNT-013", "bad-entry", "An entry between two instructions.", 2, (_runs.CODE_PAGE << 12) + 2),
        ("entry-before", "UNT-013", "bad-entry", "An entry just before the code.", 2, (_runs.CODE_PAGE << 12) - 4),
        ("entry-after", "UNT-013", "bad-entry", "An entry just after the code.", 2, (_runs.CODE_PAGE + 1) << 12),
        ("height", "UNT-014", "too-many-segments", "2^20 segments: 2^20 + 1 leaves.", 8, 1 << 24),
        ("steps-max", "UNT-014", "too-many-segments", "A step limit of 2^64 - 1.", 8, (1 << 64) - 1),
    ]
    for name, requirement, code, comment, key, content in faults:
        cases.append(
            invalid(
                f"unit-context-{name}",
                comment,
                [requirement],
                {"context": changed(plain, [key], content)},
                f"semantic/{code}",
            )
        )
    return cases


def _plain() -> Unit:
    return _runs.make_unit("unit-plain")


def _worker_keys(count: int) -> tuple[bytes, ...]:
    return tuple(sorted(keys.public_key(_runs.worker(f"named-{index}")) for index in range(count)))


def _address(index: int) -> bytes:
    return bytes([index]) * 20


@dataclass(frozen=True)
class _Terms:
    """Terms that use every optional field."""

    policy: Policy
    deadlines: Deadlines
    beneficiaries: tuple[Beneficiary, ...]


def _every_term() -> _Terms:
    return _Terms(
        Policy(
            audit=AuditPolicy(samples=40, delay=2),
            redundancy=RedundancyPolicy(replicas=3, quorum=2),
            attestation=AttestationPolicy(committee=seeded("unit-every-field", "committee", 32), threshold=5),
            workers=_worker_keys(3),
        ),
        Deadlines(commit=100, reveal=200, challenge=300),
        (Beneficiary(address=_address(1), share=9_999), Beneficiary(address=_address(2), share=1)),
    )


def _units() -> list[Case]:
    terms = _every_term()
    every = _runs.make_unit(
        "unit-every-field", policy=terms.policy, deadlines=terms.deadlines, beneficiaries=terms.beneficiaries
    )
    opaque = _runs.make_unit(
        "unit-opaque",
        context=None,
        opaque=Opaque(job=seeded("unit-opaque", "job", 32)),
        policy=Policy(redundancy=RedundancyPolicy(replicas=1, quorum=1)),
        deadlines=Deadlines(commit=0, reveal=1, challenge=2),
    )
    largest = _runs.make_unit(
        "unit-largest", price=(1 << 64) - 1, escrow=(1 << 96) - 1, network="abcdefghijklmnopqrstuvwxyz-01234"
    )
    free = _runs.make_unit("unit-free", price=0, escrow=0, nonce=bytes(32))
    drawn = _runs.make_unit(
        "unit-drawn",
        policy=Policy(
            redundancy=RedundancyPolicy(replicas=5, quorum=3, adaptive=AdaptivePolicy(floor=500, window=99)),
            assignment=AssignmentPolicy(registry=seeded("unit-drawn", "registry", 32), delay=1),
            receipts=ReceiptPolicy(committee=seeded("unit-drawn", "committee", 32), threshold=5),
        ),
        deadlines=terms.deadlines,
        requirements=Requirements(cores=8, memory=16_384, storage=100, regions=("eu-west", "eu-north")),
    )
    audited = _runs.make_unit(
        "unit-audited",
        policy=Policy(
            audit=AuditPolicy(samples=4096, delay=0, auditors=64),
            assignment=AssignmentPolicy(registry=seeded("unit-audited", "registry", 32), delay=0),
            receipts=ReceiptPolicy(committee=seeded("unit-audited", "committee", 32), threshold=1),
        ),
        deadlines=terms.deadlines,
        requirements=Requirements(least_stake=(1 << 96) - 1),
    )
    one = audited.body.policy.replace(audit=AuditPolicy(samples=1, delay=0, auditors=1))
    least = _runs.make_unit(
        "unit-audited-least", policy=one, deadlines=terms.deadlines, requirements=Requirements(least_stake=1)
    )
    made = [
        ("plain", "Re-execution alone, no deadlines.", _plain(), ["UNT-001", "UNT-002", "UNT-007", "UNT-020"]),
        (
            "every-field",
            "Every optional field there; the shares add up to exactly a whole.",
            every,
            ["UNT-001", "UNT-021", "UNT-022", "UNT-023", "UNT-025", "UNT-027", "ENC-032"],
        ),
        ("opaque", "No machine of the protocol: redundancy of one.", opaque, ["UNT-004", "UNT-005"]),
        (
            "drawn",
            "Workers drawn from a registry, adaptive replicas with the longest window, receipts, requirements.",
            drawn,
            ["UNT-030", "UNT-031", "UNT-032", "UNT-033", "UNT-034"],
        ),
        (
            "audited",
            "The most auditors, the largest sample, the greatest least stake.",
            audited,
            ["UNT-035", "UNT-033"],
        ),
        ("audited-least", "One auditor, a least stake of one base unit.", least, ["UNT-035", "UNT-033", "ENC-031"]),
        ("largest", "The greatest price and escrow, the longest network name.", largest, ["ENC-031", "HSH-005"]),
        ("free", "Price and escrow zero, and a nonce of zeros.", free, ["ENC-031", "HSH-007", "UNT-003"]),
    ]
    cases = []
    for name, comment, unit, requirements in made:
        given = {"unit": encode_object(unit)}
        cases.append(valid(f"unit-{name}", comment, requirements, given, work.unit(render(given))))
    return cases


def _schema_faults() -> list[Case]:
    plain = _plain()
    faults: list[tuple[str, str, str, list[int], Any]] = [
        ("kind-missing", "missing-field", "No kind.", [0], ABSENT),
        ("kind-other", "unknown-kind", "The kind of a claim.", [0], "tracework/claim"),
        ("kind-number", "unknown-kind", "A number as the kind.", [0], 1),
        ("version-missing", "missing-field", "No version.", [1], ABSENT),
        ("version-next", "unsupported-version", "Version 2.", [1], 2),
        ("version-true", "unsupported-version", "True as the version: it is no 1.", [1], True),
        ("field-unknown", "unknown-field", "A fifth field.", [4], b""),
        ("body-unknown", "unknown-field", "A field that the body doesn't have.", [BODY, 99], 0),
        ("signature-missing", "missing-field", "No signature.", [3], ABSENT),
        ("nonce-missing", "missing-field", "No nonce.", [BODY, 2], ABSENT),
        ("policy-missing", "missing-field", "No policy.", [BODY, 5], ABSENT),
        ("body-array", "wrong-type", "An array as the body.", [BODY], []),
        ("price-bytes", "wrong-type", "A byte string as the price.", [BODY, 7], b"\x01"),
        ("price-true", "wrong-type", "True as the price: it is no 1.", [BODY, 7], True),
        ("escrow-number", "wrong-type", "A number as the escrow.", [BODY, 8], 1000),
        ("escrow-long", "wrong-length", "An escrow of 13 bytes.", [BODY, 8], b"\x01" * 13),
        ("escrow-zero", "bad-form", "An escrow of one zero byte.", [BODY, 8], b"\0"),
        ("escrow-leading-zero", "bad-form", "An escrow with a leading zero byte.", [BODY, 8], b"\0\x01"),
        ("key-short", "wrong-length", "A requester's key of 47 bytes.", [BODY, 1], bytes(47)),
        ("key-long", "wrong-length", "A requester's key of 49 bytes.", [BODY, 1], bytes(49)),
        ("nonce-short", "wrong-length", "A nonce of 31 bytes.", [BODY, 2], bytes(31)),
        ("network-empty", "wrong-length", "A network without a name.", [BODY, 0], ""),
        ("network-long", "wrong-length", "A network's name of 33 bytes.", [BODY, 0], "a" * 33),
        ("network-long-bytes", "wrong-length", "20 characters of two bytes each.", [BODY, 0], "\u00e9" * 20),
        ("network-not-ascii", "bad-form", "16 characters of two bytes each.", [BODY, 0], "\u00e9" * 16),
        ("network-upper", "bad-form", "A capital letter in the network's name.", [BODY, 0], "Vectors"),
        ("network-newline", "bad-form", "A newline after the network's name.", [BODY, 0], "vectors\n"),
        ("segment-small", "out-of-range", "Segments of 2^3 steps.", [*CONTEXT, 9], 3),
        ("segment-large", "out-of-range", "Segments of 2^25 steps.", [*CONTEXT, 9], 25),
        ("steps-none", "out-of-range", "A step limit of zero.", [*CONTEXT, 8], 0),
        ("input-long", "out-of-range", "An input of 2^30 + 1 bytes.", [*CONTEXT, 6], (1 << 30) + 1),
        ("code-beyond", "out-of-range", "Code that ends above 2^31.", [*CONTEXT, 4], (1 << 19) + 1),
        ("beneficiaries-empty", "wrong-length", "An empty list of beneficiaries.", [BODY, 9], []),
        ("share-none", "out-of-range", "A share of zero.", [BODY, 9], [{0: _address(1), 1: 0}]),
        ("workers-empty", "wrong-length", "An empty list of workers.", [BODY, 5], {3: []}),
        ("samples-none", "out-of-range", "An audit of no segments.", [BODY, 5], {0: {0: 0, 1: 0}}),
        ("auditors-none", "out-of-range", "No auditors, instead of none said.", [BODY, 5], {0: {0: 1, 1: 0, 2: 0}}),
        ("auditors-many", "out-of-range", "65 auditors.", [BODY, 5], {0: {0: 1, 1: 0, 2: 65}}),
        ("least-stake-none", "wrong-length", "A least stake of zero.", [BODY, 10], {4: b""}),
        ("least-stake-number", "wrong-type", "A least stake as an integer.", [BODY, 10], {4: 5}),
        ("least-stake-zero-byte", "bad-form", "A least stake with a leading zero.", [BODY, 10], {4: b"\0\5"}),
        ("least-stake-long", "wrong-length", "A least stake of 13 bytes.", [BODY, 10], {4: b"\1" * 13}),
        ("region-upper", "bad-form", "A capital letter in a region's name.", [BODY, 10], {3: ["EU"]}),
        ("floor-none", "out-of-range", "A floor of zero.", [BODY, 5], {1: {0: 1, 1: 1, 2: {0: 0, 1: 2}}}),
        ("replicas-many", "out-of-range", "65 replicas.", [BODY, 5], {1: {0: 65, 1: 64}}),
    ]
    cases = []
    for name, code, comment, path, content in faults:
        cases.append(
            invalid(
                f"unit-schema-{name}",
                comment,
                ["ENC-031"] if code == "bad-form" and ("escrow" in name or "stake" in name) else ["ENC-030"],
                {"unit": changed(plain, path, content)},
                f"schema/{code}",
                derived_from="unit-plain",
            )
        )
    return [
        *cases,
        invalid(
            "unit-schema-not-a-map",
            "An array where the unit should be.",
            ["ENC-030"],
            {"unit": cbor.encode([encode_object(plain)])},
            "schema/wrong-type",
        ),
        invalid(
            "unit-decode-trailing",
            "A byte after the unit.",
            ["ENC-019"],
            {"unit": encode_object(plain) + b"\0"},
            "decode/trailing-bytes",
            flags=["TrailingBytes"],
        ),
        invalid(
            "unit-decode-truncated",
            "A unit without its last byte.",
            ["ENC-021"],
            {"unit": encode_object(plain)[:-1]},
            "decode/truncated",
            flags=["Truncated"],
        ),
        invalid(
            "unit-schema-before-semantic",
            "A semantic fault in the context, and a schema fault after it: schema checks come first.",
            ["ENC-030", "ENC-033", "ERR-001", "ERR-002"],
            {"unit": _two_faults(plain)},
            "schema/wrong-type",
        ),
    ]


def _two_faults(plain: Unit) -> bytes:
    item: Any = cbor.decode(changed(plain, [*CONTEXT, 1], 2))
    item[BODY][7] = b""
    return cbor.encode(item)


def _resigned(item: Any) -> bytes:
    """An item of a unit, signed anew as if its fields were right."""
    body = cbor.encode(item[BODY])
    network = item[BODY][0]
    item[3] = keys.sign(_runs.requester(), hashing.signed_id(hashing.UNIT, network, body))
    return cbor.encode(item)


def _semantic_faults() -> list[Case]:
    plain = _plain()
    workers = list(_worker_keys(3))
    audit = {0: {0: 1, 1: 0}}
    redundancy = {1: {0: 3, 1: 2}}
    slots = {0: 1, 1: 2, 2: 3}
    audited, ledger = {0: 1, 1: 0, 2: 1}, {0: bytes(32), 1: 1}
    faults: list[tuple[str, str, str, str, dict[int, Any]]] = [
        ("work-both", "UNT-004", "work-form", "A context and an opaque job.", {4: {0: bytes(32)}}),
        ("work-none", "UNT-004", "work-form", "Neither a context nor an opaque job.", {3: ABSENT}),
        (
            "opaque-audit",
            "UNT-005",
            "policy-form",
            "An audit of an opaque job.",
            {3: ABSENT, 4: {0: bytes(32)}, 5: audit | redundancy, 6: slots},
        ),
        (
            "opaque-no-way",
            "UNT-005",
            "policy-form",
            "An opaque job that nobody checks.",
            {3: ABSENT, 4: {0: bytes(32)}},
        ),
        ("quorum-half", "UNT-022", "bad-quorum", "Two of four: exactly one half.", {5: {1: {0: 4, 1: 2}}, 6: slots}),
        ("quorum-over", "UNT-022", "bad-quorum", "Four of three.", {5: {1: {0: 3, 1: 4}}, 6: slots}),
        ("workers-unsorted", "UNT-024", "worker-order", "Named workers out of order.", {5: {3: workers[::-1]}}),
        ("workers-twice", "UNT-024", "worker-order", "One worker named twice.", {5: {3: [workers[0], workers[0]]}}),
        ("deadlines-equal", "UNT-025", "deadline-order", "Reveal in the slot of commit.", {6: {0: 1, 1: 1, 2: 2}}),
        ("deadlines-back", "UNT-025", "deadline-order", "Challenge before reveal.", {6: {0: 1, 1: 3, 2: 2}}),
        ("deadlines-audit", "UNT-025", "deadlines-missing", "An audit without deadlines.", {5: audit}),
        ("deadlines-redundancy", "UNT-025", "deadlines-missing", "Replicas without deadlines.", {5: redundancy}),
        (
            "beneficiaries-unsorted",
            "UNT-026",
            "beneficiary-order",
            "Beneficiaries out of order.",
            {9: [{0: _address(2), 1: 1}, {0: _address(1), 1: 1}]},
        ),
        (
            "beneficiary-twice",
            "UNT-026",
            "beneficiary-order",
            "One beneficiary twice.",
            {9: [{0: _address(1), 1: 1}, {0: _address(1), 1: 1}]},
        ),
        (
            "shares-over",
            "UNT-027",
            "share-sum",
            "Shares of 10001 basis points together.",
            {9: [{0: _address(1), 1: 10_000}, {0: _address(2), 1: 1}]},
        ),
        (
            "drawn-and-named",
            "UNT-030",
            "policy-form",
            "Workers both named and drawn.",
            {5: {3: workers, 4: {0: bytes(32), 1: 0}}},
        ),
        (
            "adaptive-named",
            "UNT-032",
            "policy-form",
            "Adaptive redundancy among named workers.",
            {5: {1: {0: 3, 1: 2, 2: {0: 500, 1: 2}}, 3: workers}, 6: {0: 1, 1: 4, 2: 5}},
        ),
        (
            "adaptive-window",
            "UNT-032",
            "deadline-order",
            "Replicas that may commit until the reveal deadline itself.",
            {5: {1: {0: 3, 1: 2, 2: {0: 500, 1: 2}}, 4: {0: bytes(32), 1: 0}}, 6: {0: 1, 1: 3, 2: 4}},
        ),
        (
            "auditors-named",
            "UNT-035",
            "policy-form",
            "Auditors to be drawn, of a unit that has receipts and no registry.",
            {5: {0: audited, 5: ledger}, 6: slots},
        ),
        (
            "auditors-no-receipts",
            "UNT-035",
            "policy-form",
            "Auditors to be drawn, after a receipt that nobody gives.",
            {5: {0: audited, 4: ledger}, 6: slots},
        ),
        (
            "auditors-before-deadlines",
            "UNT-035",
            "policy-form",
            "Auditors with nothing to draw them from, and no deadlines: the policy is looked at first.",
            {5: {0: audited}},
        ),
        (
            "region-twice",
            "UNT-034",
            "region-twice",
            "A region preferred twice.",
            {10: {3: ["eu-west", "us-east", "eu-west"]}},
        ),
        (
            "order-of-checks",
            "UNT-025",
            "deadlines-missing",
            "Deadlines missing and shares over a whole: the deadlines are looked at first.",
            {5: redundancy, 9: [{0: _address(1), 1: 10_000}, {0: _address(2), 1: 1}]},
        ),
    ]
    cases = []
    for name, requirement, code, comment, fields in faults:
        item: Any = cbor.decode(encode_object(plain))
        for key, content in fields.items():
            if content is ABSENT:
                del item[BODY][key]
            else:
                item[BODY][key] = content
        cases.append(
            invalid(
                f"unit-{name}",
                f"{comment} Signed as it stands.",
                [requirement, "UNT-028"],
                {"unit": _resigned(item)},
                f"semantic/{code}",
                derived_from="unit-plain",
            )
        )
    return cases


def _signature_faults() -> list[Case]:
    plain = _plain()
    other = keys.public_key(_runs.worker("stranger"))
    infinity = bytes([0xC0]) + bytes(47)
    claimed = UnitBody(
        **{field.name: getattr(plain.body, field.name) for field in plain.body.ENTRIES} | {"requester": other}
    )
    moved = Unit(body=plain.body.replace(network="other"), signature=plain.signature)
    faults = [
        ("signature-bit", "KEY-041", "bad-signature", "One more base unit a step than was signed.", [BODY, 7], 2),
        ("signature-nonce", "KEY-041", "bad-signature", "Another nonce than was signed.", [BODY, 2], flip(0)),
        ("key-infinity", "KEY-022", "bad-public-key", "The point at infinity as the requester.", [BODY, 1], infinity),
        ("signature-zero", "KEY-021", "bad-signature-encoding", "A signature of zeros.", [3], bytes(96)),
    ]
    cases = [
        invalid(
            f"unit-{name}",
            comment,
            ["UNT-007", requirement],
            {"unit": changed(plain, path, content)},
            f"crypto/{code}",
            derived_from="unit-plain",
        )
        for name, requirement, code, comment, path, content in faults
    ]
    cases.append(
        invalid(
            "unit-stolen",
            "Somebody else's key in a unit that the requester signed.",
            ["UNT-007", "KEY-041"],
            {"unit": encode_object(Unit(body=claimed, signature=plain.signature))},
            "crypto/bad-signature",
            derived_from="unit-plain",
        )
    )
    cases.append(
        invalid(
            "unit-other-network",
            "A unit replayed under another network's name.",
            ["UNT-007", "HSH-006", "KEY-041"],
            {"unit": encode_object(moved)},
            "crypto/bad-signature",
            derived_from="unit-plain",
        )
    )
    return cases


def _pins() -> list[Case]:
    plain = _plain()
    data = encode_object(plain)
    pinned = {"unit": data, "pins": {"network": _runs.NETWORK, "unit": plain.id}}
    return [
        valid("unit-pins-hold", "Network and id are the pinned ones.", ["VRD-010"], pinned, work.unit(render(pinned))),
        invalid(
            "unit-pin-network",
            "Another network is pinned.",
            ["VRD-010"],
            {"unit": data, "pins": {"network": "mainnet"}},
            "policy/other-network",
        ),
        invalid(
            "unit-pin-unit",
            "Another unit is pinned.",
            ["VRD-010"],
            {"unit": data, "pins": {"unit": bytes(32)}},
            "policy/other-unit",
        ),
        invalid(
            "unit-pin-worker",
            "A worker is pinned, and a unit alone has none.",
            ["VRD-010"],
            {"unit": data, "pins": {"worker": keys.public_key(_runs.worker())}},
            "policy/other-worker",
        ),
    ]
