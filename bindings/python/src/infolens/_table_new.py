# SPDX-License-Identifier: Apache-2.0
"""Copies of Python's tables in the library, which exports and writes those it has."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from infolens import _abi
from infolens._errors import DTypeError
from infolens._library import Handle, check, encoded, library, text_array

if TYPE_CHECKING:
    from infolens._table import Column

_INTEGER_RANGE = np.iinfo(np.int64)


def new_table(columns: Mapping[str, Column], rows: int, metadata: Mapping[str, str]) -> Handle:
    """A table of the library with copies of these columns."""
    described = (_abi.il_column * len(columns))()
    keep: list[Any] = []
    for entry, (name, column) in zip(described, columns.items(), strict=True):
        entry.name = encoded(name, "column name")
        entry.unit = encoded(column.unit, f"unit of column {name!r}")
        entry.description = encoded(column.description, f"description of column {name!r}")
        entry.type, values, owner = _values(name, column.values)
        entry.values = values.ctypes.data
        keep += [values, owner]
    entries = (_abi.il_metadata * len(metadata))()
    for pair, (key, value) in zip(entries, metadata.items(), strict=True):
        pair.key = encoded(key, "metadata key")
        pair.value = encoded(value, f"metadata {key!r}")
    table = ctypes.c_void_p()
    check(
        library().il_table_new(
            described, len(described), rows, entries, len(entries), ctypes.byref(table)
        )
    )
    return Handle(table.value or 0, "il_table_free")


def _values(name: str, values: npt.NDArray[Any]) -> tuple[int, npt.NDArray[Any], object]:
    """The column's type, its values as the library takes them, and what they point into."""
    if values.dtype.kind == "f":
        return _abi.IL_COLUMN_DOUBLE, np.ascontiguousarray(values, dtype=np.float64), None
    if values.dtype.kind == "u" and values.size and values.max() > _INTEGER_RANGE.max:
        raise DTypeError(f"column {name!r} has integers above 2^63 - 1; make them floats or text")
    if values.dtype.kind in "biu":
        return _abi.IL_COLUMN_INTEGER, np.ascontiguousarray(values, dtype=np.int64), None
    # Results repeat few texts often: each is encoded once, and its address repeated.
    codes: dict[Any, int] = {}
    rows = np.array([codes.setdefault(text, len(codes)) for text in values.tolist()], dtype=np.intp)
    for text in codes:
        if not isinstance(text, str):
            raise DTypeError(
                f"column {name!r} holds {type(text).__name__}; a table holds floats, integers "
                "and text: convert it first"
            )
    texts = text_array([encoded(text, f"text in column {name!r}") for text in codes])
    addresses = np.frombuffer(texts, dtype=np.uintp) if codes else np.empty(0, dtype=np.uintp)
    return _abi.IL_COLUMN_STRING, addresses[rows], texts
