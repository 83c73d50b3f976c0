# SPDX-License-Identifier: Apache-2.0
"""The command ``infolens ablate``: what it asks of the package, and what it shows."""

from __future__ import annotations

import csv
import inspect
import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
from support import DIGITS

import infolens
from infolens._command import main
from infolens._command.ablate import _CURVES, _DIAGNOSIS, _SINGLE, thinned
from infolens._table import table_of


@pytest.fixture
def command(capsys):
    def run(*arguments):
        code = main(["ablate", *(str(argument) for argument in arguments)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def asked(monkeypatch):
    """Collects the calls that a line makes; each method gives the same small table."""
    calls = {}
    table = table_of({"layer": ["fc1"], "neuron": [0], "accuracy_loss": [0.25]})

    def method(name, result):
        def call(self, **keywords):
            calls[name] = keywords
            return result

        monkeypatch.setattr(infolens.Dump, name, call, raising=False)

    method("ablate", table)
    method("ablate_single", table)
    method("network", "a network")
    method("diagnose", SimpleNamespace(layers=table, correlations=table, neurons=table))
    return calls


def test_options_that_are_not_given_are_left_to_the_method(command, asked):
    assert command(DIGITS)[0] == 0
    assert asked == {"ablate": {"per_class": False}}
    asked.clear()
    assert command(DIGITS, "--single")[0] == 0
    assert asked == {"ablate_single": {"per_class": False}}
    asked.clear()
    assert command(DIGITS, "--diagnose")[0] == 0
    assert asked == {"diagnose": {}}


def test_options_of_curves_are_handed_on(command, asked):
    code, _, err = command(
        *(DIGITS, "--ordering", "kl_selectivity", "--direction", "both", "--scope", "network"),
        *("--replacement", "zero,value", "--value", "-0.5", "--random-repeats", "3"),
        *("--quantizer", "uniform:30", "--layers", "fc1", "--samples", "450:", "--step", "2"),
        *("--ordering-samples", ":450:2", "--mean-samples", DIGITS, "--until", "0.5"),
        *("--per-class", "--labels", "/labels", "--reproduction", "0.01"),
    )
    assert (code, err) == (0, "")
    keywords = asked["ablate"]
    assert isinstance(keywords.pop("mean_samples"), infolens.Dump)
    assert keywords == {
        "ordering": "kl_selectivity",
        "direction": "both",
        "scope": "network",
        "replacement": ["zero", "value"],
        "value": -0.5,
        "random_repeats": 3,
        "quantizer": infolens.uniform(30),
        "layers": ["fc1"],
        "samples": slice(450, None),
        "ordering_samples": slice(None, 450, 2),
        "step": 2,
        "until": 0.5,
        "per_class": True,
        "labels": "/labels",
        "tolerance": 0.01,
    }


def test_a_network_is_made_where_its_options_are_given(command, asked):
    options = ("--activations", "relu,relu,leaky_relu(0.3)", "--layout", "out_in")
    assert command(DIGITS, "--weights", DIGITS, "--network-layers", "a,b,c", *options)[0] == 0
    assert asked["network"] == {
        "layers": ["a", "b", "c"],
        "activations": ["relu", "relu", "leaky_relu(0.3)"],
        "layout": "out_in",
    }
    assert asked["ablate"]["network"] == "a network"
    asked.clear()
    assert command(DIGITS, *options)[0] == 0
    assert asked["ablate"]["network"] == "a network"
    asked.clear()
    assert command(DIGITS, "--weights", DIGITS)[0] == 0
    assert asked["network"] == {}


def test_an_order_is_read_as_measures_write_it(command, asked, tmp_path):
    path = tmp_path / "order.csv"
    assert main(["measures", str(DIGITS), "--sort", "entropy", "--output", str(path)]) == 0
    assert command(DIGITS, "--order", path)[0] == 0
    order = asked["ablate"]["order"]
    expected = infolens.open(DIGITS).neuron_measures().sort("entropy", descending=True)
    assert order["layer"].tolist() == expected["layer"].tolist()
    assert order["neuron"].tolist() == expected["neuron"].tolist()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a,b\n1,2\n", "no column layer and neuron"),
        (b"layer,neuron\nfc1,first\n", "no layer and neuron"),
        (b"layer,neuron\nfc1\n", "no layer and neuron"),
        (b"\xff\xfe\x00", "no layer and neuron"),
        (None, "No such file"),
    ],
)
def test_an_order_that_is_none_is_refused(command, asked, tmp_path, content, reason):
    path = tmp_path / "order.csv"
    if content is not None:
        path.write_bytes(content)
    code, out, err = command(DIGITS, "--order", path)
    assert (code, out) == (1, "")
    assert err.startswith("infolens: error: ")
    assert reason in err


