"""Nothing to gain from splitting: whole accounts, checks, shares, provers and units, in whole epochs; nor from merging.

What the design excepts is left out of the cases: several places of one unit (a claim each), a check of one's own claim
by another account, an offence with one key and work with another. The draw and the least stake bound these, not the
rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from support import epochs, random_epochs
from support.random_epochs import CHANCE, MANY, SEEDS, SOME, Case, paid, pieces
from tracework.protocol.rewards.records import (
    AccountRecord,
    BeneficiaryRecord,
    CheckKind,
    CheckRecord,
    ClaimRecord,
    EquivocationRecord,
    RefutationRecord,
    SilenceRecord,
    UnitRecord,
)
from tracework.protocol.rewards.rule import Reason
from tracework.protocol.rewards.settle import settle
from tracework.protocol.rewards.settlement import Settlement
from tracework.protocol.rewards.view import View, build_view

OPERATOR = 1
SHARE = epochs.beneficiary(number=200).address
"""The operator's address as a beneficiary."""
MORE = 3
"""Accounts over which an operator may be spread, addresses too."""
PLACES = [OPERATOR, *range(random_epochs.ACCOUNTS, random_epochs.ACCOUNTS + MORE - 1)]
SHARES = [SHARE, *(epochs.beneficiary(number=number).address for number in range(300, 299 + MORE))]


def busy(random: Random) -> Case:
    """A case in which the operator makes every second check and proof."""
    case = random_epochs.case(random)
    proofs = [
        epochs.refutation(random.randrange(random_epochs.CLAIMS), prover=random.randrange(random_epochs.ACCOUNTS))
        for _ in range(random.randrange(5))
    ]

    def operators(record: Any) -> Any:
        if isinstance(record, CheckRecord) and random.randrange(2):
            return record._replace(checker=OPERATOR)
        if isinstance(record, RefutationRecord) and random.randrange(2):
            return record._replace(prover=OPERATOR)
        return record

    return case.changed(operators(record) for record in [*case.records, *proofs])


def merged(random: Random) -> Case:
    """A case in which one account does what several could: none of what the design excepts."""
    case = busy(random)
    unit_of = {r.id: r.unit for r in case.records if isinstance(r, ClaimRecord)}
    own = {r.id for r in case.records if isinstance(r, ClaimRecord) and r.worker == OPERATOR}
    kept: list[Any] = []
    seen: set[Any] = set()
    for record in case.records:
        match record:
            case ClaimRecord(worker=worker, unit=unit, id=id) if worker == OPERATOR or id in own:
                key: Any = (
                    "claim",
                    unit if worker == OPERATOR else id,
                )  # one claim a unit, and nobody else's of its id
                keep = worker == OPERATOR and key not in seen and ("id", id) not in seen
                seen |= {key, ("id", id)}
            case CheckRecord(checker=checker, claim=claim, kind=kind) if checker == OPERATOR:
                key = ("check", claim, kind)
                keep = key not in seen and claim not in own
                seen.add(key)
            case BeneficiaryRecord(unit=unit, address=address) if address == SHARE:
                key = ("share", unit)
                keep = key not in seen
                seen.add(key)
            case _:
                keep = True
        if keep:
            kept.append(record)
    # A claim of two units is one of neither: a check of it belongs to no unit that could be told apart.
    several = {r.id for r in kept if isinstance(r, ClaimRecord) and unit_of[r.id] != r.unit}
    return case.changed(r for r in kept if not (isinstance(r, CheckRecord) and r.claim in several))


