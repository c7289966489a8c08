"""Verdicts as people and programs read them, and the exit code that goes with each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum, IntEnum
from typing import Any, Final

from ..protocol.machine.state import Status
from ..verifier.verdict import Check, Evidence, Outcome, Statement, Verdict
from . import exits
from .console import bad, count, faint, good, printable, say, table, unsure
from .views import ending, octets, status_name

NO_NAMES: Final[Mapping[bytes, object]] = {}
"""Files are named by their hashes."""
MANY = 4
"""Checks for one requirement that passed are listed one by one up to this number."""


def exit_code(verdict: Verdict) -> int:
    """1 for what is invalid or refuted, 0 for what is valid or accepted, 3 for what is incomplete."""
    if verdict.claim is Outcome.REFUTED or verdict.evidence is Evidence.INVALID:
        return exits.BAD
    return exits.OPEN if verdict.evidence is Evidence.INCOMPLETE else exits.GOOD


def as_dict(verdict: Verdict) -> dict[str, Any]:
    """A verdict for JSON: absent values are left out, statuses and outcomes are names."""
    said: dict[str, Any] = {}
    for field in fields(verdict):
        value = getattr(verdict, field.name)
        if value is None or value == "" or (value == () and field.name != "checks"):
            continue
        said[field.name] = _plain(value)
    if verdict.statement is not None:
        said["statement"]["text"] = str(verdict.statement)
    return said


def _plain(value: Any) -> Any:
    """A value in terms of dicts, lists, integers, bytes and texts."""
    if isinstance(value, Status):
        return status_name(value)
    if isinstance(value, IntEnum):
        return int(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(element) for element in value]
    if is_dataclass(value) and not isinstance(value, type):
        members = {field.name: getattr(value, field.name) for field in fields(value)}
        return {name: _plain(member) for name, member in members.items() if member is not None and member != ""}
    return value


def show(
    verdict: Verdict, what: str, *, good: str, open_: str, steps: str = "", names: Mapping[bytes, object] = NO_NAMES
) -> None:
    """Print a verdict on `what`: the outcome, what it is about, the checks one by one.

    `good` and `open_` say what valid and incomplete evidence of this kind means, `steps` at which steps it is that
    something is wrong, `names` what files are called that may be set aside, by their hashes.
    """
    say(_headline(verdict, what, good, open_))
    if verdict.message:
        rows = [("why", printable(verdict.message)), ("where", printable(verdict.where)), ("steps", steps)]
        rows += [("rule", f"{verdict.requirement} ({verdict.stage}/{verdict.code})")]
        table((name, value) for name, value in rows if value)
    if verdict.statement is not None:
        say(_introduction(verdict))
        table(statement_rows(verdict.statement))
    say("Checks:")
    _show_checks(verdict.checks)
    for party in verdict.parties:
        say(f"  {party.standing.value}  {party.key.hex()}{f'  ({party.code})' if party.code else ''}")
    for aside in verdict.asides:
        name = names.get(aside.file, aside.file.hex())
        say(f"  {unsure('set aside')}  {name}: {printable(aside.message)} ({aside.code})")


def _show_checks(checks: tuple[Check, ...]) -> None:
    """Print checks in order; where many passed for one requirement, the first stands for them."""
    alike = Counter((check.requirement, check.result) for check in checks)
    shown: set[tuple[str, str]] = set()
    colours = {"passed": good, "failed": bad, "missing": unsure}
    for check in checks:
        kind = (check.requirement, check.result)
        more = alike[kind] - 1 if alike[kind] > MANY else 0
        if more and kind in shown:
            continue
        shown.add(kind)
        result = colours[check.result](check.result.ljust(7))
        also = faint(f" (and so for {more} more)") if more else ""
        say(f"  {result}  {faint(check.requirement)}  {printable(check.title)}{also}")


def _headline(verdict: Verdict, what: str, good_: str, open_: str) -> str:
    match verdict.claim, verdict.evidence:
        case Outcome.REFUTED, _:
            return f"{bad('REFUTED')}: the claim is false, and this shows it to anybody"
        case _, Evidence.INVALID:
            if verdict.requirement == "VRD-010":
                return f"{bad('INVALID')}: this {what} is not about what was asked for"
            if verdict.stage == "policy":
                return f"{bad('INVALID')}: this {what} is not what its unit asks for"
            return f"{bad('INVALID')}: this {what} is rejected; nothing follows from it, for or against anybody"
        case Outcome.ACCEPTED, _:
            return f"{good('ACCEPTED')}: the claim is true"
        case _, Evidence.INCOMPLETE:
            return f"{unsure('INCONCLUSIVE')}: {open_}"
    return f"{good('VALID')}: {good_}"


def _introduction(verdict: Verdict) -> str:
    """What to call a verdict's statement: it is true only if the claim was accepted."""
    statement = verdict.statement
    if statement is not None and statement.status is None and statement.result is None:
        return "It is about:" if statement.worker or statement.claim else "It asks for:"
    return "It is true that:" if verdict.claim is Outcome.ACCEPTED else "The claim says:"


def statement_rows(statement: Statement) -> list[tuple[str, str]]:
    """A statement in rows: program X on input Y gave output Z, by key K, under network N."""
    rows: list[tuple[str, str]] = []
    if statement.program is not None:
        rows.append(("program", statement.program.hex()))
        rows.append(("on input", region(statement.input_length, statement.input_root)))
    if statement.status is not None:
        rows += _result_rows(statement)
    if statement.result is not None:
        rows.append(("gave result", statement.result.hex()))
    if statement.worker is not None:
        rows.append(("by key", statement.worker.hex()))
    rows += [("under network", statement.network), ("unit", statement.unit.hex())]
    if statement.claim is not None:
        rows.append(("claim", statement.claim.hex()))
    return rows


def _result_rows(statement: Statement) -> list[tuple[str, str]]:
    assert statement.status is not None
    result = f"{ending(statement.status, statement.code or 0)}, after {count(statement.steps or 0, 'step', exact=True)}"
    if statement.status is Status.HALTED and statement.code == 0:
        return [("gave output", region(statement.output_length, statement.output_root)), ("and", result)]
    rows = [("failed", bad(result))]
    if statement.status is Status.HALTED:
        rows.append(("with output", region(statement.output_length, statement.output_root)))
    return rows


def region(length: int | None, root: bytes | None) -> str:
    """Content by its commitment."""
    return "unknown" if root is None else f"{octets(root)} ({count(length or 0, 'byte', exact=True)})"
