"""Vectors for audits: draws, what they buy, proofs with a real beacon's round, and proofs of checking."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from ...protocol.beacon import SUPPLIED, Beacon
from ...protocol.encoding.schema import encode_object
from ...protocol.machine.interpreter import Interpreter
from ...protocol.work import audit
from ...protocol.work.audit import AuditProof, CheckReveal
from ...protocol.work.receipt import Receipt, Subject
from ...protocol.work.unit import AuditPolicy, Unit, sign_unit
from ..operations import audit as operations
from ..values import render
from . import Case, VectorFile, _many, _runs, invalid, seeded, valid
from ._changes import ABSENT, changed, flip
from ._runs import Run, retraced
from .beacon import ROUNDS, quicknet

CHECKED = "tests/adapters/node, written from spec/ alone"
SLOT, DELAY, ROUND = 97, 2, 1000
"""A commit receipted in slot 97 is audited, two slots later, by quicknet's round 1000."""
PROOF, COMMIT, BLINDING, BEACON, RECEIPT, COMMITTEE = 2, 3, 4, 5, 6, 7


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        _file("draw", "Segments that a beacon draws", _draws()),
        _file("plan", "What an audit buys, in exact fractions", _plans()),
        _file(
            "check",
            "Audit proofs, with receipts and a real beacon's round",
            [*_good(), *_refuting(), *_beside(), *_bad()],
        ),
        _file("checking", "Auditors' proofs that they have checked", _checkings()),
    ]


def _file(name: str, title: str, cases: Sequence[Case]) -> VectorFile:
    return VectorFile(name=name, op=f"audit.{name}", title=title, checked_by=CHECKED, cases=cases)


def _draws() -> list[Case]:
    def case(name: str, comment: str, samples: int, segments: int, *flags: str, **other: Any) -> Case:
        given: dict[str, Any] = {
            "beacon": seeded("audit-draw", "beacon", 32),
            "network": _runs.NETWORK,
            "unit": seeded("audit-draw", "unit", 32),
            "worker": _many.public("worker"),
            "commit": seeded("audit-draw", "commit", 32),
            "samples": samples,
            "segments": segments,
        } | other
        output = operations.draw(render(given))
        return valid(f"audit-draw-{name}", comment, ["AUD-001", "AUD-002"], given, output, flags=flags)

    return [
        case("three-of-five", "Three segments of five.", 3, 5),
        case("all", "More samples than segments: each once.", 8, 5, "Boundary"),
        case("one-of-one", "The only segment.", 1, 1, "Boundary"),
        case("forty", "Forty out of the most segments that a trace has.", 40, 1048575),
        case("other-commit", "Another commit, other segments.", 3, 1000, commit=bytes(32)),
        case("other-network", "Another network, other segments.", 3, 1000, network="other"),
    ]


def _plans() -> list[Case]:
    def case(name: str, comment: str, segments: int, samples: int, wrong: int, gain: int, at_most: Fraction) -> Case:
        given: dict[str, Any] = {
            "segments": segments,
            "samples": samples,
            "wrong": wrong,
            "gain": gain,
            "probability": {"numerator": at_most.numerator, "denominator": at_most.denominator},
        }
        output = operations.plan(render(given))
        return valid(f"audit-plan-{name}", comment, ["AUD-040", "AUD-041", "AUD-042"], given, output)

    rare = Fraction(1, 100)
    return [
        case(
            "one-wrong",
            "One wrong segment among many escapes nearly always.",
            95368,
            40,
            1,
            10**9,
            rare,
        ),
        case("tenth-wrong", "A tenth of the segments is wrong.", 1000, 40, 100, 1, Fraction(1, 1000)),
        case("certain", "More wrong segments than are left out: none escapes.", 10, 8, 3, 1, rare),
        case(
            "all",
            "All are drawn: the least slash is one unit over the gain.",
            7,
            9,
            1,
            5,
            rare,
        ),
        case("exact", "A gain that N / m divides: the slash has to be one more.", 100, 4, 1, 4, Fraction(1, 2)),
        case("never", "A probability of zero.", 10, 4, 2, 3, Fraction(0)),
    ]


@functools.cache
def audited_unit(samples: int = 2, receipts: bool = True, audits: bool = True) -> Unit:
    """The unit of these vectors."""
    fields: dict[str, Any] = {"redundancy": None, "workers": None, "attestation": None}
    if audits:
        fields["audit"] = AuditPolicy(samples=samples, delay=DELAY)
    if not receipts:
        fields["receipts"] = None
    policy = _many.policy(3, 2, **fields)
    body = _runs.unit_body(
        _runs.make_context(_runs.summing(), b"0123456789"),
        f"audit-{samples}-{receipts}-{audits}",
        policy=policy,
        deadlines=_many.DEADLINES,
    )
    return sign_unit(body, _runs.requester())


