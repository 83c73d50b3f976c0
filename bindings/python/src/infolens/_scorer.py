# SPDX-License-Identifier: Apache-2.0
"""A Python function that scores a network without some of its neurons, as the library calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from infolens import _abi
from infolens._call import interruptible
from infolens._errors import ArgumentError, CallbackError

#: The neurons removed from each layer that loses any, ascending.
Removed = dict[str, npt.NDArray[np.int64]]
#: What scores a network: a mapping by name, numbers in order, or the only one.
Score = Callable[[Removed], Mapping[str, float] | Sequence[float] | float]

_Result = TypeVar("_Result")


class Scorer:
    """Calls the function, and keeps what it raises, which ctypes would swallow, for `run`."""

    def __init__(self, function: Score, layers: Sequence[str], scores: Sequence[str]) -> None:
        self._function = function
        #: Names of the layers.
        self.layers = list(map(str, layers))
        self._scores = list(scores)
        self._failure: BaseException | None = None
        self.callback = _abi.il_ablation_callback(self._called)

    def run(self, work: Callable[[], _Result]) -> _Result:
        """Do what calls the function; an exception of the function comes out as it was raised."""
        self._failure = None
        try:
            return work()
        except CallbackError:
            failure, self._failure = self._failure, None
            if failure is None:
                raise
        # Outside the handler, so that our own error does not become its context.
        raise failure

    def _called(self, user: object, layers: Any, neurons: Any, count: int, scores: Any) -> int:
        try:
            removed = self._removed(layers, neurons, count)
            with interruptible():
                result = self._function(removed)
            for index, score in enumerate(self._numbers(result)):
                scores[index] = score
        except BaseException as failure:  # raised again by run()
            self._failure = failure
            return 1
        return 0

    def _removed(self, layers: Any, neurons: Any, count: int) -> Removed:
        if not count:
            return {}
        of_layer = np.ctypeslib.as_array(layers, (count,))
        chosen = np.ctypeslib.as_array(neurons, (count,))
        return {
            self.layers[index]: chosen[of_layer == index].copy() for index in np.unique(of_layer)
        }

    def _numbers(self, result: Any) -> list[float]:
        expected = ", ".join(self._scores)
        values: Iterable[Any]
        if isinstance(result, Mapping):
            missing = [name for name in self._scores if name not in result]
            if missing:
                raise ArgumentError(
                    f"score returned no {', '.join(map(repr, missing))}: a mapping must have all "
                    f"of {expected}"
                )
            values = [result[name] for name in self._scores]
        else:
            values = result if np.iterable(result) else [result]
        try:
            numbers = [float(value) for value in values]
        except (TypeError, ValueError, OverflowError):
            raise ArgumentError(
                f"score returned {result!r}: it must be numbers ({expected}), as a mapping, in "
                "order, or alone"
            ) from None
        if len(numbers) != len(self._scores):
            raise ArgumentError(
                f"score returned {len(numbers)} numbers where {len(self._scores)} are named in "
                f"scores: {expected}"
            )
        return numbers
