"""The pictures of the benchmark's page, legible in a README."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from benchmark.measure import GB
from benchmark.rounds import CONTENDERS, WAREHOUSES, Json
from benchmark.targets import Results, allowed_memory

OURS, THEIRS, INK = "#1f6f8b", "#b0b7bd", "#333333"
# 800 pixels wide, drawn at twice that for sharp screens.
WIDTH, DPI = 8.0, 160
STYLE: Any = {
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": "#999999",
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw_contenders(saved: Json, path: Path) -> None:
    """Draw seconds and memory of every contender as bars, killed ones hatched."""
    results = Results(saved)
    keys = [key for key in saved["contenders"] if key in results.runs]
    with pyplot.rc_context(STYLE):
        height = 1.1 + 0.45 * max(len(keys), 1)
        figure, (left, right) = pyplot.subplots(
            1, 2, figsize=(WIDTH, height), sharey=True, layout="constrained"
        )
        for axes, name, unit, title in (
            (left, "wall", 1, "Seconds by the wall clock"),
            (right, "memory", GB, "Peak memory, GB"),
        ):
            draw_bars(axes, results, keys, name, unit)
            axes.set_title(title, fontsize=11, loc="left")
        left.set_yticks(
            range(len(keys)), [CONTENDERS[key].replace("`", "") for key in keys]
        )
        left.invert_yaxis()
        save(figure, path)


def draw_bars(
    axes: Axes, results: Results, keys: list[str], name: str, unit: float
) -> None:
    """Draw one figure of the contenders, in units of `unit`, with its number."""
    for row, key in enumerate(keys):
        ended = results.stopped(key)
        figure = results.memory(key) if name == "memory" else results.middle(key, name)
        value = (ended[name] if ended else figure or 0) / unit
        colour = OURS if key in WAREHOUSES else THEIRS
        hatched: dict[str, Any] = {"fill": False, "hatch": "///", "edgecolor": colour}
        axes.barh(row, value, **(hatched if ended else {"color": colour}), height=0.65)
        text = f"{value:.1f}" if value >= 1 else f"{value:.2f}"
        if ended:
            text = f"killed {'at' if name == 'memory' else 'after'} {text}"
        elif not figure:
            text = "failed"
        axes.annotate(
            text, (value, row), (4, 0), textcoords="offset points", va="center"
        )
    # Room for the longest text beside the longest bar.
    room = 1.8 if any(results.stopped(key) for key in keys) else 1.3
    axes.set_xlim(0, axes.dataLim.xmax * room)
    axes.tick_params(left=False)


def draw_growth(saved: Json, path: Path) -> None:
    """Draw seconds, memory and sizes against the scale, both axes logarithmic."""
    runs = sorted(saved["runs"], key=lambda run: run["scale"])
    scales = [run["scale"] for run in runs]
    panels = (
        ("Seconds", (("dbt build", "wall", 1, OURS, "-"),)),
        (
            "Memory, GB",
            (("peak", "memory", GB, OURS, "-"),),
        ),
        (
            "Disk, GB",
            (
                ("database", "size", GB, OURS, "-"),
                ("raw files", "raw", GB, "#8a9299", "-"),
                ("spilled", "spilled", GB, "#c96f4a", "--"),
            ),
        ),
    )
    with pyplot.rc_context(STYLE):
        figure, axes = pyplot.subplots(1, 3, figsize=(WIDTH, 3), layout="constrained")
        for panel, (title, lines) in zip(axes, panels, strict=True):
            for label, name, unit, colour, dash in lines:
                shown = [(s, r[name] / unit) for s, r in zip(scales, runs, strict=True)]
                shown = [(scale, value) for scale, value in shown if value]
                if shown:
                    panel.plot(
                        *zip(*shown, strict=True),
                        marker="o",
                        color=colour,
                        linestyle=dash,
                        label=label,
                    )
            if title == "Memory, GB":
                limit = allowed_memory(saved) / GB
                panel.axhline(limit, color="#8a9299", linestyle=":", label="limit")
            panel.set_xscale("log")
            panel.set_yscale("log")
            panel.set_xticks(scales, [f"{scale:g}" for scale in scales])
            panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            panel.yaxis.set_major_formatter("{x:g}")
            panel.minorticks_off()
            panel.set_xlabel("Scale")
            panel.set_title(title, fontsize=11, loc="left")
            if len(panel.get_legend_handles_labels()[1]) > 1:
                panel.legend(fontsize=8, frameon=False)
        save(figure, path)


def save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png", dpi=DPI, metadata={"Software": None})
    pyplot.close(figure)
