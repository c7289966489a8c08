"""An epoch whose every record comes out of evidence: real units, draws, commits, reveals, audits, proofs, certificates.

The parties decide as in `epoch`. What they do is done for real, signed with their keys, receipted by a committee; then
the verifier makes the epoch of the files, as anybody would who has them. Only the beacon's outputs are supplied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import Final

from ...protocol import keys
from ...protocol.beacon import SUPPLIED, Beacon
from ...protocol.committee.snapshot import Committee, Member
from ...protocol.encoding.schema import Record, encode_object
from ...protocol.errors import PolicyError
from ...protocol.machine.interpreter import Interpreter
from ...protocol.registry.assignment import Purpose, assign, assignment_round, auditors_round
from ...protocol.registry.replication import is_replicated, replication_round
from ...protocol.registry.snapshot import Account, Registry
from ...protocol.rewards.epoch import Epoch
from ...protocol.rewards.rule import Rule
from ...protocol.rewards.settle import settle
from ...protocol.rewards.standard import StandardRule
from ...protocol.work.attestation import CheckKind, CheckMade, Finding, Statement, combine_attestations, sign_statement
from ...protocol.work.audit import AuditProof, Check, CheckReveal, checking, drawn, make_check
from ...protocol.work.claim import Claim
from ...protocol.work.commit import Commit, sign_commit
from ...protocol.work.equivocation import Equivocation, Side, Twice
from ...protocol.work.fault import StepFault
from ...protocol.work.fault_commit import make_fault_reveal
from ...protocol.work.receipt import Receipt, ReceiptBody, Subject, combine_receipt, sign_receipt
from ...protocol.work.reveal import sign_reveal
from ...protocol.work.silence import (
    ANSWER_SLOTS,
    Asked,
    RequestBody,
    SilenceBody,
    SilenceProof,
    combine_silence,
    sign_request,
    sign_silence,
)
from ...protocol.work.unit import sign_unit
from ...verifier.epoch_files import Told
from ...verifier.epochs import shown
from ...verifier.verdict import evidence_hash
from ..errors import LabError
from ..terms import Terms
from .disputes import play
from .epoch import ANSWER, AUDITED, BY_REPLICA, EpochRun, Place
from .network import NETWORK, body
from .network import account as registered
from .real import MAX_SEGMENTS, Job, Run
from .strategies import Strategy
from .world import Row, World

MAX_WORK: Final = 5_000
"""Most worker-epochs of a scenario that is really executed, twins counted."""
MEMBERS: Final = 4
"""Members of the committee that signs receipts; they are honest, and no accounts."""
THRESHOLD: Final = 3
UNREAL: Final = {
    "farms": "its own accounts would have to be drawn for its units, which nobody can make them",
    "thrashes": "the program that is executed touches few pages",
}
"""What can't be executed, and why."""
_PREPARE: Final = 1
"""Slots from the epoch's first to the units' receipts."""


@lru_cache(8)
def cast(count: int) -> tuple[tuple[keys.SecretKey, bytes], ...]:
    """So many key pairs, by ascending public key."""
    made = [keys.derive_secret_key(number.to_bytes(32)) for number in range(1, count + 1)]
    return tuple(sorted(((secret, keys.public_key(secret)) for secret in made), key=lambda pair: pair[1]))


@lru_cache(8)
def committee_of(secrets: tuple[keys.SecretKey, ...], epoch: int) -> Committee:
    """The committee of some keys, each of weight one."""
    members = [Member(key=keys.public_key(one), possession=keys.prove_possession(one), weight=1) for one in secrets]
    return Committee(network=NETWORK, epoch=epoch, members=tuple(sorted(members, key=lambda member: member.key)))


@dataclass(slots=True)
class _Made:
    """What a worker has made of its place."""

    claim: Claim
    run: Run
    bad: tuple[int, ...]
    commit: Commit
    blinding: bytes
    receipt: Receipt
    drawn: tuple[int, ...] = ()
    audit: AuditProof | None = None


