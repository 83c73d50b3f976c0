# SPDX-License-Identifier: Apache-2.0
"""Permutations and bootstrap: exact where that can be enumerated, calibrated where not."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from support import DIGITS

import infolens

COLUMNS = ["p_value", "p_value_family", "q_value", "null_mean", "null_std", "z_score"]


def unrelated(samples, neurons, classes, seed):
    random = np.random.default_rng(seed)
    return random.normal(size=(samples, neurons)), random.integers(0, classes, samples)


def distance_from_uniform(p):
    """Kolmogorov and Smirnov's statistic times the root of the number of values."""
    p = np.sort(p)
    ranks = np.arange(1, len(p) + 1) / len(p)
    return max((ranks - p).max(), (p - ranks + 1 / len(p)).max()) * math.sqrt(len(p))


@pytest.mark.parametrize(
    "quantizer", [infolens.threshold("median"), infolens.uniform(10), infolens.quantile(5)]
)
@pytest.mark.parametrize("estimator", ["plug-in", "grassberger"])
def test_p_values_of_unrelated_neurons_are_uniform(quantizer, estimator):
    x, y = unrelated(400, 800, 4, seed=5)
    table = infolens.neuron_measures(
        x, y, quantizer=quantizer, estimator=estimator, permutations=499
    )
    # p values are multiples of 1/500; 1.95 is the 0.1 % point. Neurons share labels, which is why
    # the family-wise values are tested below.
    assert distance_from_uniform(table["p_value"]) < 1.95
    assert abs(table["z_score"].mean()) < 0.2
    assert abs(table["z_score"].std() - 1) < 0.1
    assert (table["q_value"] > 0.05).all()


def test_family_wise_p_values_are_uniform_for_the_best_neuron():
    best = []
    for seed in range(120):
        x, y = unrelated(100, 20, 3, seed)
        table = infolens.neuron_measures(x, y, permutations=99)
        best.append(table["p_value_family"].min())
        assert (table["p_value_family"] >= table["p_value"]).all()
    assert distance_from_uniform(np.array(best)) < 1.95


def test_p_values_agree_with_all_permutations_of_a_small_sample():
    x = np.array([0.0, 1, 1, 0, 2, 2, 1, 0])
    y = np.array([0, 1, 1, 0, 1, 0, 1, 0])
    levels = x.astype(int)

    def information(labels):
        return infolens.neuron_measures(x, np.array(labels), quantizer=infolens.integer())[
            "mutual_information"
        ][0]

    def statistic(labels):
        joint = np.zeros((3, 2))
        np.add.at(joint, (levels, labels), 1)
        p = joint[joint > 0] / 8
        return (p * np.log2(p)).sum()

    assert information(y) > 0
    # All arrangements of four ones among eight samples are equally likely.
    arrangements = [
        np.isin(np.arange(8), ones).astype(int) for ones in itertools.combinations(range(8), 4)
    ]
    exact = np.mean([statistic(a) >= statistic(y) - 1e-12 for a in arrangements])
    permutations = 20000
    table = infolens.neuron_measures(x, y, quantizer=infolens.integer(), permutations=permutations)
    error = math.sqrt(exact * (1 - exact) / permutations)
    assert abs(table["p_value"][0] - exact) < 4 * error
    mean = np.mean([information(a) for a in arrangements])
    spread = np.std([information(a) for a in arrangements])
    assert abs(table["null_mean"][0] - mean) < 4 * spread / math.sqrt(permutations)
    assert table["null_std"][0] == pytest.approx(spread, rel=0.03)


def test_false_discoveries_stay_at_their_rate():
    rates, found = [], []
    for seed in range(30):
        x, y = unrelated(300, 200, 2, seed)
        x[:, :40] += 0.7 * y[:, None]
        table = infolens.neuron_measures(
            x, y, quantizer=infolens.threshold("median"), permutations=999
        )
        chosen = table["q_value"] <= 0.1
        rates.append(chosen[40:].sum() / max(chosen.sum(), 1))
        found.append(chosen[:40].mean())
    mean, error = np.mean(rates), np.std(rates) / math.sqrt(len(rates))
    assert mean < 0.1 * 160 / 200 + 3 * error
    assert np.mean(found) > 0.9


def test_q_values_are_those_of_benjamini_and_hochberg():
    x, y = unrelated(300, 60, 3, seed=1)
    x[:, :20] += 0.4 * y[:, None]
    table = infolens.neuron_measures(x, y, permutations=500)
    p = table["p_value"]
    order = np.argsort(p)
    steps = p[order] * len(p) / np.arange(1, len(p) + 1)
    expected = np.empty(len(p))
    expected[order] = np.minimum.accumulate(steps[::-1])[::-1].clip(max=1)
    assert np.abs(table["q_value"] - expected).max() < 1e-15


def test_columns_and_metadata_say_what_was_done():
    x, y = unrelated(100, 5, 2, seed=0)
    plain = infolens.neuron_measures(x, y)
    table = infolens.neuron_measures(x, y, permutations=10)
    assert table.columns == plain.columns + COLUMNS
    assert table.metadata["permutations"] == "10"
    assert table.units["null_mean"] == "bits"
    assert "permutations" not in plain.metadata
    only = infolens.neuron_measures(x, y, permutations=10, measures="entropy")
    assert only.columns == ["layer", "neuron", "entropy", *COLUMNS]


