"""Our own adapter: the reference implementation behind the harness's protocol (spec/vectors.md)."""

from __future__ import annotations

import importlib.metadata
import json
import traceback
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...protocol.errors import ProtocolError
from .. import HARNESS
from ..operations import Operation, operations
from ..values import render


def answers(lines: Iterable[str | bytes], table: Mapping[str, Operation] | None = None) -> Iterator[str]:
    """The answer to each request line, until `bye` or the end of the lines."""
    table = operations() if table is None else table
    for line in lines:
        message = json.loads(line)
        if message["cmd"] == "bye":
            return
        answer = hello(table) if message["cmd"] == "hello" else run(table, message)
        yield json.dumps(answer, separators=(",", ":"))


def hello(table: Mapping[str, Operation]) -> dict[str, Any]:
    """Who we are and what we can do (VEC-031)."""
    return {
        "harness": HARNESS,
        "implementation": {
            "name": "tracework",
            "version": importlib.metadata.version("tracework"),
            "language": "Python",
        },
        "ops": sorted(table),
        "features": [],
    }


def run(table: Mapping[str, Operation], message: Mapping[str, Any]) -> dict[str, Any]:
    """Do one operation (VEC-032). An exception that isn't a judgement on the input is an error of ours, and says so."""
    seq = message["seq"]
    try:
        return {"seq": seq, "result": "valid", "output": render(table[message["op"]](message["input"]))}
    except ProtocolError as error:
        return {
            "seq": seq,
            "result": "invalid",
            "error": {
                "stage": error.stage,
                "code": error.code,
                "requirement": error.requirement,
                "where": error.where,
                "message": error.message,
            },
        }
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return {
            "seq": seq,
            "result": "error",
            "message": f"{type(error).__name__}: {error} ({place.name}, line {place.lineno})",
        }
