"""Disputes over a folder: processes that are killed, what they keep, and others who play for a side."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.crashes import die_at
from support.disputes import (
    Table,
    between_leaves,
    board,
    dispute_of,
    ended,
    helper_key,
)
from support.jobs import Job
from tracework.protocol.encoding.schema import encode_object
from tracework.protocol.work.dispute import (
    sign_dispute,
)
from tracework.verifier.disputes import Ending
from tracework.worker.errors import WorkerError
from tracework.worker.judging import read_claim

# Kills, and what is signed


def operations(do: Callable[[], object]) -> Iterator[int]:
    """Do something in processes of their own, killed just before the first operation on files, the second, …"""
    for operation in itertools.count(1):
        child = os.fork()
        if child == 0:
            try:
                die_at(operation)
                do()
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            return
        yield operation


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")
@pytest.mark.parametrize("moves", [0, 1, 2])
def test_a_party_that_is_killed_goes_on(table: Table, moves: int) -> None:
    judge, *_ = table.begin(moves)
    player = table.challenger if moves % 2 else table.accused
    seen: set[bytes] = set()
    for _ in operations(lambda: player().step()):
        seen |= {message.data for message in table.folder.messages()} - {taken.move for taken in _taken(table)}
        if player().step().state == "waiting":
            break
    player().step()
    signed = {message.data for message in table.folder.messages()} - {taken.move for taken in _taken(table)}
    assert len(signed - {_dispute(table)}) == 1, "never two different moves for one number"
    table.play(table.accused(), table.challenger(), judge=judge)
    ended(table, Ending.REFUTED)


def _taken(table: Table) -> Any:
    game = table.folder.game()
    assert game is not None
    return game.taken


def _dispute(table: Table) -> bytes:
    game = table.folder.game()
    assert game is not None
    return encode_object(game.dispute)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")
@pytest.mark.parametrize("moves", [1, 19])
def test_a_referee_that_is_killed_goes_on(table: Table, moves: int, tmp_path: Path) -> None:
    _, accused, challenger = table.begin(moves)
    (challenger if moves % 2 else accused).step()
    table.folder.publish(b"garbage")
    kept = tmp_path / "kept"
    shutil.copytree(table.folder.path, kept)
    for _ in operations(lambda: table.judge().look()):
        table.judge().look()
        game = table.folder.game()
        assert game is not None and len(game.taken) == moves + 1
        assert {said["file"] for said in table.folder.answers() if not said["accepted"]} <= {"garbage", *_last(table)}
        if moves == 19:
            ended(table, Ending.REFUTED)
        shutil.rmtree(table.folder.path)
        shutil.copytree(kept, table.folder.path)
    table.play(accused, challenger)
    ended(table, Ending.REFUTED)


def _last(table: Table) -> list[str]:
    return [max(path.name for path in table.folder.path.glob("[0-9]*.cbor"))]


def test_a_party_never_changes_its_mind(table: Table) -> None:
    judge, accused, _ = table.begin(0)
    turn = accused.step()
    assert turn.file is not None
    data = turn.file.read_bytes()
    turn.file.unlink()
    again = table.accused(lie_at=3).step()
    assert again.file is not None and again.file.read_bytes() == data, "what was signed stays signed"
    assert judge.look()[0].accepted
    table.challenger().step(), judge.look()
    with pytest.raises(WorkerError, match="has already lied from step 700 on"):
        table.accused(lie_at=3).step()
    assert table.accused(lie_at=None).step().state == "moved"


def test_damage_to_what_a_party_keeps(table: Table) -> None:
    judge, accused, _ = table.begin(3)
    (own,) = (table.path / f"game.challenger-{table.challenger_key.public.hex()[:8]}").iterdir()
    for name in ("begin.bin", "blocks"):
        data = bytearray((own / name).read_bytes())
        data[len(data) // 2] ^= 1
        (own / name).write_bytes(data)
    table.play(accused, table.challenger(), judge=judge)
    ended(table, Ending.REFUTED)


# Others who play


def test_a_helper_takes_over_for_the_accused(table: Table, sha256: Job) -> None:
    """The claim is true; its worker is cut off once it has signed the opening."""
    stranger = helper_key()
    table.false, table.claim = table.honest, read_claim(table.honest)
    table.folder.publish(encode_object(sign_dispute(dispute_of(table, 7), table.challenger_key.key)))
    judge = table.judge()
    judge.look()
    helper = table.accused(stranger, lie_at=None)
    turn = helper.step()
    assert turn.state == "waiting" and "nobody else can sign" in turn.why
    assert table.accused(lie_at=None).step().state == "moved" and judge.look()[0].accepted
    for _ in range(3):
        number = board(judge).number
        assert table.put(table.sign(table.challenger_key, number, choice=1), judge).accepted
        assert helper.step().state == "moved"
        (answer,) = judge.look()
        assert answer.accepted and answer.party == "other"


def test_a_helper_without_the_signed_states(table: Table) -> None:
    judge, *_ = table.begin(2)
    with pytest.raises(WorkerError, match="another trace"):
        table.accused(helper_key(), work=table.honest).step()
    helper = table.accused(helper_key(), lie_at=3)
    with pytest.raises(WorkerError, match="aren't those that the worker has signed"):
        helper.step()
    assert table.accused(helper_key(), store=table.path / "theirs").step().state == "moved"
    assert judge.look()[0].accepted


def test_a_helper_gives_the_challengers_last_move(table: Table) -> None:
    judge, accused, challenger = table.begin(1)
    helper = table.challenger(helper_key())
    turn = helper.step()
    assert turn.state == "waiting" and "nobody else can choose" in turn.why
    while not between_leaves(judge):
        challenger.step(), judge.look(), accused.step(), judge.look()
    assert helper.step().state == "moved"
    assert judge.look()[0].party == "other"
    ended(table, Ending.REFUTED)
