# SPDX-License-Identifier: Apache-2.0
"""What is asked of joint distributions: explicit multiplets or a search, of one or of many."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from typing import Any

from infolens._call import call, run
from infolens._errors import ArgumentError, CancelledError
from infolens._joint_options import MeasuresOptions, Multiplets, Packed, SearchOptions, packed
from infolens._joint_tables import beside, by_layer, is_incomplete
from infolens._library import Handle
from infolens._table import Table, read_table


class Asked:
    """What is asked, in the words of `o_information`; mistakes in them are raised at once, before
    anything is computed."""

    def __init__(
        self,
        multiplets: Multiplets | None,
        unit: str,
        search: SearchOptions,
        measures: MeasuresOptions,
    ) -> None:
        if multiplets is not None and search.said:
            raise ArgumentError(
                f"multiplets says which groups are meant: leave out {', '.join(search.said)}, "
                "or leave out multiplets to search"
            )
        search.to_struct(unit)
        measures.to_struct(unit)
        self._multiplets = None if multiplets is None else packed(multiplets)
        self._unit, self._search, self._measures = unit, search, measures

    def of(self, joint: Handle) -> Table:
        """The table of one joint distribution.

        A search that is cancelled gives what it has found, and whatever else ends it has that as
        its attribute ``partial``.
        """
        if self._multiplets is not None:
            return self._explicit(joint, self._multiplets)
        found = _searched(joint, self._search, self._unit)
        if not self._measures.is_asked or is_incomplete(found) or not len(found):
            return found
        try:
            return beside(found, self._explicit(joint, packed(found)))
        except CancelledError:
            found.metadata["complete"] = "false"
            return found
        except BaseException as stop:
            vars(stop)["partial"] = found
            raise

    def of_layers(self, joints: Iterable[tuple[str, Callable[[], Table]]]) -> Table:
        """The tables of several layers as one; a layer's is made when its turn comes."""
        tables: list[tuple[str, Table]] = []
        for name, make in joints:
            try:
                tables.append((name, make()))
            except BaseException as stop:
                known = vars(stop)
                if "partial" in known:
                    known["partial"] = by_layer([*tables, (name, known["partial"])])
                elif tables:
                    known["partial"] = by_layer(tables)
                raise
            if is_incomplete(tables[-1][1]):
                break
        return by_layer(tables)

    def _explicit(self, joint: Handle, members: Packed) -> Table:
        options = self._measures.to_struct(self._unit)
        arguments = (*members.arguments, ctypes.byref(options))
        return read_table(run("il_o_information", joint, *arguments, gives="table"))


def _searched(joint: Handle, options: SearchOptions, unit: str) -> Table:
    """The table of a search; that of a cancelled one where it had begun."""
    struct = options.to_struct(unit)
    output = ctypes.c_void_p()
    made: list[Handle] = []

    def receive() -> None:
        if output.value:
            made.append(Handle(output.value, "il_table_free"))

    arguments: tuple[Any, ...] = (joint, ctypes.byref(struct), ctypes.byref(output))
    try:
        call("il_search", *arguments, then=receive, even_cancelled=True)
    except CancelledError:
        if not made:
            raise
    except BaseException as stop:
        if made:
            vars(stop)["partial"] = read_table(made[0])
        raise
    return read_table(made[0])
