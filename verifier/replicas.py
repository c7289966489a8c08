"""What several workers did of one unit: a dossier for each, and how each stands (spec/redundancy.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..protocol.beacon import Beacon, check_beacon
from ..protocol.committee.snapshot import Committee
from ..protocol.encoding import cbor
from ..protocol.encoding.schema import Record, decode_item, kind_of
from ..protocol.errors import CryptoError, PolicyError, ProtocolError, SchemaError
from ..protocol.keys import Backend, KeyCache
from ..protocol.registry.assignment import check_assigned, check_registry
from ..protocol.registry.snapshot import Registry
from ..protocol.work import commit as commits
from ..protocol.work import receipt as receipts
from ..protocol.work import reveal as reveals
from ..protocol.work.commit import Commit
from ..protocol.work.receipt import Receipt, Subject
from ..protocol.work.reveal import AnyReveal, OpaqueReveal, Reveal
from ..protocol.work.unit import Unit
from .claims import examine_contradictions
from .commits import examine_reveal
from .verdict import Aside, Examination, Party, Standing, evidence_hash

KINDS: dict[str | None, type[Record]] = {
    cls.KIND: cls for cls in (Committee, Registry, Receipt, Commit, Reveal, OpaqueReveal, Beacon)
}
"""What is looked for among the files of a quorum's evidence."""


_NEVER = 1 << 64
"""After every slot."""


@dataclass(slots=True)
class Dossier:
    """What there is of one worker: different commits and reveals whose signatures hold, by id."""

    commits: dict[bytes, Commit] = field(default_factory=dict)
    reveals: dict[bytes, AnyReveal] = field(default_factory=dict)
    _committed: dict[bytes, list[bytes]] = field(default_factory=dict)
    _indexed: int = 0

    def opened_by(self, reveal: AnyReveal) -> list[bytes]:
        """The ids of the commits that a reveal of this worker and unit opens (CMT-030 to CMT-032)."""
        if self._indexed != len(self.commits):
            self._committed.clear()
            for id, commit in self.commits.items():
                self._committed.setdefault(commit.body.commitment, []).append(id)
            self._indexed = len(self.commits)
        body = reveal.claim.body
        return self._committed.get(commits.commitment(body.unit, body.worker, reveal.claim.id, reveal.blinding), [])


@dataclass(slots=True)
class Desk:
    """Where files of evidence are sorted: what each is, and those that are set aside (RED-002)."""

    unit: Unit
    backend: Backend | None
    cache: KeyCache | None
    objects: list[tuple[bytes, Record]] = field(default_factory=list)
    """File hash and object, by ascending hash."""
    asides: list[Aside] = field(default_factory=list)
    slots: dict[tuple[Subject, bytes, bytes], int] = field(default_factory=dict)
    """Least slot of the receipts that count, by kind, party and subject (RED-015)."""

    def read(self, files: Iterable[bytes]) -> None:
        """Decode files, each of them once (RED-001)."""
        by_hash = {evidence_hash(data): data for data in files}
        for name in sorted(by_hash):
            try:
                self.objects.append((name, _decode(by_hash[name])))
            except ProtocolError as error:
                self.set_aside(name, error)

    def set_aside(self, name: bytes, error: ProtocolError) -> None:
        """Note a file that doesn't count."""
        self.asides.append(Aside(name, error.code, str(error)))

    def committee(self) -> Committee | None:
        """The committee that the unit names for receipts, if it is here and holds (RED-013)."""
        policy = self.unit.body.policy.receipts
        found = None
        for name, thing in self.objects:
            if isinstance(thing, Committee):
                try:
                    if policy is None or thing.hash != policy.committee:
                        raise PolicyError(
                            "other-committee",
                            "the unit names another committee for receipts",
                            requirement="RCP-023",
                            where="committee",
                        )
                    thing.verify(backend=self.backend, cache=self.cache)
                    found = thing
                except ProtocolError as error:
                    self.set_aside(name, error)
        return found

    def registry(self) -> Registry | None:
        """The registry that the unit's workers are drawn from, if it is here (RED-014)."""
        found = None
        for name, thing in self.objects:
            if isinstance(thing, Registry):
                try:
                    check_registry(thing, self.unit)
                    found = thing
                except ProtocolError as error:
                    self.set_aside(name, error)
        return found

    def beacons(self, supplied: bool) -> dict[int, bytes]:
        """Outputs by round: what quicknet signed, and, if the verifier takes it, what somebody supplied (RED-017)."""
        given: dict[int, bytes] = {}
        signed: dict[int, bytes] = {}
        for name, thing in self.objects:
            if isinstance(thing, Beacon):
                try:
                    output = check_beacon(thing, backend=self.backend)
                except ProtocolError as error:
                    self.set_aside(name, error)
                    continue
                if not thing.supplied:
                    signed[thing.round] = output
                elif supplied:
                    given[thing.round] = min(output, given.get(thing.round, output))
        return given | signed

    def read_receipts(self, committee: Committee) -> None:
        """Take note of every receipt that counts (RED-015)."""
        for name, thing in self.objects:
            if isinstance(thing, Receipt):
                try:
                    receipts.check_receipt(thing, self.unit, committee, backend=self.backend, cache=self.cache)
                except ProtocolError as error:
                    self.set_aside(name, error)
                    continue
                body = thing.body
                place = (body.kind, body.party, body.subject)
                self.slots[place] = min(body.slot, self.slots.get(place, body.slot))

    def dossiers(self, assigned: Sequence[bytes]) -> dict[bytes, Dossier]:
        """What there is of each assigned worker (RED-016)."""
        made = {worker: Dossier() for worker in assigned}
        for name, thing in self.objects:
            try:
                if isinstance(thing, Commit):
                    commits.check_about(thing, self.unit)
                    thing.verify(backend=self.backend, cache=self.cache)
                    check_assigned(thing.body.worker, made)
                    made[thing.body.worker].commits[thing.id] = thing
                elif isinstance(thing, Reveal | OpaqueReveal):
                    self._check_reveal(thing)
                    check_assigned(thing.claim.body.worker, made)
                    made[thing.claim.body.worker].reveals[thing.id] = thing
            except ProtocolError as error:
                self.set_aside(name, error)
        return made

    def _check_reveal(self, reveal: AnyReveal) -> None:
        if reveal.claim.unit.id != self.unit.id:
            raise CryptoError(
                "unit-mismatch",
                "the reveal is about another unit",
                requirement="RED-016",
                where="reveal.claim.unit",
            )
        reveals.check_signature(reveal, backend=self.backend, cache=self.cache)


