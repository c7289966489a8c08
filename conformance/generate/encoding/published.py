"""The examples that RFC 8949 itself publishes: appendix A (encodings of values) and appendix F (not well-formed)."""

from __future__ import annotations

from .. import Case, VectorFile
from ._decode import accepted, rejected

_ONE_TO_25 = "0102030405060708090a0b0c0d0e0f101112131415161718181819"

APPENDIX_A = (
    ("0", "00", ""),
    ("1", "01", ""),
    ("10", "0a", ""),
    ("23", "17", ""),
    ("24", "1818", ""),
    ("25", "1819", ""),
    ("100", "1864", ""),
    ("1000", "1903e8", ""),
    ("1000000", "1a000f4240", ""),
    ("1000000000000", "1b000000e8d4a51000", ""),
    ("18446744073709551615", "1bffffffffffffffff", ""),
    ("18446744073709551616", "c249010000000000000000", "forbidden-type"),
    ("-18446744073709551616", "3bffffffffffffffff", "forbidden-type"),
    ("-18446744073709551617", "c349010000000000000000", "forbidden-type"),
    ("-1", "20", "forbidden-type"),
    ("-10", "29", "forbidden-type"),
    ("-100", "3863", "forbidden-type"),
    ("-1000", "3903e7", "forbidden-type"),
    ("0.0", "f90000", "forbidden-type"),
    ("-0.0", "f98000", "forbidden-type"),
    ("1.0", "f93c00", "forbidden-type"),
    ("1.1", "fb3ff199999999999a", "forbidden-type"),
    ("1.5", "f93e00", "forbidden-type"),
    ("65504.0", "f97bff", "forbidden-type"),
    ("100000.0", "fa47c35000", "forbidden-type"),
    ("3.4028234663852886e+38", "fa7f7fffff", "forbidden-type"),
    ("1.0e+300", "fb7e37e43c8800759c", "forbidden-type"),
    ("5.960464477539063e-8", "f90001", "forbidden-type"),
    ("0.00006103515625", "f90400", "forbidden-type"),
    ("-4.0", "f9c400", "forbidden-type"),
    ("-4.1", "fbc010666666666666", "forbidden-type"),
    ("Infinity", "f97c00", "forbidden-type"),
    ("NaN", "f97e00", "forbidden-type"),
    ("-Infinity", "f9fc00", "forbidden-type"),
    ("Infinity in four bytes", "fa7f800000", "forbidden-type"),
    ("NaN in four bytes", "fa7fc00000", "forbidden-type"),
    ("-Infinity in four bytes", "faff800000", "forbidden-type"),
    ("Infinity in eight bytes", "fb7ff0000000000000", "forbidden-type"),
    ("NaN in eight bytes", "fb7ff8000000000000", "forbidden-type"),
    ("-Infinity in eight bytes", "fbfff0000000000000", "forbidden-type"),
    ("false", "f4", ""),
    ("true", "f5", ""),
    ("null", "f6", "forbidden-type"),
    ("undefined", "f7", "forbidden-type"),
    ("simple(16)", "f0", "forbidden-type"),
    ("simple(255)", "f8ff", "forbidden-type"),
    ('0("2013-03-21T20:04:00Z")', "c074323031332d30332d32315432303a30343a30305a", "forbidden-type"),
    ("1(1363896240)", "c11a514b67b0", "forbidden-type"),
    ("1(1363896240.5)", "c1fb41d452d9e8200000", "forbidden-type"),
    ("23(h'01020304')", "d74401020304", "forbidden-type"),
    ("24(h'6449455446')", "d818456449455446", "forbidden-type"),
    ('32("http://www.example.com")', "d82076687474703a2f2f7777772e6578616d706c652e636f6d", "forbidden-type"),
    ("h''", "40", ""),
    ("h'01020304'", "4401020304", ""),
    ('""', "60", ""),
    ('"a"', "6161", ""),
    ('"IETF"', "6449455446", ""),
    ('"\\"\\\\"', "62225c", ""),
    ('"\\u00fc"', "62c3bc", ""),
    ('"\\u6c34"', "63e6b0b4", ""),
    ('"\\ud800\\udd51"', "64f0908591", ""),
    ("[]", "80", ""),
    ("[1, 2, 3]", "83010203", ""),
    ("[1, [2, 3], [4, 5]]", "8301820203820405", ""),
    ("[1, 2, ... 25]", "9819" + _ONE_TO_25, ""),
    ("{}", "a0", ""),
    ("{1: 2, 3: 4}", "a201020304", ""),
    ('{"a": 1, "b": [2, 3]}', "a26161016162820203", "map-key-type"),
    ('["a", {"b": "c"}]', "826161a161626163", "map-key-type"),
    ('{"a": "A", ... "e": "E"}', "a56161614161626142616361436164614461656145", "map-key-type"),
    ("(_ h'0102', h'030405')", "5f42010243030405ff", "indefinite-length"),
    ('(_ "strea", "ming")', "7f657374726561646d696e67ff", "indefinite-length"),
    ("[_ ]", "9fff", "indefinite-length"),
    ("[_ 1, [2, 3], [_ 4, 5]]", "9f018202039f0405ffff", "indefinite-length"),
    ("[_ 1, [2, 3], [4, 5]]", "9f01820203820405ff", "indefinite-length"),
    ("[1, [2, 3], [_ 4, 5]]", "83018202039f0405ff", "indefinite-length"),
    ("[1, [_ 2, 3], [4, 5]]", "83019f0203ff820405", "indefinite-length"),
    ("[_ 1, 2, ... 25]", "9f" + _ONE_TO_25 + "ff", "indefinite-length"),
    ('{_ "a": 1, "b": [_ 2, 3]}', "bf61610161629f0203ffff", "indefinite-length"),
    ('["a", {_ "b": "c"}]', "826161bf61626163ff", "indefinite-length"),
    ('{_ "Fun": true, "Amt": -2}', "bf6346756ef563416d7421ff", "indefinite-length"),
)
"""Diagnostic notation and encoding, as in the appendix's table and order, and the code here (empty: accepted)."""

