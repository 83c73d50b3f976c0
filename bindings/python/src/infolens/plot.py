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

__all__ = ["distributions", "heat_map", "top_neurons"]

_COLOURS = {
    "entropy": "#009E73",
    "mutual_information": "#0072B2",
    "kl_selectivity": "#D55E00",
}
_OTHER = "#56606b"
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
        high = float(np.nanmax(table[column])) or 1.0
        for layer, ax in zip(layers, of_measure, strict=True):
            values = table.where(layer=layer)[column]
            ax.hist(values, bins=bins, range=(0.0, high), color=_COLOURS.get(column, _OTHER))
            ax.axvline(float(np.median(values)), color="#1d232b", linestyle="--", linewidth=1)
            _tidy(ax)
        of_measure[-1].set_xlabel(_label(table, column))
    for layer, ax in zip(layers, axes[:, 0], strict=True):
        ax.set_ylabel(f"{layer}\nneurons")
    return figure


def top_neurons(table: Table, by: str = "mutual_information", count: int = 15) -> Figure:
    """The neurons of each layer with the highest values of a measure, as bars.

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
        ax.set_yticks(places, [str(neuron) for neuron in rows["neuron"]])
        ax.set_ylim(longest - 0.4, -0.6)
        ax.set_title(layer)
        ax.set_ylabel("neuron")
        ax.set_xlabel(_label(table, by))
        _tidy(ax)
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
    layers = _layers(table)
    if layer is None and len(layers) != 1:
        raise ArgumentError(f"layer must be named: the table has {', '.join(layers)}")
    name = layer if layer is not None else layers[0]
    if name not in layers:
        raise NotFoundError(f"table has no layer {name!r}; there are: {', '.join(layers)}")
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


def _label(table: Table, column: str) -> str:
    return heading(table, column).replace("_", " ")


def _tidy(ax: Any) -> None:
    ax.spines[["top", "right"]].set_visible(False)
