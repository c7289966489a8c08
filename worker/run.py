"""Running a unit: from program and input to a signed claim, in a folder from which a killed run goes on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from blake3 import blake3

from ..protocol.errors import ProtocolError
from ..protocol.hashing import DIGEST_SIZE
from ..protocol.keys import SecretKeyFile
from ..protocol.machine.context import Context
from ..protocol.machine.executor import DebugSink
from ..protocol.machine.state import REGION_SIZE, Status
from ..protocol.regions import Input, InputPages, Region, commit
from ..protocol.trees import memory, trace
from ..protocol.work import claim as claims
from ..protocol.work.claim import Claim, sign_claim
from ..protocol.work.tracing import Tracer, begin, claim_fields
from ..protocol.work.unit import Unit
from . import checkpoints, executors
from .checkpoints import Checkpoint, Damaged
from .errors import Cancelled, LimitReached, WorkerError, file_errors
from .executors import Choice, Engine, Slicer
from .files import Source, open_source
from .limits import Limits, Pace
from .materials import (
    Materials,
    check_input_length,
    check_input_root,
    check_program,
    memory_limit_reached,
    read_input,
    read_program,
)
from .store import Store, split_leaves

_PROGRESS_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is."""

    steps: int
    max_steps: int
    leaves: int
    seconds: float
    """What this process has spent on executing."""
    rate: float
    """Steps per second since the last report."""
    resumed_at: int | None
    """The step that an earlier run had got to; None if this one began at the beginning."""
    checkpoints: int
    """Checkpoints made by this process."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run that has ended in a claim."""

    claim: Claim
    folder: Path
    engine: str
    seconds: float
    """What this process has spent on executing."""
    executed: int
    """Steps that this process has executed."""
    resumed_at: int | None
    complete_before: bool
    """Whether the claim was there already, and nothing was executed."""
    warning: str | None = None


def run_unit(
    unit: Unit,
    folder: str | os.PathLike[str],
    *,
    key: SecretKeyFile,
    program: Source | None = None,
    input: Source | None = None,
    engine: Engine = "auto",
    limits: Limits | None = None,
    pace: Pace | None = None,
    progress: Callable[[Progress], None] | None = None,
    debug: DebugSink | None = None,
    cancel: Callable[[], bool] | None = None,
) -> RunResult:
    """Run a unit in a folder, which is made if it isn't there, and sign a claim on it with `key`.

    If a run in this folder was interrupted, it goes on from its last checkpoint and ends in the same bytes; program and
    input are then in the folder, and need not be given again. If the folder holds the claim, nothing is executed.
    `debug` receives the program's debug text (again, for steps that are executed again). `cancel` is asked several
    times a second whether to stop. Raises WorkerError.
    """
    context = _check_unit(unit, key)
    choice = executors.choose(engine)
    store = Store(folder)
    if store.folder.is_dir():
        store.check_free(unit)  # before a lock is put into a folder that is somebody else's
    with file_errors("work in", store.folder), store.held():
        known = store.check_free(unit)
        materials = _gather(store, context, program, input)
        if not known:
            store.keep_unit(unit)
        earlier = _signed(store, unit)
        _check_worker(store, earlier, key)
        traced = earlier is not None and _trace_intact(store, earlier)
        if earlier is not None and traced and _results_intact(store, earlier):
            return RunResult(earlier, store.folder, choice.name, 0.0, 0, None, True, choice.warning)
        run = _Run(store, unit, materials, choice, limits or Limits(), pace or Pace(), debug, write_trace=not traced)
        run.progress, run.cancel = progress, cancel
        run.execute()
        claim = run.finish(key)
        return RunResult(
            claim, store.folder, choice.name, run.elapsed(), run.executed(), run.resumed_at, False, run.warning()
        )


def _check_unit(unit: Unit, key: SecretKeyFile) -> Context:
    """The context of a unit that this worker may run, or WorkerError."""
    try:
        unit.verify()
        context = unit.body.machine
    except ProtocolError as error:
        raise WorkerError(f"the unit can't be run: {error}", "ask the requester for a good one") from error
    named = unit.body.policy.workers
    if named is not None and key.public not in named:
        raise WorkerError(
            f"the unit names its workers, and {key.public.hex()[:16]}… isn't one", "use the key of a named worker"
        )
    return context


def _gather(store: Store, context: Context, program: Source | None, given: Source | None) -> Materials:
    """Program and input as they are in the folder, where they are copied to first if they aren't there, or damaged."""
    if program is not None:
        loaded = read_program(program)
        check_program(loaded, context, program)
    # The input comes first: if it is refused, nothing has been written.
    kept = _keep_input(store, context, given)
    if program is not None:
        data = open_source(program, REGION_SIZE)
        if store.program() != data:
            store.keep_program(data)
    elif store.program() is None:
        raise WorkerError(f"{store.folder} holds no program yet", "give it with --program")
    loaded = read_program(store.program_path)
    check_program(loaded, context, store.program_path)
    return Materials(loaded, kept)


