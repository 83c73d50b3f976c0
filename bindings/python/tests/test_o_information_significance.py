# SPDX-License-Identifier: Apache-2.0
"""Bootstrap intervals and surrogate tests of O-information."""

from __future__ import annotations

import numpy as np
import pytest
from test_o_information import XOR, gauss

import infolens

INTERVALS = ["bootstrap_std", "percentile_low", "percentile_high", "bootstrap_singular"]
TESTS = ["p_value", "q_value", "null_mean", "null_std", "surrogates_singular"]
LABELS = ("none", "class-conditional", "one-hot", "ordinal")


@pytest.fixture
def x():
    """Three neurons that share a factor, and three by themselves."""
    generator = np.random.default_rng(5)
    values = generator.normal(size=(300, 6))
    values[:, :3] += 2 * generator.normal(size=(300, 1))
    return values


def test_columns_come_after_the_measures_and_metadata_say_what_was_done(x):
    with infolens.context(seed=7):
        table = infolens.o_information(
            x, [(0, 1, 2), (3, 4)], gradient=True, bootstrap=20, surrogates=9, confidence=0.9
        )
    members = [f"neuron_{i}" for i in range(3)]
    assert table.columns[-13:] == [*INTERVALS, *TESTS, "status", *members]
    said = {"bootstrap": "20", "surrogates": "9", "confidence": "0.9", "seed": "7"}
    assert said.items() <= table.metadata.items()
    assert table.units["bootstrap_std"] == "bits"
    assert table.units["p_value"] == "1"
    plain = infolens.o_information(x, [(0, 1, 2)])
    assert not set(INTERVALS + TESTS) & set(plain.columns)
    assert "seed" not in plain.metadata


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("estimator", ["gaussian-copula", "gaussian", "miller-madow"])
def test_redundancy_is_significant_and_chance_is_not(x, label, estimator):
    y = np.arange(300) % 3
    groups = [(0, 1, 2), (3, 4, 5)]
    table = infolens.o_information(
        x, groups, y, label, estimator, bootstrap=60, surrogates=99, unit="nats"
    )
    assert table["p_value"][0] == pytest.approx(0.01)
    assert table["p_value"][1] > 0.05
    assert table["q_value"] == pytest.approx([0.02, table["p_value"][1]])
    low, high = table["percentile_low"], table["percentile_high"]
    assert 0 < low[0] < table["o_information"][0] < high[0]
    assert table["bootstrap_std"][0] < 0.1
    assert (table["null_std"] > 0).all()
    assert table["bootstrap_singular"].tolist() == [0, 0]
    assert set(table["status"]) == {"ok"}


def test_intervals_widen_with_confidence_and_spread_shrinks_with_samples():
    x = gauss(3, 4000, 5)
    few, many = (infolens.Joint(part) for part in (x[:250], x))
    narrow, wide = (
        few.o_information([(0, 1, 2)], bootstrap=400, confidence=share) for share in (0.5, 0.99)
    )
    assert wide["percentile_low"][0] < narrow["percentile_low"][0]
    assert wide["percentile_high"][0] > narrow["percentile_high"][0]
    assert wide["bootstrap_std"][0] == narrow["bootstrap_std"][0]
    spread = many.o_information([(0, 1, 2)], bootstrap=400)["bootstrap_std"][0]
    # Sixteen times the samples: a quarter, known to 3.5 % here and to 3.5 % + O(1/N) there.
    assert wide["bootstrap_std"][0] / spread == pytest.approx(4, rel=0.2)


def test_exclusive_or_is_significant_synergy():
    bits = np.tile(XOR, (50, 1))
    table = infolens.o_information(
        bits, [(0, 1, 2)], estimator="plug-in", bootstrap=50, surrogates=99
    )
    assert table["o_information"][0] == pytest.approx(-1)
    assert table["p_value"][0] == pytest.approx(0.01)
    assert table["percentile_high"][0] < -0.95


def test_what_a_search_found_can_be_tested_on_other_samples(x):
    found = infolens.o_information(x[:150], order=3, top=2)
    again = infolens.o_information(x[150:], multiplets=found, surrogates=49)
    members = [f"neuron_{i}" for i in range(3)]
    for name in members:
        assert again[name].tolist() == found[name].tolist()
    redundant = [row["p_value"] for row in again if [row[name] for name in members] == [0, 1, 2]]
    assert redundant == pytest.approx([1 / 50])
    joint = infolens.Joint(x)
    searched = joint.o_information(order=3, top=2, bootstrap=10, surrogates=9)
    asked = joint.o_information(joint.o_information(order=3, top=2), bootstrap=10, surrogates=9)
    for name in (*INTERVALS, *TESTS):
        assert np.array_equal(searched[name], asked[name])


def test_the_seed_decides_and_threads_memory_and_other_groups_do_not(x):
    y = np.arange(300) % 3
    groups = [(0, 1, 2), (2, 3, 4, 5), (5, 1)]
    options = {"bootstrap": 12, "surrogates": 12}
    joint = infolens.Joint(x, y, "class-conditional")
    with infolens.context(threads=1):
        expected = joint.o_information(groups, **options)
    with infolens.context(threads=5, memory="1 MiB"):
        same = joint.o_information(groups, **options)
    alone = joint.o_information(groups[1:2], **options)
    with infolens.context(seed=1):
        other = joint.o_information(groups, **options)
    for name in ("bootstrap_std", "percentile_low", "null_mean", "p_value"):
        assert np.array_equal(same[name], expected[name])
        assert alone[name][0] == expected[name][1]
    assert other["bootstrap_std"][0] != expected["bootstrap_std"][0]
    assert other["null_mean"][0] != expected["null_mean"][0]


def test_layers_of_a_dump_are_resampled_from_the_file(digits):
    table = digits.o_information("fc1", order=3, top=2, bootstrap=10, surrogates=9)
    x = digits["fc1"].o_information(table, bootstrap=10, surrogates=9)
    for name in (*INTERVALS, *TESTS):
        assert np.array_equal(table[name], x[name])


def test_resamples_need_samples(x):
    joint = infolens.Joint.from_covariance(np.cov(x, rowvar=False))
    for option in ("bootstrap", "surrogates"):
        with pytest.raises(infolens.ArgumentError, match=option):
            joint.o_information([(0, 1, 2)], **{option: 5})
    with (
        infolens.context(memory="1 MiB"),
        pytest.raises(infolens.MemoryBudgetError, match="bytes, but the budget leaves"),
    ):
        infolens.o_information(x, [(0, 1, 2)], bootstrap=1_000_000)
