# SPDX-License-Identifier: Apache-2.0
"""What O-information adds to a dump."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from infolens._errors import ArgumentError, NotFoundError
from infolens._joint_calls import Asked
from infolens._joint_options import MeasuresOptions, Multiplets, SearchOptions
from infolens._joint_tables import warned
from infolens._quantizers import Quantizer

if TYPE_CHECKING:
    from infolens._dump import Dump
    from infolens._layer import Layer
    from infolens._table import Table


class DumpJoint:
    """The part of `Dump` that looks at groups of neurons."""

    def preactivations_of(self, layer: str) -> dict[str, Any] | None:
        """The row of `Dump.describe` with what the neurons of a layer had before their activation
        function; None where the file holds none: for the package's own use."""
        dump = cast("Dump", self)
        rows = dump.describe().where(role="preactivations", name=layer)
        return next(iter(rows), None)

    def o_information(
        self,
        layers: str | Sequence[str] | None = None,
        multiplets: Multiplets | None = None,
        label: str = "none",
        estimator: str = "gaussian-copula",
        bias_correction: bool = False,
        unit: str = "bits",
        *,
        preactivations: bool = False,
        order: int | None = None,
        search: str = "exhaustive",
        top: int = 20,
        smallest_order: int | None = None,
        extrema: str = "both",
        first: int = 0,
        count: int | None = None,
        domain: Iterable[int] | None = None,
        starts: int | None = None,
        steps: int | None = None,
        gradient: bool = False,
        interaction: bool = False,
        rsi: bool = False,
        target: int | None = None,
        bootstrap: int = 0,
        surrogates: int = 0,
        confidence: float = 0.95,
        ties: str = "average",
        quantizer: Quantizer | None = None,
        alphabet: str = "full",
        singular: float | None = None,
        labels: str | None = None,
        reduction: str | None = None,
        channel_axis: int = 1,
        sample_axis: int = 0,
        missing_labels: str = "refuse",
    ) -> Table:
        """O-information of groups of neurons of each layer: redundancy and synergy (Rosas,
        Mediano, Gastpar & Jensen 2019, doi:10.1103/PhysRevE.100.032305).

        Parameters
        ----------
        layers
            One name or several, names of layers or paths of datasets; by default every layer, with
            `preactivations` every layer that has them.
        preactivations
            Take what the neurons had before their activation function, where ReLUs have no zeros
            that many samples share. By default activations.
        labels
            Path of the labels' dataset; by default those found.
        multiplets, label, estimator, bias_correction, unit, order, search, top, smallest_order, \
extrema, first, count, domain, starts, steps, gradient, interaction, rsi, target, bootstrap, \
surrogates, confidence, ties, quantizer, alphabet, singular, reduction, channel_axis
            As for `infolens.o_information`.
        sample_axis, missing_labels
            As for `neuron_measures`.

        Returns
        -------
        Table
            ``layer``, and the columns of `infolens.o_information`, layer by layer.

        Raises
        ------
        NotFoundError
            An unknown layer or estimator; labels that are needed, or preactivations, that the file
            does not hold.
        FormatError, FileError
            The file is corrupt or cannot be read.
        ArgumentError, ShapeError, NumericError, MemoryBudgetError
            As for `infolens.o_information`.

        Examples
        --------
        >>> table = dump.o_information(
        ...     preactivations=True, label="class-conditional", order=20, search="greedy"
        ... )
        >>> infolens.plot.o_information(table)
        """
        dump = cast("Dump", self)
        asked = Asked(
            multiplets,
            unit,
            SearchOptions(
                order, search, top, smallest_order, extrema, first, count, domain, starts, steps
            ),
            MeasuresOptions(gradient, interaction, rsi, target, bootstrap, surrogates, confidence),
        )
        how: dict[str, Any] = {
            "label": label,
            "estimator": estimator,
            "labels": labels,
            "bias_correction": bias_correction,
            "ties": ties,
            "quantizer": quantizer,
            "alphabet": alphabet,
            "singular": singular,
            "reduction": reduction,
            "channel_axis": channel_axis,
            "sample_axis": sample_axis,
            "missing_labels": missing_labels,
        }

        def answer(layer: Layer) -> Callable[[], Table]:
            return lambda: layer.joint(**how).answer(asked)

        with dump.lock:
            chosen = self.chosen_layers(layers, preactivations)
            return warned(asked.of_layers((name, answer(layer)) for name, layer in chosen))

    def chosen_layers(
        self, layers: str | Sequence[str] | None, preactivations: bool
    ) -> list[tuple[str, Layer]]:
        """The layers by the names that the caller has for them, not one read yet: for the
        package's own use."""
        dump = cast("Dump", self)
        if layers is None:
            every = [(name, dump[name]) for name in dump]
            chosen = [it for it in every if it[1].has_preactivations or not preactivations]
            if not chosen:
                missing = "preactivations of any layer" if every else "layers"
                raise NotFoundError(f"the dump holds no {missing}; Dump.describe says what it has")
        else:
            names = [layers] if isinstance(layers, str) else list(layers)
            if not names:
                raise ArgumentError("layers is empty: name at least one, or give None for all")
            chosen = [(name, dump.layer_at(name)) for name in names]
        return [(name, it.preactivations if preactivations else it) for name, it in chosen]
