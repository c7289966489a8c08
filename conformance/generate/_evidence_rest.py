"""Vectors of evidence: verdicts, checks, refutations, silences and equivocations that files don't show."""

from __future__ import annotations

from typing import Any

from ...protocol import keys
from ...protocol.encoding import cbor
from ...protocol.encoding.schema import Record, encode_object
from ...protocol.trees.trace import TraceTree
from ...protocol.work import audit as audits
from ...protocol.work.claim import sign_claim
from ...protocol.work.equivocation import make_equivocation
from ...protocol.work.receipt import Subject
from ...protocol.work.silence import Asked
from ...protocol.work.unit import Unit
from . import Case, _many, seeded
from . import _epoch_files as made
from . import _evidence_common as common
from ._changes import changed, flip
from ._epoch_files import COMMIT_SLOT, LATER
from ._evidence_common import Files
from .beacon import quicknet


def verdicts() -> list[Case]:
    """Audit proofs and aggregates that show nothing."""
    unit, proof = common.drawn(), made.audit(common.drawn())
    audited = common.audited()
    named = made.named_unit()
    theirs = made.claim(named, common.named()[0], 2)
    named_files = [*made.about(named), *made.claimed(named, common.named()[0], wrong=2)]
    late = changed(proof, [5], _other_round())
    earlier = _many.receipt(unit, Subject.COMMIT, _many.public(common.worker()), common.commit().id, 96)
    bare = proof.replace(receipt=None, committee=None)
    attested = made.attested(common.claim())
    weak = made.attested(common.claim(), signers=(1,))
    false = _contradicting()

    def case(name: str, comment: str, req: str, error: str, file: Record | bytes, files: Files) -> Case:
        return common.of_file(name, comment, req, file, files, error)

    refuting = _audit_of_named(named, theirs)
    return [
        case(
            "audit-claim",
            "The audited claim is not there.",
            "STL-071 STL-064",
            "policy/missing-evidence",
            proof,
            made.about(unit),
        ),
        case("audit-round", "Another round of the beacon.", "STL-071 AUD-017", "policy/wrong-round", late, audited),
        case(
            "audit-bare",
            "Nothing says when the claim was committed to.",
            "STL-071 STL-064",
            "policy/missing-evidence",
            bare,
            audited,
        ),
        case(
            "audit-slot",
            "The commit has an earlier receipt.",
            "STL-071",
            "policy/wrong-round",
            proof,
            [*audited, earlier],
        ),
        case(
            "audit-unasked",
            "It refutes a claim on a unit that asks for no audit.",
            "STL-071",
            "policy/way-not-asked",
            refuting,
            named_files,
        ),
        case(
            "attestation-claim",
            "The claim is not there.",
            "STL-072 STL-064",
            "policy/missing-evidence",
            attested,
            made.about(unit),
        ),
        case(
            "attestation-unasked",
            "The unit asks for no attestations.",
            "STL-072 ATT-051",
            "policy/way-not-asked",
            made.attested(theirs),
            named_files,
        ),
        case(
            "attestation-committee",
            "By another committee than the unit's.",
            "STL-072 ATT-052",
            "policy/other-committee",
            changed(attested, [2, 1], bytes(32)),
            audited,
        ),
        case(
            "attestation-epoch",
            "Of another epoch than the committee's.",
            "STL-072 ATT-045",
            "crypto/epoch-mismatch",
            changed(attested, [2, 2], 5),
            audited,
        ),
        case(
            "attestation-forged",
            "A signer more.",
            "STL-072 ATT-018 KEY-041",
            "crypto/bad-signature",
            changed(attested, [3], b"\x7f"),
            audited,
        ),
        case("attestation-weak", "One member's alone.", "STL-072 ATT-021", "policy/below-threshold", weak, audited),
        case(
            "attestation-contradiction",
            "A claim that contradicts itself.",
            "STL-072 CLM-026",
            "execution/wrong-first-leaf",
            made.attested(false[0]),
            false[1],
        ),
    ]


def _other_round() -> Any:
    """Another round of quicknet, as an item."""

    return cbor.decode(encode_object(quicknet(1001)))


