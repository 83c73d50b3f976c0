# SPDX-License-Identifier: Apache-2.0
"""What ablation adds to a dump that holds the weights of its network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from infolens._errors import ArgumentError
from infolens._quantizers import Quantizer, threshold

if TYPE_CHECKING:
    from infolens._ablation import Neurons
    from infolens._diagnosis import Diagnosis
    from infolens._dump import Dump
    from infolens._library import Handle
    from infolens._network import Network
    from infolens._samples import Rows
    from infolens._table import Table


class DumpAblation:
    """The part of `Dump` that removes neurons from the network of the dump."""

    _default_network: Handle | None = None

    def network(
        self,
        layers: str | Sequence[str] | None = None,
        activations: str | Sequence[str] | None = None,
        layout: str = "auto",
        input_scale: float | None = None,
    ) -> Network:
        """The network of dense layers whose weights are in the file.

        Native layout: ``/layers/<name>/weight`` with an attribute ``layout``, beside it ``bias``
        where there is one, and on the layer's group the attributes ``activation`` and ``index``.
        Keras' ``.weights.h5`` and its older format are known too.

        Parameters
        ----------
        layers
            Names from input to output; by default those with weights, in the order of the file. Of
            a file with checkpoints name one's: ``["epochs/10/fc1", …]``.
        activations
            The activation of each layer, as for `Network.dense`; by default those recorded.
        layout
            ``"in_out"`` for weights [inputs, neurons], ``"out_in"`` for [neurons, inputs], or
            ``"auto"``: what the file says, else what biases and neighbours leave possible.
        input_scale
            What inputs are multiplied by before the first layer; by default 1, or 1/255 for uint8
            inputs with which only that reproduces what is recorded.

        Raises
        ------
        NotFoundError
            The file has no weights (says how they are written), or no such layer.
        ArgumentError
            An unknown or missing activation.
        ShapeError
            Layers that do not chain; names both.
        NumericError, FormatError, FileError
        """
        from infolens._network import Network  # which takes dumps as data
        from infolens._network_new import network_of_dump

        dump = cast("Dump", self)
        asked = (layers, activations, layout, input_scale)
        with dump.lock:
            if asked != (None, None, "auto", None):
                return Network(network_of_dump(dump.open_handle(), *asked), dump=dump)
            if self._default_network is None:
                self._default_network = network_of_dump(dump.open_handle(), *asked)
            return Network(self._default_network, dump=dump)

    def _asked(self, network: Network | None) -> Network:
        """The caller's network, or the dump's own."""
        from infolens._network import Network

        if network is None:
            return self.network()
        if not isinstance(network, Network):
            kind = type(network).__name__
            raise ArgumentError(
                f"network must be a Network, as Network.dense makes one, not {kind}"
            )
        return network

    def ablate(
        self,
        ordering: str = "mutual_information",
        direction: str = "ascending",
        replacement: str | Sequence[str] = "zero",
        scope: str = "layer",
        random_repeats: int = 0,
        quantizer: Quantizer = threshold(0.0),
        *,
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
        network: Network | None = None,
        labels: str | None = None,
        tolerance: float | None = None,
    ) -> Table:
        """Cumulative ablation: neurons are removed one after the other, and the network is scored
        after each step (Liu, Amjad & Geiger 2018, arXiv:1804.06679; Morcos et al. 2018,
        arXiv:1803.06959).

        Dense networks are computed in float32 from the recorded activations of the layer whose
        neurons are removed, with decisions too close to call made again in float64, so that
        accuracies are those of float64. Before that the network must reproduce what was recorded.

        Parameters
        ----------
        ordering
            What neurons are ordered by: a measure of `infolens.measures`, which is then computed,
            a column of `measures`, or ``"random"`` for random orders alone. Equal values keep the
            order of their indices.
        direction
            ``"ascending"``, lowest value first, ``"descending"``, or ``"both"``.
        replacement
            What a removed neuron says instead, one or several, a curve for each: ``"zero"``;
            ``"mean"``, its mean activation (bias balancing, b_k += w_jk · mean_j); ``"value"``;
            ``"permute"``, what it says to another sample, at random.
        scope
            ``"layer"``, a curve for each layer, or ``"network"``, one curve over all layers.
        random_repeats
            Curves of random orders besides, which follow from the seed of `infolens.context`.
        quantizer
            Of the measure that is computed, as for `neuron_measures`.
        layers
            Layers whose neurons are removed, one name or several; by default all but the last,
            and behind a function all.
        order
            The order itself, instead of `ordering`, `measures` and `direction`: (layer, neuron)
            pairs, indices where `layers` names one layer, or a `Table` with both columns. It need
            not name all neurons.
        measures
            A table with the column of `ordering`, a row for each neuron; for instance one of
            `neuron_measures` with other settings or of other data.
        samples
            Which samples the network is judged by: a slice, a boolean mask or indices.
        ordering_samples
            On which samples the measure is computed, chosen likewise from the whole dump, or
            another `Dump`; by default those of `samples`. An order computed on the samples that it
            is judged by knows their labels.
        mean_samples
            Of which samples ``"mean"`` takes the mean; likewise.
        value
            Of the replacement ``"value"``.
        step
            Neurons removed between two rows.
        until
            End a curve after the first row with an accuracy below this.
        per_class
            Whether to give the accuracy of each class too.
        network
            Another network than ``self.network()``: with other options, or behind a function.
        labels
            Path of the labels' dataset; by default those found. Integers are indices of the last
            layer's neurons, strings are so in ascending order.
        tolerance
            Largest relative difference between what the network computes and what was recorded; by
            default that of `Network.check`. ``math.inf`` leaves the comparison out.

        Returns
        -------
        Table
            One row a step, curve by curve: ``layer`` ("network" for scope "network"), ``ordering``
            (the column, "random" or "explicit"), ``direction`` ("" for random and explicit orders),
            ``replacement``, ``repeat`` (of random orders, else 0), ``step`` (from 0, the whole
            network), ``neurons_removed``, ``removed_layer`` and ``removed_neuron`` (the last one;
            "" and −1 at step 0), ``correct`` (samples), ``accuracy``, ``cross_entropy`` (mean
            −log softmax(logits)[label], in nats), and ``accuracy_<class>`` for each class.

        Raises
        ------
        NotFoundError
            No weights, labels or data; an unknown layer, measure or column.
        ArgumentError
            An order that names a neuron twice or one that is not there; options out of range.
        NumericError
            Labels outside the classes of the last layer; a network that does not reproduce what
            was recorded (names the layer); NaN in the column of the ordering, or from a function.
        CancelledError
            A progress callback asked to stop.
        ShapeError, FormatError, FileError, MemoryBudgetError

        Examples
        --------
        >>> curves = dump.ablate(direction="both", replacement=["zero", "mean"], random_repeats=20)
        >>> infolens.plot.ablation(curves)
        >>> dump.ablate(ordering_samples=slice(0, 5000), samples=slice(5000, None))
        >>> dump.ablate(layers="fc1", order=[3, 1, 4])
        """
        return self._asked(network).ablate(
            cast("Dump", self),
            ordering=ordering,
            direction=direction,
            replacement=replacement,
            scope=scope,
            random_repeats=random_repeats,
            quantizer=quantizer,
            layers=layers,
            order=order,
            measures=measures,
            samples=samples,
            ordering_samples=ordering_samples,
            mean_samples=mean_samples,
            value=value,
            step=step,
            until=until,
            per_class=per_class,
            labels=labels,
            tolerance=tolerance,
        )

    def ablate_single(
        self,
        layers: str | Sequence[str] | None = None,
        replacement: str = "zero",
        *,
        samples: Rows | None = None,
        mean_samples: Rows | Dump | None = None,
        value: float = 0.0,
        per_class: bool = True,
        network: Network | None = None,
        labels: str | None = None,
        tolerance: float | None = None,
    ) -> Table:
        """Each neuron removed alone.

        Parameters and errors are those of `ablate`, with one replacement.

        Returns
        -------
        Table
            One row a neuron: ``layer``, ``neuron``, ``correct``, ``accuracy``, ``cross_entropy``
            (nats), ``accuracy_loss`` (of the whole network less that without the neuron),
            ``cross_entropy_increase``, and ``accuracy_<class>``. The metadata have ``accuracy``
            and ``cross_entropy`` of the whole network.

        Examples
        --------
        >>> dump.ablate_single("fc1").sort("cross_entropy_increase", descending=True)
        """
        return self._asked(network).ablate_single(
            cast("Dump", self),
            layers=layers,
            replacement=replacement,
            samples=samples,
            mean_samples=mean_samples,
            value=value,
            per_class=per_class,
            labels=labels,
            tolerance=tolerance,
        )

    def ablate_groups(
        self,
        groups: Iterable[Any] | Table,
        replacement: str = "zero",
        *,
        layer: str | None = None,
        samples: Rows | None = None,
        mean_samples: Rows | Dump | None = None,
        value: float = 0.0,
        per_class: bool = True,
        network: Network | None = None,
        labels: str | None = None,
        tolerance: float | None = None,
    ) -> Table:
        """Groups of neurons removed together: multiplets, for instance.

        Parameters
        ----------
        groups
            Groups, which may span layers, each of (layer, neuron) pairs, or of indices of `layer`;
            or a `Table` with the columns ``group``, ``layer``, ``neuron``, a row a member.
        layer
            The layer of all that are given as indices.
        replacement, samples, mean_samples, value, per_class, network, labels, tolerance
            As for `ablate`, with one replacement.

        Returns
        -------
        Table
            One row a group: ``group`` (0, 1, … in the order given, or the table's), ``neurons``
            (how many), then as for `ablate_single`.

        Examples
        --------
        >>> dump.ablate_groups([[0, 1], [4, 7, 9]], layer="fc1")
        >>> dump.ablate_groups([[("fc1", 0), ("fc2", 3)]])
        """
        return self._asked(network).ablate_groups(
            groups,
            cast("Dump", self),
            layer=layer,
            replacement=replacement,
            samples=samples,
            mean_samples=mean_samples,
            value=value,
            per_class=per_class,
            labels=labels,
            tolerance=tolerance,
        )

    def diagnose(
        self,
        layers: str | Sequence[str] | None = None,
        replacement: str = "zero",
        tolerance: float = 0.01,
        chance_margin: float = 0.05,
        quantizer: Quantizer = threshold(0.0),
        *,
        samples: Rows | None = None,
        ordering_samples: Rows | Dump | None = None,
        mean_samples: Rows | Dump | None = None,
        value: float = 0.0,
        network: Network | None = None,
        labels: str | None = None,
        reproduction_tolerance: float | None = None,
    ) -> Diagnosis:
        """How the network uses its neurons: which suffice, which are inactive or redundant, and
        whether measures of single neurons tell which ones matter.

        It reads the curves by mutual information in both directions and the removal of each neuron
        alone (Liu, Amjad & Geiger 2018, arXiv:1804.06679), and flags Simpson's paradox: a measure
        that speaks for a neuron within every layer and against it across them.

        Parameters
        ----------
        tolerance
            The accuracy τ that may be lost.
        chance_margin
            What accuracy above chance counts as destroyed.
        reproduction_tolerance
            The `tolerance` of `ablate`.
        layers, replacement, quantizer, samples, ordering_samples, mean_samples, value, network, \
labels
            As for `ablate`, with one replacement.

        Returns
        -------
        Diagnosis
            Three tables. ``layers``: ``accuracy`` of the whole network, ``suffice`` (fewest most
            informative neurons that keep accuracy − τ), ``tolerate`` (most of the most informative
            removed without passing below it), ``destroy`` (fewest removed to reach chance + margin;
            −1 never), ``inactive``, ``redundant``, ``synergistic`` (candidates), ``reading``.
            ``correlations``, for each measure and layer, and "network" for all neurons pooled:
            ``rank_correlation`` with the increase in cross-entropy, ``area_low_first``,
            ``area_high_first``, ``contrast``, ``paradox``. ``neurons``: measures,
            ``accuracy_loss``, ``cross_entropy_increase``, ``predicted_increase``, ``role``.

        Examples
        --------
        >>> diagnosis = dump.diagnose()
        >>> print(diagnosis)
        >>> infolens.plot.diagnosis(diagnosis)
        """
        return self._asked(network).diagnose(
            cast("Dump", self),
            layers=layers,
            replacement=replacement,
            tolerance=tolerance,
            chance_margin=chance_margin,
            quantizer=quantizer,
            samples=samples,
            ordering_samples=ordering_samples,
            mean_samples=mean_samples,
            value=value,
            labels=labels,
            reproduction_tolerance=reproduction_tolerance,
        )
