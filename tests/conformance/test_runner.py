"""The runner against adapters that behave in every bad way: it tells each apart, goes on, and always ends."""

import json
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tracework.conformance import generate, report
from tracework.conformance.process import AdapterFault
from tracework.conformance.requirements import Requirement
from tracework.conformance.runner import Options, Outcome, Report, conform, read_expected_failures
from tracework.conformance.suite import Selection, SuiteError, export, load

from .test_generate import validator

HOSTILE = str(Path(__file__).with_name("hostile.py"))
CLAUSES = {"TST-001": Requirement("TST-001", "A doubler MUST double.", "test.md")}


def doubling(number: int, padding: int = 0) -> generate.Case:
    given: dict[str, Any] = {"value": number}
    if padding:
        given["padding"] = bytes(padding)
    if number > 9:
        error = "semantic/too-big"
        return generate.invalid(f"t-{number}", "Too big.", ["TST-002"], given, error, flags=["Boundary"])
    return generate.valid(f"t-{number}", "Small enough.", ["TST-001"], given, {"double": 2 * number})


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six cases of an operation that all adapters of hostile.py have, and two that most haven't."""
    root = tmp_path_factory.mktemp("suite")
    common = {"title": "t", "checked_by": "nothing"}
    other = generate.valid("t-other", "c", ["TST-003"], {"value": 1}, {"double": 2})
    feature = generate.valid("t-feature", "c", ["TST-003"], {"value": 1}, {"double": 2}, requires=["magic"])
    files = {
        "1/t/double.json": generate.VectorFile(
            name="double",
            op="test.double",
            cases=[doubling(1), doubling(2), doubling(3), doubling(4, padding=200_000), doubling(10), feature],
            **common,
        ),
        "1/t/other.json": generate.VectorFile(name="other", op="test.other", cases=[other], **common),
    }
    written = {path: generate.dump(file.spelled("t")) for path, file in files.items()}
    for path, content in (written | {"manifest.json": generate.manifest(written)}).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def run(suite: Path, mode: str, **options: Any) -> Report:
    options = {"timeout": 2.0, "max_line": 1 << 20} | options
    began = time.monotonic()
    found = conform([sys.executable, HOSTILE, mode], Options(**options), vectors=suite)
    assert time.monotonic() - began < 60
    return found


def outcomes(found: Report) -> dict[str, str]:
    return {result.case.id: str(result.outcome) for result in found.results}


GOOD = {
    "t-1": "passed",
    "t-2": "passed",
    "t-3": "passed",
    "t-4": "passed",
    "t-10": "passed",
    "t-feature": "unsupported",
    "t-other": "unsupported",
}


def test_a_good_adapter_passes_and_what_it_lacks_counts_apart(suite: Path) -> None:
    found = run(suite, "good")
    assert outcomes(found) == GOOD
    assert found.ok


@pytest.mark.parametrize(
    ("mode", "outcome", "words"),
    [
        ("hang", "timeout", "no answer within 2 s"),
        ("hang-with-child", "timeout", "no answer"),
        ("crash", "crashed", "exit code 139 before it answered: Segmentation fault"),
        ("kill", "crashed", "signal 9"),
        ("half", "crashed", "in the middle of an answer"),
        ("close", "crashed", "closed its output"),
        ("flood-lines", "malformed", "not one JSON object"),
        ("flood-one-line", "malformed", "more than 1048576 bytes"),
        ("flood-stderr", "passed", ""),
        ("garbage", "malformed", "not one JSON object"),
        ("not-object", "malformed", "not a JSON object"),
        ("nan", "malformed", "NaN"),
        ("twice-a-member", "malformed", "twice"),
        ("deep", "malformed", "nested deeper than 100"),
        ("huge-number", "malformed", ""),
        ("wrong-seq", "malformed", "answered seq"),
        ("boolean-seq", "malformed", "answered seq True"),
        ("no-result", "malformed", "neither"),
        ("third-result", "malformed", "neither"),
        ("cannot-tell", "error", "out of luck"),
        ("number", "failed", "output.double is 6, expected '6'"),
        ("extra-member", "failed", "`also`"),
        ("rejects", "failed", "rejected with decode/odd"),
    ],
)
def test_one_bad_answer_costs_one_case(suite: Path, mode: str, outcome: str, words: str) -> None:
    found = run(suite, mode, timeout=2.0 if "hang" in mode else 10.0)
    assert outcomes(found) == GOOD | {"t-3": outcome}
    detail = {result.case.id: result.detail for result in found.results}["t-3"]
    assert words in detail
    assert found.ok is (outcome == "passed")


