"""Playing disputes: opening one, making a side's moves in its folder, and whole games on one computer."""

from __future__ import annotations

import functools
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, TypeVar

from ..protocol.encoding.schema import decode_object, encode_object
from ..protocol.errors import ProtocolError
from ..protocol.keys import SecretKeyFile
from ..protocol.trees.trace import TraceTree
from ..protocol.work.claim import SignedClaim, first_leaf, without_openings
from ..protocol.work.dispute import Board, Dispute, Move
from ..protocol.work.fault import StepFault
from ..protocol.work.parties import Challenger, Defender, open_dispute
from ..protocol.work.subtrace import SegmentStates, SubtraceTree
from ..verifier.disputes import Ending
from . import executors
from .errors import WorkerError, content_errors
from .executors import Engine
from .files import Source, read_file, write_file
from .games import Game, GameFolder
from .inside import claimed_tree, segment_states, true_tree
from .judging import Judge
from .materials import Materials, check_input_length, check_input_root, check_program, read_input, read_program
from .refute import Shown, disputable_segment, read_shown, self_contradiction
from .store import Store

Side: TypeAlias = Literal["accused", "challenger"]
"""Whose moves a party makes."""

Progress: TypeAlias = "Callable[[str, int, int], None]"
"""Told what takes a while: what it is, how many steps are done, of how many."""

T = TypeVar("T")

POLL_SECONDS: Final = 0.1
"""How often a folder is looked at while waiting."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What came of opening a dispute."""

    segment: int | None
    """The segment that is disputed; None if there is none to dispute."""
    file: Path | None = None
    """The dispute's message."""
    contradicts: bool = False
    """Whether the claim contradicts itself: a fault proof refutes it, and nobody has to answer anything."""


def open_game(
    folder: GameFolder,
    theirs: str | os.PathLike[str],
    key: SecretKeyFile,
    *,
    work: str | os.PathLike[str] | None = None,
    program: Source | None = None,
    input: Source | None = None,
    engine: Engine = "auto",
    progress: Callable[[int], None] | None = None,
) -> Opened:
    """Dispute the first wrong segment of a claim: put the signed dispute into a folder.

    `theirs` is the worker's folder, or its reveal. What is right comes from `work`, a folder with an own run of the
    unit, or from executing the unit's program and input. A dispute that was opened before is not opened twice. Raises
    WorkerError.
    """
    shown = read_shown(theirs)
    claim = without_openings(shown.claim)
    for message in folder.messages():
        dispute = _ours(message.data, claim, key)
        if dispute is not None:
            return Opened(dispute.body.segment, message.path)
    if self_contradiction(shown) is not None:
        return Opened(None, contradicts=True)
    if work is not None:
        segment = _first_difference(shown, work)
    elif program is None or input is None:
        raise WorkerError("nothing says what is right", "give an own run of the unit, or its program and its input")
    else:
        segment = disputable_segment(shown, program, input, engine=engine, progress=progress)
    if segment is None:
        return Opened(None)
    dispute = open_dispute(claim, segment, key.key, nonce=os.urandom(32))
    return Opened(segment, folder.publish(encode_object(dispute)))


def _ours(data: bytes, claim: SignedClaim, key: SecretKeyFile) -> Dispute | None:
    """A dispute about a claim by this key, if a message is one."""
    try:
        dispute = decode_object(Dispute, data)
        Board(claim, dispute)
    except ProtocolError:
        return None
    return dispute if dispute.body.challenger == key.public else None


def _first_difference(shown: Shown, work: str | os.PathLike[str]) -> int | None:
    """The first segment that begins in a leaf of an own run and doesn't end in one."""
    own = read_shown(work)
    if own.claim.unit.id != shown.claim.unit.id:
        raise WorkerError(f"the run in {os.fspath(work)} is of another unit", "name a run of the disputed claim's unit")
    if own.leaves[0] != first_leaf(own.claim.context):
        raise WorkerError(f"the run in {os.fspath(work)} doesn't begin with the unit", "run the unit again")
    for index, leaf in enumerate(shown.leaves):
        if leaf != own.leaves[min(index, len(own.leaves) - 1)]:
            return index - 1 if index else None
    return None


@dataclass(frozen=True, slots=True)
class Turn:
    """What a party found, and did."""

    state: Literal["unopened", "waiting", "moved", "over"]
    why: str = ""
    """What is waited for."""
    move: Move | None = None
    file: Path | None = None
    """The move that was made, and its message."""
    ending: Ending | None = None


