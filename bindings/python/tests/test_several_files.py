# SPDX-License-Identifier: Apache-2.0
"""Several files as one dump, samples without labels, and samples along the last axis."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support import sample

import infolens

h5py = pytest.importorskip("h5py")

NUMBERS = ("entropy", "mutual_information", "kl_selectivity")


def write(path, x, y, name="fc"):
    with h5py.File(path, "w") as file:
        file[f"layers/{name}/activations"] = x.astype(np.float32)
        file["labels"] = y
    return path


@pytest.fixture
def shards(tmp_path):
    """A file of 500 samples, and the same in twelve parts."""
    x, y = sample()
    whole = write(tmp_path / "whole.h5", x, y)
    (tmp_path / "parts").mkdir()
    cuts = np.array_split(np.arange(len(y)), 12)
    parts = [
        write(tmp_path / "parts" / f"part-{i}.h5", x[cut], y[cut]) for i, cut in enumerate(cuts)
    ]
    return whole, parts


def same(first, second):
    return all(np.array_equal(first[name], second[name], equal_nan=True) for name in NUMBERS)


def test_shards_measure_as_the_file_that_they_were(shards):
    whole, parts = shards
    quantizer = infolens.uniform(8)
    expected = infolens.open(whole).neuron_measures(quantizer=quantizer)
    for asked in (parts, map(str, parts), str(whole.parent / "parts" / "part-*.h5")):
        with infolens.open(asked) as dump:
            assert len(dump.paths) == 12
            assert Path(dump.paths[2]).name == "part-2.h5"
            assert dump["fc"].shape == (500, 7)
            assert same(dump.neuron_measures(quantizer=quantizer), expected)
            assert np.array_equal(dump["fc"].read(), infolens.open(whole)["fc"].read())


def test_a_pattern_finds_files_in_the_order_of_their_numbers(shards, monkeypatch):
    folder = shards[0].parent
    monkeypatch.chdir(folder)
    with infolens.open("parts/part-1*.h5") as dump:
        assert dump.paths == ["parts/part-1.h5", "parts/part-10.h5", "parts/part-11.h5"]
        assert dump.path == "parts/part-1*.h5"
        assert "parts/part-1*.h5" in repr(dump)
    with infolens.open(["whole.h5", "parts/part-0.h5", b"parts/part-1.h5"]) as dump:
        assert dump.path == "whole.h5 and 2 more files"
        assert "whole.h5 and 2 more files" in repr(dump)
    with pytest.raises(infolens.FileMissingError, match="no file matches this pattern"):
        infolens.open("parts/none-*.h5")


def test_a_file_that_is_called_like_a_pattern_comes_first(shards):
    _, parts = shards
    literal = write(parts[0].parent / "part-[1].h5", *sample(samples=60))
    with infolens.open(literal) as dump:
        assert dump["fc"].samples == 60


@pytest.mark.parametrize(
    ("path", "error", "text"),
    [
        ([], infolens.ArgumentError, "empty list"),
        (3, infolens.ArgumentError, "not int"),
        ([3], infolens.ArgumentError, "not int"),
        (["nothing.h5", "nowhere.h5"], infolens.FileMissingError, "nothing.h5"),
    ],
)
def test_paths_that_are_none_are_errors(path, error, text):
    with pytest.raises(error, match=text):
        infolens.open(path)


def test_files_that_do_not_fit_together_are_named(shards, tmp_path):
    whole, _ = shards
    x, y = sample(neurons=5)
    wide = write(tmp_path / "narrow.h5", x, y)
    with pytest.raises(infolens.ShapeError, match=r"narrow\.h5"):
        infolens.open([whole, wide])
    other = write(tmp_path / "other.h5", x, y, name="other")
    with pytest.raises(infolens.NotFoundError, match=r"other\.h5"):
        infolens.open([whole, other])


def test_classes_of_several_files_are_joined_by_name(tmp_path):
    x, y = sample(samples=40)
    names = np.array(["ant", "bee", "cat", "dog"], dtype=object)[y]
    few = np.isin(names, ["bee", "dog"])
    parts = [
        write(tmp_path / f"{i}.h5", x[mask], names[mask].astype("S3"))
        for i, mask in enumerate((few, ~few))
    ]
    with infolens.open(parts) as dump:
        classes = dump.classes()
        assert classes["class"].tolist() == sorted(set(names))
        assert classes["samples"].tolist() == [
            int((names == name).sum()) for name in sorted(set(names))
        ]


@pytest.fixture
def gaps(tmp_path):
    """Activations with labels of which every seventh is missing."""
    x, y = sample()
    x = x.astype(np.float32)
    missing = np.arange(len(y)) % 7 == 3
    path = tmp_path / "gaps.h5"
    with h5py.File(path, "w") as file:
        file["layers/fc/activations"] = x
        file["labels"] = np.where(missing, np.nan, y)
        file["codes"] = np.where(missing, -1, y)
    return path, x, y, missing


def test_missing_labels_are_refused_left_out_or_a_class(gaps):
    path, x, y, missing = gaps
    quantizer = infolens.uniform(6)
    with infolens.open(path) as dump:
        with pytest.raises(infolens.NumericError, match='missing_labels="exclude"'):
            dump.neuron_measures()
        left = dump.neuron_measures(quantizer=quantizer, missing_labels="exclude")
        assert same(left, infolens.neuron_measures(x[~missing], y[~missing], quantizer=quantizer))
        named = dump.neuron_measures(quantizer=quantizer, missing_labels="class")
        assert same(
            named, infolens.neuron_measures(x, np.where(missing, 9, y), quantizer=quantizer)
        )
        assert dump.classes(missing_labels="class")["class"].tolist() == [
            "0",
            "1",
            "2",
            "3",
            "missing",
        ]
        codes = dump.neuron_measures(quantizer=quantizer, labels="/codes", missing_labels="exclude")
        assert same(codes, left)
        plain = dump.neuron_measures(quantizer=quantizer, labels="/codes")
        assert same(
            plain, infolens.neuron_measures(x, np.where(missing, -1, y), quantizer=quantizer)
        )
        with pytest.raises(infolens.ArgumentError, match="missing_labels"):
            dump.neuron_measures(missing_labels="drop")


def test_what_needs_no_labels_does_not_miss_them(gaps):
    path, x, _, _ = gaps
    with infolens.open(path) as dump:
        assert np.array_equal(dump["fc"].read(), x)
        assert dump["fc"].plan.path == "blocks"
        assert len(dump.neuron_ranges()) == 7
        assert len(dump.pairwise_mutual_information()) == 28
        assert len(dump["fc"].o_information([(0, 1, 2)])) == 1
        with pytest.raises(infolens.NumericError, match="missing_labels"):
            dump["fc"].o_information([(0, 1, 2)], label="class-conditional")
        found = dump["fc"].o_information(
            [(0, 1, 2)], label="class-conditional", missing_labels="exclude"
        )
        assert len(found) == 1


def test_samples_along_the_last_axis_are_the_same_samples(tmp_path):
    x, y = sample()
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["layers/fc/activations"] = np.ascontiguousarray(x.T)
        file["labels"] = y
    with infolens.open(tmp_path / "t.h5") as dump:
        found = dump.neuron_measures(quantizer=infolens.uniform(8), sample_axis=-1)
        assert same(found, infolens.neuron_measures(x, y, quantizer=infolens.uniform(8)))
        with pytest.raises(infolens.ArgumentError, match="sample_axis"):
            dump.neuron_measures(sample_axis=1)


def test_the_command_takes_several_files(shards, capsys):
    from infolens._command import main

    whole, parts = shards
    lines = []
    for files in ([whole], parts):
        assert main(["measures", *map(str, files), "--csv"]) == 0
        lines.append(capsys.readouterr().out)
    assert lines[0] == lines[1]
    assert main(["describe", *map(str, parts), "--csv"]) == 0
    assert "rows of 12 files" in capsys.readouterr().out


def test_the_report_of_several_files_is_called_after_them(shards, tmp_path):
    _, parts = shards
    with infolens.open(parts) as dump:
        page = infolens.report(dump, tmp_path / "r.html", ablation=False, o_information=False)
    assert "part-0.h5 and 11 more files" in page.read_text(encoding="utf-8")
