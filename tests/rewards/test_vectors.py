"""Our operations give what the vectors of the standard rule, of settlements and of payout trees say.

What they refuse they tell in one sentence with its place and its clause; refusals.txt has all of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tracework.conformance.operations import rewards, settlement
from tracework.conformance.values import render
from tracework.protocol.errors import ProtocolError

FOLDER = Path(__file__).parents[2] / "vectors" / "1"
SENTENCES = (Path(__file__).parent / "refusals.txt").read_text().splitlines()
OPERATIONS = rewards.OPERATIONS | settlement.OPERATIONS
FILES = [
    json.loads(path.read_text())
    for topic in ("rewards", "settlement", "payout")
    for path in sorted((FOLDER / topic).glob("*.json"))
]
CASES = [
    pytest.param(file["op"], case, id=case["id"])
    for file in FILES
    if file["op"] in OPERATIONS  # what is made of evidence has requirements of two documents, and is run elsewhere
    for case in file["cases"]
]


@pytest.mark.parametrize(("op", "case"), CASES)
def test_operations_give_the_vectors(op: str, case: dict[str, Any]) -> None:
    if case["result"] == "valid":
        assert render(OPERATIONS[op](case["input"])) == case["output"]
        return
    with pytest.raises(ProtocolError) as raised:
        OPERATIONS[op](case["input"])
    assert {"stage": raised.value.stage, "code": raised.value.code} == case["error"]
    assert raised.value.requirement in case["req"]
    assert f"{case['id']}: {raised.value}" in SENTENCES, raised.value
