"""Disputes over a folder: two parties and a referee, whoever else writes there, and whenever one of them is killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.disputes import (
    LIE_AT,
    OPENED,
    SEGMENT,
    Table,
    between_leaves,
    board,
    dispute_of,
    ended,
    proof_in,
)
from support.jobs import Job
from tracework.protocol.encoding.schema import decode_object, encode_object
from tracework.protocol.keys import SecretKeyFile
from tracework.protocol.work.dispute import (
    DELAY_BUDGET,
    Dispute,
    Move,
    sign_dispute,
)
from tracework.protocol.work.fault import sign_subtrace
from tracework.verifier.disputes import Ending
from tracework.worker import refute as refuting
from tracework.worker.cheat import KINDS, cheat
from tracework.worker.disputing import Turn, open_game, play
from tracework.worker.errors import WorkerError
from tracework.worker.games import MAX_ANSWER, GameFolder
from tracework.worker.judging import Judge, read_claim
from tracework.worker.refute import refute

# Games to their end


def test_two_parties_and_a_referee(table: Table) -> None:
    file = table.open()
    answers = table.play(table.accused(), table.challenger())
    assert [answer.accepted for answer in answers] == [True] * len(answers)
    assert answers[0].file == file.name and answers[0].party == "challenger"
    assert proof_in(answers[-1]).step == (SEGMENT - 1) * 1024 + LIE_AT - 1
    ended(table, Ending.REFUTED)
    for player, key in ((table.accused(), table.job.key), (table.challenger(), table.challenger_key)):
        assert player.step() == Turn("over", ending=Ending.REFUTED), key


@pytest.mark.parametrize("lie_at", [1, 2, 512, 513, 1023, 1024])
def test_wherever_the_accused_lies(table: Table, lie_at: int) -> None:
    table.open()
    (*_, last) = table.play(table.accused(lie_at=lie_at), table.challenger())
    assert proof_in(last).index == lie_at - 1
    ended(table, Ending.REFUTED)


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"wrong-output"}))
def test_a_cheat_of_every_kind_goes_on_lying_and_loses(kind: str, table: Table, tmp_path: Path) -> None:
    table.false = tmp_path / "false"
    cheat(table.honest, table.false, kind, key=table.job.key)
    table.claim = read_claim(table.false)
    opened = open_game(table.folder, table.false, table.challenger_key, work=table.honest)
    by_execution = open_game(
        GameFolder(tmp_path / "other"),
        table.false,
        table.challenger_key,
        program=table.job.program,
        input=table.job.given,
        engine="reference",
    )
    assert opened.segment == by_execution.segment and opened.contradicts == by_execution.contradicts
    if opened.segment is None:
        assert opened.contradicts and refute(table.false, table.job.program, table.job.given) is not None
        return
    table.play(table.accused(), table.challenger(work=None, program=table.job.program, input=table.job.given))
    ended(table, Ending.REFUTED)


def test_a_false_output_in_a_short_last_segment(sha256: Job, other_key: SecretKeyFile, tmp_path: Path) -> None:
    sha256.run(tmp_path / "work", engine="reference")
    cheat(tmp_path / "work", tmp_path / "false", "wrong-output", key=sha256.key)
    played = play(
        tmp_path / "false", sha256.program, sha256.given, accused=sha256.key, challenger=other_key, engine="reference"
    )
    assert played is not None and played.ending is Ending.REFUTED and max(played.sent) <= 26


def test_an_honest_claim_has_no_segment_to_dispute(table: Table) -> None:
    assert open_game(table.folder, table.honest, table.challenger_key, work=table.honest).segment is None
    by_execution = open_game(
        table.folder, table.honest, table.challenger_key, program=table.job.program, input=table.job.given
    )
    assert by_execution.segment is None and not table.folder.path.exists()


def test_a_segment_too_large_for_a_witness(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refuting, "MAX_WITNESS_PAGES", 0)
    with pytest.raises(WorkerError, match="settled by a dispute"):
        refute(table.false, table.job.program, table.job.given)
    played = play(
        table.false, table.job.program, table.job.given, accused=table.job.key, challenger=table.challenger_key
    )
    assert played is not None and played.ending is Ending.REFUTED


def test_an_honest_worker_is_challenged_all_the_same(table: Table) -> None:
    table.false = table.honest
    table.claim = read_claim(table.honest)
    body = dispute_of(table, 7)
    table.folder.publish(encode_object(sign_dispute(body, table.challenger_key.key)))
    judge, accused = table.judge(), table.accused(lie_at=None)
    judge.look()
    while not between_leaves(judge):
        assert accused.step().state == "moved"
        assert [answer.accepted for answer in judge.look()] == [True]
        if between_leaves(judge):
            break
        number = board(judge).number
        assert table.put(table.sign(table.challenger_key, number, choice=number // 2 % 2), judge).accepted
    assert accused.step() == Turn("waiting", "the challenger")
    table.clock.now += DELAY_BUDGET + 1
    judge.look()
    ended(table, Ending.CHALLENGER_SILENT)
    assert accused.step().ending is Ending.CHALLENGER_SILENT


# Deviations: each has its outcome


def test_a_wrong_move_costs_time_alone(table: Table) -> None:
    judge, accused, _ = table.begin(2)
    table.clock.now += 100
    answer = table.put(table.sign(table.job.key, 2, children=bytes(64)), judge)
    assert (answer.accepted, answer.stage, answer.code, answer.requirement) == (
        False,
        "crypto",
        "root-mismatch",
        "DSP-015",
    )
    assert answer.party == "accused" and answer.key == table.job.key.public
    assert answer.sentence.startswith(f"{answer.file}, in the name of the accused: rejected, crypto/root-mismatch: ")
    assert judge.referee is not None and judge.referee.deadline == OPENED + DELAY_BUDGET
    assert accused.step().state == "moved" and judge.look()[0].accepted


def test_silence_of_the_accused(table: Table) -> None:
    judge, *_ = table.begin(0)
    table.clock.now = OPENED + DELAY_BUDGET
    assert judge.look() == [] and not judge.ending
    table.clock.now += 1
    assert judge.look() == []
    ended(table, Ending.ACCUSED_SILENT)
    assert table.accused().step().ending is Ending.ACCUSED_SILENT


def test_silence_of_the_challenger(table: Table) -> None:
    judge, _, challenger = table.begin(1)
    table.clock.now += DELAY_BUDGET + 1
    judge.look()
    ended(table, Ending.CHALLENGER_SILENT)
    assert challenger.step().ending is Ending.CHALLENGER_SILENT


def test_delays_add_up(table: Table) -> None:
    judge, accused, challenger = table.begin(0)
    for _ in range(3):
        for late in range(DELAY_BUDGET // 3 + 1):
            table.clock.now += 1
            if late % 97 == 0:
                judge.look()
        judge.look()
        if judge.ending is not None:
            break
        assert accused.step().state == "moved"
        assert judge.look()[0].accepted and challenger.step().state == "moved" and judge.look()[0].accepted
    ended(table, Ending.ACCUSED_SILENT)


def test_another_answer_than_before(table: Table) -> None:
    judge, *_ = table.begin(2)
    game = table.folder.game()
    assert game is not None
    opening = decode_object(Move, game.taken[0].move).body.opening
    assert opening is not None
    root = sign_subtrace(opening.subtrace.body.replace(root=bytes(32)), table.job.key.key)
    answer = table.put(table.sign(table.job.key, 0, opening=opening.replace(subtrace=root)), judge)
    assert (answer.code, answer.requirement) == ("out-of-turn", "DSP-010")
    answer = table.put(table.sign(table.job.key, 2, opening=opening.replace(subtrace=root)), judge)
    assert (answer.code, answer.requirement) == ("out-of-turn", "DSP-010")


def test_a_subtrace_whose_ends_are_not_the_trace_s(table: Table) -> None:
    judge, accused, challenger = table.begin(0)
    turn = accused.step()
    assert turn.move is not None and turn.file is not None and turn.move.body.opening is not None
    turn.file.unlink()
    opening = turn.move.body.opening
    root = sign_subtrace(opening.subtrace.body.replace(root=bytes(32)), table.job.key.key)
    answer = table.put(table.sign(table.job.key, 0, opening=opening.replace(subtrace=root)), judge)
    assert (answer.code, answer.requirement) == ("root-mismatch", "MRK-016")
    table.play(accused, challenger, judge=judge)
    ended(table, Ending.REFUTED)


def test_a_move_out_of_turn(table: Table) -> None:
    judge, *_ = table.begin(1)
    for number, content in ((1, {"children": bytes(64)}), (2, {"children": bytes(64)}), (3, {"choice": 0})):
        answer = table.put(table.sign(table.job.key, number, **content), judge)
        assert answer.sentence.startswith(f"{answer.file}, in the name of the accused: rejected, policy/out-of-turn")


def test_a_choice_of_somebody_else(table: Table, counting: Job) -> None:
    judge, *_ = table.begin(1)
    answer = table.put(table.sign(counting.key, 1, choice=0), judge)
    assert answer.code == "not-the-challenger"
    made = decode_object(Move, table.sign(table.challenger_key, 1, choice=0))
    forged = Move(body=made.body, signature=decode_object(Move, table.sign(counting.key, 1, choice=0)).signature)
    answer = table.put(encode_object(forged), judge)
    assert (answer.code, answer.party) == ("bad-signature", "challenger")


def test_a_move_of_another_dispute(table: Table, tmp_path: Path) -> None:
    other = Table(tmp_path / "other", table.honest, table.false, table.job, table.challenger_key)
    other.begin(4)
    judge, accused, challenger = table.begin(0)
    for message in list(other.folder.messages()):
        answer = table.put(message.data, judge)
        kind = ("unknown-kind", "schema") if message.path.name == "0000.cbor" else ("dispute-mismatch", "crypto")
        assert not answer.accepted and (answer.code, answer.stage) == kind, answer
    table.play(accused, challenger, judge=judge)
    ended(table, Ending.REFUTED)


def test_a_replayed_move_of_this_one(table: Table) -> None:
    judge, accused, challenger = table.begin(3)
    for message in list(table.folder.messages())[1:]:
        assert table.put(message.data, judge).code == "out-of-turn"
    table.play(accused, challenger, judge=judge)
    ended(table, Ending.REFUTED)
    assert judge.look() == [], "nothing is judged after the end"


def test_a_damaged_file(table: Table) -> None:
    judge, accused, challenger = table.begin(2)
    turn = accused.step()
    assert turn.file is not None
    data = turn.file.read_bytes()
    for damaged, stage in ((data[:-1], "decode"), (data[:-1] + bytes([data[-1] ^ 1]), "crypto"), (b"", "decode")):
        turn.file.write_bytes(damaged)
        (answer,) = judge.look()
        assert not answer.accepted and answer.file == turn.file.name and answer.stage == stage
    turn = accused.step()
    assert turn.state == "moved" and turn.file is not None and turn.file.read_bytes() == data, "sent again"
    table.play(accused, challenger, judge=judge)
    ended(table, Ending.REFUTED)


def test_a_file_damaged_after_it_was_accepted(table: Table) -> None:
    judge, _, challenger = table.begin(3)
    for name in ("0000.cbor", "0001.cbor", "0002.cbor"):
        (table.folder.path / name).write_bytes(b"nothing")
        assert not judge.look()[0].accepted
    (table.folder.path / "0003.cbor").unlink()
    table.play(table.accused(), challenger, judge=table.judge())
    ended(table, Ending.REFUTED)


def test_swapped_files(table: Table) -> None:
    judge, accused, challenger = table.begin(1)
    choice = challenger.step().file
    assert choice is not None
    early = table.folder.publish(table.sign(table.job.key, 2, children=bytes(64)))
    first, second = choice.read_bytes(), early.read_bytes()
    choice.write_bytes(second)
    early.write_bytes(first)
    answers = judge.look()
    assert [(answer.file, answer.accepted, answer.code) for answer in answers] == [
        (choice.name, False, "out-of-turn"),
        (early.name, True, None),
    ]
    table.play(accused, challenger, judge=judge)
    ended(table, Ending.REFUTED)


def test_a_move_judged_before_its_turn_is_sent_again(table: Table) -> None:
    """The referee's files are set back, as from a backup: what comes then comes too early."""
    judge, accused, challenger = table.begin(1)
    before = [path.read_bytes() for path in (table.folder.game_path, table.folder.answers_path)]
    assert challenger.step().state == "moved" and judge.look()[0].accepted
    assert accused.step().state == "moved"
    for path, data in zip((table.folder.game_path, table.folder.answers_path), before, strict=True):
        path.write_bytes(data)
    (table.folder.path / "0002.cbor").unlink()
    judge = table.judge()
    (answer,) = judge.look()
    assert answer.code == "out-of-turn" and answer.number == 1
    table.play(accused, challenger, judge=judge)
    ended(table, Ending.REFUTED)


