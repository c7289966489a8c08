"""Record types: their encoding follows from their declaration, and nothing of the wrong shape gets in."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracework.protocol.encoding import cbor
from tracework.protocol.encoding.schema import (
    AMOUNT_MAX,
    Amount,
    ArrayOf,
    Bytes,
    Enumeration,
    Nested,
    Record,
    Text,
    Uint,
    decode_object,
    encode_object,
    keyed,
    kind_of,
    record,
)
from tracework.protocol.errors import SchemaError, SemanticError


class Colour(IntEnum):
    RED = 1
    BLUE = 3


@record()
class Inner(Record):
    low: int = keyed(0, Uint(0, 10))
    high: int = keyed(1, Uint(0, 10))

    def validate(self) -> None:
        if self.low > self.high:
            raise SemanticError("index-order", "low is above high", requirement="ENC-033")


@record(kind="tracework/outer")
class Outer(Record):
    name: str = keyed(2, Text(8, "[a-z]+"))
    data: bytes = keyed(3, Bytes(0, 8, multiple=2))
    amount: int = keyed(4, Amount())
    colour: Colour = keyed(5, Enumeration(Colour))
    inner: tuple[Inner, ...] = keyed(6, ArrayOf(Nested(Inner), 3, least=1))
    flag: int | None = keyed(7, Uint(0, 1), default=None)


def outer(**fields: Any) -> Outer:
    values: dict[str, Any] = {
        "name": "abc",
        "data": b"xy",
        "amount": 256,
        "colour": Colour.BLUE,
        "inner": (Inner(low=1, high=2),),
    }
    return Outer(**(values | fields))


OUTERS = st.builds(
    outer,
    name=st.text("abcxyz", min_size=1, max_size=8),
    data=st.binary(max_size=4).map(lambda half: half + half),
    amount=st.integers(0, AMOUNT_MAX),
    colour=st.sampled_from(Colour),
    inner=st.lists(
        st.tuples(st.integers(0, 10), st.integers(0, 10)).map(lambda p: Inner(low=min(p), high=max(p))),
        min_size=1,
        max_size=3,
    ).map(tuple),
    flag=st.none() | st.integers(0, 1),
)


@given(OUTERS)
def test_decoding_undoes_encoding(value: Outer) -> None:
    data = encode_object(value)
    assert decode_object(Outer, data) == value
    assert encode_object(decode_object(Outer, data)) == data
    assert kind_of(cbor.decode(data)) == "tracework/outer"


def code_of(change: Any) -> str:
    item: Any = cbor.decode(encode_object(outer()))
    change(item)
    with pytest.raises((SchemaError, SemanticError)) as caught:
        decode_object(Outer, cbor.encode(item))
    return f"{caught.value.stage}/{caught.value.code} {caught.value.where}".strip()


def put(key: int, content: Any) -> Any:
    return lambda item: item.update({key: content})


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (put(0, "tracework/other"), "schema/unknown-kind outer"),
        (put(1, 2), "schema/unsupported-version outer"),
        (put(1, True), "schema/unsupported-version outer"),
        (lambda item: item.pop(0), "schema/missing-field outer"),
        (put(8, 0), "schema/unknown-field outer"),
        (lambda item: item.pop(3), "schema/missing-field outer.data"),
        (put(2, b"abc"), "schema/wrong-type outer.name"),
        (put(2, ""), "schema/wrong-length outer.name"),
        (put(2, "abc\n"), "schema/bad-form outer.name"),
        (put(3, b"x"), "schema/wrong-length outer.data"),
        (put(4, b"\0"), "schema/bad-form outer.amount"),
        (put(4, bytes([1]) * 13), "schema/wrong-length outer.amount"),
        (put(5, 2), "schema/out-of-range outer.colour"),
        (put(5, True), "schema/wrong-type outer.colour"),
        (put(6, []), "schema/wrong-length outer.inner"),
        (put(6, [{0: 1, 1: 11}]), "schema/out-of-range outer.inner[0].high"),
        (put(6, [{0: 2, 1: 1}]), "semantic/index-order"),
        (put(7, True), "schema/wrong-type outer.flag"),
    ],
)
def test_each_wrong_shape_has_its_code_and_place(change: Any, outcome: str) -> None:
    assert code_of(change) == outcome


def test_schema_faults_come_before_semantic_ones() -> None:
    def both(item: Any) -> None:
        item[6] = [{0: 2, 1: 1}]
        item[7] = True

    assert code_of(both) == "schema/wrong-type outer.flag"


def test_unknown_fields_come_before_missing_ones_and_the_least_is_named() -> None:
    def both(item: Any) -> None:
        del item[3]
        item[30], item[9] = 0, 0

    assert code_of(both) == "schema/unknown-field outer"


@pytest.mark.parametrize(
    "fields",
    [
        {"name": 5},
        {"amount": -1},
        {"amount": AMOUNT_MAX + 1},
        {"amount": "5"},
        {"data": "xy"},
        {"inner": ()},
        {"inner": (5,)},
        {"inner": 5},
        {"colour": 2},
        {"flag": True},
        {"name": None},
    ],
)
def test_no_record_can_be_built_wrong(fields: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        outer(**fields)


def test_records_are_frozen_and_replaced_with_checks() -> None:
    value = outer()
    with pytest.raises(AttributeError):
        value.name = "x"  # type: ignore[misc]  # it has to be refused when it runs, too
    assert value.replace(name="new").name == "new"
    with pytest.raises(SchemaError):
        value.replace(name="NEW")
    with pytest.raises(SemanticError):
        Inner(low=2, high=1)
