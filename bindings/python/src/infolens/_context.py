# SPDX-License-Identifier: Apache-2.0
"""Settings that calls share: threads, memory budget, seed, progress."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar, Token
from types import TracebackType

from infolens._errors import ArgumentError

#: Called as ``progress(stage, done, total)``; returning ``False`` cancels.
ProgressCallback = Callable[[str, int, int], object]

_UNITS = {
    "": 1,
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
    "TIB": 2**40,
}


def _whole(name: str, value: int | None, least: int, most: int) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise ArgumentError(f"{name} must be a whole number, not {type(value).__name__}")
    number = value.__index__()
    if not least <= number <= most:
        raise ArgumentError(f"{name} must lie between {least} and {most}, not {number}")
    return number


def _bytes(memory: int | str | None) -> int | None:
    if isinstance(memory, str):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", memory)
        if match is None or match[2].upper() not in _UNITS:
            raise ArgumentError(
                f"memory {memory!r} is not a size: write bytes as a number, or text such as "
                "'512 MB' or '2 GiB'"
            )
        memory = int(float(match[1]) * _UNITS[match[2].upper()])
    return _whole("memory", memory, 2**20, 2**63 - 1)


class Context:
    """Settings of calls; made by `context`, and meant for a ``with`` statement.

    Attributes are ``None`` where nothing was said, and such settings come from the
    enclosing context, in the end from the library's defaults.
    """

    def __init__(
        self,
        threads: int | None = None,
        memory: int | str | None = None,
        seed: int | None = None,
        progress: bool | ProgressCallback | None = None,
    ) -> None:
        if progress is not None and not isinstance(progress, bool) and not callable(progress):
            raise ArgumentError(
                f"progress must be True, False or a function, not {type(progress).__name__}"
            )
        self.threads = _whole("threads", threads, 1, 1024)
        self.memory = _bytes(memory)
        self.seed = _whole("seed", seed, 0, 2**64 - 1)
        self.progress = progress
        self._tokens: list[Token[Context | None]] = []

    def __enter__(self) -> Context:
        self._tokens.append(_current.set(self.over(current())))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _current.reset(self._tokens.pop())

    def use(self) -> Context:
        """Make these the defaults of the whole process from here on, in every thread.

        ``with`` blocks go before them.
        """
        global _process
        _process = self.over(_process)
        return self

    def over(self, other: Context) -> Context:
        """These settings, and those of `other` where nothing was said."""

        merged = Context()
        for name in ("threads", "memory", "seed", "progress"):
            own = getattr(self, name)
            setattr(merged, name, getattr(other, name) if own is None else own)
        return merged

    def __repr__(self) -> str:
        names = ("threads", "memory", "seed", "progress")
        said = [f"{n}={getattr(self, n)!r}" for n in names if getattr(self, n) is not None]
        return f"infolens.context({', '.join(said)})"


_process = Context()
_current: ContextVar[Context | None] = ContextVar("infolens_context", default=None)


def current() -> Context:
    """The settings that a call made here would use."""
    return _current.get() or _process


def context(
    *,
    threads: int | None = None,
    memory: int | str | None = None,
    seed: int | None = None,
    progress: bool | ProgressCallback | None = None,
) -> Context:
    """Settings for the calls inside a ``with`` block.

    Blocks nest: what the inner one leaves unsaid comes from the outer one. A block
    holds for its own thread or asyncio task; ``infolens.context(...).use()`` sets
    the defaults of the whole process instead.

    Parameters
    ----------
    threads
        Worker threads, 1 to 1024; by default one a processor. Results do not
        depend on it, to the last bit.
    memory
        Working memory that a call may use beyond its input and its result, in
        bytes or as text such as ``"512 MB"`` or ``"2 GiB"``; at least 1 MiB, by
        default 1 GiB.
    seed
        Seed of every random choice, 0 by default.
    progress
        ``True`` for a progress bar at once, ``False`` for none, or a function
        called as ``progress(stage, done, total)`` at most about thirty times a
        second; returning ``False`` cancels the call, and what it raises comes out
        of the call. By default a bar appears after a second, where tqdm is
        installed and standard error is a terminal or a notebook.

    Raises
    ------
    ArgumentError
        A setting out of range.

    Examples
    --------
    >>> with infolens.context(threads=2, memory="512 MB"):
    ...     table = dump.neuron_measures()
    """
    return Context(threads, memory, seed, progress)
