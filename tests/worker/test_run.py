"""Runs: what they leave, how they end, how they resume, what they refuse."""

from __future__ import annotations

import hashlib
import itertools
import threading
from pathlib import Path
from typing import Any

import pytest

from support.jobs import EAGER, NETWORK, Job
from support.programs import count, elf, halt, spin
from support.wasm import needs_engine
from tracework.protocol.encoding.schema import encode_object
from tracework.protocol.keys import SecretKeyFile
from tracework.protocol.machine.engine import Engine
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.machine.state import Fault, Status
from tracework.protocol.program import load_program
from tracework.protocol.regions import commit, load_input
from tracework.protocol.work.claim import sign_claim
from tracework.protocol.work.unit import Policy, sign_unit
from tracework.verifier.claims import reexecute
from tracework.verifier.verdict import Outcome
from tracework.worker.errors import Cancelled, LimitReached, WorkerError
from tracework.worker.limits import Limits, Pace
from tracework.worker.run import Progress, run_unit
from tracework.worker.store import MAX_CHECKPOINTS, Store, split_leaves
from tracework.worker.units import make_unit, read_claim, read_unit


def test_a_run_leaves_a_claim_that_reexecution_accepts(sha256: Job, tmp_path: Path) -> None:
    result = sha256.run(tmp_path / "work")
    assert (tmp_path / "work/output.bin").read_bytes() == hashlib.sha256(sha256.given).hexdigest().encode() + b"\n"
    assert read_claim(tmp_path / "work/claim.cbor") == result.claim
    assert read_unit(tmp_path / "work/unit.cbor") == sha256.unit
    assert commit((tmp_path / "work/output.bin").read_bytes()).root == result.claim.body.output_root
    assert (result.executed, result.resumed_at, result.complete_before) == (result.claim.body.steps, None, False)
    verdict = reexecute(
        encode_object(result.claim),
        load_program(sha256.program),
        load_input(sha256.given),
        executor=Interpreter,
    )
    assert verdict.claim == Outcome.ACCEPTED


def test_a_finished_run_is_not_run_again(sha256: Job, tmp_path: Path) -> None:
    first = sha256.run(tmp_path)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    again = run_unit(sha256.unit, tmp_path, key=sha256.key)
    assert again.complete_before and again.executed == 0 and again.claim == first.claim
    after = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert {name: after[name] for name in before if name not in ("lock", "unit.cbor")} == {
        name: before[name] for name in before if name not in ("lock", "unit.cbor")
    }


@needs_engine
def test_the_engine_leaves_the_same_bytes(sha256: Job, counting: Job, faulting: Job, tmp_path: Path) -> None:
    for name, job in (("sha256", sha256), ("counting", counting), ("faulting", faulting)):
        job.run(tmp_path / name)
        result = job.run(tmp_path / f"{name} by the engine", engine="wasm", pace=EAGER)
        assert result.engine == "wasm"
        _same(tmp_path / name, tmp_path / f"{name} by the engine")


@needs_engine
def test_a_run_goes_on_with_the_other_executor(counting: Job, tmp_path: Path) -> None:
    counting.run(tmp_path / "whole")
    for first, second in (("wasm", "reference"), ("reference", "wasm")):
        work = tmp_path / first
        stopped_at = _stop(counting, work, 20, engine=first)
        assert counting.run(work, engine=second, pace=EAGER).resumed_at == stopped_at
        _same(tmp_path / "whole", work)


def test_statuses_other_than_success(endless: Job, faulting: Job, counting: Job, tmp_path: Path) -> None:
    body = endless.run(tmp_path / "endless").claim.body
    assert (body.status, body.steps, body.code) == (Status.OUT_OF_STEPS, endless.max_steps, 0)
    body = faulting.run(tmp_path / "faulting").claim.body
    assert (body.status, body.code) == (Status.FAULTED, Fault.BREAKPOINT)
    assert not (tmp_path / "faulting/output.bin").exists()
    body = counting.run(tmp_path / "counting").claim.body
    assert (body.status, body.code) == (Status.HALTED, 7)
    assert (tmp_path / "counting/output.bin").read_bytes() == b""