@dataclass
class Spread:
    """How an operator's records are spread over its accounts."""

    random: Random
    case: Case
    units: dict[bytes, int] = field(default_factory=dict)
    """Which account works, falls silent and contradicts itself in a unit."""
    dust: int = 0
    """Floors that a merged account has fewer of."""
    proves: bool = False

    def account(self, unit: bytes) -> int:
        """The operator's account in a unit."""
        return self.units.setdefault(unit, PLACES[self.random.randrange(MORE)])

    def several(self, whole: int) -> list[tuple[int, int]]:
        """(place, piece): a whole in pieces, on different places."""
        places = self.random.sample(range(MORE), MORE)
        return list(zip(places, pieces(self.random, whole, MORE), strict=False))

    def records(self) -> list[Any]:
        """All records, the operator's by one or several accounts."""
        unit_of = {r.id: r.unit for r in self.case.records if isinstance(r, ClaimRecord)}
        convicted = {r.unit for r in self.case.records if isinstance(r, EquivocationRecord) and r.account == OPERATOR}
        made: list[Any] = []
        for record in self.case.records:
            match record:
                case UnitRecord(requester=account) if account == OPERATOR:
                    made.append(record._replace(requester=PLACES[self.random.randrange(MORE)]))
                case ClaimRecord(worker=account, unit=unit) | SilenceRecord(worker=account, unit=unit) if (
                    account == OPERATOR
                ):
                    made.append(record._replace(worker=self.account(unit)))
                case EquivocationRecord(account=account, unit=unit) if account == OPERATOR:
                    made.append(record._replace(account=self.account(unit)))
                case RefutationRecord(prover=account) if account == OPERATOR:
                    self.proves = True
                    provers = self.random.sample(PLACES, self.random.randrange(1, MORE + 1))
                    made += [record._replace(prover=prover) for prover in provers]
                case CheckRecord(checker=account, claim=claim, part=part) if account == OPERATOR:
                    unit = unit_of.get(claim, b"")
                    if unit in convicted:
                        made.append(record._replace(checker=self.account(unit)))
                        continue
                    split = self.several(part)
                    self.dust += 2 * (len(split) - 1)  # of the due and of the emission
                    made += [record._replace(checker=PLACES[at], part=piece) for at, piece in split]
                case BeneficiaryRecord(address=address, unit=unit, share=share) if address == SHARE:
                    split = self.several(share)
                    claims = sum(r.unit == unit for r in self.case.records if isinstance(r, ClaimRecord))
                    self.dust += (len(split) - 1) * claims
                    made += [record._replace(address=SHARES[at], share=piece) for at, piece in split]
                case _:
                    made.append(record)
        return made

    def accounts(self) -> list[AccountRecord]:
        """All accounts, the operator's stake spread over its own."""
        stake = self.case.accounts[OPERATOR].stake
        apart = dict(self.several(stake)) if stake else {}
        made = [*self.case.accounts, *(epochs.account(place) for place in PLACES[1:])]
        for at, place in enumerate(PLACES):
            made[place] = made[place]._replace(stake=apart.get(at, 0), reputation=0)
        return made


def consistent(case: Case) -> Case:
    """Units of one id by one requester, so that what contradicts itself doesn't cease to."""
    requester = {r.id: r.requester for r in case.records if isinstance(r, UnitRecord)}
    return case.changed(r._replace(requester=requester[r.id]) if isinstance(r, UnitRecord) else r for r in case.records)


def covered(case: Case, view: View) -> bool:
    """Whether the stake of each of the operator's accounts covers all that its offences cost."""
    cost = dict.fromkeys(PLACES, 0)
    for unit in view.units:
        for offence in unit.offences:
            if offence.account in cost:
                parameters = case.parameters
                cost[offence.account] += parameters.slash_base + unit.escrow * parameters.slash_share // 10_000
    return all(cost[place] <= view.accounts[place].stake for place in PLACES if place < len(view.accounts))


def gains(settlement: Settlement, without: int = 0) -> int:
    """What all of the operator's accounts and addresses get, refunds too, perhaps without what is for one reason."""
    accounts = sum(e.amount for e in settlement.by_reason() if e.account in PLACES and e.reason != without)
    return accounts + sum(e.amount for e in settlement.by_beneficiary() if e.address in SHARES)


def lost(settlement: Settlement, case: Case) -> int:
    """What the operator's accounts are slashed."""
    before = {place: account.stake for place, account in enumerate(case.accounts) if place in PLACES}
    return sum(before[c.account] - c.stake for c in settlement.changed() if c.account in before)


