"""Loading: program files and inputs (spec/loading.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...protocol import program, regions
from ...protocol.trees.memory import hash_page
from ..values import octets
from . import Operation


def load_program(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the machine loads of a program file: the commitment, and the digest of every page that is not all zero."""
    loaded = program.load_program(octets(input["file"]))
    return {
        "entry": loaded.entry,
        "code_first": loaded.code_first,
        "code_end": loaded.code_end,
        "pages": [{"number": number, "digest": hash_page(content)} for number, content in loaded.pages.items()],
        "image_root": loaded.image_root,
        "id": loaded.id,
    }


def load_input(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """An input's length and root, and the digest of every page that it fills."""
    loaded = regions.load_input(octets(input["data"]))
    return {
        "length": loaded.length,
        "pages": [{"number": number, "digest": hash_page(content)} for number, content in loaded.pages.items()],
        "root": loaded.root,
    }


OPERATIONS: dict[str, Operation] = {
    "loading.program": load_program,
    "loading.input": load_input,
}
