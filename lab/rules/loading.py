"""Finds a rule: by `path.py:Name`, by a name of ours, or by an installed entry point."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from importlib import resources
from importlib.resources import as_file
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, get_type_hints

from ...protocol.rewards.parameters import Ceiling, Parameters
from ...protocol.rewards.rule import Rule, Transfer
from ...protocol.rewards.standard import StandardRule
from ...protocol.rewards.view import View
from ..errors import LabError
from ..terms import Terms
from .guard import Endless, Impure, clocks_stopped, pure

ENTRY_POINTS: Final = "tracework.rules"
"""The group of entry points under which a package installs rules."""
STANDARD: Final = "standard"
"""The name of the protocol's own rule."""


@dataclass(frozen=True)
class FunctionRule(Rule):
    """A rule that is one function of a view."""

    function: Callable[[View], Iterable[Transfer]]
    name: str

    def rewards(self, view: View) -> Iterable[Transfer]:
        """What the function says."""
        return self.function(view)

    def hash(self, network: str) -> bytes:
        """The function's name stands for it."""
        return _Named(self.name).hash(network)


@dataclass(frozen=True)
class _Named(Rule):
    name: str


@dataclass(frozen=True)
class Loaded:
    """A rule, where it came from, and its source if that is a file's."""

    rule: Rule
    spec: str
    path: Path | None = None
    source: str = ""


def standard(terms: Terms | None = None) -> StandardRule:
    """The protocol's rule under the terms' parameters."""
    terms = terms or Terms()
    rule = terms.rule
    return StandardRule(
        Parameters(
            burn=rule.burn,
            treasury=rule.treasury,
            audit=rule.audit,
            attestation=rule.attestation,
            rebate=rule.rebate,
            rebate_work=rule.rebate_work,
            rebate_audit=rule.rebate_audit,
            rebate_attestation=rule.rebate_attestation,
            slash_base=terms.base(rule.slash_base),
            slash_share=rule.slash_share,
            bounty=rule.bounty,
            reputation_gain=rule.reputation_gain,
            reputation_loss=rule.reputation_loss,
            emission=(Ceiling(epoch=0, amount=terms.base(rule.ceiling)),),
        )
    )


def load_rule(spec: str, parameters: Mapping[str, str] | None = None, terms: Terms | None = None) -> Loaded:
    """The rule that `spec` names, with parameters set from texts. Raises LabError."""
    if spec == STANDARD:
        if parameters:
            raise LabError(spec, "the standard rule's parameters are a scenario's, in its table rule")
        return Loaded(standard(terms), spec)
    path, colon, name = spec.rpartition(":")
    if colon and path.endswith(".py"):
        module, source = _module(Path(path))
        found = getattr(module, name, None)
        if found is None:
            raise LabError(path, f"there is no {name} in it")
        return Loaded(make(found, spec, parameters or {}), spec, Path(path), source)
    if spec.endswith(".py"):
        raise LabError(spec, f"say which rule in it you mean, as in {spec}:MyRule")
    shipped = _examples()
    if spec in shipped:
        file = shipped[spec]
        with as_file(file) as on_disk:
            module, source = _module(on_disk)
        classes = [v for v in vars(module).values() if isinstance(v, type) and v.__module__ == module.__name__]
        return Loaded(make(classes[-1], spec, parameters or {}), spec, on_disk, source)
    from importlib.metadata import entry_points

    for point in entry_points(group=ENTRY_POINTS, name=spec):
        return Loaded(make(point.load(), spec, parameters or {}), spec)
    known = ", ".join([STANDARD, *shipped])
    raise LabError(spec, f"there is no such rule; say path.py:Name, one of {known}, or what a package installs")


def _examples() -> dict[str, Traversable]:
    """The rules that come with the package, by name."""
    folder = resources.files("tracework") / "examples" / "rules"
    return {
        file.name.removesuffix(".py"): file
        for file in sorted(folder.iterdir(), key=lambda f: f.name)
        if file.name.endswith(".py")
    }


def _module(path: Path) -> tuple[Any, str]:
    try:
        source = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LabError(str(path), "there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise LabError(str(path), f"can't be read: {error}") from None
    name = f"{__package__}._loaded_{path.stem}_{abs(hash(str(path.resolve())))}"
    made = importlib.util.spec_from_loader(name, loader=None, origin=str(path))
    assert made is not None
    module = importlib.util.module_from_spec(made)
    module.__file__ = str(path)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        with clocks_stopped(), pure():
            exec(compile(source, str(path), "exec"), module.__dict__)
    except SyntaxError as error:
        raise LabError(f"{path}, line {error.lineno}", f"no Python: {error.msg}") from None
    except (Exception, Endless) as error:
        raise LabError(f"{path}, line {line_of(error, path)}", f"loading it raises {told(error)}") from None
    return module, source


def told(error: BaseException) -> str:
    """An exception in words."""
    if isinstance(error, Endless):
        return "no end: it runs longer than it may"
    return str(error) if isinstance(error, Impure) else f"{type(error).__name__}: {error}".rstrip(": ")


def line_of(error: BaseException, path: Path | None) -> int:
    """The line of a rule's file in which an exception was raised."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if path is not None and trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def make(found: Any, spec: str, parameters: Mapping[str, str]) -> Rule:
    """A rule of a class, a function or a ready value. Raises LabError."""
    if isinstance(found, type) and issubclass(found, Rule):
        values = {name: _typed(found, name, text, spec) for name, text in parameters.items()}
        try:
            return found(**values)
        except TypeError as error:
            raise LabError(spec, f"it can't be made: {error}") from None
    if parameters:
        raise LabError(spec, "only a class has parameters to be set")
    if inspect.isfunction(found):
        return FunctionRule(found, found.__name__)
    if not isinstance(found, Rule):
        raise LabError(spec, "neither a class derived from Rule nor a function of a view")
    return found


def _typed(cls: type[Any], name: str, text: str, spec: str) -> int | str | bool:
    known = {entry.name for entry in fields(cls)} if is_dataclass(cls) else set[str]()
    if name not in known:
        has = f"it has {', '.join(sorted(known))}" if known else "it has none"
        raise LabError(spec, f"it has no parameter {name!r}; {has}")
    hint: Any = get_type_hints(cls).get(name, int)
    if hint is bool and text in ("true", "false"):
        return text == "true"
    if hint is str:
        return text
    if hint is int and re.fullmatch(r"-?\d[\d_]*", text):
        return int(text.replace("_", ""))
    raise LabError(spec, f"{text!r} is no {getattr(hint, '__name__', hint)} for the parameter {name!r}")
