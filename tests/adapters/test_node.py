"""The second implementation, in JavaScript, written from spec/ alone: it passes what it has at the stricter level."""

import json

from support import node
from tracework.conformance import report, requirements
from tracework.conformance.runner import Options, Outcome, conform

FAMILIES = {"claim", "encoding", "hashing", "keys", "machine", "memory", "merkle", "segment", "trace", "unit"}
"""Beginnings of the operations that it must have, every one of them."""


def test_it_passes_all_that_it_has() -> None:
    found = conform(node.adapter(), Options(jobs=2))
    assert found.ok, report.summary(found, requirements.load())
    lacking = {result.case.op for result in found.results if result.outcome is Outcome.UNSUPPORTED}
    assert {op for op in lacking if op.split(".")[0] in FAMILIES} == set()


def test_its_lock_has_hashes_and_no_addresses() -> None:
    lock = json.loads((node.FOLDER / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages and all("integrity" in package and "resolved" not in package for package in packages.values())
