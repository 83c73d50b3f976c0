# SPDX-License-Identifier: Apache-2.0
"""Measures beyond the default ones, each against its definition written out in numpy."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from support import DIGITS

import infolens

SIXTEEN = 1e-13  # sums of some hundred terms of order one, in float64


def joint_counts(t, y):
    """Counts [levels, classes] of two discrete variables."""
    levels, t = np.unique(t, return_inverse=True)
    classes, y = np.unique(y, return_inverse=True)
    counts = np.zeros((len(levels), len(classes)), int)
    np.add.at(counts, (t, y), 1)
    return counts


def entropy(counts):
    p = counts[counts > 0] / counts.sum()
    return float(-(p * np.log2(p)).sum())


def information(counts):
    return entropy(counts.sum(1)) + entropy(counts.sum(0)) - entropy(counts)


def conditional_information(t, y, z):
    parts = [(z == value) for value in np.unique(z)]
    return sum(part.mean() * information(joint_counts(t[part], y[part])) for part in parts)


@pytest.fixture(name="data")
def _data():
    random = np.random.default_rng(8)
    x = random.normal(size=(900, 6))
    y = random.integers(0, 4, 900)
    x[:, 1] += y
    x[:, 2] = 3.0
    return x, y


def test_normalised_information(data):
    x, y = data
    table = infolens.neuron_measures(
        x, y, quantizer=infolens.uniform(8), measures="normalized_mutual_information"
    )
    for neuron, row in enumerate(table):
        counts = joint_counts(infolens.quantize(x[:, neuron], infolens.uniform(8)), y)
        i, ht, hy = information(counts), entropy(counts.sum(1)), entropy(counts.sum(0))
        assert row["normalized_mi_label"] == pytest.approx(i / hy, abs=SIXTEEN)
        assert row["normalized_mi_geometric"] == pytest.approx(
            i / math.sqrt(ht * hy) if ht else 0, abs=SIXTEEN
        )
        assert row["normalized_mi_arithmetic"] == pytest.approx(2 * i / (ht + hy), abs=SIXTEEN)
        assert row["uncertainty_coefficient"] == pytest.approx(i / ht if ht else 0, abs=SIXTEEN)
    assert table.units["normalized_mi_label"] == "1"
    copy = infolens.neuron_measures(
        y, y, quantizer=infolens.integer(), measures="normalized_mutual_information"
    )
    assert all(copy[name][0] == pytest.approx(1, abs=SIXTEEN) for name in copy.columns[2:])


def test_adjusted_information_is_zero_on_average_without_relation():
    random = np.random.default_rng(1)
    x, y = random.normal(size=(300, 400)), random.integers(0, 5, 300)
    table = infolens.neuron_measures(
        x,
        y,
        quantizer=infolens.uniform(10),
        measures=["adjusted_mutual_information", "mutual_information"],
    )
    values = table["adjusted_mutual_information"]
    assert abs(values.mean()) < 4 * values.std() / math.sqrt(len(values))
    assert table["mutual_information"].mean() > 0.05


def test_normalised_and_adjusted_information_are_those_of_scikit_learn(shared):
    reference = json.loads(shared("reference/reference_peers.json").read_text())["mi_discrete_nats"]
    x, y = (np.fromfile(shared(f"reference/{reference[name]['file']}"), "<i8") for name in "xy")
    table = infolens.neuron_measures(
        x,
        y,
        quantizer=infolens.integer(),
        unit="nats",
        measures=[
            "mutual_information",
            "normalized_mutual_information",
            "adjusted_mutual_information",
        ],
    )
    assert table["mutual_information"][0] == pytest.approx(reference["discrete"], abs=1e-12)
    assert table["normalized_mi_arithmetic"][0] == pytest.approx(
        reference["sklearn_NMI_arith"], abs=1e-12
    )
    assert table["adjusted_mutual_information"][0] == pytest.approx(
        reference["sklearn_AMI"], abs=1e-10
    )
    # The first-order correction is the same for joint and for conditional entropies.
    corrected = infolens.neuron_measures(
        x, y, quantizer=infolens.integer(), unit="nats", estimator="miller-madow"
    )
    assert corrected["mutual_information"][0] == pytest.approx(reference["miller_madow"], abs=1e-12)


def test_estimates_of_pairs_are_the_reference_values(shared):
    # The peer's Grassberger is not that of 2003, and its shrinkage averages ratios of three tables
    # that were shrunk apart: neither is a difference of the entropies named.
    reference = json.loads(shared("reference/reference_peers.json").read_text())["mi_discrete_nats"]
    x, y = (np.fromfile(shared(f"reference/{reference[name]['file']}"), "<i8") for name in "xy")
    for estimator, peer in (
        ("plug-in", "discrete"),
        ("miller-madow", "miller_madow"),
        ("chao-shen", "chao_shen"),
    ):
        table = infolens.pairwise_mutual_information(
            np.stack([x, y], axis=1),
            quantizer=infolens.integer(),
            unit="nats",
            estimator=estimator,
            alphabet="observed",
        )
        value = table.where(neuron=0, other=1)["mutual_information"][0]
        assert value == pytest.approx(reference[peer], abs=1e-12), estimator


def test_pairs_are_symmetric_and_a_neuron_with_itself_has_its_entropy(data):
    x, _ = data
    for quantizer in (infolens.threshold(0.3), infolens.uniform(7), infolens.quantile(40)):
        table = infolens.pairwise_mutual_information(x, quantizer=quantizer)
        assert len(table) == 6 * 7 // 2
        matrix = table.to_matrix("mutual_information")
        assert (matrix == matrix.T).all()
        alone = infolens.neuron_measures(x, quantizer=quantizer)["entropy"]
        assert np.abs(np.diag(matrix) - alone).max() < 1e-12
        levels = [infolens.quantize(x[:, j], quantizer) for j in range(6)]
        for i in range(6):
            for j in range(i):
                expected = information(joint_counts(levels[i], levels[j]))
                assert matrix[i, j] == pytest.approx(expected, abs=1e-12)  # sums in fixed point


def test_levels_are_those_that_measures_use(data):
    x, _ = data
    for quantizer in (infolens.threshold(0.3), infolens.uniform(9), infolens.quantile(5)):
        levels = infolens.quantize(x[:, 0], quantizer)
        assert levels.dtype == np.int32
        assert set(levels) == set(range(levels.max() + 1))
        order = np.argsort(x[:, 0])
        assert (np.diff(levels[order]) >= 0).all()
        counts = np.bincount(levels)
        measured = infolens.neuron_measures(x[:, 0], quantizer=quantizer)["entropy"][0]
        assert measured == pytest.approx(entropy(counts), abs=SIXTEEN)
    with pytest.raises(infolens.ShapeError, match="one neuron"):
        infolens.quantize(x)


def test_conditional_information(data):
    x, y = data
    random = np.random.default_rng(2)
    quantizer = infolens.uniform(5)
    for z in (
        random.integers(0, 3, 900),
        y,
        np.zeros(900, int),
        infolens.quantize(x[:, 1], quantizer),
        np.array(["a", "b"])[random.integers(0, 2, 900)],
    ):
        table = infolens.neuron_measures(
            x, y, quantizer=quantizer, measures="conditional_mutual_information", condition=z
        )
        for neuron, row in enumerate(table):
            levels = infolens.quantize(x[:, neuron], quantizer)
            expected = conditional_information(levels, y, z)
            assert row["conditional_mutual_information"] == pytest.approx(expected, abs=SIXTEEN)
    # Two bits whose parity is the label tell nothing alone and everything together.
    bits = random.integers(0, 2, (4000, 2))
    parity = bits.sum(1) % 2
    alone = infolens.neuron_measures(bits, parity)["mutual_information"]
    together = infolens.neuron_measures(
        bits, parity, measures="conditional_mutual_information", condition=bits[:, 1]
    )["conditional_mutual_information"]
    assert alone.max() < 0.01
    assert together[0] > 0.99
    assert together[1] == 0


def test_conditional_information_of_a_dump_names_the_condition():
    with infolens.open(DIGITS) as dump:
        table = dump.neuron_measures(
            "fc1", measures="conditional_mutual_information", condition="/labels"
        )
        assert np.abs(table["conditional_mutual_information"]).max() < SIXTEEN
        with pytest.raises(infolens.NotFoundError, match="condition"):
            dump.neuron_measures(measures="conditional_mutual_information")
        with pytest.raises(infolens.NotFoundError):
            dump.neuron_measures(measures="conditional_mutual_information", condition="/nowhere")


def test_class_selectivity(data):
    x, y = data
    x = np.maximum(x, 0)
    x[:, 3] = 0
    x[:, 4] = y == 2
    table = infolens.neuron_measures(x, y, measures="class_selectivity")
    for neuron, row in enumerate(table):
        means = np.array([x[y == c, neuron].mean() for c in range(4)])
        best = int(means.argmax())
        rest = np.delete(means, best).mean()
        expected = (means[best] - rest) / (means[best] + rest) if means[best] else 0
        assert row["class_selectivity"] == pytest.approx(expected, abs=SIXTEEN)
        if means[best] and neuron != 2:
            assert row["class_selectivity_class"] == best
        assert row["warning"] == ""
    assert table["class_selectivity"][4] == 1
    negative = infolens.neuron_measures(x - 0.1, y, measures="class_selectivity")
    assert np.isnan(negative["class_selectivity"]).any()
    assert "not negative" in negative["warning"][0]


def test_divergence_of_two_groups_of_classes(data):
    x, y = data
    quantizer = infolens.uniform(6)
    names = np.array(["w", "x", "y", "z"])[y]
    table = infolens.neuron_measures(
        x,
        names,
        quantizer=quantizer,
        measures="jensen_shannon_divergence",
        groups=("x", ["y", "z"]),
    )
    for neuron, value in enumerate(table["jensen_shannon_divergence"]):
        levels = infolens.quantize(x[:, neuron], quantizer)
        size = levels.max() + 1
        counts = [np.bincount(levels[g], minlength=size) for g in (y == 1, y >= 2)]
        expected = infolens.jensen_shannon_divergence(*counts)
        assert value == pytest.approx(expected, abs=SIXTEEN)
    for groups, message in (
        (None, "groups"),
        (("x", "nobody"), "nobody"),
        (("x", "x"), "twice"),
        (("x", []), "group 2"),
        ("x", "pair"),
    ):
        with pytest.raises(infolens.Error, match=message):
            infolens.neuron_measures(x, names, measures="jensen_shannon_divergence", groups=groups)


def test_class_entropies_average_to_the_conditional_entropy(data):
    x, y = data
    for estimator in ("plug-in", "grassberger"):
        options = {"quantizer": infolens.uniform(8), "estimator": estimator}
        classes = infolens.class_measures(
            x, y, measures=["specific_information", "class_entropy"], **options
        )
        neurons = infolens.neuron_measures(x, y, **options)
        weights = classes["class_probability"].reshape(6, 4)
        for column, total in (
            ("class_entropy", "conditional_entropy"),
            ("specific_information", "mutual_information"),
        ):
            means = (weights * classes[column].reshape(6, 4)).sum(1)
            assert np.abs(means - neurons[total]).max() < SIXTEEN, (estimator, column)


def test_the_g_test_is_the_chi_square_tail():
    random = np.random.default_rng(4)
    x, y = random.normal(size=(2000, 300)), random.integers(0, 3, 2000)
    table = infolens.neuron_measures(
        x, y, quantizer=infolens.threshold(0.0), measures=["g_test", "mutual_information"]
    )
    g = 2 * 2000 * table["mutual_information"] * math.log(2)
    assert np.abs(table["g_statistic"] - g).max() < 1e-9
    assert (table["g_degrees_of_freedom"] == 2).all()
    # Two degrees of freedom have the tail exp(−G/2).
    assert np.abs(table["g_p_value"] - np.exp(-g / 2)).max() < 1e-12
    # Kolmogorov–Smirnov at the 0.1 % level: p values of unrelated neurons are uniform.
    ranks = (np.arange(300) + 0.5) / 300
    assert np.abs(np.sort(table["g_p_value"]) - ranks).max() < 1.95 / math.sqrt(300)


ESTIMATORS = [
    "plug-in",
    "miller-madow",
    "grassberger",
    "chao-shen",
    "james-stein",
    "jackknife",
    "panzeri-treves",
    "nsb",
]


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_estimator_reaches_every_column(estimator, data):
    x, y = data
    quantizer = infolens.uniform(8)
    table = infolens.neuron_measures(x, y, quantizer=quantizer, estimator=estimator)
    assert table.metadata["estimator"] == estimator
    assert (
        np.abs(
            table["mutual_information"] - (table["entropy"] - table["conditional_entropy"])
        ).max()
        < 1e-12
    )
    constant = table.where(neuron=2)
    assert [constant[name][0] for name in table.columns[2:6]] == [0, 0, 0, 0]
    if estimator == "panzeri-treves":
        return
    for neuron in range(6):
        levels = infolens.quantize(x[:, neuron], quantizer)
        counts = np.bincount(levels)
        if neuron != 2:
            full = np.append(counts, np.zeros(8 - len(counts), int))
            expected = infolens.entropy(full, estimator=estimator)
            assert table["entropy"][neuron] == pytest.approx(expected, abs=1e-12)
    nats = infolens.neuron_measures(x, y, quantizer=quantizer, estimator=estimator, unit="nats")
    for name in ("entropy", "mutual_information", "kl_selectivity"):
        assert np.abs(nats[name] - table[name] * math.log(2)).max() < 1e-11


@pytest.mark.parametrize("estimator", ["miller-madow", "grassberger", "panzeri-treves", "nsb"])
def test_corrected_information_of_unrelated_neurons_is_nearer_to_zero(estimator):
    random = np.random.default_rng(6)
    x, y = random.normal(size=(200, 300)), random.integers(0, 4, 200)
    quantizer = infolens.uniform(6)
    plain = infolens.neuron_measures(x, y, quantizer=quantizer)["mutual_information"].mean()
    better = infolens.neuron_measures(x, y, quantizer=quantizer, estimator=estimator)
    assert abs(better["mutual_information"].mean()) < 0.5 * plain


def test_an_undefined_estimate_is_explained_or_raised():
    x = np.array([[0.0, 5], [1, 5], [2, 6], [3, 6], [4, 6], [0, 5]])
    y = np.array([0, 0, 0, 0, 1, 1])
    options = {"quantizer": infolens.integer(), "estimator": "chao-shen"}
    table = infolens.neuron_measures(x, y, **options)
    assert np.isnan(table["mutual_information"][0])
    assert np.isfinite(table["entropy"][0])
    assert table["warning"][0] == (
        "chao-shen is undefined for the samples of class 0: every level occurs only once"
    )
    assert "class 1" in table["warning"][1]
    with pytest.raises(infolens.NumericError, match=r'neuron 0 of layer "X".*only once'):
        infolens.neuron_measures(x, y, undefined="raise", **options)
    with pytest.raises(infolens.NotFoundError, match="miller-madow"):
        infolens.neuron_measures(x, y, estimator="miller-maddow")
    with pytest.raises(infolens.ArgumentError, match="undefined"):
        infolens.neuron_measures(x, y, undefined="ignore")
    with pytest.raises(infolens.ArgumentError, match="alphabet"):
        infolens.neuron_measures(x, y, alphabet="greek")


@pytest.mark.parametrize("estimator", ESTIMATORS[1:])
def test_pairs_by_estimators_are_symmetric_and_copies_have_their_entropy(estimator):
    random = np.random.default_rng(12)
    x = random.integers(0, 4, (300, 5))
    x[:, 3] = 3 - x[:, 0]
    x[:, 4] = 2
    options = {"quantizer": infolens.integer(), "estimator": estimator}
    if estimator == "panzeri-treves":
        with pytest.raises(infolens.ArgumentError, match="pairs of neurons have none"):
            infolens.pairwise_mutual_information(x, **options)
        return
    matrix = infolens.pairwise_mutual_information(x, **options).to_matrix("mutual_information")
    entropies = infolens.neuron_measures(x, **options)["entropy"]
    assert (matrix == matrix.T).all()
    assert matrix[0, 3] == pytest.approx(entropies[0], abs=1e-12)
    assert np.abs(np.diag(matrix) - entropies).max() < 1e-12
    assert (matrix[4] == 0).all()


def test_undefined_conditional_information_is_explained():
    x = np.array([1.0, 0, 1, 0, 1, 0, 1])
    y = np.array([0, 0, 1, 1, 0, 1, 1])
    z = np.array([0, 0, 0, 0, 1, 1, 1])
    options = {"measures": "conditional_mutual_information", "estimator": "jackknife"}
    table = infolens.neuron_measures(x, y, condition=z, **options)
    assert np.isnan(table["conditional_mutual_information"][0])
    assert "some value of the condition" in table["warning"][0]
    with pytest.raises(infolens.NumericError, match="condition"):
        infolens.neuron_measures(x, y, condition=z, undefined="raise", **options)
    random = np.random.default_rng(0)
    for seed in range(20):
        x, y, z = (random.integers(0, 4, 40 + seed) for _ in range(3))
        for estimator in ("jackknife", "chao-shen"):
            infolens.neuron_measures(
                x,
                y,
                condition=z,
                quantizer=infolens.integer(),
                measures="conditional_mutual_information",
                estimator=estimator,
            )


def test_warnings_stand_in_the_rows_of_the_classes_that_they_are_about():
    x = np.array([1.0, 0, 1, 1, 0])
    hot = np.eye(4)[[0, 0, 1, 1, 2]]
    table = infolens.class_measures(x, hot, estimator="jackknife", measures="class_entropy")
    assert np.isfinite(table["class_entropy"][:2]).all()
    assert list(table["warning"][:2]) == ["", ""]
    assert "class 2: there is only one sample" in table["warning"][2]
    assert table["warning"][3] == "no sample is of this class"


def test_undefined_pairs_are_explained_or_raised():
    x = np.array([[1.0, 2], [2, 1]])
    options = {"quantizer": infolens.integer(), "estimator": "chao-shen"}
    table = infolens.pairwise_mutual_information(x, **options)
    assert np.isnan(table["mutual_information"]).all()
    assert "every level occurs only once" in table["warning"][0]
    with pytest.raises(infolens.NumericError, match='neurons 0 and 0 of layer "X"'):
        infolens.pairwise_mutual_information(x, undefined="raise", **options)


@pytest.mark.parametrize("groups", [([[0], [1]], [2]), ({0: 1}, [1]), (None, 1), ([0.5], [1])])
def test_groups_that_are_no_labels_are_refused(groups):
    x, y = np.arange(6.0), np.array([0, 1, 2, 0, 1, 2])
    with pytest.raises(infolens.Error, match="groups"):
        infolens.neuron_measures(x, y, measures="jensen_shannon_divergence", groups=groups)
