"""Epochs: a period's records as a set, what names it, and the file that holds it (spec/settlement.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import lt
from typing import Any, Final

from .. import hashing
from ..encoding import cbor
from ..encoding.schema import ArrayOf, Bytes, Nested, Record, Uint, decode_object, encode_object, keyed, record
from ..errors import CryptoError, DecodeError, SemanticError
from ..hashing import DIGEST_SIZE
from ..work.unit import ADDRESS_SIZE, NETWORK
from .parameters import Parameters
from .records import (
    ACCOUNT_FIELDS,
    LAYOUTS,
    AccountRecord,
    BeneficiaryRecord,
    CheckRecord,
    ClaimRecord,
    EquivocationRecord,
    RecordType,
    RefutationRecord,
    SilenceRecord,
    UnitRecord,
    VerdictRecord,
    label,
    pack,
    unpack,
)

MAX_ACCOUNTS: Final = 1 << 17
"""Most accounts of an epoch (STL-007)."""
MAX_RECORDS: Final = 1 << 22
"""Most records of an epoch, of all types together (STL-007)."""
MAX_PAYEES: Final = 1 << 17
"""Most beneficiaries' addresses that one settlement pays (STL-007)."""
PAGE_BYTES: Final = 1 << 25
"""Most bytes of packed records in one page (STL-004)."""


@record()
class RecordSet(Record):
    """The records of one type: how many different ones there are, and their hash (STL-003)."""

    count: int = keyed(0, Uint(0, MAX_RECORDS))
    hash: bytes = keyed(1, Bytes(DIGEST_SIZE))


@record(kind="tracework/epoch")
class Manifest(Record):
    """What an epoch consists of (STL-001)."""

    network: str = keyed(2, NETWORK)
    number: int = keyed(3, Uint())
    first_slot: int = keyed(4, Uint())
    last_slot: int = keyed(5, Uint())
    rule: bytes = keyed(6, Bytes(DIGEST_SIZE))
    """What names the rule with its parameters; of the standard rule, its parameters' hash (RWD-002)."""
    treasury: bytes = keyed(7, Bytes(ADDRESS_SIZE))
    """Payout address of the treasury."""
    sets: tuple[RecordSet, ...] = keyed(8, ArrayOf(Nested(RecordSet), len(RecordType), least=len(RecordType)))

    def validate(self) -> None:
        """Raise SemanticError unless the epoch's slots are a span, and its records few enough (STL-002, STL-007)."""
        _check_slots(self.first_slot, self.last_slot)
        if self.sets[0].count > MAX_ACCOUNTS or sum(part.count for part in self.sets) > MAX_RECORDS:
            raise SemanticError(
                "too-many-records", "more records than an epoch has", requirement="STL-007", where="epoch.sets"
            )

    @property
    def hash(self) -> bytes:
        """What names the epoch: H_epoch(network id ‖ encoding) (STL-002)."""
        return hashing.signed_id(hashing.EPOCH, self.network, encode_object(self))


@record(kind="tracework/records")
class Page(Record):
    """Packed records of one type (STL-004)."""

    type: int = keyed(2, Uint(1, len(RecordType)))
    data: bytes = keyed(3, Bytes(0, PAGE_BYTES))


