# SPDX-License-Identifier: Apache-2.0
"""Files that are replaced whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from infolens._errors import FileError


def write_whole(path: str | os.PathLike[str], write: Callable[[Path], object], what: str) -> Path:
    """Have `write` fill a file beside `path`, then rename it: readers see the old file or the new.

    The temporary file ends as `path` does, for writers that go by the ending.

    Raises
    ------
    FileError
        The system refused; the text begins with `what`.
    """
    target = Path(path)
    # A link is followed, as by opening the file: its target is replaced, not the link.
    place = Path(os.path.realpath(target))
    temporary = place.with_name(f".{secrets.token_hex(4)}.{place.name}")
    try:
        if place.exists() and not place.is_file():
            raise FileError(f"{what}: cannot write '{target}': it is no file")
        write(temporary)
        temporary.replace(place)
    except OSError as failure:
        if isinstance(failure, FileError):
            raise
        reason = failure.strerror or failure
        raise FileError(f"{what}: cannot write '{target}': {reason}") from None
    finally:
        temporary.unlink(missing_ok=True)
    return target
