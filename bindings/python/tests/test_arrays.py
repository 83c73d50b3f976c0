# SPDX-License-Identifier: Apache-2.0
"""Every kind of array and of label that may be handed over."""

from __future__ import annotations

import gc
import sys
import types

import numpy as np
import pytest
from support import assert_measures, sample

import infolens
from infolens import _abi
from infolens._arrays import Borrowed, borrow

NUMBERS = [
    *(f"float{bits}" for bits in (16, 32, 64)),
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
]


def whole_numbers(dtype):
    x, y = sample(700, 6)
    x = np.clip(np.round(x * 3), -100, 100)
    return (np.abs(x) if dtype.startswith("u") else x).astype(dtype), y


@pytest.mark.parametrize("dtype", NUMBERS)
def test_every_number_type_gives_the_same_measures(dtype):
    x, y = whole_numbers(dtype)
    for quantizer in (infolens.threshold(1), infolens.uniform(10), infolens.integer()):
        found = infolens.neuron_measures(x, y, quantizer=quantizer)
        wide = infolens.neuron_measures(x.astype(np.float64), y, quantizer=quantizer)
        assert np.array_equal(found["mutual_information"], wide["mutual_information"])


def test_bool_activations_are_two_levels():
    x, y = sample()
    assert_measures(infolens.neuron_measures(x > 0, y), x > 0, y)


def test_big_integers_are_compared_exactly():
    x = (np.array([[0], [1], [2], [3]]) + 2**53 - 4).astype(np.int64)
    table = infolens.neuron_measures(x, [0, 1, 0, 1], quantizer=infolens.integer())
    assert table["entropy"][0] == 2.0


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
def test_every_layout_gives_the_same_bits(dtype):
    x, y = whole_numbers(dtype)
    expected = infolens.neuron_measures(x, y, quantizer=infolens.uniform(10))
    padded = np.zeros((2 * x.shape[0], 3 * x.shape[1]), dtype=dtype)
    padded[::2, ::3] = x
    layouts = {
        "columns first": np.asfortranarray(x),
        "every other": padded[::2, ::3],
        "rows backwards": np.ascontiguousarray(x[::-1])[::-1],
        "columns backwards": np.ascontiguousarray(x[:, ::-1])[:, ::-1],
        "big endian": x.astype(np.dtype(dtype).newbyteorder(">")),
        "read only": x.copy(),
    }
    layouts["read only"].flags.writeable = False
    for name, array in layouts.items():
        assert np.array_equal(array, x), name
        found = infolens.neuron_measures(array, y, quantizer=infolens.uniform(10))
        for column in expected.columns[2:]:
            assert np.array_equal(found[column], expected[column]), (name, column)


def test_unaligned_elements_are_read():
    x, y = sample(300, 3)
    records = np.zeros(300, dtype=[("tag", "u1"), ("x", "f8", 3)])
    records["x"] = x
    assert not records["x"].flags.aligned
    assert_measures(infolens.neuron_measures(records["x"], y), x > 0, y)


def test_a_broadcast_array_is_read_through_its_zero_stride():
    y = np.arange(100) % 2
    x = np.broadcast_to(y[:, None].astype(np.float32), (100, 5))
    assert infolens.neuron_measures(x, y)["mutual_information"].tolist() == [1.0] * 5


def test_arrays_are_not_copied():
    x, _ = sample()
    for array in (x, x[::2], x.T, x.astype(np.float16)[:, ::-1]):
        assert borrow(array, "x").struct.data == array.__array_interface__["data"][0]


def test_bfloat16_is_the_upper_half_of_a_float32():
    x, _ = sample(400, 3)
    upper = (x.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
    exact = (upper.astype(np.uint32) << 16).view(np.float32)
    borrowed = Borrowed(upper, _abi.IL_BFLOAT16)

    class Half:
        def __array__(self, dtype=None, copy=None):
            return upper

    assert borrowed.struct.dtype == _abi.IL_BFLOAT16
    torch = types.ModuleType("torch")
    torch.bfloat16, torch.int16 = "bfloat16", "int16"

    class Tensor(Half):
        dtype = torch.bfloat16
        detach = cpu = lambda self: self

        def view(self, dtype):
            assert dtype == torch.int16
            return self

        def numpy(self):
            return upper.view(np.int16)

    torch.Tensor = Tensor
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "torch", torch)
        found = infolens.neuron_measures(Tensor(), quantizer=infolens.uniform(20))
    expected = infolens.neuron_measures(exact, quantizer=infolens.uniform(20))
    assert np.array_equal(found["entropy"], expected["entropy"])


