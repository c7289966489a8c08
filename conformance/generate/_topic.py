"""The cases of one operation, which have much in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..values import render
from . import Case, VectorFile, invalid, valid


class Topic:
    """Makes the cases of an operation: those of `keys.sign` are called `keys-sign-…`."""

    def __init__(
        self,
        operation: str,
        function: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        title: str,
        checked_by: str,
        prefix: str | None = None,
    ) -> None:
        self.operation, self.function, self.title, self.checked_by = operation, function, title, checked_by
        self.prefix = prefix or operation.replace(".", "-")

    def good(self, name: str, comment: str, requirements: Sequence[str], input: Mapping[str, Any], *flags: str) -> Case:
        """A positive case, its output computed."""
        output = self.function(render(input))
        return valid(f"{self.prefix}-{name}", comment, requirements, input, output, flags=flags)

    def bad(
        self,
        name: str,
        comment: str,
        requirements: str | Sequence[str],
        input: Mapping[str, Any],
        error: str,
        *flags: str,
    ) -> Case:
        """A negative case."""
        cited = [requirements] if isinstance(requirements, str) else requirements
        return invalid(f"{self.prefix}-{name}", comment, cited, input, error, flags=flags)

    def file(self, cases: Sequence[Case]) -> VectorFile:
        """The operation's file."""
        name = self.operation.partition(".")[2]
        return VectorFile(name=name, op=self.operation, title=self.title, checked_by=self.checked_by, cases=cases)
