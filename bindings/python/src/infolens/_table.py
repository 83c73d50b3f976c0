# SPDX-License-Identifier: Apache-2.0
"""Table: every result, as named columns of equal length with units and metadata."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from infolens import _abi, _arrow, _show
from infolens._errors import ArgumentError, NotFoundError, ShapeError
from infolens._library import Handle, check, library, path_bytes
from infolens._table_new import new_table

if TYPE_CHECKING:
    import pandas

Values = npt.NDArray[Any]


@dataclass(frozen=True)
class Column:
    """Values of a column with what they mean."""

    values: Values
    #: "bits", "nats", "1" for a pure number, "" for names and indices.
    unit: str = ""
    description: str = ""


class Table:
    """Named, typed columns of equal length, with units and metadata.

    ``table["entropy"]`` is a read-only numpy array (float64, int64, or object with
    ``str``) that looks into the library's memory and keeps it alive. ``len(table)``
    is the number of rows, and iterating gives each row as a dict. Subsets (`where`,
    `sort`, `head`) are tables again.

    Libraries that know Apache Arrow take a table as it is: ``pyarrow.table(table)``,
    ``polars.DataFrame(table)``, ``pandas.DataFrame.from_arrow(table)``. They read the numbers of
    a result where it has them, and those of a subset in one copy. Texts arrive as a dictionary,
    pandas' and polars' categories; units, descriptions and metadata as metadata.
    """

    def __init__(
        self,
        columns: Mapping[str, Column],
        metadata: Mapping[str, str],
        handle: Handle | None = None,
    ) -> None:
        lengths = {len(column.values) for column in columns.values()}
        if len(lengths) > 1:
            raise ShapeError(f"columns differ in length: {sorted(lengths)}")
        self._columns = dict(columns)
        self._rows = lengths.pop() if lengths else 0
        #: What made the table: measure, estimator, quantiser, unit, samples, seed, version.
        self.metadata = dict(metadata)
        # The table of the library that the columns look into.
        self._handle = handle

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in order."""
        return list(self._columns)

    @property
    def units(self) -> dict[str, str]:
        """Unit of each column: "bits", "nats", "1" for a pure number, "" for names and indices."""
        return {name: column.unit for name, column in self._columns.items()}

    @property
    def descriptions(self) -> dict[str, str]:
        """One sentence about each column."""
        return {name: column.description for name, column in self._columns.items()}

    def __getitem__(self, column: str) -> Values:
        try:
            return self._columns[column].values
        except (KeyError, TypeError):
            raise NotFoundError(
                f"table has no column {column!r}; there are: {', '.join(self._columns)}"
            ) from None

    def __contains__(self, column: object) -> bool:
        return column in self._columns

    def __len__(self) -> int:
        return self._rows

    def __iter__(self) -> Iterator[dict[str, Any]]:
        lists = [column.values.tolist() for column in self._columns.values()]
        for row in zip(*lists, strict=True):
            yield dict(zip(self._columns, row, strict=True))

    def head(self, rows: int = 10) -> Table:
        """The first rows."""
        return self._take(slice(0, max(rows, 0)))

    def sort(self, column: str, *, descending: bool = False) -> Table:
        """Rows in the order of a column. Equal values keep their order; NaN comes last."""
        values = self[column]
        if not descending:
            return self._take(np.argsort(values, kind="stable"))
        # Ranks can be negated where strings cannot; NaN has the highest rank.
        distinct, ranks = np.unique(values, return_inverse=True)
        keys = -ranks
        if distinct.dtype.kind == "f":
            keys[np.isnan(values)] = 1
        return self._take(np.argsort(keys, kind="stable"))

    def where(self, mask: npt.ArrayLike | None = None, **equal: Any) -> Table:
        """Rows that a boolean mask of length ``len(table)`` selects and whose columns
        equal what is named, one value or several: ``table.where(layer="fc1", neuron=[0, 3])``.
        """
        keep = np.ones(self._rows, dtype=bool)
        if mask is not None:
            chosen = np.asarray(mask)
            if chosen.dtype != bool or chosen.shape != (self._rows,):
                raise ArgumentError(
                    f"mask must be boolean of shape ({self._rows},), "
                    f"not {chosen.dtype} of shape {chosen.shape}"
                )
            keep &= chosen
        for column, wanted in equal.items():
            several = isinstance(wanted, (list, tuple, set, frozenset, np.ndarray, range))
            values = self[column]
            matches = np.zeros(self._rows, dtype=bool)
            for value in wanted if several else (wanted,):
                matches |= np.asarray(values == value, dtype=bool)
            keep &= matches
        return self._take(keep)

    def to_matrix(self, column: str) -> Values:
        """A column of a table of pairs of one layer as a symmetric [d, d] array.

        Pairs (``neuron``, ``other``) that are not in the table are NaN.

        Raises
        ------
        NotFoundError
            There is no such column, or the rows are no pairs.
        ArgumentError
            The rows are of several layers, or the column is not of numbers.
        """
        values = self[column]
        first, second = self["neuron"], self["other"]
        if len(set(self["layer"])) > 1:
            raise ArgumentError("the table has several layers: choose one with .where(layer=…)")
        if values.dtype.kind not in "fi":
            raise ArgumentError(f"column {column!r} is not of numbers: choose one that is")
        size = 1 + max(first.max(initial=-1), second.max(initial=-1))
        matrix = np.full((size, size), np.nan)
        matrix[first, second] = values
        matrix[second, first] = values
        return matrix

    def to_pandas(self) -> pandas.DataFrame:
        """A pandas data frame of copies; ``frame.attrs`` has the metadata and the units."""
        import pandas

        copies = {name: column.values.copy() for name, column in self._columns.items()}
        frame: pandas.DataFrame = pandas.DataFrame(copies)
        frame.attrs.update(metadata=dict(self.metadata), units=self.units)
        return frame

    def to_csv(self, path: str | bytes | os.PathLike[Any]) -> None:
        """Write comma-separated values: a line of column names, then one a row.

        Parameters
        ----------
        path
            The file, which is replaced when it exists; never by a part of the table.

        Notes
        -----
        Numbers have the fewest digits that read back to the same bits, NaN is ``NaN``,
        infinities are ``Inf`` and ``-Inf``. Texts are in UTF-8, lines end in LF. Units and
        metadata are left out; `to_json` has them.

        Raises
        ------
        FileError
            The system refused to write, or `path` is a folder, a device or a pipe.
        """
        check(library().il_table_write_csv(self.in_library(), path_bytes(path)))

    def to_json(self, path: str | bytes | os.PathLike[Any]) -> None:
        """Write one JSON object: ``{"metadata": {...}, "columns": [{"name", "unit",
        "description", "type", "values"}, ...]}``.

        Parameters
        ----------
        path
            The file, which is replaced when it exists; never by a part of the table.

        Notes
        -----
        ``type`` is "double", "integer" or "string". NaN and infinities are ``null``, for which
        JSON has no words; other numbers read back to the same bits.

        Raises
        ------
        FileError
            The system refused to write, or `path` is a folder, a device or a pipe.
        """
        check(library().il_table_write_json(self.in_library(), path_bytes(path)))

    def __arrow_c_schema__(self) -> object:
        """The type as an Arrow PyCapsule."""
        return _arrow.schema(self.in_library())

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        """Type and values as Arrow PyCapsules; a requested schema is left to the reader."""
        handle = self.in_library()
        return _arrow.schema(handle), _arrow.array(handle)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """One batch as an Arrow PyCapsule; a requested schema is left to the reader."""
        return _arrow.stream(self.in_library())

    def __reduce__(self) -> tuple[Any, ...]:
        # A handle is of this process: what is pickled or copied has the values.
        return Table, (self._columns, self.metadata)

    def in_library(self) -> Handle:
        """The table of the library that this is, or else a copy: for the package's own use."""
        if self._handle is not None and _read_all_metadata(self._handle) == self.metadata:
            return self._handle
        return new_table(self._columns, self._rows, self.metadata)

    def _take(self, index: Any) -> Table:
        taken = {
            name: Column(column.values[index], column.unit, column.description)
            for name, column in self._columns.items()
        }
        return Table(taken, self.metadata)

    def to_text(self, rows: int = 20) -> str:
        """The first rows as aligned text, as ``print`` shows them."""
        return _show.text(self, rows)

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return _show.html(self)

    def _ipython_key_completions_(self) -> list[str]:
        return self.columns


