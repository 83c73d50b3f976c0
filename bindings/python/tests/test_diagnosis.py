# SPDX-License-Identifier: Apache-2.0
"""The diagnosis, and the pictures of ablation."""

from __future__ import annotations

import numpy as np
import pytest
from dense import dense

import infolens
from infolens._table import table_of

LAYERS = [
    "layer",
    "neurons",
    "accuracy",
    "suffice",
    "tolerate",
    "destroy",
    "inactive",
    "redundant",
    "synergistic",
    "reading",
]
CORRELATIONS = [
    "measure",
    "layer",
    "neurons",
    "rank_correlation",
    "area_low_first",
    "area_high_first",
    "contrast",
    "paradox",
]


def ranks(values):
    """Mean ranks, ties sharing theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def test_a_diagnosis_has_three_tables(digits):
    found = digits.diagnose()
    assert found.layers.columns == LAYERS
    assert found.layers["layer"].tolist() == ["fc1", "fc2"]
    assert found.correlations.columns == CORRELATIONS
    assert set(found.correlations["layer"]) == {"fc1", "fc2", "network"}
    assert len(found.neurons) == 64
    assert set(found.neurons["role"]) <= {"", "inactive", "synergistic candidate"}


def test_counts_are_read_from_the_curves(digits):
    found = digits.diagnose(tolerance=0.02)
    curves = digits.ablate(direction="both")
    chance = float(found.layers.metadata["chance"])
    assert chance == digits.classes()["probability"].max()
    for row in found.layers:
        low = curves.where(layer=row["layer"], direction="ascending")["accuracy"]
        high = curves.where(layer=row["layer"], direction="descending")["accuracy"]
        level = low[0] - 0.02
        assert row["accuracy"] == low[0]
        assert row["suffice"] == 32 - np.flatnonzero(low >= level).max()
        assert row["tolerate"] == np.flatnonzero(high >= level).max()
        destroyed = np.flatnonzero(high <= chance + 0.05)
        assert row["destroy"] == (destroyed.min() if len(destroyed) else -1)
        assert row["redundant"] == max(0, 32 - row["suffice"] - row["inactive"])
        roles = found.neurons.where(layer=row["layer"])["role"]
        assert row["inactive"] == (roles == "inactive").sum()
        assert row["synergistic"] == (roles == "synergistic candidate").sum()


def test_rank_correlations_are_those_of_the_neurons(digits):
    found = digits.diagnose()
    single = digits.ablate_single()
    for column in ("accuracy_loss", "cross_entropy_increase"):
        assert np.allclose(found.neurons[column], single[column], rtol=0, atol=1e-9)
    for row in found.correlations:
        rows = found.neurons
        if row["layer"] != "network":
            rows = rows.where(layer=row["layer"])
        assert row["neurons"] == len(rows)
        expected = np.corrcoef(ranks(rows[row["measure"]]), ranks(rows["cross_entropy_increase"]))
        assert row["rank_correlation"] == pytest.approx(expected[0, 1], abs=1e-9)


def test_contrasts_are_areas_of_the_curves(digits):
    found = digits.diagnose()
    for scope in ("layer", "network"):
        curves = digits.ablate(direction="both", scope=scope)
        for layer in dict.fromkeys(curves["layer"]):
            row = next(iter(found.correlations.where(layer=layer, measure="mutual_information")))
            low, high = (
                curves.where(layer=layer, direction=it)["accuracy"].mean()
                for it in ("ascending", "descending")
            )
            assert row["area_low_first"] == pytest.approx(low, abs=1e-12)
            assert row["area_high_first"] == pytest.approx(high, abs=1e-12)
            assert row["contrast"] == pytest.approx(low - high, abs=1e-12)


def test_a_diagnosis_shows_its_readings_and_numbers(digits):
    found = digits.diagnose()
    for text in (repr(found), found._repr_html_()):
        assert found.layers["reading"][0] in text
        assert "mutual_information" in text
        pooled = found.correlations.where(layer="network", measure="mutual_information")
        assert f"{pooled['contrast'][0]:+.3f}" in text


def test_dead_neurons_are_inactive():
    made = dense(("relu", "relu", "softmax"))
    name, weight, bias, activation = made.layers[0]
    bias[[2, 5]] = -1e6
    made.layers[0] = (name, weight, bias, activation)
    found = made.network.diagnose(made.data, made.y)
    roles = found.neurons.where(layer="fc1")["role"]
    assert roles[2] == roles[5] == "inactive"
    assert found.layers["inactive"][0] >= 2


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"tolerance": "some"}, "tolerance must be a number"),
        ({"tolerance": -0.1}, "tolerance"),
        ({"replacement": "nothing"}, "replacement 'nothing' is unknown"),
        ({"reproduction_tolerance": 0}, "reproduction_tolerance must be positive"),
    ],
)
def test_a_diagnosis_refuses_options_out_of_range(digits, options, text):
    with pytest.raises(infolens.ArgumentError, match=text):
        digits.diagnose(**options)


# Simpson's paradox, on networks where it is known


@pytest.mark.parametrize(
    ("name", "level", "paradox"),
    [
        ("mnist_sigmoid_200_200", 0.5, True),
        ("mnist_relu_100_100", 0.0, False),
        ("nn_mnist_relu100_dropout_s0", 0.0, None),
    ],
)
def test_simpsons_paradox_is_flagged_with_its_numbers(shared, name, level, paradox):
    with infolens.open(shared(f"data/{name}.h5")) as dump:
        found = dump.diagnose(quantizer=infolens.threshold(level))
    for measure in ("mutual_information", "entropy", "kl_selectivity"):
        rows = found.correlations.where(measure=measure)
        assert rows["layer"].tolist() == ["fc1", "fc2", "network"]
        signs = np.sign(rows["contrast"])
        opposite = bool((signs[:-1] == -signs[-1]).all()) and signs[-1] != 0
        assert rows["paradox"].tolist() == [0, 0, int(opposite)], measure
        assert (measure in found.paradoxes) == opposite
    assert repr(found).count("Simpson's paradox") == len(found.paradoxes)
    if paradox is not None:
        assert ("mutual_information" in found.paradoxes) is paradox


# Plots


@pytest.fixture
def figures():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield pyplot
    for number in pyplot.get_fignums():
        pyplot.figure(number).canvas.draw()
    pyplot.close("all")


def curves(repeats=3):
    rows = []
    for layer in ("fc1", "fc2"):
        for replacement in ("zero", "mean"):
            for ordering, direction, times in (
                ("entropy", "ascending", 1),
                ("entropy", "descending", 1),
                ("random", "", repeats),
            ):
                for repeat in range(times):
                    # One repeat ended early, as `until` makes them.
                    rows += [
                        (layer, ordering, direction, replacement, repeat, step, 1 - step / 10)
                        for step in range(8 - (repeat == 1))
                    ]
    names = ("layer", "ordering", "direction", "replacement", "repeat", "neurons_removed")
    columns = dict(zip((*names, "accuracy"), map(list, zip(*rows, strict=True)), strict=True))
    return table_of(columns, metadata={"classes": "4", "chance": "0.25"})


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_curves_are_drawn_in_a_panel_a_layer(figures):
    figure = infolens.plot.ablation(curves())
    assert [ax.get_title() for ax in figure.axes] == ["fc1", "fc2"]
    for ax in figure.axes:
        assert len(ax.get_lines()) == 6 + 1
        assert len(ax.collections) == 2
        assert ax.get_lines()[0].get_ydata()[0] == 0.25
    assert legend(figure) == [
        "lowest entropy first",
        "highest entropy first",
        "random order (mean ± 1 s.d. of 3)",
        "replaced by zero",
        "by its mean (bias balancing)",
        "chance",
    ]


def test_random_curves_show_the_steps_that_all_repeats_have(figures):
    figure = infolens.plot.ablation(curves().where(ordering="random", replacement="zero"))
    assert len(figure.axes[0].get_lines()[1].get_xdata()) == 7


def test_scores_of_functions_are_drawn_without_chance(figures):
    network = infolens.Network.from_callback(
        {"a": 5, "b": 4}, lambda removed: (1.0, 2.0 * len(removed)), ("accuracy", "loss")
    )
    table = network.ablate(ordering="random", random_repeats=2)
    figure = infolens.plot.ablation(table, score="loss")
    assert len(figure.axes) == 2
    assert figure.axes[0].get_ylabel() == "loss"
    assert "chance" not in legend(figure)


def test_plots_refuse_tables_of_something_else(figures, digits):
    with pytest.raises(infolens.NotFoundError, match="no column 'beauty'"):
        infolens.plot.ablation(curves(), score="beauty")
    with pytest.raises(infolens.ArgumentError, match="no rows"):
        infolens.plot.ablation(curves().where(layer="fc9"))
    with pytest.raises(infolens.NotFoundError, match="curves of ablation need"):
        infolens.plot.ablation(digits.neuron_measures(), score="entropy")


def test_a_diagnosis_is_drawn_with_its_correlations(figures, digits):
    found = digits.diagnose()
    figure = infolens.plot.diagnosis(found)
    rows = found.correlations.where(measure="mutual_information")
    expected = [f"{it['layer']}: {it['rank_correlation']:+.2f}" for it in rows]
    assert legend(figure) == [it.replace("network", "pooled") for it in expected]
    with pytest.raises(infolens.NotFoundError, match="no measure 'beauty'"):
        infolens.plot.diagnosis(found, "beauty")