APPENDIX_F = (
    (
        "end of input in a head",
        {
            "truncated": "18 19 1a 1b 1901 1a0102 1b01020304050607 58 78 98 9a01ff00 b8",
            "forbidden-type": "38 d8 f8 f900 fa0000 fb000000",
        },
    ),
    (
        "a string longer than the input",
        {"truncated": "41 61 5affffffff00 5bffffffffffffffff010203 7affffffff00 7b7fffffffffffffff010203"},
    ),
    (
        "an array or map that the input doesn't complete",
        {"truncated": "81 818181818181818181 8200 a1 a20102 a100 a2000000"},
    ),
    ("a tag without its content", {"forbidden-type": "c0"}),
    ("an indefinite-length string that isn't closed", {"indefinite-length": "5f4100 7f6100"}),
    (
        "an indefinite-length array or map that isn't closed",
        {"indefinite-length": "9f 9f0102 bf bf01020102 819f 9f8000 9f9f9f9f9fffffffff 9f819f819f9fffffff"},
    ),
    (
        "reserved additional information",
        {
            "reserved-info": "1c 1d 1e 5c 5d 5e 7c 7d 7e 9c 9d 9e bc bd be",
            "forbidden-type": "3c 3d 3e dc dd de fc fd fe",
        },
    ),
    ("a reserved two-byte simple value", {"forbidden-type": "f800 f801 f818 f81f"}),
    (
        "a chunk of another type in an indefinite-length string",
        {"indefinite-length": "5f00ff 5f21ff 5f6100ff 5f80ff 5fa0ff 5fc000ff 5fe0ff 7f4100ff"},
    ),
    ("an indefinite-length string in another", {"indefinite-length": "5f5f4100ffff 7f7f6100ffff"}),
    (
        "a break outside of indefinite lengths",
        {
            "forbidden-type": "ff 81ff 8200ff a100ff",
            "truncated": "a1ff a20000ff",
            "map-key-type": "a1ff00",
            "indefinite-length": "9f81ff 9f829f819f9fffffffff",
        },
    ),
    ("an indefinite-length map with a key too many", {"indefinite-length": "bf00ff bf000000ff"}),
    ("additional information 31 where it has no meaning", {"reserved-info": "1f", "forbidden-type": "3f df"}),
)
"""Kind of malformation, and by code the examples that the appendix gives of it."""


def examples() -> VectorFile:
    """Appendix A: the examples inside the profile decode, the others are rejected."""

    def case(number: int, notation: str, data: str, code: str) -> Case:
        identity, comment = f"encoding-rfc8949-a-{number}", f"RFC 8949, appendix A: {notation}"
        return rejected(identity, comment, data, code) if code else accepted(identity, comment, data)

    return VectorFile(
        name="rfc8949-examples",
        op="encoding.decode",
        title="RFC 8949, appendix A: its examples of encoded values",
        checked_by="RFC 8949, appendix A, for bytes and values; which of them the profile has, by tests/adapters/node",
        cases=[case(number, *row) for number, row in enumerate(APPENDIX_A, 1)],
    )


def malformed() -> VectorFile:
    """Appendix F: what is not well-formed CBOR at all."""
    rows = [
        (kind, code, data)
        for kind, codes in APPENDIX_F
        for code, examples in codes.items()
        for data in examples.split()
    ]
    return VectorFile(
        name="rfc8949-malformed",
        op="encoding.decode",
        title="RFC 8949, appendix F: its examples of what is not well-formed",
        checked_by="RFC 8949, appendix F, that they are malformed; the codes by tests/adapters/node",
        cases=[
            rejected(f"encoding-rfc8949-f-{data}", f"RFC 8949, appendix F: {kind}.", data, code)
            for kind, code, data in rows
        ],
    )
