"""`tracework payout`: a settlement's payouts as a tree that contracts can check."""

from __future__ import annotations

from typing import Final

from ..app import LazyGroup

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "tree": ("commands.payout_tree", "write the whole tree, as OpenZeppelin's library loads it"),
    "prove": ("commands.payout_prove", "write the proof of one address's payout"),
    "verify": ("commands.payout_verify", "check such a proof"),
}

command = LazyGroup("payout", lazy=COMMANDS, help="Prove payouts to contracts on chain.")
