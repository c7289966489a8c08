"""The command as a process: exit codes, pipes, full disks, signals, terminals, start-up."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import COMMAND, environment, spawn
from support.programs import elf, spin

posix = pytest.mark.skipif(os.name != "posix", reason="about POSIX processes")


def test_exit_codes(finished: Path, tmp_path: Path) -> None:
    broken = bytearray((finished / "proof.cbor").read_bytes())
    broken[-100] ^= 1
    (tmp_path / "broken.cbor").write_bytes(broken)
    for arguments, code in [
        (["verify", "proof.cbor"], 0),
        (["verify", str(tmp_path / "broken.cbor")], 1),
        (["verify", "nothing.cbor"], 2),
        (["verify", "work/claim.cbor"], 3),
    ]:
        done = spawn(*arguments, cwd=finished)
        assert done.returncode == code, done.stderr


@posix
def test_a_reader_that_leaves(finished: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = spawn("inspect", "proof.cbor", cwd=finished, stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_disk_that_is_full(finished: Path) -> None:
    with open("/dev/full", "w") as full:
        done = spawn("inspect", "proof.cbor", cwd=finished, stdout=full)
    assert done.returncode == 2
    assert done.stderr == "Error: standard output could not be written: No space left on device\n"


@posix
def test_a_closed_stderr_changes_nothing(finished: Path) -> None:
    line = " ".join(["exec", f"'{sys.executable}'", "-c", f"'{COMMAND[2]}'", "verify", "proof.cbor", "2>&-"])
    done = subprocess.run(["sh", "-c", line], cwd=finished, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("VALID")


@posix
def test_a_closed_stdout(finished: Path) -> None:
    line = " ".join(["exec", f"'{sys.executable}'", "-c", f"'{COMMAND[2]}'", "verify", "proof.cbor", ">&-"])
    done = subprocess.run(["sh", "-c", line], cwd=finished, env=environment(), capture_output=True, text=True)
    assert "Traceback" not in done.stderr and done.returncode in (0, 2)


@posix
def test_a_file_that_cannot_be_written_to_its_end(here: Path) -> None:
    """As on a disk that fills up: one sentence, and what was there before is still there."""
    import resource

    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    for arguments in (
        ["prove", "work", "--all", "-o", "proof.cbor"],
        ["example", "sha256", "another"],
        [
            "run",
            "unit.cbor",
            "--program",
            "sha256/sha256.elf",
            "--input",
            "sha256/input.txt",
            "--key",
            "worker.key",
            "-o",
            "w",
        ],
    ):
        done = spawn(*arguments, preexec_fn=limited)
        assert done.returncode == 2 and done.stdout == ""
        assert done.stderr.startswith("Error: cannot write ") and done.stderr.count("\n") == 1, done.stderr
    assert {path: path.read_bytes() for path in before} == before
    assert not list(here.rglob("*.new")) and not Path("w/claim.cbor").exists()
    assert spawn("verify", "proof.cbor").returncode == 0


def test_pipes(finished: Path) -> None:
    proof = (finished / "proof.cbor").read_bytes()
    done = subprocess.run([*COMMAND, "verify", "-", "--json"], input=proof, env=environment(), capture_output=True)
    assert done.returncode == 0 and json.loads(done.stdout)["evidence"] == "valid"
    assert b"\x1b" not in done.stdout + done.stderr


def begun(sign: Path) -> None:
    """Wait until a process has made a file, and a moment longer."""
    end = time.monotonic() + 60
    while not sign.exists():
        assert time.monotonic() < end, f"there is no {sign}"
        time.sleep(0.05)
    time.sleep(0.5)


@contextlib.contextmanager
def interruptible(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command as a process that SIGINT ends, even where this one was started with SIGINT ignored, as by `&`.

    Whatever happens, the process is gone afterwards.
    """
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@posix
def test_ctrl_c_while_running(empty: Path) -> None:
    """The first Ctrl-C stops a run in order: with a checkpoint, or before any, and dies as interrupted."""
    Path("loop.elf").write_bytes(elf(spin()))
    Path("none").write_bytes(b"")
    assert spawn("keygen", "-o", "k").returncode == 0
    terms = ["--network", "n", "--price", "0", "--segment-log2", "14", "--max-steps", "10G"]
    done = spawn("unit", "--program", "loop.elf", "--input", "none", "--key", "k", *terms, "-o", "u")
    assert done.returncode == 0, done.stderr
    run = ["run", "u", "--program", "loop.elf", "--input", "none", "--key", "k", "-o", "w", "--engine", "reference"]
    with interruptible(*run) as process:
        begun(Path("w/lock"))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert out == "" and "Traceback" not in err
    assert re.match(r"Stopped at step \d+ without a claim; run it again in the same folder to go on\.\n", err), err
    assert not Path("w/claim.cbor").exists()