def test_a_move_that_was_accepted_in_between_is_no_rejected_one(table: Table) -> None:
    """A party has read `game.cbor` when the referee accepts its move, and then reads the answers."""
    judge, _, challenger = table.begin(1)
    before = table.folder.game_path.read_bytes()
    assert challenger.step().state == "moved" and judge.look()[0].accepted
    table.folder.game_path.write_bytes(before)
    assert table.challenger().step().state == "moved"


def test_what_comes_before_the_dispute(table: Table, counting: Job, tmp_path: Path) -> None:
    other = Table(tmp_path / "other", table.honest, table.false, table.job, table.challenger_key)
    other.begin(1)
    for message in other.folder.messages():
        if message.path.name == "0001.cbor":
            table.folder.publish(message.data)
    body = dispute_of(table, 7)
    for wrong in (body.replace(claim=bytes(32)), body.replace(segment=500), body.replace(network="other")):
        table.folder.publish(encode_object(sign_dispute(wrong, table.challenger_key.key)))
    forged = Dispute(body=body, signature=sign_dispute(body, counting.key.key).signature)
    table.folder.publish(encode_object(forged))
    table.folder.publish(b"\xff" * 100)
    good = table.open()
    judge = table.judge()
    answers = judge.look()
    assert [answer.code for answer in answers[:-1]] == [
        "unknown-kind",
        "claim-mismatch",
        "segment-index",
        "claim-mismatch",
        "bad-signature",
        *[answers[5].code],
    ]
    assert answers[5].stage == "decode"
    assert answers[-1].accepted and answers[-1].file == good.name
    (answer,) = [table.put(encode_object(sign_dispute(body, table.challenger_key.key)), judge)]
    assert (answer.stage, answer.code) == ("schema", "unknown-kind"), "a second dispute is no move"


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 200_000 + b"]" * 200_000,
        b'{"file": ["0000.cbor"], "sha256": {}}',
        b'{"file": "0000.cbor", "sha256": "' + b"0" * 100_000 + b'"}',
        b"x" * MAX_ANSWER + b'{"file": "0000.cbor", "sha256": "00", "accepted": true}',
        b'{"file": "0000.cbor", "sha2',
        b"\xff\x00[1]",
    ],
    ids=["deep", "of lists", "long", "the end of a long one", "cut off", "no text"],
)
def test_answers_that_no_referee_wrote(line: bytes, tmp_path: Path) -> None:
    folder = GameFolder(tmp_path)
    folder.answers_path.write_bytes(line + b"\n")
    folder.answer({"file": "0000.cbor", "sha256": "00", "accepted": False})
    assert [said["accepted"] for said in folder.answers()] == [False]


