"""`tracework silence`: certify that nobody answered a request, and prove it."""

from __future__ import annotations

from typing import Final

from ..app import LazyGroup

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "sign": ("commands.silence_sign", "certify, as a member, that nobody answered a request"),
    "prove": ("commands.silence_prove", "put a certificate and all that it rests on into one file"),
}

command = LazyGroup("silence", lazy=COMMANDS, help="Certify that nobody answered a request, and prove it to anybody.")
