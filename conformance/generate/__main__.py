"""`python -m tracework.conformance.generate [--check] [TOPIC...]`: write the suite, or hold it to its generators.

Run from a working tree; with topics named, only their files are made (and the manifest from what is there).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from . import PROTOCOL_VERSION, manifest, topic_files, topics


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check; returns the exit code: 0, or 1 when `--check` finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m tracework.conformance.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file would change")
    parser.add_argument("--root", type=Path, default=Path("vectors"), help="the folder of vectors (default: vectors)")
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"of {', '.join(topics())} (default: all)")
    options = parser.parse_args(arguments)
    if unknown := set(options.topics) - set(topics()):
        parser.error(f"no such topic: {', '.join(sorted(unknown))}")
    root: Path = options.root
    chosen: list[str] = options.topics or topics()
    made: dict[str, bytes] = {}
    for topic in chosen:
        made.update(topic_files(topic))
    version = root / str(PROTOCOL_VERSION)
    others = {
        path.relative_to(root).as_posix(): path
        for path in sorted(version.glob("*/*.json"))
        if path.parent.name not in chosen and path.parent.name in topics()
    }
    made["manifest.json"] = manifest(made | {name: path.read_bytes() for name, path in others.items()})
    stale = [path for path in sorted(version.rglob("*.json")) if path.relative_to(root).as_posix() not in made | others]
    changed = [name for name, content in made.items() if not _same(root / name, content)]
    if options.check:
        for name in changed:
            sys.stderr.write(f"differs from its generator: {name}\n")
        for path in stale:
            sys.stderr.write(f"has no generator: {path.relative_to(root).as_posix()}\n")
        return 1 if changed or stale else 0
    for name in changed:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made[name])
        sys.stderr.write(f"wrote {name}\n")
    for path in stale:
        path.unlink()
        sys.stderr.write(f"removed {path.relative_to(root).as_posix()}\n")
    return 0


def _same(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


if __name__ == "__main__":
    raise SystemExit(main())
