"""`dispute` between processes: two parties and a referee over a folder, one of them killed now and then."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from support.cli import COMMAND, call, environment, ok

FILES = ["--program", "sha256/sha256.elf", "--input", "sha256/input.txt"]
OPEN = ["dispute", "open", "game", "theirs", "--key", "me.key"]
CHALLENGER = ["dispute", "join", "game", "--key", "me.key", *FILES]
ACCUSED = ["dispute", "join", "game", "--key", "worker.key", "--work", "theirs", "--lie-at", "5000"]
JUDGE = ["dispute", "judge", "game", "theirs/claim.cbor"]


@pytest.fixture
def cheated(here: Path) -> Path:
    """The folder, with a false claim in it."""
    ok("cheat", "work", "jumped-segment", "--segment", "2", "--key", "worker.key", "-o", "theirs")
    return here


def process(*arguments: str) -> subprocess.Popen[str]:
    """The command line as a process that goes on."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def test_three_processes(cheated: Path) -> None:
    ok(*OPEN, *FILES)
    parties = [process(*line, "--wait", "100") for line in (JUDGE, ACCUSED, CHALLENGER)]
    (judged, *_), accused, challenger = [party.communicate(timeout=100) for party in parties]
    assert [party.returncode for party in parties] == [1, 1, 0], (judged, accused, challenger)
    assert "It is over: the claim is refuted" in judged and "rejected" not in judged
    assert call("verify", "game/step.cbor").exit_code == 1
    assert call("explain", "game/verdict.cbor").exit_code == 1
    for line, code in ((JUDGE, 1), (ACCUSED, 1), (CHALLENGER, 0)):
        result = call(*line, "--json")
        assert result.exit_code == code and json.loads(result.stdout)["ending"] == "refuted"


def test_kill_after_kill(cheated: Path) -> None:
    """Every process is killed, again and again, a little later each time; the game comes to its end."""
    ok(*OPEN, *FILES)
    lines = [JUDGE, ACCUSED, CHALLENGER]
    running = [process(*line, "--wait", "100") for line in lines]
    for seconds in (0.3, 0.6, 0.9, 1.2, 1.5, 1.8):
        for at, line in enumerate(lines):
            try:
                running[at].wait(timeout=seconds / len(lines))
            except subprocess.TimeoutExpired:
                os.kill(running[at].pid, signal.SIGKILL)
            running[at].communicate()
            running[at] = process(*line, "--wait", "100")
    assert [party.wait(timeout=100) for party in running] == [1, 1, 0]
    for party in running:
        party.communicate()
    numbers = [said["number"] for said in answers() if said["accepted"] and "number" in said]
    assert numbers == list(range(len(numbers)))
    for folder in Path().glob("game.*/*"):
        assert len(list(folder.glob("move-*.cbor"))) == len(numbers) // 2


def answers() -> list[dict[str, object]]:
    """What the referee has answered."""
    return [json.loads(line) for line in Path("game/answers.jsonl").read_text().splitlines()]


def test_step_by_step(cheated: Path) -> None:
    assert call(*ACCUSED).stdout == "Waiting for the referee to open the dispute.\n"
    opened = json.loads(ok(*OPEN, "--work", "work", "--json"))
    assert opened == {"opened": True, "file": "game/0000.cbor", "segment": "1"}
    looked = call(*JUDGE, "--round", "5000000", "--json")
    assert looked.exit_code == 3
    said = json.loads(looked.stdout)
    assert (said["turn"], said["number"], said["deadline"], said["left"]["accused"]) == (
        "accused",
        "0",
        "5028800",
        "28800",
    )
    assert [(answer["file"], answer["party"]) for answer in said["answers"]] == [("0000.cbor", "challenger")]
    assert call(*CHALLENGER).exit_code == 3 and "Waiting for the accused." in call(*CHALLENGER).stdout
    moved = call(*ACCUSED, "--json")
    assert moved.exit_code == 3
    said = json.loads(moved.stdout)
    assert (said["state"], said["side"]) == ("moved", "accused")
    assert said["moves"] == [{"number": "0", "move": "opening", "file": "game/0001.cbor"}]
    Path("game/0002.cbor").write_bytes(Path("game/0001.cbor").read_bytes()[:-1])
    result = call(*JUDGE, "--round", "5000007")
    assert result.exit_code == 3 and "accepted  0001.cbor, in the name of the accused" in result.stdout
    assert "rejected  0002.cbor: rejected, decode/truncated" in result.stdout
    assert "Round 5000007: move 1 is the challenger's, who has 28,800 rounds left." in result.stdout
    result = call(*JUDGE, "--round", "5028808")
    assert "the challenger ran out of time" in result.stdout and result.exit_code == 3
    assert call(*CHALLENGER).exit_code == 1 and call(*ACCUSED).exit_code == 0
    assert call("explain", "game/verdict.cbor").exit_code == 3


def test_nothing_to_dispute(cheated: Path) -> None:
    honest = call("dispute", "open", "game", "work", "--key", "me.key", *FILES)
    assert honest.exit_code == 3 and "nothing to dispute" in honest.stdout and not Path("game").exists()
    ok("cheat", "work", "wrong-first-leaf", "--key", "worker.key", "-o", "first")
    result = call("dispute", "open", "game", "first", "--key", "me.key", *FILES)
    assert result.exit_code == 3 and "contradicts itself" in result.stdout


@pytest.mark.parametrize(
    "line",
    [
        [*OPEN],
        [*OPEN, "--work", "work", *FILES],
        [*OPEN, "--program", "sha256/sha256.elf"],
        [*JUDGE, "--wait", "1", "--round", "5"],
        ["dispute", "judge", "game", "sha256/input.txt"],
    ],
)
def test_wrong_usage(line: list[str], cheated: Path) -> None:
    assert call(*line).exit_code == 2
