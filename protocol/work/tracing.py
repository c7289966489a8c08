"""Building a trace: one executor, one memory tree, one leaf at each segment boundary (spec/trace.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..machine.context import Context
from ..machine.executor import Executor, FullMemory
from ..machine.state import MachineState, entry_state, state_hash
from ..trees import memory, trace
from ..trees.memory import MemoryTree
from .claim import ClaimBody, Openings, pack_registers


def initial_memory(image: Mapping[int, bytes], given: Mapping[int, bytes]) -> FullMemory:
    """Memory as a run finds it: a program's pages and an input's, zeros elsewhere (MEM-006)."""
    pages = FullMemory((number, bytearray(content)) for number, content in image.items())
    pages.update((number, bytearray(content)) for number, content in given.items())
    return pages


def memory_tree(pages: Mapping[int, bytes | bytearray | memoryview]) -> MemoryTree:
    """The tree of memory that is all zero but for `pages` (number to 4096 bytes)."""
    tree = MemoryTree()
    tree.update({number: memory.hash_page(content) for number, content in pages.items()})
    return tree


def initial_tree(image: Mapping[int, bytes], input_root: bytes) -> MemoryTree:
    """The tree of `initial_memory`, in which the input's subtree is known by its root alone: nothing writes to it.

    It gives roots, and proofs of all pages but the input's.
    """
    tree = memory_tree(image)
    tree.graft(memory.REGION_HEIGHT, memory.INPUT_FIRST_PAGE >> memory.REGION_HEIGHT, input_root)
    return tree


def begin(context: Context) -> MachineState:
    """The state in which every run of a context begins (MCH-025)."""
    return entry_state(context.entry, context.input_length)


class Tracer:
    """Runs an executor from boundary to boundary and keeps the memory tree with it.

    `executor` stands at a boundary, and `tree` is the tree of its memory there. `leaves` are the leaves up to and
    including that boundary: none of them for a run that begins, whose first leaf is then made here.
    """

    def __init__(self, context: Context, executor: Executor, tree: MemoryTree, leaves: Sequence[bytes] = ()) -> None:
        self.context = context
        self.executor = executor
        self.tree = tree
        self._context_hash = context.hash
        self.leaves = list(leaves) or [self._state_hash()]
        self.written: set[int] = set()
        """Every page written since this tracer began: what a checkpoint has to keep."""

    def _state_hash(self) -> bytes:
        return state_hash(self._context_hash, self.executor.state, self.tree.root)

    @property
    def finished(self) -> bool:
        """Whether the run has reached its final state."""
        return self.executor.state.final

    def advance(self) -> bytes:
        """Execute one segment and give the leaf at its end (TRC-002), which is also appended to `leaves`."""
        until = min(len(self.leaves) << self.context.segment_log2, self.context.max_steps)
        self.executor.run(until)
        written = self.executor.written()
        if written:
            page = self.executor.page
            self.tree.update(memory.hash_pages(written, page))
            self.written.update(written)
        leaf = self._state_hash()
        self.leaves.append(leaf)
        return leaf

    def run(self) -> None:
        """Advance to the final state."""
        while not self.finished:
            self.advance()


def claim_fields(
    context: Context, state: MachineState, tree: MemoryTree, leaves: Sequence[bytes], *, unit: bytes, worker: bytes
) -> tuple[ClaimBody, Openings]:
    """The unsigned body and the openings of the claim on a finished run: its final state, memory tree and leaves."""
    traced = trace.TraceTree(leaves, context.trace_height)
    last = len(leaves) - 1
    body = ClaimBody(
        unit=unit,
        worker=worker,
        leaf_count=len(leaves),
        trace_root=traced.root,
        steps=state.steps,
        status=state.status,
        code=state.code,
        output_length=state.output_length,
        output_root=tree.node(memory.REGION_HEIGHT, memory.OUTPUT_FIRST_PAGE >> memory.REGION_HEIGHT),
        final_state=leaves[last],
    )
    openings = Openings(
        first_leaf=leaves[0],
        first_path=traced.proof([0]),
        last_path=traced.proof([last]),
        pc=state.pc,
        registers=pack_registers(state.registers),
        low_root=tree.node(memory.IMAGE_HEIGHT, 0),
    )
    return body, openings
