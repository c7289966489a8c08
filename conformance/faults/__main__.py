"""`python -m tracework.conformance.faults`: plant each fault of the list, and see whether the suite catches it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import available_jobs, conforms, families, planted, try_fault


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 if every fault was caught, 1 if one got through, 2 for a mistake in the call."""
    parser = argparse.ArgumentParser(prog="python -m tracework.conformance.faults", description=__doc__)
    parser.add_argument("--family", choices=families(), help="only the faults of this family")
    parser.add_argument("--list", action="store_true", help="list the faults and plant none")
    parser.add_argument("--jobs", type=int, default=available_jobs(), help="adapters at a time")
    parser.add_argument("names", nargs="*", metavar="FAULT")
    options = parser.parse_args(arguments)
    try:
        chosen = planted(options.names, options.family)
    except ValueError as error:
        parser.error(str(error))
    if options.list:
        for fault in chosen:
            sys.stdout.write(f"{fault.name:32} {fault.family:10} {fault.why}\n")
        return 0
    if not conforms(sorted({op for fault in chosen for op in fault.ops}), jobs=options.jobs):
        sys.stdout.write("a copy without any fault doesn't pass: mend that first\n")
        return 2
    missed = 0
    for fault in chosen:
        result = try_fault(fault, jobs=options.jobs)
        missed += not result.caught
        shown = result.broken or f"{len(result.cases)} cases, such as {result.cases[0]}" if result.caught else ""
        sys.stdout.write(f"{'caught' if result.caught else 'MISSED'} {fault.name:32} {shown or fault.why}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(chosen) - missed} of {len(chosen)} faults caught\n")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
