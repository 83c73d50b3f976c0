# SPDX-License-Identifier: Apache-2.0
"""Ablation equals what numpy computes by evaluating the whole network at every step."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from dense import assert_curve, dense, measured

import infolens


def pairs(rows):
    """The order of a curve, as (layer, neuron) pairs."""
    removed = zip(rows["removed_layer"].tolist(), rows["removed_neuron"].tolist(), strict=True)
    return list(removed)[1:]


NETWORKS = [
    ("relu", "tanh", "softmax"),
    ("sigmoid", "sigmoid", "linear"),
    ("gelu", "leaky_relu", "softmax"),
    ("silu", "elu", "softplus"),
]


@pytest.mark.parametrize("activations", NETWORKS)
@pytest.mark.parametrize("replacement", ["zero", "mean", "value"])
def test_every_step_is_a_whole_evaluation(activations, replacement):
    made = dense(activations)
    table = made.network.ablate(
        made.data, made.y, direction="both", replacement=replacement, value=0.4
    )
    for layer, size in (("fc1", 9), ("fc2", 7)):
        ranked = measured(made).where(layer=layer)
        for direction in ("ascending", "descending"):
            rows = table.where(layer=layer, direction=direction)
            sort = ranked.sort("mutual_information", descending=direction == "descending")
            order = [(layer, int(neuron)) for neuron in sort["neuron"]]
            assert pairs(rows) == order
            assert rows["neurons_removed"].tolist() == list(range(size + 1))
            assert rows["step"].tolist() == list(range(size + 1))
            assert_curve(rows, made.curve(order, replacement, 0.4))
    assert len(table) == 2 * (10 + 8)


@pytest.mark.parametrize("replacement", ["zero", "mean"])
def test_the_whole_network_is_one_curve(replacement):
    made = dense()
    table = made.network.ablate(
        made.data, made.y, ordering="entropy", scope="network", replacement=replacement
    )
    assert set(table["layer"]) == {"network"}
    ranked = measured(made).where(layer=["fc1", "fc2"]).sort("entropy")
    order = [(row["layer"], row["neuron"]) for row in ranked]
    assert pairs(table) == order
    assert_curve(table, made.curve(order, replacement))


def test_the_table_has_the_promised_columns_and_metadata():
    made = dense()
    table = made.network.ablate(made.data, made.y)
    assert table.columns == [
        "layer",
        "ordering",
        "direction",
        "replacement",
        "repeat",
        "step",
        "neurons_removed",
        "removed_layer",
        "removed_neuron",
        "correct",
        "accuracy",
        "cross_entropy",
        *(f"accuracy_{label}" for label in range(4)),
    ]
    assert table.units["cross_entropy"] == "nats"
    assert table.units["accuracy"] == "1"
    assert table.metadata["samples"] == "200"
    assert table.metadata["classes"] == "4"
    assert table.metadata["scope"] == "layer"
    assert table.metadata["version"] == infolens.__version__
    assert float(table.metadata["largest_difference"]) < 1e-5
    assert np.array_equal(table["accuracy"], table["correct"] / 200)
    assert set(table["ordering"]) == {"mutual_information"}
    assert set(table["repeat"]) == {0}
    without = made.network.ablate(made.data, made.y, per_class=False)
    assert without.columns == table.columns[:12]


def test_several_replacements_and_directions_are_a_curve_each():
    made = dense()
    both = made.network.ablate(
        made.data, made.y, direction="both", replacement=["zero", "mean", "permute"]
    )
    curves = list(dict.fromkeys(zip(both["layer"], both["direction"], both["replacement"])))  # noqa: B905
    assert len(curves) == 2 * 2 * 3
    for direction in ("ascending", "descending"):
        for replacement in ("zero", "mean", "permute"):
            alone = made.network.ablate(
                made.data, made.y, direction=direction, replacement=replacement
            )
            rows = both.where(direction=direction, replacement=replacement)
            for column in alone.columns:
                assert np.array_equal(alone[column], rows[column]), column


def test_steps_of_several_neurons_show_every_last_step():
    made = dense()
    order = [5, 0, 7, 2, 8, 1]
    table = made.network.ablate(made.data, made.y, layers="fc1", order=order, step=4)
    assert table["neurons_removed"].tolist() == [0, 4, 6]
    assert table["step"].tolist() == [0, 1, 2]
    assert table["removed_neuron"].tolist() == [-1, 2, 1]
    assert set(table["ordering"]) == {"explicit"}
    assert set(table["direction"]) == {""}
    assert_curve(table, made.curve([("fc1", neuron) for neuron in order], step=4))


def test_a_curve_ends_below_the_accuracy_asked_for():
    made = dense()
    whole = made.network.ablate(made.data, made.y, layers="fc1", direction="descending")
    level = whole["accuracy"].min() + 0.1
    ended = made.network.ablate(
        made.data, made.y, layers="fc1", direction="descending", until=level
    )
    first = int(np.flatnonzero(whole["accuracy"] < level)[0])
    assert len(ended) == first + 1 < len(whole)
    assert np.array_equal(ended["correct"], whole["correct"][: first + 1])


@pytest.mark.parametrize("form", ["pairs", "indices", "array", "table"])
def test_an_order_may_be_given_in_any_form(form):
    made = dense()
    neurons = [3, 1, 4]
    order = {
        "pairs": [("fc2", neuron) for neuron in neurons],
        "indices": neurons,
        "array": np.array(neurons, dtype=np.int16),
        "table": measured(made).where(layer="fc2", neuron=neurons).sort("entropy"),
    }[form]
    table = made.network.ablate(made.data, made.y, layers="fc2", order=order)
    if form == "table":
        neurons = order["neuron"].tolist()
    assert_curve(table, made.curve([("fc2", neuron) for neuron in neurons]))


def test_orders_may_come_from_a_table_of_measures():
    made = dense()
    table = measured(made, quantizer=infolens.uniform(8), estimator="miller-madow")
    by_table = made.network.ablate(made.data, made.y, ordering="entropy", measures=table)
    expected = table.where(layer="fc1").sort("entropy")["neuron"].tolist()
    assert by_table.where(layer="fc1")["removed_neuron"].tolist()[1:] == expected
    measured_inside = made.network.ablate(
        made.data, made.y, ordering="entropy", quantizer=infolens.uniform(8)
    )
    plain = measured(made, quantizer=infolens.uniform(8)).where(layer="fc2").sort("entropy")
    inside = measured_inside.where(layer="fc2")["removed_neuron"].tolist()[1:]
    assert inside == plain["neuron"].tolist()


def test_a_table_of_measures_may_have_other_layers():
    made = dense()
    by_name = made.network.ablate(made.data, made.y, ordering="entropy")
    table = infolens.neuron_measures(made.data, made.y)
    assert {"inputs", "logits"} < set(table["layer"])
    by_table = made.network.ablate(made.data, made.y, ordering="entropy", measures=table)
    assert by_table["removed_neuron"].tolist() == by_name["removed_neuron"].tolist()


def test_equal_values_keep_the_order_of_their_indices():
    made = dense(("relu", "relu", "softmax"))
    constant = infolens.neuron_measures(made.activations(), quantizer=infolens.threshold(1e9))
    for direction in ("ascending", "descending"):
        table = made.network.ablate(
            made.data, made.y, ordering="entropy", measures=constant, direction=direction
        )
        assert table.where(layer="fc1")["removed_neuron"].tolist()[1:] == list(range(9))


def test_random_orders_follow_from_the_seed():
    made = dense()
    runs = []
    for seed in (5, 5, 6):
        with infolens.context(seed=seed):
            table = made.network.ablate(made.data, made.y, random_repeats=3)
        random = table.where(ordering="random")
        assert set(random["repeat"]) == {0, 1, 2}
        for layer in ("fc1", "fc2"):
            for repeat in range(3):
                rows = random.where(layer=layer, repeat=repeat)
                assert_curve(rows, made.curve(pairs(rows)))
        runs.append(random["removed_neuron"].tolist())
    assert runs[0] == runs[1] != runs[2]
    alone = made.network.ablate(made.data, made.y, ordering="random", random_repeats=2)
    assert set(alone["ordering"]) == {"random"}


# Samples


def test_the_order_may_be_measured_on_other_samples():
    made = dense(samples=400)
    table = made.network.ablate(
        made.data, made.y, samples=slice(200, None), ordering_samples=slice(0, 200)
    )
    first = {name: t[:200] for name, t in made.activations().items()}
    ranked = infolens.neuron_measures(first, made.y[:200]).where(layer="fc1")
    order = [("fc1", int(it)) for it in ranked.sort("mutual_information")["neuron"]]
    rows = table.where(layer="fc1")
    assert pairs(rows) == order
    half = dense(samples=400)
    half.inputs, half.y = made.inputs[200:], made.y[200:]
    assert_curve(rows, half.curve(order))


@pytest.mark.parametrize("form", ["slice", "mask", "indices", "negative"])
def test_samples_are_chosen_as_numpy_does(form):
    made = dense()
    chosen = {
        "slice": slice(None, None, 2),
        "mask": np.arange(200) % 2 == 0,
        "indices": list(range(0, 200, 2)),
        "negative": np.arange(0, 200, 2) - 200,
    }[form]
    table = made.network.ablate_single(made.data, made.y, samples=chosen)
    half = dense()
    half.inputs, half.y = made.inputs[::2], made.y[::2]
    alone = half.network.ablate_single(half.data, half.y)
    for column in alone.columns:
        assert np.array_equal(alone[column], table[column]), column


def test_the_replacement_mean_may_come_from_other_samples():
    made = dense()
    table = made.network.ablate(
        made.data,
        made.y,
        layers="fc1",
        order=[4],
        replacement="mean",
        samples=slice(0, 100),
        mean_samples=slice(100, 200),
    )
    mean = made.activations()["fc1"][100:, 4].mean()
    made.inputs, made.y = made.inputs[:100], made.y[:100]
    assert_curve(table, made.curve([("fc1", 4)], "value", mean))


def test_two_samples_are_needed():
    made = dense()
    for chosen in ([], [3], slice(5, 5)):
        with pytest.raises(infolens.ShapeError, match="two"):
            made.network.ablate(made.data, made.y, samples=chosen)


# Single neurons and groups


def test_single_ablation_is_the_first_step_of_each_order():
    made = dense()
    table = made.network.ablate_single(made.data, made.y)
    assert list(zip(table["layer"], table["neuron"], strict=True)) == [
        *(("fc1", neuron) for neuron in range(9)),
        *(("fc2", neuron) for neuron in range(7)),
    ]
    correct, _, loss = made.scores()
    assert float(table.metadata["accuracy"]) == correct / 200
    assert float(table.metadata["cross_entropy"]) == pytest.approx(loss, rel=1e-5)
    for row in table:
        alone = made.scores({row["layer"]: [row["neuron"]]})
        assert row["correct"] == alone[0]
        assert row["accuracy"] == alone[0] / 200
        assert row["cross_entropy"] == pytest.approx(alone[2], rel=1e-5)
        assert row["accuracy_loss"] == pytest.approx((correct - alone[0]) / 200, abs=1e-12)
        assert row["cross_entropy_increase"] == pytest.approx(alone[2] - loss, abs=1e-5)
        assert row["accuracy_2"] == pytest.approx(alone[1][2], abs=1e-12)


@pytest.mark.parametrize("replacement", ["zero", "mean", "value"])
def test_groups_are_removed_together(replacement):
    made = dense()
    groups = [[("fc1", 0), ("fc2", 3), ("fc1", 8)], [("fc2", 6)]]
    table = made.network.ablate_groups(
        groups, made.data, made.y, replacement=replacement, value=-0.2
    )
    assert table["group"].tolist() == [0, 1]
    assert table["neurons"].tolist() == [3, 1]
    for row, removed in zip(table, ({"fc1": [0, 8], "fc2": [3]}, {"fc2": [6]}), strict=True):
        expected = made.scores(removed, replacement, -0.2)
        assert row["correct"] == expected[0]
        assert row["cross_entropy"] == pytest.approx(expected[2], rel=1e-5)


def test_groups_may_be_indices_of_a_layer_or_a_table():
    made = dense()
    by_index = made.network.ablate_groups(
        np.array([[0, 1], [2, 5]]), made.data, made.y, layer="fc1"
    )
    by_pair = made.network.ablate_groups(
        [[("fc1", 0), ("fc1", 1)], [("fc1", 2), ("fc1", 5)]], made.data, made.y
    )
    assert by_index["correct"].tolist() == by_pair["correct"].tolist()
    with pytest.raises(infolens.NotFoundError, match="groups has no column 'group'"):
        made.network.ablate_groups(measured(made), made.data, made.y)


# Properties


@pytest.mark.parametrize("settings", [{"threads": 1}, {"threads": 3}, {"memory": "1 MiB"}])
def test_threads_and_memory_change_no_bit(settings):
    made = dense(samples=1000)
    options = {"direction": "both", "replacement": ["zero", "mean"], "random_repeats": 2}
    plain = made.network.ablate(made.data, made.y, **options)
    with infolens.context(**settings):
        table = made.network.ablate(made.data, made.y, **options)
    for column in plain.columns:
        assert np.array_equal(plain[column], table[column]), column


def test_the_order_of_the_samples_changes_no_count():
    made = dense()
    plain = made.network.ablate(made.data, made.y, replacement=["zero", "mean"])
    shuffled = np.random.default_rng(0).permutation(200)
    made.inputs, made.y = made.inputs[shuffled], made.y[shuffled]
    table = made.network.ablate(made.data, made.y, replacement=["zero", "mean"])
    assert np.array_equal(plain["correct"], table["correct"])
    assert np.array_equal(plain["removed_neuron"], table["removed_neuron"])
    assert np.allclose(plain["cross_entropy"], table["cross_entropy"], rtol=1e-6)


@pytest.mark.parametrize("replacement", ["zero", "mean"])
def test_a_dead_neuron_is_not_missed(replacement):
    made = dense(("relu", "relu", "softmax"))
    name, weight, bias, activation = made.layers[0]
    bias[4] = -1e6
    made.layers[0] = (name, weight, bias, activation)
    table = made.network.ablate(made.data, made.y, layers="fc1", order=[4], replacement=replacement)
    assert table["correct"][0] == table["correct"][1]
    assert table["cross_entropy"][0] == table["cross_entropy"][1]


def test_without_neurons_the_biases_are_left():
    made = dense(("relu", "relu", "softmax"))
    last = made.network.ablate(made.data, made.y, layers="fc2")
    bias = made.layers[2][2]
    guessed = int(bias.argmax())
    assert last["correct"][-1] == (made.y == guessed).sum()
    losses = np.log(np.exp(bias).sum()) - bias[made.y]
    assert last["cross_entropy"][-1] == pytest.approx(losses.mean(), rel=1e-5)


def test_activations_of_the_first_layer_do_for_inputs():
    made = dense()
    data = {name: t for name, t in made.data.items() if name != "inputs"}
    plain = made.network.ablate(made.data, made.y)
    table = made.network.ablate(data, made.y)
    assert np.array_equal(plain["correct"], table["correct"])
    recorded = {"fc1": made.data["fc1"].astype(np.float32)}
    short = made.network.ablate(recorded, made.y, layers="fc1")
    assert_curve(short, made.curve(pairs(short)))


def test_labels_may_be_texts_in_ascending_order():
    made = dense()
    names = np.array(["ape", "bee", "cat", "dog"])
    table = made.network.ablate(made.data, names[made.y])
    plain = made.network.ablate(made.data, made.y)
    assert np.array_equal(plain["correct"], table["correct"])
    assert "accuracy_dog" in table


# Dumps


def test_dumps_and_layers_have_the_methods_of_networks(digits):
    curves = digits.ablate()
    assert list(dict.fromkeys(curves["layer"])) == ["fc1", "fc2"]
    assert np.array_equal(digits["fc2"].ablate()["correct"], curves.where(layer="fc2")["correct"])
    single = digits.ablate_single()
    assert np.array_equal(
        digits["fc1"].ablate_single()["correct"], single.where(layer="fc1")["correct"]
    )
    groups = digits["fc2"].ablate_groups([[5], [6]])
    assert groups["correct"].tolist() == single.where(layer="fc2")["correct"][5:7].tolist()
    explicit = digits["fc1"].ablate(order=[3, 4])
    assert explicit["removed_neuron"].tolist() == [-1, 3, 4]


def test_another_dump_may_measure_and_balance(digits):
    with infolens.open(digits.path) as other:
        table = digits.ablate(replacement="mean", ordering_samples=other, mean_samples=other)
    plain = digits.ablate(replacement="mean")
    for column in plain.columns:
        assert np.array_equal(plain[column], table[column]), column


def test_a_network_of_a_function_may_be_ordered_by_a_dump(digits):
    network = infolens.Network.from_callback(
        {"fc1": 32}, lambda removed: float(sum(map(len, removed.values()))), "score"
    )
    table = digits.ablate(network=network, layers="fc1")
    expected = digits.neuron_measures("fc1").sort("mutual_information")["neuron"]
    assert table["removed_neuron"].tolist()[1:] == expected.tolist()


@pytest.mark.parametrize("replacement", ["zero", "mean", "value"])
def test_an_exported_network_opens_again_and_has_the_accuracy(digits, tmp_path, replacement):
    weakest = digits.neuron_measures(["fc1", "fc2"]).sort("mutual_information").head(20)
    path = tmp_path / "smaller.h5"
    digits.network().export(weakest, path, replacement=replacement, value=0.1)
    expected = digits.ablate(
        scope="network", order=weakest, step=20, replacement=replacement, value=0.1
    )
    with infolens.open(path) as smaller:
        assert smaller.network().layers["neurons"].sum() == 64 + 10 - 20
        assert smaller.network().check()["relative_difference"].max() < 1e-5
        table = smaller.ablate(layers="fc1", step=64)
        assert table["correct"][0] == expected["correct"][-1]
        assert table["cross_entropy"][0] == pytest.approx(expected["cross_entropy"][-1], rel=1e-5)


def test_a_network_of_arrays_is_exported_with_its_samples(tmp_path):
    made = dense()
    path = tmp_path / "smaller.h5"
    made.network.export([("fc1", 2), ("fc2", 5)], path, made.data, made.y, samples=slice(0, 150))
    with infolens.open(path) as dump:
        assert dump.network().layers["neurons"].tolist() == [8, 6, 4]
        found = dump.ablate(layers="fc1", order=[0])
    made.inputs, made.y = made.inputs[:150], made.y[:150]
    assert found["correct"][0] == made.scores({"fc1": [2], "fc2": [5]})[0]


def test_threads_may_share_a_dump_and_its_network(digits):
    expected = digits.ablate()["correct"]
    with ThreadPoolExecutor(4) as pool:
        tables = list(pool.map(lambda _: digits.ablate(), range(8)))
    assert all(np.array_equal(table["correct"], expected) for table in tables)


def test_an_export_refuses_what_makes_no_network(digits, tmp_path):
    network = digits.network()
    path = tmp_path / "smaller.h5"
    with pytest.raises(infolens.ArgumentError, match="fc1"):
        network.export(range(32), path, layer="fc1")
    with pytest.raises(infolens.ArgumentError, match="twice"):
        network.export([3, 3], path, layer="fc1")
    with pytest.raises(infolens.ArgumentError, match="permute"):
        network.export([3], path, layer="fc1", replacement="permute")
    with pytest.raises(infolens.FileError):
        network.export([3], tmp_path / "nowhere" / "smaller.h5", layer="fc1")
    assert not list(tmp_path.iterdir())
