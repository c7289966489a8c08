"""The referee of a dispute inside a segment: takes moves and the time, and says how it ends (spec/dispute.md).

No input or output, and no clock: whoever runs it says in which beacon round it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ..protocol.encoding.schema import decode_object, encode_object
from ..protocol.errors import PolicyError, ProtocolError
from ..protocol.keys import Backend, KeyCache
from ..protocol.machine.executor import ExecutorFactory
from ..protocol.work.claim import SignedClaim
from ..protocol.work.dispute import DELAY_BUDGET, Board, Dispute, Move
from ..protocol.work.fault import StepFault
from .claims import examine_signatures
from .faults import check_step_fault
from .verdict import Check, Evidence, Examination, Outcome, Verdict, claim_statement

Judge = Callable[[StepFault], Verdict]
"""What judges a step fault proof; `check_step_fault` for everybody but tests."""


class Ending(Enum):
    """How a dispute ends (DSP-021)."""

    REFUTED = "refuted"
    ACCUSED_SILENT = "accused-silent"
    CHALLENGER_SILENT = "challenger-silent"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the referee says to a message."""

    accepted: bool
    error: ProtocolError | None = None
    """Why the move was rejected."""
    verdict: Verdict | None = None
    """That on the step fault proof in the move, if it had one."""


class Referee:
    """Judges one dispute. `claim` must have passed `check_claim_signed`; `now` is the beacon round of the dispute."""

    def __init__(
        self,
        claim: SignedClaim,
        dispute: Dispute,
        now: int,
        *,
        executor: ExecutorFactory,
        backend: Backend | None = None,
        cache: KeyCache | None = None,
        judge: Judge | None = None,
    ) -> None:
        """Open a dispute. Raises a ProtocolError for one that can't be opened (DSP-002 to DSP-004)."""
        self.board = Board(claim, dispute, backend=backend, cache=cache)
        self.left = {True: DELAY_BUDGET, False: DELAY_BUDGET}
        """Rounds that are left: of the accused's side (True), and of the challenger."""
        self.ending: Ending | None = None
        self.verdict: Verdict | None = None
        """That on the proof which ended the dispute."""
        self._since = self._now = now
        self._judge = judge or (
            lambda proof: check_step_fault(encode_object(proof), executor=executor, backend=backend, cache=cache)
        )

    @property
    def now(self) -> int:
        """The round up to which time has passed."""
        return self._now

    @property
    def deadline(self) -> int:
        """The last round in which the side whose turn it is can still move."""
        return self._since + self.left[self.board.accused_to_move]

    def tick(self, now: int) -> Ending | None:
        """Let time pass, up to a round; the ending, if there is one by then (DSP-020)."""
        if now < self._now:
            raise ValueError(f"round {now} after round {self._now}")
        self._now = now
        if self.ending is None and now > self.deadline:
            self.ending = Ending.ACCUSED_SILENT if self.board.accused_to_move else Ending.CHALLENGER_SILENT
        return self.ending

    def skip(self, now: int) -> None:
        """Let time pass that counts for neither side, up to a round (DSP-023)."""
        if now < self._now:
            raise ValueError(f"round {now} after round {self._now}")
        self._since += now - self._now
        self._now = now

    def receive(self, data: bytes, now: int) -> Answer:
        """Take an encoded move in a round. What is rejected changes nothing but the time (DSP-019)."""
        self.tick(now)
        try:
            move = decode_object(Move, data)
            if self.ending is not None:
                raise PolicyError("dispute-over", "the dispute is over", requirement="DSP-010", where="move")
            proof = self.board.play(move)
        except ProtocolError as error:
            return Answer(False, error)
        verdict = None
        if proof is not None:
            verdict = self._judge(proof)
            if verdict.claim is not Outcome.REFUTED:
                return Answer(False, None, verdict)
            self.board.end(proof)
            self.ending, self.verdict = Ending.REFUTED, verdict
        moved = not self.board.accused_to_move
        self.left[moved] -= now - self._since
        self._since = now
        return Answer(True, None, verdict)


def report(referee: Referee, data: bytes) -> Verdict | None:
    """The verdict on a dispute that is over, `data` being what there is of it; None if it isn't over (DSP-021).

    That on the proof which ended it; of silence, that the evidence is incomplete: it says nothing of the claim.
    """
    if referee.ending is None or referee.ending is Ending.REFUTED:
        return referee.verdict
    claim = referee.board.claim
    examination = Examination(data, statement=claim_statement(claim))
    accused = referee.ending is Ending.ACCUSED_SILENT
    examination.checks.append(Check("DSP-004", "the challenger signed the dispute", "passed"))
    examination.miss("DSP-020", f"a move of {'the accused' if accused else 'the challenger'} in its time")
    return examination.pass_verdict(Evidence.INCOMPLETE, Outcome.INCONCLUSIVE)


def check_claim_signed(data: bytes, *, backend: Backend | None = None, cache: KeyCache | None = None) -> Verdict:
    """Check the signed claim that a dispute is about: unit, and both signatures (FLT-002)."""
    examination = Examination(data)
    try:
        claim = examination.check("FLT-001", "one well-formed signed claim", decode_object, SignedClaim, data)
        examine_signatures(examination, claim, backend=backend, cache=cache)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    return examination.pass_verdict(Evidence.VALID, Outcome.INCONCLUSIVE)