def _keep_input(store: Store, context: Context, given: Source | None) -> Input:
    """The input in the folder, checked; taken from `given` if it isn't there or is damaged."""
    intact = _intact_input(store, context)
    if given is None:
        if intact is None:
            raise WorkerError(f"{store.folder} does not hold the unit's input", "give it with --input")
        return intact
    data = open_source(given, REGION_SIZE)
    check_input_length(len(data), context, given)
    if intact is not None:
        check_input_root(commit(data).root, context, given)
        return intact
    store.keep_input(data, lambda root: check_input_root(root, context, given))
    copied = open_source(store.input_path, REGION_SIZE)
    return Input(region=Region(context.input_length, context.input_root), pages=InputPages(copied))


def _intact_input(store: Store, context: Context) -> Input | None:
    data = store.input()
    if data is None or len(data) != context.input_length:
        return None
    kept = read_input(store.input_path)
    return kept if kept.root == context.input_root else None


def _signed(store: Store, unit: Unit) -> Claim | None:
    """What a worker has signed about the unit in this folder; None if there is nothing, or nothing that holds."""
    try:
        claim = store.claim()
        if claim is None or claim.unit != unit:
            return None
        claims.check_unit(claim)
        claims.check_signature(claim)
    except (ProtocolError, WorkerError):
        return None
    return claim


def _check_worker(store: Store, earlier: Claim | None, key: SecretKeyFile) -> None:
    """Raise WorkerError if the folder holds another worker's claim."""
    if earlier is not None and earlier.body.worker != key.public:
        raise WorkerError(
            f"{store.folder} holds the claim of worker {earlier.body.worker.hex()[:16]}… already",
            "use that worker's key, or another folder",
        )


def _trace_intact(store: Store, claim: Claim) -> bool:
    """Whether the leaves are those of what was signed."""
    leaves = split_leaves(store.leaves())
    if len(leaves) != claim.body.leaf_count:
        return False
    return trace.TraceTree(leaves, claim.context.trace_height).root == claim.body.trace_root


def _results_intact(store: Store, claim: Claim) -> bool:
    """Whether openings and output are those of what was signed."""
    try:
        claims.check_first_leaf(claim)
        claims.check_last_leaf(claim)
        claims.check_final_state(claim)
    except ProtocolError:
        return False
    if claim.body.status != Status.HALTED:
        return True
    output = store.output()
    # A program that leaves more than zeros behind its output's end gives a root that no file has. It looks damaged
    # here, and its last stretch is run again: that is the price of noticing damage to the others.
    return output is not None and commit(output) == Region(claim.body.output_length, claim.body.output_root)


