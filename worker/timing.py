"""How long executing will take, and how far it has come: for whoever waits."""

from __future__ import annotations

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
    seconds = time.perf_counter() - start
    return seconds * steps / max(executor.state.steps, 1)


def watched(factory: ExecutorFactory, report: Callable[[int], None]) -> ExecutorFactory:
    """A factory of the same executors, which tell `report` several times a second at which step they are."""

    def make(
        context: Context,
        state: MachineState,
        pages: dict[int, bytearray],
        track_reads: bool = False,
        debug: DebugSink | None = None,
    ) -> Executor:
        return _Watched(factory(context, state, pages, track_reads, debug), report)

    return make


class _Watched:
    """An executor that reports."""

    def __init__(self, inner: Executor, report: Callable[[int], None]) -> None:
        self._inner, self._report, self._slicer = inner, report, Slicer()

    @property
    def state(self) -> MachineState:
        """The current state."""
        return self._inner.state

    @state.setter
    def state(self, state: MachineState) -> None:
        self._inner.state = state

    def run(self, until: int) -> None:
        """Step until `until`, reporting on the way."""
        while self._slicer.next(self._inner, until):
            self._report(self._inner.state.steps)
        self._report(self._inner.state.steps)

    def written(self) -> list[int]:
        """Page numbers written since this was last asked."""
        return self._inner.written()

    def touched(self) -> list[int]:
        """Page numbers touched since this was last asked."""
        return self._inner.touched()

    def page(self, number: int) -> bytes | bytearray | memoryview:
        """The content of a page."""
        return self._inner.page(number)
