"""The objects that travel, or lie on a disk, by the kind that they name."""

from __future__ import annotations

from typing import Final

from ..protocol.beacon import Beacon
from ..protocol.committee.snapshot import Committee
from ..protocol.encoding import cbor
from ..protocol.encoding.schema import Record
from ..protocol.keys import Identity, SecretKeyFile
from ..protocol.registry.snapshot import Registry
from ..protocol.work.attestation import Attestation, AttestationAggregate
from ..protocol.work.claim import Claim
from ..protocol.work.commit import Commit
from ..protocol.work.dispute import Dispute, Move
from ..protocol.work.equivocation import Equivocation
from ..protocol.work.fault import LeafFault, ResultFault, StepFault, Subtrace
from ..protocol.work.opaque import OpaqueClaim
from ..protocol.work.receipt import Receipt, ReceiptShare
from ..protocol.work.reveal import OpaqueReveal, Reveal
from ..protocol.work.segment import SegmentProof
from ..protocol.work.unit import Unit

ALL: Final[tuple[type[Record], ...]] = (
    *(Unit, Claim, SegmentProof, Identity, SecretKeyFile, LeafFault, ResultFault, StepFault, Subtrace),
    *(Commit, Reveal, OpaqueClaim, OpaqueReveal, ReceiptShare, Receipt, Equivocation, Registry, Committee),
    *(Attestation, AttestationAggregate),
    *(Dispute, Move, Beacon),
)
"""Every type of object with a kind of its own."""

BY_KIND: Final[dict[str, type[Record]]] = {cls.KIND: cls for cls in ALL if cls.KIND is not None}


def at_start(data: bytes) -> str | None:
    """The kind that an encoding names at its beginning, even if the rest is broken; None if it names none of ours."""
    if data[:1] and 0xA0 <= data[0] <= 0xB7:
        for kind in BY_KIND:
            if data[1:].startswith(cbor.encode({0: kind})[1:]):
                return kind
    return None


def words(kind: str) -> str:
    """A kind as people say it: `segment proof`."""
    return kind.rpartition("/")[2].replace("-", " ")
