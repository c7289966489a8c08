"""Which executor runs a unit: the engine where this host can, the reference interpreter everywhere."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..protocol.machine.executor import Executor, ExecutorFactory
from ..protocol.machine.interpreter import Interpreter
from .errors import WorkerError

Engine: TypeAlias = Literal["auto", "reference", "wasm"]
"""What a caller asks for; "auto" takes the fastest that works here. All give the same results, to the bit."""

_SLICE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Choice:
    """The executor that was chosen."""

    name: str
    """`wasm` or `reference`."""
    factory: ExecutorFactory
    warning: str | None = None
    """Why it isn't a faster one, if the caller left the choice open."""


def choose(engine: Engine = "auto") -> Choice:
    """The executor to use. Raises WorkerError if a certain one was asked for that can't run here."""
    if engine == "reference":
        return Choice("reference", Interpreter)
    missing = "this release has the reference interpreter only"
    if engine == "wasm":
        raise WorkerError(f"the engine can't run here: {missing}", "use `--engine reference`")
    return Choice("reference", Interpreter, None)


class Slicer:
    """Runs an executor far, in pieces of about a fifth of a second, so that somebody can look in between."""

    def __init__(self) -> None:
        self._steps = 1 << 14

    def next(self, executor: Executor, until: int) -> bool:
        """Run one piece on the way to `until`, or to the final state; whether that is still ahead."""
        at = executor.state.steps
        to = min(until, at + self._steps)
        begin = time.perf_counter()
        executor.run(to)
        seconds = time.perf_counter() - begin
        if to - at == self._steps:
            # Half or double it, no more at a time: speed differs from one part of a program to another.
            if seconds < _SLICE_SECONDS / 2:
                self._steps *= 2
            elif seconds > _SLICE_SECONDS * 2:
                self._steps = max(1024, self._steps // 2)
        return executor.state.steps < until and not executor.state.final
