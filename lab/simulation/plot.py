"""Draws a summary by matplotlib, which is an extra and is imported here alone; the same result gives the same bytes."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any, Final

from ... import __version__
from ..errors import LabError
from .output import provenance
from .run import Result
from .summary import LEVEL, Line

COLUMNS: Final = 4
"""Most panels beside one another."""
CURVE: Final = 3
"""So many values of one parameter make a curve instead of panels."""
_MARKS: Final = {"loses": ("tab:blue", "o"), "undecided": ("tab:gray", "s"), "wins": ("tab:red", "^")}
_AXIS: Final = f"profit less honest twin, in dues per worker-epoch (bars: {LEVEL} % confidence; symmetric log scale)"


def check_library() -> None:
    """Raise LabError if there is no matplotlib."""
    try:
        import matplotlib  # noqa: F401 - whether it is there
    except ImportError:
        raise LabError("--plot", "matplotlib is not installed; try: pip install 'tracework[plots]'") from None


def draw(result: Result, form: str) -> bytes:
    """Profit against the honest twin: a curve over a parameter that was swept alone, else a panel for each point."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    told = provenance(result)
    with matplotlib.rc_context({"svg.hashsalt": told["parameters"], "svg.fonttype": "none"}):
        swept = _curve(result)
        figure = _curves(pyplot, result, *swept) if swept else _panels(pyplot, result)
        out = io.BytesIO()
        about = f"tracework {__version__}, parameters {told['parameters']}, seed {told['seed']}"
        keys: dict[str, Any] = {"svg": {"Date": None, "Description": about}, "png": {"Software": about}}
        figure.savefig(out, format=form, metadata=keys[form])
        pyplot.close(figure)
    return out.getvalue()


def _title(result: Result) -> str:
    scenario = result.scenario
    return f"{scenario.title or scenario.name}\nrule {result.rule}, {scenario.runs} runs, seed {scenario.seed}"


def _curve(result: Result) -> tuple[str, list[float]] | None:
    """The one parameter that was swept, and its values; None if it isn't one number."""
    points = result.scenario.points
    if len(points) < CURVE or any(len(point.settings) != 1 for point in points):
        return None
    try:
        return points[0].settings[0][0], [float(Fraction(point.settings[0][1])) for point in points]
    except ValueError:
        return None


def _spread(lines: list[Line]) -> Any:
    if any(line.runs < 2 for line in lines):
        return None
    return [[line.difference - line.low for line in lines], [line.high - line.difference for line in lines]]


def _curves(pyplot: Any, result: Result, key: str, values: list[float]) -> Any:
    figure, axis = pyplot.subplots(figsize=(8, 5), layout="constrained")
    by_name: dict[str, list[Line]] = {}
    for line in result.lines:
        by_name.setdefault(line.adversary, []).append(line)
    for name, lines in by_name.items():
        heights = [line.difference for line in lines]
        axis.errorbar(
            [values[line.point] for line in lines], heights, yerr=_spread(lines), fmt="o-", capsize=3, label=name
        )
    axis.axhline(0, color="black", linewidth=0.8)
    axis.set_yscale("symlog", linthresh=0.1)
    axis.set_xlabel(key)
    axis.set_ylabel(_AXIS.replace(" (", "\n("))
    axis.set_title(_title(result), fontsize=10)
    axis.legend()
    return figure


def _panels(pyplot: Any, result: Result) -> Any:
    points = result.scenario.points
    columns = min(COLUMNS, len(points))
    rows = -(-len(points) // columns)
    names = [line.adversary for line in result.lines if line.point == 0]
    size = (max(8.0, 4.0 * columns), rows * (1.2 + 0.35 * len(names)) + 1.2)
    figure, axes = pyplot.subplots(
        rows, columns, figsize=size, squeeze=False, sharex=True, sharey=True, layout="constrained"
    )
    for number, point in enumerate(points):
        panel = axes[number // columns][number % columns]
        lines = [line for line in result.lines if line.point == number]
        for place, line in enumerate(lines):
            colour, mark = _MARKS[line.verdict]
            panel.errorbar([line.difference], [place], xerr=_spread([line]), fmt=mark, color=colour, capsize=3)
        panel.axvline(0, color="black", linewidth=0.8)
        panel.set_xscale("symlog", linthresh=0.1)
        panel.set_title(", ".join(f"{name} = {value}" for name, value in point.settings), fontsize=9)
    for panel in axes.flat[len(points) :]:
        panel.set_visible(False)
    axes[0][0].set_yticks(range(len(names)), names)
    axes[0][0].invert_yaxis()
    handles = [pyplot.Line2D([], [], color=c, marker=m, linestyle="", label=v) for v, (c, m) in _MARKS.items()]
    figure.legend(handles=handles, loc="outside right center", fontsize=8)
    figure.supxlabel(_AXIS, fontsize=9)
    figure.suptitle(_title(result), fontsize=10)
    return figure