class Player:
    """A party's process: makes the moves of one side, whoever it is. A process that is killed goes on where it was.

    What it has signed is in its own folder before anybody sees it, and is never signed differently.
    """

    def __init__(
        self,
        folder: GameFolder,
        key: SecretKeyFile,
        *,
        side: Side | None = None,
        work: str | os.PathLike[str] | None = None,
        program: Source | None = None,
        input: Source | None = None,
        store: str | os.PathLike[str] | None = None,
        lie_at: int | None = None,
        engine: Engine = "auto",
        progress: Progress | None = None,
    ) -> None:
        """`side` is by default the challenger's for the dispute's challenger, and that of the accused for others.

        The accused's side plays from `work`, a folder or a reveal with the claim's trace. It lies only if it is told
        from which step of the segment on: `lie_at`. The challenger's side plays from `work`, an own run of the unit, or
        from program and input. `store` is the party's own folder.
        """
        self.folder, self._key, self._side = folder, key, side
        self._work, self._program, self._input = work, program, input
        self._store, self._lie_at, self._engine = store, lie_at, engine
        self._progress = progress or (lambda what, done, of: None)
        self._party: _Party | None = None
        self.side: Side | None = side
        """The side that is played for; None as long as nobody knows who is who."""

    def step(self) -> Turn:
        """Make this side's move if it is its turn; look once. Raises WorkerError."""
        game = self.folder.game()
        if game is None:
            return Turn("unopened", "the referee to open the dispute")
        party = self._follow(game)
        if game.ending is not None:
            return Turn("over", ending=Ending(game.ending))
        board = party.board
        if board.accused_to_move != (self.side == "accused"):
            return Turn("waiting", f"the {'challenger' if self.side == 'accused' else 'accused'}")
        data = party.signed(board.number)
        if data is None:
            return Turn("waiting", party.cannot())
        if self._is_pending(data, board.number):
            return Turn("waiting", "the referee to judge the last move")
        file = self.folder.publish(data)
        return Turn("moved", move=decode_object(Move, data), file=file)

    def prepare(self) -> None:
        """Do what takes long while it is the other side's turn. Raises WorkerError."""
        if self._party is not None:
            self._party.prepare()

    def _follow(self, game: Game) -> _Party:
        """The party that has followed all that was accepted."""
        if self._party is None or not self._party.follows(game):
            self.side = self._side or _side(game, self._key)
            self._party = self._join(game)
        self._party.catch_up(game)
        return self._party

    def _join(self, game: Game) -> _Party:
        """Begin as one of the sides."""
        assert self.side is not None
        mine = _own_folder(self.folder, self._store, self.side, self._key) / game.dispute.id.hex()[:16]
        accused = self.side == "accused"
        shown = self._shown(game) if accused else None
        grounds = _Grounds(game, mine, shown, self._materials, self._work, self._lie_at, self._engine, self._progress)
        return _Party(game, self._key, mine, grounds)

    def _shown(self, game: Game) -> Shown:
        if self._work is None:
            raise WorkerError("the side of the accused needs the claim's trace", "name the work folder, or a reveal")
        shown = read_shown(self._work)
        if shown.claim.unit.id != game.claim.unit.id or shown.tree.root != game.claim.body.trace_root:
            raise WorkerError(
                f"{os.fspath(self._work)} holds another trace than that of the claim", "name the disputed run"
            )
        return shown

    def _materials(self, game: Game) -> Materials:
        """Program and input, checked against the unit: those given, or those in the work folder."""
        context = game.claim.context
        program, given = self._program, self._input
        if self._work is not None and Path(self._work).is_dir():
            store = Store(self._work)
            program = store.program_path if program is None else program
            given = store.input_path if given is None else given
        if program is None or given is None:
            raise WorkerError("a party needs the program and the input", "name a work folder that has them, or both")
        loaded, data = read_program(program), read_input(given)
        check_program(loaded, context, program)
        check_input_length(data.length, context, given)
        check_input_root(data.root, context, given)
        return Materials(loaded, data)

    def _is_pending(self, data: bytes, number: int) -> bool:
        """Whether a move lies in the folder and waits for the referee. Raises WorkerError if it was rejected."""
        there = [message.mark for message in self.folder.lies_there(data)]
        answered = {(said.get("file"), said.get("sha256")): said for said in self.folder.answers()}
        for mark, said in answered.items():
            # One that was judged before its turn, because files were swapped, is sent again.
            if mark in there and said.get("number") == number and not said.get("accepted"):
                raise WorkerError(
                    f"the referee has rejected {said.get('file')}: {said.get('stage')}/{said.get('code')}:"
                    f" {said.get('why')}",
                    "this side has nothing better to say",
                )
        return any(mark not in answered for mark in there)