def accounts(random: Random) -> None:
    """An operator's claims, checks, proofs, stake and shares, spread over several accounts, get no more in sum.

    Merged, they get no more than what floors took from them; a prover that ties with others goes by the stake that it
    proves with, so there an operator does best with all its stake on one account, merged or not.
    """
    case = random_epochs.tight(random, consistent(merged(random)))
    spread = Spread(random, case)
    split = case.changed(spread.records(), spread.accounts())
    whole, apart = case.epoch(), split.epoch()
    one, several = settle(whole, case.rule), settle(apart, case.rule)
    if covered(case, build_view(whole)[0]) and covered(split, build_view(apart)[0]):
        assert gains(several) - lost(several, split) <= gains(one) - lost(one, case)
        assert gains(several) <= gains(one)
        if not spread.proves:
            assert gains(one) <= gains(several) + spread.dust
            assert lost(several, split) == lost(one, case)
    else:
        assert gains(several, Reason.BOUNTY) <= gains(one, Reason.BOUNTY)


def cut(random: Random, whole: UnitRecord, many: int) -> list[tuple[UnitRecord, int]]:
    """Units and their claims' steps, for the same dues and escrows as one unit: dues by escrows, or by steps."""
    capped = random.randrange(2) > 0
    price = (1 << 64) - 1 if capped else random.randrange(1, 5)
    made = []
    for number in range(many):
        due = random_epochs.amount(random) >> 4
        steps, spare = (random_epochs.STEPS // many, 0) if capped else (due % (random_epochs.STEPS // many), due)
        escrow = (due if capped else price * steps) * whole.places + spare
        made.append((whole._replace(id=epochs.name("v", number), price=price, escrow=escrow), steps))
    return made


def units(random: Random) -> None:
    """A unit cut into several of the same dues in all pays nobody more: no worker, no checker, no beneficiary.

    Nor its requester, but for what no checker gets of claims that aren't accepted (RWD-020): a base unit for each kind
    of check, claim and further unit.
    """
    rest = random_epochs.case(random)
    requester, workers = random_epochs.ACCOUNTS, [random_epochs.ACCOUNTS + 1 + n for n in range(3)]
    shape = random_epochs.unit(random, 0)._replace(id=epochs.name("v", 0), requester=requester, challenge=50)
    parts = cut(random, shape, random.randrange(2, 5))
    together = sum(unit.escrow for unit, _ in parts), sum(steps for _, steps in parts)
    whole = [(shape._replace(price=parts[0][0].price, escrow=together[0]), together[1])]
    drawn = random.randrange(1, 3)
    claims = [(worker, random.randrange(2) > 0) for worker in workers[: random.randrange(1, 4)]]
    shares = random_epochs.parts(random, 3)
    checks = [
        (kind, workers[-1] + 1 + n, random.randrange(1, 4)) for kind in CheckKind for n in range(random.randrange(3))
    ]

    def made(units: list[tuple[UnitRecord, int]]) -> Case:
        records = [*rest.records, *(unit for unit, _ in units)]
        for at, (unit, steps) in enumerate(units):
            records += [
                BeneficiaryRecord(unit.id, bytes([100 + n]) * 20, share) for n, share in enumerate(shares) if share
            ]
            for worker, accepted in claims:
                number = 100 + 10 * at + worker
                records.append(epochs.claim(number, worker=worker, steps=steps, assigned=drawn)._replace(unit=unit.id))
                records.append(epochs.verdict(number, way=1, outcome=1 if accepted else 2))
                records += [epochs.check(number, kind=k, checker=c, part=part) for k, c, part in checks]
        known = [*rest.accounts, *(epochs.account(n) for n in range(requester, workers[-1] + 4))]
        return rest.changed(records, known)

    case = random_epochs.tight(random, made(whole))
    one = settle(case.epoch(), case.rule)
    several = settle(replace(made(parts), parameters=case.parameters).epoch(), case.rule)
    before, after = paid(one), paid(several)
    for who, amount in after.items():
        assert amount <= before.get(who, 0), who
    refused = sum(not accepted for _, accepted in claims)
    kinds = (shape.audit_whole > 0) + (shape.attestation_whole > 0)
    assert several.totals.refunds <= one.totals.refunds + refused * kinds * (len(parts) - 1)


PROPERTIES = [accounts, units]


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
def test_splitting_gains_nothing(holds: Callable[[Random], None]) -> None:
    settings(**SOME)(given(CHANCE)(holds))()


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
def test_splitting_gains_nothing_in_many_cases(holds: Callable[[Random], None]) -> None:
    settings(**MANY)(given(SEEDS)(lambda seed: holds(Random(seed))))()
