# SPDX-License-Identifier: Apache-2.0
"""InfoLens: information-theoretic measures of neural-network activations.

>>> import infolens
>>> dump = infolens.open("digits.h5")
>>> table = dump.neuron_measures(quantizer=infolens.threshold(0.0))
>>> table.to_pandas()

Arrays work as dumps do, ``infolens.neuron_measures(X, y)``, and so does any mapping of
names to arrays. Every result is a `Table`. Errors are exceptions below `Error`, whose
text says what was wrong and how to mend it.
"""

from infolens import plot, torch
from infolens._accumulator import Accumulator
from infolens._context import Context, context
from infolens._diagnosis import Diagnosis
from infolens._dump import Dump
from infolens._errors import (
    ArgumentError,
    CallbackError,
    CancelledError,
    DTypeError,
    Error,
    FileError,
    FileMissingError,
    FormatError,
    InternalError,
    LibraryError,
    MemoryBudgetError,
    NotFoundError,
    NumericError,
    ShapeError,
)
from infolens._estimators import entropy, estimators, jensen_shannon_divergence, kl_divergence
from infolens._gcmi import copula_normalize, gcmi, gcmi_mixture, gcmi_model
from infolens._joint import Joint
from infolens._layer import Layer
from infolens._library import library_version
from infolens._measures import (
    class_measures,
    measures,
    neuron_measures,
    pairwise_mutual_information,
    quantize,
)
from infolens._network import Network
from infolens._o_information import merge_searches, o_information
from infolens._open import open
from infolens._quantizers import (
    Quantizer,
    explicit,
    integer,
    quantile,
    threshold,
    uniform,
    width,
)
from infolens._report import report
from infolens._table import Column, Table
from infolens._version import __version__
from infolens._warnings import IncompleteSearch

__all__ = [
    "Accumulator",
    "ArgumentError",
    "CallbackError",
    "CancelledError",
    "Column",
    "Context",
    "DTypeError",
    "Diagnosis",
    "Dump",
    "Error",
    "FileError",
    "FileMissingError",
    "FormatError",
    "IncompleteSearch",
    "InternalError",
    "Joint",
    "Layer",
    "LibraryError",
    "MemoryBudgetError",
    "Network",
    "NotFoundError",
    "NumericError",
    "Quantizer",
    "ShapeError",
    "Table",
    "__version__",
    "class_measures",
    "context",
    "copula_normalize",
    "entropy",
    "estimators",
    "explicit",
    "gcmi",
    "gcmi_mixture",
    "gcmi_model",
    "integer",
    "jensen_shannon_divergence",
    "kl_divergence",
    "library_version",
    "measures",
    "merge_searches",
    "neuron_measures",
    "o_information",
    "open",
    "pairwise_mutual_information",
    "plot",
    "quantile",
    "quantize",
    "report",
    "threshold",
    "torch",
    "uniform",
    "width",
]
