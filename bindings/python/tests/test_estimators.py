# SPDX-License-Identifier: Apache-2.0
"""Entropies of counts and divergences: the contract, definitions in numpy, reference values."""

from __future__ import annotations

import inspect
import json
import math

import numpy as np
import pytest

import infolens

NAMES = [
    "plug-in",
    "miller-madow",
    "grassberger",
    "chao-shen",
    "james-stein",
    "jackknife",
    "nsb",
]


def digamma(x):
    """ψ(x), by recurrence up to where four terms of the asymptotic series are exact."""
    shift = 0.0
    while x < 40:
        shift, x = shift + 1 / x, x + 1
    return math.log(x) - 1 / (2 * x) - 1 / (12 * x**2) + 1 / (120 * x**4) - 1 / (252 * x**6) - shift


def plug_in(counts):
    p = counts[counts > 0] / counts.sum()
    return float(-(p * np.log(p)).sum())


def miller_madow(counts):
    return plug_in(counts) + ((counts > 0).sum() - 1) / (2 * counts.sum())


def grassberger(counts):
    def g(n):
        return digamma(n) + 0.5 * (-1) ** n * (digamma((n + 1) / 2) - digamma(n / 2))

    seen = counts[counts > 0].tolist()
    return math.log(counts.sum()) - sum(n * g(n) for n in seen) / counts.sum()


def chao_shen(counts):
    samples = counts.sum()
    coverage = 1 - (counts == 1).sum() / samples
    q = coverage * counts[counts > 0] / samples
    return float(-(q * np.log(q) / (1 - (1 - q) ** samples)).sum())


def james_stein(counts):
    samples, target, p = counts.sum(), 1 / len(counts), counts / counts.sum()
    distance = (samples - 1) * ((target - p) ** 2).sum()
    intensity = min(1.0, (1 - (p**2).sum()) / distance) if distance > 0 else 1.0
    shrunk = intensity * target + (1 - intensity) * p
    shrunk = shrunk[shrunk > 0]
    return float(-(shrunk * np.log(shrunk)).sum())


def jackknife(counts):
    samples, left_out = counts.sum(), 0.0
    for level in np.flatnonzero(counts):
        rest = counts.copy()
        rest[level] -= 1
        left_out += counts[level] / samples * plug_in(rest)
    return samples * plug_in(counts) - (samples - 1) * left_out


DEFINITIONS = {
    "plug-in": plug_in,
    "miller-madow": miller_madow,
    "grassberger": grassberger,
    "chao-shen": chao_shen,
    "james-stein": james_stein,
    "jackknife": jackknife,
}


def random_counts(seed, levels=30, samples=400):
    generator = np.random.default_rng(seed)
    return generator.multinomial(samples, generator.dirichlet(np.full(levels, 0.5)))


def test_the_function_has_the_promised_signature():
    parameters = inspect.signature(infolens.entropy).parameters
    assert {name: p.default for name, p in parameters.items() if name != "counts"} == {
        "estimator": "plug-in",
        "unit": "bits",
        "alphabet": "full",
    }
    assert isinstance(infolens.entropy([1, 1]), float)


@pytest.mark.parametrize("name", sorted(DEFINITIONS))
@pytest.mark.parametrize("seed", range(5))
def test_random_counts_have_the_entropies_of_the_definitions(name, seed):
    counts = random_counts(seed)
    expected = DEFINITIONS[name](counts)
    # The jackknife as it is defined cancels all but 1/N of its terms.
    tolerance = 1e-11 if name == "jackknife" else 1e-13
    assert abs(infolens.entropy(counts, name, unit="nats") - expected) <= tolerance
    assert abs(infolens.entropy(counts, name) - expected / math.log(2)) <= 2 * tolerance


