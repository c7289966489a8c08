"""Every state inside one segment of a run, for a dispute: as the machine has it, or as a worker claims it.

What takes long is done once and kept in the party's folder: `begin.bin`, where the segment begins (a checkpoint), and
`blocks`, the upper part of the tree over its states. All else is executed again when it is asked for.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from blake3 import blake3

from ..protocol.hashing import DIGEST_SIZE
from ..protocol.machine.context import Context
from ..protocol.machine.executor import Executor
from ..protocol.machine.state import MachineState, state_hash
from ..protocol.trees import memory
from ..protocol.trees.memory import MemoryTree
from ..protocol.work.subtrace import SegmentStates, SubtraceTree
from ..protocol.work.tracing import begin
from ..protocol.work.unit import Unit
from . import checkpoints
from .checkpoints import Checkpoint, Damaged
from .errors import WorkerError, file_errors
from .executors import Choice, Slicer
from .files import Data, open_source, read_file, write_file
from .materials import Materials
from .store import Store, split_leaves

BEGIN_NAME: Final = "begin.bin"
"""The file with the state and the memory that a segment begins with."""
BLOCKS_NAME: Final = "blocks"
"""The file with the roots of the blocks of a segment's states."""

_Place: TypeAlias = tuple[MachineState, dict[int, memoryview], MemoryTree]
_KEPT = struct.Struct("<Q32s")
_ANY_SIZE = 1 << 40


class _Pages(Mapping[int, Data]):
    """The pages of an executor that goes no further."""

    def __init__(self, machine: Executor) -> None:
        self._machine = machine

    def __getitem__(self, number: int) -> Data:
        return self._machine.page(number)

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self)))

    def __len__(self) -> int:
        return 1 << memory.HEIGHT


