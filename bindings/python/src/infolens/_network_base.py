# SPDX-License-Identifier: Apache-2.0
"""The handle of a network, and how the library is called with it."""

from __future__ import annotations

import ctypes
import html
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, TypeVar

from infolens import _show
from infolens._ablation import AblationOptions
from infolens._call import run
from infolens._diagnosis import DiagnosisOptions
from infolens._dump import Dump
from infolens._errors import ArgumentError
from infolens._library import Handle
from infolens._samples import Data, Rows, Samples
from infolens._scorer import Scorer
from infolens._table import Table, read_table

_Result = TypeVar("_Result")


class NetworkCalls:
    """The part of `Network` that does not depend on what is asked of it."""

    def __init__(
        self, handle: Handle, *, dump: Dump | None = None, scorer: Scorer | None = None
    ) -> None:
        self._handle = handle
        self._dump = dump
        self._scorer = scorer
        # A network of a dump shares its handle with others of that dump, hence the lock too.
        self._lock = threading.RLock() if dump is None else dump.lock

    @cached_property
    def layers(self) -> Table:
        """The layers, one row each, from input to output: ``layer``, ``inputs``, ``neurons``,
        ``activation``, ``has_bias``. Behind a function inputs are 0, the activation "callback"."""
        with self._lock:
            return read_table(run("il_network_layers", self._handle, gives="table"))

    def _removable(self, layers: str | Sequence[str] | None) -> str | Sequence[str] | None:
        """The layers whose neurons are removed where none are named: behind a function all, for
        that names none that it cannot remove neurons of."""
        return self._scorer.layers if layers is None and self._scorer is not None else layers

    def _samples(
        self,
        data: Data | None,
        y: Any,
        labels: str | None = None,
        samples: Rows | None = None,
        ordering_samples: Rows | Dump | None = None,
        mean_samples: Rows | Dump | None = None,
        *,
        measured: bool = False,
    ) -> Samples:
        """What the caller gave, or the network's own dump; `measured` if neurons are, by data."""
        given = self._dump if data is None else data
        if given is None and self._scorer is None:
            raise ArgumentError(
                "data must be given, since the network was made of arrays: a dump, or a mapping "
                "such as {'inputs': X} with the labels y"
            )
        if given is None and measured:
            raise ArgumentError(
                "data must be given to measure neurons by: a dump, or a mapping of names of layers "
                "to activations with the labels y. An order or a table of measures does too, and "
                "ordering='random' needs none"
            )
        return Samples(given, y, labels, samples, ordering_samples, mean_samples)

    def _table(self, function: str, chosen: Samples, *arguments: Any) -> Table:
        return read_table(
            self._run(chosen, arguments, lambda ready: run(function, *ready, gives="table"))
        )

    def _run(
        self,
        chosen: Samples,
        arguments: Iterable[Any],
        work: Callable[[list[Any]], _Result],
    ) -> _Result:
        """Do `work` with the network, its source and the arguments as the library takes them."""
        with chosen.held(self._lock):
            sources = chosen.sources(self._handle)
            ready: list[Any] = [self._handle, sources.judged]
            for argument in arguments:
                has_struct = isinstance(argument, (AblationOptions, DiagnosisOptions))
                ready.append(ctypes.byref(argument.to_struct(sources)) if has_struct else argument)
            if self._scorer is None:
                return work(ready)
            return self._scorer.run(lambda: work(ready))

    def __repr__(self) -> str:
        lines = [list(row.values()) for row in self.layers]
        return f"<infolens network{self._origin}>\n" + _show.grid(self.layers.columns, lines)

    def _repr_html_(self) -> str:
        return f"<p><b>network</b>{html.escape(self._origin)}</p>" + self.layers._repr_html_()

    @property
    def _origin(self) -> str:
        return f" of {self._dump.path!r}" if self._dump is not None else ""
