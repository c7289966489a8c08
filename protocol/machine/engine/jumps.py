"""Where computed jumps are likely to lead, so that they become branches like any other."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from .blocks import LINKS, Block

MOST: Final = 3
"""A jump to more places than this goes by the table of entries."""


def predict(blocks: Sequence[Block], node: Mapping[int, int], indirect: Collection[int] = ()) -> dict[int, list[int]]:
    """For the addresses of blocks that end with a return or a computed call, where that is likely to lead.

    A return leads behind the calls of its function. A computed call leads to where computed jumps have been seen to
    lead (`indirect`), if that isn't behind a call; and the functions there return behind such calls, too. Blocks that
    lead to more than `MOST` places, or to none that is known, are left out.
    """
    callers: dict[int, set[int]] = {}
    computed = [block for block in blocks if block.call and block.indirect and block.next in node]
    for block in blocks:
        if block.call and block.target in node and block.next in node:
            assert block.target is not None
            callers.setdefault(block.target, set()).add(block.next)
    behind = {block.next for block in blocks if block.call}
    functions = sorted(pc for pc in indirect if pc in node and pc not in behind) if computed else []
    for function in functions:
        callers.setdefault(function, set()).update(block.next for block in computed)
    places: dict[int, set[int]] = {block.start: set(functions) for block in computed}
    for function, sites in callers.items():
        for start in _returns(function, blocks, node):
            places.setdefault(start, set()).update(sites)
    return {start: sorted(leads) for start, leads in places.items() if 0 < len(leads) <= MOST}


def _returns(function: int, blocks: Sequence[Block], node: Mapping[int, int]) -> list[int]:
    """The blocks of a function that end with a return."""
    found = []
    seen = {function}
    work = [function]
    while work:
        block = blocks[node[work.pop()]]
        last = block.last
        if last is not None and last.mnemonic == "jalr" and last.rd == 0 and last.rs1 in LINKS and block.target is None:
            found.append(block.start)
        for target in [block.next] if block.call else block.successors():
            if target in node and target not in seen:
                seen.add(target)
                work.append(target)
    return found
