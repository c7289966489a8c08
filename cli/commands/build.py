"""`tracework build`: from C to a guest program."""

from __future__ import annotations

import click

from ...protocol.program import load_program
from ...worker.build import OPTIMIZATIONS, BuildError, build
from ...worker.files import read_file
from .. import exits
from ..command import command as declare
from ..command import json_option
from ..console import note, printable, say, say_json
from ..failure import Failure


@declare(
    "build",
    examples=["tracework build sha256/sha256.c -o my.elf", "tracework build main.c util.c -o my.elf -O s -- -DFAST=1"],
    exit_codes={
        0: "the program was written",
        1: "the compiler found errors",
        2: "there is nothing to compile with",
        3: "",
    },
)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("-o", "--output", required=True, type=click.Path(), help="Where to write the program (ELF).")
@click.option("-O", "optimize", default="2", show_default=True, type=click.Choice(OPTIMIZATIONS), help="Optimisation.")
@click.option("-g", "debug", is_flag=True, help="Keep symbols and line numbers; they don't change the program's id.")
@json_option
def command(sources: tuple[str, ...], output: str, optimize: str, debug: bool, as_json: bool) -> None:
    """Compile C for the machine, with the guest kit: #include "tracework.h" gives read_input and write_output.

    The same sources give the same bytes, in any folder. What begins with a dash, after --, goes to the compiler. The
    compiler is a package, an extra: pip install 'tracework[build]'.
    """
    files = [source for source in sources if not source.startswith("-")]
    flags = [source for source in sources if source.startswith("-")]
    try:
        warnings = build(files, output, optimize=optimize, flags=flags, debug=debug)
    except BuildError as error:
        if not error.diagnostics:
            raise Failure(str(error)) from error
        note(printable(error.diagnostics.rstrip()))
        raise Failure(f"{error}; its messages are above", exits.BAD) from error
    if warnings.strip():
        note(printable(warnings.rstrip()))
    program = load_program(read_file(output))
    if as_json:
        say_json({"program": output, "program_id": program.id.hex()})
    else:
        say(f"{output}: program {program.id.hex()}")
