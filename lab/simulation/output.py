"""Results as text, CSV and JSON, each with where it comes from and what its columns mean."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

from ... import __version__
from ..soundness.output import decimal
from ..terms import lines
from .run import Result
from .scenario import Adversary
from .summary import LEVEL, Line

SUMMARY: Final[dict[str, tuple[str, str]]] = {
    "point": ("number", "which point of the sweep, from 0"),
    "adversary": ("name", "strategy"),
    "runs": ("runs", "independent runs, each with its twin"),
    "epochs": ("epochs", "epochs of a run"),
    "accounts": ("accounts", "worker accounts of the adversary; of a requester without any, 1"),
    "profit": (
        "dues per worker-epoch",
        "what it has more than before: payouts and gains, less slashes and costs; mean",
    ),
    "twin": ("dues per worker-epoch", "the same of the same accounts behaving honestly, same seed; mean over runs"),
    "difference": ("dues per worker-epoch", "profit less twin, mean of the differences of each run and its twin"),
    "low": ("dues per worker-epoch", f"lower end of the {LEVEL} % confidence interval of the difference"),
    "high": ("dues per worker-epoch", "upper end of it"),
    "verdict": ("word", "loses: high < 0; wins: low > 0; else undecided"),
    "caught": ("share", "of its false claims: refuted, or ended in certified silence; empty: it made none"),
    "harm": (
        "dues per worker-epoch",
        "what everybody else has less than beside the twin, false results' worth left out; below 0: they have more",
    ),
    "break_even_stake": (
        "dues",
        "least stake behind each unit that deters it, by the closed forms of soundness, for the standard rule;"
        " empty: there is no closed form",
    ),
    "break_even_samples": ("segments", "least samples that deter it at the stake there is, by the closed forms"),
    "break_even_quorum": ("replicas", "least quorum that deters it at the stake there is, by the closed forms"),
    "found_stake": (
        "dues",
        "the same stake found by simulation, to 2 %: mean difference not above 0; 0: it loses without any;"
        " empty: not looked for (--break-even), or not reached",
    ),
    "found_samples": ("segments", "the same samples found by simulation"),
    "found_quorum": ("replicas", "the same quorum found by simulation"),
}
ROWS: Final[dict[str, tuple[str, str]]] = {
    "point": ("number", "which point of the sweep, from 0"),
    "twin": ("0 or 1", "1: the accounts behaved honestly"),
    "run": ("number", "which run, from 0"),
    "epoch": ("number", "which epoch of the run, from 0"),
    "party": ("name", "strategy"),
    "accounts": ("accounts", "worker accounts of the party"),
    "claims": ("claims", "places that its accounts held"),
    "bad": ("claims", "of these, false: with a bad segment or more, or with a commitment that can't be opened"),
    "refuted": ("claims", "of these, refuted"),
    "silent": ("claims", "of these, that ended in certified silence"),
    "paid": ("base units", "payouts of all reasons, refunds included, less what its own units' escrows took"),
    "slashed": ("base units", "taken of its stakes"),
    "spent": ("base units", "costs of executing, checking and disputing"),
    "gained": ("base units", "what accepted false results were worth to it"),
    "others": ("base units", "what all other accounts have more than before: payouts less slashes, costs and escrows"),
    "profit": ("base units", "paid + gained - slashed - spent"),
}


def provenance(result: Result) -> dict[str, Any]:
    """What the figures follow from: nothing else goes into them."""
    scenario = result.scenario
    return {
        "version": __version__,
        "scenario": scenario.name,
        "parameters": scenario.hash(f"{result.rule} {result.rule_hash}"),
        "rule": result.rule,
        "rule_hash": result.rule_hash,
        "verification": "executed" if result.real else "by the soundness formulas",
        "seed": scenario.seed,
        "runs": scenario.runs,
        "epochs": scenario.epochs,
        "points": [dict(point.settings) for point in scenario.points],
        "due": [
            {adversary.name: str(adversary.terms.unit.due) for adversary in point.adversaries}
            for point in scenario.points
        ],
    }


def summary_rows(result: Result) -> Iterator[dict[str, Any]]:
    """The summary as rows, by the columns of SUMMARY."""
    for line in result.lines:
        yield {
            "point": line.point,
            "adversary": line.adversary,
            "runs": line.runs,
            "epochs": line.epochs,
            "accounts": line.accounts,
            "profit": _number(line.profit),
            "twin": _number(line.twin),
            "difference": _number(line.difference),
            "low": _number(line.low),
            "high": _number(line.high),
            "verdict": line.verdict,
            "caught": None if line.refuted is None else _number(line.refuted),
            "harm": _number(line.harm),
            "break_even_stake": None if line.break_even_stake is None else decimal(line.break_even_stake),
            "break_even_samples": line.break_even_samples,
            "break_even_quorum": line.break_even_quorum,
            "found_stake": None if line.found is None or line.found.stake is None else decimal(line.found.stake, 3),
            "found_samples": None if line.found is None else line.found.samples,
            "found_quorum": None if line.found is None else line.found.quorum,
        }


def _number(value: float) -> float | None:
    return None if value in (float("inf"), float("-inf")) else float(f"{value:.9g}")


def rows(result: Result) -> Iterator[dict[str, Any]]:
    """Every row of every run, by the columns of ROWS."""
    for pair in result.pairs:
        for twin, made in ((0, pair.own), (1, pair.twin)):
            for row in made:
                yield {"point": pair.point, "twin": twin, **row._asdict(), "profit": row.profit}


def _csv(result: Result, columns: dict[str, tuple[str, str]], made: Iterator[dict[str, Any]]) -> str:
    out = io.StringIO()
    for name, value in provenance(result).items():
        out.write(f"# {name}: {value if isinstance(value, str) else json.dumps(value)}\n")
    for name, (unit, meaning) in columns.items():
        out.write(f"# column {name} [{unit}]: {meaning}\n")
    writer = csv.DictWriter(out, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(made)
    return out.getvalue()


def summary_csv(result: Result) -> str:
    """The summary as CSV; lines that begin with # are provenance and data dictionary."""
    return _csv(result, SUMMARY, summary_rows(result))


