"""Machines give their memory back when they are done with, and don't wait for Python to look for cycles of objects."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.jobs import EAGER, Job
from support.wasm import needs_engine
from tracework.protocol.encoding.schema import encode_object
from tracework.protocol.machine.engine import Runtime, host
from tracework.protocol.machine.engine import executor as engines
from tracework.verifier.claims import reexecute
from tracework.verifier.verdict import Outcome
from tracework.worker.cheat import cheat
from tracework.worker.executors import choose
from tracework.worker.kept import by_intervals
from tracework.worker.materials import Materials, read_input, read_program
from tracework.worker.prove import prove
from tracework.worker.refute import refute
from tracework.worker.store import Store
from tracework.worker.timing import estimate, watched

pytestmark = needs_engine

LIVE = 3
"""Engines that any of these may hold at once: a walker and one that makes a witness, or one a job; one in between."""


class Census:
    """How many engines have memory now, and the most that did at once."""

    def __init__(self) -> None:
        self.living = self.most = self.made = 0

    def born(self, instance: object) -> None:
        self.living, self.made = self.living + 1, self.made + 1
        self.most = max(self.most, self.living)
        weakref.finalize(instance, self.died)

    def died(self) -> None:
        self.living -= 1


@pytest.fixture
def census(monkeypatch: pytest.MonkeyPatch) -> Iterator[Census]:
    """A count of engines while nothing collects cycles."""
    choose("wasm")
    counted, make = Census(), host.Instance

    def counting(runtime: Runtime, track: bool, code_size: int) -> host.Instance:
        instance = make(runtime, track, code_size)
        counted.born(instance._store)
        return instance

    monkeypatch.setattr(engines, "Instance", counting)
    gc.collect()
    gc.disable()
    try:
        yield counted
    finally:
        gc.enable()


def run(job: Job, folder: Path) -> None:
    job.run(folder / "again", engine="wasm", pace=EAGER)


def prove_all(job: Job, folder: Path) -> None:
    prove(folder / "work", range(79), engine="wasm")


def prove_far_apart(job: Job, folder: Path) -> None:
    prove(folder / "work", range(0, 79, 7), engine="wasm")


def find_fault(job: Job, folder: Path) -> None:
    cheat(folder / "work", folder / "false", "jumped-segment", key=job.key, segment=40)
    assert refute(folder / "false", job.program, job.given, engine="wasm") is not None


def execute_again(job: Job, folder: Path) -> None:
    claim = Store(folder / "work").claim()
    assert claim is not None
    materials, factory = Materials(read_program(job.program), read_input(job.given)), choose("wasm").factory
    estimate(claim.context, materials, factory, claim.body.steps)
    shortcut = by_intervals(folder / "work", materials, watched(factory, lambda steps: None), jobs=2)
    data = encode_object(claim)
    verdict = reexecute(data, materials.program, materials.given, executor=factory, shortcut=shortcut)
    assert verdict.claim is Outcome.ACCEPTED


@pytest.mark.parametrize("work", [run, prove_all, prove_far_apart, find_fault, execute_again])
def test_no_engine_outlives_its_use(
    work: Callable[[Job, Path], None], counting: Job, tmp_path: Path, census: Census
) -> None:
    counting.run(tmp_path / "work", pace=EAGER)
    work(counting, tmp_path)
    assert census.made > 0 and census.living == 0 and census.most <= LIVE, vars(census)
