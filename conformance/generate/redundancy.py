"""Vectors for quorums: every standing, files that don't count, drawn workers, adaptive replication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...protocol.beacon import SUPPLIED, Beacon
from ...protocol.encoding.schema import encode_object
from ...protocol.errors import CODES
from ...protocol.registry import assignment, replication
from ...protocol.registry.snapshot import Registry
from ...protocol.work.receipt import Subject
from ...protocol.work.unit import AdaptivePolicy, Policy, RedundancyPolicy, Unit, sign_unit
from ..operations import many as operations
from ..values import render
from . import Case, VectorFile, _many, _replicas, _runs, invalid, seeded, valid
from ._replicas import STANDINGS, honest, lazy, run
from .beacon import quicknet
from .commit import CHECKED
from .registry import account, drawn_unit, of

COMMITTEE = encode_object(_many.committee())
ROWS = {
    "second-commit": ["RED-021"],
    "second-reveal": ["RED-021"],
    "no-commit": ["RED-022"],
    "no-receipt": ["RED-022"],
    "no-reveal": ["RED-022"],
    "late-commit": ["RED-023"],
    "late-reveal": ["RED-023"],
    "early-reveal": ["RED-024"],
    "copied-commit": ["RED-025"],
    "dissents": ["RED-032"],
    "leaves-mismatch": ["CMT-024"],
    "commitment-mismatch": ["CMT-032"],
    "wrong-first-leaf": ["CLM-026"],
}
"""Requirements that a standing's code comes of."""


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        VectorFile(
            name="quorum",
            op="redundancy.quorum",
            title="Units judged by a quorum of workers: the same for every order of the files",
            checked_by=CHECKED,
            cases=[*_quorums(), *_drawn(), *_faults()],
        ),
        VectorFile(
            name="replica",
            op="redundancy.replica",
            title="How single workers stand",
            checked_by=CHECKED,
            cases=_standings(),
        ),
    ]


def _given(unit: Unit, files: Sequence[bytes], beacons: Mapping[int, bytes] | None = None) -> dict[str, Any]:
    given: dict[str, Any] = {"unit": encode_object(unit), "files": list(files)}
    if beacons:
        given["beacons"] = {str(round): output for round, output in beacons.items()}
    return given


def _fine(name: str, comment: str, requirements: list[str], given: dict[str, Any], *flags: str) -> Case:
    output = operations.quorum(render(given))
    return valid(f"redundancy-quorum-{name}", comment, requirements, given, output, flags=flags)


def _quorums() -> list[Case]:
    three = [COMMITTEE, *honest(3, 0), *honest(3, 1), *honest(3, 2)]
    two = [COMMITTEE, *honest(3, 0), *honest(3, 1)]
    opaque = _many.opaque_unit()
    results = [COMMITTEE]
    for name, result in zip(_many.names(3), ("result", "other", "result"), strict=True):
        results += _many.opaque_replica(opaque, name, result).files()
    five = [COMMITTEE]
    for place, kind in enumerate((honest, lazy, _replicas.copied, _replicas.late_reveal, honest)):
        five += kind(5, place)
    return [
        _fine("three-agree", "Three honest workers.", ["RED-010", "RED-013", "RED-015", "RED-030", "RED-033"],
              _given(run(3).unit, three)),
        _fine("backwards", "The same files from last to first: the same verdict.", ["RED-001", "RED-003", "VRD-009"],
              _given(run(3).unit, three[::-1]), "PeerDivergence"),
        _fine("repeated", "The same files, some of them twice: the same verdict.", ["RED-001", "RED-003"],
              _given(run(3).unit, [*three, *three[3:7]]), "PeerDivergence"),
        _fine("two-of-three", "Two are a quorum of three.", ["RED-030", "RED-022"], _given(run(3).unit, two),
              "Boundary"),
        _fine("dissent", "One of three made its result up: it is unpaid, and nobody is to blame.", ["RED-032"],
              _given(run(3).unit, [*two, *lazy(3, 2)])),
        _fine("opaque", "An opaque unit: two of three digests are equal.", ["RED-030", "CMT-050"],
              _given(opaque, results)),
        _fine("none", "One honest result, one that was made up, nothing else: no quorum.", ["RED-031"],
              _given(run(3).unit, [COMMITTEE, *honest(3, 0), *lazy(3, 1)])),
        _fine("five", "Of five workers one is lazy, one copies, one is late: two are no quorum of five.", ["RED-031"],
              _given(run(5).unit, five)),
        _fine("no-committee", "Without the committee the evidence is incomplete.", ["RED-013"],
              _given(run(3).unit, three[1:])),
        _fine("two-receipts", "A reveal with five receipts, one in time and four late: the earliest counts.",
              ["RCP-025", "RED-015"], _given(run(3).unit, [*two, *_receipted_twice()])),
        _fine("noise", "Files that don't count are set aside, and change nothing.",
              ["RED-002", "RED-016", "VRD-021"], _given(run(3).unit, [*two, *_noise()])),
    ]  # fmt: skip


