# SPDX-License-Identifier: Apache-2.0
"""A progress bar for calls that take long, drawn by tqdm where it is installed."""

from __future__ import annotations

import importlib.util
import sys
import time
from typing import Any

#: Seconds before an unasked-for bar appears.
PATIENCE = 1.0


class Bar:
    """Follows one call; creates the bar when it is due and closes it at the end."""

    def __init__(self, *, at_once: bool) -> None:
        self._due = time.monotonic() + (0.0 if at_once else PATIENCE)
        self._at_once = at_once
        self._bar: Any = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self._bar is None:
            too_late = done >= total and not self._at_once
            if too_late or time.monotonic() < self._due:
                return
            self._bar = _tqdm()(total=total, leave=False, unit_scale=True)
        if self._bar.total != total:
            self._bar.reset(total=total)
        self._bar.set_description_str(stage, refresh=False)
        self._bar.n = done
        self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def bar(asked: bool | None) -> Bar | None:
    """The bar that a setting of ``progress`` calls for, if any.

    Unasked (``None``), it needs somebody to watch: a terminal or a notebook.
    """
    if asked is None:
        watched = _in_notebook() or (sys.stderr is not None and sys.stderr.isatty())
    else:
        watched = asked
    # Looking for a module takes longer than many a call.
    if watched and importlib.util.find_spec("tqdm") is not None:
        return Bar(at_once=bool(asked))
    return None


def _in_notebook() -> bool:
    return "ipykernel" in sys.modules


def _tqdm() -> Any:
    # tqdm's notebook bar warns where ipywidgets is missing; the plain one always works.
    if _in_notebook() and importlib.util.find_spec("ipywidgets") is not None:
        from tqdm.notebook import tqdm as notebook

        return notebook
    from tqdm import tqdm

    return tqdm