def test_output_that_was_never_written_is_zero(key: SecretKeyFile, tmp_path: Path) -> None:
    Job(elf(halt(output=10_000_000)), b"", key).run(tmp_path)
    data = (tmp_path / "output.bin").read_bytes()
    assert len(data) == 10_000_000 and not any(data)


def test_progress_and_debug_text(sha256: Job, tmp_path: Path) -> None:
    seen: list[Progress] = []
    text: list[bytes] = []
    sha256.run(tmp_path, progress=seen.append, debug=text.append)
    assert seen[-1].steps > 0 and seen[-1].resumed_at is None
    assert all(b.steps >= a.steps for a, b in itertools.pairwise(seen))


@pytest.mark.parametrize("stop_after", [1, 17, 40])
def test_a_cancelled_run_resumes_to_the_same_bytes(counting: Job, tmp_path: Path, stop_after: int) -> None:
    whole = counting.run(tmp_path / "whole")
    work = tmp_path / "work"
    stopped_at = _stop(counting, work, stop_after)
    assert not (work / "claim.cbor").exists()
    resumed = counting.run(work, pace=EAGER, program=None, input=None)
    assert resumed.resumed_at == stopped_at and resumed.executed == whole.executed - stopped_at
    _same(tmp_path / "whole", work)


def _stop(job: Job, work: Path, checkpoints: int, **options: Any) -> int:
    """Run a job with a checkpoint at each boundary until there have been so many; the step of the last."""
    left = checkpoints
    original = Store.keep_checkpoint

    def keep(self: Store, *arguments: Any) -> None:
        nonlocal left
        original(self, *arguments)
        left -= 1
        if left == 0:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "keep_checkpoint", keep)
        with pytest.raises(KeyboardInterrupt):
            job.run(work, pace=EAGER, **options)
    assert len(Store(work).checkpoints()) == min(checkpoints, MAX_CHECKPOINTS)
    return checkpoints << job.segment_log2


def _same(a: Path, b: Path) -> None:
    for name in ("claim.cbor", "leaves"):
        assert (a / name).read_bytes() == (b / name).read_bytes()
    assert (a / "output.bin").exists() == (b / "output.bin").exists()
    if (a / "output.bin").exists():
        assert (a / "output.bin").read_bytes() == (b / "output.bin").read_bytes()
    assert not list(b.glob(".*"))


def test_cancel_is_asked_and_obeyed(endless: Job, tmp_path: Path) -> None:
    asked = iter([False, True])
    with pytest.raises(Cancelled, match=r"stopped at step \d+"):
        endless.run(tmp_path, cancel=lambda: next(asked))
    assert not (tmp_path / "claim.cbor").exists()
    assert endless.run(tmp_path).claim.body.status == Status.OUT_OF_STEPS


def test_limits_end_a_run_without_a_claim(endless: Job, key: SecretKeyFile, tmp_path: Path) -> None:
    with pytest.raises(LimitReached, match=r"longer than the 0\.2 seconds"):
        endless.run(tmp_path / "time", limits=Limits(seconds=0.2))
    assert not (tmp_path / "time/claim.cbor").exists()
    job = Job(elf(count(1 << 18, halt()), bss=1), b"", key)
    with pytest.raises(LimitReached, match="more than the 1 MiB"):
        job.run(tmp_path / "memory", limits=Limits(memory=1 << 20))
    assert not (tmp_path / "memory/claim.cbor").exists()
    assert job.run(tmp_path / "memory").claim.body.status == Status.HALTED


