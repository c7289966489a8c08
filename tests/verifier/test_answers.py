"""Answers and silence: no damage makes somebody silent, or lets an answer refute an honest claim."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from support.mutations import spliced, spoilt
from support.remembering import Remembering
from tracework.conformance.generate._answers import for_move, for_move_after, for_segments, moves
from tracework.conformance.generate._many import run_of
from tracework.conformance.generate.audit import audited_unit, jumped
from tracework.protocol.encoding.schema import decode_object, encode_object
from tracework.protocol.keys import KeyCache
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.work.segment import SegmentProof
from tracework.protocol.work.silence import Request
from tracework.verifier.answers import Answer, check_answer, check_silent, is_answered, open_segments
from tracework.verifier.silences import check_silence
from tracework.verifier.verdict import Evidence, Outcome

BACKEND, CACHE = Remembering(), KeyCache()
FOLDER = Path(__file__).parents[2] / "vectors" / "1" / "silence"
FALSE = {jumped(audited_unit(), 1).claim.id}


def inputs(name: str) -> list[dict[str, Any]]:
    """The inputs of a file's good cases, with bytes in the place of their digits."""
    cases = json.loads((FOLDER / f"{name}.json").read_text())["cases"]
    return [{key: _read(item) for key, item in case["input"].items()} for case in cases if case["result"] == "valid"]


def _read(item: Any) -> Any:
    if isinstance(item, list):
        return [_read(one) for one in item]
    return int(item) if len(item) < 5 else bytes.fromhex(item)


PROOFS = [given["proof"] for given in inputs("check")]
ANSWERED, SIGNED = inputs("answer"), inputs("certify")
FILES = [*PROOFS, *(given["candidate"] for given in ANSWERED), *(given["request"] for given in ANSWERED)]


def damaged(chance: Random, data: bytes) -> bytes:
    return spoilt(chance, data) if chance.random() < 0.3 else spliced(chance, data, FILES)


def judged(given: dict[str, Any]) -> Answer:
    """What is found of a candidate."""
    parts = (given["candidate"], given["request"], given["unit"], given["subject"])
    return check_answer(*parts, executor=Interpreter, backend=BACKEND, cache=CACHE)


def certified(given: dict[str, Any]) -> bytes | None:
    """The body that a member signs, if it signs."""
    parts = [given[name] for name in ("request", "receipt", "committee", "unit", "subject", "candidates")]
    times = {"until": given["until"], "now": given["now"]}
    _, body = check_silent(*parts, **times, executor=Interpreter, backend=BACKEND, cache=CACHE)
    return None if body is None else encode_object(body)


def hold(seeds: range) -> None:
    """Damage proofs, answers, and all that a member looks at before it signs."""
    bodies = {certified(given) for given in SIGNED}
    for seed in seeds:
        chance = Random(seed)
        proof = damaged(chance, chance.choice(PROOFS))
        if check_silence(proof, backend=BACKEND, cache=CACHE).evidence is Evidence.VALID:
            assert proof in PROOFS, seed
        given = dict(chance.choice(ANSWERED))
        given["candidate"] = damaged(chance, given["candidate"])
        found = judged(given)
        if found.verdict.claim is Outcome.REFUTED:
            about = found.verdict.statement
            assert about is not None and (about.claim in FALSE or about.claim == _contradicting()), seed
        assert found.verdict.evidence is not Evidence.INVALID or not (found.whole or found.segments), seed
        given = dict(chance.choice(SIGNED))
        name = chance.choice(["request", "receipt", "committee", "unit"])
        given[name] = damaged(chance, given[name])
        given["candidates"] = [damaged(chance, data) for data in given["candidates"]]
        assert certified(given) in {None, *bodies}, seed


def _contradicting() -> bytes:
    (claim,) = {
        answer.verdict.statement.claim
        for answer in map(judged, ANSWERED)
        if answer.verdict.code == "wrong-first-leaf" and answer.verdict.statement
    }
    assert claim is not None
    return claim


@pytest.mark.parametrize("start", range(0, 150, 50))
def test_damage_makes_no_silence_and_no_refutation(start: int) -> None:
    hold(range(start, start + 50))


@pytest.mark.long
@pytest.mark.parametrize("start", range(1_000, 5_000, 1_000))
def test_much_damage(start: int) -> None:
    hold(range(start, start + 1_000))


def test_answers_count_together_in_any_order() -> None:
    asking, run = for_segments(), run_of(audited_unit())
    files = asking.files()
    parts = [encode_object(run.proof(3)), encode_object(run.proof(1)), encode_object(run.proof(0, 1))]
    found = [judged({**files, "candidate": part}) for part in parts]
    assert [answer.segments for answer in found] == [(3,), (), (0,)]
    request = decode_object(Request, files["request"])
    assert is_answered(request, found) and is_answered(request, found[::-1])
    assert open_segments(request, found[:2]) == [0] and not is_answered(request, found[:2])
    assert open_segments(request, []) == [0, 3]


def test_an_answer_to_every_move_is_the_next_move() -> None:
    """Of a whole game, each move of the accused answers the request for it and no other."""
    played = moves()
    for number in range(0, len(played), 2):
        files = for_move_after(played[:number]).files()
        answering = [at for at in range(len(played)) if judged({**files, "candidate": encode_object(played[at])}).whole]
        assert answering == [number]


def test_a_subject_of_too_few_files_is_the_callers_mistake() -> None:
    files = for_move().files()
    with pytest.raises(ValueError, match="not the subject"):
        judged({**files, "subject": files["subject"][:1], "candidate": encode_object(moves()[2])})
    assert isinstance(decode_object(SegmentProof, ANSWERED[1]["candidate"]), SegmentProof)
