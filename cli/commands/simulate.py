"""`tracework simulate`: a rule against adversaries."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from ...worker.files import write_file
from ..command import Number, json_option, progress_option
from ..command import command as declare
from ..console import progress, say, say_json
from ..failure import Failure
from ..files import label, read
from ..lab_files import settings, text_of


@declare(
    "simulate",
    examples=[
        "tracework simulate quick",
        "tracework simulate quick --runs 3 --sweep costs.stake=400,2000 --json",
        "tracework simulate quick --runs 3 --rule boinc_credit -o results",
        "tracework simulate real --real",
    ],
    exit_codes={0: "simulated", 1: "an adversary doesn't lose (with --strict)", 3: ""},
)
@click.argument("scenario", required=False)
@click.option("--rule", default="standard", show_default=True, help="The rule: path.py:Name, or a name.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="Set one of the rule's parameters.")
@click.option("--seed", type=Number(0, (1 << 63) - 1), help="Instead of the scenario's.")
@click.option("--runs", type=Number(1, 100_000), help="Instead of the scenario's.")
@click.option("--epochs", type=Number(1, 100_000), help="Instead of the scenario's.")
@click.option("--sweep", multiple=True, metavar="NAME=A,B,...", help="Try several values, such as unit.samples=4,8,16.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes; by default one a core. Results are the same.")
@click.option("-o", "--out", type=click.Path(), help="A folder for summary.csv, rows.csv and results.json.")
@click.option("--plot", type=click.Path(), multiple=True, help="Draw the summary: a file that ends in .svg or .png.")
@click.option(
    "--real", is_flag=True, help="Execute, cheat and audit for real, instead of by formulas; small scenarios."
)
@click.option("--break-even", is_flag=True, help="Find stakes, samples and quorums that just deter, by simulation.")
@click.option("--strict", is_flag=True, help="Exit with 1 unless every adversary loses.")
@click.option("--seconds", type=click.FloatRange(0.1, 3600), default=10.0, help="How long one call of a rule may take.")
@json_option
@progress_option
def command(
    scenario: str | None,
    rule: str,
    values: tuple[str, ...],
    seed: int | None,
    runs: int | None,
    epochs: int | None,
    sweep: tuple[str, ...],
    jobs: int | None,
    out: str | None,
    plot: tuple[str, ...],
    real: bool,
    break_even: bool,
    strict: bool,
    seconds: float,
    as_json: bool,
    show_progress: bool | None,
) -> None:
    """Run SCENARIO (a TOML file, or a name) and show what each adversary earns beside its honest twin.

    Without SCENARIO, list those that come with the package. The same seed gives the same bytes, whatever --jobs says.
    """
    from ...lab.simulation import output
    from ...lab.simulation.run import simulate
    from ...lab.simulation.scenario import MAX_TEXT, read_scenario, shipped

    known = shipped()
    if scenario is None:
        for name, text in known.items():
            say(f"{name}: {read_scenario(text, name).title}")
        return
    if out is not None and Path(out).exists() and (not Path(out).is_dir() or any(Path(out).iterdir())):
        raise Failure(f"{out} is there already, and not an empty folder; choose another name")
    for path in plot:
        if not path.endswith((".svg", ".png")):
            raise Failure(f"--plot {path}: say a file that ends in .svg or .png")
    text = known[scenario] if scenario in known else text_of(read(scenario, 4 * MAX_TEXT), label(scenario))
    axes = {name: tuple(value.split(",")) for name, value in settings(sweep, "--sweep").items()}
    made = read_scenario(text, label(scenario), seed=seed, runs=runs, epochs=epochs, sweep=axes)
    if plot:
        from ...lab.simulation.plot import check_library

        check_library()
    count = sum(1 if made.together else len(point.adversaries) for point in made.points) * made.runs
    with progress("runs", count, "runs", show_progress) as display:
        result = simulate(
            made,
            rule,
            settings(values),
            jobs=jobs or os.cpu_count() or 1,
            seconds=seconds,
            real=real,
            advance=display.advance,
        )
    if break_even:
        from ...lab.simulation.breakeven import search

        with progress("break-even", len(result.lines), "adversaries", show_progress) as display:
            result = search(
                result, settings(values), jobs=jobs or os.cpu_count() or 1, seconds=seconds, advance=display.advance
            )
    if out is not None:
        os.makedirs(out, exist_ok=True)
        write_file(os.path.join(out, "summary.csv"), output.summary_csv(result).encode())
        write_file(os.path.join(out, "rows.csv"), output.rows_csv(result).encode())
        whole = json.dumps(output.to_json(result, all_rows=True), ensure_ascii=False) + "\n"
        write_file(os.path.join(out, "results.json"), whole.encode())
    for path in plot:
        from ...lab.simulation.plot import draw

        write_file(path, draw(result, path.rpartition(".")[2]))
    if as_json:
        say_json(output.to_json(result, all_rows=False))
    else:
        say(output.text(result))
    if strict and any(line.verdict != "loses" for line in result.lines):
        raise click.exceptions.Exit(1)
