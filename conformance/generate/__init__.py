"""Generators of the suite: each public module here is a topic, and gives its vector files by a pure function `files`.

A topic module looks like this:

    def files() -> list[VectorFile]:
        return [
            VectorFile(
                name="digest",
                op="hashing.digest",
                title="Keyed digests in every domain",
                checked_by="@noble/hashes 2.0.1 (tests/adapters/node)",
                cases=[valid("hashing-digest-empty", "No bytes at all.", ["HSH-004"], {...}, {...})],
            )
        ]

and becomes `vectors/1/<module>/<name>.json`. Inputs and outputs hold Python's integers and bytes; `render` spells them.
Whatever looks random comes from `seeded`, so that regeneration gives the same bytes.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...protocol.errors import STAGES
from ..values import render
from ._flags import FLAGS

FORMAT = "tracework-vectors/1"
"""The `format` member of a vector file (VEC-001)."""
MANIFEST_FORMAT = "tracework-manifest/1"
"""The `format` member of the manifest (VEC-001)."""
SUITE_VERSION = "0.1.0"
"""The suite's version: major with the format or the harness, minor with new cases, patch with mended ones (VEC-004)."""
PROTOCOL_VERSION = 1
"""The version of the protocol that the suite tests; names its folder."""
RETIRED: tuple[tuple[str, str], ...] = ()
"""Ids of cases that are no longer in the suite, each with the reason. Never used again (VEC-003)."""

CASE_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
REQUIREMENT_ID = re.compile(r"[A-Z]{3}-[0-9]{3}")
OPERATION = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case: one scenario, and for a negative one exactly one fault (VEC-020). Made by `valid`, `invalid`."""

    id: str
    comment: str
    req: tuple[str, ...]
    input: Mapping[str, Any]
    output: Mapping[str, Any] | None = None
    error: tuple[str, str] | None = None
    flags: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    derived_from: str | None = None

    def spelled(self) -> dict[str, Any]:
        """The case as it stands in its file."""
        case: dict[str, Any] = {"id": self.id, "comment": self.comment, "req": list(self.req)}
        if self.flags:
            case["flags"] = list(self.flags)
        if self.requires:
            case["requires"] = list(self.requires)
        if self.derived_from is not None:
            case["derived_from"] = self.derived_from
        case["input"] = render(self.input)
        if self.error is None:
            case["result"] = "valid"
            case["output"] = render(self.output)
        else:
            case["result"] = "invalid"
            case["error"] = {"stage": self.error[0], "code": self.error[1]}
        return case


def valid(
    id: str,
    comment: str,
    req: Sequence[str],
    input: Mapping[str, Any],
    output: Mapping[str, Any],
    *,
    flags: Sequence[str] = (),
    requires: Sequence[str] = (),
    derived_from: str | None = None,
) -> Case:
    """A positive case. `derived_from` names the case that this one was changed from, if any."""
    return Case(
        id=id,
        comment=comment,
        req=tuple(req),
        input=input,
        output=output,
        flags=tuple(flags),
        requires=tuple(requires),
        derived_from=derived_from,
    )


def invalid(
    id: str,
    comment: str,
    req: Sequence[str],
    input: Mapping[str, Any],
    error: str,
    *,
    flags: Sequence[str] = (),
    requires: Sequence[str] = (),
    derived_from: str | None = None,
) -> Case:
    """A negative case with one fault; `error` is `stage/code`."""
    stage, _, code = error.partition("/")
    return Case(
        id=id,
        comment=comment,
        req=tuple(req),
        input=input,
        error=(stage, code),
        flags=tuple(flags),
        requires=tuple(requires),
        derived_from=derived_from,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorFile:
    """Cases of one operation. `checked_by` names the second source, honestly: what was compared, and with what."""

    name: str
    op: str
    title: str
    checked_by: str
    cases: Sequence[Case]

    def spelled(self, topic: str) -> dict[str, Any]:
        """The file's content."""
        used = sorted({flag for case in self.cases for flag in case.flags})
        return {
            "format": FORMAT,
            "op": self.op,
            "title": self.title,
            "source": {"generator": f"conformance/generate/{topic}", "checked_by": self.checked_by},
            "flags": {
                name: {
                    "class": FLAGS[name].kind,
                    "description": FLAGS[name].description,
                    "effect": FLAGS[name].effect,
                }
                for name in used
            },
            "cases": [case.spelled() for case in self.cases],
        }


