# SPDX-License-Identifier: Apache-2.0
"""report(): one HTML file that shows, layer by layer, what the neurons know."""

from __future__ import annotations

import html
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from infolens import _page, _report_ablation, _report_groups
from infolens._dump import Dump
from infolens._errors import ArgumentError, NotFoundError
from infolens._files import write_whole
from infolens._groups import LABELS, LayerGroups, groups_of, joints_of_arrays, joints_of_dump
from infolens._measures import class_measures, default_measures, named_layers, neuron_measures
from infolens._open import open as open_dump
from infolens._options import Reading
from infolens._quantizers import Quantizer, threshold
from infolens._report_ablation import Ablation, LeftOut, ablation_of
from infolens._report_layers import MEASURES, Measure, known, layer_section, median
from infolens._table import Table

#: False discovery rate at which neurons are called informative.
_RATE = 0.05

#: Gives the table of class measures of a layer.
OfClasses = Callable[[str], Table]


def report(
    source: Any,
    path: str | os.PathLike[str] = "report.html",
    *,
    y: Any = None,
    layers: str | Sequence[str] | None = None,
    quantizer: Quantizer = threshold(0.0),
    unit: str = "bits",
    estimator: str = "plug-in",
    permutations: int = 0,
    reduction: str | None = None,
    channel_axis: int = 1,
    sample_axis: int = 0,
    missing_labels: str = "refuse",
    top: int = 10,
    title: str | None = None,
    ablation: bool | None = None,
    o_information: bool | None = None,
) -> Path:
    """Write a report of neuron measures as one self-contained HTML file.

    For each layer: how entropy, mutual information and KL selectivity are distributed
    over its neurons, the neurons that say most about the label, and the specific
    information of neurons about each class. With `permutations` it says which neurons
    say more than chance would. It shows which groups of neurons are redundant and which
    synergistic, and of a dump that holds the weights of its network what accuracy is left
    while neurons are removed, and how the layers use their neurons. The file opens offline,
    in light and dark, and holds what was computed and how. Without labels it shows entropies
    and groups only.

    Parameters
    ----------
    source
        A `Dump`, the path of one (or a pattern), an array [N, d], or a mapping of names to arrays.
    path
        Where to write; replaced in one step, so that no half report is ever seen.
    y
        Labels, for arrays.
    layers
        Names of the layers to show; by default all.
    quantizer, unit, estimator, permutations, reduction, channel_axis
        As for `neuron_measures`.
    sample_axis, missing_labels
        As for `Dump.neuron_measures`, of dumps.
    top
        Rows of each layer's ranking.
    title
        Heading of the page.
    ablation
        Whether to remove neurons, ordered by their plug-in mutual information (`Dump.ablate`,
        `Dump.diagnose`). By default where the dump has weights and labels, and it takes no longer
        than about a minute; weights that do not reproduce what was recorded are said to do so.
        With True whatever prevents it is raised.
    o_information
        Whether to search for groups of neurons of lowest and highest O-information, of
        pre-activations where the dump has them, without the label and with it. By default as far
        as some seconds a layer go; with True a minute, and whatever prevents it is raised.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    FileError
        The file cannot be written.
    Error
        Whatever `neuron_measures` raises.

    Examples
    --------
    >>> infolens.report(dump, "report.html", quantizer=infolens.uniform(30))
    """
    if isinstance(source, (str, os.PathLike)):
        with open_dump(source) as dump:
            return report(
                dump,
                path,
                layers=layers,
                quantizer=quantizer,
                unit=unit,
                estimator=estimator,
                permutations=permutations,
                reduction=reduction,
                channel_axis=channel_axis,
                sample_axis=sample_axis,
                missing_labels=missing_labels,
                top=top,
                title=title,
                ablation=ablation,
                o_information=o_information,
            )
    options: dict[str, Any] = {
        "quantizer": quantizer,
        "unit": unit,
        "estimator": estimator,
        "reduction": reduction,
        "channel_axis": channel_axis,
    }
    reading = Reading(reduction, channel_axis, sample_axis, missing_labels)
    if isinstance(source, Dump):
        options |= asdict(reading)
        table, of_classes = _measure_dump(source, layers, options, permutations)
        heading = title or Path(source.path).name
        shown = None if layers is None else table["layer"].tolist()
        removed = None if ablation is False else ablation_of(source, shown, quantizer, ablation)
        make = joints_of_dump(source, reading)
        has_labels = source.has_labels
        taken = {name: source.layer_at(name).has_preactivations for name in _names(table)}
    else:
        if (sample_axis, missing_labels) != (0, "refuse"):
            raise ArgumentError("sample_axis and missing_labels are for dumps")
        if ablation:
            raise ArgumentError(
                "ablation needs the weights of a network: give a dump that has them"
            )
        table, of_classes = _measure_arrays(source, y, layers, options, permutations)
        heading = title or "Neuron measures"
        removed = None
        make = joints_of_arrays(named_layers(source), y, reduction, channel_axis)
        has_labels = y is not None
        taken = dict.fromkeys(_names(table), False)
    groups = None
    if o_information is not False:
        labels = LABELS if has_labels else LABELS[:1]
        groups = list(groups_of(taken, make, labels, unit, o_information))
    text = render(table, of_classes, heading, top, removed, groups)
    # What is no Unicode in a file's names becomes a question mark.
    content = text.encode("utf-8", errors="replace")
    return write_whole(path, lambda place: place.write_bytes(content), "report")


