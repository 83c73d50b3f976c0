# SPDX-License-Identifier: Apache-2.0
"""The report's part about groups of neurons: which are redundant, and which synergistic."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator

import numpy as np

from infolens import _page, _svg
from infolens._groups import LABELS, SPOKEN, Found, LayerGroups
from infolens._plot_o_information import members_of

TITLE = "Which groups of neurons are redundant, which synergistic?"

#: Extremum, tone of the style sheet, what it is called.
_ENDS = (("max", "high", "redundant"), ("min", "low", "synergistic"))


def section(layers: list[LayerGroups] | None, unit: str) -> str:
    """The section; nothing where no group was looked for or could be."""
    shown = [layer for layer in layers or () if layer.found]
    if not layers or not shown:
        return ""
    labels = [label for label in LABELS if any(label in layer.found for layer in shown)]
    legend = [
        ("high", "highest Ω of an order: the most redundant group"),
        ("low", "lowest: the most synergistic"),
    ]
    if len(labels) > 1:
        legend += [("plain", SPOKEN["none"]), ("plain dashed", SPOKEN["class-conditional"])]
    keys = "".join(f"<li>{_svg.line_key(css)}{text}</li>" for css, text in legend)
    ends = _ends_of(shown)
    with_label = (
        " With the label, which counts as one variable more, synergy is about the class: a group "
        "says of it what its members do not say alone."
        if len(labels) > 1
        else ""
    )
    left_out = "".join(
        f'<p class="faint small">{html.escape(layer.name)} was left out: '
        f"{html.escape(layer.reason)}.</p>"
        for layer in layers
        if not layer.found
    )
    return (
        f'<section><h2>{TITLE}</h2><p class="faint">Ω from {_signed(ends[0])} to '
        f"{_signed(ends[1])} {unit}</p>"
        '<p class="prose">O-information Ω weighs what a group of neurons says several times '
        "against what only the group as a whole says: above zero redundancy prevails, below zero "
        f"synergy.{with_label}</p>"
        f'<ul class="legend">{keys}</ul><p class="faint small">All groups of the smaller orders '
        "were searched, up to that of the circles and the tables; larger ones were grown from the "
        f"best, neuron by neuron. Point at a chart for numbers.</p>{left_out}"
        f"{''.join(_layer(layer, unit) for layer in shown)}</section>"
    )


def how(layers: list[LayerGroups] | None) -> dict[str, str]:
    """What the report says about how the section came about, or why it did not."""
    if not layers:
        return {}
    if not any(layer.found for layer in layers):
        reasons = dict.fromkeys(layer.reason for layer in layers)
        return {"O-information": f"left out: {'; '.join(reasons)}"}
    said = (
        "Gaussian copula, ties by their mean rank, corrected for few samples (Rosas et al. 2019, "
        "doi:10.1103/PhysRevE.100.032305; Ince et al. 2017, doi:10.1002/hbm.23471)"
    )
    if any("class-conditional" in layer.found for layer in layers):
        said += "; the label by class-conditional covariances, whatever classes are called"
    return {"O-information": said}


def _ends_of(layers: list[LayerGroups]) -> tuple[float, float]:
    """The lowest and the highest value in any curve, and zero between them."""
    values = [
        value
        for layer in layers
        for found in layer.found.values()
        for extremum, *_ in _ENDS
        for value in found.ends(extremum)[1]
    ]
    return min([*values, 0.0]), max([*values, 0.0])


def _panel(layer: LayerGroups, unit: str) -> str:
    lines, marks = [], []
    for label, found in layer.found.items():
        for extremum, tone, _ in _ENDS:
            orders, values = found.ends(extremum)
            if not orders:
                continue
            css = tone if label == "none" else f"{tone} dashed"
            x, y = np.array(orders, dtype=float), np.array(values)
            lines.append(_svg.Line(x, y, css))
            if found.order in orders:
                height = values[orders.index(found.order)]
                hint = f"all groups of {found.order} neurons {SPOKEN[label]}: {_signed(height)}"
                marks.append(_svg.Mark(found.order, height, tone, f"{hint} {unit}"))
    if not lines:
        return '<div class="panel"><p>All groups are singular.</p></div>'
    low, high = _ends_of([layer])
    margin = 0.04 * (high - low) or 1.0
    chart = _svg.line_chart(
        lines,
        marks,
        list(_hints(layer, unit)),
        0.0,
        ("neurons in the group", "", f"O-information of the best groups: {layer.name}"),
        min(float(line.x[0]) for line in lines),
        (low - margin, high + margin),
    )
    source = "of pre-activations" if layer.has_preactivations else "of activations"
    return f'<div class="panel"><p>Ω in {unit}, {source}</p>{chart}</div>'


def _hints(layer: LayerGroups, unit: str) -> Iterator[tuple[float, str]]:
    """What the curves say at each order, in words."""
    known = {
        (label, extremum): dict(zip(*found.ends(extremum), strict=True))
        for label, found in layer.found.items()
        for extremum, *_ in _ENDS
    }
    for order in sorted({order for values in known.values() for order in values}):
        parts = []
        for label in layer.found:
            low, high = (known[label, it].get(order, math.nan) for it in ("min", "max"))
            parts.append(f"{SPOKEN[label]} {_signed(low)} to {_signed(high)}")
        yield float(order), f"{order} neurons: {', '.join(parts)} {unit}"


def _layer(layer: LayerGroups, unit: str) -> str:
    """A layer's chart, its best groups, and what to know of it."""
    rankings = "".join(
        _ranking(layer, label, found, *end) for label, found in layer.found.items() for end in _ENDS
    )
    notes = "".join(f'<p class="faint small">{note}</p>' for note in _notes(layer))
    return (
        f'<h3 class="part">{html.escape(layer.name)} '
        f'<span class="faint">{layer.neurons:,} neurons</span></h3>{notes}'
        f'<div class="groups">{_panel(layer, unit)}<div class="rankings">{rankings}</div></div>'
    )


