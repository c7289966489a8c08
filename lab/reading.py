"""Reads TOML strictly: every key is asked for by name, exact decimals, errors that name the place."""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from fractions import Fraction
from typing import Any, Final

from .errors import LabError

MAX_TEXT: Final = 1 << 20
"""Most characters of a file."""
_DECIMAL = re.compile(r"[+-]?\d[\d_]{0,29}(\.[\d_]{1,30})?([eE][+-]?\d{1,2})?")


def _exact(text: str) -> Fraction:
    """A TOML float as the fraction that it spells."""
    if not _DECIMAL.fullmatch(text):
        raise LabError("", f"{text} is no number that can be computed with exactly")
    return Fraction(text.replace("_", ""))


def parse(text: str, name: str) -> Section:
    """A TOML document; `name` is what errors call it. Raises LabError."""
    if len(text) > MAX_TEXT:
        raise LabError(name, f"longer than {MAX_TEXT} characters")
    try:
        return Section(tomllib.loads(text, parse_float=_exact), name)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise LabError(name, f"no TOML: {error}") from None
    except LabError as error:
        raise LabError(name, error.message) from None


class Section:
    """A table of a TOML document, and what of it was asked for."""

    def __init__(self, table: dict[str, Any], where: str) -> None:
        self.table = table
        self.where = where
        self.asked: set[str] = set()

    def place(self, key: str) -> str:
        """What errors call a key: `scenario.toml, unit.segments`."""
        return f"{self.where}.{key}" if ", " in self.where else f"{self.where}, {key}"

    def fail(self, key: str, message: str) -> LabError:
        """An error at a key."""
        return LabError(self.place(key), message)

    def _take(self, key: str, default: Any) -> Any:
        self.asked.add(key)
        value = self.table.get(key, default)
        if value is None:
            raise self.fail(key, "is missing")
        return value

    def section(self, key: str) -> Section:
        """A table inside; an empty one if it is absent."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise self.fail(key, "is no table")
        return Section(value, self.place(key))

    def sections(self, key: str) -> list[Section]:
        """An array of tables; empty if it is absent."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.fail(key, f"is no array of tables; each begins with [[{key}]]")
        return [Section(item, self.place(f"{key}[{number}]")) for number, item in enumerate(value)]

    def integer(self, key: str, default: int | None = None, least: int = 0, most: int = 1 << 40) -> int:
        """A whole number in a range."""
        value = self._take(key, default)
        if type(value) is not int:
            raise self.fail(key, f"{_shown(value)} is no whole number")
        if not least <= value <= most:
            raise self.fail(key, f"{value} is not from {least} to {most}")
        return value

    def fraction(self, key: str, default: Fraction | int | None = None, least: int = 0, most: int = 10**12) -> Fraction:
        """A number in a range, exact: `0.25`, `1`, or `"1/3"`."""
        value = self._take(key, default)
        if isinstance(value, str) and re.fullmatch(r"\d{1,30}/0*[1-9]\d{0,29}", value):
            value = Fraction(value)
        if isinstance(value, bool) or not isinstance(value, int | Fraction):
            raise self.fail(key, f'{_shown(value)} is no number like 0.25, 3 or "1/3"')
        if not least <= value <= most:
            raise self.fail(key, f"{_shown(value)} is not from {least} to {most}")
        return Fraction(value)

    def text(self, key: str, default: str | None = None, among: tuple[str, ...] = ()) -> str:
        """A text, perhaps one of several."""
        value = self._take(key, default)
        if not isinstance(value, str):
            raise self.fail(key, f"{_shown(value)} is no text")
        if among and value not in among:
            raise self.fail(key, f"there is no {value!r}{_meant(value, among)}; there are {', '.join(among)}")
        return value

    def has(self, key: str) -> bool:
        """Whether a key is there."""
        return key in self.table

    def done(self) -> None:
        """Raise LabError for a key that nobody asked for."""
        for key in self.table:
            if key not in self.asked:
                raise self.fail(key, f"is no key that is known here{_meant(key, tuple(self.asked))}")


def _meant(word: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(word, known, 1)
    return f"; {close[0]!r} is" if close else ""


def _shown(value: Any) -> str:
    return str(float(value)) if isinstance(value, Fraction) else repr(value)[:60]
