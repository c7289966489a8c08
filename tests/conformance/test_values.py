from typing import Any

import pytest

from tracework.conformance.values import number, octets, render


@pytest.mark.parametrize("text", ["", "-1", "+1", "01", "1.0", "1e3", " 1", "\u0661", "0x10", 5, None, True])
def test_numbers_have_one_spelling(text: Any) -> None:
    with pytest.raises(ValueError):
        number(text)


@pytest.mark.parametrize("text", ["0", "f", "FF", "0 0", "zz", 5, None, ["00"], {"repeat": "00"}, {"mod251": "-1"}])
def test_bytes_have_one_spelling(text: Any) -> None:
    with pytest.raises(ValueError):
        octets(text)


def test_recipes_nest() -> None:
    assert octets({"concat": ["a1", {"repeat": {"concat": ["00", "01"]}, "times": "2"}, ""]}) == b"\xa1\x00\x01\x00\x01"
    assert octets({"mod251": "252"}) == bytes(range(251)) + b"\x00"


@pytest.mark.parametrize("value", [1.5, None, {1: "x"}, object()])
def test_values_without_a_spelling_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        render(value)


def test_rendering_goes_all_the_way_down() -> None:
    assert render({"a": [1, True, b"\x01", {"b": (2, "x")}]}) == {"a": ["1", True, "01", {"b": ["2", "x"]}]}