def receipt_of(unit: Unit, subject: bytes, slot: int = SLOT, kind: Subject = Subject.COMMIT, **options: Any) -> Receipt:
    """A receipt of the worker's commit."""
    return _many.receipt(unit, kind, _many.public("worker"), subject, slot, **options)


def audit_of(made: Run, segments: Sequence[int] | None = None, round: int = ROUND, **other: Any) -> AuditProof:
    """The audit proof of a run: of the drawn segments, unless others are named."""
    claim = made.claim
    commit = _many.commit_to(claim, "worker")
    beacon = quicknet(round)
    chosen = audit.drawn(claim, commit, beacon.output) if segments is None else segments
    fields: dict[str, Any] = {
        "proof": made.proof(*chosen),
        "commit": commit,
        "blinding": _many.blinding("worker"),
        "beacon": beacon,
        "receipt": receipt_of(claim.unit, commit.id),
        "committee": _many.committee(),
    }
    return AuditProof(**(fields | other))


@functools.cache
def honest() -> AuditProof:
    """An honest claim's audit."""
    return audit_of(_many.run_of(audited_unit()))


def _case(name: str, comment: str, requirements: Sequence[str], proof: AuditProof | bytes, **given: Any) -> Case:
    data = proof if isinstance(proof, bytes) else encode_object(proof)
    input = {"proof": data, **given}
    return valid(f"audit-check-{name}", comment, requirements, input, operations.check(render(input)))


def _good() -> list[Case]:
    made = _many.run_of(audited_unit())
    shape = ["AUD-010", "AUD-012", "AUD-013", "AUD-014", "AUD-015", "AUD-017", "AUD-018", "AUD-021", "RCP-002"]
    supplied = Beacon(source=SUPPLIED, round=ROUND, randomness=quicknet(ROUND).output)
    pins = {"network": _runs.NETWORK, "unit": made.unit.id}
    return [
        _case("accepted", "Two of four segments, drawn by quicknet's round 1000: accepted.", shape, honest()),
        _case(
            "all",
            "More samples than segments: all of them.",
            [*shape, "AUD-002"],
            audit_of(_many.run_of(audited_unit(9))),
        ),
        _case("pinned", "The same, with pins that hold.", ["VRD-010"], honest(), pins=pins),
        _case(
            "no-receipt",
            "Good segments without a receipt: inconclusive, the draw may be older.",
            ["AUD-022"],
            honest().replace(receipt=None, committee=None),
        ),
        _case(
            "supplied", "Supplied randomness: inconclusive.", ["AUD-033", "BCN-020"], honest().replace(beacon=supplied)
        ),
        _case(
            "supplied-allowed",
            "Supplied randomness that the verifier takes.",
            ["AUD-033", "BCN-020"],
            honest().replace(beacon=supplied),
            supplied=True,
        ),
    ]


def _beside() -> list[Case]:
    """Audit proofs beside other receipts (AUD-023)."""
    unit, proof = audited_unit(), honest()
    commit = proof.commit.id

    def given(audit: AuditProof, *receipts: Receipt | bytes) -> dict[str, Any]:
        files = [one if isinstance(one, bytes) else encode_object(one) for one in receipts]
        return {"proof": encode_object(audit), "receipts": files}

    earlier = receipt_of(unit, commit, SLOT - 1)
    harmless: list[tuple[str, str, dict[str, Any]]] = [
        ("own", "The proof's own receipt, once more.", given(proof, receipt_of(unit, commit))),
        ("later", "A receipt from a slot later.", given(proof, receipt_of(unit, commit, SLOT + 1))),
        (
            "none",
            "Earlier receipts that count for nothing: of another commit, of a reveal, by one member, broken.",
            given(
                proof,
                receipt_of(unit, bytes(32), SLOT - 1),
                receipt_of(unit, commit, SLOT - 1, Subject.REVEAL),
                receipt_of(unit, commit, SLOT - 1, signers=(1,)),
                encode_object(earlier)[:-1],
            ),
        ),
        (
            "no-receipt",
            "A proof without a receipt isn't completed by one beside it.",
            given(proof.replace(receipt=None, committee=None), earlier),
        ),
    ]
    cases = [
        valid(f"audit-check-beside-{name}", comment, ["AUD-023", "RCP-025"], input, operations.check(render(input)))
        for name, comment, input in harmless
    ]
    false = jumped(unit, 1)
    refuting = audit_of(false, [0, 2])
    input = given(refuting, receipt_of(unit, refuting.commit.id, SLOT - 1))
    needed = ["AUD-020", "AUD-023", "SEG-025"]
    output = operations.check(render(input))
    cases.append(valid("audit-check-beside-refuting", "A wrong segment, whoever drew it.", needed, input, output))
    return [
        *cases,
        invalid(
            "audit-check-beside-earlier",
            "Another receipt shows that the commit was there a slot earlier: another round draws.",
            ["AUD-023", "RCP-025"],
            given(proof, receipt_of(unit, commit, SLOT + 1), earlier),
            "policy/wrong-round",
        ),
    ]


