"""The referee of a dispute's folder: judges what is put there, counts the rounds, and writes how it ends.

It needs the claim and nothing else: no program, no input, no leaves.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..protocol.beacon import QUICKNET_GENESIS, QUICKNET_PERIOD
from ..protocol.encoding.schema import decode_object, encode_object
from ..protocol.errors import ProtocolError
from ..protocol.machine.interpreter import Interpreter
from ..protocol.work.claim import Claim, SignedClaim, without_openings
from ..protocol.work.dispute import Dispute, Move
from ..verifier.disputes import Ending, Referee, check_claim_signed, report
from ..verifier.record import to_record
from ..verifier.verdict import Evidence
from .errors import WorkerError, content_errors
from .files import read_file, write_file
from .games import Game, GameFolder, Message, Taken

KEEP_ROUNDS: Final = 20
"""Rounds after which the referee notes that it has looked, even if nothing has come."""


def quicknet_round() -> int:
    """The round of drand's quicknet that is the latest now, by this host's clock."""
    return (int(time.time()) - QUICKNET_GENESIS) // QUICKNET_PERIOD + 1


def read_claim(path: str | os.PathLike[str]) -> SignedClaim:
    """The signed claim in a claim's file, or in a work folder. Raises WorkerError unless both have signed."""
    source = Path(path) / "claim.cbor" if Path(path).is_dir() else Path(path)
    with content_errors("a claim", source, "name the claim that is disputed"):
        claim = without_openings(decode_object(Claim, read_file(source)))
    verdict = check_claim_signed(encode_object(claim))
    if verdict.evidence is Evidence.INVALID:
        raise WorkerError(f"{source} is no signed claim: {verdict.message}", "nobody can be held to it")
    return claim


@dataclass(frozen=True, slots=True)
class Answer:
    """What the referee says to a message."""

    file: str
    round: int
    """The round that it counts from."""
    accepted: bool
    number: int | None = None
    """The number of the move that was due; None before the dispute was opened."""
    party: str | None = None
    """In whose name it is: `accused`, `challenger` or `other`; None if it can't be read."""
    key: bytes | None = None
    stage: str | None = None
    code: str | None = None
    requirement: str | None = None
    why: str = ""
    move: Move | None = None

    @property
    def sentence(self) -> str:
        """What happened, naming file and party."""
        names = {"accused": "the accused", "challenger": "the challenger", "other": "somebody else"}
        who = f", in the name of {names[self.party]}" if self.party else ""
        if self.accepted:
            return f"{self.file}{who}: accepted"
        return f"{self.file}{who}: rejected, {self.stage}/{self.code}: {self.why}"


