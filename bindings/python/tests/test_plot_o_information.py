# SPDX-License-Identifier: Apache-2.0
"""Plots of O-information."""

from __future__ import annotations

import numpy as np
import pytest

import infolens
from infolens._table import table_of

matplotlib = pytest.importorskip("matplotlib")


@pytest.fixture(autouse=True)
def figures():
    matplotlib.use("Agg")
    yield
    from matplotlib import pyplot

    pyplot.close("all")


def searched(layers=("a", "b"), orders=(3, 4, 5), top=3, neurons=9):
    """A table as a search over orders gives it."""
    generator = np.random.default_rng(4)
    rows = []
    for layer in layers:
        for extremum, sign in (("min", -1), ("max", 1)):
            for order in orders:
                for rank in range(top):
                    group = sorted(generator.choice(neurons, order, replace=False).tolist())
                    filled = group + [-1] * (max(orders) - order)
                    value = sign * order * (1 - 0.1 * rank)
                    rows.append((layer, extremum, rank, order, value, *filled))
    names = ["layer", "extremum", "rank", "order", "o_information"]
    names += [f"neuron_{i}" for i in range(max(orders))]
    columns = zip(*rows, strict=True)
    table = {name: list(values) for name, values in zip(names, columns, strict=True)}
    return table_of(table, units={"o_information": "bits"})


def test_each_layer_has_a_line_of_redundancy_and_one_of_synergy():
    axes = infolens.plot.o_information(searched()).axes[0]
    lines = [line for line in axes.get_lines() if len(line.get_xdata()) == 3]
    assert [line.get_ydata().tolist() for line in lines] == [[3, 4, 5], [-3, -4, -5]] * 2
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]
    assert axes.get_ylabel() == "O-information Ω [bits]"
    shown = [text.get_text() for text in axes.texts]
    assert any("Ω > 0  redundancy" in text for text in shown)
    assert any("synergy  Ω < 0" in text for text in shown)


def test_a_single_layer_needs_no_legend_and_zero_is_always_seen():
    table = searched(("a",))
    columns = {name: table[name] for name in table.columns if name != "layer"}
    only = table_of(columns, units={"o_information": "nats"})
    only = only.where(extremum="max")
    axes = infolens.plot.o_information(only).axes[0]
    assert axes.get_legend() is None
    low, high = axes.get_ylim()
    assert low < 0 < high


def test_multiplets_are_drawn_as_graphs():
    figure = infolens.plot.multiplets(searched(("a",), (3,)))
    assert len(figure.axes) == 2
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[0].startswith("redundancy: Ω = +3.000")
    assert titles[1].startswith("synergy: Ω = −3.000")
    names = {text.get_text() for text in figure.axes[0].texts}
    assert names == {str(i) for i in range(9)}


def test_explicit_multiplets_are_drawn_by_their_sign():
    x = np.random.default_rng(1).normal(size=(200, 4))
    x = np.column_stack([x, x[:, 0] + x[:, 1] + 0.1 * x[:, 2]])
    table = infolens.o_information(x, [(0, 1, 4)])
    figure = infolens.plot.multiplets(table)
    assert [axes.get_title()[:7] for axes in figure.axes] == ["synergy"]


@pytest.mark.parametrize("neurons", [20, 100, 500])
def test_graphs_of_large_layers_name_members_alone(neurons):
    figure = infolens.plot.multiplets(searched(("a",), (4,), 10, neurons), neurons=neurons)
    figure.canvas.draw()
    for axes in figure.axes:
        assert 4 <= len(axes.texts) <= (20 if neurons == 20 else 40)


def test_one_layer_and_one_order_must_be_named():
    table = searched()
    with pytest.raises(infolens.ArgumentError, match="layer must be named: the table has a, b"):
        infolens.plot.multiplets(table)
    with pytest.raises(infolens.ArgumentError, match="order must be named: the table has 3, 4, 5"):
        infolens.plot.multiplets(table, "b")
    with pytest.raises(infolens.NotFoundError, match="no multiplets of order 9"):
        infolens.plot.multiplets(table, "b", order=9)
    with pytest.raises(infolens.NotFoundError, match="no layer 'c'"):
        infolens.plot.multiplets(table, "c", order=3)
    assert len(infolens.plot.multiplets(table, "b", order=4, top=1).axes) == 2


def test_other_tables_are_refused(digits):
    measures = digits.neuron_measures()
    for draw in (infolens.plot.o_information, infolens.plot.multiplets):
        with pytest.raises(infolens.NotFoundError, match="which a table of o_information has"):
            draw(measures)
        with pytest.raises(infolens.ArgumentError, match="no rows"):
            draw(searched().head(0))
