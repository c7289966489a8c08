"""Checking silence proofs (spec/silence.md)."""

from __future__ import annotations

from ..protocol.committee.signing import check_aggregate
from ..protocol.encoding.schema import decode_object
from ..protocol.errors import ProtocolError
from ..protocol.keys import Backend, KeyCache
from ..protocol.work import receipt as receipts
from ..protocol.work import silence
from ..protocol.work.silence import SilenceProof
from .claims import NO_PINS, examine_pins
from .verdict import Evidence, Examination, Outcome, Party, Pins, Standing, Statement, Verdict


def check_silence(
    data: bytes, *, pins: Pins = NO_PINS, backend: Backend | None = None, cache: KeyCache | None = None
) -> Verdict:
    """Check that a request to a worker was there, and that nobody answered it in time. It refutes nothing (SIL-016)."""
    examination = Examination(data)
    check = examination.check
    try:
        proof = check("SIL-001", "one well-formed silence proof", decode_object, SilenceProof, data)
        unit, committee, request = proof.unit, proof.committee, proof.request.body
        examination.statement = Statement(network=unit.body.network, unit=unit.id, worker=request.worker)
        check("UNT-007", "the requester signed the unit", unit.verify, backend=backend, cache=cache)
        title = "the request is about the unit, and signed"
        check("SIL-010", title, silence.check_request, proof.request, unit, backend=backend, cache=cache)
        check("ATT-005", "every member of the committee proves its key", committee.verify, backend=backend, cache=cache)
        check("RCP-020", "the receipt is about the unit", receipts.check_about, proof.receipt, unit)
        counted = []
        for signed, name in ((proof.receipt, "receipt"), (proof.silence, "silence")):
            title = f"members signed the {name}"
            members = check(
                "SIL-011", title, check_aggregate, signed, committee, backend=backend, cache=cache, where=name
            )
            counted.append(members)
        check("SIL-012", "the receipt is of the request", silence.check_receipt_subject, proof.receipt, proof.request)
        check("SIL-013", "the certificate is about the request", silence.check_certificate, proof)
        for members in counted:
            title = "enough of the unit's committee signed"
            check("SIL-014", title, receipts.check_policy, proof.receipt, unit, committee, members)
        title = "the worker had its time to answer"
        check("SIL-033", title, silence.check_due, proof.silence.body, proof.request, unit)
        examine_pins(examination, pins)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    examination.parties = [Party(request.worker, Standing.MISSING)]
    return examination.pass_verdict(Evidence.VALID, Outcome.INCONCLUSIVE)
