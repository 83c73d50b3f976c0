/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file infolens.h
 * InfoLens: information-theoretic measures of neural-network activations.
 *
 * This header is the whole public contract of libinfolens and is meant to be
 * read as its manual. It is C99, compiles as C++, and needs nothing else.
 *
 * Data flows one way:
 *
 *     il_dump (an HDF5 file) ─┐
 *                             ├─> il_source (layers × samples × neurons, labels) ─> il_table
 *     il_array (your memory) ─┘
 *
 * and, to see which neurons a network needs, il_network (weights, or your function) + il_source ─> il_table;
 * which groups of them are redundant or synergistic, il_source ─> il_joint ─> il_table.
 *
 * A complete program, errors left out:
 *
 *     il_context *context; il_dump *dump; il_source *source; il_table *table;
 *     il_context_new(NULL, &context);
 *     il_dump_open(context, "digits.h5", NULL, &dump);
 *     il_source_from_dump(context, dump, NULL, &source);
 *     il_neuron_measures(context, source, NULL, &table);
 *     const double *mi; il_table_doubles(table, "mutual_information", &mi);
 *
 * ## Status and errors
 * Every function that can fail returns an ::il_status, 0 being success. After
 * a failure il_last_error() gives the calling thread a text that names the
 * argument, says what was wrong and how to mend it. Output parameters are
 * written on success only. The library prints nothing, calls neither exit()
 * nor abort(), and leaves the host's HDF5 error handler as it found it.
 *
 * ## Handles
 * il_context, il_dump, il_source, il_network, il_joint, il_accumulator and il_table are opaque. Each has a `_free`
 * that accepts NULL and does nothing for a handle freed before. A handle that
 * was freed, or is of another kind, is recognised and refused with
 * ::IL_ERROR_ARGUMENT. Children keep what they need alive (a source its dump),
 * so handles may be freed in any order. Memory that the library hands out
 * (column values, names) belongs to its table and lives until that is freed.
 *
 * ## Threads
 * Any function may be called from any thread; one handle is used by one thread
 * at a time, except il_context_cancel(). Calls with different contexts run side
 * by side. The progress callback is called on the thread that made the call.
 * fork() is safe while no call is running; a child may use the handles that
 * it inherited for reading, except that a dump must be opened anew.
 *
 * ## Option structs
 * Each begins with `struct_size` and is filled by its `_init`, which is given
 * the struct's size, `sizeof options`, and sets the defaults named here; NULL
 * stands for all defaults. Later versions append members only: a struct from an
 * older header is filled no further than it reaches, and taken with the defaults
 * for what it lacks. One larger than the library knows comes from a newer header
 * and is refused.
 *
 * ## Names and text
 * Text is UTF-8 and NUL-terminated; file paths are the system's bytes. Dataset
 * names that are not UTF-8 are shown with U+FFFD in place of what cannot be read.
 */
#ifndef INFOLENS_H
#define INFOLENS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------- */
/** @name Version */
/** @{ */

/** Version of this header's interface; grows when the interface does. */
#define IL_ABI_VERSION 1

/** The interface version of the loaded library. It implements every version
 *  of its SONAME's major number up to the one that it returns. */
uint32_t il_abi_version(void);

/** The library's version, for instance "0.1.0". Static storage. */
const char *il_version(void);

/** @} */
/* ------------------------------------------------------------------------- */
/** @name Status */
/** @{ */

/** Result of a call: one of the constants below. */
typedef int32_t il_status;

enum {
    IL_OK = 0,              /**< success */
    IL_ERROR_ARGUMENT = 1,  /**< an argument is NULL, freed, unknown or out of range */
    IL_ERROR_SHAPE = 2,     /**< rank or lengths do not fit together, or are empty */
    IL_ERROR_DTYPE = 3,     /**< an element type that this use does not accept */
    IL_ERROR_IO = 4,        /**< the operating system refused a file or a read */
    IL_ERROR_FORMAT = 5,    /**< not HDF5, truncated, corrupt, or a missing filter */
    IL_ERROR_NOT_FOUND = 6, /**< no such file, dataset, layer, measure or column */
    IL_ERROR_NUMERIC = 7,   /**< NaN, infinity or a value that the method cannot take */
    IL_ERROR_CANCELLED = 8, /**< the progress callback or il_context_cancel() asked to stop */
    IL_ERROR_MEMORY = 9,    /**< the memory budget is too small, or allocation failed */
    IL_ERROR_INTERNAL = 10, /**< a defect of the library: please report it */
    IL_ERROR_CALLBACK = 11  /**< a function that the caller gave reported a failure */
};

/** Text about the calling thread's last failed call; "" when there was none.
 *  Valid until the thread's next failing call. Successful calls leave it alone. */
const char *il_last_error(void);

/** Name of a status, for instance "IL_ERROR_SHAPE". Static storage; an unknown
 *  value gives "IL_ERROR_UNKNOWN". */
const char *il_status_name(il_status status);

/** @} */
/* ------------------------------------------------------------------------- */
/** @name Context: threads, memory, seed, unit, progress */
/** @{ */

/** Settings shared by calls. */
typedef struct il_context il_context;
/** An open HDF5 file and what was found in it. */
typedef struct il_dump il_dump;
/** Layers of activations (samples × neurons) with the samples' labels. */
typedef struct il_source il_source;
/** A result: named, typed columns of equal length, and metadata. */
typedef struct il_table il_table;
/** A network whose neurons can be removed. */
typedef struct il_network il_network;
/** Counts of samples that come in pieces. */
typedef struct il_accumulator il_accumulator;
/** How the neurons of a layer are distributed together. */
typedef struct il_joint il_joint;

/** Unit of information. */
enum {
    IL_UNIT_DEFAULT = 0, /**< the context's unit */
    IL_BITS = 1,         /**< logarithms to base 2 */
    IL_NATS = 2          /**< natural logarithms */
};

/**
 * Progress of a running call, called on the thread that made the call, at most
 * about thirty times a second and once at the end. Never called while HDF5 is
 * locked.
 *
 * @param user   the pointer given with the callback
 * @param stage  what is being done, for instance "neuron measures: fc1"
 * @param done   units of work done so far, 0 ≤ done ≤ total
 * @param total  units of work in all, > 0
 * @return 0 to go on; anything else cancels, and the call returns ::IL_ERROR_CANCELLED
 */
typedef int32_t (*il_progress)(void *user, const char *stage, int64_t done, int64_t total);

typedef struct il_context_options {
    uint32_t struct_size; /**< set by il_context_options_init() */
    int32_t threads;      /**< worker threads; 0 = one a processor (default). At most 1024. Results do not depend on it. */
    uint64_t memory;      /**< bytes of working memory a call may use; 0 = 1 GiB (default). At least 1 MiB. Input, result, a few
                               numbers a neuron and, for files, some MB of HDF5's own come on top. */
    uint64_t seed;        /**< seed of every random choice; default 0 */
    int32_t unit;         /**< IL_BITS (default) or IL_NATS */
    int32_t reserved;     /**< 0 */
    il_progress progress; /**< NULL (default) for none */
    void *progress_user;  /**< handed to `progress` */
} il_context_options;

/** Fills `options` with the defaults. */
il_status il_context_options_init(il_context_options *options, uint32_t struct_size);

/** Makes a context. @param options NULL for the defaults. Free with il_context_free(). */
il_status il_context_new(const il_context_options *options, il_context **context);

/** Replaces the progress callback; NULL for none. */
il_status il_context_set_progress(il_context *context, il_progress progress, void *user);

/** Asks a call that computes measures, updates an accumulator or works on a network, if one is
 *  running with this context on whatever thread, to stop soon with ::IL_ERROR_CANCELLED. Without
 *  a running call it does nothing. */
il_status il_context_cancel(il_context *context);

/** Frees a context. Dumps, sources, networks and tables made with it stay valid. */
void il_context_free(il_context *context);

/** @} */
/* ------------------------------------------------------------------------- */
/** @name Arrays in the caller's memory */
/** @{ */

/** Element types, in the machine's byte order. */
enum {
    IL_FLOAT16 = 1,  /**< IEEE 754 binary16 */
    IL_BFLOAT16 = 2, /**< upper half of a binary32 */
    IL_FLOAT32 = 3,
    IL_FLOAT64 = 4,
    IL_INT8 = 5,
    IL_INT16 = 6,
    IL_INT32 = 7,
    IL_INT64 = 8,
    IL_UINT8 = 9,
    IL_UINT16 = 10,
    IL_UINT32 = 11,
    IL_UINT64 = 12,
    IL_BOOL = 13 /**< one byte, zero or not */
};

/** Largest rank of an array. */
#define IL_MAX_RANK 32

/**
 * A strided array, described as numpy's `__array_interface__` does (DLPack
 * counts strides in elements: multiply by the element size).
 *
 * The library reads `data` while the source that was given the array lives and
 * copies neither it nor, where the layout permits, any row of it; `shape` and
 * `strides` are read during the call only.
 */
typedef struct il_array {
    const void *data;       /**< first element; may be NULL only for an empty array */
    int32_t dtype;          /**< IL_FLOAT16 … IL_BOOL */
    int32_t ndim;           /**< number of axes, at most IL_MAX_RANK */
    const int64_t *shape;   /**< ndim lengths */
    const int64_t *strides; /**< ndim distances in bytes, signed, any; NULL = C-contiguous */
} il_array;

/** @} */
/* ------------------------------------------------------------------------- */
/** @name Dumps: activations in HDF5 files */
/** @{ */

typedef struct il_dump_options {
    uint32_t struct_size;    /**< set by il_dump_options_init() */
    uint32_t allow_external; /**< 0 (default): refuse external raw storage, and links or virtual sources that
                                  leave the dump's own folder; 1: follow them */
    uint32_t isolate;        /**< 0 (default): read in this process; 1: in a process of its own, for files that nobody
                                  vouches for. A crash or hang inside libhdf5 is then an error (::IL_ERROR_FORMAT). It needs
                                  the program infolens-reader, which the environment variable INFOLENS_READER can name */
    uint32_t allow_missing;  /**< 0 (default): refuse data that was never written and has no fill value of its own;
                                  1: read the default fill value, as libhdf5 does */
    double timeout;          /**< seconds that the process of `isolate` may take over one answer; 0 (default) = 60 */
    double bin_width;        /**< spike times become counts in bins of this many seconds; 0 (default) = one bin a trial */
} il_dump_options;

/** Fills `options` with the defaults. */
il_status il_dump_options_init(il_dump_options *options, uint32_t struct_size);