def _ranking(
    layer: LayerGroups, label: str, found: Found, extremum: str, tone: str, name: str
) -> str:
    rows = found.best["extremum"] == extremum
    groups = [group for group, kept in zip(members_of(found.best), rows, strict=True) if kept]
    values = found.best["o_information"][rows].tolist()
    several = len(layer.found) > 1
    others = {
        other: np.array(values)[rows].tolist()
        for (first, other), values in layer.others.items()
        if first == label
    }
    header = ["neurons", "Ω", *(SPOKEN[other].replace(" ", "<br>", 1) for other in others)]
    most = max((abs(value) for value in values), default=0.0)
    lines = []
    for index, (group, value) in enumerate(zip(groups, values, strict=True)):
        part = 100 * abs(value) / most if most > 0 else 0.0
        cells = [
            f"<td>{', '.join(map(str, group))}</td>",
            f'<td class="measured {tone}" style="--part:{part:.1f}">{_signed(value)}</td>',
        ]
        cells += [f"<td>{_signed(column[index])}</td>" for column in others.values()]
        lines.append(cells)
    caption = f"Most {name} groups of {found.order}" + (f", {SPOKEN[label]}" if several else "")
    return f"<figure><h4>{caption}</h4>{_page.table(header, lines)}</figure>"


def _notes(layer: LayerGroups) -> Iterator[str]:
    if layer.reason:
        yield f"Left out: {html.escape(layer.reason)}."
    if layer.constant:
        kept = layer.neurons - layer.constant
        yield f"{layer.constant:,} constant neurons take no part, {kept:,} do."
    if layer.tied and not layer.has_preactivations:
        yield (
            f"In {layer.tied:,} neurons many samples share a value (up to {layer.largest_tie:.0%} "
            "of them), as outputs of a ReLU share 0: their ranks say little there. Prefer "
            "pre-activations, which a report takes where the dump has them."
        )
    singular = {label: found.singular for label, found in layer.found.items() if found.singular}
    if singular:
        counts = ", ".join(f"{count:,} {SPOKEN[label]}" for label, count in singular.items())
        yield (
            f"Singular groups were left out: {counts}. One of their neurons is constant (within a "
            "class, where the label takes part), repeats another or follows from the others, or "
            "there are too few samples."
        )


def _signed(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return f"{round(value, 3) + 0.0:+.3f}".replace("-", "−")
