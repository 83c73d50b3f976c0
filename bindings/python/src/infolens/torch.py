# SPDX-License-Identifier: Apache-2.0
"""Ablation of PyTorch models. torch is imported when a network is made, never before.

>>> network = infolens.torch.network(model, images, labels, layers=["conv1", "fc1"])
>>> network.ablate(ordering="random", random_repeats=10, step=4)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from infolens._errors import ArgumentError, NotFoundError, NumericError, ShapeError
from infolens._network import Network
from infolens._options import choose, names_of, whole_number

if TYPE_CHECKING:
    import torch

__all__ = ["network"]


def network(
    model: torch.nn.Module,
    inputs: Any,
    labels: Any,
    layers: str | Sequence[str],
    replacement: str = "zero",
    batch_size: int = 1024,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] | None = None,
    *,
    channel_axis: int = 1,
) -> Network:
    """A PyTorch model as a network whose neurons can be removed, by forward hooks.

    A removed unit is replaced in the output of its module: name the module that gives the
    activation (the ``ReLU``, say), unless 0 before the activation means 0 behind it. The model is
    run in evaluation mode without gradients; afterwards its hooks are gone and every module has the
    mode that it had.

    Parameters
    ----------
    model
        Gives scores of the classes ("logits") of shape [n, C].
    inputs
        [N, …], a tensor or an array; batches of them go to the device of the model's parameters.
    labels
        [N], integers 0 … C − 1.
    layers
        Names of modules, as ``model.named_modules()`` has them, from input to output. Their outputs
        are tensors: [n, units], or of higher rank with channels, each one a neuron.
    replacement
        ``"zero"``, or ``"mean"``: the mean of the unit over the inputs, and over the positions of a
        channel, in the whole model.
    batch_size
        Samples in a forward pass.
    loss
        Called as ``loss(logits, labels)``, logits in float64; gives a number a sample, or the mean
        of the batch. It replaces the cross-entropy, in a column ``loss``.
    channel_axis
        Axis of the channels in outputs of rank above 2: 1 ([n, C, …]) or −1 ([n, …, C]).

    Returns
    -------
    Network
        Its scores are ``accuracy`` and ``cross_entropy`` (mean, in nats) or ``loss``. To order
        neurons by a measure, give `Network.ablate` the activations by layer with `y`, or a table of
        `infolens.neuron_measures` as `measures`.

    Raises
    ------
    ImportError
        torch is not installed.
    NotFoundError
        The model has no such module.
    ArgumentError, ShapeError, NumericError
        An output that is no tensor; other lengths or shapes; labels outside the classes.

    Examples
    --------
    >>> network = infolens.torch.network(model, X, y, ["relu1", "relu2"], replacement="mean")
    >>> table = infolens.neuron_measures({"relu1": h1, "relu2": h2}, y)
    >>> curves = network.ablate(ordering="entropy", measures=table, direction="both")
    """
    evaluation = _Evaluation(model, inputs, labels, layers, batch_size, loss, channel_axis)
    balances = choose("replacement", replacement, {"zero": 0, "mean": 1}) == 1
    fills = evaluation.means(whole=balances)
    if not balances:
        fills = {name: 0 * fill for name, fill in fills.items()}
    sizes = {name: len(fill) for name, fill in fills.items()}

    def score(removed: Mapping[str, npt.NDArray[np.int64]]) -> tuple[float, float]:
        return evaluation.score(removed, fills)

    second = "cross_entropy" if loss is None else "loss"
    return Network.from_callback(sizes, score, ("accuracy", second))


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise ImportError(
            "infolens.torch needs PyTorch: install it, for instance with `pip install torch`"
        ) from None
    return torch


class _Evaluation:
    """A model with the samples that it is scored by."""

    def __init__(
        self,
        model: Any,
        inputs: Any,
        labels: Any,
        layers: str | Sequence[str],
        batch_size: int,
        loss: Callable[..., Any] | None,
        channel_axis: int,
    ) -> None:
        self._torch = torch = _torch()
        self._model = model
        self._loss = loss
        self._axis = choose("channel_axis", channel_axis, {1: 1, -1: -1})
        self._batch = whole_number("batch_size", batch_size, least=1)
        self._inputs = torch.as_tensor(inputs)
        self._labels = torch.as_tensor(labels)
        if self._labels.is_floating_point() or self._labels.ndim != 1:
            raise ArgumentError("labels must be integers 0 … C − 1 of shape [N]")
        if len(self._labels) != len(self._inputs) or not len(self._labels):
            raise ShapeError(
                f"labels has {len(self._labels)} entries and inputs {len(self._inputs)} samples: "
                "they must be as many, and at least one"
            )
        self._labels = self._labels.long()
        parameter = next(model.parameters(), None)
        self._device = self._inputs.device if parameter is None else parameter.device
        self._modules = self._named(layers)

    def _named(self, layers: str | Sequence[str]) -> dict[str, Any]:
        modules = dict(self._model.named_modules())
        named = {}
        for raw in names_of("layers", layers) or []:
            name = raw.decode()
            if not name or name not in modules:
                known = ", ".join(it for it in modules if it)
                raise NotFoundError(f"layers: the model has no module {name!r}; there are: {known}")
            named[name] = modules[name]
        if not named:
            raise ArgumentError("layers must name at least one module of the model")
        return named

    def score(
        self, removed: Mapping[str, npt.NDArray[np.int64]], fills: Mapping[str, Any]
    ) -> tuple[float, float]:
        """Accuracy and mean loss without some units, which say `fills` instead."""

        def replacing(units: Any, fill: Any) -> Callable[..., Any]:
            def hook(module: object, arguments: object, output: Any) -> Any:
                changed = output.clone()
                values = fill.to(device=changed.device, dtype=changed.dtype)
                changed.movedim(self._axis, -1)[..., units] = values[units]
                return changed

            return hook

        hooks = {
            name: replacing(self._torch.as_tensor(units, device=self._device), fills[name])
            for name, units in removed.items()
        }
        correct, total = 0, 0.0
        with self._hooked(hooks):
            for logits, labels in self._outputs():
                correct += int((logits.argmax(dim=1) == labels).sum())
                total += self._sum_of_losses(logits, labels)
        return correct / len(self._labels), total / len(self._labels)

    def means(self, *, whole: bool) -> dict[str, Any]:
        """The mean of each unit of each layer in float64, over the inputs or the first batch."""
        sums: dict[str, Any] = {}
        counts: dict[str, int] = {}

        def adding(name: str) -> Callable[..., Any]:
            def hook(module: object, arguments: object, output: Any) -> None:
                if not isinstance(output, self._torch.Tensor) or output.ndim < 2:
                    raise ArgumentError(
                        f"layers: module {name!r} gives {_described(output)}, not a tensor "
                        "[n, units] or [n, channels, …]"
                    )
                units = output.detach().double().movedim(self._axis, -1).flatten(0, -2)
                sums[name] = sums.get(name, 0) + units.sum(dim=0)
                counts[name] = counts.get(name, 0) + len(units)

            return hook

        with self._hooked({name: adding(name) for name in self._modules}):
            for _ in self._outputs():
                if not whole:
                    break
        silent = [name for name in self._modules if name not in sums]
        if silent:
            raise ArgumentError(f"layers: the model never runs {', '.join(silent)}")
        return {name: sums[name] / counts[name] for name in self._modules}

    def _outputs(self) -> Iterator[tuple[Any, Any]]:
        """Logits in float64 and labels, batch by batch."""
        for start in range(0, len(self._labels), self._batch):
            stop = start + self._batch
            logits = self._model(self._inputs[start:stop].to(self._device))
            labels = self._labels[start:stop].to(self._device)
            if not isinstance(logits, self._torch.Tensor) or logits.ndim != 2:
                raise ShapeError(f"the model gives {_described(logits)}, not logits [n, C]")
            if int(labels.min()) < 0 or int(labels.max()) >= logits.shape[1]:
                raise NumericError(
                    f"labels must lie between 0 and {logits.shape[1] - 1}, for the model gives "
                    f"{logits.shape[1]} scores; they reach from {int(labels.min())} to "
                    f"{int(labels.max())}"
                )
            yield logits.double(), labels

    def _sum_of_losses(self, logits: Any, labels: Any) -> float:
        if self._loss is None:
            return float(self._torch.nn.functional.cross_entropy(logits, labels, reduction="sum"))
        losses = self._torch.as_tensor(self._loss(logits, labels)).double()
        if losses.ndim == 0:
            return float(losses) * len(labels)
        if losses.shape != labels.shape:
            raise ShapeError(
                f"loss gives {_described(losses)}: it must give a number a sample, or their mean"
            )
        return float(losses.sum())

    @contextmanager
    def _hooked(self, hooks: Mapping[str, Callable[..., Any]]) -> Iterator[None]:
        """Evaluation mode, no gradients and these hooks, for as long as the block lasts."""
        modes = [(module, module.training) for module in self._model.modules()]
        with ExitStack() as stack:
            for name, hook in hooks.items():
                stack.callback(self._modules[name].register_forward_hook(hook).remove)
            stack.enter_context(self._torch.no_grad())
            try:
                self._model.eval()
                yield
            finally:
                for module, training in modes:
                    module.training = training


def _described(value: Any) -> str:
    shape = getattr(value, "shape", None)
    return type(value).__name__ if shape is None else f"shape {tuple(shape)}"