@needs_engine
def test_an_engine_that_failed_is_told(counting: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert counting.run(tmp_path / "good", engine="wasm").warning is None
    monkeypatch.setattr(Engine, "trapped", True)
    warning = counting.run(tmp_path / "bad", engine="wasm").warning
    assert warning is not None and "please report it" in warning


@needs_engine
def test_limits_hold_the_engine_too(key: SecretKeyFile, tmp_path: Path) -> None:
    job = Job(elf(count(1 << 18, halt()), bss=1), b"", key)
    with pytest.raises(LimitReached, match="more than the 1 MiB"):
        job.run(tmp_path / "memory", limits=Limits(memory=1 << 20), engine="wasm")
    endless = Job(elf(spin()), b"", key, max_steps=1 << 40, segment_log2=24)
    with pytest.raises(LimitReached, match="longer than"):
        endless.run(tmp_path / "time", limits=Limits(seconds=0.3), engine="wasm")
    with pytest.raises(Cancelled):
        endless.run(tmp_path / "time", cancel=lambda: True, engine="wasm")
    assert not (tmp_path / "time/claim.cbor").exists() and not (tmp_path / "memory/claim.cbor").exists()


def test_checkpoints_stay_few(counting: Job, tmp_path: Path) -> None:
    counting.run(tmp_path, pace=EAGER)
    kept = list(Store(tmp_path).checkpoints())
    assert len(kept) == MAX_CHECKPOINTS
    gaps = [b - a for a, b in zip([1, *kept], kept, strict=False)]
    assert max(gaps) <= 8 and kept[-1] == 79


@pytest.mark.parametrize("which", ["first", "last", "all"])
@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "grow"])
def test_damaged_checkpoints_are_passed_over(counting: Job, tmp_path: Path, which: str, damage: str) -> None:
    whole = counting.run(tmp_path / "whole")
    work = tmp_path / "work"
    stopped_at = _stop(counting, work, 12)
    files = list(Store(work).checkpoints().values())
    for path in {"first": files[:1], "last": files[-1:], "all": files}[which]:
        data = path.read_bytes()
        flipped = bytearray(data)
        flipped[len(data) - 700] ^= 4
        path.write_bytes({"flip": bytes(flipped), "cut": data[:-1], "empty": b"", "grow": data + b"\0"}[damage])
    resumed = counting.run(work)
    expected = {"first": stopped_at, "last": stopped_at - (1 << counting.segment_log2), "all": None}[which]
    assert resumed.resumed_at == expected
    assert resumed.claim == whole.claim
    _same(tmp_path / "whole", work)


@pytest.mark.parametrize("at", [0, 5 * 32 + 3, 12 * 32 + 31])
def test_damaged_leaves_are_cut_to_what_holds(counting: Job, tmp_path: Path, at: int) -> None:
    counting.run(tmp_path / "whole")
    work = tmp_path / "work"
    _stop(counting, work, 12)
    data = bytearray((work / "leaves").read_bytes())
    assert len(data) == 13 * 32
    data[at] ^= 0x80
    (work / "leaves").write_bytes(data)
    resumed = counting.run(work)
    # The last checkpoint before the damage: after k leaves, the first k are undamaged.
    good = at // 32
    assert resumed.resumed_at == (((good - 1) << counting.segment_log2) if good > 1 else None)
    _same(tmp_path / "whole", work)