/**
 * Opens an HDF5 file for reading and finds the layers in it.
 *
 * Recognised without being told: the native layout (`/labels`, `/inputs`,
 * `/logits`, `/layers/<name>/activations` [N, d] or [N, channels, …], and the
 * same below `/epochs/<n>/`, whose layers are named `epochs/<n>/<name>`); float
 * datasets of rank ≥ 2 whose first axis is as long as the labels; training
 * epochs as groups; one group a batch or a sample, and `features_01`,
 * `features_02`, …, whose rows are joined; AnnData (dense and CSR, categorical
 * labels); pandas (fixed and table); MATLAB v7.3 (stored transposed); netCDF
 * and xarray (with a `layer` coordinate); NWB (spike times, acquisitions); Keras'
 * weights. docs/dump-format.md describes each. Layers come in the order of their
 * `index` attributes, then by name, numbers as numbers. Every dataset can also
 * be named by its path, `path[:, k]` being position k of axis 1 and
 * `path[field]` a field of a table.
 *
 * @param path     the file's path, bytes as the system takes them
 * @param options  NULL for the defaults
 * Errors: NOT_FOUND no such file; IO permission, or locked by a writer;
 * FORMAT not HDF5, truncated or corrupt. With `isolate` every call that reads the dump may fail so, once the process
 * that reads for this one has ended; NOT_FOUND, IO it cannot be started.
 */
il_status il_dump_open(il_context *context, const char *path, const il_dump_options *options, il_dump **dump);

/**
 * Opens several files as one dump: the samples of the second follow those of
 * the first, and so on.
 *
 * Layers are those of the first file; every file must have each of them, with as
 * many neurons. Labels are joined too: a class is known by its name or number,
 * whatever its code in each file. Weights, and other things that are not a
 * sample's, are those of the first file.
 *
 * @param paths    `count` paths, in the order of the samples
 * Errors: as for il_dump_open(), naming the file; SHAPE a layer of another
 * width; NOT_FOUND a layer, or labels, that one of the files lacks.
 */
il_status il_dump_open_files(il_context *context, const char *const *paths, int64_t count, const il_dump_options *options, il_dump **dump);

/**
 * What was found in the file, one row a dataset:
 * `role` (layer, labels, inputs, logits, preactivations, weight, bias,
 * initial_weight, initial_bias, gradients, other), `name` (the layer's, or ""),
 * `path`, `shape` ("10000 × 64"), `dtype` ("float32"), `samples` (length of
 * axis 0), `neurons` (elements a sample; 0 below rank 2), `storage`
 * ("contiguous", "chunked 256 × 64, gzip", …), `note` (why it got its role, or
 * why it cannot be used). A layer joined from several datasets is one row with
 * the path of the first.
 */
il_status il_dump_describe(il_context *context, il_dump *dump, il_table **table);

/** Closes the file once nothing made from it needs it any more. */
void il_dump_free(il_dump *dump);

/**
 * Has libhdf5 look for filters (blosc, lz4, zstd, bitshuffle, …) in a folder of plugins before any other, in this
 * process and in those of `isolate`. The folders of the environment variable HDF5_PLUGIN_PATH are searched anyway.
 * Python's package hdf5plugin has such a folder, `hdf5plugin.PLUGIN_PATH`.
 *
 * Plugins are code that is run: name only folders that you trust. A file can only ask for what is there.
 * Errors: ARGUMENT NULL or empty; IO.
 */
il_status il_add_plugin_folder(const char *path);

/**
 * Serves as the other process of `isolate`: answers on a connected socket until
 * it is closed. For the program `infolens-reader`, which is installed beside the
 * library; nobody else needs it.
 *
 * @param descriptor  of the socket; owned by the call
 */
il_status il_reader_serve(int32_t descriptor);

/** @} */
/* ------------------------------------------------------------------------- */
/** @name Sources: layers × samples × neurons, with labels */
/** @{ */

/** How activations of rank > 2, [N, …], become neurons. */
enum {
    IL_REDUCE_NONE = 0,   /**< refuse them (default), naming the choices */
    IL_REDUCE_MEAN = 1,   /**< mean over all positions, one neuron a channel, in float64 */
    IL_REDUCE_MAX = 2,    /**< maximum over all positions, one neuron a channel */
    IL_REDUCE_FLATTEN = 3 /**< every (channel, position) is a neuron, in C order */
};

/**
 * Samples whose label is missing: code −1 of categorical labels, NaN where labels are floats, a time outside of
 * trials. With ::IL_MISSING_EXCLUDE and ::IL_MISSING_CLASS also −1 where all other labels are integers from 0 on;
 * otherwise −1 is a class like any other.
 */
enum {
    IL_MISSING_REFUSE = 0,  /**< an error (default) */
    IL_MISSING_EXCLUDE = 1, /**< leave these samples out of every layer */
    IL_MISSING_CLASS = 2    /**< a class of their own, the last: "missing", or another name if that is taken; classes that
                                 are integers become strings beside it */
};

typedef struct il_source_options {
    uint32_t struct_size;      /**< set by il_source_options_init() */
    int32_t reduction;         /**< IL_REDUCE_…; default IL_REDUCE_NONE. Rank 2 is never reduced, rank 1 is one neuron. */
    int32_t channel_axis;      /**< the channels' axis for IL_REDUCE_MEAN and _MAX: 1 (default, NCHW), or −1 for the last (NHWC, NLD); never 0 */
    int32_t sample_axis;       /**< 0 (default): samples are where the layout says, axis 0 in most; −1: the last axis, for
                                    matrices that are stored transposed, [d, N]. il_source_from_dump() only. */
    const char *const *layers; /**< layer names or dataset paths; NULL (default) = every layer. il_source_from_dump() only. */
    int64_t layer_count;       /**< entries of `layers` */
    const char *labels;        /**< dataset path of the labels; NULL (default) = those found, "" = none.
                                    il_source_from_dump() only. */
    const char *condition;     /**< dataset path of the condition Z of `conditional_mutual_information`, of a form that
                                    labels may have; NULL (default) = none. il_source_from_dump() only. */
    int32_t missing_labels;    /**< IL_MISSING_…: samples without a label or condition; default IL_MISSING_REFUSE. Of dumps
                                    only. */
    int32_t reserved;          /**< 0 */
} il_source_options;

/** Fills `options` with the defaults. */
il_status il_source_options_init(il_source_options *options, uint32_t struct_size);

/**
 * Layers of a dump with the dump's labels. Nothing but labels, times of spikes, and layers of many
 * small datasets (up to 16 MiB of them) is read yet.
 *
 * Labels may be of any integer type, bool, enum, floats with integer values,
 * one-hot [N, C], [N, 1], [1, N], or strings of fixed or variable length; codes
 * with names of categories; fields of tables, named `path[field]`.
 * Classes are the distinct values in ascending order (strings bytewise);
 * one-hot classes are 0 … C−1, and categories keep their order in the file. A dump
 * without labels gives a source without.
 *
 * Errors: NOT_FOUND a layer or dataset that is not there (lists what is);
 * SHAPE rank, emptiness, fewer than two samples, or a layer and labels that
 * disagree about N; DTYPE; NUMERIC labels that are fractional, missing or not
 * one-hot; FORMAT.
 */
il_status il_source_from_dump(il_context *context, il_dump *dump, const il_source_options *options, il_source **source);

/** An empty source for arrays: add layers, then labels. `reduction` and
 *  `channel_axis` of the options hold for each layer added. */
il_status il_source_new(il_context *context, const il_source_options *options, il_source **source);

/**
 * Adds a layer that lives in the caller's memory and must stay there, unchanged,
 * until the source is freed.
 *
 * @param name         shown in the `layer` column; not NULL, distinct within the source
 * @param activations  [N, d], [N] (one neuron), or higher rank with a reduction; any dtype and strides
 * Errors: ARGUMENT a name used twice, NULL data; SHAPE rank 0, empty, or another
 * N than the source has; DTYPE.
 */
il_status il_source_add_layer(il_source *source, const char *name, const il_array *activations);

/**
 * Sets the labels; they are copied.
 *
 * @param labels       N values as for il_source_from_dump(): integers, bool, integer-valued
 *                     floats, one-hot [N, C], [N, 1] or [1, N]
 * @param class_names  NULL, or `class_count` names: labels must then be 0 … class_count−1,
 *                     and classes are shown by these names
 * Errors: SHAPE another N than the source has; NUMERIC labels that are
 * fractional, NaN, not one-hot, or outside the names.
 */
il_status il_source_set_labels(il_source *source, const il_array *labels, const char *const *class_names, int64_t class_count);

/**
 * Sets the condition Z of `conditional_mutual_information`: another label, or the
 * levels of a neuron as il_quantize() gives them. Arguments and errors as for
 * il_source_set_labels().
 */
il_status il_source_set_condition(il_source *source, const il_array *condition, const char *const *class_names, int64_t class_count);

/**
 * A source of some samples of another: to compute an order on samples other than those
 * that it is judged by, for instance. The rows are copied into memory.
 *
 * @param rows   `count` row numbers, 0 ≤ row < N, in any order; a row may come twice
 * Errors: SHAPE fewer than two rows; ARGUMENT a row that is not there (names it); MEMORY
 * where the copy would pass the context's budget; IO, FORMAT.
 */
il_status il_source_select(il_context *context, il_source *source, const int64_t *rows, int64_t count, il_source **selected);

/** The layers, one row each: `layer`, `samples`, `neurons`, `dtype`. */
il_status il_source_layers(il_context *context, il_source *source, il_table **table);

/** The classes, one row each: `class` (integers, or strings when the labels are), `samples`,
 *  `probability`. NOT_FOUND when the source has no labels. */
il_status il_source_classes(il_context *context, il_source *source, il_table **table);

/**
 * How each layer will be read, one row a layer: `layer`, `path`, `reason`, `dtype` (as stored), `conversion`
 * ("none", "float16 to float32", …), `storage` ("contiguous", "chunked 256 × 64, gzip", …), `bytes` (of its
 * elements as stored, decoded), `stored_bytes` (in the file), `keeps` (1 where a computation that goes over the
 * rows more than once keeps the decoded rows, since they fit the context's budget).
 *
 * `path` is "memory" (the caller's array), "blocks" (read straight from the file), "chunks" (chunks read straight
 * from the file and decoded on all threads), "library" (by libhdf5, one thread at a time), or "process" (by the
 * process of `isolate`). `reason` says why it is not a faster one, and what would make it one.
 */
il_status il_source_plan(il_context *context, il_source *source, il_table **table);

/**
 * Reads samples of a layer into the caller's memory, on all of the context's threads.
 *
 * @param layer   a layer of the source
 * @param first   the first sample; the number of samples is output->shape[0]
 * @param output  [n, d] with d the layer's neurons, C-contiguous, IL_FLOAT32 or IL_FLOAT64; float64 takes every
 *                dtype exactly, float32 those that it can hold
 * Errors: NOT_FOUND no such layer; ARGUMENT samples that are not there; SHAPE; DTYPE float64 or wide integers into
 * float32; NUMERIC a 64-bit integer beyond ±2^53; MEMORY; IO, FORMAT; CANCELLED.
 */
il_status il_source_read(il_context *context, il_source *source, const char *layer, int64_t first, const il_array *output);

/**
 * Extremes of each neuron, in one pass at the speed of reading: `layer`, `neuron`, `minimum`, `maximum` (of the
 * finite values; NaN without any), `zeros` (samples at 0), `undefined` (samples at NaN or ±infinity).
 * Errors: IO, FORMAT, MEMORY, NUMERIC, CANCELLED.
 */
il_status il_neuron_ranges(il_context *context, il_source *source, il_table **table);

