"""Which executor runs a unit: the engine where this host can, the reference interpreter everywhere."""

from __future__ import annotations

import functools
import threading
import time
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..protocol.machine import engine as engines
from ..protocol.machine.context import Context
from ..protocol.machine.engine import EngineCache
from ..protocol.machine.engine.host import Instance
from ..protocol.machine.executor import DebugSink, Executor, ExecutorFactory
from ..protocol.machine.interpreter import Interpreter
from ..protocol.machine.state import PAGE_SIZE, MachineState
from ..protocol.trees import memory
from .errors import WorkerError
from .materials import LazyMemory, memory_limit_reached

Engine: TypeAlias = Literal["auto", "reference", "wasm"]
"""What a caller asks for; "auto" takes the fastest that works here. All give the same results, to the bit."""

_SLICE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Choice:
    """The executor that was chosen."""

    name: str
    """`wasm` or `reference`."""
    factory: ExecutorFactory
    """Makes one without limits: for verification, and for runs as short as a segment's."""
    warning: str | None = None
    """Why it isn't a faster one, if the caller left the choice open."""
    cache: EngineCache | None = None
    """The engine's translations; None for the reference interpreter."""

    def run(
        self,
        context: Context,
        state: MachineState,
        pages: LazyMemory,
        page_limit: int,
        debug: DebugSink | None = None,
    ) -> Executor:
        """An executor for a long run that may not use more than so many pages."""
        if self.cache is None:
            return Interpreter(context, state, pages, debug=debug)
        limits = engines.Limits(memory=page_limit * PAGE_SIZE)
        return _engine(context, state, pages, debug=debug, cache=self.cache, limits=limits)


@functools.cache
def choose(engine: Engine = "auto") -> Choice:
    """The executor to use. Raises WorkerError if a certain one was asked for that can't run here."""
    if engine == "reference":
        return Choice("reference", Interpreter)
    try:
        cache = engines.EngineCache(_runtime(), lock=threading.Lock())
        Instance(cache.runtime, track=False, code_size=PAGE_SIZE)
    except engines.EngineUnavailable as error:
        if engine == "wasm":
            raise WorkerError(f"the engine can't run here: {_line(error)}", "use `--engine reference`") from error
        return Choice(
            "reference", Interpreter, f"running with the reference interpreter, which is slow: {_line(error)}"
        )
    return Choice("wasm", functools.partial(_engine, cache=cache), cache=cache)


def _cannot_run(error: engines.EngineUnavailable) -> WorkerError:
    return WorkerError(f"the engine can't run here: {_line(error)}", "use `--engine reference`")


def _line(error: Exception) -> str:
    """What an error says, on one line."""
    return " ".join(str(error).split())


def _runtime() -> engines.Runtime:
    """wasmtime with its own compilation cache, or without where that has no place to be."""
    try:
        return engines.Runtime(cache=True)
    except engines.EngineUnavailable:
        raise
    except Exception:
        return engines.Runtime()


def _engine(
    context: Context,
    state: MachineState,
    pages: dict[int, bytearray],
    track_reads: bool = False,
    debug: DebugSink | None = None,
    *,
    cache: EngineCache,
    limits: engines.Limits | None = None,
) -> Executor:
    """One more engine; if this process has no room for its address space, an error that says so."""
    try:
        return engines.Engine(context, state, pages, track_reads, debug, cache=cache, limits=limits)
    except engines.EngineUnavailable as error:
        raise _cannot_run(error) from error


def has_failed(executor: Executor) -> bool:
    """Whether an engine has noticed a mistake of its own and left everything to the interpreter."""
    return isinstance(executor, engines.Engine) and executor.trapped


class Slicer:
    """Runs an executor far, in pieces of about a fifth of a second, so that somebody can look in between."""

    def __init__(self, page_limit: int = 1 << memory.HEIGHT) -> None:
        self._steps = 1 << 14
        self._page_limit = page_limit

    def next(self, executor: Executor, until: int) -> bool:
        """Run one piece on the way to `until`, or to the final state; whether that is still ahead."""
        at = executor.state.steps
        to = min(until, at + self._steps)
        begin = time.perf_counter()
        try:
            executor.run(to)
        except engines.HostLimit as error:
            raise memory_limit_reached(self._page_limit) from error
        seconds = time.perf_counter() - begin
        if to - at == self._steps:
            # Half or double it, no more at a time: speed differs from one part of a program to another.
            if seconds < _SLICE_SECONDS / 2:
                self._steps *= 2
            elif seconds > _SLICE_SECONDS * 2:
                self._steps = max(1024, self._steps // 2)
        return executor.state.steps < until and not executor.state.final
