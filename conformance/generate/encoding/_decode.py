"""What the files of `encoding.decode` share: cases from hexadecimal digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....protocol.encoding import cbor
from ....protocol.errors import CODES
from ...operations.encoding import describe
from .. import Case, invalid, valid

CHECKED_BY = "the JavaScript decoder of tests/adapters/node, written from spec/ alone; cbor2 for the accepted ones"

REQUIREMENTS: Mapping[str, str] = {
    "too-large": "ENC-003",
    "too-deep": "ENC-004",
    "too-many-items": "ENC-005",
    "forbidden-type": "ENC-011",
    "indefinite-length": "ENC-012",
    "reserved-info": "ENC-013",
    "non-minimal": "ENC-014",
    "bad-utf8": "ENC-015",
    "map-key-type": "ENC-016",
    "duplicate-key": "ENC-017",
    "unsorted-keys": "ENC-018",
    "trailing-bytes": "ENC-019",
    "truncated": "ENC-021",
}
"""Code of a decoder to the requirement that it stands for."""

FLAGS: Mapping[str, str] = {
    "forbidden-type": "OutsideProfile",
    "indefinite-length": "NonCanonical",
    "reserved-info": "OutsideProfile",
    "non-minimal": "NonCanonical",
    "map-key-type": "OutsideProfile",
    "duplicate-key": "NonCanonical",
    "unsorted-keys": "NonCanonical",
    "trailing-bytes": "TrailingBytes",
    "truncated": "Truncated",
    "too-large": "ResourceLimit",
    "too-deep": "ResourceLimit",
    "too-many-items": "ResourceLimit",
}


def accepted(identity: str, comment: str, data: str, req: Sequence[str] = ("ENC-002",)) -> Case:
    """A case of bytes that decode; the item is what our decoder makes of them."""
    item = cbor.decode(bytes.fromhex(data))
    return valid(identity, comment, req, {"data": data}, {"item": describe(item)})


def rejected(identity: str, comment: str, data: Any, code: str, flags: Sequence[str] = ()) -> Case:
    """A case of bytes that must not decode."""
    flag = [*flags, FLAGS[code]] if code in FLAGS else list(flags)
    return invalid(
        identity, comment, [REQUIREMENTS[code], "ENC-020"], {"data": data}, f"{CODES[code]}/{code}", flags=flag
    )