def rows_csv(result: Result) -> str:
    """All rows as CSV."""
    return _csv(result, ROWS, rows(result))


def _parameters(adversary: Adversary) -> dict[str, Any]:
    """All that an adversary's figures follow from, beside seed, runs and rule: its own, and its terms, exactly."""
    party = adversary.party
    own = {name: value for name, value in party._asdict().items() if name not in ("strategy", "label")}
    return {
        "name": party.name,
        "strategy": party.strategy.name,
        **own,
        "stake": None if party.stake is None else str(party.stake),
        "epochs": adversary.epochs,
        "terms": lines(adversary.terms),
    }


def to_json(result: Result, *, all_rows: bool) -> dict[str, Any]:
    """Everything as JSON; base units are decimal strings, as everywhere."""
    made: dict[str, Any] = {
        "provenance": provenance(result),
        "dictionary": {
            "summary": {name: {"unit": unit, "meaning": meaning} for name, (unit, meaning) in SUMMARY.items()}
        },
        "parameters": [[_parameters(adversary) for adversary in point.adversaries] for point in result.scenario.points],
        "summary": list(summary_rows(result)),
    }
    if all_rows:
        units = {name for name, (unit, _) in ROWS.items() if unit == "base units"}
        made["dictionary"]["rows"] = {
            name: {"unit": unit, "meaning": meaning} for name, (unit, meaning) in ROWS.items()
        }
        made["rows"] = [
            {name: str(value) if name in units else value for name, value in row.items()} for row in rows(result)
        ]
    return made


def text(result: Result) -> str:
    """The tables for people."""
    scenario = result.scenario
    out = [scenario.title or scenario.name] if scenario.title or scenario.name else []
    out.append(
        f"{scenario.runs} runs, each beside its honest twin; rule {result.rule}, seed {scenario.seed};"
        f" profits in dues per worker-epoch, {LEVEL} % intervals"
    )
    for number, point in enumerate(scenario.points):
        lines = [line for line in result.lines if line.point == number]
        if point.settings:
            out += ["", ", ".join(f"{key} = {value}" for key, value in point.settings)]
        out += ["", _row("adversary", "epochs", "profit", "twin", "difference", "interval", "caught", "harm")]
        out += [_told(line) for line in lines]
        least = list(_break_even(lines))
        out += ["", *least] if least else []
    return "\n".join(out)


def _told(line: Line) -> str:
    row = _row(
        line.adversary,
        str(line.epochs),
        f"{line.profit:.4g}",
        f"{line.twin:.4g}",
        f"{line.difference:.4g}",
        f"{line.low:.4g} .. {line.high:.4g}",
        "" if line.refuted is None else f"{line.refuted:.1%}",
        f"{line.harm:.3g}",
    )
    return f"{row}  {line.verdict if line.verdict == 'loses' else line.verdict.upper()}"


def _row(name: str, *cells: str) -> str:
    widths = (6, 9, 9, 10, 22, 7, 8)
    return name.ljust(11) + " ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))


def _break_even(lines: list[Line]) -> Iterator[str]:
    """The least stake, samples and quorum that deter, by closed forms and, if they were looked for, by simulation."""
    found = any(line.found is not None for line in lines)
    if not found and all(line.break_even_samples is None and line.break_even_stake is None for line in lines):
        return
    yield "The least that deters: stake in dues behind each unit, samples, quorum"
    yield _least("", "by closed forms", "", "", *(("by simulation", "", "") if found else ()))
    yield _least("adversary", "stake", "samples", "quorum", *(("stake", "samples", "quorum") if found else ()))
    for line in lines:
        cells = [
            _cell(line.break_even_stake),
            _cell(line.break_even_samples),
            _cell(line.break_even_quorum),
        ]
        if line.found is not None:
            cells += map(_cell, line.found)
        if any(cell != "-" for cell in cells):
            yield _least(line.adversary, *cells)


def _least(name: str, *cells: str) -> str:
    return (name.ljust(11) + " ".join(cell.rjust(15 if at % 3 == 0 else 8) for at, cell in enumerate(cells))).rstrip()


def _cell(value: Fraction | int | None) -> str:
    return "-" if value is None else decimal(Fraction(value), 3)
