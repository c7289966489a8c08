"""`python -m tracework.conformance.adapter`, which is `tracework adapter`: speaks on standard input and output."""

from __future__ import annotations

import sys

from . import answers


def main() -> int:
    """Answer until bye; returns the exit code."""
    for line in answers(sys.stdin.buffer):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
