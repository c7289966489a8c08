"""Record types: one declaration of fields gives a type's checks, its encoding and its decoding (spec/encoding.md).

    @record(kind="tracework/example")
    class Example(Record):
        name: str = keyed(2, Text(32))
        size: int | None = keyed(3, Uint(), default=None)

`Example(name=…)` checks its fields; `encode_object(x)` and `decode_object(Example, data)` are each other's inverse.
A record's own `validate` holds what concerns several fields; it runs after all schema checks (ENC-033).
"""

# ruff: noqa: D102  (the codecs' methods are documented once, in Codec)
from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar, dataclass_transform

from ..errors import SchemaError
from . import cbor
from .cbor import UINT_MAX, Item

VERSION = 1
"""The version that key 1 of every object names (CNV-010)."""
AMOUNT_BYTES = 12
"""Longest amount in bytes (ENC-031)."""
AMOUNT_MAX = (1 << 8 * AMOUNT_BYTES) - 1
"""The largest amount, in base units (ENC-031)."""

T = TypeVar("T")


def _fail(code: str, message: str, where: str, requirement: str = "ENC-030") -> SchemaError:
    return SchemaError(code, message, requirement=requirement, where=where)


class Codec(Protocol[T]):
    """How one field's value becomes a data item and back."""

    def check(self, item: object, where: str) -> None:
        """Raise SchemaError unless `item` is of this shape; `where` is the place that the error names."""

    def build(self, item: Any) -> T:
        """The value of an item that `check` passed; may raise SemanticError from a record's `validate`."""

    def unbuild(self, value: T) -> Item:
        """The item that stands for a value; the inverse of `build`."""


class _Plain(Generic[T]):
    """A codec whose values are their own items."""

    def build(self, item: T) -> T:
        return item

    def unbuild(self, value: T) -> T:
        return value


@dataclass(frozen=True, slots=True)
class Uint(_Plain[int]):
    """An unsigned integer in a range, both ends included."""

    least: int = 0
    most: int = UINT_MAX

    def check(self, item: object, where: str) -> None:
        if not isinstance(item, int) or isinstance(item, bool):
            raise _fail("wrong-type", "not an unsigned integer", where)
        if not self.least <= item <= self.most:
            raise _fail("out-of-range", f"{item} is not in {self.least}..{self.most}", where)


@dataclass(frozen=True, slots=True)
class Enumeration:
    """An unsigned integer that is a member of an IntEnum."""

    members: type[IntEnum]

    def check(self, item: object, where: str) -> None:
        if not isinstance(item, int) or isinstance(item, bool):
            raise _fail("wrong-type", "not an unsigned integer", where)
        if item not in {member.value for member in self.members}:
            raise _fail("out-of-range", f"{item} is no {self.members.__name__.lower()}", where)

    def build(self, item: int) -> IntEnum:
        return self.members(item)

    def unbuild(self, value: IntEnum) -> int:
        return int(value)


@dataclass(frozen=True, slots=True)
class Bytes(_Plain[bytes]):
    """A byte string of `least` to `most` bytes, its length a multiple of `multiple`."""

    least: int
    most: int | None = None
    multiple: int = 1

    def check(self, item: object, where: str) -> None:
        if not isinstance(item, bytes):
            raise _fail("wrong-type", "not a byte string", where)
        most = self.least if self.most is None else self.most
        if not self.least <= len(item) <= most or len(item) % self.multiple:
            raise _fail("wrong-length", f"{len(item)} bytes, not {self._lengths(most)}", where)

    def _lengths(self, most: int) -> str:
        span = str(most) if most == self.least else f"{self.least}..{most}"
        return span if self.multiple == 1 else f"{span} in multiples of {self.multiple}"


