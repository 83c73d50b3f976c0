# SPDX-License-Identifier: Apache-2.0
"""Reading: every storage gives the values that h5py gives, and says how it was read."""

import h5py
import numpy as np
import pytest
from support import SHARED, child

import infolens

SAMPLES, NEURONS = 301, 37

STORAGES = {
    "contiguous": ({}, "blocks"),
    "chunks": ({"chunks": (64, 37)}, "chunks"),
    "narrow chunks": ({"chunks": (50, 8)}, "chunks"),
    "one chunk": ({"chunks": (301, 37)}, "chunks"),
    "gzip": ({"chunks": (64, 37), "compression": 4}, "chunks"),
    "gzip, narrow": ({"chunks": (50, 8), "compression": 9, "shuffle": True}, "chunks"),
    "lzf": ({"chunks": (64, 10), "compression": "lzf"}, "chunks"),
    "lzf, shuffle": ({"chunks": (64, 37), "compression": "lzf", "shuffle": True}, "chunks"),
    "fletcher32": ({"chunks": (33, 37), "fletcher32": True}, "chunks"),
    "all": ({"chunks": (33, 9), "compression": 4, "shuffle": True, "fletcher32": True}, "chunks"),
    "scale-offset": ({"chunks": (33, 9), "scaleoffset": 6}, "library"),
}
DTYPES = ["f4", "f8", "f2", ">f4", ">f8", ">f2", "i1", "u1", "i2", ">i2", "u4", "i8", ">u8", "?"]


def values(dtype, seed=3):
    random = np.random.default_rng(seed)
    x = random.normal(0, 40, (SAMPLES, NEURONS))
    x[random.random(x.shape) < 0.4] = 0
    return (x > 0) if dtype == "?" else np.abs(x).astype(dtype)


def written(folder, x, **options):
    path = folder / "x.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=x, **options)
        file["labels"] = np.arange(len(x)) % 3
    return path


@pytest.mark.parametrize("name", STORAGES)
def test_every_storage_gives_the_values_that_h5py_gives(tmp_path, name):
    options, way = STORAGES[name]
    dtypes = ["f4"] if name == "scale-offset" else DTYPES
    for dtype in dtypes:
        path = written(tmp_path, values(dtype), **options)
        with h5py.File(path) as file:
            expected = file["x"][()]
        with infolens.open(path) as dump:
            assert dump["x"].plan.path == way if "x" in dump else True
            found = dump.read("x")
            assert np.array_equal(found, expected.astype(found.dtype))
            assert np.array_equal(dump.read("x", 60, 11), found[60:71])
            assert dump.plan("x")["path"][0] == way


@pytest.mark.parametrize("memory", [1 << 20, 1 << 22, 1 << 30])
def test_measures_are_the_same_from_every_storage_and_budget(tmp_path, memory):
    x = values("f4")
    plain = infolens.neuron_measures(x, np.arange(SAMPLES) % 3, quantizer=infolens.uniform(9))
    for options, _ in list(STORAGES.values())[:-1]:
        path = written(tmp_path, x, **options)
        with infolens.context(memory=memory), infolens.open(path) as dump:
            found = dump.neuron_measures(quantizer=infolens.uniform(9))
            for column in ("entropy", "mutual_information", "kl_selectivity"):
                assert np.array_equal(found[column], plain[column]), column


def test_a_matrix_stored_transposed_is_read_with_its_samples_last(tmp_path):
    x = values("f4")
    for options, _ in STORAGES.values():
        if "scaleoffset" in options:
            continue
        chunks = options.get("chunks")
        flipped = {**options, "chunks": chunks[::-1]} if chunks else options
        path = tmp_path / "t.h5"
        with h5py.File(path, "w") as file:
            file.create_dataset("x", data=x.T, **flipped)
        with infolens.open(path) as dump:
            assert np.array_equal(dump.read("x", sample_axis=-1), x)
            assert np.array_equal(dump.read("x", 100, 7, sample_axis=-1), x[100:107])


def test_read_fills_what_it_is_given_and_refuses_what_does_not_fit(tmp_path):
    x = values("f4")
    with infolens.open(written(tmp_path, x)) as dump:
        out = np.full((10, NEURONS), -1.0)
        assert dump["x"].read(5, 10, out=out) is out
        assert np.array_equal(out, x[5:15].astype(np.float64))
        assert dump.read("x", dtype="float64").dtype == np.float64
        for bad in (np.empty((10, 3), np.float32), np.empty((NEURONS, 10), np.float32).T):
            with pytest.raises(infolens.ArgumentError, match="C-contiguous array of shape"):
                dump.read("x", 0, 10, out=bad)
        frozen = np.empty((10, NEURONS), np.float32)
        frozen.flags.writeable = False
        with pytest.raises(infolens.ArgumentError, match="read-only"):
            dump.read("x", 0, 10, out=frozen)
        with pytest.raises(infolens.DTypeError, match="float32 or float64"):
            dump.read("x", 0, 10, out=np.empty((10, NEURONS), np.int32))
        with pytest.raises(infolens.DTypeError, match="native"):
            dump.read("x", 0, 10, out=np.empty((10, NEURONS), ">f4"))
        with pytest.raises(infolens.ArgumentError, match="301"):
            dump.read("x", 300, 2)
        with pytest.raises(infolens.ArgumentError):
            dump.read("x", 301)
        with pytest.raises(infolens.ArgumentError, match="first"):
            dump.read("x", -1)
        with pytest.raises(infolens.NotFoundError, match="y"):
            dump.read("y")
    with infolens.open(written(tmp_path, values("f8"))) as dump:
        assert dump.read("x").dtype == np.float64
        with pytest.raises(infolens.DTypeError, match="give float64"):
            dump.read("x", dtype="float32")


