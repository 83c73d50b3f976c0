# SPDX-License-Identifier: Apache-2.0
"""What must hold whatever the numbers are."""

from __future__ import annotations

import numpy as np
import pytest
from support import DIGITS, sample

import infolens

QUANTIZERS = [
    infolens.threshold(0.0),
    infolens.threshold("median"),
    infolens.uniform(30),
    infolens.uniform(30, range="layer"),
    infolens.uniform(300, range=(-2, 2)),
    infolens.quantile(7),
    infolens.width(0.07),
    infolens.explicit([-0.5, 0.0, 0.5]),
]
MEASURES = ("entropy", "conditional_entropy", "mutual_information", "kl_selectivity")
each_quantizer = pytest.mark.parametrize("quantizer", QUANTIZERS, ids=repr)


@each_quantizer
def test_specific_information_averages_to_mutual_information(digits, quantizer):
    table = digits.neuron_measures(quantizer=quantizer)
    classes = digits.class_measures(quantizer=quantizer)
    specific = classes["specific_information"].reshape(-1, 10)
    weights = classes["class_probability"].reshape(-1, 10)
    mean = (specific * weights).sum(axis=1)
    assert np.allclose(mean, table["mutual_information"], rtol=0, atol=1e-13)
    assert np.array_equal(specific.max(axis=1), table["kl_selectivity"])
    first = classes["class"][:10][specific.argmax(axis=1)]
    assert np.array_equal(first, table["kl_selectivity_class"])


@each_quantizer
def test_mutual_information_is_bounded_by_both_entropies(digits, quantizer):
    p = digits.classes()["probability"]
    of_label = -(p * np.log2(p)).sum()
    table = digits.neuron_measures(quantizer=quantizer)
    information = table["mutual_information"]
    assert (information >= 0).all()
    assert (information <= np.minimum(table["entropy"], of_label) + 1e-12).all()
    assert (table["conditional_entropy"] >= 0).all()
    assert (table["conditional_entropy"] <= table["entropy"] + 1e-12).all()
    total = table["conditional_entropy"] + information
    assert np.allclose(total, table["entropy"], rtol=0, atol=1e-13)


@each_quantizer
def test_the_order_of_samples_changes_no_bit(quantizer):
    x, y = sample(3000, 6)
    order = np.random.default_rng(3).permutation(len(y))
    straight = infolens.neuron_measures(x, y, quantizer=quantizer)
    shuffled = infolens.neuron_measures(x[order], y[order], quantizer=quantizer)
    for column in MEASURES:
        assert np.array_equal(straight[column], shuffled[column])


@each_quantizer
def test_threads_and_memory_change_no_bit(quantizer):
    x, y = sample(20_000, 40, seed=8)
    x = x.astype(np.float32)
    tables = []
    for threads in (1, 2, 3, 8):
        for memory in ("2 MiB", "8 MiB", "1 GiB"):
            with infolens.context(threads=threads, memory=memory):
                tables.append(infolens.neuron_measures(x, y, quantizer=quantizer))
    for table in tables[1:]:
        for column in (*MEASURES, "kl_selectivity_class"):
            assert np.array_equal(table[column], tables[0][column])


@each_quantizer
def test_a_file_and_an_array_give_the_same_bits(quantizer):
    h5py = pytest.importorskip("h5py")
    with h5py.File(DIGITS) as file:
        y = file["labels"][:]
        layers = {name: file[f"layers/{name}/activations"][:] for name in ("fc1", "fc2", "output")}
    with infolens.open(DIGITS) as dump:
        streamed = dump.neuron_measures(quantizer=quantizer)
    whole = infolens.neuron_measures(layers, y, quantizer=quantizer)
    for column in streamed.columns:
        assert np.array_equal(streamed[column], whole[column]), column


def test_independent_columns_have_information_of_the_size_of_its_bias():
    generator = np.random.default_rng(12)
    x, y = generator.normal(size=(20_000, 50)), generator.integers(0, 4, 20_000)
    found = infolens.neuron_measures(x, y, quantizer=infolens.quantile(8))["mutual_information"]
    bias = (8 - 1) * (4 - 1) / (2 * 20_000 * np.log(2))
    # 2 N ln 2 · I is chi-squared with 21 degrees of freedom: a mean of 50 lies within 4 errors.
    error = np.sqrt(2 * 21 / 50) / (2 * 20_000 * np.log(2))
    assert abs(found.mean() - bias) < 4 * error


def test_a_neuron_that_is_the_label_knows_everything():
    y = np.arange(1000) % 8
    table = infolens.neuron_measures(y, y, quantizer=infolens.integer())
    assert table["mutual_information"][0] == 3.0
    assert table["conditional_entropy"][0] == 0.0
    assert table["kl_selectivity"][0] == 3.0


