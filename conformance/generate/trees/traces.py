"""The trace tree: its shape at every edge, and roots with the final state's hash repeated past the end."""

from __future__ import annotations

import math

from .. import VectorFile, valid
from ._model import CHECKED_BY, Naive, leaves_of

SHAPES = (
    (1, 4, 1),
    (16, 4, 1),
    (16, 4, 15),
    (16, 4, 16),
    (17, 4, 16),
    (17, 4, 17),
    (32, 4, 31),
    (32, 4, 32),
    (33, 4, 33),
    (48, 4, 33),
    (49, 4, 48),
    (112, 4, 112),
    (113, 4, 113),
    (2**24, 24, 2**24),
    (2**24 + 1, 24, 2**24 + 1),
    (1000000, 16, 999999),
    (2**32, 20, 2**32),
    (2**40, 24, 2**39 + 1),
    ((2**20 - 1) * 2**24, 24, (2**20 - 1) * 2**24),
)
"""max_steps, segment_log2, steps."""


def shapes() -> VectorFile:
    """Heights and segment counts."""
    cases = []
    for most, log2, steps in SHAPES:
        leaves = -(-most // 2**log2) + 1
        cases.append(
            valid(
                f"trees-shape-{most}-{log2}-{steps}",
                f"At most {most} steps, {steps} taken, in segments of 2^{log2}.",
                ["TRC-001", "TRC-003"],
                {"max_steps": most, "segment_log2": log2, "steps": steps},
                {"height": math.ceil(math.log2(leaves)), "segments": -(-steps // 2**log2)},
                flags=["Boundary"],
            )
        )
    return VectorFile(
        name="trace-shape",
        op="trace.shape",
        title="Heights of trace trees and numbers of segments",
        checked_by=CHECKED_BY + "; Python's math.log2, which is exact at these sizes",
        cases=cases,
    )


def roots() -> VectorFile:
    """Roots of traces of every length in trees of a few heights."""
    cases = []
    for height in (1, 2, 3, 5):
        for count in sorted({2, 3, 4, 5, 2**height - 1, 2**height}):
            if not 2 <= count <= 2**height:
                continue
            identity = f"trees-trace-{height}-{count}"
            leaves = leaves_of(identity, count)
            tree = Naive.of("trace-node", leaves + [leaves[-1]] * (2**height - count))
            cases.append(
                valid(
                    identity,
                    f"{count} leaves in a tree of height {height}.",
                    ["TRC-002", "TRC-004"],
                    {"height": height, "leaves": leaves},
                    {"root": tree.root},
                )
            )
    identity = "trees-trace-20-3"
    leaves = leaves_of(identity, 3)
    level, padding = leaves, leaves[-1]
    for _ in range(20):
        level = level + [padding] * (len(level) % 2)
        level = [Naive.of("trace-node", level[at : at + 2]).root for at in range(0, len(level), 2)]
        padding = Naive.of("trace-node", [padding, padding]).root
    cases.append(
        valid(
            identity,
            "3 leaves in a tree of the greatest height.",
            ["TRC-004", "MRK-004"],
            {"height": 20, "leaves": leaves},
            {"root": level[0]},
            flags=["Boundary"],
        )
    )
    return VectorFile(
        name="trace-root",
        op="trace.root",
        title="Trace roots: leaves past the end repeat the final state's hash",
        checked_by=CHECKED_BY,
        cases=cases,
    )
