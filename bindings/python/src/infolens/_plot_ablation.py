# SPDX-License-Identifier: Apache-2.0
"""Plots of what networks lose with their neurons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from infolens._curves import Curve, curves_of
from infolens._diagnosis import POOLED, Diagnosis
from infolens._errors import NotFoundError
from infolens._plot_parts import CHANCE, INK, OKABE_ITO, OTHER, figure, label, layers_of, tidy
from infolens._table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STYLES: dict[str, Any] = {
    "zero": "-",
    "callback": "-",
    "mean": "--",
    "value": "-.",
    "permute": ":",
}
_REPLACED = {
    "zero": "replaced by zero",
    "mean": "by its mean (bias balancing)",
    "value": "by a value",
    "permute": "by another sample's",
}
_COLOURS = {"ascending": "#0072B2", "descending": "#D55E00", "": "#009E73"}
_MARKERS = "osD^vP"
#: Panels side by side, and columns of the legend below them.
_PANELS = 3


def ablation(table: Table, *, score: str = "accuracy") -> Figure:
    """Curves of cumulative ablation, a panel for each layer or one for the network.

    Blue curves remove neurons of low values first, vermilion ones those of high values, green ones
    follow a given order; grey is the mean of random orders with ± 1 standard deviation over their
    repeats. Lines are solid where a removed neuron says zero, dashed where it says its mean (bias
    balancing), dash-dotted for a value and dotted for another sample's. The faint line is the
    accuracy of chance, one in the number of classes.

    Parameters
    ----------
    table
        A table of `Dump.ablate` or `Network.ablate`.
    score
        The column to show: ``"accuracy"``, ``"cross_entropy"``, ``"accuracy_3"``, or a score of a
        function.

    Raises
    ------
    NotFoundError
        The table has no such column, or is none of cumulative ablation.

    Examples
    --------
    >>> curves = dump.ablate(direction="both", replacement=["zero", "mean"], random_repeats=20)
    >>> infolens.plot.ablation(curves).savefig("ablation.png")
    """
    for column in (score, "neurons_removed", "ordering"):
        if column not in table:
            raise NotFoundError(
                f"table has no column {column!r}, which curves of ablation need; there are: "
                f"{', '.join(table.columns)}"
            )
    layers = layers_of(table)
    across = min(len(layers), _PANELS)
    down = -(-len(layers) // across)
    drawn = figure(1.2 + 3.6 * across, 1.3 + 2.9 * down)
    axes = drawn.subplots(down, across, squeeze=False, sharey=True).ravel()
    chance = _chance(table, score)
    orders: dict[str, str] = {}
    replacements: dict[str, None] = {}
    for layer, ax in zip(layers, axes, strict=False):
        if chance is not None:
            ax.axhline(chance, color=CHANCE, linewidth=1.2, zorder=0)
        for curve in curves_of(table.where(layer=layer)):
            _draw(ax, curve, score)
            orders.setdefault(curve.name, _colour(curve))
            replacements.setdefault(curve.replacement)
        ax.set_title(layer)
        ax.set_xlabel("neurons removed")
        if score.startswith("accuracy"):
            ax.set_ylim(0, 1.02)
        tidy(ax)
    for ax in axes[len(layers) :]:
        ax.remove()
    for ax in axes[::across]:
        ax.set_ylabel(label(table, score))
    _legend(drawn, orders, list(replacements), chance)
    return drawn


def _colour(curve: Curve) -> str:
    return OTHER if curve.is_random else _COLOURS.get(curve.direction, INK)


def _draw(ax: Any, curve: Curve, score: str) -> None:
    style = _STYLES.get(curve.replacement, "-")
    if not curve.is_random:
        x, y = curve.rows["neurons_removed"], curve.rows[score]
        ax.plot(x, y, color=_colour(curve), linestyle=style, linewidth=1.5)
        return
    x, mean, spread = curve.band(score)
    ax.plot(x, mean, color=_colour(curve), linestyle=style, linewidth=1.2)
    ax.fill_between(x, mean - spread, mean + spread, color=_colour(curve), alpha=0.2, linewidth=0)


def _chance(table: Table, score: str) -> float | None:
    """The accuracy of guessing the most frequent class, where the table knows it."""
    chance = table.metadata.get("chance")
    return float(chance) if score == "accuracy" and chance else None


def _legend(
    drawn: Figure, orders: dict[str, str], replacements: list[str], chance: float | None
) -> None:
    """One legend below all panels: colours are orders, styles of line are replacements."""
    from matplotlib.lines import Line2D

    entries = [Line2D([], [], color=colour, label=name) for name, colour in orders.items()]
    if len(replacements) > 1 or "mean" in replacements:
        entries += [
            Line2D([], [], color=INK, linestyle=_STYLES.get(it, "-"), label=_REPLACED.get(it, it))
            for it in replacements
        ]
    if chance is not None:
        entries.append(Line2D([], [], color=CHANCE, linewidth=1.2, label="chance"))
    drawn.legend(
        handles=entries,
        loc="outside lower center",
        ncols=min(len(drawn.axes), _PANELS),
        frameon=False,
        fontsize=8,
        handlelength=3,
    )


def diagnosis(diagnosis: Diagnosis, measure: str = "mutual_information") -> Figure:
    """A measure of each neuron against what the network loses with it.

    Neurons are coloured by layer. The legend has Spearman's rank correlation of the measure with
    the increase in cross-entropy, within each layer and pooled, and the title says whether the
    network contradicts its layers (Simpson's paradox).

    Parameters
    ----------
    diagnosis
        What `Dump.diagnose` returned.
    measure
        A column of ``diagnosis.neurons``.

    Raises
    ------
    NotFoundError
        There is no such measure.
    """
    neurons = diagnosis.neurons
    correlations = diagnosis.correlations.where(measure=measure)
    if measure not in neurons or not len(correlations):
        known = ", ".join(dict.fromkeys(diagnosis.correlations["measure"].tolist()))
        raise NotFoundError(f"diagnosis has no measure {measure!r}; there are: {known}")
    ranks = {row["layer"]: row["rank_correlation"] for row in correlations}
    drawn = figure(6.2, 4.2)
    ax = drawn.subplots()
    ax.axhline(0, color=CHANCE, linewidth=1, zorder=0)
    for index, layer in enumerate(layers_of(neurons)):
        rows = neurons.where(layer=layer)
        ax.scatter(
            rows[measure],
            rows["cross_entropy_increase"],
            s=18,
            color=OKABE_ITO[index % len(OKABE_ITO)],
            marker=_MARKERS[index % len(_MARKERS)],
            alpha=0.75,
            linewidth=0,
            label=f"{layer}: {_rank(ranks.get(layer))}",
        )
    ax.plot([], [], " ", label=f"pooled: {_rank(ranks.get(POOLED))}")
    ax.set_xlabel(label(neurons, measure))
    ax.set_ylabel(label(neurons, "cross_entropy_increase"))
    paradox = measure in diagnosis.paradoxes
    ax.set_title("Simpson's paradox: layers and network disagree" if paradox else "", fontsize=10)
    drawn.legend(
        loc="outside right upper",
        frameon=False,
        fontsize=8,
        title="rank correlation",
        title_fontsize=8,
    )
    tidy(ax)
    return drawn


def _rank(correlation: float | None) -> str:
    return "–" if correlation is None or np.isnan(correlation) else f"{correlation:+.2f}"
