# SPDX-License-Identifier: Apache-2.0
"""Compression filters of the package hdf5plugin, where it is installed."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from infolens._library import check, library

_PACKAGE = "hdf5plugin"
_added: set[Path] = set()


def use_installed_filters() -> None:
    """Have libhdf5 find the filters of hdf5plugin: blosc, lz4, zstd, bitshuffle and more.

    The package is not imported, since that would register its filters with h5py's copy of HDF5.
    """
    try:
        spec = importlib.util.find_spec(_PACKAGE)
    except (ImportError, ValueError):  # a broken or half-imported package is none
        return
    for folder in (spec and spec.submodule_search_locations) or []:
        plugins = Path(folder, "plugins")
        if plugins not in _added and plugins.is_dir():
            check(library().il_add_plugin_folder(os.fsencode(plugins)))
            _added.add(plugins)