def test_names_that_are_no_messages(table: Table) -> None:
    judge, accused, challenger = table.begin(0)
    for name in ("0001.cbor.bak", "1.cbor", "-001.cbor", "x.cbor", ".0001.cbor.7.new"):
        (table.folder.path / name).write_bytes(b"nothing")
    (table.folder.path / "0077.cbor").mkdir()
    table.play(accused, challenger, judge=judge)
    ended(table, Ending.REFUTED)


# Time


def test_a_referee_that_was_away(table: Table) -> None:
    """Nobody can tell when a move came while nobody looked: both sides keep their rounds (DSP-023)."""
    judge, accused, challenger = table.begin(2)
    assert accused.step().state == "moved"
    del judge
    table.clock.now += 10 * DELAY_BUDGET
    judge = table.judge()
    assert judge.ending is None and judge.look()[0].accepted
    assert judge.referee is not None and judge.referee.left == {True: DELAY_BUDGET, False: DELAY_BUDGET}
    assert judge.referee.deadline == table.clock.now + DELAY_BUDGET
    again = table.judge()
    assert again.referee is not None and (again.referee.left, again.referee.deadline) == (
        judge.referee.left,
        judge.referee.deadline,
    )
    table.play(accused, challenger, judge=again)
    ended(table, Ending.REFUTED)


