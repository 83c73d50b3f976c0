# SPDX-License-Identifier: Apache-2.0
"""O-information against brute force, other software, and the network of Clauw et al. (2022)."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest
from test_o_information import gauss

import infolens

FOUR = ["total_correlation", "dual_total_correlation", "o_information", "s_information"]


@pytest.fixture
def reference(shared):
    def read(name):
        return json.loads(shared(f"reference/reference_{name}.json").read_text())

    return read


@pytest.fixture
def array(shared):
    def read(entry):
        dtype = {"float64le": "<f8", "int64le": "<i8"}[entry["dtype"]]
        path = shared("reference") / entry["file"]
        return np.fromfile(path, dtype).reshape(entry["shape"])

    return read


@pytest.fixture
def network(shared):
    with infolens.open(shared("data/nn_mnist_o20_s0.h5")) as dump:
        yield dump


def groups_of(table):
    names = [name for name in table.columns if name.startswith("neuron_")]
    return [[row[name] for name in names if row[name] >= 0] for row in table]


@pytest.mark.parametrize("order", [4, 6])
@pytest.mark.parametrize("bias_correction", [False, True])
def test_top_lists_are_those_of_brute_force(reference, order, bias_correction):
    known = reference("bruteforce")["oinfo_bruteforce"]
    known = known[f"k{order}" + "_biascorrected" * bias_correction]
    found = infolens.o_information(
        gauss(12, 2000, 14), order=order, top=5, bias_correction=bias_correction
    )
    assert found.metadata["multiplets"] == str(known["count"])
    for extremum in ("min", "max"):
        rows = found.where(extremum=extremum)
        assert groups_of(rows) == known[f"arg{extremum}"]
        assert rows["o_information"] == pytest.approx(known[extremum], abs=1e-9)


def test_the_four_of_all_multiplets_are_those_of_the_oracle_and_of_thoi(reference, array):
    for name, case in reference("peers")["gc_hoi"]["cases"].items():
        x = array(case["data"])
        for order in case["orders"].values():
            for corrected, suffix in ((False, "raw"), (True, "bc")):
                table = infolens.o_information(
                    x, order["multiplets"], bias_correction=corrected, unit="nats"
                )
                found = np.stack([table[column] for column in FOUR], axis=1)
                for peer in ("oracle", "thoi"):
                    known = np.array(order[f"{peer}_{suffix}_nats"])
                    assert np.abs(found - known).max() < 1e-9, (name, peer, suffix)


def test_discrete_values_are_those_of_dit(reference):
    for name, dist in reference("peers")["discrete_bits"]["dists"].items():
        joint = infolens.Joint.from_counts(dist["outcomes"], dist["pmf"])
        row = next(iter(joint.o_information([tuple(range(len(dist["outcomes"][0])))])))
        found = [row[column] for column in FOUR]
        assert found == pytest.approx([dist[it] for it in ("TC", "DTC", "O", "S")], abs=1e-12), name


def test_the_index_about_a_target_is_that_of_hoi(reference, array):
    known = reference("peers")["hoi_target"]
    x, y = array(known["X"]), array(known["y"])
    groups = [(*group, 4) for group in known["multiplets_2_4"]]
    table = infolens.o_information(np.column_stack([x, y]), groups, rsi=True, target=4)
    # HOI computes in float32.
    assert table["redundancy_synergy_index"] == pytest.approx(known["rsi_bits"], abs=1e-4)


@pytest.mark.parametrize("label", ["class-conditional", "ordinal", "one-hot"])
def test_labels_in_multiplets_are_those_of_brute_force(reference, label):
    generator = np.random.default_rng(41)
    y = generator.integers(0, 4, 1200)
    means = generator.normal(size=(4, 7))
    x = means[y] * 0.7 + generator.normal(size=(1200, 7))
    known = reference("oinfo_label")
    scale = {"bits": 1.0, "nats": np.log(2)}[known.get("units", "nats")]
    for rows in known["values"][label].values():
        groups, values = zip(*rows, strict=True)
        table = infolens.o_information(x, groups, y, label, ties="ordinal", unit="nats")
        assert table["o_information"] == pytest.approx(np.array(values) * scale, abs=1e-10)


def test_ties_do_not_inform(reference, array):
    ties = reference("peers")["ties"]
    sparse, y = array(ties["Z"]), array(ties["y_sorted"])
    # Three independent neurons, of whose values 93 % are 0.
    by_rank = infolens.o_information(sparse, [(0, 1, 2)])["o_information"][0]
    assert abs(by_rank) < 0.001
    # By order of appearance they do, as HOI has it, in float32.
    by_appearance = infolens.o_information(sparse, [(0, 1, 2)], ties="ordinal")
    known = ties["hoi_sparse3_O_bits"][0]
    assert by_appearance["o_information"][0] == pytest.approx(known, abs=1e-3)
    neurons = infolens.Joint(sparse).neurons()
    assert (neurons["tied"] > 0.9).all()
    about = infolens.o_information(sparse, [(0, 1)], y, "class-conditional")
    assert abs(about["o_information"][0]) < 0.01


@pytest.mark.parametrize("layer", ["fc1", "fc2", "fc3"])
@pytest.mark.parametrize(("label", "published"), [("none", "none"), ("ordinal", "label_ordinal")])
def test_the_published_experiment_is_repeated_order_by_order(
    reference, network, layer, label, published
):
    known = reference("networks")["oinfo_seed0"][layer][published]
    joint = network[layer].preactivations.joint(label, ties="ordinal")
    for extremum, name in (("min", "synergy"), ("max", "redundancy")):
        options = {"extrema": extremum, "unit": "nats", "top": 1}
        six = joint.o_information(order=6, **options)
        path = joint.o_information(
            order=20, search="greedy", smallest_order=6, starts=1, **options
        ).sort("order")
        assert path["order"].tolist() == [step["k"] for step in known[name]]
        for row, group, step in zip(path, groups_of(path), known[name], strict=True):
            assert set(group) == set(step["members"])
            assert row["o_information"] == pytest.approx(step["omega_nats"], abs=1e-9)
        assert six["o_information"][0] == pytest.approx(path["o_information"][0], abs=1e-11)
    whole = joint.o_information([range(20)], unit="nats")["o_information"][0]
    assert whole == pytest.approx(known["full_layer"], abs=1e-9)


def test_renaming_the_classes_moves_the_published_label_alone(network, shared):
    x, y = read(shared)
    new = np.random.default_rng(0).permutation(10)[y]
    group = [(0, 3, 5, 9)]

    def value(labels, label):
        table = infolens.o_information(x, group, labels, label, unit="nats", ties="ordinal")
        return table["o_information"][0]

    assert value(y, "class-conditional") == pytest.approx(
        value(new, "class-conditional"), abs=1e-12
    )
    assert value(y, "one-hot") == pytest.approx(value(new, "one-hot"), abs=1e-9)
    assert abs(value(y, "ordinal") - value(new, "ordinal")) > 1e-3


def test_the_published_label_sees_the_order_of_samples_and_the_discrete_one_does_not(
    reference, shared
):
    known = reference("networks")["label_in_copula_trap"]
    x, y = read(shared)

    def value(label, rows, ties="ordinal"):
        table = infolens.o_information(
            x[rows], [(0, 3, 5, 9)], y[rows], label, unit="nats", ties=ties
        )
        return table["o_information"][0]

    as_given = np.arange(len(y))
    assert value("none", as_given) == pytest.approx(known["without_label"], abs=1e-9)
    discrete = value("class-conditional", as_given)
    assert discrete == pytest.approx(known["discrete_label"], abs=1e-9)
    mean_ranks = value("class-conditional", as_given, "average")
    for seed, published in enumerate(known["orders"]):
        rows = np.random.default_rng(seed).permutation(len(y))
        assert value("ordinal", rows) == pytest.approx(published, abs=1e-9)
        again = value("class-conditional", rows, "average")
        assert again == pytest.approx(mean_ranks, abs=1e-12)


def read(shared):
    with h5py.File(shared("data/nn_mnist_o20_s0.h5")) as file:
        return file["layers/fc3/preactivations"][:], file["labels"][:]


def test_a_dump_gives_its_layers_from_preactivations(network):
    table = network.o_information(
        preactivations=True, label="class-conditional", order=20, search="greedy", starts=1, top=1
    )
    assert list(dict.fromkeys(table["layer"])) == ["fc1", "fc2", "fc3"]
    assert sorted(set(table["order"])) == list(range(6, 21))
    third = network["fc3"].preactivations
    assert third.path.endswith("fc3/preactivations")
    assert third.shape == (10000, 20)
    alone = third.o_information(
        label="class-conditional", order=20, search="greedy", starts=1, top=1
    )
    assert np.array_equal(table.where(layer="fc3")["o_information"], alone["o_information"])
    one = network.o_information("fc3", preactivations=True, order=3)
    assert one.columns[0] == "layer"


def test_modules_of_weights_are_those_of_other_software(reference, network):
    known = reference("networks")["bounds_and_spectral"]["spectral"]
    found = network.network().modules(known["k"])
    assert float(found.metadata["normalized_cut"]) <= known["ncut"]
    # Equal up to the names of modules.
    pairs = set(zip(found["module"].tolist(), known["hidden_labels"], strict=True))
    assert len(pairs) == known["k"]
