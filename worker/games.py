"""A dispute's folder: messages that anybody may put there, and what the referee has made of them.

    0000.cbor  0001.cbor  …      encoded messages by number: the dispute, then moves, of whoever sends any
    game.cbor                    the referee's: the claim, the dispute, what it accepted, and in which rounds
    answers.jsonl                the referee's: one line a message, why it was accepted or rejected
    step.cbor  verdict.cbor      the referee's, at the end: the proof, if there is one, and what it all says

A message is written as a whole or not at all, under a number that nobody has taken; nothing else is asked of whoever
writes one. The order in which messages count is the referee's, which judges what it finds by ascending number.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from ..protocol.encoding.cbor import MAX_BYTES
from ..protocol.encoding.schema import (
    ArrayOf,
    Bytes,
    Nested,
    Record,
    Text,
    Uint,
    decode_object,
    encode_object,
    keyed,
    record,
)
from ..protocol.work.claim import SignedClaim
from ..protocol.work.dispute import Dispute
from .errors import WorkerError, content_errors, file_errors
from .files import lock, read_file, sync_folder, write_file

MAX_MOVES: Final = 64
"""Most moves of a game: their numbers are 0 to 63 (DSP-001)."""
MAX_ANSWER: Final = 8192
"""Most bytes of a line of answers. A short line can't nest deep either: a library that raises Python's recursion limit
takes the guard of `json` away."""

_MESSAGE = re.compile(r"(\d{4,9})\.cbor")
_FILE = Text(32, r"\d{4,9}\.cbor")


@record()
class Taken(Record):
    """A move that the referee has accepted."""

    file: str = keyed(0, _FILE)
    came: int = keyed(1, Uint())
    """The round that it counts from: the last one in which the referee had looked and not found it."""
    found: int = keyed(2, Uint())
    """The round in which it was found: where the next clock begins (DSP-023)."""
    move: bytes = keyed(3, Bytes(1, MAX_BYTES))
    """The message, as it was."""


@record(kind="tracework/game")
class Game(Record):
    """What a referee knows of a dispute, and shows to both sides. Whoever has it can judge it all again."""

    claim: SignedClaim = keyed(2, Nested(SignedClaim))
    dispute: Dispute = keyed(3, Nested(Dispute))
    file: str = keyed(4, _FILE)
    """The dispute's file."""
    opened: int = keyed(5, Uint())
    """The round in which it was opened."""
    looked: int = keyed(6, Uint())
    """The last round in which the referee looked for messages."""
    taken: tuple[Taken, ...] = keyed(7, ArrayOf(Nested(Taken), MAX_MOVES))
    ending: str | None = keyed(8, Text(32), default=None)
    """How it ended (DSP-021)."""

    def marks(self) -> Iterator[tuple[str, str]]:
        """The marks of the messages in it."""
        yield self.file, _sha256(encode_object(self.dispute))
        for taken in self.taken:
            yield taken.file, _sha256(taken.move)


@dataclass(frozen=True, slots=True)
class Message:
    """A message's file, with its content."""

    path: Path
    data: bytes

    @property
    def mark(self) -> tuple[str, str]:
        """What tells it from all other messages: a file that has changed is another one."""
        return self.path.name, _sha256(self.data)


class GameFolder:
    """The folder of one dispute."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._seen: dict[str, tuple[int, int, int]] = {}
        self.game_path = self.path / "game.cbor"
        self.answers_path = self.path / "answers.jsonl"
        self.proof_path = self.path / "step.cbor"
        self.verdict_path = self.path / "verdict.cbor"
        self.lock_path = self.path / "referee.lock"

    def make(self) -> None:
        """Make the folder, if it isn't there."""
        with file_errors("make the folder", self.path):
            self.path.mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep other referees out of the folder; released even by a kill."""
        self.make()
        with file_errors("write in", self.path):
            descriptor = os.open(self.lock_path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not lock(descriptor):
                raise WorkerError(f"another referee judges {self.path}", "let it do so, or stop it first")
            yield
        finally:
            os.close(descriptor)

    def messages(self) -> Iterator[Message]:
        """All messages, by ascending number; one that is gone by the time it is read is left out."""
        for path in self._paths():
            with contextlib.suppress(OSError):  # deleted, or not for us to read: no message
                yield _read(path)

    def fresh(self) -> Iterator[Message]:
        """The messages that are new or have changed since this was last asked, by ascending number."""
        for path in self._paths():
            with contextlib.suppress(OSError):
                status = path.stat()
                version = status.st_ino, status.st_size, status.st_mtime_ns
                if self._seen.get(path.name) != version:
                    message = _read(path)
                    self._seen[path.name] = version
                    yield message

    def _paths(self) -> list[Path]:
        if not self.path.exists():
            return []
        with file_errors("look into", self.path):
            found = [path for path in self.path.iterdir() if _MESSAGE.fullmatch(path.name)]
        return sorted(found, key=lambda path: int(path.stem))

    def lies_there(self, data: bytes) -> Iterator[Message]:
        """The messages with exactly this content."""
        for path in self._paths():
            with contextlib.suppress(OSError):
                if path.stat().st_size == len(data) and (message := _read(path)).data == data:
                    yield message

    def publish(self, data: bytes) -> Path:
        """Write a message under the next number that is free."""
        self.make()
        number = 0
        while True:
            path = self.path / f"{number:04}.cbor"
            if not path.exists():
                try:
                    write_file(path, data, replace=False)
                except WorkerError as error:
                    if not isinstance(error.__cause__, FileExistsError):
                        raise
                else:
                    return path
            number += 1

    def game(self) -> Game | None:
        """What the referee has published; None if it hasn't opened the dispute yet. Raises WorkerError for damage."""
        if not self.game_path.exists():
            return None
        advice = "it is the referee's file, and only the referee may write to it"
        with content_errors("the record of a dispute", self.game_path, advice):
            return decode_object(Game, read_file(self.game_path))

    def keep(self, game: Game) -> None:
        """Publish what the referee knows."""
        write_file(self.game_path, encode_object(game))

    def answers(self) -> Iterator[Mapping[str, Any]]:
        """The referee's answers, in order; a line that was cut off by a crash, or that is none of its, is left out."""
        if not self.answers_path.exists():
            return
        with file_errors("read", self.answers_path), open(self.answers_path, "rb") as file:
            for line in _lines(file):
                try:
                    said = json.loads(line)
                except (ValueError, RecursionError):
                    continue
                if isinstance(said, dict) and isinstance(said.get("file"), str) and isinstance(said.get("sha256"), str):
                    yield said

    def answer(self, said: Mapping[str, Any]) -> None:
        """Add an answer, and make it last."""
        line = json.dumps(said, ensure_ascii=False).encode() + b"\n"
        with file_errors("write", self.answers_path), open(self.answers_path, "a+b") as file:
            if file.tell() and _last_byte(file) != b"\n":
                line = b"\n" + line
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self.path)


def _read(path: Path) -> Message:
    with open(path, "rb") as file:
        return Message(path, file.read(MAX_BYTES + 1))


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of at most `MAX_ANSWER` bytes, each with its end; of what is longer, nothing is kept."""
    begins = True
    while part := file.readline(MAX_ANSWER):
        ends = part.endswith(b"\n")
        if begins and ends:
            yield part
        begins = ends


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _last_byte(file: Any) -> bytes:
    file.seek(-1, 2)
    last: bytes = file.read(1)
    return last
