# SPDX-License-Identifier: Apache-2.0
"""Joint distributions: how they are made, and what they are asked but O-information."""

from __future__ import annotations

import inspect
import itertools

import h5py
import numpy as np
import pytest
from support import sample
from test_o_information import gauss

import infolens


@pytest.fixture
def x():
    return gauss(3, 300, 8)


def test_samples_and_their_covariance_agree(x):
    groups = [(0, 1, 2), (2, 3, 4, 5)]
    expected = infolens.Joint(x, estimator="gaussian").o_information(groups)
    from_covariance = infolens.Joint.from_covariance(np.cov(x, rowvar=False))
    found = from_covariance.o_information(groups)
    assert found["o_information"] == pytest.approx(expected["o_information"], abs=1e-11)
    corrected = infolens.Joint.from_covariance(np.cov(x, rowvar=False), 300, bias_correction=True)
    assert corrected.o_information(groups)["o_information"] == pytest.approx(
        infolens.Joint(x, estimator="gaussian", bias_correction=True).o_information(groups)[
            "o_information"
        ],
        abs=1e-11,
    )


def test_it_knows_its_neurons_and_their_correlation(x):
    x[:, 2] = 5
    x[:100, 3] = 0
    joint = infolens.Joint(x)
    neurons = joint.neurons()
    assert neurons.columns == ["neuron", "tied", "is_constant"]
    assert neurons["is_constant"].tolist() == [0, 0, 1, 0, 0, 0, 0, 0]
    assert neurons["tied"][[0, 2, 3]] == pytest.approx([0, 1, 1 / 3])
    assert neurons.metadata["samples"] == "300"
    kept = [0, 1, 3, 4, 5, 6, 7]
    expected = np.corrcoef(infolens.copula_normalize(x[:, kept]), rowvar=False)
    found = joint.correlation()
    assert found[np.ix_(kept, kept)] == pytest.approx(expected, abs=1e-12)
    assert not found[2].any()
    assert "8 neurons" in repr(joint)
    assert "1 constant" in repr(joint)
    assert "300 samples" in joint._repr_html_()


def test_counts_have_no_correlation():
    joint = infolens.Joint.from_counts([[0, 0], [1, 1]], [3, 5])
    with pytest.raises(infolens.ArgumentError):
        joint.correlation()
    assert len(joint.neurons()) == 2
    with pytest.raises(infolens.ArgumentError, match="none of counts"):
        infolens.Joint.from_counts([[0, 0], [1, 1]], [3, 5], "gaussian")


def test_local_values_have_the_global_one_as_their_mean(x):
    y = np.arange(300) % 3
    groups = [(0, 1, 2), (3, 4, 5, 6)]
    for options in ({}, {"labels": y, "label": "class-conditional"}, {"estimator": "plug-in"}):
        joint = infolens.Joint(x, **options)
        local = joint.local_o_information(groups, unit="nats")
        assert local.shape == (300, 2)
        whole = joint.o_information(groups, unit="nats")["o_information"]
        assert local.mean(axis=0) == pytest.approx(whole, abs=1e-9)
    with pytest.raises(infolens.ArgumentError):
        infolens.Joint.from_covariance(np.eye(3)).local_o_information([(0, 1, 2)])


def test_a_search_can_be_counted_beforehand(x):
    count = infolens.Joint(x).search_count(4, smallest_order=3)
    assert count.multiplets == 56 + 70
    assert 0 <= count.seconds < 60
    multiplets, _ = infolens.Joint(x).search_count(4, first=60)
    assert multiplets == 10
    assert infolens.Joint(x).search_count(2, domain=[1, 5, 6]).multiplets == 3


def test_all_values_are_to_be_had(x):
    joint = infolens.Joint(x)
    values, histogram = joint.search_values(4, bins=10)
    groups = list(itertools.combinations(range(8), 4))
    assert values == pytest.approx(joint.o_information(groups)["o_information"], abs=1e-11)
    assert histogram.columns == ["low", "high", "multiplets"]
    counts, edges = np.histogram(values, bins=10)
    assert histogram["multiplets"].tolist() == counts.tolist()
    assert histogram["low"] == pytest.approx(edges[:-1])
    assert float(histogram.metadata["mean"]) == pytest.approx(values.mean())
    some, _ = joint.search_values(4, first=10, count=20)
    assert np.array_equal(some, values[10:30])
    none, again = joint.search_values(4, bins=10, in_memory=False)
    assert none is None
    assert again["multiplets"].tolist() == counts.tolist()
    _, narrow = joint.search_values(4, low=0.0, high=0.1)
    inside = int(narrow["multiplets"].sum())
    assert inside == int(((values >= 0) & (values <= 0.1)).sum())