/** Frees a source. The caller's arrays are no longer needed then. */
void il_source_free(il_source *source);

/** @} */
/* ------------------------------------------------------------------------- */
/** @name Quantisers */
/** @{ */

/** How a neuron's activation x becomes a discrete level T. All edges are
 *  float64 and x is compared with them exactly, whatever its type; T is the
 *  number of interior edges ≤ x, so that a value on an edge belongs to the
 *  bin above it and the last bin is closed, as in numpy.histogram. */
enum {
    IL_THRESHOLD = 1, /**< T = [x > θ], two levels. Liu, Amjad & Geiger 2018 (arXiv:1804.06679) */
    IL_UNIFORM = 2,   /**< `bins` equal bins on [low, high]; values outside fall in the first or last bin. Shwartz-Ziv & Tishby 2017 (arXiv:1703.00810) */
    IL_QUANTILE = 3,  /**< `bins` bins of equal mass a neuron, edges by linear interpolation of order statistics; equal values stay together */
    IL_WIDTH = 4,     /**< T = floor(x / value): bins of fixed width, unbounded. Saxe et al. 2018 */
    IL_EXPLICIT = 5,  /**< the caller's interior `edges`, ascending: edge_count + 1 levels */
    IL_INTEGER = 6    /**< x is a symbol already; values must be integers within ±2^53 */
};

/** Where IL_THRESHOLD takes θ from. */
enum {
    IL_AT_VALUE = 0,  /**< `value` (default) */
    IL_AT_MEDIAN = 1, /**< each neuron's median */
    IL_AT_MEAN = 2    /**< each neuron's mean */
};

/** Where IL_UNIFORM takes [low, high] from. */
enum {
    IL_RANGE_NEURON = 0, /**< each neuron's minimum and maximum (default) */
    IL_RANGE_LAYER = 1,  /**< the layer's minimum and maximum */
    IL_RANGE_GIVEN = 2   /**< `low` and `high` */
};

typedef struct il_quantizer {
    uint32_t struct_size; /**< set by il_quantizer_init() */
    int32_t kind;         /**< IL_THRESHOLD (default) … IL_INTEGER */
    int32_t at;           /**< IL_AT_…, for IL_THRESHOLD */
    int32_t range;        /**< IL_RANGE_…, for IL_UNIFORM */
    double value;         /**< θ of IL_THRESHOLD (default 0), w > 0 of IL_WIDTH; finite */
    double low, high;     /**< of IL_RANGE_GIVEN: finite, low < high */
    int64_t bins;         /**< of IL_UNIFORM and IL_QUANTILE: 1 … 65536, default 30 */
    const double *edges;  /**< of IL_EXPLICIT: finite, strictly ascending */
    int64_t edge_count;   /**< 1 … 65535 */
} il_quantizer;

/** Fills `quantizer` with threshold(0). */
il_status il_quantizer_init(il_quantizer *quantizer, uint32_t struct_size);

/** @} */
/* ------------------------------------------------------------------------- */
/** @name Estimators of entropy, and divergences */
/** @{ */

/** Which levels an estimator may take for possible. */
enum {
    IL_ALPHABET_FULL = 0,    /**< all that could occur (default) */
    IL_ALPHABET_OBSERVED = 1 /**< those that occurred */
};

/** An estimator of entropy in the registry. The texts have static storage. */
typedef struct il_estimator_info {
    uint32_t struct_size;    /**< sizeof(il_estimator_info), set by the caller */
    int32_t of_entropy;      /**< 1 if il_entropy() takes it; 0 for a correction of mutual information only */
    int32_t uses_alphabet;   /**< 1 if IL_ALPHABET_FULL and IL_ALPHABET_OBSERVED make a difference */
    int32_t reserved;        /**< 0 */
    const char *name;        /**< what to ask for, for instance "miller-madow" */
    const char *description; /**< one sentence with the formula, in nats */
    const char *reference;   /**< the paper */
} il_estimator_info;

/** Number of estimators in the registry. */
int64_t il_estimator_count(void);

/** The estimator at `index`, 0 ≤ index < il_estimator_count(). */
il_status il_estimator_at(int64_t index, il_estimator_info *info);

/**
 * The entropy of a distribution, estimated from how often each level occurred.
 *
 * @param counts     `count` numbers ≥ 0, not all 0, whose sum N is below 2^32; their order does not matter
 * @param estimator  a name from il_estimator_at(); NULL = "plug-in"
 * @param alphabet   IL_ALPHABET_FULL: every entry of `counts` is a level that could occur, zeros included;
 *                   IL_ALPHABET_OBSERVED: only the positive ones. Matters to "james-stein" and "nsb"
 * @param unit       IL_UNIT_DEFAULT, IL_BITS or IL_NATS
 * @param entropy    receives the estimate. Corrected estimates may pass the logarithm of the number of
 *                   levels, and those of Grassberger may be slightly negative
 * Errors: ARGUMENT nothing to count, a negative count (names it), counts that are all 0 or too many,
 * an estimator of mutual information only; NOT_FOUND an unknown estimator (lists what there is); NUMERIC
 * an estimate that is not defined on the data: "chao-shen" where every level occurs only once,
 * "jackknife" of one sample.
 */
il_status il_entropy(il_context *context, const int64_t *counts, int64_t count, const char *estimator, int32_t alphabet,
                     int32_t unit, double *entropy);

/**
 * D_KL(p ‖ q) = Σ p log (p / q) of two discrete distributions (Kullback & Leibler 1951).
 *
 * @param p, q        `count` weights each, finite, ≥ 0, not all 0; they are divided by their sums
 * @param divergence  receives a number ≥ 0, infinity where p has mass and q has none
 * Errors: ARGUMENT no weights, or an unknown unit; NUMERIC a weight that is negative, NaN or infinite
 * (names it), or weights that are all 0.
 */
il_status il_kl_divergence(il_context *context, const double *p, const double *q, int64_t count, int32_t unit,
                           double *divergence);

/**
 * The Jensen–Shannon divergence ½ D_KL(p ‖ m) + ½ D_KL(q ‖ m), m = (p + q) / 2 (Lin 1991): between 0,
 * for equal distributions, and log 2 = 1 bit, for those without a common level.
 *
 * Arguments and errors as for il_kl_divergence().
 */
il_status il_jensen_shannon_divergence(il_context *context, const double *p, const double *q, int64_t count, int32_t unit,
                                       double *divergence);

/** @} */
/* ------------------------------------------------------------------------- */
/** @name Measures */
/** @{ */

/** What a row of a measure's table is. */
enum {
    IL_PER_NEURON = 1,       /**< il_neuron_measures() */
    IL_PER_NEURON_CLASS = 2  /**< il_class_measures() */
};

/** A measure in the registry. The texts have static storage. */
typedef struct il_measure_info {
    uint32_t struct_size;    /**< sizeof(il_measure_info), set by the caller */
    int32_t rows;            /**< IL_PER_NEURON or IL_PER_NEURON_CLASS */
    int32_t needs_labels;    /**< 1 if the source must have labels */
    int32_t by_default;      /**< 1 if computed when no measures are named */
    const char *name;        /**< what to ask for, for instance "mutual_information" */
    const char *columns;     /**< columns that it adds, separated by commas */
    const char *unit;        /**< "information" (bits or nats as asked), or "1" */
    const char *description; /**< one sentence with the formula */
    const char *reference;   /**< the paper */
    const char *needs;       /**< what must be given: "", "labels", "labels, condition", "labels, groups", or
                                  "labels, activations" (not only counts) */
} il_measure_info;

/** Number of measures in the registry. */
int64_t il_measure_count(void);

/** The measure at `index`, 0 ≤ index < il_measure_count(). */
il_status il_measure_at(int64_t index, il_measure_info *info);

/** What becomes of an estimate that is not defined on the data. */
enum {
    IL_UNDEFINED_NAN = 0,  /**< NaN, and the reason in the column `warning` (default) */
    IL_UNDEFINED_ERROR = 1 /**< ::IL_ERROR_NUMERIC, naming the first layer, neuron and reason */
};

typedef struct il_measure_options {
    uint32_t struct_size;          /**< set by il_measure_options_init() */
    int32_t unit;                  /**< IL_UNIT_DEFAULT (default), IL_BITS or IL_NATS */
    const il_quantizer *quantizer; /**< NULL (default) = threshold(0) */
    const char *const *measures;   /**< names from the registry; NULL (default) = those by default */
    int64_t measure_count;         /**< entries of `measures` */
    const char *estimator;         /**< name of an estimator of entropy; NULL (default) = "plug-in" */
    int32_t alphabet;              /**< IL_ALPHABET_FULL (default): every level that the quantiser has, or that the neuron
                                        takes where it has no fixed number; IL_ALPHABET_OBSERVED: those of each histogram */
    int32_t undefined;             /**< IL_UNDEFINED_NAN (default) or IL_UNDEFINED_ERROR */
    int64_t permutations;          /**< permutations of the labels to test mutual information with; 0 (default) = none */
    int64_t bootstrap;             /**< resamples for confidence intervals of mutual information; 0 (default) = none */
    double confidence;             /**< of the intervals, 0 < confidence < 1; default 0.95 */
    const int32_t *groups;         /**< the group of each class, in the order of il_source_classes(): 1, 2, or 0 for neither;
                                        NULL (default) = none. For `jensen_shannon_divergence` */
    int64_t group_count;           /**< entries of `groups`: the number of classes */
} il_measure_options;

/** Fills `options` with the defaults. */
il_status il_measure_options_init(il_measure_options *options, uint32_t struct_size);

