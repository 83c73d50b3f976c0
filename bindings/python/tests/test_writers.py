# SPDX-License-Identifier: Apache-2.0
"""Tables in files: what was written reads back, and nothing is written by half."""

from __future__ import annotations

import copy
import csv
import json
import math
import pickle
from pathlib import Path

import numpy as np
import pytest
from support import sample

import infolens
from infolens._table import table_of

TEXTS = ["plain", 'a,"b"', "two\nlines", "größer 数 😀", "", "\\\t'"]
NUMBERS = [0.1, -0.0, 5e-324, math.inf, -math.inf, math.nan]


@pytest.fixture
def awkward():
    return table_of(
        {"number": NUMBERS, "integer": np.arange(6) - 2**62, "text, too": TEXTS},
        units={"number": "bits"},
        descriptions={"number": 'with "quotes"'},
        metadata={"unit": "bits", "note": "line\nbreak"},
    )


@pytest.fixture
def result():
    return infolens.neuron_measures(*sample(), quantizer=infolens.uniform(8))


def test_csv_reads_back(awkward, tmp_path):
    path = tmp_path / "table.csv"
    awkward.to_csv(path)
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == awkward.columns
    assert [row[2] for row in rows] == TEXTS
    assert [int(row[1]) for row in rows] == awkward["integer"].tolist()
    numbers = np.array([float(row[0]) for row in rows])
    assert numbers[:5].tobytes() == np.array(NUMBERS[:5]).tobytes()
    assert [row[0] for row in rows][3:] == ["Inf", "-Inf", "NaN"]


def test_pandas_reads_the_same_bits_from_csv(result, tmp_path):
    pandas = pytest.importorskip("pandas")
    result.to_csv(str(tmp_path / "table.csv"))
    frame = pandas.read_csv(tmp_path / "table.csv", engine="python")
    assert frame.columns.tolist() == result.columns
    for name in result.columns[1:]:
        assert frame[name].dtype == result[name].dtype
        assert frame[name].to_numpy().tobytes() == result[name].tobytes()


def test_pandas_reads_what_is_not_finite_from_csv(awkward, tmp_path):
    pandas = pytest.importorskip("pandas")
    awkward.to_csv(tmp_path / "table.csv")
    frame = pandas.read_csv(tmp_path / "table.csv")
    assert frame["number"].tolist()[3:5] == [math.inf, -math.inf]
    assert frame["number"].isna().tolist() == [False] * 5 + [True]


def test_json_reads_back(awkward, tmp_path):
    path = tmp_path / "table.json"
    awkward.to_json(path)
    read = json.loads(path.read_text(encoding="utf-8"))
    assert read["metadata"] == awkward.metadata
    number, integer, text = read["columns"]
    assert {key: number[key] for key in ("name", "unit", "description", "type")} == {
        "name": "number",
        "unit": "bits",
        "description": 'with "quotes"',
        "type": "double",
    }
    assert number["values"] == [0.1, -0.0, 5e-324, None, None, None]
    assert integer["type"] == "integer"
    assert integer["values"] == awkward["integer"].tolist()
    assert text["type"] == "string"
    assert text["values"] == TEXTS


def test_a_result_and_its_copies_write_the_same_file(result, tmp_path):
    result.to_json(tmp_path / "result.json")
    copies = (result.head(100), copy.deepcopy(result), pickle.loads(pickle.dumps(result)))
    for made in copies:
        made.to_json(tmp_path / "copy.json")
        assert (tmp_path / "copy.json").read_bytes() == (tmp_path / "result.json").read_bytes()


def test_paths_are_of_every_kind(result, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result.to_csv("a.csv")
    result.to_csv(b"b-\xff.csv")
    result.to_csv(tmp_path / "c.csv")
    assert len({file.read_bytes() for file in Path().iterdir()}) == 1
    assert len(list(tmp_path.iterdir())) == 3
    with pytest.raises(infolens.ArgumentError, match="not int"):
        result.to_csv(3)
    with pytest.raises(infolens.ArgumentError, match="NUL"):
        result.to_json("a\0b")


def test_what_cannot_be_written_is_said_and_nothing_is_left(result, tmp_path):
    with pytest.raises(infolens.FileError, match="is a folder"):
        result.to_csv(tmp_path)
    with pytest.raises(infolens.FileError, match="make its folder first") as error:
        result.to_json(tmp_path / "none" / "table.json")
    assert isinstance(error.value, OSError)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_file_alone(result, tmp_path):
    resource = pytest.importorskip("resource")
    path = tmp_path / "table.csv"
    path.write_text("old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Python ignores SIGXFSZ, so that the limit is an error as a full disk is.
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(infolens.FileError, match="make room"):
            result.to_csv(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
