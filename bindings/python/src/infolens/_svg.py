# SPDX-License-Identifier: Apache-2.0
"""Drawings of the report as SVG text: histograms, heat maps and charts of lines.

Colours are left to the page's style sheet (classes ``bar``, ``line``, ``q0`` … ``q8``), which
knows whether the reader's screen is light or dark.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

#: Steps of the sequential scale; the style sheet defines as many.
LEVELS = 9

_CELL = 17  # a heat map's cell, wide enough for two digits below it
_BINS = 24
_WIDEST = 18  # of a class's name


@dataclass(frozen=True)
class Line:
    """A curve of a chart; `css` names its tone in the style sheet and how it is drawn."""

    x: Values
    y: Values
    css: str
    #: Half the width of the band around it.
    spread: Values | None = None


@dataclass(frozen=True)
class Mark:
    """A point of a chart that a text speaks of, which appears under the pointer."""

    x: float
    y: float
    css: str
    hint: str


def nice_ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round numbers within [low, high], about so many."""
    span = high - low
    if not span > 0:
        return [low]
    raw = span / about
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(index * step, 12) + 0.0 for index in range(first, last + 1)]


def tick_text(value: float) -> str:
    return f"{value:.6g}".replace("-", "−")


def short(name: str) -> str:
    """A name with its middle left out where it is long: names often differ at their ends."""
    if len(name) <= _WIDEST:
        return name
    end = _WIDEST // 2
    return name[: _WIDEST - 1 - end].rstrip() + "…" + name[-end:].lstrip()


def histogram(values: Values, low: float, high: float, tone: str, title: str) -> str:
    """Distribution of a measure's values on [low, high], with a mark at the median.

    Layers share the range, so that their panels can be compared by eye. `tone` is the
    style-sheet class of the measure.
    """
    width, height, base = 320.0, 150.0, 122.0
    counts, edges = np.histogram(values, bins=_BINS, range=(low, high))
    tallest = max(int(counts.max()), 1)
    left = 12.0 + 7.0 * max(2, len(str(tallest)))
    scale = (width - left - 12) / (high - low)
    unit = (base - 14) / tallest
    parts = [_open_svg(width, height, title, f"plot {tone}")]
    for tick in nice_ticks(0, tallest, 3):
        if tick == int(tick):
            y = base - tick * unit
            parts.append(f'<path class="rule" d="M{left:g} {y:.1f}H{width - 12:g}"/>')
            parts.append(_text(left - 5, y + 3.5, tick_text(tick), "end"))
    for count, start, end in zip(counts.tolist(), edges[:-1], edges[1:], strict=True):
        if count:
            x, w, h = left + (start - low) * scale, (end - start) * scale, count * unit
            hint = f"{count} neuron{'s' if count > 1 else ''} in {start:.3g} to {end:.3g}"
            parts.append(
                f'<rect class="bar" x="{x + 0.5:.2f}" y="{base - h:.2f}" width="{w - 1:.2f}" '
                f'height="{h:.2f}"><title>{hint}</title></rect>'
            )
    parts.append(f'<path class="axis" d="M{left:g} {base:g}H{width - 12:g}"/>')
    for tick in nice_ticks(low, high):
        x = left + (tick - low) * scale
        parts.append(f'<path class="axis" d="M{x:.1f} {base:g}v4"/>')
        parts.append(_text(x, base + 17, tick_text(tick), "middle"))
    if len(values):
        middle = left + (float(np.median(values)) - low) * scale
        parts.append(
            f'<path class="median" d="M{middle:.1f} {base:g}V8"><title>median</title></path>'
        )
    parts.append("</svg>")
    return "".join(parts)


def heat_map(
    matrix: Values,
    neurons: Sequence[int],
    classes: Sequence[str],
    highest: float,
    unit: str,
    title: str,
) -> str:
    """A matrix [neurons, classes] with neurons along x and classes along y.

    `highest` is the top of the colour scale; NaN (a class without samples) stays blank.
    """
    longest = max(map(len, classes))
    gutter = 12 + 6.2 * min(longest, _WIDEST)
    turned = max(neurons, default=0) > 99
    foot = 30 if turned else 20
    width = gutter + _CELL * len(neurons) + 2
    height = _CELL * len(classes) + foot
    parts = [_open_svg(width, height, title, "heat", natural_size=True)]
    for row, name in enumerate(classes):
        parts.append(_text(gutter - 6, _CELL * row + 12.5, short(name), "end", hint=name))
    for column, neuron in enumerate(neurons):
        x = gutter + _CELL * column
        for row, name in enumerate(classes):
            value = float(matrix[column, row])
            if math.isnan(value):
                continue
            parts.append(
                f'<rect class="q{level(value, highest)}" x="{x:g}" y="{_CELL * row}" '
                f'width="{_CELL - 1}" height="{_CELL - 1}"><title>neuron {neuron}, class '
                f"{html.escape(name)}: {value:.3f} {unit}</title></rect>"
            )
        middle, below = x + (_CELL - 1) / 2, _CELL * len(classes) + 11
        turn = f' transform="rotate(-60 {middle + 3:g} {below:g})"' if turned else ""
        anchor = "end" if turned else "middle"
        parts.append(_text(middle, below, str(neuron), anchor, "small", turn))
    parts.append("</svg>")
    return "".join(parts)


