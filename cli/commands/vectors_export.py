"""`tracework vectors export`: the suite, for use without this package."""

from __future__ import annotations

from pathlib import Path

import click

from ...conformance.suite import SuiteError, export, load
from ..command import command as declare
from ..command import json_option
from ..console import count, say, say_json
from ..failure import Failure


@declare(
    "export",
    examples=["tracework vectors export vectors/"],
    exit_codes={0: "written", 1: "", 2: "the folder isn't empty, or can't be written to", 3: ""},
)
@click.argument("folder", type=click.Path(path_type=Path))
@json_option
def command(folder: Path, as_json: bool) -> None:
    """Write the conformance suite into a new folder: cases, manifest, schemas and a guide."""
    try:
        suite = load()
        files = export(folder)
    except SuiteError as error:
        raise Failure(str(error)) from error
    if as_json:
        said = {"folder": str(folder), "files": str(files), "cases": str(len(suite.cases)), "suite": suite.version}
        say_json(said | {"manifest_sha256": suite.manifest_sha256})
    else:
        cases = count(len(suite.cases), "case", exact=True)
        say(f"{folder}: suite {suite.version}, {cases} in {count(files, 'file')}; begin with {folder}/README.md")