class _Memory:
    """A column of a table of the library, offered to numpy; keeps the table alive."""

    def __init__(self, handle: Handle, address: int, rows: int, typestr: str) -> None:
        self._handle = handle
        self.__array_interface__ = {
            "version": 3,
            "shape": (rows,),
            "typestr": typestr,
            "data": (address, True),
        }


def read_table(handle: Handle) -> Table:
    """The Python table of a handle, whose numbers are not copied."""
    size = (ctypes.c_int64(), ctypes.c_int64())
    check(library().il_table_size(handle, ctypes.byref(size[0]), ctypes.byref(size[1])))
    rows, count = size[0].value, size[1].value
    columns = dict(_read_column(handle, index, rows) for index in range(count))
    return Table(columns, _read_all_metadata(handle), handle)


def _read_column(handle: Handle, index: int, rows: int) -> tuple[str, Column]:
    texts = tuple(ctypes.c_char_p() for _ in range(3))
    name, unit, description = texts
    kind = ctypes.c_int32()
    references = (ctypes.byref(it) for it in (name, kind, unit, description))
    check(library().il_table_column(handle, index, *references))
    values = _read_values(handle, name.value or b"", kind.value, rows)
    shown, measured, meaning = ((text.value or b"").decode("utf-8", "replace") for text in texts)
    return shown, Column(values, measured, meaning)