def _decode(data: bytes) -> Record:
    item = cbor.decode(data)
    cls = KINDS.get(kind_of(item))
    if cls is None:
        raise SchemaError(
            "unknown-kind",
            f"a file of the kind {kind_of(item)!r} says nothing here",
            requirement="ENC-030",
            where="file",
        )
    return decode_item(cls, item)


@dataclass(frozen=True, slots=True)
class Replica:
    """How a worker stands before results are compared: a result that counts, or the reason why there is none."""

    worker: bytes
    standing: Standing | None
    """None for a result that counts."""
    error: ProtocolError | None
    reveal: AnyReveal | None

    @property
    def party(self) -> Party:
        """The worker as a verdict lists it, if its result doesn't count."""
        assert self.standing is not None
        return Party(self.worker, self.standing, self.error.code if self.error else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Judges replicas: the dossiers of all assigned workers, the slots, the deadlines (RED-020)."""

    unit: Unit
    dossiers: Mapping[bytes, Dossier]
    slots: Mapping[tuple[Subject, bytes, bytes], int]
    commits_due: Mapping[bytes, int]
    """Each worker's commit deadline."""
    commits_over: int
    """Last slot in which somebody may commit (RED-024)."""
    reveals_due: int
    backend: Backend | None = None
    cache: KeyCache | None = None
    examined: dict[bytes, ProtocolError | None] = field(default_factory=dict)
    """What examining a reveal came to, by its id: nothing is examined twice."""

    def claim_slot(self, reveal: AnyReveal) -> int:
        """The slot of the commit of a claim that an assigned worker revealed in time. Raises ProtocolError (STL-070).

        Second commits are no hindrance here, as they are in a quorum (RED-021): a claim can be refuted all the same.
        """
        worker = reveal.claim.body.worker
        opened = self.dossiers[worker].opened_by(reveal)
        if not opened:
            reveals.check_opening(reveal, self._commit(worker))
        slot = min(self.slots.get((Subject.COMMIT, worker, one), _NEVER) for one in opened)
        if slot == _NEVER:
            self._receipted(worker, Subject.COMMIT, opened[0], "commit")
        _in_time(slot, self.commits_due[worker], "late-commit", "the commit")
        shown = self._receipted(worker, Subject.REVEAL, reveal.id, "reveal")
        self._not_early(shown)
        _in_time(shown, self.reveals_due, "late-reveal", "the reveal")
        self.examine(reveal)
        return slot

    def examine(self, reveal: AnyReveal) -> None:
        """Make the crypto checks on a reveal alone (CMT-025). Raises ProtocolError."""
        if reveal.id not in self.examined:
            try:
                examine_reveal(Examination(b""), reveal, backend=self.backend, cache=self.cache)
                self.examined[reveal.id] = None
            except ProtocolError as error:
                self.examined[reveal.id] = error
        found = self.examined[reveal.id]
        if found is not None:
            raise found

    def commit_slot(self, worker: bytes) -> int | None:
        """The slot in which a worker's one commit is receipted."""
        made = self.dossiers[worker].commits
        return min(
            (slot for one in made if (slot := self.slots.get((Subject.COMMIT, worker, one))) is not None), default=None
        )

    def judge(self, worker: bytes) -> Replica:
        """A worker's standing, by the first row that applies (RED-020)."""
        try:
            standing = Standing.EQUIVOCATED
            self._once(worker)
            standing = Standing.ABSENT
            commit = self._commit(worker)
            slot = self._receipted(worker, Subject.COMMIT, commit.id, "commit")
            standing = Standing.LATE
            _in_time(slot, self.commits_due[worker], "late-commit", "the commit")
            standing = Standing.COPIED
            self._not_copied(worker, commit)
            standing = Standing.MISSING
            reveal = self._reveal(worker)
            slot = self._receipted(worker, Subject.REVEAL, reveal.id, "reveal")
            standing = Standing.EARLY
            self._not_early(slot)
            standing = Standing.LATE
            _in_time(slot, self.reveals_due, "late-reveal", "the reveal")
            standing = Standing.MALFORMED
            self.examine(reveal)
            reveals.check_opening(reveal, commit)
            standing = Standing.REFUTED
            if isinstance(reveal, Reveal):
                examine_contradictions(Examination(b""), reveal.claim)
        except ProtocolError as error:
            return Replica(worker, standing, error, None)
        return Replica(worker, None, None, reveal)

    def _once(self, worker: bytes) -> None:
        dossier = self.dossiers[worker]
        if len(dossier.commits) > 1:
            raise PolicyError(
                "second-commit", _of("there are two commits", worker), requirement="RED-021", where="commit"
            )
        if len(dossier.reveals) > 1:
            raise PolicyError(
                "second-reveal", _of("there are two reveals", worker), requirement="RED-021", where="reveal"
            )

    def _commit(self, worker: bytes) -> Commit:
        for commit in self.dossiers[worker].commits.values():
            return commit
        raise PolicyError("no-commit", _of("there is no commit", worker), requirement="RED-022", where="commit")

    def _reveal(self, worker: bytes) -> AnyReveal:
        for reveal in self.dossiers[worker].reveals.values():
            return reveal
        raise PolicyError("no-reveal", _of("there is no reveal", worker), requirement="RED-022", where="reveal")

    def _receipted(self, worker: bytes, kind: Subject, subject: bytes, what: str) -> int:
        slot = self.slots.get((kind, worker, subject))
        if slot is None:
            raise PolicyError(
                "no-receipt",
                _of(f"no receipt that counts is about the {what}", worker),
                requirement="RED-022",
                where=what,
            )
        return slot

    def _not_early(self, slot: int) -> None:
        if slot <= self.commits_over:
            raise PolicyError(
                "early-reveal",
                f"the reveal is receipted in slot {slot}, while commits are taken until {self.commits_over}",
                requirement="RED-024",
                where="reveal",
            )

    def _not_copied(self, worker: bytes, commit: Commit) -> None:
        """Raise PolicyError if another worker opens this commitment: it covers that one's key (RED-025)."""
        for other, dossier in self.dossiers.items():
            for original in dossier.commits.values():
                same = other != worker and original.body.commitment == commit.body.commitment
                if same and any(opens(reveal, original) for reveal in dossier.reveals.values()):
                    raise PolicyError(
                        "copied-commit",
                        f"the worker {worker.hex()} committed to what {other.hex()} committed to",
                        requirement="RED-025",
                        where="commit.commitment",
                    )


def opens(reveal: AnyReveal, commit: Commit) -> bool:
    """Whether a reveal opens a commit."""
    try:
        reveals.check_opening(reveal, commit)
    except CryptoError:
        return False
    return True


def _in_time(slot: int, due: int, code: str, what: str) -> None:
    if slot > due:
        message = f"{what} is receipted in slot {slot}, and was due in {due}"
        if code == "late-commit":
            raise PolicyError("late-commit", message, requirement="RED-023", where="commit")
        raise PolicyError("late-reveal", message, requirement="RED-023", where="reveal")


def _of(what: str, worker: bytes) -> str:
    return f"{what} of the worker {worker.hex()}"