def _contradicting() -> tuple[Any, list[Record]]:
    """A claim whose trace begins wrongly, and the files that show it."""

    unit, name, run = common.drawn(), common.worker(), made.run(common.drawn())
    leaves = [bytes(32), *run.leaves[1:]]
    tree = TraceTree(leaves, run.claim.context.trace_height)
    body = run.claim.body.replace(worker=_many.public(name), trace_root=tree.root)
    openings = run.claim.openings.replace(
        first_leaf=leaves[0], first_path=tree.proof([0]), last_path=tree.proof([len(leaves) - 1])
    )
    claim = sign_claim(unit, body, openings, _many.secret(name))
    commit = _many.commit_to(claim, name)
    reveal = _many.reveal_of(claim, name, leaves)
    key = _many.public(name)
    receipts = [
        _many.receipt(unit, Subject.COMMIT, key, commit.id, COMMIT_SLOT),
        _many.receipt(unit, Subject.REVEAL, key, reveal.id, 150),
    ]
    return claim, [*made.about(unit), commit, reveal, *receipts]


def _audit_of_named(unit: Unit, claim: Any) -> Record:
    """An audit proof about a unit that asks for none: of the wrong segment."""
    commit = _many.commit_to(claim, common.named()[0])
    return made.audit(common.drawn()).replace(
        proof=made.run(unit, 2).proof(1).replace(claim=claim),
        commit=commit,
        blinding=_many.blinding(common.named()[0]),
        receipt=_many.receipt(unit, Subject.COMMIT, claim.body.worker, commit.id, COMMIT_SLOT),
    )


def checks() -> list[Case]:
    """Check reveals that show nothing."""
    unit, auditor = common.drawn(), made.auditors_of(common.drawn())[0]
    reveal, receipt = made.checked(unit, auditor)
    assert isinstance(reveal, audits.CheckReveal)
    files = [*common.audited(), made.audit(unit)]
    undrawn = next(f"account-{n}" for n in range(8) if f"account-{n}" not in (*made.auditors_of(unit), common.worker()))
    free = made.drawn_unit("epoch-unaudited", 10**6, None)
    free_files = [*made.about(free), *made.claimed(free, made.worker_of(free)), made.audit(free)]

    def case(
        name: str, comment: str, req: str, error: str, files: Files, file: Record | bytes = reveal, **changes: Any
    ) -> Case:
        return common.of_file(f"check-{name}", comment, req, file, files, error, **changes)

    hidden, signer = common.hidden_leaf(), common.signers()[0]
    attested = [*files, made.attested(common.claim())]
    ours, wrongly = made.checked(unit, signer)[0], made.checked(unit, signer, hidden)
    unsigned = made.checked(unit, made.names()[_many.committee().members[6].key])
    other = made.checked(unit, undrawn)
    unpaid = made.checked(free, made.auditors_of(unit)[0])
    return [
        case(
            "claim",
            "The claim is not there.",
            "STL-076 STL-064",
            "policy/missing-evidence",
            [*made.about(unit), receipt],
        ),
        case(
            "unattested-claim",
            "A member attested what was then refuted.",
            "STL-075 STL-076 AUD-059",
            "policy/undrawn-auditor",
            [
                *common.false_claim(hidden),
                made.audit(unit, hidden),
                made.attested(common.claim(hidden)),
                *wrongly,
                *made.refuted(unit, common.fault(hidden), common.claim(hidden)),
            ],
            wrongly[0],
        ),
        case(
            "unsigned",
            "A member who did not sign the aggregate.",
            "STL-075 STL-076 AUD-059",
            "policy/undrawn-auditor",
            [*attested, *unsigned],
            unsigned[0],
        ),
        case(
            "unsigned-no-auditors",
            "Of a member who attested nothing, where nobody is drawn to audit.",
            "STL-076 REG-029",
            "policy/way-not-asked",
            [*free_files, *made.checked(free, signer)],
            made.checked(free, signer)[0],
        ),
        case(
            "member-late",
            "Of a member who attested, in a slot after the middle.",
            "STL-076 AUD-059 RWD-040",
            "policy/late-check",
            [*attested, *made.checked(unit, signer, slot=LATER + 1)],
            ours,
        ),
        case(
            "member-no-receipt",
            "Of a member who attested, without a receipt.",
            "STL-076 AUD-059 RWD-040",
            "policy/no-receipt",
            attested,
            ours,
        ),
        case(
            "member-lazy",
            "Of a member who attested, and made its states up.",
            "STL-076 AUD-060 AUD-057 RWD-040",
            "execution/wrong-check",
            *_lazy_check(attested, signer),
        ),
        case(
            "member-no-audit",
            "Of a member who attested, and no audit proof is there.",
            "STL-076 AUD-059 STL-064",
            "policy/missing-evidence",
            [*common.audited(), made.attested(common.claim()), *made.checked(unit, signer)],
            ours,
        ),
        case(
            "member-no-account",
            "A member who attested, and has no account any more.",
            "STL-076 STL-063",
            "policy/no-account",
            [*attested, *made.checked(unit, signer)],
            ours,
            registry=encode_object(common.without(signer)),
            earlier=[encode_object(made.snapshot())],
        ),
        case(
            "no-auditors",
            "Nobody is drawn to audit.",
            "STL-076 REG-029",
            "policy/way-not-asked",
            [*free_files, *unpaid],
            unpaid[0],
        ),
        case(
            "no-account",
            "The auditor has no account any more.",
            "STL-076 STL-063",
            "policy/no-account",
            [*files, receipt],
            registry=encode_object(common.without(auditor)),
            earlier=[encode_object(made.snapshot())],
        ),
        case(
            "undrawn",
            "An auditor who was not drawn.",
            "STL-076 AUD-059",
            "policy/undrawn-auditor",
            [*files, *other],
            other[0],
        ),
        case("no-receipt", "The check has no receipt.", "STL-076 AUD-059", "policy/no-receipt", files),
        case(
            "receipt-kind",
            "A receipt of another kind.",
            "STL-076 AUD-059 RCP-012",
            "policy/no-receipt",
            [*files, made.check_receipt(unit, reveal, kind=Subject.FAULT)],
        ),
        case(
            "late",
            "A slot after the middle.",
            "STL-076 AUD-059",
            "policy/late-check",
            [*files, made.check_receipt(unit, reveal, LATER + 1)],
        ),
        case(
            "no-audit",
            "No audit proof is there.",
            "STL-076 AUD-059 STL-064",
            "policy/missing-evidence",
            [*common.audited(), receipt],
        ),
        case(
            "blinding",
            "Another blinding than committed to.",
            "STL-076 AUD-060 AUD-056",
            "crypto/commitment-mismatch",
            [*files, receipt],
            changed(reveal, [3], flip(0)),
        ),
        case(
            "lazy",
            "States that were made up.",
            "STL-076 AUD-060 AUD-057",
            "execution/wrong-check",
            *_lazy_check(files, auditor),
        ),
    ]


