"""Running a suite against an adapter: who is asked what, what came back, and what that counts as (spec/vectors.md)."""

from __future__ import annotations

import queue
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from . import HARNESS
from .process import MAX_LINE, AdapterFault, AdapterProcess
from .suite import Selection, Suite, SuiteCase, SuiteError, load

Level = Literal["verdict", "code"]


class Outcome(StrEnum):
    """What became of a case. All but PASSED, UNSUPPORTED and EXPECTED_FAILURE make a run fail."""

    PASSED = "passed"
    FAILED = "failed"
    WRONG_CODE = "wrong-code"
    """Rejected as it should, for another reason; passes at the level `verdict`."""
    ERROR = "error"
    """The adapter said that it could not tell."""
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    MALFORMED = "malformed"
    NOT_RUN = "not-run"
    """The runner gave up on the adapter before it came to this case."""
    UNSUPPORTED = "unsupported"
    EXPECTED_FAILURE = "expected-failure"
    UNEXPECTED_PASS = "unexpected-pass"


GOOD = frozenset({Outcome.PASSED, Outcome.UNSUPPORTED, Outcome.EXPECTED_FAILURE})
BROKEN = frozenset({Outcome.TIMEOUT, Outcome.CRASHED, Outcome.MALFORMED})
"""Outcomes after which the adapter is started anew."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case's outcome, a sentence about it, what the adapter answered (its own text, cut), and the time it took."""

    case: SuiteCase
    outcome: Outcome
    detail: str = ""
    got: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to run. `expected_failures` maps case ids to reasons (`read_expected_failures`)."""

    selection: Selection = field(default_factory=Selection)
    level: Level = "code"
    jobs: int = 1
    timeout: float = 30.0
    """Seconds for each answer, the one to `hello` included."""
    max_line: int = MAX_LINE
    give_up: int = 10
    """After so many cases in a row that ended the adapter, the rest is not run."""
    expected_failures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """All that a run found out."""

    suite: Suite
    options: Options
    adapter: Mapping[str, Any]
    """The answer to `hello`: `implementation`, `ops`, `features`."""
    results: tuple[CaseResult, ...]
    complaints: tuple[str, ...]
    """Breaches of the harness's rules outside of any case."""
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether the implementation conforms, as far as it was asked: at least one case passed, none went wrong."""
        outcomes = {result.outcome for result in self.results}
        return Outcome.PASSED in outcomes and outcomes <= GOOD and not self.complaints

    def count(self, outcome: Outcome) -> int:
        """How many cases ended so."""
        return sum(result.outcome is outcome for result in self.results)


def conform(
    command: Sequence[str],
    options: Options | None = None,
    *,
    vectors: Path | None = None,
    progress: Callable[[CaseResult], None] | None = None,
) -> Report:
    """Run the suite (the packaged one, or that in `vectors`) against the adapter that `command` starts.

    `progress` is called after each case, on one thread at a time. Raises `SuiteError` if suite or selection can't be
    used, and `AdapterFault` if the adapter does not even say hello.
    """
    options = options or Options()
    if options.jobs < 1 or options.timeout <= 0 or options.give_up < 1:
        raise SuiteError("jobs, timeout and give_up must be positive")
    suite = load(vectors)
    unknown = options.expected_failures.keys() - {case.id for case in suite.cases}
    if unknown:
        raise SuiteError(f"expected failures that the suite doesn't have: {', '.join(sorted(unknown))}")
    cases = options.selection.choose(suite)
    return _Run(command, options, suite, cases, progress).report()


def read_expected_failures(text: str) -> dict[str, str]:
    """Read a file of expected failures: a line `case-id = reason` each; empty lines and `#` comments are left out."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        identity, separator, reason = (part.strip() for part in line.partition("="))
        if not separator or not identity or not reason:
            raise SuiteError(f"line {number} of the expected failures isn't `case-id = reason`: {line}")
        if identity in found:
            raise SuiteError(f"line {number} of the expected failures repeats {identity}")
        found[identity] = reason
    return found


