"""Vectors of evidence: what epochs' files show, why a file shows nothing, and records that nothing shows."""

from __future__ import annotations

import dataclasses
from typing import Any

from ...protocol.beacon import SUPPLIED, Beacon
from ...protocol.encoding.schema import Record, encode_object
from ...protocol.machine.interpreter import Interpreter
from ...protocol.rewards.epoch import Epoch, encode_epoch
from ...protocol.rewards.records import RecordType
from ...protocol.work import audit as audits
from ...protocol.work.attestation import Finding
from ...protocol.work.bundle import pack as bundle_of
from ...protocol.work.equivocation import make_equivocation
from ...protocol.work.receipt import Subject
from ...protocol.work.silence import Asked
from ...verifier.epoch_files import Told
from ...verifier.epochs import shown
from ..operations import epochs as operations
from ..values import render
from . import Case, VectorFile, _many, _runs, invalid, seeded, valid
from . import _epoch_files as made
from . import _evidence_common as common
from . import _evidence_rest as others
from . import _evidence_units as units
from ._epoch_files import LATER, ROUND
from ._evidence_common import Files
from .beacon import quicknet
from .rewards import parameters

CHECKED = "tests/adapters/node, written from spec/ alone"


def files() -> list[VectorFile]:
    """The files of this part of the topic `settlement`."""
    return [
        VectorFile(
            name="shown", op="settlement.shown", title="Records out of evidence", checked_by=CHECKED, cases=_shown()
        ),
        VectorFile(
            name="file",
            op="settlement.file",
            title="What one file of an epoch's evidence shows, or why it shows nothing",
            checked_by=CHECKED,
            cases=[
                *units.units(),
                *units.supports(),
                *units.claims(),
                *others.verdicts(),
                *others.checks(),
                *others.faults(),
                *others.others(),
            ],
        ),
        VectorFile(
            name="refused",
            op="settlement.refused",
            title="Records held to evidence",
            checked_by=CHECKED,
            cases=_refused(),
        ),
    ]


