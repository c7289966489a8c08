"""The laboratory's files: text that somebody wrote."""

from __future__ import annotations

from .failure import Failure


def text_of(data: bytes, name: str) -> str:
    """A file's text."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Failure(f"{name}: no text in UTF-8: byte {error.start} is none of it") from None


def settings(values: tuple[str, ...]) -> dict[str, str]:
    """What `--set NAME=VALUE` says."""
    made: dict[str, str] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise Failure(f"--set {text}: say NAME=VALUE")
        if name in made:
            raise Failure(f"--set {text}: {name} is set twice")
        made[name] = value
    return made
