# SPDX-License-Identifier: Apache-2.0
"""Tables as PyCapsules of the Arrow PyCapsule interface, which Arrow's users read without copies.

A capsule's destructor runs whenever the capsule is dropped, be it while an exception is
under way or while the interpreter ends, when no Python code may run. So it is a function of
the library, to which the struct is handed over.
"""

from __future__ import annotations

import ctypes
from typing import Any

from infolens import _abi
from infolens._library import Handle, check, library

# Arrow's specification gives the names; a capsule points to its name for as long as it lives.
_SCHEMA = b"arrow_schema"
_ARRAY = b"arrow_array"
_STREAM = b"arrow_array_stream"

_NEW = ctypes.pythonapi["PyCapsule_New"]
_NEW.restype = ctypes.py_object
_NEW.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
_SET_POINTER = ctypes.pythonapi["PyCapsule_SetPointer"]
_SET_POINTER.restype = ctypes.c_int
_SET_POINTER.argtypes = (ctypes.py_object, ctypes.c_void_p)


def schema(table: Handle) -> object:
    """A capsule with the type of a table."""
    exported = _abi.ArrowSchema()
    check(library().il_table_export_arrow(table, ctypes.byref(exported), None))
    return _capsule(exported, _abi.IL_ARROW_SCHEMA, _SCHEMA)


def array(table: Handle) -> object:
    """A capsule with the values of a table."""
    exported = _abi.ArrowArray()
    check(library().il_table_export_arrow(table, None, ctypes.byref(exported)))
    return _capsule(exported, _abi.IL_ARROW_ARRAY, _ARRAY)


def stream(table: Handle) -> object:
    """A capsule with a stream of the one batch that a table is."""
    exported = _abi.ArrowArrayStream()
    check(library().il_table_export_arrow_stream(table, ctypes.byref(exported)))
    return _capsule(exported, _abi.IL_ARROW_STREAM, _STREAM)


def _capsule(exported: ctypes.Structure, kind: int, name: bytes) -> object:
    # A capsule must point somewhere before its struct can be tied to its address.
    destructor = ctypes.cast(library().il_arrow_drop, ctypes.c_void_p)
    capsule: Any = _NEW(ctypes.addressof(exported), name, destructor)
    held = ctypes.c_void_p()
    check(library().il_arrow_hold(id(capsule), kind, ctypes.byref(exported), ctypes.byref(held)))
    _SET_POINTER(capsule, held)
    return capsule
