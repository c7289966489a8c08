"""Refuting other people's claims: a fault proof from what a worker has shown, and a re-execution.

What is needed is public once a claim is revealed: the claim, the leaves of its trace, the program and the input.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from ..protocol.encoding import cbor
from ..protocol.encoding.schema import decode_item, kind_of
from ..protocol.errors import ProtocolError, SemanticError
from ..protocol.machine.context import Context
from ..protocol.machine.executor import Executor
from ..protocol.machine.state import MachineState, state_hash
from ..protocol.trees import memory
from ..protocol.trees.memory import PAGE_SIZE, MemoryTree
from ..protocol.trees.trace import TraceTree
from ..protocol.work import claim as claims
from ..protocol.work.claim import Claim, first_leaf, pack_registers, without_openings
from ..protocol.work.fault import FinalState, LeafFault, ResultFault
from ..protocol.work.reveal import Reveal
from ..protocol.work.segment import MAX_WITNESS_PAGES, Segment, SegmentProof, make_proof, make_segment
from ..protocol.work.tracing import begin
from . import executors
from .errors import WorkerError, content_errors
from .executors import Choice, Engine
from .files import Source, read_file
from .materials import Materials, check_input_length, check_input_root, check_program, read_input, read_program
from .store import Store, split_leaves

FaultProof: TypeAlias = "LeafFault | ResultFault | SegmentProof"
"""What shows that a claim is false."""

SAVED: Final = 8
"""A state is kept again when the run has grown by one part in so many: going back costs no more than that."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a worker has shown of its work: a claim, and the leaves of its trace."""

    claim: Claim
    leaves: list[bytes]
    tree: TraceTree


def read_shown(source: str | os.PathLike[str]) -> Shown:
    """Claim and leaves from a work folder, or from a reveal's file. Raises WorkerError."""
    path = Path(source)
    if path.is_dir():
        store = Store(path)
        claim = store.claim()
        if claim is None:
            raise WorkerError(f"{path} holds no claim", "name a folder with a claim and its leaves, or a reveal")
        leaves = split_leaves(store.leaves())[: claim.body.leaf_count]
    else:
        with content_errors("a reveal", path, "name a work folder, or the reveal that a worker has published"):
            item = cbor.decode(read_file(path))
            if kind_of(item) != Reveal.KIND:
                raise WorkerError(f"{path} is no reveal", "name a work folder, or the reveal that a worker published")
            reveal = decode_item(Reveal, item)
        claim, leaves = reveal.claim, split_leaves(reveal.leaves)
    with content_errors("a signed claim", path, "a claim that nobody signed can't be refuted, and need not be"):
        claim.unit.verify()
        claims.check_unit(claim)
        claims.check_signature(claim)
    if len(leaves) != claim.body.leaf_count:
        raise WorkerError(f"{path} has {len(leaves)} leaves, and the claim {claim.body.leaf_count}", _INCOMPLETE)
    tree = TraceTree(leaves, claim.context.trace_height)
    if tree.root != claim.body.trace_root:
        raise WorkerError(f"the leaves in {path} are not those of the claim's trace", _INCOMPLETE)
    return Shown(claim, leaves, tree)


_INCOMPLETE = "without the claim's own leaves no fault proof can be made; ask the worker for its reveal"


def refute(
    source: str | os.PathLike[str],
    program: Source,
    input: Source,
    *,
    engine: Engine = "auto",
    progress: Callable[[int], None] | None = None,
) -> FaultProof | None:
    """A proof that a claim is false; None if it is true. Executes the unit up to the first wrong leaf.

    Raises WorkerError. `progress` is told how many steps are done.
    """
    shown = read_shown(source)
    proof = self_contradiction(shown)
    if proof is not None:
        return proof
    return _search(shown, program, input, engine, progress).find()


def _search(
    shown: Shown, program: Source, input: Source, engine: Engine, progress: Callable[[int], None] | None
) -> _Search:
    """The search for the first wrong segment, with program and input that are the unit's."""
    context = shown.claim.context
    loaded, given = read_program(program), read_input(input)
    check_program(loaded, context, program)
    check_input_length(given.length, context, input)
    check_input_root(given.root, context, input)
    return _Search(shown, Materials(loaded, given), executors.choose(engine), progress)


def disputable_segment(
    shown: Shown,
    program: Source,
    input: Source,
    *,
    engine: Engine = "auto",
    progress: Callable[[int], None] | None = None,
) -> int | None:
    """The first segment that begins in a right leaf and ends in a wrong one; None if there is none.

    A trace of right leaves that goes on after its end has none: a segment proof is what refutes it.
    """
    search = _search(shown, program, input, engine, progress)
    if shown.leaves[0] != first_leaf(shown.claim.context):
        return None
    found = search.first_wrong(ends_early=False)
    return None if found is None else found[1]


