# SPDX-License-Identifier: Apache-2.0
"""O-information of arrays in memory, and the search whose parts were done apart."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterable
from typing import Any

from infolens._call import run
from infolens._errors import ArgumentError
from infolens._joint import Joint
from infolens._joint_calls import Asked
from infolens._joint_options import JointOptions, MeasuresOptions, Multiplets, SearchOptions
from infolens._joint_tables import warned
from infolens._measures import SINGLE_LAYER, named_layers, source_of
from infolens._quantizers import Quantizer
from infolens._table import Table, read_table


def o_information(
    X: Any,
    multiplets: Multiplets | None = None,
    labels: Any = None,
    label: str = "none",
    estimator: str = "gaussian-copula",
    bias_correction: bool = False,
    unit: str = "bits",
    *,
    order: int | None = None,
    search: str = "exhaustive",
    top: int = 20,
    smallest_order: int | None = None,
    extrema: str = "both",
    first: int = 0,
    count: int | None = None,
    domain: Iterable[int] | None = None,
    starts: int | None = None,
    steps: int | None = None,
    gradient: bool = False,
    interaction: bool = False,
    rsi: bool = False,
    target: int | None = None,
    bootstrap: int = 0,
    surrogates: int = 0,
    confidence: float = 0.95,
    ties: str = "average",
    quantizer: Quantizer | None = None,
    alphabet: str = "full",
    singular: float | None = None,
    reduction: str | None = None,
    channel_axis: int = 1,
) -> Table:
    """O-information of groups of neurons: redundancy where it is positive, synergy where negative.

    Of the variables Z₁ … Z_n of a multiplet, its neurons and where asked for the label,
    TC = Σ H(Z_j) − H(Z) is the total correlation, DTC = H(Z) − Σ H(Z_j | the others) the dual one,
    Ω = TC − DTC the O-information and S = TC + DTC (Rosas, Mediano, Gastpar & Jensen 2019,
    doi:10.1103/PhysRevE.100.032305). Ω of two variables is 0. Either name `multiplets`, or have
    those of lowest and highest Ω searched.

    Parameters
    ----------
    X
        Activations [N, d], any type and strides as for `neuron_measures`; a mapping of names to
        such arrays gives a table with the column ``layer`` before the others. A `Dump` and its
        layers have methods of this name.
    multiplets
        Groups of neurons: tuples of indices, of one order or of mixed ones; an array [M, k]; or a
        table of an earlier search.
    labels
        Labels of the N samples, as for `neuron_measures`, where `label` needs them.
    label
        How the label takes part: ``"none"``, ``"class-conditional"`` (which does not depend on how
        classes are named; take it for synergy about the label), ``"one-hot"``, or ``"ordinal"`` as
        Clauw, Marinazzo & Stramaglia (2022) published; see `Joint`. Orders do not count it.
    estimator
        ``"gaussian-copula"`` (Ince et al. 2017, doi:10.1002/hbm.23471), ``"gaussian"``, or a name
        of `infolens.estimators`, such as ``"plug-in"``, for entropies of counted patterns.
    bias_correction
        Correct Gaussian entropies for few samples, by digamma functions.
    unit
        ``"bits"`` or ``"nats"``.
    order
        Neurons of a multiplet that is searched for; 3 by default.
    search
        ``"exhaustive"``: all multiplets. ``"greedy"``: the best of an exhaustive search of a small
        order, each grown by the best neuron to add up to `order`; every step is a row.
        ``"annealing"`` and ``"evolution"``: for hundreds of neurons, seeded by `infolens.context`.
    top
        Multiplets to return for each extremum and order.
    smallest_order
        Exhaustive: search all orders from this one to `order`. Greedy: the order of the starts, by
        default 6, or less where a layer has too many neurons.
    extrema
        ``"min"`` (synergy), ``"max"`` (redundancy) or ``"both"``.
    first, count
        Exhaustive: only this range of the multiplets, counted in lexicographic order, so that many
        machines can share a search; `merge_searches` puts the parts together, and
        `Joint.search_count` says how many there are.
    domain
        The neurons to search among, indices; by default all.
    starts
        Greedy: starts (10 by default); annealing: chains (8); evolution: individuals (64).
    steps
        Annealing: swaps a chain (20000); evolution: generations (200).
    gradient
        Add ``gradient_0``, …: Ω of the multiplet less Ω without this neuron (Scagliarini et al.
        2023), and ``gradient_label``.
    interaction
        Add ``interaction_information`` (McGill 1954; positive for redundancy).
    rsi
        Add ``redundancy_synergy_index`` I(S;Y) − Σ I(X_i;Y), positive for synergy (Chechik et al.
        2001), about the label or the neuron `target`.
    target
        The neuron that is Y of `rsi`; it belongs to every multiplet.
    bootstrap
        Resamples of the samples, for instance 1000: adds ``bootstrap_std``, ``percentile_low`` and
        ``percentile_high`` of Ω, and ``bootstrap_singular``, the resamples in which the multiplet
        is singular, which are left out.
    surrogates
        Surrogates with each neuron's samples shuffled, so that all variables are independent, for
        instance 1000: adds ``p_value`` of |Ω|, ``q_value`` (Benjamini & Hochberg 1995, over the
        rows), ``null_mean``, ``null_std`` and ``surrogates_singular``. A search chose its
        multiplets for their values: p values are of each by itself.
    confidence
        Of the bootstrap's intervals.
    ties
        How the copula transform ranks equal values: ``"average"``, ``"ordinal"`` or ``"random"``,
        see `gcmi`.
    quantizer, alphabet
        Of estimators that count patterns, see `Joint`; by default threshold(0), and the values as
        they are of arrays of integers.
    singular
        The share of a variable's variance, given the others, below which a multiplet is singular;
        1e-8 by default.
    reduction, channel_axis
        As for `neuron_measures`.

    Returns
    -------
    Table
        Of `multiplets`, a row each in the order given: ``multiplet``, ``order``,
        ``o_information``, ``total_correlation``, ``dual_total_correlation``, ``s_information``,
        what was asked for besides, ``status`` ("ok", or "singular: …" with NaN in the values),
        ``neuron_0``, … (−1 beyond the order).

        Of a search: ``extremum`` ("min" or "max"), ``rank`` (0 is the best), ``order``,
        ``o_information``, for other searches than exhaustive ``start`` or ``chain``, what was asked
        for besides, ``neuron_0``, …. Metadata: ``multiplets`` searched, ``singular`` ones among
        them, which are never among the best, ``complete``.

    Warns
    -----
    IncompleteSearch
        The progress callback cancelled the search: the table has the best so far, and its metadata
        say ``complete: false``. Ctrl-C raises KeyboardInterrupt, whose attribute ``partial`` is
        this table.
    RuntimeWarning
        Every multiplet is singular, as with fewer samples than variables; the table is empty.

    Raises
    ------
    ArgumentError
        A neuron that is not there or twice in a multiplet, an order or a range out of bounds, or
        `multiplets` beside options of a search.
    NotFoundError
        Labels that `label` needs are not given; an unknown estimator.
    NumericError
        NaN or infinity; names row and neuron.
    ShapeError, DTypeError, MemoryBudgetError

    Examples
    --------
    >>> infolens.o_information(X, [(0, 1, 2), (0, 1, 2, 3)], y, "class-conditional")
    >>> best = infolens.o_information(X, order=6, top=20, surrogates=1000)
    >>> infolens.plot.multiplets(best)

    Groups that were found in some samples, tested on others:

    >>> found = infolens.o_information(X[:5000], order=4, top=20)
    >>> infolens.o_information(X[5000:], multiplets=found, bootstrap=1000, surrogates=1000)
    """
    asked = Asked(
        multiplets,
        unit,
        SearchOptions(
            order, search, top, smallest_order, extrema, first, count, domain, starts, steps
        ),
        MeasuresOptions(gradient, interaction, rsi, target, bootstrap, surrogates, confidence),
    )
    options = JointOptions(label, estimator, bias_correction, ties, quantizer, alphabet, singular)
    layers = named_layers(X)
    source = source_of(layers, labels, reduction, channel_axis, labels_name="labels")

    def answer(layer: str) -> Callable[[], Table]:
        return lambda: Joint.from_source(source, layer, options, threading.RLock()).answer(asked)

    if list(layers) == [SINGLE_LAYER] and not hasattr(X, "keys"):
        return warned(answer(SINGLE_LAYER)())
    return warned(asked.of_layers((name, answer(name)) for name in layers))


def merge_searches(tables: Iterable[Table]) -> Table:
    """The table of a whole exhaustive search from those of its parts.

    Parameters
    ----------
    tables
        Tables of searches with equal options but for `first` and `count`, which together make up
        the range of a search without them; in any order. Tables can be pickled, so that each may
        come from another machine.

    Returns
    -------
    Table
        That of the whole search, to the last bit.

    Raises
    ------
    ArgumentError
        Other searches, ranges that overlap or leave a gap, or a part that is incomplete; names
        them.

    Examples
    --------
    >>> joint = infolens.Joint(X)
    >>> count = joint.search_count(order=5).multiplets
    >>> parts = [joint.o_information(order=5, first=0, count=count // 2),
    ...          joint.o_information(order=5, first=count // 2)]
    >>> whole = infolens.merge_searches(parts)
    """
    listed = [tables] if isinstance(tables, Table) else list(tables)
    for index, table in enumerate(listed):
        if not isinstance(table, Table):
            raise ArgumentError(
                f"tables must be Tables that o_information gave, not {type(table).__name__}"
            )
        if "layer" in table:
            raise ArgumentError(
                f"tables[{index}] is of a mapping or a dump, layer by layer: search each layer by "
                "itself, as dump['fc1'].o_information or infolens.o_information(X) does"
            )
    handles = [table.in_library() for table in listed]
    pointers = (ctypes.c_void_p * len(handles))(*(it._as_parameter_.value for it in handles))
    return read_table(run("il_search_merge", pointers, len(handles), gives="table"))
