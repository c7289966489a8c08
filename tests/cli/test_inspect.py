"""`tracework inspect` and `tracework doctor`: what a file holds, and what is installed."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from support.cli import call, ok
from tracework.cli import kinds
from tracework.cli.diagnostic import diagnostic
from tracework.cli.views import ranges
from tracework.protocol.encoding import cbor
from tracework.protocol.keys import SecretKey, SecretKeyFile, secret_key_file
from tracework.worker.keyfiles import read_key
from tracework.worker.units import read_claim, read_proof, read_unit

FILES = {
    "unit.cbor": "unit",
    "work/claim.cbor": "claim",
    "proof.cbor": "segment-proof",
    "me.pub": "public-key",
    "me.key": "secret-key",
}


def inspected(path: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(ok("inspect", path, "--json"))
    return said


@pytest.mark.parametrize(("path", "kind"), FILES.items())
def test_every_kind(path: str, kind: str, here: Path) -> None:
    said = inspected(path)
    data = Path(path).read_bytes()
    assert (said["kind"], said["version"], said["size"]) == (f"tracework/{kind}", "1", str(len(data)))
    assert kinds.at_start(data) == f"tracework/{kind}"
    assert ok("inspect", path).startswith(f"{path}: tracework/{kind}, version 1, ")
    piped = call("inspect", "-", stdin=data)
    assert piped.exit_code == 0 and piped.stdout.startswith("standard input: ")


def test_ids_are_computed(here: Path) -> None:
    unit, claim, proof = read_unit("unit.cbor"), read_claim("work/claim.cbor"), read_proof("proof.cbor")
    computed = inspected("unit.cbor")["computed"]
    assert computed["unit_id"] == unit.id.hex() and computed["program_id"] == unit.body.machine.program_id.hex()
    assert computed["context_hash"] == unit.body.machine.hash.hex()
    computed = inspected("work/claim.cbor")["computed"]
    assert computed["claim_id"] == claim.id.hex() and computed["result"] == "halted with exit code 0"
    assert inspected("work/claim.cbor")["fields"]["body"]["steps"] == str(claim.body.steps)
    proven = inspected("proof.cbor")["computed"]["segments_proven"]
    assert [part["segment"] for part in proven] == ["0", "2"]
    assert proven[1]["from_step"] == str(2 << 16) and proven[1]["to_state"] == proof.leaf_map()[3].hex()
    text = ok("inspect", "proof.cbor")
    assert claim.id.hex() in text and "status            1 (halted)" in text and "a1=0x" in text


def test_a_program(here: Path) -> None:
    said = inspected("sha256/sha256.elf")
    assert said["kind"] == "program"
    assert said["computed"]["program_id"] == read_unit("unit.cbor").body.machine.program_id.hex()
    assert said["computed"]["program_id"] in ok("inspect", "sha256/sha256.elf")
    Path("cut.elf").write_bytes(Path("sha256/sha256.elf").read_bytes()[:100])
    result = call("inspect", "cut.elf")
    assert result.exit_code == 1 and "a malformed program" in result.stdout and "decode/truncated" in result.stdout


def test_secrets_are_never_shown(here: Path) -> None:
    secret = read_key("me.key").secret
    for flags in ([], ["--json"], ["--diag"]):
        shown = ok("inspect", "me.key", *flags)
        assert secret.hex() not in shown and read_key("me.key").public.hex() in shown
    # Not in a key file that is damaged either.
    data = Path("me.key").read_bytes()
    Path("me.key").write_bytes(data[:-60])
    for flags in ([], ["--json"], ["--diag"]):
        assert secret.hex()[:16] not in call("inspect", "me.key", *flags).output
    held: SecretKeyFile = secret_key_file(SecretKey(bytes(31) + b"\1"))
    assert held.secret.hex() not in repr(held)


def undiagnosed(text: str) -> Any:
    """The item that a text in diagnostic notation stands for."""
    literal = re.sub(r"h'([0-9a-f]*)'", r"bytes.fromhex('\1')", text).replace("true", "True").replace("false", "False")
    return eval(literal, {"bytes": bytes})


@pytest.mark.parametrize("path", [path for path in FILES if path != "me.key"])
def test_diagnostic_notation_is_complete(path: str, here: Path) -> None:
    shown = ok("inspect", path, "--diag")
    assert cbor.encode(undiagnosed(shown)) == Path(path).read_bytes()


def test_diagnostic_notation() -> None:
    item: cbor.Item = {0: [1, True, False, b"", b"\0\xff"], 2: 'a"b\\c\n\u00e9\x1b', 2**64 - 1: {}, 7: []}
    assert undiagnosed(diagnostic(item)) == item
    assert diagnostic([1, {2: b"\x01"}]) == "[1, {2: h'01'}]"
    assert "\x1b" not in diagnostic("\x1b[31m")
    wide = diagnostic([list(range(50)), list(range(50))])
    assert wide.count("\n") > 2 and undiagnosed(wide) == [list(range(50)), list(range(50))]


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (b"", "decode/truncated", "byte 0"),
        (b"\xa1\x00\x1f", "decode/reserved-info", "a1 00 [1f]"),
        (b"\xa1\x00" + b"\x38\x00", "decode/forbidden-type", "a1 00 [38] 00"),
        (b"\x41", "decode/truncated", "[41]"),
        (cbor.encode({0: "tracework/unit", 1: 1}) + b"\0", "decode/trailing-bytes", "a malformed unit"),
        (cbor.encode({0: "tracework/unit", 1: 1}), "schema/missing-field", "a malformed unit"),
        (cbor.encode({0: "tracework/unit", 1: 7}), "schema/unsupported-version", "a malformed unit"),
        (cbor.encode({0: "tracework/\x1b[31m", 1: 1}), "schema/unknown-kind", "no object of the protocol"),
        (cbor.encode({0: 5, 1: 1}), "schema/unknown-kind", "no object of the protocol"),
        (cbor.encode({1: 1}), "schema/missing-field", "no object of the protocol"),
        (cbor.encode([1, 2]), "schema/wrong-type", "no object of the protocol"),
        (b"just some text", "decode/", "no object of the protocol"),
    ],
    ids=range(12),
)
def test_malformed_files(data: bytes, code: str, said: str, empty: Path) -> None:
    Path("file").write_bytes(data)
    result = call("inspect", "file")
    assert result.exit_code == 1
    assert code in result.stdout and said in result.stdout and "\x1b" not in result.stdout
    error = json.loads(call("inspect", "file", "--json").stdout)["error"]
    assert f"{error['stage']}/{error['code']}".startswith(code) and error["requirement"] and error["message"]
    shown = call("inspect", "file", "--diag")
    assert shown.exit_code == (1 if error["stage"] == "decode" else 0)


def test_nothing_breaks_it(here: Path) -> None:
    chosen = random.Random("inspect")
    for path in FILES:
        data = Path(path).read_bytes()
        for _ in range(40):
            changed = bytearray(data)
            for _ in range(chosen.choice((1, 1, 2, 8))):
                changed[chosen.randrange(len(changed))] = chosen.randrange(256)
            Path("changed").write_bytes(changed[: chosen.choice((len(changed), chosen.randrange(len(changed) + 1)))])
            assert call("inspect", "changed", *chosen.choice(([], ["--json"], ["--diag"]))).exit_code in (0, 1)


def test_ranges() -> None:
    assert ranges([]) == "" and ranges([3]) == "3" and ranges([0, 1, 2, 5, 7, 8]) == "0-2, 5, 7-8"


def test_doctor() -> None:
    result = call("doctor")
    assert result.exit_code == 0 and "All that is needed is there." in result.stdout
    said = json.loads(ok("doctor", "--json"))
    tools = {tool["name"]: tool for tool in said["tools"]}
    assert said["complete"] is True
    assert {"protocol", "hash suite", "signatures", "interpreter", "engine", "ziglang", "qemu-riscv64", "node"} <= set(
        tools
    )
    assert tools["interpreter"]["version"] and tools["signatures"]["version"]


def test_doctor_without_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    from tracework.worker import toolbox

    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(toolbox, "_version", lambda package: None)
    monkeypatch.setattr(toolbox, "_engine", lambda: 1 / 0)
    result = call("doctor")
    assert result.exit_code == 3 and "Something that is needed is missing." in result.stdout
    for line in ("pip install 'tracework[build]'", "apt install qemu-user", "pip install wasmtime", "nodejs"):
        assert line in result.stdout
