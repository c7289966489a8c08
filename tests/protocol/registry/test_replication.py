"""Adaptive replication: the chance, and that no plan of cheating pays, tried out exhaustively in small cases."""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.committees import public
from tracework.conformance.generate.registry import drawn_unit
from tracework.conformance.generate.registry import registry as snapshot
from tracework.protocol.registry.replication import chance, is_replicated, replication_round
from tracework.protocol.registry.snapshot import REPUTATION_ONE
from tracework.protocol.work.unit import AdaptivePolicy

Chance = Callable[[int], Fraction]
"""The chance of being replicated of a worker with so many good, checked units to its name."""


@given(st.integers(1, 10_000), st.integers(0, REPUTATION_ONE - 1))
def test_never_under_the_floor_and_falling_with_reputation(floor: int, reputation: int) -> None:
    found = chance(floor, reputation)
    assert found * 10_000 >= floor * REPUTATION_ONE and found >= REPUTATION_ONE - reputation
    assert 1 <= found <= REPUTATION_ONE and chance(floor, 0) == REPUTATION_ONE
    assert found >= chance(floor, min(reputation + 1, REPUTATION_ONE - 1))


def test_draws_match_the_chance() -> None:
    unit = drawn_unit("replication", snapshot(), adaptive=AdaptivePolicy(floor=500, window=10))
    assert unit.body.deadlines is not None
    assert replication_round(unit) == (unit.body.deadlines.commit + 2) * 10
    for reputation, expected in ((0, 2000), (REPUTATION_ONE // 2, 1000), (REPUTATION_ONE - 1, 100)):
        times = sum(
            is_replicated(unit, public("primary"), reputation, hashlib.sha256(bytes([n % 256, n // 256])).digest())
            for n in range(2000)
        )
        assert abs(times - expected) <= 100


def best_gain(units: int, gain: Fraction, burnt: Fraction, odds: Chance) -> Fraction:
    """The most that any plan of cheating gains over honesty, by trying out every choice at every turn.

    In each unit the worker cheats or doesn't, knowing its record. A replicated cheat is found: it costs `burnt`, and
    the record (or the key) is gone. A cheat that isn't replicated gains `gain`. Only replicated units move the record.
    """

    @functools.cache
    def best(left: int, record: int) -> Fraction:
        if left == 0:
            return Fraction(0)
        p = odds(record)
        honest = p * best(left - 1, record + 1) + (1 - p) * best(left - 1, record)
        cheat = p * (best(left - 1, 0) - burnt) + (1 - p) * (gain + best(left - 1, record))
        return max(honest, cheat)

    return best(units, 0)


def with_floor(floor: Fraction) -> Chance:
    """The protocol's: falls with the record, never under a floor."""
    return lambda record: max(floor, Fraction(1, 1 + record))


def trusting_after(count: int) -> Chance:
    """What a volunteer network does: after so many good results nobody looks any more."""
    return lambda record: Fraction(1) if record < count else Fraction(0)


@pytest.mark.parametrize("units", range(1, 13))
@pytest.mark.parametrize("floor", [Fraction(1, 20), Fraction(1, 4), Fraction(1)])
def test_with_a_floor_no_plan_pays(units: int, floor: Fraction) -> None:
    """p · burnt ≥ (1 − p) · gain suffices; p · burnt > gain, which the specification asks for, is more."""
    gain = Fraction(7)
    for burnt in (gain / floor + 1, (1 - floor) * gain / floor):
        assert best_gain(units, gain, burnt, with_floor(floor)) == 0


def test_under_the_bound_a_plan_pays() -> None:
    """The bound is sharp: with less at stake, being right for a while and then cheating wins."""
    floor, gain = Fraction(1, 4), Fraction(7)
    burnt = (1 - floor) * gain / floor * Fraction(9, 10)
    assert best_gain(12, gain, burnt, with_floor(floor)) > 0
    assert best_gain(2, gain, burnt, with_floor(floor)) == 0  # a fresh key is always looked at


@pytest.mark.parametrize("count", [1, 3, 5])
def test_without_a_floor_being_right_n_times_pays(count: int) -> None:
    """However much is at stake: after n good results the rest is free."""
    assert best_gain(count + 4, Fraction(1), Fraction(10**9), trusting_after(count)) == 4
    assert best_gain(count, Fraction(1), Fraction(10**9), trusting_after(count)) == 0


@pytest.mark.parametrize("units", range(1, 9))
def test_every_fixed_plan_by_enumeration(units: int) -> None:
    """The same bound by another way: all 2^n plans that decide beforehand, their expectation unit by unit."""
    floor, gain = Fraction(1, 5), Fraction(3)
    burnt = gain / floor + Fraction(1, 100)
    odds = with_floor(floor)

    def expectation(plan: tuple[bool, ...]) -> Fraction:
        states, total = {0: Fraction(1)}, Fraction(0)
        for cheats in plan:
            following: dict[int, Fraction] = {}
            for record, weight in states.items():
                p = odds(record)
                total += weight * ((1 - p) * gain - p * burnt) if cheats else 0
                for after, part in ((0 if cheats else record + 1, p), (record, 1 - p)):
                    following[after] = following.get(after, Fraction(0)) + weight * part
            states = following
        return total

    for plan in itertools.product([False, True], repeat=units):
        assert expectation(plan) < 0 if any(plan) else expectation(plan) == 0
