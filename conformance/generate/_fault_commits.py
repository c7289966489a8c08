"""Vectors of blinded commitments to fault proofs."""

from __future__ import annotations

from ...protocol.encoding.schema import encode_object
from ...protocol.work.fault_commit import FaultReveal
from ...verifier.verdict import evidence_hash
from ..operations import epochs as operations
from ..values import render
from . import Case, VectorFile, _many, invalid, valid
from . import _epoch_files as made
from . import _evidence_common as common
from ._changes import changed, flip

COMMIT, BLINDING, PROOF = 2, 3, 4


def file() -> VectorFile:
    """The cases of fault reveals beside their proofs."""
    return VectorFile(
        name="committed",
        op="fault.committed",
        title="Blinded commitments to fault proofs, opened",
        checked_by="tests/adapters/node, written from spec/ alone",
        cases=[*_good(), *_bad()],
    )


def _reveal() -> FaultReveal:
    wrong = common.wrong_leaf()
    return made.fault_reveal(common.fault(wrong), common.claim(wrong))


def _good() -> list[Case]:
    wrong = common.wrong_leaf()
    shape = ["FLT-040", "FLT-041", "FLT-042", "FLT-043", "FLT-044", "FLT-045", "FLT-046", "FLT-047", "SEG-025"]
    cases = []
    for name, comment, proof in (
        ("segment", "A segment proof that refutes its claim.", common.fault(wrong)),
        ("audit", "An audit proof that refutes its claim.", made.audit(common.drawn(), wrong)),
    ):
        reveal = made.fault_reveal(proof, common.claim(wrong))
        given = {"reveal": encode_object(reveal), "proof": encode_object(proof)}
        output = operations.committed(render(given))
        cases.append(valid(f"fault-committed-{name}", comment, shape, given, output))
    return cases


def _bad() -> list[Case]:
    wrong, reveal = common.wrong_leaf(), _reveal()
    proof, unit = encode_object(common.fault(wrong)), encode_object(common.drawn())
    right = encode_object(made.run(common.drawn()).proof(0).replace(claim=common.claim()))
    forged = changed(common.fault(wrong), [2, 4], common.claim().signature)
    thief = made.fault_reveal(common.fault(wrong), common.claim(wrong), "stranger")
    rows: list[tuple[str, str, str, str, bytes, bytes]] = [
        (
            "other-proof",
            "FLT-042",
            "crypto/proof-mismatch",
            "Another proof than it names.",
            changed(reveal, [PROOF], flip(0)),
            proof,
        ),
        (
            "harmless",
            "FLT-043 FLT-003",
            "execution/no-fault",
            "Segments that are right.",
            encode_object(reveal.replace(proof=evidence_hash(right))),
            right,
        ),
        (
            "forged-proof",
            "FLT-043 CLM-018 KEY-041",
            "crypto/bad-signature",
            "A proof whose claim the worker didn't sign.",
            encode_object(reveal.replace(proof=evidence_hash(forged))),
            forged,
        ),
        (
            "no-proof",
            "FLT-043 ENC-030",
            "schema/unknown-kind",
            "A unit, which proves no fault.",
            encode_object(reveal.replace(proof=evidence_hash(unit))),
            unit,
        ),
        (
            "network",
            "FLT-044",
            "crypto/network-mismatch",
            "A fault commit of another network.",
            changed(reveal, [COMMIT, 2, 0], "other"),
            proof,
        ),
        (
            "unit",
            "FLT-044",
            "crypto/unit-mismatch",
            "A fault commit about another unit.",
            changed(reveal, [COMMIT, 2, 1], bytes(32)),
            proof,
        ),
        (
            "prover",
            "FLT-045 KEY-041",
            "crypto/bad-signature",
            "Somebody else's name on it.",
            changed(reveal, [COMMIT, 2, 2], _many.public("stranger")),
            proof,
        ),
        (
            "signature",
            "FLT-045 KEY-041",
            "crypto/bad-signature",
            "Somebody else's signature.",
            changed(reveal, [COMMIT, 3], thief.commit.signature),
            proof,
        ),
        (
            "blinding",
            "FLT-046",
            "crypto/commitment-mismatch",
            "Another blinding.",
            changed(reveal, [BLINDING], flip(0)),
            proof,
        ),
        (
            "truncated",
            "FLT-040 ENC-021",
            "decode/truncated",
            "The last byte is missing.",
            encode_object(reveal)[:-1],
            proof,
        ),
    ]
    return [
        invalid(f"fault-committed-{name}", comment, req.split(), {"reveal": data, "proof": beside}, error)
        for name, req, error, comment, data, beside in rows
    ]