def _check_slots(first: int, last: int) -> None:
    if first > last:
        raise SemanticError(
            "slot-order", "the epoch ends before it begins", requirement="STL-002", where="epoch.last_slot"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """A period's records, in whatever order: they are a set."""

    network: str
    number: int
    first_slot: int
    last_slot: int
    rule: bytes
    treasury: bytes = bytes(ADDRESS_SIZE)
    accounts: Sequence[AccountRecord] = ()
    units: Sequence[UnitRecord] = ()
    beneficiaries: Sequence[BeneficiaryRecord] = ()
    claims: Sequence[ClaimRecord] = ()
    verdicts: Sequence[VerdictRecord] = ()
    checks: Sequence[CheckRecord] = ()
    refutations: Sequence[RefutationRecord] = ()
    silences: Sequence[SilenceRecord] = ()
    equivocations: Sequence[EquivocationRecord] = ()
    known: Manifest | None = field(default=None, init=False, compare=False, repr=False)
    """The manifest of an epoch that is in canonical order and was checked; None: neither is known."""

    def records(self, kind: RecordType) -> Sequence[Any]:
        """The records of a type."""
        records: Sequence[Any] = getattr(self, _NAMES[kind])
        return records

    def canonical(self) -> Epoch:
        """The same set of records, each once, in ascending order, its manifest known.

        Raises SchemaError for a record that is out of range, SemanticError for an epoch that is refused as a whole.
        """
        if self.known is not None:
            return self
        return _assembled(self, {kind: pack(kind, self.records(kind)) for kind in RecordType})

    @property
    def manifest(self) -> Manifest:
        """What the epoch consists of (STL-001)."""
        known = self.canonical().known
        assert known is not None
        return known

    @property
    def hash(self) -> bytes:
        """What names the epoch (STL-002)."""
        return self.manifest.hash


_NAMES: Final = {kind: {"beneficiary": "beneficiaries"}.get(label(kind), label(kind) + "s") for kind in RecordType}
"""A type to the field of an epoch that has its records."""


def _assembled(shell: Epoch, packed: dict[RecordType, list[bytes]]) -> Epoch:
    """An epoch of packed records in any order, put in order and checked as a whole; `packed` is emptied on the way."""
    prefix = hashing.network_id(shell.network)
    sets, fields = [], {}
    for kind in RecordType:
        joined, records = _ordered(kind, b"".join(packed.pop(kind)))
        digest = hashing.digest(hashing.RECORDS, prefix + bytes([kind]) + joined)
        sets.append(RecordSet(count=len(records), hash=digest))
        fields[_NAMES[kind]] = records
    made = Epoch(
        network=shell.network,
        number=shell.number,
        first_slot=shell.first_slot,
        last_slot=shell.last_slot,
        rule=shell.rule,
        treasury=shell.treasury,
        **fields,
    )
    _check_accounts(made)
    manifest = Manifest(
        network=made.network,
        number=made.number,
        first_slot=made.first_slot,
        last_slot=made.last_slot,
        rule=made.rule,
        treasury=made.treasury,
        sets=tuple(sets),
    )
    object.__setattr__(made, "known", manifest)
    return made


def _check_accounts(epoch: Epoch) -> None:
    """Raise SemanticError for a key that two accounts have, or a record of an account that there isn't (STL-006)."""
    accounts = epoch.accounts
    for index in range(1, len(accounts)):
        if accounts[index - 1].key == accounts[index].key:
            raise SemanticError(
                "account-order", "two accounts of one key", requirement="STL-010", where=f"account[{index}].key"
            )
    for kind, at in ACCOUNT_FIELDS.items():
        records = epoch.records(kind)
        if records and max(record[at] for record in records) >= len(accounts):
            place = next(index for index, record in enumerate(records) if record[at] >= len(accounts))
            name = records[place]._fields[at]
            raise SemanticError(
                "unknown-account",
                f"there is no account {records[place][at]}: the epoch has {len(accounts)}",
                requirement="STL-006",
                where=f"{label(kind)}[{place}].{name}",
            )


def encode_epoch(epoch: Epoch, parameters: Parameters | None = None) -> Iterator[bytes]:
    """The file of an epoch, piece by piece: a sequence of byte strings, each with one object in it (STL-008)."""
    epoch = epoch.canonical()
    yield cbor.encode(encode_object(epoch.manifest))
    if parameters is not None:
        yield cbor.encode(encode_object(parameters))
    for kind in RecordType:
        packed = pack(kind, epoch.records(kind))
        step = PAGE_BYTES // LAYOUTS[kind].format.size
        for start in range(0, len(packed), step):
            page = Page(type=kind, data=b"".join(packed[start : start + step]))
            yield cbor.encode(encode_object(page))


def split_sequence(data: bytes | memoryview) -> Iterator[memoryview]:
    """The byte strings of a sequence, one after the other. Raises DecodeError (STL-008)."""
    view = memoryview(data)
    at = 0
    while at < len(view):
        head = view[at]
        size = {0x58: 1, 0x59: 2, 0x5A: 4}.get(head, 0 if 0x40 <= head <= 0x57 else -1)
        if size < 0:
            raise DecodeError("forbidden-type", "not a byte string", requirement="STL-008", where=f"byte {at}")
        start = at + 1 + size
        length = int.from_bytes(view[at + 1 : start]) if size else head - 0x40
        if start > len(view) or start + length > len(view):
            raise DecodeError(
                "truncated", "the file ends inside a byte string", requirement="STL-008", where=f"byte {at}"
            )
        if size and length < {1: 24, 2: 1 << 8, 4: 1 << 16}[size]:
            raise DecodeError(
                "non-minimal", "a length not in its shortest form", requirement="STL-008", where=f"byte {at}"
            )
        yield view[start : start + length]
        at = start + length


def decode_epoch(data: bytes | memoryview) -> tuple[Epoch, Parameters | None]:
    """The epoch that a file holds, and the parameters that it came with.

    Raises DecodeError, SchemaError, SemanticError or CryptoError: the first that STL-009's order finds.
    """
    parts = split_sequence(data)
    first = next(parts, memoryview(b""))
    manifest = decode_object(Manifest, bytes(first))
    pages: dict[RecordType, list[bytes]] = {kind: [] for kind in RecordType}
    parameters: Parameters | None = None
    for number, part in enumerate(parts):
        content = bytes(part)
        if number == 0 and content[1:].startswith(_PARAMETERS_HEAD):
            parameters = decode_object(Parameters, content)
            continue
        page = decode_object(Page, content)
        kind = RecordType(page.type)
        if len(page.data) % LAYOUTS[kind].format.size:
            unpack(kind, page.data)  # raises
        pages[kind].append(page.data)
        _check_count(pages, kind)
    shell = Epoch(
        network=manifest.network,
        number=manifest.number,
        first_slot=manifest.first_slot,
        last_slot=manifest.last_slot,
        rule=manifest.rule,
        treasury=manifest.treasury,
    )
    epoch = _assembled(shell, pages)
    for kind, said, found in zip(RecordType, manifest.sets, epoch.manifest.sets, strict=True):
        if said != found:
            raise CryptoError(
                "records-mismatch",
                f"the {label(kind)} records are not those that the manifest names",
                requirement="STL-009",
                where=f"epoch.sets[{kind - 1}]",
            )
    if parameters is not None and parameters.hash(epoch.network) != epoch.rule:
        raise CryptoError(
            "parameters-mismatch", "the parameters are not the epoch's", requirement="STL-009", where="parameters"
        )
    return epoch, parameters


_PARAMETERS_HEAD: Final = cbor.encode({0: Parameters.KIND or ""})[1:]
"""How parameters begin, after the byte that says how many fields there are."""


def _ordered(kind: RecordType, data: bytes) -> tuple[bytes, list[Any]]:
    """Packed records and the records themselves, in ascending order, each once (STL-003)."""
    records = unpack(kind, data)
    if all(map(lt, records, islice(records, 1, None))):
        return data, records
    size = LAYOUTS[kind].format.size
    data = b"".join(sorted({data[at : at + size] for at in range(0, len(data), size)}))
    return data, unpack(kind, data)


def _check_count(pages: dict[RecordType, list[bytes]], kind: RecordType) -> None:
    """Raise SemanticError before more is held than an epoch and its repetitions can be (STL-007)."""
    if sum(len(data) // LAYOUTS[k].format.size for k, some in pages.items() for data in some) > 2 * MAX_RECORDS:
        raise SemanticError(
            "too-many-records", "more records than an epoch has", requirement="STL-007", where=label(kind)
        )