/**
 * Information measures of each neuron of each layer.
 *
 * With T the quantised neuron, Y the label, p the sample frequencies:
 * - `entropy`                 H(T) = −Σ p(t) log p(t)
 * - `conditional_entropy`     H(T|Y) = Σ p(y) H(T|Y=y)
 * - `mutual_information`      I(T;Y) = H(T) − H(T|Y)
 * - `kl_selectivity`          max over y of D_KL(P(T|Y=y) ‖ P(T)), with
 *   `kl_selectivity_class`, the (first) class that attains it
 *
 * (Liu, Amjad & Geiger 2018, arXiv:1804.06679.) A constant neuron has zero in
 * all of them, so has every neuron where only one class is present. These four are
 * computed by default; il_measure_at() lists the others.
 *
 * `estimator` replaces the plug-in entropies H(T) and H(T|Y=y) wherever they stand,
 * and with them I(T;Y) and the divergences of `kl_selectivity`; corrected estimates
 * may be negative. An estimate that is not defined (Chao–Shen for a class whose
 * samples all differ, say) is NaN, and `kl_selectivity_class` then the first class that
 * has none. `gcmi_model` and `gcmi_mixture` are of the activations as they are: neither
 * quantiser nor estimator matters, and the former is NaN where a class does not vary.
 *
 * `permutations` = B > 0 shuffles the labels B times by the context's seed and adds, for
 * the mutual information I of each row: `p_value` = (1 + #{I_b ≥ I}) / (1 + B),
 * `p_value_family`, the same for the largest I_b of all rows (Westfall & Young 1993),
 * `q_value` (Benjamini & Hochberg 1995, over all rows), `null_mean`, `null_std` (NaN for
 * B = 1) and `z_score` = (I − null_mean) / null_std, NaN where null_std is 0. An I_b that is
 * not defined counts as I_b ≥ I. Neurons of more than 65536 levels are refused, as they are
 * for the bootstrap and for pairs.
 *
 * `bootstrap` = B > 0 draws N samples with replacement B times, by the quantiser's edges
 * for all samples, and adds `bootstrap_bias` and `bootstrap_std` of mutual information, its
 * percentile interval `percentile_low`, `percentile_high`, and the interval `bca_low`,
 * `bca_high` that is corrected for bias and acceleration (Efron 1987); NaN where every resample
 * lies on one side of the estimate. Neither interval is worth much where the bias, which
 * duplicates in the resamples make, is larger than the standard deviation: use fewer bins.
 *
 * @param options  NULL for the defaults
 * @param table    rows: layers in the source's order, neurons ascending. Columns: `layer` (string),
 *                 `neuron` (integer, from 0), then those of the measures in registry order, those
 *                 of permutations and bootstrap, and `warning` ("" or why a value of the row is NaN)
 *                 where something asked for can be undefined.
 *                 `kl_selectivity_class` holds integers, or strings when the labels are strings.
 *                 Metadata: measure, estimator, quantizer, unit, samples, classes, seed, version,
 *                 and alphabet, permutations, bootstrap, confidence where they matter.
 * Errors: NOT_FOUND an unknown measure or estimator, or labels, a condition or groups that are needed
 * and absent; ARGUMENT a quantiser or an option out of range; SHAPE a source without layers; NUMERIC
 * NaN or infinity (names the first row and neuron), or a value that is no integer under IL_INTEGER;
 * FORMAT, IO; MEMORY when the budget cannot hold even one neuron; CANCELLED.
 */
il_status il_neuron_measures(il_context *context, il_source *source, const il_measure_options *options, il_table **table);

/**
 * Measures of each neuron for each class.
 *
 * - `specific_information`  i(y) = D_KL(P(T|Y=y) ‖ P(T)), the surprise of class y
 *   (DeWeese & Meister 1999); Σ p(y) i(y) = I(T;Y) for every estimator. NaN for a class
 *   without samples, which one-hot labels and class names can have
 * - `class_entropy`         H(T|Y=y), on request
 *
 * @param table  rows: layers, neurons, classes, in this order. Columns: `layer`, `neuron`, `class`
 *               (integer or string), `class_probability`, then those of the measures.
 * Options and errors as for il_neuron_measures(), but for `permutations` and `bootstrap`,
 * which must be 0; labels are always needed.
 */
il_status il_class_measures(il_context *context, il_source *source, const il_measure_options *options, il_table **table);

/**
 * Mutual information I(T_i;T_j) of every two neurons of each layer.
 *
 * @param options  quantizer, unit, estimator, alphabet and undefined are read: with Ĥ the estimator's
 *                 entropy the value is Ĥ(T_i) + Ĥ(T_j) − Ĥ(T_i,T_j). NULL for the defaults
 * @param table    one row a pair i ≤ j: `layer`, `neuron`, `other`, `mutual_information`, and `warning` for
 *                 estimators other than plug-in; that of a neuron with itself is its entropy.
 *                 d neurons give d (d + 1) / 2 rows.
 * Errors as for il_neuron_measures(); labels are not needed.
 */
il_status il_pairwise_mutual_information(il_context *context, il_source *source, const il_measure_options *options, il_table **table);

/**
 * The levels of one neuron: what T is for each sample.
 *
 * @param layer      name of a layer of the source
 * @param neuron     0 ≤ neuron < neurons of that layer
 * @param quantizer  NULL = threshold(0)
 * @param levels     receives N numbers 0 … K−1, ascending with the activation, of the K levels that occur
 * @param count      N, as a check
 * Errors as for il_neuron_measures().
 */
il_status il_quantize(il_context *context, il_source *source, const char *layer, int64_t neuron, const il_quantizer *quantizer,
                      int32_t *levels, int64_t count);

/** @} */
/* ------------------------------------------------------------------------- */
/** @name Accumulators: measures of data that come in pieces */
/** @{ */

/**
 * An empty accumulator: counts of quantised neurons, taken from samples that come
 * piece by piece, in one process or in many, with the same measures to the last bit as
 * from all samples at once.
 *
 * A quantiser whose edges depend on the data (IL_UNIFORM over a neuron's or a layer's
 * range, IL_QUANTILE, IL_WIDTH, IL_INTEGER, thresholds at mean or median) first needs to see them:
 * il_accumulator_update() then gathers ranges until il_accumulator_fit() fixes the edges,
 * and counts from there on. Means and order statistics keep every value in memory until
 * then; ranges are two numbers a neuron. Counts take four bytes a level, neuron and class, at
 * most the memory budget of the call that would add them.
 *
 * @param quantizer  NULL = threshold(0)
 * Errors: ARGUMENT a quantiser out of range.
 */
il_status il_accumulator_new(il_context *context, const il_quantizer *quantizer, il_accumulator **accumulator);

/**
 * Takes the layers and labels of a source as further samples. When it fails, nothing of
 * them is kept.
 *
 * Classes are recognised by their labels, integers or names, and may be new in any piece.
 * While ranges are gathered labels are not needed. Later values outside an IL_UNIFORM range
 * fall in its first or last bin, those outside the range of IL_WIDTH or IL_INTEGER are refused.
 *
 * Errors: SHAPE other layers than before; ARGUMENT labels of another kind than before;
 * MEMORY, NUMERIC, IO, FORMAT, CANCELLED as for il_neuron_measures().
 */
il_status il_accumulator_update(il_context *context, il_accumulator *accumulator, il_source *source);

/** Fixes the edges to what has come and counts from zero. ARGUMENT when there is nothing to fit. */
il_status il_accumulator_fit(il_context *context, il_accumulator *accumulator);

/** Whether updates gather ranges (1) or count (0), and how many samples have come in this phase; either
 *  pointer may be NULL. */
il_status il_accumulator_state(il_accumulator *accumulator, int32_t *is_fitting, int64_t *samples);

/** The classes counted so far, as il_source_classes() lists them; no rows without labels. */
il_status il_accumulator_classes(il_context *context, il_accumulator *accumulator, il_table **table);

/**
 * Adds what another accumulator has taken, as if its pieces had come here; the other stays
 * as it is. Both are of one quantiser, in one phase, and once fitted of the same edges.
 * For many workers: let each gather ranges, merge them, fit once, hand the fitted accumulator
 * to all of them as il_accumulator_serialize() writes it, let each count, and merge again.
 */
il_status il_accumulator_merge(il_accumulator *accumulator, il_accumulator *other);

/**
 * The table of il_neuron_measures() for all samples so far; the accumulator goes on.
 *
 * @param options  `quantizer` NULL; `permutations` and `bootstrap` 0, for they need the samples; no measure
 *                 that needs a condition or activations. NULL for the defaults
 * Errors: ARGUMENT nothing has been counted yet.
 */
il_status il_accumulator_neuron_measures(il_context *context, il_accumulator *accumulator, const il_measure_options *options, il_table **table);

/** The table of il_class_measures(), likewise. */
il_status il_accumulator_class_measures(il_context *context, il_accumulator *accumulator, const il_measure_options *options, il_table **table);

/**
 * Writes the state as bytes that any machine and every later version reads. Equal counts
 * give equal bytes, in whatever order they came.
 *
 * @param buffer    receives the bytes; NULL to ask for their number alone
 * @param capacity  bytes that `buffer` holds
 * @param size      receives the number of bytes, also where `capacity` is too small (ARGUMENT)
 */
il_status il_accumulator_serialize(il_accumulator *accumulator, void *buffer, int64_t capacity, int64_t *size);

/** The accumulator that il_accumulator_serialize() wrote. FORMAT for anything else: bytes are
 *  checked, and may come from anyone. */
il_status il_accumulator_deserialize(il_context *context, const void *data, int64_t size, il_accumulator **accumulator);

/** Frees an accumulator. */
void il_accumulator_free(il_accumulator *accumulator);

/** @} */
/* ------------------------------------------------------------------------- */
/** @name Networks: what can be ablated */
/** @{ */

/** How a weight matrix [first axis, second axis] is to be read. */
enum {
    IL_WEIGHT_AUTO = 0,   /**< by the dataset's `layout` attribute ("in_out" or "out_in"), else by what the bias and the
                               neighbours leave possible, else in_out (default); of arrays: in_out */
    IL_WEIGHT_IN_OUT = 1, /**< [inputs, neurons], as numpy, Keras and JAX have it */
    IL_WEIGHT_OUT_IN = 2  /**< [neurons, inputs], as PyTorch has it */
};

typedef struct il_network_options {
    uint32_t struct_size;           /**< set by il_network_options_init() */
    int32_t layout;                 /**< IL_WEIGHT_…; default IL_WEIGHT_AUTO */
    const char *const *layers;      /**< names of the layers, input to output; NULL (default) = those with weights, in the
                                         order of the file */
    int64_t layer_count;            /**< entries of `layers` */
    const char *const *activations; /**< the activation of each layer; NULL (default) = those recorded */
    int64_t activation_count;       /**< entries of `activations`: one a layer */
    double input_scale;             /**< what inputs are multiplied by before the first layer; 0 (default) = 1, or 1/255 for
                                         uint8 inputs with which only that reproduces what is recorded */
} il_network_options;

/** Fills `options` with the defaults. */
il_status il_network_options_init(il_network_options *options, uint32_t struct_size);

/**
 * The network of dense layers whose weights are in a dump or a Keras file: t = f(t_before · W + b), layer
 * by layer.
 *
 * Native layout: `/layers/<name>/weight` with an attribute `layout`, `/layers/<name>/bias` where there is
 * one, and on the layer's group the attributes `activation` and `index`. Keras: `.weights.h5`
 * (`/layers/<auto>/vars/0`, `1`; the name in the attribute of `vars`) and files of the older format
 * (`/model_weights/<name>/…/kernel`, `bias`; order and activations from `layer_names` and `model_config`).
 * A file with several epochs is asked by names: "epochs/10/fc1", ….
 *
 * Activations: "linear", "relu", "leaky_relu", "tanh", "sigmoid", "gelu" (with the error function),
 * "gelu_tanh" (its approximation), "silu", "elu", "softplus" and, for the last layer, "softmax".
 * "leaky_relu(0.3)" and "elu(0.5)" give the slope and the scale, which are 0.01 and 1 otherwise. A
 * last layer without one is linear. The scores of the classes ("logits") are what the last layer has
 * before softmax, or after any other activation.
 *
 * Errors: NOT_FOUND no weights (says how they are written), an unknown layer; ARGUMENT an unknown or
 * missing activation; SHAPE layers that do not chain (names both); NUMERIC NaN or infinity in a weight;
 * FORMAT layers that are not dense, lie in no order, or are damaged; IO.
 */
il_status il_network_from_dump(il_context *context, il_dump *dump, const il_network_options *options, il_network **network);

