# SPDX-License-Identifier: Apache-2.0
"""Joint: how the neurons of a layer are distributed together, which O-information is asked of."""

from __future__ import annotations

import ctypes
import threading
from typing import Any

from infolens import _abi
from infolens._arrays import borrow
from infolens._call import run
from infolens._errors import ArgumentError
from infolens._joint_base import JointCalls
from infolens._joint_options import JointOptions
from infolens._library import Handle, encoded
from infolens._measures import named_layers, source_of
from infolens._options import whole_number
from infolens._quantizers import Quantizer
from infolens._table import read_table


class Joint(JointCalls):
    """How the neurons of a layer are distributed together: all that O-information needs of the
    samples, computed once.

    Made from samples by its constructor or by `Layer.joint`, from a matrix by `from_covariance`,
    from counts by `from_counts`. Gaussian ones hold a d × d correlation matrix, and one for each
    class with the label ``"class-conditional"``; others the distinct patterns with their counts.

    Parameters
    ----------
    X
        Activations [N, d] as for `neuron_measures`, or a mapping with one such array.
    labels
        Labels of the N samples, where `label` needs them.
    label
        How the label takes part in a multiplet of k neurons, which then has k + 1 variables.
        ``"none"``: it does not. ``"class-conditional"``: H(S,Y) = H(Y) + Σ p(y) H(S|Y=y), each
        class with its own covariance about its own mean, which does not depend on how classes are
        named. ``"one-hot"``: C − 1 indicators, together one variable. ``"ordinal"``: the class's
        number, ranked like a neuron, as Clauw, Marinazzo & Stramaglia (2022) published; renaming
        the classes changes it.
    estimator
        ``"gaussian-copula"``: normal after the copula transform of each neuron (Ince et al. 2017,
        doi:10.1002/hbm.23471); ``"gaussian"``: normal as they are; or a name of
        `infolens.estimators`, ``"plug-in"`` for instance: entropies of counted patterns.
    bias_correction
        Correct Gaussian entropies for few samples, by digamma functions.
    ties
        How the copula transform ranks equal values: ``"average"``, ``"ordinal"`` or ``"random"``,
        see `gcmi`.
    quantizer
        How activations become the symbols of counted patterns; by default `integer` for arrays of
        integers, and threshold(0) for others.
    alphabet
        Patterns that ``"james-stein"`` and ``"nsb"`` take for possible: ``"full"`` or
        ``"observed"``.
    singular
        A multiplet is singular where a variable's variance, given the others, is below this share
        of its own; 1e-8 by default, with which float64 keeps about eight digits.
    reduction, channel_axis
        As for `neuron_measures`.

    Raises
    ------
    NotFoundError
        Labels that `label` needs are not given; an unknown estimator.
    NumericError
        NaN or infinity; names row and neuron.
    ShapeError, DTypeError, ArgumentError, MemoryBudgetError

    Examples
    --------
    >>> joint = infolens.Joint(X, labels=y, label="class-conditional")
    >>> joint.search_count(order=6)
    >>> joint.o_information(order=6)
    """

    def __init__(
        self,
        X: Any,
        labels: Any = None,
        label: str = "none",
        estimator: str = "gaussian-copula",
        *,
        bias_correction: bool = False,
        ties: str = "average",
        quantizer: Quantizer | None = None,
        alphabet: str = "full",
        singular: float | None = None,
        reduction: str | None = None,
        channel_axis: int = 1,
    ) -> None:
        options = JointOptions(
            label, estimator, bias_correction, ties, quantizer, alphabet, singular
        )
        layers = named_layers(X)
        if len(layers) > 1:
            raise ArgumentError(
                f"X has several layers ({', '.join(layers)}) and a joint distribution is of one: "
                "choose it, or call o_information, which takes them all"
            )
        source = source_of(layers, labels, reduction, channel_axis, labels_name="labels")
        super().__init__(_handle_of(source, None, options), threading.RLock())

    @classmethod
    def from_source(
        cls, source: Handle, layer: str | None, options: JointOptions, lock: Any
    ) -> Joint:
        """The joint distribution of a layer of the library's source: for the package's own use."""
        return cls._made(_handle_of(source, layer, options), lock)

    @classmethod
    def _made(cls, handle: Handle, lock: Any = None) -> Joint:
        made = cls.__new__(cls)
        JointCalls.__init__(made, handle, lock or threading.RLock())
        return made

    @classmethod
    def from_covariance(
        cls,
        C: Any,
        samples: int | None = None,
        *,
        bias_correction: bool = False,
        singular: float | None = None,
    ) -> Joint:
        """The normal distribution of a covariance or correlation matrix.

        Parameters
        ----------
        C
            [d, d], symmetric to 1e-8 of its diagonal and positive definite.
        samples
            N, which `bias_correction` needs.
        bias_correction, singular
            As for `Joint`.

        Raises
        ------
        NumericError
            NaN, infinity, not symmetric (names the pair), or not positive definite (names the order
            of the leading minor that is not positive).
        ShapeError
            Not square.
        ArgumentError
            A correction without `samples`.
        """
        given = borrow(C, "C")
        struct = JointOptions(bias_correction=bias_correction, singular=singular).to_struct()
        count = 0 if samples is None else whole_number("samples", samples, least=2)
        arguments = (ctypes.byref(given.struct), count, ctypes.byref(struct))
        return cls._made(run("il_joint_from_covariance", *arguments, gives="joint"))

    @classmethod
    def from_counts(
        cls, patterns: Any, counts: Any, estimator: str = "plug-in", *, alphabet: str = "full"
    ) -> Joint:
        """The discrete distribution of counted patterns.

        Parameters
        ----------
        patterns
            [M, d] integers, the symbols of d variables. A pattern may come twice.
        counts
            [M]: how often, or with ``"plug-in"`` how probable, each is; ≥ 0, not all 0.
        estimator
            Of entropy, a name of `infolens.estimators`.
        alphabet
            As for `Joint`.

        Examples
        --------
        >>> xor = infolens.Joint.from_counts([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]], [1] * 4)
        >>> xor.o_information([(0, 1, 2)])["o_information"]
        array([-1.])
        """
        symbols, often = borrow(patterns, "patterns"), borrow(counts, "counts")
        struct = JointOptions(estimator=estimator, alphabet=alphabet).to_struct()
        if struct.kind != _abi.IL_JOINT_DISCRETE:
            raise ArgumentError(f"estimator {estimator!r} is none of counts: 'plug-in' is, say")
        arguments = (ctypes.byref(it) for it in (symbols.struct, often.struct, struct))
        return cls._made(run("il_joint_from_counts", *arguments, gives="joint"))


def _handle_of(source: Handle, layer: str | None, options: JointOptions) -> Handle:
    """The library's joint distribution of a layer; None is the only one."""
    layers = read_table(run("il_source_layers", source, gives="table"))
    if layer is not None:
        layers = layers.where(layer=layer)
    kinds = set(layers["dtype"].tolist())
    symbols = all(kind.startswith(("int", "uint", "bool")) for kind in kinds)
    struct = options.to_struct(symbols=symbols)
    name = None if layer is None else encoded(layer, "layer")
    arguments = (source, name, ctypes.byref(struct))
    return run("il_joint_from_source", *arguments, gives="joint", keep=source)
