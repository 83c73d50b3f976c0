# SPDX-License-Identifier: Apache-2.0
"""Tables leave through the Arrow PyCapsule interface, to readers that are there or not."""

from __future__ import annotations

import ctypes
import gc

import numpy as np
import pytest
from support import child, sample

import infolens
from infolens import _abi
from infolens._table import table_of

_POINTER = ctypes.pythonapi["PyCapsule_GetPointer"]
_POINTER.restype = ctypes.c_void_p
_POINTER.argtypes = (ctypes.py_object, ctypes.c_char_p)

NAMES = {
    b"arrow_schema": _abi.ArrowSchema,
    b"arrow_array": _abi.ArrowArray,
    b"arrow_array_stream": _abi.ArrowArrayStream,
}


@pytest.fixture
def table():
    x, y = sample()
    return infolens.neuron_measures({"a": x, "bé": x[:, :3]}, y, quantizer=infolens.uniform(8))


def inside(capsule, name):
    return NAMES[name].from_address(_POINTER(capsule, name))


def column_of(array, index, dtype):
    """Column `index` of an exported array, where it is."""
    part = array.children[index].contents
    assert (part.null_count, part.offset, part.buffers[0]) == (0, 0, None)
    values = np.ctypeslib.as_array(
        ctypes.cast(part.buffers[1], ctypes.POINTER(np.ctypeslib.as_ctypes_type(dtype))),
        (part.length,),
    )
    return part, values


def texts_of(array, index):
    """Column `index` of an exported array, decoded."""
    part, codes = column_of(array, index, np.int32)
    texts = part.dictionary.contents
    ends = ctypes.cast(texts.buffers[1], ctypes.POINTER(ctypes.c_int32))
    decoded = [
        ctypes.string_at(texts.buffers[2] + ends[i], ends[i + 1] - ends[i]).decode("utf-8")
        for i in range(texts.length)
    ]
    assert len(set(decoded)) == len(decoded)
    return [decoded[code] for code in codes]


def test_a_result_is_exported_where_it_is(table):
    schema_capsule, array_capsule = table.__arrow_c_array__()
    schema, array = inside(schema_capsule, b"arrow_schema"), inside(array_capsule, b"arrow_array")
    assert schema.format == b"+s"
    assert array.length == len(table)
    fields = [schema.children[i].contents for i in range(schema.n_children)]
    assert [field.name.decode() for field in fields] == table.columns
    assert b"".join(field.format for field in fields) == b"ilggggl"
    part, entropy = column_of(array, 2, np.float64)
    assert part.buffers[1] == table["entropy"].ctypes.data
    assert np.array_equal(entropy, table["entropy"])
    assert texts_of(array, 0) == table["layer"].tolist()


def test_values_live_as_long_as_their_capsule(table):
    expected = table["entropy"].copy()
    _, capsule = table.__arrow_c_array__()
    del table
    gc.collect()
    junk = [np.random.default_rng(0).normal(size=10) for _ in range(1000)]
    assert np.array_equal(column_of(inside(capsule, b"arrow_array"), 2, np.float64)[1], expected)
    assert len(junk) == 1000


def test_a_stream_gives_one_batch(table):
    capsule = table.__arrow_c_stream__()
    stream = inside(capsule, b"arrow_array_stream")
    schema, array = _abi.ArrowSchema(), _abi.ArrowArray()
    assert stream.get_schema(ctypes.byref(stream), ctypes.byref(schema)) == 0
    assert schema.n_children == 7
    schema.release(ctypes.byref(schema))
    assert stream.get_next(ctypes.byref(stream), ctypes.byref(array)) == 0
    stream.release(ctypes.byref(stream))
    assert not stream.release
    del capsule
    assert texts_of(array, 0) == table["layer"].tolist()
    array.release(ctypes.byref(array))
    assert not array.release


def test_a_subset_is_exported_as_a_copy(table):
    subset = table.sort("entropy", descending=True).where(layer="bé")
    _, capsule = subset.__arrow_c_array__()
    array = inside(capsule, b"arrow_array")
    part, entropy = column_of(array, 2, np.float64)
    assert part.buffers[1] != subset["entropy"].ctypes.data
    assert np.array_equal(entropy, subset["entropy"])
    assert texts_of(array, 0) == ["bé"] * 3