@dataclass(frozen=True, slots=True)
class Text(_Plain[str]):
    """A text string of 1 to `most` bytes of UTF-8 whose whole matches `pattern`."""

    most: int
    pattern: str = r"[\x20-\x7e]+"

    def check(self, item: object, where: str) -> None:
        if not isinstance(item, str):
            raise _fail("wrong-type", "not a text string", where)
        if not 1 <= len(item.encode("utf-8", "surrogatepass")) <= self.most:
            raise _fail("wrong-length", f"not 1..{self.most} bytes of text", where)
        if not re.fullmatch(self.pattern, item):
            raise _fail("bad-form", f"not of the form {self.pattern}", where)


@dataclass(frozen=True, slots=True)
class Amount:
    """A count of base units: an integer here, a minimal big-endian byte string in the encoding (ENC-031)."""

    positive: bool = False
    """Not zero, whose encoding is the empty string."""

    def check(self, item: object, where: str) -> None:
        if not isinstance(item, bytes):
            raise _fail("wrong-type", "not a byte string", where)
        if not self.positive <= len(item) <= AMOUNT_BYTES:
            raise _fail(
                "wrong-length", f"an amount of {len(item)} bytes, not {int(self.positive)}..{AMOUNT_BYTES}", where
            )
        if item[:1] == b"\0":
            raise _fail("bad-form", "an amount with a leading zero byte", where, "ENC-031")

    def build(self, item: bytes) -> int:
        return int.from_bytes(item)

    def unbuild(self, value: int) -> bytes:
        return value.to_bytes((value.bit_length() + 7) // 8)


@dataclass(frozen=True, slots=True)
class ArrayOf(Generic[T]):
    """An array of `least` to `most` elements of one codec; a tuple as a value."""

    element: Codec[T]
    most: int
    least: int = 0

    def check(self, item: object, where: str) -> None:
        if not isinstance(item, list):
            raise _fail("wrong-type", "not an array", where)
        if not self.least <= len(item) <= self.most:
            raise _fail("wrong-length", f"{len(item)} elements, not {self.least}..{self.most}", where)
        for index, element in enumerate(item):
            self.element.check(element, f"{where}[{index}]")

    def build(self, item: list[Any]) -> tuple[T, ...]:
        return tuple(self.element.build(element) for element in item)

    def unbuild(self, value: tuple[T, ...]) -> list[Item]:
        return [self.element.unbuild(element) for element in value]


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is declared of one field."""

    name: str
    key: int
    codec: Codec[Any]
    optional: bool


_REQUIRED: Any = object()


def keyed(key: int, codec: Codec[Any], *, default: Any = _REQUIRED) -> Any:
    """Declare a record's field: its map key, its codec; with `default=None` it is optional (ENC-032)."""
    metadata = {"key": key, "codec": codec}
    if default is _REQUIRED:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


class Record:
    """Base of all record types: immutable, checked when made."""

    __slots__ = ()
    KIND: ClassVar[str | None] = None
    """The text at key 0 of an object that travels alone; None for a record inside another."""
    ENTRIES: ClassVar[tuple[_Entry, ...]] = ()

    def __post_init__(self) -> None:
        """Check the fields one by one, then together.

        Raises SchemaError for a value of the wrong shape, SemanticError for fields that contradict one another.
        """
        for field in self.ENTRIES:
            value = getattr(self, field.name)
            if value is None and field.optional:
                continue
            where = f"{_label(type(self))}.{field.name}"
            try:
                item = field.codec.unbuild(value)
            except (AttributeError, OverflowError, TypeError, ValueError):
                raise _fail("wrong-type", f"{type(value).__name__} is not a value for this field", where) from None
            field.codec.check(item, where)
        self.validate()

    def validate(self) -> None:
        """Raise SemanticError if fields that are right one by one don't fit together."""

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, checked anew."""
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]  # `record` makes dataclasses of its subclasses


def _label(cls: type[Record]) -> str:
    return (cls.KIND or cls.__name__).rpartition("/")[2].lower()


R = TypeVar("R", bound=Record)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(keyed,))
def record(kind: str | None = None) -> Callable[[type[R]], type[R]]:
    """Make a frozen, slotted, keyword-only record type of a class whose fields are declared with `keyed`."""

    def decorate(cls: type[R]) -> type[R]:
        made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        made.KIND = kind
        entries = [
            _Entry(
                field.name,
                field.metadata["key"],
                field.metadata["codec"],
                field.default is not dataclasses.MISSING,
            )
            for field in dataclasses.fields(made)  # type: ignore[arg-type]  # a dataclass, by the line above
        ]
        made.ENTRIES = tuple(sorted(entries, key=lambda field: field.key))
        keys = [field.key for field in made.ENTRIES]
        assert len(set(keys)) == len(keys) and (kind is None or min(keys, default=2) >= 2), made
        return made

    return decorate


@dataclass(frozen=True, slots=True)
class Nested(Generic[R]):
    """A record as a field's value, or, with a kind, a whole object inside another."""

    cls: type[R]

    def check(self, item: object, where: str) -> None:
        """Raise the SchemaError that ENC-030's order finds first."""
        if not isinstance(item, dict):
            raise _fail("wrong-type", "not a map", where)
        known = {field.key for field in self.cls.ENTRIES}
        if self.cls.KIND is not None:
            _check_kind(item, self.cls.KIND, where)
            known |= {0, 1}
        for key in item:
            if key not in known:
                raise _fail("unknown-field", f"unknown key {key}", where)
        for field in self.cls.ENTRIES:
            if not field.optional and field.key not in item:
                raise _fail("missing-field", f"key {field.key} is missing", f"{where}.{field.name}")
        for field in self.cls.ENTRIES:
            if field.key in item:
                field.codec.check(item[field.key], f"{where}.{field.name}")

    def build(self, item: dict[int, Any]) -> R:
        made = object.__new__(self.cls)
        for field in self.cls.ENTRIES:
            value = field.codec.build(item[field.key]) if field.key in item else None
            object.__setattr__(made, field.name, value)
        made.validate()
        return made

    def unbuild(self, value: R) -> Item:
        if not isinstance(value, self.cls):
            raise TypeError
        return to_item(value)


def _check_kind(item: dict[Any, Any], kind: str, where: str) -> None:
    for key, expected, code in ((0, kind, "unknown-kind"), (1, VERSION, "unsupported-version")):
        if key not in item:
            raise _fail("missing-field", f"key {key} is missing", where)
        if type(item[key]) is not type(expected) or item[key] != expected:
            of_version = key == 1 and isinstance(item[key], int)
            found = f"it is of version {item[key]}, and known is" if of_version else f"key {key} is not"
            raise _fail(code, f"{found} {expected!r}", where)


def to_item(value: Record) -> dict[int, Item]:
    """The map that stands for a record."""
    item: dict[int, Item] = {} if value.KIND is None else {0: value.KIND, 1: VERSION}
    for field in value.ENTRIES:
        content = getattr(value, field.name)
        if content is not None:
            item[field.key] = field.codec.unbuild(content)
    return item


def encode_object(value: Record) -> bytes:
    """The one encoding of a record."""
    return cbor.encode(to_item(value))


def decode_item(cls: type[R], item: Item) -> R:
    """The record that a decoded item stands for.

    Raises SchemaError, then SemanticError, in the order of ENC-030 and ENC-033.
    """
    codec = Nested(cls)
    codec.check(item, _label(cls))
    assert isinstance(item, dict)
    return codec.build(item)


def decode_object(cls: type[R], data: bytes) -> R:
    """The record that `data` encodes. Raises DecodeError, SchemaError or SemanticError, in this order."""
    return decode_item(cls, cbor.decode(data))


def kind_of(item: Item) -> str | None:
    """The kind that a decoded object names at key 0, or None if it names none."""
    kind = item.get(0) if isinstance(item, dict) else None
    return kind if isinstance(kind, str) else None
