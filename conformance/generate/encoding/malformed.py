"""Rejected encodings, one fault each: what general CBOR libraries accept, and every check at its edge."""

from __future__ import annotations

from collections.abc import Iterator

from .. import Case, VectorFile
from ._decode import CHECKED_BY, rejected

Row = tuple[str, str, str]
"""Hexadecimal digits, code, comment."""

LIBRARIES: tuple[Row, ...] = (
    ("5f41aa41bbff", "indefinite-length", "A byte string in chunks."),
    ("7f61616162ff", "indefinite-length", "A text in chunks."),
    ("9f01ff", "indefinite-length", "An array of indefinite length."),
    ("bf0102ff", "indefinite-length", "A map of indefinite length."),
    ("a201000101", "duplicate-key", "The key 1 twice."),
    ("a20100f501", "map-key-type", "The keys 1 and true, which some languages take for the same."),
    ("a20100f93c0001", "map-key-type", "The keys 1 and 1.0."),
    ("a20100180101", "non-minimal", "The key 1 twice, once in a longer head."),
    ("a20100c2410101", "map-key-type", "The key 1 twice, once as a big integer."),
    ("1800", "non-minimal", "0 in two bytes."),
    ("1817", "non-minimal", "23 in two bytes."),
    ("1900ff", "non-minimal", "255 in three bytes."),
    ("1a0000ffff", "non-minimal", "65535 in five bytes."),
    ("1b00000000ffffffff", "non-minimal", "2^32 - 1 in nine bytes."),
    ("1b0000000000000001", "non-minimal", "1 in nine bytes."),
    ("3800", "forbidden-type", "-1 in a longer head."),
    ("5801aa", "non-minimal", "A byte string whose length of 1 takes a byte of its own."),
    ("780161", "non-minimal", "A text whose length of 1 takes a byte of its own."),
    ("980101", "non-minimal", "An array whose count of 1 takes a byte of its own."),
    ("b8010102", "non-minimal", "A map whose count of 1 takes a byte of its own."),
    ("d8024101", "forbidden-type", "A tag in a longer head."),
    ("c24101", "forbidden-type", "1 as a big integer."),
    ("c2420001", "forbidden-type", "1 as a big integer with a leading zero byte."),
    ("c240", "forbidden-type", "0 as an empty big integer."),
    ("c340", "forbidden-type", "-1 as an empty big negative integer."),
    ("a202000100", "unsorted-keys", "The keys 2 and 1."),
    ("0000", "trailing-bytes", "A second item after the first."),
    ("01ff", "trailing-bytes", "A break after the item."),
    ("f97e01", "forbidden-type", "A NaN with a payload."),
    ("f9fe00", "forbidden-type", "A negative NaN."),
    ("fa7fc00000", "forbidden-type", "A NaN in four bytes."),
    ("fa3f800000", "forbidden-type", "1.0 in four bytes."),
    ("fb3ff0000000000000", "forbidden-type", "1.0 in eight bytes."),
    ("d9d9f701", "forbidden-type", "The tag that says that this is CBOR."),
    ("d90102820101", "forbidden-type", "A set with the same member twice."),
    ("d90102820102", "forbidden-type", "A set."),
    ("d86400", "forbidden-type", "A date as a count of days."),
    ("e0", "forbidden-type", "The simple value 0."),
    ("f3", "forbidden-type", "The simple value 19, one before false."),
    ("f8f4", "forbidden-type", "False in a longer head."),
    ("f820", "forbidden-type", "The simple value 32."),
    ("a1f600", "map-key-type", "The key null."),
    ("a1f500", "map-key-type", "The key true."),
    ("a1810100", "map-key-type", "An array as key."),
    ("a1a000", "map-key-type", "A map as key."),
    ("a1f93c0000", "map-key-type", "A float as key."),
    ("a12000", "map-key-type", "The key -1."),
    ("a14000", "map-key-type", "A byte string as key."),
    ("a16000", "map-key-type", "An empty text as key."),
    ("a1c10000", "map-key-type", "A tagged key."),
    ("c48221196ab3", "forbidden-type", "A decimal fraction."),
    ("d81e820103", "forbidden-type", "A rational number."),
    ("d903e701", "forbidden-type", "A tag that means nothing."),
    ("d81c81d81d00", "forbidden-type", "A list that contains itself, by shared references."),
    ("d8246161", "forbidden-type", "An e-mail message."),
    ("d82361282b29", "forbidden-type", "A regular expression, which some libraries compile."),
    ("dbffffffffffffffff00", "forbidden-type", "The greatest tag."),
)
"""What one or the other widely used library accepts."""


