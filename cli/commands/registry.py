"""`tracework registry`: snapshots of those who offer work."""

from __future__ import annotations

from typing import Final

from ..app import LazyGroup

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "new": ("commands.registry_new", "make a registry without accounts"),
    "add": ("commands.registry_add", "add an account to a registry, or change it"),
    "show": ("commands.registry_show", "show a registry, and check its accounts' proofs"),
}

command = LazyGroup("registry", lazy=COMMANDS, help="Make and show registries: snapshots of accounts that offer work.")