def test_rounds_in_which_nothing_came_count(table: Table) -> None:
    judge, *_ = table.begin(0)
    del judge
    table.clock.now += DELAY_BUDGET + 1
    judge = table.judge()
    judge.look()
    ended(table, Ending.ACCUSED_SILENT)


def test_a_clock_that_is_set_back_stands_still(table: Table) -> None:
    judge, accused, challenger = table.begin(1)
    table.clock.now += 50
    judge.look()
    table.clock.now -= 40
    assert challenger.step().state == "moved" and judge.look()[0].accepted
    assert judge.referee is not None and judge.referee.now == OPENED + 50
    table.play(accused, challenger, judge=table.judge())
    ended(table, Ending.REFUTED)


# Mistakes that a user can mend


def test_what_cannot_be_done_is_said(table: Table, tmp_path: Path) -> None:
    judge, *_ = table.begin(1)
    with pytest.raises(WorkerError, match="needs the claim's trace"):
        table.accused(work=None).step()
    with pytest.raises(WorkerError, match="needs the program and the input"):
        table.challenger(work=None, store=tmp_path / "a").step()
    with pytest.raises(WorkerError, match="about another claim"):
        Judge(table.folder, read_claim(table.honest), now=table.clock)
    with pytest.raises(WorkerError, match="nothing says what is right"):
        open_game(GameFolder(tmp_path / "x"), table.false, table.challenger_key)
    with table.folder.held(), pytest.raises(WorkerError, match="another referee"), table.folder.held():
        pass
    table.folder.game_path.write_bytes(b"x")
    with pytest.raises(WorkerError, match="is not the record of a dispute"):
        table.accused().step()
    del judge


def test_nobody_signs_a_lie_unasked(table: Table) -> None:
    table.begin(0)
    with pytest.raises(WorkerError, match="at the segment's end: whoever signs"):
        table.accused(lie_at=None).step()
    assert not list(table.path.glob("game.accused-*/*/move-*"))
    with pytest.raises(WorkerError, match="lie at one of 1 to 1024"):
        table.accused(lie_at=1025).step()


def test_a_dispute_is_opened_once(table: Table) -> None:
    assert table.open() == table.open()
    assert len(list(table.folder.messages())) == 1
