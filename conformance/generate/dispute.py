"""Vectors for disputes: whole games, every way to break a rule, and silence of either side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...protocol import keys
from ...protocol.encoding.schema import encode_object
from ...protocol.hashing import STEP_NODE
from ...protocol.trees.trace import TraceTree
from ...protocol.work.claim import SignedClaim, without_openings
from ...protocol.work.dispute import (
    DELAY_BUDGET,
    Dispute,
    Move,
    MoveBody,
    sign_dispute,
    sign_move,
)
from ...protocol.work.fault import SubtraceBody, sign_subtrace, step_height
from ...protocol.work.parties import Challenger, Defender, open_dispute
from ..operations import dispute as operations
from ..values import render
from . import Case, VectorFile, _runs, invalid, seeded, valid
from ._changes import changed
from ._fault_steps import Stepping
from ._runs import Run, retraced
from .claim import halted

CHECKED = "tests/adapters/node, written from spec/ alone"
SEGMENT = 2
OPENED = 5_000_000
RULES = ["DSP-001", "DSP-010", "DSP-018", "DSP-021"]


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        VectorFile(
            name="play",
            op="dispute.play",
            title="Disputes inside a segment, message by message",
            checked_by=CHECKED,
            cases=[*_games(), *_silence(), *_rejected(), *_never_opened()],
        )
    ]


class Match:
    """A worker who claims a wrong leaf after one segment, and a challenger who has executed it."""

    def __init__(self, made: Run, segment: int, wrong_from: int) -> None:
        """The worker's states inside the segment differ from step `wrong_from` on."""
        honest = Stepping(made, segment)
        hashes = [*honest.hashes[:wrong_from], *(digest[::-1] for digest in honest.hashes[wrong_from:])]
        leaves = [*made.leaves[: segment + 1], hashes[-1], *made.leaves[segment + 2 :]]
        self.run = retraced(made, leaves)
        self.stepping = honest
        self.claim: SignedClaim = without_openings(self.run.claim)
        self.theirs = TraceTree(hashes, step_height(honest.context), STEP_NODE)
        self.true = TraceTree(honest.hashes, step_height(honest.context), STEP_NODE)
        nonce = seeded("dispute", f"nonce {segment} {wrong_from}", 32)
        self.dispute = open_dispute(self.claim, segment, _runs.worker("challenger"), nonce=nonce)
        self.challenger = self.challenges(_runs.worker("challenger"))
        self.defender = self.defends(_runs.worker())

    def challenges(self, key: keys.SecretKey) -> Challenger:
        """Somebody who has executed the segment."""
        return Challenger(self.claim, self.dispute, key, self.true.node, self.stepping.states.before)

    def defends(self, key: keys.SecretKey) -> Defender:
        """Somebody who plays for the worker's root; with another key than the worker's, under what it has signed."""
        dispute = self.dispute
        subtrace = None
        if key != _runs.worker():
            subtrace = sign_subtrace(
                SubtraceBody(
                    network=_runs.NETWORK, claim=self.claim.id, segment=dispute.body.segment, root=self.theirs.root
                ),
                _runs.worker(),
            )
        return Defender(self.claim, dispute, key, self.theirs.node, self.run.tree, subtrace=subtrace)

    def moves(self, defender: Defender | None = None) -> list[Move]:
        """The moves of a whole game, each side playing as it should."""
        defender = defender or self.defender
        made: list[Move] = []
        move = defender.next()
        while move is not None:
            made.append(move)
            defender.receive(move)
            self.challenger.receive(move)
            if move.body.proof is not None:
                break
            move = self.challenger.next() or defender.next()
        return made

    def sign(self, author: keys.SecretKey, number: int, **content: Any) -> Move:
        """A move of anybody's invention."""
        fields: dict[str, Any] = {"network": _runs.NETWORK, "dispute": self.dispute.id, "number": number}
        return sign_move(MoveBody(**(fields | {"author": keys.public_key(author)} | content)), author)


def match(wrong_from: int = 9) -> Match:
    """A worker that is wrong in the third segment of a run of four."""
    return Match(halted(), SEGMENT, wrong_from)