def test_lists_and_one_dimensional_arrays_are_accepted():
    table = infolens.neuron_measures([0.5, -1.0, 2.0, -3.0], [1, 0, 1, 0])
    assert table["mutual_information"].tolist() == [1.0]
    nested = infolens.neuron_measures([[0.5, 1], [-1, 1]], [1, 0])
    assert nested["entropy"].tolist() == [1.0, 0.0]


def test_anything_with_an_array_method_is_accepted():
    x, y = sample(100, 2)

    class Wrapped:
        def __array__(self, dtype=None, copy=None):
            return x

    assert_measures(infolens.neuron_measures(Wrapped(), y), x > 0, y)
    pandas = pytest.importorskip("pandas")
    frame, labels = pandas.DataFrame(x), pandas.Series(y).map({0: "a", 1: "b", 2: "c", 3: "d"})
    assert_measures(infolens.neuron_measures(frame.to_numpy(), labels), x > 0, y)


def test_whatever_lends_memory_is_kept_alive_for_the_call():
    def tables():
        for seed in range(20):
            x, y = sample(2000, 5, seed=seed)
            yield infolens.neuron_measures({"a": x.copy(), "b": x[::-1].copy()}, y.copy())
            gc.collect()

    assert all(np.isfinite(table["entropy"]).all() for table in tables())


@pytest.mark.parametrize("reduction", ["mean", "max", "flatten"])
def test_higher_ranks_are_reduced_by_name(reduction):
    generator = np.random.default_rng(5)
    images = generator.normal(size=(200, 3, 4, 5)).astype(np.float32)
    y = generator.integers(0, 3, 200)
    wide = images.astype(np.float64).reshape(200, 3, 20)
    flat = {"mean": wide.mean(2), "max": wide.max(2), "flatten": wide.reshape(200, 60)}[reduction]
    table = infolens.neuron_measures(images, y, reduction=reduction)
    assert_measures(table, flat > 0, y)
    last = np.moveaxis(images, 1, -1)
    if reduction != "flatten":
        table = infolens.neuron_measures(last, y, reduction=reduction, channel_axis=-1)
        assert_measures(table, flat > 0, y)


@pytest.mark.parametrize(
    "convert",
    [
        *(lambda y, dtype=dtype: y.astype(dtype) for dtype in NUMBERS),
        lambda y: y[:, None],
        lambda y: y[None, :],
        lambda y: np.eye(4)[y],
        lambda y: np.eye(4, dtype=bool)[y],
        lambda y: y.tolist(),
        lambda y: y.astype(object),
        lambda y: y * 1000 - 7,
        lambda y: np.repeat(y, 2)[::2],
    ],
)
def test_every_kind_of_label_means_the_same(convert):
    x, y = sample()
    expected = infolens.neuron_measures(x, y)
    found = infolens.neuron_measures(x, convert(y))
    for column in expected.columns[2:6]:
        assert np.array_equal(found[column], expected[column])


@pytest.mark.parametrize("convert", [np.array, list, lambda names: np.array(names, dtype=object)])
def test_labels_may_be_strings_and_are_shown_again(convert):
    x, y = sample()
    names = ["wing", "bird", "ärmel", "cat"]
    labels = convert([names[i] for i in y])
    table = infolens.neuron_measures(x, labels)
    assert set(table["kl_selectivity_class"]) <= set(names)
    plain = infolens.neuron_measures(x, y)
    assert np.allclose(table["mutual_information"], plain["mutual_information"], atol=1e-15)
    expected = [names[i] for i in plain["kl_selectivity_class"]]
    assert table["kl_selectivity_class"].tolist() == expected
    classes = infolens.class_measures(x, labels)["class"][:4].tolist()
    assert classes == sorted(names)


def test_boolean_labels_are_two_classes():
    x, y = sample(classes=2)
    found = infolens.neuron_measures(x, y == 1)["mutual_information"]
    assert np.array_equal(found, infolens.neuron_measures(x, y)["mutual_information"])


