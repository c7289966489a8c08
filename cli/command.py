"""How the commands are declared: their help, with examples and exit codes, and the types of their arguments."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import click

from . import exits

WIDTH = 100
"""Help is at most so wide."""


class Command(click.Command):
    """A command whose help ends with examples and exit codes.

    `examples` are command lines as one would type them; tests run those that begin with `tracework`. `exit_codes` says
    what a code means here, where that is more than what it means everywhere.
    """

    def __init__(
        self, *arguments: Any, examples: Sequence[str] = (), exit_codes: Mapping[int, str] | None = None, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.examples = tuple(examples)
        self.exit_codes = {**exits.MEANINGS, **(exit_codes or {})}
        self.context_settings = {"help_option_names": ["-h", "--help"], "max_content_width": WIDTH}

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write examples and exit codes."""
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples:
                    formatter.write(f"{' ' * formatter.current_indent}{line}\n")
        write_exit_codes(formatter, self.exit_codes)


def write_exit_codes(formatter: click.HelpFormatter, codes: Mapping[int, str]) -> None:
    """Write the section of a command's help that tells its exit codes."""
    with formatter.section("Exit codes"):
        formatter.write_dl([(str(code), meaning) for code, meaning in codes.items() if meaning])


def command(
    name: str,
    *,
    examples: Sequence[str] = (),
    exit_codes: Mapping[int, str] | None = None,
    cls: type[Command] = Command,
) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a command of a function; its docstring is the help."""
    return click.command(name, cls=cls, examples=examples, exit_codes=exit_codes)


json_option = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead of text.")
"""Adds `--json`."""

engine_option = click.option(
    "--engine",
    type=click.Choice(["auto", "reference", "wasm"]),
    default="auto",
    show_default=True,
    help="What executes: the fastest that works here, the reference interpreter, or the engine. Results are the same.",
)
"""Adds `--engine`."""

progress_option = click.option(
    "--progress/--no-progress",
    "show_progress",
    default=None,
    help="Show progress on stderr; by default on a terminal only.",
)
"""Adds `--progress`."""


def output_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds `-o`, where a command writes what it made."""
    return click.option("-o", "--output", required=True, type=click.Path(), help=f"Where to write {what}.")


force_option = click.option("--force", is_flag=True, help="Overwrite a file that is there.")
"""Adds `--force`."""


class Digits(click.ParamType):  # type: ignore[type-arg]  # older releases of click have no parameter for it
    """Bytes of a fixed number, in hexadecimal."""

    name = "HEX"

    def __init__(self, length: int, what: str) -> None:
        self.length, self.what = length, what

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        """The bytes; a usage error if they are not as many, or not hexadecimal digits."""
        if isinstance(value, bytes):
            return value
        digits = value.removeprefix("0x")
        if not re.fullmatch(rf"[0-9a-fA-F]{{{2 * self.length}}}", digits):
            self.fail(f"{self.what} is {2 * self.length} hexadecimal digits", param, ctx)
        return bytes.fromhex(digits)


SUFFIXES: Final = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


class Number(click.ParamType):  # type: ignore[type-arg]  # as above
    """A whole number: `1000000`, `1_000_000`, `2^20`, `10M` (K, M, G, T are powers of 1000)."""

    name = "NUMBER"

    def __init__(self, least: int = 0, most: int = (1 << 64) - 1) -> None:
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; a usage error if it is none, or out of range."""
        if isinstance(value, int):
            return value
        text = value.replace("_", "").lower()
        if match := re.fullmatch(r"(\d{1,4})\^(\d{1,3})", text):
            number = pow(int(match[1]), int(match[2]))
        elif match := re.fullmatch(r"(\d{1,40})([kmgt]?)", text):
            number = int(match[1]) * SUFFIXES[match[2]]
        else:
            self.fail(f"{value!r} is no number like 1000000, 1_000_000, 10M or 2^20", param, ctx)
        if not self.least <= number <= self.most:
            self.fail(f"{value} is not from {self.least} to {self.most}", param, ctx)
        return int(number)
