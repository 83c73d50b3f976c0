# SPDX-License-Identifier: Apache-2.0
"""HDF5 files: missing, broken, hostile, and larger than memory."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support import DIGITS, child, sample

import infolens


@pytest.fixture
def write(tmp_path):
    """Writes a dump from a mapping of dataset paths to values."""
    h5py = pytest.importorskip("h5py")

    def made(datasets, mode="w", **options):
        path = tmp_path / "dump.h5"
        with h5py.File(path, mode) as file:
            for name, values in datasets.items():
                file.create_dataset(name, data=values, **options)
        return path

    return made


def test_a_missing_file_is_a_file_not_found_error(tmp_path):
    missing = tmp_path / "missing.h5"
    with pytest.raises(FileNotFoundError, match=r"missing\.h5") as caught:
        infolens.open(missing)
    assert isinstance(caught.value, infolens.NotFoundError)


def test_a_file_that_is_no_hdf5_says_so(tmp_path):
    path = tmp_path / "text.h5"
    path.write_text("layer,neuron\n" * 100)
    with pytest.raises(infolens.FormatError, match="HDF5"):
        infolens.open(path)


def test_a_folder_is_no_dump(tmp_path):
    with pytest.raises(infolens.Error):
        infolens.open(tmp_path)


@pytest.mark.parametrize("path", [None, 3, [3]])
def test_a_path_of_another_type_is_refused(path):
    with pytest.raises(infolens.ArgumentError, match="path"):
        infolens.open(path)


def test_names_that_are_not_there_are_answered_with_those_that_are(digits):
    with pytest.raises(infolens.NotFoundError, match=r"fc9.*fc1"):
        digits.neuron_measures("fc9")
    with pytest.raises(infolens.NotFoundError, match=r"fc9.*fc1, fc2, output"):
        digits["fc9"]
    with pytest.raises(infolens.NotFoundError, match="targets"):
        digits.neuron_measures(labels="targets")
    with pytest.raises(infolens.NotFoundError, match="mutual_infomation"):
        digits.neuron_measures(measures="mutual_infomation")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"unit": "bytes"}, "unit 'bytes' is unknown.*'bits', 'nats'"),
        ({"reduction": "median"}, "reduction 'median' is unknown"),
        ({"channel_axis": 0}, "channel_axis"),
        ({"layers": []}, "layers is empty"),
        ({"layers": [3]}, "layers must be a str"),
        ({"measures": []}, "measures is empty"),
    ],
)
def test_options_out_of_range_are_refused(digits, options, text):
    with pytest.raises(infolens.ArgumentError, match=text):
        digits.neuron_measures(**options)


def test_datasets_can_be_named_by_path(digits):
    named = digits.neuron_measures(["/layers/fc2/preactivations"], quantizer=infolens.uniform(9))
    assert len(named) == 32
    assert set(named["layer"]) == {"/layers/fc2/preactivations"}


def test_a_dump_without_labels_has_entropies(write):
    x, _ = sample(100, 3)
    with infolens.open(write({"layers/a/activations": x})) as dump:
        assert not dump.has_labels
        assert len(dump.neuron_measures(measures="entropy")) == 3
        with pytest.raises(infolens.NotFoundError, match="labels"):
            dump.neuron_measures()


def test_a_layer_and_labels_that_disagree_are_refused_with_both_lengths(write):
    x, y = sample(100, 3)
    path = write({"layers/a/activations": x, "labels": y[:-1]})
    with infolens.open(path) as dump, pytest.raises(infolens.ShapeError, match=r"99.*100|100.*99"):
        dump.neuron_measures()


def test_values_that_are_not_finite_are_named_by_row_and_neuron(write):
    x, y = sample(5000, 8)
    x[4321, 5] = np.nan
    with (
        infolens.open(write({"layers/a/activations": x, "labels": y})) as dump,
        pytest.raises(infolens.NumericError, match=r"row 4321.*neuron 5|neuron 5.*row 4321"),
    ):
        dump.neuron_measures()


def test_convolutions_need_a_reduction_and_the_error_names_them(write):
    generator = np.random.default_rng(0)
    images, y = generator.normal(size=(60, 3, 4, 4)), np.arange(60) % 2
    with infolens.open(write({"layers/conv/activations": images, "labels": y})) as dump:
        assert dump["conv"].shape == (60, 3, 4, 4)
        with pytest.raises(infolens.ShapeError, match=r"mean.*max.*flatten|reduction"):
            dump.neuron_measures()
        for reduction, neurons in (("mean", 3), ("max", 3), ("flatten", 48)):
            found = dump.neuron_measures(reduction=reduction)
            expected = infolens.neuron_measures(images, y, reduction=reduction)
            assert len(found) == neurons
            assert np.array_equal(found["mutual_information"], expected["mutual_information"])


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", ">f4"])
@pytest.mark.parametrize("options", [{}, {"chunks": (64, 3)}, {"compression": "gzip"}], ids=str)
def test_every_type_and_storage_gives_the_numbers_of_the_array(write, dtype, options):
    x, y = sample(500, 7)
    x = np.clip(np.round(x * 5), -100, 100)
    x = (np.abs(x) if dtype.startswith("u") else x).astype(dtype)
    path = write({"labels": y.astype("i2")})
    write({"layers/a/activations": x}, mode="a", **options)
    expected = infolens.neuron_measures(x, y, quantizer=infolens.uniform(11))
    with infolens.open(path) as dump:
        found = dump.neuron_measures("a", quantizer=infolens.uniform(11))
    for column in found.columns[2:]:
        assert np.array_equal(found[column], expected[column])


def test_string_labels_of_a_file_are_shown_again(write):
    x, y = sample(200, 4)
    names = ["wing", "bird", "ärmel", "cat"]
    labels = [names[i] for i in y]
    for stored in (np.array(labels, dtype=object), np.array([n.encode() for n in labels])):
        with infolens.open(write({"layers/a/activations": x, "labels": stored})) as dump:
            found = dump.neuron_measures()
            assert dump.classes()["class"].tolist() == sorted(names)
        expected = infolens.neuron_measures(x, labels)
        assert found["kl_selectivity_class"].tolist() == expected["kl_selectivity_class"].tolist()


# A process that looks at each file in a fork of its own: a crash takes the fork only.
JURY = """
import json, os, signal, sys, traceback
import infolens
verdicts = {}
for path in json.load(sys.stdin):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        try:
            with infolens.context(memory="64 MB", threads=2), infolens.open(path) as dump:
                found = dump.describe()
                whole = sys.argv[1] == "whole"
                names = None if whole and "/act" not in set(found["path"]) else ["act"]
                measures = "entropy" if whole and not dump.has_labels else None
                if names or dump.layers:
                    dump.neuron_measures(names, infolens.uniform(30), measures=measures)
            answer = "ok"
        except infolens.Error as error:
            answer = f"{type(error).__name__}: {error}"
        except BaseException:
            answer = "unexpected: " + traceback.format_exc()
        os.write(writer, answer.encode("utf-8", "replace")[:4000])
        os._exit(0)
    os.close(writer)
    answer = b""
    while piece := os.read(reader, 4096):
        answer += piece
    os.close(reader)
    _, status, used = os.wait4(child, 0)
    if status:
        answer = f"crash: wait status {status}".encode()
    verdicts[path] = answer.decode(), used.ru_maxrss // 1024
