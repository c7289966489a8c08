"""`tracework verify`: verdicts, pins, exit codes, and nothing but verdicts for whatever bytes come."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.cli import call, ok
from tracework.protocol.encoding import cbor
from tracework.protocol.encoding.schema import decode_object, encode_object
from tracework.protocol.trees.trace import TraceTree
from tracework.protocol.work.claim import sign_claim
from tracework.protocol.work.segment import SegmentProof, make_proof
from tracework.worker.keyfiles import read_key
from tracework.worker.units import read_claim, read_unit

PIECES = ["--program", "sha256/sha256.elf", "--input", "sha256/input.txt"]


def verdict(*arguments: str | Path) -> dict[str, Any]:
    """The verdict in JSON, its exit code beside it."""
    result = call("verify", *arguments, "--json")
    said: dict[str, Any] = json.loads(result.stdout)
    return said | {"exit_code": result.exit_code}


def test_a_proof(here: Path) -> None:
    said = verdict("proof.cbor")
    assert (said["exit_code"], said["kind"], said["evidence"], said["claim"]) == (
        0,
        "tracework/segment-proof",
        "valid",
        "inconclusive",
    )
    claim = read_claim("work/claim.cbor")
    statement = said["statement"]
    assert statement["unit"] == claim.unit.id.hex() and statement["claim"] == claim.id.hex()
    assert statement["program"] == claim.context.program_id.hex()
    assert statement["input_root"] == claim.context.input_root.hex() and statement["input_length"] == "11358"
    assert statement["worker"] == claim.body.worker.hex() and statement["network"] == "testnet"
    assert (statement["status"], statement["code"], statement["steps"]) == ("halted", "0", str(claim.body.steps))
    assert statement["output_root"] == claim.body.output_root.hex() and statement["output_length"] == "65"
    assert {check["result"] for check in said["checks"]} == {"passed"}
    assert (said["segments"], said["segments_claimed"]) == (["0", "2"], "14")
    assert {"SEG-025", "CLM-018", "UNT-007"} <= {check["requirement"] for check in said["checks"]}
    text = ok("verify", "proof.cbor")
    assert text.startswith("VALID: segments 0, 2 (of 0-13) are right\n")
    for member in ("unit", "program", "input_root", "worker", "network", "output_root", "claim"):
        assert statement[member] in text


def test_a_proof_stands_alone(finished: Path, empty: Path) -> None:
    assert ok("verify", finished / "proof.cbor").startswith("VALID")
    assert list(empty.iterdir()) == []


def test_a_claim(here: Path) -> None:
    said = verdict("work/claim.cbor")
    assert (said["exit_code"], said["evidence"], said["claim"]) == (3, "incomplete", "inconclusive")
    missing = [check["requirement"] for check in said["checks"] if check["result"] == "missing"]
    assert missing == ["CLM-030", "CLM-031"]
    said = verdict("work/claim.cbor", *PIECES)
    assert (said["exit_code"], said["evidence"], said["claim"]) == (0, "valid", "accepted")
    result = call("verify", "work/claim.cbor", *PIECES)
    assert result.stderr.startswith("Executing 9") and result.stderr.count("\n") == 1


def test_a_unit(here: Path) -> None:
    said = verdict("unit.cbor", "--unit", "unit.cbor")
    assert (said["exit_code"], said["kind"], said["evidence"]) == (0, "tracework/unit", "valid")
    assert ok("verify", "unit.cbor").startswith("VALID: the requester signed this unit")


def test_the_unit_and_worker_can_be_pinned_in_several_ways(here: Path) -> None:
    unit, worker = read_unit("unit.cbor").id.hex(), read_key("worker.key").public.hex()
    for pins in (
        ["--unit", unit],
        ["--unit", unit.upper()],
        ["--unit", "unit.cbor"],
        ["--worker", worker],
        ["--worker", "worker.pub"],
        ["--worker", "worker.key"],
        ["--network", "testnet"],
        ["--output", "work/output.bin"],
        ["--network", "testnet", "--unit", unit, "--worker", worker, "--output", "work/output.bin"],
    ):
        for file in ("proof.cbor", "work/claim.cbor"):
            assert verdict(file, *pins)["evidence"] != "invalid", (file, pins)


@pytest.mark.parametrize(
    ("pins", "code"),
    [
        (["--network", "mainnet"], "other-network"),
        (["--unit", "00" * 32], "other-unit"),
        (["--worker", "requester.pub"], "other-worker"),
        (["--output", "sha256/input.txt"], "other-output"),
        (["--network", "mainnet", "--unit", "00" * 32], "other-network"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_pins_that_fail(pins: list[str], code: str, here: Path) -> None:
    for arguments in (["proof.cbor"], ["work/claim.cbor"], ["work/claim.cbor", *PIECES]):
        said = verdict(*arguments, *pins)
        assert (said["exit_code"], said["evidence"], said["stage"], said["code"]) == (1, "invalid", "policy", code)
        assert said["claim"] == "inconclusive"
    assert "is not about what was asked for" in call("verify", "proof.cbor", *pins).stdout


def forged(change: Callable[[list[bytes]], None]) -> tuple[bytes, bytes]:
    """Claim and proof of a worker who signs other leaves than its run's."""
    proof = decode_object(SegmentProof, Path("proof.cbor").read_bytes())
    data = Path("work/leaves").read_bytes()
    leaves = [data[at : at + 32] for at in range(0, len(data), 32)]
    change(leaves)
    tree = TraceTree(leaves, proof.claim.context.trace_height)
    openings = proof.claim.openings.replace(first_path=tree.proof([0]), last_path=tree.proof([len(leaves) - 1]))
    body = proof.claim.body.replace(trace_root=tree.root)
    claim = sign_claim(proof.claim.unit, body, openings, read_key("worker.key").key)
    return encode_object(claim), encode_object(make_proof(claim, tree, proof.segments))


