# SPDX-License-Identifier: Apache-2.0
"""ctypes declarations of infolens.h, written by tools/generate_abi.py.

Do not edit: change the header and run the script. Opaque handles are
``c_void_p``; text is ``c_char_p``.
"""

from __future__ import annotations

import ctypes
from typing import Any

IL_ABI_VERSION = 1
IL_MAX_RANK = 32
IL_OK = 0
IL_ERROR_ARGUMENT = 1
IL_ERROR_SHAPE = 2
IL_ERROR_DTYPE = 3
IL_ERROR_IO = 4
IL_ERROR_FORMAT = 5
IL_ERROR_NOT_FOUND = 6
IL_ERROR_NUMERIC = 7
IL_ERROR_CANCELLED = 8
IL_ERROR_MEMORY = 9
IL_ERROR_INTERNAL = 10
IL_ERROR_CALLBACK = 11
IL_UNIT_DEFAULT = 0
IL_BITS = 1
IL_NATS = 2
IL_FLOAT16 = 1
IL_BFLOAT16 = 2
IL_FLOAT32 = 3
IL_FLOAT64 = 4
IL_INT8 = 5
IL_INT16 = 6
IL_INT32 = 7
IL_INT64 = 8
IL_UINT8 = 9
IL_UINT16 = 10
IL_UINT32 = 11
IL_UINT64 = 12
IL_BOOL = 13
IL_REDUCE_NONE = 0
IL_REDUCE_MEAN = 1
IL_REDUCE_MAX = 2
IL_REDUCE_FLATTEN = 3
IL_MISSING_REFUSE = 0
IL_MISSING_EXCLUDE = 1
IL_MISSING_CLASS = 2
IL_THRESHOLD = 1
IL_UNIFORM = 2
IL_QUANTILE = 3
IL_WIDTH = 4
IL_EXPLICIT = 5
IL_INTEGER = 6
IL_AT_VALUE = 0
IL_AT_MEDIAN = 1
IL_AT_MEAN = 2
IL_RANGE_NEURON = 0
IL_RANGE_LAYER = 1
IL_RANGE_GIVEN = 2
IL_ALPHABET_FULL = 0
IL_ALPHABET_OBSERVED = 1
IL_PER_NEURON = 1
IL_PER_NEURON_CLASS = 2
IL_UNDEFINED_NAN = 0
IL_UNDEFINED_ERROR = 1
IL_WEIGHT_AUTO = 0
IL_WEIGHT_IN_OUT = 1
IL_WEIGHT_OUT_IN = 2
IL_SCOPE_LAYER = 1
IL_SCOPE_NETWORK = 2
IL_ASCENDING = 1
IL_DESCENDING = 2
IL_REPLACE_ZERO = 1
IL_REPLACE_MEAN = 2
IL_REPLACE_VALUE = 4
IL_REPLACE_PERMUTE = 8
IL_TIES_AVERAGE = 0
IL_TIES_ORDINAL = 1
IL_TIES_RANDOM = 2
IL_SIGMA_COLUMNS = 0
IL_SIGMA_ROWS = 1
IL_JOINT_GAUSSIAN_COPULA = 1
IL_JOINT_GAUSSIAN = 2
IL_JOINT_DISCRETE = 3
IL_LABEL_NONE = 0
IL_LABEL_CLASS_CONDITIONAL = 1
IL_LABEL_ONE_HOT = 2
IL_LABEL_ORDINAL = 3
IL_O_GRADIENT = 1
IL_O_INTERACTION = 2
IL_O_RSI = 4
IL_SEARCH_EXHAUSTIVE = 1
IL_SEARCH_GREEDY = 2
IL_SEARCH_ANNEALING = 3
IL_SEARCH_EVOLUTION = 4
IL_MINIMUM = 1
IL_MAXIMUM = 2
IL_COLUMN_DOUBLE = 1
IL_COLUMN_INTEGER = 2
IL_COLUMN_STRING = 3
IL_ARROW_SCHEMA = 1
IL_ARROW_ARRAY = 2
IL_ARROW_STREAM = 3

