"""Who is drawn: the laboratory's draw has the chances of the protocol's, and its rooms are the registry's."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest

from tracework.lab.rules import standard
from tracework.lab.simulation.drawing import Draw
from tracework.lab.simulation.network import NETWORK, account, body, policy, rooms
from tracework.lab.simulation.strategies import LIBRARY
from tracework.lab.simulation.world import Party, World
from tracework.lab.terms import NetworkTerms, Terms, UnitTerms
from tracework.protocol.registry.assignment import Purpose, assign
from tracework.protocol.registry.snapshot import Registry
from tracework.protocol.work.unit import Unit

TERMS = Terms(unit=UnitTerms(replicas=2, quorum=2))


def test_draws_have_the_chances_of_the_protocols() -> None:
    """The first and the second of two workers, by account: within five standard deviations of the registry's draw."""
    stakes = [TERMS.base(Fraction(dues)) for dues in (400, 799, 800, 1600, 399, 100_000)]
    keys = [bytes([number + 1]) * 48 for number in range(len(stakes))]
    registry = Registry(network=NETWORK, epoch=0, accounts=tuple(map(account, keys, stakes)))
    unit = Unit(body=body(TERMS, registry=registry.hash), signature=bytes(96))
    room, cases = rooms(TERMS), 4000
    ours, theirs = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    chance = Random(5)
    for case in range(cases):
        drawn = assign(registry, unit, case.to_bytes(32))
        theirs.update((place, keys.index(key)) for place, key in enumerate(drawn))
        ours.update(enumerate(Draw(stakes, list(map(room, stakes))).take(chance, 2) or []))
    assert theirs.keys() == ours.keys() and not any(who == 4 for _, who in ours)
    for key in theirs:
        mean = (theirs[key] + ours[key]) / 2
        assert abs(theirs[key] - ours[key]) < 5 * (2 * mean * (1 - mean / cases)) ** 0.5, key


def test_rooms_are_what_the_registry_leaves() -> None:
    room = rooms(TERMS)
    assert [room(TERMS.base(Fraction(dues))) for dues in (0, 399, 400, 799, 800, 4000)] == [0, 0, 1, 1, 2, 10]
    free = rooms(replace(TERMS, unit=replace(TERMS.unit, least_stake=Fraction(0))))
    assert free(0) == 0 and free(1) == (1 << 32) - 1


def test_whoever_is_full_is_drawn_no_more_and_too_few_are_nobody() -> None:
    draw, chance = Draw([1, 10**30, 1], [1, 2, 1]), Random(1)
    assert draw.take(chance, 4) is None
    three = draw.take(chance, 3)
    assert three is not None and sorted(three) == [0, 1, 2]  # though nearly all of the stake is one account's
    assert draw.take(chance, 3, without=[1]) is None
    for account_ in (1, 1, 0):
        draw.occupy(account_)
    assert draw.take(chance, 1) == [2] and draw.open == 1
    draw.occupy(2)
    assert draw.take(chance, 1) is None and Draw([], []).take(chance, 1) is None


def test_what_units_ask_for() -> None:
    terms = Terms(unit=UnitTerms(replicas=3, quorum=2, attesters=3, threshold=2), network=NetworkTerms(adaptive=1))
    made = policy(terms)
    assert made.audit is not None and (made.audit.samples, made.audit.auditors) == (16, 2)
    assert made.redundancy is not None and made.redundancy.adaptive is not None and made.attestation is not None
    unit = body(terms)
    assert unit.requirements is not None and unit.requirements.least_stake == terms.base(Fraction(400))


def test_auditors_are_drawn_as_the_policy_says() -> None:
    """Other accounts than the workers', as many as the policy has: the protocol's draw and the laboratory's alike."""
    keys = [bytes([number + 1]) * 48 for number in range(5)]
    registry = Registry(
        network=NETWORK, epoch=0, accounts=tuple(account(key, TERMS.base(Fraction(400))) for key in keys)
    )
    unit = Unit(body=body(TERMS, registry=registry.hash), signature=bytes(96))
    workers = assign(registry, unit, bytes(32))
    auditors = assign(registry, unit, bytes(32), purpose=Purpose.AUDITORS, excluded=workers)
    assert len(auditors) == TERMS.unit.auditors == len({*auditors} - {*workers})
    chance = Random(2)
    ours = Draw([1] * 5, [1] * 5)
    group = ours.take(chance, 2) or []
    assert len({*(ours.take(chance, 2, group) or [])} - {*group}) == 2


@pytest.mark.parametrize("shape", [Fraction(0), Fraction(116, 100), Fraction(3)])
def test_stakes_have_the_mean_that_is_said(shape: Fraction) -> None:
    terms = Terms(network=NetworkTerms(workers=2000, pareto=shape))
    world = World(terms, standard(terms), (Party(LIBRARY["lazy"], 1),), run=0, seed=1, twin=False)
    stakes = sorted(world.stakes[: world.workers])
    mean = sum(stakes) / len(stakes) / terms.base(terms.costs.stake)
    assert (mean == 1) if not shape else 0.6 < mean <= 1.01  # a heavy tail's mean is in the few who aren't there
    assert not shape or stakes[-1] > 2 * stakes[0]
    assert list(world.rows(1)) == list(
        World(terms, standard(terms), (Party(LIBRARY["lazy"], 1),), run=0, seed=1, twin=False).rows(1)
    )