json.dump(verdicts, sys.stdout)
"""


def judge(paths, what="act"):
    """The answer to each file, and the MiB that it took.

    "act" asks for that dataset and its information about the labels; "whole" takes what
    the file has to offer.
    """
    result = child(JURY, what, timeout=600, input=json.dumps([str(path) for path in paths]))
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return json.loads(result.stdout)


def test_every_broken_file_is_answered_with_an_error(shared):
    folder = shared("bad/manifest.json").parent
    manifest = json.loads((folder / "manifest.json").read_text())
    refused = {
        name: entry["expect"]
        for name, entry in manifest.items()
        if entry["expect"].startswith("error") and (folder / name).exists()
    }
    assert len(refused) > 30
    verdicts = judge([folder / name for name in refused])
    wrong = {}
    for name, expect in refused.items():
        answer, megabytes = verdicts[str(folder / name)]
        is_error = answer.split(":")[0].endswith("Error")
        may_pass = " or " in expect
        if not (is_error or (may_pass and answer == "ok")) or megabytes > 400:
            wrong[name] = (expect, answer, megabytes)
    assert wrong == {}


def test_sound_files_are_read(shared):
    folder = shared("bad/manifest.json").parent
    manifest = json.loads((folder / "manifest.json").read_text())
    sound = [name for name, entry in manifest.items() if entry["expect"] == "ok"]
    paths = [folder / name for name in sound if (folder / name).exists()]
    verdicts = judge(paths, "whole")
    assert {path: answer for path, (answer, _) in verdicts.items() if answer != "ok"} == {}


def test_no_mutant_of_a_file_ends_the_process(shared):
    folder = shared("bad/fuzz")
    paths = sorted(folder.glob("*.h5"))
    assert len(paths) > 100
    for path, (answer, megabytes) in judge(paths).items():
        assert answer == "ok" or answer.split(":")[0].endswith("Error"), (path, answer)
        assert megabytes < 400, path


LARGE = """
import sys
import numpy as np
import infolens