class Judge:
    """A referee's process: whatever was judged stays so, also after a kill."""

    def __init__(self, folder: GameFolder, claim: SignedClaim, *, now: Callable[[], int] = quicknet_round) -> None:
        """Go on with the dispute in the folder. `now` gives the beacon's round. Raises WorkerError."""
        self.folder, self._claim, self._clock = folder, claim, now
        self.referee: Referee | None = None
        self._game: Game | None = folder.game()
        self._judged = {(said.get("file"), said.get("sha256")) for said in folder.answers()}
        if self._game is not None:
            self.referee = self._resume(self._game)
            self._judged.update(self._game.marks())  # killed before it could answer
        self._finish()

    @property
    def ending(self) -> Ending | None:
        """How the dispute has ended."""
        return None if self.referee is None else self.referee.ending

    def _over(self) -> bool:
        return self.ending is not None

    def look(self) -> list[Answer]:
        """Judge what has come since the last look, then let time pass (DSP-020, DSP-023); the answers."""
        if self.ending is not None:
            return []
        answers = []
        now = self._clock()
        if self.referee is not None:
            now = max(now, self.referee.now)  # a clock that was set back stands still
        for message in self.folder.fresh():
            if message.mark in self._judged:
                continue
            answers.append(self._judge(message, now))
            if self._over():
                break
        self._pass_time(now, any(answer.accepted for answer in answers))
        self._finish()
        return answers

    def _judge(self, message: Message, now: int) -> Answer:
        referee = self.referee
        answer = self._open(message, now) if referee is None else self._take(referee, message, now)
        self.folder.answer(_spelled(answer, message))
        self._judged.add(message.mark)
        return answer

    def _open(self, message: Message, now: int) -> Answer:
        """Judge a message before there is a dispute: nothing but one about this claim is accepted."""
        name, party, key = message.path.name, None, None
        try:
            dispute = decode_object(Dispute, message.data)
            party, key = "challenger", dispute.body.challenger
            referee = Referee(self._claim, dispute, now, executor=Interpreter)
        except ProtocolError as error:
            return _rejected(name, now, None, party, key, error)
        self.referee = referee
        self._keep(Game(claim=self._claim, dispute=dispute, file=name, opened=now, looked=now, taken=()))
        return Answer(name, now, True, None, party, key)

    def _take(self, referee: Referee, message: Message, now: int) -> Answer:
        """Judge a move: it counts from the last round in which it wasn't there."""
        name, came, number = message.path.name, referee.now, referee.board.number
        party, key, move = None, None, None
        with contextlib.suppress(ProtocolError):
            move = decode_object(Move, message.data)
            key = move.body.author
            party = self._party(key, referee)
        said = referee.receive(message.data, came)
        if said.accepted:
            assert self._game is not None
            taken = Taken(file=name, came=came, found=now, move=message.data)
            self._keep(self._game.replace(taken=(*self._game.taken, taken), looked=now, ending=_word(referee.ending)))
            return Answer(name, came, True, number, party, key, move=move)
        if said.error is not None:
            return _rejected(name, came, number, party, key, said.error)
        verdict = said.verdict
        assert verdict is not None
        detail = (verdict.stage, verdict.code, verdict.requirement, verdict.message)
        return Answer(name, came, False, number, party, key, *detail)

    def _party(self, key: bytes, referee: Referee) -> str:
        if key == self._claim.body.worker:
            return "accused"
        return "challenger" if key == referee.board.dispute.body.challenger else "other"

    def _pass_time(self, now: int, accepted: bool) -> None:
        """Let time pass, and note it if it matters, or much has passed."""
        referee, game = self.referee, self._game
        if referee is None or game is None or referee.ending is not None:
            return
        if accepted:
            referee.skip(now)
        else:
            referee.tick(now)
        if self.ending is not None or accepted or now - game.looked >= KEEP_ROUNDS:
            self._keep(game.replace(looked=now, ending=_word(self.ending)))

    def _keep(self, game: Game) -> None:
        self.folder.keep(game)
        self._game = game

    def _resume(self, game: Game) -> Referee:
        """The referee where it was, from what it has accepted."""
        if game.claim != self._claim:
            raise WorkerError(f"the dispute in {self.folder.path} is about another claim", "name that claim")
        return replayed(game)

    def _finish(self) -> None:
        """Write what there is to say at the end, unless it is written."""
        if self.referee is None or self._game is None:
            return
        verdict = report(self.referee, encode_object(self._game))
        if verdict is None:
            return
        if self.referee.board.proof is not None and not self.folder.proof_path.exists():
            write_file(self.folder.proof_path, encode_object(self.referee.board.proof))
        if not self.folder.verdict_path.exists():
            write_file(self.folder.verdict_path, encode_object(to_record(verdict)))


def replayed(game: Game) -> Referee:
    """The referee of a game that was published, every move judged again. Raises WorkerError if it doesn't hold."""
    try:
        referee = Referee(game.claim, game.dispute, game.opened, executor=Interpreter)
        passed = game.opened
        for taken in game.taken:
            if taken.came >= passed > referee.now:
                referee.skip(passed)
            answer = referee.receive(taken.move, taken.came)
            if not answer.accepted:
                raise WorkerError(f"the record of the dispute doesn't hold: {taken.file} is no move that is accepted")
            passed = taken.found
        if passed > referee.now:
            referee.skip(passed)
        referee.tick(max(game.looked, referee.now))
    except (ProtocolError, ValueError) as error:
        raise WorkerError(f"the record of the dispute doesn't hold: {error}") from error
    return referee


def _word(ending: Ending | None) -> str | None:
    return None if ending is None else ending.value


def _rejected(
    name: str, now: int, number: int | None, party: str | None, key: bytes | None, error: ProtocolError
) -> Answer:
    where = f" ({error.where})" if error.where else ""
    return Answer(
        name, now, False, number, party, key, error.stage, error.code, error.requirement, error.message + where
    )


def _spelled(answer: Answer, message: Message) -> Mapping[str, Any]:
    """An answer as its line has it; what isn't known is left out."""
    said = {
        "file": message.mark[0],
        "sha256": message.mark[1],
        "round": answer.round,
        "accepted": answer.accepted,
        "number": answer.number,
        "party": answer.party,
        "key": answer.key.hex() if answer.key else None,
        "stage": answer.stage,
        "code": answer.code,
        "requirement": answer.requirement,
        "why": answer.why or None,
    }
    return {name: value for name, value in said.items() if value is not None}
