"""How long executing will take, and how far it has come: for whoever waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..protocol.machine.context import Context
from ..protocol.machine.executor import DebugSink, Executor, ExecutorFactory
from ..protocol.machine.state import MachineState
from ..protocol.work.tracing import begin
from .executors import Slicer
from .materials import Materials

TRIAL_SECONDS = 0.3
"""How long a trial runs at most, about."""


def estimate(context: Context, materials: Materials, factory: ExecutorFactory, steps: int) -> float:
    """Seconds that executing `steps` steps from the beginning will take, by how long the first of them take."""
    executor = factory(context, begin(context), materials.memory())
    slicer, start = Slicer(), time.perf_counter()
    while slicer.next(executor, min(steps, context.max_steps)):
        if time.perf_counter() - start > TRIAL_SECONDS:
            break
    seconds, executed = time.perf_counter() - start, max(executor.state.steps, 1)
    return seconds * steps / executed


def watched(factory: ExecutorFactory, report: Callable[[int], None]) -> ExecutorFactory:
    """A factory of the same executors, which tell `report` several times a second how many steps all have executed."""
    lock, done = threading.Lock(), 0

    def count(steps: int) -> None:
        nonlocal done
        with lock:
            done += steps
            report(done)

    def make(
        context: Context,
        state: MachineState,
        pages: dict[int, bytearray],
        track_reads: bool = False,
        debug: DebugSink | None = None,
    ) -> Executor:
        return _Watched(factory(context, state, pages, track_reads, debug), count)

    return make


class _Watched:
    """An executor that tells how many steps it has executed since it last did."""

    def __init__(self, inner: Executor, count: Callable[[int], None]) -> None:
        self._inner, self._count, self._slicer = inner, count, Slicer()

    @property
    def state(self) -> MachineState:
        """The current state."""
        return self._inner.state

    @state.setter
    def state(self, state: MachineState) -> None:
        self._inner.state = state

    def run(self, until: int) -> None:
        """Step until `until`, reporting on the way."""
        more = True
        while more:
            before = self._inner.state.steps
            more = self._slicer.next(self._inner, until)
            self._count(self._inner.state.steps - before)

    def written(self) -> list[int]:
        """Page numbers written since this was last asked."""
        return self._inner.written()

    def touched(self) -> list[int]:
        """Page numbers touched since this was last asked."""
        return self._inner.touched()

    def page(self, number: int) -> bytes | bytearray | memoryview:
        """The content of a page."""
        return self._inner.page(number)
