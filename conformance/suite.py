"""Reading a suite of vectors and choosing cases from it (spec/vectors.md)."""

from __future__ import annotations

import fnmatch
import hashlib
import importlib.resources
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

_BASE = ("encoding.*", "hashing.*", "merkle.*", "memory.*", "trace.*")
_MACHINE = ("machine.*", "loading.*")
_WORK = ("keys.*", "unit.*", "claim.*", "segment.*")
_WAYS = (
    *("draws.*", "commit.*", "receipt.*", "attestation.*", "registry.*", "redundancy.*", "equivocation.*"),
    *("beacon.*", "audit.*", "fault.*", "dispute.*", "silence.*", "bundle.*", "verdict.*"),
)

PROFILES: Mapping[str, tuple[str, ...]] = {
    "encoding": _BASE,
    "machine": (*_BASE, *_MACHINE),
    "worker": (*_BASE, *_MACHINE, *_WORK),
    "verifier": (*_BASE, *_MACHINE, *_WORK, *_WAYS),
    "settlement": (*_BASE, "keys.*", "unit.*", "settlement.*", "rewards.*", "payout.*"),
}
"""Stages of an implementation, each a list of patterns of operations: what to pass first. No profile means all."""


class SuiteError(Exception):
    """The suite, or what was asked of it, can't be used: a damaged file, an unknown name."""


@dataclass(frozen=True, slots=True)
class SuiteCase:
    """One case as it was read. `expected` is the output, or the error's stage and code."""

    id: str
    op: str
    path: str
    comment: str
    req: tuple[str, ...]
    flags: tuple[str, ...]
    requires: tuple[str, ...]
    derived_from: str | None
    input: Mapping[str, Any]
    valid: bool
    expected: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Suite:
    """All cases, in the manifest's order."""

    version: str
    protocol: int
    manifest_sha256: str
    cases: tuple[SuiteCase, ...]
    flags: Mapping[str, Mapping[str, str]]

    def case(self, identity: str) -> SuiteCase:
        """The case of that id."""
        for case in self.cases:
            if case.id == identity:
                return case
        raise SuiteError(f"the suite has no case {identity}")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cases to run: shell patterns (`machine.*`); an empty list leaves all; lists combine by 'and'."""

    ops: Sequence[str] = ()
    requirements: Sequence[str] = ()
    ids: Sequence[str] = ()
    flags: Sequence[str] = ()
    profile: str | None = None

    def choose(self, suite: Suite) -> list[SuiteCase]:
        """The chosen cases, in order; raises SuiteError for a filter that leaves nothing, as a typing mistake does."""
        if self.profile is not None and self.profile not in PROFILES:
            raise SuiteError(f"no profile {self.profile}; there are {', '.join(PROFILES)}")
        chosen = list(suite.cases)
        for name, patterns, words in (
            ("profile", PROFILES[self.profile] if self.profile is not None else (), lambda case: (case.op,)),
            ("operation", self.ops, lambda case: (case.op,)),
            ("requirement", self.requirements, lambda case: case.req),
            ("id", self.ids, lambda case: (case.id,)),
            ("flag", self.flags, lambda case: case.flags),
        ):
            if patterns:
                chosen = [case for case in chosen if _matches(words(case), patterns)]
                if not chosen:
                    raise SuiteError(f"no case is left by the {name} filter: {', '.join(patterns)}")
        return chosen


def _matches(words: Sequence[str], patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(word, pattern) for word in words for pattern in patterns)


def packaged() -> Traversable:
    """The vectors that came with the package."""
    return importlib.resources.files("tracework") / "vectors"


def load(root: Path | None = None) -> Suite:
    """Read a suite from a folder (or the packaged one), and hold every file to the manifest's hash."""
    base: Traversable = packaged() if root is None else root
    try:
        raw = (base / "manifest.json").read_bytes()
        manifest = json.loads(raw)
        cases: list[SuiteCase] = []
        flags: dict[str, Mapping[str, str]] = {}
        for entry in manifest["files"]:
            data = base.joinpath(*entry["path"].split("/")).read_bytes()
            if hashlib.sha256(data).hexdigest() != entry["sha256"]:
                raise SuiteError(f"{entry['path']} isn't the file that the manifest lists")
            content = json.loads(data)
            flags.update(content["flags"])
            cases += [_read(case, content["op"], entry["path"]) for case in content["cases"]]
        return Suite(manifest["suite"], manifest["protocol"], hashlib.sha256(raw).hexdigest(), tuple(cases), flags)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SuiteError(f"the suite can't be read: {error}") from error


def _read(case: Mapping[str, Any], op: str, path: str) -> SuiteCase:
    return SuiteCase(
        id=case["id"],
        op=op,
        path=path,
        comment=case["comment"],
        req=tuple(case["req"]),
        flags=tuple(case.get("flags", ())),
        requires=tuple(case.get("requires", ())),
        derived_from=case.get("derived_from"),
        input=case["input"],
        valid=case["result"] == "valid",
        expected=case["output"] if case["result"] == "valid" else case["error"],
    )


def export(target: Path) -> int:
    """Write the packaged suite, with schemas and README, into a new or empty folder; returns the number of files."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise SuiteError(f"{target} is there and isn't an empty folder")
    return _copy(packaged(), target)


def _copy(source: Traversable, target: Path) -> int:
    target.mkdir(parents=True, exist_ok=True)
    count = 0
    for item in source.iterdir():
        if item.is_dir():
            count += _copy(item, target / item.name)
        elif not item.name.endswith((".py", ".pyc")):
            (target / item.name).write_bytes(item.read_bytes())
            count += 1
    return count
