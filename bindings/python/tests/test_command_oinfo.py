# SPDX-License-Identifier: Apache-2.0
"""The command ``infolens oinfo``: what it asks of the package, and what it shows."""

from __future__ import annotations

import csv
import io
import json

import h5py
import numpy as np
import pytest
from support import DIGITS

import infolens
from infolens._command import main
from infolens._table import table_of


@pytest.fixture
def command(capsys):
    def run(*arguments):
        code = main(["oinfo", *(str(argument) for argument in arguments)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def asked(monkeypatch):
    """Collects the calls that a line makes, which all give the same small table."""
    calls = []
    columns = {"layer": ["fc1"], "order": [3], "o_information": [0.5], "neuron_0": [1]}

    def call(self, **keywords):
        calls.append(keywords)
        return table_of(columns)

    monkeypatch.setattr(infolens.Dump, "o_information", call)
    return calls


def test_options_that_are_not_given_are_left_to_the_method(command, asked):
    assert command(DIGITS)[0] == 0
    assert asked == [{"preactivations": False, "unit": "bits", "channel_axis": 1}]


def test_options_of_a_search_are_handed_on(command, asked):
    code, _, err = command(
        *(DIGITS, "--layers", "fc1,fc2", "--preactivations", "--labels", "/labels"),
        *("--label", "one-hot", "--estimator", "gaussian", "--bias-correction", "--ties", "random"),
        *("--singular", "1e-6", "--unit", "nats", "--order", "5", "--search", "annealing"),
        *("--smallest-order", "4", "--top", "7", "--extrema", "min", "--domain", "0-3,9"),
        *("--first", "10", "--count", "20", "--starts", "2", "--steps", "50", "--gradient"),
        *("--interaction", "--rsi", "--target", "3", "--bootstrap", "9", "--surrogates", "8"),
        *("--confidence", "0.9"),
    )
    assert (code, err) == (0, "")
    assert asked == [
        {
            "layers": ["fc1", "fc2"],
            "preactivations": True,
            "labels": "/labels",
            "label": "one-hot",
            "estimator": "gaussian",
            "bias_correction": True,
            "ties": "random",
            "singular": 1e-6,
            "unit": "nats",
            "order": 5,
            "search": "annealing",
            "smallest_order": 4,
            "top": 7,
            "extrema": "min",
            "domain": [0, 1, 2, 3, 9],
            "first": 10,
            "count": 20,
            "starts": 2,
            "steps": 50,
            "gradient": True,
            "interaction": True,
            "rsi": True,
            "target": 3,
            "bootstrap": 9,
            "surrogates": 8,
            "confidence": 0.9,
            "channel_axis": 1,
        }
    ]


def test_groups_can_be_named(command, asked):
    code, _, _ = command(
        *(DIGITS, "--multiplet", "0,1,2", "--multiplet", "4-6,9", "--estimator", "nsb"),
        *("--quantizer", "uniform:4", "--alphabet", "observed"),
    )
    assert code == 0
    assert asked[0]["multiplets"] == [[0, 1, 2], [4, 5, 6, 9]]
    assert asked[0]["quantizer"] == infolens.uniform(4)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("--multiplet 0,1 --order 3", "--order has no meaning with --multiplet"),
        ("--multiplet 0,1 --top 3", "--top has no meaning with --multiplet"),
        ("--estimate --search greedy", "--search has no meaning with --estimate"),
        ("--estimate --values v.h5", "not allowed with"),
        ("--target 3", "--target is of --rsi"),
        ("--domain 5-3", "runs backwards"),
        ("--domain a", "no whole number"),
        ("--estimator psychic", "unknown"),
        ("--label hot", "invalid choice"),
        ("--multiplet 0,1,2 --plot p.png", "--plot of --multiplet"),
        ("--values v.h5", "--values writes one layer, and there are 3"),
    ],
)
def test_lines_without_meaning_end_with_the_reason(command, line, text):
    code, out, err = command(DIGITS, *line.split())
    assert (code, out) == (2, "")
    assert text in err


def test_the_table_is_that_of_the_method(command, digits):
    line = ("--order", "3", "--top", "2", "--label", "class-conditional")
    code, out, err = command(DIGITS, "--layers", "fc1", *line, "--csv")
    assert (code, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out)))
    table = digits.o_information("fc1", order=3, top=2, label="class-conditional")
    assert [float(row["o_information"]) for row in rows] == table["o_information"].tolist()
    assert list(rows[0]) == table.columns
    code, out, _ = command(DIGITS, "--layers", "fc1", *line, "--json")
    assert json.loads(out)["metadata"]["complete"] == "true"


def test_a_picture_of_curves_or_of_groups_is_drawn(command, tmp_path):
    for name, line in {
        "groups.png": ("--layers", "fc1", "--order", "3"),
        "curves.png": ("--smallest-order", "3", "--order", "4"),
        "named.png": ("--layers", "fc1", "--multiplet", "0,1,2"),
    }.items():
        path = tmp_path / name
        code, _, err = command(DIGITS, *line, "--plot", path, "--csv")
        assert (code, err) == (0, "")
        assert path.read_bytes()[:4] == b"\x89PNG"


def test_a_search_can_be_estimated(command):
    code, out, err = command(DIGITS, "--order", "4", "--estimate", "--csv")
    assert (code, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["layer"] for row in rows] == ["fc1", "fc2", "output"]
    assert [int(row["multiplets"]) for row in rows] == [35960, 35960, 210]
    assert all(float(row["seconds"]) >= 0 for row in rows)


def test_all_values_go_to_a_file(command, tmp_path, digits):
    path = tmp_path / "values.h5"
    line = ("--layers", "fc1", "--order", "3", "--values", path, "--csv")
    code, out, err = command(DIGITS, *line)
    assert (code, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert list(rows[0]) == ["low", "high", "multiplets"]
    with h5py.File(path) as file:
        values = file["o_information"][:]
    expected, _ = digits["fc1"].joint().search_values(3)
    assert np.array_equal(values, expected, equal_nan=True)


def test_the_library_s_reasons_are_shown(command):
    code, out, err = command(DIGITS, "--order", "99")
    assert (code, out) == (1, "")
    assert err.startswith("infolens: error: ")
    assert "order" in err
    code, _, err = command(DIGITS, "--preactivations", "--layers", "layers/fc1/preactivations")
    assert code == 1
    assert "has no preactivations in the file" in err


def test_warnings_are_one_line(command, tmp_path):
    path = tmp_path / "few.h5"
    with h5py.File(path, "w") as file:
        file["layers/a/activations"] = np.random.default_rng(0).normal(size=(4, 9))
    code, _, err = command(path, "--order", "5")
    assert code == 0
    assert err.startswith("infolens: warning: the search found nothing")
    assert err.count("\n") == 1


def test_an_interrupted_search_writes_the_best_so_far(command, monkeypatch):
    def stopped(self, **keywords):
        stop = KeyboardInterrupt()
        stop.partial = table_of({"o_information": [0.5]}, metadata={"complete": "false"})
        raise stop

    monkeypatch.setattr(infolens.Dump, "o_information", stopped)
    code, out, err = command(DIGITS, "--csv")
    assert code == 130
    assert out.split() == ["o_information", "0.5"]
    assert "the best so far" in err
