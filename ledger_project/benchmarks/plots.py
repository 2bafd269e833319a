"""`make bench-plots`: draw docs/benchmarks/*.svg from the numbers there, readable on light and dark pages."""

import json
from collections.abc import Callable
from statistics import median
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot
from matplotlib.axes import Axes

from ledger_project.benchmarks.growth import SMALL
from ledger_project.benchmarks.over_http import BATCHES
from ledger_project.benchmarks.stack import ROOT

FOLDER = ROOT / "docs" / "benchmarks"
# Both colours contrast with white and with GitHub's dark page. The style sheet in the picture sets the text colour.
_OURS, _OTHERS = "#2f81f7", "#9a7b4f"
_INK = "#123456"
_STYLE = (
    "<style>:root { --ink: #1f2328 } @media (prefers-color-scheme: dark) { :root { --ink: #e6edf3 } }"
    " text { font-family: sans-serif }</style>"
)


def main() -> None:
    mpl.rcParams.update(
        {
            "svg.fonttype": "none",  # text stays text
            "svg.hashsalt": "ledger",  # the same numbers give the same file
            "savefig.transparent": True,
            "font.size": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            **dict.fromkeys(
                ("text.color", "axes.edgecolor", "axes.labelcolor", "axes.titlecolor", "xtick.color", "ytick.color"),
                _INK,
            ),
        }
    )
    speed, growth = (json.loads((FOLDER / f"{name}.json").read_text()) for name in ("speed", "growth"))
    _draw("requests", "Requests a second over HTTP", speed, _requests)
    _draw("batches", "Entries a second, by the size of a batch", speed, _batches)
    _draw("latency", "Milliseconds of a request at half the top rate", speed, _latency)
    _draw("memory", "Megabytes of a worker", speed, _memory)
    _draw("growth", "Median milliseconds of a request, by the entries in the ledger", growth, _growth)


def _draw(name: str, title: str, result: dict[str, Any], draw: Callable[[Axes, dict[str, Any]], None]) -> None:
    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    axes.set_title(f"{title}\n", loc="left", fontweight="bold")
    axes.text(0, 1.02, f"{result['date']} · {result['machine']}", transform=axes.transAxes, fontsize=8)
    draw(axes, result)
    path = FOLDER / f"{name}.svg"
    figure.savefig(path, metadata={"Title": title, "Date": None})
    pyplot.close(figure)
    drawn = path.read_text().replace(_INK, "var(--ink)").replace("<defs>", f"{_STYLE}<defs>", 1)
    path.write_text("\n".join(line.rstrip() for line in drawn.splitlines()) + "\n")


def _bars(axes: Axes, values: dict[str, float], form: str = "{:,.0f}") -> None:
    names = list(values)[::-1]
    colours = [_OURS if name.startswith(("ours", "POST", "GET", "batch", "single")) else _OTHERS for name in names]
    bars = axes.barh(names, [values[name] for name in names], color=colours)
    axes.bar_label(bars, fmt=form.format, padding=3)
    axes.margins(x=0.12)


def _requests(axes: Axes, result: dict[str, Any]) -> None:
    shown = [f"{name} {what}" for what in ("POST", "GET") for name in ("ours", "ceiling", "classic")]
    shown.insert(1, "ours POST, one hot owner")
    _bars(axes, {name: median(result["rates"][name]) for name in shown})


def _batches(axes: Axes, result: dict[str, Any]) -> None:
    of_size = {"single POSTs": "ours POST, beside batches"} | {
        f"batches of {n}": f"ours batches of {n}" for n in BATCHES
    }
    of_size["batches of 1000, any owners"] = "ours batches of 1000, any owners"
    _bars(axes, {label: median(result["rates"][name]) for label, name in of_size.items()})


def _latency(axes: Axes, result: dict[str, Any]) -> None:
    _bars(
        axes,
        {f"{what}, {share}": latency[share] for what, latency in result["latency"].items() for share in ("p50", "p99")},
        "{:.1f}",
    )


def _memory(axes: Axes, result: dict[str, Any]) -> None:
    _bars(axes, result["memory"])


def _growth(axes: Axes, result: dict[str, Any]) -> None:
    steps = result["steps"]
    entries = [SMALL, *(step["entries"] for step in steps)]
    for number, name in enumerate(steps[0]["milliseconds"]):
        pairs = [step["milliseconds"][name] for step in steps]
        # The first step of the small ledger. Each later step is drawn relative to it.
        times = [pairs[0][0], *(pairs[0][0] * large / small for small, large in pairs)]
        axes.plot(entries, times, marker="o", markersize=4, color=f"C{number}", label=name)
    axes.set(xscale="log", yscale="log", xlabel="entries", ylabel="ms")
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=9)


if __name__ == "__main__":
    main()
