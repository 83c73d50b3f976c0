# SPDX-License-Identifier: Apache-2.0
"""The names and shapes that callers may rely on."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from support import DIGITS, sample

import infolens

COLUMNS = [
    "layer",
    "neuron",
    "entropy",
    "conditional_entropy",
    "mutual_information",
    "kl_selectivity",
    "kl_selectivity_class",
]


def test_neuron_measures_of_a_dump_have_the_promised_columns(digits):
    table = digits.neuron_measures()
    assert table.columns == COLUMNS
    assert len(table) == 32 + 32 + 10
    assert list(dict.fromkeys(table["layer"])) == digits.layers == ["fc1", "fc2", "output"]


def test_neuron_measures_of_arrays_have_the_promised_columns():
    table = infolens.neuron_measures(*sample())
    assert table.columns == COLUMNS
    assert table["neuron"].tolist() == list(range(7))


def test_a_mapping_gives_the_rows_of_its_arrays_in_order():
    x, y = sample()
    table = infolens.neuron_measures({"b": x[:, :3], "a": x}, y)
    assert table["layer"].tolist() == ["b"] * 3 + ["a"] * 7
    both = infolens.neuron_measures(x, y)["mutual_information"]
    assert np.array_equal(table.where(layer="a")["mutual_information"], both)


def test_the_method_has_the_promised_defaults():
    parameters = inspect.signature(infolens.Dump.neuron_measures).parameters
    assert list(parameters)[1:4] == ["layers", "quantizer", "unit"]
    assert parameters["layers"].default is None
    assert parameters["quantizer"].default == infolens.threshold(0.0)
    assert parameters["unit"].default == "bits"


def test_dump_and_array_functions_agree_on_their_shared_defaults():
    for name in ("neuron_measures", "class_measures"):
        method = inspect.signature(getattr(infolens.Dump, name)).parameters
        function = inspect.signature(getattr(infolens, name)).parameters
        for option in set(method) & set(function):
            assert method[option].default == function[option].default, (name, option)


def test_class_measures_have_a_row_a_neuron_and_class(digits):
    table = digits.class_measures("output")
    expected = ["layer", "neuron", "class", "class_probability", "specific_information"]
    assert table.columns == expected
    assert len(table) == 10 * 10
    assert table["class"].tolist() == list(range(10)) * 10


def test_a_layer_measures_itself(digits):
    layer = digits["fc2"]
    assert layer.name == "fc2"
    assert layer.shape == (899, 32)
    whole = digits.neuron_measures(unit="nats").where(layer="fc2")
    assert np.array_equal(layer.neuron_measures(unit="nats")["entropy"], whole["entropy"])
    assert len(layer.class_measures()) == 320


def test_nats_are_bits_times_log_2(digits):
    bits, nats = digits.neuron_measures(unit="bits"), digits.neuron_measures(unit="nats")
    for name in COLUMNS[2:6]:
        assert np.allclose(bits[name] * np.log(2), nats[name], rtol=1e-14, atol=1e-15)
    assert bits.units["entropy"] == "bits"
    assert nats.units["entropy"] == "nats"


def test_one_measure_can_be_asked_for_alone(digits):
    table = digits.neuron_measures("fc1", measures="mutual_information")
    assert table.columns == ["layer", "neuron", "mutual_information"]


def test_without_labels_only_the_entropy_is_computed():
    x, y = sample()
    alone = infolens.neuron_measures(x)
    assert alone.columns == ["layer", "neuron", "entropy"]
    assert np.array_equal(alone["entropy"], infolens.neuron_measures(x, y)["entropy"])


def test_the_registry_lists_the_measures_with_their_papers():
    registry = infolens.measures()
    assert {"entropy", "mutual_information", "kl_selectivity"} <= set(registry["name"])
    assert all(registry["description"])
    assert all(registry["reference"])


def test_versions_agree():
    assert infolens.library_version() == infolens.__version__


def test_metadata_say_what_was_computed(digits):
    made = digits.neuron_measures(quantizer=infolens.uniform(30)).metadata
    assert made["samples"] == "899"
    assert made["classes"] == "10"
    assert made["unit"] == "bits"
    assert made["version"] == infolens.__version__
    assert "uniform" in made["quantizer"]


def test_a_dump_shows_its_layers(digits):
    assert "fc1" in repr(digits)
    assert "899 × 32" in repr(digits)
    assert "with labels" in repr(digits)
    assert "<table>" in digits._repr_html_()
    assert list(digits) == digits.layers
    assert len(digits) == 3
    assert "fc1" in digits
    assert "layers/fc1/activations" in {p.lstrip("/") for p in digits.describe()["path"]}


def test_the_classes_of_a_dump_are_counted(digits):
    classes = digits.classes()
    assert classes["class"].tolist() == list(range(10))
    assert classes["samples"].sum() == 899
    assert classes["probability"].sum() == pytest.approx(1, abs=1e-15)


def test_a_closed_dump_says_so():
    dump = infolens.open(str(DIGITS))
    table = dump.neuron_measures("fc1")
    dump.close()
    dump.close()
    assert table["entropy"].max() > 0
    assert "closed" in repr(dump)
    with pytest.raises(infolens.ArgumentError, match="closed"):
        dump.neuron_measures()


def test_everything_public_has_a_docstring():
    for name in infolens.__all__:
        if name != "__version__":
            assert inspect.getdoc(getattr(infolens, name)), name