def _receipted_twice() -> list[bytes]:
    name = _many.names(3)[2]
    replica = _many.honest(run(3), name, (90, 201))
    of_reveal = (run(3).unit, Subject.REVEAL, _many.public(name), replica.reveal.id)
    more = [encode_object(_many.receipt(*of_reveal, slot)) for slot in (200, 209, 210, 211)]
    return [*replica.files(), *more]


def _noise() -> list[bytes]:
    unit, other = run(3).unit, run(5).unit
    stranger = _many.claim_by(run(3), "stranger")
    replica = _many.honest(run(5), _many.names(5)[0])
    return [
        b"\xff",
        encode_object(unit),
        encode_object(_many.committee(size=5)),
        encode_object(of()),
        encode_object(_many.commit_to(stranger, "stranger")),
        encode_object(_many.reveal_of(stranger, "stranger", run(3).leaves)),
        encode_object(replica.commit),
        encode_object(replica.reveal),
        encode_object(_many.receipt(unit, Subject.COMMIT, _many.public("stranger"), bytes(32), 1, signers=(0,))),
        encode_object(_many.receipt(other, Subject.COMMIT, _many.public("stranger"), bytes(32), 1)),
    ]


def _pool(reputation: int = 0) -> Registry:
    return of(*(account(f"replica-{index}", reputation=reputation) for index in range(5)))


class _Drawn:
    """A unit whose workers are drawn from a pool, and what they hand in."""

    def __init__(
        self,
        label: str,
        reputation: int = 0,
        adaptive: AdaptivePolicy | None = None,
        slot: int = 70,
        output: bytes | None = None,
    ) -> None:
        self.registry = _pool(reputation)
        self.unit = drawn_unit(f"redundancy-{label}", self.registry, adaptive=adaptive)
        self.run = _many.run_of(self.unit)
        self.label = label
        self.beacons = {assignment.assignment_round(self.unit, slot): output or seeded(label, "beacon", 32)}
        by_key = {_many.public(f"replica-{index}"): f"replica-{index}" for index in range(5)}
        drawn = assignment.assign(self.registry, self.unit, next(iter(self.beacons.values())))
        self.names = [by_key[key] for key in drawn]
        receipt = _many.receipt(self.unit, Subject.UNIT, self.unit.body.requester, self.unit.id, slot)
        self.files = [COMMITTEE, encode_object(self.registry), encode_object(receipt)]

    def replication(self, wanted: bool) -> dict[int, bytes]:
        """Beacon outputs under which the unit is replicated, or not."""
        primary = _many.public(self.names[0])
        account = self.registry.find(primary)
        assert account is not None
        for attempt in range(1000):
            output = seeded(self.label, f"replication {attempt}", 32)
            if replication.is_replicated(self.unit, primary, account.reputation, output) == wanted:
                return {**self.beacons, replication.replication_round(self.unit): output}
        raise ValueError("no such output")

    def honest(self, place: int, slots: tuple[int, int] = _many.IN_TIME) -> list[bytes]:
        """The files of an honest replica."""
        return _many.honest(self.run, self.names[place], slots).files()


