"""False claims of every kind are caught by a proof that stands alone; honest ones by none."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.jobs import Job
from tracework.protocol.encoding.schema import encode_object
from tracework.protocol.keys import SecretKeyFile
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.work.fault import LeafFault, ResultFault
from tracework.verifier import claims, faults, segments
from tracework.verifier.verdict import Outcome, Verdict
from tracework.worker.cheat import KINDS, cheat
from tracework.worker.errors import WorkerError
from tracework.worker.refute import FaultProof, refute


@pytest.fixture(scope="module")
def honest(counting: Job, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 79 segments."""
    folder = tmp_path_factory.mktemp("refute") / "work"
    counting.run(folder, engine="reference")
    return folder


def judged(proof: FaultProof) -> Verdict:
    """The verdict on a fault proof of any kind."""
    data = encode_object(proof)
    if isinstance(proof, LeafFault):
        return faults.check_leaf_fault(data)
    if isinstance(proof, ResultFault):
        return faults.check_result_fault(data)
    return segments.check_segment_proof(data, executor=Interpreter)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"wrong-output"}))
@pytest.mark.parametrize("segment", [1, 40, 78])
def test_false_claims_are_refuted(kind: str, segment: int, honest: Path, counting: Job, tmp_path: Path) -> None:
    made = cheat(honest, tmp_path / "false", kind, key=counting.key, segment=segment)
    proof = refute(tmp_path / "false", counting.program, counting.given, engine="reference")
    assert proof is not None
    verdict = judged(proof)
    assert verdict.claim is Outcome.REFUTED and verdict.blame == "worker", verdict.message
    assert verdict.statement is not None and verdict.statement.claim == made.claim.id


def test_a_false_output_is_refuted(sha256: Job, tmp_path: Path) -> None:
    sha256.run(tmp_path / "work", engine="reference")
    made = cheat(tmp_path / "work", tmp_path / "false", "wrong-output", key=sha256.key)
    assert claims.check_claim(encode_object(made.claim)).claim is Outcome.INCONCLUSIVE, "it looks like any claim"
    proof = refute(tmp_path / "false", sha256.program, sha256.given, engine="reference")
    assert proof is not None and judged(proof).claim is Outcome.REFUTED


def test_an_honest_claim_is_not(honest: Path, counting: Job) -> None:
    assert refute(honest, counting.program, counting.given, engine="reference") is None


def test_what_cannot_be_done_is_said(honest: Path, counting: Job, other_key: SecretKeyFile, tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match="signed by the worker"):
        cheat(honest, tmp_path / "a", "jumped-segment", key=other_key)
    with pytest.raises(WorkerError, match="program"):
        refute(honest, honest / "claim.cbor", counting.given)
    (tmp_path / "b").mkdir()
    with pytest.raises(WorkerError, match="no claim"):
        refute(tmp_path / "b", counting.program, counting.given)
    cheat(honest, tmp_path / "c", "jumped-segment", key=counting.key)
    (tmp_path / "c/leaves").write_bytes((honest / "leaves").read_bytes())
    with pytest.raises(WorkerError, match="not those of the claim"):
        refute(tmp_path / "c", counting.program, counting.given)