@posix
@pytest.mark.parametrize("jobs", [[], ["--checkpoints", "work", "--jobs", "2"]], ids=["one", "two"])
def test_ctrl_c_while_verifying(jobs: list[str], empty: Path) -> None:
    """However many threads execute, they stop."""
    Path("loop.elf").write_bytes(elf(spin()))
    Path("none").write_bytes(b"")
    assert spawn("keygen", "-o", "key").returncode == 0
    files = ["--program", "loop.elf", "--input", "none"]
    terms = ["--network", "n", "--price", "0", "--max-steps", "1G"]
    assert spawn("unit", *files, "--key", "key", *terms, "-o", "unit").returncode == 0
    assert spawn("run", "unit", *files, "--key", "key", "-o", "work").returncode == 3
    with interruptible("verify", "work/claim.cbor", *files, *jobs, "--engine", "reference") as process:
        assert process.stderr is not None and process.stderr.readline().startswith("Executing ")
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert out == "" and err.splitlines()[-1] == "Interrupted." and "Traceback" not in err


@posix
def test_ctrl_c_anywhere_else(empty: Path) -> None:
    """A command that waits for its input dies as interrupted, and prints no traceback."""
    os.mkfifo("pipe")
    with interruptible("verify", "pipe") as process, open("pipe", "wb"):  # goes on when the command has opened it too
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert out == "" and err.strip() == "Interrupted."


def on_a_terminal(folder: Path, *arguments: str, **variables: str) -> tuple[str, int]:
    """What the command prints when both its outputs are a terminal."""
    import pty

    master, slave = pty.openpty()
    try:
        process = subprocess.Popen(
            [*COMMAND, *arguments], cwd=folder, env=environment(**variables), stdout=slave, stderr=slave
        )
        os.close(slave)
        shown = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        return shown.decode(), process.wait(timeout=60)
    finally:
        os.close(master)


@posix
def test_colours_on_a_terminal_alone(finished: Path) -> None:
    coloured, code = on_a_terminal(finished, "verify", "proof.cbor")
    assert code == 0 and "\x1b[32m" in coloured
    plain, code = on_a_terminal(finished, "verify", "proof.cbor", TERM="dumb")
    assert code == 0 and "\x1b" not in plain and plain.startswith("VALID")
    plain, code = on_a_terminal(finished, "verify", "proof.cbor", NO_COLOR="1")
    # A slow machine may show progress, which moves the cursor.
    assert code == 0 and not re.search(r"\x1b\[[0-9;]*m", plain) and "VALID: " in plain
    assert "\x1b" not in spawn("verify", "proof.cbor", cwd=finished).stdout


@posix
def test_progress_on_a_terminal_alone(finished: Path, tmp_path: Path) -> None:
    arguments = ["run", "unit.cbor", "--program", "sha256/sha256.elf", "--input", "sha256/input.txt"]
    arguments += ["--key", "worker.key", "-o"]
    shown, code = on_a_terminal(finished, *arguments, str(tmp_path / "terminal"))
    assert code == 0
    quiet = spawn(*arguments, tmp_path / "quiet", cwd=finished)
    assert quiet.returncode == 0 and quiet.stderr == ""
    asked = spawn(*arguments, tmp_path / "asked", "--progress", cwd=finished)
    assert asked.returncode == 0
    assert shown.replace("\r\n", "\n").endswith("\n")


def test_start_up_imports_little() -> None:
    """What the start-up time depends on, without a clock: tests/test_layout.py has the clock."""
    code = "import sys; from tracework.cli.app import app; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert not {"rich", "blake3", "json.tool", "wasmtime", "py_ecc", "tracework.protocol", "tracework.worker"} & loaded
