"""Proving segments of a finished run, from the nearest checkpoint before each, without running it all again."""

from __future__ import annotations

import bisect
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

from ..protocol.encoding.cbor import MAX_BYTES, MAX_ITEMS
from ..protocol.encoding.schema import encode_object
from ..protocol.errors import SemanticError
from ..protocol.machine.context import Context
from ..protocol.machine.executor import Executor
from ..protocol.machine.state import REGION_SIZE, MachineState, state_hash
from ..protocol.regions import Input, InputPages, Region
from ..protocol.trees import memory, trace
from ..protocol.trees.memory import MemoryTree
from ..protocol.work import segment as segments
from ..protocol.work.claim import Claim
from ..protocol.work.segment import MAX_PROOF_SEGMENTS, MAX_WITNESS_PAGES, Segment, SegmentProof
from ..protocol.work.tracing import begin
from . import executors
from .checkpoints import Checkpoint, Damaged
from .errors import WorkerError, file_errors
from .executors import Choice, Engine, Slicer
from .files import Data, Source, open_source
from .limits import Limits
from .materials import Materials, check_input_length, check_input_root, check_program, read_program
from .store import Store, split_leaves

Wanted: TypeAlias = "Sequence[int] | Literal['all', 'last']"
"""Segment numbers in any order, or a word for them."""

_MEND = "run the unit again in this folder, which mends it"
_ITEMS_APART = 64
"""Data items in a segment beside its page numbers, generously; also in a claim."""


def prove(
    folder: str | os.PathLike[str],
    wanted: Wanted,
    *,
    engine: Engine = "auto",
    program: Source | None = None,
    input: Source | None = None,
    progress: Callable[[int, int, int], None] | None = None,
) -> SegmentProof:
    """The proof of some segments of the run in a folder that holds its claim. The folder isn't changed.

    Program and input are those in the folder unless others are given. `progress` is told several times a second how
    many segments are done, of how many, and how many steps were executed for them. Every segment is compared to the
    run's leaves before it is given away. Raises WorkerError.
    """
    choice = executors.choose(engine)
    store = Store(folder)
    with file_errors("read", store.folder):
        claim = _finished(store)
        leaves = split_leaves(store.leaves())[: claim.body.leaf_count]
        if len(leaves) < claim.body.leaf_count:
            raise WorkerError(f"{store.leaves_path} is cut off", _MEND)
        traced = trace.TraceTree(leaves, claim.context.trace_height)
        if traced.root != claim.body.trace_root:
            raise WorkerError(f"{store.leaves_path} is damaged: it is not the claim's trace", _MEND)
        numbers = _numbers(wanted, claim)
        materials, tree = _materials(store, claim.context, program, input)
        walker = _Walker(store, claim, leaves, materials, tree, choice)
        made: list[Segment] = []
        if progress is not None:
            walker.report = lambda steps: progress(len(made), len(numbers), steps)
        room = _Room(len(encode_object(claim)))
        for number in numbers:
            made.append(walker.segment(number))
            room.take(made, len(numbers))
            walker.tell()
    return segments.make_proof(claim, traced, made)


def _finished(store: Store) -> Claim:
    """The claim in a folder whose run has ended."""
    unit, claim = store.unit(), store.claim()
    if claim is None:
        raise WorkerError(f"{store.folder} holds no claim yet", "run the unit to its end first")
    if claim.unit != unit:
        raise WorkerError(f"the claim in {store.folder} is about another unit", _MEND)
    return claim


def _numbers(wanted: Wanted, claim: Claim) -> list[int]:
    """The segments to prove, ascending, each once."""
    count = claim.body.segments
    if wanted == "last":
        return [count - 1]
    numbers = list(range(count)) if wanted == "all" else sorted({int(number) for number in wanted})
    if not numbers:
        raise WorkerError("no segment to prove", f"name at least one of 0 to {count - 1}")
    if numbers[0] < 0 or numbers[-1] >= count:
        wrong = numbers[0] if numbers[0] < 0 else numbers[-1]
        raise WorkerError(f"the claim has no segment {wrong}", f"its segments are 0 to {count - 1}")
    if len(numbers) > MAX_PROOF_SEGMENTS:
        raise WorkerError(
            f"a proof holds at most {MAX_PROOF_SEGMENTS} segments, and these are {len(numbers)}",
            "prove them in several files",
        )
    return numbers