def test_entropies_are_the_reference_values(shared):
    reference = json.loads(shared("reference/reference_peers.json").read_text())
    columns = {
        "np_plugin": ("plug-in", "full"),
        "np_miller_madow": ("miller-madow", "full"),
        "np_grassberger2003": ("grassberger", "full"),
        "np_chao_shen": ("chao-shen", "full"),
        "np_shrink_full_alphabet": ("james-stein", "full"),
        "np_shrink_observed_alphabet": ("james-stein", "observed"),
        "np_nsb_K_all_bins": ("nsb", "full"),
        "np_nsb_K_observed": ("nsb", "observed"),
    }
    for case in reference["entropy_nats"]["cases"].values():
        for column, (name, alphabet) in columns.items():
            found = infolens.entropy(case["counts"], name, "nats", alphabet)
            # The reference of nsb is an integral cut at β = 1e8.
            tolerance = 1e-8 if name == "nsb" else 1e-13
            assert abs(found - case[column]) <= tolerance, (column, case["counts"])


def test_divergences_are_the_reference_values(shared):
    reference = json.loads(shared("reference/reference_peers.json").read_text())["divergence_bits"]
    p, q = reference["p"], reference["q"]
    assert abs(infolens.kl_divergence(p, q) - reference["KL_pq"]) <= 1e-14
    assert abs(infolens.kl_divergence(q, p) - reference["KL_qp"]) <= 1e-14
    assert abs(infolens.jensen_shannon_divergence(p, q) - reference["JSD_numpy"]) <= 1e-15


def test_the_registry_lists_every_estimator_and_entropy_takes_those_it_says():
    table = infolens.estimators()
    assert table.columns == ["name", "of_entropy", "uses_alphabet", "description", "reference"]
    assert [row["name"] for row in table if row["of_entropy"]] == NAMES
    assert [row["name"] for row in table if row["uses_alphabet"]] == ["james-stein", "nsb"]
    assert all(row["description"] and row["reference"] for row in table)
    with pytest.raises(infolens.ArgumentError, match="corrects mutual information"):
        infolens.entropy([1, 2], "panzeri-treves")


@pytest.mark.parametrize("name", NAMES)
def test_the_alphabet_matters_only_where_the_registry_says(name):
    counts = np.append(random_counts(7), np.zeros(20, dtype=int))
    full, observed = (infolens.entropy(counts, name, alphabet=it) for it in ("full", "observed"))
    assert (full != observed) == (name in {"james-stein", "nsb"})
    assert abs(infolens.entropy(counts[counts > 0], name) - observed) <= 1e-14


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_counts_does_not_matter(name):
    counts = random_counts(8)
    shuffled = np.random.default_rng(9).permutation(counts)
    assert abs(infolens.entropy(shuffled, name) - infolens.entropy(counts, name)) <= 1e-14


def test_counts_may_come_as_anything_of_whole_numbers():
    expected = infolens.entropy([3, 1, 4])
    for dtype in ("int8", "uint16", "int64", "uint64", "float16", "float32", "float64", ">i4"):
        assert infolens.entropy(np.array([3, 1, 4], dtype)) == expected
    assert infolens.entropy((3.0, 1.0, 4.0)) == expected
    assert infolens.entropy(np.array([3, 9, 1, 9, 4, 9])[::2]) == expected
    assert infolens.entropy(np.array([4, 1, 3])[::-1]) == expected
    assert infolens.entropy([True, True]) == 1.0


@pytest.mark.parametrize(
    ("counts", "error", "text"),
    [
        ([1, 2.5], infolens.ArgumentError, r"counts\[1\] is 2.5"),
        ([1, float("nan")], infolens.ArgumentError, r"counts\[1\] is nan"),
        ([float("inf")], infolens.ArgumentError, r"counts\[0\] is inf"),
        ([0.25, 0.75], infolens.ArgumentError, "whole numbers"),
        ([3, -1], infolens.ArgumentError, r"counts\[1\]: is -1"),
        ([0, 0, 0], infolens.ArgumentError, "all 3 are 0"),
        ([2**32, 1], infolens.ArgumentError, "4294967295"),
        (np.array([2**63], np.uint64), infolens.ArgumentError, "too large"),
        ([], infolens.ShapeError, "empty"),
        (5, infolens.ShapeError, "one dimension"),
        ([[1, 2], [3, 4]], infolens.ShapeError, "one dimension"),
        (["a", "b"], infolens.DTypeError, "counts"),
        (None, infolens.DTypeError, "counts"),
        ([1 + 2j], infolens.DTypeError, "counts"),
    ],
)
def test_what_is_no_histogram_is_refused(counts, error, text):
    with pytest.raises(error, match=text):
        infolens.entropy(counts)