def _shown() -> list[Case]:
    def case(name: str, comment: str, req: str, files: Files, **changes: Any) -> Case:
        given = common.input_of(files) | changes
        return valid(f"settlement-shown-{name}", comment, req.split(), given, operations.made(render(given)))

    unit, names = common.drawn(), common.named()
    supplied = Beacon(source=SUPPLIED, round=ROUND, randomness=quicknet(ROUND).output)
    plain = made.about(unit)
    unbeaconed = [one for one in plain if not isinstance(one, Beacon)]
    cheap = made.drawn_unit("epoch-cheap", 2499)
    enough = made.drawn_unit("epoch-enough", 2500)
    free = made.drawn_unit("epoch-unaudited", 10**6, None)
    audits_of_false = made.audit(unit, common.wrong_leaf())
    auditors, signers = made.auditors_of(unit), common.signers()
    hidden = common.hidden_leaf()
    other_commit = _many.commit_to(common.claim(), common.worker(), seeded("epoch", "second", 32))
    return [
        case("nothing", "No files: the accounts alone.", "STL-063 STL-061", []),
        case("unit", "A unit that is due, with a beneficiary: eligible.", "STL-011 STL-067", plain),
        case(
            "eligible-at-least-stake",
            "The least stake is exactly what an offence costs.",
            "STL-011",
            made.about(enough),
        ),
        case("eligible-not-stake", "The least stake is one less.", "STL-011", made.about(cheap)),
        case(
            "eligible-not-committee",
            "A member of the committee without an account: not eligible.",
            "STL-011 STL-063",
            plain,
            registry=encode_object(common.without("member-3")),
            earlier=[encode_object(made.snapshot())],
        ),
        case(
            "eligible-not-beacon",
            "The round that draws is supplied, and the reader takes it: not eligible.",
            "STL-011 STL-066",
            [*unbeaconed, supplied],
            supplied=True,
        ),
        case("unaudited", "Nobody is drawn to audit: no whole of audits.", "STL-011", made.about(free)),
        case("last-slot", "The challenge deadline is the epoch's last slot.", "STL-067", plain, last_slot=300),
        case(
            "audited",
            "A claim with an accepted audit, two auditors' checks, and an attestation by six of whom two show checks.",
            "STL-012 STL-013 STL-014 STL-070 STL-071 STL-072 STL-075 STL-076 AUD-059 AUD-060 RWD-040",
            [
                *common.audited(),
                made.audit(unit),
                *(one for name in [*auditors, *signers] for one in made.checked(unit, name)),
                made.attested(common.claim()),
            ],
        ),
        case(
            "attested",
            "An attestation by six who show no check: a verdict, and nobody is paid for it.",
            "STL-072 STL-075 STL-076 RWD-040",
            [*common.audited(), made.audit(unit), made.attested(common.claim())],
        ),
        case(
            "attested-twice",
            "Two aggregates by one member: a record for each.",
            "STL-075 STL-076",
            [
                *common.audited(),
                made.audit(unit),
                made.attested(common.claim()),
                made.attested(common.claim(), signers=range(7)),
                *made.checked(unit, signers[0]),
            ],
        ),
        case(
            "attested-unaudited",
            "Nobody is drawn to audit, and a member who attested shows a check.",
            "STL-075 STL-076 AUD-059 REG-029",
            [
                *made.about(free),
                *made.claimed(free, made.worker_of(free)),
                made.audit(free),
                made.attested(made.claim(free, made.worker_of(free))),
                *made.checked(free, signers[0]),
            ],
        ),
        case(
            "attested-and-drawn",
            "A drawn auditor who attests too shows both with one check.",
            "STL-075 STL-076 AUD-059 RWD-040",
            common.both(),
            registry=encode_object(made.staked()),
        ),
        case(
            "refuted",
            "A false claim: its audit refutes it; the auditor is paid, and who attested against it and shows a check.",
            "STL-015 STL-071 STL-075 STL-077 AUD-060 RWD-040",
            [
                *common.false_claim(),
                audits_of_false,
                *made.checked(unit, auditors[0], common.wrong_leaf()),
                *made.checked(unit, signers[0], common.wrong_leaf()),
                made.attested(common.claim(common.wrong_leaf()), Finding.REFUTED),
                *made.refuted(unit, common.fault(common.wrong_leaf()), common.claim(common.wrong_leaf())),
            ],
        ),
        case(
            "refuted-attested",
            "A refuted claim that was attested to be true: a verdict, and no checks, whoever shows one.",
            "STL-075 STL-076",
            [
                *common.false_claim(hidden),
                made.audit(unit, hidden),
                made.attested(common.claim(hidden)),
                *made.checked(unit, signers[0], hidden),
                *made.refuted(unit, common.fault(hidden), common.claim(hidden)),
            ],
        ),
        case(
            "refuted-late",
            "A refutation that is too late leaves the attestation right; who signed it shows a check.",
            "STL-075 STL-015",
            [
                *common.false_claim(hidden),
                made.audit(unit, hidden),
                made.attested(common.claim(hidden)),
                *made.checked(unit, signers[0], hidden),
                *made.refuted(unit, common.fault(hidden), common.claim(hidden), slot=301),
            ],
        ),
        case(
            "refuted-by-audit",
            "An audit proof that refutes serves as a fault proof too; its prover committed twice.",
            "STL-015 STL-077 FLT-043",
            [
                *common.false_claim(),
                *made.refuted(unit, audits_of_false, common.claim(common.wrong_leaf()), slot=LATER + 1),
                made.fault_receipt(unit, made.fault_reveal(audits_of_false, common.claim(common.wrong_leaf()))),
            ],
        ),
        case(
            "quorum",
            "Two replicas agree, and one dissents.",
            "STL-013 STL-073",
            [
                *made.about(made.named_unit()),
                *(one for name in names[:2] for one in made.claimed(made.named_unit(), name)),
                *made.claimed(made.named_unit(), names[2], lazy=True),
            ],
        ),
        case(
            "no-quorum",
            "One replica of three: claims, and no verdict.",
            "STL-073",
            [*made.about(made.named_unit()), *made.claimed(made.named_unit(), names[0])],
        ),
        case("opaque", "A quorum on an opaque unit: one step, status 0.", "STL-012 STL-070 STL-073", _opaque()),
        case(
            "executed",
            "A reader that executes the claim.",
            "STL-013 STL-074",
            common.audited(),
            executed=[_materials()],
        ),
        case(
            "executed-false",
            "A reader that executes a false claim.",
            "STL-013 STL-074",
            common.false_claim(),
            executed=[_materials()],
        ),
        case(
            "least-slot",
            "A commit with receipts of two slots.",
            "STL-012 STL-070",
            [
                *common.audited(),
                _many.receipt(unit, Subject.COMMIT, _many.public(common.worker()), common.commit().id, 96),
            ],
        ),
        case(
            "equivocated",
            "A worker who committed twice.",
            "STL-017 STL-079",
            [*common.audited(), make_equivocation(common.commit(), other_commit)],
        ),
        case(
            "silent",
            "A commit that was never revealed.",
            "STL-016 STL-078",
            [*made.about(unit), *made.claimed(unit, common.worker())[:2], common.unrevealed()],
        ),
        case(
            "silent-segments",
            "Segments that were never shown.",
            "STL-016 STL-078",
            [
                *common.audited(),
                made.silence(unit, Asked.SEGMENTS, common.claim().id, common.worker(), segments=(0, 3)),
            ],
        ),
        case(
            "silent-move",
            "A move that was never made.",
            "STL-016 STL-078",
            [
                *common.audited(),
                common.dispute(),
                made.silence(unit, Asked.MOVE, common.dispute().id, common.worker(), number=0),
            ],
        ),
        case(
            "bundle",
            "A bundle counts as its elements.",
            "STL-061",
            [encode_object(bundle_of(common.contents(common.audited())))],
        ),
        case(
            "junk",
            "Files that show nothing change nothing.",
            "STL-062",
            [*common.audited(), b"junk", encode_object(common.claim()), encode_object(common.commit())[:-1]],
        ),
        case(
            "earlier",
            "Workers that an earlier registry has drawn.",
            "STL-063 STL-067",
            common.audited(),
            registry=encode_object(
                common.without("stranger", "account-7" if common.worker() != "account-7" else "account-6")
            ),
            earlier=[encode_object(made.snapshot())],
        ),
        invalid(
            "settlement-shown-other-network",
            "A registry of another network.",
            ["STL-063"],
            common.input_of([], network="other"),
            "crypto/network-mismatch",
        ),
    ]


