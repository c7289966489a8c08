"""The decoder's limits, reached and passed by one."""

from __future__ import annotations

from typing import Any

from ....protocol.encoding.cbor import MAX_BYTES, MAX_DEPTH, MAX_ITEMS
from .. import Case, VectorFile, valid
from ._decode import rejected


def check() -> VectorFile:
    """Bytes, depth and items at their limits."""

    def within(name: str, comment: str, req: str, data: Any, items: int, depth: int) -> Case:
        output = {"items": items, "depth": depth}
        return valid(f"encoding-limit-{name}", comment, [req], {"data": data}, output, flags=["Boundary"])

    def beyond(name: str, comment: str, code: str, data: Any) -> Case:
        return rejected(f"encoding-limit-{name}", comment, data, code, flags=["Boundary"])

    bytes_most, items_most = _string(MAX_BYTES - 5), _array(MAX_ITEMS - 1, "00")
    maps = (MAX_ITEMS - 1) // 3  # A map of one pair counts three items; the array around them one more.
    inner = MAX_DEPTH - 1
    cases = [
        within("text-65535", "The longest head of three.", "ENC-014", _times("61", 65535, head="79ffff"), 1, 1),
        within("text-65536", "The shortest head of five.", "ENC-014", _times("61", 65536, head="7a00010000"), 1, 1),
        within("array-65535", "The longest head of three.", "ENC-014", _times("f4", 65535, head="99ffff"), 65536, 2),
        within("array-65536", "The shortest head of five.", "ENC-014", _array(65536, "f4"), 65537, 2),
        within("bytes", "A byte string: the longest encoding.", "ENC-003", bytes_most, 1, 1),
        beyond("bytes-passed", "A byte string: one byte too many.", "too-large", _string(MAX_BYTES - 4)),
        beyond("bytes-first", "The length is checked before the content.", "too-large", _times("ff", MAX_BYTES + 1)),
        within("depth-arrays", "Arrays, as deep as may be.", "ENC-004", "81" * inner + "00", MAX_DEPTH, MAX_DEPTH),
        beyond("depth-arrays-passed", "An integer one level too deep.", "too-deep", "81" * MAX_DEPTH + "00"),
        beyond("depth-empty-array", "An empty array one level too deep.", "too-deep", "81" * MAX_DEPTH + "80"),
        within("depth-maps", "Maps, as deep as may be.", "ENC-004", "a100" * inner + "a0", 2 * inner + 1, MAX_DEPTH),
        beyond("depth-maps-passed", "A map's key one level too deep.", "too-deep", "a100" * inner + "a10000"),
        beyond("depth-thousand", "A thousand arrays in one another.", "too-deep", _times("81", 1000, "00")),
        beyond("depth-million", "A million arrays in one another.", "too-deep", _times("81", 1 << 20, "00")),
        within("items", "An array: the most items.", "ENC-005", items_most, MAX_ITEMS, 2),
        beyond("items-passed", "An array: one item too many.", "too-many-items", _array(MAX_ITEMS, "00")),
        beyond("items-arrays", "Empty arrays: one item too many.", "too-many-items", _array(MAX_ITEMS, "80")),
        within("items-maps", "Map keys count as items.", "ENC-005", _array(maps, "a10000"), 1 + 3 * maps, 3),
        beyond("items-maps-passed", "Map keys: one too many.", "too-many-items", _array(maps + 1, "a10000")),
        beyond("items-bomb", "Sixteen million empty arrays.", "too-many-items", _array(1 << 24, "80")),
    ]
    return VectorFile(
        name="limits",
        op="encoding.check",
        title="The decoder's limits, reached and passed by one; the output is the number of items and the depth",
        checked_by="tests/adapters/node, written from spec/ alone",
        cases=cases,
    )


def _times(each: str, times: int, tail: str = "", head: str = "") -> dict[str, Any]:
    return {"concat": [head, {"repeat": each, "times": times}, tail]}


def _string(length: int) -> dict[str, Any]:
    return {"concat": [f"5a{length:08x}", {"repeat": "00", "times": length}]}


def _array(count: int, each: str) -> dict[str, Any]:
    return {"concat": [f"9a{count:08x}", {"repeat": each, "times": count}]}
