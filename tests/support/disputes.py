"""A dispute over a folder: its runs, its two parties and its referee, each of which can begin anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.jobs import Job
from tracework.protocol import keys
from tracework.protocol.encoding.schema import decode_object, encode_object
from tracework.protocol.keys import SecretKeyFile
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.work.claim import SignedClaim
from tracework.protocol.work.dispute import (
    Board,
    DisputeBody,
    MoveBody,
    sign_move,
)
from tracework.protocol.work.fault import StepFault
from tracework.verifier.disputes import Ending
from tracework.verifier.faults import check_step_fault
from tracework.verifier.record import VerdictRecord, from_record
from tracework.verifier.verdict import Evidence, Outcome
from tracework.worker.disputing import Player, open_game
from tracework.worker.files import read_file
from tracework.worker.games import GameFolder
from tracework.worker.judging import Answer, Judge, read_claim

SEGMENT = 40
LIE_AT = 700
OPENED = 5_000_000


class Clock:
    """The beacon's round, which the test sets."""

    def __init__(self) -> None:
        self.now = OPENED

    def __call__(self) -> int:
        return self.now


class Table:
    """A dispute's folder, the parties' folders beside it, and the processes, each of which can begin anew."""

    def __init__(self, path: Path, honest: Path, false: Path, job: Job, challenger: SecretKeyFile) -> None:
        self.path, self.honest, self.false, self.job, self.challenger_key = path, honest, false, job, challenger
        self.folder = GameFolder(path / "game")
        self.claim: SignedClaim = read_claim(false)
        self.clock = Clock()

    def open(self) -> Path:
        """The challenger's dispute."""
        opened = open_game(self.folder, self.false, self.challenger_key, work=self.honest)
        assert opened.segment == SEGMENT - 1 and opened.file is not None
        return opened.file

    def judge(self) -> Judge:
        """A referee's process."""
        return Judge(GameFolder(self.folder.path), self.claim, now=self.clock)

    def accused(self, key: SecretKeyFile | None = None, **options: Any) -> Player:
        """A process for the side of the accused."""
        options = {"work": self.false, "lie_at": LIE_AT, "engine": "reference", **options}
        return Player(self.folder, key or self.job.key, side="accused", **options)

    def challenger(self, key: SecretKeyFile | None = None, **options: Any) -> Player:
        """A process for the challenger's side."""
        options = {"work": self.honest, "engine": "reference", **options}
        return Player(self.folder, key or self.challenger_key, side="challenger", **options)

    def play(self, *players: Player, judge: Judge | None = None, moves: int = 99) -> list[Answer]:
        """Let players move and the referee look, for so many moves or to the end; the referee's answers."""
        judge, answers = judge or self.judge(), []
        answers += judge.look()
        while judge.ending is None and moves > 0:
            turns = [player.step() for player in players]
            answers += judge.look()
            moves -= 1
            assert any(turn.state in ("moved", "over") for turn in turns) or judge.ending, turns
        return answers

    def begin(self, moves: int) -> tuple[Judge, Player, Player]:
        """A dispute in which so many moves were made."""
        self.open()
        judge, accused, challenger = self.judge(), self.accused(), self.challenger()
        judge.look()
        for number in range(moves):
            player = challenger if number % 2 else accused
            assert player.step().state == "moved"
            (answer,) = judge.look()
            assert answer.accepted
        return judge, accused, challenger

    def put(self, data: bytes, judge: Judge) -> Answer:
        """Publish anything, and let the referee judge it."""
        path = self.folder.publish(data)
        (answer,) = judge.look()
        assert answer.file == path.name
        return answer

    def sign(self, key: SecretKeyFile, number: int, **content: Any) -> bytes:
        """A move of anybody's invention."""
        game = self.folder.game()
        assert game is not None
        fields: dict[str, Any] = {"network": self.claim.unit.body.network, "dispute": game.dispute.id}
        body = MoveBody(**(fields | {"author": key.public, "number": number} | content))
        return encode_object(sign_move(body, key.key))


def ended(table: Table, ending: Ending) -> None:
    """Check what the referee has written at the end."""
    game = table.folder.game()
    assert game is not None and game.ending == ending.value
    verdict = from_record(decode_object(VerdictRecord, read_file(table.folder.verdict_path)))
    assert verdict.statement is not None and verdict.statement.claim == table.claim.id
    if ending is Ending.REFUTED:
        proof = read_file(table.folder.proof_path)
        judged = check_step_fault(proof, executor=Interpreter)
        assert judged.claim is verdict.claim is Outcome.REFUTED and judged.blame == verdict.blame == "worker"
        assert len(proof) < 20 * 1024
    else:
        assert not table.folder.proof_path.exists()
        assert (verdict.evidence, verdict.claim) == (Evidence.INCOMPLETE, Outcome.INCONCLUSIVE)
        assert [check.requirement for check in verdict.missing] == ["DSP-020"]


def proof_in(answer: Answer) -> StepFault:
    """The proof in a move that was accepted."""
    assert answer.accepted and answer.move is not None and answer.move.body.proof is not None
    return answer.move.body.proof


def board(judge: Judge) -> Board:
    """The referee's board."""
    assert judge.referee is not None
    return judge.referee.board


def between_leaves(judge: Judge) -> bool:
    """Whether only a proof is left to the challenger."""
    known = board(judge).known
    return known is not None and known.level == 0 and not board(judge).accused_to_move


def dispute_of(table: Table, segment: int) -> DisputeBody:
    """The body of a dispute about a segment."""
    return DisputeBody(
        network=table.claim.unit.body.network,
        claim=table.claim.id,
        segment=segment,
        challenger=table.challenger_key.public,
        nonce=bytes(32),
    )


def helper_key() -> SecretKeyFile:
    """Somebody who has no part in the dispute."""
    return keys.secret_key_file(keys.derive_secret_key(b"helper".ljust(32)))
