"""`tracework adapter`: this implementation behind the harness's protocol."""

from __future__ import annotations

import sys

from ...conformance.adapter import answers
from ..command import command as declare
from ..console import say
from ..failure import Failure


@declare(
    "adapter",
    examples=["tracework conform --op 'trace.*' -- tracework adapter"],
    exit_codes={0: "said bye", 1: "", 2: "a request that is none", 3: ""},
)
def command() -> None:
    """Answer a conformance runner's requests on standard input, one JSON object a line (spec/vectors.md).

    It is what `tracework conform` starts to test this implementation, and an example for your own.
    """
    try:
        for answer in answers(sys.stdin.buffer):
            say(answer)
    except (ValueError, KeyError, TypeError) as error:
        raise Failure(f"that is no request of the harness's protocol: {type(error).__name__}: {error}") from error
