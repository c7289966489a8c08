"""Vectors for draws: streams with rejections, samples and draws by weight at their edges."""

from __future__ import annotations

from typing import Any

from ..operations import draws as operations
from ..values import render
from . import Case, VectorFile, invalid, seeded, valid

LITERAL = (
    "a literal transcription of the steps over plain lists (tests/protocol/test_draws.py), and tests/adapters/node"
)
TOP = 1 << 128


def files() -> list[VectorFile]:
    """The topic's files."""
    return [_below(), _sample(), _weighted()]


def _below() -> VectorFile:
    def case(name: str, comment: str, limits: list[int], *flags: str) -> Case:
        identity = f"draws-below-{name}"
        given: dict[str, Any] = {"seed": seeded(identity, "seed", 32), "limits": limits}
        output = operations.below(render(given))
        return valid(identity, comment, ["DRW-001", "DRW-002", "DRW-003"], given, output, flags=flags)

    def bad(name: str, comment: str, limit: int) -> Case:
        given = {"seed": seeded("draws-below-dice", "seed", 32), "limits": [limit]}
        return invalid(f"draws-below-{name}", comment, ["DRW-004"], given, "semantic/draw-range", flags=["Boundary"])

    return VectorFile(
        name="below",
        op="draws.below",
        title="Numbers from a stream, with the number of blocks that they took",
        checked_by=LITERAL,
        cases=[
            case("dice", "Ten dice.", [6] * 10),
            case("one-value", "Draws from one value take a block each.", [1, 1, 1, 2], "Boundary"),
            case("powers", "Powers of two: nothing is ever rejected.", [1 << bits for bits in range(0, 129, 16)]),
            case(
                "past-powers", "One more than a power of two: about half is rejected.", [(1 << 64) + 1] * 8, "Boundary"
            ),
            case("largest", "All of the 128 bits.", [TOP, TOP - 1, TOP], "Boundary"),
            bad("nothing", "A draw from no values.", 0),
            bad("too-many", "A draw from 2^128 + 1 values.", TOP + 1),
        ],
    )


def _sample() -> VectorFile:
    def given(identity: str, count: int, size: int) -> dict[str, Any]:
        return {"seed": seeded(identity, "seed", 32), "count": count, "size": size}

    def case(count: int, size: int, comment: str, *flags: str) -> Case:
        identity = f"draws-sample-{count}-of-{size}"
        output = operations.samples(render(given(identity, count, size)))
        return valid(identity, comment, ["DRW-010"], given(identity, count, size), output, flags=flags)

    return VectorFile(
        name="sample",
        op="draws.sample",
        title="Samples without replacement",
        checked_by=LITERAL,
        cases=[
            case(3, 10, "Three out of ten."),
            case(0, 5, "None out of five: no block is taken.", "Boundary"),
            case(1, 1, "One out of one.", "Boundary"),
            case(16, 16, "All of sixteen, in some order.", "Boundary"),
            case(40, 1048575, "Forty out of the most segments that a trace has."),
            invalid(
                "draws-sample-too-many",
                "Four out of three.",
                ["DRW-011"],
                given("draws-sample-too-many", 4, 3),
                "semantic/draw-count",
                flags=["Boundary"],
            ),
        ],
    )


def _weighted() -> VectorFile:
    def given(identity: str, count: int, weights: list[int]) -> dict[str, Any]:
        return {"seed": seeded(identity, "seed", 32), "count": count, "weights": weights}

    def case(name: str, comment: str, count: int, weights: list[int], *flags: str) -> Case:
        identity = f"draws-weighted-{name}"
        output = operations.weights(render(given(identity, count, weights)))
        return valid(identity, comment, ["DRW-020", "DRW-021"], given(identity, count, weights), output, flags=flags)

    return VectorFile(
        name="weighted",
        op="draws.weighted",
        title="Draws by weight without replacement",
        checked_by=LITERAL,
        cases=[
            case("plain", "Two out of four.", 2, [5, 1, 4, 10]),
            case("zeros", "Positions of weight zero, at both ends and inside, are never drawn.", 2, [0, 3, 0, 0, 7, 0]),
            case("all", "All that have a weight, in some order.", 6, [1, 2, 3, 4, 5, 6], "Boundary"),
            case("whale", "One weight is nearly all: it comes first, and the rest is drawn as if it weren't there.", 4,
                 [1, 1, (1 << 96) - 1, 1, 1]),
            case("wide", "The largest stakes.", 8, [(1 << 96) - 1 - index for index in range(32)], "Boundary"),
            invalid(
                "draws-weighted-too-few",
                "Three out of three positions, one of which has no weight.",
                ["DRW-011", "DRW-021"],
                given("draws-weighted-too-few", 3, [1, 0, 1]),
                "semantic/draw-count",
                flags=["Boundary"],
            ),
        ],
    )  # fmt: skip
