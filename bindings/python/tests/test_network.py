# SPDX-License-Identifier: Apache-2.0
"""Networks: of dumps, of arrays and behind functions, and what they reproduce."""

from __future__ import annotations

import gc
import inspect
import math
import traceback

import numpy as np
import pytest
from dense import ACTIVATIONS, dense
from support import child

import infolens


def test_the_network_of_a_dump_has_its_layers(digits):
    layers = digits.network().layers
    assert layers.columns == ["layer", "inputs", "neurons", "activation", "has_bias"]
    assert layers["layer"].tolist() == ["fc1", "fc2", "output"]
    assert layers["inputs"].tolist() == [64, 32, 32]
    assert layers["neurons"].tolist() == [32, 32, 10]
    assert layers["activation"].tolist() == ["relu", "relu", "softmax"]
    assert layers["has_bias"].tolist() == [1, 1, 1]


def test_a_network_shows_its_layers(digits):
    network = digits.network()
    assert "digits.h5" in repr(network)
    assert "softmax" in repr(network)
    assert "<table>" in network._repr_html_()


def test_a_dump_reproduces_what_it_recorded(digits):
    table = digits.network().check()
    expected = ["layer", "largest_difference", "sample", "neuron", "scale", "relative_difference"]
    assert table.columns == expected
    assert {"fc1", "fc2", "logits"} <= set(table["layer"])
    assert table["relative_difference"].max() < 1e-5


@pytest.mark.parametrize("activation", [it for it in ACTIVATIONS if it != "softmax"])
def test_every_activation_is_what_numpy_says(activation):
    made = dense((activation, activation, "softmax"))
    table = made.network.check(made.data, made.y)
    assert len(table) == 4
    assert table["relative_difference"].max() < 1e-6


def test_weights_of_either_layout_make_the_same_network():
    made = dense()
    turned = [(name, np.ascontiguousarray(w.T), b, f) for name, w, b, f in made.layers]
    network = infolens.Network.dense(turned, layout="out_in")
    assert network.check(made.data, made.y)["relative_difference"].max() < 1e-6
    strided = infolens.Network.dense([(n, w.T, b, f) for n, w, b, f in made.layers], "out_in")
    assert strided.check(made.data, made.y)["relative_difference"].max() < 1e-6


def test_a_scale_of_the_inputs_is_applied_before_the_first_layer():
    made = dense()
    network = infolens.Network.dense(made.layers, input_scale=0.5)
    data = {**made.data, "inputs": 2 * made.inputs}
    assert network.check(data, made.y)["relative_difference"].max() < 1e-6


def test_a_network_that_does_not_reproduce_what_was_recorded_is_refused():
    made = dense()
    data = made.data
    data["fc2"] = data["fc2"] + 0.5
    with pytest.raises(infolens.NumericError, match="fc2"):
        made.network.check(data, made.y)
    with pytest.raises(infolens.NumericError, match="fc2"):
        made.network.ablate(data, made.y)
    table = made.network.check(data, made.y, tolerance=math.inf)
    assert table.where(layer="fc2")["largest_difference"][0] == pytest.approx(0.5, abs=1e-6)
    with pytest.raises(infolens.ArgumentError, match="tolerance must be positive"):
        made.network.check(data, made.y, tolerance=0)


def test_how_near_a_recording_must_be_follows_from_its_type():
    made = dense(activations=("relu", "softmax"), widths=(12, 40, 4))
    values = made.data["fc1"].astype(np.float32)
    data = {"inputs": made.inputs, "fc1": values * np.float32(1 + 1 / 512)}
    with pytest.raises(infolens.NumericError, match=r"0\.001 is tolerated"):
        made.network.check(data, made.y)
    data["fc1"] = data["fc1"].astype(np.float16)
    made.network.check(data, made.y)
    with pytest.raises(infolens.NumericError, match=r"0\.001 is tolerated"):
        made.network.ablate(data, made.y, tolerance=1e-3)


def test_layers_that_do_not_chain_are_refused():
    w = np.ones((3, 4))
    with pytest.raises(infolens.ShapeError, match="b"):
        infolens.Network.dense([("a", w, None, "relu"), ("b", w, None, "softmax")])


