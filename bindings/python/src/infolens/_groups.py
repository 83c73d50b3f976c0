# SPDX-License-Identifier: Apache-2.0
"""The redundant and synergistic groups of a layer that a report has time to find."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from infolens._dump import Dump
from infolens._errors import CancelledError, Error, NumericError
from infolens._joint import Joint
from infolens._joint_calls import Asked
from infolens._joint_options import MeasuresOptions, SearchOptions
from infolens._joint_tables import is_incomplete
from infolens._options import Reading
from infolens._plot_o_information import best_by_order, members_of
from infolens._table import Table, table_of

#: The label left out, and its part in a group that does not depend on the classes' names.
LABELS = ("none", "class-conditional")
#: How a report calls these.
SPOKEN = {"none": "without the label", "class-conditional": "with the label"}

#: Seconds of exhaustive search that are spent on a layer and label unasked, and when asked.
_SECONDS = (1.5, 60.0)
#: Exhaustive searches end at this order, growing from their best at the other.
_HIGHEST = 6
_GROWN = 30
_SMALLEST = 3
#: Groups that are shown of that order, redundant and synergistic ones.
_BEST = 5
#: Share of equal values from which readers are told.
_MANY_TIES = 0.05

#: Makes the joint distribution of a layer by its name, with a label.
MakeJoint = Callable[[str, str], Joint]


@dataclass(frozen=True)
class Found:
    """What was found with the label, or without it."""

    #: Of all orders that were searched, the best of each.
    curves: Table
    #: The best groups of the highest order that was searched exhaustively.
    best: Table
    order: int
    singular: int

    def ends(self, extremum: str) -> tuple[list[int], list[float]]:
        """The orders, and the lowest or highest value of each."""
        return best_by_order(self.curves, extremum)


@dataclass
class LayerGroups:
    """A layer, and what was found in it by label; the reason why nothing was, or not by all."""

    name: str
    has_preactivations: bool
    neurons: int = 0
    constant: int = 0
    #: Neurons of which many samples share a value, and the largest share.
    tied: int = 0
    largest_tie: float = 0.0
    found: dict[str, Found] = field(default_factory=dict)
    #: Ω of the best groups with a label as another label has it, row by row.
    others: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    reason: str = ""


def joints_of_dump(dump: Dump, reading: Reading) -> MakeJoint:
    """Joint distributions of a dump's layers; of their pre-activations where the dump has them."""

    def make(name: str, label: str) -> Joint:
        layer = dump.layer_at(name)
        chosen = layer.preactivations if layer.has_preactivations else layer
        return chosen.joint(label, bias_correction=True, **asdict(reading))

    return make


def joints_of_arrays(
    arrays: dict[str, Any], y: Any, reduction: str | None, channel_axis: int
) -> MakeJoint:
    """Joint distributions of arrays by name."""

    def make(name: str, label: str) -> Joint:
        labels = None if label == "none" else y
        options: dict[str, Any] = {"reduction": reduction, "channel_axis": channel_axis}
        return Joint(arrays[name], labels, label, bias_correction=True, **options)

    return make


def groups_of(
    layers: Mapping[str, bool],
    make: MakeJoint,
    labels: Sequence[str],
    unit: str,
    asked: bool | None,
) -> Iterator[LayerGroups]:
    """Search each layer, as far as time permits; what was `asked` for is raised if it fails.

    `layers` says of each whether `make` takes pre-activations.
    """
    for name, has_preactivations in layers.items():
        layer = LayerGroups(name, has_preactivations)
        try:
            _fill(layer, {label: make(name, label) for label in labels}, unit, bool(asked))
        except CancelledError:
            raise
        except Error as error:
            if asked:
                raise
            layer.reason = str(error)
        yield layer


def _fill(layer: LayerGroups, joints: dict[str, Joint], unit: str, asked: bool) -> None:
    neurons = next(iter(joints.values())).neurons()
    varies = neurons["is_constant"] == 0
    domain = neurons["neuron"][varies].tolist()
    tied = np.nan_to_num(neurons["tied"][varies])
    layer.neurons, layer.constant = len(neurons), len(neurons) - len(domain)
    layer.tied, layer.largest_tie = int((tied > _MANY_TIES).sum()), float(tied.max(initial=0.0))
    if len(domain) < _SMALLEST:
        layer.reason = f"of its {len(neurons)} neurons {len(domain)} vary"
        return
    found: dict[str, Found] = {}
    for label, joint in joints.items():
        result = _search(joint, domain, unit, asked)
        if isinstance(result, str):
            layer.reason = f"{SPOKEN[label]}, {result}"
            break
        found[label] = result
    layer.found = found
    layer.others = {
        (label, other): _values(joints[other], found[label].best, unit)
        for label in found
        for other in found
        if other != label
    }


def _search(joint: Joint, domain: list[int], unit: str, asked: bool) -> Found | str:
    """Orders from three on: exhaustively while time permits, then grown from the best."""
    order = 0
    for k in range(_SMALLEST, min(_HIGHEST, len(domain)) + 1):
        count = joint.search_count(k, smallest_order=_SMALLEST, domain=domain)
        if count.seconds > _SECONDS[asked] and (order or not asked):
            if not order:
                return (
                    f"the {count.multiplets:,} groups of three neurons would take about "
                    f"{count.seconds:.0f} s; o_information=True, or --o-information, searches them"
                )
            break
        order = k
    searched = []
    if order > _SMALLEST:
        smaller = SearchOptions(order - 1, top=1, smallest_order=_SMALLEST, domain=domain)
        searched.append(_run(joint, unit, smaller))
    searched.append(_grown(joint, unit, order, domain))
    last = searched[-1]
    singular = sum(int(table.metadata["singular"]) for table in searched)
    return Found(_together(searched), last.where(order=order), order, singular)


def _grown(joint: Joint, unit: str, order: int, domain: list[int]) -> Table:
    """All groups of an order, and what grows from the best where they are not singular."""
    most = min(_GROWN, len(domain))
    if most > order:
        try:
            return _run(joint, unit, SearchOptions(most, "greedy", _BEST, order, domain=domain))
        except NumericError:
            pass
    return _run(joint, unit, SearchOptions(order, top=_BEST, domain=domain))


def _run(joint: Joint, unit: str, options: SearchOptions) -> Table:
    table = joint.answer(Asked(None, unit, options, MeasuresOptions()))
    if is_incomplete(table):
        raise CancelledError("the report was cancelled while groups of neurons were searched")
    return table


def _together(parts: list[Table]) -> Table:
    """What the curves need of several tables."""
    names = ("extremum", "order", "o_information")
    columns = {name: np.concatenate([part[name] for part in parts]) for name in names}
    return table_of(columns, units={"o_information": parts[0].units["o_information"]})


def _values(joint: Joint, best: Table, unit: str) -> list[float]:
    """Ω of the groups of a table by another distribution."""
    if not len(best):
        return []
    asked = Asked(members_of(best), unit, SearchOptions(), MeasuresOptions())
    values: list[float] = joint.answer(asked)["o_information"].tolist()
    return values