def _materials(
    store: Store, context: Context, program: Source | None, given: Source | None
) -> tuple[Materials, MemoryTree]:
    """Program and input, checked against the unit, and the memory tree in which the run began."""
    for path, source, name in ((store.program_path, program, "program"), (store.input_path, given, "input")):
        if source is None and not path.exists():
            raise WorkerError(f"{path} is missing", f"give it with --{name}")
    program = store.program_path if program is None else program
    given = store.input_path if given is None else given
    loaded = read_program(program)
    check_program(loaded, context, program)
    data = open_source(given, REGION_SIZE)
    check_input_length(len(data), context, given)
    # The tree has the input's root as one of its nodes: that is the check, and no page is hashed twice.
    materials = Materials(loaded, Input(Region(len(data), context.input_root), InputPages(data)))
    tree = materials.tree(input_leaves=True)
    root = tree.node(memory.REGION_HEIGHT, memory.INPUT_FIRST_PAGE >> memory.REGION_HEIGHT)
    check_input_root(root, context, given)
    return materials, tree


class _Room:
    """How much of a proof's largest size is used."""

    def __init__(self, claim_size: int) -> None:
        self._bytes = claim_size + 1024
        self._items = _ITEMS_APART

    def take(self, made: Sequence[Segment], wanted: int) -> None:
        """Count the last segment made, with its leaves' share. Raises WorkerError if it is too much."""
        last = made[-1]
        pages = len(last.pages) + len(last.zero_pages)
        leaves = 2 * (trace.MAX_HEIGHT + 1) * 32
        self._bytes += len(last.content) + len(last.siblings) + 5 * pages + leaves + 512
        self._items += pages + _ITEMS_APART
        if self._bytes > MAX_BYTES or self._items > MAX_ITEMS:
            fit = len(made) - 1
            raise WorkerError(
                f"a proof of these {wanted} segments is larger than the {MAX_BYTES >> 20} MiB that the protocol allows",
                f"the first {fit} of them fit in one file" if fit else "this segment can't be proven in one file",
            )


class _Pulled(dict[int, bytearray]):
    """Memory that copies a page from elsewhere when it is first touched, up to what a witness holds."""

    def __init__(self, page: Callable[[int], Data], segment: int) -> None:
        super().__init__()
        self._page = page
        self._segment = segment

    def __missing__(self, number: int) -> bytearray:
        if len(self) >= MAX_WITNESS_PAGES:
            raise WorkerError(
                f"segment {self._segment} touches more than the {MAX_WITNESS_PAGES} pages that a witness holds",
                "such a segment is settled by a dispute; units with a smaller --segment-log2 avoid it",
            )
        page = self[number] = bytearray(self._page(number))
        return page