class RealRun(EpochRun):
    """One epoch for real."""

    def __init__(self, world: World, number: int) -> None:
        super().__init__(world, number)
        assert world.job is not None
        self.job: Job = world.job
        self.chance = Random(f"{world.seed}/{world.run}/{number}/secrets")
        self.cast = cast(world.count)
        self.places_of = {public: place for place, (_, public) in enumerate(self.cast)}
        members = tuple(keys.derive_secret_key(bytes(31) + bytes([at]) + b"member") for at in range(MEMBERS))
        self.signers = sorted(members, key=keys.public_key)[:THRESHOLD]
        self.committee = committee_of(members, number)
        attesters = tuple(self.cast[member][0] for member in world.committee)
        self.attesters = committee_of(attesters, number) if attesters else None
        self.epoch: Epoch | None = None
        """What the evidence shows, once it was judged."""
        self.files: list[bytes] = []
        self.wrong: set[bytes] = set()
        """Files that the verifier has to refuse, by H_evidence."""
        self.undrawn: dict[tuple[bytes, int], bytes] = {}
        """Checks of members who weren't drawn as auditors: they count only if these attested the claim's outcome."""
        self.loads = [0] * world.count
        self.registries: list[Registry] = []
        self.beacons: dict[int, Beacon] = {}
        self.made: dict[bytes, _Made] = {}
        self.revealed: set[bytes] = set()
        probe = body(world.terms)
        assert probe.deadlines is not None
        self.first = number * (probe.deadlines.challenge + _PREPARE + 1)
        self._put(self.committee, *([] if self.attesters is None else [self.attesters]))

    def _put(self, *objects: Record) -> bytes:
        """Add files to the evidence; H_evidence of the last."""
        name = b""
        for one in objects:
            data = encode_object(one)
            name = evidence_hash(data)
            self.files.append(data)
        return name

    # The epoch

    def rows(self) -> list[Row]:
        """Draw, work, audit; make the epoch of the evidence; settle it."""
        self._work()
        world = self.world
        rule = standard_of(world.rule, world.terms)
        told = Told(
            network=NETWORK,
            number=self.number,
            first_slot=self.first,
            last_slot=self.deadlines.challenge,
            treasury=b"\xff" * 20,
            parameters=rule.parameters,
            registry=self._registry((0,) * world.count),
            earlier=tuple(self.registries),
            supplied=True,
        )
        made = shown(told, self.files, executor=Interpreter)
        refused = {finding.file: finding for finding in made.findings if finding.error is not None}
        if refused.keys() != self.wrong:
            told_ = [f"{one.kind}: {one.error}" for one in refused.values() if one.file not in self.wrong]
            raise AssertionError(f"the verifier refuses {told_}, and not {len(self.wrong - refused.keys())} others")
        self.epoch = replace(made.epoch, rule=world.hash)
        self.units = list(self.epoch.units)
        return self._rows(settle(self.epoch, world.rule))

    def _registry(self, loads: Sequence[int]) -> Registry:
        world = self.world
        accounts: list[Account] = []
        for place, (_, public) in enumerate(self.cast):
            one = registered(public, world.stakes[place], loads[place])
            accounts.append(one.replace(reputation=world.reputations[place], address=world.addresses[place]))
        return Registry(network=NETWORK, epoch=self.number, accounts=tuple(accounts))

    def _work(self) -> None:
        world = self.world
        terms = world.terms
        for number in range(int(terms.network.workers * terms.network.demand // terms.unit.replicas)):
            self.requester = world.workers + number % terms.network.requesters
            registry = self._registry(self.loads)
            self._publish(registry)
            try:
                group = self._draw(registry, assignment_round(self.unit, self.slot), Purpose.WORKERS)
            except PolicyError:
                break  # too few have room
            self.registries.append(registry)
            self.registry, self.assigned = registry, group
            for place in group:
                self.loads[place] += 1
            called = group
            if terms.network.adaptive and not self._called(group[0]):
                called = group[:1]
            self.which: dict[int, tuple[int, ...]] = {}
            self._contested(self.unit.id, 0, called, self.requester, False)
        self._grieve()

    def _publish(self, registry: Registry) -> None:
        """The next unit, signed and receipted."""
        world = self.world
        self.slot = self.first + _PREPARE
        secret, public = self.cast[self.requester]
        made = body(
            world.terms,
            requester=public,
            nonce=self.chance.randbytes(32),
            context=self.job.context,
            escrow=world.escrow,
            slot=self.slot,
            registry=registry.hash,
            committee=self.committee.hash,
            threshold=THRESHOLD,
            attesters=self.attesters.hash if self.attesters else bytes(32),
        )
        self.unit = sign_unit(made, secret)
        assert made.deadlines is not None
        self.deadlines = made.deadlines
        self._put(self.unit, self._receipt(Subject.UNIT, public, self.unit.id, self.slot))

    def _draw(self, registry: Registry, round: int, purpose: Purpose) -> list[int]:
        excluded = [self.cast[place][1] for place in self.assigned] if purpose is Purpose.AUDITORS else ()
        drawn_keys = assign(registry, self.unit, self._output(round).output, purpose=purpose, excluded=excluded)
        return [self.places_of[key] for key in drawn_keys]

    def _output(self, round: int) -> Beacon:
        """The beacon of a round, the same for a run and its twin."""
        if round not in self.beacons:
            chance = Random(f"{self.world.seed}/{self.world.run}/{round}/beacon")
            self.beacons[round] = Beacon(source=SUPPLIED, round=round, randomness=chance.randbytes(32))
            self._put(self.beacons[round])
        return self.beacons[round]

    def _called(self, primary: int) -> bool:
        output = self._output(replication_round(self.unit)).output
        return is_replicated(self.unit, self.cast[primary][1], self.world.reputations[primary], output)

    def _receipt(self, kind: Subject, party: bytes, subject: bytes, slot: int) -> Receipt:
        about = ReceiptBody(
            network=NETWORK,
            committee=self.committee.hash,
            unit=self.unit.id,
            party=party,
            subject=subject,
            slot=slot,
            kind=kind,
        )
        shares = [sign_receipt(about, self.committee, one) for one in self.signers]
        return combine_receipt(shares, self.committee)

    # A place

    def _place(self, group: list[int], at: int, serial: int) -> Place:
        """Execute, or not; claim, and commit."""
        place = super()._place(group, at, serial)
        secret, public = self.cast[place.account]
        run = self.job.run(self._bad(place))
        claim = self.job.claim(self.unit, run, secret)
        blinding = self.chance.randbytes(32)
        commit = sign_commit(self.unit, claim.id, blinding, secret)
        slot = self.slot + 1 if at == 0 else self.deadlines.commit + int(self.world.terms.network.adaptive)
        if place.how.commits == "late":
            slot = self.deadlines.reveal
        elif place.how.commits == "copied" and self.made:
            other = list(self.made.values())[-1].commit
            copied = commit.body.replace(commitment=other.body.commitment)
            commit = Commit(body=copied, signature=keys.sign(secret, copied.id))
        receipt = self._receipt(Subject.COMMIT, public, commit.id, slot)
        self._put(commit, receipt)
        place.claim = claim.id
        self.made[claim.id] = _Made(claim, run, self._bad(place), commit, blinding, receipt)
        if place.how.commits == "late":
            reveal = sign_reveal(claim, blinding, run.leaves, secret)
            self._put(self._receipt(Subject.REVEAL, public, reveal.id, self.deadlines.reveal))
            self.wrong.add(self._put(reveal))
        return place

    def _bad(self, place: Place) -> tuple[int, ...]:
        """Which segments a place's trace has bad: its own, or those that a party agreed on."""
        key = place.owner if place.how.agreed else -1 - place.account
        if key not in self.which:
            segments = range(self.world.terms.unit.segments)
            taken = {index for other in self.which.values() for index in other} if place.bad == 1 else set()
            self.which[key] = tuple(sorted(self.chance.sample([s for s in segments if s not in taken], place.bad)))
        return self.which[key]

    def _claim(self, claim: bytes, unit: bytes, account: int, at: int) -> None:
        made = self.made[claim]
        secret, public = self.cast[account]
        reveal = sign_reveal(made.claim, made.blinding, made.run.leaves, secret)
        self._put(reveal, self._receipt(Subject.REVEAL, public, reveal.id, self.deadlines.reveal))
        self.revealed.add(claim)

    # Audits

    def _drawn(self, place: Place) -> None:
        made = self.made[place.claim]
        round = auditors_round(self.unit, made.receipt.body.slot)
        made.drawn = tuple(drawn(made.claim, made.commit, self._output(round).output))
        try:
            place.auditors = self._draw(self.registry, round, Purpose.AUDITORS)
        except PolicyError:
            place.auditors = []
        place.hit = bool({*made.drawn} & {*made.bad})

    def _audit(self, claim: bytes) -> AuditProof:
        """The proof of a claim's audit, shown once."""
        made = self.made[claim]
        if made.audit is None:
            made.audit = AuditProof(
                proof=self.job.prove(made.claim, made.run, made.drawn),
                commit=made.commit,
                blinding=made.blinding,
                beacon=self._output(auditors_round(self.unit, made.receipt.body.slot)),
                receipt=made.receipt,
                committee=self.committee,
            )
            self._put(made.audit)
        return made.audit

    def _checked(self, claim: bytes, auditors: Sequence[int], shown: bool) -> None:
        for auditor in auditors:
            how = self.world.acting[auditor]
            stamps = how is not None and how.stamps
            if stamps and not shown:
                continue
            name = self._show(claim, auditor, stamps)
            if stamps:
                self.wrong.add(name)
            else:
                self.spent[auditor] += self.world.check
                self.shown.add((claim, auditor))

    def _show(self, claim: bytes, checker: int, stamps: bool = False) -> bytes:
        """A check, receipted in time, and its reveal; H_evidence of the reveal."""
        secret, public = self.cast[checker]
        reveal = make_check(self._audit(claim), self.chance.randbytes(32), secret, Interpreter)
        if stamps:  # it has nothing to commit to but what it makes up
            reveal = made_up(reveal, secret, self.chance)
        self._put(self._receipt(Subject.CHECK, public, reveal.check.body.id, self.deadlines.reveal))
        return self._put(reveal)

    def _own_check(self, claim: bytes, member: int) -> None:
        fresh = self.world.terms.unit.auditors and (claim, member) not in self.shown
        super()._own_check(claim, member)
        if fresh:
            self.undrawn[claim, member] = self._show(claim, member)

    def _verdicts(self, claim: bytes, outcomes: Mapping[int, tuple[int, ...]]) -> None:
        if outcomes.get(AUDITED):
            self._audit(claim)

    # What speaks against somebody

    def _prove(self, place: Place) -> None:
        made = self.made[place.claim]
        if not place.provers:
            return
        seen = sorted({*made.drawn} & {*made.bad}) or sorted(made.bad)
        proof: Record = self.job.prove(made.claim, made.run, seen[:1])
        if place.slot == BY_REPLICA:  # it has executed the segment itself, and asks the accused which step differs
            proof = self._disputed(place.claim, seen[0], place.account, place.provers[0]) or proof
        name = self._put(proof)
        for prover in place.provers:
            secret, public = self.cast[prover]
            unit, blinding = made.claim.unit, self.chance.randbytes(32)
            reveal = make_fault_reveal(unit.body.network, unit.id, made.claim.id, name, blinding, secret)
            slot = self.deadlines.reveal + place.slot
            self._put(self._receipt(Subject.FAULT, public, reveal.commit.id, slot), reveal)

    def _disputed(self, claim: bytes, segment: int, accused: int, challenger: int) -> StepFault | None:
        made = self.made[claim]
        proof = self.job.prove(made.claim, made.run, [segment])
        return play(proof, made.run.tree, self.cast[accused][0], self.cast[challenger][0], self.chance.randbytes(32))

    def _grieve(self) -> None:
        """Each griefer disputes a good claim, and has nothing to show in the end."""
        world = self.world
        good = [claim for claim, made in self.made.items() if not made.bad and claim in self.revealed]
        for account, how in enumerate(world.acting):
            if how is not None and how.grieves and good:
                claim = self.chance.choice(good)
                accused = self.places_of[self.made[claim].claim.body.worker]
                segment = self.chance.randrange(world.terms.unit.segments)
                if self._disputed(claim, segment, accused, account) is not None:
                    raise AssertionError("a good claim was refuted")
                self.spent[account] += world.dispute
                self.spent[accused] += world.dispute

    def _silence(self, unit: bytes, place: Place) -> None:
        made = self.made[place.claim]
        secret, public = self.cast[self.requester]
        asked, answer = self.deadlines.reveal, place.silent == ANSWER
        about = RequestBody(
            network=NETWORK,
            unit=unit,
            worker=self.cast[place.account][1],
            asker=public,
            what=Asked.SEGMENTS if answer else Asked.REVEAL,
            subject=made.claim.id if answer else made.commit.id,
            segments=tuple(sorted(made.drawn)) if answer else None,
        )
        request = sign_request(about, secret)
        certified = SilenceBody(
            network=NETWORK,
            committee=self.committee.hash,
            unit=unit,
            worker=about.worker,
            request=about.id,
            asked=asked,
            until=asked + ANSWER_SLOTS,
        )
        shares = [sign_silence(certified, self.committee, one) for one in self.signers]
        self._put(
            SilenceProof(
                unit=self.unit,
                request=request,
                receipt=self._receipt(Subject.REQUEST, public, about.id, asked),
                silence=combine_silence(shares, self.committee),
                committee=self.committee,
            )
        )

    def _attested(
        self, unit: bytes, claim: bytes, signed: list[tuple[int, bool]], outcomes: tuple[int, ...], judged: int
    ) -> None:
        """Those who found the same sign the same statement; who signs both outcomes is convicted by both signatures."""
        assert self.attesters is not None
        made, terms = self.made[claim], self.world.terms.unit
        kind = CheckMade(kind=CheckKind.REEXECUTION)
        if terms.auditors:
            round = auditors_round(self.unit, made.receipt.body.slot)
            kind = CheckMade(kind=CheckKind.AUDIT, samples=terms.samples, round=round)
        statements = {
            outcome: Statement(
                network=NETWORK,
                committee=self.attesters.hash,
                epoch=self.attesters.epoch,
                unit=unit,
                claim=claim,
                check=kind,
                outcome=outcome,
            )
            for outcome in Finding
        }
        both: list[int] = []
        attested: set[int] = set()
        for outcome, statement in statements.items():
            signers: list[int] = []
            for member, says_bad in signed:
                how = self.world.acting[member]
                twice = how is not None and how.equivocates
                if twice or says_bad == (outcome is Finding.REFUTED):
                    signers.append(member)
                if twice and outcome is Finding.ACCEPTED:
                    both.append(member)
            if int(outcome) in outcomes:
                shares = [sign_statement(statement, self.attesters, self.cast[member][0]) for member in signers]
                self._put(combine_attestations(shares, self.attesters))
                attested.update(signers if int(outcome) == judged else ())
        for member, _ in signed:
            if member not in attested and (claim, member) in self.undrawn:
                self.wrong.add(self.undrawn[claim, member])
        for member in both:
            self._convict(self.cast[member][0], list(statements.values()))

    def _convict(self, secret: keys.SecretKey, statements: Sequence[Statement]) -> None:
        assert self.attesters is not None
        sides = []
        for statement in statements:
            one = combine_attestations([sign_statement(statement, self.attesters, secret)], self.attesters)
            sides.append(Side(body=encode_object(statement), signers=one.signers, signature=one.signature))
        first, second = sorted(sides, key=lambda side: side.body)
        self._put(
            Equivocation(what=Twice.STATEMENT, network=NETWORK, first=first, second=second, committee=self.attesters)
        )


def made_up(reveal: CheckReveal, secret: keys.SecretKey, chance: Random) -> CheckReveal:
    """A check of somebody who executed nothing: well signed, of states that nobody came by."""
    states = chance.randbytes(len(reveal.states))
    about = reveal.check.body
    commitment = checking(about.claim, about.auditor, states, reveal.blinding)
    about = about.replace(commitment=commitment)
    return CheckReveal(
        check=Check(body=about, signature=keys.sign(secret, about.id)), blinding=reveal.blinding, states=states
    )


def standard_of(rule: Rule, terms: Terms) -> StandardRule:
    """The rule whose parameters tell what is eligible: the rule itself if it is the standard one, else the terms'."""
    from ..rules.loading import standard

    return rule if isinstance(rule, StandardRule) else standard(terms)


def check_real(terms: Terms, strategy: Strategy, where: str) -> None:
    """Raise LabError for what can't be executed."""
    for name, why in UNREAL.items():
        if getattr(strategy, name):
            raise LabError(where, f"a {strategy.name} can't be executed: {why}")
    if terms.unit.segments > MAX_SEGMENTS:
        raise LabError(f"{where}, unit.segments", f"is more than {MAX_SEGMENTS}, too many to execute")
    if terms.delays.challenge < ANSWER_SLOTS:
        raise LabError(f"{where}, delays.challenge", f"is less than the {ANSWER_SLOTS} slots of an answer")
    if not (terms.unit.auditors or terms.unit.replicas > 1):
        raise LabError(f"{where}, unit", "asks for neither audits nor replicas")
