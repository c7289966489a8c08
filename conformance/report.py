"""What a run found, for people (text), for programs (JSON) and for build servers (JUnit)."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

from .requirements import Requirement
from .runner import GOOD, CaseResult, Outcome, Report
from .suite import Suite, SuiteCase

FORMAT = "tracework-report/1"
"""The `format` member of a JSON report."""
SHOWN = 5
"""How many failures the summary shows in full."""
CLAUSES_SHOWN = 3
"""How many clauses of a failed case the summary quotes."""

_COLUMNS = (
    ("passed", (Outcome.PASSED,)),
    ("failed", (Outcome.FAILED, Outcome.WRONG_CODE, Outcome.ERROR, Outcome.UNEXPECTED_PASS)),
    ("crashed", (Outcome.CRASHED, Outcome.MALFORMED)),
    ("timeout", (Outcome.TIMEOUT,)),
    ("expected", (Outcome.EXPECTED_FAILURE,)),
    ("unsupported", (Outcome.UNSUPPORTED,)),
    ("not run", (Outcome.NOT_RUN,)),
)
_CONTROL = re.compile(r"[^\t\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd]")


def summary(report: Report, requirements: Mapping[str, Requirement], *, shown: int = SHOWN) -> str:
    """A text that a person can act on: a line per operation, the first failures with their clauses, the verdict."""
    implementation = report.adapter["implementation"]
    name = f"{implementation['name']} {implementation.get('version', '')}".strip()
    lines = [
        f"{name} against suite {report.suite.version} (protocol {report.suite.protocol}), level {report.options.level}"
    ]
    lines += ["", *_table(report.results)]
    bad = [result for result in report.results if result.outcome not in GOOD]
    for result in bad[:shown]:
        lines += ["", *_failure(result, requirements)]
    if len(bad) > shown:
        lines += ["", f"... and {len(bad) - shown} more; --json or --junit has them all."]
    lines += ["", *(f"The adapter {complaint}." for complaint in report.complaints)]
    broken = Counter(requirement for result in bad for requirement in result.case.req)
    if broken:
        worst = ", ".join(f"{identity} ({count})" for identity, count in broken.most_common(12))
        lines += [f"Requirements with failures: {worst}{', ...' if len(broken) > 12 else ''}"]
    passed, total = report.count(Outcome.PASSED), len(report.results)
    verdict = "conforms, as far as it was asked" if report.ok else "DOES NOT CONFORM"
    lines.append(f"{name} {verdict}: {passed} of {total} cases passed in {report.seconds:.1f} s")
    return _CONTROL.sub("?", "\n".join(lines))


def _table(results: Iterable[CaseResult]) -> list[str]:
    counts: dict[str, Counter[Outcome]] = {}
    for result in results:
        counts.setdefault(result.case.op, Counter())[result.outcome] += 1
    total: Counter[Outcome] = sum(counts.values(), Counter())
    columns = [
        (name, outcomes)
        for name, outcomes in _COLUMNS
        if name == "passed" or any(total[outcome] for outcome in outcomes)
    ]
    width = max(len(op) for op in ["operation", *counts])
    lines = [f"{'operation':{width}}" + "".join(f"{name:>13}" for name, _ in columns)]
    for op, row in [*counts.items(), ("all", total)]:
        numbers = (sum(row[outcome] for outcome in outcomes) for _, outcomes in columns)
        lines.append(f"{op:{width}}" + "".join(f"{number or '.':>13}" for number in numbers))
    return lines


def _failure(result: CaseResult, requirements: Mapping[str, Requirement]) -> list[str]:
    case = result.case
    lines = [f"{result.outcome.upper()} {case.id} ({case.op})", f"  {case.comment}", f"  {result.detail}"]
    lines += [f"  input     {_cut(json.dumps(case.input))}", f"  expected  {_cut(_expected(case))}"]
    if result.got:
        lines.append(f"  got       {_cut(result.got)}")
    for identity in case.req[:CLAUSES_SHOWN]:
        text = requirements[identity].text if identity in requirements else "(not in this specification)"
        lines.append(f"  {identity}   {text}")
    if rest := case.req[CLAUSES_SHOWN:]:
        lines.append(f"  and {', '.join(rest)}; `tracework conform explain {case.id}` shows them")
    return lines


def _expected(case: SuiteCase) -> str:
    return json.dumps(
        {"result": "valid" if case.valid else "invalid", "output" if case.valid else "error": case.expected}
    )


def _cut(text: str, width: int = 400) -> str:
    return text if len(text) <= width else f"{text[: width - 30]}... ({len(text)} characters)"


def coverage(report: Report) -> dict[str, dict[str, int]]:
    """Requirement id to how many of its cases passed, failed and were unsupported."""
    rows: dict[str, dict[str, int]] = {}
    for result in report.results:
        passed = result.outcome is Outcome.PASSED
        column = "passed" if passed else "unsupported" if result.outcome is Outcome.UNSUPPORTED else "failed"
        for identity in result.case.req:
            rows.setdefault(identity, {"passed": 0, "failed": 0, "unsupported": 0})[column] += 1
    return dict(sorted(rows.items()))


def to_json(report: Report) -> dict[str, Any]:
    """The report as JSON (vectors/schema/report.schema.json)."""
    return {
        "format": FORMAT,
        "ok": report.ok,
        "suite": report.suite.version,
        "protocol": report.suite.protocol,
        "manifest_sha256": report.suite.manifest_sha256,
        "level": report.options.level,
        "adapter": {
            "implementation": report.adapter["implementation"],
            "ops": sorted(report.adapter["ops"]),
            "features": sorted(report.adapter["features"]),
        },
        "seconds": round(report.seconds, 3),
        "counts": {outcome.value: report.count(outcome) for outcome in Outcome},
        "complaints": list(report.complaints),
        "coverage": coverage(report),
        "results": [_result(result) for result in report.results],
    }


def _result(result: CaseResult) -> dict[str, Any]:
    row: dict[str, Any] = {"id": result.case.id, "op": result.case.op, "outcome": result.outcome.value}
    if result.detail:
        row["detail"] = result.detail
    if result.got and result.outcome not in GOOD:
        row["got"] = result.got
    return row | {"seconds": round(result.seconds, 4)}


def to_junit(report: Report) -> str:
    """The report as JUnit XML: a suite per operation, unsupported cases as skipped."""
    root = ElementTree.Element("testsuites", name="tracework conform")
    for op in dict.fromkeys(result.case.op for result in report.results):
        results = [result for result in report.results if result.case.op == op]
        skipped = [result for result in results if result.outcome in GOOD and result.outcome is not Outcome.PASSED]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=op,
            tests=str(len(results)),
            failures=str(sum(result.outcome not in GOOD for result in results)),
            errors="0",
            skipped=str(len(skipped)),
            time=f"{sum(result.seconds for result in results):.3f}",
        )
        for result in results:
            case = ElementTree.SubElement(
                suite, "testcase", classname=op, name=result.case.id, time=f"{result.seconds:.4f}"
            )
            if result in skipped:
                ElementTree.SubElement(case, "skipped", message=_xml(f"{result.outcome}: {result.detail}"))
            elif result.outcome not in GOOD:
                failure = ElementTree.SubElement(case, "failure", type=result.outcome, message=_xml(result.detail))
                failure.text = _xml(
                    f"requirements {', '.join(result.case.req)}\n{result.case.comment}\ngot {result.got}"
                )
    for complaint in report.complaints:
        suite = ElementTree.SubElement(root, "testsuite", name="harness", tests="1", failures="1")
        case = ElementTree.SubElement(suite, "testcase", classname="harness", name="rules")
        ElementTree.SubElement(case, "failure", type="harness", message=_xml(complaint))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _xml(text: str) -> str:
    return _CONTROL.sub("?", text)


def explain(suite: Suite, identity: str, requirements: Mapping[str, Requirement]) -> str:
    """One case in full: what it is about, what goes in, what must come out, and the clauses that say so."""
    case = suite.case(identity)
    lines = [f"{case.id}   {case.op}   {case.path}", f"  {case.comment}", ""]
    lines += [f"  {item}   {_clause(requirements, item)}" for item in case.req]
    lines += [f"  flag {flag}: {suite.flags[flag]['description']} {suite.flags[flag]['effect']}" for flag in case.flags]
    if case.requires:
        lines.append(f"  needs {', '.join(case.requires)}")
    lines += ["", "input", *_tree(case.input), "", "must be " + ("valid, with the output" if case.valid else "invalid")]
    lines += _tree(case.expected)
    if case.derived_from is not None:
        origin = suite.case(case.derived_from)
        lines += ["", f"changed from {origin.id}: {origin.comment}", *_changes(origin.input, case.input)]
    return "\n".join(lines)


def _clause(requirements: Mapping[str, Requirement], identity: str) -> str:
    found = requirements.get(identity)
    return f"{found.text} [spec/{found.file}]" if found else "(not in this specification)"


def _tree(value: object, indent: str = "  ") -> list[str]:
    """A value with one member a line, long strings cut and measured."""
    if isinstance(value, Mapping):
        lines = []
        for name, item in value.items():
            if isinstance(item, str | bool):
                lines.append(f"{indent}{name}: {_leaf(item)}")
            else:
                lines += [f"{indent}{name}:", *_tree(item, indent + "  ")]
        return lines or [f"{indent}(nothing)"]
    if isinstance(value, list):
        return [line for item in value for line in _bullet(item, indent)] or [f"{indent}(empty list)"]
    return [f"{indent}{_leaf(value)}"]


def _bullet(item: object, indent: str) -> list[str]:
    first, *rest = _tree(item, indent + "  ")
    return [f"{indent}- {first.strip()}", *rest]


def _leaf(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return ascii(text)[1:-1] if len(text) <= 2000 else f"{ascii(text[:1900])[1:-1]}... ({len(text)} characters)"


def _changes(before: object, after: object, where: str = "input") -> list[str]:
    """Where two inputs differ."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        names = dict.fromkeys([*before, *after])
        return [line for name in names for line in _changes(before.get(name), after.get(name), f"{where}.{name}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = zip(before, after, strict=True)
        return [line for i, pair in enumerate(pairs) for line in _changes(*pair, f"{where}[{i}]")]
    if before == after:
        return []
    if isinstance(before, str) and isinstance(after, str):
        at = next((i for i, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), None)
        at = min(len(before), len(after)) if at is None else at
        start = max(0, at - 16)
        return [
            f"  {where}, from character {at}:",
            f"    was {before[start : at + 64]!a} ({len(before)} characters)",
            f"    is  {after[start : at + 64]!a} ({len(after)} characters)",
        ]
    return [f"  {where} was {_cut(json.dumps(before), 200)}, is {_cut(json.dumps(after), 200)}"]
