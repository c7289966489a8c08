"""Our own adapter: passes the whole suite at the stricter level, and speaks as the harness's schemas say."""

import json
import sys

from tracework.conformance import report, requirements
from tracework.conformance.adapter import answers
from tracework.conformance.runner import Options, Outcome, conform
from tracework.conformance.suite import load
from tracework.protocol.errors import SemanticError

from .test_generate import validator

ADAPTER = [sys.executable, "-m", "tracework.conformance.adapter"]


def test_it_passes_everything() -> None:
    found = conform(ADAPTER, Options(jobs=2))
    assert found.ok and found.count(Outcome.PASSED) == len(found.results), report.summary(found, requirements.load())


def test_its_messages_fit_the_schemas() -> None:
    case = next(case for case in load().cases if case.op == "hashing.digest")

    def fail(input: object) -> dict[str, object]:
        raise SemanticError("index-order", "a sentence", requirement="MRK-010", where="here")

    def crash(input: object) -> dict[str, object]:
        raise ZeroDivisionError("by zero")

    table = {"a.good": lambda input: {"n": 2**64, "b": b"\xff"}, "a.fail": fail, "a.crash": crash}
    requests = [
        {"cmd": "hello", "harness": 1, "suite": "0.1.0", "protocol": 1},
        *({"cmd": "run", "seq": 7, "op": op, "input": dict(case.input)} for op in table),
        {"cmd": "bye"},
        {"cmd": "hello"},
    ]
    names = ["hello", "run", "run", "run", "bye"]
    for request, name in zip(requests, names, strict=False):
        validator(f"urn:tracework:harness:1#/$defs/{name}").validate(request)
    said = [json.loads(answer) for answer in answers((json.dumps(request) for request in requests), table)]
    assert len(said) == 4, "nothing after bye"
    for answer, name in zip(said, names, strict=False):
        validator(f"urn:tracework:harness:1#/$defs/{name}-answer").validate(answer)
    assert [answer.get("result") for answer in said] == [None, "valid", "invalid", "error"]
    assert said[1]["output"] == {"n": "18446744073709551616", "b": "ff"}


def test_every_cited_requirement_stands_in_the_specification() -> None:
    cited = {requirement for case in load().cases for requirement in case.req}
    assert cited - requirements.load().keys() == set()
