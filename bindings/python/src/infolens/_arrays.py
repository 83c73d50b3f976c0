# SPDX-License-Identifier: Apache-2.0
"""Anything array-like becomes an `il_array`, without a copy where that is possible."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from infolens import _abi
from infolens._errors import ArgumentError, DTypeError

Array = npt.NDArray[Any]

_DTYPES: dict[tuple[str, int], int] = {
    ("f", 2): _abi.IL_FLOAT16,
    ("f", 4): _abi.IL_FLOAT32,
    ("f", 8): _abi.IL_FLOAT64,
    ("i", 1): _abi.IL_INT8,
    ("i", 2): _abi.IL_INT16,
    ("i", 4): _abi.IL_INT32,
    ("i", 8): _abi.IL_INT64,
    ("u", 1): _abi.IL_UINT8,
    ("u", 2): _abi.IL_UINT16,
    ("u", 4): _abi.IL_UINT32,
    ("u", 8): _abi.IL_UINT64,
    ("b", 1): _abi.IL_BOOL,
}


class Borrowed:
    """An `il_array` that looks into an array's memory, and the array that it keeps alive."""

    def __init__(self, array: Array, dtype: int) -> None:
        self.array = array
        lengths = ctypes.c_int64 * array.ndim
        self.struct = _abi.il_array(
            data=array.__array_interface__["data"][0],
            dtype=dtype,
            ndim=array.ndim,
            shape=lengths(*array.shape),
            strides=lengths(*array.strides),
        )


def borrow(values: object, name: str) -> Borrowed:
    """Look into the memory of an array of numbers.

    Accepts numpy arrays, torch tensors (a tensor on another device is copied to the
    host), whatever has ``__array_interface__``, ``__array__`` or ``__dlpack__``, and
    nested lists. Only values in foreign byte order are copied.

    Raises
    ------
    DTypeError
        The elements are no numbers that the library knows.
    ArgumentError
        A masked array with masked elements: the mask would be lost.
    """
    array, is_bfloat16 = _as_numpy(values, name)
    if is_bfloat16:
        return Borrowed(array, _abi.IL_BFLOAT16)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    dtype = _DTYPES.get((array.dtype.kind, array.dtype.itemsize))
    if dtype is None:
        raise DTypeError(
            f"{name} has dtype {array.dtype}; accepted are bool, int8 to int64, uint8 to uint64, "
            "float16, bfloat16, float32 and float64: convert it, for instance with "
            ".astype('float64')"
        )
    return Borrowed(array, dtype)


def borrow_labels(values: object, name: str = "y") -> tuple[Borrowed, list[bytes] | None]:
    """Labels as an array of numbers, and the classes' names where labels are strings.

    Strings are numbered in ascending order, as `numpy.unique` does.
    """
    array, is_bfloat16 = _as_numpy(values, name)
    if is_bfloat16:
        return borrow(values, name), None
    if array.dtype.kind in "OT":
        array = _from_objects(array.astype(object), name)
    if array.dtype.kind not in "US":
        return borrow(array, name), None
    classes, codes = np.unique(array, return_inverse=True)
    try:
        names = [
            label if isinstance(label, bytes) else label.encode("utf-8", "surrogateescape")
            for label in classes.tolist()
        ]
    except UnicodeEncodeError as failure:
        raise ArgumentError(f"{name} has a label that UTF-8 cannot write: {failure}") from None
    if any(b"\0" in label for label in names):
        raise ArgumentError(f"{name} has a label with a NUL character: remove it")
    return borrow(codes.reshape(array.shape).astype(np.int64), name), names


def _from_objects(array: Array, name: str) -> Array:
    """Strings or numbers out of an object array, as pandas makes them."""
    kinds = {type(item) for item in array.flat}
    if kinds and all(issubclass(kind, str) for kind in kinds):
        return array.astype(np.str_)
    if kinds and all(issubclass(kind, bytes) for kind in kinds):
        return array.astype(np.bytes_)
    if kinds and all(issubclass(kind, (int, float, np.number, np.bool_)) for kind in kinds):
        # As numpy would have made it of a list: int64, uint64 or float64 as the values need.
        numbers = np.array(array.tolist())
        if numbers.dtype.kind != "O":
            return numbers
        raise DTypeError(f"{name} has integers that 64 bits cannot hold: number the classes from 0")
    found = ", ".join(sorted(kind.__name__ for kind in kinds)) or "nothing"
    raise DTypeError(
        f"{name} holds elements of type {found}: give labels of one kind, integers or strings, "
        "and drop samples without a label"
    )


def _as_numpy(values: object, name: str) -> tuple[Array, bool]:
    """A numpy view of the values, and whether its elements are bfloat16."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(values, torch.Tensor):
        tensor = values.detach().cpu()  # no copy on the host
        if tensor.dtype == torch.bfloat16:
            return tensor.view(torch.int16).numpy(), True
        return tensor.numpy(), False
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ArgumentError(f"{name} has masked elements: drop or fill them first")
    if hasattr(values, "toarray") and not hasattr(values, "__array_interface__"):
        raise DTypeError(f"{name} is a sparse matrix: convert it with .toarray()")
    try:
        if hasattr(values, "__dlpack__") and not hasattr(values, "__array__"):
            array = np.from_dlpack(values)
        else:
            array = np.asarray(values)
    except (TypeError, ValueError, RuntimeError, BufferError, OverflowError) as failure:
        raise DTypeError(f"{name} cannot be read as an array: {failure}") from None
    # ml_dtypes registers the type under this name; numpy itself has none.
    return array, array.dtype.name == "bfloat16"
