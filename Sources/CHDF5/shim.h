/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HDF5 for Swift. What the importer cannot see is repeated here as
 * functions: macros that open the library before they name a type or a
 * property class, and the error stack, whose callbacks are simpler in C.
 */
#pragma once

/* The 1.10 signatures, which later libraries keep offering under this name. */
#define H5_USE_110_API
#include <hdf5.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Types and property classes */

static inline hid_t chdf5_ieee_f32(int big) { return big ? H5T_IEEE_F32BE : H5T_IEEE_F32LE; }
static inline hid_t chdf5_ieee_f64(int big) { return big ? H5T_IEEE_F64BE : H5T_IEEE_F64LE; }

/* The standard integer type of `size` bytes, or -1. */
static inline hid_t chdf5_std_integer(size_t size, int is_signed, int big) {
    switch (size) {
    case 1: return is_signed ? (big ? H5T_STD_I8BE : H5T_STD_I8LE) : (big ? H5T_STD_U8BE : H5T_STD_U8LE);
    case 2: return is_signed ? (big ? H5T_STD_I16BE : H5T_STD_I16LE) : (big ? H5T_STD_U16BE : H5T_STD_U16LE);
    case 4: return is_signed ? (big ? H5T_STD_I32BE : H5T_STD_I32LE) : (big ? H5T_STD_U32BE : H5T_STD_U32LE);
    case 8: return is_signed ? (big ? H5T_STD_I64BE : H5T_STD_I64LE) : (big ? H5T_STD_U64BE : H5T_STD_U64LE);
    default: return -1;
    }
}

static inline hid_t chdf5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t chdf5_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t chdf5_native_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t chdf5_native_uint64(void) { return H5T_NATIVE_UINT64; }
static inline hid_t chdf5_c_string(void) { return H5T_C_S1; }

static inline hid_t chdf5_dataset_access(void) { return H5P_DATASET_ACCESS; }
static inline hid_t chdf5_link_access(void) { return H5P_LINK_ACCESS; }
static inline hid_t chdf5_link_create(void) { return H5P_LINK_CREATE; }
static inline hid_t chdf5_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t chdf5_transfer(void) { return H5P_DATASET_XFER; }
static inline hid_t chdf5_file_access(void) { return H5P_FILE_ACCESS; }

static inline unsigned chdf5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned chdf5_read_write(void) { return H5F_ACC_RDWR; }
static inline unsigned chdf5_truncate(void) { return H5F_ACC_TRUNC; }
static inline hid_t chdf5_all(void) { return H5S_ALL; }
static inline hid_t chdf5_default(void) { return H5P_DEFAULT; }
static inline haddr_t chdf5_undefined_address(void) { return HADDR_UNDEF; }
static inline hsize_t chdf5_unlimited(void) { return H5S_UNLIMITED; }
static inline unsigned chdf5_every_object(void) { return H5F_OBJ_ALL; }
static inline size_t chdf5_variable(void) { return H5T_VARIABLE; }

/* Objects and links, whose calls are versioned macros */

typedef struct chdf5_object {
    unsigned long file; /* differs between open files */
    haddr_t address;    /* of the object's header within its file */
    int is_group;
    int is_dataset;
} chdf5_object;

static inline herr_t chdf5_object_at(hid_t location, const char *path, hid_t link_access, chdf5_object *object) {
    H5O_info_t info;
    if (H5Oget_info_by_name2(location, path, &info, H5O_INFO_BASIC, link_access) < 0) return -1;
    object->file = info.fileno;
    object->address = info.addr;
    object->is_group = info.type == H5O_TYPE_GROUP;
    object->is_dataset = info.type == H5O_TYPE_DATASET;
    return 0;
}

/* Told the name of each link of a group; nonzero ends the walk. */
typedef int (*chdf5_link_visitor)(const char *name, void *user);

typedef struct chdf5_visit {
    chdf5_link_visitor visitor;
    void *user;
} chdf5_visit;

static inline herr_t chdf5_visit_link(hid_t group, const char *name, const H5L_info_t *info, void *user) {
    const chdf5_visit *visit = (const chdf5_visit *)user;
    (void)group;
    (void)info;
    return visit->visitor(name, visit->user);
}

static inline herr_t chdf5_links(hid_t group, chdf5_link_visitor visitor, void *user) {
    chdf5_visit visit = {visitor, user};
    hsize_t index = 0;
    return H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, &index, chdf5_visit_link, &visit);
}

/* Memory for variable-length data, up to a limit and freed together */

typedef struct chdf5_arena_block {
    struct chdf5_arena_block *next;
    size_t size;
} chdf5_arena_block;

typedef struct chdf5_arena {
    size_t limit;
    size_t used;
    int is_full; /* an allocation was refused because of the limit */
    chdf5_arena_block *blocks;
} chdf5_arena;