il_status = ctypes.c_int32
il_progress = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int64, ctypes.c_int64)
il_ablation_callback = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int64), ctypes.POINTER(ctypes.c_int64), ctypes.c_int64, ctypes.POINTER(ctypes.c_double))


class il_context_options(ctypes.Structure):
    struct_size: int
    threads: int
    memory: int
    seed: int
    unit: int
    reserved: int
    progress: Any
    progress_user: Any
    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        ("threads", ctypes.c_int32),
        ("memory", ctypes.c_uint64),
        ("seed", ctypes.c_uint64),
        ("unit", ctypes.c_int32),
        ("reserved", ctypes.c_int32),
        ("progress", il_progress),
        ("progress_user", ctypes.c_void_p),
    )


class il_array(ctypes.Structure):
    data: Any
    dtype: int
    ndim: int
    shape: Any
    strides: Any
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("dtype", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
    )


class il_dump_options(ctypes.Structure):
    struct_size: int
    allow_external: int
    isolate: int
    allow_missing: int
    timeout: float
    bin_width: float
    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        ("allow_external", ctypes.c_uint32),
        ("isolate", ctypes.c_uint32),
        ("allow_missing", ctypes.c_uint32),
        ("timeout", ctypes.c_double),
        ("bin_width", ctypes.c_double),
    )


class il_source_options(ctypes.Structure):
    struct_size: int
    reduction: int
    channel_axis: int
    sample_axis: int
    layers: Any
    layer_count: int
    labels: Any
    condition: Any
    missing_labels: int
    reserved: int
    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        ("reduction", ctypes.c_int32),
        ("channel_axis", ctypes.c_int32),
        ("sample_axis", ctypes.c_int32),
        ("layers", ctypes.POINTER(ctypes.c_char_p)),
        ("layer_count", ctypes.c_int64),
        ("labels", ctypes.c_char_p),
        ("condition", ctypes.c_char_p),
        ("missing_labels", ctypes.c_int32),
        ("reserved", ctypes.c_int32),
    )


class il_quantizer(ctypes.Structure):
    struct_size: int
    kind: int
    at: int
    range: int
    value: float
    low: float
    high: float
    bins: int
    edges: Any
    edge_count: int
    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        ("kind", ctypes.c_int32),
        ("at", ctypes.c_int32),
        ("range", ctypes.c_int32),
        ("value", ctypes.c_double),
        ("low", ctypes.c_double),
        ("high", ctypes.c_double),
        ("bins", ctypes.c_int64),
        ("edges", ctypes.POINTER(ctypes.c_double)),
        ("edge_count", ctypes.c_int64),
    )


class il_estimator_info(ctypes.Structure):
    struct_size: int
    of_entropy: int
    uses_alphabet: int
    reserved: int
    name: Any
    description: Any
    reference: Any
    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        ("of_entropy", ctypes.c_int32),
        ("uses_alphabet", ctypes.c_int32),
        ("reserved", ctypes.c_int32),
        ("name", ctypes.c_char_p),
        ("description", ctypes.c_char_p),
        ("reference", ctypes.c_char_p),
    )


class il_measure_info(ctypes.Structure):
    struct_size: int
    rows: int
    needs_labels: int
    by_default: int
    name: Any
    columns: Any
    unit: Any
    description: Any
    reference: Any
    needs: Any
    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        ("rows", ctypes.c_int32),
        ("needs_labels", ctypes.c_int32),
        ("by_default", ctypes.c_int32),
        ("name", ctypes.c_char_p),
        ("columns", ctypes.c_char_p),
        ("unit", ctypes.c_char_p),
        ("description", ctypes.c_char_p),
        ("reference", ctypes.c_char_p),
        ("needs", ctypes.c_char_p),
    )