def test_the_seed_decides_and_threads_budgets_and_files_do_not():
    with infolens.open(DIGITS) as dump:
        options = {"quantizer": infolens.uniform(12), "permutations": 200, "bootstrap": 100}
        tables = []
        for settings in (
            {"threads": 1},
            {"threads": 2},
            {"threads": 7},
            {"memory": "2 MiB"},
            {"seed": 1},
        ):
            with infolens.context(**settings):
                tables.append(dump.neuron_measures(**options))
        first, *others, reseeded = tables
        numbers = [name for name in first.columns if first[name].dtype == float]
        for other in others:
            for name in numbers:
                assert first[name].tobytes() == other[name].tobytes(), name
        assert (first["null_mean"] != reseeded["null_mean"]).any()
        assert (first["mutual_information"] == reseeded["mutual_information"]).all()
        # All layers see the same permutations, and the family is all of them.
        alone = dump["fc1"].neuron_measures(**options)
        assert (alone["p_value"] == first.where(layer="fc1")["p_value"]).all()
        assert (alone["p_value_family"] <= first.where(layer="fc1")["p_value_family"]).all()


def test_a_constant_neuron_has_a_p_value_of_exactly_one():
    # 48 + 1 is the first number n of which n times the float64 1/n is not 1.
    table = infolens.neuron_measures(np.ones((40, 1)), np.arange(40) % 2, permutations=48)
    assert table["p_value"][0] == table["p_value_family"][0] == table["q_value"][0] == 1


def test_degenerate_neurons_have_defined_answers():
    x, y = unrelated(50, 3, 2, seed=2)
    x[:, 1] = 7
    for labels in (y, np.zeros(50, int)):
        table = infolens.neuron_measures(x, labels, permutations=50)
        row = table.where(neuron=1)
        assert row["p_value"][0] == 1
        assert row["p_value_family"][0] == 1
        assert row["null_mean"][0] == 0
        assert np.isnan(row["z_score"][0])


@pytest.mark.parametrize("estimator", ["chao-shen", "james-stein", "panzeri-treves", "jackknife"])
def test_estimators_that_are_no_sums_are_permuted_too(estimator):
    x, y = unrelated(120, 30, 3, seed=3)
    x[:, 0] += y
    table = infolens.neuron_measures(
        x, y, quantizer=infolens.uniform(4), estimator=estimator, permutations=99
    )
    defined = ~np.isnan(table["mutual_information"])
    assert table["p_value"][0] == 0.01
    assert (np.isnan(table["p_value"]) == ~defined).all()
    assert distance_from_uniform(table["p_value"][1:][defined[1:]]) < 1.95


def test_permutations_of_many_classes():
    x, y = unrelated(3000, 20, 600, seed=4)
    table = infolens.neuron_measures(x, y, permutations=99)
    assert distance_from_uniform(table["p_value"]) < 1.95


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"permutations": -1}, infolens.ArgumentError, "permutations"),
        ({"permutations": 2.5}, infolens.ArgumentError, "permutations"),
        ({"bootstrap": True}, infolens.ArgumentError, "bootstrap"),
        ({"bootstrap": 10, "confidence": 1.5}, infolens.ArgumentError, "confidence"),
        ({"bootstrap": 10, "confidence": "high"}, infolens.ArgumentError, "confidence"),
    ],
)
def test_misuse_is_explained(options, error, message):
    x, y = unrelated(50, 2, 2, seed=0)
    with pytest.raises(error, match=message):
        infolens.neuron_measures(x, y, **options)


def test_labels_are_needed():
    x, _ = unrelated(50, 2, 2, seed=0)
    with pytest.raises(infolens.NotFoundError, match="labels"):
        infolens.neuron_measures(x, permutations=10)


def test_a_thousand_permutations_can_be_cancelled():
    x, y = unrelated(20000, 200, 10, seed=0)
    stages = set()

    def stop(stage, done, total):
        stages.add(stage)
        return not stage.startswith("permutations")

    with pytest.raises(infolens.CancelledError), infolens.context(progress=stop):
        infolens.neuron_measures(x, y, quantizer=infolens.uniform(30), permutations=100000)
    assert any(stage.startswith("permutations") for stage in stages)


def test_permutations_that_an_estimator_leaves_undefined_are_never_in_favour():
    found = 0
    for seed in range(12):
        random = np.random.default_rng(seed)
        x, y = random.normal(size=(20, 5)), random.integers(0, 3, 20)
        table = infolens.neuron_measures(
            x, y, quantizer=infolens.width(0.7), estimator="chao-shen", permutations=39
        )
        defined = ~np.isnan(table["p_value"])
        assert (table["p_value_family"][defined] >= table["p_value"][defined]).all()
        silent = defined & np.isnan(table["null_mean"])
        assert all("permutation" in text for text in table["warning"][silent])
        found += silent.sum()
        if silent.any():
            with pytest.raises(infolens.NumericError, match=r"chao-shen is undefined"):
                infolens.neuron_measures(
                    x,
                    y,
                    quantizer=infolens.width(0.7),
                    estimator="chao-shen",
                    permutations=39,
                    undefined="raise",
                )
    assert found > 0


def test_resamples_that_an_estimator_leaves_undefined_are_explained():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(22, 2)), np.r_[0, 0, np.repeat([1, 2], 10)]
    table = infolens.neuron_measures(x, y, estimator="jackknife", bootstrap=200)
    assert np.isnan(table["percentile_low"]).all()
    assert all("some resample" in text for text in table["warning"])