def given(
    played: Match,
    moves: Sequence[Move | bytes],
    pace: int = 10,
    until: int | None = None,
    dispute: Dispute | None = None,
) -> dict[str, Any]:
    """The input of a game in which a message comes every `pace` rounds."""
    events = [
        {"round": OPENED + pace * (place + 1), "move": move if isinstance(move, bytes) else encode_object(move)}
        for place, move in enumerate(moves)
    ]
    return {
        "claim": encode_object(played.claim),
        "dispute": encode_object(dispute or played.dispute),
        "opened": OPENED,
        "moves": events,
        "until": events[-1]["round"] if until is None and events else until or OPENED,
    }


def _case(name: str, comment: str, requirements: Sequence[str], input: Mapping[str, Any], *flags: str) -> Case:
    return valid(f"dispute-play-{name}", comment, requirements, input, operations.play(render(input)), flags=flags)


def _games() -> list[Case]:
    shape = [*RULES, "DSP-012", "DSP-013", "DSP-014", "DSP-015", "DSP-017", "DSP-030"]
    cases = [
        ("first-step", "The worker is wrong from the first step on.", match(1), ""),
        ("middle", "The worker is wrong in the middle.", match(9), ""),
        ("even", "The first wrong state stands left of its sibling.", match(8), ""),
        ("last-step", "Only the last step is wrong: it is proven without a choice.", match(16), "Boundary"),
        ("last-but-one", "The last step but one is the first wrong one.", match(15), "Boundary"),
    ]
    made = [
        _case(name, comment, shape, given(played, played.moves()), *flags.split())
        for name, comment, played, flags in cases
    ]
    others = match(5)
    made.append(
        _case(
            "anybody",
            "A stranger answers for the worker's root.",
            ["DSP-011", *RULES],
            given(others, others.moves(others.defends(_runs.worker("stranger")))),
        )
    )
    short = Match(_runs.run(_runs.summing(), b"0", "dispute-short"), 1, 4)
    made.append(
        _case(
            "short",
            "The last segment of a run, shorter than the others.",
            shape,
            given(short, short.moves()),
            "Boundary",
        )
    )
    return made