def _read_values(handle: Handle, name: bytes, kind: int, rows: int) -> Values:
    element: Any
    reader: Callable[..., int]
    reader, element, typestr = {
        _abi.IL_COLUMN_DOUBLE: (library().il_table_doubles, ctypes.c_double, "<f8"),
        _abi.IL_COLUMN_INTEGER: (library().il_table_integers, ctypes.c_int64, "<i8"),
        _abi.IL_COLUMN_STRING: (library().il_table_strings, ctypes.c_char_p, "<u8"),
    }[kind]
    pointer = ctypes.POINTER(element)()
    check(reader(handle, name, ctypes.byref(pointer)))
    if rows == 0:
        return np.empty(0, dtype=object if kind == _abi.IL_COLUMN_STRING else typestr)
    address = ctypes.cast(pointer, ctypes.c_void_p).value or 0
    values: Values = np.asarray(_Memory(handle, address, rows, typestr))
    return _decode(values) if kind == _abi.IL_COLUMN_STRING else values


def _decode(addresses: Values) -> Values:
    """Strings at addresses; equal addresses are decoded once."""
    distinct, inverse = np.unique(addresses, return_inverse=True)
    texts = np.empty(len(distinct), dtype=object)
    texts[:] = [ctypes.string_at(int(a)).decode("utf-8", "replace") for a in distinct]
    values: Values = texts[inverse]
    values.flags.writeable = False
    return values


def _read_all_metadata(handle: Handle) -> dict[str, str]:
    count = ctypes.c_int64()
    check(library().il_table_metadata_count(handle, ctypes.byref(count)))
    return dict(_read_metadata(handle, index) for index in range(count.value))


def _read_metadata(handle: Handle, index: int) -> tuple[str, str]:
    key, value = ctypes.c_char_p(), ctypes.c_char_p()
    check(library().il_table_metadata_at(handle, index, ctypes.byref(key), ctypes.byref(value)))
    return tuple((t.value or b"").decode("utf-8", "replace") for t in (key, value))  # type: ignore[return-value]


def table_of(
    columns: Mapping[str, Sequence[Any] | Values],
    *,
    units: Mapping[str, str] | None = None,
    descriptions: Mapping[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Table:
    """A table of values that are in Python already."""
    made = {}
    for name, values in columns.items():
        array = np.asarray(values)
        if array.dtype.kind == "U":
            array = array.astype(object)
        made[name] = Column(array, (units or {}).get(name, ""), (descriptions or {}).get(name, ""))
    return Table(made, metadata or {})
