"""Making audit proofs: the segments that a beacon has drawn, from a worker's folder."""

from __future__ import annotations

import os

from ..protocol.beacon import Beacon, check_beacon
from ..protocol.committee.snapshot import Committee
from ..protocol.errors import ProtocolError
from ..protocol.work.audit import AuditProof, check_commit, drawn
from ..protocol.work.commit import Commit
from ..protocol.work.receipt import Receipt
from .errors import WorkerError
from .executors import Engine
from .prove import prove
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
