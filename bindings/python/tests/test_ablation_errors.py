# SPDX-License-Identifier: Apache-2.0
"""What ablation refuses, and what it says then; and being stopped."""

from __future__ import annotations

import numpy as np
import pytest
from dense import dense, measured

import infolens


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        ([0, 200], "samples names sample 200: there are 200 samples"),
        ([0, -201], "samples names sample -201"),
        (np.ones(10, dtype=bool), "samples is a mask of length 10: there are 200"),
        ([0.5, 1.5], "samples must be a slice, a boolean mask or a list"),
        (3, "samples must be a slice"),
        ("all", "samples must be a slice"),
    ],
)
def test_samples_that_are_not_there_are_refused(chosen, text):
    made = dense()
    with pytest.raises(infolens.ArgumentError, match=text):
        made.network.ablate(made.data, made.y, samples=chosen)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        (
            {"order": [("fc1", 3), ("fc1", 3)]},
            infolens.ArgumentError,
            "twice",
        ),
        ({"order": [("fc1", 9)]}, infolens.ArgumentError, "9"),
        ({"order": [("fc9", 0)]}, infolens.Error, "fc9"),
        ({"order": [3, 1]}, infolens.ArgumentError, "order has the index 3 without its layer"),
        ({"order": ["fc1"]}, infolens.ArgumentError, "no pair"),
        ({"order": 3}, infolens.ArgumentError, "order must be a sequence"),
        ({"order": [("fc1", 0)], "direction": "both"}, infolens.ArgumentError, "leave out"),
        ({"layers": "fc9"}, infolens.NotFoundError, "fc9"),
        ({"ordering": "beauty"}, infolens.NotFoundError, "beauty"),
        ({"direction": "up"}, infolens.ArgumentError, "direction 'up' is unknown"),
        ({"replacement": "one"}, infolens.ArgumentError, "replacement 'one' is unknown"),
        ({"replacement": []}, infolens.ArgumentError, "replacement is empty"),
        ({"scope": "world"}, infolens.ArgumentError, "scope 'world' is unknown"),
        ({"step": 0}, infolens.ArgumentError, "step must be at least 1, not 0"),
        ({"step": -1}, infolens.ArgumentError, "step must be at least 1, not -1"),
        ({"samples": [3]}, infolens.ShapeError, "samples has 1 of the 200 samples"),
        ({"mean_samples": slice(0)}, infolens.ShapeError, "mean_samples has 0 of the 200"),
        ({"step": 1.5}, infolens.ArgumentError, "step must be a whole number"),
        ({"random_repeats": -1}, infolens.ArgumentError, "random_repeats"),
        ({"value": "x", "replacement": "value"}, infolens.ArgumentError, "value must be a number"),
        (
            {"value": 10**400, "replacement": "value"},
            infolens.ArgumentError,
            "value must be a number",
        ),
        ({"value": np.inf, "replacement": "value"}, infolens.Error, "value"),
        ({"measures": "mi"}, infolens.ArgumentError, "measures must be a Table"),
        ({"tolerance": -1}, infolens.ArgumentError, "tolerance must be positive"),
        ({"quantizer": 3}, infolens.ArgumentError, "quantizer 3 is unknown"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, error, text):
    made = dense()
    with pytest.raises(error, match=text):
        made.network.ablate(made.data, made.y, **options)


def test_a_network_must_be_one(digits):
    with pytest.raises(infolens.ArgumentError, match=r"network must be a Network.*, not str"):
        digits.ablate(network="fc1")


def test_measures_must_have_the_column_and_every_neuron():
    made = dense()
    table = measured(made)
    with pytest.raises(infolens.NotFoundError, match="measures has no column 'beauty'"):
        made.network.ablate(made.data, made.y, ordering="beauty", measures=table)
    with pytest.raises(infolens.Error, match="fc1"):
        made.network.ablate(made.data, made.y, measures=table.where(table["neuron"] != 3))
    holes = infolens.Table(
        {
            name: infolens.Column(table[name].astype(float) if name == "entropy" else table[name])
            for name in ("layer", "neuron", "entropy")
        },
        {},
    )
    holes["entropy"][2] = np.nan
    with pytest.raises(infolens.NumericError, match=r"NaN|not a number"):
        made.network.ablate(made.data, made.y, ordering="entropy", measures=holes)


def test_labels_outside_the_classes_are_refused():
    made = dense()
    made.y[7] = 4
    with pytest.raises(infolens.NumericError, match="4"):
        made.network.ablate(made.data, made.y)


def test_a_class_whose_accuracy_has_the_name_of_the_loss_is_refused():
    made = dense()
    names = np.array(["gain", "loss", "profit", "zero"])[made.y]
    with pytest.raises(infolens.ArgumentError, match="class loss"):
        made.network.ablate_single(made.data, names)
    table = made.network.ablate_single(made.data, names, per_class=False)
    assert table["accuracy_loss"].size == len(table)


def test_progress_can_cancel_in_mid_curve():
    made = dense(("relu", "relu", "softmax"), (50, 200, 100, 10), samples=2000)
    data, calls = made.data, []

    def third(stage, done, total):
        calls.extend([(done, total)] * (stage == "ablation"))
        return len(calls) < 3

    with infolens.context(progress=third), pytest.raises(infolens.CancelledError):
        made.network.ablate(data, made.y, random_repeats=300)
    assert len(calls) == 3
    assert 0 < calls[-1][0] < calls[-1][1]
    assert len(made.network.ablate(data, made.y, layers="fc1", step=50)) == 5


# What cannot be meant


def test_texts_of_some_classes_are_not_taken_for_others():
    made = dense()
    names = np.array(["ant", "bee", "cat", "dog"])[made.y]
    some = made.y != 0
    chosen = {name: values[some] for name, values in made.data.items()}
    with pytest.raises(
        infolens.NumericError, match="3 classes, but the network's last layer has 4"
    ):
        made.network.ablate(chosen, names[some])
    whole = made.network.ablate(made.data, names)
    assert np.array_equal(whole["correct"], made.network.ablate(made.data, made.y)["correct"])


def test_an_order_by_equal_values_is_warned_of():
    made = dense(("sigmoid", "relu", "softmax"))
    with pytest.warns(UserWarning, match='same for every neuron of "fc1".*another quantizer'):
        table = made.network.ablate(made.data, made.y)
    assert "fc1" in table.metadata["warning"]
    assert "fc2" not in table.metadata["warning"]
    with pytest.warns(UserWarning, match="fc1"):
        reading = made.network.diagnose(made.data, made.y).layers["reading"][0]
    assert reading.startswith("quantised so no neuron tells anything of the label")


def test_layers_are_not_called_as_all_of_them_are():
    for name in ("network", ""):
        with pytest.raises(infolens.ArgumentError, match="another name"):
            infolens.Network.dense([(name, np.eye(2), None, "relu")])
        with pytest.raises(infolens.ArgumentError, match="another name"):
            infolens.Network.from_callback({name: 3}, lambda removed: 1.0, ("accuracy",))
