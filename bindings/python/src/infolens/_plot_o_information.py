# SPDX-License-Identifier: Apache-2.0
"""Plots of O-information: curves over orders, and which neurons make the best multiplets."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from infolens._errors import ArgumentError, NotFoundError
from infolens._joint_options import neuron_columns
from infolens._plot_parts import CHANCE, INK, OKABE_ITO, OTHER, figure, one_layer, tidy
from infolens._table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Extremum, what it is called, its colour and its marker.
_KINDS = (("max", "redundancy", "#D55E00", "^"), ("min", "synergy", "#0072B2", "v"))
#: A circle of more neurons is left to those that are members of a multiplet.
_MOST_NEURONS = 120


def o_information(table: Table) -> Figure:
    """O-information of the most redundant and the most synergistic multiplet of each order, a pair
    of lines for each layer, as in Clauw, Marinazzo & Stramaglia (2022), figure 1.

    Triangles that point up are the highest value of an order, those that point down, on dashed
    lines, the lowest. Above zero redundancy prevails in a multiplet, below it synergy.

    Parameters
    ----------
    table
        A table of a search over several orders, of one layer or of many: greedy, or exhaustive
        with ``smallest_order``.

    Raises
    ------
    NotFoundError
        The table is none of a search.
    ArgumentError
        It has no rows.

    Examples
    --------
    >>> table = dump.o_information(preactivations=True, order=20, search="greedy")
    >>> infolens.plot.o_information(table).savefig("o_information.png")
    """
    _require(table, "extremum", "order", "o_information")
    drawn = figure(6.4, 4.2)
    ax = drawn.subplots()
    ax.axhline(0, color=CHANCE, linewidth=1.2, zorder=0)
    layers = list(dict.fromkeys(table["layer"].tolist())) if "layer" in table else [""]
    for index, layer in enumerate(layers):
        rows = table.where(layer=layer) if "layer" in table else table
        colour = OKABE_ITO[index % len(OKABE_ITO)]
        for extremum, _, _, marker in _KINDS:
            orders, values = best_by_order(rows, extremum)
            style = "-" if extremum == "max" else "--"
            ax.plot(
                orders,
                values,
                color=colour,
                linestyle=style,
                linewidth=1.5,
                marker=marker,
                markersize=4,
            )
        ax.plot([], [], color=colour, linewidth=1.5, label=layer)
    if any(layers):
        ax.legend(frameon=False, fontsize=8, title="layer", title_fontsize=8)
    ax.locator_params(axis="x", integer=True)
    ax.set_xlabel("neurons in the multiplet")
    ax.set_ylabel(f"O-information Ω [{table.units['o_information']}]")
    _include_zero(ax)
    _name_sides(ax)
    tidy(ax)
    return drawn


def best_by_order(rows: Table, extremum: str) -> tuple[list[int], list[float]]:
    """The orders of a search, and the lowest or the highest value that it found at each."""
    chosen = rows.where(extremum=extremum)
    orders = np.unique(chosen["order"]).tolist()
    best = np.min if extremum == "min" else np.max
    return orders, [float(best(chosen.where(order=it)["o_information"])) for it in orders]


def _include_zero(ax: Any) -> None:
    low, high = ax.get_ylim()
    margin = 0.08 * (high - low)
    ax.set_ylim(min(low, -margin), max(high, margin))


def _name_sides(ax: Any) -> None:
    """Say at the right edge what lies above zero and what below."""
    options: dict[str, Any] = {
        "transform": ax.transAxes,
        "rotation": 90,
        "fontsize": 8,
        "color": OTHER,
    }
    ax.text(1.01, 1, "Ω > 0  redundancy →", va="top", **options)
    ax.text(1.01, 0, "← synergy  Ω < 0", va="bottom", **options)


def multiplets(
    table: Table,
    layer: str | None = None,
    *,
    order: int | None = None,
    top: int = 10,
    neurons: int | None = None,
) -> Figure:
    """The best multiplets as graphs: neurons on a circle, redundancy and synergy side by side.

    A line joins two neurons that are together in one of the best multiplets, the stronger the more
    of them have both; a neuron is the larger the more of them it is in. The best multiplet of all
    is filled.

    Parameters
    ----------
    table
        A table of `infolens.o_information`. Of explicit multiplets, those above zero are shown as
        redundancy and those below as synergy.
    layer
        Which layer; needed where the table has several.
    order
        Which order; needed where the table has several.
    top
        How many of the best multiplets to draw.
    neurons
        Neurons of the layer; by default as many as the highest index says. Beyond 120 only those
        that are members of a multiplet are shown.

    Raises
    ------
    ArgumentError
        The table has several layers or orders and none is named, or nothing to draw.
    NotFoundError
        No such layer or order, or the table is none of O-information.
    """
    _require(table, "order", "o_information", "neuron_0")
    rows = table.where(layer=one_layer(table, layer)) if "layer" in table else table
    rows = rows.where(order=_one_order(rows, order))
    groups = [(kind, _best(rows, kind[0], top)) for kind in _KINDS]
    groups = [(kind, best) for kind, best in groups if len(best)]
    if not groups:
        raise ArgumentError("table has no multiplets: there is nothing to draw")
    names = _shown_neurons([best for _, best in groups], neurons)
    drawn = figure(4.6 * len(groups), 5.0)
    unit = table.units["o_information"]
    for ax, (kind, best) in zip(
        drawn.subplots(1, len(groups), squeeze=False)[0], groups, strict=True
    ):
        _circle(ax, best, names, kind[2])
        ends = [f"{best['o_information'][it]:+.3f}".replace("-", "−") for it in (0, -1)]
        values = ends[0] if len(best) == 1 else " … ".join(ends)
        ax.set_title(f"{kind[1]}: Ω = {values} {unit}", fontsize=10)
    several = max(len(best) for _, best in groups)
    drawn.supxlabel(
        f"lines: how many of the {several} best multiplets have both neurons; filled: the best",
        fontsize=8,
        color=OTHER,
    )
    return drawn


def _best(rows: Table, extremum: str, top: int) -> Table:
    """The best multiplets of an extremum, best first."""
    if "extremum" in rows:
        chosen = rows.where(extremum=extremum)
    else:
        values = rows["o_information"]
        chosen = rows.where(values < 0 if extremum == "min" else values > 0)
    return chosen.sort("o_information", descending=extremum == "max").head(top)


def _shown_neurons(tables: list[Table], neurons: int | None) -> list[int]:
    members = {int(it) for table in tables for row in members_of(table) for it in row}
    count = 1 + max(members) if neurons is None else neurons
    return list(range(count)) if count <= _MOST_NEURONS else sorted(members)


def members_of(table: Table) -> list[list[int]]:
    """The neurons of each row's multiplet."""
    columns = np.stack([table[name] for name in neuron_columns(table)], axis=1)
    return [[neuron for neuron in row if neuron >= 0] for row in columns.tolist()]