def segment_states(
    unit: Unit,
    context: Context,
    index: int,
    materials: Materials,
    choice: Choice,
    *,
    work: Store | None = None,
    keep: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> SegmentStates:
    """The states of a segment of a unit's run, as the machine has them.

    The run is executed from its beginning, or from the nearest checkpoint in `work`, a folder of an honest run of the
    unit; where the segment begins is kept in the folder `keep`. `progress` is told how many steps of the run are done.
    """
    fresh = materials.tree(input_leaves=True)
    boundary = min(index << context.segment_log2, context.max_steps)
    found = _kept(unit, context, index, fresh, keep) or _checkpoint(unit, context, index, fresh, work)
    state, pages, tree = (begin(context), {}, fresh) if found is None else found
    machine = choice.factory(context, state, materials.memory(pages))
    slicer = Slicer()
    while slicer.next(machine, boundary):
        if progress is not None:
            progress(machine.state.steps)
    written = machine.written()
    tree.update(memory.hash_pages(written, machine.page))
    changed = sorted({*pages, *written})
    if keep is not None and not machine.state.final and not (keep / BEGIN_NAME).exists():
        digest = state_hash(context.hash, machine.state, tree.root)
        header = checkpoints.encode_header(unit.id, digest, index + 1, machine.state, changed, [])
        write_file(keep / BEGIN_NAME, _content(header, machine, changed))
    return SegmentStates(context, index, machine.state.copy(), tree, _Pages(machine), choice.factory)


def _content(header: bytes, machine: Executor, pages: list[int]) -> Iterator[Data]:
    yield header
    for number in pages:
        yield machine.page(number)


def _stands(found: Checkpoint, context: Context, fresh: MemoryTree, leaf: bytes) -> _Place:
    """State, pages that differ from program and input, and memory tree of a checkpoint. Raises Damaged."""
    tree = fresh.copy()
    found.check(context, tree, leaf)
    return found.state.copy(), dict(found.pages), tree


def _kept(unit: Unit, context: Context, index: int, fresh: MemoryTree, keep: Path | None) -> _Place | None:
    """Where the segment begins, if that was kept; a file that is damaged is deleted."""
    if keep is None or not (keep / BEGIN_NAME).exists():
        return None
    try:
        found = checkpoints.read_checkpoint(open_source(keep / BEGIN_NAME, _ANY_SIZE), context.segment_log2)
        if found.unit != unit.id or found.segment != index:
            raise Damaged("it is of another segment")
        return _stands(found, context, fresh, found.leaves_digest)
    except Damaged:
        with file_errors("delete", keep / BEGIN_NAME):
            (keep / BEGIN_NAME).unlink()
        return None


def _checkpoint(unit: Unit, context: Context, index: int, fresh: MemoryTree, work: Store | None) -> _Place | None:
    """Where the last good checkpoint of a work folder up to a segment stands."""
    if work is None or not work.unit_path.exists() or work.unit().id != unit.id:
        return None
    leaves = split_leaves(work.leaves())
    for leaf_count in sorted(work.checkpoints(), reverse=True):
        if leaf_count - 1 > index or leaf_count > len(leaves):
            continue
        try:
            found = work.checkpoint(unit.id, leaf_count, context.segment_log2)
            return _stands(found, context, fresh, leaves[leaf_count - 1])
        except Damaged:
            continue
    return None


def claimed_hashes(
    states: SegmentStates, ends: tuple[bytes, bytes], lie_at: int | None
) -> Callable[[int], Iterator[bytes]]:
    """The hashes of a segment's states as a worker has to give them whose trace has these two leaves at its ends.

    Those from step `lie_at` of the segment on are invented. With None all are the machine's, or nothing is given.
    """
    claimed = {0: ends[0], states.length: ends[1]}

    def hashes(first: int) -> Iterator[bytes]:
        for position, digest in enumerate(states.hashes(first), first):
            if lie_at is not None:
                invented = digest if position < lie_at else blake3(digest).digest()
                yield claimed.get(position, invented)
            elif claimed.get(position, digest) == digest:
                yield digest
            else:
                raise _not_so(position)

    return hashes


def claimed_tree(
    states: SegmentStates,
    ends: tuple[bytes, bytes],
    *,
    lie_at: int | None = None,
    keep: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> SubtraceTree:
    """The tree that a worker signs whose trace has these leaves at the segment's ends, true or not.

    With `lie_at` the states from that step of the segment on are invented. Without it nothing is ever signed that the
    machine doesn't do: WorkerError if it doesn't lead from one leaf to the other, be it the worker's fault or a host's.
    """
    length = states.length
    if lie_at is not None and not 1 <= lie_at <= length:
        raise WorkerError(f"no step {lie_at} in a segment of {length}", f"lie at one of 1 to {length}")
    kept = _read_blocks(keep)
    if kept is not None:
        said, blocks = kept
        if lie_at is not None and lie_at != said:
            raise WorkerError(
                f"this party has already lied {'nowhere' if said is None else f'from step {said} on'}",
                "leave out --lie-at: it goes on as it began",
            )
        return SubtraceTree(claimed_hashes(states, ends, said), states.context.segment_log2, kept=blocks)
    if lie_at is None:
        for position, leaf in zip((0, length), ends, strict=True):
            if next(states.hashes(position)) != leaf:
                raise _not_so(position)
    tree = SubtraceTree(claimed_hashes(states, ends, lie_at), states.context.segment_log2, progress=progress)
    _keep_blocks(keep, lie_at, tree.kept)
    return tree


def _not_so(position: int) -> WorkerError:
    return WorkerError(
        f"the machine doesn't lead to the claim's leaf at the segment's {'end' if position else 'beginning'}:"
        " whoever signs states that do signs a lie, and is refuted by it",
        "run the unit again to see who is right; `--lie-at` is for those who want to lie",
    )


def true_tree(
    states: SegmentStates, *, keep: Path | None = None, progress: Callable[[int], None] | None = None
) -> SubtraceTree:
    """The tree over a segment's states as the machine has them."""
    kept = _read_blocks(keep)
    log2 = states.context.segment_log2
    tree = SubtraceTree(states.hashes, log2, kept=None if kept is None else kept[1], progress=progress)
    if kept is None:
        _keep_blocks(keep, None, tree.kept)
    return tree


def _keep_blocks(keep: Path | None, lie_at: int | None, blocks: bytes) -> None:
    if keep is not None:
        write_file(keep / BLOCKS_NAME, [_KEPT.pack(lie_at or 0, blake3(blocks).digest()), blocks])


def _read_blocks(keep: Path | None) -> tuple[int | None, bytes] | None:
    """From which step on the tree lies, and its blocks; None if there are none, or damaged ones."""
    if keep is None or not (keep / BLOCKS_NAME).exists():
        return None
    data = read_file(keep / BLOCKS_NAME)
    if len(data) < _KEPT.size + DIGEST_SIZE:
        return None
    lie_at, digest = _KEPT.unpack_from(data)
    blocks = data[_KEPT.size :]
    return (lie_at or None, blocks) if blake3(blocks).digest() == digest else None