def test_a_diagnosis_is_three_tables(command, asked, tmp_path):
    out = command(DIGITS, "--diagnose", "--json")[1]
    assert list(json.loads(out)) == ["layers", "correlations", "neurons"]
    path = tmp_path / "diagnosis.json"
    assert command(DIGITS, "--diagnose", "--output", path)[0] == 0
    assert path.read_text() == out
    grid = command(DIGITS, "--diagnose", "--tolerance", "0.02", "--replacement", "mean")[1]
    assert grid.startswith("namespace(")
    assert "\n\nlayers\n" in grid
    assert "\n\nneurons\n" in grid
    assert asked["diagnose"] == {"tolerance": 0.02, "replacement": "mean"}
    out = command(DIGITS, "--diagnose", "--csv", "--part", "neurons")[1]
    assert next(csv.reader(io.StringIO(out))) == ["layer", "neuron", "accuracy_loss"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--replacement", "nothing"], "choose zero, mean"),
        (["--value", "1"], "--replacement value"),
        (["--single", "--replacement", "zero,mean"], "takes one"),
        (["--single", "--ordering", "entropy"], "no meaning with --single"),
        (["--diagnose", "--step", "3"], "no meaning with --diagnose"),
        (["--tolerance", "0.1"], "add --diagnose"),
        (["--diagnose", "--csv"], "--part layers|correlations|neurons"),
        (["--diagnose", "--output", "a.csv"], "--part"),
        (["--diagnose", "--sort", "neuron"], "--part"),
        (["--part", "layers"], "add that"),
        (["--single", "--diagnose"], "not allowed"),
        (["--order", "a.csv", "--direction", "both"], "order itself"),
        (["--samples", "some"], "0:500"),
        (["--step", "0"], "1 or more"),
        (["--scope", "all"], "invalid choice"),
    ],
)
def test_a_mistaken_line_is_a_usage_error(command, asked, arguments, reason):
    code, out, err = command(DIGITS, *arguments)
    assert (code, out) == (2, "")
    assert reason in err
    assert asked == {}


def test_a_terminal_sees_curves_from_end_to_end():
    steps = np.concatenate([np.arange(101), np.arange(41)])
    table = table_of({"step": steps})
    shown = thinned(table, 20)
    assert len(shown) == 20
    assert shown["step"][[0, 9, 10, 19]].tolist() == [0, 100, 0, 40]
    assert len(thinned(table, 1)) == 6
    assert len(thinned(table.head(5), 20)) == 5


# Without stand-ins


@pytest.mark.parametrize(
    ("arguments", "method", "name"),
    [
        ([], "ablate", "curves.png"),
        (["--single"], "ablate_single", "single.svg"),
    ],
)
def test_the_table_is_that_of_the_method(command, digits, tmp_path, arguments, method, name):
    pytest.importorskip("matplotlib")
    code, out, err = command(DIGITS, *arguments, "--json", "--plot", tmp_path / name)
    expected = getattr(digits, method)(per_class=False)
    read = {column["name"]: column["values"] for column in json.loads(out)["columns"]}
    assert (code, err) == (0, "")
    assert read == {column: expected[column].tolist() for column in expected.columns}
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_diagnosis_begins_with_its_reading(command, digits):
    code, out, err = command(DIGITS, "--diagnose")
    assert (code, err) == (0, "")
    assert out.startswith(f"{digits.diagnose()}\n\nlayers\n")


@pytest.mark.parametrize("method", ["ablate", "ablate_single", "diagnose"])
def test_the_command_has_what_the_methods_have(method):
    chosen = {"ablate": _CURVES, "ablate_single": _SINGLE, "diagnose": _DIAGNOSIS}[method]
    parameters = set(inspect.signature(getattr(infolens.Dump, method)).parameters)
    # Measures of one's own are tables; an order from a file does as much.
    assert {*chosen.values(), "network", "self"} == parameters - {"measures"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--ordering", "beauty"], "beauty"),
        (["--layers", "fc9"], "fc9"),
        (["--activations", "relu,relu,tan"], "tan"),
        (["--activations", "relu"], "activations"),
        (["--reproduction", "1e-30"], "fc1"),
        (["--weights", "absent.h5"], "no such file"),
    ],
)
def test_what_fails_says_why_on_standard_error(command, arguments, reason):
    code, out, err = command(DIGITS, *arguments)
    assert (code, out) == (1, "")
    assert err.startswith("infolens: error: ")
    assert reason in err