def test_every_kind_of_column_can_be_exported():
    made = table_of(
        {
            "half": np.array([1, 2, 3], dtype=np.float32)[::-1],
            "flag": [True, False, True],
            "small": np.array([1, 2, 255], dtype=np.uint8),
            "text": ["", "a", ""],
        }
    )
    _, capsule = made.__arrow_c_array__()
    array = inside(capsule, b"arrow_array")
    assert column_of(array, 0, np.float64)[1].tolist() == [3, 2, 1]
    assert column_of(array, 1, np.int64)[1].tolist() == [1, 0, 1]
    assert column_of(array, 2, np.int64)[1].tolist() == [1, 2, 255]
    assert texts_of(array, 3) == ["", "a", ""]
    for capsule in table_of({}).__arrow_c_array__():
        assert capsule is not None


def test_columns_that_no_table_of_the_library_can_hold_are_refused():
    with pytest.raises(infolens.DTypeError, match=r"'x' .*above 2\^63"):
        table_of({"x": np.array([2**64 - 1], dtype=np.uint64)}).__arrow_c_schema__()
    with pytest.raises(infolens.DTypeError, match="'x' holds tuple"):
        table_of({"x": np.array([(1, 2), None], dtype=object)}).__arrow_c_schema__()
    with pytest.raises(infolens.ArgumentError, match="NUL"):
        table_of({"x": ["a\0b"]}).__arrow_c_schema__()


def test_dropping_a_capsule_loses_no_exception_and_no_memory(table):
    for _ in range(1000):
        # The capsule ends while the error is under way.
        with pytest.raises(ValueError, match="is not in list"):
            [].index(table.__arrow_c_stream__())


def test_capsules_may_outlive_the_interpreter():
    code = """
import sys, infolens
from infolens._table import table_of
table = table_of({"x": [1.0, 2.0]})
sys.leftover = table.__arrow_c_stream__()
class Cycle: pass
cycle = Cycle()
cycle.self, cycle.capsules = cycle, table.__arrow_c_array__()
"""
    result = child(code)
    assert (result.returncode, result.stderr) == (0, "")


def test_metadata_that_were_changed_are_exported(table):
    pyarrow = pytest.importorskip("pyarrow")
    assert pyarrow.schema(table).metadata[b"unit"] == b"bits"
    table.metadata["run"] = "7"
    assert pyarrow.schema(table).metadata[b"run"] == b"7"
    assert pyarrow.table(table)["entropy"].to_pylist() == table["entropy"].tolist()


def test_pyarrow_reads_it_without_a_copy(table):
    pyarrow = pytest.importorskip("pyarrow")
    read = pyarrow.table(table)
    read.validate(full=True)
    assert read.column_names == table.columns
    assert read["layer"].to_pylist() == table["layer"].tolist()
    for name in ("neuron", "entropy", "kl_selectivity"):
        (chunk,) = read[name].chunks
        assert chunk.buffers()[1].address == table[name].ctypes.data
        assert chunk.null_count == 0
    assert read.field("entropy").metadata[b"unit"] == b"bits"
    assert read.schema.metadata[b"samples"] == b"500"
    expected = table["entropy"].copy()
    del table
    gc.collect()
    assert np.array_equal(read["entropy"].to_numpy(), expected)
    assert pyarrow.record_batch(infolens.measures()).num_rows == len(infolens.measures())


def test_nan_is_not_missing():
    pyarrow = pytest.importorskip("pyarrow")
    x, y = sample(60, 3, classes=2)
    read = pyarrow.table(infolens.class_measures(x, np.eye(3)[y]))["specific_information"]
    assert read.null_count == 0
    assert np.isnan(read.to_numpy()).sum() == 3


def test_polars_reads_it(table):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(table)
    assert frame.columns == table.columns
    assert frame["layer"].to_list() == table["layer"].tolist()
    assert np.array_equal(frame["entropy"].to_numpy(), table["entropy"])
    assert frame.filter(polars.col("layer") == "bé").height == 3
    assert polars.DataFrame(table.head(0)).schema == frame.schema


def test_pandas_reads_it(table):
    pandas = pytest.importorskip("pandas", minversion="3")
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame.from_arrow(table)
    assert frame["layer"].tolist() == table["layer"].tolist()
    assert np.array_equal(frame["entropy"].to_numpy(), table["entropy"])
