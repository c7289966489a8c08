"""The draw of workers: who can be drawn, in what proportion, and how fast."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from support.committees import NETWORK, public, secret
from support.machines import context
from tracework.protocol import keys
from tracework.protocol.draws import Stream
from tracework.protocol.errors import PolicyError, SemanticError
from tracework.protocol.machine.context import Context
from tracework.protocol.registry import assignment
from tracework.protocol.registry.assignment import Purpose, assign, check_registry, is_eligible
from tracework.protocol.registry.snapshot import Account, Registry
from tracework.protocol.work.unit import (
    AssignmentPolicy,
    AuditPolicy,
    Deadlines,
    Policy,
    ReceiptPolicy,
    RedundancyPolicy,
    Requirements,
    Unit,
    UnitBody,
    sign_unit,
)


def account(key: bytes, **fields: Any) -> Account:
    values: Mapping[str, Any] = {
        "possession": bytes(96),
        "address": bytes(20),
        "stake": 100,
        "cores": 8,
        "memory": 16_384,
        "storage": 500,
        "region": "eu-west",
        "profiles": ("rv64im",),
        "load": 0,
        "load_cap": 4,
        "reputation": 0,
    }
    return Account(key=key, **(dict(values) | fields))


def registry(*accounts: Account) -> Registry:
    return Registry(network=NETWORK, epoch=1, accounts=tuple(sorted(accounts, key=lambda one: one.key)))


def unit(
    snapshot: Registry,
    replicas: int = 3,
    requirements: Requirements | None = None,
    auditors: int | None = None,
    **fields: Any,
) -> Unit:
    values: dict[str, Any] = {
        "network": NETWORK,
        "requester": public("requester"),
        "nonce": bytes(32),
        "context": context(),
        "policy": Policy(
            redundancy=RedundancyPolicy(replicas=replicas, quorum=replicas // 2 + 1),
            assignment=AssignmentPolicy(registry=snapshot.hash, delay=1),
            receipts=ReceiptPolicy(committee=bytes(32), threshold=1),
            audit=AuditPolicy(samples=4, delay=7, auditors=auditors),
        ),
        "deadlines": Deadlines(commit=10, reveal=20, challenge=30),
        "price": 1,
        "escrow": 1000,
        "requirements": requirements,
    }
    return sign_unit(UnitBody(**(values | fields)), secret("requester"))


def key(number: int) -> bytes:
    return number.to_bytes(48, "big")


def beacon(number: int) -> bytes:
    return hashlib.sha256(number.to_bytes(8, "big")).digest()


def test_everyone_draws_the_same_and_nobody_twice() -> None:
    snapshot = registry(*(account(key(index), stake=index + 1) for index in range(20)))
    asked = unit(snapshot, 5)
    check_registry(snapshot, asked)
    drawn = assign(snapshot, asked, beacon(0))
    assert len(set(drawn)) == 5 and drawn == assign(snapshot, asked, beacon(0))
    assert drawn != assign(snapshot, asked, beacon(1)) and drawn != assign(
        snapshot, unit(snapshot, 5, price=2), beacon(0)
    )
    audited = unit(snapshot, 5, auditors=3)
    drawn = assign(snapshot, audited, beacon(0))
    auditors = assign(snapshot, audited, beacon(0), purpose=Purpose.AUDITORS, excluded=drawn)
    assert len(set(auditors)) == 3 and not set(auditors) & set(drawn)


@pytest.mark.parametrize(
    "fields",
    [
        {"stake": 0},
        {"load": 4},
        {"load": 5},
        {"cores": 3},
        {"memory": 4095},
        {"storage": 9},
        {"profiles": ()},
        {"profiles": ("rv64im2",)},
        {"stake": 99},
        {"stake": 399},
        {"stake": 199, "load": 1},
    ],
)
def test_who_falls_short_is_not_drawn(fields: dict[str, Any]) -> None:
    wanted = Requirements(cores=4, memory=4096, storage=10, least_stake=100)
    asked = unit(registry(), requirements=wanted)
    enough = account(key(1), load=3, stake=400, cores=4, memory=4096, storage=10)
    assert is_eligible(enough, asked)
    short = account(key(1), **({"load": 3, "stake": 400} | fields))
    assert not is_eligible(short, asked)
    with pytest.raises(PolicyError, match="too-few-eligible"):
        assign(registry(enough, short.replace(key=key(2))), unit(registry(), 2, wanted), beacon(0))


def test_a_least_stake_takes_the_split_out_of_the_draw() -> None:
    """A thousand accounts of a thousandth are drawn as often as the one that they were, but for a least stake."""
    whole, parts = account(key(0), stake=1000), [account(key(index), stake=1) for index in range(1, 1001)]
    snapshot = registry(whole, *parts)
    free, held = unit(snapshot, 1), unit(snapshot, 1, Requirements(least_stake=2))
    times = sum(assign(snapshot, free, beacon(number)) == [key(0)] for number in range(400))
    assert 120 < times < 280  # half of them: four standard deviations are 40
    assert all(assign(snapshot, held, beacon(number)) == [key(0)] for number in range(400))


def test_a_unit_without_auditors_draws_none() -> None:
    snapshot = registry(account(key(1)), account(key(2)))
    silent = unit(snapshot, 1)
    for asked in (silent, unit(snapshot, 1, policy=silent.body.policy.replace(audit=None))):
        with pytest.raises(PolicyError, match="way-not-asked"):
            assign(snapshot, asked, beacon(0), purpose=Purpose.AUDITORS)
        with pytest.raises(PolicyError, match="way-not-asked"):
            assignment.auditors_round(asked, 5)
    assert assignment.auditors_round(unit(snapshot, 1, auditors=1), 5) == 130


def test_a_requester_is_not_drawn_for_its_own_unit() -> None:
    asked = unit(registry())
    assert not is_eligible(account(public("requester")), asked)


def test_draws_match_the_stakes() -> None:
    """100,000 draws, chi-square at p = 0.001 (9 degrees of freedom)."""
    stakes = [(index + 1) ** 2 for index in range(10)]
    snapshot = registry(*(account(key(index), stake=stake) for index, stake in enumerate(stakes)))
    asked = unit(snapshot, 1)
    seed = assignment.assignment_seed(snapshot, asked, beacon(0), Purpose.WORKERS)
    counts: Counter[int] = Counter()
    for number in range(100_000):
        stream = Stream(hashlib.sha256(seed + number.to_bytes(4, "big")).digest())
        counts[assignment._draw_nearest(stream, 1, stakes, [10])[0]] += 1
    total = sum(stakes)
    spread = sum((counts[i] - 100_000 * w / total) ** 2 / (100_000 * w / total) for i, w in enumerate(stakes))
    assert spread < 27.9


def test_second_draws_match_the_stakes_too() -> None:
    stakes = [1, 2, 3, 4]
    counts: Counter[tuple[int, ...]] = Counter()
    for number in range(20_000):
        counts[tuple(assignment._draw_nearest(Stream(beacon(number)), 2, stakes, [4]))] += 1
    spread = 0.0
    for first in range(4):
        for second in range(4):
            if first != second:
                mean = 20_000 * stakes[first] / 10 * stakes[second] / (10 - stakes[first])
                spread += (counts[first, second] - mean) ** 2 / mean
    assert spread < 31.3  # 11 degrees of freedom, p = 0.001


def test_nearer_regions_come_first() -> None:
    regions = ("eu-west", "eu-north", "us-east")
    snapshot = registry(*(account(key(index), region=regions[index % 3]) for index in range(30)))
    asked = unit(snapshot, 15, Requirements(regions=("eu-north", "eu-west")))
    regions_of = {one.key: one.region for one in snapshot.accounts}
    where = [regions_of[drawn] for drawn in assign(snapshot, asked, beacon(7))]
    # the nearest alone, while they hold a tenth of what is left: 3 of the 10 are left for 22 others at the ninth draw
    assert where[:7] == ["eu-north"] * 7 and "us-east" not in where[:14]


def test_a_region_of_ones_own_is_no_choice() -> None:
    """An account in a region of its own is drawn at most ten times as often as its stake's share (REG-025)."""
    others = [account(key(index), stake=100, region="elsewhere") for index in range(100)]
    snapshot = registry(*others, account(key(1000), stake=50, region="mine"))
    asked = unit(snapshot, 3, Requirements(regions=("mine",)))
    times = sum(key(1000) in assign(snapshot, asked, beacon(number)) for number in range(2000))
    assert times <= 2000 * 3 * 50 / 10_050 * 1.5  # its tier is under a tenth: no advantage at all
    whale = registry(*others, account(key(1000), stake=1200, region="mine"))
    asked = unit(whale, 1, Requirements(regions=("mine",)))
    assert assign(whale, asked, beacon(0)) == [key(1000)]  # 1200 of 11,200 is more than a tenth


