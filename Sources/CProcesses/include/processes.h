/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes that read for this one: how they are started, and what goes between
 * them. Descriptors made here are closed on exec. Failures are told as negative
 * error numbers, never by a signal.
 */
#ifndef CP_PROCESSES_H
#define CP_PROCESSES_H

#include <stdint.h>
#include <sys/types.h>

/* The descriptor on which a program that was started finds its socket. */
#define CP_SOCKET 3

/* A process and, where the kernel has such a thing, a descriptor that stands for it and no other; else -1. */
typedef struct cp_process {
    pid_t id;
    int32_t descriptor;
} cp_process;

/*
 * Starts `program LIBRARY CP_SOCKET` in a session of its own, so that no signal of a terminal reaches it, with
 * `socket` and nothing else of ours open, /dev/null for its standard streams, and every signal as by default.
 */
int32_t cp_spawn(const char *program, const char *library, int32_t socket, cp_process *process);

/* Ends a process at once. */
void cp_kill(cp_process process);

/*
 * Waits for a process to end and takes its status, for so many milliseconds at most: 1 if it ended, 0 if it has not,
 * -ECHILD if the host waited for all its children and took the status. Interrupted waits go on.
 */
int32_t cp_await(cp_process process, int32_t milliseconds, int32_t *status);

/* What a status says: the signal that ended the process, or 0; its exit code, or -1. */
int32_t cp_signal_of(int32_t status);
int32_t cp_exit_code_of(int32_t status);

/* Two connected stream sockets. */
int32_t cp_socket_pair(int32_t sockets[2]);

/* Sends some bytes now, with a descriptor unless it is -1. Returns their number; -EAGAIN when none can be taken. */
int64_t cp_send(int32_t socket, const void *bytes, int64_t count, int32_t passed);

/*
 * Takes some bytes, waiting for them if `waits`. Returns their number, 0 after the last, or -EAGAIN.
 * `passed` receives the descriptor that came with them or -1; NULL to accept none.
 */
int64_t cp_receive(int32_t socket, void *bytes, int64_t count, int32_t waits, int32_t *passed);

/* Waits until a socket can be read (or, if `writes`, written), so long at most. Returns 1, 0, or -EINTR and the like. */
int32_t cp_wait(int32_t socket, int32_t writes, int32_t milliseconds);

/*
 * Memory for two processes: a descriptor of `bytes` bytes, which nobody can make shorter, so that reading them cannot
 * fail. -EFBIG where this process may not make files so large.
 */
int32_t cp_shared_memory(int64_t bytes);

/* Maps all of it; NULL if that fails. */
void *cp_map(int32_t descriptor, int64_t bytes, int32_t writable);

/* Gives its pages back; they read as zero until they are written again. */
void cp_discard(int32_t descriptor, int64_t bytes);

/* Bytes behind a descriptor of shared memory, or a negative error number. */
int64_t cp_shared_size(int32_t descriptor);

/* The file that this code was loaded from; NULL if that cannot be told. */
const char *cp_own_file(void);

/* The value of an environment variable, unless the program runs with rights that its caller does not have. */
const char *cp_environment(const char *name);

/*
 * Limits this process's address space to `bytes`, or to more if it was allowed more before, but to no more than it was
 * started with. By one thread at a time.
 */
void cp_allow_address_space(int64_t bytes);

#endif
