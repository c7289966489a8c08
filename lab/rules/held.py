"""A rule under guard: what it returns is checked transfer by transfer, what it does is watched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...protocol.rewards.rule import Rule, RuleError, Transfer
from ...protocol.rewards.view import View
from .cases import Case, Outcome, outcome
from .guard import SECONDS, Endless, Impure, pure
from .loading import Loaded, line_of, told


class Violation(Exception):
    """A rule broke a property in a single call."""

    def __init__(self, property: str, sentence: str) -> None:
        super().__init__(property, sentence)
        self.property = property
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Held(Rule):
    """The rule, every call guarded. Raises Violation."""

    loaded: Loaded
    seconds: float = SECONDS

    @property
    def rule(self) -> Rule:
        """The rule itself."""
        return self.loaded.rule

    def hash(self, network: str) -> bytes:
        """The rule's own."""
        return self.rule.hash(network)

    def ceiling(self, epoch: int) -> int:
        """What the rule says, if that is an amount."""
        made = self._call("ceiling", self.rule.ceiling, epoch)
        if type(made) is not int or made < 0:
            raise Violation("integers", f"ceiling() returns {made!r}, no integer of at least 0")
        return made

    def rewards(self, view: View) -> list[Transfer]:
        """The rule's transfers, each an integer amount from a fund to a payee."""
        before = _fields(view)
        made: list[Transfer] = self._call("rewards", lambda: list(self.rule.rewards(view)))
        if any(now is not then for now, then in zip(_fields(view), before, strict=True)):
            raise Violation("input", "rewards() changes the view that it is given")
        for transfer in made:
            _check(transfer)
        return made

    def reputations(self, view: View) -> Mapping[int, int]:
        """The rule's reputations."""
        before = _fields(view)
        made: Mapping[int, int] = self._call("reputations", lambda: dict(self.rule.reputations(view)))
        if any(now is not then for now, then in zip(_fields(view), before, strict=True)):
            raise Violation("input", "reputations() changes the view that it is given")
        return made

    def _call(self, name: str, function: Any, *arguments: Any) -> Any:
        try:
            with pure(self.seconds):
                return function(*arguments)
        except Endless:
            raise Violation("ends", f"{name}() was still running after {self.seconds:g} s") from None
        except Impure as error:
            raise Violation("pure", f"{name}() {error}{self._line(error)}") from None
        except MemoryError:
            raise Violation("ends", f"{name}() uses up all memory") from None
        except Exception as error:
            raise Violation("runs", f"{name}() raises {told(error)}{self._line(error)}") from None

    def _line(self, error: BaseException) -> str:
        line = line_of(error, self.loaded.path)
        return f" ({self.loaded.path}, line {line})" if line else ""


def _fields(view: View) -> tuple[Any, ...]:
    return view.accounts, view.units, view.equivocations, view.network, view.epoch, view.first_slot, view.last_slot


def _check(transfer: Any) -> None:
    if not isinstance(transfer, tuple) or len(transfer) != 5:
        raise Violation("runs", f"{str(transfer)[:80]} is no transfer of a fund, of whom, to whom, why, how much")
    amount = transfer[4]
    if type(amount) is not int:
        raise Violation("integers", f"an amount of {amount!r}, which is no integer")
    if amount < 0:
        raise Violation("negative", f"an amount of {amount}")


def settled(rule: Held, case: Case, salt: str = "", reverse: bool = False) -> Outcome:
    """The outcome of a case. Raises Violation."""
    try:
        return outcome(case, rule, salt, reverse)
    except RuleError as error:
        raise Violation(_property(str(error)), str(error)) from None


def _property(sentence: str) -> str:
    return "reputation" if sentence.startswith("a reputation") else "conservation"


def transfers(rule: Held, view: View) -> Iterable[Transfer]:
    """A rule's transfers for a view. Raises Violation."""
    return rule.rewards(view)