def test_order_of_accounts_is_checked() -> None:
    with pytest.raises(SemanticError, match="account-order"):
        Registry(network=NETWORK, epoch=1, accounts=(account(key(2)), account(key(1))))
    with pytest.raises(SemanticError, match="account-order"):
        Registry(network=NETWORK, epoch=1, accounts=(account(key(1)), account(key(1))))


def test_a_proof_that_is_none_is_found() -> None:
    good = account(public("a"), possession=keys.prove_possession(secret("a")))
    registry(good).verify()
    with pytest.raises(Exception, match="bad-proof-of-possession"):
        registry(good, account(public("b"), possession=keys.prove_possession(secret("a")))).verify()


def test_ten_thousand_accounts_fit_and_are_drawn_from() -> None:
    """The limits leave room for them, and a draw depends on the beacon and on nothing else that changes."""
    from tracework.protocol.encoding.schema import decode_object, encode_object

    snapshot = registry(*(account(key(index), stake=index + 1) for index in range(10_000)))
    assert len(decode_object(Registry, encode_object(snapshot)).accounts) == 10_000
    asked = unit(snapshot, 5, Requirements(cores=4, memory=1024, regions=("eu-west", "us-east")))
    assert (
        assign(snapshot, asked, beacon(1)) == assign(snapshot, asked, beacon(1)) != assign(snapshot, asked, beacon(2))
    )


def test_contexts_are_of_the_profile_that_accounts_declare() -> None:
    assert isinstance(context(), Context) and context().profile == "rv64im"