/** An empty network of dense layers, for weights in memory: add its layers from input to output.
 *  @param options  `layers` and `activations` must be NULL; NULL for the defaults */
il_status il_network_new(il_context *context, const il_network_options *options, il_network **network);

/**
 * Adds a dense layer; weight and bias are copied.
 *
 * @param name        distinct within the network
 * @param weight      [inputs, neurons], or as the network's `layout` says; any dtype and strides
 * @param bias        [neurons]; NULL for none
 * @param activation  as for il_network_from_dump()
 * Errors: SHAPE a rank other than 2, or an axis that is not as long as the layer before has neurons;
 * ARGUMENT; NUMERIC.
 */
il_status il_network_add_layer(il_network *network, const char *name, const il_array *weight, const il_array *bias, const char *activation);

/**
 * Scores a network from which neurons are removed. Called on the thread that made the call.
 *
 * @param user     the pointer given with the callback
 * @param layers   for each removed neuron the index of its layer among those given
 * @param neurons  and its index in the layer; ordered by layer, then neuron
 * @param count    number of removed neurons; 0 for the whole network
 * @param scores   receives one number a score, finite
 * @return 0, or anything else to end the call with ::IL_ERROR_CALLBACK
 */
typedef int32_t (*il_ablation_callback)(void *user, const int64_t *layers, const int64_t *neurons, int64_t count, double *scores);

/**
 * Any other network: the caller removes neurons and scores what is left, in whatever framework.
 *
 * @param layers       `layer_count` names
 * @param neurons      number of neurons (units, channels) of each layer
 * @param scores       `score_count` names, which become columns; "accuracy" must be among them for
 *                     `until` and il_diagnose()
 * How a removed neuron is replaced is the callback's affair.
 */
il_status il_network_from_callback(il_context *context, const char *const *layers, const int64_t *neurons, int64_t layer_count,
                                   const char *const *scores, int64_t score_count, il_ablation_callback callback, void *user,
                                   il_network **network);

/** The layers, one row each: `layer`, `inputs`, `neurons`, `activation`, `has_bias` (0 or 1). Of a callback:
 *  inputs 0, activation "callback". */
il_status il_network_layers(il_context *context, il_network *network, il_table **table);

/**
 * The data of a network's layers in a dump: its inputs and logits, as layers named "inputs" and "logits",
 * the recorded activations of the network's layers, and labels.
 *
 * A source made otherwise does as well, if its layers have these names. Needed are labels and either
 * "inputs" or the activations of the network's first layer; "inputs" of higher rank are flattened.
 *
 * @param options  `labels` is read; `reduction` must be IL_REDUCE_NONE or IL_REDUCE_FLATTEN, `layers` and
 *                 `condition` NULL
 * Errors: as for il_source_from_dump(); NOT_FOUND neither inputs nor activations of the first layer.
 */
il_status il_source_for_network(il_context *context, il_dump *dump, il_network *network, const il_source_options *options, il_source **source);

/**
 * How well a network reproduces what was recorded of it, one row for each layer of the source that is
 * computed and recorded too: `layer` ("logits" for the scores), `largest_difference` (absolute),
 * `sample`, `neuron` (where it is), `scale` (the largest absolute value recorded in the layer),
 * `relative_difference`. Every ablation asks this first.
 *
 * Errors: NUMERIC a relative difference above `tolerance` (names the layer); as for il_ablate().
 * @param tolerance  infinity never fails; 0 = 1e-3, or where something is recorded in float16 1e-2, in bfloat16 5e-2
 */
il_status il_network_check(il_context *context, il_network *network, il_source *source, double tolerance, il_table **table);

/** Frees a network. */
void il_network_free(il_network *network);

/** @} */
/* ------------------------------------------------------------------------- */
/** @name Ablation: which neurons the network needs */
/** @{ */

/** Which neurons are removed one after the other. */
enum {
    IL_SCOPE_LAYER = 1,  /**< those of one layer, a curve for each layer (default) */
    IL_SCOPE_NETWORK = 2 /**< those of all layers together, one curve */
};

/** In which direction of the ordering; the sum asks for both. */
enum {
    IL_ASCENDING = 1, /**< lowest value first (default) */
    IL_DESCENDING = 2 /**< highest value first */
};

/** What a removed neuron says instead; sums ask for several, a curve for each. */
enum {
    IL_REPLACE_ZERO = 1,   /**< 0 (default) */
    IL_REPLACE_MEAN = 2,   /**< its mean activation: bias balancing, b_k += w_jk · mean_j */
    IL_REPLACE_VALUE = 4,  /**< `value` */
    IL_REPLACE_PERMUTE = 8 /**< what it says to another sample, by a random permutation that follows from the seed */
};

typedef struct il_ablation_options {
    uint32_t struct_size;          /**< set by il_ablation_options_init() */
    int32_t scope;                 /**< IL_SCOPE_LAYER (default) or IL_SCOPE_NETWORK */
    const char *const *layers;     /**< layers whose neurons are removed; NULL (default) = all but the last, which gives
                                        the scores; of a callback all */
    int64_t layer_count;           /**< entries of `layers` */
    const char *ordering;          /**< a numeric column of `measures`, or "random" for random orders alone; NULL (default) =
                                        "mutual_information". Equal values keep the order of their indices. */
    il_table *measures;            /**< columns `layer`, `neuron` and that of `ordering`, a row for each neuron; NULL (default)
                                        = measured, whatever measure of a neuron `ordering` names */
    il_table *order;               /**< the order itself, one row a neuron: `layer`, `neuron`; need not name all. Instead of
                                        `ordering`, `measures` and `directions`, beside random orders if asked for;
                                        NULL (default) = none */
    il_source *ordering_source;    /**< samples to measure on; NULL (default) = `source` */
    const il_quantizer *quantizer; /**< of these measures; NULL (default) = threshold(0) */
    int32_t directions;            /**< IL_ASCENDING (default), IL_DESCENDING, or their sum */
    int32_t replacements;          /**< IL_REPLACE_ZERO (default), …, or sums */
    double value;                  /**< of IL_REPLACE_VALUE; default 0 */
    il_source *mean_source;        /**< samples of which IL_REPLACE_MEAN takes the mean; NULL (default) = `source` */
    int64_t random_repeats;        /**< curves of random orders besides, by the context's seed; default 0 */
    int64_t step;                  /**< neurons removed between two rows; default 1 */
    double until;                  /**< end a curve after the first row with an accuracy below this; NaN (default) = never */
    double tolerance;              /**< of il_network_check(), which 0 (default) leaves to what is recorded; infinity leaves
                                        the comparison out */
    int32_t per_class;             /**< 1 (default): also the accuracy of each class, 0: not */
    int32_t reserved;              /**< 0 */
} il_ablation_options;

/** Fills `options` with the defaults. */
il_status il_ablation_options_init(il_ablation_options *options, uint32_t struct_size);

/**
 * Cumulative ablation: neurons are removed one after the other, and the network is scored after each step
 * (Liu, Amjad & Geiger 2018, arXiv:1804.06679; Morcos et al. 2018, arXiv:1803.06959).
 *
 * Dense networks are computed in float32 from the recorded activations of the layer whose neurons are
 * removed, with decisions too close to call made again in float64, so that accuracies are those of
 * float64. Removing a neuron costs one product with the layers after the next.
 *
 * @param source  labels, and the data of the network's layers (il_source_for_network()). NULL for a callback
 *                whose order needs no measures.
 * @param table   one row a step, curve by curve. Columns: `layer` ("network" under IL_SCOPE_NETWORK), `ordering`
 *                (the column's name, "random" or "explicit"), `direction` ("ascending", "descending" or ""),
 *                `replacement` ("zero", "mean", "value", "permute", or "callback"), `repeat` (of random
 *                orders, else 0), `step` (from 0, the whole network), `neurons_removed`, `removed_layer` and
 *                `removed_neuron` (the last one removed; "" and −1 at step 0), `correct` (number of samples),
 *                `accuracy`, `cross_entropy` (mean, in nats: −log softmax(logits)[label]), and
 *                `accuracy_<class>` for each class (NaN for one without samples). A callback's scores stand in
 *                place of the last four. Metadata: scope, samples, classes, `chance` (the share of the largest
 *                class), seed, version, `quantizer` where
 *                something was measured, `largest_difference` and `largest_difference_layer` of
 *                il_network_check(), and `input_scale` where inputs were scaled.
 * Errors: NOT_FOUND an unknown layer or column, labels or data that are missing; ARGUMENT an order that
 * names a neuron twice or one that is not there, options out of range; NUMERIC labels outside the classes of
 * the last layer, a network that does not reproduce what was recorded (names the layer), NaN in the
 * column of the ordering or from a callback, scores that are not finite; DTYPE an ordering by a column of
 * texts; CALLBACK; SHAPE; MEMORY; CANCELLED; IO, FORMAT.
 *
 * Integer labels are indices of the last layer's neurons; string labels are so in ascending order.
 */
il_status il_ablate(il_context *context, il_network *network, il_source *source, const il_ablation_options *options, il_table **table);

/**
 * Each neuron removed alone.
 *
 * @param options  layers, one of `replacements`, value, mean_source, tolerance and per_class are read
 * @param table    one row a neuron: `layer`, `neuron`, `correct`, `accuracy`, `cross_entropy`, `accuracy_<class>`,
 *                 `accuracy_loss` (of the whole network less that without it), `cross_entropy_increase`.
 *                 Metadata: also `accuracy` and `cross_entropy` of the whole network.
 * A callback's table has its scores and `<score>_loss`, that of the whole network less that without the neuron.
 * Errors as for il_ablate().
 */
il_status il_ablate_single(il_context *context, il_network *network, il_source *source, const il_ablation_options *options, il_table **table);

/**
 * Groups of neurons removed together: multiplets, for instance.
 *
 * @param groups   columns `group` (integer), `layer`, `neuron`: a row for each member, in any order. A group may
 *                 span layers.
 * @param options  as for il_ablate_single(), but for `layers`, which must be NULL
 * @param table    one row a group, ascending: `group`, `neurons` (its size), then as for il_ablate_single()
 */
il_status il_ablate_groups(il_context *context, il_network *network, il_source *source, il_table *groups, const il_ablation_options *options, il_table **table);

typedef struct il_diagnosis_options {
    uint32_t struct_size;              /**< set by il_diagnosis_options_init() */
    int32_t replacement;               /**< one IL_REPLACE_…; default IL_REPLACE_ZERO */
    double tolerance;                  /**< τ, the accuracy that may be lost; default 0.01 */
    double chance_margin;              /**< what accuracy above chance, the share of the largest class, counts as destroyed; default 0.05 */
    const il_quantizer *quantizer;     /**< of the measures; NULL (default) = threshold(0) */
    il_source *ordering_source;        /**< samples to measure on; NULL (default) = `source` */
    const char *const *layers;         /**< NULL (default) = all but the last; of a callback all */
    int64_t layer_count;               /**< entries of `layers` */
    double value;                      /**< of IL_REPLACE_VALUE */
    il_source *mean_source;            /**< of IL_REPLACE_MEAN; NULL (default) = `source` */
    double reproduction_tolerance;     /**< of il_network_check(), which 0 (default) leaves to what is recorded */
} il_diagnosis_options;

