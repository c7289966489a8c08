"""Making audit proofs: the segments that a beacon has drawn, from a worker's folder."""

from __future__ import annotations

import os

from ..protocol import hashing
from ..protocol.beacon import Beacon, check_beacon
from ..protocol.committee.snapshot import Committee
from ..protocol.errors import ProtocolError
from ..protocol.keys import SecretKeyFile
from ..protocol.work.audit import AuditProof, CheckReveal, check_commit, drawn, make_check
from ..protocol.work.commit import Commit
from ..protocol.work.fault_commit import FaultReveal, make_fault_reveal
from ..protocol.work.receipt import Receipt
from ..verifier.audits import check_audit
from ..verifier.faults import check_proof
from ..verifier.verdict import Evidence, Outcome
from . import executors
from .errors import WorkerError
from .executors import Engine
from .files import read_file
from .prove import prove
from .signing import keep_blinding, read_blinding, read_object
from .store import Store


def prove_audit(
    folder: str | os.PathLike[str],
    commit: Commit,
    blinding: bytes,
    beacon: Beacon,
    *,
    receipt: Receipt | None = None,
    committee: Committee | None = None,
    engine: Engine = "auto",
) -> AuditProof:
    """The audit proof of the run in a folder. Raises WorkerError if its parts don't belong together."""
    claim = Store(folder).claim()
    if claim is None:
        raise WorkerError(f"{folder} holds no claim yet", "run the unit to its end first")
    try:
        output = check_beacon(beacon)
        chosen = drawn(claim, commit, output)
        made = AuditProof(
            proof=prove(folder, chosen, engine=engine),
            commit=commit,
            blinding=blinding,
            beacon=beacon,
            receipt=receipt,
            committee=committee,
        )
        check_commit(made)
    except ProtocolError as error:
        advice = "check that commit, beacon and run belong together"
        raise WorkerError(f"this makes no audit proof: {error}", advice) from error
    return made


def make_checking(
    audit: str | os.PathLike[str],
    key: SecretKeyFile,
    blinding: str | os.PathLike[str],
    *,
    made: bool = False,
    engine: Engine = "auto",
) -> CheckReveal:
    """An auditor's reveal of having checked an audit proof, which is executed; its `check` is what it commits to first.

    The blinding is made and kept in its file, unless it is said to be `made` before.
    """
    proof, executor = read_object(AuditProof, "an audit proof", audit), executors.choose(engine).factory
    verdict = check_audit(read_file(audit), executor=executor, supplied=True)
    if verdict.evidence is Evidence.INVALID:
        raise WorkerError(
            f"{audit} does not hold: {verdict.message} ({verdict.code})", "there is nothing to check in it"
        )
    blind = read_blinding(blinding) if made else keep_blinding(blinding)
    try:
        return make_check(proof, blind, key.key, executor)
    except ProtocolError as error:
        raise WorkerError(f"{audit} can't be executed: {error}", "get another proof of these segments") from error


def make_fault_commit(
    proof: str | os.PathLike[str],
    key: SecretKeyFile,
    blinding: str | os.PathLike[str],
    *,
    made: bool = False,
    engine: Engine = "auto",
) -> FaultReveal:
    """A prover's reveal of having a fault proof, which is checked; its `commit` is what it commits to first.

    The blinding is made and kept in its file, unless it is said to be `made` before.
    """
    data = read_file(proof)
    verdict = check_proof(data, executor=executors.choose(engine).factory)
    about = verdict.statement
    if verdict.claim is not Outcome.REFUTED or about is None or about.claim is None:
        why = f": {verdict.message} ({verdict.code})" if verdict.code else ""
        raise WorkerError(f"{proof} refutes no claim{why}", "`tracework refute` makes a proof of a claim that is false")
    blind = read_blinding(blinding) if made else keep_blinding(blinding)
    evidence = hashing.digest(hashing.EVIDENCE, data)
    return make_fault_reveal(about.network, about.unit, about.claim, evidence, blind, key.key)
