"""`make spec`: writes the examples of spec/ that are rendered from vectors, and the list of requirement ids.

An example is a fence after a comment `<!-- vector: PATH#CASE [select=MEMBER.MEMBER] [as=FORM] -->`; spec/conventions.md
tells its readers how to read one, CONTRIBUTING.md how to write one.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import cbor2

from support import spec_text

LONG = 72
"""Byte strings of more hexadecimal digits than this are shortened in the forms json and diag."""
WIDE = 100
"""An array or map that is wider than this in diagnostic notation is written over several lines."""

LIST_HEADER = """\
# Every requirement id that was ever given, one a line. `make spec` adds new ones. An id that leaves the text stays here
# with a note (`MRK-017 retired: its check is part of MRK-015`) and is never given again.
"""


def short(digits: str) -> str:
    """Hexadecimal digits, the middle left out if there are many."""
    if len(digits) <= LONG:
        return digits
    return f"{digits[:32]}…{digits[-16:]} ({len(digits) // 2} bytes)"


def shortened(item: Any) -> Any:
    """A JSON value with its long byte strings shortened."""
    if isinstance(item, dict):
        return {key: shortened(member) for key, member in item.items()}
    if isinstance(item, list):
        return [shortened(member) for member in item]
    if isinstance(item, str) and re.fullmatch(r"([0-9a-f]{2})+", item):
        return short(item)
    return item


def diagnostic(item: Any, indent: str = "") -> str:
    """CBOR diagnostic notation (RFC 8949, section 8), wide arrays and maps over several lines."""
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, int):
        return str(item)
    if isinstance(item, str):
        return json.dumps(item, ensure_ascii=False)
    if isinstance(item, bytes):
        return f"h'{short(item.hex())}'"
    deeper = indent + "  "
    if isinstance(item, dict):
        opening, closing = "{", "}"
        parts = [f"{diagnostic(key)}: {diagnostic(member, deeper)}" for key, member in item.items()]
    elif isinstance(item, list | tuple):
        opening, closing = "[", "]"
        parts = [diagnostic(member, deeper) for member in item]
    else:
        raise TypeError(f"the encoding has no {type(item).__name__}")
    flat = opening + ", ".join(parts) + closing
    if len(indent) + len(flat) <= WIDE and "\n" not in flat:
        return flat
    return f"{opening}\n" + ",\n".join(deeper + part for part in parts) + f"\n{indent}{closing}"


def render(case: dict[str, Any], select: str | None, form: str | None) -> str:
    """The fence of an example: a case, or one member of it, in one of the forms json, hex, diag and text."""
    item: Any = {key: case[key] for key in ("comment", "input", "result", "output", "error") if key in case}
    for member in select.split(".") if select else ():
        item = item[int(member)] if isinstance(item, list) else item[member]
    if form is None or form == "json":
        return f"```json\n{json.dumps(shortened(item), indent=2, ensure_ascii=False)}\n```"
    if isinstance(item, dict) and "cbor" in item:
        item = item["cbor"]
    if not isinstance(item, str):
        raise TypeError(f"the form {form} is for one string: {item!r}")
    if form == "hex":
        return "```text\n" + "\n".join(item[at : at + 64] for at in range(0, len(item), 64)) + "\n```"
    if form == "diag":
        return f"```cbor-diag\n{diagnostic(cbor2.loads(bytes.fromhex(item)))}\n```"
    if form == "text":
        return f"```text\n{item}\n```"
    raise ValueError(f"an example has no form {form!r}")


def with_examples(path: Path) -> tuple[str, list[str]]:
    """A document's text with its examples rendered anew, and the cases that the suite doesn't have."""
    out: list[str] = []
    missing: list[str] = []
    waiting = path.read_text(encoding="utf-8").splitlines()
    while waiting:
        text = waiting.pop(0)
        out.append(text)
        match = spec_text.EXAMPLE.fullmatch(text)
        if text.startswith("<!-- vector") and not match:
            raise ValueError(f"{path}: not the form of an example: {text}")
        if not match:
            continue
        case = spec_text.cases().get(f"{match['path']}#{match['case']}")
        if case is None:
            missing.append(f"{match['path']}#{match['case']}")
            continue
        if waiting and waiting[0].startswith("```"):
            del waiting[: waiting.index("```", 1) + 1]
        out += render(case, match["select"], match["form"]).split("\n")
    return "".join(text + "\n" for text in out), missing


def with_requirements() -> tuple[str, list[str]]:
    """The text of spec/requirements.txt as it should be, and the ids that left the specification without a note."""
    listed = spec_text.listed()
    now = {requirement.id for requirement in spec_text.requirements()}
    gone = [i for i in listed.active if i not in now and i[:3] not in spec_text.arriving()]
    entries = {identity: identity for identity in [*now, *gone]}
    entries |= {identity: f"{identity} retired: {note}" for identity, note in listed.retired.items()}
    return LIST_HEADER + "".join(f"{entries[identity]}\n" for identity in sorted(entries)), gone


def main() -> int:
    """Write what changed; say what is missing."""
    status = 0
    for path in spec_text.documents():
        text, missing = with_examples(path)
        if text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8")
            print(f"wrote spec/{path.name}")
        for case in missing:
            print(f"spec/{path.name}: the suite has no {case}", file=sys.stderr)
            status = 0 if spec_text.arriving() else 1
    text, gone = with_requirements()
    (spec_text.SPEC / "requirements.txt").write_text(text, encoding="utf-8")
    for identity in gone:
        print(f"spec/requirements.txt: why did {identity} leave? Write: {identity} retired: ...", file=sys.stderr)
        status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