class _Walker:
    """Stands at the beginning of one segment after the other, with the memory tree that the run had there."""

    def __init__(
        self,
        store: Store,
        claim: Claim,
        leaves: Sequence[bytes],
        materials: Materials,
        tree: MemoryTree,
        choice: Choice,
    ) -> None:
        """`tree` is that of the beginning, with the input's leaves."""
        self._store, self._context = store, claim.context
        self._unit, self._leaves, self._materials, self._choice = claim.unit.id, leaves, materials, choice
        self._checkpoints = [count - 1 for count in store.checkpoints()]
        self._image_leaves = materials.image_leaves()
        self._tree = tree
        self._changed: set[int] = set()
        """Pages whose leaf in the tree may differ from that of program and input."""
        self._executor: Executor | None = None
        self._at = 0
        """The segment that begins where the executor stands."""
        self._ahead: MachineState | None = None
        """Where the last segment proven ended: the next one needs no walk."""
        self._over: dict[int, bytes] = {}
        """Pages that differ there from those where the executor stands."""
        self._limit = Limits().pages
        self._slicer = Slicer(self._limit)
        self._load_seconds = self._walk_seconds = 0.0
        self._walked = self._tracked = 0
        self.report: Callable[[int], None] = lambda steps: None
        """Told how many steps have been executed."""

    def segment(self, number: int) -> Segment:
        """One segment with its witness. The walker goes forward only: the numbers have to ascend."""
        if self._ahead is None or self._ahead.steps != number << self._context.segment_log2:
            self._over.clear()
            self._ahead = self._go(number)
        state, context = self._ahead, self._context
        tracked = self._choice.factory(context, state.copy(), _Pulled(self._page, number), track_reads=True)
        self._tracked += self._execute(tracked, min((number + 1) << context.segment_log2, context.max_steps))
        contents = {page: bytes(self._page(page)) for page in tracked.touched()}
        try:
            made = segments.make_segment(number, state, self._tree, contents, list(contents))
        except SemanticError as error:
            raise WorkerError(
                f"segment {number} can't be proven: {error}", "units with a smaller --segment-log2 avoid it"
            ) from error
        after = ((page, bytes(tracked.page(page))) for page in contents)
        changed = {page: content for page, content in after if content != contents[page]}
        self._over.update(changed)
        self._put(changed)
        self._ahead = tracked.state.copy()
        self._compare(number + 1, self._ahead)
        return made

    def _page(self, number: int) -> Data:
        """A page where the last segment proven ended, or else where the executor stands."""
        content = self._over.get(number)
        if content is not None:
            return content
        assert self._executor is not None
        return self._executor.page(number)

    def _put(self, pages: Mapping[int, Data]) -> None:
        """Put pages into the tree."""
        self._tree.update({page: memory.hash_page(content) for page, content in pages.items()})
        self._changed.update(pages)

    def _go(self, number: int) -> MachineState:
        """Bring the executor, and the tree with it, to where a segment begins; the state there."""
        executor = self._approach(number)
        begun = time.perf_counter()
        self._walked += self._execute(executor, number << self._context.segment_log2)
        self._walk_seconds += time.perf_counter() - begun
        self._put({page: executor.page(page) for page in executor.written()})
        self._at = number
        self._compare(number, executor.state)
        return executor.state.copy()

    def _execute(self, executor: Executor, until: int) -> int:
        """Run an executor to a step; how many steps that took."""
        before = executor.state.steps
        while self._slicer.next(executor, until):
            self.report(self._walked + self._tracked + executor.state.steps - before)
        return executor.state.steps - before

    def tell(self) -> None:
        """Report how many steps have been executed."""
        self.report(self._walked + self._tracked)

    def _approach(self, number: int) -> Executor:
        """An executor at or before a segment: the one that is there, or one from the last good checkpoint."""
        for segment in reversed(self._checkpoints[: bisect.bisect_right(self._checkpoints, number)]):
            if self._executor is not None and not self._nearer(segment):
                break
            if (found := self._checkpoint(segment)) is not None:
                return self._stand(segment, found.state.copy(), found.pages)
        if self._executor is not None:
            return self._executor
        self._reset({})
        return self._stand(0, begin(self._context), {})

    def _nearer(self, segment: int) -> bool:
        """Whether going on from a checkpoint is faster than from where the executor stands."""
        if segment <= self._at or not self._walk_seconds:
            return segment > self._at
        rate = self._walked / self._walk_seconds
        return ((segment - self._at) << self._context.segment_log2) > rate * self._load_seconds

    def _checkpoint(self, segment: int) -> Checkpoint | None:
        """The checkpoint where a segment begins, checked, with the tree being its own; None if it can't be used."""
        try:
            found = self._store.checkpoint(self._unit, segment + 1, self._context.segment_log2)
            self._reset(found.pages)
            # If this fails, the tree doesn't belong to where the executor stands any more.
            self._executor = None
            found.check(self._context, self._tree, self._leaves[segment])
        except Damaged:
            return None
        return found

    def _reset(self, pages: Mapping[int, Data]) -> None:
        """Make the tree that of program and input, but for `pages`, which are about to be put in."""
        zero = memory.zero_roots()[0]
        self._tree.update({page: self._image_leaves.get(page, zero) for page in self._changed if page not in pages})
        self._changed = set(pages)

    def _stand(self, segment: int, state: MachineState, pages: Mapping[int, Data]) -> Executor:
        """A new executor at the beginning of a segment; the one before is given up first, as it may be large."""
        self._executor = None
        begun = time.perf_counter()
        made = self._choice.run(self._context, state, self._materials.memory(pages, self._limit), self._limit)
        self._load_seconds = time.perf_counter() - begun
        self._executor, self._at = made, segment
        return made

    def _compare(self, leaf: int, state: MachineState) -> None:
        """Raise WorkerError unless a state, with the tree as its memory, is the run's at a boundary."""
        if state_hash(self._context.hash, state, self._tree.root) != self._leaves[leaf]:
            raise WorkerError(
                f"executing the unit gives another state than leaf {leaf} of the run in {self._store.folder}",
                "the run or this host is at fault: run the unit in another folder with `--engine reference`",
            )
