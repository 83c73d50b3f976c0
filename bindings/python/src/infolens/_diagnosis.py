# SPDX-License-Identifier: Apache-2.0
"""Diagnosis: how a network uses its neurons."""

from __future__ import annotations

import ctypes
import html
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from infolens import _abi
from infolens._ablation import replacement_code, tolerance_of
from infolens._library import check, library
from infolens._options import attach, real, set_layers
from infolens._quantizers import DEFAULT_QUANTIZER, Quantizer, struct_of
from infolens._samples import Sources
from infolens._table import Table

#: The row of `Diagnosis.correlations` for the neurons of all layers together.
POOLED = "network"


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """How a network uses its neurons; made by `Dump.diagnose` or `Network.diagnose`.

    Printing it gives the reading of each layer, and says where the network as a whole contradicts
    its layers (Simpson's paradox), with the numbers.
    """

    #: One row a layer: ``layer``, ``neurons``, ``accuracy``, ``suffice``, ``tolerate``,
    #: ``destroy``, ``inactive``, ``redundant``, ``synergistic``, ``reading``.
    layers: Table
    #: One row a measure and layer, and one of all neurons pooled (layer "network"): ``measure``,
    #: ``layer``, ``neurons``, ``rank_correlation``, ``area_low_first``, ``area_high_first``,
    #: ``contrast``, ``paradox``.
    correlations: Table
    #: One row a neuron: ``layer``, ``neuron``, measures, ``accuracy_loss``,
    #: ``cross_entropy_increase``, ``predicted_increase``, ``role``.
    neurons: Table

    @property
    def paradoxes(self) -> list[str]:
        """Measures for which the contrast of the network has the opposite sign of every layer's."""
        rows = self.correlations
        return [row["measure"] for row in rows if row["layer"] == POOLED and row["paradox"]]

    def _readings(self) -> Iterator[tuple[str, str]]:
        for row in self.layers:
            yield row["layer"], row["reading"]

    def _verdicts(self) -> Iterator[tuple[str, str]]:
        """For each measure whether the network contradicts its layers, with the numbers."""
        paradoxes = set(self.paradoxes)
        for measure in dict.fromkeys(self.correlations["measure"].tolist()):
            rows = self.correlations.where(measure=measure)
            signs = ", ".join(f"{row['layer']} {row['contrast']:+.3f}" for row in rows)
            found = "Simpson's paradox" if measure in paradoxes else "no paradox"
            ranks = ", ".join(_rank(row["layer"], row["rank_correlation"]) for row in rows)
            yield (
                measure,
                f"{found}: accuracy, low first less high first: {signs}; rank correlation with the "
                f"loss: {ranks}",
            )

    def __repr__(self) -> str:
        lines = ["<infolens diagnosis>"]
        lines += [f"{layer}: {reading}" for layer, reading in self._readings()]
        lines += [f"{measure}: {verdict}" for measure, verdict in self._verdicts()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        def listed(entries: Iterator[tuple[str, str]]) -> str:
            items = (f"<li><b>{html.escape(a)}</b>: {html.escape(b)}</li>" for a, b in entries)
            return f"<ul>{''.join(items)}</ul>"

        return listed(self._readings()) + listed(self._verdicts()) + self.layers._repr_html_()


def _rank(layer: str, correlation: float) -> str:
    return f"{layer} –" if math.isnan(correlation) else f"{layer} {correlation:+.2f}"


@dataclass(frozen=True)
class DiagnosisOptions:
    """How a network is diagnosed, in the words of `Dump.diagnose`."""

    replacement: str = "zero"
    tolerance: float = 0.01
    chance_margin: float = 0.05
    quantizer: Quantizer = DEFAULT_QUANTIZER
    layers: str | Sequence[str] | None = None
    value: float = 0.0
    reproduction_tolerance: float | None = None

    def to_struct(self, sources: Sources) -> _abi.il_diagnosis_options:
        """The C struct; it keeps what it points to alive."""
        options = _abi.il_diagnosis_options()
        check(library().il_diagnosis_options_init(ctypes.byref(options), ctypes.sizeof(options)))
        options.replacement = replacement_code(self.replacement)
        options.tolerance = real("tolerance", self.tolerance)
        options.chance_margin = real("chance_margin", self.chance_margin)
        options.quantizer = ctypes.pointer(struct_of(self.quantizer))
        set_layers(options, self.layers)
        options.value = real("value", self.value)
        options.reproduction_tolerance = tolerance_of(
            "reproduction_tolerance", self.reproduction_tolerance
        )
        attach(options, "ordering_source", sources.ordering)
        attach(options, "mean_source", sources.mean)
        return options