def test_an_answer_too_many_is_found_at_the_next_case(suite: Path) -> None:
    found = run(suite, "two-answers")
    assert outcomes(found) == GOOD | {"t-4": "malformed"}


def test_an_adapter_that_stops_reading_is_timed_out(suite: Path) -> None:
    cases = Selection(ids=["t-1", "t-4"])
    assert outcomes(run(suite, "no-reading", selection=cases)) == {"t-1": "passed", "t-4": "timeout"}


def test_lies_about_operations_and_results_show(suite: Path) -> None:
    assert outcomes(run(suite, "liar"))["t-other"] == "passed"  # it does have it
    found = run(suite, "accepts-all")
    assert outcomes(found) == GOOD | {"t-10": "failed"}
    assert "accepted; expected semantic/too-big" in found.results[4].detail


def test_expected_results_never_leave_the_runner(suite: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert conform([sys.executable, HOSTILE, "spy", str(log)], vectors=suite).ok
    requests = [json.loads(line) for line in log.read_text().splitlines()]
    assert [request["cmd"] for request in requests] == ["hello", "run", "run", "run", "run", "run", "bye"]
    assert {frozenset(request) for request in requests} == {
        frozenset({"cmd", "harness", "suite", "protocol"}),
        frozenset({"cmd", "seq", "op", "input"}),
        frozenset({"cmd"}),
    }
    for case in load(suite).cases:
        assert case.id not in log.read_text() and all(identity not in log.read_text() for identity in case.req)


def test_levels(suite: Path) -> None:
    assert outcomes(run(suite, "wrong-code"))["t-10"] == "wrong-code"
    found = run(suite, "wrong-code", level="verdict")
    assert outcomes(found) == GOOD and found.ok


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("silent-start", "no answer within"),
        ("chatty-start", "not one JSON object|without being asked"),
        ("dead-start", "no licence found"),
        ("bad-hello", "`ops`"),
        ("old-harness", "`harness`"),
    ],
)
def test_an_adapter_that_cannot_greet_is_refused(suite: Path, mode: str, words: str) -> None:
    with pytest.raises(AdapterFault, match=words):
        run(suite, mode)


def test_a_command_that_is_not_there(suite: Path) -> None:
    with pytest.raises(AdapterFault, match="can't start"):
        conform(["./no-such-program"], vectors=suite)


@pytest.mark.parametrize(
    ("mode", "words"), [("never-ends", "did not end"), ("last-word", "wrote a line"), ("bad-exit", "exit code 3")]
)
def test_a_bad_end_is_a_complaint_and_fails_the_run(suite: Path, mode: str, words: str) -> None:
    found = run(suite, mode)
    assert outcomes(found) == GOOD
    assert len(found.complaints) == 1 and words in found.complaints[0] and not found.ok


def test_the_runner_gives_up_on_an_adapter_that_always_ends(suite: Path) -> None:
    found = run(suite, "always-crash", give_up=2)
    assert [found.count(Outcome.CRASHED), found.count(Outcome.NOT_RUN), found.count(Outcome.UNSUPPORTED)] == [2, 3, 2]


def test_jobs_change_nothing(suite: Path) -> None:
    assert outcomes(run(suite, "crash", jobs=3)) == outcomes(run(suite, "crash"))


