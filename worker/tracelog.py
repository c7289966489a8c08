"""A run step by step, with the hash of every state and what it covers; and where two such logs part.

A log is lines of JSON, one a step, after a first line for the state in which it begins. Integers are decimal strings
and bytes hexadecimal, as in vectors. Other implementations' logs may leave members out, add some, or write integers as
JSON numbers or as 0x….
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..protocol.machine.context import Context
from ..protocol.machine.executor import Executor, ExecutorFactory
from ..protocol.machine.state import REGISTERS, MachineState, state_hash, state_preimage
from ..protocol.machine.stepping import Step, walk
from ..protocol.trees.memory import MemoryTree, hash_page
from ..protocol.work.tracing import begin
from .errors import WorkerError
from .executors import Slicer
from .materials import Materials

COMPARED: Final = ("pc", "word", "registers", "memory", "status", "code", "state_hash", "preimage")
"""The members of a line that a comparison looks at, where both logs have them."""

MAX_LINE: Final = 8192
"""Longest line of somebody else's log that is read, in characters; ours have under 2000."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A state on the way, and the step that led there; None for the state in which the log begins."""

    step: Step | None
    state: MachineState
    hash: bytes
    preimage: bytes
    """The 337 bytes that the hash covers (MCH-022)."""


def follow(
    context: Context,
    materials: Materials,
    factory: ExecutorFactory,
    start: int,
    end: int,
    report: Callable[[int], None] = lambda steps: None,
) -> Iterator[Logged]:
    """The state at step `start`, then every step up to step `end` or to the end of the run.

    `report` is told how far the way to `start` has been gone. Raises WorkerError if the run ends before.
    """
    executor = factory(context, begin(context), materials.memory())
    slicer = Slicer()
    while slicer.next(executor, min(start, context.max_steps)):
        report(executor.state.steps)
    if executor.state.steps < start:
        raise WorkerError(f"the run ends at step {executor.state.steps}, before step {start}", "look at earlier steps")
    tree, context_hash = materials.tree(input_leaves=False), context.hash
    yield _logged(None, executor, tree, context_hash)
    for step in walk(executor, context, min(end, context.max_steps)):
        yield _logged(step, executor, tree, context_hash)


def _logged(step: Step | None, executor: Executor, tree: MemoryTree, context_hash: bytes) -> Logged:
    written = executor.written()
    if written:
        tree.update({number: hash_page(executor.page(number)) for number in written})
    state = executor.state.copy()
    return Logged(
        step, state, state_hash(context_hash, state, tree.root), state_preimage(context_hash, state, tree.root)
    )


def line(logged: Logged) -> dict[str, Any]:
    """The members of a log's line; integers and bytes are not spelled yet."""
    step, state = logged.step, logged.state
    hashed = {"state_hash": logged.hash, "preimage": logged.preimage}
    status = {"status": state.status.name.lower().replace("_", "-"), "code": state.code}
    if step is None:
        return {"begin": state.steps, "pc": state.pc, **status, **hashed}
    said: dict[str, Any] = {"step": step.number, "pc": step.pc}
    if step.word is not None:
        said["word"] = step.word
    said["text"] = step.text
    said["registers"] = {f"x{change.register}": change.after for change in step.registers}
    if step.memory is not None:
        access = step.memory
        said["memory"] = {"kind": "store" if access.store else "load", "address": access.address}
        said["memory"] |= {"before": access.before, "after": access.after}
    return said | status | hashed


