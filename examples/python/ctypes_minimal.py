# SPDX-License-Identifier: Apache-2.0
"""InfoLens through bare ctypes: all that a binding in another language has to do.

python ctypes_minimal.py dump.h5 [libinfolens.so.0]
"""

import ctypes
import os
import sys
from ctypes import byref, c_char_p, c_double, c_int64, c_void_p

name = sys.argv[2] if len(sys.argv) > 2 else os.environ.get("INFOLENS_LIBRARY", "libinfolens.so.0")
# Deep-bound, so that another libhdf5 in this process is not mistaken for the library's own.
il = ctypes.CDLL(name, mode=os.RTLD_NOW | os.RTLD_LOCAL | os.RTLD_DEEPBIND)
il.il_last_error.restype = c_char_p


def check(status):
    """Every call returns a status, and keeps a text about this thread's last failure."""
    if status:
        raise RuntimeError(il.il_last_error().decode())


def make(function, *arguments):
    """Call a function that writes a new handle to its last parameter."""
    handle = c_void_p()
    check(function(*arguments, byref(handle)))
    return handle


def column(read, table, name, element, rows):
    """The values of a column; the memory stays the table's."""
    values = ctypes.POINTER(element)()
    check(read(table, name, byref(values)))
    return values[:rows]


context = make(il.il_context_new, None)
try:
    dump = make(il.il_dump_open, context, os.fsencode(sys.argv[1]), None)
except RuntimeError as error:
    sys.exit(f"ctypes_minimal.py: {error}")
source = make(il.il_source_from_dump, context, dump, None)
table = make(il.il_neuron_measures, context, source, None)

rows = c_int64()
check(il.il_table_size(table, byref(rows), None))
layer = column(il.il_table_strings, table, b"layer", c_char_p, rows.value)
neuron = column(il.il_table_integers, table, b"neuron", c_int64, rows.value)
information = column(il.il_table_doubles, table, b"mutual_information", c_double, rows.value)
ranked = sorted(zip(information, layer, neuron, strict=True), reverse=True)
for value, where, which in ranked[:10]:
    print(f"{where.decode():12} {which:5} {value:8.4f} bits")

frees = (il.il_table_free, il.il_source_free, il.il_dump_free, il.il_context_free)
for free, handle in zip(frees, (table, source, dump, context), strict=True):  # in any order
    free(handle)
