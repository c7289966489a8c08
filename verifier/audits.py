"""Checking audits, and auditors' proofs that they have checked (spec/audit.md)."""

from __future__ import annotations

from collections.abc import Iterable

from ..protocol import beacon as beacons
from ..protocol.committee import signing
from ..protocol.committee.snapshot import Committee
from ..protocol.encoding.schema import decode_object
from ..protocol.errors import PolicyError, ProtocolError
from ..protocol.keys import Backend, KeyCache
from ..protocol.machine.executor import ExecutorFactory
from ..protocol.work import audit as audits
from ..protocol.work import receipt as slots
from ..protocol.work.audit import AuditProof, CheckReveal
from ..protocol.work.receipt import Receipt
from ..protocol.work.unit import Unit
from .claims import NO_PINS, examine_claim, examine_policy
from .segments import examine_openings, examine_segments
from .verdict import Evidence, Examination, Outcome, Pins, Verdict


class Receipts:
    """Receipts that a verifier holds beside audit proofs (AUD-023). However many proofs ask, each is checked once.

    A file that is no receipt counts for nothing.
    """

    def __init__(
        self, files: Iterable[bytes] = (), *, backend: Backend | None = None, cache: KeyCache | None = None
    ) -> None:
        self._backend, self._cache = backend, cache
        self._of: dict[tuple[int, bytes, bytes], list[Receipt]] = {}
        """By kind, party and subject, ascending by slot."""
        self._least: dict[tuple[int, bytes, bytes, bytes, bytes], int | None] = {}
        for data in set(files):
            try:
                receipt = decode_object(Receipt, data)
            except ProtocolError:
                continue
            self._of.setdefault(_of(receipt), []).append(receipt)
        for found in self._of.values():
            found.sort(key=lambda receipt: receipt.body.slot)

    def least(self, like: Receipt, unit: Unit, committee: Committee) -> int | None:
        """The least slot of those that count for a unit and are of the same thing as another; None: there is none."""
        key = (*_of(like), unit.id, committee.hash)
        if key not in self._least:
            counting = (one.body.slot for one in self._of.get(_of(like), []) if self._counts(one, unit, committee))
            self._least[key] = next(counting, None)
        return self._least[key]

    def _counts(self, receipt: Receipt, unit: Unit, committee: Committee) -> bool:
        try:
            slots.check_receipt(receipt, unit, committee, backend=self._backend, cache=self._cache)
        except ProtocolError:
            return False
        return True


def _of(receipt: Receipt) -> tuple[int, bytes, bytes]:
    return receipt.body.kind, receipt.body.party, receipt.body.subject


def check_audit(
    data: bytes,
    *,
    executor: ExecutorFactory,
    pins: Pins = NO_PINS,
    supplied: bool = False,
    receipts: Receipts | None = None,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> Verdict:
    """Check an audit proof by executing the drawn segments. It can accept the claim, or refute it.

    `supplied`: take randomness that no beacon vouches for (AUD-033). `receipts` are those that the verifier
    holds beside the proof; if one shows that the commit was there earlier, another round draws (AUD-023).
    """
    examination = Examination(data)
    try:
        audit = _examine(examination, data, executor, supplied, backend, cache, receipts)
        examine_policy(examination, audit.claim, pins)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    if audit.receipt is None:
        examination.miss("AUD-017", "a receipt shows that the draw came after the commit")
    if audit.beacon.supplied and not supplied:
        examination.miss("BCN-011", "the randomness is a public beacon's")
    if any(check.result == "missing" for check in examination.checks):
        return examination.pass_verdict(Evidence.INCOMPLETE, Outcome.INCONCLUSIVE)
    return examination.pass_verdict(Evidence.VALID, Outcome.ACCEPTED)


def _examine(
    examination: Examination,
    data: bytes,
    executor: ExecutorFactory,
    supplied: bool,
    backend: Backend | None,
    cache: KeyCache | None,
    others: Receipts | None = None,
) -> AuditProof:
    """Make the checks of an audit proof but for the caller's pins. Raises what fails."""
    check = examination.check
    audit = check("AUD-010", "one well-formed audit proof", decode_object, AuditProof, data)
    claim = audit.claim
    examine_claim(examination, claim, backend=backend, cache=cache)
    check("AUD-012", "the worker had committed to this claim", audits.check_commit, audit, backend=backend, cache=cache)
    if audit.beacon.supplied:
        if supplied:
            check("AUD-033", "the randomness is supplied by somebody, as the verifier allows", lambda: None)
    else:
        title = f"the beacon is quicknet's round {audit.beacon.round}"
        check("AUD-013", title, beacons.check_beacon, audit.beacon, backend=backend)
    signers: list[int] = []
    receipt, committee = audit.receipt, audit.committee
    if receipt is not None and committee is not None:
        check("ATT-005", "every member of the committee proves its key", committee.verify, backend=backend, cache=cache)
        check("RCP-020", "the receipt is about the unit", slots.check_about, receipt, claim.unit)
        signers = check(
            "RCP-021",
            f"members signed that the commit was there in slot {receipt.body.slot}",
            signing.check_aggregate,
            receipt,
            committee,
            backend=backend,
            cache=cache,
            where="receipt",
        )
        check("AUD-015", "the receipt is of this commit", audits.check_receipt_subject, audit)
    examine_openings(examination, audit.proof)
    examine_segments(examination, audit.proof, executor)
    check("AUD-016", "the unit asks for an audit", audits.policy_of, claim.unit)
    if receipt is not None and committee is not None:
        check("RCP-022", "the receipt counts for the unit", slots.check_policy, receipt, claim.unit, committee, signers)
        check("AUD-017", "the beacon's round is the one that draws", audits.check_round, audit)
        if others is not None:
            least = others.least(receipt, claim.unit, committee)
            check("AUD-023", "no receipt of the commit is of an earlier slot", audits.check_earliest, audit, least)
    check("AUD-018", "exactly the drawn segments are proven", audits.check_drawn, audit)
    return audit


def is_drawn(audit: AuditProof, *, supplied: bool = False) -> bool:
    """Whether a proof whose signatures hold is of exactly the drawn segments, by a receipt that counts (AUD-060)."""
    unit, receipt, committee = audit.claim.unit, audit.receipt, audit.committee
    if receipt is None or committee is None or (audit.beacon.supplied and not supplied):
        return False
    try:
        signers = signing.unpack_signers(receipt.signers, len(committee.members))
        slots.check_policy(receipt, unit, committee, signers)
        audits.check_round(audit)
        audits.check_drawn(audit)
    except PolicyError:
        return False
    return True


def check_checking(
    data: bytes,
    audit: bytes,
    *,
    executor: ExecutorFactory,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> Verdict:
    """Check an auditor's reveal beside the audit proof that it is about, which is checked first (AUD-058)."""
    examination = Examination(data, (audit,))
    check = examination.check
    try:
        reveal = check("AUD-050", "one well-formed reveal of a check", decode_object, CheckReveal, data)
        about = _examine(examination, audit, executor, False, backend, cache)
        examine_policy(examination, about.claim, NO_PINS)
        check("AUD-054", "the check is about the audited claim", audits.check_about, reveal, about)
        check("AUD-055", "the auditor signed it", audits.check_signature, reveal.check, backend=backend, cache=cache)
        check("AUD-056", "the states are those committed to", audits.check_commitment, reveal)
        check("AUD-057", "executing gives these states", audits.check_states, reveal, about, executor)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    return examination.pass_verdict(Evidence.VALID, Outcome.INCONCLUSIVE)
