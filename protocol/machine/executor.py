"""The interface that the reference interpreter and the engine share, and the memories that they run on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from ..errors import ExecutionError
from .context import Context
from .state import PAGE_SIZE, MachineState

DebugSink = Callable[[bytes], None]
"""Receives the text of each debug ecall (MCH-062), at most 4096 bytes a call; it can't change a result."""


class Executor(Protocol):
    """Steps one machine. Two executors given the same arguments reach the same states (design: one meaning)."""

    state: MachineState
    """The current state; valid whenever `run` isn't under way."""

    def run(self, until: int) -> None:
        """Step until `state.steps == until` or the state is final. `until` may not lie in the past."""

    def written(self) -> list[int]:
        """Page numbers written since this was last asked, ascending, each once; asking forgets them.

        A superset is allowed only by pages that some store of the run addressed.
        """

    def touched(self) -> list[int]:
        """Page numbers fetched from, read or written since this was last asked (MCH-070), ascending; asking forgets.

        Exact: two executors give the same list. Raises ValueError unless the executor was made with `track_reads`.
        """

    def page(self, number: int) -> bytes | bytearray | memoryview:
        """The 4096 bytes of a page as they are now. A view is valid until the next `run`."""


class FullMemory(dict[int, bytearray]):
    """Memory as the machine defines it: every page exists, and is zero where nothing was put (MCH-010).

    Iterating names every page that may be other than zero. A subclass can fetch pages when they are looked up, as long
    as that holds.
    """

    def __missing__(self, number: int) -> bytearray:
        page = self[number] = bytearray(PAGE_SIZE)
        return page

    def blocks(self) -> Iterator[tuple[int, bytes | bytearray | memoryview]]:
        """All content as first page and bytes of one or more pages; where blocks overlap, the later one counts."""
        yield from self.items()


class WitnessMemory(dict[int, bytearray]):
    """The pages of a witness; reaching any other makes the evidence invalid, never the machine fault (SEG-030)."""

    def __missing__(self, number: int) -> bytearray:
        raise ExecutionError(
            "witness-incomplete",
            f"the execution reaches page {number}, which the witness does not hold",
            requirement="SEG-030",
            where=f"page {number}",
        )


class ExecutorFactory(Protocol):
    """Makes an executor over `pages`, which it may change in place and whose missing-key behaviour it honours."""

    def __call__(
        self,
        context: Context,
        state: MachineState,
        pages: dict[int, bytearray],
        track_reads: bool = False,
        debug: DebugSink | None = None,
    ) -> Executor:
        """An executor that stands at `state`."""
