"""The records of an epoch: what happened, as named tuples, packed with a fixed width a type (spec/settlement.md).

A record's packed bytes are its fields one after the other, integers big-endian: records compare as their bytes do.
Accounts are referred to by their position among the epoch's accounts in ascending order of keys.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from itertools import starmap
from typing import Any, Final, NamedTuple

from ..encoding.schema import AMOUNT_MAX
from ..errors import SchemaError

WHOLE: Final = 10_000
"""A whole in basis points (RWD-001)."""


class Way(IntEnum):
    """How a claim was judged; a lower one decides over a higher one (STL-031)."""

    REEXECUTION = 1
    AUDIT = 2
    ATTESTATION = 3
    QUORUM = 4


class Outcome(IntEnum):
    """What a verdict says of its claim; claims are refuted by refutations, not by verdicts (STL-013)."""

    ACCEPTED = 1
    NOT_ACCEPTED = 2


class Assigned(IntEnum):
    """How a claim's worker came to its unit (STL-012)."""

    NO = 0
    NAMED = 1
    DRAWN = 2


class CheckKind(IntEnum):
    """What a paid check was (STL-014)."""

    AUDIT = 1
    ATTESTATION = 2


class SilenceKind(IntEnum):
    """What a worker that is certified silent did not answer with (STL-016)."""

    REVEAL = 1
    ANSWER = 2


class AccountRecord(NamedTuple):
    """Somebody who takes part: requester, worker, checker or prover (STL-010)."""

    key: bytes
    address: bytes
    """Payout address."""
    stake: int
    reputation: int
    """In 2^32nds."""


class UnitRecord(NamedTuple):
    """A unit whose escrow is there (STL-011)."""

    id: bytes
    requester: int
    price: int
    """Base units a step."""
    escrow: int
    challenge: int
    """The slot at whose end the challenge window closes."""
    places: int
    """How many claims it pays."""
    ways: int
    """The ways that its policy asks for: bit w - 1 stands for way w."""
    audit_whole: int
    """The sum of the parts of audits on one claim, if all that are asked for are made; 0: none are."""
    attestation_whole: int
    """The same of attestations."""
    eligible: int
    """1: committees of the registry, real beacons and drawn workers, so that it can earn emission."""


class BeneficiaryRecord(NamedTuple):
    """Somebody who gets a share of what a unit pays (UNT-026)."""

    unit: bytes
    address: bytes
    share: int
    """In basis points."""


class ClaimRecord(NamedTuple):
    """A claim that was revealed in time (STL-012)."""

    id: bytes
    unit: bytes
    worker: int
    steps: int
    slot: int
    """Of its commit's receipt."""
    status: int
    assigned: int


class VerdictRecord(NamedTuple):
    """What one way of verification says of a claim (STL-013)."""

    claim: bytes
    way: int
    outcome: int
    evidence: bytes
    """H_evidence of what it rests on."""


class CheckRecord(NamedTuple):
    """A check that was made of a claim (STL-014)."""

    claim: bytes
    kind: int
    checker: int
    part: int
    """Segments of an audit, or a member's weight."""
    proven: int
    """1: the checker proved that it executed what it checked (RWD-040)."""
    evidence: bytes


class RefutationRecord(NamedTuple):
    """A valid fault proof, and when its blinded commitment was receipted (STL-015)."""

    claim: bytes
    slot: int
    prover: int
    evidence: bytes


class SilenceRecord(NamedTuple):
    """A certificate that a worker did not answer (STL-016)."""

    unit: bytes
    worker: int
    kind: int
    evidence: bytes


class EquivocationRecord(NamedTuple):
    """Two signatures of one account about one unit that exclude each other (STL-017)."""

    unit: bytes
    account: int
    evidence: bytes


class RecordType(IntEnum):
    """The types of records (STL-003)."""

    ACCOUNT = 1
    UNIT = 2
    BENEFICIARY = 3
    CLAIM = 4
    VERDICT = 5
    CHECK = 6
    REFUTATION = 7
    SILENCE = 8
    EQUIVOCATION = 9


RecordTuple = tuple[Any, ...]
"""A record of any type."""


class Layout(NamedTuple):
    """How the records of one type are packed."""

    make: Callable[..., Any]
    format: struct.Struct
    amount: int | None
    """The position of the field that is an amount: 12 bytes, in the format as 4 and 8."""
    ranges: tuple[tuple[int, int, int], ...]
    """(field, least, most) of the fields that don't take every integer of their width."""


def _layout(
    cls: type[NamedTuple], format: str, amount: int | None = None, ranges: Sequence[tuple[str, int, int]] = ()
) -> Layout:
    names = cls._fields
    return Layout(
        cls._make,
        struct.Struct(">" + format),
        amount,
        tuple((names.index(name), least, most) for name, least, most in ranges),
    )