def jumped(unit: Unit, wrong: int) -> Run:
    """A run with one leaf that isn't what executing gives."""
    made = _many.run_of(unit)
    return retraced(made, [*made.leaves[:wrong], made.leaves[wrong][::-1], *made.leaves[wrong + 1 :]])


def _refuting() -> list[Case]:
    refuting = ["AUD-020", "SEG-025", "SEG-027", "VRD-002"]
    cases = []
    for wrong in range(1, 4):
        proof = audit_of(jumped(audited_unit(), wrong))
        if wrong - 1 in proof.indices and wrong not in proof.indices:
            cases.append(
                _case(f"jumped-{wrong}", "A drawn segment ends in another state than signed.", refuting, proof)
            )
    undrawn = jumped(audited_unit(), 1)
    other = next(pair for pair in ([0, 2], [0, 3]) if audit_of(undrawn).indices != pair)
    cases.append(
        _case("undrawn", "A wrong segment that wasn't drawn refutes all the same.", refuting, audit_of(undrawn, other))
    )
    return cases


def _bad() -> list[Case]:
    unit, proof = audited_unit(), honest()
    made = _many.run_of(unit)
    drawn = proof.indices
    others = next(pair for pair in ([0, 1], [2, 3]) if pair != drawn)
    unaudited, unreceipted = audited_unit(audits=False), audited_unit(receipts=False)
    elsewhere = _many.commit_to(_many.run_of(audited_unit(9)).claim, "worker")
    copied = _many.commit_to(made.claim, "copycat", _many.blinding("worker"))
    wrong_kind = receipt_of(unit, proof.commit.id, kind=Subject.REVEAL)
    weak = receipt_of(unit, proof.commit.id, signers=(1,))
    fewer = made.proof(drawn[0])
    rows: list[tuple[str, str, str, str, bytes]] = [
        (
            "form",
            "AUD-011",
            "semantic/audit-form",
            "A receipt without its committee.",
            changed(proof, [COMMITTEE], ABSENT),
        ),
        (
            "claim-forged",
            "AUD-020 CLM-018 KEY-041",
            "crypto/bad-signature",
            "The claim's steps were changed.",
            changed(proof, [PROOF, 2, 3, 9], flip(0)),
        ),
        (
            "other-commit",
            "AUD-012 CMT-011",
            "crypto/unit-mismatch",
            "The worker's commit to its claim on another unit.",
            encode_object(proof.replace(commit=elsewhere)),
        ),
        (
            "copied-commit",
            "AUD-012",
            "crypto/worker-mismatch",
            "A copycat's commit.",
            encode_object(proof.replace(commit=copied)),
        ),
        (
            "forged-commit",
            "AUD-012 CMT-012 KEY-041",
            "crypto/bad-signature",
            "A commit whose signature isn't the worker's.",
            changed(proof, [COMMIT, 3], copied.signature),
        ),
        ("blinding", "AUD-012", "crypto/commitment-mismatch", "Another blinding.", changed(proof, [BLINDING], flip(7))),
        (
            "beacon",
            "AUD-013 BCN-011",
            "crypto/bad-signature",
            "The signature of another round of the beacon.",
            changed(proof, [BEACON, 4], bytes.fromhex(ROUNDS[1001])),
        ),
        (
            "receipt-forged",
            "AUD-014 RCP-021 KEY-041",
            "crypto/bad-signature",
            "A receipt for another slot than was signed.",
            changed(proof, [RECEIPT, 2, 5], SLOT - 1),
        ),
        (
            "receipt-kind",
            "AUD-015",
            "crypto/receipt-mismatch",
            "A receipt of a reveal.",
            encode_object(proof.replace(receipt=wrong_kind)),
        ),
        (
            "receipt-subject",
            "AUD-015",
            "crypto/receipt-mismatch",
            "A receipt of another commit.",
            encode_object(proof.replace(receipt=receipt_of(unit, elsewhere.id))),
        ),
        (
            "receipt-unit",
            "AUD-014 RCP-020",
            "crypto/unit-mismatch",
            "A receipt about another unit.",
            encode_object(proof.replace(receipt=receipt_of(audited_unit(9), proof.commit.id))),
        ),
        ("leaves", "SEG-021 MRK-016", "crypto/root-mismatch", "A bit of a leaf.", changed(proof, [PROOF, 3], flip(0))),
        (
            "no-audit",
            "AUD-016",
            "policy/way-not-asked",
            "The unit asks for no audit.",
            encode_object(audit_of(_many.run_of(unaudited), [0, 1])),
        ),
        (
            "no-receipts",
            "AUD-017 RCP-022",
            "policy/way-not-asked",
            "The unit names nobody who gives receipts.",
            encode_object(audit_of(_many.run_of(unreceipted))),
        ),
        (
            "weak-receipt",
            "AUD-017 ATT-021",
            "policy/below-threshold",
            "A receipt that one member signed.",
            encode_object(proof.replace(receipt=weak)),
        ),
        (
            "round-later",
            "AUD-017",
            "policy/wrong-round",
            "The round after the one that draws.",
            encode_object(audit_of(made, round=1001)),
        ),
        (
            "round-before-commit",
            "AUD-017",
            "policy/wrong-round",
            "A round from before the commit.",
            encode_object(audit_of(made, round=123)),
        ),
        (
            "late-receipt",
            "AUD-017",
            "policy/wrong-round",
            "A receipt from a slot later: another round would draw.",
            encode_object(proof.replace(receipt=receipt_of(unit, proof.commit.id, SLOT + 1))),
        ),
        (
            "other-segments",
            "AUD-018",
            "policy/other-segments",
            "Good segments, but not those drawn.",
            encode_object(audit_of(made, others)),
        ),
        (
            "fewer",
            "AUD-018",
            "policy/other-segments",
            "One of the drawn segments is missing.",
            encode_object(proof.replace(proof=fewer)),
        ),
        ("truncated", "ENC-021", "decode/truncated", "The last byte is missing.", encode_object(proof)[:-1]),
    ]
    return [
        invalid(f"audit-check-{name}", comment, requirements.split(), {"proof": data}, error)
        for name, requirements, error, comment, data in rows
    ]