def test_unknown_words_are_refused_with_the_choices():
    with pytest.raises(infolens.NotFoundError, match="miller-madow"):
        infolens.entropy([1, 2], "miller")
    with pytest.raises(infolens.ArgumentError, match="'nats'"):
        infolens.entropy([1, 2], unit="bans")
    with pytest.raises(infolens.ArgumentError, match="'observed'"):
        infolens.entropy([1, 2], "nsb", alphabet="all")
    with pytest.raises(infolens.ArgumentError, match="estimator"):
        infolens.entropy([1, 2], None)


def test_an_estimate_that_is_not_defined_says_why():
    with pytest.raises(infolens.NumericError, match="every level occurs only once"):
        infolens.entropy([1, 1, 1], "chao-shen")
    with pytest.raises(infolens.NumericError, match="only one sample"):
        infolens.entropy([0, 1], "jackknife")


def test_divergences_have_their_closed_forms():
    assert infolens.kl_divergence([2, 1, 1], [1, 2, 1]) == 0.25
    assert infolens.kl_divergence([1, 0], [0, 1]) == math.inf
    assert infolens.kl_divergence([0.0, 1.0], [0.5, 0.5], unit="nats") == math.log(2)
    assert infolens.jensen_shannon_divergence([1, 0], [0, 7]) == 1.0
    assert infolens.jensen_shannon_divergence([1, 0], [0, 7], unit="nats") == math.log(2)
    assert infolens.jensen_shannon_divergence([3, 5], [3, 5]) == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_divergences_of_random_distributions_are_numpy_formulas(seed):
    p, q = np.random.default_rng(seed).dirichlet(np.ones(12), size=2)
    m = (p + q) / 2
    kl = float((p * np.log2(p / q)).sum())
    js = float((p * np.log2(p / m)).sum() / 2 + (q * np.log2(q / m)).sum() / 2)
    assert abs(infolens.kl_divergence(p, q) - kl) <= 1e-14
    assert abs(infolens.kl_divergence(5 * p, 0.125 * q) - kl) <= 1e-14
    assert abs(infolens.jensen_shannon_divergence(p, q) - js) <= 1e-15
    assert infolens.jensen_shannon_divergence(p, q) == infolens.jensen_shannon_divergence(q, p)


@pytest.mark.parametrize("divergence", [infolens.kl_divergence, infolens.jensen_shannon_divergence])
def test_what_is_no_distribution_is_refused(divergence):
    with pytest.raises(infolens.ShapeError, match="p has 2 weights and q has 3"):
        divergence([1, 2], [1, 2, 3])
    with pytest.raises(infolens.ShapeError, match="one dimension"):
        divergence([[1, 2]], [[1, 2]])
    with pytest.raises(infolens.NumericError, match=r"q\[1\]: is -1"):
        divergence([1, 2], [1, -1])
    with pytest.raises(infolens.NumericError, match=r"p\[0\]: is nan"):
        divergence([math.nan, 2], [1, 1])
    with pytest.raises(infolens.NumericError, match="all 2 weights are 0"):
        divergence([1, 2], [0, 0])
    with pytest.raises(infolens.ArgumentError, match="'bits'"):
        divergence([1, 2], [1, 2], unit="bit")
    with pytest.raises(infolens.DTypeError, match="p has dtype"):
        divergence(["a"], [1])
