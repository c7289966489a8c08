"""What is wrong with a scenario, a parameter file or a rule, in one sentence that names the place."""

from __future__ import annotations


class LabError(Exception):
    """Input that the laboratory refuses: `where` is the place, `message` what is wrong with it."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(where, message)
        self.where = where
        self.message = message

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message