def self_contradiction(shown: Shown) -> LeafFault | ResultFault | None:
    """The proof that needs no execution: a wrong first leaf, a wrong last one, a result of another state."""
    claim, end = shown.claim, shown.claim.body.segments
    for index, due in ((0, first_leaf(claim.context)), (end, claim.body.final_state)):
        if shown.leaves[index] != due:
            path = shown.tree.proof([index])
            return LeafFault(claim=without_openings(claim), index=index, leaf=shown.leaves[index], path=path)
    try:
        claims.check_final_state(claim)
        claims.check_result(claim)
    except ProtocolError as error:
        if error.code != "wrong-result":
            return None  # the final state isn't opened: whatever is wrong shows in the last segment
        final, openings = claim.final, claim.openings
        opened = FinalState(
            status=final.status,
            code=final.code,
            pc=final.pc,
            registers=pack_registers(final.registers),
            steps=final.steps,
            low_root=openings.low_root,
            input_root=claim.context.input_root,
            output_root=claim.body.output_root,
        )
        return ResultFault(claim=without_openings(claim), final=opened)
    return None


@dataclass(frozen=True, slots=True)
class _Saved:
    """Where a run stood at a boundary."""

    segment: int
    state: MachineState
    tree: MemoryTree
    pages: Mapping[int, bytes]
    """Every page that was written up to there."""


class _Search:
    """Executes a unit beside its claimed trace, and proves the first segment that leads elsewhere than signed."""

    def __init__(
        self, shown: Shown, materials: Materials, choice: Choice, progress: Callable[[int], None] | None
    ) -> None:
        self._shown, self._materials, self._choice, self._progress = shown, materials, choice, progress
        self._context: Context = shown.claim.context
        self._hash = self._context.hash

    def find(self) -> SegmentProof | None:
        """The proof of the first wrong segment."""
        found = self.first_wrong()
        return None if found is None else self._prove(*found)

    def first_wrong(self, *, ends_early: bool = True) -> tuple[_Saved, int] | None:
        """The first wrong segment, with a saved state before it.

        With `ends_early`, one in which the machine stops is wrong if the claim goes on after it (SEG-026).
        """
        context, leaves = self._context, self._shown.leaves
        tree = self._materials.tree(input_leaves=True)
        machine = self._start(_Saved(0, begin(context), tree, {}))
        saved = _Saved(0, begin(context), tree.copy(), {})
        written: set[int] = set()
        for index in range(self._shown.claim.body.segments):
            if index >= saved.segment + max(1, saved.segment // SAVED) and index > saved.segment:
                pages = {number: bytes(machine.page(number)) for number in written}
                saved = _Saved(index, machine.state.copy(), tree.copy(), pages)
            written |= self._advance(machine, tree, index + 1)
            early = ends_early and machine.state.final and index + 1 < self._shown.claim.body.segments
            if early or state_hash(self._hash, machine.state, tree.root) != leaves[index + 1]:
                return saved, index
        return None

    def _start(self, saved: _Saved) -> Executor:
        return self._choice.factory(self._context, saved.state.copy(), self._materials.memory(saved.pages))

    def _advance(self, machine: Executor, tree: MemoryTree, boundary: int) -> set[int]:
        """Run to a boundary, and bring the tree up to it; the pages that were written."""
        machine.run(min(boundary << self._context.segment_log2, self._context.max_steps))
        written = machine.written()
        if written:
            tree.update({number: memory.hash_page(machine.page(number)) for number in written})
        if self._progress is not None:
            self._progress(machine.state.steps)
        return set(written)

    def _prove(self, saved: _Saved, index: int) -> SegmentProof:
        """The proof of a segment, from the last saved state before it."""
        tree = saved.tree.copy()
        machine = self._start(saved)
        if index > saved.segment:
            self._advance(machine, tree, index)
        state, pulled = machine.state.copy(), _Pulled(machine)
        ahead = self._choice.factory(self._context, state.copy(), pulled, track_reads=True)
        ahead.run(min((index + 1) << self._context.segment_log2, self._context.max_steps))
        try:
            segment: Segment = make_segment(index, state, tree, pulled.before, ahead.touched())
        except SemanticError as error:
            raise _too_large(index) from error
        return make_proof(self._shown.claim, self._shown.tree, [segment])


class _Pulled(dict[int, bytearray]):
    """Memory that copies another executor's pages when they are touched, and keeps how they were."""

    def __init__(self, executor: Executor) -> None:
        super().__init__()
        self._executor = executor
        self.before: dict[int, bytes] = {}

    def __missing__(self, number: int) -> bytearray:
        if len(self) >= 2 * MAX_WITNESS_PAGES:
            raise _too_large(None)
        content = self.before[number] = bytes(self._executor.page(number))
        page = self[number] = bytearray(content or bytes(PAGE_SIZE))
        return page


def _too_large(index: int | None) -> WorkerError:
    name = "the wrong segment" if index is None else f"segment {index}, the first wrong one,"
    return WorkerError(
        f"{name} touches more pages than a witness holds ({MAX_WITNESS_PAGES})",
        "it is settled by a dispute to one step: `tracework dispute`",
    )
