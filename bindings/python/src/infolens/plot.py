# SPDX-License-Identifier: Apache-2.0
"""Plots of tables with matplotlib, which is imported when the first plot is asked for.

Every function draws a table that the measures returned and gives back a matplotlib
figure, which can be shown, changed or saved. Colours are those of Okabe & Ito, which
stay apart for every kind of colour vision.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from infolens._errors import ArgumentError, NotFoundError
from infolens._order import by_favourite_class
from infolens._show import heading
from infolens._table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["distributions", "heat_map", "pairs", "significance", "top_neurons"]

_COLOURS = {
    "entropy": "#009E73",
    "mutual_information": "#0072B2",
    "kl_selectivity": "#D55E00",
}
_OTHER = "#56606b"
_INK = "#1d232b"
_CHANCE = "#c9ced6"
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
    layers = _layers(table)
    figure = _figure(3.4 * len(shown), 0.6 + 1.7 * len(layers))
    axes = figure.subplots(len(layers), len(shown), squeeze=False, sharex="col")
    for column, of_measure in zip(shown, axes.T, strict=True):
        known = table[column][np.isfinite(table[column])]
        ends = (float(known.min(initial=0.0)), float(known.max(initial=0.0)) or 1.0)
        for layer, ax in zip(layers, of_measure, strict=True):
            values = table.where(layer=layer)[column]
            values = values[np.isfinite(values)]
            ax.hist(values, bins=bins, range=ends, color=_COLOURS.get(column, _OTHER))
            if len(values):
                ax.axvline(float(np.median(values)), color=_INK, linestyle="--", linewidth=1)
            _tidy(ax)
        of_measure[-1].set_xlabel(_label(table, column))
    for layer, ax in zip(layers, axes[:, 0], strict=True):
        ax.set_ylabel(f"{layer}\nneurons")
    return figure


def top_neurons(table: Table, by: str = "mutual_information", count: int = 15) -> Figure:
    """The neurons of each layer with the highest values of a measure, as bars.

    Bars of mutual information bear ± 2 standard deviations of the bootstrap where the table
    has it.

    Raises
    ------
    NotFoundError
        The table has no such column.
    """
    layers = _layers(table)
    ranked = [table.where(layer=layer).sort(by, descending=True).head(count) for layer in layers]
    longest = max(len(rows) for rows in ranked)
    figure = _figure(3.2 * len(layers), 0.9 + 0.24 * longest)
    for layer, rows, ax in zip(
        layers, ranked, figure.subplots(1, len(layers), squeeze=False, sharex=True)[0], strict=True
    ):
        places = np.arange(len(rows))
        ax.barh(places, rows[by], color=_COLOURS.get(by, _OTHER))
        if by == "mutual_information" and "bootstrap_std" in rows:
            spread = 2 * rows["bootstrap_std"]
            ax.hlines(places, rows[by] - spread, rows[by] + spread, color=_INK, linewidth=1.2)
        ax.set_yticks(places, [str(neuron) for neuron in rows["neuron"]])
        ax.set_ylim(longest - 0.4, -0.6)
        ax.set_title(layer)
        ax.set_ylabel("neuron")
        ax.set_xlabel(_label(table, by))
        _tidy(ax)
    return figure


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
    layers = _layers(table)
    figure = _figure(3.6 * len(layers), 3.2)
    for layer, ax in zip(
        layers, figure.subplots(1, len(layers), squeeze=False, sharey=True)[0], strict=True
    ):
        rows = table.where(layer=layer).sort("mutual_information", descending=True)
        places = np.arange(1, len(rows) + 1)
        mean, spread = rows["null_mean"], 2 * rows["null_std"]
        ax.fill_between(
            places, mean - spread, mean + spread, step="mid", color=_CHANCE, label="chance"
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
        _tidy(ax)
    figure.axes[0].set_ylabel(_label(table, "mutual_information"))
    return figure


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
    rows = table.where(layer=_one_layer(table, layer))
    matrix = rows.to_matrix("mutual_information")
    np.fill_diagonal(matrix, np.nan)
    figure = _figure(5.2, 4.4)
    ax = figure.subplots()
    high = float(np.nanmax(matrix)) if np.isfinite(matrix).any() else 1.0
    ax.set_facecolor(_CHANCE)
    image = ax.imshow(matrix, cmap="cividis", vmin=0, vmax=high or 1.0, interpolation="nearest")
    ax.set_xlabel("neuron")
    ax.set_ylabel("neuron")
    ax.set_title(rows["layer"][0])
    figure.colorbar(image, ax=ax, label=_label(table, "mutual_information"))
    return figure


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
    name = _one_layer(table, layer)
    rows = table.where(layer=name)
    neurons = np.unique(rows["neuron"])
    matrix = rows[column].reshape(len(neurons), -1)
    classes = [str(label) for label in rows["class"][: matrix.shape[1]]]
    strength = np.nan_to_num(matrix, nan=-1.0).max(axis=1)
    kept = np.sort(np.argsort(-strength, kind="stable")[:_MOST_NEURONS])
    order = kept[by_favourite_class(matrix[kept])]
    figure = _figure(1.6 + 0.2 * len(order), 1.3 + 0.24 * len(classes))
    ax = figure.subplots()
    image = ax.imshow(
        matrix[order].T, cmap="cividis", vmin=0, aspect="auto", interpolation="nearest"
    )
    ax.set_xticks(np.arange(len(order)), [str(n) for n in neurons[order]], fontsize=7, rotation=90)
    ax.set_yticks(np.arange(len(classes)), classes)
    ax.set_xlabel("neuron")
    ax.set_ylabel("class")
    ax.set_title(name)
    figure.colorbar(image, ax=ax, label=_label(table, column))
    return figure


def _figure(width: float, height: float) -> Figure:
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError(
            "infolens.plot needs matplotlib: install it, or the package with its extra 'plot'"
        ) from None
    return pyplot.figure(figsize=(width, height), layout="constrained")


def _layers(table: Table) -> list[str]:
    return list(dict.fromkeys(table["layer"].tolist()))


def _one_layer(table: Table, layer: str | None) -> str:
    layers = _layers(table)
    if layer is None and len(layers) != 1:
        raise ArgumentError(f"layer must be named: the table has {', '.join(layers)}")
    name = layer if layer is not None else layers[0]
    if name not in layers:
        raise NotFoundError(f"table has no layer {name!r}; there are: {', '.join(layers)}")
    return name


def _label(table: Table, column: str) -> str:
    return heading(table, column).replace("_", " ")


def _tidy(ax: Any) -> None:
    ax.spines[["top", "right"]].set_visible(False)
