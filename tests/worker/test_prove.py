"""Proofs made from a work folder: right, small, from the nearest checkpoint, and refused where they can't be."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.jobs import EAGER, Job
from support.machines import CODE, assemble
from support.programs import A0, T0, T1, elf, halt, load
from support.wasm import needs_engine
from tracework.protocol.encoding.schema import encode_object
from tracework.protocol.keys import SecretKeyFile
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.work.segment import MAX_WITNESS_PAGES, SegmentProof
from tracework.verifier.segments import check_segment_proof
from tracework.verifier.verdict import Evidence, Outcome
from tracework.worker import prove as proving
from tracework.worker.errors import WorkerError
from tracework.worker.limits import Pace
from tracework.worker.store import Store

prove = functools.partial(proving.prove, engine="reference")


def valid(proof: SegmentProof) -> bool:
    verdict = check_segment_proof(encode_object(proof), executor=Interpreter)
    assert verdict.evidence == Evidence.VALID, verdict.message
    return verdict.claim == Outcome.INCONCLUSIVE


@pytest.fixture(scope="module")
def done(sha256: Job, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run without checkpoints."""
    folder = tmp_path_factory.mktemp("done")
    sha256.run(folder)
    return folder


@pytest.fixture(scope="module")
def checkpointed(counting: Job, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with 16 checkpoints."""
    folder = tmp_path_factory.mktemp("checkpointed")
    counting.run(folder, pace=EAGER)
    return folder


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The steps that executors have run, one entry a call."""
    run = Interpreter.run
    seen: list[int] = []

    def counted(self: Interpreter, until: int) -> None:
        before = self.state.steps
        run(self, until)
        seen.append(self.state.steps - before)

    monkeypatch.setattr(Interpreter, "run", counted)
    yield seen


def test_single_several_last_and_all(done: Path) -> None:
    last = prove(done, "last")
    count = last.claim.body.segments
    assert [segment.index for segment in last.segments] == [count - 1]
    several = prove(done, [7, 0, 7, 3])
    assert [segment.index for segment in several.segments] == [0, 3, 7]
    everything = prove(done, "all")
    assert [segment.index for segment in everything.segments] == list(range(count))
    assert valid(last) and valid(several) and valid(everything)
    assert everything.segments[3] == several.segments[1]


def test_a_proof_is_the_same_from_a_checkpoint_and_from_the_start(
    checkpointed: Path, counting: Job, tmp_path: Path
) -> None:
    counting.run(tmp_path)
    assert Store(checkpointed).checkpoints() and not Store(tmp_path).checkpoints()
    for numbers in ([78], [5, 6, 40, 41, 77], list(range(0, 79, 7))):
        assert encode_object(prove(checkpointed, numbers)) == encode_object(prove(tmp_path, numbers))


def test_a_checkpoint_spares_the_run_before_it(
    checkpointed: Path, steps: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If it takes longer to load than the way to it, which is not for such short ways to decide."""
    monkeypatch.setattr(proving._Walker, "_nearer", lambda self, segment: segment > self._at)
    assert valid(prove(checkpointed, [77, 70, 10]))
    segment = 1 << 10
    # To each segment from the checkpoint before it, over the segment, and once more to verify.
    assert sum(steps) <= 3 * (8 + 1 + 1) * segment


def test_neighbours_are_executed_once(done: Path, steps: list[int]) -> None:
    proof = prove(done, [10, 11, 12, 50, 51])
    segment = 1 << proof.claim.context.segment_log2
    # To 10; three; from 10 to 50; two.
    assert sum(steps) == (10 + 3 + 40 + 2) * segment
    assert valid(proof)
    everything = prove(done, "all")
    assert [part for part in everything.segments if part.index in (10, 11, 12, 50, 51)] == list(proof.segments)


def test_several_segments_share_one_pass(done: Path, steps: list[int]) -> None:
    proof = prove(done, [0, 50, 100])
    segment = 1 << proof.claim.context.segment_log2
    assert sum(steps) == (100 + 3) * segment


@pytest.mark.parametrize("damage", ["flip", "cut", "other"])
def test_damaged_checkpoints_are_passed_over(checkpointed: Path, tmp_path: Path, damage: str) -> None:
    work = tmp_path / "work"
    shutil.copytree(checkpointed, work)
    files = list(Store(work).checkpoints().values())
    for path in files[::2]:
        data = bytearray(path.read_bytes())
        data[-100] ^= 1
        path.write_bytes({"flip": bytes(data), "cut": bytes(data[:-5000]), "other": files[1].read_bytes()}[damage])
    numbers = [2, 20, 50, 78]
    assert encode_object(prove(work, numbers)) == encode_object(prove(checkpointed, numbers))
    for path in files:
        path.write_bytes(b"")
    assert encode_object(prove(work, numbers)) == encode_object(prove(checkpointed, numbers))


def test_every_ending_can_be_proven(endless: Job, faulting: Job, tmp_path: Path) -> None:
    for name, job in (("endless", endless), ("faulting", faulting)):
        job.run(tmp_path / name)
        assert valid(prove(tmp_path / name, "last"))


def test_input_pages_are_proven_with_their_paths(key: SecretKeyFile, tmp_path: Path) -> None:
    """A program that sums two far bytes of a long input."""
    words = [
        *load(T0, 5_000_000),
        assemble("add", rd=T0, rs1=T0, rs2=A0),
        assemble("lbu", rd=T1, rs1=T0),
        assemble("lbu", rd=A0, rs1=A0),
        assemble("add", rd=A0, rs1=A0, rs2=T1),
        assemble("addi", rd=11),
        *load(17, 93),
        0x73,
    ]
    job = Job(elf(words), bytes([7]) + bytes(4_999_999) + bytes([5]), key, segment_log2=4)
    assert job.run(tmp_path).claim.body.code == 12
    proof = prove(tmp_path, "all")
    assert valid(proof)
    assert proof.segments[0].pages == (CODE >> 12, 0x80000, 0x80000 + (5_000_000 >> 12))


@needs_engine
def test_the_engine_makes_the_same_proofs(checkpointed: Path, done: Path) -> None:
    for folder, numbers in ((checkpointed, [0, 1, 30, 78]), (done, [5, 100])):
        by_engine = proving.prove(folder, numbers, engine="wasm")
        assert encode_object(by_engine) == encode_object(prove(folder, numbers))


def test_progress_is_told(done: Path) -> None:
    seen: list[tuple[int, int, int]] = []
    prove(done, [1, 20], progress=lambda *state: seen.append(state))
    assert [state[:2] for state in seen if state[:2] == (1, 2)] and seen[-1] == (2, 2, (20 + 2) << 12)
    assert seen == sorted(seen)


def test_what_cannot_be_proven(done: Path, sha256: Job, counting: Job, tmp_path: Path) -> None:
    count = prove(done, "last").claim.body.segments
    for wrong in ([count], [-1], [0, 10**9]):
        with pytest.raises(WorkerError, match=f"has no segment .*its segments are 0 to {count - 1}"):
            prove(done, wrong)
    with pytest.raises(WorkerError, match="no segment to prove"):
        prove(done, [])
    with pytest.raises(WorkerError, match="is no work folder"):
        prove(tmp_path, "all")
    with pytest.raises(WorkerError, match="but other bytes"):
        prove(done, "last", input=sha256.given[:-1] + b"?")
    with pytest.raises(WorkerError, match="the unit is about"):
        prove(done, "last", program=counting.program)


@pytest.mark.parametrize(
    ("name", "damage", "says"),
    [
        ("claim.cbor", "gone", "holds no claim yet"),
        ("claim.cbor", "cut", "is not an undamaged claim"),
        ("leaves", "gone", "is cut off"),
        ("leaves", "cut", "is cut off"),
        ("leaves", "flip", "is damaged"),
        ("program.elf", "gone", "is missing; give it with --program"),
        ("program.elf", "flip", "the unit is about|not a program"),
        ("input.bin", "gone", "is missing; give it with --input"),
        ("input.bin", "flip", "but other bytes"),
        ("input.bin", "cut", "and the unit's input has"),
        ("unit.cbor", "cut", "is not a unit"),
        ("unit.cbor", "gone", "is no work folder"),
    ],
)
def test_damaged_folders(done: Path, sha256: Job, tmp_path: Path, name: str, damage: str, says: str) -> None:
    work = tmp_path / "work"
    shutil.copytree(done, work)
    path = work / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    if name == "program.elf":
        data[0x1004] ^= 0xFF
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(data if damage == "flip" else data[:-1])
    with pytest.raises(WorkerError, match=says):
        prove(work, [0])
    if name in ("program.elf", "input.bin"):
        assert valid(prove(work, [0], program=sha256.program, input=sha256.given))


def test_too_many_segments_and_too_much_content(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "MAX_BYTES", 200_000)
    with pytest.raises(WorkerError, match=r"a proof of these \d+ segments is larger than .* the first \d+ of them fit"):
        prove(done, "all")
    monkeypatch.setattr(proving, "MAX_BYTES", 10_000)
    with pytest.raises(WorkerError, match="this segment can't be proven"):
        prove(done, [3])
    monkeypatch.setattr(proving, "MAX_PROOF_SEGMENTS", 3)
    with pytest.raises(WorkerError, match="at most 3 segments"):
        prove(done, [1, 2, 3, 4])


def test_the_estimate_of_a_proofs_size_is_no_less_than_the_size(done: Path) -> None:
    proof = prove(done, range(0, 100, 3))
    room = proving._Room(len(encode_object(proof.claim)))
    for number in range(len(proof.segments)):
        room.take(proof.segments[: number + 1], len(proof.segments))
    size = len(encode_object(proof))
    assert size <= room._bytes < 1.2 * size + 100_000


def test_a_witness_over_the_limit(key: SecretKeyFile, tmp_path: Path) -> None:
    """A segment that stores to 10,000 pages can be claimed, but not proven."""
    words = [
        *load(T0, 10_000),
        *load(T1, 0x100000),
        *load(7, 4096),
        assemble("sd", rs1=T1, rs2=T0),
        assemble("add", rd=T1, rs1=T1, rs2=7),
        assemble("addi", rd=T0, rs1=T0, immediate=-1),
        assemble("bne", rs1=T0, rs2=0, immediate=-12),
        *halt(),
    ]
    job = Job(elf(words), b"", key, segment_log2=16)
    job.run(tmp_path / "large")
    with pytest.raises(WorkerError, match=f"touches more than the {MAX_WITNESS_PAGES} pages"):
        prove(tmp_path / "large", [0])
    small = Job(elf(words), b"", key, segment_log2=13)
    small.run(tmp_path / "small")
    assert valid(prove(tmp_path / "small", [0, 4]))


def test_a_run_that_does_not_repeat_is_noticed(counting: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that computes something else than before gives no proof away."""
    counting.run(tmp_path, pace=Pace())
    run = Interpreter.run

    def faulty(self: Interpreter, until: int) -> None:
        run(self, until)
        if self.state.steps > 30_000:
            self.state.registers[28] ^= 1

    monkeypatch.setattr(Interpreter, "run", faulty)
    with pytest.raises(WorkerError, match="another state than leaf"):
        prove(tmp_path, [40])
