"""Every state inside one segment: executed again when asked for, as a tree, and as step fault proofs (spec/fault.md).

A segment of 2^24 steps has a tree of half a gibibyte. Only the nodes from a certain level on are kept; what is below
them is executed anew, block by block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Final

from ..hashing import DIGEST_SIZE, STEP_NODE
from ..machine.context import Context
from ..machine.executor import Executor, ExecutorFactory
from ..machine.interpreter import Interpreter
from ..machine.state import MachineState, state_hash
from ..trees import memory, merkle
from ..trees.memory import MemoryTree
from ..trees.trace import TraceTree
from . import witness
from .claim import SignedClaim, pack_registers
from .fault import StepFault, StepState, Subtrace, step_height
from .segment import Segment

BLOCK_LOG2: Final = 12
"""Nodes below this level of a subtrace's tree are executed anew instead of kept."""

Node = Callable[[int, int], bytes]
"""A tree's digests by level and position."""


class _Copied(dict[int, bytearray]):
    """Memory that copies a page when it is first touched, so that what it is made of stays as it is."""

    def __init__(self, source: Mapping[int, bytes | bytearray | memoryview]) -> None:
        super().__init__()
        self._source = source

    def __missing__(self, number: int) -> bytearray:
        page = self[number] = bytearray(self._source[number])
        return page


class SegmentStates:
    """The states of one segment, from what it begins with: a state, its memory tree, and its pages.

    `pages` has every page that the segment touches, or, by its missing-key behaviour, all pages. Nothing in it changes.
    `executor` is what goes to a place inside the segment. From there on the interpreter makes the steps: one at a time
    it is faster than an engine, each call of which costs more than a step.
    """

    def __init__(
        self,
        context: Context,
        index: int,
        begin: MachineState,
        tree: MemoryTree,
        pages: Mapping[int, bytes | bytearray | memoryview],
        executor: ExecutorFactory,
    ) -> None:
        self.context = context
        self.index = index
        self._context_hash = context.hash
        self._begin, self._tree, self._pages, self._factory = begin, tree, pages, executor

    @classmethod
    def of_segment(cls, context: Context, segment: Segment, executor: ExecutorFactory) -> SegmentStates:
        """The states of a segment that was proven: its witness holds, and has every page that it touches."""
        tree = (
            memory.tree_of_proof(witness.page_leaves(segment), segment.siblings) if segment.siblings else MemoryTree()
        )
        pages = witness.witness_memory(segment)
        return cls(context, segment.index, segment.begin(context.segment_log2), tree, pages, executor)

    @property
    def length(self) -> int:
        """Steps of a full segment."""
        return 1 << self.context.segment_log2

    def hashes(self, first: int = 0) -> Iterator[bytes]:
        """The state hashes after `first` steps of the segment and after each further one; a final state repeats."""
        reached, tree = self._run(first)
        machine = Interpreter(self.context, reached.state.copy(), _Pulled(reached))
        state, root, known = machine.state, tree.root, self._context_hash
        current = state_hash(known, state, root)
        yield current
        for _ in range(first, self.length):
            if not state.status:
                machine.run(state.steps + 1)
                if written := machine.written():
                    for number in written:
                        tree.put(number, memory.hash_page(machine.page(number)))
                    root = tree.root
                current = state_hash(known, state, root)
            yield current

    def before(self, position: int) -> StepState:
        """The state after so many steps of the segment, opened, with the pages that its next step touches."""
        machine, tree = self._run(position)
        state = machine.state.copy()
        contents = {number: bytes(page) for number, page in self._contents(machine, state).items()}
        return StepState(
            status=state.status,
            code=state.code,
            pc=state.pc,
            registers=pack_registers(state.registers),
            steps=state.steps,
            **witness.witness_fields(tree, contents, sorted(contents)),
        )

    def _contents(self, machine: Executor, state: MachineState) -> Mapping[int, bytes]:
        """The pages that a state's next step touches, as they are before it."""
        if state.final:
            return {}
        pulled = _Pulled(machine)
        ahead = self._factory(self.context, state.copy(), pulled, track_reads=True)
        ahead.run(state.steps + 1)
        return {number: pulled.before[number] for number in ahead.touched()}

    def _run(self, position: int) -> tuple[Executor, MemoryTree]:
        machine = self._factory(self.context, self._begin.copy(), _Copied(self._pages))
        tree = self._tree.copy()
        until = min(self._begin.steps + position, self.context.max_steps)
        machine.run(until)
        self._update(machine, tree)
        return machine, tree

    def _update(self, machine: Executor, tree: MemoryTree) -> None:
        written = machine.written()
        if written:
            tree.update({number: memory.hash_page(machine.page(number)) for number in written})


