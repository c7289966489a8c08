"""Roots and good proofs of trees of small heights, in both trees' domains."""

from __future__ import annotations

from itertools import combinations

from .. import Case, VectorFile, seeded, valid
from ._model import CHECKED_BY, ZERO, Naive, leaves_of

DOMAINS = ("trace-node", "memory-node")


def roots() -> VectorFile:
    """Roots of trees with given leaves and a fill for the rest."""
    cases: list[Case] = []
    for domain in DOMAINS:
        for height, count in ((1, 0), (1, 1), (1, 2), (2, 3), (3, 1), (3, 5), (4, 15), (4, 16), (6, 33)):
            identity = f"trees-root-{domain}-{height}-{count}"
            leaves, fill = leaves_of(identity, count), seeded(identity, "fill", 32)
            tree = Naive.of(domain, leaves + [fill] * (2**height - count))
            cases.append(
                valid(
                    identity,
                    f"Height {height}, {count} leaves given, the rest filled.",
                    ["MRK-001", "MRK-002"],
                    {"domain": domain, "height": height, "leaves": leaves, "fill": fill},
                    {"root": tree.root},
                )
            )
    zero = Naive.of("trace-node", [ZERO] * 8)
    cases.append(
        valid(
            "trees-root-zero-digests",
            "Leaves that are all zero digests, which mean nothing but themselves.",
            ["MRK-002", "HSH-007"],
            {"domain": "trace-node", "height": 3, "leaves": [ZERO, ZERO], "fill": ZERO},
            {"root": zero.root},
            flags=["ZeroDigest"],
        )
    )
    return VectorFile(name="root", op="merkle.root", title="Roots of small trees", checked_by=CHECKED_BY, cases=cases)


def constants() -> VectorFile:
    """Roots of subtrees with equal leaves."""
    cases = []
    for domain in DOMAINS:
        identity = f"trees-constant-{domain}"
        leaf = seeded(identity, "leaf", 32)
        found = [leaf]
        for _ in range(20):
            found.append(Naive.of(domain, [found[-1]] * 2).root)
        given = {"domain": domain, "leaf": leaf, "height": 20}
        cases.append(valid(identity, "Equal leaves, up to height 20.", ["MRK-004"], given, {"roots": found}))
    return VectorFile(
        name="constant",
        op="merkle.constant",
        title="Roots of subtrees whose leaves are all equal",
        checked_by=CHECKED_BY,
        cases=cases,
    )


def _sets(height: int) -> list[tuple[int, ...]]:
    """Sets of leaves worth proving: each alone, each neighbouring pair, some others, all."""
    size = 2**height
    if height <= 2:
        return [chosen for count in range(1, size + 1) for chosen in combinations(range(size), count)]
    alone = [(index,) for index in (0, 1, size // 2 - 1, size // 2, size - 2, size - 1)]
    pairs = [(index, index + 1) for index in (0, 1, size // 2 - 1, size // 2, size - 2)]
    others = [(0, size - 1), tuple(range(0, size, 2)), tuple(range(size // 2)), (1, 2, size - 3), tuple(range(size))]
    return [*alone, *pairs, *others]


def prove() -> VectorFile:
    """The siblings of every set of leaves of a few trees."""
    cases = []
    for height in (1, 2, 3, 4):
        leaves = leaves_of(f"trees-prove-{height}", 2**height)
        tree = Naive.of("trace-node", leaves)
        cases += [
            valid(
                f"trees-prove-{height}-{_name(chosen)}",
                f"Height {height}, leaves {', '.join(map(str, chosen))}.",
                ["MRK-012"],
                {"domain": "trace-node", "height": height, "leaves": leaves, "fill": ZERO, "indices": chosen},
                {"siblings": b"".join(tree.siblings(chosen))},
            )
            for chosen in _sets(height)
        ]
    return VectorFile(
        name="prove", op="merkle.prove", title="The siblings of a proof", checked_by=CHECKED_BY, cases=cases
    )


def verify() -> VectorFile:
    """Good proofs."""
    cases = []
    for height in (1, 2, 3, 5):
        domain = DOMAINS[height % 2]
        tree = Naive.of(domain, leaves_of(f"trees-verify-{height}", 2**height))
        cases += [
            valid(
                f"trees-verify-{height}-{_name(chosen)}",
                f"Height {height}, leaves {', '.join(map(str, chosen))}.",
                ["MRK-012", "MRK-013"],
                tree.proof(chosen),
                {},
            )
            for chosen in _sets(height)
        ]
    tall = _tall()
    cases += [
        valid(f"trees-verify-20-{name}", f"Height 20, {words}.", ["MRK-003", "MRK-013"], proof, {}, flags=["Boundary"])
        for name, words, proof in tall
    ]
    equal = Naive.of("trace-node", [seeded("trees-verify-equal-leaves", "leaf", 32)] * 8)
    cases.append(
        valid(
            "trees-verify-equal-leaves",
            "All leaves are equal, as past a trace's end.",
            ["MRK-013"],
            equal.proof((5, 6)),
            {},
        )
    )
    zero = Naive.of("trace-node", [ZERO] * 4 + leaves_of("trees-verify-zero-digest", 4))
    cases.append(
        valid(
            "trees-verify-zero-digest",
            "The leaf is a zero digest, and stands there.",
            ["HSH-007", "MRK-013"],
            zero.proof((3,)),
            {},
            flags=["ZeroDigest"],
        )
    )
    return VectorFile(name="verify", op="merkle.verify", title="Proofs that hold", checked_by=CHECKED_BY, cases=cases)


def _tall() -> list[tuple[str, str, dict[str, object]]]:
    """Proofs of the first and of the last leaf of a tree of height 20, made from the path upwards."""
    made = []
    for name, words, index in (("first", "the first leaf", 0), ("last", "the last leaf", 2**20 - 1)):
        case = f"trees-verify-20-{name}"
        leaf = digest = seeded(case, "leaf", 32)
        path = [seeded(case, f"sibling {level}", 32) for level in range(20)]
        for level, sibling in enumerate(path):
            pair = [sibling, digest] if index >> level & 1 else [digest, sibling]
            digest = Naive.of("memory-node", pair).root
        proof: dict[str, object] = {
            "domain": "memory-node",
            "height": 20,
            "root": digest,
            "leaves": [{"index": index, "digest": leaf}],
            "siblings": b"".join(path),
        }
        made.append((name, words, proof))
    return made


def _name(chosen: tuple[int, ...]) -> str:
    return (
        "-".join(map(str, chosen)) if len(chosen) <= 4 else f"{len(chosen)}-from-{chosen[0]}-by-{chosen[1] - chosen[0]}"
    )