class _Run:
    """One process's part in running a unit."""

    def __init__(
        self,
        store: Store,
        unit: Unit,
        materials: Materials,
        choice: Choice,
        limits: Limits,
        pace: Pace,
        debug: DebugSink | None,
        *,
        write_trace: bool,
    ) -> None:
        """`write_trace=False`: leaves and checkpoints are complete on disk, and aren't touched."""
        self._write_trace = write_trace
        self._store, self._unit, self._context = store, unit, unit.body.machine
        self._limits, self._pace, self._choice_warning = limits, pace, choice.warning
        self.progress: Callable[[Progress], None] | None = None
        self.cancel: Callable[[], bool] | None = None
        self._image_leaves = materials.image_leaves()
        context = self._context

        found = self._resume(materials)
        if found is None:
            leaves: list[bytes] = []
            state, pages, tree = begin(context), {}, materials.tree(input_leaves=False)
        else:
            checkpoint, leaves, tree = found
            state, pages = checkpoint.state, dict(checkpoint.pages)
        self.resumed_at = state.steps if leaves else None
        self._first_step = state.steps
        pages_allowed = limits.pages
        executor = choice.run(context, state, materials.memory(pages, pages_allowed), pages_allowed, debug)
        self._tracer = Tracer(context, executor, tree, leaves)
        self._tracer.written.update(pages)

        if write_trace:
            store.cut_leaves(len(leaves))
            store.drop_checkpoints_after(len(leaves))
        self._stored = len(leaves)
        self._hasher = blake3(b"".join(leaves))
        self._made = 0
        self._slicer = Slicer(pages_allowed)
        self._begin = self._reported = time.monotonic()
        self._reported_steps = state.steps
        self._due = self._begin + pace.pause(0, 0)

    def _resume(self, materials: Materials) -> tuple[Checkpoint, list[bytes], memory.MemoryTree] | None:
        """The last checkpoint that holds against undamaged leaves, with these leaves and its memory tree."""
        store, context = self._store, self._context
        data = memoryview(store.leaves())
        for leaf_count in reversed(store.checkpoints()):
            before = data[: leaf_count * DIGEST_SIZE]
            try:
                checkpoint = store.checkpoint(self._unit.id, leaf_count, context.segment_log2)
                if len(before) != leaf_count * DIGEST_SIZE:
                    raise Damaged("there are fewer leaves")
                if checkpoints.leaves_digest(before) != checkpoint.leaves_digest:
                    raise Damaged("the leaves are others")
                leaves = split_leaves(before)
                tree = materials.tree(input_leaves=False)
                checkpoint.check(context, tree, leaves[-1])
                return checkpoint, leaves, tree
            except Damaged:
                continue
        return None

    def elapsed(self) -> float:
        """Seconds that this process has spent on executing."""
        return time.monotonic() - self._begin

    def executed(self) -> int:
        """Steps that this process has executed."""
        return self._tracer.executor.state.steps - self._first_step

    def warning(self) -> str | None:
        """What the caller should know of how it was executed."""
        if executors.has_failed(self._tracer.executor):
            return "the engine made a mistake, and the reference interpreter did its work: please report it"
        return self._choice_warning

    def execute(self) -> None:
        """Run to the final state."""
        tracer, context = self._tracer, self._context
        try:
            while not tracer.finished:
                until = min(len(tracer.leaves) << context.segment_log2, context.max_steps)
                while self._slicer.next(tracer.executor, until):
                    self._look(boundary=False)
                tracer.advance()
                self._look(boundary=True)
        except MemoryError as error:
            raise memory_limit_reached(self._limits.pages) from error

    def _look(self, *, boundary: bool) -> None:
        """Between two pieces of work: report, obey, and make a checkpoint if it is time."""
        now = time.monotonic()
        if now - self._reported >= _PROGRESS_SECONDS:
            self._report(now)
            stop: WorkerError | None = None
            if self.cancel is not None and self.cancel():
                stop = Cancelled(
                    f"stopped at step {self._tracer.executor.state.steps} without a claim",
                    "run it again in the same folder to go on",
                )
            elif self._limits.seconds is not None and now - self._begin > self._limits.seconds:
                stop = LimitReached(
                    f"the run takes longer than the {self._limits.seconds:g} seconds that it is allowed here",
                    "run it again in the same folder to go on from its last checkpoint",
                )
            if stop is not None and not self._tracer.finished:
                if boundary:
                    self._checkpoint()
                raise stop
        if boundary and now >= self._due and not self._tracer.finished:
            self._checkpoint()
            after = time.monotonic()
            self._due = after + self._pace.pause(after - self._begin, after - now)

    def _report(self, now: float) -> None:
        steps = self._tracer.executor.state.steps
        if self.progress is not None:
            self.progress(
                Progress(
                    steps=steps,
                    max_steps=self._context.max_steps,
                    leaves=len(self._tracer.leaves),
                    seconds=now - self._begin,
                    rate=(steps - self._reported_steps) / (now - self._reported),
                    resumed_at=self.resumed_at,
                    checkpoints=self._made,
                )
            )
        self._reported, self._reported_steps = now, steps

    def _store_leaves(self) -> None:
        if not self._write_trace:
            return
        new = self._tracer.leaves[self._stored :]
        self._store.append_leaves(new)
        self._hasher.update(b"".join(new))
        self._stored += len(new)

    def _checkpoint(self) -> None:
        """Put the present boundary on disk: its leaves, then what differs from program and input."""
        if not self._write_trace:
            return
        tracer = self._tracer
        self._store_leaves()
        zero = memory.zero_roots()[0]
        full: list[int] = []
        zeros: list[int] = []
        for number in sorted(tracer.written):
            leaf = tracer.tree.node(0, number)
            if leaf != self._image_leaves.get(number, zero):
                (zeros if leaf == zero else full).append(number)
        header = checkpoints.encode_header(
            self._unit.id, self._hasher.digest(), self._stored, tracer.executor.state, full, zeros
        )
        self._store.keep_checkpoint(header, self._stored, tracer.executor, full)
        self._made += 1

    def finish(self, key: SecretKeyFile) -> Claim:
        """Write leaves, output and, when these are there to last, the claim."""
        tracer, store = self._tracer, self._store
        self._report(time.monotonic() + 1e-9)
        self._store_leaves()
        state = tracer.executor.state
        body, openings = claim_fields(
            self._context, state, tracer.tree, tracer.leaves, unit=self._unit.id, worker=key.public
        )
        claim = sign_claim(self._unit, body, openings, key.key)
        earlier = _signed(store, self._unit)
        if earlier is not None and earlier.body != body:
            # Never a second claim on a unit where one is: two that differ cost the worker its stake.
            raise WorkerError(
                f"running the unit gives another claim than the signed one in {store.folder}",
                "don't sign both: find out which is wrong with `--engine reference` in another folder",
            )
        if state.status == Status.HALTED:
            store.keep_output(state.output_length, tracer.executor, tracer.written)
        store.keep_claim(claim)
        return claim
