"""Reads the files that settlement is about: epochs, settlements, payout proofs."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager

from ..protocol.encoding.schema import decode_object
from ..protocol.errors import ProtocolError
from ..protocol.rewards.epoch import Epoch, decode_epoch
from ..protocol.rewards.explain import clause_of
from ..protocol.rewards.records import RecordType, label
from ..protocol.rewards.settlement import Settlement
from ..protocol.rewards.standard import StandardRule
from ..protocol.rewards.view import Aside
from ..worker.files import open_source
from .failure import Failure
from .files import read

EPOCH_BYTES = 1 << 31
"""An epoch's file is at most so long: twice the records that an epoch can have."""


@contextmanager
def many_objects() -> Iterator[None]:
    """Without the cycle collector, which costs a third of the time where millions of tuples are made."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def read_epoch(path: str) -> tuple[Epoch, StandardRule]:
    """The epoch of a file, with the rule that it names."""
    try:
        epoch, parameters = decode_epoch(open_source(path, EPOCH_BYTES) if path != "-" else read(path))
    except ProtocolError as error:
        raise Failure(f"{path} is no epoch: {error}") from error
    if parameters is None:
        raise Failure(f"{path} has no parameters: its epoch is for another rule than the standard one")
    return epoch, StandardRule(parameters)


def read_settlement(path: str) -> Settlement:
    """The settlement of a file."""
    try:
        return decode_object(Settlement, read(path))
    except ProtocolError as error:
        raise Failure(f"{path} is no settlement: {error}") from error


def account_number(epoch: Epoch, given: str) -> int:
    """The position of the account that is named by its position, its key or its payout address."""
    if re.fullmatch(r"\d{1,9}", given) and int(given) < len(epoch.accounts):
        return int(given)
    digits = given.removeprefix("0x").lower()
    if re.fullmatch(r"([0-9a-f]{40}|[0-9a-f]{96})", digits):
        named = bytes.fromhex(digits)
        for number, account in enumerate(epoch.accounts):
            if named in (account.key, account.address):
                return number
        raise Failure(f"the epoch has no account {given}")
    raise Failure(
        f"{given!r} names no account; give its key (96 hexadecimal digits), its address (40) or its position"
        f" (0 to {len(epoch.accounts) - 1})"
    )


def address(given: str) -> bytes:
    """A payout address of 40 hexadecimal digits."""
    digits = given.removeprefix("0x")
    if not re.fullmatch(r"[0-9a-fA-F]{40}", digits):
        raise Failure(f"{given!r} is no address: that is 40 hexadecimal digits, with or without 0x")
    return bytes.fromhex(digits)


def aside_text(kind: int, place: int, reason: int) -> str:
    """A record that was set aside, in words: `claim[3]: without-unit (STL-025)`."""
    why = Aside(reason)
    return f"{label(RecordType(kind))}[{place}]: {why.name.lower().replace('_', '-')} ({clause_of(kind, why)})"
