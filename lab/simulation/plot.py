"""Draws a summary by matplotlib, which is an extra and is imported here alone; the same result gives the same bytes."""

from __future__ import annotations

import io
from typing import Any

from ... import __version__
from ..errors import LabError
from .output import provenance
from .run import Result
from .summary import LEVEL


def check_library() -> None:
    """Raise LabError if there is no matplotlib."""
    try:
        import matplotlib  # noqa: F401 - whether it is there
    except ImportError:
        raise LabError("--plot", "matplotlib is not installed; try: pip install 'tracework[plots]'") from None


def draw(result: Result, form: str) -> bytes:
    """Profit against the honest twin, an interval for each adversary; one panel for each point of a sweep."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    told = provenance(result)
    with matplotlib.rc_context({"svg.hashsalt": told["parameters"], "svg.fonttype": "none"}):
        points = len(result.scenario.points)
        names = [line.adversary for line in result.lines if line.point == 0]
        figure, axes = pyplot.subplots(
            1, points, figsize=(max(6.0, 4.0 * points), 1.5 + 0.35 * len(names)), squeeze=False, sharey=True
        )
        for number, point in enumerate(result.scenario.points):
            panel: Any = axes[0][number]
            lines = [line for line in result.lines if line.point == number]
            for place, line in enumerate(lines):
                colour = {"loses": "tab:green", "wins": "tab:red", "undecided": "tab:orange"}[line.verdict]
                spread = [[line.difference - line.low], [line.high - line.difference]] if line.runs > 1 else None
                panel.errorbar([line.difference], [place], xerr=spread, fmt="o", color=colour, capsize=3)
            panel.axvline(0, color="black", linewidth=0.8)
            panel.set_xscale("symlog", linthresh=0.1)
            panel.set_yticks(range(len(names)), names)
            panel.invert_yaxis()
            panel.set_xlabel(f"profit less honest twin, dues per worker-epoch, {LEVEL} %")
            panel.set_title(", ".join(f"{key} = {value}" for key, value in point.settings) or result.scenario.name)
        figure.tight_layout()
        out = io.BytesIO()
        about = f"tracework {__version__}, parameters {told['parameters']}, seed {told['seed']}"
        keys: dict[str, Any] = {"svg": {"Date": None, "Description": about}, "png": {"Software": about}}
        figure.savefig(out, format=form, metadata=keys[form])
        pyplot.close(figure)
    return out.getvalue()
