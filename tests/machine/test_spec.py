"""spec/machine.md and spec/decode-table.json against the decode table and the code."""

from __future__ import annotations

import re
from pathlib import Path

from support import machine_spec
from tracework.protocol.machine.decode import TABLE
from tracework.protocol.machine.state import Fault, Status


def test_the_rendered_tables_are_current(root: Path) -> None:
    """If not: `make spec`."""
    text = (root / "spec/machine.md").read_text(encoding="utf-8")
    assert machine_spec.markdown() in text
    assert machine_spec.document(text) == text
    assert (root / "spec/decode-table.json").read_text(encoding="utf-8") == machine_spec.data()


def test_every_instruction_has_the_requirement_that_the_table_names(root: Path) -> None:
    text = (root / "spec/machine.md").read_text(encoding="utf-8")
    lines = re.findall(r"^- \*\*(MCH-1\d\d)\*\* `(\w+)` MUST ", text, re.MULTILINE)
    assert {name: id for id, name in lines} == machine_spec.requirements()
    assert len(lines) == len(TABLE)


def test_faults_and_statuses_are_those_of_the_tables(root: Path) -> None:
    text = (root / "spec/machine.md").read_text(encoding="utf-8")
    faults = re.findall(r"^\| (\d+) \| ([a-z-]+) \| [^|]+ \| MCH-\d+ \|$", text, re.MULTILINE)
    assert [(int(number), name) for number, name in faults] == [(int(fault), fault.label) for fault in Fault]
    statuses = re.findall(r"^\| (\d) \| ([a-z-]+) \| [^|]+ \| [^|]+ \|$", text, re.MULTILINE)
    found = [(int(number), name) for number, name in statuses if (number, name) not in faults]
    assert found == [(int(status), status.name.lower().replace("_", "-")) for status in Status]


def test_each_of_the_37_points_has_a_row(root: Path) -> None:
    text = (root / "spec/machine.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| .* \| `machine-point-(\d\d)` \|$", text, re.MULTILINE)
    assert rows == [(str(number), f"{number:02d}") for number in range(1, 38)]
