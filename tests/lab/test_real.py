"""`tracework simulate --real`: what is executed, cheated, audited and certified is what the records show."""

from __future__ import annotations

from typing import Any

import pytest

from support.cli import call
from tracework.lab.errors import LabError
from tracework.lab.rules import standard
from tracework.lab.simulation.evidence import RealRun
from tracework.lab.simulation.network import body
from tracework.lab.simulation.real import Job
from tracework.lab.simulation.run import Pair, simulate
from tracework.lab.simulation.scenario import read_scenario, shipped
from tracework.lab.simulation.strategies import LIBRARY
from tracework.lab.simulation.world import World
from tracework.protocol import keys
from tracework.protocol.encoding.schema import encode_object
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.rewards.records import CheckKind, RecordType
from tracework.protocol.work.unit import sign_unit
from tracework.verifier.segments import check_segment_proof
from tracework.verifier.verdict import Outcome

REPLICATED = frozenset(["copycat", "echo", "sleeper", "sybil", "colluders", "chooser", "sharer"])
COMMITTEE = frozenset(["equivocator", "signer"])
REAL = sorted(set(LIBRARY) - {"farmer", "thrasher"})


def scenario(name: str, *, workers: int = 8, samples: int = 4) -> str:
    """A small network in which an adversary has places, or seats."""
    unit = f"segments = 8\nsamples = {samples}\n"
    unit += "replicas = 3\nquorum = 2\n" if name in REPLICATED else ""
    unit += "attesters = 3\nthreshold = 2\n" if name in COMMITTEE else ""
    more = "level = 0\nnetwork = { adaptive = 1, floor = 0.5 }\n" if name == "sleeper" else ""
    share = 0.75 if name in ("sybil", "chooser") else 0.5
    return (
        f"runs = 1\nepochs = 1\n[network]\nworkers = {workers}\n[unit]\n{unit}"
        f'[[adversary]]\nstrategy = "{name}"\nshare = {share}\n{more}'
    )


def rows(name: str, **options: Any) -> tuple[Any, Any, Pair]:
    """The row of a party, the one of its twin, and all."""
    made = simulate(read_scenario(scenario(name, **options), "s"), real=True)
    (pair,) = made.pairs
    return pair.own[0], pair.twin[0], pair


@pytest.mark.parametrize("name", ["forger", "echo", "withholder", "colluders"])
def test_what_is_false_is_found_out(name: str) -> None:
    """With every segment drawn, and three of four auditors others' at least now and then."""
    own, twin, _ = rows(name, samples=8)
    assert own.bad > 0 and own.refuted + own.silent > 0 and own.slashed > 0
    assert twin.bad == twin.refuted == twin.silent == twin.slashed == 0
    expected = {"echo": own.silent == own.bad, "withholder": own.silent > 0 == own.refuted}
    assert expected.get(name, own.refuted > 0 == own.silent)


@pytest.mark.long
@pytest.mark.parametrize("name", REAL)
def test_every_strategy_leaves_the_evidence_that_it_should(name: str) -> None:
    """RealRun asserts that the verifier refuses just those files that cheats have made up."""
    own, twin, pair = rows(name, workers=12)
    assert pair == simulate(read_scenario(scenario(name, workers=12), "s"), real=True, jobs=1).pairs[0]
    assert twin.bad == twin.refuted == twin.silent == 0
    if LIBRARY[name].bad == "none" and name != "echo":
        assert own.refuted == own.silent == 0


def test_the_records_of_an_epoch_are_those_that_happened() -> None:
    text = scenario("griefer")
    adversary = read_scenario(text, "s").points[0].adversaries[0]
    terms = simulate(read_scenario(text, "s"), real=True).scenario.points[0].adversaries[0].terms
    world = World(terms, standard(terms), (adversary.party,), run=0, seed=1, twin=True, real=True)
    run = RealRun(world, 0)
    run.rows()
    epoch = run.epoch
    assert epoch is not None
    count = len(epoch.units)
    assert count == 8 == len(epoch.claims) and not epoch.refutations and not epoch.silences
    assert len(epoch.verdicts) == count and len(epoch.checks) == 2 * count
    assert all(check.proven for check in epoch.checks) and len(epoch.records(RecordType.ACCOUNT)) == world.count


def test_jobs_change_nothing_and_seeds_do() -> None:
    text = scenario("stamper", workers=4).replace("runs = 1", "runs = 2")
    one, two = (simulate(read_scenario(text, "s"), real=True, jobs=jobs).pairs for jobs in (1, 2))
    assert one == two != simulate(read_scenario(text, "s", seed=2), real=True).pairs


def test_who_signs_is_paid_for_the_check_that_it_shows() -> None:
    """Every member signs every claim but its own; of the signers only those who were drawn as auditors have checked."""
    text = scenario("signer").replace("share = 0.5", "share = 0.25")
    adversary = read_scenario(text, "s").points[0].adversaries[0]
    proven: dict[bool, set[tuple[bytes, int]]] = {}
    for twin in (False, True):
        world = World(
            adversary.terms, standard(adversary.terms), (adversary.party,), run=0, seed=1, twin=twin, real=True
        )
        run = RealRun(world, 0)
        run.rows()
        assert run.epoch is not None and len(run.epoch.verdicts) == 2 * len(run.epoch.claims)
        audits = {(check.claim, check.checker) for check in run.epoch.checks if check.kind == CheckKind.AUDIT}
        attested = [check for check in run.epoch.checks if check.kind == CheckKind.ATTESTATION]
        assert all(check.proven for check in attested)
        proven[twin] = {(check.claim, check.checker) for check in attested}
        signers = {(claim, member) for claim, member in proven[twin] if world.whose[member] >= 0}
        assert (signers <= audits) is not twin
    assert 0 < len(proven[False]) < len(proven[True])


@pytest.mark.parametrize("segments", [1, 2, 7])
def test_traces_of_any_length(segments: int) -> None:
    job, secret = Job(segments), keys.derive_secret_key(bytes(32))
    terms = read_scenario(scenario("lazy"), "s").points[0].adversaries[0].terms
    unit = sign_unit(body(terms, requester=keys.public_key(secret), context=job.context), secret)
    for bad in ((), *((index,) for index in range(segments)), tuple(range(segments))):
        run = job.run(bad)
        claim = job.claim(unit, run, secret)
        for index in range(segments):
            verdict = check_segment_proof(encode_object(job.prove(claim, run, [index])), executor=Interpreter)
            assert (verdict.claim is Outcome.REFUTED) == (index in bad)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (shipped()["library"], "worker-epochs are more than the"),
        (scenario("lazy").replace("lazy", "farmer"), "a farmer can't be executed: its own accounts would have to be"),
        (scenario("lazy").replace("lazy", "thrasher"), "a thrasher can't be executed"),
        (scenario("lazy").replace("segments = 8", "segments = 5000"), "unit.segments: is more than 4096"),
        (scenario("lazy") + "[delays]\nchallenge = 100\n", "delays.challenge: is less than the 120 slots"),
        (scenario("lazy").replace("samples = 4", "samples = 0\nauditors = 0"), "asks for neither audits nor replicas"),
    ],
)
def test_what_cannot_be_executed_is_refused(text: str, said: str) -> None:
    with pytest.raises(LabError, match=said):
        simulate(read_scenario(text, "s"), real=True)


@pytest.mark.long
def test_the_shipped_scenario_from_the_command_line() -> None:
    result = call("simulate", "real", "--real", "--runs", "1", "--jobs", "2", "--json")
    assert result.exit_code == 0 and '"verification": "executed"' in result.stdout