def seeded(case_id: str, label: str, length: int) -> bytes:
    """Bytes that look random and belong to a case: SHAKE-256 over "tracework vectors ‖ id ‖ label" (VEC-005)."""
    return hashlib.shake_256(f"tracework vectors/{case_id}/{label}".encode()).digest(length)


def seeded_int(case_id: str, label: str, below: int) -> int:
    """An integer in [0, below) that belongs to a case."""
    return int.from_bytes(seeded(case_id, label, (below.bit_length() + 7) // 8 + 16), "big") % below


def topics() -> list[str]:
    """The topics that have a generator, in alphabetical order."""
    return sorted(info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_"))


def topic_files(topic: str) -> dict[str, bytes]:
    """Path below vectors/ to content, for the files of one topic; raises ValueError for what a reader couldn't use."""
    made: dict[str, bytes] = {}
    for file in importlib.import_module(f"{__name__}.{topic}").files():
        path = f"{PROTOCOL_VERSION}/{topic}/{file.name}.json"
        if path in made:
            raise ValueError(f"{path} is made twice")
        _check(topic, file)
        made[path] = dump(file.spelled(topic))
    return made


def manifest(files: Mapping[str, bytes]) -> bytes:
    """The manifest of vector files: what there is, with hashes (VEC-004)."""
    entries = []
    seen: dict[str, str] = {identity: "the retired ids" for identity, _ in RETIRED}
    for path in sorted(files):
        content = json.loads(files[path])
        for case in content["cases"]:
            if case["id"] in seen:
                raise ValueError(f"case id {case['id']} of {path} is also in {seen[case['id']]}")
            seen[case["id"]] = path
        entries.append(
            {
                "path": path,
                "op": content["op"],
                "cases": len(content["cases"]),
                "sha256": hashlib.sha256(files[path]).hexdigest(),
            }
        )
    return dump(
        {
            "format": MANIFEST_FORMAT,
            "suite": SUITE_VERSION,
            "protocol": PROTOCOL_VERSION,
            "files": entries,
            "retired": [{"id": identity, "reason": reason} for identity, reason in RETIRED],
        }
    )


def dump(content: object) -> bytes:
    """The one way in which JSON is written here: insertion order, one space of indent, ASCII, LF."""
    return (json.dumps(content, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")


def _check(topic: str, file: VectorFile) -> None:
    """Refuse what the schema can't see; a mistake shows where it was made, not in somebody's reader."""
    where = f"{topic}/{file.name}"
    if not OPERATION.fullmatch(file.op) or not CASE_ID.fullmatch(file.name):
        raise ValueError(f"{where}: bad operation or file name")
    if not file.cases:
        raise ValueError(f"{where}: no cases")
    _check_unique(where, (case.id for case in file.cases))
    for case in file.cases:
        if not CASE_ID.fullmatch(case.id) or not case.id.startswith(topic + "-"):
            raise ValueError(f"{where}: the id {case.id!r} isn't kebab case that begins with the topic")
        if not case.req or not all(REQUIREMENT_ID.fullmatch(requirement) for requirement in case.req):
            raise ValueError(f"{case.id}: cites no requirement, or one that isn't spelled ABC-012")
        if (case.output is None) == (case.error is None):
            raise ValueError(f"{case.id}: has either an output or an error")
        if case.error is not None and (case.error[0] not in STAGES or not CASE_ID.fullmatch(case.error[1])):
            raise ValueError(f"{case.id}: error must be stage/code")
        if not all(flag in FLAGS for flag in case.flags):
            raise ValueError(f"{case.id}: a flag that _flags.py doesn't define")


def _check_unique(where: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for identity in ids:
        if identity in seen:
            raise ValueError(f"{where}: the id {identity} is used twice")
        seen.add(identity)