class _Run:
    """One run's shared state: the cases still to do, and what is known so far."""

    def __init__(
        self,
        command: Sequence[str],
        options: Options,
        suite: Suite,
        cases: Sequence[SuiteCase],
        progress: Callable[[CaseResult], None] | None,
    ) -> None:
        self.command = command
        self.options = options
        self.suite = suite
        self.cases = cases
        self.progress = progress
        self.lock = threading.Lock()
        self.results: dict[str, CaseResult] = {}
        self.complaints: list[str] = []
        self.gave_up = ""
        self.failure: BaseException | None = None
        self.live: weakref.WeakSet[AdapterProcess] = weakref.WeakSet()

    def report(self) -> Report:
        started = time.monotonic()
        first = self._start()
        hello = self._hello(first)
        todo: queue.SimpleQueue[SuiteCase] = queue.SimpleQueue()
        for case in self.cases:
            if case.op not in hello["ops"]:
                self._record(CaseResult(case, Outcome.UNSUPPORTED, "the operation isn't in `ops`"))
            elif missing := set(case.requires) - set(hello["features"]):
                self._record(CaseResult(case, Outcome.UNSUPPORTED, f"needs {', '.join(sorted(missing))}"))
            else:
                todo.put(case)
        workers = [
            threading.Thread(target=self._work, args=(todo, first if number == 0 else None))
            for number in range(max(1, min(self.options.jobs, todo.qsize())))
        ]
        for worker in workers:
            worker.start()
        try:
            for worker in workers:
                worker.join()
        except BaseException as error:  # Interrupted: end the adapters, and the workers with them.
            self.failure = error
            for adapter in self.live:
                adapter.kill()
        if self.failure is not None:
            raise self.failure
        while not todo.empty():
            self._record(CaseResult(todo.get(), Outcome.NOT_RUN, self.gave_up))
        return Report(
            suite=self.suite,
            options=self.options,
            adapter=hello,
            results=tuple(self.results[case.id] for case in self.cases),
            complaints=tuple(self.complaints),
            seconds=time.monotonic() - started,
        )

    def _start(self) -> AdapterProcess:
        adapter = AdapterProcess(self.command, max_line=self.options.max_line)
        self.live.add(adapter)
        return adapter

    def _hello(self, adapter: AdapterProcess) -> dict[str, Any]:
        """Greet a fresh adapter and check its answer (VEC-031)."""
        message = {"cmd": "hello", "harness": HARNESS, "suite": self.suite.version, "protocol": self.suite.protocol}
        answer, text = adapter.ask(message, self.options.timeout)
        fault = _hello_fault(answer)
        if fault:
            adapter.kill()
            raise AdapterFault("malformed", f"{fault} in the answer to hello: {text[:200]}")
        return answer

    def _work(self, todo: queue.SimpleQueue[SuiteCase], adapter: AdapterProcess | None) -> None:
        """One worker: an adapter of its own, cases until there are none, a fresh adapter after every broken one."""
        broken = 0
        seq = 0
        try:
            while not self.gave_up and self.failure is None:
                try:
                    case = todo.get_nowait()
                except queue.Empty:
                    break
                seq += 1
                began = time.monotonic()
                got = ""
                try:
                    if adapter is None:
                        adapter = self._start()
                        self._hello(adapter)
                    request = {"cmd": "run", "seq": seq, "op": case.op, "input": case.input}
                    answer, got = adapter.ask(request, self.options.timeout)
                    outcome, detail = self._judge(case, seq, answer)
                    if outcome in BROKEN:
                        adapter.kill()
                        adapter = None
                except AdapterFault as fault:
                    outcome, detail, adapter = Outcome(fault.kind), str(fault), None
                broken = broken + 1 if adapter is None else 0
                self._record(self._expect(CaseResult(case, outcome, detail, got[:2000], time.monotonic() - began)))
                if broken >= self.options.give_up:
                    self.gave_up = f"gave up on the adapter after {broken} cases in a row that ended it"
        except BaseException as error:
            self.failure = error
        finally:
            if adapter is not None:
                complaint = adapter.bye()
                if complaint:
                    with self.lock:
                        self.complaints.append(complaint)

    def _record(self, result: CaseResult) -> None:
        with self.lock:
            self.results[result.case.id] = result
            if self.progress is not None:
                self.progress(result)

    def _expect(self, result: CaseResult) -> CaseResult:
        """Turn the outcome over if the case is listed as an expected failure (VEC-040)."""
        reason = self.options.expected_failures.get(result.case.id)
        if reason is None:
            return result
        if result.outcome is Outcome.PASSED:
            outcome, detail = Outcome.UNEXPECTED_PASS, f"passes, but is listed as an expected failure: {reason}"
        else:
            outcome, detail = Outcome.EXPECTED_FAILURE, f"{reason} ({result.outcome}: {result.detail})"
        return CaseResult(result.case, outcome, detail, result.got, result.seconds)

    def _judge(self, case: SuiteCase, seq: int, answer: Mapping[str, Any]) -> tuple[Outcome, str]:
        """Compare an answer with what was expected (VEC-022, VEC-032, VEC-038)."""
        fault = _answer_fault(answer, seq)
        if fault:
            return Outcome.MALFORMED, fault
        result = answer["result"]
        if result == "error":
            return Outcome.ERROR, f"the adapter could not tell: {answer.get('message', '')}"[:1000]
        if result == "valid":
            if not case.valid:
                return Outcome.FAILED, f"accepted; expected {_code(case.expected)}"
            difference = _difference(case.expected, answer["output"])
            return (Outcome.FAILED, difference) if difference else (Outcome.PASSED, "")
        if case.valid:
            return Outcome.FAILED, f"rejected with {_code(answer['error'])}; the case is valid"
        if all(answer["error"].get(member) == case.expected[member] for member in ("stage", "code")):
            return Outcome.PASSED, ""
        detail = f"rejected with {_code(answer['error'])}; expected {_code(case.expected)}"
        return (Outcome.PASSED if self.options.level == "verdict" else Outcome.WRONG_CODE), detail


