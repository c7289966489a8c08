"""Accepted encodings at the edges of every head, and the same the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from ....protocol.encoding import cbor
from ...operations.encoding import describe
from .. import Case, VectorFile, valid
from ._decode import CHECKED_BY

EDGES = (0, 1, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**53 - 1, 2**53, 2**53 + 1, 2**63, 2**64 - 1)
"""Integers at the edges of heads, and where a double loses digits."""
LENGTHS = (0, 1, 23, 24, 255, 256)
COUNTS = (0, 1, 23, 24, 255, 256)
CODE_POINTS = (0x00, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFEFF, 0xFFFD, 0xFFFF, 0x10000, 0x10FFFF)
"""Edges of UTF-8's forms and of the surrogates, the byte order mark and the replacement character."""


def samples() -> Iterator[tuple[str, str, list[str], cbor.Item]]:
    """Name, comment, requirements and item."""
    for value in EDGES:
        yield f"uint-{value}", f"The integer {value}.", ["ENC-001", "ENC-010", "ENC-014"], value
    for length in LENGTHS:
        content = bytes(i % 251 for i in range(length))
        yield f"bytes-{length}", f"A byte string of {length} bytes.", ["ENC-001", "ENC-014"], content
    for length in LENGTHS:
        yield f"text-{length}", f"A text of {length} bytes.", ["ENC-001", "ENC-014"], "x" * length
    for point in CODE_POINTS:
        yield f"text-u{point:04x}", f"A text of the one character U+{point:04X}.", ["ENC-015"], chr(point)
    yield "text-bom", "A text that begins with a byte order mark, which stays.", ["ENC-015"], "\ufeffa"
    yield "text-combining", "A text whose characters combine; nothing is normalised.", ["ENC-015"], "a\u0308\u00e4"
    for count in COUNTS:
        yield f"array-{count}", f"An array of {count} items.", ["ENC-001", "ENC-014"], list(range(count))
    for count in COUNTS:
        content_map: cbor.Item = {key: key % 2 == 1 for key in range(count)}
        yield f"map-{count}", f"A map of {count} pairs.", ["ENC-001", "ENC-014"], content_map
    yield "map-edges", "A map whose keys have heads of every length.", ["ENC-001", "ENC-018"], dict.fromkeys(EDGES, "")
    yield "map-of-two", "A map of two fields.", ["ENC-001", "ENC-002"], {0: "tracework/example", 1: 1}
    yield "same-keys-inside", "Two maps in one another with the same key.", ["ENC-017"], {1: {1: {1: 1}}, 2: {1: 1}}
    yield "booleans", "False and true.", ["ENC-002"], [False, True]
    yield (
        "true-is-not-1",
        "True and the integer 1, false and 0: four different items.",
        ["ENC-010"],
        [True, 1, False, 0],
    )
    yield "empty-strings", "An empty text and an empty byte string differ.", ["ENC-002"], ["", b""]


def decode() -> VectorFile:
    """Decoding of every sample."""
    return VectorFile(
        name="decode",
        op="encoding.decode",
        title="Accepted encodings at the edges of every head",
        checked_by=CHECKED_BY,
        cases=[
            valid(
                f"encoding-decode-{name}",
                comment,
                sorted({*req, "ENC-002"}),
                {"data": cbor.encode(item)},
                {"item": describe(item)},
                flags=["Boundary"] if name[-1].isdigit() else [],
            )
            for name, comment, req, item in samples()
        ],
    )


def encode() -> VectorFile:
    """Encoding of every sample, and of maps whose pairs come in another order."""
    cases: list[Case] = [
        valid(
            f"encoding-encode-{name}",
            comment,
            ["ENC-001"],
            {"item": describe(item)},
            {"data": cbor.encode(item)},
            flags=["Boundary"] if name[-1].isdigit() else [],
        )
        for name, comment, _, item in samples()
    ]
    backwards: dict[int, cbor.Item] = dict.fromkeys(reversed(EDGES), b"")
    for length in (65535, 65536):
        content = b"\x5a" * length
        cases.append(
            valid(
                f"encoding-encode-bytes-{length}",
                f"A byte string of {length} bytes.",
                ["ENC-001"],
                {"item": {"bytes": {"repeat": "5a", "times": length}}},
                {"data": cbor.encode(content)},
                flags=["Boundary"],
            )
        )
    cases.append(
        valid(
            "encoding-encode-map-backwards",
            "Pairs that come in descending order are written in ascending order.",
            ["ENC-001"],
            {"item": {"map": [{"key": key, "value": {"bytes": b""}} for key in backwards]}},
            {"data": cbor.encode(backwards)},
            flags=["NonCanonical"],
        )
    )
    return VectorFile(
        name="encode",
        op="encoding.encode",
        title="The encoding of items, at the edges of every head",
        checked_by="cbor2 (canonical=True), which agrees where all keys are unsigned integers; tests/adapters/node",
        cases=cases,
    )
