# SPDX-License-Identifier: Apache-2.0
"""Table: columns, subsets, and how it shows itself."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from support import sample

import infolens


@pytest.fixture
def table():
    x, y = sample()
    return infolens.neuron_measures({"a": x, "b": x[:, :3]}, y, quantizer=infolens.uniform(8))


def test_columns_are_numpy_arrays_of_their_type(table):
    assert table["entropy"].dtype == np.float64
    assert table["neuron"].dtype == np.int64
    assert all(type(name) is str for name in table["layer"])
    assert len(table) == 10
    assert set(table.units.values()) == {"", "bits"}
    assert all(table.descriptions.values())


def test_numbers_are_not_copied_and_outlive_their_table(table):
    entropy = table["entropy"]
    assert table["entropy"] is entropy
    assert not entropy.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        entropy[0] = 1
    expected = entropy.copy()
    del table
    gc.collect()
    junk = [np.random.default_rng(0).normal(size=10) for _ in range(1000)]
    assert np.array_equal(entropy, expected)
    assert len(junk) == 1000


def test_an_unknown_column_lists_those_there_are(table):
    with pytest.raises(
        infolens.NotFoundError, match=r"no column 'mi'.*mutual_information"
    ) as error:
        table["mi"]
    assert not str(error.value).startswith("'")
    assert isinstance(error.value, KeyError)
    assert "mi" not in table
    assert "entropy" in table


def test_rows_are_dicts(table):
    rows = list(table)
    assert rows[7]["layer"] == "b"
    assert rows[7]["neuron"] == 0
    assert rows[7]["entropy"] == table["entropy"][7]


def test_sorting_is_stable_and_puts_nan_last():
    x, y = sample(60, 3, classes=2)
    table = infolens.class_measures(x, np.eye(3)[y])
    for descending in (False, True):
        values = table.sort("specific_information", descending=descending)["specific_information"]
        assert np.isnan(values[-3:]).all()
        steps = np.diff(values[:-3])
        assert (steps <= 0).all() if descending else (steps >= 0).all()
    assert table.sort("layer", descending=True)["neuron"].tolist() == table["neuron"].tolist()


def test_rows_are_selected_by_value_and_by_mask(table):
    assert table.where(layer="b")["neuron"].tolist() == [0, 1, 2]
    assert table.where(layer="a", neuron=[0, 6])["neuron"].tolist() == [0, 6]
    above = table.where(table["entropy"] > np.median(table["entropy"]))
    assert len(above) == 5
    assert above.metadata == table.metadata
    assert above.units == table.units
    assert len(table.where(layer="none")) == 0
    assert len(table.head(3)) == 3
    with pytest.raises(infolens.NotFoundError):
        table.where(nothing=1)
    with pytest.raises(infolens.ArgumentError, match="boolean"):
        table.where([1, 2])


def test_it_becomes_a_data_frame(table):
    pandas = pytest.importorskip("pandas")
    frame = table.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert frame.columns.tolist() == table.columns
    assert np.array_equal(frame["entropy"].to_numpy(), table["entropy"])
    assert frame["layer"].tolist() == table["layer"].tolist()
    assert frame.attrs["metadata"]["unit"] == "bits"
    frame.loc[0, "entropy"] = -1.0
    assert table["entropy"][0] >= 0
    assert frame.groupby("layer")["mutual_information"].max().shape == (2,)


def test_it_shows_its_first_rows_units_and_origin(table):
    text = repr(table)
    assert "entropy [bits]" in text
    assert "10 rows" in text
    assert "uniform(8" in text
    assert max(map(len, text.splitlines()[:12])) < 160
    assert "… 7 more rows" in table.to_text(3)
    markup = table._repr_html_()
    assert markup.count("<tr>") == 11
    assert "H(T)" in markup


def test_it_escapes_what_names_contain():
    x, y = sample(50, 1)
    table = infolens.neuron_measures({"<b>&": x}, y)
    assert "<b>&" not in table._repr_html_()
    assert "&lt;b&gt;&amp;" in table._repr_html_()
    assert table["layer"][0] == "<b>&"
