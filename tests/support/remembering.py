"""A backend that remembers, for tests that check the same signatures again and again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracework.protocol.keys import Backend, default_backend


class Remembering:
    """Gives what another backend gives, and asks it once for each question."""

    def __init__(self, inner: Backend | None = None) -> None:
        self.inner = inner or default_backend()
        self.name = "remembering " + self.inner.name
        self._answers: dict[Any, Any] = {}
        self._kept: list[Any] = []

    def _ask(self, question: Any, answer: Any) -> Any:
        if question not in self._answers:
            self._answers[question] = made = answer()
            self._kept.append(made)  # ids stay theirs
        return self._answers[question]

    def decode_g1(self, data: bytes) -> Any:
        return self._ask(("g1", data), lambda: self.inner.decode_g1(data))

    def decode_g2(self, data: bytes) -> Any:
        return self._ask(("g2", data), lambda: self.inner.decode_g2(data))

    def public_key(self, secret: int) -> bytes:
        return self.inner.public_key(secret)

    def sign(self, secret: int, message: bytes, tag: bytes) -> bytes:
        return self.inner.sign(secret, message, tag)

    def sum_g1(self, points: Sequence[Any]) -> Any:
        return self._ask(("sum", *map(id, points)), lambda: self.inner.sum_g1(points))

    def sum_g2(self, points: Sequence[Any]) -> bytes | None:
        return self.inner.sum_g2(points)

    def holds(self, key: Any, message: bytes, tag: bytes, signature: Any) -> bool:
        question = ("holds", id(key), message, tag, id(signature))
        return bool(self._ask(question, lambda: self.inner.holds(key, message, tag, signature)))

    def hold_together(
        self,
        keys: Sequence[Any],
        messages: Sequence[bytes],
        tag: bytes,
        signatures: Sequence[Any],
        factors: Sequence[int],
    ) -> bool:
        return self.inner.hold_together(keys, messages, tag, signatures, factors)

    def holds_short(self, key: Any, message: bytes, tag: bytes, signature: Any) -> bool:
        return self.inner.holds_short(key, message, tag, signature)
