"""Properties of settling whatever epoch: conservation, order, one's own requester, more work, explanations."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import random_epochs
from support.random_epochs import CHANCE, MANY, SEEDS, SOME, Case, paid
from tracework.protocol.encoding.schema import decode_object, encode_object
from tracework.protocol.rewards import components
from tracework.protocol.rewards.epoch import decode_epoch, encode_epoch
from tracework.protocol.rewards.explain import explain
from tracework.protocol.rewards.records import ClaimRecord, VerdictRecord
from tracework.protocol.rewards.rule import Reason
from tracework.protocol.rewards.settle import settle
from tracework.protocol.rewards.settlement import Settlement
from tracework.protocol.rewards.view import ClaimFact, View, build_view


def conservation(random: Random) -> None:
    """What goes in comes out; no fund gives more than it has; a party that is everybody has no more at the end."""
    case = random_epochs.tight(random, random_epochs.case(random))
    settlement = settle(case.epoch(), case.rule)
    totals = settlement.totals
    assert totals.escrow + totals.emission + totals.slashes == (
        totals.payouts + totals.burn + totals.treasury + totals.refunds
    )
    assert sum(e.amount for e in settlement.by_address()) == totals.payouts + totals.treasury + totals.refunds
    assert totals.emission <= min(totals.burn, case.parameters.ceiling(7))  # RWD-036: over the whole epoch too
    assert totals.escrow + totals.emission + totals.slashes < 1 << 128
    assert all(change.stake <= case.accounts[change.account].stake for change in settlement.changed())
    assert sum(case.accounts[c.account].stake - c.stake for c in settlement.changed()) == totals.slashes
    assert totals.payouts + totals.refunds <= totals.escrow + totals.slashes
    assert decode_object(Settlement, encode_object(settlement)) == settlement


def order(random: Random) -> None:
    """Neither order nor repetition changes a settlement, nor does writing and reading."""
    case = random_epochs.tight(random, random_epochs.case(random))
    again = [*case.records, *random.choices(case.records, k=random.randrange(4))]
    random.shuffle(again)
    other = case.changed(again, case.accounts[::-1])
    settlement = settle(case.epoch(), case.rule)
    assert settle(other.epoch(), case.rule) == settlement
    read, _ = decode_epoch(b"".join(encode_epoch(other.epoch(), case.parameters)))
    assert settle(read, case.rule) == settlement


EMITTED = {Reason.EMISSION_WORK, Reason.EMISSION_AUDIT, Reason.EMISSION_ATTESTATION}


def more(random: Random, case: Case, view: View) -> tuple[Case, ClaimFact] | None:
    """The same epoch with more verified work: an accepted claim of more steps, or one more that is accepted."""
    claims = [claim for unit in view.units for claim in unit.claims]
    if not claims:
        return None
    claim = claims[random.randrange(len(claims))]
    if not claim.accepted:
        kept = [r for r in case.records if not (isinstance(r, VerdictRecord) and r.claim == claim.id)]
        return case.changed([*kept, VerdictRecord(claim.id, 1, 1, bytes(32))]), claim
    steps = min(random_epochs.STEPS, claim.steps + 1 + random_epochs.amount(random))
    longer = [r._replace(steps=steps) if isinstance(r, ClaimRecord) and r.id == claim.id else r for r in case.records]
    return case.changed(longer), claim


def monotone(random: Random) -> None:
    """More verified work pays its worker no less, and more steps nobody: exactly, unless a ceiling binds (RWD-036)."""
    case = random_epochs.tight(random, random_epochs.case(random))
    first = case.epoch()
    view, _ = build_view(first)
    if (changed := more(random, case, view)) is None:
        return
    other, claim = changed
    last = other.epoch()
    before, after = paid(settle(first, case.rule)), paid(settle(last, case.rule))
    now, _ = build_view(last)
    rule = case.rule
    claims = [(unit, claim) for unit in now.units for claim in unit.claims]
    weights = [(c.worker, w) for unit, c in claims if (w := rule.weight(unit, c, rule.due(unit, c)))]
    binds = sum(weight for _, weight in weights) > case.parameters.ceiling(7) * 10**8
    if claim.accepted:
        for (payee, reason), amount in before.items():
            assert amount <= after.get((payee, reason), 0) or (binds and reason in EMITTED)
    dust = 2 * sum(worker == claim.worker for worker, _ in weights) if binds else 0
    reasons = (Reason.WORK, Reason.EMISSION_WORK)
    earned = [sum(found.get((claim.worker, reason), 0) for reason in reasons) for found in (before, after)]
    assert earned[0] <= earned[1] + max(0, dust - 1)


def explained(random: Random) -> None:
    """What `explain` says of an account adds up to what it gets."""
    case = random_epochs.tight(random, random_epochs.case(random))
    epoch = case.epoch()
    settlement = settle(epoch, case.rule)
    for account in range(random_epochs.ACCOUNTS):
        earned = sum(entry.amount for entry in settlement.by_reason() if entry.account == account)
        lines = [line for line in explain(epoch, case.rule, account) if line.amount is not None]
        assert earned == sum(line.amount or 0 for line in lines if line.what != "slash")


PROPERTIES = [conservation, order, monotone, explained]


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
def test_properties_hold(holds: Callable[[Random], None]) -> None:
    settings(**SOME)(given(CHANCE)(holds))()


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
def test_properties_hold_in_many_cases(holds: Callable[[Random], None]) -> None:
    settings(**MANY)(given(SEEDS)(lambda seed: holds(Random(seed))))()


AMOUNT = st.integers(0, 1 << 96)


@settings(**SOME)
@given(AMOUNT, st.integers(1, 10**6), st.integers(1, 10**6), st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_check_in_two_parts_gets_no_more(pool: int, first: int, second: int, others: int, asked: int) -> None:
    whole = components.checks_whole(asked, first + second + others)
    split = components.check_pay(pool, first, whole) + components.check_pay(pool, second, whole)
    assert split <= components.check_pay(pool, first + second, whole)


@settings(**SOME)
@given(AMOUNT, AMOUNT, AMOUNT, AMOUNT)
def test_a_prover_that_ties_with_itself_gets_no_more(pool: int, first: int, second: int, other: int) -> None:
    alone, _ = components.bounties(pool, [first + second, other])
    assert sum(components.bounties(pool, [first, second, other])[:2]) <= alone
    assert sum(components.bounties(pool, [first, second])) <= components.bounties(pool, [first + second])[0]


@settings(**SOME)
@given(AMOUNT, AMOUNT, AMOUNT, st.integers(0, 10_000), st.integers(0, 10_000), AMOUNT)
def test_a_due_in_two_parts_emits_no_more(
    first: int, second: int, others: int, burn: int, rebate: int, ceiling: int
) -> None:
    weights = [components.weight(due, burn, rebate) for due in (first, second, others, first + second)]
    whole = sum(weights[:3])
    apart = [components.emission(weight, ceiling, whole) for weight in weights[:2]]
    assert sum(apart) <= components.emission(weights[3], ceiling, weights[3] + weights[2])
    assert all(emitted <= components.share(due, burn) for emitted, due in zip(apart, (first, second), strict=True))
