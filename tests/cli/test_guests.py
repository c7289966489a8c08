"""Guests that don't end well: what `run` says of them, and that their claims verify as what they are."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from support.cli import call, ok
from support.machines import CODE, assemble
from support.programs import A0, A1, A2, A7, T0, T1, elf, halt, load, spin

ENDINGS = {
    "good": (halt(), 0, "halted with exit code 0"),
    "failing": (halt(7), 1, "halted with exit code 7"),
    "looping": (spin(), 3, "ran out of steps"),
    "to-code": ([*load(T1, CODE), assemble("sd", rs1=T1)], 1, "faulted: store-to-code"),
    "to-input": ([assemble("sd", rs1=A0)], 1, "faulted: store-to-input"),
    "read-outside": ([assemble("addi", rd=T0, immediate=-1), assemble("ld", rd=T1, rs1=T0)], 1, "faulted: load-fault"),
    "write-outside": ([assemble("addi", rd=T0, immediate=-1), assemble("sb", rs1=T0)], 1, "faulted: store-fault"),
    "aborting": ([0x00100073], 1, "faulted: breakpoint"),
    "illegal": ([0xFFFFFFFF], 1, "faulted: illegal-instruction"),
    "jumping-away": ([assemble("jalr", rs1=A0)], 1, "faulted: fetch-fault"),
    "unknown-ecall": ([0x73], 1, "faulted: unknown-ecall"),
}
"""Name to code, the exit code of `run`, and the words for its end."""

PIECES = ["--program", "guest.elf", "--input", "input"]


def prepare(words: list[int], data: bytes = b"", content: bytes = b"", steps: str = "100") -> None:
    """A guest, its input, a key and a unit, in the current folder."""
    Path("guest.elf").write_bytes(elf(words, content))
    Path("input").write_bytes(data)
    if not Path("key").exists():
        ok("keygen", "-o", "key")
    terms = ["--network", "net", "--max-steps", steps, "--price", "1", "--segment-log2", "4"]
    ok("unit", *PIECES, "--key", "key", *terms, "-o", "unit", "--force")


@pytest.mark.parametrize("name", ENDINGS)
@pytest.mark.parametrize("engine", ["auto", "reference"])
def test_a_run_says_how_it_ended(name: str, engine: str, empty: Path) -> None:
    words, code, ending = ENDINGS[name]
    prepare(words, b"some input")
    result = call("run", "unit", *PIECES, "--key", "key", "-o", "work", "--engine", engine)
    assert result.exit_code == code, result.output
    assert ending in result.stdout
    assert ("No success: the program" in result.stderr) == (name != "good")
    assert Path("work/output.bin").exists() == (name in ("good", "failing"))

    said = json.loads(call("run", "unit", "--key", "key", "-o", "work", "--json").stdout)
    assert said["complete_before"] is True
    assert said["status"] == {0: "halted", 1: "faulted", 3: "out-of-steps"}[0 if name == "failing" else code]

    # Without a run: everything that can be checked. The claim is not accepted, and not refuted.
    result = call("verify", "work/claim.cbor")
    assert result.exit_code == 3 and result.stdout.startswith("INCONCLUSIVE") and ending in result.stdout
    # With one: the claim is true, of a run that was no success.
    result = call("verify", "work/claim.cbor", *PIECES, "--engine", engine)
    assert result.exit_code == 0 and result.stdout.startswith("ACCEPTED")
    assert ("failed" in result.stdout) == (name != "good") and ending in result.stdout
    assert ("gave output" in result.stdout) == (name == "good")
    # Its last segment can be proven like any other.
    ok("prove", "work", "--last", "-o", "proof", "--engine", engine)
    assert ok("verify", "proof").startswith("VALID: ")
    # Whoever pins an output gets it from a run that halted, or not at all.
    Path("nothing").write_bytes(b"")
    result = call("verify", "proof", "--output", "nothing")
    assert result.exit_code == (0 if name in ("good", "failing") else 1)


def test_where_to_look_after_a_fault(empty: Path) -> None:
    prepare(ENDINGS["to-code"][0])
    result = call("run", "unit", *PIECES, "--key", "key", "-o", "work")
    assert "faulted (store-to-code) in its last step, 2, at pc 0x10008: it wrote to its own code" in result.stderr
    line = result.stderr.splitlines()[-1].removeprefix("Its last steps: tracework ").split()
    assert ok(*line).endswith("The run ends here: faulted: store-to-code, after 3 steps.\n")


def test_debug_text_cannot_take_over_the_terminal(empty: Path) -> None:
    text = b"one\n\x1b[31mtwo \xff\n\nrest"
    say = [*load(A0, 1), *load(A1, CODE + 0x4000), *load(A2, len(text)), *load(A7, 64), 0x73]
    prepare([*say, *halt()], content=text)
    result = call("run", "unit", *PIECES, "--key", "key", "-o", "work")
    assert result.exit_code == 0
    assert result.stderr == "guest: one\nguest: \\x1b[31mtwo \ufffd\nguest: \nguest: rest\n"
    quiet = call("run", "unit", *PIECES, "--key", "key", "-o", "other", "--quiet")
    assert quiet.stderr == ""
    assert Path("work/claim.cbor").read_bytes() == Path("other/claim.cbor").read_bytes()


def test_other_files_than_the_units(empty: Path) -> None:
    prepare(halt(), b"input")
    Path("other.elf").write_bytes(elf([0x13, *halt()]))
    Path("longer").write_bytes(b"longer input")
    Path("changed").write_bytes(b"inpuT")
    run = ["run", "unit", "--key", "key", "-o", "work"]
    for files, said in [
        (["--program", "other.elf", "--input", "input"], "other.elf is program"),
        (["--program", "guest.elf", "--input", "longer"], "longer has 12 bytes, and the unit's input has 5"),
        (["--program", "guest.elf", "--input", "changed"], "but other bytes"),
        (["--program", "guest.elf", "--input", "no"], "cannot read no"),
        (["--program", "no", "--input", "input"], "cannot read no"),
    ]:
        result = call(*run, *files)
        assert result.exit_code == 2 and said in result.stderr, result.stderr
    assert not Path("work/claim.cbor").exists()
    assert call(*run, *PIECES).exit_code == 0
    # An auditor with other files learns that these aren't the unit's: the claim isn't refuted.
    for files, code in [
        (["--program", "other.elf", "--input", "input"], "program-mismatch"),
        (["--program", "guest.elf", "--input", "changed"], "input-mismatch"),
    ]:
        result = call("verify", "work/claim.cbor", *files, "--json")
        verdict = json.loads(result.stdout)
        assert result.exit_code == 1 and (verdict["code"], verdict["claim"]) == (code, "inconclusive")
    result = call("trace", "unit", "--program", "other.elf", "--input", "input")
    assert result.exit_code == 2 and "other.elf is program" in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_keys_that_others_can_read(empty: Path) -> None:
    prepare(halt())
    assert Path("key").stat().st_mode & 0o777 == 0o600
    Path("key").chmod(0o644)
    result = call("run", "unit", *PIECES, "--key", "key", "-o", "work")
    assert result.exit_code == 2 and "key can be read or written by others (mode 0644); " in result.stderr
    assert "chmod 600 key" in result.stderr and not Path("work").exists()
    Path("key").chmod(0o600)
    data = Path("key").read_bytes()
    for damaged in (b"", data[:-1], data[:40] + bytes([data[40] ^ 1]) + data[41:], b"\xff" * 200):
        Path("key").write_bytes(damaged)
        result = call("run", "unit", *PIECES, "--key", "key", "-o", "work")
        assert result.exit_code == 2 and "key is not an undamaged key file" in result.stderr
        assert data[14:46].hex() not in result.output


def test_a_work_folder_that_was_cut_off(empty: Path) -> None:
    prepare(halt(), b"x" * 100)
    ok("run", "unit", *PIECES, "--key", "key", "-o", "work")
    claim = Path("work/claim.cbor").read_bytes()
    for name, cut in [("leaves", 40), ("claim.cbor", 100), ("program.elf", 60), ("input.bin", 3)]:
        whole = (Path("work") / name).read_bytes()
        (Path("work") / name).write_bytes(whole[:cut])
        result = call("prove", "work", "--last", "-o", "proof")
        assert result.exit_code == 2 and result.stderr.count("\n") == 1
        assert not Path("proof").exists()
        # Running again mends it.
        ok("run", "unit", *PIECES, "--key", "key", "-o", "work")
        assert Path("work/claim.cbor").read_bytes() == claim
        ok("prove", "work", "--last", "-o", "proof")
        Path("proof").unlink()
