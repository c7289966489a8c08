"""Checking evidence of equivocation (spec/equivocation.md)."""

from __future__ import annotations

from ..protocol.encoding.schema import decode_object
from ..protocol.errors import ProtocolError
from ..protocol.keys import Backend, KeyCache
from ..protocol.work.attestation import Statement as AttestedStatement
from ..protocol.work.equivocation import Equivocation, check_equivocation
from ..protocol.work.receipt import ReceiptBody
from .claims import NO_PINS, examine_pins
from .verdict import Evidence, Examination, Outcome, Party, Pins, Standing, Statement, Verdict


def check(
    data: bytes, *, pins: Pins = NO_PINS, backend: Backend | None = None, cache: KeyCache | None = None
) -> Verdict:
    """Check evidence that somebody signed two things that exclude each other. It says nothing of any claim."""
    examination = Examination(data)
    try:
        evidence = examination.check("EQV-001", "two well-formed bodies that exclude each other", _decode, data)
        examination.statement = _about(evidence)
        title = "one party signed both"
        accused = examination.check(
            "EQV-014" if evidence.committee else "EQV-011",
            title,
            check_equivocation,
            evidence,
            backend=backend,
            cache=cache,
        )
        examine_pins(examination, pins)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    examination.parties = [Party(key, Standing.EQUIVOCATED) for key in accused]
    return examination.pass_verdict(
        Evidence.VALID, Outcome.INCONCLUSIVE, blame="members" if evidence.committee else "worker"
    )


def _decode(data: bytes) -> Equivocation:
    return decode_object(Equivocation, data)


def _about(evidence: Equivocation) -> Statement:
    body = evidence.bodies[0]
    worker = None if isinstance(body, ReceiptBody | AttestedStatement) else body.worker
    return Statement(network=evidence.network, unit=body.unit, worker=worker)