/** Fills `options` with the defaults. */
il_status il_diagnosis_options_init(il_diagnosis_options *options, uint32_t struct_size);

/**
 * How the network uses its neurons, from curves by mutual information, both directions, and from removing
 * each neuron alone (docs/methods.md, "Diagnosis").
 *
 * @param layers        one row a layer: `layer`, `neurons`, `accuracy` (of the whole network), `suffice` (fewest most
 *                      informative neurons that keep accuracy − τ), `tolerate` (most of the most informative
 *                      removed without passing below it), `destroy` (fewest most informative removed to reach
 *                      chance + margin; −1 never), `inactive` (entropy 0, or information below twice its bias),
 *                      `redundant` (neurons − suffice − inactive, at least 0), `synergistic` (candidates:
 *                      removal hurts more than their own information predicts), `reading` (a sentence)
 * @param correlations  one row a measure and layer, and one with layer "network" for all neurons pooled:
 *                      `measure`, `layer`, `neurons`, `rank_correlation` (Spearman, of the measure and the
 *                      increase in cross-entropy when removed alone), `area_low_first`, `area_high_first` (mean
 *                      accuracy over the curve), `contrast` (low first less high first: positive where
 *                      neurons of high values matter more), `paradox` (1 in the network's row where the
 *                      contrast of the network has the opposite sign of that of every layer: Simpson's paradox)
 * @param neurons       one row a neuron: `layer`, `neuron`, `entropy`, `mutual_information`, `kl_selectivity`,
 *                      `accuracy_loss`, `cross_entropy_increase` (of a callback without a score `cross_entropy`: the
 *                      loss of accuracy), `predicted_increase` (from its information, by isotonic regression over
 *                      the layer's neurons), `role` ("inactive", "synergistic candidate" or "")
 * Any of the three may be NULL. Errors as for il_ablate().
 */
il_status il_diagnose(il_context *context, il_network *network, il_source *source, const il_diagnosis_options *options,
                      il_table **layers, il_table **correlations, il_table **neurons);

/**
 * Writes the network without some of its neurons as a dump of its own, in native layout: weights without
 * them, biases with what they said balanced in, activations, logits and labels of the source's samples.
 *
 * @param removed  columns `layer`, `neuron`: a row for each, in any order
 * @param options  one of `replacements` (not IL_REPLACE_PERMUTE), value, mean_source, tolerance
 * @param path     the file's path; it is replaced if it exists, whole or not at all
 * Errors: ARGUMENT a layer that would lose its last neuron, a network of a callback; IO; as for il_ablate().
 */
il_status il_network_export(il_context *context, il_network *network, il_source *source, il_table *removed, const il_ablation_options *options, const char *path);

/** @} */
/* ------------------------------------------------------------------------- */
/** @name Gaussian-copula mutual information */
/** @{ */

/** How equal values of a neuron are ranked. */
enum {
    IL_TIES_AVERAGE = 0, /**< all get their mean rank (default): what does not vary cannot inform */
    IL_TIES_ORDINAL = 1, /**< by order of appearance, as other software does: for comparison only, for samples sorted by
                              label turn ties into information */
    IL_TIES_RANDOM = 2   /**< in an order that follows from the context's seed */
};

/** Which vectors of a class's lower Cholesky factor L the unscented transform of il_gcmi_mixture() takes for its
 *  points; for one column they are the same. */
enum {
    IL_SIGMA_COLUMNS = 0, /**< columns (default): the points have the class's covariance L Lᵀ */
    IL_SIGMA_ROWS = 1     /**< rows, as the Python code of Ince et al. (2017) has it, though not their MATLAB code: for comparison
                               only, since the information of correlated columns can then pass H(Y) */
};

typedef struct il_gcmi_options {
    uint32_t struct_size;    /**< set by il_gcmi_options_init() */
    int32_t unit;            /**< IL_UNIT_DEFAULT (default), IL_BITS or IL_NATS */
    int32_t ties;            /**< IL_TIES_AVERAGE (default), _ORDINAL or _RANDOM */
    int32_t bias_correction; /**< 1 (default): entropies of Gaussians corrected for few samples by digamma functions, 0: not.
                                  The mixture has no correction */
    int32_t sigma_points;    /**< IL_SIGMA_COLUMNS (default) or _ROWS; of il_gcmi_mixture() */
    int32_t reserved;        /**< 0 */
} il_gcmi_options;

/** Fills `options` with the defaults. */
il_status il_gcmi_options_init(il_gcmi_options *options, uint32_t struct_size);

/**
 * The copula transform: each column's values x become Φ⁻¹(rank(x) / (N + 1)), standard normal whatever the
 * column's distribution was (Ince et al. 2017, doi:10.1002/hbm.23471). A constant column becomes 0 with
 * IL_TIES_AVERAGE.
 *
 * @param x           [N, d] or [N]: one column; N ≥ 2; any dtype and strides
 * @param ties        IL_TIES_AVERAGE, _ORDINAL or _RANDOM
 * @param normalized  receives N · d values in C order
 * @param tied        NULL, or receives for each column the share of samples whose value another has too
 * Errors: SHAPE, DTYPE, NUMERIC NaN or infinity (names row and column), MEMORY, CANCELLED.
 */
il_status il_copula_normalize(il_context *context, const il_array *x, int32_t ties, double *normalized, double *tied);

/**
 * Gaussian-copula mutual information I(X;Y) of continuous variables, scalar or vectors: a lower bound that is
 * exact where the copula is Gaussian, and invariant under monotone transforms of every column (Ince et al. 2017).
 *
 * @param x, y              [N, d] or [N]
 * @param condition         NULL, or [N, d] or [N]: I(X;Y|Z) given a continuous Z
 * @param condition_labels  NULL, or labels as for il_source_set_labels(): I(X;Y|Z) = Σ p(z) I(X;Y|Z=z), the transform made
 *                          anew within each class. At most one of the two
 * @param information       receives bits or nats; may be slightly negative with the correction
 * Columns that do not vary, within a class where labels are given, tell nothing and are left out; nothing left gives 0.
 *
 * Errors: SHAPE other lengths, a rank above 2; NUMERIC NaN or infinity (names argument, row and column), a column that those
 * before it determine (names it), no more samples than columns, in a class too (names it); MEMORY, CANCELLED.
 */
il_status il_gcmi(il_context *context, const il_array *x, const il_array *y, const il_array *condition,
                  const il_array *condition_labels, const il_gcmi_options *options, double *information);

/**
 * I(X;Y) of a continuous X and a class Y, as an analysis of variance: H(X) − Σ p(y) H(X|Y=y), Gaussian entropies
 * after one copula transform over all samples (Ince et al. 2017, `gcmi_model_cd`).
 *
 * @param x            [N, d] or [N]; constant columns tell nothing and are left out: 0 where none is left
 * @param labels       [N], as for il_source_set_labels()
 * @param information  receives bits or nats
 * Errors: as for il_gcmi(); NUMERIC a column that does not vary within a class (names both), whose entropy there is −∞: of
 * one column il_gcmi_mixture() has an answer.
 */
il_status il_gcmi_model(il_context *context, const il_array *x, const il_array *labels, const il_gcmi_options *options,
                        double *information);

/**
 * I(X;Y) of a continuous X and a class Y through the entropy of the mixture of the classes' Gaussians: copula
 * transform within each class, brought back to the class's median and scale (from the median absolute deviation),
 * entropy of the mixture by the unscented transform (Ince et al. 2017, `gcmi_mixture_cd`; Huber et al. 2008).
 *
 * Values that many samples share (the zeros of a ReLU) are no part of a density: with A = which of them a
 * sample has, or none, I(X;Y) = I(A;Y) + p(none) I(X;Y|none) exactly, and only the last term is the mixture's. A value is
 * taken out where at least one sample in twenty has it. docs/methods.md says more. One column has an answer whatever it
 * holds, 0 if it is constant; of several columns nothing is taken out.
 *
 * @param tied  NULL, or receives the share of samples whose value another has too; of several columns the largest
 * Errors: as for il_gcmi(); NUMERIC of several columns one of which more than half of a class's samples are equal (names both).
 */
il_status il_gcmi_mixture(il_context *context, const il_array *x, const il_array *labels, const il_gcmi_options *options,
                          double *information, double *tied);

/** @} */
/* ------------------------------------------------------------------------- */
/** @name Joint distributions: what O-information is asked of */
/** @{ */

/** How the neurons of a layer are taken to be distributed together. */
enum {
    IL_JOINT_GAUSSIAN_COPULA = 1, /**< normal after the copula transform of each neuron (default) */
    IL_JOINT_GAUSSIAN = 2,        /**< normal as they are */
    IL_JOINT_DISCRETE = 3         /**< by counting the patterns of quantised neurons */
};

/** How the label takes part in a multiplet of k neurons, which then has k + 1 variables. */
enum {
    IL_LABEL_NONE = 0,              /**< it does not (default) */
    IL_LABEL_CLASS_CONDITIONAL = 1, /**< H(S,Y) = H(Y) + Σ p(y) H(S|Y=y), each class with its own covariance about its own mean,
                                         H(S) from all samples: does not depend on how classes are named */
    IL_LABEL_ONE_HOT = 2,           /**< C − 1 indicator variables, together one variable of the multiplet */
    IL_LABEL_ORDINAL = 3            /**< the class's number, ranked like a neuron, as Clauw, Marinazzo & Stramaglia (2022)
                                         published; renaming the classes changes it: for comparison */
};

typedef struct il_joint_options {
    uint32_t struct_size;          /**< set by il_joint_options_init() */
    int32_t kind;                  /**< IL_JOINT_GAUSSIAN_COPULA (default), _GAUSSIAN or _DISCRETE */
    int32_t label;                 /**< IL_LABEL_NONE (default), …; of IL_JOINT_DISCRETE all others mean the same: one more symbol */
    int32_t ties;                  /**< IL_TIES_AVERAGE (default), _ORDINAL or _RANDOM; of IL_JOINT_GAUSSIAN_COPULA */
    int32_t bias_correction;       /**< 1: Gaussian entropies corrected for few samples by digamma functions, 0 (default): not */
    int32_t alphabet;              /**< IL_ALPHABET_FULL (default): patterns of all levels are possible; IL_ALPHABET_OBSERVED: those
                                        that occurred. Of IL_JOINT_DISCRETE */
    double singular;               /**< a multiplet is singular where a variable's variance, given the others, is below this
                                        share of its own; 0 (default) = 1e-8: float64 then keeps about eight digits */
    const il_quantizer *quantizer; /**< of IL_JOINT_DISCRETE; NULL (default) = threshold(0) */
    const char *estimator;         /**< of entropy, of IL_JOINT_DISCRETE; NULL (default) = "plug-in" */
} il_joint_options;

/** Fills `options` with the defaults. */
il_status il_joint_options_init(il_joint_options *options, uint32_t struct_size);

