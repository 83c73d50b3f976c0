# SPDX-License-Identifier: Apache-2.0
"""Which level a value falls into, against numpy's own rules."""

from __future__ import annotations

import numpy as np
import pytest
from support import assert_measures, sample, uniform_levels

import infolens


def rounded_sample(dtype=np.float64):
    """Values on a coarse grid, so that many lie exactly on edges and many are equal."""
    x, y = sample(800, 6)
    return (np.round(x * 4) / 4).astype(dtype), y


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("bins", [1, 2, 3, 10, 30, 64, 65, 257])
def test_uniform_bins_are_those_of_numpy_histogram(dtype, bins):
    x, y = rounded_sample(dtype)
    exact = x.astype(np.float64)
    table = infolens.neuron_measures(x, y, quantizer=infolens.uniform(bins))
    assert_measures(table, uniform_levels(exact, bins), y)
    for j in range(x.shape[1]):
        counts, _ = np.histogram(exact[:, j], bins=bins)
        p = counts[counts > 0] / counts.sum()
        assert table["entropy"][j] == pytest.approx(-(p * np.log2(p)).sum(), abs=1e-12)


def test_a_range_for_the_layer_is_its_minimum_and_maximum():
    x, y = rounded_sample()
    edges = np.linspace(x.min(), x.max(), 31)[1:-1]
    table = infolens.neuron_measures(x, y, quantizer=infolens.uniform(30, range="layer"))
    assert_measures(table, np.digitize(x, edges), y)


def test_values_outside_a_given_range_fall_in_the_first_or_last_bin():
    x, y = rounded_sample()
    edges = np.linspace(-1, 1, 31)[1:-1]
    table = infolens.neuron_measures(x, y, quantizer=infolens.uniform(30, range=(-1, 1)))
    assert_measures(table, np.digitize(x, edges), y)


def test_a_value_on_a_given_edge_belongs_to_the_bin_above():
    x = np.array([[0.0], [1.0], [2.0], [3.0]])
    y = [0, 1, 2, 3]
    table = infolens.neuron_measures(x, y, quantizer=infolens.explicit([1.0, 3.0]))
    assert_measures(table, np.array([[0], [1], [1], [2]]), np.array(y))


def test_explicit_edges_are_those_of_numpy_digitize():
    x, y = rounded_sample()
    edges = [-0.75, -0.25, 0.1, 0.5, 1.25]
    table = infolens.neuron_measures(x, y, quantizer=infolens.explicit(edges))
    assert_measures(table, np.digitize(x, edges), y)


@pytest.mark.parametrize("at", [0.0, -0.25, 0.5])
def test_a_threshold_separates_what_is_above_from_the_rest(at):
    x, y = rounded_sample()
    table = infolens.neuron_measures(x, y, quantizer=infolens.threshold(at))
    assert_measures(table, x > at, y)


def test_thresholds_at_the_median_and_the_mean_are_taken_for_each_neuron():
    x, y = rounded_sample()
    at_median = infolens.neuron_measures(x, y, quantizer=infolens.threshold("median"))
    assert_measures(at_median, x > np.median(x, axis=0), y)
    at_mean = infolens.neuron_measures(x, y, quantizer=infolens.threshold("mean"))
    assert_measures(at_mean, x > x.mean(axis=0), y)


@pytest.mark.parametrize("bins", [1, 2, 4, 10, 33])
def test_quantiles_are_those_of_numpy_and_equal_values_stay_together(bins):
    x, y = rounded_sample()
    levels = np.zeros(x.shape, dtype=int)
    for j in range(x.shape[1]):
        edges = np.quantile(x[:, j], np.arange(1, bins) / bins)
        levels[:, j] = np.searchsorted(edges, x[:, j], side="right")
    table = infolens.neuron_measures(x, y, quantizer=infolens.quantile(bins))
    assert_measures(table, levels, y)


@pytest.mark.parametrize("size", [0.07, 0.5, 3.0])
def test_bins_of_fixed_width_start_at_zero(size):
    x, y = sample(600, 5)
    table = infolens.neuron_measures(x, y, quantizer=infolens.width(size))
    assert_measures(table, np.floor(x / size), y)


def test_integers_are_symbols_already():
    x, y = sample(600, 5)
    codes = np.round(x * 3).astype(np.int32)
    assert_measures(infolens.neuron_measures(codes, y, quantizer=infolens.integer()), codes, y)
    as_floats = infolens.neuron_measures(codes / 1.0, y, quantizer=infolens.integer())
    assert_measures(as_floats, codes, y)


def test_many_distinct_symbols_are_counted():
    codes = np.arange(5000, dtype=np.int64)[:, None] * 1_000_003
    y = np.arange(5000) % 2
    table = infolens.neuron_measures(codes, y, quantizer=infolens.integer())
    assert table["entropy"][0] == pytest.approx(np.log2(5000), abs=1e-12)
    assert table["mutual_information"][0] == pytest.approx(1, abs=1e-12)


def test_quantisers_show_the_call_that_made_them():
    for text in (
        "threshold(0.5)",
        "threshold('median')",
        "uniform(30, range='neuron')",
        "uniform(5, range=(-1.0, 1.0))",
        "quantile(10)",
        "width(0.07)",
        "explicit([0.0, 1.5])",
        "integer()",
    ):
        assert repr(eval(f"infolens.{text}")) == text
    assert infolens.uniform(30) == infolens.uniform(30, range="neuron")
    assert hash(infolens.threshold(0.5)) == hash(infolens.threshold(0.5))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: infolens.threshold(float("nan")), "threshold.*finite"),
        (lambda: infolens.threshold("middle"), "'median' or 'mean'"),
        (lambda: infolens.threshold(None), "threshold.*number"),
        (lambda: infolens.uniform(0), "bins.*between 1 and 65536"),
        (lambda: infolens.uniform(2.5), "bins.*whole number"),
        (lambda: infolens.uniform(65537), "between 1 and 65536"),
        (lambda: infolens.uniform(3, range="all"), "'neuron', 'layer'"),
        (lambda: infolens.uniform(3, range=(1, 1)), "low 1.0 must lie below high 1.0"),
        (lambda: infolens.uniform(3, range=(0, float("inf"))), "high must be finite"),
        (lambda: infolens.uniform(3, range=5), "pair"),
        (lambda: infolens.quantile(-1), "bins"),
        (lambda: infolens.width(0), "positive"),
        (lambda: infolens.explicit([]), "1 to 65535"),
        (lambda: infolens.explicit([1, 1]), "ascend strictly"),
        (lambda: infolens.explicit([0, float("nan")]), "finite"),
        (lambda: infolens.explicit(7), "sequence"),
    ],
)
def test_a_quantiser_out_of_range_says_what_it_wants(make, text):
    with pytest.raises(infolens.ArgumentError, match=text):
        make()


def test_something_that_is_no_quantiser_is_refused_with_a_hint():
    with pytest.raises(infolens.ArgumentError, match=r"infolens\.threshold"):
        infolens.neuron_measures(*sample(), quantizer="median")