@pytest.mark.parametrize(
    ("layers", "error", "text"),
    [
        ([("a", np.ones((3, 4)), None, "swoosh")], infolens.ArgumentError, "swoosh"),
        ([("a", np.ones((3, 4)), np.ones(3), "relu")], infolens.ShapeError, "bias"),
        ([("a", np.ones(3), None, "relu")], infolens.ShapeError, "weight"),
        ([("a", np.full((3, 4), np.nan), None, "relu")], infolens.NumericError, "nan"),
        ([("a", np.ones((3, 4)), None, "relu")] * 2, infolens.ArgumentError, "'?a'?"),
        ([], infolens.ArgumentError, "layers is empty"),
        (None, infolens.ArgumentError, "layers must be a list of tuples .*, not NoneType"),
        ([("a", np.ones((3, 4)))], infolens.ArgumentError, "tuples"),
        ([("a", np.ones((3, 4)), None, 3)], infolens.ArgumentError, "activation of layer 'a'"),
    ],
)
def test_layers_that_make_no_network_are_refused(layers, error, text):
    with pytest.raises(error, match=text):
        infolens.Network.dense(layers)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"layers": ["fc1", "fc9"]}, infolens.NotFoundError, "fc9"),
        ({"activations": ["relu", "relu", "swoosh"]}, infolens.ArgumentError, "swoosh"),
        ({"activations": ["relu"]}, infolens.Error, "activation"),
        ({"layout": "sideways"}, infolens.ArgumentError, "layout 'sideways' is unknown"),
        ({"input_scale": "a lot"}, infolens.ArgumentError, "input_scale must be a number"),
        ({"input_scale": 0}, infolens.ArgumentError, "input_scale must not be 0"),
    ],
)
def test_a_dump_refuses_options_that_do_not_fit(digits, options, error, text):
    with pytest.raises(error, match=text):
        digits.network(**options)


def test_a_dump_without_weights_says_what_is_missing(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "bare.h5", "w") as file:
        file["layers/fc1/activations"] = np.random.default_rng(0).normal(size=(20, 3))
        file["labels"] = np.arange(20) % 2
    dump = infolens.open(tmp_path / "bare.h5")
    with dump, pytest.raises(infolens.NotFoundError, match="weight"):
        dump.ablate()


def test_a_closed_dump_makes_no_network_but_a_network_outlives_it(digits):
    network = digits.network()
    digits.close()
    assert len(network.layers) == 3
    for work in (digits.network, digits.ablate, network.ablate):
        with pytest.raises(infolens.ArgumentError, match="closed"):
            work()


def test_networks_of_arrays_want_data():
    made = dense()
    with pytest.raises(infolens.ArgumentError, match="data must be given"):
        made.network.ablate()
    with pytest.raises(infolens.ArgumentError, match="data must be a dump or a mapping"):
        made.network.ablate(made.inputs, made.y)
    with pytest.raises(infolens.ArgumentError, match="data is an empty mapping"):
        made.network.ablate({}, made.y)
    with pytest.raises(infolens.NotFoundError, match="label"):
        made.network.ablate({"inputs": made.inputs})
    with pytest.raises(infolens.NotFoundError, match="inputs"):
        made.network.ablate({"logits": made.data["logits"]}, made.y)
    with pytest.raises(infolens.ArgumentError, match="labels names a dataset"):
        made.network.ablate(made.data, made.y, labels="labels")


def test_a_dump_has_its_own_labels(digits):
    with pytest.raises(infolens.ArgumentError, match="y must be left out"):
        digits.network().ablate(y=np.zeros(899))


# Networks behind functions


def test_networks_behind_functions_say_when_they_need_data():
    network = infolens.Network.from_callback({"a": 2}, lambda it: 1.0, "accuracy")
    for work in (network.ablate, network.diagnose):
        with pytest.raises(infolens.ArgumentError, match="data must be given"):
            work()
    with pytest.raises(infolens.ArgumentError, match="check is for dense networks"):
        network.check()
    with pytest.raises(infolens.ArgumentError, match="ordering_samples chooses samples of data"):
        network.ablate(ordering="random", ordering_samples=[0, 1])


def sizes(removed):
    return sum(map(len, removed.values()))


