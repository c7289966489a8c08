"""`cheat` and `refute`, as their help shows them."""

from __future__ import annotations

import json
from pathlib import Path

from support.cli import call, ok


def test_a_false_claim_is_caught(here: Path) -> None:
    files = ["--program", "sha256/sha256.elf", "--input", "sha256/input.txt"]
    assert "refute" in ok("cheat", "work", "jumped-segment", "--segment", "2", "--key", "worker.key", "-o", "false")
    assert "refutes the claim" in ok("refute", "false", *files, "-o", "fault.cbor")
    verdict = call("verify", "fault.cbor", "--json")
    assert verdict.exit_code == 1
    said = json.loads(verdict.stdout)
    assert (said["claim"], said["blame"], said["code"]) == ("refuted", "worker", "wrong-leaf")
    assert call("refute", "work", *files, "-o", "none.cbor").exit_code == 3
    assert not Path("none.cbor").exists()
