# SPDX-License-Identifier: Apache-2.0
"""The one door to the shared library: find it, load it, check every status."""

from __future__ import annotations

import ctypes
import functools
import os
import weakref
from pathlib import Path
from typing import Any

from infolens import _abi
from infolens._errors import LibraryError, error_for

NAME = "libinfolens.so.0"
VARIABLE = "INFOLENS_LIBRARY"

# Local, so that our symbols reach nobody; deep-bound, so that a libhdf5 that h5py
# has loaded into the global scope is not taken for the one we were linked with.
_MODE = os.RTLD_NOW | os.RTLD_LOCAL | getattr(os, "RTLD_DEEPBIND", 0)


def candidates() -> list[str]:
    """Where to look, in order: beside this file, the environment variable, the system.

    A file beside the package or named by the variable is meant, so that failing to
    load it is an error; only in its absence is the next place tried.
    """
    bundled = Path(__file__).with_name(NAME)
    if bundled.exists():
        return [str(bundled)]
    named = os.environ.get(VARIABLE)
    return [named] if named else [NAME]


@functools.cache
def library() -> ctypes.CDLL:
    """The loaded library, its functions declared.

    Raises
    ------
    LibraryError
        It is not there, cannot be loaded, or is older than this package.
    """
    (path,) = candidates()
    try:
        loaded = ctypes.CDLL(path, mode=_MODE)
    except OSError as failure:
        raise LibraryError(
            f"infolens: cannot load '{path}': {failure}. Build the library with `make lib` and "
            f"install the package again, or name the file in the environment variable {VARIABLE}"
        ) from None
    try:
        found = ctypes.c_uint32(loaded.il_abi_version()).value
        if found >= _abi.IL_ABI_VERSION:
            _abi.declare(loaded)
            return loaded
    except AttributeError as failure:
        raise LibraryError(
            f"infolens: '{path}' is not a complete InfoLens library: {failure}"
        ) from None
    raise LibraryError(
        f"infolens: '{path}' has interface version {found}, this package needs "
        f"{_abi.IL_ABI_VERSION} or later: build the library that belongs to the package"
    )


def check(status: int) -> None:
    """Raise the exception for a status, with the library's text about this thread's failure."""
    if status != _abi.IL_OK:
        text = library().il_last_error() or b""
        raise error_for(status, text.decode("utf-8", "replace"))


def library_version() -> str:
    """Version of the loaded library, for instance ``"0.1.0"``."""
    text: bytes = library().il_version()
    return text.decode("utf-8")


class Handle:
    """Owns an opaque handle and frees it when collected, or earlier on request.

    Passed to a ctypes function it stands for the pointer. `keep` holds objects
    whose memory the library reads for as long as the handle lives.
    """

    def __init__(self, pointer: int, free: str, *, keep: object = None) -> None:
        self._as_parameter_ = ctypes.c_void_p(pointer)
        self.keep = keep
        self._finalizer = weakref.finalize(self, getattr(library(), free), ctypes.c_void_p(pointer))
        # At exit the operating system takes everything back; arrays that other exit
        # handlers still hold must not lose their memory before.
        self._finalizer.atexit = False

    @property
    def alive(self) -> bool:
        return self._finalizer.alive

    def free(self) -> None:
        self._finalizer()
        self.keep = None


def text_array(texts: list[bytes]) -> Any:
    """`const char *const *` for a list of names; keeps them alive."""
    return (ctypes.c_char_p * len(texts))(*texts)


def encoded(text: str, what: str) -> bytes:
    """UTF-8 for the library; bytes that a file name or HDF5 name smuggled in come out unchanged."""
    if not isinstance(text, str):
        raise error_for(_abi.IL_ERROR_ARGUMENT, f"{what} must be a str, not {type(text).__name__}")
    if "\0" in text:
        raise error_for(_abi.IL_ERROR_ARGUMENT, f"{what} {text!r} contains a NUL character")
    return text.encode("utf-8", "surrogateescape")


def path_bytes(path: str | bytes | os.PathLike[Any]) -> bytes:
    """A file's path as the system takes it."""
    try:
        raw = os.fsencode(path)
    except TypeError:
        raise error_for(
            _abi.IL_ERROR_ARGUMENT,
            f"path must be a str, bytes or path, not {type(path).__name__}",
        ) from None
    if b"\0" in raw:
        raise error_for(_abi.IL_ERROR_ARGUMENT, f"path {path!r} contains a NUL character")
    return raw
