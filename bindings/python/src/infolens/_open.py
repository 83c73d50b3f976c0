# SPDX-License-Identifier: Apache-2.0
"""Opening dumps: one file, or several as one."""

from __future__ import annotations

import ctypes
import math
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

from infolens import _abi
from infolens._call import run
from infolens._dump import Dump
from infolens._errors import ArgumentError, FileMissingError, NotFoundError
from infolens._filters import use_installed_filters
from infolens._library import check, library, path_bytes, text_array

#: A file's path, or a pattern.
FilePath: TypeAlias = str | bytes | os.PathLike[Any]


def open(
    path: FilePath | Iterable[FilePath],
    *,
    allow_external: bool = False,
    allow_missing: bool = False,
    bin_width: float | None = None,
    isolate: bool = False,
    timeout: float | None = None,
) -> Dump:
    """Open an HDF5 dump of activations for reading.

    Native layout: ``/labels``, ``/inputs``, ``/logits``, ``/layers/<name>/activations``
    of shape [N, d] or [N, channels, …], and the same below ``/epochs/<n>/``. Failing
    that, each float dataset of rank ≥ 2 in the root of the file whose first axis is as
    long as the labels is a layer; layouts of other tools are recognised too.
    `Dump.describe` says what was found and why.

    Several files are one dump: the samples of the second follow those of the first, and so
    on. Every file has the layers of the first; classes are known by their names or numbers.
    What is not a sample's, such as weights, is the first file's.

    gzip, lzf, shuffle and fletcher32 are undone on all threads. Other filters (blosc, lz4, zstd,
    bitshuffle) are libhdf5's: those of the package hdf5plugin are found by themselves, others
    through the environment variable HDF5_PLUGIN_PATH.

    Parameters
    ----------
    path
        The file, several of them in the order of their samples, or a pattern such as
        ``"shards/part-*.h5"``, whose files come in the order of their names, numbers in
        them as numbers. A file that is literally called so comes before a pattern.
    allow_external
        Follow external storage, and links or virtual sources that leave the file's own
        folder. Such a file can show the contents of any file that you can read: allow
        it only for files that you trust.
    allow_missing
        Read zeros where data was never written, instead of refusing it.
    bin_width
        Spike times become counts in bins of this many seconds; by default in one bin a trial.
    isolate
        Read each file in a process of its own: for files that nobody vouches for. A crash, a
        hang or a want of memory inside libhdf5 is then a `FormatError` and never the end of
        this process. Results are the same, reading is somewhat slower.
    timeout
        Seconds that a process of `isolate` may take over one answer; by default 60.

    Raises
    ------
    FileMissingError
        No such file, or none that the pattern matches; it is also a `NotFoundError` and a
        `FileNotFoundError`.
    FileError
        No permission, or locked by a writer.
    FormatError
        Not HDF5, truncated or corrupt.
    NotFoundError, ShapeError
        One of several files lacks a layer of the first, or has it in another width.
    ArgumentError
        No path at all, a width or timeout that is not above 0, or a timeout without `isolate`.

    Examples
    --------
    >>> dump = infolens.open("digits.h5")
    >>> dump.neuron_measures(quantizer=infolens.threshold(0.0))
    >>> shards = infolens.open("shards/part-*.h5")
    >>> both = infolens.open(["train.h5", "test.h5"])
    """
    files, title = _files(path)
    use_installed_filters()
    options = _abi.il_dump_options()
    check(library().il_dump_options_init(ctypes.byref(options), ctypes.sizeof(options)))
    options.allow_external = int(bool(allow_external))
    options.allow_missing = int(bool(allow_missing))
    if bin_width is not None:
        options.bin_width = _seconds("bin_width", bin_width)
    options.isolate = int(bool(isolate))
    if timeout is not None:
        options.timeout = _seconds("timeout", timeout)
        if not isolate:
            raise ArgumentError(
                "timeout is that of the processes of isolate: pass isolate=True too"
            )
    try:
        if len(files) == 1:
            handle = run("il_dump_open", files[0], ctypes.byref(options), gives="dump")
        else:
            handle = run(
                "il_dump_open_files",
                text_array(files),
                len(files),
                ctypes.byref(options),
                gives="dump",
            )
    except NotFoundError as error:
        if all(os.path.lexists(file) for file in files):
            raise
        raise FileMissingError(str(error)) from None
    return Dump([os.fsdecode(file) for file in files], handle, title)


def _files(path: FilePath | Iterable[FilePath]) -> tuple[list[bytes], str]:
    """The files that are meant, and what to call them together."""
    if isinstance(path, (str, bytes, os.PathLike)):
        return _matches(path), os.fsdecode(path_bytes(path))
    try:
        paths = list(path)
    except TypeError:
        kind = type(path).__name__
        raise ArgumentError(f"path must be a path or a list of paths, not {kind}") from None
    files = [file for each in paths for file in _matches(each)]
    if not files:
        raise ArgumentError("path is an empty list: name at least one file")
    first = os.fsdecode(files[0])
    more = len(files) - 1
    title = f"{first} and {more} more file{'s' if more > 1 else ''}" if more else first
    return files, title


def _matches(path: FilePath) -> list[bytes]:
    """The file of this name, or those that it matches as a pattern."""
    raw = path_bytes(path)
    name = os.fsdecode(raw)
    if os.path.lexists(raw) or not any(mark in name for mark in "*?["):
        return [raw]
    pattern = Path(name)
    found = Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor)))
    files = sorted((str(file) for file in found if file.is_file()), key=_natural)
    if not files:
        raise FileMissingError(f"'{name}': no file matches this pattern, and none is called so")
    return [os.fsencode(file) for file in files]


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Sorts names with their numbers as numbers: part-2 comes before part-10."""
    parts = re.split(r"([0-9]+)", name)
    return [(0, int(part), part) if index % 2 else (1, 0, part) for index, part in enumerate(parts)]


def _seconds(what: str, value: float) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ArgumentError(f"{what} must be a number of seconds above 0, not {value!r}")
    return seconds
