"""The components against their clauses' formulas over exact fractions: the second source of their vectors."""

from __future__ import annotations

import json
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "vectors" / "1" / "rewards"


def cases(name: str) -> list[Any]:
    return [
        pytest.param(c["input"], c["output"], id=c["id"])
        for c in json.loads((FOLDER / f"{name}.json").read_text())["cases"]
    ]


def ints(value: Any) -> Any:
    if isinstance(value, list):
        return [ints(element) for element in value]
    return {name: ints(element) for name, element in value.items()} if isinstance(value, dict) else int(value)


def part(amount: int | Fraction, points: int) -> int:
    return floor(Fraction(amount) * Fraction(points, 10_000))


@pytest.mark.parametrize(("given", "wanted"), cases("due"))
def test_due(given: Any, wanted: Any) -> None:
    g = ints(given)
    assert ints(wanted) == {"due": floor(min(Fraction(g["price"] * g["steps"]), Fraction(g["escrow"], g["places"])))}


@pytest.mark.parametrize(("given", "wanted"), cases("net"))
def test_net(given: Any, wanted: Any) -> None:
    g, w = ints(given), ints(wanted)
    net = part(g["due"], 10_000 - g["burn"] - g["treasury"] - sum(g["pools"]))
    assert w["burn"] == part(g["due"], g["burn"])
    assert w["pools"] == [part(g["due"], points) for points in g["pools"]]
    assert w["net"] == net
    assert w["beneficiaries"] == [part(net, share) for share in g["shares"]]
    assert w["worker"] == part(net, 10_000 - sum(g["shares"]))
    given_away = w["burn"] + sum(w["pools"]) + w["worker"] + sum(w["beneficiaries"])
    assert w["treasury"] == g["due"] - given_away
    # Its own points, and less than a base unit from each floor.
    floors = 2 + len(g["pools"]) + len(g["shares"]) + 1
    assert 0 <= w["treasury"] - Fraction(g["due"] * g["treasury"], 10_000) < floors


@pytest.mark.parametrize(("given", "wanted"), cases("pool"))
def test_pool(given: Any, wanted: Any) -> None:
    g, w = ints(given), ints(wanted)
    pool = part(g["due"], g["points"]) if g["whole"] else 0
    whole = max(g["whole"], sum(g["parts"])) or 1
    assert w["pool"] == pool
    assert w["pays"] == [floor(Fraction(pool * one, whole)) for one in g["parts"]]
    assert w["returned"] == floor(Fraction(pool * (whole - sum(g["parts"])), whole))
    assert w["treasury"] == pool - w["returned"] - sum(w["pays"])
    assert w["treasury"] in range(len(g["parts"]) + 1)


@pytest.mark.parametrize(("given", "wanted"), cases("emission"))
def test_emission(given: Any, wanted: Any) -> None:
    g, w = ints(given), ints(wanted)
    rebates = [Fraction(due * g["burn"] * g["rebate"], 10**8) for due in g["dues"]]
    scale = min(Fraction(1), Fraction(g["ceiling"]) / (sum(rebates) or 1))
    assert w["weights"] == [rebate * 10**8 for rebate in rebates]
    assert w["emitted"] == [floor(rebate * scale) for rebate in rebates]
    assert sum(w["emitted"]) <= g["ceiling"]
    assert all(emitted <= part(due, g["burn"]) for emitted, due in zip(w["emitted"], g["dues"], strict=True))
    assert all(weight < 1 << 123 and weight * g["ceiling"] < 1 << 219 for weight in w["weights"])


@pytest.mark.parametrize(("given", "wanted"), cases("slash"))
def test_slash(given: Any, wanted: Any) -> None:
    g, w = ints(given), ints(wanted)
    demands = [min(g["base"] + part(escrow, g["share"]), g["stake"]) for escrow in g["escrows"]]
    scale = min(Fraction(1), Fraction(g["stake"], sum(demands) or 1))
    assert w == {"demands": demands, "taken": [floor(demand * scale) for demand in demands]}
    assert sum(w["taken"]) <= g["stake"]


@pytest.mark.parametrize(("given", "wanted"), cases("bounty"))
def test_bounty(given: Any, wanted: Any) -> None:
    g, w = ints(given), ints(wanted)
    pool, whole = part(g["taken"], g["bounty"]), sum(g["stakes"])
    shares = (
        [pool] if len(g["stakes"]) == 1 else [floor(Fraction(pool * s, whole)) if whole else 0 for s in g["stakes"]]
    )
    assert w == {"pays": shares, "burnt": g["taken"] - sum(shares)}
    assert 3 * sum(shares) <= g["taken"]


@pytest.mark.parametrize(("given", "wanted"), cases("reputation"))
def test_reputation(given: Any, wanted: Any) -> None:
    g = ints(given)
    moved = g["before"] + g["gain"] * g["accepted"] - g["loss"] * g["dissented"]
    assert ints(wanted) == {"after": sorted((0, moved, (1 << 32) - 1))[1]}
