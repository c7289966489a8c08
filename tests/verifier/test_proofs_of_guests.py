"""Claims and segment proofs of a real guest: they verify, and nothing that was changed in them does."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tracework.protocol import keys
from tracework.protocol.encoding.schema import encode_object
from tracework.protocol.keys import KeyCache
from tracework.protocol.machine.context import Context
from tracework.protocol.machine.executor import FullMemory
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.program import Program, load_program
from tracework.protocol.regions import Input, commit, load_input
from tracework.protocol.trees.trace import TraceTree
from tracework.protocol.work.claim import Claim, sign_claim
from tracework.protocol.work.segment import Segment, make_proof, make_segment
from tracework.protocol.work.tracing import Tracer, begin, claim_fields, initial_memory, memory_tree
from tracework.protocol.work.unit import Policy, Unit, UnitBody, sign_unit
from tracework.verifier.claims import check_claim, check_unit, reexecute
from tracework.verifier.segments import check_segment_proof
from tracework.verifier.verdict import Evidence, Outcome, Pins

GUEST = Path(__file__).resolve().parent.parent.parent / "examples" / "guests" / "sha256" / "sha256.elf"
INPUT = b"What is signed can be held against whoever signed it. " * 6
SEGMENT_LOG2 = 12
CACHE = KeyCache()


@dataclass(frozen=True)
class Honest:
    program: Program
    given: Input
    unit: Unit
    claim: Claim
    tree: TraceTree
    segments: tuple[Segment, ...]

    def proof(self, *indices: int) -> bytes:
        return encode_object(make_proof(self.claim, self.tree, [self.segments[index] for index in indices]))


@cache
def honest() -> Honest:
    program, given = load_program(GUEST.read_bytes()), load_input(INPUT)
    requester, worker = keys.derive_secret_key(b"r" * 32), keys.derive_secret_key(b"w" * 32)
    context = Context(
        profile="rv64im",
        suite=1,
        entry=program.entry,
        code_first=program.code_first,
        code_end=program.code_end,
        image_root=program.image_root,
        input_length=given.length,
        input_root=given.root,
        max_steps=1 << 24,
        segment_log2=SEGMENT_LOG2,
    )
    body = UnitBody(
        network="testnet",
        requester=keys.public_key(requester),
        nonce=bytes(32),
        context=context,
        policy=Policy(),
        price=1,
        escrow=1 << 24,
    )
    unit = sign_unit(body, requester)
    pages = initial_memory(program.pages, given.pages)
    tree = memory_tree(pages)
    tracer = Tracer(context, Interpreter(context, begin(context), pages), tree)
    segments = []
    while not tracer.finished:
        contents = {number: bytes(page) for number, page in pages.items()}
        state = tracer.executor.state.copy()
        copy = FullMemory((number, bytearray(page)) for number, page in contents.items())
        ahead = Interpreter(context, state.copy(), copy, track_reads=True)
        ahead.run(len(tracer.leaves) << SEGMENT_LOG2)
        segments.append(make_segment(len(tracer.leaves) - 1, state, tree, contents, ahead.touched()))
        tracer.advance()
    fields, openings = claim_fields(
        context, tracer.executor.state, tree, tracer.leaves, unit=unit.id, worker=keys.public_key(worker)
    )
    claim = sign_claim(unit, fields, openings, worker)
    return Honest(program, given, unit, claim, TraceTree(tracer.leaves, context.trace_height), tuple(segments))


def test_the_unit_the_claim_and_every_segment_verify() -> None:
    made = honest()
    unit = check_unit(encode_object(made.unit))
    assert (unit.evidence, unit.claim) == (Evidence.VALID, Outcome.INCONCLUSIVE)
    claim = check_claim(encode_object(made.claim))
    assert (claim.evidence, claim.claim) == (Evidence.INCOMPLETE, Outcome.INCONCLUSIVE)
    assert [check.requirement for check in claim.missing] == ["CLM-030", "CLM-031"]
    whole = check_segment_proof(made.proof(*range(len(made.segments))), executor=Interpreter, cache=CACHE)
    assert (whole.evidence, whole.claim, whole.code) == (Evidence.VALID, Outcome.INCONCLUSIVE, None)


def test_reexecution_accepts_and_says_what() -> None:
    made = honest()
    pins = Pins(network="testnet", unit=made.unit.id, worker=made.claim.body.worker, output=commit(DIGEST))
    verdict = reexecute(encode_object(made.claim), made.program, made.given, executor=Interpreter, pins=pins)
    assert (verdict.evidence, verdict.claim, verdict.blame) == (Evidence.VALID, Outcome.ACCEPTED, None)
    text = str(verdict.statement)
    for part in (made.program.id.hex(), made.given.root.hex(), commit(DIGEST).root.hex(), "testnet", "exit code 0"):
        assert part in text


def digest_output() -> bytes:
    """What the guest writes, by the standard library: the digest in hexadecimal and a newline."""
    import hashlib

    return hashlib.sha256(INPUT).hexdigest().encode() + b"\n"


DIGEST = digest_output()


def flipped(data: bytes, bit: int) -> bytes:
    made = bytearray(data)
    made[bit // 8] ^= 1 << bit % 8
    return bytes(made)


def check_flips(count: int, seed: int) -> None:
    """No single changed bit of a proof leaves it valid, and none turns it against an honest worker."""
    made = honest()
    data = made.proof(1, 3)
    assert check_segment_proof(data, executor=Interpreter, cache=CACHE).evidence is Evidence.VALID
    source = random.Random(seed)
    bits = source.sample(range(8 * len(data)), count)
    for bit in bits:
        verdict = check_segment_proof(flipped(data, bit), executor=Interpreter, cache=CACHE)
        assert verdict.evidence is Evidence.INVALID, f"bit {bit} changes nothing"
        assert verdict.claim is Outcome.INCONCLUSIVE and verdict.blame == "presenter"


def test_flipped_bits_of_a_proof_are_rejected() -> None:
    check_flips(300, seed=1)


@pytest.mark.long
def test_flipped_bits_of_a_proof_are_rejected_5000_times() -> None:
    check_flips(5_000, seed=2)


def test_flipped_bits_of_a_claim_and_of_a_unit_are_rejected() -> None:
    made, source = honest(), random.Random(3)
    for value, check in ((encode_object(made.claim), check_claim), (encode_object(made.unit), check_unit)):
        for bit in source.sample(range(8 * len(value)), 150):
            verdict = check(flipped(value, bit), cache=CACHE)
            assert verdict.evidence is Evidence.INVALID and verdict.claim is Outcome.INCONCLUSIVE, bit


def test_every_truncation_is_rejected() -> None:
    data = honest().proof(0)
    for length in range(0, len(data), 97):
        verdict = check_segment_proof(data[:length], executor=Interpreter)
        assert (verdict.stage, verdict.code, verdict.statement) == ("decode", "truncated", None)


@pytest.mark.parametrize(
    ("pins", "code"),
    [
        (Pins(network="mainnet"), "other-network"),
        (Pins(unit=bytes(32)), "other-unit"),
        (Pins(worker=bytes(48)), "other-worker"),
        (Pins(output=commit(b"something else")), "other-output"),
    ],
)
def test_a_pin_that_does_not_hold_blames_nobody(pins: Pins, code: str) -> None:
    verdict = check_segment_proof(honest().proof(0), executor=Interpreter, pins=pins, cache=CACHE)
    assert (verdict.evidence, verdict.code, verdict.blame) == (Evidence.INVALID, code, None)


def test_the_proof_grows_with_the_pages_touched_and_not_with_the_trace() -> None:
    made = honest()
    sizes = {len(made.proof(index)) for index in range(2, 6)}
    assert max(sizes) - min(sizes) < 2 * 4096 and max(sizes) < 40_000
