# SPDX-License-Identifier: Apache-2.0
"""What a network is judged by: the data of its layers, and which samples of them take part."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from infolens._call import run
from infolens._dump import Dump
from infolens._errors import ArgumentError, ShapeError
from infolens._library import Handle
from infolens._measures import named_layers, source_of
from infolens._table import read_table

#: Which samples: a slice, a boolean mask, or indices.
Rows = slice | npt.ArrayLike
#: Data of a network's layers: a dump, or arrays by name ("inputs", "logits", layers).
Data = Dump | Mapping[str, Any]


class Sources(NamedTuple):
    """Handles of the library; None is the library's own default."""

    judged: Handle | None
    ordering: Handle | None
    mean: Handle | None


@dataclass(frozen=True)
class Samples:
    """What the caller gave as data, and chose of it, by the names of the parameters."""

    data: Data | None
    y: Any = None
    labels: str | None = None
    samples: Rows | None = None
    ordering_samples: Rows | Dump | None = None
    mean_samples: Rows | Dump | None = None

    @contextmanager
    def held(self, lock: Any) -> Iterator[None]:
        """Keep other threads from the network, whose lock is given, and from every dump.

        Locks are taken in one order everywhere, so that two threads never wait for each other.
        """
        given = (self.data, self.ordering_samples, self.mean_samples)
        locks = {lock, *(it.lock for it in given if isinstance(it, Dump))}
        with ExitStack() as stack:
            for each in sorted(locks, key=id):
                stack.enter_context(each)
            yield

    def sources(self, network: Handle) -> Sources:
        """The sources of a network that these make."""
        whole = self._whole(network)

        def chosen(what: str, choice: Rows | Dump | None) -> Handle | None:
            if choice is None:
                return None
            if isinstance(choice, Dump):
                return choice.network_source(network, self.labels)
            if whole is None:
                raise ArgumentError(
                    f"{what} chooses samples of data, and none are given: give data"
                )
            return select(whole, choice, what)

        judged = chosen("samples", self.samples)
        return Sources(
            whole if judged is None else judged,
            chosen("ordering_samples", self.ordering_samples),
            chosen("mean_samples", self.mean_samples),
        )

    def _whole(self, network: Handle) -> Handle | None:
        if self.data is None:
            if self.y is not None:
                raise ArgumentError("y is given without data: give the arrays that it labels")
            return None
        if isinstance(self.data, Dump):
            if self.y is not None:
                raise ArgumentError(
                    "y must be left out with a dump, which has its own labels; "
                    "labels can name another dataset of it"
                )
            return self.data.network_source(network, self.labels)
        if not hasattr(self.data, "keys"):
            raise ArgumentError(
                "data must be a dump or a mapping of names ('inputs', 'logits', names of layers) "
                f"to arrays, not {type(self.data).__name__}"
            )
        if not len(self.data):
            raise ArgumentError("data is an empty mapping: give at least {'inputs': X}")
        if self.labels is not None:
            raise ArgumentError("labels names a dataset of a dump: with arrays give y")
        return source_of(named_layers(self.data), self.y, "flatten", 1)


def select(source: Handle, rows: Rows, what: str) -> Handle:
    """The source of some samples of another; `what` names the parameter in errors.

    Raises
    ------
    ArgumentError
        `rows` is no slice, mask or list of indices, or names a sample that is not there.
    """
    if isinstance(rows, slice) and rows == slice(None):
        return source
    count = int(read_table(run("il_source_layers", source, gives="table"))["samples"][0])
    indices = _indices(rows, count, what)
    if len(indices) < 2:
        raise ShapeError(
            f"{what} has {len(indices)} of the {count} samples: at least two are needed"
        )
    pointer = indices.ctypes.data_as(ctypes.POINTER(ctypes.c_int64))
    return run("il_source_select", source, pointer, len(indices), gives="source")


def _indices(rows: Rows, count: int, what: str) -> npt.NDArray[np.int64]:
    """Sample numbers 0 … count − 1, as numpy would choose them."""
    all_rows = np.arange(count, dtype=np.int64)
    if isinstance(rows, slice):
        return np.ascontiguousarray(all_rows[rows])
    chosen = np.asarray(rows)
    if not chosen.size:  # numpy makes floats of an empty list; the library says what is missing
        return np.empty(0, dtype=np.int64)
    if chosen.ndim != 1 or chosen.dtype.kind not in "biu":
        raise ArgumentError(
            f"{what} must be a slice, a boolean mask or a list of sample numbers, not an array of "
            f"{chosen.dtype} of shape {chosen.shape}"
        )
    if chosen.dtype.kind == "b" and len(chosen) != count:
        raise ArgumentError(f"{what} is a mask of length {len(chosen)}: there are {count} samples")
    if chosen.dtype.kind != "b":
        outside = chosen[(chosen < -count) | (chosen >= count)]
        if outside.size:
            raise ArgumentError(f"{what} names sample {outside[0]}: there are {count} samples")
    return np.ascontiguousarray(all_rows[chosen])