def status(name):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name + ":"))

path, digits = sys.argv[1:]
with infolens.open(digits) as dump:
    dump.neuron_measures(quantizer=infolens.quantile(8))
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
before = status("VmRSS")
for quantizer in (infolens.threshold(0.0), infolens.uniform(30), infolens.quantile(8)):
    with infolens.context(memory="32 MB"), infolens.open(path) as dump:
        table = dump.neuron_measures(quantizer=quantizer)
        print(table["mutual_information"].sum().hex(), table["entropy"].sum().hex())
print(status("VmHWM") - before)
"""


@pytest.mark.parametrize("chunks", [None, (512, 1024)])
def test_a_dump_larger_than_the_budget_gives_the_same_numbers_in_little_memory(tmp_path, chunks):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "large.h5"
    generator = np.random.default_rng(4)
    rows, neurons = 65_536, 1024
    y = generator.integers(0, 10, rows)
    with h5py.File(path, "w") as file:
        file["labels"] = y
        data = file.create_dataset("layers/a/activations", (rows, neurons), "f4", chunks=chunks)
        pattern = generator.standard_normal((2048, neurons), dtype=np.float32)
        for start in range(0, rows, 2048):
            data[start : start + 2048] = pattern + y[start : start + 2048, None] * np.float32(0.1)
    assert path.stat().st_size >= 256 * 2**20
    result = child(LARGE, path, DIGITS, timeout=600)
    assert result.returncode == 0, result.stderr
    *sums, growth = result.stdout.split("\n")[:-1]
    assert int(growth) < 64 * 1024, f"{growth} KiB"
    with infolens.open(path) as dump:
        for line, quantizer in zip(
            sums,
            (infolens.threshold(0.0), infolens.uniform(30), infolens.quantile(8)),
            strict=True,
        ):
            table = dump.neuron_measures(quantizer=quantizer)
            found = (table["mutual_information"].sum().hex(), table["entropy"].sum().hex())
            assert line.split() == list(found)
    path.unlink()


def test_a_layer_that_cannot_be_opened_is_listed_and_refused(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "dangling.h5"
    with h5py.File(path, "w") as file:
        file["labels"] = np.arange(10) % 2
        file["layers/fc1/activations"] = np.zeros((10, 2))
        file["layers/fc2/activations"] = h5py.ExternalLink("missing.h5", "/x")
    with infolens.open(path) as dump:
        assert "fc1" in dump.layers
        assert "fc1" in repr(dump)
        assert len(dump["fc1"].neuron_measures()) == 2
        with pytest.raises(infolens.Error, match=r"missing\.h5"):
            dump.neuron_measures()
