"""The report as text and as JSON."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..terms import Terms, lines
from . import tables
from .tables import Row, report, slash


def decimal(value: Fraction, digits: int = 6) -> str:
    """A number with so many significant digits, rounded half up in integers: `0.9375`, `1.5e-12`.

    >>> decimal(Fraction(15, 16)), decimal(Fraction(1, 3)), decimal(Fraction(1, 10**9)), decimal(Fraction(400))
    ('0.9375', '0.333333', '1e-9', '400')
    """
    if value == 0:
        return "0"
    sign, value = ("-", -value) if value < 0 else ("", value)
    exponent = len(str(value.numerator)) - len(str(value.denominator))
    if value < Fraction(10) ** exponent:
        exponent -= 1
    scaled = value / Fraction(10) ** (exponent - digits + 1)
    whole = int(scaled + Fraction(1, 2))
    if whole == 10**digits:
        whole, exponent = whole // 10, exponent + 1
    shown = str(whole)
    if -5 <= exponent < digits:
        if exponent < 0:
            text = "0." + "0" * (-exponent - 1) + shown
        else:
            text = shown[: exponent + 1] + "." + shown[exponent + 1 :]
        return sign + text.rstrip("0").rstrip(".")
    if 0 <= exponent < 15:
        return sign + str(int(value + Fraction(1, 2)))
    return sign + f"{shown[0]}.{shown[1:]}".rstrip("0").rstrip(".") + f"e{exponent}"


def text(terms: Terms) -> str:
    """The report for people: a table a group."""
    rows = report(terms)
    width = max(len(row.name) for row in rows)
    out: list[str] = []
    for group, title in tables.TITLES.items():
        own = [row for row in rows if row.group == group]
        if not own:
            continue
        out += ["", title] if out else [title]
        out += [f"  {row.name.ljust(width)}  {_value(row).rjust(12)}  {row.meaning}{_told(row)}" for row in own]
        if group == "stake":
            told = f"an offence costs {decimal(slash(terms))} dues; a gain is counted as had even if it is caught"
            out.append(f"  {'(under these terms)'.ljust(width)}  {'':12}  {told}")
    return "\n".join(out)


def _value(row: Row) -> str:
    return "none" if row.value is None else decimal(row.value)


def _told(row: Row) -> str:
    return "" if row.holds is None else " [holds]" if row.holds else " [NOT REACHED]"


def to_json(terms: Terms) -> dict[str, Any]:
    """The report for programs: every value as an exact fraction and as a decimal."""
    return {
        "parameters": lines(terms),
        "slash": {"fraction": str(slash(terms)), "decimal": decimal(slash(terms))},
        "rows": [
            {
                "group": row.group,
                "name": row.name,
                **({} if row.value is None else {"fraction": str(row.value), "decimal": decimal(row.value, 12)}),
                "meaning": row.meaning,
                **({} if row.holds is None else {"holds": row.holds}),
            }
            for row in report(terms)
        ],
    }
