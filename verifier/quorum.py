"""Judging a unit by a quorum of workers: a pure function of the set of files (spec/redundancy.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..protocol.committee.signing import check_threshold
from ..protocol.encoding.schema import decode_object
from ..protocol.errors import PolicyError, ProtocolError
from ..protocol.keys import Backend, KeyCache
from ..protocol.registry.assignment import assign, assignment_round
from ..protocol.registry.replication import is_replicated, replication_round
from ..protocol.registry.snapshot import Registry
from ..protocol.work.receipt import Subject
from ..protocol.work.reveal import AnyReveal, Reveal
from ..protocol.work.unit import Unit
from .claims import NO_PINS, examine_pins
from .replicas import Bench, Desk, Dossier, Replica
from .verdict import (
    Check,
    Evidence,
    Examination,
    Outcome,
    Party,
    Pins,
    Standing,
    Statement,
    Verdict,
    claim_statement,
    opaque_statement,
    unit_statement,
)

NO_BEACONS: Mapping[int, bytes] = {}
"""No beacon output is known."""


class Missing(Exception):
    """Something that the evidence lacks."""

    def __init__(self, requirement: str, title: str) -> None:
        super().__init__(requirement, title)
        self.requirement = requirement
        self.title = title


def check_quorum(
    unit: bytes,
    files: Iterable[bytes],
    *,
    beacons: Mapping[int, bytes] = NO_BEACONS,
    supplied: bool = False,
    pins: Pins = NO_PINS,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> Verdict:
    """Judge a unit by what several workers did, as far as some files show it (RED-010 to RED-034).

    `beacons` are outputs that the caller vouches for, by their round; with `supplied` beacons among the files count too
    that nobody vouches for (RED-017). Order and repetition of files change nothing.
    """
    others = tuple(sorted(set(files)))
    examination = Examination(unit, others)
    check = examination.check
    desk = None
    try:
        asked = check("UNT-001", "one well-formed unit", decode_object, Unit, unit)
        examination.statement = unit_statement(asked)
        check("UNT-007", "the requester signed the unit", asked.verify, backend=backend, cache=cache)
        check("RED-010", "the unit asks for replicas, and says who works and who receipts", check_form, asked)
        desk = Desk(asked, backend, cache)
        desk.read(others)
        bench, expected = _convene(examination, desk, desk.beacons(supplied) | dict(beacons))
        decide(examination, asked, bench, expected)
        examine_pins(examination, pins)
    except Missing as missing:
        examination.miss(missing.requirement, missing.title)
        examination.asides = desk.asides if desk else []
        return examination.pass_verdict(Evidence.INCOMPLETE, Outcome.INCONCLUSIVE)
    except ProtocolError as error:
        examination.asides = desk.asides if desk else []
        if error.code == "no-quorum":
            return examination.open_verdict(error)
        return examination.fail_verdict(error)
    examination.asides = desk.asides
    return examination.pass_verdict(Evidence.VALID, Outcome.ACCEPTED)


def check_form(unit: Unit) -> None:
    """Raise PolicyError unless a unit can be judged by a quorum (RED-010 to RED-012)."""
    policy = unit.body.policy
    if policy.redundancy is None or policy.receipts is None:
        raise PolicyError(
            "way-not-asked",
            "the unit does not ask for replicas with receipts",
            requirement="RED-010",
            where="policy.redundancy" if policy.redundancy is None else "policy.receipts",
        )
    if policy.workers is None and policy.assignment is None:
        raise PolicyError(
            "no-assignment",
            "the unit neither names its workers nor a registry to draw them from",
            requirement="RED-011",
            where="policy",
        )
    if policy.workers is not None and len(policy.workers) != policy.redundancy.replicas:
        raise PolicyError(
            "assignment-size",
            f"{len(policy.workers)} workers are named for {policy.redundancy.replicas} replicas",
            requirement="RED-012",
            where="policy.workers",
        )


def _convene(examination: Examination, desk: Desk, beacons: Mapping[int, bytes]) -> tuple[Bench, list[bytes]]:
    """The bench that judges, and the workers from whom something is expected. Raises Missing."""
    unit = desk.unit
    policy = unit.body.policy
    assert policy.receipts is not None  # RED-010
    committee = desk.committee()
    if committee is None:
        raise Missing("RED-013", "the committee whose receipts count")
    title = "the committee can have the threshold that the unit asks for"
    examination.check("RED-013", title, check_threshold, committee.total, policy.receipts.threshold, committee)
    desk.read_receipts(committee)
    registry = desk.registry()
    assigned = _assigned(desk, registry, beacons)
    bench = bench_of(unit, desk.dossiers(assigned), desk.slots, backend=desk.backend, cache=desk.cache)
    return bench, expected_of(bench, registry, beacons)


def bench_of(
    unit: Unit,
    dossiers: Mapping[bytes, Dossier],
    slots: Mapping[tuple[Subject, bytes, bytes], int],
    *,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> Bench:
    """The bench that judges the assigned workers, whose dossiers are in the order assigned (RED-024, RED-044)."""
    deadlines, redundancy = unit.body.deadlines, unit.body.policy.redundancy
    assert deadlines is not None
    window = redundancy.adaptive.window if redundancy and redundancy.adaptive else 0
    return Bench(
        unit=unit,
        dossiers=dossiers,
        slots=slots,
        commits_due={worker: deadlines.commit + (window if place else 0) for place, worker in enumerate(dossiers)},
        commits_over=deadlines.commit + window,
        reveals_due=deadlines.reveal,
        backend=backend,
        cache=cache,
    )


def expected_of(bench: Bench, registry: Registry | None, beacons: Mapping[int, bytes]) -> list[bytes]:
    """The workers from whom something is expected: all, or the primary alone (RED-044). Raises Missing."""
    assigned, redundancy = list(bench.dossiers), bench.unit.body.policy.redundancy
    adaptive = redundancy.adaptive if redundancy else None
    if adaptive and registry and not _called(bench, assigned[0], registry, beacons):
        return assigned[:1]
    return assigned


def _assigned(desk: Desk, registry: Registry | None, beacons: Mapping[int, bytes]) -> list[bytes]:
    """The unit's workers, in order (RED-014)."""
    unit = desk.unit
    if unit.body.policy.workers is not None:
        return list(unit.body.policy.workers)
    slot = desk.slots.get((Subject.UNIT, unit.body.requester, unit.id))
    if slot is None:
        raise Missing("RED-014", "a receipt of the unit, from which the draw of its workers counts")
    if registry is None:
        raise Missing("RED-014", "the registry from which the unit's workers are drawn")
    beacon = _output(beacons, assignment_round(unit, slot), "RED-014", "the unit's workers")
    return assign(registry, unit, beacon)