def edges() -> Iterator[Row]:
    """Each check of the decoder at its edges."""
    for major, name, body in (
        (0, "An integer", ""),
        (2, "A byte string", "aa"),
        (3, "A text", "61"),
        (4, "An array", "01"),
        (5, "A map", "0102"),
    ):
        for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
            head = bytes([major << 5 | info]) + (1).to_bytes(size, "big")
            yield head.hex() + body, "non-minimal", f"{name} whose argument of 1 is in {size} further bytes."
            yield head[:-1].hex(), "truncated", f"{name} whose head of {size + 1} bytes lacks its last."
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        most = {24: 23, 25: 255, 26: 65535, 27: 2**32 - 1}[info]
        yield bytes([info]).hex() + most.to_bytes(size, "big").hex(), "non-minimal", f"{most} in {size} further bytes."
    for major, name, body in ((2, "byte string", "aa"), (3, "text", "61"), (4, "array", "01")):
        yield (
            bytes([major << 5 | 24, 23]).hex() + body * 23,
            "non-minimal",
            f"The longest short {name}, in a longer head.",
        )
        yield (
            f"{major << 5 | 25:02x}00ff" + body * 255,
            "non-minimal",
            f"The longest {name} of a two-byte head, in a head of three.",
        )
    for first, name in ((0x42, "byte string"), (0x62, "text")):
        yield bytes([first, 0x61]).hex(), "truncated", f"A {name} of 2 bytes, of which one is there."
    yield "", "truncated", "No bytes at all."
    yield "8100ff", "trailing-bytes", "A byte after an array."
    yield "a0a0", "trailing-bytes", "A map after a map."
    yield "6100" + "00", "trailing-bytes", "A zero byte after a text."
    yield "bb7fffffffffffffff00", "truncated", "A map that claims 2^63 - 1 pairs."
    yield "bb800000000000000000", "truncated", "A map that claims 2^63 pairs: twice that passes 64 bits."
    yield "9bffffffffffffffff00", "truncated", "An array that claims 2^64 - 1 items."
    yield "5bffffffffffffffff00", "truncated", "A byte string that claims 2^64 - 1 bytes."
    yield "a10000" + "00", "trailing-bytes", "A key too many after a map."
    yield "a100", "truncated", "A map whose last value is absent."
    yield "a200000100"[:-2], "truncated", "A map of two pairs whose last value is absent."
    yield "a3000001000100", "duplicate-key", "The last two of three keys are equal."
    yield "a3000001000000", "unsorted-keys", "The first key again, after another."
    yield "a2190100" + "00" + "18ff" + "00", "unsorted-keys", "The keys 256 and 255."
    yield "a218ff00" + "00" + "00", "unsorted-keys", "The keys 255 and 0."
    yield "8182a0a200000000", "duplicate-key", "The same key twice in a map deep inside."
    yield "a100a201000000", "unsorted-keys", "Keys out of order in an inner map."


BAD_TEXTS = (
    ("80", "a continuation byte alone"),
    ("bf61", "a continuation byte before a letter"),
    ("c0af", "an overlong form of '/'"),
    ("c080", "an overlong form of U+0000"),
    ("c1bf", "an overlong form of U+007F"),
    ("e08080", "a three-byte form of U+0000"),
    ("e09fbf", "an overlong form of U+07FF"),
    ("f08fbfbf", "an overlong form of U+FFFF"),
    ("eda080", "the surrogate U+D800"),
    ("edbfbf", "the surrogate U+DFFF"),
    ("eda0bdedb880", "a pair of surrogates, each in three bytes (CESU-8)"),
    ("f4908080", "U+110000"),
    ("f5808080", "a first byte over f4"),
    ("f888808080", "a five-byte form"),
    ("fc8480808080", "a six-byte form"),
    ("fe", "the byte fe"),
    ("ff", "the byte ff"),
    ("c3", "a sequence that the text's end cuts short"),
    ("e282", "a three-byte sequence that the text's end cuts short"),
    ("f09f98", "a four-byte sequence that the text's end cuts short"),
    ("c328", "a first byte without a continuation byte"),
    ("e228a1", "a three-byte sequence broken by a letter"),
    ("61ff62", "a bad byte between letters"),
)
"""Bytes that are not UTF-8, and what is wrong with them."""


def rows() -> Iterator[Row]:
    """All rows, each encoding once."""
    seen: set[str] = set()
    texts = (
        (bytes([0x60 + len(bytes.fromhex(bad))]).hex() + bad, "bad-utf8", f"A text: {why}.") for bad, why in BAD_TEXTS
    )
    for row in (*LIBRARIES, *edges(), *texts):
        if row[0] not in seen:
            seen.add(row[0])
            yield row


def decode() -> VectorFile:
    """The rejected encodings."""

    def case(data: str, code: str, comment: str) -> Case:
        name = data if 0 < len(data) <= 24 else f"{data[:16]}-and-{len(data) // 2 - 8}" if data else "nothing"
        return rejected(f"encoding-malformed-{name}", comment, data, code)

    return VectorFile(
        name="malformed",
        op="encoding.decode",
        title="Rejected encodings: what libraries accept, and every check of the decoder at its edge",
        checked_by=CHECKED_BY,
        cases=[case(*row) for row in rows()],
    )
