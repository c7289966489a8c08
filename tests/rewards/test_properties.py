"""Properties of settling whatever epoch: conservation, order, monotonicity, nothing to gain from splitting."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import epochs, random_epochs
from tracework.protocol.encoding.schema import decode_object, encode_object
from tracework.protocol.rewards import components
from tracework.protocol.rewards.epoch import decode_epoch, encode_epoch
from tracework.protocol.rewards.explain import explain
from tracework.protocol.rewards.settle import settle
from tracework.protocol.rewards.settlement import Settlement
from tracework.protocol.rewards.standard import StandardRule
from tracework.protocol.rewards.view import build_view

SOME: dict[str, Any] = {"max_examples": 60, "deadline": None, "suppress_health_check": list(HealthCheck)}
MANY: dict[str, Any] = SOME | {"max_examples": 25_000}
"""Four properties of whole epochs: 100,000 cases together in `make long`."""
EPOCHS = (random_epochs.records(), random_epochs.stakes(), random_epochs.parameters())


def conserved(records: list[Any], known: list[Any], parameters: Any) -> None:
    rule = StandardRule(parameters)
    settlement = settle(epochs.epoch(*records, known=known, rule=rule), rule)
    totals = settlement.totals
    assert totals.escrow + totals.emission + totals.slashes == (
        totals.payouts + totals.burn + totals.treasury + totals.refunds
    )
    assert sum(e.amount for e in settlement.by_address()) == totals.payouts + totals.treasury + totals.refunds
    assert totals.emission <= totals.burn  # RWD-036: over the whole epoch too
    assert totals.escrow + totals.emission + totals.slashes < 1 << 128
    assert all(change.stake <= known[change.account].stake for change in settlement.changed())
    assert sum(known[c.account].stake - c.stake for c in settlement.changed()) == totals.slashes
    assert decode_object(Settlement, encode_object(settlement)) == settlement


def ordered(records: list[Any], known: list[Any], parameters: Any, again: list[Any]) -> None:
    rule = StandardRule(parameters)
    first = epochs.epoch(*records, known=known, rule=rule)
    other = epochs.epoch(*again, known=known[::-1], rule=rule)
    assert settle(first, rule) == settle(other, rule)
    read, _ = decode_epoch(b"".join(encode_epoch(other, parameters)))
    assert settle(read, rule) == settle(first, rule)


def own_requester(records: list[Any], known: list[Any], parameters: Any) -> None:
    """Whoever is everybody has no more at the end than at the beginning."""
    rule = StandardRule(parameters)
    totals = settle(epochs.epoch(*records, known=known, rule=rule), rule).totals
    assert totals.payouts + totals.refunds <= totals.escrow + totals.slashes


def monotone(records: list[Any], known: list[Any], parameters: Any, more: int) -> None:
    """Whose accepted claim has more steps is paid no less out of the escrow, and nobody else is either."""
    rule = StandardRule(parameters)
    whole = epochs.epoch(*records, known=known, rule=rule).canonical()
    view, _ = build_view(whole)
    for unit in view.units:
        for claim in unit.claims:
            if claim.accepted and claim.placed:
                bigger = claim._replace(steps=claim.steps + more)
                less, greater = rule.claim(0, unit, claim), rule.claim(0, unit, bigger)
                for fund, of, payee, reason, amount in less:
                    after = sum(m[4] for m in greater if m[:4] == (fund, of, payee, reason))
                    assert payee == -2 or amount <= after  # -2: what floors leave


@settings(**SOME)
@given(*EPOCHS)
def test_what_goes_in_comes_out(records: list[Any], known: list[Any], parameters: Any) -> None:
    conserved(records, known, parameters)


@settings(**SOME)
@given(*EPOCHS, st.data())
def test_order_and_repetition_change_nothing(records: list[Any], known: list[Any], parameters: Any, data: Any) -> None:
    again = data.draw(st.permutations(records + records[: data.draw(st.integers(0, len(records)))]))
    ordered(records, known, parameters, again)


@settings(**SOME)
@given(*EPOCHS)
def test_being_ones_own_requester_gains_nothing(records: list[Any], known: list[Any], parameters: Any) -> None:
    own_requester(records, known, parameters)


@settings(**SOME)
@given(*EPOCHS, st.integers(0, 1000))
def test_more_verified_work_pays_no_less(records: list[Any], known: list[Any], parameters: Any, more: int) -> None:
    monotone(records, known, parameters, more)


@pytest.mark.long
@pytest.mark.timeout(3600)
@settings(**MANY)
@given(*EPOCHS, st.data())
def test_all_properties_of_many_epochs(records: list[Any], known: list[Any], parameters: Any, data: Any) -> None:
    conserved(records, known, parameters)
    ordered(records, known, parameters, data.draw(st.permutations(records)))
    own_requester(records, known, parameters)
    monotone(records, known, parameters, data.draw(st.integers(0, 1000)))


@settings(**SOME)
@given(*EPOCHS)
def test_explanations_add_up(records: list[Any], known: list[Any], parameters: Any) -> None:
    rule = StandardRule(parameters)
    epoch = epochs.epoch(*records, known=known, rule=rule)
    settlement = settle(epoch, rule)
    for account in range(random_epochs.ACCOUNTS):
        paid = sum(entry.amount for entry in settlement.by_reason() if entry.account == account)
        lines = [line for line in explain(epoch, rule, account) if line.amount is not None]
        assert paid == sum(line.amount or 0 for line in lines if line.what != "slash")


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
