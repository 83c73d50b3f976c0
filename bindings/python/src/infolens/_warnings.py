# SPDX-License-Identifier: Apache-2.0
"""Warnings, which point at the caller's line however deep in the package they arise."""

from __future__ import annotations

import sys
import warnings


class IncompleteSearch(RuntimeWarning):
    """A search was cancelled by its progress callback: the table has the best so far."""


def warn(text: str, category: type[Warning]) -> None:
    """Warn about the call into the package that is running."""
    depth, frame = 2, sys._getframe(1)  # a depth of 1 is this function
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        depth, frame = depth + 1, frame.f_back
    warnings.warn(text, category, stacklevel=depth)


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == __package__