def _lazy_check(files: Files, auditor: str) -> tuple[list[Record | bytes], Record]:

    reveal = made.checked(common.drawn(), auditor)[0]
    assert isinstance(reveal, audits.CheckReveal)
    states = bytes(len(reveal.states))
    body = reveal.check.body
    body = body.replace(commitment=audits.checking(body.claim, body.auditor, states, reveal.blinding))
    check = reveal.check.replace(body=body, signature=keys.sign(_many.secret(auditor), body.id))
    lazy = reveal.replace(check=check, states=states)
    return [*files, made.check_receipt(common.drawn(), lazy)], lazy


def faults() -> list[Case]:
    """Fault reveals and fault proofs that show nothing."""
    unit, wrong = common.drawn(), common.wrong_leaf()
    claim, proof = common.claim(wrong), common.fault(wrong)
    false = common.false_claim()
    _, reveal, receipt = made.refuted(unit, proof, claim)
    unknown = made.refuted(unit, proof, claim, "stranger")
    right = made.run(unit).proof(0).replace(claim=common.claim())
    harmless = made.refuted(unit, right, common.claim())
    other = made.fault_reveal(proof, claim).replace(blinding=bytes(32))

    def case(name: str, comment: str, req: str, error: str, file: Record | bytes, files: Files) -> Case:
        return common.of_file(f"fault-{name}", comment, req, file, files, error)

    return [
        case(
            "no-proof",
            "The fault proof is not there.",
            "STL-077 STL-064",
            "policy/missing-evidence",
            reveal,
            [*false, receipt],
        ),
        case(
            "harmless",
            "A segment that is right.",
            "STL-077 FLT-043 FLT-003",
            "execution/no-fault",
            harmless[1],
            [*common.audited(), *harmless],
        ),
        case(
            "blinding",
            "Another blinding.",
            "STL-077 FLT-046",
            "crypto/commitment-mismatch",
            other,
            [*false, proof, receipt],
        ),
        case(
            "claim",
            "The claim is not there.",
            "STL-077 STL-064",
            "policy/missing-evidence",
            reveal,
            [*made.about(unit), proof, receipt],
        ),
        case(
            "no-account",
            "A prover without an account.",
            "STL-077 STL-063",
            "policy/no-account",
            unknown[1],
            [*false, *unknown],
        ),
        case("no-receipt", "Nobody knows since when.", "STL-077", "policy/no-receipt", reveal, [*false, proof]),
        case(
            "proof-alone", "A fault proof without a reveal.", "STL-077 STL-064", "policy/missing-evidence", proof, false
        ),
    ]


