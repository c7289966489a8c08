"""Evidence of an epoch: units, claims and all that is said of them, as the files that settlement's vectors are of."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any

from ...protocol import keys
from ...protocol.encoding.schema import Record, encode_object
from ...protocol.machine.interpreter import Interpreter
from ...protocol.registry import assignment
from ...protocol.registry.assignment import Purpose
from ...protocol.registry.snapshot import Registry
from ...protocol.work import audit as audits
from ...protocol.work.attestation import (
    AttestationAggregate,
    CheckKind,
    CheckMade,
    Finding,
    Statement,
    combine_attestations,
    sign_statement,
)
from ...protocol.work.audit import AuditProof, CheckReveal
from ...protocol.work.claim import Claim
from ...protocol.work.fault_commit import FaultReveal, make_fault_reveal
from ...protocol.work.receipt import Receipt, Subject
from ...protocol.work.reveal import Reveal
from ...protocol.work.silence import (
    Asked,
    RequestBody,
    SilenceBody,
    SilenceProof,
    combine_silence,
    sign_request,
    sign_silence,
)
from ...protocol.work.unit import (
    AssignmentPolicy,
    AuditPolicy,
    Beneficiary,
    Requirements,
    Unit,
    sign_unit,
)
from ...verifier.verdict import evidence_hash
from . import _many, _runs, seeded
from . import registry as registries
from ._runs import Run, retraced
from .beacon import quicknet
from .rewards import parameters

ROUND = 1000
"""The real round that draws everything here: workers for what was receipted in slot 90, audits for slot 97."""
UNIT_SLOT, COMMIT_SLOT, REVEAL_SLOT, LATER = 90, 97, 150, 250
WORKERS = 8
TOLD: dict[str, Any] = {
    "network": _runs.NETWORK,
    "number": 7,
    "first_slot": 201,
    "last_slot": 400,
    "treasury": b"\xee" * 20,
}
"""What a reader is told, beside the registry."""


@functools.cache
def names() -> dict[bytes, str]:
    """The names of all keys here."""
    called = [f"account-{n}" for n in range(WORKERS)] + [f"member-{n}" for n in range(7)] + ["prover", "stranger"]
    return {_many.public(name): name for name in [*called, *_many.names(3)]} | {
        keys.public_key(_runs.requester()): "requester"
    }


@functools.cache
def snapshot() -> Registry:
    """The network's registry: eight workers with stake, three replicas, the committee, a prover and the requester."""
    key = _runs.requester()
    made = [registries.account(f"account-{n}", stake=10**12, reputation=n << 20) for n in range(WORKERS)]
    made += [registries.account(name, stake=0) for name in (*_many.names(3), "prover")]
    made += [registries.account(f"member-{n}", stake=0) for n in range(7)]
    whose = {"key": keys.public_key(key), "possession": keys.prove_possession(key)}
    return registries.of(*made, registries.account("requester", stake=0, **whose))


@functools.cache
def staked() -> Registry:
    """A registry in which the committee's members have stake too, and nearly all of it is one worker's."""
    stakes = {_many.public("account-0"): 10**20} | {_many.public(f"member-{n}"): 10**12 for n in range(7)}
    return registries.of(*(one.replace(stake=stakes.get(one.key, 0)) for one in snapshot().accounts))


def drawn_from(unit: Unit) -> Registry:
    """The registry that a unit names."""
    assert unit.body.policy.assignment is not None
    return next(one for one in (snapshot(), staked()) if one.hash == unit.body.policy.assignment.registry)


def told(**changes: Any) -> dict[str, Any]:
    """The input that a reader is told."""
    return {
        **TOLD,
        "parameters": encode_object(parameters()),
        "registry": encode_object(snapshot()),
    } | changes


def encoded(objects: Iterable[Record]) -> list[bytes]:
    """The files of some objects, in ascending order."""
    return sorted({encode_object(one) for one in objects})


