"""The registry's draw at the laboratory's pace: the chances of spec/registry.md, without a hash for each draw."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from itertools import accumulate
from random import Random
from typing import Final

PATIENCE: Final = 64
"""Draws in a row that may hit nobody who can be taken, before those who can are counted out."""


class Draw:
    """Accounts with room for further units, drawn by their stakes (REG-020, REG-021, REG-025)."""

    def __init__(self, stakes: Sequence[int], rooms: Sequence[int]) -> None:
        self.stakes = stakes
        self.room = list(rooms)
        """How many more units each account may have outstanding."""
        self._members = list(range(len(rooms)))
        self._gather()

    def _gather(self) -> None:
        self._members = [account for account in self._members if self.room[account]]
        self._ends = list(accumulate(self.stakes[account] for account in self._members))
        self.open = len(self._members)
        """How many accounts have room."""
        self._misses = 0

    def occupy(self, account: int) -> None:
        """One more unit is outstanding at an account."""
        self.room[account] -= 1
        if not self.room[account]:
            self.open -= 1

    def take(self, chance: Random, count: int, without: Collection[int] = ()) -> list[int] | None:
        """Different accounts, each drawn by its share of the stake that is left; None if there are too few (REG-026).

        Whoever is hit and can't be taken is passed over: of the others each is as likely as its stake says.
        """
        room = self.room
        if self.open - sum(1 for account in without if room[account]) < count:
            return None
        drawn: list[int] = []
        random, members, ends = chance.random, self._members, self._ends
        whole, last, tries = ends[-1] if ends else 0, len(members) - 1, 0
        while len(drawn) < count:
            at = bisect_right(ends, random() * whole)
            account = members[at if at < last else last]
            if room[account] and account not in drawn and account not in without:
                drawn.append(account)
                tries = 0
                continue
            tries += 1
            if not room[account]:
                self._misses += 1
                if 2 * self._misses > len(members):
                    self._gather()
                    members, ends = self._members, self._ends
                    whole, last = ends[-1], len(members) - 1
            if tries > PATIENCE:
                drawn.append(self._counted(random(), {*drawn, *without}))
                tries = 0
        return drawn

    def _counted(self, point: float, without: Collection[int]) -> int:
        """The account at a point from 0 to 1 among those who can be taken."""
        left = [account for account in self._members if self.room[account] and account not in without]
        ends = list(accumulate(self.stakes[account] for account in left))
        return left[min(bisect_right(ends, point * ends[-1]), len(left) - 1)]