def test_expected_failures_are_strict(suite: Path) -> None:
    listed = read_expected_failures("# known\n\nt-3 = a bug of ours\n")
    found = run(suite, "rejects", expected_failures=listed)
    assert outcomes(found) == GOOD | {"t-3": "expected-failure"} and found.ok
    found = run(suite, "good", expected_failures=listed)
    assert outcomes(found) == GOOD | {"t-3": "unexpected-pass"} and not found.ok
    with pytest.raises(SuiteError, match="no-such"):
        run(suite, "good", expected_failures={"no-such": "reason"})


@pytest.mark.parametrize("text", ["t-3", "t-3 =", "= reason", "t-3 = a\nt-3 = b"])
def test_expected_failures_need_an_id_and_a_reason_once(text: str) -> None:
    with pytest.raises(SuiteError, match="line"):
        read_expected_failures(text)


@pytest.mark.parametrize(
    ("selection", "chosen"),
    [
        (Selection(ops=["test.d*"]), ["t-1", "t-2", "t-3", "t-4", "t-10", "t-feature"]),
        (Selection(requirements=["TST-002"]), ["t-10"]),
        (Selection(ids=["t-1", "t-3"]), ["t-1", "t-3"]),
        (Selection(ids=["t-1*"], flags=["Boundary"]), ["t-10"]),
    ],
)
def test_filters(suite: Path, selection: Selection, chosen: list[str]) -> None:
    assert [case.id for case in selection.choose(load(suite))] == chosen


@pytest.mark.parametrize(
    "selection", [Selection(ops=["nothing.*"]), Selection(profile="nothing"), Selection(profile="machine")]
)
def test_filters_that_leave_nothing_are_mistakes(suite: Path, selection: Selection) -> None:
    with pytest.raises(SuiteError):
        selection.choose(load(suite))


def test_nothing_supported_is_not_conformance(suite: Path) -> None:
    assert not run(suite, "good", selection=Selection(ids=["t-other"])).ok


def test_a_changed_vector_file_is_noticed(suite: Path, tmp_path: Path) -> None:
    for path in suite.rglob("*.json"):
        target = tmp_path / path.relative_to(suite)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes().replace(b'"4"', b'"5"'))
    with pytest.raises(SuiteError, match=r"double\.json"):
        load(tmp_path)


def test_reports(suite: Path) -> None:
    found = run(suite, "garbage")
    text = report.summary(found, CLAUSES)
    assert "MALFORMED t-3" in text and "A doubler MUST double." in text and "DOES NOT CONFORM: 4 of 7" in text
    assert "\x1b" not in text
    data = json.loads(json.dumps(report.to_json(found)))
    validator("urn:tracework:report:1").validate(data)
    assert data["counts"]["malformed"] == 1 and data["counts"]["unsupported"] == 2
    assert data["coverage"]["TST-001"] == {"passed": 3, "failed": 1, "unsupported": 0}
    junit = ElementTree.fromstring(report.to_junit(found))
    assert [suite.attrib["failures"] for suite in junit] == ["1", "0"]
    assert len(junit.findall(".//skipped")) == 2


def test_explain_shows_the_change_that_made_the_case(tmp_path: Path) -> None:
    good = generate.valid("x-good", "Good.", ["TST-001"], {"proof": "00112233", "n": 1}, {})
    error = "crypto/path-length"
    bad = generate.invalid("x-bad", "Cut.", ["TST-001"], {"proof": "001122", "n": 1}, error, derived_from="x-good")
    file = generate.VectorFile(name="f", op="x.y", title="t", checked_by="s", cases=[good, bad])
    content = {"1/x/f.json": generate.dump(file.spelled("x"))}
    (tmp_path / "1/x").mkdir(parents=True)
    for name, data in (content | {"manifest.json": generate.manifest(content)}).items():
        (tmp_path / name).write_bytes(data)
    text = report.explain(load(tmp_path), "x-bad", CLAUSES)
    assert "input.proof, from character 6" in text and "crypto" in text and "A doubler MUST double." in text


def test_export_writes_the_packaged_suite(tmp_path: Path) -> None:
    assert export(tmp_path / "out") > 5
    assert load(tmp_path / "out") == load()
    with pytest.raises(SuiteError, match="empty"):
        export(tmp_path / "out")