# Degenerate inputs have defined answers.


@each_quantizer
def test_a_constant_neuron_has_zero_in_all_measures(quantizer):
    table = infolens.neuron_measures(np.full((50, 2), 0.25), np.arange(50) % 3, quantizer=quantizer)
    for column in MEASURES:
        assert table[column].tolist() == [0.0, 0.0]
    assert table["kl_selectivity_class"].tolist() == [0, 0]


@each_quantizer
def test_a_single_class_leaves_the_entropy_only(quantizer):
    x, _ = sample(200, 4)
    table = infolens.neuron_measures(x, np.full(200, 7), quantizer=quantizer)
    assert (table["entropy"] > 0).all()
    assert np.array_equal(table["entropy"], table["conditional_entropy"])
    assert table["mutual_information"].tolist() == [0.0] * 4
    assert table["kl_selectivity"].tolist() == [0.0] * 4
    assert table["kl_selectivity_class"].tolist() == [7] * 4


@each_quantizer
def test_one_sample_has_zero_in_all_measures(quantizer):
    table = infolens.neuron_measures([[0.3, -2.0]], [4], quantizer=quantizer)
    for column in MEASURES:
        assert table[column].tolist() == [0.0, 0.0]
    assert table["kl_selectivity_class"].tolist() == [4, 4]


def test_a_class_with_one_sample_is_counted_like_any_other():
    x = np.array([[0.0], [0.0], [0.0], [1.0]])
    table = infolens.neuron_measures(x, [0, 0, 0, 1], quantizer=infolens.threshold(0.5))
    assert table["kl_selectivity"][0] == 2.0
    assert table["kl_selectivity_class"][0] == 1
    assert table["mutual_information"][0] == pytest.approx(table["entropy"][0], abs=1e-15)


def test_a_class_without_samples_has_no_specific_information():
    x, y = sample(60, 2, classes=3)
    table = infolens.class_measures(x, np.eye(5)[y])
    specific = table["specific_information"].reshape(2, 5)
    assert np.isnan(specific[:, 3:]).all()
    assert np.isfinite(specific[:, :3]).all()
    assert table["class_probability"].reshape(2, 5)[:, 3:].tolist() == [[0.0, 0.0]] * 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_widest_and_the_narrowest_ranges_are_binned(dtype):
    most, least = np.finfo(dtype).max / 4, np.finfo(dtype).smallest_subnormal
    huge = np.array([[-most], [most], [0], [1]], dtype=dtype)
    tiny = np.array([[1], [2], [0], [3]], dtype=dtype) * dtype(least)
    for x in (huge, tiny):
        found = infolens.neuron_measures(x, [0, 1, 0, 1], quantizer=infolens.uniform(2))
        assert 0 < found["entropy"][0] <= 1


def test_a_range_that_float64_cannot_say_is_refused():
    x = np.array([[-1.7e308], [1.7e308]])
    with pytest.raises(infolens.NumericError, match="range"):
        infolens.neuron_measures(x, [0, 1], quantizer=infolens.uniform(2))


def test_hundreds_of_thousands_of_classes_stay_fast_and_small():
    classes = 300_000
    X = np.random.default_rng(4).normal(size=classes)
    with infolens.context(memory="64 MB"):
        table = infolens.neuron_measures(X, np.arange(classes))
    # Each sample is a class of its own: the label tells everything.
    assert table["conditional_entropy"][0] == 0
    assert table["mutual_information"][0] == table["entropy"][0]


def test_one_odd_neuron_does_not_change_its_neighbours():
    rng = np.random.default_rng(5)
    X = rng.normal(size=(5000, 3))
    y = rng.integers(0, 4, 5000)
    odd = X.copy()
    odd[:, 1] = np.where(rng.random(5000) < 0.5, 0.1, np.nextafter(0.1, 1))
    for quantizer in (infolens.uniform(30), infolens.width(0.1)):
        plain = infolens.neuron_measures(X, y, quantizer=quantizer)
        mixed = infolens.neuron_measures(odd, y, quantizer=quantizer)
        for column in ("entropy", "mutual_information", "kl_selectivity"):
            assert (plain[column][[0, 2]] == mixed[column][[0, 2]]).all()


def test_layers_whose_names_differ_in_composition_only_are_two():
    X = np.random.default_rng(6).normal(size=(50, 2))
    y = np.arange(50) % 2
    table = infolens.neuron_measures({"caf\u00e9": X, "cafe\u0301": -X[:, :1]}, y)
    assert table["layer"].tolist() == ["caf\u00e9", "caf\u00e9", "cafe\u0301"]
