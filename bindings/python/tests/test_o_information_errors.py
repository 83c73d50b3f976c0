# SPDX-License-Identifier: Apache-2.0
"""What O-information refuses, what it counts and skips, and how its searches are cancelled."""

from __future__ import annotations

import os
import signal
import warnings

import numpy as np
import pytest
from support import sample
from test_o_information import gauss

import infolens


@pytest.fixture
def x():
    return gauss(3, 300, 8)


@pytest.mark.parametrize(
    ("groups", "text"),
    [
        ([(0, 1, 1)], "1"),
        ([(0, 1, 2), (0, 1, 8)], "8"),
        ([(0, -1, 2)], "-1|−1"),
        ([(0,)], "order|neurons|at least"),
        ([(0, 0.5)], "whole numbers"),
        ("012", "sequence"),
        ([3], "sequence of neurons"),
        ([("a", "b")], "whole numbers"),
    ],
)
def test_multiplets_that_are_none_are_named(x, groups, text):
    with pytest.raises(infolens.ArgumentError, match=text):
        infolens.o_information(x, groups)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"order": 9}, "order"),
        ({"order": 1}, "order"),
        ({"order": 0}, "order"),
        ({"order": 3, "smallest_order": 4}, "order"),
        ({"order": 3, "first": 57}, "first|range|56"),
        ({"order": 3, "first": 50, "count": 7}, "count|range|56"),
        ({"order": 3, "domain": [0, 1, 1, 2]}, "domain"),
        ({"order": 3, "domain": [0, 1, 9]}, "domain"),
        ({"order": 3, "domain": [0, 1]}, "order|domain"),
        ({"order": 3, "domain": 3}, "domain must be a sequence"),
        ({"order": 3, "top": 0}, "top"),
        ({"order": 2.5}, "order must be a whole number"),
        ({"search": "random"}, "search 'random' is unknown"),
        ({"extrema": "most"}, "extrema 'most' is unknown"),
        ({"label": "hot"}, "label 'hot' is unknown"),
        ({"ties": "fair"}, "ties 'fair' is unknown"),
        ({"unit": "bans"}, "unit 'bans' is unknown"),
        ({"singular": -1.0}, "singular"),
        ({"target": 2}, "target is of the redundancy-synergy index"),
        ({"bootstrap": -1}, "bootstrap"),
        ({"quantizer": infolens.threshold(0)}, "quantizer has no meaning"),
        ({"estimator": "plug-in", "bias_correction": True}, "bias_correction"),
        ({"multiplets": [(0, 1, 2)], "order": 3, "top": 5}, "leave out order, top"),
    ],
)
def test_options_out_of_range_are_named(x, options, text):
    with pytest.raises(infolens.ArgumentError, match=text):
        infolens.o_information(x, **options)


def test_what_is_missing_is_named(x, digits):
    with pytest.raises(infolens.NotFoundError, match="label"):
        infolens.o_information(x, [(0, 1)], label="class-conditional")
    with pytest.raises(infolens.NotFoundError, match="'gaussian-copula', 'gaussian', 'plug-in'"):
        infolens.o_information(x, [(0, 1, 2)], estimator="psychic")
    with pytest.raises(infolens.NotFoundError, match="fc9"):
        digits.o_information("fc9")
    with pytest.raises(infolens.ArgumentError, match="empty"):
        digits.o_information([])
    with pytest.raises(infolens.ArgumentError, match="Dump's own method"):
        infolens.o_information(digits)
    with pytest.raises(infolens.NotFoundError, match="has no preactivations in the file"):
        _ = digits["fc1"].preactivations.preactivations


def test_values_that_are_none_are_named(x):
    x[4, 2] = np.nan
    with pytest.raises(infolens.NumericError, match=r"(?s)4.*2"):
        infolens.o_information(x, [(0, 1, 2)])


@pytest.mark.parametrize(
    ("C", "error", "text"),
    [
        (np.eye(3)[:2], infolens.ShapeError, "square|shape|2"),
        (np.array([[1, 0.2], [0.3, 1]]), infolens.NumericError, "symmetric"),
        (np.array([[1, 2.0], [2, 1]]), infolens.NumericError, "minor|positive definite"),
        (np.array([[1, np.nan], [np.nan, 1]]), infolens.NumericError, "NaN|nan"),
    ],
)
def test_matrices_that_are_no_covariances_are_refused(C, error, text):
    with pytest.raises(error, match=text):
        infolens.Joint.from_covariance(C)


