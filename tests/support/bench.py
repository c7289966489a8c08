"""`make bench`: the engine's speed, alone and committing, beside that of qemu-riscv64 in the same run."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from typing import Any

from support import bench_engine, bench_programs


def main() -> int:
    """Measure, and print tables or JSON."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--small", action="store_true", help="short runs: about a minute in all")
    parser.add_argument("--rounds", type=int, default=None, help="how often each program runs in each way")
    parser.add_argument(
        "--cpu", action="store_true", help="count processor seconds, for a machine with other work to do"
    )
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    parser.add_argument("--only", choices=["programs", "translation", "segments", "threads"], help="one table alone")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--size", default="full", help=argparse.SUPPRESS)
    parser.add_argument("programs", nargs="*", help="the guests to run; all without any")
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(bench_programs.child(arguments.child, arguments.size)))
        return 0
    now = time.process_time if arguments.cpu else time.perf_counter
    size = "small" if arguments.small else "full"
    result: dict[str, Any] = {"machine": f"{platform.machine()}, Python {platform.python_version()}", "size": size}
    wanted = [arguments.only] if arguments.only else ["programs", "translation", "segments", "threads"]
    if "programs" in wanted:
        rounds = arguments.rounds or 3
        clock = bench_programs.cpu if arguments.cpu else bench_programs.wall
        works = bench_programs.measure(arguments.programs, size, rounds, clock)
        result["rounds"], result["clock"] = rounds, "processor" if arguments.cpu else "wall"
        result |= bench_programs.report(works)
    if "translation" in wanted:
        result["translation"] = bench_engine.translation(now)
    if "segments" in wanted:
        result["segments"] = bench_engine.segments(now, "small", arguments.programs)
    if "threads" in wanted:
        result["threads"] = bench_engine.threads(size)
    if arguments.json:
        json.dump(result, sys.stdout, indent=1)
        print()
    else:
        _print(result)
    return 0


def _print(result: dict[str, Any]) -> None:
    if "programs" in result:
        print(f"Medians of {result['rounds']} rounds, {result['clock']} time, {result['size']} inputs")
        bench_programs.print_table(result)
    if "translation" in result:
        print("\nTranslating all of a program ahead of time")
        for row in result["translation"]:
            print(f"  {row['instructions']:>8.0f} instructions {row['seconds']:6.2f} s")
    if "segments" in result:
        print("\nChecking one segment of 2^20 steps on its witness, signature aside")
        for row in result["segments"]:
            print(
                f"  {row['program']:12} {row['pages']:5} pages, {row['first_ms']:7.1f} ms at first,"
                f" {row['again_ms']:6.1f} ms with the translation at hand"
            )
    if "threads" in result:
        print(f"\nRe-executing in 4 parts: two threads are {result['threads']['speedup']:.2f} times as fast as one")


if __name__ == "__main__":
    sys.exit(main())