@functools.cache
def drawn_unit(
    label: str = "epoch-drawn",
    least_stake: int | None = 10**6,
    auditors: int | None = 2,
    registry: Registry | None = None,
) -> Unit:
    """A unit with a drawn worker, audits by drawn auditors, and attestations."""
    policy = _many.policy(
        3,
        2,
        redundancy=None,
        workers=None,
        assignment=AssignmentPolicy(registry=(registry or snapshot()).hash, delay=9),
        audit=AuditPolicy(samples=2, delay=2, auditors=auditors),
    )
    body = _runs.unit_body(
        _runs.make_context(_runs.summing(), b"0123456789"),
        label,
        policy=policy,
        deadlines=_many.DEADLINES,
        beneficiaries=(Beneficiary(address=b"\x0b" * 20, share=500),),
        requirements=None if least_stake is None else Requirements(least_stake=least_stake),
    )
    return sign_unit(body, _runs.requester())


@functools.cache
def named_unit(label: str = "epoch-named", **fields: Any) -> Unit:
    """A unit for three named replicas, two of which are a quorum."""
    body = _runs.unit_body(
        _runs.make_context(_runs.summing(), b"0123456789"),
        label,
        policy=_many.policy(3, 2, attestation=None),
        **({"deadlines": _many.DEADLINES} | fields),
    )
    return sign_unit(body, _runs.requester())


@functools.cache
def unit_receipt(unit: Unit, slot: int = UNIT_SLOT) -> Receipt:
    """The receipt of a unit."""
    return _many.receipt(unit, Subject.UNIT, unit.body.requester, unit.id, slot)


def about(unit: Unit) -> list[Record]:
    """The files that show a unit."""
    made: list[Record] = [unit, unit_receipt(unit), _many.committee()]
    return made if unit.body.policy.assignment is None else [*made, quicknet(ROUND)]


def worker_of(unit: Unit) -> str:
    """The name of the worker that is drawn for a unit."""
    return names()[assignment.assign(drawn_from(unit), unit, quicknet(ROUND).output)[0]]


def auditors_of(unit: Unit) -> list[str]:
    """The names of the auditors that are drawn for a claim on it."""
    worker = _many.public(worker_of(unit))
    output = quicknet(ROUND).output
    drawn = assignment.assign(drawn_from(unit), unit, output, purpose=Purpose.AUDITORS, excluded=[worker])
    return [names()[key] for key in drawn]


@functools.cache
def run(unit: Unit, wrong: int | None = None) -> Run:
    """A run of a unit by its worker, honest or with one wrong leaf."""
    made = _many.run_of(unit)
    if wrong is None:
        return made
    return retraced(made, [*made.leaves[:wrong], made.leaves[wrong][::-1], *made.leaves[wrong + 1 :]])


@functools.cache
def claim(unit: Unit, name: str, wrong: int | None = None) -> Claim:
    """A worker's claim."""
    return _many.claim_by(run(unit, wrong), name)


def claimed(
    unit: Unit,
    name: str,
    *,
    wrong: int | None = None,
    slots: tuple[int, int] = (COMMIT_SLOT, REVEAL_SLOT),
    lazy: bool = False,
) -> list[Record]:
    """Commit and reveal of a worker, with their receipts."""
    made, leaves = claim(unit, name, wrong), run(unit, wrong).leaves
    if lazy:
        made, leaves = _many.invented(run(unit), name)
    commit = _many.commit_to(made, name)
    reveal = _many.reveal_of(made, name, leaves)
    return [
        commit,
        _many.receipt(unit, Subject.COMMIT, commit.body.worker, commit.id, slots[0]),
        reveal,
        _many.receipt(unit, Subject.REVEAL, commit.body.worker, reveal.id, slots[1]),
    ]


def reveal_among(files: Sequence[Record]) -> Reveal:
    """The reveal among some files."""
    return next(one for one in files if isinstance(one, Reveal))


