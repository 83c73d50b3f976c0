# SPDX-License-Identifier: Apache-2.0
"""Values that an independent program computed on real networks."""

from __future__ import annotations

import json

import numpy as np
import pytest

import infolens

TOLERANCE = 1e-9  # bits
TOLERANCE_OF_CURVES = 1e-5  # nats
NETWORKS = ("mnist_sigmoid_200_200", "mnist_relu_100_100")


@pytest.fixture(params=NETWORKS)
def network(request, shared):
    reference = json.loads(shared("reference/reference_seeds.json").read_text())[request.param]
    with infolens.open(shared(f"data/{request.param}.h5")) as dump:
        yield dump, reference


def test_one_bit_measures_are_the_reference_values(network):
    dump, reference = network
    table = dump.neuron_measures(quantizer=infolens.threshold(reference["threshold"]))
    for layer, expected in reference["layers"].items():
        rows = table.where(layer=layer)
        for column in ("entropy", "mutual_information", "kl_selectivity"):
            assert np.abs(rows[column] - expected[column]).max() <= TOLERANCE, (layer, column)
        # Which class wins is decided where it wins by more than rounding.
        specific = dump.class_measures(layer, quantizer=infolens.threshold(reference["threshold"]))[
            "specific_information"
        ].reshape(len(rows), -1)
        lead = np.diff(np.sort(specific, axis=1)[:, -2:], axis=1)[:, 0]
        decided = lead > TOLERANCE
        winners = np.array(expected["kl_selectivity_class"])
        assert np.array_equal(rows["kl_selectivity_class"][decided], winners[decided])
        assert decided.sum() > 0.9 * len(rows)


def test_measures_on_30_uniform_bins_are_the_reference_values(network):
    dump, reference = network
    table = dump.neuron_measures(quantizer=infolens.uniform(30))
    for layer, values in reference["layers"].items():
        expected = values["uniform30_per_neuron_minmax"]
        rows = table.where(layer=layer)
        for column in ("entropy", "mutual_information", "kl_selectivity"):
            assert np.abs(rows[column] - expected[column]).max() <= TOLERANCE, (layer, column)


def test_layers_of_checkpoints_carry_their_epoch(shared):
    with infolens.open(shared("data/ib_tanh_12bit.h5")) as dump:
        assert "epochs/0/fc1" in dump.layers
        numbers = [int(name.split("/")[1]) for name in dump.layers]
        assert numbers == sorted(numbers)
        table = dump.neuron_measures(["epochs/0/fc1", "epochs/0/fc2"])
        assert len(table) == 10 + 7


@pytest.mark.parametrize("replacement", ["zero", "mean"])
def test_ablation_curves_are_the_reference_values(network, replacement):
    dump, reference = network
    level = infolens.threshold(reference["threshold"])
    table = dump.ablate(replacement=replacement, quantizer=level)
    for layer, expected in reference["layers"].items():
        rows = table.where(layer=layer)
        assert rows["removed_neuron"][1:].tolist() == expected["ablation_order_mi_ascending"]
        assert_counts(rows, expected[f"accuracy_{replacement}"])
        difference = rows["cross_entropy"] - expected[f"cross_entropy_{replacement}_nats"]
        assert np.abs(difference).max() <= TOLERANCE_OF_CURVES, layer


def test_curves_that_begin_with_high_information_are_the_reference_values(network):
    dump, reference = network
    level = infolens.threshold(reference["threshold"])
    table = dump.ablate(direction="descending", quantizer=level)
    for layer, expected in reference["layers"].items():
        # The reference reversed the other order, and with it neurons of equal information.
        order = expected["ablation_order_mi_ascending"][::-1]
        reversed_order = dump[layer].ablate(order=order)
        assert_counts(reversed_order, expected["accuracy_zero_mi_descending"])
        rows = table.where(layer=layer)
        same = np.cumsum(rows["removed_neuron"][1:] != order) == 0
        until = 1 + int(same.sum())
        assert until > len(order) - 5
        assert np.array_equal(rows["correct"][:until], reversed_order["correct"][:until])


def assert_counts(rows, accuracies):
    """The file has accuracies of six decimals, which tell counts apart."""
    counts = np.rint(np.array(accuracies) * int(rows.metadata["samples"]))
    assert np.array_equal(rows["correct"], counts)


def test_networks_of_the_reference_dumps_reproduce_what_they_recorded(network):
    dump, _ = network
    assert dump.network().check()["relative_difference"].max() < 1e-4
