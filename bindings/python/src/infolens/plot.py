# SPDX-License-Identifier: Apache-2.0
"""Plots of tables with matplotlib, which is imported when the first plot is asked for.

Every function draws a table that the measures returned and gives back a matplotlib
figure, which can be shown, changed or saved. Colours are those of Okabe & Ito, which
stay apart for every kind of colour vision.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from infolens._errors import NotFoundError
from infolens._order import by_favourite_class
from infolens._plot_ablation import ablation, diagnosis
from infolens._plot_o_information import multiplets, o_information
from infolens._plot_parts import CHANCE, INK, OTHER, figure, label, layers_of, one_layer, tidy
from infolens._table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "ablation",
    "diagnosis",
    "distributions",
    "heat_map",
    "multiplets",
    "o_information",
    "pairs",
    "significance",
    "top_neurons",
]

_COLOURS = {
    "entropy": "#009E73",
    "mutual_information": "#0072B2",
    "kl_selectivity": "#D55E00",
}
_MOST_NEURONS = 60


def distributions(
    table: Table,
    columns: Sequence[str] = ("entropy", "mutual_information", "kl_selectivity"),
    *,
    bins: int = 24,
) -> Figure:
    """Histograms of measures over the neurons of each layer, one row a layer.

    Parameters
    ----------
    table
        A table of `infolens.neuron_measures`.
    columns
        The measures to show; those that the table does not have are left out.
    bins
        Bars on each axis. Panels of a measure share their axis.

    Raises
    ------
    NotFoundError
        The table has none of the columns.
    """
    shown = [column for column in columns if column in table]
    if not shown:
        raise NotFoundError(
            f"table has none of {', '.join(columns)}; there are: {', '.join(table.columns)}"
        )
    layers = layers_of(table)
    drawn = figure(3.4 * len(shown), 0.6 + 1.7 * len(layers))
    axes = drawn.subplots(len(layers), len(shown), squeeze=False, sharex="col")
    for column, of_measure in zip(shown, axes.T, strict=True):
        known = table[column][np.isfinite(table[column])]
        ends = (float(known.min(initial=0.0)), float(known.max(initial=0.0)) or 1.0)
        for layer, ax in zip(layers, of_measure, strict=True):
            values = table.where(layer=layer)[column]
            values = values[np.isfinite(values)]
            ax.hist(values, bins=bins, range=ends, color=_COLOURS.get(column, OTHER))
            if len(values):
                ax.axvline(float(np.median(values)), color=INK, linestyle="--", linewidth=1)
            tidy(ax)
        of_measure[-1].set_xlabel(label(table, column))
    for layer, ax in zip(layers, axes[:, 0], strict=True):
        ax.set_ylabel(f"{layer}\nneurons")
    return drawn


def top_neurons(table: Table, by: str = "mutual_information", count: int = 15) -> Figure:
    """The neurons of each layer with the highest values of a measure, as bars.

    Bars of mutual information bear ± 2 standard deviations of the bootstrap where the table
    has it.

    Raises
    ------
    NotFoundError
        The table has no such column.
    """
    layers = layers_of(table)
    ranked = [table.where(layer=layer).sort(by, descending=True).head(count) for layer in layers]
    longest = max(len(rows) for rows in ranked)
    drawn = figure(3.2 * len(layers), 0.9 + 0.24 * longest)
    for layer, rows, ax in zip(
        layers, ranked, drawn.subplots(1, len(layers), squeeze=False, sharex=True)[0], strict=True
    ):
        places = np.arange(len(rows))
        ax.barh(places, rows[by], color=_COLOURS.get(by, OTHER))
        if by == "mutual_information" and "bootstrap_std" in rows:
            spread = 2 * rows["bootstrap_std"]
            ax.hlines(places, rows[by] - spread, rows[by] + spread, color=INK, linewidth=1.2)
        ax.set_yticks(places, [str(neuron) for neuron in rows["neuron"]])
        ax.set_ylim(longest - 0.4, -0.6)
        ax.set_title(layer)
        ax.set_ylabel("neuron")
        ax.set_xlabel(label(table, by))
        tidy(ax)
    return drawn


def significance(table: Table, rate: float = 0.05) -> Figure:
    """Mutual information of each layer's neurons beside what chance leaves them.

    Neurons stand in the order of their information; those with a q value of at most `rate`
    are filled, and the grey band is null_mean ± 2 null_std of the label permutations.

    Parameters
    ----------
    table
        A table of `infolens.neuron_measures` with ``permutations=``.
    rate
        False discovery rate.

    Raises
    ------
    NotFoundError
        The table has no permutations.
    """
    for column in ("mutual_information", "null_mean", "null_std", "q_value"):
        if column not in table:
            raise NotFoundError(
                f"table has no column {column!r}: measure with permutations=1000, for instance"
            )
    layers = layers_of(table)
    drawn = figure(3.6 * len(layers), 3.2)
    for layer, ax in zip(
        layers, drawn.subplots(1, len(layers), squeeze=False, sharey=True)[0], strict=True
    ):
        rows = table.where(layer=layer).sort("mutual_information", descending=True)
        places = np.arange(1, len(rows) + 1)
        mean, spread = rows["null_mean"], 2 * rows["null_std"]
        ax.fill_between(
            places, mean - spread, mean + spread, step="mid", color=CHANCE, label="chance"
        )
        found = rows["q_value"] <= rate
        for chosen, face, what in (
            (found, _COLOURS["mutual_information"], f"q ≤ {rate:g}"),
            (~found, "white", f"q > {rate:g}"),
        ):
            ax.scatter(
                places[chosen],
                rows["mutual_information"][chosen],
                s=14,
                color=face,
                edgecolor=_COLOURS["mutual_information"],
                linewidth=0.8,
                label=f"{what}: {int(chosen.sum())}",
            )
        ax.set_title(layer)
        ax.set_xlabel("neurons by information")
        ax.legend(frameon=False, fontsize=8)
        tidy(ax)
    drawn.axes[0].set_ylabel(label(table, "mutual_information"))
    return drawn


def pairs(table: Table, layer: str | None = None) -> Figure:
    """Mutual information of every two neurons of a layer, as a map.

    The diagonal, where each neuron has its entropy, is left out of the colours.

    Parameters
    ----------
    table
        A table of `infolens.pairwise_mutual_information`.
    layer
        Which layer; needed where the table has several.

    Raises
    ------
    ArgumentError
        The table has several layers and none is named.
    NotFoundError
        No such layer, or the table is none of pairs.
    """
    rows = table.where(layer=one_layer(table, layer))
    matrix = rows.to_matrix("mutual_information")
    np.fill_diagonal(matrix, np.nan)
    drawn = figure(5.2, 4.4)
    ax = drawn.subplots()
    high = float(np.nanmax(matrix)) if np.isfinite(matrix).any() else 1.0
    ax.set_facecolor(CHANCE)
    image = ax.imshow(matrix, cmap="cividis", vmin=0, vmax=high or 1.0, interpolation="nearest")
    ax.set_xlabel("neuron")
    ax.set_ylabel("neuron")
    ax.set_title(rows["layer"][0])
    drawn.colorbar(image, ax=ax, label=label(table, "mutual_information"))
    return drawn


def heat_map(
    table: Table, layer: str | None = None, *, column: str = "specific_information"
) -> Figure:
    """A measure of each neuron for each class, classes by neurons.

    Neurons are ordered by the class for which they have the highest value; of a large
    layer the 60 with the highest values are shown.

    Parameters
    ----------
    table
        A table of `infolens.class_measures`.
    layer
        Which layer; needed where the table has several.

    Raises
    ------
    ArgumentError
        The table has several layers and none is named.
    NotFoundError
        No such layer or column.
    """
    name = one_layer(table, layer)
    rows = table.where(layer=name)
    neurons = np.unique(rows["neuron"])
    matrix = rows[column].reshape(len(neurons), -1)
    classes = [str(label) for label in rows["class"][: matrix.shape[1]]]
    strength = np.nan_to_num(matrix, nan=-1.0).max(axis=1)
    kept = np.sort(np.argsort(-strength, kind="stable")[:_MOST_NEURONS])
    order = kept[by_favourite_class(matrix[kept])]
    drawn = figure(1.6 + 0.2 * len(order), 1.3 + 0.24 * len(classes))
    ax = drawn.subplots()
    image = ax.imshow(
        matrix[order].T, cmap="cividis", vmin=0, aspect="auto", interpolation="nearest"
    )
    ax.set_xticks(np.arange(len(order)), [str(n) for n in neurons[order]], fontsize=7, rotation=90)
    ax.set_yticks(np.arange(len(classes)), classes)
    ax.set_xlabel("neuron")
    ax.set_ylabel("class")
    ax.set_title(name)
    drawn.colorbar(image, ax=ax, label=label(table, column))
    return drawn