@functools.cache
def audit(unit: Unit, wrong: int | None = None, **other: Any) -> AuditProof:
    """The audit proof of the drawn worker's claim."""
    name = worker_of(unit)
    made, ours = run(unit, wrong), claim(unit, name, wrong)
    commit = _many.commit_to(ours, name)
    chosen = audits.drawn(ours, commit, quicknet(ROUND).output)
    fields: dict[str, Any] = {
        "proof": made.proof(*chosen).replace(claim=ours),
        "commit": commit,
        "blinding": _many.blinding(name),
        "beacon": quicknet(ROUND),
        "receipt": _many.receipt(unit, Subject.COMMIT, ours.body.worker, commit.id, COMMIT_SLOT),
        "committee": _many.committee(),
    }
    return AuditProof(**(fields | other))


def checked(unit: Unit, name: str, wrong: int | None = None, slot: int = LATER) -> list[Record]:
    """An auditor's reveal of its check, and the check's receipt."""
    reveal = audits.make_check(
        audit(unit, wrong), seeded(f"epoch-check-{name}", "blinding", 32), _many.secret(name), Interpreter
    )
    return [reveal, check_receipt(unit, reveal, slot)]


def check_receipt(unit: Unit, reveal: CheckReveal, slot: int = LATER, kind: Subject = Subject.CHECK) -> Receipt:
    """The receipt of a check."""
    return _many.receipt(unit, kind, reveal.check.body.auditor, reveal.check.body.id, slot)


def attested(
    made: Claim, outcome: Finding = Finding.ACCEPTED, signers: Sequence[int] = _many.SIX
) -> AttestationAggregate:
    """What some members attest of a claim."""
    committee = _many.committee()
    body = Statement(
        network=committee.network,
        committee=committee.hash,
        epoch=committee.epoch,
        unit=made.unit.id,
        claim=made.id,
        check=CheckMade(kind=CheckKind.REEXECUTION),
        outcome=outcome,
    )
    shares = [sign_statement(body, committee, _many.member_key(place)) for place in signers]
    return combine_attestations(shares, committee)


def refuted(unit: Unit, proof: Record, made: Claim, name: str = "prover", slot: int = LATER) -> list[Record]:
    """A fault proof, a prover's reveal and the receipt of its commitment."""
    reveal = fault_reveal(proof, made, name)
    return [proof, reveal, fault_receipt(unit, reveal, slot)]


def fault_reveal(proof: Record, made: Claim, name: str = "prover") -> FaultReveal:
    """A prover's reveal of a commitment to a fault proof."""
    hashed = evidence_hash(encode_object(proof))
    return make_fault_reveal(
        _runs.NETWORK, made.unit.id, made.id, hashed, seeded(f"epoch-fault-{name}", "blinding", 32), _many.secret(name)
    )


def fault_receipt(unit: Unit, reveal: FaultReveal, slot: int = LATER) -> Receipt:
    """The receipt of a commitment to a fault proof."""
    return _many.receipt(unit, Subject.FAULT, reveal.commit.body.prover, reveal.commit.id, slot)


def silence(unit: Unit, what: Asked, subject: bytes, name: str, until: int = 300, **fields: Any) -> SilenceProof:
    """A certificate that a request to a worker went unanswered."""
    committee = _many.committee()
    body = RequestBody(
        network=_runs.NETWORK,
        unit=unit.id,
        worker=_many.public(name),
        asker=_many.public("stranger"),
        what=what,
        subject=subject,
        **fields,
    )
    request = sign_request(body, _many.secret("stranger"))
    said = SilenceBody(
        network=_runs.NETWORK,
        committee=committee.hash,
        unit=unit.id,
        worker=body.worker,
        request=body.id,
        asked=until - 120,
        until=until,
    )
    return SilenceProof(
        unit=unit,
        request=request,
        receipt=_many.receipt(unit, Subject.REQUEST, body.asker, body.id, until - 120),
        silence=combine_silence([sign_silence(said, committee, _many.member_key(n)) for n in _many.SIX], committee),
        committee=committee,
    )
