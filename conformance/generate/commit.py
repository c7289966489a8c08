"""Vectors for commits and reveals, of machine units and of opaque ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...protocol import keys
from ...protocol.encoding.schema import encode_object, to_item
from ...protocol.work.commit import Commit
from ..operations import many as operations
from . import Case, VectorFile, _many, _runs, seeded
from ._changes import changed, flip
from ._topic import Topic

CHECKED = (
    "tests/adapters/node, written from spec/ alone; a transcription over cbor2"
    " (tests/conformance/test_many_literal.py); signatures by py_ecc (tests/conformance/test_many.py)"
)
BODY = 2
CLAIM, BLINDING, LEAVES = 2, 3, 4
NAME = "replica-0"


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        _commits(),
        _reveals(),
        _openings(),
        _opaque(),
    ]


def _resigned(commit: Commit, name: str = NAME, **fields: object) -> Commit:
    body = commit.body.replace(**fields)
    return Commit(body=body, signature=keys.sign(_many.secret(name), body.id))


def _commits() -> VectorFile:
    topic = Topic("commit.check", operations.checked_commit, "Commits, beside their unit", CHECKED)
    run = _many.honest_run()
    unit = encode_object(run.unit)
    commit = _many.commit_to(_many.claim_by(run, NAME), NAME)

    def given(made: Commit | bytes) -> dict[str, Any]:
        return {"commit": made if isinstance(made, bytes) else encode_object(made), "unit": unit}

    def bad(name: str, comment: str, req: str, made: Commit | bytes, error: str, *flags: str) -> Case:
        return topic.bad(name, comment, [req, "CMT-013"], given(made), error, *flags)

    infinity = commit.replace(signature=b"\xc0" + bytes(95))
    cases = [
        topic.good(
            "plain", "A commit to a claim of a run.", ["CMT-001", "CMT-002", "CMT-003", "CMT-012"], given(commit)
        ),
        bad(
            "other-network",
            "Signed for another network.",
            "CMT-010",
            _resigned(commit, network="other"),
            "crypto/network-mismatch",
            "WrongDomain",
        ),
        bad(
            "other-unit",
            "About another unit.",
            "CMT-011",
            _resigned(commit, unit=seeded("commit-check-other-unit", "unit", 32)),
            "crypto/unit-mismatch",
        ),
        bad(
            "copied-name",
            "A worker's commit with another worker's key written over it: copied, not signed anew.",
            "KEY-041",
            commit.replace(body=commit.body.replace(worker=_many.public("replica-1"))),
            "crypto/bad-signature",
            "ProofMutation",
        ),
        bad(
            "infinity", "The signature is the point at infinity.", "KEY-022", infinity, "crypto/bad-signature-encoding"
        ),
        bad(
            "next-version",
            "A commit of version 2.",
            "ENC-030",
            changed(commit, [1], 2),
            "schema/unsupported-version",
        ),
        bad(
            "short-commitment",
            "A commitment of 31 bytes.",
            "ENC-030",
            changed(commit, [BODY, 3], bytes(31)),
            "schema/wrong-length",
        ),
    ]
    return topic.file(cases)


def _reveals() -> VectorFile:
    topic = Topic("commit.reveal", operations.reveal, "Reveals, checked alone", CHECKED)
    run, unit = _many.honest_run(), _many.opaque_unit()
    claim = _many.claim_by(run, NAME)
    reveal = _many.reveal_of(claim, NAME, run.leaves)
    opaque = _many.reveal_of(_many.opaque_claim_by(unit, NAME), NAME)

    def good(name: str, comment: str, requirements: list[str], made: Any) -> Case:
        return topic.good(name, comment, requirements, {"reveal": encode_object(made)})

    def bad(name: str, comment: str, requirements: list[str], made: Any, error: str, *flags: str) -> Case:
        given = {"reveal": made if isinstance(made, bytes) else encode_object(made)}
        return topic.bad(name, comment, requirements, given, error, *flags)

    wrong_claim, wrong_leaves = _many.wrongly_begun(run, NAME)
    wrong = _many.reveal_of(wrong_claim, NAME, wrong_leaves)
    exchanged = [*run.leaves[:-1], seeded("commit-reveal-wrong-leaf", "leaf", 32)]
    swapped = [run.leaves[0], run.leaves[2], run.leaves[1], *run.leaves[3:]]
    zeros = [run.leaves[0], bytes(32), *run.leaves[2:]]
    cases = [
        good("machine", "All leaves of a run.", ["CMT-020", "CMT-021", "CMT-025", "CMT-050"], reveal),
        good("opaque", "The reveal of an opaque claim.", ["CMT-045", "CMT-050"], opaque),
        good("refuted", "Leaf 0 is no entry state: refuted by its reveal.", ["CMT-025", "CLM-026"], wrong),
        bad(
            "leaf-missing",
            "One leaf too few.",
            ["CMT-022"],
            changed(reveal, [LEAVES], lambda leaves: leaves[:-32]),
            "semantic/leaves-length",
            "Boundary",
        ),
        bad(
            "leaf-more",
            "One leaf too many: the padding's first.",
            ["CMT-022"],
            changed(reveal, [LEAVES], lambda leaves: leaves + leaves[-32:]),
            "semantic/leaves-length",
            "Boundary",
        ),
        bad(
            "wrong-leaf",
            "The last leaf is another, and the worker signed it.",
            ["CMT-024"],
            _many.reveal_of(claim, NAME, exchanged),
            "crypto/leaves-mismatch",
        ),
        bad(
            "leaves-swapped",
            "Two leaves in each other's place.",
            ["CMT-024"],
            _many.reveal_of(claim, NAME, swapped),
            "crypto/leaves-mismatch",
            "ProofMutation",
        ),
        bad(
            "zero-leaf",
            "A leaf of zeros: it is no 'absent'.",
            ["CMT-024", "HSH-007"],
            _many.reveal_of(claim, NAME, zeros),
            "crypto/leaves-mismatch",
            "ZeroDigest",
        ),
        bad(
            "damaged",
            "A stranger damaged a leaf on the way: the worker's signature doesn't cover this.",
            ["CMT-023", "KEY-041"],
            changed(reveal, [LEAVES], flip(300)),
            "crypto/bad-signature",
            "ProofMutation",
        ),
        bad(
            "openings-damaged",
            "A stranger damaged the openings.",
            ["CLM-024", "CMT-025"],
            changed(reveal, [CLAIM, 5, 5], flip(0)),
            "crypto/state-mismatch",
            "ProofMutation",
        ),
        bad(
            "opaque-damaged",
            "The blinding of an opaque reveal with one bit turned.",
            ["CMT-023", "KEY-041"],
            changed(opaque, [BLINDING], flip(9)),
            "crypto/bad-signature",
            "ProofMutation",
        ),
        bad(
            "short-blinding",
            "A blinding of 31 bytes.",
            ["ENC-030"],
            changed(reveal, [BLINDING], bytes(31)),
            "schema/wrong-length",
        ),
    ]
    return topic.file(cases)


def _openings() -> VectorFile:
    topic = Topic("commit.open", operations.opening, "Reveals that open a commit", CHECKED)
    run, unit = _many.honest_run(), _many.opaque_unit()
    claim = _many.claim_by(run, NAME)
    commit = _many.commit_to(claim, NAME)
    reveal = _many.reveal_of(claim, NAME, run.leaves)
    opaque = _many.opaque_claim_by(unit, NAME)

    def given(commit: Any, reveal: Any) -> Mapping[str, Any]:
        return {"commit": encode_object(commit), "reveal": encode_object(reveal)}

    def good(name: str, comment: str, requirements: list[str], *made: Any) -> Case:
        return topic.good(name, comment, requirements, given(*made))

    def bad(
        name: str, comment: str, requirements: list[str], commit: Any, reveal: Any, error: str, *flags: str
    ) -> Case:
        return topic.bad(name, comment, requirements, given(commit, reveal), error, *flags)

    copier = "replica-1"
    stolen = _resigned(commit, copier, worker=_many.public(copier))
    copied = _many.reveal_of(_many.claim_by(run, copier), copier, run.leaves, _many.blinding(NAME))
    guessable = _resigned(commit, commitment=claim.id)
    other = _many.honest_run("many-5", 5, 3)
    wrong = _many.reveal_of(claim, NAME, run.leaves, seeded("commit-open-blinding", "blinding", 32))
    lazy_claim, lazy_leaves = _many.invented(run, NAME)
    cases = [
        good("machine", "Unit, claim, commitment and ids of both.", ["CMT-003", "CMT-004", "CMT-032"], commit, reveal),
        good("opaque", "The same of an opaque unit.", ["CMT-045"], _many.commit_to(opaque, NAME),
             _many.reveal_of(opaque, NAME)),
        bad("other-unit", "A reveal of another unit by the same worker.", ["CMT-030"], commit,
            _many.reveal_of(_many.claim_by(other, NAME), NAME, other.leaves), "crypto/unit-mismatch"),
        bad("other-worker", "Another worker's honest reveal.", ["CMT-031"], commit,
            _many.reveal_of(_many.claim_by(run, copier), copier, run.leaves), "crypto/worker-mismatch"),
        bad("other-blinding", "A blinding that was not committed to.", ["CMT-032"], commit, wrong,
            "crypto/commitment-mismatch"),
        bad("other-claim", "Another claim than was committed to.", ["CMT-032"], commit,
            _many.reveal_of(lazy_claim, NAME, lazy_leaves), "crypto/commitment-mismatch"),
        bad("copied", "A commitment copied under another name, then opened with the blinding that its maker showed.",
            ["CMT-032"], stolen, copied, "crypto/commitment-mismatch", "PeerDivergence"),
        bad("guessable", "A commitment that is the claim's id: not blinded, so that anybody could have found it.",
            ["CMT-003", "CMT-032"], guessable, reveal, "crypto/commitment-mismatch", "PeerDivergence"),
        bad("zero", "A commitment of zeros commits to nothing and is opened by nothing.", ["CMT-032", "HSH-007"],
            _resigned(commit, commitment=bytes(32)), reveal, "crypto/commitment-mismatch", "ZeroDigest"),
    ]  # fmt: skip
    return topic.file(cases)


def _opaque() -> VectorFile:
    topic = Topic(
        "commit.opaque-claim", operations.opaque_claim, "Claims on opaque units", CHECKED, prefix="commit-opaque"
    )
    unit = _many.opaque_unit()
    claim = _many.opaque_claim_by(unit, NAME)

    def bad(name: str, comment: str, requirements: list[str], made: bytes, error: str, *flags: str) -> Case:
        return topic.bad(name, comment, requirements, {"claim": made}, error, *flags)

    stranger = _many.opaque_claim_by(unit, "stranger")
    cases = [
        topic.good("plain", "A claim by digest.", ["CMT-040", "CMT-041", "CMT-044"], {"claim": encode_object(claim)}),
        bad(
            "of-a-machine",
            "An opaque claim on a unit with a context.",
            ["CMT-042"],
            changed(claim, [2], _runs_unit()),
            "semantic/not-opaque",
        ),
        bad(
            "other-unit",
            "A claim in the company of another opaque unit.",
            ["CMT-043"],
            encode_object(claim.replace(unit=_many.opaque_unit("commit-opaque-other"))),
            "crypto/unit-mismatch",
        ),
        bad(
            "other-result",
            "The result with one bit turned.",
            ["CMT-044", "KEY-041"],
            changed(claim, [3, 2], flip(0)),
            "crypto/bad-signature",
            "ProofMutation",
        ),
        bad(
            "unnamed",
            "A worker whom the unit doesn't name.",
            ["CLM-029"],
            encode_object(stranger),
            "policy/unnamed-worker",
        ),
    ]
    return topic.file(cases)


def _runs_unit() -> Any:
    return to_item(_runs.run(_runs.summing(), b"0123456789", "commit-machine").unit)