def test_a_function_gets_the_removed_neurons_of_each_layer():
    seen = []

    def score(removed):
        seen.append({name: neurons.tolist() for name, neurons in removed.items()})
        assert all(neurons.dtype == np.int64 for neurons in removed.values())
        return {"loss": 2.0 * sizes(removed), "accuracy": 1 - sizes(removed) / 10}

    network = infolens.Network.from_callback({"a": 3, "b": 2}, score, ("accuracy", "loss"))
    order = [("b", 1), ("a", 2), ("a", 0)]
    table = network.ablate(scope="network", order=order)
    assert seen == [{}, {"b": [1]}, {"a": [2], "b": [1]}, {"a": [0, 2], "b": [1]}]
    assert table["accuracy"].tolist() == pytest.approx([1, 0.9, 0.8, 0.7])
    assert table["loss"].tolist() == [0, 2, 4, 6]
    assert set(table["replacement"]) == {"callback"}
    assert table["removed_layer"].tolist() == ["", "b", "a", "a"]
    assert table["removed_neuron"].tolist() == [-1, 1, 2, 0]
    assert "correct" not in table
    assert network.layers["activation"].tolist() == ["callback"] * 2
    assert network.layers["inputs"].tolist() == [0, 0]


@pytest.mark.parametrize(
    "result",
    [lambda n: n, lambda n: (n,), lambda n: np.array([n]), lambda n: {"only": n, "more": "x"}],
)
def test_one_score_may_come_in_any_form(result):
    network = infolens.Network.from_callback({"a": 3}, lambda it: result(sizes(it)), "only")
    table = network.ablate(order=[2, 1])
    assert table["only"].tolist() == [0, 1, 2]


def test_random_orders_of_a_function_follow_from_the_seed():
    network = infolens.Network.from_callback({"a": 20}, lambda it: float(sizes(it)), "score")
    curves = []
    for seed in (1, 1, 2):
        with infolens.context(seed=seed):
            table = network.ablate(ordering="random", random_repeats=2)
        assert len(table) == 2 * 21
        assert table["repeat"].tolist() == [0] * 21 + [1] * 21
        curves.append(table["removed_neuron"].tolist())
        assert sorted(curves[-1][1:21]) == list(range(20))
    assert curves[0] == curves[1] != curves[2]


def test_a_function_is_ordered_by_a_table_or_by_data():
    x, y = np.random.default_rng(0).normal(size=(80, 5)), np.arange(80) % 2
    x[:, 3] += 2 * y
    network = infolens.Network.from_callback({"a": 5}, lambda it: float(sizes(it)), "score")
    measured = infolens.neuron_measures({"a": x}, y)
    by_table = network.ablate(measures=measured, direction="descending")
    by_data = network.ablate({"a": x}, y, direction="descending")
    expected = measured.sort("mutual_information", descending=True)["neuron"].tolist()
    assert by_table["removed_neuron"].tolist()[1:] == expected
    assert by_data["removed_neuron"].tolist()[1:] == expected


def test_single_and_group_ablation_of_a_function_give_losses():
    network = infolens.Network.from_callback(
        {"a": 3, "b": 2}, lambda it: 1 - sizes(it) / 10, "accuracy"
    )
    single = network.ablate_single()
    assert single["layer"].tolist() == ["a"] * 3 + ["b"] * 2
    assert single["accuracy_loss"].tolist() == pytest.approx([0.1] * 5)
    groups = network.ablate_groups([[("a", 0), ("b", 1)], [("a", 2)]])
    assert groups["neurons"].tolist() == [2, 1]
    assert groups["accuracy_loss"].tolist() == pytest.approx([0.2, 0.1])


def failing_at(count, error):
    def score(removed):
        if sizes(removed) == count:
            raise error
        return 0.5

    return infolens.Network.from_callback({"a": 5}, score, "accuracy")


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("mine"), KeyboardInterrupt(), SystemExit(3), RuntimeError("x")]
)
@pytest.mark.parametrize("count", [0, 1, 3])
def test_what_a_function_raises_comes_out_whole(error, count):
    network = failing_at(count, error)
    with pytest.raises(type(error)) as caught:
        network.ablate(ordering="random", random_repeats=1)
    assert caught.value is error
    assert caught.value.__context__ is None
    assert "in score" in "".join(traceback.format_tb(caught.tb))


