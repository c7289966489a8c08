"""`tracework keygen`: a new key pair."""

from __future__ import annotations

import os

import click

from ..command import command as declare
from ..command import json_option
from ..console import say, say_json
from ..failure import Failure


@declare(
    "keygen",
    examples=["tracework keygen -o me.key", "tracework keygen -o worker.key --identity worker.pub"],
    exit_codes={0: "the key was written", 1: "", 2: "no key was written", 3: ""},
)
@click.option(
    "-o", "--output", required=True, type=click.Path(), help="Where to write the secret key; never over another file."
)
@click.option(
    "--identity", type=click.Path(), help="Also write what you publish: the public key, with a proof that you hold it."
)
@json_option
def command(output: str, identity: str | None, as_json: bool) -> None:
    """Make a BLS12-381 key pair for a requester or a worker.

    The file that it writes holds the secret and is readable by you alone (mode 0600). The secret is never printed.
    """
    from ...protocol import keys
    from ...protocol.encoding.schema import encode_object
    from ...worker.files import write_file
    from ...worker.keyfiles import create_key

    if identity is not None and os.path.lexists(identity):
        raise Failure(f"{identity} exists; choose another name for the identity")
    held = create_key(output)
    if identity is not None:
        write_file(identity, encode_object(keys.identity(held.key)), replace=False)
    if as_json:
        say_json({"key": output, "public_key": held.public.hex()} | ({"identity": identity} if identity else {}))
        return
    say(f"{output}: your secret key; keep it, and keep it to yourself")
    if identity:
        say(f"{identity}: your public key, with the proof that you hold its secret; give it to whoever asks")
    say(f"public key: {held.public.hex()}")
