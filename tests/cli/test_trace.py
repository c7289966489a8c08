"""`tracework trace`: every step as the machine takes it, and where two traces part."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.cli import call, ok
from tracework.protocol import hashing
from tracework.worker.units import read_unit

PIECES = ["unit.cbor", "--program", "sha256/sha256.elf", "--input", "sha256/input.txt"]


def lines(*arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ok("trace", *PIECES, "--json", *arguments).splitlines()]


def test_a_trace_begins_and_ends_with_the_runs_leaves(here: Path) -> None:
    leaves = Path("work/leaves").read_bytes()
    begin, *steps = lines("--to", "3")
    assert begin["begin"] == "0" and begin["state_hash"] == leaves[:32].hex()
    assert [step["step"] for step in steps] == ["0", "1", "2"]
    (state,) = lines("--from", "2^16", "--to", "65536")
    assert state["state_hash"] == leaves[32:64].hex()
    *_, last = lines("--from", "909000", "--to", "1T")
    assert last["state_hash"] == leaves[-32:].hex() and last["status"] == "halted" and last["text"] == "ecall"


def test_hashes_are_of_the_preimages(here: Path) -> None:
    context = read_unit("unit.cbor").body.machine
    shown = lines("--from", "500", "--to", "520", "--engine", "reference")
    assert shown == lines("--from", "500", "--to", "520", "--engine", "auto")
    registers = None
    for line in shown:
        preimage = bytes.fromhex(line["preimage"])
        assert len(preimage) == 337 and preimage[:32] == context.hash
        assert hashing.digest(hashing.STATE, preimage).hex() == line["state_hash"]
        now = [int.from_bytes(preimage[at : at + 8], "little") for at in range(49, 49 + 31 * 8, 8)]
        if registers is not None:
            changed = {f"x{i + 1}": str(b) for i, (a, b) in enumerate(zip(registers, now, strict=True)) if a != b}
            assert changed == line["registers"]
        registers = now


def test_the_text(here: Path) -> None:
    text = ok("trace", *PIECES)
    assert text.startswith("state 0  ") and text.count("\nstep ") == 20
    assert "step 3  0x" in text and "    sp    0x" in text and " -> " in text and "store  0x" in text
    assert "the hash of" in ok("trace", *PIECES, "--to", "1", "--preimage")
    result = call("trace", *PIECES, "--from", "1000000")
    assert result.exit_code == 2 and "the run ends at step 909" in result.stderr
    result = call("trace", *PIECES, "--from", "10", "--to", "5")
    assert result.exit_code == 2 and "--to 5 is before --from 10" in result.stderr


def rewritten(change: Callable[[list[dict[str, Any]]], None], *arguments: str) -> None:
    found = lines(*(arguments or ("--to", "60")))
    change(found)
    Path("theirs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in found))


def compare(*arguments: str) -> tuple[int, dict[str, Any]]:
    result = call("trace", *PIECES, "--diff", "theirs.jsonl", "--json", *arguments)
    return result.exit_code, json.loads(result.stdout)


def in_other_spellings(found: list[dict[str, Any]]) -> None:
    for line in found:
        line["pc"] = hex(int(line["pc"]))
        line["state_hash"] = "0x" + line["state_hash"].upper()
        line["code"] = int(line["code"])
        line["note"] = None
        line.pop("text", None)
        line.pop("preimage")


def of_hashes_alone(found: list[dict[str, Any]]) -> None:
    found[:] = [{"step": int(line["step"]), "state_hash": line["state_hash"]} for line in found if "step" in line]


def with_earlier_lines(found: list[dict[str, Any]]) -> None:
    found.insert(0, {"step": "0", "state_hash": "nonsense"})


@pytest.mark.parametrize("change", [lambda found: None, in_other_spellings, of_hashes_alone])
def test_equal_traces(change: Callable[[list[dict[str, Any]]], None], here: Path) -> None:
    rewritten(change)
    code, said = compare("--to", "60")
    assert (code, said["agree"], said["complete"]) == (0, True, True) and int(said["lines"]) >= 60
    assert ok("trace", *PIECES, "--to", "60", "--diff", "theirs.jsonl").startswith("EQUAL: ")
    code, said = compare("--to", "61")
    assert (code, said["agree"], said["complete"]) == (3, True, False)
    assert call("trace", *PIECES, "--to", "61", "--diff", "theirs.jsonl").stdout.startswith("SHORT: ")


def test_traces_that_begin_elsewhere(here: Path) -> None:
    rewritten(with_earlier_lines, "--from", "100", "--to", "120")
    assert compare("--from", "90", "--to", "120")[0] == 0
    assert compare("--from", "110", "--to", "120")[0] == 0
    code, said = compare("--from", "10", "--to", "20")
    assert (code, said["lines"]) == (3, "0")
    assert call("trace", *PIECES, "--to", "20", "--from", "10", "--diff", "theirs.jsonl").stdout.startswith("NOTHING")


@pytest.mark.parametrize(
    ("member", "change", "name"),
    [
        ("pc", lambda value: str(int(value) + 4), "pc"),
        ("word", lambda value: "0x13", "word"),
        ("state_hash", lambda value: "00" * 32, "state_hash"),
        ("status", lambda value: "halted", "status"),
        ("code", lambda value: 9, "code"),
        ("registers", lambda value: {"x31": "1"}, "registers.x31"),
        ("registers", lambda value: ["x1"], "registers"),
        ("memory", lambda value: {"address": "1"}, "memory.address"),
        ("preimage", lambda value: value[:-2] + "00", "preimage: memory root"),
        ("preimage", lambda value: value[:98] + "ff" + value[100:], "preimage: x1"),
        ("preimage", lambda value: value[2:], "preimage"),
        ("preimage", lambda value: "zz", "preimage"),
    ],
    ids=range(12),
)
def test_the_first_divergence(member: str, change: Callable[[Any], Any], name: str, here: Path) -> None:
    def at_step_40(found: list[dict[str, Any]]) -> None:
        found[41][member] = change(found[41].get(member))
        found[50]["pc"] = "1"

    rewritten(at_step_40)
    code, said = compare()
    assert (code, said["agree"], said["ours"]["step"], said["lines"]) == (1, False, "40", "42")
    assert name in [difference["name"] for difference in said["differences"]]
    shown = call("trace", *PIECES, "--diff", "theirs.jsonl")
    assert shown.exit_code == 1
    assert shown.stdout.startswith("DIFFERENT: theirs.jsonl parts from this run at step 40, after 41 lines\nstep 40  ")


@pytest.mark.parametrize(
    "text", ["nonsense", "[]", "{}", '{"step": "x"}', '{"step": null}', "[" * 100_000, '{"step": 1e5}']
)
def test_what_is_no_trace(text: str, here: Path) -> None:
    """However high a library in the same process has raised the recursion limit (py_ecc does)."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000_000)
    try:
        check_what_is_no_trace(text)
    finally:
        sys.setrecursionlimit(before)


def check_what_is_no_trace(text: str) -> None:
    Path("theirs.jsonl").write_text(f"\n{text}\n")
    result = call("trace", *PIECES, "--diff", "theirs.jsonl")
    assert result.exit_code == 2 and "line 2 of theirs.jsonl is no line of a trace" in result.stderr


def test_a_trace_from_a_pipe(here: Path) -> None:
    ours = ok("trace", *PIECES, "--json", "--to", "10")
    result = call("trace", *PIECES, "--diff", "-", "--to", "10", stdin=ours.encode())
    assert result.exit_code == 0, result.output