class il_measure_options(ctypes.Structure):
    struct_size: int
    unit: int
    quantizer: Any
    measures: Any
    measure_count: int
    estimator: Any
    alphabet: int
    undefined: int
    permutations: int
    bootstrap: int
    confidence: float
    groups: Any
    group_count: int
    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        ("unit", ctypes.c_int32),
        ("quantizer", ctypes.POINTER(il_quantizer)),
        ("measures", ctypes.POINTER(ctypes.c_char_p)),
        ("measure_count", ctypes.c_int64),
        ("estimator", ctypes.c_char_p),
        ("alphabet", ctypes.c_int32),
        ("undefined", ctypes.c_int32),
        ("permutations", ctypes.c_int64),
        ("bootstrap", ctypes.c_int64),
        ("confidence", ctypes.c_double),
        ("groups", ctypes.POINTER(ctypes.c_int32)),
        ("group_count", ctypes.c_int64),
    )


class il_network_options(ctypes.Structure):
    struct_size: int
    layout: int
    layers: Any
    layer_count: int
    activations: Any
    activation_count: int
    input_scale: float
    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        ("layout", ctypes.c_int32),
        ("layers", ctypes.POINTER(ctypes.c_char_p)),
        ("layer_count", ctypes.c_int64),
        ("activations", ctypes.POINTER(ctypes.c_char_p)),
        ("activation_count", ctypes.c_int64),
        ("input_scale", ctypes.c_double),
    )


class il_ablation_options(ctypes.Structure):
    struct_size: int
    scope: int
    layers: Any
    layer_count: int
    ordering: Any
    measures: Any
    order: Any
    ordering_source: Any
    quantizer: Any
    directions: int
    replacements: int
    value: float
    mean_source: Any
    random_repeats: int
    step: int
    until: float
    tolerance: float
    per_class: int
    reserved: int
    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        ("scope", ctypes.c_int32),
        ("layers", ctypes.POINTER(ctypes.c_char_p)),
        ("layer_count", ctypes.c_int64),
        ("ordering", ctypes.c_char_p),
        ("measures", ctypes.c_void_p),
        ("order", ctypes.c_void_p),
        ("ordering_source", ctypes.c_void_p),
        ("quantizer", ctypes.POINTER(il_quantizer)),
        ("directions", ctypes.c_int32),
        ("replacements", ctypes.c_int32),
        ("value", ctypes.c_double),
        ("mean_source", ctypes.c_void_p),
        ("random_repeats", ctypes.c_int64),
        ("step", ctypes.c_int64),
        ("until", ctypes.c_double),
        ("tolerance", ctypes.c_double),
        ("per_class", ctypes.c_int32),
        ("reserved", ctypes.c_int32),
    )


class il_diagnosis_options(ctypes.Structure):
    struct_size: int
    replacement: int
    tolerance: float
    chance_margin: float
    quantizer: Any
    ordering_source: Any
    layers: Any
    layer_count: int
    value: float
    mean_source: Any
    reproduction_tolerance: float
    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        ("replacement", ctypes.c_int32),
        ("tolerance", ctypes.c_double),
        ("chance_margin", ctypes.c_double),
        ("quantizer", ctypes.POINTER(il_quantizer)),
        ("ordering_source", ctypes.c_void_p),
        ("layers", ctypes.POINTER(ctypes.c_char_p)),
        ("layer_count", ctypes.c_int64),
        ("value", ctypes.c_double),
        ("mean_source", ctypes.c_void_p),
        ("reproduction_tolerance", ctypes.c_double),
    )


class il_gcmi_options(ctypes.Structure):
    struct_size: int
    unit: int
    ties: int
    bias_correction: int
    sigma_points: int
    reserved: int
    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        ("unit", ctypes.c_int32),
        ("ties", ctypes.c_int32),
        ("bias_correction", ctypes.c_int32),
        ("sigma_points", ctypes.c_int32),
        ("reserved", ctypes.c_int32),
    )


class il_joint_options(ctypes.Structure):
    struct_size: int
    kind: int
    label: int
    ties: int
    bias_correction: int
    alphabet: int
    singular: float
    quantizer: Any
    estimator: Any
    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        ("kind", ctypes.c_int32),
        ("label", ctypes.c_int32),
        ("ties", ctypes.c_int32),
        ("bias_correction", ctypes.c_int32),
        ("alphabet", ctypes.c_int32),
        ("singular", ctypes.c_double),
        ("quantizer", ctypes.POINTER(il_quantizer)),
        ("estimator", ctypes.c_char_p),
    )