@pytest.mark.parametrize("length", [0, 31, 6 * 32, 6 * 32 + 17, 13 * 32 + 5])
def test_truncated_leaves(counting: Job, tmp_path: Path, length: int) -> None:
    counting.run(tmp_path / "whole")
    work = tmp_path / "work"
    _stop(counting, work, 12)
    data = (work / "leaves").read_bytes().ljust(length, b"?")
    (work / "leaves").write_bytes(data[:length])
    resumed = counting.run(work)
    whole = min(length // 32, 13)
    assert resumed.resumed_at == (((whole - 1) << counting.segment_log2) if whole > 1 else None)
    _same(tmp_path / "whole", work)


@pytest.mark.parametrize("name", ["leaves", "claim.cbor", "output.bin", "program.elf", "input.bin"])
@pytest.mark.parametrize("damage", ["gone", "cut", "flip"])
def test_a_finished_folder_is_mended(sha256: Job, tmp_path: Path, name: str, damage: str) -> None:
    sha256.run(tmp_path / "whole")
    work = tmp_path / "work"
    sha256.run(work, pace=Pace(least=0.02, growth=0, share=0))
    path = work / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(data if damage == "flip" else data[:-1])
    sha256.run(work)
    _same(tmp_path / "whole", work)
    for kept in ("program.elf", "input.bin"):
        assert (work / kept).read_bytes() == (tmp_path / "whole" / kept).read_bytes()


def test_mending_the_output_leaves_the_trace_alone(counting: Job, tmp_path: Path) -> None:
    counting.run(tmp_path, pace=EAGER)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    (tmp_path / "output.bin").unlink()

    def interrupt(now: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        counting.run(tmp_path, pace=EAGER, progress=interrupt)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} | {"output.bin": b""} == before
    counting.run(tmp_path, pace=EAGER)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_wrong_program_or_input(sha256: Job, counting: Job, tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match=r"is program .* and the unit is about"):
        sha256.run(tmp_path / "work", program=counting.program)
    with pytest.raises(WorkerError, match=r"has 5 bytes|the 5 bytes given"):
        sha256.run(tmp_path / "work", input=b"other")
    with pytest.raises(WorkerError, match="but other bytes"):
        sha256.run(tmp_path / "work", input=sha256.given[:-1] + b"?")
    with pytest.raises(WorkerError, match="not a program for this machine"):
        sha256.run(tmp_path / "work", program=b"\x7fELF nothing")
    with pytest.raises(WorkerError, match=r"cannot read .*nothing: No such file"):
        sha256.run(tmp_path / "work", program=tmp_path / "nothing")
    assert not (tmp_path / "work").exists(), "a run that was refused leaves nothing"
    sha256.run(tmp_path / "work")
    with pytest.raises(WorkerError, match="but other bytes"):
        sha256.run(tmp_path / "work", input=sha256.given[:-1] + b"?")


def test_a_folder_of_another_unit_and_one_of_something_else(sha256: Job, counting: Job, tmp_path: Path) -> None:
    sha256.run(tmp_path / "work")
    with pytest.raises(WorkerError, match="another unit's work"):
        counting.run(tmp_path / "work")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("precious")
    with pytest.raises(WorkerError, match=r"no work folder: it holds thesis\.txt"):
        counting.run(tmp_path / "mine")
    assert (tmp_path / "mine/thesis.txt").read_text() == "precious"
    with pytest.raises(WorkerError, match="cannot make the folder"):
        counting.run(tmp_path / "mine/thesis.txt")


def test_one_folder_one_run_one_worker(sha256: Job, other_key: SecretKeyFile, tmp_path: Path) -> None:
    with Store(tmp_path / "work").held(), pytest.raises(WorkerError, match="another process is running"):
        threading.Thread(target=lambda: None).start()
        sha256.run(tmp_path / "work")
    sha256.run(tmp_path / "work")
    with pytest.raises(WorkerError, match="holds the claim of worker"):
        sha256.run(tmp_path / "work", key=other_key)


def test_units_that_this_worker_must_not_run(sha256: Job, other_key: SecretKeyFile, tmp_path: Path) -> None:
    body = sha256.unit.body
    with pytest.raises(WorkerError, match=r"can't be run: .*bad-signature"):
        run_unit(sha256.unit.replace(body=body.replace(price=4)), tmp_path, key=sha256.key)
    named = sign_unit(body.replace(policy=Policy(workers=(other_key.public,))), sha256.key.key)
    with pytest.raises(WorkerError, match="names its workers"):
        run_unit(named, tmp_path, key=sha256.key, program=sha256.program, input=sha256.given)


def test_terms_that_make_no_unit(sha256: Job) -> None:
    with pytest.raises(WorkerError, match=r"no unit: .*too-many-segments"):
        make_unit(
            program=sha256.program,
            input=b"",
            key=sha256.key,
            network=NETWORK,
            segment_log2=4,
            max_steps=1 << 40,
            price=1,
        )


def test_a_claim_that_execution_contradicts_is_not_replaced(counting: Job, tmp_path: Path) -> None:
    """Two different claims on one unit would cost the worker its stake."""
    result = counting.run(tmp_path)
    body = result.claim.body.replace(trace_root=bytes(32))
    wrong = sign_claim(counting.unit, body, result.claim.openings, counting.key.key)
    (tmp_path / "claim.cbor").write_bytes(encode_object(wrong))
    with pytest.raises(WorkerError, match="gives another claim than the signed one"):
        counting.run(tmp_path)
    assert (tmp_path / "claim.cbor").read_bytes() == encode_object(wrong)


def test_leaves_are_split_whole() -> None:
    assert split_leaves(b"a" * 32 + b"b" * 31) == [b"a" * 32]
    assert split_leaves(b"") == []
