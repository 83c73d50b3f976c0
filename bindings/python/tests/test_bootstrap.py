# SPDX-License-Identifier: Apache-2.0
"""Bootstrap intervals: against numpy's own resampling, and their coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest

import infolens

COLUMNS = [
    "bootstrap_bias",
    "bootstrap_std",
    "percentile_low",
    "percentile_high",
    "bca_low",
    "bca_high",
]
EDGES = [0.0, 1.0]


def draw(samples, seed):
    """Three levels of a neuron that depend on two classes."""
    random = np.random.default_rng(seed)
    y = random.integers(0, 2, samples)
    return random.normal(size=samples) + 0.8 * y, y


def information(levels, y):
    joint = np.zeros((3, 2))
    np.add.at(joint, (levels, y), 1)
    p = joint / joint.sum()
    independent = p.sum(1, keepdims=True) * p.sum(0, keepdims=True)
    return float((p[p > 0] * np.log2(p[p > 0] / independent[p > 0])).sum())


def normal(z):
    return 0.5 * math.erfc(-z / math.sqrt(2))


def normal_quantile(p):
    low, high = -40.0, 40.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if normal(middle) < p else (low, middle)
    return low


def test_intervals_agree_with_resampling_written_out():
    x, y = draw(400, seed=1)
    table = infolens.neuron_measures(
        x, y, quantizer=infolens.explicit(EDGES), bootstrap=20000, confidence=0.9
    )
    levels = np.digitize(x, EDGES)
    random = np.random.default_rng(9)
    values = np.sort(
        [information(levels[chosen], y[chosen]) for chosen in random.integers(0, 400, (4000, 400))]
    )
    estimate = information(levels, y)
    left_out = np.array([information(np.delete(levels, i), np.delete(y, i)) for i in range(400)])
    centred = left_out.mean() - left_out
    acceleration = (centred**3).sum() / (6 * (centred**2).sum() ** 1.5)
    bias = normal_quantile((values < estimate).mean())
    row = next(iter(table))
    assert row["mutual_information"] == pytest.approx(estimate, abs=1e-12)
    assert row["bootstrap_std"] == pytest.approx(values.std(), rel=0.05)
    error = values.std() / math.sqrt(4000)
    assert row["bootstrap_bias"] == pytest.approx(values.mean() - estimate, abs=5 * error)
    for end, share in (("low", 0.05), ("high", 0.95)):
        z = bias + normal_quantile(share)
        corrected = normal(bias + z / (1 - acceleration * z))
        # Four standard errors of a quantile of 4000 values.
        for name, p in ((f"percentile_{end}", share), (f"bca_{end}", corrected)):
            spread = 4 * math.sqrt(p * (1 - p) / 4000) + 0.02
            low, high = np.quantile(values, [max(p - spread, 0), min(p + spread, 1)])
            assert low <= row[name] <= high, name
    assert row["warning"] == ""


def test_intervals_cover_the_truth():
    x, y = draw(400000, seed=2)
    truth = information(np.digitize(x, EDGES), y)
    found = []
    for seed in range(150):
        x, y = draw(300, seed=100 + seed)
        with infolens.context(seed=seed):
            table = infolens.neuron_measures(
                x, y, quantizer=infolens.explicit(EDGES), bootstrap=400, confidence=0.9
            )
        found.append(table["bca_low"][0] <= truth <= table["bca_high"][0])
    assert 0.82 < np.mean(found) < 0.97


def test_columns_and_warnings():
    random = np.random.default_rng(3)
    x, y = random.normal(size=(200, 4)), random.integers(0, 8, 200)
    x[:, 0] += y
    x[:, 3] = 1
    plain = infolens.neuron_measures(x, y)
    table = infolens.neuron_measures(x, y, quantizer=infolens.uniform(30), bootstrap=200)
    assert table.columns == [*plain.columns, *COLUMNS, "warning"]
    assert table.metadata["bootstrap"] == "200"
    assert table.metadata["confidence"] == "0.95"
    # Thirty bins of 200 samples: every resample has more information than there is.
    assert np.isnan(table["bca_low"][1])
    assert "both sides" in table["warning"][1]
    assert table["bootstrap_std"][3] == 0


@pytest.mark.parametrize("estimator", ["miller-madow", "chao-shen", "james-stein"])
def test_other_estimators_have_intervals(estimator):
    x, y = draw(500, seed=4)
    options = {"quantizer": infolens.explicit(EDGES), "estimator": estimator, "bootstrap": 300}
    row = next(iter(infolens.neuron_measures(x, y, **options)))
    assert row["percentile_low"] < row["mutual_information"] < row["percentile_high"]
    assert row["bca_low"] < row["mutual_information"] < row["bca_high"]
    plain = next(iter(infolens.neuron_measures(x, y, **{**options, "estimator": "plug-in"})))
    assert row["bootstrap_std"] == pytest.approx(plain["bootstrap_std"], rel=0.1)


def test_nats_are_bits_times_a_constant():
    x, y = draw(300, seed=5)
    bits, nats = (
        infolens.neuron_measures(
            x, y, quantizer=infolens.explicit(EDGES), bootstrap=100, permutations=100, unit=unit
        )
        for unit in ("bits", "nats")
    )
    for name in (*COLUMNS, "null_mean", "null_std"):
        assert nats[name][0] == pytest.approx(bits[name][0] * math.log(2), rel=1e-9), name
    for name in ("p_value", "p_value_family", "q_value"):
        assert nats[name][0] == bits[name][0]