def _hello_fault(answer: Mapping[str, Any]) -> str:
    implementation = answer.get("implementation")
    if answer.get("harness") != HARNESS or isinstance(answer.get("harness"), bool):
        return f"no `harness`: {HARNESS}"
    if not isinstance(implementation, dict) or not isinstance(implementation.get("name"), str):
        return "no `implementation` with a `name`"
    for member in ("ops", "features"):
        words = answer.get(member)
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            return f"no list `{member}` of strings"
    return ""


def _answer_fault(answer: Mapping[str, Any], seq: int) -> str:
    if type(answer.get("seq")) is not int or answer["seq"] != seq:
        return f"answered seq {answer.get('seq')!r:.40} when asked {seq}"
    result = answer.get("result")
    if result == "valid" and isinstance(answer.get("output"), dict):
        return ""
    if result == "invalid" and isinstance(answer.get("error"), dict):
        return ""
    if result == "error":
        return ""
    return "neither `valid` with `output`, nor `invalid` with `error`, nor `error`"


def _code(error: Mapping[str, Any]) -> str:
    return f"{error.get('stage')!s:.60}/{error.get('code')!s:.60}"


def _difference(expected: Any, got: Any, where: str = "output") -> str:
    """The first place where an output differs from the expected one, in words; empty if none does."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for name in expected:
            if name not in got:
                return f"{where} has no `{name}`"
            if difference := _difference(expected[name], got[name], f"{where}.{name}"):
                return difference
        extra = sorted(got.keys() - expected.keys())
        return f"{where} has `{extra[0]:.60}`, which is not in the expected one" if extra else ""
    if isinstance(expected, list) and isinstance(got, list):
        for index, (one, other) in enumerate(zip(expected, got, strict=False)):
            if difference := _difference(one, other, f"{where}[{index}]"):
                return difference
        return "" if len(expected) == len(got) else f"{where} has {len(got)} elements, expected {len(expected)}"
    if type(expected) is type(got) and expected == got:
        return ""
    return f"{where} is {_short(got)}, expected {_short(expected)}"


def _short(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    text = repr(value)
    return text if len(text) <= 160 else f"{text[:150]}… ({len(text)} characters)"
