"""Requests, answers and silence by command: what is signed, and what is refused in which words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.cli import call, ok
from tracework.protocol.encoding.schema import decode_object
from tracework.protocol.work.receipt import ReceiptShare, Subject

UNIT = ["--unit", "many.cbor"]
SIGN = ["--receipt", "request.receipt", "--committee", "committee.cbor", *UNIT, "--key", "me.key", "-o", "x"]
ABOUT = ["--about", "worker.commit"]
RECEIPT = ["--committee", "committee.cbor", "--slot", "170", "--key", "me.key", "-o", "x"]
NEW = ["--key", "me.key", "-o", "x"]
PROVE = ["--receipt", "request.receipt", "--certificate", "certificate.cbor", "--committee", "committee.cbor", *UNIT]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["request", "new", "work/claim.cbor", "--unit", "unit.cbor", *NEW], "it isn't said which are to be opened"),
        (["request", "new", "worker.commit", "--segment", "1", *UNIT, *NEW], "request-form"),
        (["request", "new", "dispute.cbor", "--unit", "unit.cbor", *NEW], "a dispute with its --claim"),
        (
            [
                "request",
                "new",
                "dispute.cbor",
                "--claim",
                "many/claim.cbor",
                "--unit",
                "unit.cbor",
                *NEW,
            ],
            "many/claim.cbor is not the claim that dispute.cbor disputes",
        ),
        (
            [
                "request",
                "new",
                "dispute.cbor",
                "--claim",
                "work",
                "--before",
                "answer.cbor",
                "--unit",
                "unit.cbor",
                *NEW,
            ],
            "answer.cbor is no commit",
        ),
        (["request", "new", "worker.commit", "--unit", "unit.cbor", *NEW], "worker.commit is about another unit"),
        (["request", "new", "work", "--segment", "14", "--unit", "unit.cbor", *NEW], "a claim of 14 segments"),
        (["request", "new", "unit.cbor", *UNIT, *NEW], "unit.cbor is no commit, claim, dispute or move"),
        (["request", "judge", "request.cbor", "x", *UNIT, "--about", "work"], "0 files are a commit"),
        (
            ["request", "judge", "request.cbor", "x", *UNIT, *ABOUT, "--about", "work"],
            "nothing to do with request.cbor",
        ),
        (["prove", "many", "--request", "segments.request", "-o", "x"], "another claim than the one in many"),
        (["prove", "many", "--request", "request.cbor", "-o", "x"], "asks for no segments"),
        (["receipt", "answer.cbor", "--unit", "unit.cbor", *RECEIPT], "with --answers"),
        (["receipt", "segments.request", *UNIT, *RECEIPT], "segments.request is not a request about this unit"),
        (["silence", "sign", "request.cbor", *SIGN, *ABOUT, "--slot", "280"], "slot 280 isn't over"),
        (
            ["silence", "sign", "request.cbor", *SIGN, *ABOUT, "--until", "199", "--slot", "300"],
            "fewer than 120 slots",
        ),
        (
            ["silence", "sign", "request.cbor", *SIGN, *ABOUT, "--slot", "281", "--answer", "worker.reveal"],
            "the request was answered (answered, SIL-035) by worker.reveal",
        ),
        (["silence", "prove", "segments.request", *PROVE, "-o", "x"], "certificate.cbor is about another request"),
        (["silence", "prove", "request.cbor", *PROVE, "-o", "certificate.cbor"], "--force"),
    ],
)
def test_what_is_refused(arguments: list[str], said: str, here: Path) -> None:
    result = call(*arguments)
    assert result.exit_code == 2 and said in result.stderr
    assert not Path("x").exists()


def test_a_silence_that_anybody_checks(here: Path) -> None:
    ok("silence", "prove", "request.cbor", *PROVE, "-o", "silence.cbor")
    said = ok("verify", "silence.cbor", "--network", "testnet", "--unit", "many.cbor", "--worker", "worker.pub")
    assert said.startswith("VALID: a request was there, and nobody answered it in time") and "missing" in said
    told = ok("explain", "silence.cbor")
    assert "missing: it has not revealed" in told or "missing" in told
    assert call("verify", "silence.cbor", "--network", "mainnet").exit_code == 1


def test_answers_are_judged(here: Path) -> None:
    judging = ["request", "judge", "segments.request", "--unit", "unit.cbor", "--about", "work/claim.cbor"]
    assert "ANSWERED: segments 0, 3 of a claim" in ok(*judging, "answer.cbor")
    ok("prove", "work", "--segment", "3", "-o", "part.cbor")
    part = call(*judging, "part.cbor", "worker.reveal")
    assert part.exit_code == 3 and "open are the segments 0" in part.stdout
    assert "worker.reveal: answers nothing: a reveal is no answer to a request for segments" in part.stdout
    none = call(*judging, "proof.cbor", "--json")
    assert none.exit_code == 3 and json.loads(none.stdout)["open"] == ["3"]
    assert call(*judging, "worker.commit").exit_code == 1
    assert "the reveal of a commit" in ok("request", "judge", "request.cbor", "worker.reveal", *UNIT, *ABOUT)


def test_receipts_of_requests_and_answers(here: Path) -> None:
    kinds = {}
    for name, subject, more in (
        ("request", "segments.request", []),
        ("proof", "answer.cbor", ["--answers", "segments.request"]),
        ("reveal", "worker.reveal", ["--answers", "request.cbor"]),
    ):
        unit = "many.cbor" if name == "reveal" else "unit.cbor"
        ok("receipt", subject, "--unit", unit, *more, *RECEIPT[:-1], name)
        kinds[name] = decode_object(ReceiptShare, Path(name).read_bytes()).body.kind
    assert kinds == {"request": Subject.REQUEST, "proof": Subject.ANSWER, "reveal": Subject.ANSWER}


def test_a_move_is_asked_for_in_its_dispute(here: Path) -> None:
    ok(
        *("request", "new", "dispute.cbor", "--claim", "work", "--unit", "unit.cbor"),
        *("--key", "me.key", "-o", "move.request"),
    )
    about = ["--about", "work/claim.cbor", "--about", "dispute.cbor"]
    result = call("request", "judge", "move.request", "answer.cbor", "--unit", "unit.cbor", *about)
    assert result.exit_code == 1 and "a segment proof is no answer to a request for a move" in result.stdout


def test_a_dispute_folder_says_which_move_is_due(here: Path) -> None:
    ok("cheat", "work", "jumped-segment", "--segment", "2", "--key", "worker.key", "-o", "false")
    ok("dispute", "open", "game", "false", "--key", "me.key", "--work", "work")
    new = ["request", "new", "game", "--claim", "false", "--unit", "unit.cbor", "--key", "me.key"]
    judging = ["--unit", "unit.cbor", "--about", "game", "--about", "false"]
    files = []
    for number, party in ((0, "worker.key"), (1, "me.key"), (2, "worker.key")):
        call("dispute", "judge", "game", "false/claim.cbor", "--round", str(5_000_000 + number))
        if number % 2:
            refused = call(*new, "-o", "x")
            assert refused.exit_code == 2 and "move 1 is the challenger's" in refused.stderr
        else:
            ok(*new, "-o", f"{number}.request")
        there = set(Path("game").glob("0*.cbor"))
        store = ["work"] if number % 2 else ["false", "--lie-at", "5000"]
        call("dispute", "join", "game", "--key", party, "--work", *store)
        (made,) = set(Path("game").glob("0*.cbor")) - there
        files.append(str(made))
    assert "ANSWERED: move 2 of a dispute" in ok("request", "judge", "2.request", files[2], *judging)
    assert "ANSWERED: move 0 of a dispute" in ok("request", "judge", "0.request", files[0], *judging)
    assert call("request", "judge", "2.request", files[0], *judging).exit_code == 1


def test_files_that_answer_nothing_are_named(here: Path) -> None:
    said = ok("silence", "sign", "request.cbor", *SIGN, *ABOUT, "--slot", "281", "--answer", "proof.cbor")
    assert "proof.cbor answers nothing: a segment proof is no answer to a request for a reveal (answer-form)" in said
