"""Errors that evidence can earn: each has a stage, a code and the requirement that it breaks (spec/errors.md).

Anything else that escapes from `tracework.protocol` or `tracework.verifier` is a bug, never a judgement on an input.
"""

from __future__ import annotations

from typing import ClassVar

STAGES = ("decode", "schema", "semantic", "crypto", "execution", "policy")
"""The stages of checking, in the order in which they run (ERR-001)."""


class ProtocolError(Exception):
    """Evidence that a check rejected.

    `code` is the registry's word, `requirement` the id of the clause, `where` the place (a field path, a byte offset, a
    segment or a step), and `str(error)` one sentence for a person.
    """

    stage: ClassVar[str]

    def __init__(self, code: str, message: str, *, requirement: str, where: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.requirement = requirement
        self.where = where

    def __str__(self) -> str:
        place = f" (at {self.where})" if self.where else ""
        return f"{self.message}{place} [{self.stage}/{self.code}, {self.requirement}]"


class DecodeError(ProtocolError):
    """The bytes are no encoding at all, or not the only one that is allowed."""

    stage = "decode"


class SchemaError(ProtocolError):
    """The item is well encoded, but isn't of the shape of the object that was expected."""

    stage = "schema"


class SemanticError(ProtocolError):
    """The object has its shape, but its fields contradict each other or a limit."""

    stage = "semantic"


class CryptoError(ProtocolError):
    """A key, a signature, a hash or a Merkle path doesn't hold."""

    stage = "crypto"


class ExecutionError(ProtocolError):
    """Executing what the evidence carries did not give what it says, or was not possible."""

    stage = "execution"


class PolicyError(ProtocolError):
    """The evidence holds, but isn't what the caller or the unit's policy asked for."""

    stage = "policy"
