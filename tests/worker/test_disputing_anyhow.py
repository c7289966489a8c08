"""Whatever is done to a dispute's messages, and whoever is killed when: the honest side of a real segment wins."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from support.jobs import Job
from support.programs import count, elf, halt
from tracework.protocol import keys
from tracework.protocol.encoding.schema import encode_object
from tracework.protocol.keys import SecretKeyFile
from tracework.protocol.work.dispute import MoveBody, sign_move
from tracework.verifier.disputes import Ending
from tracework.worker.cheat import cheat
from tracework.worker.disputing import Player, open_game
from tracework.worker.games import GameFolder
from tracework.worker.judging import Judge, read_claim

STRANGER = keys.secret_key_file(keys.derive_secret_key(b"stranger".ljust(32)))


@pytest.fixture(scope="module")
def job(key: SecretKeyFile) -> Job:
    """80 steps, in segments of 16."""
    return Job(elf(count(20, halt(7)), bss=1), b"", key, segment_log2=4)


@pytest.fixture(scope="module")
def runs(job: Job, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An honest run, and a false one made of it."""
    folder = tmp_path_factory.mktemp("anyhow")
    job.run(folder / "work")
    cheat(folder / "work", folder / "false", "jumped-segment", key=job.key, segment=3)
    return folder / "work", folder / "false"


def tamper(chance: Random, folder: GameFolder, dispute: bytes, network: str) -> None:
    """What somebody may do to messages who can write to the folder: all but to the referee's files."""
    there = list(folder.messages())
    if not there:
        return
    one, other = chance.choice(there), chance.choice(there)
    match chance.randrange(6):
        case 0:
            one.path.unlink()
        case 1:
            data = bytearray(one.data or b"\0")
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            one.path.write_bytes(data)
        case 2:
            one.path.write_bytes(other.data)
            other.path.write_bytes(one.data)
        case 3:
            folder.publish(one.data)
        case 4:
            one.path.write_bytes(one.data[: chance.randrange(len(one.data) + 1)])
        case 5:
            content: dict[str, Any] = chance.choice([{"choice": 0}, {"choice": 1}, {"children": bytes(64)}])
            body = MoveBody(
                network=network, dispute=dispute, author=STRANGER.public, number=chance.randrange(12), **content
            )
            folder.publish(encode_object(sign_move(body, STRANGER.key)))


def play(seed: int, job: Job, runs: tuple[Path, Path], challenger: SecretKeyFile, path: Path) -> Ending:
    """A game in which the claim is false; processes begin anew, messages are tampered with, the referee naps."""
    chance = Random(seed)
    honest, false = runs
    folder, now = GameFolder(path / "game"), [1000]
    open_game(folder, false, challenger, work=honest)
    claim = read_claim(false)

    def referee() -> Judge:
        return Judge(GameFolder(folder.path), claim, now=lambda: now[0])

    def player(accused: bool) -> Player:
        if accused:
            return Player(folder, job.key, work=false, lie_at=lie_at, engine="reference")
        return Player(folder, challenger, work=honest, engine="reference")

    lie_at = chance.randint(1, 16)
    judge = referee()
    judge.look()
    assert judge.referee is not None
    dispute = judge.referee.board.dispute.id
    sides = {side: player(side) for side in (True, False)}
    left = 60
    while judge.ending is None:
        for side in chance.sample([True, False], 2):
            if chance.random() < 0.2:
                sides[side] = player(side)
            sides[side].step()
            while left and chance.random() < 0.4:
                tamper(chance, folder, dispute, claim.unit.body.network)
                left -= 1
        if chance.random() < 0.2:
            judge = referee()
        if chance.random() < 0.8:
            judge.look()
        now[0] += chance.choice([0, 1, 10, 100])
    return judge.ending


@pytest.mark.parametrize("seed", range(4))
def test_a_false_claim_is_refuted(
    seed: int, job: Job, runs: tuple[Path, Path], other_key: SecretKeyFile, tmp_path: Path
) -> None:
    assert play(seed, job, runs, other_key, tmp_path) is Ending.REFUTED


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 400))
def test_many_false_claims_are_refuted(
    seed: int, job: Job, runs: tuple[Path, Path], other_key: SecretKeyFile, tmp_path: Path
) -> None:
    assert play(seed, job, runs, other_key, tmp_path) is Ending.REFUTED
