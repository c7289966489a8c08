"""Every kind of object, good and bad, as the suite's vectors have them: shown and judged, without a bug anywhere."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tracework.protocol
from support.cli import call
from tracework.cli import kinds
from tracework.cli.judges import JUDGES
from tracework.protocol.encoding.schema import Record
from tracework.protocol.keys import Identity, SecretKeyFile

FEW = 12
"""Objects of each kind that are taken."""


def test_every_kind_is_known() -> None:
    for module in pkgutil.walk_packages(tracework.protocol.__path__, "tracework.protocol."):
        importlib.import_module(module.name)
    waiting, found = [Record], set()
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        # The decorator makes a second class with slots; both bear the name.
        if cls.__module__.startswith("tracework.protocol.") and cls.KIND is not None:
            found.add(cls.KIND)
    assert found == set(kinds.BY_KIND)
    assert set(JUDGES) <= found
    assert {Identity.KIND, SecretKeyFile.KIND} & set(JUDGES) == set()


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
        if kinds.at_start(data) is not None:
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


@pytest.mark.parametrize("kind", sorted(kinds.BY_KIND))
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
            assert result.exit_code == 2 and "there is nothing about it to verify" in result.stderr
    assert good, "no sample was even well-formed"
