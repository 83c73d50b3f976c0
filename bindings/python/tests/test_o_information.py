# SPDX-License-Identifier: Apache-2.0
"""O-information of given multiplets and of searches: names, shapes, values, errors."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from support import sample

import infolens

FOUR = ["o_information", "total_correlation", "dual_total_correlation", "s_information"]
XOR = np.array([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]])


def gauss(seed, samples, neurons, factors=4):
    generator = np.random.default_rng(seed)
    loadings = generator.normal(size=(factors, neurons))
    return generator.normal(size=(samples, factors)) @ loadings + generator.normal(
        size=(samples, neurons)
    )


def of_correlation(R):
    """Ω of all variables of a correlation matrix, in nats."""
    inverse = np.linalg.inv(R)
    return -np.linalg.slogdet(R)[1] - 0.5 * np.log(np.diag(inverse)).sum()


@pytest.fixture
def x():
    return gauss(3, 300, 8)


def test_explicit_multiplets_have_the_promised_columns_in_the_order_given(x):
    groups = [(4, 1, 2), (0, 1, 2), (0, 1, 2, 5)]
    table = infolens.o_information(x, multiplets=groups)
    assert table.columns[:6] == ["multiplet", "order", *FOUR]
    assert table.columns[-5:] == ["status", *(f"neuron_{i}" for i in range(4))]
    assert table["multiplet"].tolist() == [0, 1, 2]
    assert table["order"].tolist() == [3, 3, 4]
    assert table["neuron_3"].tolist() == [-1, -1, 5]
    assert set(table["status"]) == {"ok"}
    assert table.units["o_information"] == "bits"


def test_a_search_has_the_promised_columns(x):
    table = infolens.o_information(x, order=4, search="exhaustive", top=5)
    members = [f"neuron_{i}" for i in range(4)]
    assert table.columns == ["extremum", "rank", "order", "o_information", *members]
    assert table["extremum"].tolist() == ["min"] * 5 + ["max"] * 5
    assert table["rank"].tolist() == [0, 1, 2, 3, 4] * 2
    assert set(table["order"]) == {4}
    assert table.metadata["multiplets"] == "70"
    assert table.metadata["complete"] == "true"
    values = table["o_information"]
    assert (np.diff(values[:5]) >= 0).all()
    assert (np.diff(values[5:]) <= 0).all()


def test_the_four_are_those_of_the_correlation_matrix(x):
    scores = infolens.copula_normalize(x)
    R = np.corrcoef(scores, rowvar=False)
    groups = [(0, 1, 2), (7, 3, 5, 1), tuple(range(8))]
    table = infolens.o_information(x, groups, unit="nats")
    for row, group in zip(table, groups, strict=True):
        block = R[np.ix_(group, group)]
        log_det = np.linalg.slogdet(block)[1]
        precision = np.log(np.diag(np.linalg.inv(block))).sum()
        assert row["o_information"] == pytest.approx(of_correlation(block), abs=1e-12)
        assert row["total_correlation"] == pytest.approx(-log_det / 2, abs=1e-12)
        assert row["dual_total_correlation"] == pytest.approx((log_det + precision) / 2, abs=1e-12)
        assert row["s_information"] == pytest.approx(precision / 2, abs=1e-12)


@pytest.mark.parametrize("order", [2, 3, 5, 8])
def test_a_search_finds_what_all_multiplets_have(x, order):
    table = infolens.o_information(x, order=order, top=4)
    groups = list(itertools.combinations(range(8), order))
    values = infolens.o_information(x, groups)["o_information"]
    top = min(4, len(groups))
    low, high = np.sort(values)[:top], np.sort(values)[::-1][:top]
    assert table.where(extremum="min")["o_information"] == pytest.approx(low, abs=1e-11)
    assert table.where(extremum="max")["o_information"] == pytest.approx(high, abs=1e-11)
    again = infolens.o_information(x, table)["o_information"]
    assert again == pytest.approx(table["o_information"], abs=1e-11)


def test_multiplets_may_be_an_array_or_a_table(x):
    groups = np.array([[0, 1, 2], [3, 4, 5]], np.uint8)
    expected = infolens.o_information(x, [(0, 1, 2), (3, 4, 5)])["o_information"]
    assert np.array_equal(infolens.o_information(x, groups)["o_information"], expected)
    assert np.array_equal(infolens.o_information(x, iter(groups))["o_information"], expected)


def test_exclusive_or_is_synergy_and_copies_are_redundancy():
    table = infolens.o_information(np.tile(XOR, (25, 1)), [(0, 1, 2)], estimator="plug-in")
    assert [table[name][0] for name in FOUR] == pytest.approx([-1, 1, 2, 3], abs=1e-12)
    bit = np.arange(40) % 2
    copies = infolens.o_information(np.stack([bit] * 6, 1), [tuple(range(6))], estimator="plug-in")
    assert copies["o_information"][0] == pytest.approx(4, abs=1e-12)


def test_a_discrete_label_is_one_more_symbol():
    pairs = np.tile(XOR[:, :2], (25, 1))
    y = pairs.sum(1) % 2
    for label in ("class-conditional", "one-hot", "ordinal"):
        table = infolens.o_information(pairs, [(0, 1)], y, label, estimator="plug-in")
        assert table["o_information"][0] == pytest.approx(-1, abs=1e-12)


def test_discrete_estimators_take_a_quantizer_and_integers_as_they_are():
    x, _ = sample(400, 4)
    levels = (x > 0.5).astype(int)
    by_levels = infolens.o_information(levels, [(0, 1, 2)], estimator="miller-madow")
    rule = infolens.threshold(0.5)
    by_rule = infolens.o_information(x, [(0, 1, 2)], estimator="miller-madow", quantizer=rule)
    assert by_levels["o_information"][0] == by_rule["o_information"][0]
    # Of three symbols, threshold(0) would make two.
    three = np.stack([np.arange(90) % 3, np.arange(90) % 3, np.arange(90) // 3 % 3], 1)
    table = infolens.o_information(three, [(0, 1)], np.arange(90) % 3, "one-hot", "plug-in")
    assert table["o_information"][0] == pytest.approx(np.log2(3), abs=1e-12)


def test_a_mapping_gives_its_layers_one_after_the_other(x):
    table = infolens.o_information({"b": x, "a": x[:, :4]}, order=3, top=2)
    assert table.columns[0] == "layer"
    assert table["layer"].tolist() == ["b"] * 4 + ["a"] * 4
    alone = infolens.o_information(x[:, :4], order=3, top=2)
    assert np.array_equal(table.where(layer="a")["o_information"], alone["o_information"])
    assert table.metadata["multiplets"] == str(56 + 4)
    assert infolens.o_information({"one": x}, order=3).columns[0] == "layer"


def test_a_layer_and_a_dump_search_alike(digits):
    options = {"order": 3, "top": 3, "label": "class-conditional", "singular": 1e-6}
    layer = digits["fc2"].o_information(**options)
    whole = digits.o_information(["fc2", "output"], **options)
    assert "layer" not in layer
    rows = whole.where(layer="fc2")
    assert np.array_equal(rows["o_information"], layer["o_information"])
    assert (
        digits["fc2"]
        .joint("class-conditional", singular=1e-6)
        .o_information(order=3, top=3)["neuron_2"]
        .tolist()
        == layer["neuron_2"].tolist()
    )


def test_monotone_transforms_and_the_order_of_neurons_change_nothing(x):
    expected = infolens.o_information(x, order=4, top=6)
    bent = np.where(np.arange(8) % 2, np.exp(x), x**3)
    same = infolens.o_information(bent, order=4, top=6)
    for name in expected.columns:
        assert np.array_equal(same[name], expected[name])
    order = np.array([5, 2, 7, 0, 1, 6, 4, 3])
    turned = infolens.o_information(x[:, order], order=4, top=6)
    assert turned["o_information"] == pytest.approx(expected["o_information"], abs=1e-11)
    first = [expected[f"neuron_{i}"][0] for i in range(4)]
    assert sorted(order[[turned[f"neuron_{i}"][0] for i in range(4)]]) == first


def test_threads_and_memory_change_no_bit(x):
    y = np.arange(300) % 3
    tables = []
    for threads, memory in ((1, "64 MiB"), (2, "1 GiB"), (5, "2 MiB")):
        with infolens.context(threads=threads, memory=memory):
            tables.append(infolens.o_information(x, None, y, "class-conditional", order=4, top=9))
    for table in tables[1:]:
        for name in table.columns:
            assert np.array_equal(table[name], tables[0][name])


@pytest.mark.parametrize("make", ["samples", "ties"])
def test_uneven_parts_of_a_search_merge_to_the_whole(make):
    if make == "ties":  # every multiplet of an order has the same value
        joint = infolens.Joint.from_covariance(np.full((12, 12), 0.3) + 0.7 * np.eye(12))
    else:
        joint = infolens.Joint(gauss(12, 500, 12))
    options = {"order": 4, "smallest_order": 3, "top": 15}
    whole = joint.o_information(**options)
    count = joint.search_count(4, smallest_order=3).multiplets
    assert count == 220 + 495
    ends = [0, 1, 19, 150, 219, 222, 600, count]
    parts = [
        joint.o_information(first=low, count=high - low, **options)
        for low, high in itertools.pairwise(ends)
    ]
    travelled = [pickle.loads(pickle.dumps(part)) for part in parts]
    merged = infolens.merge_searches([travelled[i] for i in (3, 0, 6, 2, 5, 1, 4)])
    assert merged.columns == whole.columns
    for name in whole.columns:
        assert np.array_equal(merged[name], whole[name]), name
    if make == "ties":
        groups = [[row[f"neuron_{i}"] for i in range(3)] for row in whole.where(order=3)]
        assert groups[:15] == [list(g) for g in itertools.combinations(range(12), 3)][:15]
    with pytest.raises(infolens.ArgumentError, match=r"gap|missing|overlap"):
        infolens.merge_searches(parts[:3] + parts[4:])
    with pytest.raises(infolens.ArgumentError, match="Table"):
        infolens.merge_searches([1])


def test_greedy_gives_the_whole_path(x):
    table = infolens.o_information(
        x, order=8, search="greedy", smallest_order=3, starts=2, top=2, extrema="max"
    )
    assert "start" in table
    assert sorted(set(table["order"])) == [3, 4, 5, 6, 7, 8]
    path = table.where(start=0).sort("order")
    groups = [{row[f"neuron_{i}"] for i in range(8) if row[f"neuron_{i}"] >= 0} for row in path]
    for smaller, larger in itertools.pairwise(groups):
        assert smaller < larger
    best = infolens.o_information(x, order=3, top=1, extrema="max")
    assert path["o_information"][0] == pytest.approx(best["o_information"][0], abs=1e-11)


@pytest.mark.parametrize("search", ["annealing", "evolution"])
def test_heuristics_find_the_best_of_a_small_layer_and_follow_the_seed(x, search):
    best = infolens.o_information(x, order=4, top=1)["o_information"]
    with infolens.context(seed=5):
        found = infolens.o_information(x, order=4, top=1, search=search)
        again = infolens.o_information(x, order=4, top=1, search=search)
    assert found["o_information"] == pytest.approx(best, abs=1e-11)
    assert "chain" in found
    for name in found.columns:
        assert np.array_equal(found[name], again[name])


def test_a_domain_limits_the_search(x):
    domain = [7, 1, 4, 2]
    table = infolens.o_information(x, order=3, domain=np.array(domain), top=4)
    members = {value for i in range(3) for value in table[f"neuron_{i}"].tolist()}
    assert members == set(domain)
    assert table.metadata["multiplets"] == "4"


def test_gradient_interaction_and_index_come_on_request(x):
    y = (x[:, 0] + x[:, 1] > 0).astype(int)
    table = infolens.o_information(
        x, [(0, 1, 2), (3, 4)], y, "one-hot", gradient=True, interaction=True, rsi=True
    )
    row = next(iter(table))
    without = infolens.o_information(x, [(1, 2), (0, 2), (0, 1)], y, "one-hot")["o_information"]
    for i in range(3):
        expected = row["o_information"] - without[i]
        assert row[f"gradient_{i}"] == pytest.approx(expected, abs=1e-11)
    assert np.isnan(table["gradient_2"][1])
    assert {"gradient_label", "interaction_information", "redundancy_synergy_index"} <= set(
        table.columns
    )
    about = infolens.o_information(x, [(0, 1, 2)], rsi=True, target=2)
    assert np.isfinite(about["redundancy_synergy_index"][0])


def test_a_search_can_be_given_confidence_and_significance(x):
    table = infolens.o_information(x, order=3, top=3, bootstrap=20, surrogates=19)
    added = ["bootstrap_std", "percentile_low", "percentile_high"]
    added += ["p_value", "q_value", "null_mean", "null_std"]
    assert table.columns[:4] == ["extremum", "rank", "order", "o_information"]
    assert set(added) <= set(table.columns)
    assert table.columns[-3:] == ["neuron_0", "neuron_1", "neuron_2"]
    assert (table["p_value"] >= 1 / 20).all()
    assert (table["percentile_low"] <= table["percentile_high"]).all()


def test_units_differ_by_the_logarithm_of_two(x):
    bits = infolens.o_information(x, [(0, 1, 2)])
    nats = infolens.o_information(x, [(0, 1, 2)], unit="nats")
    for name in FOUR:
        assert bits[name][0] * np.log(2) == pytest.approx(nats[name][0], abs=1e-14)
    assert nats.units["o_information"] == "nats"


def test_tensors_on_the_host_are_taken(x):
    torch = pytest.importorskip("torch")
    tensor = torch.from_numpy(x)
    expected = infolens.o_information(x, [(0, 1, 2)])["o_information"]
    assert np.array_equal(infolens.o_information(tensor, [(0, 1, 2)])["o_information"], expected)
