"""What users name by its digits or by a file that holds it: units, keys, snapshots."""

from __future__ import annotations

import os
import re

from ..protocol.beacon import Beacon, check_beacon
from ..protocol.committee.snapshot import Committee
from ..protocol.encoding.schema import decode_object
from ..protocol.keys import SecretKeyFile, read_identity
from ..protocol.registry.snapshot import Registry
from ..worker.errors import content_errors
from ..worker.files import read_file
from ..worker.keyfiles import read_key
from ..worker.units import read_unit
from . import kinds
from .failure import Failure


def unit_id(given: str) -> bytes:
    """A unit's id."""
    found = _digits(given, 32, "a unit is named by the 64 hexadecimal digits of its id, or by its file")
    return read_unit(given).id if found is None else found


def public_key(given: str) -> bytes:
    """Somebody's public key; their identity's file will do, and one's own key file."""
    hint = "a key is named by its 96 hexadecimal digits, or by the file of an identity or of a key"
    found = _digits(given, 48, hint)
    if found is not None:
        return found
    data = read_file(given)
    if kinds.at_start(data) == SecretKeyFile.KIND:
        return read_key(given).public
    with content_errors("an identity", given, "name a file that `tracework keygen --identity` wrote"):
        return read_identity(data).public


def committee_hash(given: str) -> bytes:
    """The hash of a committee's snapshot."""
    found = _digits(given, 32, "a committee is named by the 64 hexadecimal digits of its hash, or by its file")
    if found is not None:
        return found
    with content_errors("a committee", given):
        return decode_object(Committee, read_file(given)).hash


def registry_hash(given: str) -> bytes:
    """The hash of a registry's snapshot."""
    found = _digits(given, 32, "a registry is named by the 64 hexadecimal digits of its hash, or by its file")
    if found is not None:
        return found
    with content_errors("a registry", given):
        return decode_object(Registry, read_file(given)).hash


def beacon_output(given: str, round: int) -> bytes:
    """A beacon's output, 32 bytes; the file of a beacon will do, which is then checked, and has to be of that round."""
    found = _digits(given, 32, "a beacon is named by the 64 hexadecimal digits of its output, or by its file")
    if found is not None:
        return found
    with content_errors("a beacon", given):
        beacon = decode_object(Beacon, read_file(given))
        output = check_beacon(beacon)
    if beacon.round != round:
        raise Failure(f"{given} is round {beacon.round}; round {round} is what draws here")
    return output


def _digits(given: str, length: int, hint: str) -> bytes | None:
    """The bytes that hexadecimal digits stand for; None if it is a file. Failure if it is neither."""
    if re.fullmatch(rf"[0-9a-fA-F]{{{2 * length}}}", given):
        return bytes.fromhex(given)
    if not os.path.exists(given):
        raise Failure(f"there is no file {given}, and it is nothing else that would do: {hint}")
    return None
