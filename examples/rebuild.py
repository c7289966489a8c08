"""Compiles the example guests and the benchmark guests anew: python examples/rebuild.py [NAME ...]."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from tracework.worker.build import BuildError, build, compiler_version

EXAMPLES = Path(__file__).resolve().parent


def main(names: list[str]) -> int:
    """Build the guests of these names, or all; returns the exit code."""
    unknown = set(names)
    for folder in ("guests", "benchmarks"):
        index = tomllib.loads((EXAMPLES / folder / "index.toml").read_text())
        if index["compiler"] != f"ziglang {compiler_version()}":
            print(f"examples/{folder}/index.toml names {index['compiler']}; here is ziglang {compiler_version()}")
            return 2
        for name, guest in index["guests"].items():
            unknown.discard(name)
            if names and name not in names:
                continue
            place = EXAMPLES / folder / name
            try:
                warnings = build([place / source for source in guest["sources"]], place / guest["program"])
            except BuildError as error:
                print(f"{error}\n{error.diagnostics}", end="")
                return 1
            print(f"examples/{folder}/{name}/{guest['program']}\n{warnings}", end="")
    if unknown:
        print(f"no such guest: {', '.join(sorted(unknown))}")
    return 2 if unknown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