def _drawn() -> list[Case]:
    plain = _Drawn("drawn")
    three = [*plain.files, *plain.honest(0), *plain.honest(1), *plain.honest(2)]
    signed = _Drawn("quicknet", slot=98, output=quicknet(1000).output)
    by_quicknet = [*signed.files, *signed.honest(0), *signed.honest(1), *signed.honest(2)]
    forged = quicknet(1000).replace(signature=quicknet(1001).signature)
    said = Beacon(source=SUPPLIED, round=1000, randomness=quicknet(1000).output)
    adaptive = AdaptivePolicy(floor=500, window=20)
    known = _Drawn("adaptive", 1 << 31, adaptive)
    late = (115, 150)
    called = [*known.files, *known.honest(0), *known.honest(1, late), *known.honest(2, late)]
    alone = [*known.files, *known.honest(0)]
    idle = [*known.files, *known.honest(0, (101, 150)), *known.honest(1, late), *known.honest(2, late)]
    early = replication.replication_round(known.unit) - 10
    yes, no = known.replication(True), known.replication(False)
    return [
        _fine("drawn", "Workers drawn from a registry by the beacon.", ["RED-014", "REG-030"],
              _given(plain.unit, three, plain.beacons)),
        _fine("quicknet", "The same by a real round of quicknet, which is among the files.", ["RED-017"],
              _given(signed.unit, [*by_quicknet, encode_object(quicknet(1000))])),
        _fine("quicknet-forged", "A beacon with the signature of another round is set aside: the draw is missing.",
              ["RED-017"], _given(signed.unit, [*by_quicknet, encode_object(forged)])),
        _fine("supplied-beacon", "A beacon that somebody says: this verifier takes none, so the draw is missing.",
              ["RED-017"], _given(signed.unit, [*by_quicknet, encode_object(said)])),
        _fine("no-registry", "Without the registry nobody knows who works.", ["RED-014"],
              _given(plain.unit, [*three[:1], *three[2:]], plain.beacons)),
        _fine("no-beacon", "Without the beacon's output nobody knows who works.", ["RED-014"],
              _given(plain.unit, three)),
        _fine("no-unit-receipt", "Without the unit's receipt nobody knows which round draws.", ["RED-014"],
              _given(plain.unit, [*three[:2], *three[3:]], plain.beacons)),
        _fine("called", "Adaptive: replicas are called, and commit within the window.", ["RED-043", "RED-044"],
              _given(known.unit, called, yes)),
        _fine("uncalled", "Adaptive: nobody is called, the primary's result is accepted alone.", ["RED-044"],
              _given(known.unit, alone, no)),
        _fine("uncalled-others", "Others who work uncalled change nothing.", ["RED-044"],
              _given(known.unit, [*called[:-4], *_many.lazy(known.run, known.names[2]).files()], no)),
        _fine("undrawn", "Adaptive, and the output that draws is missing.", ["RED-041"],
              _given(known.unit, alone, known.beacons)),
        _fine("draw-before-commit", "A beacon's output of the commit deadline's own slot, which a worker could know: it"
              " draws nothing.", ["RED-041"], _given(known.unit, alone, known.beacons | {early: bytes(32)}),
              "PeerDivergence"),
        _fine("primary-late", "A primary that doesn't commit in time: the others are called without a draw.",
              ["RED-043"], _given(known.unit, idle, known.beacons)),
    ]  # fmt: skip


