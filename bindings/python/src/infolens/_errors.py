# SPDX-License-Identifier: Apache-2.0
"""One exception a status of the library, all below `Error`.

Each also derives from the built-in exception that a Python programmer would
expect, so that ``except ValueError`` catches a shape error.
"""

from __future__ import annotations

import re

from infolens import _abi


class Error(Exception):
    """Anything that InfoLens refuses; ``str(error)`` says what was wrong and how to mend it."""

    #: Status of infolens.h that the class stands for.
    status: int = _abi.IL_ERROR_INTERNAL

    def __str__(self) -> str:
        # OSError and KeyError, from which some classes derive, would dress the text up.
        return str(self.args[0]) if self.args else ""


class ArgumentError(Error, ValueError):
    """An argument is unknown, out of range, or belongs to something closed."""

    status = _abi.IL_ERROR_ARGUMENT


class ShapeError(Error, ValueError):
    """Ranks or lengths that do not fit together, or are empty."""

    status = _abi.IL_ERROR_SHAPE


class DTypeError(Error, TypeError):
    """An element type that this use does not accept."""

    status = _abi.IL_ERROR_DTYPE


class FileError(Error, OSError):
    """The operating system refused a file or a read."""

    status = _abi.IL_ERROR_IO


class FormatError(Error, ValueError):
    """A file that is not HDF5, is truncated or corrupt, or needs a filter that is missing."""

    status = _abi.IL_ERROR_FORMAT


class NotFoundError(Error, KeyError):
    """No such file, dataset, layer, measure or column."""

    status = _abi.IL_ERROR_NOT_FOUND


class FileMissingError(NotFoundError, FileNotFoundError):
    """The file to be opened does not exist."""


class NumericError(Error, ValueError):
    """NaN, infinity, or a value that the method cannot take."""

    status = _abi.IL_ERROR_NUMERIC


class CancelledError(Error):
    """A progress callback asked to stop."""

    status = _abi.IL_ERROR_CANCELLED


class MemoryBudgetError(Error, MemoryError):
    """The memory budget is too small, or memory could not be had."""

    status = _abi.IL_ERROR_MEMORY


class CallbackError(Error, RuntimeError):
    """A function that was given to the library failed without an exception to show for it."""

    status = _abi.IL_ERROR_CALLBACK


class InternalError(Error, RuntimeError):
    """A defect of the library: please report it."""


class LibraryError(Error, ImportError):
    """The shared library is missing, cannot be loaded, or is too old."""


_BY_STATUS: dict[int, type[Error]] = {
    kind.status: kind
    for kind in (
        ArgumentError,
        ShapeError,
        DTypeError,
        FileError,
        FormatError,
        NotFoundError,
        NumericError,
        CancelledError,
        MemoryBudgetError,
        CallbackError,
        InternalError,
    )
}


#: Members of C's structs, which are keywords in Python. No names and paths: these are quoted.
_MEMBER = re.compile(r"(?<![\w./\"'])(?:options|output)\.(?=[a-z])")


def error_for(status: int, text: str) -> Error:
    """The exception for a status; a status of a newer library becomes a plain `Error`."""
    text = _MEMBER.sub("", text)
    return _BY_STATUS.get(status, Error)(text or f"the library failed with status {status}")
