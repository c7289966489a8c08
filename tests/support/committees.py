"""Keys, committees and shares for tests, made once each."""

from __future__ import annotations

import functools

from tracework.protocol import keys
from tracework.protocol.committee.snapshot import Committee, Member
from tracework.protocol.keys import SecretKey

NETWORK = "tests"


@functools.cache
def secret(name: str) -> SecretKey:
    """A key pair by name."""
    return keys.derive_secret_key(name.encode().ljust(32, b"."))


@functools.cache
def public(name: str) -> bytes:
    """The public half of a key by name."""
    return keys.public_key(secret(name))


@functools.cache
def committee(size: int = 7, epoch: int = 3, network: str = NETWORK) -> Committee:
    """A committee whose members have the weights 1, 2, 3, … in the order of their names."""
    members = [
        Member(key=public(f"m{index}"), possession=keys.prove_possession(secret(f"m{index}")), weight=index + 1)
        for index in range(size)
    ]
    return Committee(network=network, epoch=epoch, members=tuple(sorted(members, key=lambda member: member.key)))


@functools.cache
def member_secrets(size: int = 7) -> tuple[SecretKey, ...]:
    """The members' secret keys, in the order of their positions."""
    by_key = {public(f"m{index}"): secret(f"m{index}") for index in range(size)}
    return tuple(by_key[member.key] for member in committee(size).members)
