"""Every kind of object, good and bad, as the suite's vectors have them: shown and judged, without a bug anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.cli import call
from tracework.cli import kinds
from tracework.cli.judges import JUDGES
from tracework.protocol.encoding import cbor
from tracework.protocol.keys import Identity, SecretKeyFile

FEW = 12
"""Objects of each kind that are taken."""


CORE = {"tracework/unit", "tracework/claim", "tracework/segment-proof", "tracework/public-key", "tracework/secret-key"}


def test_every_kind_is_known() -> None:
    known = set(kinds.by_kind())
    assert known >= CORE and set(JUDGES) <= known
    assert not {Identity.KIND, SecretKeyFile.KIND} & set(JUDGES)
    for kind, cls in kinds.by_kind().items():
        assert kind == cls.KIND and kinds.at_start(cbor.encode({0: kind, 1: 1, 2: 0})) == kind


def test_the_kind_at_the_start() -> None:
    whole = cbor.encode({0: "tracework/claim", 1: 1, 2: {}})
    assert kinds.at_start(whole) == kinds.at_start(whole[:-1]) == "tracework/claim"
    for data in (b"", b"\xa1", whole[1:], cbor.encode({0: "tracework/", 1: 1}), cbor.encode({0: "other/claim", 1: 1})):
        assert kinds.at_start(data) is None


def objects(value: Any) -> Iterator[bytes]:
    """Every object of a known kind in a vector's input, whole or broken."""
    if isinstance(value, dict):
        for member in value.values():
            yield from objects(member)
    elif isinstance(value, list):
        for element in value:
            yield from objects(element)
    elif isinstance(value, str) and len(value) > 40 and len(value) % 2 == 0 and value[0] in "ab":
        try:
            data = bytes.fromhex(value)
        except ValueError:
            return
        if kinds.at_start(data) in kinds.by_kind():
            yield data


@pytest.fixture(scope="module")
def samples(root: Path) -> dict[str, list[bytes]]:
    """Some objects of each kind that the vectors have, spread over their files."""
    found: dict[str, dict[bytes, None]] = {}
    for path in sorted((root / "vectors/1").rglob("*.json")):
        for case in json.loads(path.read_text())["cases"]:
            for data in objects(case["input"]):
                found.setdefault(kinds.at_start(data) or "", {})[data] = None
    return {kind: list(data)[:: max(1, len(data) // FEW)][:FEW] for kind, data in found.items()}


@pytest.mark.parametrize("kind", sorted(kinds.by_kind()))
def test_objects_of_the_vectors(kind: str, samples: dict[str, list[bytes]], empty: Path) -> None:
    if kind not in samples:
        pytest.skip("the vectors have none")
    good = 0
    for data in samples[kind]:
        Path("object").write_bytes(data)
        shown = call("inspect", "object")
        assert shown.exit_code in (0, 1)
        good += shown.exit_code == 0
        for flag in ("--json", "--diag"):
            assert call("inspect", "object", flag).exit_code in (0, 1)
        result = call("verify", "object")
        if kind in JUDGES:
            assert result.exit_code in (0, 1, 3)
            said = json.loads(call("verify", "object", "--json").stdout)
            assert said["kind"] == kind and said["evidence"] in ("valid", "invalid", "incomplete")
        else:
            assert result.exit_code == 2 and "which verify does not judge" in result.stderr
    assert good or kind not in CORE, "no sample was even well-formed"