def _silence() -> list[Case]:
    played = match()
    moves = played.moves()
    late = OPENED + DELAY_BUDGET
    rows: list[tuple[str, str, dict[str, Any]]] = [
        ("never-answered", "No move at all.", given(played, [], until=late + 1)),
        ("last-moment", "Nothing yet, in the last round of the budget.", given(played, [], until=late)),
        (
            "accused",
            "The accused answers once, and no more; its turns have taken 10 rounds before.",
            given(played, moves[:2], until=OPENED + 20 + DELAY_BUDGET - 10 + 1),
        ),
        (
            "challenger",
            "The challenger makes no choice.",
            given(played, moves[:1], until=OPENED + 10 + DELAY_BUDGET + 1),
        ),
        ("in-all", "The delays of a side add up.", given(played, moves, pace=DELAY_BUDGET // 3 + 1)),
        ("too-late", "A move after the budget is spent.", given(played, moves[:1], pace=DELAY_BUDGET + 1)),
    ]
    return [
        _case(f"silent-{name}", comment, ["DSP-010", "DSP-020", "DSP-021"], input, "Boundary")
        for name, comment, input in rows
    ]


def _rejected() -> list[Case]:
    played = match()
    moves, others = played.moves(), match(4).moves()
    worker, challenger, stranger = _runs.worker(), _runs.worker("challenger"), _runs.worker("stranger")
    body = moves[0].body.opening
    assert body is not None

    def after(count: int, *tried: Move | bytes) -> dict[str, Any]:
        return given(played, [*moves[:count], *tried])

    def opening(**fields: Any) -> Move:
        return played.sign(worker, 0, opening=body.replace(**fields))

    def content(place: int, **fields: Any) -> Move:
        made = moves[place].body.replace(**fields)
        return sign_move(made, challenger if place % 2 else worker)

    moved = sign_subtrace(body.subtrace.body.replace(segment=1), worker)
    honest = Stepping(played.run, SEGMENT).fault(3)
    foreign = Stepping(halted(), SEGMENT).fault(9, Stepping(halted(), SEGMENT).wrong_after(9))
    root = sign_subtrace(body.subtrace.body.replace(root=bytes(32)), worker)
    rows: list[tuple[str, str, str, dict[str, Any]]] = [
        ("empty", "DSP-005", "A move with nothing in it.", after(1, changed(moves[1], [2], _without(moves[1])))),
        (
            "two-contents",
            "DSP-005",
            "A choice and children in one move.",
            after(1, changed(moves[1], [2], lambda item: item | {5: bytes(64)})),
        ),
        ("over", "DSP-010 DSP-017", "A move after the proof.", after(len(moves), moves[-1])),
        (
            "other-dispute",
            "DSP-006",
            "A good move of another dispute about the same segment.",
            after(0, others[0]),
        ),
        ("other-network", "DSP-006", "The move for another network.", after(0, content(0, network="other"))),
        ("replayed", "DSP-010 DSP-019", "The opening once more.", after(1, moves[0])),
        ("ahead", "DSP-010", "A choice with the number after the next.", after(1, content(1, number=3))),
        (
            "other-side",
            "DSP-010",
            "Children where a choice is due.",
            after(1, played.sign(worker, 1, children=bytes(64))),
        ),
        ("no-opening", "DSP-010", "A choice before the opening.", after(0, content(1, number=0))),
        ("steered", "DSP-011", "A stranger's choice.", after(1, played.sign(stranger, 1, choice=1))),
        (
            "forged",
            "DSP-007 KEY-041",
            "A choice in the challenger's name, signed by a stranger.",
            after(1, Move(body=moves[1].body, signature=played.sign(stranger, 1, choice=1).signature)),
        ),
        ("leaf-choice", "DSP-016", "A choice between two leaves.", after(7, played.sign(challenger, 7, choice=0))),
        (
            "stranger-subtrace",
            "DSP-012 KEY-041",
            "A subtrace that the worker didn't sign.",
            after(0, opening(subtrace=sign_subtrace(body.subtrace.body, stranger))),
        ),
        ("other-segment", "DSP-012", "The worker's subtrace of another segment.", after(0, opening(subtrace=moved))),
        ("wrong-leaves", "DSP-013 MRK-016", "Leaves that aren't the trace's.", after(0, opening(leaves=bytes(64)))),
        (
            "leaves-short",
            "DSP-013 MRK-015",
            "A sibling of the leaves is missing.",
            after(0, opening(siblings=body.siblings[32:])),
        ),
        (
            "other-ends",
            "DSP-014 MRK-016",
            "A subtrace with other ends than the trace's.",
            after(0, opening(subtrace=root)),
        ),
        (
            "first-long",
            "DSP-014 MRK-015",
            "A level too many in the path of leaf 0.",
            after(0, opening(first=body.first + bytes(32))),
        ),
        ("children", "DSP-015", "Children of another node.", after(2, played.sign(worker, 2, children=bytes(64)))),
        (
            "no-fault",
            "DSP-017 DSP-019 FLT-003",
            "A proof of a right step: rejected, and the game goes on.",
            after(1, played.sign(challenger, 1, proof=honest), *moves[1:]),
        ),
        (
            "foreign-proof",
            "DSP-017",
            "A proof about the same worker's other claim.",
            after(1, played.sign(challenger, 1, proof=foreign)),
        ),
        (
            "truncated",
            "ENC-021 DSP-019",
            "A move that ends early; the whole one follows.",
            after(0, encode_object(moves[0])[:-1], *moves),
        ),
    ]
    return [
        _case(f"rejected-{name}", comment, requirements.split(), input) for name, requirements, comment, input in rows
    ]


def _without(move: Move) -> Any:
    def apply(item: Any) -> Any:
        return {key: value for key, value in item.items() if key < 4}

    return apply


def _never_opened() -> list[Case]:
    played = match()
    body = played.dispute.body
    key = _runs.worker("challenger")
    rows = [
        (
            "segment",
            "DSP-003",
            "semantic/segment-index",
            "A segment that the claim hasn't got.",
            sign_dispute(body.replace(segment=4), key),
        ),
        (
            "claim",
            "DSP-002",
            "crypto/claim-mismatch",
            "Another claim.",
            sign_dispute(body.replace(claim=bytes(32)), key),
        ),
        (
            "network",
            "DSP-002",
            "crypto/claim-mismatch",
            "Another network.",
            sign_dispute(body.replace(network="other"), key),
        ),
        (
            "signature",
            "DSP-004 KEY-041",
            "crypto/bad-signature",
            "Somebody else's signature.",
            sign_dispute(body, _runs.worker("stranger")),
        ),
    ]
    return [
        invalid(f"dispute-play-open-{name}", comment, requirements.split(), given(played, [], dispute=dispute), error)
        for name, requirements, error, comment, dispute in rows
    ]
