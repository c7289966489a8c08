"""`tracework audit plan`: what a sample buys."""

from __future__ import annotations

from fractions import Fraction

import click

from ...conformance.values import render
from ...protocol.work.audit import plan
from ...worker.units import read_claim
from ..command import Number, json_option
from ..command import command as declare
from ..console import count, say, say_json, table
from ..failure import Failure


@declare(
    "plan",
    examples=[
        "tracework audit plan --segments 95368 --samples 40 --gain 1000000",
        "tracework audit plan work/claim.cbor --samples 2",
    ],
    exit_codes={1: "", 3: ""},
)
@click.argument("claim", type=click.Path(), required=False)
@click.option("--segments", type=Number(1), help="How many segments the claim has, instead of a claim's file.")
@click.option("--samples", type=Number(1), help="How many are drawn; by default what the claim's unit asks for.")
@click.option("--gain", type=Number(1), help="What a wrong segment is worth, in base units.")
@click.option("--one-in", type=Number(1), default=100, show_default=True, help="How rarely the bounded escape.")
@json_option
def command(
    claim: str | None, segments: int | None, samples: int | None, gain: int | None, one_in: int, as_json: bool
) -> None:
    """Tell what drawing some segments of a claim buys, in exact numbers.

    The probability that one wrong segment escapes, the number of wrong segments that hardly ever escape, and the least
    stake that has to be burnt on discovery so that one wrong segment doesn't pay. An audit deters; it does not prove.
    """
    if claim is not None:
        held = read_claim(claim)
        policy = held.unit.body.policy.audit
        segments = segments or held.body.segments
        samples = samples or (policy.samples if policy else None)
        gain = gain or max(1, min(held.unit.body.price * held.body.steps, held.unit.body.escrow))
    if segments is None or samples is None:
        raise Failure("say how many segments there are and how many are drawn: --segments and --samples")
    made, gain = plan(segments, samples), gain or 1
    escape, bound, slash = made.escape(1), made.bounds(Fraction(1, one_in)), made.least_slash(gain)
    if as_json:
        fraction = {"numerator": escape.numerator, "denominator": escape.denominator}
        said = {"segments": segments, "samples": made.samples, "escape": fraction, "one_in": one_in, "bounds": bound}
        say_json(render({**said, "gain": gain, "least_slash": slash}))
        return
    say(f"drawn: {made.samples} of {count(segments, 'segment', exact=True)}")
    table(
        [
            ("one wrong escapes", f"{escape}, about {float(escape):.6g}"),
            ("bounded", f"{count(bound, 'wrong segment')} or more: at most one claim in {one_in} escapes"),
            ("least stake", f"{slash} burnt on discovery, for a gain of {gain}"),
        ]
    )
