"""Dishonest claims, of every kind that evidence is there to catch: for trying out what catches them.

They are made from an honest run by whoever holds the worker's key. Nobody is harmed by a false claim but its signer.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from blake3 import blake3

from ..protocol.keys import SecretKeyFile
from ..protocol.machine.state import MachineState, Status, state_hash
from ..protocol.regions import commit
from ..protocol.trees import memory
from ..protocol.trees.trace import TraceTree
from ..protocol.work.claim import Claim, pack_registers, sign_claim
from .errors import WorkerError, file_errors
from .store import Store, split_leaves


@dataclass(frozen=True, slots=True)
class Made:
    """A false claim, and the leaves of its trace."""

    claim: Claim
    leaves: list[bytes]


def _other(leaf: bytes) -> bytes:
    """A digest that nobody has seen: what a worker invents in the place of a leaf."""
    return blake3(leaf).digest()


class _Honest:
    """The run that a false claim is made from."""

    def __init__(self, store: Store, key: SecretKeyFile) -> None:
        claim = store.claim()
        if claim is None:
            raise WorkerError(f"{store.folder} holds no claim", "run the unit to its end first")
        if claim.body.worker != key.public:
            raise WorkerError("a false claim has to be signed by the worker whose run this is", "give the worker's key")
        self.claim, self.key, self.store = claim, key, store
        self.context = claim.context
        self.leaves = split_leaves(store.leaves())[: claim.body.leaf_count]
        if len(self.leaves) != claim.body.leaf_count:
            raise WorkerError(f"{store.leaves_path} is cut off", "run the unit again in this folder, which mends it")

    def sign(self, leaves: list[bytes], final: MachineState | None = None, **body: object) -> Made:
        """The claim on other leaves, with other fields, signed and opened as well as it can be."""
        tree, last = TraceTree(leaves, self.context.trace_height), len(leaves) - 1
        fields = {"trace_root": tree.root, "leaf_count": len(leaves), "final_state": leaves[last], **body}
        opened: dict[str, object] = {
            "first_leaf": leaves[0],
            "first_path": tree.proof([0]),
            "last_path": tree.proof([last]),
        }
        if final is not None:
            opened |= {"pc": final.pc, "registers": pack_registers(final.registers)}
        claim = sign_claim(
            self.claim.unit, self.claim.body.replace(**fields), self.claim.openings.replace(**opened), self.key.key
        )
        return Made(claim, leaves)

    def ending(self, final: MachineState, output_root: bytes) -> bytes:
        """The hash of a final state over the run's memory, but for its output."""
        low, given = self.claim.openings.low_root, self.context.input_root
        return state_hash(self.context.hash, final, memory.join_regions(low, given, output_root))


def _wrong_output(run: _Honest, at: int) -> Made:
    """Another output, under a final state that has it: nothing but the last segment contradicts it."""
    if run.claim.body.status != Status.HALTED:
        raise WorkerError("this run has no output: it did not halt", "choose another kind of lie")
    kept = run.store.output()
    output = bytearray(kept or b"\0")
    output[0] ^= 1
    final = run.claim.final
    final.registers[11] = len(output)
    region = commit(bytes(output))
    leaf = run.ending(final, region.root)
    return run.sign([*run.leaves[:-1], leaf], final, output_length=region.length, output_root=region.root)


def _jumped(run: _Honest, at: int) -> Made:
    """One segment ends in a state that its steps don't lead to; all others are right."""
    if len(run.leaves) < 3:
        raise WorkerError("a run of one segment has none to jump over", "use a unit with a smaller --segment-log2")
    leaf = max(1, min(at, len(run.leaves) - 2))
    return run.sign([*run.leaves[:leaf], _other(run.leaves[leaf]), *run.leaves[leaf + 1 :]])


def _skipped(run: _Honest, at: int) -> Made:
    """Nothing was executed: every state between the first and the last is invented."""
    if len(run.leaves) < 3:
        raise WorkerError("a run of one segment has no work to skip", "use a unit with a smaller --segment-log2")
    return run.sign([run.leaves[0], *map(_other, run.leaves[1:-1]), run.leaves[-1]])


def _first(run: _Honest, at: int) -> Made:
    """The trace begins with another state than the unit's."""
    return run.sign([_other(run.leaves[0]), *run.leaves[1:]])


def _last(run: _Honest, at: int) -> Made:
    """The trace's last leaf isn't the claimed final state: it can't even be opened."""
    return run.sign([*run.leaves[:-1], run.leaves[-2]], final_state=run.leaves[-1])


def _code(run: _Honest, at: int) -> Made:
    """Another exit code than the final state's: the claim contradicts itself."""
    if run.claim.body.status != Status.HALTED:
        raise WorkerError("this run has no exit code: it did not halt", "choose another kind of lie")
    final = run.claim.final
    final.code ^= 1
    leaf = run.ending(final, run.claim.body.output_root)
    return run.sign([*run.leaves[:-1], leaf], code=final.code)


KINDS: Final[dict[str, tuple[str, Callable[[_Honest, int], Made]]]] = {
    "wrong-output": ("another output than the program's", _wrong_output),
    "jumped-segment": ("one segment that doesn't lead to the next", _jumped),
    "skipped-work": ("the right result, and an invented trace", _skipped),
    "wrong-first-leaf": ("a trace that doesn't begin with the unit", _first),
    "wrong-last-leaf": ("a trace that doesn't end in the claimed state", _last),
    "wrong-exit-code": ("another exit code than the final state's", _code),
}
"""Kinds of dishonest claims: what each is in a few words, and what makes it."""


def cheat(
    folder: str | os.PathLike[str], to: str | os.PathLike[str], kind: str, *, key: SecretKeyFile, segment: int = 1
) -> Made:
    """Make a false claim out of the honest run in a folder, as a new folder that looks like that of a run.

    `segment` is the one that is jumped to, for the kind that has one. Raises WorkerError.
    """
    source, target = Store(folder), Path(to)
    made = KINDS[kind][1](_Honest(source, key), segment)
    with file_errors("make the folder", target):
        if target.exists() and any(target.iterdir()):
            raise WorkerError(f"{target} is not empty", "choose another folder")
        target.mkdir(parents=True, exist_ok=True)
        for path in (source.unit_path, source.program_path, source.input_path):
            if path.exists():
                shutil.copyfile(path, target / path.name)
    store = Store(target)
    store.append_leaves(made.leaves)
    store.keep_claim(made.claim)
    return made
