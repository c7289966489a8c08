"""The laboratory's files: text that somebody wrote."""

from __future__ import annotations

from .failure import Failure


def text_of(data: bytes, name: str) -> str:
    """A file's text."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Failure(f"{name}: no text in UTF-8: byte {error.start} is none of it") from None


def settings(values: tuple[str, ...], option: str = "--set") -> dict[str, str]:
    """What an option says that is given as NAME=VALUE."""
    made: dict[str, str] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise Failure(f"{option} {text}: say NAME=VALUE")
        if name in made:
            raise Failure(f"{option} {text}: {name} is set twice")
        made[name] = value
    return made
