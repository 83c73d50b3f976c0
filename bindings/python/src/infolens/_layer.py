# SPDX-License-Identifier: Apache-2.0
"""A layer of a dump."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from infolens._dump_reading import ReadingPlan
from infolens._errors import NotFoundError
from infolens._joint_options import JointOptions, Multiplets
from infolens._options import Reading
from infolens._quantizers import Quantizer
from infolens._table import Table

if TYPE_CHECKING:
    from infolens._dump import Dump
    from infolens._joint import Joint

#: Keywords of `Layer.joint`.
_OF_JOINTS = {
    "labels",
    *(it.name for options in (JointOptions, Reading) for it in dataclasses.fields(options)),
}


@dataclass(frozen=True)
class Layer:
    """A layer of a dump: its name, its shape and its measures."""

    name: str
    #: Dataset path in the file.
    path: str
    #: [N, d] or [N, channels, …].
    shape: tuple[int, ...]
    dtype: str
    #: How the file stores it, for instance "contiguous".
    storage: str
    dump: Dump

    @classmethod
    def described(cls, row: dict[str, Any], name: str, dump: Dump) -> Layer:
        """The layer that a row of `Dump.describe` describes: for the package's own use."""
        shape = tuple(int(length) for length in row["shape"].split(" × ") if length)
        return cls(name, row["path"], shape, row["dtype"], row["storage"], dump)

    @property
    def samples(self) -> int:
        """Length of axis 0."""
        return self.shape[0] if self.shape else 0

    @property
    def plan(self) -> ReadingPlan:
        """How the layer is read: straight from the file, decoded on all threads, by libhdf5, …"""
        row = next(iter(self.dump.plan(self.name)))
        row.pop("layer")
        return ReadingPlan(**{**row, "keeps": bool(row["keeps"])})

    def read(self, first: int = 0, count: int | None = None, **options: Any) -> npt.NDArray[Any]:
        """`Dump.read` of this layer: samples as an array [count, neurons]."""
        return self.dump.read(self.name, first, count, **options)

    def neuron_ranges(self, **options: Any) -> Table:
        """`Dump.neuron_ranges` of this layer."""
        return self.dump.neuron_ranges(layers=self.name, **options)

    def neuron_measures(self, **options: Any) -> Table:
        """`Dump.neuron_measures` of this layer."""
        return self.dump.neuron_measures(layers=self.name, **options)

    def class_measures(self, **options: Any) -> Table:
        """`Dump.class_measures` of this layer."""
        return self.dump.class_measures(layers=self.name, **options)

    def pairwise_mutual_information(self, **options: Any) -> Table:
        """`Dump.pairwise_mutual_information` of this layer."""
        return self.dump.pairwise_mutual_information(layers=self.name, **options)

    def ablate(self, **options: Any) -> Table:
        """`Dump.ablate` of this layer; `order` may be indices of its neurons."""
        return self.dump.ablate(layers=self.name, **options)

    def ablate_single(self, **options: Any) -> Table:
        """`Dump.ablate_single` of this layer."""
        return self.dump.ablate_single(layers=self.name, **options)

    def ablate_groups(self, groups: Iterable[Any], **options: Any) -> Table:
        """`Dump.ablate_groups` of this layer; groups may be of indices of its neurons."""
        return self.dump.ablate_groups(groups, layer=self.name, **options)

    # Groups of neurons

    @property
    def has_preactivations(self) -> bool:
        """Whether the file holds what the neurons had before their activation function."""
        return self.dump.preactivations_of(self.name) is not None

    @property
    def preactivations(self) -> Layer:
        """What the neurons had before their activation function, as a layer.

        O-information is best asked of these: outputs of ReLUs share the value 0, and ranks of
        shared values say little.

        Raises
        ------
        NotFoundError
            The file holds none for this layer.
        """
        row = self.dump.preactivations_of(self.name)
        if row is None:
            raise NotFoundError(
                f"layer {self.name!r} has no preactivations in the file: they would be the dataset "
                f"'/layers/{self.name}/preactivations'"
            )
        return Layer.described(row, row["path"], self.dump)

    def joint(
        self,
        label: str = "none",
        estimator: str = "gaussian-copula",
        *,
        labels: str | None = None,
        bias_correction: bool = False,
        ties: str = "average",
        quantizer: Quantizer | None = None,
        alphabet: str = "full",
        singular: float | None = None,
        reduction: str | None = None,
        channel_axis: int = 1,
        sample_axis: int = 0,
        missing_labels: str = "refuse",
    ) -> Joint:
        """The joint distribution of the neurons, which O-information can be asked of many times.

        Parameters and errors are those of `Joint`, but for `labels`, the path of another dataset of
        labels than those found, and `sample_axis` and `missing_labels`, which are those of
        `Dump.neuron_measures`.

        Examples
        --------
        >>> joint = dump["fc3"].preactivations.joint("class-conditional")
        >>> joint.search_count(order=8)
        """
        from infolens._joint import Joint  # which takes dumps' layers as data

        options = JointOptions(
            label, estimator, bias_correction, ties, quantizer, alphabet, singular
        )
        reading = Reading(reduction, channel_axis, sample_axis, missing_labels)
        if label == "none":
            reading = reading.without_labels()
        with self.dump.lock:
            source = self.dump.source(self.name, labels, reading)
            return Joint.from_source(source, None, options, self.dump.lock)

    def o_information(self, multiplets: Multiplets | None = None, **options: Any) -> Table:
        """O-information of given multiplets of the layer's neurons, or a search for the lowest and
        highest.

        Parameters, columns and errors are those of `Dump.o_information`, for this layer alone.

        Examples
        --------
        >>> dump["fc3"].o_information(order=6, label="class-conditional", top=20)
        >>> dump["fc3"].preactivations.o_information([(0, 3, 5), (0, 3, 5, 9)])
        """
        said = {name: options.pop(name) for name in _OF_JOINTS & options.keys()}
        return self.joint(**said).o_information(multiplets, **options)

    def __repr__(self) -> str:
        return f"<infolens layer {self.name!r}: {shape_text(self.shape)} {self.dtype}>"


def shape_text(shape: Sequence[int]) -> str:
    """A shape as `Dump.describe` writes it."""
    return " × ".join(map(str, shape))