/**
 * The joint distribution of the neurons of a layer: all that O-information needs of the samples, computed once.
 * Gaussian ones hold a d × d correlation matrix in float64, and one for each class with
 * IL_LABEL_CLASS_CONDITIONAL; discrete ones the distinct patterns with their counts. What bootstrap, surrogates and
 * local values compute later they compute from the samples: layers in the caller's memory must stay there until the
 * joint is freed.
 *
 * @param layer  name of the layer; NULL = the only one
 * Errors: NOT_FOUND the layer, or labels that `label` needs; NUMERIC NaN or infinity (names row and neuron);
 * ARGUMENT; MEMORY where the budget does not hold the matrices; FORMAT, IO, CANCELLED.
 */
il_status il_joint_from_source(il_context *context, il_source *source, const char *layer, const il_joint_options *options,
                               il_joint **joint);

/**
 * The normal distribution of a covariance or correlation matrix.
 *
 * @param covariance  [d, d], symmetric to 1e-8 of its diagonal, positive definite
 * @param samples     N, which the bias correction needs; 0 = unknown
 * @param options     `kind` must be Gaussian or Gaussian-copula, which makes no difference, `label` IL_LABEL_NONE
 * Errors: SHAPE not square; NUMERIC NaN, infinity, not symmetric (names the pair), not positive definite (names the order of the
 * leading minor that is not positive); ARGUMENT a correction without `samples`.
 */
il_status il_joint_from_covariance(il_context *context, const il_array *covariance, int64_t samples,
                                   const il_joint_options *options, il_joint **joint);

/**
 * The discrete distribution of counted patterns.
 *
 * @param patterns  [M, d] integers: the symbols of d variables. A pattern may come twice
 * @param counts    [M]: how often, or with the plug-in estimator how probable, each is; ≥ 0, not all 0
 * @param options   `kind` must be IL_JOINT_DISCRETE, `label` IL_LABEL_NONE, `quantizer` NULL; NULL for these
 * Errors: SHAPE; NUMERIC symbols or counts that are not integers where they must be, negative or not finite.
 */
il_status il_joint_from_counts(il_context *context, const il_array *patterns, const il_array *counts,
                               const il_joint_options *options, il_joint **joint);

/** The neurons, one row each: `neuron`, `tied` (share of samples whose value another has too; NaN where it is not known),
 *  `is_constant` (0 or 1). Metadata: layer, estimator, label, ties, samples, classes, bias_correction; of Gaussian ones
 *  singular_below, of discrete ones quantizer and alphabet; version. */
il_status il_joint_neurons(il_context *context, il_joint *joint, il_table **table);

/** The correlation matrix of the neurons, d × d values in C order; rows and columns of constant neurons are 0.
 *  ARGUMENT: the joint is discrete. */
il_status il_joint_correlation(il_joint *joint, double *correlation);

/** Frees a joint distribution. */
void il_joint_free(il_joint *joint);

/** @} */
/* ------------------------------------------------------------------------- */
/** @name O-information: redundancy and synergy of groups of neurons */
/** @{ */

/** What il_o_information() computes besides; sums ask for several. */
enum {
    IL_O_GRADIENT = 1,    /**< `gradient_0`, …: ∂ᵢΩ = Ω(Z) − Ω(Z without i) of each neuron, and `gradient_label` (Scagliarini et
                               al. 2023) */
    IL_O_INTERACTION = 2, /**< `interaction_information` Σ_T (−1)^(|T|+1) H(T) over all groups T of the variables, positive for
                               redundancy; at most 20 variables (McGill 1954, whose sign differs for odd numbers) */
    IL_O_RSI = 4          /**< `redundancy_synergy_index` I(S;Y) − Σ I(Xᵢ;Y) about the target Y, positive for synergy (Chechik et
                               al. 2001) */
};

typedef struct il_o_information_options {
    uint32_t struct_size; /**< set by il_o_information_options_init() */
    int32_t unit;         /**< IL_UNIT_DEFAULT (default), IL_BITS or IL_NATS */
    int32_t measures;     /**< IL_O_…, sums, or 0 (default): the four alone */
    int32_t reserved;     /**< 0 */
    int64_t target;       /**< Y of IL_O_RSI: a neuron that belongs to every multiplet, or −1 (default) for the label */
    int64_t bootstrap;    /**< resamples of the samples, for confidence intervals; 0 (default) = none */
    int64_t surrogates;   /**< surrogates, each neuron's samples shuffled independently, for p values; 0 (default) = none */
    double confidence;    /**< of the intervals; default 0.95 */
} il_o_information_options;

/** Fills `options` with the defaults. */
il_status il_o_information_options_init(il_o_information_options *options, uint32_t struct_size);

/**
 * O-information and its family, of given multiplets (Rosas, Mediano, Gastpar & Jensen 2019, doi:10.1103/PhysRevE.100.032305).
 *
 * For a multiplet Z of n variables (its neurons, and the label if the joint has one):
 * - `total_correlation`       TC = Σ H(Zⱼ) − H(Z)
 * - `dual_total_correlation`  DTC = H(Z) − Σ H(Zⱼ | the others)
 * - `o_information`           Ω = TC − DTC: > 0 redundancy, < 0 synergy, 0 for two variables
 * - `s_information`           S = TC + DTC
 *
 * `bootstrap` adds `bootstrap_std`, `percentile_low` and `percentile_high` of Ω, ranks, covariances and counts made anew for
 * each resample, and `bootstrap_singular`, the resamples in which the multiplet is singular, which are left out. `surrogates`,
 * in which all variables are independent, adds `p_value` = (1 + #{|Ω_b| ≥ |Ω|}) / (1 + B), `q_value` (Benjamini & Hochberg
 * 1995 over the rows), `null_mean` and `null_std`, and `surrogates_singular`, which are left out of B. Both need a joint made
 * from a source, follow from the context's seed, and keep the columns of the multiplets' neurons in memory. Multiplets that a
 * search chose were chosen for their values: their p values are of each by itself.
 *
 * @param neurons  the neurons of all multiplets, one multiplet after the other
 * @param orders   `count` numbers of neurons, each ≥ 2 (≥ 1 with a label)
 * @param table    one row a multiplet: `multiplet`, `order`, the four in the order of names above but `o_information` first,
 *                 what was asked for besides, `status` ("ok", or with NaN in the values "singular: …" or, of estimators,
 *                 "undefined: …", or with NaN in what they were for "singular in all 1000 resamples" or surrogates),
 *                 `neuron_0`, … (−1 beyond the order). Metadata: measure, multiplets, target, those of il_joint_neurons(),
 *                 unit, bootstrap and confidence, surrogates, and with these the seed
 * Errors: ARGUMENT a neuron that is not there or comes twice (names multiplet and place), an order out of range, resamples
 * of a joint that was not made from a source; NOT_FOUND a target that is not in a multiplet, no label; MEMORY where the
 * budget does not hold the columns of one multiplet (names how much); IO, FORMAT while they are read; CANCELLED.
 */
il_status il_o_information(il_context *context, il_joint *joint, const int64_t *neurons, const int64_t *orders, int64_t count,
                           const il_o_information_options *options, il_table **table);

/**
 * Local (pointwise) O-information: how redundant each sample is, whose mean over the samples is Ω (without bias correction).
 *
 * @param unit    IL_UNIT_DEFAULT, IL_BITS or IL_NATS
 * @param values  receives N · count values in C order: a row a sample, a column a multiplet; NaN for singular ones
 * Errors: as for il_o_information(); ARGUMENT a joint that was not made from a source, or an estimator other than plug-in.
 */
il_status il_local_o_information(il_context *context, il_joint *joint, const int64_t *neurons, const int64_t *orders,
                                 int64_t count, int32_t unit, double *values);

/** How multiplets are searched. */
enum {
    IL_SEARCH_EXHAUSTIVE = 1, /**< all of them (default) */
    IL_SEARCH_GREEDY = 2,     /**< the best of an exhaustive search of a small order, each grown by the best neuron to add, up to
                                   `order`; all steps are returned */
    IL_SEARCH_ANNEALING = 3,  /**< simulated annealing by swaps of one neuron, several chains (Kirkpatrick et al. 1983) */
    IL_SEARCH_EVOLUTION = 4   /**< a population of multiplets under selection, crossover and mutation */
};

/** What is searched for; the sum asks for both. */
enum {
    IL_MINIMUM = 1, /**< the lowest O-information: synergy */
    IL_MAXIMUM = 2  /**< the highest: redundancy */
};

typedef struct il_search_options {
    uint32_t struct_size;   /**< set by il_search_options_init() */
    int32_t unit;           /**< IL_UNIT_DEFAULT (default), IL_BITS or IL_NATS */
    int32_t search;         /**< IL_SEARCH_EXHAUSTIVE (default), … */
    int32_t extrema;        /**< IL_MINIMUM, IL_MAXIMUM or (default) their sum */
    int64_t order;          /**< neurons of a multiplet; default 3 */
    int64_t smallest_order; /**< exhaustive: all orders from this one; greedy: the order of the starts; 0 (default) = `order`, and
                                 for greedy 6, or the largest below of which there are at most 10^8 multiplets */
    int64_t top;            /**< multiplets to return for each extremum and order, at most 1000000; default 20 */
    int64_t first;          /**< exhaustive: index of the first multiplet, see il_search_count(); default 0 */
    int64_t count;          /**< exhaustive: how many; −1 (default) = all from `first` on */
    const int64_t *domain;  /**< the neurons among which to search; NULL (default) = all */
    int64_t domain_count;   /**< entries of `domain` */
    int64_t starts;         /**< greedy: starts; annealing: chains; evolution: individuals of each of four populations; 0
                                 (default) = 10, 8 and 64 */
    int64_t steps;          /**< annealing: swaps a chain; evolution: generations; 0 (default) = 20000 and 200 */
} il_search_options;

/** Fills `options` with the defaults. */
il_status il_search_options_init(il_search_options *options, uint32_t struct_size);

/**
 * The number of multiplets of an exhaustive search, and about how long it takes here.
 *
 * Multiplets are counted in lexicographic order of the domain's neurons, ascending, first all of the smallest order,
 * then the next; `first` and `count` of the options are places in this order, and the same on every machine.
 *
 * @param count    receives the number in the range that the options name
 * @param seconds  NULL, or receives an estimate from a trial of about 50 ms. `threads` of the context counts
 * Errors: ARGUMENT orders or a range that are not there; more than 2^62 multiplets.
 */
il_status il_search_count(il_context *context, il_joint *joint, const il_search_options *options, int64_t *count, double *seconds);

/**
 * The multiplets of lowest and of highest O-information.
 *
 * Multiplets whose values agree to 2^-40 nats (9e-13) are ties, ordered lexicographically, smaller orders first; values
 * are given to this precision. The same call gives the same bits for every number of threads; shards of the range merge to the
 * table of the whole. Singular multiplets are counted and never among the best.
 *
 * @param table  columns: `extremum` ("min" or "max"), `rank` (0 = best, within extremum and order), `order` (number of
 *               neurons; the label is not counted), `o_information`, and of IL_SEARCH_GREEDY `start` (which start, by its rank
 *               at the smallest order), of the other heuristics `chain` (which found it); `neuron_0`, … (−1 beyond the
 *               order). Metadata: measure, search ("exhaustive", "greedy", "annealing" or "evolution"), smallest_order,
 *               order, top, extrema, domain (its neurons, where it has not all), first and count of IL_SEARCH_EXHAUSTIVE,
 *               starts of the others, steps and seed of annealing and evolution, multiplets (how many were looked at, by
 *               chains with repetition, of IL_SEARCH_GREEDY at the smallest order alone), singular, complete ("true",
 *               or "false" after cancellation), those of il_joint_neurons(), unit, version.
 * Errors: ARGUMENT an order below 2 or above the number of neurons, a neuron of the domain that is not there or
 * comes twice, a range beyond the end; NUMERIC a heuristic finds no multiplet that is not singular. CANCELLED: `*table` is then
 * written all the same, with the best so far, `complete` "false"; free it.
 */