class il_o_information_options(ctypes.Structure):
    struct_size: int
    unit: int
    measures: int
    reserved: int
    target: int
    bootstrap: int
    surrogates: int
    confidence: float
    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        ("unit", ctypes.c_int32),
        ("measures", ctypes.c_int32),
        ("reserved", ctypes.c_int32),
        ("target", ctypes.c_int64),
        ("bootstrap", ctypes.c_int64),
        ("surrogates", ctypes.c_int64),
        ("confidence", ctypes.c_double),
    )


class il_search_options(ctypes.Structure):
    struct_size: int
    unit: int
    search: int
    extrema: int
    order: int
    smallest_order: int
    top: int
    first: int
    count: int
    domain: Any
    domain_count: int
    starts: int
    steps: int
    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        ("unit", ctypes.c_int32),
        ("search", ctypes.c_int32),
        ("extrema", ctypes.c_int32),
        ("order", ctypes.c_int64),
        ("smallest_order", ctypes.c_int64),
        ("top", ctypes.c_int64),
        ("first", ctypes.c_int64),
        ("count", ctypes.c_int64),
        ("domain", ctypes.POINTER(ctypes.c_int64)),
        ("domain_count", ctypes.c_int64),
        ("starts", ctypes.c_int64),
        ("steps", ctypes.c_int64),
    )


class il_values_options(ctypes.Structure):
    struct_size: int
    reserved: int
    values: Any
    value_count: int
    path: Any
    dataset: Any
    bins: int
    low: float
    high: float
    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        ("reserved", ctypes.c_int32),
        ("values", ctypes.POINTER(ctypes.c_double)),
        ("value_count", ctypes.c_int64),
        ("path", ctypes.c_char_p),
        ("dataset", ctypes.c_char_p),
        ("bins", ctypes.c_int64),
        ("low", ctypes.c_double),
        ("high", ctypes.c_double),
    )


class il_column(ctypes.Structure):
    name: Any
    unit: Any
    description: Any
    values: Any
    type: int
    reserved: int
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("unit", ctypes.c_char_p),
        ("description", ctypes.c_char_p),
        ("values", ctypes.c_void_p),
        ("type", ctypes.c_int32),
        ("reserved", ctypes.c_int32),
    )


class il_metadata(ctypes.Structure):
    key: Any
    value: Any
    _fields_ = (
        ("key", ctypes.c_char_p),
        ("value", ctypes.c_char_p),
    )


class ArrowSchema(ctypes.Structure):
    format: Any
    name: Any
    metadata: Any
    flags: int
    n_children: int
    children: Any
    dictionary: Any
    release: Any
    private_data: Any


ArrowSchema._fields_ = (
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowSchema))),
    ("dictionary", ctypes.POINTER(ArrowSchema)),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowSchema))),
    ("private_data", ctypes.c_void_p),
)


class ArrowArray(ctypes.Structure):
    length: int
    null_count: int
    offset: int
    n_buffers: int
    n_children: int
    buffers: Any
    children: Any
    dictionary: Any
    release: Any
    private_data: Any


ArrowArray._fields_ = (
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowArray))),
    ("dictionary", ctypes.POINTER(ArrowArray)),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowArray))),
    ("private_data", ctypes.c_void_p),
)


class ArrowArrayStream(ctypes.Structure):
    get_schema: Any
    get_next: Any
    get_last_error: Any
    release: Any
    private_data: Any


ArrowArrayStream._fields_ = (
    ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ArrowArrayStream), ctypes.POINTER(ArrowSchema))),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ArrowArrayStream), ctypes.POINTER(ArrowArray))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(ArrowArrayStream))),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowArrayStream))),
    ("private_data", ctypes.c_void_p),
)


