"""The memory tree: leaves of pages, roots over sparse pages, and the root from its three parts."""

from __future__ import annotations

from typing import Any

from ....protocol.hashing import digest
from .. import Case, VectorFile, seeded, valid
from ._model import CHECKED_BY, ZERO

ZERO_PAGE = {"repeat": "00", "times": 4096}
ZERO_BUT_ONE = {"repeat": "00", "times": 4095}


def _node(left: bytes, right: bytes) -> bytes:
    return digest("memory-node", left + right)


def _zeros() -> list[bytes]:
    """Z_0 to Z_20."""
    found = [digest("page", bytes(4096))]
    for _ in range(20):
        found.append(_node(found[-1], found[-1]))
    return found


def _subtree(leaves: dict[int, bytes], first: int, height: int, zeros: list[bytes]) -> bytes:
    """The digest of the subtree over the pages from `first`, straight from the definition."""
    if not any(first <= page < first + 2**height for page in leaves):
        return zeros[height]
    if height == 0:
        return leaves[first]
    half = 2 ** (height - 1)
    return _node(_subtree(leaves, first, height - 1, zeros), _subtree(leaves, first + half, height - 1, zeros))


def pages() -> VectorFile:
    """Leaves of pages."""

    def case(name: str, comment: str, data: Any, content: bytes) -> Case:
        return valid(
            f"trees-page-{name}", comment, ["MEM-001", "MEM-003"], {"page": data}, {"leaf": digest("page", content)}
        )

    random = seeded("trees-page-random", "page", 4096)
    return VectorFile(
        name="page",
        op="memory.page",
        title="Leaves of pages",
        checked_by=CHECKED_BY,
        cases=[
            valid(
                "trees-page-zero",
                "A page of zeros: Z_0.",
                ["MEM-003", "MEM-004"],
                {"page": ZERO_PAGE},
                {"leaf": _zeros()[0]},
            ),
            case("pattern", "A page of 0, 1, ... 250, 0, ...", {"mod251": 4096}, bytes(i % 251 for i in range(4096))),
            case("ones", "A page of ff.", {"repeat": "ff", "times": 4096}, b"\xff" * 4096),
            case("last-byte", "All zeros but the last byte.", {"concat": [ZERO_BUT_ONE, "01"]}, bytes(4095) + b"\x01"),
            case("random", "A page of arbitrary bytes.", random, random),
        ],
    )


LAYOUTS = (
    ("empty", "Memory that is all zero: Z_20.", ()),
    ("first-page", "The first page.", (0,)),
    ("last-low", "The last page below the input.", (2**19 - 1,)),
    ("first-input", "The input's first page.", (2**19,)),
    ("last-input", "The input's last page.", (2**19 + 2**18 - 1,)),
    ("first-output", "The output's first page.", (2**19 + 2**18,)),
    ("last-page", "The last page.", (2**20 - 1,)),
    ("neighbours", "Two pages with one parent.", (16, 17)),
    ("not-siblings", "Two neighbours with different parents.", (17, 18)),
    ("everywhere", "Pages in every region.", (0, 1, 255, 4096, 2**19 - 1, 2**19, 2**19 + 1, 2**19 + 2**18, 2**20 - 1)),
)


def roots() -> VectorFile:
    """Memory roots over sparse pages."""
    zeros = _zeros()
    cases = []
    for name, comment, numbers in LAYOUTS:
        identity = f"trees-memory-{name}"
        words = {page: seeded(identity, f"page {page}", 8) for page in numbers}
        leaves = {page: digest("page", word * 512) for page, word in words.items()}
        cases.append(
            valid(
                identity,
                comment,
                ["MEM-002", "MEM-004", "MEM-005", "MEM-006"],
                {"pages": [{"number": page, "data": {"repeat": word, "times": 512}} for page, word in words.items()]},
                {
                    "root": _subtree(leaves, 0, 20, zeros),
                    "low": _subtree(leaves, 0, 19, zeros),
                    "input": _subtree(leaves, 2**19, 18, zeros),
                    "output": _subtree(leaves, 2**19 + 2**18, 18, zeros),
                },
                flags=["Boundary"],
            )
        )
    cases.append(
        valid(
            "trees-memory-explicit-zeros",
            "A page of zeros that is given explicitly is like one that isn't.",
            ["MEM-004", "MEM-007"],
            {"pages": [{"number": page, "data": ZERO_PAGE} for page in (0, 5, 2**19)]},
            {"root": zeros[20], "low": zeros[19], "input": zeros[18], "output": zeros[18]},
        )
    )
    return VectorFile(
        name="memory-root",
        op="memory.root",
        title="Memory roots over some pages, all others being zero",
        checked_by=CHECKED_BY,
        cases=cases,
    )


def joins() -> VectorFile:
    """The memory root from its three parts."""
    zeros = _zeros()
    parts = {name: seeded("trees-join-arbitrary", name, 32) for name in ("low", "input", "output")}
    rows = (
        ("arbitrary", "Three arbitrary digests.", parts),
        ("all-zero", "All-zero memory.", {"low": zeros[19], "input": zeros[18], "output": zeros[18]}),
        ("zero-digests", "Three zero digests, which mean nothing.", {"low": ZERO, "input": ZERO, "output": ZERO}),
    )
    cases = []
    for name, comment, given in rows:
        high = _node(given["input"], given["output"])
        output = {"high": high, "root": _node(given["low"], high)}
        flags = ["ZeroDigest"] if name == "zero-digests" else []
        cases.append(valid(f"trees-join-{name}", comment, ["MEM-006"], given, output, flags=flags))
    return VectorFile(
        name="memory-join",
        op="memory.join",
        title="The memory root from image, input and output subtrees",
        checked_by=CHECKED_BY,
        cases=cases,
    )
