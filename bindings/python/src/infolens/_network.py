# SPDX-License-Identifier: Apache-2.0
"""Network: what can be ablated, of dense layers or behind a function."""

from __future__ import annotations

import ctypes
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from infolens._ablation import AblationOptions, Neurons, groups_of, neurons_of, tolerance_of
from infolens._call import call, run
from infolens._diagnosis import Diagnosis, DiagnosisOptions
from infolens._dump import Dump
from infolens._errors import ArgumentError
from infolens._library import Handle, path_bytes
from infolens._network_base import NetworkCalls
from infolens._network_new import network_of_arrays, network_of_function
from infolens._options import whole_number
from infolens._quantizers import Quantizer, threshold
from infolens._samples import Data, Rows
from infolens._scorer import Score
from infolens._table import Table, read_table


class Network(NetworkCalls):
    """A network whose neurons can be removed.

    Made by `Dump.network` from the weights in a file, by `Network.dense` from arrays, or by
    `Network.from_callback` from a function that scores any other network; `infolens.torch.network`
    makes one of a PyTorch model.

    Every method takes `data`: a `Dump`, or a mapping of names to arrays with their labels `y`.
    The names are ``"inputs"`` (N samples, flattened where their rank is higher), ``"logits"`` and
    those of layers; needed are the inputs or the activations of the first layer. A network from a
    dump takes that dump unasked, and one behind a function needs no data but to measure an order.

    Before a dense network is ablated it must reproduce what was recorded of it: see `check`.
    """

    # How it is made

    @classmethod
    def dense(
        cls,
        layers: Iterable[tuple[str, Any, Any, str]],
        layout: str = "in_out",
        *,
        input_scale: float | None = None,
    ) -> Network:
        """A network of dense layers whose weights are in memory: t = f(t_before · W + b).

        Parameters
        ----------
        layers
            For each layer, from input to output, its name, weights [inputs, neurons], biases
            [neurons] or None, and activation: ``"linear"``, ``"relu"``, ``"leaky_relu"``,
            ``"tanh"``, ``"sigmoid"``, ``"gelu"``, ``"gelu_tanh"``, ``"silu"``, ``"elu"``,
            ``"softplus"``, and for the last layer ``"softmax"``; ``"leaky_relu(0.3)"`` and
            ``"elu(0.5)"`` give the slope and the scale. Weights and biases are copied.
        layout
            ``"in_out"`` for weights [inputs, neurons], as numpy, Keras and JAX have them,
            ``"out_in"`` for [neurons, inputs], as PyTorch has them.
        input_scale
            What inputs are multiplied by before the first layer.

        Raises
        ------
        ShapeError
            Weights that are no matrix, or do not chain with the layer before.
        ArgumentError
            An unknown activation, a name used twice.
        NumericError
            NaN or infinity among weights or biases.

        Examples
        --------
        >>> network = infolens.Network.dense([("fc1", W1, b1, "relu"), ("out", W2, b2, "softmax")])
        >>> network.ablate({"inputs": X}, y)
        """
        return cls(network_of_arrays(layers, layout, input_scale))

    @classmethod
    def from_callback(
        cls,
        layers: Mapping[str, int],
        score: Score,
        scores: str | Sequence[str] = ("accuracy", "cross_entropy"),
    ) -> Network:
        """Any other network: a function removes neurons and scores what is left.

        Parameters
        ----------
        layers
            Number of neurons (units, channels) of each layer, by name, from input to output.
        score
            Called as ``score(removed)`` with the indices of the removed neurons, ascending int64
            arrays, of each layer that loses any: ``{}`` for the whole network. Returns a mapping
            of the names in `scores` to finite numbers, the numbers in their order, or the only
            one. How a removed neuron is replaced is its affair. What it raises comes out of the
            call as it is, and so does Ctrl-C.
        scores
            Names of the scores, which become columns; ``"accuracy"`` must be among them for
            `until` and `diagnose`.

        Examples
        --------
        >>> def score(removed):
        ...     mask = np.ones(64)
        ...     mask[removed.get("hidden", [])] = 0
        ...     return evaluate(model, mask)  # the accuracy
        >>> network = infolens.Network.from_callback({"hidden": 64}, score, "accuracy")
        >>> network.ablate(ordering="random", random_repeats=10)
        """
        handle, scorer = network_of_function(layers, score, scores)
        return cls(handle, scorer=scorer)

    # What it records

    def check(
        self, data: Data | None = None, y: Any = None, tolerance: float | None = None
    ) -> Table:
        """How well the network reproduces what was recorded of it. Every ablation asks this first.

        Parameters
        ----------
        data, y
            See `Network`.
        tolerance
            Largest relative difference that is taken; ``math.inf`` takes any. By default 1e-3, or
            where something is recorded in float16 1e-2, in bfloat16 5e-2.

        Returns
        -------
        Table
            One row for each layer that is computed and recorded too: ``layer`` ("logits" for the
            scores of the classes), ``largest_difference``, the ``sample`` and ``neuron`` where it
            is, ``scale`` (the largest recorded absolute value), ``relative_difference``.

        Raises
        ------
        NumericError
            A relative difference above the tolerance; names the layer.
        ArgumentError
            The network is behind a function.
        """
        if self._scorer is not None:
            raise ArgumentError("check is for dense networks: this one is behind a function")
        allowed = tolerance_of("tolerance", tolerance)
        return self._table("il_network_check", self._samples(data, y), allowed)

    def modules(self, k: int) -> Table:
        """Modules of neurons by normalised spectral clustering of the graph of absolute weights
        (Hod et al. 2022, arXiv:2110.08058): domains to search multiplets in.

        Parameters
        ----------
        k
            Number of modules, at least 2.

        Returns
        -------
        Table
            One row a neuron: ``layer``, ``neuron``, ``module`` (-1 for neurons without ties). The
            metadata have ``normalized_cut``. Inputs are nodes of the graph too, without rows.

        Raises
        ------
        ArgumentError
            More modules than neurons; the network is behind a function, which has no weights.

        Examples
        --------
        >>> modules = dump.network().modules(4).where(layer="fc2", module=0)
        >>> dump["fc2"].o_information(order=3, domain=modules["neuron"])
        """
        number = whole_number("k", k, least=1)
        with self._lock:
            return read_table(run("il_network_modules", self._handle, number, gives="table"))

    # What can be computed

    def ablate(
        self,
        data: Data | None = None,
        y: Any = None,
        *,
        ordering: str = "mutual_information",
        direction: str = "ascending",
        replacement: str | Sequence[str] = "zero",
        scope: str = "layer",
        random_repeats: int = 0,
        quantizer: Quantizer = threshold(0.0),
        layers: str | Sequence[str] | None = None,
        order: Neurons | None = None,
        measures: Table | None = None,
        samples: Rows | None = None,
        ordering_samples: Rows | Dump | None = None,
        mean_samples: Rows | Dump | None = None,
        value: float = 0.0,
        step: int = 1,
        until: float | None = None,
        per_class: bool = True,
        labels: str | None = None,
        tolerance: float | None = None,
    ) -> Table:
        """Cumulative ablation: neurons are removed one after the other, and the network is scored
        after each step (Liu, Amjad & Geiger 2018; Morcos et al. 2018).

        `data` and `y` are as for `Network`; other parameters, columns and errors are those of
        `Dump.ablate`. A network behind a function has its scores in place of ``correct``,
        ``accuracy``, ``cross_entropy`` and the accuracies of classes, and replacement "callback".
        """
        options = AblationOptions(
            ordering=ordering,
            direction=direction,
            replacement=replacement,
            scope=scope,
            random_repeats=random_repeats,
            quantizer=quantizer,
            layers=self._removable(layers),
            order=order,
            measures=measures,
            value=value,
            step=step,
            until=until,
            per_class=per_class,
            tolerance=tolerance,
        )
        chosen = self._samples(
            data, y, labels, samples, ordering_samples, mean_samples, measured=options.is_measured
        )
        return _warned(self._table("il_ablate", chosen, options))

    def ablate_single(
        self,
        data: Data | None = None,
        y: Any = None,
        *,
        layers: str | Sequence[str] | None = None,
        replacement: str = "zero",
        samples: Rows | None = None,
        mean_samples: Rows | Dump | None = None,
        value: float = 0.0,
        per_class: bool = True,
        labels: str | None = None,
        tolerance: float | None = None,
    ) -> Table:
        """Each neuron removed alone.

        `data` and `y` are as for `Network`; other parameters, columns and errors are those of
        `Dump.ablate_single`. A network behind a function has its scores and ``<score>_loss``.
        """
        options = AblationOptions(
            layers=self._removable(layers),
            replacement=replacement,
            value=value,
            per_class=per_class,
            tolerance=tolerance,
        )
        chosen = self._samples(data, y, labels, samples, None, mean_samples)
        return self._table("il_ablate_single", chosen, options)

    def ablate_groups(
        self,
        groups: Iterable[Any] | Table,
        data: Data | None = None,
        y: Any = None,
        *,
        layer: str | None = None,
        replacement: str = "zero",
        samples: Rows | None = None,
        mean_samples: Rows | Dump | None = None,
        value: float = 0.0,
        per_class: bool = True,
        labels: str | None = None,
        tolerance: float | None = None,
    ) -> Table:
        """Groups of neurons removed together.

        `data` and `y` are as for `Network`; other parameters, columns and errors are those of
        `Dump.ablate_groups`.
        """
        options = AblationOptions(
            replacement=replacement, value=value, per_class=per_class, tolerance=tolerance
        )
        members = groups_of(groups, layer)
        chosen = self._samples(data, y, labels, samples, None, mean_samples)
        return self._table("il_ablate_groups", chosen, members, options)

    def diagnose(
        self,
        data: Data | None = None,
        y: Any = None,
        *,
        layers: str | Sequence[str] | None = None,
        replacement: str = "zero",
        tolerance: float = 0.01,
        chance_margin: float = 0.05,
        quantizer: Quantizer = threshold(0.0),
        samples: Rows | None = None,
        ordering_samples: Rows | Dump | None = None,
        mean_samples: Rows | Dump | None = None,
        value: float = 0.0,
        labels: str | None = None,
        reproduction_tolerance: float | None = None,
    ) -> Diagnosis:
        """How the network uses its neurons.

        `data` and `y` are as for `Network`; other parameters, results and errors are those of
        `Dump.diagnose`.
        """
        options = DiagnosisOptions(
            replacement=replacement,
            tolerance=tolerance,
            chance_margin=chance_margin,
            quantizer=quantizer,
            layers=self._removable(layers),
            value=value,
            reproduction_tolerance=reproduction_tolerance,
        )
        chosen = self._samples(
            data, y, labels, samples, ordering_samples, mean_samples, measured=True
        )
        pointers = [ctypes.c_void_p() for _ in range(3)]
        made: list[Handle] = []

        def receive() -> None:
            made.extend(Handle(pointer.value or 0, "il_table_free") for pointer in pointers)

        outputs = map(ctypes.byref, pointers)
        self._run(chosen, (options, *outputs), lambda it: call("il_diagnose", *it, then=receive))
        counts, correlations, neurons = map(read_table, made)
        return Diagnosis(_warned(counts), correlations, neurons)

    def export(
        self,
        removed: Neurons,
        path: str | bytes | os.PathLike[Any],
        data: Data | None = None,
        y: Any = None,
        *,
        layer: str | None = None,
        replacement: str = "zero",
        samples: Rows | None = None,
        mean_samples: Rows | Dump | None = None,
        value: float = 0.0,
        labels: str | None = None,
        tolerance: float | None = None,
    ) -> None:
        """Write the network without some of its neurons as a dump of its own.

        It is in native layout: weights without the removed neurons, biases with what they said
        balanced in, and activations, logits and labels of the samples, so that `infolens.open` and
        `Dump.ablate` take it and its accuracy is that of the ablated network.

        Parameters
        ----------
        removed
            Neurons to leave out: (layer, neuron) pairs, indices with `layer`, or a `Table` with
            both columns, for instance the first rows of sorted measures.
        path
            The file, which is replaced when it exists, whole or not at all.
        data, y
            See `Network`.
        replacement
            ``"zero"``, ``"mean"`` (bias balancing) or ``"value"``.
        layer, samples, mean_samples, value, labels, tolerance
            As for `Dump.ablate_groups`.

        Raises
        ------
        ArgumentError
            A layer would lose its last neuron; a neuron twice or that is not there; the network is
            behind a function.
        FileError
            The file cannot be written.

        Examples
        --------
        >>> weakest = dump.neuron_measures("fc1").sort("mutual_information").head(50)
        >>> dump.network().export(weakest, "smaller.h5", replacement="mean")
        """
        options = AblationOptions(replacement=replacement, value=value, tolerance=tolerance)
        table = neurons_of("removed", removed, layer)
        chosen = self._samples(data, y, labels, samples, None, mean_samples)
        where = path_bytes(path)
        self._run(chosen, (table, options, where), lambda it: call("il_network_export", *it))


def _warned(table: Table) -> Table:
    """The table, after its warning has been given."""
    if warning := table.metadata.get("warning"):
        warnings.warn(warning, UserWarning, stacklevel=4)
    return table