il_status il_search(il_context *context, il_joint *joint, const il_search_options *options, il_table **table);

/**
 * The table of a whole exhaustive search from those of its parts, in any order.
 *
 * @param tables  tables of il_search() with equal options but for `first` and `count`
 * Errors: ARGUMENT other searches, ranges that overlap or leave a gap, a part that is incomplete (names them).
 */
il_status il_search_merge(il_context *context, il_table *const *tables, int64_t table_count, il_table **table);

typedef struct il_values_options {
    uint32_t struct_size; /**< set by il_values_options_init() */
    int32_t reserved;     /**< 0 */
    double *values;       /**< receives the value of each multiplet of the range; NULL (default) = not wanted */
    int64_t value_count;  /**< length of `values`: that of the range */
    const char *path;     /**< HDF5 file to write, replaced when complete; NULL (default) = none */
    const char *dataset;  /**< dataset in it; NULL (default) = "o_information" */
    int64_t bins;         /**< of the histogram, 1 … 1000000; default 100 */
    double low, high;     /**< its range; both NaN (default) = the lowest and the highest value */
} il_values_options;

/** Fills `options` with the defaults. */
il_status il_values_options_init(il_values_options *options, uint32_t struct_size);

/**
 * The O-information of every multiplet of an exhaustive search's range, in its order; NaN for singular ones.
 *
 * @param options    `top` and `extrema` are not used; `search` must be IL_SEARCH_EXHAUSTIVE
 * @param output     where the values go; NULL = nowhere: the histogram alone
 * @param histogram  rows: bins. Columns: `low`, `high` (the last bin is closed), `multiplets`. Metadata: measure,
 *                   smallest_order, order, first, multiplets, those of il_joint_neurons(), unit, version, singular,
 *                   minimum, maximum, mean, std, below and above (multiplets outside the range)
 * Errors: as for il_search(); SHAPE values of another length than the range; IO. Cancelled or failed calls leave no file.
 */
il_status il_search_values(il_context *context, il_joint *joint, const il_search_options *options,
                           const il_values_options *output, il_table **histogram);

/**
 * Modules of neurons by normalised spectral clustering of the graph of absolute correlations (Shi & Malik 2000; von Luxburg
 * 2007): domains to search in. k-means starts anew many times, by the seed of the context; of the partitions that it
 * finds equally good, the one of the lowest normalised cut is returned.
 *
 * @param modules  their number, 2 … d
 * @param table    one row a neuron: `layer`, `neuron`, `module` (numbered by their first neuron; −1 for neurons whose ties sum
 *                 to less than a millionth of the mean, as those of constant ones do). Metadata: graph, modules, normalized_cut
 *                 (Σ over the modules of the weights that leave the module over all that its nodes have), seed, those
 *                 of il_joint_neurons()
 * Errors: ARGUMENT fewer than 2 modules, or more than neurons with ties; a discrete joint; MEMORY, CANCELLED.
 */
il_status il_joint_modules(il_context *context, il_joint *joint, int64_t modules, il_table **table);

/**
 * Modules of a network's neurons by normalised spectral clustering of the graph of absolute weights (Hod et al. 2022,
 * arXiv:2110.08058). Inputs are nodes too, without rows in the table; a module may consist of inputs alone.
 * Errors: as for il_joint_modules(); ARGUMENT a network of a callback has no weights.
 */
il_status il_network_modules(il_context *context, il_network *network, int64_t modules, il_table **table);

/** @} */
/* ------------------------------------------------------------------------- */
/** @name Tables: every result */
/** @{ */

/** Type of a column. */
enum {
    IL_COLUMN_DOUBLE = 1,  /**< const double * */
    IL_COLUMN_INTEGER = 2, /**< const int64_t * */
    IL_COLUMN_STRING = 3   /**< const char *const *, equal texts may share a pointer */
};

/** A column in the caller's memory, for il_table_new(). */
typedef struct il_column {
    const char *name;        /**< not NULL, distinct within the table */
    const char *unit;        /**< NULL = "" */
    const char *description; /**< NULL = "" */
    const void *values;      /**< one a row, of the type that `type` names; NULL only when there are no rows */
    int32_t type;            /**< IL_COLUMN_DOUBLE, _INTEGER or _STRING */
    int32_t reserved;        /**< 0 */
} il_column;

/** An entry of a table's metadata, for il_table_new(). */
typedef struct il_metadata {
    const char *key;   /**< not NULL, distinct within the table */
    const char *value; /**< not NULL */
} il_metadata;

/**
 * Makes a table of the caller's values, all of which are copied: results of other
 * calls that were filtered or joined are exported and written as the library's own are.
 *
 * @param columns         `column_count` columns of `rows` values; NULL only when there are none
 * @param metadata        `metadata_count` entries; NULL only when there are none
 * Errors: ARGUMENT NULL, a name or key used twice, an unknown type, a negative count, rows
 * without columns; MEMORY.
 */
il_status il_table_new(const il_column *columns, int64_t column_count, int64_t rows, const il_metadata *metadata,
                       int64_t metadata_count, il_table **table);

/** Number of rows and of columns; either pointer may be NULL. */
il_status il_table_size(il_table *table, int64_t *rows, int64_t *columns);

/**
 * About the column at `index`; any output pointer may be NULL.
 * @param type         IL_COLUMN_DOUBLE, _INTEGER or _STRING
 * @param unit         "bits", "nats", "1" for a pure number, "" for names and indices
 * @param description  one sentence
 */
il_status il_table_column(il_table *table, int64_t index, const char **name, int32_t *type, const char **unit, const char **description);

/** Values of a floating-point column. NOT_FOUND: no such column (lists what there is);
 *  DTYPE: the column has another type. Valid until the table is freed. */
il_status il_table_doubles(il_table *table, const char *column, const double **values);

/** Values of an integer column; errors and lifetime as for il_table_doubles(). */
il_status il_table_integers(il_table *table, const char *column, const int64_t **values);

/** Values of a string column; errors and lifetime as for il_table_doubles(). */
il_status il_table_strings(il_table *table, const char *column, const char *const **values);

/** Number of metadata entries. */
il_status il_table_metadata_count(il_table *table, int64_t *count);

/** The metadata entry at `index`; either output pointer may be NULL. Numbers are written in decimal. */
il_status il_table_metadata_at(il_table *table, int64_t index, const char **key, const char **value);

/** Frees a table and every column and text that it handed out. What was exported from it stays. */
void il_table_free(il_table *table);

/**
 * Writes a table as comma-separated values (RFC 4180, but for lines that end in LF), UTF-8: a
 * line of column names, then one a row. Units and metadata are left out.
 *
 * Numbers have the fewest digits that read back to the same bits. NaN is `NaN`, infinities are
 * `Inf` and `-Inf`. Texts are quoted only where they must be.
 *
 * The file is written beside `path` under another name and takes its place when it is complete
 * and on the disk: whatever happens, `path` holds the old contents or the new, never a part. A
 * symbolic link is followed.
 *
 * @param path  the file's path, bytes as the system takes them; it is replaced if it exists
 * Errors: ARGUMENT; IO, with the system's reason, when the file cannot be written or `path` is
 * a folder, a device or a pipe.
 */
il_status il_table_write_csv(il_table *table, const char *path);

/**
 * Writes a table as one JSON object (RFC 8259), in UTF-8:
 *
 *     {"metadata": {"measure": "entropy", …},
 *      "columns": [{"name": "entropy", "unit": "bits", "description": "…", "type": "double",
 *                   "values": [0.5, …]}, …]}
 *
 * `type` is `double`, `integer` or `string`. Numbers have the fewest digits that read back to the
 * same bits; integers beyond ±2^53 are written in full. NaN and infinities are `null`.
 * File handling and errors are those of il_table_write_csv().
 */
il_status il_table_write_json(il_table *table, const char *path);

/** @} */
/* ------------------------------------------------------------------------- */
/** @name Tables in Apache Arrow's memory format */
/** @{ */

/* The structs of the Arrow C data interface and C stream interface, as their
 * specification has every header declare them, so that other headers may too:
 * https://arrow.apache.org/docs/format/CDataInterface.html */

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif /* ARROW_C_DATA_INTERFACE */

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif /* ARROW_C_STREAM_INTERFACE */

/**
 * Exports a table as a struct array (format `+s`) with a child for each column.
 *
 * Doubles are float64 (`g`), integers int64 (`l`), strings a dictionary of utf8 (`u`, each text
 * once) behind int32 indices (`i`). Nothing is null: NaN stays NaN. Numbers and indices are not
 * copied. A field's metadata has `unit` and `description` where the column has them, the
 * schema's the table's metadata.
 *
 * Each struct is released by its own `release`, which may be called on any thread, in any order,
 * and for children that were moved out of their parent too. The values live until then: the
 * table may be freed before.
 *
 * @param schema  receives the type; NULL for none
 * @param array   receives the values; NULL for none
 */
il_status il_table_export_arrow(il_table *table, struct ArrowSchema *schema, struct ArrowArray *array);

/** Exports a table as a stream of one batch, which is what il_table_export_arrow() gives; the
 *  table may be freed before the stream is read. */
il_status il_table_export_arrow_stream(il_table *table, struct ArrowArrayStream *stream);

/** What il_arrow_hold() is given. */
enum {
    IL_ARROW_SCHEMA = 1, /**< a struct ArrowSchema */
    IL_ARROW_ARRAY = 2,  /**< a struct ArrowArray */
    IL_ARROW_STREAM = 3  /**< a struct ArrowArrayStream */
};

/**
 * Moves an exported struct into memory of the library and ties it to an `owner`.
 *
 * This is for bindings that hand the struct on inside an object of their language whose
 * destructor is a C function that is told the object's address and nothing else, as that of
 * Python's PyCapsule is: il_arrow_drop() can be that function.
 *
 * @param owner     a key that has nothing tied to it; its memory is not touched
 * @param kind      IL_ARROW_SCHEMA, _ARRAY or _STREAM
 * @param exported  the struct, which `release` = NULL marks as moved
 * @param held      receives its new address, valid until il_arrow_drop(owner)
 */
il_status il_arrow_hold(void *owner, int32_t kind, void *exported, void **held);

/** Releases the struct tied to `owner`, unless whoever took it has, and frees its memory. Does
 *  nothing for an owner of nothing. May be called on any thread. */
void il_arrow_drop(void *owner);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* INFOLENS_H */
