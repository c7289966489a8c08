"""Checking commits and reveals, of machine units and of opaque ones (spec/commit.md)."""

from __future__ import annotations

from ..protocol.encoding import cbor
from ..protocol.encoding.schema import decode_item, decode_object, kind_of
from ..protocol.errors import ProtocolError
from ..protocol.keys import Backend, KeyCache
from ..protocol.work import commit as commits
from ..protocol.work import opaque, reveal
from ..protocol.work.commit import Commit
from ..protocol.work.opaque import OpaqueClaim
from ..protocol.work.reveal import AnyReveal, OpaqueReveal, Reveal
from ..protocol.work.unit import Unit
from .claims import NO_PINS, check_named, examine_claim, examine_contradictions, examine_pins
from .verdict import Evidence, Examination, Outcome, Pins, Statement, Verdict, opaque_statement


def decode_reveal(data: bytes) -> AnyReveal:
    """The reveal of either form that some bytes are. Raises as the decoder does."""
    item = cbor.decode(data)
    return decode_item(OpaqueReveal, item) if kind_of(item) == OpaqueReveal.KIND else decode_item(Reveal, item)


def check_commit(
    data: bytes,
    *,
    unit: bytes | None = None,
    pins: Pins = NO_PINS,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> Verdict:
    """Check a commit, in the company of its unit if that is given (CMT-013). It says nothing of any claim yet."""
    examination = Examination(data, () if unit is None else (unit,))
    check = examination.check
    try:
        made = check("CMT-001", "one well-formed commit", decode_object, Commit, data)
        about = made.body
        examination.statement = Statement(network=about.network, unit=about.unit, worker=about.worker)
        if unit is not None:
            asked = check("UNT-001", "one well-formed unit", decode_object, Unit, unit)
            check("UNT-007", "the requester signed the unit", asked.verify, backend=backend, cache=cache)
            check("CMT-011", "the commit is about this unit", commits.check_about, made, asked)
        check("CMT-012", "the worker signed the commit", made.verify, backend=backend, cache=cache)
        examine_pins(examination, pins)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    if unit is None:
        examination.miss("CMT-011", "the commit is about this unit")
    examination.miss("CMT-032", "the reveal opens the commit")
    return examination.pass_verdict(Evidence.INCOMPLETE, Outcome.INCONCLUSIVE)


def examine_opaque_claim(
    examination: Examination, claim: OpaqueClaim, *, backend: Backend | None = None, cache: KeyCache | None = None
) -> None:
    """Make the crypto checks on an opaque claim in the order of CMT-043 and CMT-044. Raises CryptoError."""
    examination.statement = opaque_statement(claim)
    check = examination.check
    check("UNT-007", "the requester signed the unit", claim.unit.verify, backend=backend, cache=cache)
    check("CMT-043", "the claim is about this unit", opaque.check_unit, claim)
    check("CMT-044", "the worker signed the claim", opaque.check_signature, claim, backend=backend, cache=cache)


def check_opaque_claim(
    data: bytes, *, pins: Pins = NO_PINS, backend: Backend | None = None, cache: KeyCache | None = None
) -> Verdict:
    """Check a claim on an opaque unit. Nobody can execute it: other workers or a committee are what is missing."""
    examination = Examination(data)
    try:
        claim = examination.check("CMT-040", "one well-formed opaque claim", decode_object, OpaqueClaim, data)
        examine_opaque_claim(examination, claim, backend=backend, cache=cache)
        examination.check("CLM-029", "the unit lets this worker claim", check_named, claim)
        examine_pins(examination, pins)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    examination.miss("RED-030", "a quorum of workers, or a committee, says the same")
    return examination.pass_verdict(Evidence.INCOMPLETE, Outcome.INCONCLUSIVE)


def examine_reveal(
    examination: Examination, made: AnyReveal, *, backend: Backend | None = None, cache: KeyCache | None = None
) -> None:
    """Make the crypto checks on a reveal alone in the order of CMT-025. Raises CryptoError."""
    check = examination.check
    if isinstance(made, Reveal):
        examine_claim(examination, made.claim, backend=backend, cache=cache)
    else:
        examine_opaque_claim(examination, made.claim, backend=backend, cache=cache)
    check("CMT-023", "the worker signed the reveal", reveal.check_signature, made, backend=backend, cache=cache)
    if isinstance(made, Reveal):
        check("CMT-024", "the leaves are those of the claimed trace", reveal.check_leaves, made)


def check_reveal(
    data: bytes,
    *,
    commit: bytes | None = None,
    pins: Pins = NO_PINS,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> Verdict:
    """Check a reveal, and that it opens a commit if that is given. The best outcome is incomplete, as for a claim."""
    examination = Examination(data, () if commit is None else (commit,))
    check = examination.check
    try:
        made = check("CMT-020", "one well-formed reveal with its claim", decode_reveal, data)
        opened = None
        if commit is not None:
            opened = check("CMT-001", "one well-formed commit", decode_object, Commit, commit)
        examine_reveal(examination, made, backend=backend, cache=cache)
        if opened is not None:
            check("CMT-012", "the worker signed the commit", opened.verify, backend=backend, cache=cache)
            check("CMT-032", "the reveal opens the commit", reveal.check_opening, made, opened)
        if isinstance(made, Reveal):
            examine_contradictions(examination, made.claim)
        check("CLM-029", "the unit lets this worker claim", check_named, made.claim)
        examine_pins(examination, pins)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    if commit is None:
        examination.miss("CMT-032", "the reveal opens the commit")
    if isinstance(made, Reveal):
        examination.miss("CLM-031", "executing the program on the input gives this claim")
    else:
        examination.miss("RED-030", "a quorum of workers, or a committee, says the same")
    return examination.pass_verdict(Evidence.INCOMPLETE, Outcome.INCONCLUSIVE)
