"""Deterministic CBOR as spec/encoding.md narrows it: one strict decoder, one encoder, and nothing lenient between them.

For every byte string b that `decode` accepts, `encode(decode(b)) == b` (ENC-002).
"""

from __future__ import annotations

from typing import Final, TypeAlias

from ..errors import DecodeError

Item: TypeAlias = "int | bytes | str | bool | list[Item] | dict[int, Item]"
"""A data item: unsigned integer, byte string, text string, boolean, array, or map with unsigned integer keys."""

MAX_BYTES: Final = 1 << 26
"""Longest encoding that is read, in bytes (ENC-003)."""
MAX_DEPTH: Final = 16
"""Deepest nesting that is read; the outermost item is at depth 1 (ENC-004)."""
MAX_ITEMS: Final = 1 << 18
"""Most data items in one encoding, map keys and containers included (ENC-005)."""
UINT_MAX: Final = (1 << 64) - 1
"""The largest integer that the encoding holds (ENC-010)."""

_UINT, _BYTES, _TEXT, _ARRAY, _MAP = 0, 2, 3, 4, 5
_FALSE, _TRUE = 0xF4, 0xF5
_ARGUMENT_SIZE = {24: 1, 25: 2, 26: 4, 27: 8}
_LEAST_ARGUMENT = {24: 24, 25: 1 << 8, 26: 1 << 16, 27: 1 << 32}


class _Reader:
    """The bytes, the place in them, and how many items were begun."""

    __slots__ = ("data", "items", "position")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.items = 0

    def fail(self, code: str, message: str, requirement: str, at: int) -> DecodeError:
        return DecodeError(code, message, requirement=requirement, where=f"byte {at}")

    def item(self, depth: int) -> Item:
        """One data item (ENC-020, whose steps are in this order)."""
        at = self.position
        if at >= len(self.data):
            raise self.fail("truncated", "the encoding ends where an item should begin", "ENC-021", at)
        self.items += 1
        if self.items > MAX_ITEMS:
            raise self.fail("too-many-items", f"more than {MAX_ITEMS} items", "ENC-005", at)
        if depth > MAX_DEPTH:
            raise self.fail("too-deep", f"nested deeper than {MAX_DEPTH}", "ENC-004", at)
        initial = self.data[at]
        self.position = at + 1
        if initial in (_FALSE, _TRUE):
            return initial == _TRUE
        major = initial >> 5
        if major not in (_UINT, _BYTES, _TEXT, _ARRAY, _MAP):
            raise self.fail("forbidden-type", f"initial byte 0x{initial:02x} begins no allowed type", "ENC-011", at)
        argument = self.argument(major, initial & 0x1F, at)
        if major == _UINT:
            return argument
        if major == _ARRAY:
            return self.array(argument, depth, at)
        if major == _MAP:
            return self.map(argument, depth, at)
        return self.string(major, argument, at)

    def argument(self, major: int, info: int, at: int) -> int:
        """The number in an item's head: a value, a length or a count (ENC-020, steps 5 to 7)."""
        if info < 24:
            return info
        if info == 31 and major != _UINT:
            raise self.fail("indefinite-length", "an indefinite length", "ENC-012", at)
        if info > 27:
            raise self.fail("reserved-info", f"additional information {info} is reserved", "ENC-013", at)
        end = self.position + _ARGUMENT_SIZE[info]
        if end > len(self.data):
            raise self.fail("truncated", "the encoding ends inside an item's head", "ENC-021", at)
        value = int.from_bytes(self.data[self.position : end])
        if value < _LEAST_ARGUMENT[info]:
            raise self.fail("non-minimal", f"{value} in more bytes than it needs", "ENC-014", at)
        self.position = end
        return value

    def string(self, major: int, length: int, at: int) -> Item:
        end = self.position + length
        if end > len(self.data):
            raise self.fail("truncated", f"a string of {length} bytes goes past the end", "ENC-021", at)
        raw = self.data[self.position : end]
        self.position = end
        if major == _BYTES:
            return raw
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise self.fail("bad-utf8", "a text string is not UTF-8", "ENC-015", at) from None

    def array(self, count: int, depth: int, at: int) -> Item:
        if count > len(self.data) - self.position:
            raise self.fail("truncated", f"an array of {count} items goes past the end", "ENC-021", at)
        return [self.item(depth + 1) for _ in range(count)]

    def map(self, count: int, depth: int, at: int) -> Item:
        if 2 * count > len(self.data) - self.position:
            raise self.fail("truncated", f"a map of {count} pairs goes past the end", "ENC-021", at)
        result: dict[int, Item] = {}
        last = -1
        for _ in range(count):
            key_at = self.position
            if key_at < len(self.data) and self.data[key_at] >> 5 != _UINT:
                raise self.fail("map-key-type", "a map key that is no unsigned integer", "ENC-016", key_at)
            key = self.item(depth + 1)
            assert isinstance(key, int)
            if key == last:
                raise self.fail("duplicate-key", f"map key {key} twice", "ENC-017", key_at)
            if key < last:
                raise self.fail("unsorted-keys", f"map key {key} after {last}", "ENC-018", key_at)
            last = key
            result[key] = self.item(depth + 1)
        return result


def decode(data: bytes) -> Item:
    """The one item that `data` encodes.

    Raises DecodeError with the byte offset for anything that spec/encoding.md does not allow. Takes time and memory in
    proportion to the data, within its limits.
    """
    if len(data) > MAX_BYTES:
        raise DecodeError("too-large", f"{len(data)} bytes, over {MAX_BYTES}", requirement="ENC-003", where="byte 0")
    reader = _Reader(bytes(data))
    item = reader.item(1)
    if reader.position != len(data):
        raise reader.fail("trailing-bytes", "bytes after the item", "ENC-019", reader.position)
    return item


def _head(major: int, argument: int) -> bytes:
    """An item's head in its shortest form (ENC-014)."""
    if argument < 24:
        return bytes([major << 5 | argument])
    for info, size in _ARGUMENT_SIZE.items():
        if argument < 1 << 8 * size:
            return bytes([major << 5 | info]) + argument.to_bytes(size)
    raise ValueError(f"{argument} is over 2^64 - 1")


def _write(item: Item, out: list[bytes]) -> None:
    if isinstance(item, bool):
        out.append(bytes([_TRUE if item else _FALSE]))
    elif isinstance(item, int):
        if item < 0:
            raise ValueError("the encoding holds no negative integers")
        out.append(_head(_UINT, item))
    elif isinstance(item, bytes):
        out += (_head(_BYTES, len(item)), item)
    elif isinstance(item, str):
        raw = item.encode("utf-8")
        out += (_head(_TEXT, len(raw)), raw)
    elif isinstance(item, list):
        out.append(_head(_ARRAY, len(item)))
        for element in item:
            _write(element, out)
    elif isinstance(item, dict):
        out.append(_head(_MAP, len(item)))
        for key in sorted(item):
            if type(key) is not int:  # ENC-016
                raise TypeError("a map's keys are unsigned integers")
            _write(key, out)
            _write(item[key], out)
    else:
        raise TypeError(f"no encoding for {type(item).__name__}")


def encode(item: Item) -> bytes:
    """The one encoding of an item (ENC-001).

    Raises TypeError for a value of a type that the encoding lacks, and ValueError for one out of its range. The limits
    on size, depth and count are the reader's: what exceeds them encodes, and nobody accepts it.
    """
    out: list[bytes] = []
    _write(item, out)
    return b"".join(out)
