"""Evidence bundles: all that a verdict rests on, in one file (spec/bundle.md)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Final

from ..beacon import Beacon
from ..committee.snapshot import Committee
from ..encoding import cbor
from ..encoding.cbor import MAX_BYTES
from ..encoding.schema import ArrayOf, Bytes, Record, decode_item, keyed, kind_of, record
from ..errors import ProtocolError, SchemaError, SemanticError
from ..registry.snapshot import Registry
from .attestation import AttestationAggregate
from .audit import AuditProof
from .claim import Claim
from .commit import Commit
from .fault import LeafFault, ResultFault, StepFault
from .opaque import OpaqueClaim
from .receipt import Receipt
from .reveal import OpaqueReveal, Reveal
from .segment import SegmentProof
from .unit import Unit

MAX_BUNDLE_FILES: Final = 4096
"""Most files in a bundle (BND-001)."""

RANKED: Final[tuple[type[Record], ...]] = (
    *(Unit, Committee, Beacon, Registry, Commit, Receipt, Reveal, OpaqueReveal, Claim, OpaqueClaim, AuditProof),
    *(AttestationAggregate, SegmentProof, LeafFault, ResultFault, StepFault),
)
"""The kinds of a bundle's elements, in their order (BND-002, BND-003)."""

_RANKS: Final = {cls.KIND: rank for rank, cls in enumerate(RANKED)}


@record(kind="tracework/bundle")
class Bundle(Record):
    """Files of evidence, each the encoding of one object (BND-001)."""

    files: tuple[bytes, ...] = keyed(2, ArrayOf(Bytes(1, MAX_BYTES), MAX_BUNDLE_FILES, least=1))


def read_bundle(bundle: Bundle) -> list[tuple[Record, bytes]]:
    """The objects of a bundle with their encodings, in its order.

    Raises DecodeError, SchemaError or SemanticError for the first file that is no object of a bundle's kinds, then
    SemanticError in the order of BND-003 to BND-005 (BND-006).
    """
    read = [(read_element(data, f"files[{place}]"), data) for place, data in enumerate(bundle.files)]
    keys = [(_RANKS[type(value).KIND], data) for value, data in read]
    for place, (one, other) in enumerate(itertools.pairwise(keys), 1):
        if one > other:
            where = f"files[{place}]"
            raise SemanticError("bundle-order", "a file is out of order", requirement="BND-003", where=where)
    for place, (one, other) in enumerate(itertools.pairwise(keys), 1):
        if one == other:
            where = f"files[{place}]"
            raise SemanticError("bundle-twice", "a file stands twice", requirement="BND-004", where=where)
    units = sum(isinstance(value, Unit) for value, _ in read)
    if units != 1:
        raise SemanticError("bundle-unit", f"{units} units, not one", requirement="BND-005", where="files")
    return read


def read_element(data: bytes, where: str = "file") -> Record:
    """The object that a bundle's file is. Raises what is wrong with it; errors name their place inside of `where`."""
    try:
        item = cbor.decode(data)
        kind = kind_of(item)
        if kind in _RANKS:
            return decode_item(RANKED[_RANKS[kind]], item)
    except ProtocolError as error:
        error.where = f"{where}, {error.where}" if error.where else where
        raise
    raise SchemaError("unknown-kind", "no file of a bundle's kinds", requirement="BND-002", where=where)


def pack(files: Iterable[bytes]) -> Bundle:
    """The bundle of some files, in whatever order and however often they are given (BND-016)."""
    ranked = {(_RANKS[type(read_element(data)).KIND], data) for data in files}
    made = Bundle(files=tuple(data for _, data in sorted(ranked)))
    read_bundle(made)
    return made
