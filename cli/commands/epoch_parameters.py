"""`tracework epoch parameters`: the rule's parameters as a text."""

from __future__ import annotations

import os

from ...worker.evidence import parameters_text
from ...worker.files import write_file
from ..command import command as declare
from ..command import force_option, output_option
from ..console import say
from ..failure import Failure


@declare(
    "parameters",
    examples=["tracework epoch parameters -o parameters.toml"],
    exit_codes={0: "the text was written", 1: "", 2: "nothing was written", 3: ""},
)
@output_option("the text")
@force_option
def command(output: str, force: bool) -> None:
    """Write parameters of the standard rule as a text (TOML) that says what each of them is, to be changed at will.

    What parameters buy is for `tracework soundness` and `tracework simulate` to say.
    """
    if os.path.lexists(output) and not force:
        raise Failure(f"{output} exists; choose another name, or --force to overwrite it")
    write_file(output, parameters_text().encode())
    say(f"{output}: parameters of the standard rule")
