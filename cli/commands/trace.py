"""`tracework trace`: a run step by step."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from ...conformance.values import render
from ...protocol.machine.disassembly import REGISTER_NAMES
from ...worker import executors
from ...worker.errors import file_errors
from ...worker.materials import Materials, check_input_length, check_input_root, check_program, read_input, read_program
from ...worker.tracelog import Comparison, Logged, compare, follow, line
from ...worker.units import read_unit
from .. import exits
from ..command import Number, engine_option, json_option, progress_option
from ..command import command as declare
from ..console import bad, count, faint, good, printable, progress, say, say_json, table, unsure
from ..views import ending

FEW = 20
"""Steps that are shown unless more are asked for."""


@declare(
    "trace",
    examples=[
        "tracework trace unit.cbor --program sha256/sha256.elf --input sha256/input.txt --from 1000 --to 1010",
        "tracework trace unit.cbor --program sha256/sha256.elf --input sha256/input.txt --json > ours.jsonl",
        "tracework trace unit.cbor --program sha256/sha256.elf --input sha256/input.txt --diff ours.jsonl",
    ],
    exit_codes={
        0: "shown; with --diff: the two agree in every line that was asked for",
        1: "the two part; it says where and in what",
        3: "the two agree as far as the other goes, which is not far enough",
    },
)
@click.argument("unit", type=click.Path())
@click.option("--program", required=True, type=click.Path(), help="The unit's program (ELF).")
@click.option("--input", "given", required=True, type=click.Path(), help="The unit's input.")
@click.option("--from", "start", type=Number(), default="0", show_default=True, help="The first step to show.")
@click.option(
    "--to", "end", type=Number(), help=f"Where to stop: before this step. [default: {FEW} steps; with --diff, the end]"
)
@click.option(
    "--diff", type=click.Path(allow_dash=True), help="Compare with another trace, up to the first difference."
)
@click.option(
    "--preimage", is_flag=True, help="Show the 337 bytes that each state's hash covers; JSON has them always."
)
@engine_option
@json_option
@progress_option
def command(
    unit: str,
    program: str,
    given: str,
    start: int,
    end: int | None,
    diff: str | None,
    preimage: bool,
    engine: executors.Engine,
    as_json: bool,
    show_progress: bool | None,
) -> None:
    """Show a unit's run step by step: pc, word, instruction, what changed, and the hash of the state after it.

    With --json, one line a step, such as another implementation can print too; --diff reads such lines, stops at the
    first step in which the two differ, and says in what: down to the register, or the memory root.
    """
    context = read_unit(unit).body.machine
    materials = Materials(read_program(program), read_input(given))
    check_program(materials.program, context, program)
    check_input_length(materials.given.length, context, given)
    check_input_root(materials.given.root, context, given)
    stop = end if end is not None else context.max_steps if diff is not None else start + FEW
    if stop < start:
        raise click.UsageError(f"--to {stop} is before --from {start}")
    factory = executors.choose(engine).factory
    with progress("going there", start, "steps", show_progress) as display:
        steps = _before(follow(context, materials, factory, start, stop, display.advance))
    if diff is not None:
        with _lines(diff) as others, progress("comparing", None, "steps", show_progress) as display:
            found = compare(_counted(steps, display.advance), others, diff)
        _show_comparison(found, diff, as_json)
    for logged in steps:
        if as_json:
            say_json(render(line(logged)))
        else:
            show(logged, preimage)


def _before(steps: Iterator[Logged]) -> Iterator[Logged]:
    """The same steps; the way to the first of them is gone now."""
    first = next(steps)

    def all_of_them() -> Iterator[Logged]:
        yield first
        yield from steps

    return all_of_them()


def _counted(steps: Iterable[Logged], advance: object) -> Iterator[Logged]:
    for number, logged in enumerate(steps):
        if number % 1024 == 0 and callable(advance):
            advance(number)
        yield logged


@contextmanager
def _lines(path: str) -> Iterator[Iterable[str]]:
    """The lines of a file or of standard input."""
    if path == "-":
        yield sys.stdin
        return
    with file_errors("read", path), open(path, encoding="utf-8", errors="replace") as file:
        yield file


def show(logged: Logged, preimage: bool = False) -> None:
    """Print a step."""
    step, state = logged.step, logged.state
    if step is None:
        say(f"state {state.steps}  {logged.hash.hex()}")
    else:
        word = "        " if step.word is None else f"{step.word:08x}"
        say(f"step {step.number}  0x{step.pc:x}  {faint(word)}  {step.text}")
        for change in step.registers:
            say(f"    {REGISTER_NAMES[change.register]:4}  0x{change.before:x} -> 0x{change.after:x}")
        if step.memory is not None:
            access = step.memory
            values = f"{access.before.hex()} -> {access.after.hex()}" if access.store else access.after.hex()
            say(f"    {'store' if access.store else 'load'}  0x{access.address:x}: {values}")
    if step is not None:
        say(f"    {faint(f'state {state.steps}')}  {logged.hash.hex()}")
    if preimage:
        say(f"    {faint('the hash of')}  {logged.preimage.hex()}")
    if state.final:
        say(f"The run ends here: {ending(state.status, state.code)}, after {count(state.steps, 'step', exact=True)}.")


def _show_comparison(found: Comparison, name: str, as_json: bool) -> None:
    """Say how far two traces agree; exit."""
    parting = found.parting
    code = exits.BAD if parting else exits.OPEN if found.missing else exits.GOOD
    if as_json:
        said: dict[str, Any] = {"lines": found.compared, "agree": parting is None, "complete": not found.missing}
        if parting is not None:
            differences = [{"name": d.name, "ours": d.ours, "theirs": d.theirs} for d in parting.differences]
            said |= {"ours": line(parting.ours), "differences": differences}
        say_json(render(said))
    elif parting is not None:
        state, step = parting.ours.state, parting.ours.step
        place = f"the state at step {state.steps}" if step is None else f"step {step.number}"
        say(f"{bad('DIFFERENT')}: {printable(name)} parts from this run at {place}, after {found.compared - 1} lines")
        show(parting.ours)
        for difference in parting.differences:
            say(f"{difference.name}:")
            table({"here": printable(difference.ours), "there": printable(difference.theirs)})
    elif found.compared == 0:
        say(f"{unsure('NOTHING')} to compare: {printable(name)} has no line about these steps")
    elif found.missing:
        say(f"{unsure('SHORT')}: {found.compared} lines agree, and there {printable(name)} ends, before this run")
    else:
        say(f"{good('EQUAL')}: {found.compared} lines agree")
    raise click.exceptions.Exit(code)