def test_a_network_is_usable_after_its_function_failed():
    failures = [ValueError("once")]

    def score(removed):
        if failures:
            raise failures.pop()
        return 1.0

    network = infolens.Network.from_callback({"a": 2}, score, "accuracy")
    with pytest.raises(ValueError, match="once"):
        network.ablate_single()
    assert network.ablate_single()["accuracy"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("score", [math.nan, math.inf])
def test_scores_that_are_not_finite_are_refused(score):
    network = infolens.Network.from_callback({"a": 2}, lambda it: score, "accuracy")
    with pytest.raises(infolens.NumericError, match="accuracy"):
        network.ablate_single()


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ((1.0, 2.0), "returned 2 numbers where 1 are named"),
        ({"loss": 1.0}, "returned no 'accuracy'"),
        ("high", "must be numbers"),
        (None, "must be numbers"),
        ((), "returned 0 numbers"),
        (10**400, "must be numbers"),
    ],
)
def test_results_that_are_no_scores_are_refused(result, text):
    network = infolens.Network.from_callback({"a": 2}, lambda it: result, "accuracy")
    with pytest.raises(infolens.ArgumentError, match=text):
        network.ablate_single()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (({"a": 3}, "score", "accuracy"), "score must be a function, not str"),
        (({}, sizes, "accuracy"), "layers is empty: give at least one, for instance"),
        ((["a"], sizes, "accuracy"), "layers must map names"),
        (({"a": 0}, sizes, "accuracy"), "'a' must have a number of neurons, not 0"),
        (({"a": 2.5}, sizes, "accuracy"), "number of neurons, not 2.5"),
        (({"a": 3}, sizes, ()), "scores is empty"),
        (({3: 3}, sizes, "accuracy"), "must be a str, not int"),
    ],
)
def test_functions_without_a_network_are_refused(arguments, text):
    with pytest.raises(infolens.ArgumentError, match=text):
        infolens.Network.from_callback(*arguments)


def test_progress_can_cancel_a_function_in_mid_curve():
    steps = []
    network = infolens.Network.from_callback({"a": 50}, lambda it: float(not steps.append(0)), "s")

    def enough(stage, done, total):
        return len(steps) < 10

    with infolens.context(progress=enough), pytest.raises(infolens.CancelledError):
        network.ablate(ordering="random", random_repeats=10_000)
    assert 10 <= len(steps) < 10_000


def test_a_function_may_call_the_library(digits):
    def score(removed):
        return float(len(digits.neuron_measures("fc1")) - sizes(removed))

    network = infolens.Network.from_callback({"fc1": 32}, score, "score")
    table = network.ablate(digits, layers="fc1", step=16)
    assert table["score"].tolist() == [32, 16, 0]


INTERRUPTED = """
import os, signal, threading, time, infolens
def score(removed):
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        time.sleep(20)
    finally:
        print("left", flush=True)
    return 1.0
before = signal.getsignal(signal.SIGINT)
network = infolens.Network.from_callback({"a": 3}, score, "accuracy")
begun = time.monotonic()
try:
    network.ablate_single()
except KeyboardInterrupt:
    print("interrupted", time.monotonic() - begun < 10, signal.getsignal(signal.SIGINT) is before)
"""


def test_ctrl_c_interrupts_a_function_at_once():
    result = child(INTERRUPTED)
    assert result.stdout.split() == ["left", "interrupted", "True", "True"], result.stderr


def test_a_function_lives_as_long_as_its_network():
    network = infolens.Network.from_callback({"a": 3}, lambda it: float(sizes(it)), "score")
    gc.collect()
    assert network.ablate_single()["score"].tolist() == [1, 1, 1]


@pytest.mark.parametrize("method", ["ablate", "ablate_single", "ablate_groups", "diagnose"])
def test_methods_of_dumps_and_networks_share_their_defaults(method):
    of_dump = inspect.signature(getattr(infolens.Dump, method)).parameters
    of_network = inspect.signature(getattr(infolens.Network, method)).parameters
    assert set(of_dump) - {"network"} == set(of_network) - {"data", "y"}
    for name in set(of_dump) & set(of_network):
        assert of_dump[name].default == of_network[name].default, name
