"""Good proofs with one named change each; every one must be rejected, for the reason named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import Case, VectorFile, invalid, seeded
from ._model import CHECKED_BY, ZERO, Naive, changed, leaves_of

REQUIREMENTS = {
    "no-leaves": "MRK-014",
    "index-order": "MRK-010",
    "index-range": "MRK-011",
    "path-length": "MRK-015",
    "root-mismatch": "MRK-016",
}
STAGES = {"path-length": "crypto", "root-mismatch": "crypto"}

Mutation = tuple[str, str, str, dict[str, Any]]
"""Name, what was changed, the code, and the input."""


def verify() -> VectorFile:
    """The mutations of an inclusion proof, of a pair's proof across the middle, and of a proof of three leaves."""
    cases: list[Case] = []
    for kind, indices in (("one", (5,)), ("pair", (3, 4)), ("three", (0, 3, 6))):
        origin = f"trees-verify-3-{'-'.join(map(str, indices))}"
        tree = Naive.of("memory-node", leaves_of("trees-verify-3", 8))
        for name, change, code, given in _mutations(f"trees-mutation-{kind}", tree, indices):
            known = origin if indices in ((3, 4),) else None
            cases.append(
                invalid(
                    f"trees-mutation-{kind}-{name}",
                    change,
                    [REQUIREMENTS[code]] + (["MRK-003"] if "height" in name else []),
                    given,
                    f"{STAGES.get(code, 'semantic')}/{code}",
                    flags=["ProofMutation", *(["ZeroDigest"] if "zero" in name else [])],
                    derived_from=known,
                )
            )
    return VectorFile(
        name="verify-mutated",
        op="merkle.verify",
        title="Good proofs with one named change",
        checked_by=CHECKED_BY,
        cases=cases,
    )


