# SPDX-License-Identifier: Apache-2.0
"""The report's part about ablation: what the network loses with its neurons, and why."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from infolens import _svg
from infolens._curves import Curve, curves_of
from infolens._diagnosis import Diagnosis
from infolens._dump import Dump
from infolens._errors import ArgumentError, CancelledError, Error, NotFoundError
from infolens._quantizers import Quantizer
from infolens._report_diagnosis import diagnosis_of
from infolens._table import Table

TITLE = "Which neurons does the network need?"

_REPEATS = 10
#: Curves of one layer or of the network: both directions and replacements, and random ones.
_CURVES = 4 + _REPEATS
#: Whole curves behind a diagnosis, of each layer and of the network: three measures, both ways.
_DIAGNOSED = 2 * 6 + 1

# A chart is some 300 points wide: larger layers lose several neurons between two of its points.
_POINTS = 400
_PROBES = 64

#: Fused multiply-adds that are spent unasked: about a minute on two cores.
_MOST = 2e12
# An exponential costs about as much as so many of them.
_FUNCTION = 10

_LEGEND = (
    ("low", "lowest mutual information first"),
    ("high", "highest first"),
    ("random banded", f"random order, mean ± 1 s.d. of {_REPEATS}"),
    ("plain", "removed neurons say 0"),
    ("plain dashed", "their mean (bias balancing)"),
)


@dataclass(frozen=True)
class Ablation:
    """Curves of each layer and of the network, and what they say."""

    layers: dict[str, list[Curve]]
    #: Empty where one layer is all that neurons are removed from.
    network: list[Curve]
    diagnosis: Diagnosis


@dataclass(frozen=True)
class LeftOut:
    """Why there are no curves."""

    reason: str
    #: Whether readers are told in place of the curves, not among how the rest was computed.
    is_fault: bool = False


def ablation_of(
    dump: Dump, shown: Sequence[str] | None, quantizer: Quantizer, asked: bool | None
) -> Ablation | LeftOut:
    """Ablate the network of a dump, in the layers that are `shown`, or all but the last.

    Where it was `asked` for, it takes the time that it takes and errors are raised; with None a
    dump that has no network, or too large a one, gives the reason.
    """
    try:
        network = dump.network()
    except NotFoundError:
        if asked:
            raise
        return LeftOut("the dump holds no weights of one whole network; Dump.network() says more")
    except Error as error:
        return _refused(error, asked)
    if not asked and not dump.has_labels:
        return LeftOut("the dump holds no labels")
    removable = network.layers["layer"].tolist()[:-1]
    chosen = [name for name in removable if shown is None or name in shown]
    if not chosen:
        reason = "neurons are removed from layers before the last, of which none is shown"
        if asked:
            raise ArgumentError(f"ablation: {reason}; leave ablation out, or add a layer")
        return LeftOut(reason)
    cost = _cost(network.layers, chosen, max(dump[name].samples for name in dump))
    if not asked and cost > _MOST:
        return LeftOut(
            f"the network is large, and needs about {cost:.0e} multiply-adds where a report spends "
            f"{_MOST:.0e} unasked; ablation=True, or --ablation, computes it all the same"
        )
    try:
        return _ablate(dump, chosen, quantizer)
    except CancelledError:
        raise
    except Error as error:
        return _refused(error, asked)


def _refused(error: Error, asked: bool | None) -> LeftOut:
    if asked:
        raise error
    return LeftOut(str(error), is_fault=True)


def _ablate(dump: Dump, chosen: list[str], quantizer: Quantizer) -> Ablation:
    # First, because it asks for everything that can be missing.
    diagnosis = dump.diagnose(chosen, quantizer=quantizer)
    sizes = dict(zip(chosen, diagnosis.layers["neurons"].tolist(), strict=True))
    layers = {
        name: _curves(dump, name, "layer", quantizer, neurons) for name, neurons in sizes.items()
    }
    several = len(chosen) > 1
    total = sum(sizes.values())
    whole = _curves(dump, chosen, "network", quantizer, total) if several else []
    return Ablation(layers, whole, diagnosis)


def _curves(
    dump: Dump, layers: str | list[str], scope: str, quantizer: Quantizer, neurons: int
) -> list[Curve]:
    options: dict[str, Any] = {"scope": scope, "layers": layers, "per_class": False}
    options |= {"quantizer": quantizer, "step": _step(neurons)}
    ordered = dump.ablate(direction="both", replacement=["zero", "mean"], **options)
    random = dump.ablate(ordering="random", random_repeats=_REPEATS, **options)
    return [*curves_of(random), *curves_of(ordered)]


def _step(neurons: int) -> int:
    return -(-neurons // _POINTS)


def _cost(layers: Table, chosen: list[str], samples: int) -> float:
    """Multiply-adds of what `_ablate` asks for: only what comes after a removal is recomputed."""
    neurons = layers["neurons"].astype(float)
    weights = neurons * layers["inputs"]
    names = layers["layer"].tolist()
    sizes = {name: int(layers["neurons"][names.index(name)]) for name in chosen}
    shared = _CURVES / _step(sum(sizes.values())) + _DIAGNOSED
    cost = 0.0
    for name, size in sizes.items():
        index = names.index(name)
        later = neurons[index + 1] + weights[index + 2 :].sum()
        removal = later + _FUNCTION * neurons[index + 1 :].sum()
        cost += samples * size * removal * (_CURVES / _step(size) + shared)
    return cost


# As markup


def section(found: Ablation | LeftOut | None) -> str:
    """The section, or a sentence in its place; nothing where there is nothing to remove."""
    if found is None or (isinstance(found, LeftOut) and not found.is_fault):
        return ""
    if isinstance(found, LeftOut):
        said = html.escape(found.reason).replace("\n", "<br>")
        return f"<section><h2>{TITLE}</h2><p>No neuron could be removed: {said}</p></section>"
    known = found.diagnosis.layers.metadata
    chance = float(known["chance"])
    panels = "".join(_panels(found, chance))
    legend = "".join(f"<li>{_svg.line_key(css)}{text}</li>" for css, text in _LEGEND)
    first = next(iter(found.layers.values()))[0].rows
    facts = (
        f"whole network: accuracy {first['accuracy'][0]:.3f}, "
        f"cross-entropy {first['cross_entropy'][0]:.3f} nats",
        f"chance: {chance:.3f}, the share of the largest class",
        f"{int(known['samples']):,} samples",
    )
    return (
        f'<section><h2>{TITLE}</h2><p class="faint">{" · ".join(facts)}</p>'
        '<p class="prose">Neurons are removed one after the other, and the network is scored '
        "after each. Where the blue curve runs above the vermilion one, the network needs its "
        "informative neurons most; where they cross or change places, the mutual information of "
        "single neurons does not tell which ones it needs. While a curve stays high, the neurons "
        "that are gone said nothing that the network needs, or others say it too.</p>"
        f'<ul class="legend">{legend}</ul><div class="panels charts">{panels}</div>'
        '<p class="faint small">Circles are where the counts below are read: on blue only neurons '
        "that suffice are left, on vermilion the network is destroyed. Point at a chart for "
        "numbers.</p>"
        f"{diagnosis_of(found.diagnosis)}</section>"
    )


def how(found: Ablation | LeftOut | None) -> dict[str, str]:
    """What the report says about how the section came about, or why it did not."""
    if isinstance(found, Ablation):
        known = found.diagnosis.layers.metadata
        return {
            "Ablation": "neurons in the order of their plug-in mutual information by "
            f"{known['quantizer']}, on the samples that the network is judged by; seed "
            f"{known['seed']}. Computed anew, the network differs from what was recorded by "
            f"{float(known['largest_difference']):.1e} of a layer’s largest value at most."
        }
    return {"Ablation": f"left out: {found.reason}"} if found and not found.is_fault else {}


def _panels(found: Ablation, chance: float) -> Iterator[str]:
    rows = found.diagnosis.correlations.where(measure="mutual_information")
    # One a layer in their order, and then that of the network.
    areas = list(zip(rows["area_low_first"], rows["area_high_first"], strict=True))
    for counts, area in zip(found.diagnosis.layers, areas, strict=False):
        curves = found.layers[counts["layer"]]
        yield _panel(counts["layer"], curves, area, chance, _marks(curves, counts))
    if found.network:
        yield _panel("The whole network", found.network, areas[-1], chance, [])


def _panel(
    title: str,
    curves: list[Curve],
    areas: tuple[float, float],
    chance: float,
    marks: list[_svg.Mark],
) -> str:
    drawn = {_tone(curve): curve.band("accuracy") for curve in curves}
    lines = [
        _svg.Line(x, mean, css, spread if curve.is_random else None)
        for (css, (x, mean, spread)), curve in zip(drawn.items(), curves, strict=True)
    ]
    neurons = int(lines[0].x[-1])
    means = (
        ("low", "lowest first", areas[0]),
        ("random", "random", drawn["random"][1].mean()),
        ("high", "highest first", areas[1]),
    )
    shown = ", ".join(f'{name} <b class="tone {css}">{value:.3f}</b>' for css, name, value in means)
    chart = _svg.line_chart(
        lines,
        marks,
        list(_hints(drawn, neurons)),
        chance,
        ("neurons removed", "chance", f"accuracy while neurons are removed: {title}"),
    )
    return (
        f'<div class="panel"><h3>{html.escape(title)} '
        f'<span class="faint">{neurons:,} neurons</span></h3>'
        f"<p>Mean accuracy: {shown}</p>{chart}</div>"
    )


def _tone(curve: Curve) -> str:
    if curve.is_random:
        return "random"
    tone = "low" if curve.direction == "ascending" else "high"
    return tone if curve.replacement == "zero" else f"{tone} dashed"


def _hints(drawn: dict[str, Any], neurons: int) -> Iterator[tuple[float, str]]:
    """What the curves say at some steps, in words."""
    removed, random, spread = drawn["random"]
    places = np.unique(np.linspace(0, len(removed) - 1, _PROBES).round().astype(int)).tolist()
    for it in places:
        low, high, low_mean, high_mean = (
            f"{drawn[css][1][it]:.3f}" for css in ("low", "high", "low dashed", "high dashed")
        )
        yield (
            float(removed[it]),
            f"{removed[it]} of {neurons} removed: lowest first {low} (balanced {low_mean}), "
            f"highest first {high} (balanced {high_mean}), "
            f"random {random[it]:.3f} ± {spread[it]:.3f}",
        )


def _marks(curves: list[Curve], counts: dict[str, Any]) -> list[_svg.Mark]:
    """Where the diagnosis reads its counts."""
    rows = {_tone(curve): curve.rows for curve in curves}

    def mark(css: str, removed: int, hint: str) -> _svg.Mark:
        known = rows[css]
        height = np.interp(removed, known["neurons_removed"], known["accuracy"])
        return _svg.Mark(removed, float(height), css, hint)

    suffice, destroy = counts["suffice"], counts["destroy"]
    found = [mark("low", counts["neurons"] - suffice, f"suffice: the {suffice} most informative")]
    if destroy >= 0:
        found.append(mark("high", destroy, f"destroy: without the {destroy} most informative"))
    return found