def _circle(ax: Any, best: Table, names: list[int], colour: str) -> None:
    """The graph of some multiplets."""
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(names)) / len(names)
    places = dict(zip(names, np.stack([np.cos(angles), np.sin(angles)], axis=1), strict=True))
    groups = [[it for it in group if it in places] for group in members_of(best)]
    together = Counter(pair for group in groups for pair in combinations(sorted(group), 2))
    often = Counter(neuron for group in groups for neuron in group)
    for (first, second), times in sorted(together.items(), key=lambda it: it[1]):
        share = times / len(groups)
        ends = np.stack([places[first], places[second]])
        ax.plot(*ends.T, color=colour, linewidth=0.5 + 2.8 * share, alpha=0.15 + 0.7 * share)
    around = sorted(groups[0], key=names.index)
    if len(around) > 2:
        ax.fill(*np.stack([places[it] for it in around]).T, color=colour, alpha=0.16, linewidth=0)
    size = 90 if len(names) <= 40 else 40
    for neuron, place in places.items():
        share = often[neuron] / len(groups)
        face = colour if neuron in often else "white"
        edge = INK if neuron in around else colour if neuron in often else CHANCE
        dot = 10 + size * share
        ax.scatter(*place, s=dot, color=face, edgecolor=edge, linewidth=1, zorder=3)
    _name_neurons(ax, places, often)
    ax.set_aspect("equal")
    ax.set_xlim(-1.25, 1.25)
    ax.set_ylim(-1.25, 1.25)
    ax.spines[:].set_visible(False)
    ax.set_xticks([])
    ax.set_yticks([])


def _name_neurons(ax: Any, places: dict[int, Any], often: Counter[int]) -> None:
    """Indices outside the circle, upright along the radius where there are many."""
    many = len(places) > 40
    for neuron, (x, y) in places.items():
        if many and neuron not in often:
            continue
        turn = float(np.degrees(np.arctan2(y, x))) if many else 0.0
        flip = 180.0 if abs(turn) > 90 else 0.0
        ax.text(
            1.11 * x,
            1.11 * y,
            str(neuron),
            ha="center",
            va="center",
            rotation=turn - flip if many else 0,
            fontsize=7 if many else 8,
            color=INK if neuron in often else OTHER,
        )


def _one_order(rows: Table, order: int | None) -> int:
    orders = [int(it) for it in np.unique(rows["order"])]
    known = ", ".join(map(str, orders))
    if order is None and len(orders) > 1:
        raise ArgumentError(f"order must be named: the table has {known}")
    if not orders:
        raise ArgumentError("table has no rows: there is nothing to draw")
    chosen = orders[0] if order is None else order
    if chosen not in orders:
        raise NotFoundError(f"table has no multiplets of order {order!r}; there are: {known}")
    return chosen


def _require(table: Table, *columns: str) -> None:
    for column in columns:
        if column not in table:
            raise NotFoundError(
                f"table has no column {column!r}, which a table of o_information has; there are: "
                f"{', '.join(table.columns)}"
            )
    if not len(table):
        raise ArgumentError("table has no rows: there is nothing to draw")