def others() -> list[Case]:
    """Silence proofs and evidence of equivocation that show nothing."""
    unit, name = common.drawn(), common.worker()
    plain = made.about(unit)
    committed = [*plain, *made.claimed(unit, name)[:2]]
    claim = common.claim()
    network = claim.unit.body.network
    segments = made.silence(unit, Asked.SEGMENTS, claim.id, name, segments=(0, 4))
    second = _many.commit_to(claim, name, seeded("epoch", "second", 32))
    twice = make_equivocation(common.commit(), second)
    strange = make_equivocation(_many.commit_to(claim, "stranger"), _many.commit_to(claim, "stranger", bytes(32)))
    elsewhere = _many.committee().replace(network="other")
    assert network != elsewhere.network

    def case(
        label: str, comment: str, req: str, error: str, file: Record | bytes, files: Files, **changes: Any
    ) -> Case:
        return common.of_file(label, comment, req, file, files, error, **changes)

    return [
        case(
            "silence-unit",
            "The unit is not there.",
            "STL-078 STL-064",
            "policy/missing-evidence",
            common.unrevealed(),
            committed[1:],
        ),
        case(
            "silence-forged",
            "A certificate whose last slot was changed.",
            "STL-078 SIL-011 KEY-041",
            "crypto/bad-signature",
            changed(common.unrevealed(), [5, 2, 6], 301),
            committed,
        ),
        case(
            "silence-no-account",
            "A worker who has no account any more.",
            "STL-078 STL-063",
            "policy/no-account",
            common.unrevealed(),
            committed,
            registry=encode_object(common.without(name)),
            earlier=[encode_object(made.snapshot())],
        ),
        case(
            "silence-late",
            "It ends after the challenge window.",
            "STL-078",
            "policy/late-silence",
            common.unrevealed(301),
            committed,
        ),
        case(
            "silence-early",
            "It ends before the reveal deadline.",
            "STL-078 SIL-033",
            "policy/too-early",
            common.unrevealed(199),
            committed,
        ),
        case(
            "silence-commit",
            "The commit is not there.",
            "STL-078 STL-064",
            "policy/missing-evidence",
            common.unrevealed(),
            plain,
        ),
        case(
            "silence-segments",
            "A segment that the claim hasn't got.",
            "STL-078 STL-064",
            "policy/missing-evidence",
            segments,
            common.audited(),
        ),
        case(
            "silence-move",
            "The dispute is not there.",
            "STL-078 STL-064",
            "policy/missing-evidence",
            made.silence(unit, Asked.MOVE, common.dispute().id, name, number=0),
            common.audited(),
        ),
        case(
            "silence-answered",
            "A reveal is there, and was in time.",
            "STL-078",
            "policy/answered",
            common.unrevealed(),
            common.audited(),
        ),
        case(
            "equivocation-network",
            "Of another network.",
            "STL-079",
            "crypto/network-mismatch",
            changed(twice, [3], "other"),
            committed,
        ),
        case(
            "equivocation-unit",
            "The unit is not there.",
            "STL-079 STL-064",
            "policy/missing-evidence",
            twice,
            plain[1:],
        ),
        case(
            "equivocation-forged",
            "A signature that isn't the worker's.",
            "STL-079 EQV-011 KEY-041",
            "crypto/bad-signature",
            changed(twice, [4, 2], twice.second.signature),
            committed,
        ),
        case(
            "equivocation-no-account",
            "Of somebody without an account.",
            "STL-079 STL-063",
            "policy/no-account",
            strange,
            committed,
        ),
    ]
