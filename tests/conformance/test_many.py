"""The vectors about verification by many: our operations give them with either backend, and every code has a case."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.remembering import Remembering
from tracework.conformance.operations import operations
from tracework.conformance.values import render
from tracework.protocol import keys
from tracework.protocol.errors import ProtocolError
from tracework.protocol.keys import batch, scheme

VECTORS = Path(__file__).parents[2] / "vectors/1"
TOPICS = ["commit", "receipt", "attestation", "registry", "redundancy", "equivocation", "verdict"]
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    case["id"]: (content["op"], case)
    for topic in TOPICS
    for path in sorted(VECTORS.glob(f"{topic}/*.json"))
    for content in [json.loads(path.read_bytes())]
    for case in content["cases"]
}
TABLE = operations()
FAST, SLOW = Remembering(), Remembering(keys.py_ecc())


def check(identity: str, backend: keys.Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (scheme, batch):
        monkeypatch.setattr(module, "default_backend", lambda: backend)
    operation, case = CASES[identity]
    try:
        made: dict[str, Any] = {"result": "valid", "output": render(TABLE[operation](case["input"]))}
    except ProtocolError as error:
        made = {"result": "invalid", "error": {"stage": error.stage, "code": error.code}}
        assert error.requirement in case["req"], f"{error.requirement} isn't cited: {error}"
        assert str(error)
    assert {name: case[name] for name in made} == made


@pytest.mark.parametrize("identity", CASES)
def test_the_fast_backend_gives_every_case(identity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check(identity, FAST, monkeypatch)


@pytest.mark.parametrize("identity", [name for name in CASES if name.startswith(("commit-open", "attestation-check"))])
def test_the_readable_backend_gives_some(identity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check(identity, SLOW, monkeypatch)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("identity", CASES)
def test_the_readable_backend_gives_every_case(identity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check(identity, SLOW, monkeypatch)