STRUCTS: tuple[type[ctypes.Structure], ...] = (
    il_context_options,
    il_array,
    il_dump_options,
    il_source_options,
    il_quantizer,
    il_estimator_info,
    il_measure_info,
    il_measure_options,
    il_network_options,
    il_ablation_options,
    il_diagnosis_options,
    il_gcmi_options,
    il_joint_options,
    il_o_information_options,
    il_search_options,
    il_values_options,
    il_column,
    il_metadata,
    ArrowSchema,
    ArrowArray,
    ArrowArrayStream,
)

# Name, result and parameters of every function.
FUNCTIONS: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (
    ("il_abi_version", ctypes.c_uint32, ()),
    ("il_version", ctypes.c_char_p, ()),
    ("il_last_error", ctypes.c_char_p, ()),
    ("il_status_name", ctypes.c_char_p, (il_status,)),
    ("il_context_options_init", il_status, (ctypes.POINTER(il_context_options), ctypes.c_uint32)),
    ("il_context_new", il_status, (ctypes.POINTER(il_context_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_context_set_progress", il_status, (ctypes.c_void_p, il_progress, ctypes.c_void_p)),
    ("il_context_cancel", il_status, (ctypes.c_void_p,)),
    ("il_context_free", None, (ctypes.c_void_p,)),
    ("il_dump_options_init", il_status, (ctypes.POINTER(il_dump_options), ctypes.c_uint32)),
    ("il_dump_open", il_status, (ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(il_dump_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_dump_open_files", il_status, (ctypes.c_void_p, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.POINTER(il_dump_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_dump_describe", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p))),
    ("il_dump_free", None, (ctypes.c_void_p,)),
    ("il_add_plugin_folder", il_status, (ctypes.c_char_p,)),
    ("il_reader_serve", il_status, (ctypes.c_int32,)),
    ("il_source_options_init", il_status, (ctypes.POINTER(il_source_options), ctypes.c_uint32)),
    ("il_source_from_dump", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(il_source_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_source_new", il_status, (ctypes.c_void_p, ctypes.POINTER(il_source_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_source_add_layer", il_status, (ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(il_array))),
    ("il_source_set_labels", il_status, (ctypes.c_void_p, ctypes.POINTER(il_array), ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64)),
    ("il_source_set_condition", il_status, (ctypes.c_void_p, ctypes.POINTER(il_array), ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64)),
    ("il_source_select", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int64), ctypes.c_int64, ctypes.POINTER(ctypes.c_void_p))),
    ("il_source_layers", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p))),
    ("il_source_classes", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p))),
    ("il_source_plan", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p))),
    ("il_source_read", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int64, ctypes.POINTER(il_array))),
    ("il_neuron_ranges", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p))),
    ("il_source_free", None, (ctypes.c_void_p,)),
    ("il_quantizer_init", il_status, (ctypes.POINTER(il_quantizer), ctypes.c_uint32)),
    ("il_estimator_count", ctypes.c_int64, ()),
    ("il_estimator_at", il_status, (ctypes.c_int64, ctypes.POINTER(il_estimator_info))),
    ("il_entropy", il_status, (ctypes.c_void_p, ctypes.POINTER(ctypes.c_int64), ctypes.c_int64, ctypes.c_char_p, ctypes.c_int32, ctypes.c_int32, ctypes.POINTER(ctypes.c_double))),
    ("il_kl_divergence", il_status, (ctypes.c_void_p, ctypes.POINTER(ctypes.c_double), ctypes.POINTER(ctypes.c_double), ctypes.c_int64, ctypes.c_int32, ctypes.POINTER(ctypes.c_double))),
    ("il_jensen_shannon_divergence", il_status, (ctypes.c_void_p, ctypes.POINTER(ctypes.c_double), ctypes.POINTER(ctypes.c_double), ctypes.c_int64, ctypes.c_int32, ctypes.POINTER(ctypes.c_double))),
    ("il_measure_count", ctypes.c_int64, ()),
    ("il_measure_at", il_status, (ctypes.c_int64, ctypes.POINTER(il_measure_info))),
    ("il_measure_options_init", il_status, (ctypes.POINTER(il_measure_options), ctypes.c_uint32)),
    ("il_neuron_measures", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(il_measure_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_class_measures", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(il_measure_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_pairwise_mutual_information", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(il_measure_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_quantize", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int64, ctypes.POINTER(il_quantizer), ctypes.POINTER(ctypes.c_int32), ctypes.c_int64)),
    ("il_accumulator_new", il_status, (ctypes.c_void_p, ctypes.POINTER(il_quantizer), ctypes.POINTER(ctypes.c_void_p))),
    ("il_accumulator_update", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)),
    ("il_accumulator_fit", il_status, (ctypes.c_void_p, ctypes.c_void_p)),
    ("il_accumulator_state", il_status, (ctypes.c_void_p, ctypes.POINTER(ctypes.c_int32), ctypes.POINTER(ctypes.c_int64))),
    ("il_accumulator_classes", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p))),
    ("il_accumulator_merge", il_status, (ctypes.c_void_p, ctypes.c_void_p)),
    ("il_accumulator_neuron_measures", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(il_measure_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_accumulator_class_measures", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(il_measure_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_accumulator_serialize", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.POINTER(ctypes.c_int64))),
    ("il_accumulator_deserialize", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.POINTER(ctypes.c_void_p))),
    ("il_accumulator_free", None, (ctypes.c_void_p,)),
    ("il_network_options_init", il_status, (ctypes.POINTER(il_network_options), ctypes.c_uint32)),
    ("il_network_from_dump", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(il_network_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_network_new", il_status, (ctypes.c_void_p, ctypes.POINTER(il_network_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_network_add_layer", il_status, (ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(il_array), ctypes.POINTER(il_array), ctypes.c_char_p)),
    ("il_network_from_callback", il_status, (ctypes.c_void_p, ctypes.POINTER(ctypes.c_char_p), ctypes.POINTER(ctypes.c_int64), ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, il_ablation_callback, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p))),
    ("il_network_layers", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p))),
    ("il_source_for_network", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(il_source_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_network_check", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_double, ctypes.POINTER(ctypes.c_void_p))),
    ("il_network_free", None, (ctypes.c_void_p,)),
    ("il_ablation_options_init", il_status, (ctypes.POINTER(il_ablation_options), ctypes.c_uint32)),
    ("il_ablate", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(il_ablation_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_ablate_single", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(il_ablation_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_ablate_groups", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(il_ablation_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_diagnosis_options_init", il_status, (ctypes.POINTER(il_diagnosis_options), ctypes.c_uint32)),
    ("il_diagnose", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(il_diagnosis_options), ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_void_p))),
    ("il_network_export", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(il_ablation_options), ctypes.c_char_p)),
    ("il_gcmi_options_init", il_status, (ctypes.POINTER(il_gcmi_options), ctypes.c_uint32)),
    ("il_copula_normalize", il_status, (ctypes.c_void_p, ctypes.POINTER(il_array), ctypes.c_int32, ctypes.POINTER(ctypes.c_double), ctypes.POINTER(ctypes.c_double))),
    ("il_gcmi", il_status, (ctypes.c_void_p, ctypes.POINTER(il_array), ctypes.POINTER(il_array), ctypes.POINTER(il_array), ctypes.POINTER(il_array), ctypes.POINTER(il_gcmi_options), ctypes.POINTER(ctypes.c_double))),
    ("il_gcmi_model", il_status, (ctypes.c_void_p, ctypes.POINTER(il_array), ctypes.POINTER(il_array), ctypes.POINTER(il_gcmi_options), ctypes.POINTER(ctypes.c_double))),
    ("il_gcmi_mixture", il_status, (ctypes.c_void_p, ctypes.POINTER(il_array), ctypes.POINTER(il_array), ctypes.POINTER(il_gcmi_options), ctypes.POINTER(ctypes.c_double), ctypes.POINTER(ctypes.c_double))),
    ("il_joint_options_init", il_status, (ctypes.POINTER(il_joint_options), ctypes.c_uint32)),
    ("il_joint_from_source", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(il_joint_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_joint_from_covariance", il_status, (ctypes.c_void_p, ctypes.POINTER(il_array), ctypes.c_int64, ctypes.POINTER(il_joint_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_joint_from_counts", il_status, (ctypes.c_void_p, ctypes.POINTER(il_array), ctypes.POINTER(il_array), ctypes.POINTER(il_joint_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_joint_neurons", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p))),
    ("il_joint_correlation", il_status, (ctypes.c_void_p, ctypes.POINTER(ctypes.c_double))),
    ("il_joint_free", None, (ctypes.c_void_p,)),
    ("il_o_information_options_init", il_status, (ctypes.POINTER(il_o_information_options), ctypes.c_uint32)),
    ("il_o_information", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int64), ctypes.POINTER(ctypes.c_int64), ctypes.c_int64, ctypes.POINTER(il_o_information_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_local_o_information", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int64), ctypes.POINTER(ctypes.c_int64), ctypes.c_int64, ctypes.c_int32, ctypes.POINTER(ctypes.c_double))),
    ("il_search_options_init", il_status, (ctypes.POINTER(il_search_options), ctypes.c_uint32)),
    ("il_search_count", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(il_search_options), ctypes.POINTER(ctypes.c_int64), ctypes.POINTER(ctypes.c_double))),
    ("il_search", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(il_search_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_search_merge", il_status, (ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p), ctypes.c_int64, ctypes.POINTER(ctypes.c_void_p))),
    ("il_values_options_init", il_status, (ctypes.POINTER(il_values_options), ctypes.c_uint32)),
    ("il_search_values", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(il_search_options), ctypes.POINTER(il_values_options), ctypes.POINTER(ctypes.c_void_p))),
    ("il_joint_modules", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.POINTER(ctypes.c_void_p))),
    ("il_network_modules", il_status, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.POINTER(ctypes.c_void_p))),
    ("il_table_new", il_status, (ctypes.POINTER(il_column), ctypes.c_int64, ctypes.c_int64, ctypes.POINTER(il_metadata), ctypes.c_int64, ctypes.POINTER(ctypes.c_void_p))),
    ("il_table_size", il_status, (ctypes.c_void_p, ctypes.POINTER(ctypes.c_int64), ctypes.POINTER(ctypes.c_int64))),
    ("il_table_column", il_status, (ctypes.c_void_p, ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.POINTER(ctypes.c_int32), ctypes.POINTER(ctypes.c_char_p), ctypes.POINTER(ctypes.c_char_p))),
    ("il_table_doubles", il_status, (ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.POINTER(ctypes.c_double)))),
    ("il_table_integers", il_status, (ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.POINTER(ctypes.c_int64)))),
    ("il_table_strings", il_status, (ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.POINTER(ctypes.c_char_p)))),
    ("il_table_metadata_count", il_status, (ctypes.c_void_p, ctypes.POINTER(ctypes.c_int64))),
    ("il_table_metadata_at", il_status, (ctypes.c_void_p, ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.POINTER(ctypes.c_char_p))),
    ("il_table_free", None, (ctypes.c_void_p,)),
    ("il_table_write_csv", il_status, (ctypes.c_void_p, ctypes.c_char_p)),
    ("il_table_write_json", il_status, (ctypes.c_void_p, ctypes.c_char_p)),
    ("il_table_export_arrow", il_status, (ctypes.c_void_p, ctypes.POINTER(ArrowSchema), ctypes.POINTER(ArrowArray))),
    ("il_table_export_arrow_stream", il_status, (ctypes.c_void_p, ctypes.POINTER(ArrowArrayStream))),
    ("il_arrow_hold", il_status, (ctypes.c_void_p, ctypes.c_int32, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p))),
    ("il_arrow_drop", None, (ctypes.c_void_p,)),
)


def declare(library: ctypes.CDLL) -> None:
    """Give every function of the loaded library its result and parameter types."""
    for name, result, parameters in FUNCTIONS:
        function = getattr(library, name)
        function.restype = result
        function.argtypes = parameters