class _Grounds:
    """What a side's answers are made from, as far as it is needed."""

    def __init__(
        self,
        game: Game,
        mine: Path,
        shown: Shown | None,
        materials: Callable[[Game], Materials],
        work: str | os.PathLike[str] | None,
        lie_at: int | None,
        engine: Engine,
        progress: Progress,
    ) -> None:
        self._game, self._mine, self.shown, self._find = game, mine, shown, materials
        self._work = Store(work) if work is not None and Path(work).is_dir() else None
        self._lie_at, self._engine, self._progress = lie_at, engine, progress
        self._segment = game.dispute.body.segment

    @functools.cached_property
    def states(self) -> SegmentStates:
        """The segment's states, as the machine has them."""
        unit, context = self._game.claim.unit, self._game.claim.context
        _make(self._mine)
        boundary = self._segment << context.segment_log2
        return segment_states(
            unit,
            context,
            self._segment,
            self._find(self._game),
            executors.choose(self._engine),
            work=self._work,
            keep=self._mine,
            progress=lambda done: self._progress("executing up to the segment", done, boundary),
        )

    @functools.cached_property
    def tree(self) -> SubtraceTree:
        """The tree over them: the machine's, or the one that the claim needs."""
        length = self.states.length

        def tell(done: int) -> None:
            self._progress("hashing the segment's states", done, length)

        if self.shown is None:
            return true_tree(self.states, keep=self._mine, progress=tell)
        ends = self.shown.tree.node(0, self._segment), self.shown.tree.node(0, self._segment + 1)
        return claimed_tree(self.states, ends, lie_at=self._lie_at, keep=self._mine, progress=tell)

    def node(self, level: int, position: int) -> bytes:
        """A digest of that tree."""
        return self.tree.node(level, position)


class _Party:
    """A state machine of the protocol's, with the folder of what it has signed."""

    def __init__(self, game: Game, key: SecretKeyFile, mine: Path, grounds: _Grounds) -> None:
        self._mine, self._grounds, self._key = mine, grounds, key
        self._followed: list[bytes] = []
        self._dispute = game.dispute
        self._player: Defender | Challenger
        if grounds.shown is not None:
            trace: TraceTree = grounds.shown.tree
            self._player = Defender(game.claim, game.dispute, key.key, grounds.node, trace)
        else:
            self._player = Challenger(
                game.claim, game.dispute, key.key, grounds.node, lambda index: grounds.states.before(index)
            )

    @property
    def board(self) -> Board:
        """Where the dispute stands."""
        return self._player.board

    def follows(self, game: Game) -> bool:
        """Whether a game goes on from what this party has seen."""
        moves = [taken.move for taken in game.taken[: len(self._followed)]]
        return game.dispute == self._dispute and moves == self._followed

    def catch_up(self, game: Game) -> None:
        """Follow what was accepted since."""
        for taken in game.taken[len(self._followed) :]:
            with content_errors("a move", taken.file, _RECORD):
                move = decode_object(Move, taken.move)
            if not self._player.follow(move) and move.body.proof is None:
                raise WorkerError(f"the referee's record doesn't hold: {taken.file} is no move to be accepted", _RECORD)
            self._followed.append(taken.move)

    def prepare(self) -> None:
        """Have the tree over the segment's states."""
        _ = self._grounds.tree

    def signed(self, number: int) -> bytes | None:
        """The encoded move with a number: the one that was signed before, or else a new one; None if there is none."""
        path = self._mine / f"move-{number:02}.cbor"
        if path.exists():
            return read_file(path)
        self._check_root()
        if self._is_strange_opening():
            return None
        move = self._player.next()
        if move is None:
            return None
        _make(self._mine)
        try:
            write_file(path, encode_object(move), replace=False)
        except WorkerError as error:
            if not isinstance(error.__cause__, FileExistsError):
                raise
            return read_file(path)  # another process of this party was faster
        return encode_object(move)

    def cannot(self) -> str:
        """What is waited for by a party whose turn it is, and that has no move."""
        if self._is_strange_opening():
            return "the claim's worker: nobody else can sign the states of the segment"
        return "the challenger: nobody else can choose"

    def _is_strange_opening(self) -> bool:
        """Whether the subtrace has yet to be signed, and not by this key."""
        accused = isinstance(self._player, Defender)
        return accused and self.board.number == 0 and self._key.public != self._player.claim.body.worker

    def _check_root(self) -> None:
        """Raise WorkerError if this party's states aren't those that were signed."""
        subtrace = self.board.subtrace
        if isinstance(self._player, Defender) and subtrace and subtrace.body.root != self._grounds.tree.root:
            raise WorkerError(
                "the states that this party has aren't those that the worker has signed",
                "play from the folder and with the options that the signed ones came from",
            )


