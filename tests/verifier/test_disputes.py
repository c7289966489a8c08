"""An honest party can't lose a dispute: whatever the other plays, on real segments and on ones of up to 2^24 steps."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from support.simulated import FreeBackend, Grafted, Steps, secret
from tracework.conformance.generate import _runs, dispute
from tracework.protocol.encoding.schema import decode_object, encode_object
from tracework.protocol.errors import ProtocolError
from tracework.protocol.hashing import STEP_NODE
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.machine.state import Status
from tracework.protocol.trees.trace import TraceTree
from tracework.protocol.work.claim import ClaimBody, SignedClaim, pack_registers
from tracework.protocol.work.dispute import DELAY_BUDGET, Dispute, Move, MoveBody, sign_move
from tracework.protocol.work.fault import (
    StepFault,
    StepState,
    SubtraceBody,
    check_pair,
    check_subtrace,
    sign_subtrace,
)
from tracework.protocol.work.parties import Challenger, Defender, open_dispute
from tracework.protocol.work.subtrace import subtrace_tree
from tracework.protocol.work.unit import sign_unit
from tracework.verifier.disputes import Ending, Referee, report
from tracework.verifier.verdict import Evidence, Outcome, Verdict

BACKEND = FreeBackend()
WORKER, CHALLENGER, STRANGER = secret("worker"), secret("challenger"), secret("stranger")
Node = Callable[[int, int], bytes]
NOTHING = StepState(
    status=Status.RUNNING,
    code=0,
    pc=0,
    registers=pack_registers([0] * 32),
    steps=0,
    memory_root=bytes(32),
    pages=(),
    zero_pages=(),
    content=b"",
    siblings=b"",
)


def digest(label: object) -> bytes:
    """A digest for a label."""
    return hashlib.sha256(repr(label).encode()).digest()


def judge_by(truth: Steps) -> Callable[[StepFault], Verdict]:
    """A judge who, instead of executing a step, knows what every state leads to."""

    def judge(proof: StepFault) -> Verdict:
        before, after = proof.leaves[:32], proof.leaves[32:]
        try:
            check_subtrace(proof.claim, proof.subtrace, backend=BACKEND)
            check_pair(proof)
        except ProtocolError:
            refuted = False
        else:
            refuted = before == truth.leaf(proof.index) and after != truth.leaf(proof.index + 1)
        return Verdict(
            evidence=Evidence.VALID if refuted else Evidence.INVALID,
            claim=Outcome.REFUTED if refuted else Outcome.INCONCLUSIVE,
            evidence_hash=bytes(32),
            statement=None,
            checks=(),
        )

    return judge


class Simulated:
    """A claim with one segment in dispute, which nobody executes: the truth about it is a rule."""

    def __init__(self, log2: int, truth: Steps, claimed_end: bytes) -> None:
        self.log2, self.truth = log2, truth
        context = _runs.make_context(_runs.looping(), b"", max_steps=3 << log2, segment_log2=log2)
        body = _runs.unit_body(context, "simulated", requester=BACKEND.public_key(secret("requester").scalar))
        unit = sign_unit(body, secret("requester"), backend=BACKEND)
        leaves = [digest("start"), truth.leaf(0), claimed_end, digest("end")]
        self.trace = TraceTree(leaves, context.trace_height)
        claimed = ClaimBody(
            unit=unit.id,
            worker=BACKEND.public_key(WORKER.scalar),
            leaf_count=4,
            trace_root=self.trace.root,
            steps=3 << log2,
            status=Status.OUT_OF_STEPS,
            code=0,
            output_length=0,
            output_root=bytes(32),
            final_state=leaves[-1],
        )
        signature = BACKEND.sign(WORKER.scalar, claimed.id(unit.body.network), b"")
        self.claim = SignedClaim(unit=unit, body=claimed, signature=signature)

    def challenger(self, node: Node) -> Challenger:
        """Somebody who disputes the segment, and holds this tree for what is right."""
        challenge = open_dispute(self.claim, 1, CHALLENGER, nonce=bytes(32), backend=BACKEND)
        return Challenger(self.claim, challenge, CHALLENGER, node, lambda index: NOTHING, backend=BACKEND)

    def defender(self, challenge: Dispute, node: Node) -> Defender:
        """The worker, who signs this tree."""
        return Defender(self.claim, challenge, WORKER, node, self.trace, backend=BACKEND)

    def referee(self, challenge: Dispute, now: int = 0) -> Referee:
        """A referee whose judge knows the truth."""
        return Referee(self.claim, challenge, now, executor=Interpreter, backend=BACKEND, judge=judge_by(self.truth))


def truths(chance: Random, log2: int) -> Steps:
    """What is true of a segment: some places at which its state changes."""
    found = [chance.randint(1, 1 << log2) for _ in range(chance.randint(0, 6))]
    return Steps(log2, {0: digest("begin")} | {place: digest(place) for place in found})


def lies(chance: Random, truth: Steps) -> tuple[Any, bytes]:
    """A tree whose ends are the segment's true beginning and a false end, and anything in between."""
    log2, end = truth.log2, digest("false end")
    changes = {}
    for _ in range(chance.randint(0, 5)):
        place = chance.randint(1, 1 << log2)
        changes[place] = digest(("lie", place))
    breaks = chance.choice([changes, {start: truth.values[start] for start in truth.starts}])
    false = Steps(log2, breaks | {0: truth.leaf(0), 1 << log2: end})
    grafts: dict[tuple[int, int], Steps | None] = {}
    for _ in range(chance.randint(0, 4)):
        level = chance.randint(0, log2 - 1)
        position = chance.randint(1, (1 << log2 - level) - 1)
        grafts[level, position] = chance.choice([truth, None, false])
    return Grafted(false, grafts), end