@dataclass(frozen=True, slots=True)
class Difference:
    """A member in which two logs' lines differ; for a preimage, the part of it."""

    name: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Parting:
    """The first place where two logs differ."""

    ours: Logged
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far two logs agree."""

    compared: int
    """Lines that both have."""
    parting: Parting | None
    """Where they part, if they do."""
    missing: bool
    """Whether the other log lacks a line of ours, without any difference before."""


def compare(ours: Iterable[Logged], theirs: Iterable[str], name: str) -> Comparison:
    """Compare a run with another implementation's log, up to the first difference. Raises WorkerError.

    Lines are matched by their number. Ours that the other log doesn't begin with are passed over, and so are its own
    that come before ours.
    """
    others = _Lines(theirs, name)
    compared = 0
    for logged in ours:
        other = others.find(logged)
        if other is None:
            if compared and others.ended and logged.step is not None:
                return Comparison(compared, None, missing=True)
            continue
        compared += 1
        found = tuple(_differences(line(logged), other))
        if found:
            return Comparison(compared, Parting(logged, found), missing=False)
    return Comparison(compared, None, missing=compared == 0)


class _Lines:
    """The lines of somebody else's log, as they are asked for."""

    def __init__(self, lines: Iterable[str], name: str) -> None:
        self._lines = enumerate(lines, 1)
        self._name = name
        self._held: dict[str, Any] | None = None
        self.ended = False

    def find(self, logged: Logged) -> dict[str, Any] | None:
        """The line for a state, if there is one; lines before it are passed over."""
        wanted = logged.state.steps
        while (held := self._peek()) is not None:
            at = _place(held)
            if at > wanted or (at == wanted and "begin" not in held and logged.step is None):
                return None
            self._held = None
            if at == wanted and ("begin" in held) == (logged.step is None):
                return held
        return None

    def _peek(self) -> dict[str, Any] | None:
        while self._held is None and not self.ended:
            number, text = next(self._lines, (0, ""))
            if not number:
                self.ended = True
            elif text.strip():
                self._held = self._parse(number, text)
        return self._held

    def _parse(self, number: int, text: str) -> dict[str, Any]:
        try:
            # A short line can't nest deep: a library that raises Python's recursion limit takes its own guard away.
            found = json.loads(text) if len(text) <= MAX_LINE else None
            if isinstance(found, dict) and ("step" in found or "begin" in found):
                _place(found)
                return found
        except (ValueError, RecursionError):
            pass
        raise WorkerError(
            f"line {number} of {self._name} is no line of a trace",
            'it should be a JSON object with "step", such as `tracework trace --json` prints',
        )


def _place(found: dict[str, Any]) -> int:
    """The step count of the state that a line is about. ValueError if it doesn't tell."""
    number = _number(found["step"] if "step" in found else found["begin"])
    if number is None:
        raise ValueError
    return number + ("step" in found)


def _number(value: Any) -> int | None:
    """An integer in any of the spellings that occur; None if it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) < 100:
        try:
            return int(value, 16 if value.lower().startswith("0x") else 10)
        except ValueError:
            return None
    return None


def _differences(ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[Difference]:
    for name in COMPARED:
        if name not in theirs or (name not in ours and name != "memory"):
            continue
        mine, other = ours.get(name), theirs[name]
        if name in ("registers", "memory"):
            yield from _inside(name, mine, other)
        elif name == "preimage" and isinstance(mine, bytes):
            yield from _in_preimage(mine, other)
        elif not _equal(mine, other):
            yield Difference(name, _spell(mine), _spell(other))


def _inside(name: str, mine: Any, other: Any) -> Iterator[Difference]:
    """Differences between objects, member by member; a register that didn't change may be left out or not."""
    if mine is None and name == "memory":
        mine = {}
    if not isinstance(mine, dict) or not isinstance(other, dict):
        if mine or other:
            yield Difference(name, _spell(mine), _spell(other))
        return
    for member in sorted({*mine, *other}, key=lambda key: (len(key), key)):
        if member in mine and member not in other and name == "memory":
            continue
        if member not in mine and name == "registers" and _number(other[member]) is None:
            continue
        if not _equal(mine.get(member), other.get(member)):
            yield Difference(f"{name}.{member}", _spell(mine.get(member)), _spell(other.get(member)))


def _equal(mine: Any, other: Any) -> bool:
    if isinstance(mine, bytes):
        return isinstance(other, str) and other.lower().removeprefix("0x") == mine.hex()
    if isinstance(mine, int):
        return _number(other) == mine
    return bool(mine == other)


def _spell(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value} (0x{value:x})"
    return "nothing" if value is None else value if isinstance(value, str) else json.dumps(value, default=_spell)


_PARTS: Final = (
    ("context hash", 32),
    ("status", 1),
    ("code", 8),
    ("pc", 8),
    *((f"x{number}", 8) for number in range(1, REGISTERS)),
    ("steps", 8),
    ("memory root", 32),
)


def _in_preimage(mine: bytes, other: Any) -> Iterator[Difference]:
    """The parts of a state's preimage in which two differ."""
    try:
        theirs = bytes.fromhex(str(other).lower().removeprefix("0x"))
    except ValueError:
        theirs = b""
    if len(theirs) != len(mine):
        yield Difference("preimage", f"{len(mine)} bytes", f"{len(theirs)} bytes, or no hexadecimal digits")
        return
    at = 0
    for name, length in _PARTS:
        one, two = mine[at : at + length], theirs[at : at + length]
        if one != two:
            if length == 32:
                yield Difference(f"preimage: {name}", one.hex(), two.hex())
            else:
                numbers = (int.from_bytes(part, "little") for part in (one, two))
                yield Difference(f"preimage: {name}", *map(_spell, numbers))
        at += length