_RECORD = "it is the referee's to mend"


def _side(game: Game, key: SecretKeyFile) -> Side:
    return "challenger" if key.public == game.dispute.body.challenger else "accused"


def _own_folder(folder: GameFolder, store: str | os.PathLike[str] | None, side: Side, key: SecretKeyFile) -> Path:
    """Where a party keeps what it has signed: beside the game's folder, unless it is told where."""
    if store is not None:
        return Path(store)
    path = folder.path.resolve()
    return path.with_name(f"{path.name}.{side}-{key.public.hex()[:8]}")


def _make(path: Path) -> None:
    GameFolder(path).make()


def until(step: Callable[[], T], done: Callable[[T], bool], seconds: float | None) -> T:
    """Do something again and again until it is done, or so many seconds have passed; once, if that is None."""
    begun = time.monotonic()
    while True:
        result = step()
        if done(result) or seconds is None or time.monotonic() - begun >= seconds:
            return result
        time.sleep(min(POLL_SECONDS, seconds))


@dataclass(slots=True)
class Played:
    """A dispute from its opening to its end."""

    dispute: Dispute
    segment: int
    moves: list[Move] = field(default_factory=list)
    proof: StepFault | None = None
    """What the dispute has ended in."""
    ending: Ending | None = None

    @property
    def sent(self) -> tuple[int, int]:
        """How many messages the accused has sent, and how many the challenger, the dispute among them."""
        accused = sum(1 for move in self.moves if move.body.number % 2 == 0)
        return accused, len(self.moves) - accused + 1


def play(
    theirs: str | os.PathLike[str],
    program: Source,
    input: Source,
    *,
    accused: SecretKeyFile,
    challenger: SecretKeyFile,
    lie_at: int | None = None,
    engine: Engine = "auto",
    seen: Callable[[Move], None] | None = None,
) -> Played | None:
    """Dispute the first wrong segment of a claim; None if there is none. Both sides and the referee are played here.

    The accused pretends that the states from step `lie_at` of the segment on are others, by default half-way. `seen`
    is shown every move. Raises WorkerError.
    """
    shown = read_shown(theirs)
    if shown.claim.body.worker != accused.public:
        raise WorkerError("the accused is not the claim's worker", "give the key that signed the claim")
    with tempfile.TemporaryDirectory(prefix="tracework-dispute-") as temporary:
        folder = GameFolder(Path(temporary) / "game")
        opened = open_game(folder, theirs, challenger, program=program, input=input, engine=engine)
        if opened.segment is None:
            return None
        lie = lie_at or 1 << (shown.claim.context.segment_log2 - 1)
        rounds = iter(range(1 << 20))
        judge = Judge(folder, without_openings(shown.claim), now=lambda: next(rounds))
        sources: dict[str, Any] = {"program": program, "input": input, "engine": engine}
        parties = [
            Player(folder, accused, side="accused", work=theirs, lie_at=lie, **sources),
            Player(folder, challenger, side="challenger", **sources),
        ]
        return _play(judge, parties, opened.segment, seen or (lambda move: None))


def _play(judge: Judge, parties: Iterable[Player], segment: int, seen: Callable[[Move], None]) -> Played:
    """Let two parties play before a referee."""
    judge.look()
    assert judge.referee is not None
    played = Played(judge.referee.board.dispute, segment)
    sides = list(parties)
    while judge.ending is None:
        moved = [party for party in sides if party.step().state == "moved"]
        for answer in judge.look():
            if not answer.accepted or answer.move is None:
                raise AssertionError(f"the referee rejects a move of ours: {answer.sentence}")
            played.moves.append(answer.move)
            seen(answer.move)
        if not moved:
            raise AssertionError("nobody moves")
    played.proof, played.ending = judge.referee.board.proof, judge.ending
    return played
