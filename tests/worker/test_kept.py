"""Re-execution from what a work folder holds, in several threads, and when that can't be trusted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support.jobs import EAGER, Job
from tracework.protocol.encoding.schema import encode_object
from tracework.protocol.work.claim import Claim
from tracework.verifier.claims import reexecute
from tracework.verifier.intervals import Kept
from tracework.verifier.verdict import Outcome, Verdict
from tracework.worker import kept as keeping
from tracework.worker.executors import choose
from tracework.worker.kept import by_intervals, read_kept
from tracework.worker.materials import Materials, read_input, read_program
from tracework.worker.store import Store
from tracework.worker.timing import watched


def verify(
    job: Job, claim: Claim, folder: Path, jobs: int = 2, report: Callable[[int], None] = lambda steps: None
) -> tuple[Verdict, list[bool]]:
    materials = Materials(read_program(job.program), read_input(job.given))
    factory = choose().factory
    taken = []
    inner = by_intervals(folder, materials, watched(factory, report), jobs)

    def shortcut(claim: Claim) -> bool:
        taken.append(inner(claim))
        return taken[-1]

    verdict = reexecute(encode_object(claim), materials.program, materials.given, executor=factory, shortcut=shortcut)
    return verdict, taken


@pytest.fixture
def work(counting: Job, tmp_path: Path) -> Path:
    counting.run(tmp_path / "work", pace=EAGER)
    return tmp_path / "work"


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_a_true_claim_is_accepted_by_intervals(counting: Job, work: Path, jobs: int) -> None:
    claim = Store(work).claim()
    assert claim is not None
    kept = read_kept(work, claim)
    assert len(kept.boundaries) == 16 and len(kept.leaves) == claim.body.leaf_count
    told: list[int] = []
    verdict, taken = verify(counting, claim, work, jobs, told.append)
    assert taken == [True] and verdict.claim == Outcome.ACCEPTED
    assert told == sorted(told) and told[-1] == claim.body.steps


@pytest.mark.parametrize("damage", ["checkpoint", "headless", "leaves", "gone"])
def test_a_damaged_folder_costs_time_and_nothing_else(counting: Job, work: Path, damage: str) -> None:
    claim = Store(work).claim()
    assert claim is not None
    path = list(Store(work).checkpoints().values())[5] if damage in ("checkpoint", "headless") else work / "leaves"
    if damage in ("checkpoint", "headless"):
        for other in Store(work).checkpoints().values():
            if other != path:
                other.unlink()
    data = bytearray(path.read_bytes())
    data[{"checkpoint": -50, "headless": 0}.get(damage, 100)] ^= 1
    path.write_bytes(data)
    if damage == "gone":
        path.unlink()
    verdict, taken = verify(counting, claim, work)
    assert taken == [False] and verdict.claim == Outcome.ACCEPTED


def test_another_units_folder_and_none(counting: Job, sha256: Job, work: Path, tmp_path: Path) -> None:
    claim = sha256.run(tmp_path / "sha256").claim
    verdict, taken = verify(sha256, claim, work)
    assert taken == [False] and verdict.claim == Outcome.ACCEPTED
    assert read_kept(tmp_path / "nowhere", claim) == Kept([], [])
    assert keeping._NOWHERE.segment == 0


def test_intervals_are_even_and_no_more_than_the_jobs_can_use() -> None:
    def divided(boundaries: list[int], jobs: int) -> list[int]:
        kept = Kept([], [(segment, lambda: keeping._NOWHERE) for segment in boundaries])
        return [segment for segment, _ in keeping._divided(kept, 100, jobs).boundaries]

    assert divided(list(range(10, 100, 10)), 1) == []
    assert divided(list(range(10, 100, 10)), 2) == [20, 50, 70]
    assert divided([3], 4) == [3] and divided([], 4) == []
    assert divided([10, 90], 8) == [10, 90]