def _mutations(seed: str, tree: Naive, indices: tuple[int, ...]) -> Iterator[Mutation]:
    good = tree.proof(indices)
    leaves: list[dict[str, Any]] = good["leaves"]
    siblings: bytes = good["siblings"]
    nodes = [siblings[at : at + 32] for at in range(0, len(siblings), 32)]
    first, last = leaves[0], leaves[-1]

    def with_nodes(parts: list[bytes]) -> dict[str, Any]:
        return changed(good, siblings=b"".join(parts))

    def with_first(**changes: Any) -> dict[str, Any]:
        return changed(good, leaves=[changed(first, **changes), *leaves[1:]])

    def with_last(**changes: Any) -> dict[str, Any]:
        return changed(good, leaves=[*leaves[:-1], changed(last, **changes)])

    # Indices.
    yield "no-leaves", "No leaves, and no siblings.", "no-leaves", changed(good, leaves=[], siblings=b"")
    yield (
        "no-leaves-root",
        "No leaves; the root as the only sibling.",
        "no-leaves",
        changed(good, leaves=[], siblings=tree.root),
    )
    yield "index-twice", "The last leaf twice.", "index-order", changed(good, leaves=[*leaves, last])
    yield "index-past-end", "The last leaf's index is 2^h.", "index-range", with_last(index=8)
    yield (
        "index-plus-size",
        "2^h is added to the last leaf's index: the same path.",
        "index-range",
        with_last(index=last["index"] + 8),
    )
    yield (
        "index-plus-2-32",
        "2^32 is added to the last leaf's index.",
        "index-range",
        with_last(index=last["index"] + 2**32),
    )
    yield (
        "index-plus-2-63",
        "2^63 is added to the last leaf's index.",
        "index-range",
        with_last(index=last["index"] + 2**63),
    )
    yield "index-largest", "The last leaf's index is 2^64 - 1.", "index-range", with_last(index=2**64 - 1)
    if len(indices) > 1:
        yield "index-descending", "The leaves in descending order.", "index-order", changed(good, leaves=leaves[::-1])
        # Of three leaves, the two that are left need as many siblings as the three did.
        code = "path-length" if len(indices) == 2 else "root-mismatch"
        yield "leaf-dropped", "The first leaf is left out.", code, changed(good, leaves=leaves[1:])
        swapped = [
            {"index": one["index"], "digest": other["digest"]} for one, other in zip(leaves, leaves[::-1], strict=True)
        ]
        yield (
            "leaves-swapped",
            "The digests of the first and the last leaf are swapped.",
            "root-mismatch",
            changed(good, leaves=swapped),
        )
    else:
        yield "index-neighbour", "The index of the sibling.", "root-mismatch", with_first(index=first["index"] ^ 1)
        yield "index-plus-1", "The next index.", "root-mismatch", with_first(index=first["index"] + 1)
        yield (
            "index-mirrored",
            "The index with its bits reversed or inverted.",
            "root-mismatch",
            with_first(index=first["index"] ^ 7),
        )
        added = [first, {"index": 6, "digest": tree.levels[0][6]}]
        # A pair across two parents needs as many siblings as either of its leaves alone.
        yield (
            "leaf-added",
            "Another leaf of the tree, without its siblings.",
            "root-mismatch",
            changed(good, leaves=added),
        )
        far = [{"index": 0, "digest": tree.levels[0][0]}, first]
        yield "leaf-added-far", "Another leaf of the tree.", "path-length", changed(good, leaves=far)
        parent = tree.levels[1][first["index"] >> 1]
        yield (
            "node-as-leaf",
            "The leaf's parent in its place, and its path.",
            "path-length",
            changed(good, leaves=[{"index": first["index"] >> 1, "digest": parent}], siblings=b"".join(nodes[1:])),
        )
        yield (
            "node-as-leaf-filled",
            "The leaf's parent in its place, with a sibling more.",
            "root-mismatch",
            changed(
                good, leaves=[{"index": first["index"] >> 1, "digest": parent}], siblings=b"".join([*nodes[1:], ZERO])
            ),
        )
        below = seeded(seed, "below", 64)
        yield (
            "leaf-below",
            "What hashes to the leaf, a level below it.",
            "path-length",
            changed(good, leaves=[{"index": 0, "digest": below[:32]}], siblings=below[32:] + siblings),
        )

    # Digests.
    yield "leaf-zero", "A leaf is a zero digest.", "root-mismatch", with_first(digest=ZERO)
    yield "leaf-bit", "The leaf's last bit is flipped.", "root-mismatch", with_last(digest=_flip(last["digest"], 255))
    yield "root-bit", "The root's first bit is flipped.", "root-mismatch", changed(good, root=_flip(tree.root, 0))
    yield "root-zero", "The root is a zero digest.", "root-mismatch", changed(good, root=ZERO)
    yield (
        "root-other-tree",
        "The root of another tree.",
        "root-mismatch",
        changed(good, root=Naive.of(tree.domain, leaves_of(seed, 8)).root),
    )
    yield "other-domain", "The other tree's domain.", "root-mismatch", changed(good, domain="trace-node")

    # Siblings.
    yield "siblings-none", "No siblings.", "path-length", changed(good, siblings=b"")
    yield "sibling-missing-first", "The first sibling is left out.", "path-length", with_nodes(nodes[1:])
    yield "sibling-missing-last", "The last sibling is left out.", "path-length", with_nodes(nodes[:-1])
    yield (
        "sibling-extra-last",
        "A digest more at the end.",
        "path-length",
        with_nodes([*nodes, seeded(seed, "extra", 32)]),
    )
    yield (
        "sibling-extra-first",
        "A digest more at the start.",
        "path-length",
        with_nodes([seeded(seed, "extra", 32), *nodes]),
    )
    yield "sibling-extra-zero", "A zero digest more at the end.", "path-length", with_nodes([*nodes, ZERO])
    yield "sibling-twice", "The last sibling twice.", "path-length", with_nodes([*nodes, nodes[-1]])
    yield "siblings-truncated", "The last byte is cut off.", "path-length", changed(good, siblings=siblings[:-1])
    yield "siblings-trailing", "A byte more at the end.", "path-length", changed(good, siblings=siblings + b"\0")
    yield (
        "siblings-31-bytes",
        "A part of a digest more at the end.",
        "path-length",
        changed(good, siblings=siblings + bytes(31)),
    )
    yield "sibling-zero", "The first sibling is a zero digest.", "root-mismatch", with_nodes([ZERO, *nodes[1:]])
    yield (
        "siblings-swapped",
        "The first two siblings are swapped.",
        "root-mismatch",
        with_nodes([nodes[1], nodes[0], *nodes[2:]]),
    )
    yield "siblings-reversed", "The siblings in reverse order.", "root-mismatch", with_nodes(nodes[::-1])
    for number in range(len(nodes)):
        flipped = [*nodes[:number], _flip(nodes[number], 8 * number), *nodes[number + 1 :]]
        yield f"sibling-{number}-bit", f"A bit of sibling {number} is flipped.", "root-mismatch", with_nodes(flipped)

    # Heights.
    yield "height-minus-1", "The tree is said to be a level lower.", *_lower(good, indices)
    yield "height-plus-1", "The tree is said to be a level higher.", "path-length", changed(good, height=4)
    yield (
        "height-plus-1-filled",
        "A level higher, with a sibling for it.",
        "root-mismatch",
        changed(good, height=4, siblings=siblings + ZERO),
    )


def _lower(good: dict[str, Any], indices: tuple[int, ...]) -> tuple[str, dict[str, Any]]:
    """The proof for a tree of half the size: an index may lie outside of it."""
    return "index-range" if indices[-1] >= 4 else "path-length", changed(good, height=2)


def _flip(data: bytes, bit: int) -> bytes:
    return data[: bit // 8] + bytes([data[bit // 8] ^ 0x80 >> bit % 8]) + data[bit // 8 + 1 :]