def test_a_plan_says_what_is_slow_and_why(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("h", data=values("f2"), chunks=(64, 37), compression=4)
        file.create_dataset("s", data=values("f4"), chunks=(64, 37), scaleoffset=3)
        file["labels"] = np.arange(SAMPLES) % 3
    with infolens.open(tmp_path / "x.h5") as dump:
        plan = dump["h"].plan
        assert (plan.path, plan.reason, plan.dtype) == ("chunks", "", "float16")
        assert plan.conversion == "float16 to float32"
        assert plan.keeps
        assert plan.bytes == SAMPLES * NEURONS * 2 > plan.stored_bytes > 0
        assert str(plan) == "chunks: chunked 64 × 37, gzip, float16, float16 to float32"
        assert "libhdf5 undoes the filter" in dump["s"].plan.reason
        with infolens.context(memory=1 << 20):
            assert dump["h"].plan.keeps
        assert not dump.plan()["keeps"].all() or len(dump.plan()) == 2


def test_ranges_are_those_of_finite_values(tmp_path):
    x = values("f4")
    x[3, 1], x[4, 1], x[:, 2] = np.nan, -np.inf, np.nan
    with infolens.open(written(tmp_path, x, chunks=(64, 37), compression=4)) as dump:
        ranges = dump["x"].neuron_ranges()
    finite = np.where(np.isfinite(x), x, np.nan)
    others = np.arange(NEURONS) != 2
    assert np.array_equal(ranges["minimum"][others], np.nanmin(finite[:, others], axis=0))
    assert np.array_equal(ranges["maximum"][others], np.nanmax(finite[:, others], axis=0))
    assert np.isnan(ranges["minimum"][2])
    assert np.array_equal(ranges["zeros"], (x == 0).sum(axis=0))
    assert np.array_equal(ranges["undefined"], (~np.isfinite(x)).sum(axis=0))


def test_unwritten_chunks_are_refused_unless_they_are_allowed(tmp_path):
    path = tmp_path / "x.h5"
    for options in ({}, {"compression": 4}):
        with h5py.File(path, "w") as file:
            whole = file.create_dataset("x", (100, 4), "f4", chunks=(10, 4), **options)
            whole[20:40] = 1
            file.create_dataset("filled", (100, 4), "f4", chunks=(10, 4), fillvalue=7)[:10] = 1
        with infolens.open(path) as dump, pytest.raises(infolens.FormatError) as caught:
            dump.read("x")
        assert "8 of its 10 chunks were never written" in str(caught.value)
        assert "allow_missing" in str(caught.value)
        with infolens.open(path, allow_missing=True) as dump:
            assert dump.read("x").sum() == 80
        with infolens.open(path) as dump:
            assert dump.read("filled").sum() == 40 + 7 * 360


def test_memory_stays_within_the_budget_for_a_file_fifty_times_as_large(tmp_path):
    path = tmp_path / "large.h5"
    with h5py.File(path, "w") as file:
        whole = file.create_dataset("x", (12800, 1024), "f4", chunks=(64, 1024), compression=1)
        for start in range(0, 12800, 1280):
            whole[start : start + 1280] = np.arange(1280 * 1024).reshape(1280, 1024) % 7
    code = """
import sys, infolens, numpy as np
infolens.neuron_measures(np.zeros((2, 1), np.float32), np.arange(2))
def resident(field):
    for line in open('/proc/self/status'):
        if line.startswith(field + ':'):
            return int(line.split()[1]) * 1024
dump = infolens.open(sys.argv[1])
open('/proc/self/clear_refs', 'w').write('5')
before = resident('VmRSS')
with infolens.context(memory=1 << 20, progress=False):
    dump.neuron_measures(['x'], quantizer=infolens.uniform(30), measures=['entropy'])
print(resident('VmHWM') - before)
"""
    result = child(code, path)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) < (1 << 20) + (32 << 20)


def test_filters_of_hdf5plugin_are_found_by_themselves(tmp_path):
    pytest.importorskip("hdf5plugin")
    path = SHARED / "bad" / "filter_blosc.h5"
    if not path.exists():
        pytest.skip("no shared data")
    # The same data, which h5py can read.
    with h5py.File(path.with_name("filter_lzf.h5")) as file:
        expected = file["act"][()]
    for name in ("blosc", "zstd", "lz4_plugin"):
        with infolens.open(path.with_name(f"filter_{name}.h5")) as dump:
            assert np.array_equal(dump.read("act"), expected)
            assert "libhdf5 undoes the filter" in dump.plan("act")["reason"][0]


def test_a_missing_filter_is_named_with_the_way_to_get_it(tmp_path):
    path = SHARED / "bad" / "filter_zstd.h5"
    if not path.exists():
        pytest.skip("no shared data")
    code = """
import importlib.util, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == 'hdf5plugin' else real(name, *more)
import infolens
try:
    infolens.open(sys.argv[1]).read('act')
except infolens.FormatError as error:
    print(error)
"""
    text = child(code, path).stdout
    assert "zstd (32015)" in text
    assert "pip install hdf5plugin" in text
    assert "HDF5_PLUGIN_PATH" in text
