"""What a work folder holds for somebody who executes its claim again: the intervals between its checkpoints."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ..protocol.machine.executor import ExecutorFactory
from ..protocol.machine.state import MachineState
from ..protocol.work.claim import Claim
from ..verifier.intervals import Boundary, Kept, agrees
from .checkpoints import Checkpoint, Damaged
from .errors import WorkerError
from .materials import Materials
from .store import Store, split_leaves

_NOWHERE = Checkpoint(bytes(32), 1, bytes(32), MachineState(0), {})
"""Stands for a checkpoint that can't be read: it isn't where it should be, and so is believed nothing."""


def read_kept(folder: str | os.PathLike[str], claim: Claim) -> Kept:
    """The leaves and checkpoints in a work folder, as far as they can be read. Nothing of it is checked here."""
    store = Store(folder)
    unit, log2 = claim.unit.id, claim.context.segment_log2

    def loader(leaf_count: int) -> Callable[[], Checkpoint]:
        def load() -> Checkpoint:
            try:
                return store.checkpoint(unit, leaf_count, log2)
            except Damaged:
                return _NOWHERE

        return load

    try:
        leaves = split_leaves(store.leaves())
        counts = list(store.checkpoints())
    except (WorkerError, OSError):
        return Kept([], [])
    return Kept(leaves[: claim.body.leaf_count], [(count - 1, loader(count)) for count in counts])


def by_intervals(
    folder: str | os.PathLike[str], materials: Materials, executor: ExecutorFactory, jobs: int
) -> Callable[[Claim], bool]:
    """A shortcut for `verifier.claims.reexecute`: the intervals between a folder's checkpoints, `jobs` at once.

    In threads, as the engine runs without Python's lock. A folder that is damaged, or about something else, makes the
    shortcut fail, and the verifier takes the long way.
    """

    def shortcut(claim: Claim) -> bool:
        pool = ThreadPoolExecutor(jobs)
        try:
            return agrees(
                claim,
                materials.program,
                materials.given,
                _divided(read_kept(folder, claim), claim.body.segments, jobs),
                executor=executor,
                map=pool.map,
                memory_of=materials.memory,
            )
        finally:
            pool.shutdown(cancel_futures=True)

    return shortcut


def _divided(kept: Kept, segments: int, jobs: int) -> Kept:
    """The same with two intervals a job, as even as they come: each begins by filling its own memory with the input."""
    parts = 1 if jobs == 1 else 2 * jobs
    chosen: dict[int, Callable[[], Boundary]] = {}
    for part in range(1, parts):
        ideal = segments * part // parts
        nearest = min(kept.boundaries, key=lambda boundary: abs(boundary[0] - ideal), default=None)
        if nearest is not None:
            chosen[nearest[0]] = nearest[1]
    return Kept(kept.leaves, sorted(chosen.items()))