def line_chart(
    lines: Sequence[Line],
    marks: Sequence[Mark],
    hints: Sequence[tuple[float, str]],
    level: float,
    names: tuple[str, str, str],
    start: float = 0.0,
    ends: tuple[float, float] = (0.0, 1.0),
) -> str:
    """Values within `ends`, shares for instance, against a count from `start` on.

    `hints` are texts at values of x, ascending, which appear under the pointer anywhere above;
    `level` is drawn across, as chance is. `names` are of the x axis, of the level (or ""), and
    of the whole for those who cannot see it.
    """
    width, height, left, top, base = 360.0, 232.0, 34.0, 10.0, 190.0
    most = max(max(float(line.x[-1]) for line in lines), start + 1)
    lowest, highest = ends
    across, up = (width - left - 12) / (most - start), (base - top) / (highest - lowest)

    def right_of(x: float) -> float:
        return left + (x - start) * across

    def above(y: float) -> float:
        return base - (y - lowest) * up

    def points(x: Values, y: Values) -> str:
        return "L".join(f"{right_of(a):.1f} {above(b):.1f}" for a, b in zip(x, y, strict=True))

    parts = [_open_svg(width, height, names[2], "plot")]
    for tick in nice_ticks(lowest, highest):
        y = above(tick)
        if tick > lowest:
            parts.append(f'<path class="rule" d="M{left:g} {y:.1f}H{width - 12:g}"/>')
        parts.append(_text(left - 6, y + 3.5, tick_text(tick), "end"))
    y = above(level)
    parts.append(f'<path class="level" d="M{left:g} {y:.1f}H{width - 12:g}"/>')
    if names[1]:
        parts.append(_text(left + 4, y - 4, names[1], "start"))
    for line in lines:
        if line.spread is not None:
            low, high = np.clip((line.y - line.spread, line.y + line.spread), *ends)
            edge = f"{points(line.x, high)}L{points(line.x[::-1], low[::-1])}"
            parts.append(f'<path class="band {line.css}" d="M{edge}Z"/>')
    for line in lines:
        parts.append(f'<path class="line {line.css}" d="M{points(line.x, line.y)}"/>')
    parts.append(f'<path class="axis" d="M{left:g} {base:g}H{width - 12:g}"/>')
    for tick in nice_ticks(start, most, 5):
        if tick == int(tick):
            x = right_of(tick)
            parts.append(f'<path class="axis" d="M{x:.1f} {base:g}v4"/>')
            parts.append(_text(x, base + 17, tick_text(tick), "middle"))
    parts.append(_text((left + width - 12) / 2, base + 35, names[0], "middle"))
    parts += _probes([(right_of(x), text) for x, text in hints], top, base, width - 12)
    for mark in marks:
        parts.append(
            f'<circle class="mark {mark.css}" cx="{right_of(mark.x):.1f}" '
            f'cy="{above(mark.y):.1f}" r="4"><title>{html.escape(mark.hint)}</title></circle>'
        )
    parts.append("</svg>")
    return "".join(parts)


def _probes(hints: Sequence[tuple[float, str]], top: float, base: float, right: float) -> list[str]:
    """Columns that share the room between them and show their texts under the pointer."""
    parts = []
    for index, (x, text) in enumerate(hints):
        start = (hints[index - 1][0] + x) / 2 if index else x
        end = (hints[index + 1][0] + x) / 2 if index + 1 < len(hints) else right
        parts.append(
            f'<rect class="probe" x="{start:.1f}" y="{top:g}" width="{max(end - start, 0):.1f}" '
            f'height="{base - top:g}"><title>{html.escape(text)}</title></rect>'
        )
    return parts


def line_key(css: str) -> str:
    """A sample of a line, for a legend."""
    band = f'<path class="band {css}" d="M1 3H27V13H1Z"/>' if "banded" in css else ""
    return (
        '<svg class="key" viewBox="0 0 28 16" width="28" height="16" aria-hidden="true">'
        f'{band}<path class="line {css}" d="M1 8H27"/></svg>'
    )


def colour_key(highest: float, unit: str) -> str:
    """The heat map's scale, from 0 to `highest`."""
    step, left = 22, 14
    width = left + step * LEVELS + 84
    parts = [_open_svg(width, 26, f"colour scale from 0 to {highest:.3g} {unit}", "heat", True)]
    parts += [
        f'<rect class="q{index}" x="{left + step * index}" y="6" width="{step - 1}" height="12"/>'
        for index in range(LEVELS)
    ]
    parts.append(_text(left - 5, 16, "0", "end"))
    parts.append(_text(left + step * LEVELS + 5, 16, f"{highest:.3g} {unit}", "start"))
    parts.append("</svg>")
    return "".join(parts)


def level(value: float, highest: float) -> int:
    """Step of the colour scale for a value."""
    if not highest > 0:
        return 0
    return min(LEVELS - 1, max(0, int(value / highest * LEVELS)))


def _open_svg(width: float, height: float, title: str, css: str, natural_size: bool = False) -> str:
    size = f' width="{width:g}" height="{height:g}"' if natural_size else ""
    return (
        f'<svg class="{css}" viewBox="0 0 {width:g} {height:g}"{size} role="img" '
        f'aria-label="{html.escape(title, quote=True)}">'
    )


def _text(
    x: float,
    y: float,
    text: str,
    anchor: str,
    css: str = "",
    attributes: str = "",
    hint: str = "",
) -> str:
    style = f' class="{css}"' if css else ""
    title = f"<title>{html.escape(hint)}</title>" if hint and hint != text else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}{attributes}>'
        f"{title}{html.escape(text)}</text>"
    )
