# SPDX-License-Identifier: Apache-2.0
"""The report's diagnosis: how layers use their neurons, and whether measures can tell."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator
from typing import Any

from infolens import _page
from infolens._diagnosis import Diagnosis
from infolens._report_layers import MEASURES
from infolens._table import Table

_NAMES = {measure.column: measure.name for measure in MEASURES}


def _meanings(known: dict[str, str]) -> dict[str, str]:
    """What each count says, with the tolerances that it was read with."""
    kept = f"accuracy within {float(known['tolerance']):g} of the whole network’s"
    ruin = float(known["chance"]) + float(known["chance_margin"])
    return {
        "suffice": f"how few of the most informative neurons, all others removed, keep {kept}",
        "tolerate": f"how many of the most informative can be removed and leave {kept}",
        "destroy": "how few of the most informative, when removed, bring accuracy down to "
        f"{ruin:.3f}",
        "inactive": "of one level only, or with less information than twice its bias",
        "redundant": "the others, neither among those that suffice nor inactive: what they say, "
        "those that suffice say too",
        "synergistic": "candidates, whose removal alone hurts more than their own information "
        "predicts: they matter together with others",
    }


def diagnosis_of(found: Diagnosis) -> str:
    """The diagnosis as markup: a reading of each layer, its counts, and what measures can tell."""
    readings = dict(zip(found.layers["layer"], found.layers["reading"], strict=True))
    return (
        '<h3 class="part">How each layer uses its neurons</h3>'
        f'<div class="reading">{_page.definitions(readings)}</div>{_counts(found.layers)}'
        '<h3 class="part">Does a neuron’s measure tell whether it is needed?</h3>'
        f'{"".join(_verdicts(found))}<div class="pair">'
        f"{_contrasts(found.correlations)}{_ranks(found.correlations)}</div>"
    )


def _counts(layers: Table) -> str:
    meanings = _meanings(layers.metadata)
    header = ["layer", "neurons"]
    header += [f'<abbr title="{html.escape(text)}">{it}</abbr>' for it, text in meanings.items()]
    rows = []
    for row in layers:
        shown = ["never" if row[it] < 0 else f"{row[it]:,}" for it in ("neurons", *meanings)]
        cells = [f"<td>{value}</td>" for value in shown]
        rows.append([f'<td class="name">{html.escape(row["layer"])}</td>', *cells])
    return (
        f'<div class="pair counts">{_page.table(header, rows)}'
        f'<div class="note">{_page.definitions(meanings)}</div></div>'
    )


def _contrasts(correlations: Table) -> str:
    largest = max((abs(value) for value in correlations["contrast"]), default=0.0)
    return (
        f"<figure><h4>Accuracy, lowest first less highest first</h4>"
        f"{_by_layer(correlations, 'contrast', 3, largest)}"
        "<figcaption>Mean accuracy over the curve of each order. Positive, blue: neurons of high "
        "values are needed more; negative, vermilion: those of low values.</figcaption></figure>"
    )


def _ranks(correlations: Table) -> str:
    return (
        f"<figure><h4>Rank correlation with the loss</h4>"
        f"{_by_layer(correlations, 'rank_correlation', 2, 1.0)}"
        "<figcaption>Spearman’s, of the measure and the rise in cross-entropy when a neuron is "
        "removed alone.</figcaption></figure>"
    )


def _by_layer(correlations: Table, column: str, digits: int, most: float) -> str:
    """A row a layer and one for all neurons pooled, a column a measure."""
    columns = _measured(correlations)
    header = ["layer", *(_NAMES.get(it, it).replace(" ", "<br>", 1) for it in columns)]
    names = next(iter(columns.values()))["layer"].tolist()
    rows = []
    for index, name in enumerate(names):
        # The last one is of all neurons, whatever a layer is called.
        label = "whole network" if index == len(names) - 1 else html.escape(name)
        cells = [_signed(table[column][index], digits, most) for table in columns.values()]
        rows.append([f'<td class="name">{label}</td>', *cells])
    # A single layer is all there is to pool.
    return _page.table(header, rows if len(rows) > 2 else rows[:1])


def _measured(correlations: Table) -> dict[str, Table]:
    found = dict.fromkeys(correlations["measure"].tolist())
    return {measure: correlations.where(measure=measure) for measure in found}


def _signed(value: float, digits: int, most: float) -> str:
    if not math.isfinite(value):
        return "<td>–</td>"
    part = 100 * abs(value) / most if most > 0 else 0
    tone = "low" if value > 0 else "high"
    return f'<td class="measured {tone}" style="--part:{part:.1f}">{_number(value, digits)}</td>'


def _number(value: float, digits: int = 3) -> str:
    # Adding zero takes the sign from what is rounded to zero.
    return f"{round(value, digits) + 0.0:+.{digits}f}".replace("-", "−")


def _verdicts(found: Diagnosis) -> Iterator[str]:
    """Simpson's paradox, with its numbers, and for which measures it does not show."""
    columns = _measured(found.correlations)
    if len(found.layers) < 2:
        return
    flagged = found.paradoxes
    for measure in flagged:
        *within, pooled = columns[measure]
        name = _NAMES.get(measure, measure)
        more, less = ("more", "less") if pooled["contrast"] < 0 else ("less", "more")
        yield (
            f'<p class="prose"><b>Simpson’s paradox for {name}.</b> Within every layer neurons of '
            f"high {name} are needed {more} than those of low (lowest first less highest first: "
            f"{_listed(within)}), yet over the whole network they are needed {less} "
            f"({_number(pooled['contrast'])}). Compare neurons by {name} within their layer only: "
            "across layers it misleads.</p>"
        )
    if others := [measure for measure in columns if measure not in flagged]:
        names = [_NAMES.get(it, it) for it in others]
        yield (
            f'<p class="prose">Simpson’s paradox does not show for {_joined(names)}: the whole '
            "network does not have the sign opposite to that of every layer.</p>"
        )


def _listed(rows: list[dict[str, Any]]) -> str:
    return ", ".join(f"{html.escape(row['layer'])} {_number(row['contrast'])}" for row in rows)


def _joined(names: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