LAYOUTS: Final[dict[RecordType, Layout]] = {
    RecordType.ACCOUNT: _layout(AccountRecord, "48s20sIQI", 2),
    RecordType.UNIT: _layout(UnitRecord, "32sIQIQQBBQQB", 3, [("places", 1, 64), ("ways", 0, 15), ("eligible", 0, 1)]),
    RecordType.BENEFICIARY: _layout(BeneficiaryRecord, "32s20sH", None, [("share", 1, WHOLE)]),
    RecordType.CLAIM: _layout(
        ClaimRecord, "32s32sIQQBB", None, [("steps", 0, 1 << 44), ("status", 0, 3), ("assigned", 0, 2)]
    ),
    RecordType.VERDICT: _layout(VerdictRecord, "32sBB32s", None, [("way", 1, 4), ("outcome", 1, 2)]),
    RecordType.CHECK: _layout(
        CheckRecord, "32sBIQB32s", None, [("kind", 1, 2), ("part", 1, (1 << 64) - 1), ("proven", 0, 1)]
    ),
    RecordType.REFUTATION: _layout(RefutationRecord, "32sQI32s"),
    RecordType.SILENCE: _layout(SilenceRecord, "32sIB32s", None, [("kind", 1, 2)]),
    RecordType.EQUIVOCATION: _layout(EquivocationRecord, "32sI32s"),
}
"""The layout of each type (STL-003)."""

ACCOUNT_FIELDS: Final[dict[RecordType, int]] = {
    RecordType.UNIT: UnitRecord._fields.index("requester"),
    RecordType.CLAIM: ClaimRecord._fields.index("worker"),
    RecordType.CHECK: CheckRecord._fields.index("checker"),
    RecordType.REFUTATION: RefutationRecord._fields.index("prover"),
    RecordType.SILENCE: SilenceRecord._fields.index("worker"),
    RecordType.EQUIVOCATION: EquivocationRecord._fields.index("account"),
}
"""Where a record names an account (STL-006)."""

_LOW = (1 << 64) - 1


def label(kind: RecordType) -> str:
    """A type in words, as places name it: `claim`."""
    return kind.name.lower()


def pack(kind: RecordType, records: Iterable[RecordTuple]) -> list[bytes]:
    """The packed bytes of each record. Raises SchemaError for a record that is out of range (STL-005)."""
    layout = LAYOUTS[kind]
    records = list(records)
    _check_shapes(kind, layout, records)
    flat: Iterable[RecordTuple] = records
    if layout.amount is not None:
        at = layout.amount
        flat = ((*r[:at], r[at] >> 64, r[at] & _LOW, *r[at + 1 :]) for r in records)
    return list(starmap(layout.format.pack, flat))


def unpack(kind: RecordType, data: bytes | bytearray | memoryview) -> list[Any]:
    """The records that packed bytes hold, in their order. Raises SchemaError (STL-004, STL-005)."""
    layout = LAYOUTS[kind]
    if len(data) % layout.format.size:
        raise SchemaError(
            "wrong-length",
            f"{len(data)} bytes are no whole number of records of {layout.format.size} bytes",
            requirement="STL-004",
            where=label(kind),
        )
    flat: Iterable[RecordTuple] = layout.format.iter_unpack(data)
    if layout.amount is not None:
        at = layout.amount
        flat = ((*r[:at], r[at] << 64 | r[at + 1], *r[at + 2 :]) for r in flat)
    records = list(map(layout.make, flat))
    _check_ranges(kind, layout, records)
    return records


def _check_ranges(kind: RecordType, layout: Layout, records: list[Any]) -> None:
    for field, least, most in layout.ranges:
        values = [record[field] for record in records]
        if values and not (least <= min(values) and max(values) <= most):
            place = next(index for index, value in enumerate(values) if not least <= value <= most)
            _refuse(kind, records, place, field, f"{values[place]} is not in {least}..{most}")


def _check_shapes(kind: RecordType, layout: Layout, records: list[Any]) -> None:
    """Raise SchemaError unless every field of every record fits its place in the format."""
    widths = [(int(width or 0), code) for width, code in _FORMAT_FIELDS.findall(layout.format.format)]
    if layout.amount is not None:
        del widths[layout.amount]  # the high part of two
    for field, (length, code) in enumerate(widths):
        values = [record[field] for record in records]
        if code == "s":
            wrong = {value for value in set(values) if not isinstance(value, bytes) or len(value) != length}
            if wrong:
                place = next(index for index, value in enumerate(values) if value in wrong)
                _refuse(kind, records, place, field, f"not {length} bytes")
        else:
            most = AMOUNT_MAX if field == layout.amount else _MOST[code]
            if values and not (min(values) >= 0 and max(values) <= most):
                place = next(index for index, value in enumerate(values) if not 0 <= value <= most)
                _refuse(kind, records, place, field, f"{values[place]} is not in 0..{most}")
    _check_ranges(kind, layout, records)


_FORMAT_FIELDS = re.compile(r"(\d*)([sBHIQ])")
_MOST = {"B": (1 << 8) - 1, "H": (1 << 16) - 1, "I": (1 << 32) - 1, "Q": (1 << 64) - 1}


def _refuse(kind: RecordType, records: list[Any], place: int, field: int, what: str) -> None:
    name = records[place]._fields[field]
    raise SchemaError("out-of-range", f"{name}: {what}", requirement="STL-005", where=f"{label(kind)}[{place}].{name}")
