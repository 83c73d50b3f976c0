/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "processes.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Memory that is not to be executed; kernels before 6.3 do not know the flag. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

int32_t cp_socket_pair(int32_t sockets[2])
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return -errno;
    sockets[0] = pair[0];
    sockets[1] = pair[1];
    return 0;
}

/* Room for one descriptor, aligned as its header wants. */
typedef union cp_control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
} cp_control;

int64_t cp_send(int32_t socket, const void *bytes, int64_t count, int32_t passed)
{
    struct iovec part = {(void *)bytes, (size_t)count};
    struct msghdr message;
    cp_control control;
    memset(&message, 0, sizeof message);
    memset(&control, 0, sizeof control);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (passed >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &passed, sizeof(int));
    }
    for (;;) {
        const ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) return sent;
        if (errno != EINTR) return -errno;
    }
}

/* Keeps the first descriptor that came, closes all others. */
static void take_descriptors(struct msghdr *message, int32_t *passed)
{
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            if (*passed < 0) {
                *passed = descriptor;
            } else {
                close(descriptor);
            }
        }
    }
}

int64_t cp_receive(int32_t socket, void *bytes, int64_t count, int32_t waits, int32_t *passed)
{
    struct iovec part = {bytes, (size_t)count};
    struct msghdr message;
    cp_control control;
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    /* Without room for them the kernel drops descriptors. */
    if (passed != NULL) {
        *passed = -1;
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
    }
    for (;;) {
        const ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | (waits ? 0 : MSG_DONTWAIT));
        if (received >= 0) {
            if (passed != NULL) take_descriptors(&message, passed);
            return received;
        }
        if (errno != EINTR) return -errno;
    }
}

int32_t cp_wait(int32_t socket, int32_t writes, int32_t milliseconds)
{
    struct pollfd wanted = {socket, writes ? POLLOUT : POLLIN, 0};
    const int ready = poll(&wanted, 1, milliseconds);
    return ready < 0 ? -errno : ready;
}

int32_t cp_shared_memory(int64_t bytes)
{
    struct rlimit limit;
    /* Beyond this limit the kernel would not only refuse, but send a signal. */
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && (rlim_t)bytes > limit.rlim_cur)
        return -EFBIG;
    const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int descriptor = memfd_create("infolens", flags | MFD_NOEXEC_SEAL);
    if (descriptor < 0 && errno == EINVAL) descriptor = memfd_create("infolens", flags);
    if (descriptor < 0) return -errno;
    if (ftruncate(descriptor, bytes) != 0 ||
        fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        const int error = errno;
        close(descriptor);
        return -error;
    }
    return descriptor;
}

void *cp_map(int32_t descriptor, int64_t bytes, int32_t writable)
{
    void *address = mmap(NULL, (size_t)bytes, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, descriptor, 0);
    return address == MAP_FAILED ? NULL : address;
}

void cp_discard(int32_t descriptor, int64_t bytes)
{
    /* Where it fails they stay until the memory goes. */
    if (fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, bytes) != 0) return;
}

int64_t cp_shared_size(int32_t descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) == 0 ? (int64_t)status.st_size : -errno;
}