static inline void *chdf5_arena_allocate(size_t size, void *user) {
    chdf5_arena *arena = (chdf5_arena *)user;
    chdf5_arena_block *block;
    if (size > arena->limit - arena->used) {
        arena->is_full = 1;
        return NULL;
    }
    block = (chdf5_arena_block *)malloc(sizeof *block + size);
    if (block == NULL) return NULL;
    block->next = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->used += size;
    return block + 1;
}

/* A read that fails frees nothing of what it had been given: chdf5_arena_empty does. */
static inline void chdf5_arena_keep(void *memory, void *user) {
    (void)memory;
    (void)user;
}

static inline void chdf5_arena_empty(chdf5_arena *arena) {
    while (arena->blocks != NULL) {
        chdf5_arena_block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
    arena->used = 0;
    arena->is_full = 0;
}

/* Makes reads with the transfer properties `transfer` take their variable-length data from `arena`. */
static inline herr_t chdf5_use_arena(hid_t transfer, chdf5_arena *arena) {
    return H5Pset_vlen_mem_manager(transfer, chdf5_arena_allocate, arena, chdf5_arena_keep, arena);
}

/* The file descriptor that the default driver reads from, or -1. */
static inline int chdf5_descriptor(hid_t file) {
    void *handle = NULL;
    if (H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) < 0 || handle == NULL) return -1;
    return *(const int *)handle;
}

/* Whether the loaded library is one that these headers describe. */
static inline int chdf5_version_matches(unsigned *major, unsigned *minor, unsigned *release) {
    if (H5get_libversion(major, minor, release) < 0) return 0;
    return *major == H5_VERS_MAJOR && *minor == H5_VERS_MINOR;
}

/* The end of the process */

/* What the library's own handler would save: data that the host has written and not closed. */
static inline void chdf5_flush_files(void) {
    ssize_t count;
    hid_t *files;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    count = H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_FILE);
    files = count > 0 ? (hid_t *)malloc((size_t)count * sizeof *files) : NULL;
    if (files == NULL) return;
    count = H5Fget_obj_ids(H5F_OBJ_ALL, H5F_OBJ_FILE, (size_t)count, files);
    for (ssize_t i = 0; i < count; i++) {
        unsigned intent = 0;
        if (H5Fget_intent(files[i], &intent) >= 0 && (intent & H5F_ACC_RDWR)) H5Fflush(files[i], H5F_SCOPE_GLOBAL);
    }
    free(files);
}

/*
 * Keeps the library from closing itself at exit. A damaged file can make it lose
 * count of its own objects, of which it would complain on standard error then.
 * To be called before anything else; without effect if the host was first.
 */
static inline void chdf5_leave_exit_alone(void) {
    if (H5dont_atexit() >= 0) atexit(chdf5_flush_files);
}

/* The calling thread's automatic error printing */

/* What the host had installed, of either version of the interface. */
typedef struct chdf5_auto {
    unsigned is_v2;
    H5E_auto1_t print1;
    H5E_auto2_t print2;
    void *data;
} chdf5_auto;

static inline void chdf5_silence(chdf5_auto *saved) {
    memset(saved, 0, sizeof *saved);
    if (H5Eauto_is_v2(H5E_DEFAULT, &saved->is_v2) < 0) saved->is_v2 = 1;
    if (saved->is_v2) {
        H5Eget_auto2(H5E_DEFAULT, &saved->print2, &saved->data);
    } else {
        H5Eget_auto1(&saved->print1, &saved->data);
    }
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

static inline void chdf5_restore(const chdf5_auto *saved) {
    H5Eclear2(H5E_DEFAULT);
    if (saved->is_v2) {
        H5Eset_auto2(H5E_DEFAULT, saved->print2, saved->data);
    } else {
        H5Eset_auto1(saved->print1, saved->data);
    }
}

/* The error stack as text */

typedef struct chdf5_text {
    char *bytes;
    size_t capacity;
} chdf5_text;

static inline herr_t chdf5_innermost(unsigned n, const H5E_error2_t *error, void *user) {
    chdf5_text *text = (chdf5_text *)user;
    (void)n;
    snprintf(text->bytes, text->capacity, "%s (%s)", error->desc ? error->desc : "no reason given",
             error->func_name ? error->func_name : "HDF5");
    return 1;
}

/* Writes the innermost cause of the calling thread's last error, or "". */
static inline void chdf5_error(char *bytes, size_t capacity) {
    chdf5_text text = {bytes, capacity};
    if (capacity == 0) return;
    bytes[0] = '\0';
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, chdf5_innermost, &text);
    /* The walk ends early on purpose, which is no error to keep. */
}