def _measure_dump(
    dump: Dump, layers: str | Sequence[str] | None, options: dict[str, Any], permutations: int
) -> tuple[Table, OfClasses | None]:
    if not dump.has_labels:
        names = default_measures(with_labels=False)
        return dump.neuron_measures(layers, measures=names, **options), None
    table = dump.neuron_measures(layers, permutations=permutations, **options)
    return table, lambda layer: dump.class_measures(layer, **options)


def _measure_arrays(
    X: Any,
    y: Any,
    layers: str | Sequence[str] | None,
    options: dict[str, Any],
    permutations: int,
) -> tuple[Table, OfClasses | None]:
    arrays = named_layers(X)
    wanted = set(arrays if layers is None else [layers] if isinstance(layers, str) else layers)
    if missing := wanted - set(arrays):
        raise NotFoundError(
            f"layers: there is no {', '.join(sorted(missing))}; there are: {', '.join(arrays)}"
        )
    chosen = {name: values for name, values in arrays.items() if name in wanted}
    if y is None:
        return neuron_measures(chosen, **options), None
    table = neuron_measures(chosen, y, permutations=permutations, **options)
    return table, lambda layer: class_measures({layer: chosen[layer]}, y, **options)


def render(
    table: Table,
    of_classes: OfClasses | None,
    title: str,
    top: int = 10,
    removed: Ablation | LeftOut | None = None,
    groups: list[LayerGroups] | None = None,
) -> str:
    """The report's HTML from a table of neuron measures.

    `of_classes` gives a layer's table of class measures; None where there are no labels.
    """
    measures = [measure for measure in MEASURES if measure.column in table]
    unit = table.units[measures[0].column]
    names = _names(table)
    ranges = {m.column: _range(table[m.column]) for m in measures}
    parts = [_opening(table, title, names, measures, unit)]
    for name in names:
        layer = table.where(layer=name)
        classes = of_classes(name) if of_classes is not None else None
        parts.append(layer_section(name, layer, classes, measures, ranges, unit, top))
    parts.append(_report_ablation.section(removed))
    parts.append(_report_groups.section(groups, unit))
    how = {**_report_ablation.how(removed), **_report_groups.how(groups)}
    parts.append(_how(table, measures, how))
    return _page.page(f"{title} – InfoLens", "\n".join(parts))


def _names(table: Table) -> list[str]:
    """The layers in the order of the table."""
    return list(dict.fromkeys(table["layer"].tolist()))


def _range(values: Any) -> tuple[float, float]:
    """The common ends of a measure's axis over all layers: corrected estimates may be negative."""
    finite = known(values)
    most, least = float(np.max(finite, initial=0)), float(np.min(finite, initial=0))
    return least * 1.0001, most * 1.0001 if most > 0 else 1.0


def _informative(layer: Table) -> int:
    """Neurons that say more about the label than chance would, at a false discovery rate of 5 %."""
    return int(np.sum(layer["q_value"] <= _RATE))


def _opening(table: Table, title: str, names: list[str], measures: list[Measure], unit: str) -> str:
    said = table.metadata
    facts = [f"{len(names)} layer{'s' if len(names) != 1 else ''}", f"{len(table):,} neurons"]
    if "samples" in said:
        facts.append(f"{int(said['samples']):,} samples")
    if said.get("classes", "0").isdigit() and int(said.get("classes", "0")) > 0:
        facts.append(f"{said['classes']} classes")
    if "quantizer" in said:
        facts.append(f"quantised by {said['quantizer']}")
    header = ["layer", "neurons", "constant"]
    header += ["informative"] * ("q_value" in table)
    header += [f"{m.name},<br>median" for m in measures] + ["highest"] * (len(measures) > 1)
    rows = []
    for name in names:
        layer = table.where(layer=name)
        row = [
            f'<td class="name">{html.escape(name)}</td>',
            f"<td>{len(layer):,}</td>",
            f"<td>{int(np.sum(layer['entropy'] == 0)):,}</td>",
        ]
        if "q_value" in table:
            row.append(f"<td>{_informative(layer):,}</td>")
        row += [f"<td>{median(layer[m.column])}</td>" for m in measures]
        if len(measures) > 1:
            best = layer.sort("mutual_information", descending=True).head(1)
            row.append(f"<td>{best['mutual_information'][0]:.3f} (neuron {best['neuron'][0]})</td>")
            header[-1] = "mutual information,<br>highest"
        rows.append(row)
    return (
        f'<h1>{html.escape(title)}</h1><p class="faint">{html.escape(" · ".join(facts))}</p>'
        f"{_page.table(header, rows)}"
        f'<p class="faint" style="margin-top:8px">Values in {unit}. A constant neuron has one '
        f"level only and carries no information.{_chance(table)}</p>"
    )


def _chance(table: Table) -> str:
    if "q_value" not in table:
        return ""
    return (
        " Informative neurons have more mutual information than "
        f"{int(table.metadata['permutations']):,} permutations of the labels leave to chance, at a "
        f"false discovery rate of {_RATE:.0%} over all neurons."
    )


def _how(table: Table, measures: list[Measure], more: dict[str, str]) -> str:
    meanings = {f"{m.title} {m.symbol}": table.descriptions[m.column] for m in measures}
    return (
        "<section><h2>How it was computed</h2>"
        f"{_page.definitions({**meanings, **more, **table.metadata})}"
        '<p class="faint" style="margin-top:12px">Measures after Liu, Amjad &amp; Geiger 2018 '
        "(arXiv:1804.06679) and DeWeese &amp; Meister 1999. Dashed lines in "
        "histograms mark medians.</p>"
        "</section>"
    )
