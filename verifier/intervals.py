"""Executing a claim's unit in several intervals at once, from states that the worker kept (CLM-031).

Only a faster way to find that a claim is true: what is kept is hashed before it is believed, and when anything
disagrees the caller executes from the beginning, so that the verdict never depends on what was kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from ..protocol.machine.executor import ExecutorFactory, FullMemory
from ..protocol.machine.state import MachineState, state_hash
from ..protocol.program import Program
from ..protocol.regions import Input
from ..protocol.trees import memory
from ..protocol.trees.trace import TraceTree
from ..protocol.work.claim import Claim, first_leaf
from ..protocol.work.tracing import Tracer, begin, initial_memory, initial_tree

Pages = Mapping[int, bytes | bytearray | memoryview]
"""Page number to 4096 bytes."""


class Boundary(Protocol):
    """A kept state: where a segment begins."""

    @property
    def segment(self) -> int:
        """The segment that begins here."""

    @property
    def state(self) -> MachineState:
        """The state, but for its memory."""

    @property
    def pages(self) -> Pages:
        """The pages in which memory differs from program and input."""


class Mapper(Protocol):
    """Applies a function to each interval: the built-in `map`, or one that uses several threads."""

    def __call__(self, function: Callable[[_Interval], bool], tasks: Iterable[_Interval], /) -> Iterable[bool]:
        """The results in the order of the tasks."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a worker keeps of a run: all leaves of its trace, and loaders of some boundaries, by segment, ascending."""

    leaves: Sequence[bytes]
    boundaries: Sequence[tuple[int, Callable[[], Boundary]]]


@dataclass(frozen=True, slots=True)
class _Interval:
    """From one boundary to the next; `load` is None for the beginning of the run, `end` for its end."""

    load: Callable[[], Boundary] | None
    end: int | None


def agrees(
    claim: Claim,
    program: Program,
    given: Input,
    kept: Kept,
    *,
    executor: ExecutorFactory,
    map: Mapper = map,
    memory_of: Callable[[Pages], FullMemory] | None = None,
) -> bool:
    """Whether executing every interval from its kept boundary gives every leaf of a claim whose openings hold.

    Then the claim is true: each interval begins in the state that a leaf commits to, and ends in the next one's. False
    says nothing: the claim may be false, or what was kept may be damaged. `memory_of` makes memory of program and input
    with some pages over them, for callers that can do so without a copy of the input.
    """
    leaves = list(kept.leaves)
    if len(leaves) != claim.body.leaf_count or leaves[-1] != claim.body.final_state:
        return False
    if TraceTree(leaves, claim.context.trace_height).root != claim.body.trace_root:
        return False
    if leaves[0] != first_leaf(claim.context):
        return False

    def over(pages: Pages) -> FullMemory:
        made = initial_memory(program.pages, given.pages)
        made.update((number, bytearray(content)) for number, content in pages.items())
        return made

    def execute(interval: _Interval) -> bool:
        return _executes(claim, program, given, leaves, interval, executor, memory_of or over)

    inside = [(segment, load) for segment, load in kept.boundaries if 0 < segment < claim.body.segments]
    starts: list[tuple[int, Callable[[], Boundary] | None]] = [(0, None), *inside]
    tasks = [_Interval(load, end) for (_, load), (end, _) in pairwise(starts)]
    return all(map(execute, [*tasks, _Interval(starts[-1][1], None)]))


def _executes(
    claim: Claim,
    program: Program,
    given: Input,
    leaves: Sequence[bytes],
    interval: _Interval,
    executor: ExecutorFactory,
    memory_of: Callable[[Pages], FullMemory],
) -> bool:
    """Whether one interval begins in its leaf's state and gives every leaf up to its end."""
    context = claim.context
    at, state, pages = 0, begin(context), {}
    tree = initial_tree(program.pages, given.root)
    if interval.load is not None:
        boundary = interval.load()
        at, state, pages = boundary.segment, boundary.state.copy(), dict(boundary.pages)
        tree.update({number: memory.hash_page(content) for number, content in pages.items()})
    if state.steps != at << context.segment_log2 or state_hash(context.hash, state, tree.root) != leaves[at]:
        return False
    tracer = Tracer(context, executor(context, state, memory_of(pages)), tree, leaves[: at + 1])
    end = len(leaves) - 1 if interval.end is None else interval.end
    while len(tracer.leaves) <= end:
        if tracer.finished or tracer.advance() != leaves[len(tracer.leaves) - 1]:
            return False
    return interval.end is not None or tracer.finished