def test_object_arrays_of_numbers_are_labels():
    x, y = sample()
    expected = infolens.neuron_measures(x, y)["mutual_information"]
    for labels in (y.astype(object), y.astype(float).astype(object), list(y.astype(float))):
        found = infolens.neuron_measures(x, labels)["mutual_information"]
        assert np.array_equal(found, expected)


def test_classes_keep_the_values_of_their_labels():
    x, y = sample()
    table = infolens.class_measures(x, y * 10 - 5)
    assert sorted(set(table["class"].tolist())) == [-5, 5, 15, 25]


@pytest.mark.parametrize(
    ("x", "y", "kind", "text"),
    [
        (np.zeros((3, 2), dtype=complex), [0, 1, 0], infolens.DTypeError, "complex128"),
        (np.array([["a"], ["b"]]), [0, 1], infolens.DTypeError, "dtype"),
        ([[1, 2], [3]], [0, 1], infolens.DTypeError, "cannot be read"),
        (np.zeros((4, 2)), [0, 1, 0], infolens.ShapeError, "4.*3|3.*4"),
        (np.zeros((0, 2)), [], infolens.ShapeError, None),
        (np.zeros((4, 0)), [0, 1, 0, 1], infolens.ShapeError, None),
        (np.zeros((2, 2, 2)), [0, 1], infolens.ShapeError, "reduc"),
        (np.float64(3), [0], infolens.ShapeError, None),
        (np.zeros((3, 2)), [0.5, 1, 2], infolens.NumericError, "0.5|fraction|integer"),
        (np.zeros((3, 2)), [np.nan, 1, 2], infolens.NumericError, "NaN|nan"),
        (np.zeros((3, 2)), [[1, 1], [0, 1], [1, 0]], infolens.NumericError, "one-hot"),
        (np.zeros((3, 2)), ["a", 1, None], infolens.Error, None),
        (np.zeros((3, 2)), np.array(["a", 1, 2], dtype=object), infolens.DTypeError, "one kind"),
        (np.zeros((3, 2)), [2**70, 1, 2], infolens.DTypeError, "64 bits"),
        ({1: np.zeros(2), "1": np.zeros(2)}, [0, 1], infolens.ArgumentError, "same as text"),
        (np.zeros((5, 3)), [0, 1, 0], infolens.ShapeError, "transposed"),
        (np.zeros((3, 2)), ["a\0b", "c", "d"], infolens.ArgumentError, "NUL"),
        (np.ma.masked_equal([[0], [1]], 1), [0, 1], infolens.ArgumentError, "mask"),
        ({}, [0, 1], infolens.ArgumentError, "without layers"),
        ("dump.h5", [0, 1], infolens.ArgumentError, r"infolens\.open"),
        (None, [0, 1], infolens.ArgumentError, "NoneType"),
        (np.zeros((2, 40)).reshape((2, *[1] * 38, 40)), [0, 1], infolens.Error, None),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(x, y, kind, text):
    with pytest.raises(kind, match=text):
        infolens.neuron_measures(x, y)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_first_value_that_is_not_finite_is_named(bad, dtype):
    x, y = sample(1000, 9)
    x = x.astype(dtype)
    x[700:, 2] = bad
    x[412, 6] = bad
    for quantizer in (infolens.threshold(0.0), infolens.uniform(30), infolens.quantile(4)):
        with pytest.raises(infolens.NumericError) as caught:
            infolens.neuron_measures(x, y, quantizer=quantizer)
        assert "row 412" in str(caught.value)
        assert "neuron 6" in str(caught.value)


def test_fractions_are_refused_where_symbols_are_wanted():
    with pytest.raises(infolens.NumericError, match="integer"):
        infolens.neuron_measures([[1.0], [1.5]], [0, 1], quantizer=infolens.integer())


def test_labels_that_utf8_cannot_write_are_refused():
    with pytest.raises(infolens.ArgumentError, match="UTF-8"):
        infolens.neuron_measures(np.arange(3.0), ["a", "\ud800", "b"])


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="numpy 2 has string arrays")
def test_labels_may_be_string_arrays_of_numpy_2():
    labels = np.array(["b", "a", "b"], dtype=np.dtypes.StringDType())
    table = infolens.class_measures(np.arange(3.0), labels)
    assert list(table["class"]) == ["a", "b"]