def test_all_values_can_go_to_a_file(x, tmp_path):
    path = tmp_path / "values.h5"
    joint = infolens.Joint(x)
    values, _ = joint.search_values(4, path=path, unit="nats")
    assert values is None
    both, _ = joint.search_values(4, unit="nats", path=path, dataset="omega", in_memory=True)
    with h5py.File(path) as file:
        assert np.array_equal(file["omega"][:], both)
    with pytest.raises(infolens.FileError):
        joint.search_values(4, path=tmp_path / "nowhere" / "values.h5")


def test_modules_of_correlated_neurons_are_found():
    generator = np.random.default_rng(2)
    common = generator.normal(size=(500, 2))
    x = common[:, [0, 1, 0, 1, 0, 1]] + 0.4 * generator.normal(size=(500, 6))
    table = infolens.Joint(x).modules(2)
    assert table["neuron"].tolist() == list(range(6))
    assert table["module"].tolist() == [0, 1, 0, 1, 0, 1]
    with pytest.raises(infolens.ArgumentError):
        infolens.Joint(x).modules(7)


def test_modules_of_weights_are_found():
    weights = np.zeros((4, 4))
    weights[:2, :2] = weights[2:, 2:] = 1
    layers = [("a", weights, None, "relu"), ("b", weights, None, "linear")]
    network = infolens.Network.dense(layers)
    table = network.modules(2)
    assert table.columns == ["layer", "neuron", "module"]
    assert table.where(layer="a")["module"].tolist() == [0, 0, 1, 1]
    assert table.where(layer="b")["module"].tolist() == [0, 0, 1, 1]


def test_it_outlives_the_arrays_and_dumps_it_was_made_of(digits):
    x, y = sample(200, 5)
    joint = infolens.Joint(x.copy(), y.copy(), "class-conditional")
    before = joint.o_information([(0, 1, 2)], bootstrap=5)["bootstrap_std"]
    assert np.array_equal(joint.o_information([(0, 1, 2)], bootstrap=5)["bootstrap_std"], before)
    layer = digits["fc1"].joint()
    digits.close()
    assert np.isfinite(layer.o_information(order=3, top=1)["o_information"]).all()


def test_several_layers_are_no_joint_distribution(x):
    with pytest.raises(infolens.ArgumentError, match="several layers"):
        infolens.Joint({"a": x, "b": x})
    assert len(infolens.Joint({"a": x}).neurons()) == 8


def test_functions_and_methods_share_names_and_defaults():
    function = inspect.signature(infolens.o_information).parameters
    for method in (infolens.Dump.o_information, infolens.Joint.o_information):
        parameters = inspect.signature(method).parameters
        for name in set(parameters) & set(function) - {"labels"}:
            assert parameters[name].default == function[name].default, name
    makes = inspect.signature(infolens.Joint).parameters
    for method in (infolens.Layer.joint, infolens.o_information):
        parameters = inspect.signature(method).parameters
        for name in set(parameters) & set(makes):
            assert parameters[name].default == makes[name].default, name
    assert list(function)[:7] == [
        *("X", "multiplets", "labels", "label", "estimator", "bias_correction", "unit"),
    ]
    assert function["estimator"].default == "gaussian-copula"
    assert function["unit"].default == "bits"


def test_what_does_not_vary_given_the_label_is_singular_for_searches_too():
    rng = np.random.default_rng(8)
    y = np.repeat(np.arange(4), 100)
    x = rng.normal(size=(400, 5))
    x[:, 2] = y  # determined by the label
    x[:, 4] = y + 1e-9 * rng.normal(size=400)  # but for rounding
    for label in ("class-conditional", "one-hot", "ordinal"):
        joint = infolens.Joint(x, labels=y, label=label, estimator="gaussian")
        given = joint.o_information(multiplets=[(0, 1, 3), (0, 1, 2), (1, 3, 4)])
        assert list(np.isnan(given["o_information"])) == [False, True, True]
        for search in ("exhaustive", "greedy", "annealing"):
            found = joint.o_information(order=3, search=search, top=20)
            neurons = np.stack([found[f"neuron_{k}"] for k in range(3)], axis=1)
            assert (neurons == [0, 1, 3]).all(), (label, search)


def test_orders_beyond_the_samples_have_no_best():
    covariance = np.eye(8) + 0.3
    joint = infolens.Joint.from_covariance(covariance, samples=5, bias_correction=True)
    with pytest.warns(RuntimeWarning):
        table = joint.o_information(order=6)
    assert len(table["rank"]) == 0
    assert table.metadata["singular"] == "28"
    assert np.isfinite(joint.o_information(order=4)["o_information"]).all()


def test_a_range_of_the_histogram_too_narrow_for_its_bins_is_refused():
    joint = infolens.Joint.from_covariance(np.eye(4) + 0.1)
    with pytest.raises(infolens.ArgumentError, match="low"):
        joint.search_values(2, low=0.0, high=1e-310)
