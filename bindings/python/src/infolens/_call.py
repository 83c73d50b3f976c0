# SPDX-License-Identifier: Apache-2.0
"""Run a call of the library: settings in, progress and Ctrl-C handled, a handle out.

ctypes releases the interpreter's lock for the length of a call. Ctrl-C must not
raise inside the progress callback, where ctypes would swallow it; so a handler
that only notes the signal stands in for Python's own, the callback returns that
note as a request to stop, and the exception is raised once the call is over.
"""

from __future__ import annotations

import contextlib
import ctypes
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from infolens import _abi, _progress
from infolens._context import Context, current
from infolens._errors import error_for
from infolens._library import Handle, check, library

_FREE = {
    "accumulator": "il_accumulator_free",
    "dump": "il_dump_free",
    "joint": "il_joint_free",
    "network": "il_network_free",
    "source": "il_source_free",
    "table": "il_table_free",
}


def run(function: str, *arguments: Any, gives: str, keep: object = None) -> Handle:
    """Call ``function(context, *arguments, &handle)`` under the current settings.

    `gives` is "accumulator", "dump", "joint", "network", "source" or "table"; `keep` is kept alive
    with the handle.
    """
    output = ctypes.c_void_p()
    made: list[Handle] = []

    def receive() -> None:
        made.append(Handle(output.value or 0, _FREE[gives], keep=keep))

    call(function, *arguments, ctypes.byref(output), then=receive)
    return made[0]


def call(
    function: str,
    *arguments: Any,
    then: Callable[[], None] | None = None,
    even_cancelled: bool = False,
) -> None:
    """Call ``function(context, *arguments)`` under the current settings; on success run `then`,
    before a signal that came meanwhile is handed on. With `even_cancelled` it is also run after a
    cancelled call, which has left what it had so far.

    A context of the library is made for each call, so that calls from several
    threads never share one.
    """
    settings = current()
    watch = _Watch(settings)
    with _context(settings, watch) as context, watch:
        status = getattr(library(), function)(context, *arguments)
        text = library().il_last_error() if status else None
    is_kept = status == _abi.IL_OK or (even_cancelled and status == _abi.IL_ERROR_CANCELLED)
    if is_kept and then is not None:
        then()
    watch.raise_pending()
    if status != _abi.IL_OK:
        raise error_for(status, (text or b"").decode("utf-8", "replace"))


@contextlib.contextmanager
def _context(settings: Context, watch: _Watch) -> Iterator[ctypes.c_void_p]:
    options = _abi.il_context_options()
    check(library().il_context_options_init(ctypes.byref(options), ctypes.sizeof(options)))
    options.threads = settings.threads or 0
    options.memory = settings.memory or 0
    options.seed = settings.seed or 0
    options.progress = watch.callback
    context = ctypes.c_void_p()
    check(library().il_context_new(ctypes.byref(options), ctypes.byref(context)))
    try:
        yield context
    finally:
        library().il_context_free(context)


class _Watch:
    """Listens to one call: reports its progress, and remembers why it should stop."""

    def __init__(self, settings: Context) -> None:
        asked = settings.progress
        self._report: Callable[[str, int, int], object] | None
        self._bar: _progress.Bar | None = None
        if asked is None or isinstance(asked, bool):
            self._report = self._bar = _progress.bar(asked)
        else:
            self._report = asked
        self._failure: BaseException | None = None
        self._signal: tuple[int, FrameType | None] | None = None
        #: The handler of Ctrl-C that this one stands in for.
        self.before: Any = None
        self.callback = _abi.il_progress(self._called)

    def _called(self, user: object, stage: bytes, done: int, total: int) -> int:
        if self._signal is None and self._failure is None and self._report is not None:
            try:
                if self._report(stage.decode("utf-8", "replace"), done, total) is False:
                    return 1
            except BaseException as failure:  # raised again by raise_pending()
                self._failure = failure
        return int(self._signal is not None or self._failure is not None)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._signal = (number, frame)

    def __enter__(self) -> None:
        # Only the main thread may set handlers, and only a handler written in
        # Python (KeyboardInterrupt is one) is ours to stand in for.
        if threading.current_thread() is threading.main_thread():
            previous = signal.getsignal(signal.SIGINT)
            if callable(previous):
                signal.signal(signal.SIGINT, self._note)
                self.before = previous

    def __exit__(self, *exception: object) -> None:
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)
        if self._bar is not None:
            self._bar.close()

    def raise_pending(self) -> None:
        """Hand a noted signal to the handler that was there before; raise what the callback did."""
        if self._signal is not None and self.before is not None:
            self.before(*self._signal)
        if self._failure is not None:
            raise self._failure


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C act at once in code of the caller that the library runs, as it does outside.

    Noting the signal would leave that code running to its end, however long that is. What it
    raises must be caught before it reaches ctypes.
    """
    noting = signal.getsignal(signal.SIGINT)
    watch = getattr(noting, "__self__", None)
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or not isinstance(watch, _Watch):
        yield
        return
    try:
        signal.signal(signal.SIGINT, watch.before)
        yield
    finally:
        signal.signal(signal.SIGINT, noting)