def test_a_lie_is_refuted(here: Path) -> None:
    def change(leaves: list[bytes]) -> None:
        leaves[1] = bytes(32)

    claim, proof = forged(change)
    Path("claim.cbor").write_bytes(claim)
    # The claim alone shows nothing; executing it does, and its first segment would.
    assert verdict("claim.cbor")["claim"] == "inconclusive"
    said = verdict("claim.cbor", *PIECES)
    assert (said["exit_code"], said["evidence"], said["claim"]) == (1, "valid", "refuted")
    assert (said["code"], said["blame"]) == ("wrong-claim", "worker")
    Path("proof.cbor").write_bytes(proof)
    said = verdict("proof.cbor")
    # Segment 2 begins where the run was, and the proof of it is as good as before; segment 0 ends elsewhere.
    assert (said["exit_code"], said["claim"], said["code"], said["where"]) == (1, "refuted", "wrong-leaf", "segment 0")
    result = call("verify", "proof.cbor")
    assert result.stdout.startswith("REFUTED: ") and "steps  0 to 65,536" in result.stdout


def test_no_flipped_bit_passes(here: Path) -> None:
    """A sample through the whole command; the verifier's own tests take many more."""
    proof = Path("proof.cbor").read_bytes()
    chosen = random.Random("flips")
    for _ in range(60):
        at, bit = chosen.randrange(len(proof)), 1 << chosen.randrange(8)
        Path("flipped.cbor").write_bytes(proof[:at] + bytes([proof[at] ^ bit]) + proof[at + 1 :])
        result = call("verify", "flipped.cbor", "--json")
        assert result.exit_code in (1, 2), (at, bit)
        if result.exit_code == 1:
            said = json.loads(result.stdout)
            assert said["evidence"] == "invalid" and said["claim"] == "inconclusive" and said["requirement"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\xff" * 100,
        b"\x7fELF" + bytes(60),
        b"{}",
        cbor.encode({}),
        cbor.encode({0: "tracework/nonsense", 1: 1}),
        cbor.encode({0: "tracework/claim", 1: 2}),
        cbor.encode({0: "tracework/unit", 1: 1, 2: {}, 3: b""}),
        cbor.encode({0: "tracework/segment-proof", 1: 1}),
        cbor.encode([0] * 1000),
        bytes([0x81]) * 100,
    ],
    ids=range(12),
)
def test_anything_else_is_invalid(data: bytes, empty: Path) -> None:
    Path("file").write_bytes(data)
    said = verdict("file")
    assert (said["exit_code"], said["evidence"], said["claim"]) == (1, "invalid", "inconclusive")
    assert said["stage"] in ("decode", "schema") and "statement" not in said
    assert call("verify", "file").stdout.startswith("INVALID: ")


def test_a_file_that_is_too_large(empty: Path) -> None:
    with open("large", "wb") as file:
        file.truncate((1 << 26) + 1)
    result = call("verify", "large")
    assert result.exit_code == 2 and "large has more than 67108864 bytes" in result.stderr
