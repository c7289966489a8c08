"""Renders the decode table into spec/machine.md and spec/decode-table.json, for `make spec`."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tracework.protocol.machine.decode import TABLE

SPEC = Path(__file__).resolve().parents[2] / "spec"
FIRST_REQUIREMENT = 101
"""The decode table's rows are MCH-101 and the following, in order."""

_PLACE = re.compile(r"(?<=<!-- decode-table -->\n\n).*?\n\n(?=`fence`)", re.DOTALL)


def requirements() -> dict[str, str]:
    """The id of the requirement that says what an instruction does, by mnemonic."""
    return {row.mnemonic: f"MCH-{number}" for number, row in enumerate(TABLE, FIRST_REQUIREMENT)}


def markdown() -> str:
    """The decode table as it stands in spec/machine.md."""
    ids = requirements()
    lines = ["| instruction | format | mask | match | requirement |", "|---|---|---|---|---|"]
    lines += [
        f"| `{r.mnemonic}` | {r.format.value} | 0x{r.mask:08x} | 0x{r.match:08x} | {ids[r.mnemonic]} |" for r in TABLE
    ]
    return "\n".join(lines) + "\n\n"


def data() -> str:
    """spec/decode-table.json."""
    ids = requirements()
    rows = [
        {
            "mnemonic": row.mnemonic,
            "format": row.format.value,
            "mask": f"0x{row.mask:08x}",
            "match": f"0x{row.match:08x}",
            "requirement": ids[row.mnemonic],
        }
        for row in TABLE
    ]
    return "[\n" + ",\n".join(" " + json.dumps(row) for row in rows) + "\n]\n"


def document(text: str) -> str:
    """spec/machine.md with its decode table rendered anew."""
    return _PLACE.sub(markdown(), text)


def main() -> None:
    """Write both files."""
    path = SPEC / "machine.md"
    path.write_text(document(path.read_text(encoding="utf-8")), encoding="utf-8")
    (SPEC / "decode-table.json").write_text(data(), encoding="utf-8")


if __name__ == "__main__":
    main()
