"""The vectors for keys: both backends give them, and the published values are among them as they were published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tracework.conformance.generate import _bls_published as published
from tracework.conformance.generate import keys as generator
from tracework.conformance.operations.keys import OPERATIONS
from tracework.conformance.values import render
from tracework.protocol import keys
from tracework.protocol.errors import CODES, ProtocolError
from tracework.protocol.keys import scheme

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    case.id: (file.op, case.spelled()) for file in generator.files() for case in file.cases
}
SLOW = keys.py_ecc()


def outcome(operation: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Result members of a case, and the requirement that a rejection names."""
    try:
        return {"result": "valid", "output": render(OPERATIONS[operation](given))}, []
    except ProtocolError as error:
        return {"result": "invalid", "error": {"stage": error.stage, "code": error.code}}, [error.requirement]


@pytest.mark.parametrize("identity", CASES)
def test_the_readable_backend_gives_every_case(identity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    operation, case = CASES[identity]
    monkeypatch.setattr(scheme, "default_backend", lambda: SLOW)
    made, named = outcome(operation, case["input"])
    assert made.items() <= case.items()
    assert not named or named == case["req"]


def test_the_fast_backend_names_the_requirement() -> None:
    for operation, case in CASES.values():
        made, named = outcome(operation, case["input"])
        assert made.items() <= case.items()
        assert not named or named == case["req"]


def test_published_values_are_in_the_vectors() -> None:
    for index, (seed, scalar) in enumerate(published.MASTER_KEYS):
        case = CASES[f"keys-derive-eip2333-{index}"][1]
        assert (case["input"]["seed"], int(case["output"]["secret"], 16)) == (seed, scalar)
    for row, signatures in enumerate(published.SIGNATURES):
        for column, signature in enumerate(signatures):
            case = CASES[f"keys-sign-eth-{row}-{column}"][1]
            assert case["input"] == {"secret": published.SECRETS[row], "message": published.MESSAGES[column]}
            assert case["output"] == {"public": published.PUBLIC_KEYS[row], "signature": signature}
    assert CASES["keys-aggregate-eth-three"][1]["output"] == {"signature": published.AGGREGATE_AB}


def test_every_code_about_keys_has_a_case() -> None:
    shown = {case["error"]["code"] for _, case in CASES.values() if "error" in case}
    names = list(CODES)
    about_keys = names[names.index("bad-seed") : names.index("key-mismatch") + 1]
    assert len(about_keys) == 10 and set(about_keys) <= shown
