# SPDX-License-Identifier: Apache-2.0
"""A layer's section of the report: distributions, ranking, and specific information."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from infolens import _page, _svg
from infolens._order import by_favourite_class
from infolens._table import Table

# A heat map beyond this cannot be read; the most informative neurons and classes are shown.
_MOST_NEURONS = 60
_MOST_CLASSES = 40


@dataclass(frozen=True)
class Measure:
    column: str
    title: str
    #: The title as it stands within a sentence, in two lines where it heads a column.
    name: str
    symbol: str
    tone: str


MEASURES = (
    Measure("entropy", "Entropy", "entropy", "H(T)", "entropy"),
    Measure(
        "mutual_information", "Mutual information", "mutual information", "I(T;Y)", "information"
    ),
    Measure("kl_selectivity", "KL selectivity", "KL selectivity", "max D(T|y ‖ T)", "selectivity"),
)


def known(values: Any) -> Any:
    """Values without those that an estimator left undefined."""
    return values[np.isfinite(values)]


def median(values: Any) -> str:
    finite = known(values)
    return f"{np.median(finite):.3f}" if len(finite) else "–"


def layer_section(
    name: str,
    layer: Table,
    classes: Table | None,
    measures: list[Measure],
    ranges: dict[str, tuple[float, float]],
    unit: str,
    top: int,
) -> str:
    panels = "".join(_panel(layer, measure, ranges[measure.column], unit) for measure in measures)
    order = "mutual_information" if len(measures) > 1 else "entropy"
    ranking = _ranking(layer.sort(order, descending=True).head(top), measures, ranges)
    caption = "Most informative neurons" if len(measures) > 1 else "Neurons of highest entropy"
    shown = f'<div class="ranking"><h3>{caption}</h3>{ranking}</div>'
    if classes is not None:
        shown += _heat_map(name, layer, classes, unit)
    constant = int(np.sum(layer["entropy"] == 0))
    return (
        f'<section><h2>{html.escape(name)}</h2><p class="faint">{len(layer):,} neurons, '
        f"{constant or 'none'} constant</p>"
        f'<div class="panels">{panels}</div><div class="pair">{shown}</div></section>'
    )


def _panel(layer: Table, measure: Measure, ends: tuple[float, float], unit: str) -> str:
    values = known(layer[measure.column])
    most = f"{values.max():.3f}" if len(values) else "–"
    title = f"distribution of {measure.name} over {len(values)} neurons"
    return (
        f'<div class="panel {measure.tone}"><h3>{measure.title} '
        f'<span class="faint">{measure.symbol}</span></h3>'
        f'<p class="faint">median {median(values)}, most {most} {unit}</p>'
        f"{_svg.histogram(values, *ends, measure.tone, title)}</div>"
    )


def _ranking(rows: Table, measures: list[Measure], ranges: dict[str, tuple[float, float]]) -> str:
    header = ["neuron", *(m.name.replace(" ", "<br>", 1) for m in measures)]
    if "kl_selectivity_class" in rows:
        header.append("for class")
    if "q_value" in rows:
        header.append("q value")
    lines = []
    for row in rows:
        cells = [f"<td>{row['neuron']}</td>"]
        for measure in measures:
            value = row[measure.column]
            part = 100 * max(value, 0) / ranges[measure.column][1] if math.isfinite(value) else 0
            shown = f"{value:.3f}" if math.isfinite(value) else "–"
            cells.append(
                f'<td class="measured {measure.tone}" style="--part:{part:.1f}">{shown}</td>'
            )
        if "kl_selectivity_class" in rows:
            # Where no class stands out, the first would be an accident.
            name = str(row["kl_selectivity_class"]) if row["kl_selectivity"] > 0 else "–"
            hint = html.escape(name, quote=True)
            cells.append(f'<td title="{hint}">{html.escape(_svg.short(name))}</td>')
        if "q_value" in rows:
            cells.append(f"<td>{_probability(row['q_value'])}</td>")
        lines.append(cells)
    return _page.table(header, lines)


def _probability(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return f"{value:.3f}" if value >= 0.001 else "&lt; 0.001"


def _heat_map(name: str, layer: Table, classes: Table, unit: str) -> str:
    neurons = layer["neuron"]
    matrix = classes["specific_information"].reshape(len(neurons), -1)
    labels = [str(label) for label in classes["class"][: matrix.shape[1]].tolist()]
    information = layer["mutual_information"]
    rank = -np.nan_to_num(information, nan=-np.inf)
    kept = np.sort(np.argsort(rank, kind="stable")[:_MOST_NEURONS])
    strength = np.nan_to_num(matrix[kept], nan=-1.0)
    columns = np.sort(np.argsort(-strength.max(axis=0), kind="stable")[:_MOST_CLASSES])
    order = by_favourite_class(matrix[kept][:, columns])
    chosen = matrix[kept][order][:, columns]
    highest = float(np.nanmax(chosen)) if np.isfinite(chosen).any() else 0.0
    notes = []
    if len(kept) < len(neurons):
        notes.append(f"the {len(kept)} most informative of {len(neurons):,} neurons")
    if len(columns) < len(labels):
        notes.append(f"{len(columns)} of {len(labels):,} classes")
    limited = f" Shown: {' and '.join(notes)}." if notes else ""
    drawing = _svg.heat_map(
        chosen,
        [int(n) for n in neurons[kept][order]],
        [labels[c] for c in columns],
        highest,
        unit,
        f"specific information of the neurons of {name} about each class",
    )
    key = _svg.colour_key(highest, unit) if highest > 0 and math.isfinite(highest) else ""
    return (
        '<figure><h3>Specific information, neuron × class</h3><div class="scroll">'
        f"{drawing}</div>{key}<figcaption>How far a neuron’s levels under one class depart from "
        "its levels overall, D(T|y ‖ T). Neurons are ordered by the class that they set apart "
        f"most.{limited}</figcaption></figure>"
    )
