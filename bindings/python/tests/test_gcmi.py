# SPDX-License-Identifier: Apache-2.0
"""Gaussian-copula mutual information, against the authors' own code and closed forms."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest
from support import sample

import infolens


@pytest.fixture
def peers(shared):
    """The reference values, and a function that reads their arrays."""
    path = shared("reference/reference_peers.json")
    values = json.loads(path.read_text())

    def array(entry):
        dtype = {"float64le": "<f8", "int64le": "<i8"}[entry["dtype"]]
        return np.fromfile(path.parent / entry["file"], dtype).reshape(entry["shape"])

    return values, array


def test_values_of_scalars_and_vectors_are_those_of_the_authors_code(peers):
    values, array = peers
    known = values["mi_cont_discrete"]
    x, y, x2, z = (array(known[name]) for name in ("x", "y", "x2", "z"))
    found = {
        "gcmi_orig_model_cd_bits": infolens.gcmi_model(x, y),
        "gcmi_orig_mixture_cd_bits": infolens.gcmi_mixture(x, y),
        "gcmi_orig_model_cd_2d_bits": infolens.gcmi_model(x2.T, y),
        "gcmi_orig_cc_bits": infolens.gcmi(x, z),
        "gccmi_ccc_x_z_given_x2row1_bits": infolens.gcmi(x, z, x2[1]),
    }
    for name, value in found.items():
        assert value == pytest.approx(known[name], abs=1e-9), name
    # The authors' Python code takes rows of the Cholesky factors for the points of vectors,
    # their MATLAB code columns, whose value is here by numpy from the definition.
    rows = infolens.gcmi_mixture(x2.T, y, sigma_points="rows")
    assert rows == pytest.approx(known["gcmi_orig_mixture_cd_2d_bits"], abs=1e-9)
    assert infolens.gcmi_mixture(x2.T, y) == pytest.approx(0.49682419901404556, abs=1e-9)
    conditional = infolens.gcmi(x, z, condition_labels=y)
    assert conditional == pytest.approx(known["gcmi_orig_ccd_bits_cmi_and_pooled"][0], abs=1e-9)


def test_the_neurons_of_a_network_have_the_values_of_the_authors_code(shared):
    known = json.loads(shared("reference/reference_networks.json").read_text())["gcmi"]
    with h5py.File(shared("data/nn_mnist_o20_s0.h5")) as file:
        y = file["labels"][:]
        layers = {name: file[f"layers/{name}/preactivations"][:] for name in ("fc1", "fc2", "fc3")}
    table = infolens.neuron_measures(layers, y, measures=["gcmi_model", "gcmi_mixture"])
    expected = {
        column: np.concatenate([known[layer][f"{kind}_cd_bits"] for layer in layers])
        for column, kind in (("gcmi_model", "model"), ("gcmi_mixture", "mixture"))
    }
    # A few float32 values come twice; the authors' ranks of these are in arbitrary order.
    assert np.abs(table["gcmi_model"] - expected["gcmi_model"]).max() < 1e-6
    assert np.abs(table["gcmi_mixture"] - expected["gcmi_mixture"]).max() < 1e-8
    assert table["tied_fraction"].max() < 0.002
    for neuron in range(20):
        mixture = infolens.gcmi_mixture(layers["fc1"][:, neuron], y, ties="ordinal")
        assert mixture == pytest.approx(known["fc1"]["mixture_cd_bits"][neuron], abs=1e-12)


def test_outputs_of_a_networks_relus_have_an_answer(shared):
    with h5py.File(shared("data/nn_mnist_o20_s0.h5")) as file:
        y = file["labels"][:]
        layers = {name: file[f"layers/{name}/activations"][:] for name in ("fc1", "fc2", "fc3")}
    table = infolens.neuron_measures(layers, y, measures="gcmi_mixture")
    entropy = infolens.entropy(np.bincount(y))
    information = table["gcmi_mixture"]
    # At least what is known of whether a neuron is silent, less what the approximation may lack.
    silent = infolens.neuron_measures(layers, y, measures="mutual_information")
    assert np.isfinite(information).all()
    assert (information <= entropy).all()
    assert (information >= silent["mutual_information"] - 0.05).all()
    zeros = np.concatenate([(layer == 0).mean(axis=0) for layer in layers.values()])
    assert (table["tied_fraction"] >= zeros).all()
    assert (information[zeros == 1] == 0).all()


def test_what_does_not_vary_tells_nothing_however_samples_are_sorted(peers):
    values, array = peers
    ties = values["ties"]
    y = array(ties["y_sorted"])
    dead = np.zeros(len(y))
    assert infolens.gcmi_model(dead, y) == 0
    assert infolens.gcmi_mixture(dead, y, return_tied=True) == (0, 1)
    # Ranks by order of appearance, which other software gives, see the order of the samples.
    assert infolens.gcmi_model(dead, y, ties="ordinal") > 3


def test_outputs_of_relus_say_no_more_than_they_know(peers):
    values, array = peers
    ties = values["ties"]
    relu = array(ties["relu"])
    for y in (array(ties["y_sorted"]), array(ties["y_perm"])):
        assert abs(infolens.gcmi_model(relu, y)) < 0.01
        information, tied = infolens.gcmi_mixture(relu, y, return_tied=True)
        assert abs(information) < 0.03
        assert tied == pytest.approx(np.mean(relu == 0), abs=0.01)


def test_information_of_gaussians_is_that_of_their_correlation():
    x = np.random.default_rng(1).normal(size=(200_000, 2))
    x[:, 1] = 0.6 * x[:, 0] + 0.8 * x[:, 1]
    expected = -0.5 * np.log(1 - 0.36)
    # The standard deviation of the estimate is about ρ/√N.
    assert infolens.gcmi(*x.T, unit="nats") == pytest.approx(expected, abs=5 * 0.6 / 447)
    assert infolens.gcmi(*x.T) == pytest.approx(infolens.gcmi(*x.T, unit="nats") / np.log(2))


def test_monotone_transforms_change_nothing():
    x, y = sample(400, 3)
    for function in (infolens.gcmi_model, infolens.gcmi_mixture):
        once = function(x, y)
        again = function(np.exp(x), y)
        if function is infolens.gcmi_model:
            assert again == once
        assert function(3 * x + 1, y) == pytest.approx(once, rel=1e-9)
    assert infolens.gcmi(np.exp(x), x[:, 0] ** 3 + y) == infolens.gcmi(x, x[:, 0] ** 3 + y)


def test_the_transform_makes_normal_scores_of_ranks():
    scores = infolens.copula_normalize([3.0, -1.0, 7.0])
    assert scores[0] == 0
    assert scores[2] == -scores[1] == pytest.approx(0.6744897501960817, abs=1e-15)
    normal, tied = infolens.copula_normalize(np.array([[0, 1], [0, 1], [2, 1.0]]), return_tied=True)
    assert normal.shape == (3, 2)
    assert normal[0, 0] == normal[1, 0] < normal[2, 0]
    assert not normal[:, 1].any()
    assert tied.tolist() == [pytest.approx(2 / 3), 1]


def test_ties_can_be_broken_by_appearance_or_at_random():
    x = np.zeros(50)
    ordinal = infolens.copula_normalize(x, ties="ordinal")
    assert (np.diff(ordinal) > 0).all()
    with infolens.context(seed=1):
        first = infolens.copula_normalize(x, ties="random")
        assert np.array_equal(first, infolens.copula_normalize(x, ties="random"))
    with infolens.context(seed=2):
        assert not np.array_equal(first, infolens.copula_normalize(x, ties="random"))
    assert np.array_equal(np.sort(first), ordinal)


def test_labels_may_be_strings():
    x, y = sample(300, 2)
    named = np.array(["a", "b", "c", "d"])[y]
    assert infolens.gcmi_model(x, named) == infolens.gcmi_model(x, y)
    assert infolens.gcmi(*x.T, condition_labels=named) == infolens.gcmi(*x.T, condition_labels=y)


def test_mistakes_are_named():
    x, y = sample(300, 3)
    with pytest.raises(infolens.ShapeError):
        infolens.gcmi(x, x[:-1, 0])
    with pytest.raises(infolens.NumericError, match=r"NaN|nan"):
        infolens.gcmi_model(np.where(x > 2, np.nan, x), y)
    with pytest.raises(infolens.NumericError, match=r"column|constant|determined"):
        infolens.gcmi(np.stack([x[:, 0], x[:, 0]], axis=1), x[:, 1])
    with pytest.raises(infolens.ArgumentError, match="ties 'fair' is unknown"):
        infolens.gcmi(x, x[:, 0], ties="fair")
    with pytest.raises(infolens.ArgumentError, match="unit"):
        infolens.gcmi_model(x, y, unit="bans")
    with pytest.raises(infolens.ArgumentError, match="condition"):
        infolens.gcmi(x[:, 0], x[:, 1], x[:, 2], y)
    with pytest.raises(infolens.DTypeError):
        infolens.copula_normalize(["a", "b"])


def test_a_class_without_samples_changes_nothing():
    rng = np.random.default_rng(5)
    y = rng.integers(0, 3, 600)
    x = rng.normal(size=600) + y
    one_hot = np.eye(4)[np.array([0, 2, 3])[y]]
    assert infolens.gcmi_model(x, one_hot) == infolens.gcmi_model(x, y)
    assert infolens.gcmi_mixture(x, one_hot) == infolens.gcmi_mixture(x, y)
