"""Where returns lead: the call sites that are known, so that a return to them is a branch like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from .blocks import Block

MOST: Final = 3
"""A return to more places than this goes by the table of entries."""


def predict(blocks: Sequence[Block], node: Mapping[int, int]) -> dict[int, list[int]]:
    """For the address of each block that ends with a return, the addresses behind the calls of its function.

    A block belongs to the functions from whose first block it is reached without following calls. Blocks whose
    function is called from more than `MOST` places, or from none that is known, are left out.
    """
    callers: dict[int, list[int]] = {}
    for block in blocks:
        if block.call and block.target in node and block.next in node:
            assert block.target is not None
            callers.setdefault(block.target, []).append(block.next)
    sites: dict[int, set[int]] = {}
    for function, places in callers.items():
        for start in _returns(function, blocks, node):
            sites.setdefault(start, set()).update(places)
    return {start: sorted(places) for start, places in sites.items() if len(places) <= MOST}


def _returns(function: int, blocks: Sequence[Block], node: Mapping[int, int]) -> list[int]:
    """The blocks of a function that end with a return."""
    found = []
    seen = {function}
    work = [function]
    while work:
        block = blocks[node[work.pop()]]
        last = block.last
        if (
            last is not None
            and last.mnemonic == "jalr"
            and last.rd == 0
            and last.rs1 in (1, 5)
            and block.target is None
        ):
            found.append(block.start)
        for target in [block.next] if block.call else block.successors():
            if target in node and target not in seen:
                seen.add(target)
                work.append(target)
    return found