def garbage(chance: Random, challenge: Dispute, number: int, seen: list[bytes]) -> bytes:
    """What somebody might send: replays, damage, moves of others' invention."""
    kind = chance.randrange(5)
    if kind == 0 and seen:
        return chance.choice(seen)
    if kind == 1 and seen:
        data = bytearray(chance.choice(seen))
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return bytes(data)
    author = chance.choice([WORKER, CHALLENGER, STRANGER])
    content: dict[str, Any] = chance.choice(
        [{"choice": 0}, {"choice": 1}, {"children": digest(1) + digest(2)}, {"children": bytes(64)}]
    )
    body = MoveBody(
        network=_runs.NETWORK,
        dispute=challenge.id if kind < 4 else digest("other"),
        author=BACKEND.public_key(author.scalar),
        number=chance.randint(0, number + 2),
        **content,
    )
    return encode_object(sign_move(body, chance.choice([author, STRANGER]), backend=BACKEND))


def played(
    chance: Random, challenger: Any, defender: Any, honest: bool, referee: Referee
) -> tuple[Ending | None, dict[bool, int]]:
    """Play to the end. `honest` is the side (True: the accused) that answers in time; the other may do anything.

    Garbage in the honest side's name can't be signed by it: what is sent for it is by others or damaged. Now and then
    the referee is away while a move is made, for longer than a side has in all.
    """
    now, counts, seen = 0, {True: 0, False: 1}, list[bytes]()
    while referee.ending is None:
        accused = referee.board.accused_to_move
        party, mine = defender if accused else challenger, accused == honest
        if chance.random() < 0.3:
            data = garbage(chance, referee.board.dispute, referee.board.number, seen)
            if not _forged_for(honest, data):
                step(referee, data, now, challenger, defender, seen)
            continue
        move = party.next()
        now += chance.randint(0, 100) if mine else chance.choice([0, 0, 50, DELAY_BUDGET // 20])
        accepted = move is not None and step(referee, encode_object(move), now, challenger, defender, seen)
        counts[accused] += accepted
        if accepted and chance.random() < 0.1 and referee.ending is None:
            now += chance.randint(0, 3 * DELAY_BUDGET)
            referee.skip(now)
        if not accepted:
            referee.tick(now)
            assert referee.ending is not None or not mine, "an honest side's move is accepted"
            now = max(now, referee.deadline + 1)
            referee.tick(now)
    return referee.ending, counts


def _forged_for(honest: bool, data: bytes) -> bool:
    """Whether this is validly signed in the honest challenger's name: it never signs but its own moves."""
    try:
        move = decode_object(Move, data)
    except ProtocolError:
        return False
    mine = BACKEND.public_key(CHALLENGER.scalar)
    return not honest and move.body.author == mine and BACKEND.holds(mine, move.body.id, b"", move.signature)


def step(referee: Referee, data: bytes, now: int, challenger: Any, defender: Any, seen: list[bytes]) -> bool:
    """Send a message; what is accepted reaches both sides."""
    answer = referee.receive(data, now)
    seen.append(data)
    if answer.accepted:
        move = decode_object(Move, data)
        challenger.receive(move)
        defender.receive(move)
    return answer.accepted


class Fickle:
    """A worker who has signed several trees, and answers out of any of them, or what it makes up."""

    def __init__(self, chance: Random, defenders: list[Defender]) -> None:
        self.chance, self.defenders = chance, defenders

    def next(self) -> Move | None:
        """Some answer."""
        one = self.chance.choice(self.defenders)
        if one.board.number and self.chance.random() < 0.05:
            return one._move(children=digest(self.chance.random()) + digest(self.chance.random()))
        return one.next()

    def receive(self, move: Move) -> None:
        """Follow."""
        for one in self.defenders:
            one.follow(move)


class Erratic:
    """A challenger who chooses anything, and proves anything."""

    def __init__(self, chance: Random, inner: Challenger) -> None:
        self.chance, self.inner = chance, inner

    def next(self) -> Move | None:
        """Some move."""
        board = self.inner.board
        if board.known is None or board.accused_to_move:
            return None
        if board.known.level == 0 or self.chance.random() < 0.1:
            return self.inner._prove(self.chance.randrange(1 << self.inner._log2))
        return self.inner._move(choice=self.chance.randint(0, 1))

    def receive(self, move: Move) -> None:
        """Follow."""
        self.inner.receive(move)


def a_right_challenger_wins(seed: int) -> None:
    """Play one game of an honest challenger against a worker who answers anything that it can open."""
    chance = Random(seed)
    log2 = chance.choice([4, 5, 9, 16, 24])
    truth = truths(chance, log2)
    tree, end = lies(chance, truth)
    game = Simulated(log2, truth, end)
    challenger = game.challenger(truth.node)
    trees = [tree, *(lies(chance, truth)[0] for _ in range(chance.choice([0, 0, 1, 2])))]
    defender = Fickle(chance, [game.defender(challenger.board.dispute, one.node) for one in trees])
    referee = game.referee(challenger.board.dispute)
    ending, counts = played(chance, challenger, defender, False, referee)
    assert ending in (Ending.REFUTED, Ending.ACCUSED_SILENT), seed
    assert max(counts.values()) <= 26


def an_honest_worker_wins(seed: int) -> None:
    """Play one game of an honest worker against a challenger who chooses and proves anything."""
    chance = Random(seed)
    log2 = chance.choice([4, 5, 9, 16, 24])
    truth = truths(chance, log2)
    game = Simulated(log2, truth, truth.leaf(1 << log2))
    tree, _ = lies(chance, truth)
    inner = game.challenger(chance.choice([truth.node, tree.node]))
    defender = game.defender(inner.board.dispute, truth.node)
    referee = game.referee(inner.board.dispute)
    ending, counts = played(chance, Erratic(chance, inner), defender, True, referee)
    assert ending is Ending.CHALLENGER_SILENT, seed
    assert counts[True] <= 26


@pytest.mark.parametrize("seeds", [range(start, start + 40) for start in (0, 40)])
def test_a_right_challenger_wins_against_anything(seeds: range) -> None:
    for seed in seeds:
        a_right_challenger_wins(seed)


@pytest.mark.parametrize("seeds", [range(start, start + 40) for start in (0, 40)])
def test_an_honest_worker_wins_against_anything(seeds: range) -> None:
    for seed in seeds:
        an_honest_worker_wins(seed)


@pytest.mark.long
def test_many_games() -> None:
    for seed in range(1000, 6000):
        a_right_challenger_wins(seed)
        an_honest_worker_wins(seed)


@pytest.mark.parametrize("wrong_from", [1, 2, 2**12, 2**23, 2**24 - 1, 2**24])
def test_messages_of_the_longest_segment(wrong_from: int) -> None:
    truth = Steps(24, {0: digest(0), 3: digest(3), 2**20: digest(20)})
    lie = Steps(
        24, {**{start: truth.values[start] for start in truth.starts if start < wrong_from}, wrong_from: digest("x")}
    )
    game = Simulated(24, truth, lie.leaf(1 << 24))
    challenger = game.challenger(truth.node)
    defender = game.defender(challenger.board.dispute, lie.node)
    referee = game.referee(challenger.board.dispute)
    counts, kept = {True: 0, False: 1}, 0
    move = defender.next()
    while move is not None and referee.ending is None:
        counts[referee.board.accused_to_move] += 1
        assert step(referee, encode_object(move), 0, challenger, defender, [])
        kept = max(kept, sum(len(value) for value in vars(referee.board).values() if isinstance(value, bytes)))
        move = challenger.next() or defender.next()
    assert referee.ending is Ending.REFUTED
    assert counts[True] <= 24 and counts[False] <= 25
    assert kept <= 3 * 32 + 32, "the referee keeps a handful of digests"


@pytest.mark.parametrize("wrong_from", range(1, 17))
def test_a_real_segment_is_narrowed_to_its_first_wrong_step(wrong_from: int) -> None:
    match = dispute.match(wrong_from)
    referee = Referee(match.claim, match.dispute, 0, executor=Interpreter)
    moves = match.moves()
    for move in moves:
        assert referee.receive(encode_object(move), 1).accepted
    assert referee.ending is Ending.REFUTED and referee.verdict is not None
    assert moves[-1].body.proof is not None and moves[-1].body.proof.index == wrong_from - 1
    assert referee.verdict.blame == "worker"


def test_blocks_change_nothing() -> None:
    states = dispute.match(3).stepping.states
    trees = [subtrace_tree(states, block) for block in (0, 1, 2, 4, 12)]
    for level in range(6):
        for position in range(1 << 5 - level):
            assert len({tree.node(level, position) for tree in trees}) == 1
    plain = TraceTree(list(states.hashes()), 5, STEP_NODE)
    assert plain.root == trees[0].root


def test_a_subtrace_of_another_worker_is_no_opening() -> None:
    match = dispute.match(3)
    body = SubtraceBody(network=_runs.NETWORK, claim=match.claim.id, segment=2, root=match.theirs.root)
    stranger = _runs.worker("stranger")
    defender = Defender(
        match.claim,
        match.dispute,
        stranger,
        match.theirs.node,
        match.run.tree,
        subtrace=sign_subtrace(body, stranger),
    )
    referee = Referee(match.claim, match.dispute, 0, executor=Interpreter)
    move = defender.next()
    assert move is not None
    answer = referee.receive(encode_object(move), 1)
    assert answer.error is not None and answer.error.code == "bad-signature"


def test_rounds_that_nobody_can_be_charged_with() -> None:
    match = dispute.match()
    moves = [encode_object(move) for move in match.moves()]
    referee = Referee(match.claim, match.dispute, 100, executor=Interpreter)
    assert referee.tick(130) is None
    assert referee.receive(moves[0], 130).accepted, "found in round 900, and not there in round 130"
    referee.skip(900)
    assert (referee.left, referee.deadline) == ({True: DELAY_BUDGET - 30, False: DELAY_BUDGET}, 900 + DELAY_BUDGET)
    assert referee.receive(moves[1], 910).accepted
    assert (referee.left[False], referee.deadline) == (DELAY_BUDGET - 10, 910 + DELAY_BUDGET - 30)
    with pytest.raises(ValueError, match="round 909 after round 910"):
        referee.skip(909)
    assert report(referee, b"") is None


def test_what_is_said_of_silence() -> None:
    match = dispute.match()
    referee = Referee(match.claim, match.dispute, 100, executor=Interpreter)
    assert referee.tick(101 + DELAY_BUDGET) is Ending.ACCUSED_SILENT
    verdict = report(referee, b"what there is")
    assert verdict is not None and (verdict.evidence, verdict.claim) == (Evidence.INCOMPLETE, Outcome.INCONCLUSIVE)
    assert [check.requirement for check in verdict.missing] == ["DSP-020"] and verdict.blame is None
    assert verdict.statement is not None and verdict.statement.claim == match.claim.id