def _checkings() -> list[Case]:
    proof = honest()
    reveal = audit.make_check(proof, seeded("audit-checking", "blinding", 32), _many.secret("auditor"), Interpreter)
    second = audit.make_check(proof, seeded("audit-checking", "blinding", 32), _many.secret("auditor-2"), Interpreter)
    lazy = _with_states(reveal, bytes(len(reveal.states)))
    copied = _with_states(second, reveal.states)
    other = audit.make_check(audit_of(_many.run_of(audited_unit(9))), bytes(32), _many.secret("auditor"), Interpreter)
    data = encode_object(proof)
    good = {"reveal": encode_object(reveal), "proof": data}
    rows: list[tuple[str, str, str, str, bytes]] = [
        ("other-claim", "AUD-054", "crypto/claim-mismatch", "A check of another claim.", encode_object(other)),
        (
            "forged",
            "AUD-055 KEY-041",
            "crypto/bad-signature",
            "Another auditor's name on it.",
            changed(reveal, [2, 2, 3], _many.public("auditor-2")),
        ),
        (
            "changed",
            "AUD-056",
            "crypto/commitment-mismatch",
            "Other states than committed to.",
            changed(reveal, [4], flip(1)),
        ),
        ("blinding", "AUD-056", "crypto/commitment-mismatch", "Another blinding.", changed(reveal, [3], flip(1))),
        ("lazy", "AUD-057", "execution/wrong-check", "An auditor who invented the states.", encode_object(lazy)),
        (
            "copied",
            "AUD-057 AUD-051",
            "execution/wrong-check",
            "Another auditor's states: the steps are others.",
            encode_object(copied),
        ),
    ]
    return [
        valid(
            "audit-checking-good",
            "An auditor's own states.",
            ["AUD-050", "AUD-051", "AUD-052", "AUD-053", "AUD-058"],
            good,
            operations.checking(render(good)),
        ),
        *(
            invalid(f"audit-checking-{name}", comment, requirements.split(), {"reveal": made, "proof": data}, error)
            for name, requirements, error, comment, made in rows
        ),
    ]


def _with_states(reveal: CheckReveal, states: bytes) -> CheckReveal:
    """The reveal of an auditor who commits to these states."""
    from ...protocol import keys

    body = reveal.check.body
    body = body.replace(commitment=audit.checking(body.claim, body.auditor, states, reveal.blinding))
    names = {_many.public(name): name for name in ("auditor", "auditor-2")}
    signature = keys.sign(_many.secret(names[body.auditor]), body.id)
    return reveal.replace(check=reveal.check.replace(body=body, signature=signature), states=states)