class _Pulled(dict[int, bytearray]):
    """Memory that copies another executor's pages, and keeps how they were."""

    def __init__(self, executor: Executor) -> None:
        super().__init__()
        self._executor = executor
        self.before: dict[int, bytes] = {}

    def __missing__(self, number: int) -> bytearray:
        self.before[number] = bytes(self._executor.page(number))
        page = self[number] = bytearray(self.before[number])
        return page


class SubtraceTree:
    """The tree over the states of a segment (FLT-021), of which only the upper part is kept.

    `hashes` gives the leaves from a position on, and can be asked again: the same ones each time. `kept` is that of an
    earlier tree over the same leaves, which then is there at once. `progress` is told how many leaves are done.
    """

    def __init__(
        self,
        hashes: Callable[[int], Iterator[bytes]],
        segment_log2: int,
        block_log2: int = BLOCK_LOG2,
        *,
        kept: bytes | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self._hashes = hashes
        self._log2 = segment_log2
        self.height = segment_log2 + 1
        self._block_log2 = min(block_log2, segment_log2)
        self.kept = self._make(progress) if kept is None else kept
        """The roots of all blocks, then the last leaf: what the tree can be made of again."""
        *roots, end = (self.kept[at : at + DIGEST_SIZE] for at in range(0, len(self.kept), DIGEST_SIZE))
        self._upper = TraceTree(roots, segment_log2 - self._block_log2, STEP_NODE)
        self._padding = merkle.constant_roots(STEP_NODE, end, segment_log2)
        self._root = merkle.hash_node(STEP_NODE, self._upper.root, self._padding[segment_log2])
        self._block: tuple[int, TraceTree] | None = None

    def _make(self, progress: Callable[[int], None] | None) -> bytes:
        """Go over all leaves once."""
        roots, size = [], 1 << self._block_log2
        leaves = self._hashes(0)
        for number in range(1 << (self._log2 - self._block_log2)):
            roots.append(merkle.root_of(STEP_NODE, list(islice(leaves, size))))
            if progress is not None:
                progress((number + 1) * size)
        return b"".join([*roots, next(leaves)])

    def node(self, level: int, position: int) -> bytes:
        """The digest at a level (0: leaves) and position."""
        if level == self.height:
            return self._root
        if position >> (self._log2 - level):
            return self._padding[level]
        if level >= self._block_log2:
            return self._upper.node(level - self._block_log2, position)
        number = position >> (self._block_log2 - level)
        if self._block is None or self._block[0] != number:
            leaves = list(islice(self._hashes(number << self._block_log2), 1 << self._block_log2))
            self._block = number, TraceTree(leaves, self._block_log2, STEP_NODE)
        return self._block[1].node(level, position - (number << (self._block_log2 - level)))

    @property
    def root(self) -> bytes:
        """The root, which a worker signs."""
        return self._root


def subtrace_tree(states: SegmentStates, block_log2: int = BLOCK_LOG2) -> SubtraceTree:
    """The tree of a segment's states; takes as long as executing and hashing each of them."""
    return SubtraceTree(states.hashes, states.context.segment_log2, block_log2)


def make_step_fault(claim: SignedClaim, subtrace: Subtrace, index: int, node: Node, before: StepState) -> StepFault:
    """The proof about the step from leaf `index` of a signed subtrace to the next; `node` gives its tree's digests."""
    pair = [index, index + 1]
    return StepFault(
        claim=claim,
        subtrace=subtrace,
        index=index,
        leaves=node(0, index) + node(0, index + 1),
        siblings=merkle.make_proof(pair, step_height(claim.context), node),
        before=before,
    )