def _materials() -> dict[str, Any]:
    """The program, as its pages, and the input of the units here."""
    context = common.drawn().body.machine
    pages = sorted(_runs.image_pages(_runs.summing()).items())
    program = {
        "entry": context.entry,
        "code_first": context.code_first,
        "code_end": context.code_end,
        "pages": [[number, content] for number, content in pages],
    }
    return {"program": program, "input": b"0123456789"}


def _opaque() -> list[Record]:
    unit = _many.opaque_unit("epoch-opaque")
    found: list[Record] = [unit, made.unit_receipt(unit), _many.committee()]
    for name in common.named()[:2]:
        replica = _many.opaque_replica(unit, name)
        key = _many.public(name)
        found += [replica.commit, _many.receipt(unit, Subject.COMMIT, key, replica.commit.id, 90)]
        found += [replica.reveal, _many.receipt(unit, Subject.REVEAL, key, replica.reveal.id, 150)]
    return found


def _refused() -> list[Case]:

    unit = common.drawn()
    evidence: list[Record] = [
        *common.audited(),
        made.audit(unit),
        *made.checked(unit, made.auditors_of(unit)[0]),
        *made.about(made.named_unit()),
        *(one for who in common.named()[:2] for one in made.claimed(made.named_unit(), who)),
    ]
    terms = Told(parameters=parameters(), registry=made.snapshot(), **made.TOLD)
    epoch = shown(terms, common.contents(evidence), executor=Interpreter).epoch

    def case(label: str, comment: str, req: str, files: Files, **changes: Any) -> Case:
        other = _replaced(epoch, **changes)
        given = {
            "epoch": b"".join(encode_epoch(other, parameters())),
            "registry": encode_object(made.snapshot()),
            "files": common.contents(files),
        }
        return valid(f"settlement-refused-{label}", comment, req.split(), given, operations.refusals(render(given)))

    def first(kind: RecordType, **fields: Any) -> list[Any]:
        records = list(epoch.records(kind))
        return [records[0]._replace(**fields), *records[1:]]

    check = epoch.checks[0]
    rest = [one for one in evidence if not isinstance(one, audits.AuditProof)]
    other_accounts = [epoch.accounts[0]._replace(stake=5), *epoch.accounts[1:]]
    accounts = {
        "epoch": b"".join(encode_epoch(_replaced(epoch, accounts=other_accounts), parameters())),
        "registry": encode_object(made.snapshot()),
        "files": [],
    }
    return [
        case("none", "All records are shown.", "STL-060", evidence),
        case("everything", "No evidence: all is missing.", "STL-060", []),
        case("less", "Without the audit proof: its verdict is missing, the check beside it invalid.", "STL-060", rest),
        case(
            "unit",
            "Another price than was signed.",
            "STL-060 STL-011",
            evidence,
            units=first(RecordType.UNIT, price=99),
        ),
        case(
            "unit-eligible",
            "Another eligibility.",
            "STL-060 STL-011",
            evidence,
            units=[one._replace(eligible=1 - one.eligible) for one in epoch.units],
        ),
        case(
            "beneficiary", "Another share.", "STL-060", evidence, beneficiaries=first(RecordType.BENEFICIARY, share=501)
        ),
        case("claim-slot", "Another slot.", "STL-060 STL-012", evidence, claims=first(RecordType.CLAIM, slot=1)),
        case(
            "claim-assigned",
            "Another assignment.",
            "STL-060 STL-012",
            evidence,
            claims=[one._replace(assigned=3 - one.assigned) for one in epoch.claims],
        ),
        case(
            "verdict",
            "Another outcome.",
            "STL-060 STL-013",
            evidence,
            verdicts=[one._replace(outcome=3 - one.outcome) for one in epoch.verdicts],
        ),
        case(
            "check-checker",
            "Another checker.",
            "STL-060 STL-014",
            evidence,
            checks=[check._replace(checker=(check.checker + 1) % 8)],
        ),
        case("check-part", "Another part.", "STL-060 STL-014", evidence, checks=[check._replace(part=4)]),
        case("check-unproven", "Not proven.", "STL-060 STL-014", evidence, checks=[check._replace(proven=0)]),
        invalid(
            "settlement-refused-accounts",
            "Another stake than the registry's.",
            ["STL-063"],
            accounts,
            "crypto/registry-mismatch",
        ),
    ]


def _replaced(epoch: Any, **changes: Any) -> Any:
    """An epoch with other records."""
    values = {one.name: getattr(epoch, one.name) for one in dataclasses.fields(Epoch) if one.init}
    return Epoch(**(values | changes))