def _called(bench: Bench, primary: bytes, registry: Registry, beacons: Mapping[int, bytes]) -> bool:
    """Whether the unit is replicated (RED-043)."""
    slot = bench.commit_slot(primary)
    if len(bench.dossiers[primary].commits) != 1 or slot is None or slot > bench.commits_due[primary]:
        return True
    title = "whether the unit is replicated"
    beacon = _output(beacons, replication_round(bench.unit), "RED-041", title)
    account = registry.find(primary)
    return is_replicated(bench.unit, primary, account.reputation if account else 0, beacon)


def _output(beacons: Mapping[int, bytes], round: int, requirement: str, what: str) -> bytes:
    if round not in beacons:
        raise Missing(requirement, f"the beacon's output of round {round}, which draws {what}")
    return beacons[round]


def decide(examination: Examination, unit: Unit, bench: Bench, expected: list[bytes]) -> None:
    """Compare results, note how everybody stands, and raise PolicyError unless a quorum agrees (RED-030, RED-031)."""
    replicas = [bench.judge(worker) for worker in expected]
    results: dict[bytes, list[Replica]] = {}
    for replica in replicas:
        if replica.reveal is not None:
            results.setdefault(replica.reveal.result, []).append(replica)
    redundancy = unit.body.policy.redundancy
    assert redundancy is not None  # RED-010
    quorum = redundancy.quorum if len(expected) == len(bench.dossiers) else 1
    agreed = next((result for result, those in results.items() if len(those) >= quorum), None)
    parties = [_party(replica, agreed) for replica in replicas]
    parties += [Party(worker, Standing.UNCALLED, "not-called") for worker in bench.dossiers if worker not in expected]
    examination.parties = parties
    for party in sorted(parties, key=lambda party: party.key):
        result = "passed" if party.standing is Standing.AGREES else "failed"
        reason = f" ({party.code})" if party.code else ""
        examination.checks.append(Check("RED-020", f"worker {party.key.hex()}: {party.standing.value}{reason}", result))
    title = f"{quorum} of {len(expected)} workers have one result"
    examination.check("RED-030", title, _check_quorum, agreed, results, quorum)
    made = next(replica.reveal for replica in results[agreed or b""])
    assert made is not None
    examination.statement = _statement(made)


def _check_quorum(agreed: bytes | None, results: Mapping[bytes, list[Replica]], quorum: int) -> None:
    if agreed is None:
        most = max(map(len, results.values()), default=0)
        raise PolicyError(
            "no-quorum",
            f"{most} of the results that count are equal, and {quorum} are needed",
            requirement="RED-031",
            where="unit",
        )


def _party(replica: Replica, agreed: bytes | None) -> Party:
    if replica.reveal is None:
        return replica.party
    if agreed is None:
        return Party(replica.worker, Standing.UNDECIDED, "no-quorum")
    if replica.reveal.result == agreed:
        return Party(replica.worker, Standing.AGREES)
    return Party(replica.worker, Standing.DISSENTS, "dissents")


def _statement(made: AnyReveal) -> Statement:
    """The statement of a result that several workers have: no one worker's, no one claim's (RED-030)."""
    whole = claim_statement(made.claim) if isinstance(made, Reveal) else opaque_statement(made.claim)
    return replace(whole, worker=None, claim=None)