def test_a_correction_of_a_matrix_needs_the_number_of_samples():
    with pytest.raises(infolens.ArgumentError, match="samples"):
        infolens.Joint.from_covariance(np.eye(3), bias_correction=True)
    joint = infolens.Joint.from_covariance(np.eye(3), 100, bias_correction=True)
    assert joint.o_information([(0, 1, 2)])["o_information"][0] != 0


def test_constant_and_repeated_neurons_are_counted_and_skipped(x):
    x[:, 3] = 2
    x[:, 5] = -np.exp(x[:, 4])
    table = infolens.o_information(x, order=3, top=60)
    assert np.isfinite(table["o_information"]).all()
    groups = np.stack([table[f"neuron_{i}"] for i in range(3)], 1)
    assert not (groups == 3).any()
    assert not ((groups == 4).any(1) & (groups == 5).any(1)).any()
    # All with neuron 3, and those with both 4 and 5 but not 3.
    assert table.metadata["singular"] == str(21 + 5)
    explicit = infolens.o_information(x, [(0, 1, 3), (4, 5, 6), (0, 1, 2)])
    assert [status.partition(":")[0] for status in explicit["status"]] == [
        "singular",
        "singular",
        "ok",
    ]
    assert np.isnan(explicit["o_information"]).tolist() == [True, True, False]


def test_a_search_among_singular_multiplets_says_why_it_is_empty():
    x, _ = sample(4, 9)
    with pytest.warns(RuntimeWarning, match="4 samples"):
        table = infolens.o_information(x, order=5)
    assert len(table) == 0
    assert table.metadata["singular"] == table.metadata["multiplets"] == "126"


def test_what_goes_well_warns_of_nothing(x):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        infolens.o_information(x, order=3)


def large():
    """A search that takes long enough to be stopped."""
    return infolens.Joint(gauss(1, 400, 150))


def test_cancelling_by_the_callback_gives_the_best_so_far():
    joint = large()
    with (
        infolens.context(progress=lambda stage, done, total: done < total / 10_000),
        pytest.warns(infolens.IncompleteSearch, match="cancelled") as caught,
    ):
        table = joint.o_information(order=6, top=3)
    assert table.metadata["complete"] == "false"
    assert len(table) == 6
    assert issubclass(infolens.IncompleteSearch, RuntimeWarning)
    assert caught[0].filename == __file__


def test_cancelling_among_layers_gives_those_so_far():
    seen = []

    def stop(stage, done, total):
        seen.append(stage)
        return total < 10**9 or done < total / 10_000

    layers = {"small": gauss(1, 400, 6), "large": gauss(1, 400, 150), "never": gauss(2, 400, 6)}
    with infolens.context(progress=stop), pytest.warns(infolens.IncompleteSearch):
        table = infolens.o_information(layers, order=6, top=2)
    assert list(dict.fromkeys(table["layer"])) == ["small", "large"]
    assert table.metadata["complete"] == "false"


def test_ctrl_c_carries_the_best_so_far():
    joint = large()

    def interrupt(stage, done, total):
        if done > total / 10_000:
            os.kill(os.getpid(), signal.SIGINT)

    with infolens.context(progress=interrupt), pytest.raises(KeyboardInterrupt) as stopped:
        joint.o_information(order=6, top=3)
    partial = stopped.value.partial
    assert partial.metadata["complete"] == "false"
    assert len(partial) == 6


def test_what_a_callback_raises_carries_the_best_so_far():
    def fail(stage, done, total):
        if total > 10**9 and done > total / 10_000:
            raise ZeroDivisionError

    layers = {"small": gauss(1, 400, 6), "large": gauss(1, 400, 150)}
    with infolens.context(progress=fail), pytest.raises(ZeroDivisionError) as stopped:
        infolens.o_information(layers, order=6, top=2)
    assert list(dict.fromkeys(stopped.value.partial["layer"])) == ["small", "large"]
    assert stopped.value.partial.metadata["complete"] == "false"


def test_incomplete_parts_are_not_merged():
    joint = large()
    stop = infolens.context(progress=lambda stage, done, total: done < total / 10_000)
    with stop, pytest.warns(infolens.IncompleteSearch):
        part = joint.o_information(order=6, top=3)
    with pytest.raises(infolens.ArgumentError, match="its search was cancelled"):
        infolens.merge_searches([part])


def test_searches_of_several_layers_are_not_merged(x):
    table = infolens.o_information({"a": x, "b": x}, order=3)
    with pytest.raises(infolens.ArgumentError, match="search each layer by itself"):
        infolens.merge_searches([table])


def test_errors_name_keywords_not_members_of_structs(x):
    with pytest.raises(infolens.ArgumentError) as caught:
        infolens.o_information(x, order=9)
    assert str(caught.value).startswith("order: is 9;")
