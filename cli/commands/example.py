"""`tracework example`: ready guest programs to work with."""

from __future__ import annotations

import shlex

import click

from ..command import command as declare
from ..command import json_option
from ..console import count, say, say_json, table


@declare(
    "example",
    examples=["tracework example", "tracework example sha256", "tracework example sha256 my-guest"],
    exit_codes={0: "listed or copied", 1: "", 3: ""},
)
@click.argument("name", required=False)
@click.argument("folder", required=False, type=click.Path(file_okay=False))
@json_option
def command(name: str | None, folder: str | None, as_json: bool) -> None:
    """List the example guests, or copy one into FOLDER: source, compiled program and input.

    FOLDER is NAME unless you say otherwise. No file is ever overwritten.
    """
    from ...worker.examples import copy_example, examples, find_example

    if name is None:
        known = examples()
        if as_json:
            say_json({name: {"description": e.description, "files": e.files} for name, e in known.items()})
        else:
            table({name: example.description for name, example in known.items()}, indent=0)
        return
    example = find_example(name)
    folder = folder or name
    paths = copy_example(example, folder)
    if as_json:
        said = {"folder": folder, "files": [str(path) for path in paths]}
        say_json(said | {"program": f"{folder}/{example.program}", "input": f"{folder}/{example.input}"})
        return
    steps = f" ({count(example.steps, 'step')} on its input)" if example.steps else ""
    say(f"{folder}: {example.description}{steps}")
    uses = {example.program: "the program", example.input: "its input", "README.md": "what it does"}
    table({file: uses.get(file) or ("its source" if file.endswith((".c", ".h")) else "") for file in example.files})
    pieces = (
        f"--program {shlex.quote(f'{folder}/{example.program}')} --input {shlex.quote(f'{folder}/{example.input}')}"
    )
    most = max(10, 10 * (example.steps or 0) // 1_000_000)
    say("To run it:")
    say("  tracework keygen -o me.key")
    say(f"  tracework unit {pieces} --key me.key \\")
    say(f"      --network testnet --max-steps {most}M --price 1 -o unit.cbor")
    say(f"  tracework run unit.cbor {pieces} --key me.key -o work/")
