"""The suite's cases: small ones by system, extreme ones, and larger ones from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product
from typing import Any, Final

from ...protocol.encoding.schema import AMOUNT_MAX
from .cases import Case, Item, item, job

WORKERS: Final = ("Ada", "Ben", "Cleo", "Dan")
CHECKERS: Final = ("Eva", "Finn")
PROVERS: Final = ("Gus", "Hal")


def small() -> Iterator[Case]:
    """Cases of at most three records."""
    yield Case((), more=("Ada",))
    yield Case((item("unit", id="u"),))
    yield Case((item("unit", id="u"), item("unit", id="v", escrow=70)))
    yield Case((item("unit", id="u"), item("silence", unit="u", worker="Ada")))
    units: list[dict[str, Any]] = [
        {"escrow": 100},
        {"escrow": 99, "price": 3},
        {"escrow": 0},
        {"escrow": 1},
        {"escrow": 10_007, "price": 7},
        {"escrow": 1_000_000, "price": 1000, "eligible": 0},
        {"escrow": 1_000_000, "price": 10_000, "places": 3},
        {"escrow": 50_021, "price": 500, "ways": 0},
    ]
    claims: list[dict[str, Any]] = [
        {"steps": 100},
        {"steps": 1},
        {"steps": 0},
        {"steps": 37, "assigned": 1},
        {"steps": 9, "assigned": 0},
    ]
    for unit, claim in product(units, claims):
        for accepted in (True, False):
            yield Case(job(claim=claim, accepted=accepted, **unit))
        yield Case(job(claim=claim, **unit)[:2])
    for stake in (0, 1, 7, 1_000_000):
        yield Case(job(escrow=10_000, price=100), stakes={"Ada": stake})
        yield Case(job(escrow=10_000, price=100), stakes={"Ada": stake}, reputations={"Ada": 1 << 31})
    for unit in units:
        made = job(**unit)[:2]
        for stake, prover in product((1000, 1, 0, 1_000_003), PROVERS[:1]):
            proof = item("refutation", claim="u/claim", prover=prover)
            yield Case((*made, proof), stakes={"Ada": stake})
            yield Case((*made, proof), stakes={"Ada": stake, prover: 0})
    for part, unit in product((1, 2, 5, 8), units):
        if unit["escrow"]:
            asked = job(**{**unit, "audit_whole": 8, "attestation_whole": 8})[:2]
            for kind in (1, 2):
                yield Case((*asked, item("check", claim="u/claim", checker="Eva", part=part, kind=kind)))
    yield Case((item("unit", id="u"), item("unit", id="v"), item("silence", unit="v", worker="Ada")))
    yield Case((*job()[:2], item("equivocation", unit="u", account="Ada")))


def extreme() -> Iterator[Case]:
    """The largest numbers that an epoch can have."""
    top = AMOUNT_MAX
    most: dict[str, Any] = {"price": (1 << 64) - 1, "escrow": top}
    for steps in (1 << 44, (1 << 44) - 1, 1):
        yield Case(job(claim={"steps": steps}, **most), stakes={"Ada": top}, reputations={"Ada": (1 << 32) - 1})
    yield Case(
        (*job(claim={"steps": 1 << 44}, **most)[:2], item("refutation", claim="u/claim", prover="Gus")),
        stakes={"Ada": top, "Gus": top},
    )
    whole: dict[str, Any] = {"audit_whole": (1 << 64) - 1}
    yield Case(
        (
            *job(claim={"steps": 1 << 44}, **most, **whole)[:2],
            item("check", claim="u/claim", checker="Eva", part=1 << 63),
        ),
        stakes={"Eva": top},
    )


def larger(seed: int, count: int) -> Iterator[Case]:
    """Cases of several units, from a seed."""
    chance = random.Random(seed)
    for _ in range(count):
        yield _random(chance)


def _random(chance: random.Random) -> Case:
    items: list[Item] = []
    for number in range(chance.randint(1, 4)):
        unit = f"u{number}"
        places = chance.choice([1, 1, 1, 2, 3])
        asked = chance.choice([0, 0, 4])
        items.append(
            item(
                "unit",
                id=unit,
                requester=chance.choice(["Rita", "Rob"]),
                price=chance.choice([1, 3, 100]),
                escrow=chance.choice([0, 10, 99, 1000, 10_007, 1_000_000]),
                places=places,
                audit_whole=asked,
                attestation_whole=chance.choice([0, 3]),
                eligible=chance.randint(0, 1),
            )
        )
        for at, worker in enumerate(chance.sample(WORKERS, chance.randint(0, min(places + 1, 3)))):
            claim = f"{unit}/{at}"
            items.append(
                item(
                    "claim",
                    id=claim,
                    unit=unit,
                    worker=worker,
                    steps=chance.choice([0, 1, 7, 100, 5000]),
                    slot=at + 1,
                    assigned=chance.choice([0, 1, 2, 2, 2]),
                )
            )
            if chance.random() < 0.8:
                items.append(item("verdict", claim=claim, way=chance.randint(1, 4), outcome=chance.choice([1, 1, 2])))
            if chance.random() < 0.4:
                checker = chance.choice(CHECKERS)
                kind = chance.randint(1, 2)
                items.append(item("check", claim=claim, checker=checker, part=chance.randint(1, 6), kind=kind))
            if chance.random() < 0.2:
                items.append(item("refutation", claim=claim, prover=chance.choice(PROVERS), slot=chance.randint(2, 3)))
        if chance.random() < 0.15:
            items.append(item("silence", unit=unit, worker=chance.choice(WORKERS)))
        if chance.random() < 0.2:
            items.append(item("beneficiary", unit=unit, address="an author", share=chance.choice([1, 3000, 10_000])))
    stakes = {name: chance.choice([0, 1, 500, 1_000_000]) for name in (*WORKERS, *PROVERS) if chance.random() < 0.5}
    return Case(tuple(items), stakes=stakes)
