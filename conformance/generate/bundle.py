"""Vectors for bundles: what decides, what is set aside, and what is no bundle."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ...protocol.encoding import cbor
from ...protocol.encoding.schema import Record, encode_object
from ...protocol.work.bundle import pack
from ...protocol.work.receipt import Subject
from ...protocol.work.reveal import Reveal
from ..operations import bundle as operations
from ..values import render
from . import Case, VectorFile, _bundled, _many, _runs, invalid, valid
from ._changes import changed
from .audit import SLOT, audit_of, audited_unit, honest, jumped, receipt_of
from .fault import leaf_fault, wrong_first

CHECKED = "tests/adapters/node, written from spec/ alone"


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        VectorFile(
            name="judge",
            op="bundle.judge",
            title="Bundles: what decides, what is set aside, and what is no bundle",
            checked_by=CHECKED,
            cases=[*_judged(), *_bundled.cases(), *_bad(), *_bundled.broken()],
        ),
        VectorFile(
            name="pack",
            op="bundle.pack",
            title="Packing files in any order",
            checked_by=CHECKED,
            cases=_packed(),
        ),
    ]


@functools.cache
def audited() -> tuple[bytes, ...]:
    """The files around an honest claim that was audited."""
    made = _many.run_of(audited_unit())
    proof = honest()
    reveal = _many.reveal_of(made.claim, "worker", made.leaves)
    assert isinstance(reveal, Reveal)
    receipt = receipt_of(made.unit, reveal.id, 150, Subject.REVEAL)
    objects: list[Record | None] = [made.unit, proof.committee, proof.beacon, proof.commit, proof.receipt, receipt]
    return tuple(encode_object(value) for value in [*objects, reveal, made.claim, proof] if value is not None)


@functools.cache
def refuted() -> tuple[bytes, ...]:
    """The files around a false claim: its audit missed the wrong segment, and a fault proof shows it."""
    false = jumped(audited_unit(), 3)
    chosen = [index for index in range(4) if index not in (2, 3)]
    return tuple(encode_object(value) for value in (false.unit, false.claim, false.proof(2), false.proof(*chosen)))


def _judged() -> list[Case]:
    good, bad = list(audited()), list(refuted())
    damaged = bytearray(good[-1])
    damaged[-40] ^= 1
    elsewhere = encode_object(audit_of(_many.run_of(audited_unit(9))))
    shape = ["BND-001", "BND-010", "BND-013"]
    made = _many.run_of(audited_unit())
    pins = {"network": _runs.NETWORK, "unit": made.unit.id, "worker": made.claim.body.worker}
    stranger = leaf_fault(wrong_first(), 0)
    return [
        _bundled.case("accepted", "An audited claim with all that the audit rests on.", [*shape, "VRD-012"], good),
        _bundled.case("accepted-pinned", "The same, with pins that hold.", ["BND-015", "VRD-010"], good, pins=pins),
        _bundled.case(
            "refuted",
            "A false claim, with a fault proof.",
            [*shape, "VRD-002", "VRD-012", "SEG-025", "SEG-027"],
            bad,
        ),
        _bundled.case("open", "A claim and nothing that decides it.", ["BND-013"], [good[0], good[-2]]),
        _bundled.case("unit-alone", "A unit and nothing else.", ["BND-005", "BND-013"], [good[0]]),
        _bundled.case(
            "damaged",
            "A damaged audit proof is set aside.",
            ["BND-012"],
            [*good[:-1], bytes(damaged)],
        ),
        _bundled.case(
            "other-unit", "Another unit's audit proof is set aside.", ["BND-011", "BND-012"], [*good, elsewhere]
        ),
        _bundled.case(
            "other-fault",
            "A fault proof that refutes another worker's claim on another unit says nothing here.",
            ["BND-011", "BND-012"],
            [*good, encode_object(stranger)],
        ),
        _bundled.case(
            "both",
            "An accepted claim and a refuted one on the same unit, each by its evidence.",
            ["BND-014"],
            [*good, *bad[1:]],
        ),
        _bundled.case(
            "earlier-receipt",
            "Beside the audit lies a receipt of a slot before: another round draws, and nothing is decided.",
            ["BND-018", "AUD-023", "BND-012"],
            [*good, encode_object(receipt_of(made.unit, honest().commit.id, SLOT - 1))],
        ),
        _bundled.case(
            "later-receipt",
            "Beside the audit lies a receipt of a slot after.",
            ["BND-018", "AUD-023"],
            [*good, encode_object(receipt_of(made.unit, honest().commit.id, SLOT + 1))],
        ),
        _bundled.case(
            "carried-receipt",
            "The earlier receipt lies in another audit proof, which is set aside as well: its round is wrong.",
            ["BND-018", "AUD-017", "AUD-023"],
            [*good, encode_object(honest().replace(receipt=receipt_of(made.unit, honest().commit.id, SLOT - 1)))],
        ),
        _bundled.case(
            "unit-pinned",
            "A pin, and nothing that decides.",
            ["BND-014"],
            [good[0]],
            pins={"unit": made.unit.id},
        ),
    ]


def _bad() -> list[Case]:
    good = list(audited())
    packed = pack(good)
    unit, other = good[0], encode_object(audited_unit(9))

    def bundled(change: Callable[[list[bytes]], list[bytes]]) -> bytes:
        item: Any = cbor.decode(encode_object(packed))
        item[2] = change(item[2])
        return cbor.encode(item)

    rows: list[tuple[str, str, str, str, bytes]] = [
        (
            "reordered",
            "BND-003",
            "semantic/bundle-order",
            "Two files changed places.",
            bundled(lambda f: [f[0], f[2], f[1], *f[3:]]),
        ),
        ("twice", "BND-004", "semantic/bundle-twice", "A file twice.", bundled(lambda f: [*f, f[-1]])),
        ("no-unit", "BND-005", "semantic/bundle-unit", "No unit.", bundled(lambda f: f[1:])),
        (
            "two-units",
            "BND-005",
            "semantic/bundle-unit",
            "Two units.",
            bundled(lambda f: [*sorted([unit, other]), *f[1:]]),
        ),
        (
            "other-kind",
            "BND-002",
            "schema/unknown-kind",
            "A file of a kind that bundles don't have.",
            bundled(lambda f: [*f, cbor.encode({0: "tracework/other", 1: 1})]),
        ),
        (
            "broken-file",
            "BND-001 ENC-021",
            "decode/truncated",
            "A file that ends early.",
            bundled(lambda f: [f[0][:-1], *f[1:]]),
        ),
        ("empty", "BND-001 ENC-030", "schema/wrong-length", "No files.", bundled(lambda f: [])),
        (
            "version",
            "BND-001 ENC-030",
            "schema/unsupported-version",
            "Version 2.",
            changed(packed, [1], 2),
        ),
        ("truncated", "ENC-021", "decode/truncated", "The last byte is missing.", encode_object(packed)[:-1]),
    ]
    cases = [
        invalid(f"bundle-judge-{name}", comment, requirements.split(), {"bundle": data}, error)
        for name, requirements, error, comment, data in rows
    ]
    pinned: list[tuple[str, dict[str, Any], str]] = [
        ("network", {"network": "mainnet"}, "policy/other-network"),
        ("worker", {"worker": _many.public("copycat")}, "policy/other-worker"),
        ("output", {"output": {"length": 1, "root": bytes(32)}}, "policy/other-output"),
    ]
    data = encode_object(packed)
    return cases + [
        invalid(
            f"bundle-judge-pin-{name}",
            f"Another {name} is pinned.",
            ["BND-015", "VRD-010"],
            {"bundle": data, "pins": pins},
            error,
        )
        for name, pins, error in pinned
    ]


def _packed() -> list[Case]:
    good = list(audited())

    def case(name: str, comment: str, given: list[bytes]) -> Case:
        input = {"files": given}
        return valid(
            f"bundle-pack-{name}", comment, ["BND-003", "BND-004", "BND-016"], input, operations.packed(render(input))
        )

    return [
        case("reversed", "The files from last to first.", good[::-1]),
        case("repeated", "Some of them twice.", [*good, *good[3:6]]),
    ]