def _faults() -> list[Case]:
    context = _runs.make_context(_runs.summing(), b"0123456789")

    def unit(label: str, policy: Policy) -> dict[str, Any]:
        body = _runs.unit_body(context, f"redundancy-{label}", policy=policy, deadlines=_many.DEADLINES)
        return _given(sign_unit(body, _runs.requester()), [COMMITTEE])

    def bad(name: str, comment: str, requirement: str, given: dict[str, Any], error: str) -> Case:
        return invalid(f"redundancy-quorum-{name}", comment, [requirement], given, error)

    named = _many.policy(3, 2)
    half = named.replace(receipts=None if named.receipts is None else named.receipts.replace(threshold=5))
    forged = run(3).unit.replace(signature=_many.honest_run("many-5", 5, 3).unit.signature)
    crowd = drawn_unit("redundancy-crowd", _pool(), replicas=6)
    receipt = _many.receipt(crowd, Subject.UNIT, crowd.body.requester, crowd.id, 70)
    beacons = {assignment.assignment_round(crowd, 70): bytes(32)}
    files = [COMMITTEE, encode_object(_pool()), encode_object(receipt)]
    return [
        bad("no-redundancy", "A unit that asks for no replicas.", "RED-010",
            unit("no-redundancy", named.replace(redundancy=None)), "policy/way-not-asked"),
        bad("no-receipts", "A unit that says nowhere who receipts.", "RED-010",
            unit("no-receipts", named.replace(receipts=None)), "policy/way-not-asked"),
        bad("nobody", "A unit that says nowhere who works.", "RED-011",
            unit("nobody", named.replace(workers=None)), "policy/no-assignment"),
        bad("two-named", "Two named workers for three replicas.", "RED-012",
            unit("two-named", _many.policy(2, 2, redundancy=RedundancyPolicy(replicas=3, quorum=2))),
            "policy/assignment-size"),
        bad("half", "A receipt threshold of one half.", "ATT-020", unit("half", half), "policy/bad-threshold"),
        bad("forged-unit", "A unit that its requester didn't sign.", "KEY-041", _given(forged, [COMMITTEE]),
            "crypto/bad-signature"),
        bad("too-few", "Six replicas, and five accounts.", "REG-026", _given(crowd, files, beacons),
            "policy/too-few-eligible"),
    ]  # fmt: skip


def _standings() -> list[Case]:
    cases = []
    for kind, (standing, code) in STANDINGS.items():
        name = kind.__name__.replace("_", "-")
        comment = (kind.__doc__ or "").replace("\n", " ").strip()
        files = [COMMITTEE, *honest(3, 0), *honest(3, 1), *kind(3, 2)]
        given = {**_given(run(3).unit, files), "worker": _many.public(_many.names(3)[2])}
        if code is None:
            cases.append(
                valid(f"redundancy-replica-{name}", comment, ["RED-020"], given, operations.replica(render(given)))
            )
            continue
        error = f"{CODES[code]}/{code}"
        requirements = ["RED-020", "VRD-020", *ROWS[code]]
        cases.append(invalid(f"redundancy-replica-{name}", f"{comment} It is {standing}.", requirements, given, error))
    undecided = _given(run(3).unit, [COMMITTEE, *honest(3, 0), *lazy(3, 1)])
    known = _Drawn("adaptive", 1 << 31, AdaptivePolicy(floor=500, window=20))
    uncalled = _given(known.unit, [*known.files, *known.honest(0), *known.honest(1)], known.replication(False))
    stranger = _given(run(3).unit, [COMMITTEE, *honest(3, 0), *honest(3, 1)])
    return [
        *cases,
        invalid(
            "redundancy-replica-undecided",
            "A result that counts, where no result has a quorum.",
            ["RED-020", "RED-031"],
            {**undecided, "worker": _many.public(_many.names(3)[0])},
            "policy/no-quorum",
        ),
        invalid(
            "redundancy-replica-uncalled",
            "A worker whom nobody called.",
            ["RED-020", "RED-044"],
            {**uncalled, "worker": _many.public(known.names[1])},
            "policy/not-called",
        ),
        invalid(
            "redundancy-replica-unassigned",
            "A worker to whom the unit was not assigned.",
            ["REG-030"],
            {**stranger, "worker": _many.public("stranger")},
            "policy/unassigned-worker",
        ),
    ]
