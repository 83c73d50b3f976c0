/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls that reading has no use for, and that code which a file has smuggled in would need to do harm: they fail
 * with EPERM. It is a list of what is forbidden and not of what is allowed, so that it holds with every C library; it
 * leaves reading, memory and threads. Where the kernel or the processor is another, there is no filter.
 */
#define _GNU_SOURCE
#include "confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE

#define NUMBER offsetof(struct seccomp_data, nr)
/* The lower half of an argument; both processors put it first. */
#define ARGUMENT(n) (offsetof(struct seccomp_data, args) + 8 * (n))

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (field))
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define REFUSE(error) ANSWER(SECCOMP_RET_ERRNO | (error))
#define ALLOW ANSWER(SECCOMP_RET_ALLOW)
/* The next `n` instructions are for this system call, or for an accumulator of this value, only. */
#define IF(value, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (n))
#define IF_ANY_BIT(mask, n) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (mask), 0, (n))
#define FORBID(call) IF(SYS_##call, 1), REFUSE(EPERM)
/* As on a kernel that does not have it yet: the C library then makes the older call, whose arguments can be seen. */
#define UNKNOWN(call) IF(SYS_##call, 1), REFUSE(ENOSYS)

#define WRITING (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND)
/* Opens for reading only; `n` is the argument with the flags. */
#define READ_ONLY(call, n) \
    IF(SYS_##call, 4), LOAD(ARGUMENT(n)), IF_ANY_BIT(WRITING, 1), REFUSE(EPERM), ALLOW
/* Of this process alone, as in abort(). */
#define OF_ITSELF(call, process) \
    IF(SYS_##call, 4), LOAD(ARGUMENT(0)), IF((uint32_t)(process), 1), ALLOW, REFUSE(EPERM)

void forbid_system_calls(void)
{
    const pid_t self = getpid();
    struct sock_filter program[] = {
        LOAD(offsetof(struct seccomp_data, arch)),
        IF(ARCHITECTURE, 1),
        LOAD(NUMBER),
        /* Numbers of another machine's calls would mean others here. */
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
        REFUSE(ENOSYS),

        /* Files: none is written, made, moved or removed. */
#ifdef SYS_open
        READ_ONLY(open, 1),
#endif
        READ_ONLY(openat, 2),
#ifdef SYS_openat2
        UNKNOWN(openat2),
#endif
#ifdef SYS_creat
        FORBID(creat), FORBID(unlink), FORBID(rename), FORBID(mkdir), FORBID(rmdir), FORBID(link), FORBID(symlink),
        FORBID(mknod), FORBID(chmod), FORBID(chown), FORBID(lchown), FORBID(utime), FORBID(utimes), FORBID(futimesat),
#endif
        FORBID(unlinkat), FORBID(renameat2), FORBID(mkdirat), FORBID(linkat), FORBID(symlinkat),
        FORBID(mknodat), FORBID(fchmod), FORBID(fchmodat), FORBID(fchown), FORBID(fchownat), FORBID(utimensat),
#ifdef SYS_renameat
        FORBID(renameat),
#endif
#ifdef SYS_fchmodat2
        FORBID(fchmodat2),
#endif
        FORBID(truncate), FORBID(ftruncate), FORBID(fallocate), FORBID(setxattr), FORBID(lsetxattr),
        FORBID(fsetxattr), FORBID(removexattr), FORBID(lremovexattr), FORBID(fremovexattr), FORBID(mount),
        FORBID(umount2), FORBID(pivot_root), FORBID(chroot), FORBID(memfd_create), FORBID(name_to_handle_at),
        FORBID(open_by_handle_at), FORBID(ioctl),

        /* Programs: none is started or touched. */
        FORBID(execve), FORBID(execveat),
#ifdef SYS_fork
        FORBID(fork), FORBID(vfork),
#endif
        IF(SYS_clone, 4), LOAD(ARGUMENT(0)), IF_ANY_BIT(CLONE_THREAD, 1), ALLOW, REFUSE(EPERM),
#ifdef SYS_clone3
        UNKNOWN(clone3),
#endif
        FORBID(ptrace), FORBID(process_vm_readv), FORBID(process_vm_writev), FORBID(kill), FORBID(tkill),
        OF_ITSELF(tgkill, self), OF_ITSELF(prlimit64, 0), FORBID(rt_sigqueueinfo), FORBID(rt_tgsigqueueinfo), FORBID(kcmp),
#ifdef SYS_pidfd_open
        FORBID(pidfd_open), FORBID(pidfd_send_signal),
#endif
#ifdef SYS_pidfd_getfd
        FORBID(pidfd_getfd),
#endif

        /* The network, and other ways to other processes. */
        FORBID(socket), FORBID(socketpair), FORBID(connect), FORBID(bind), FORBID(listen), FORBID(accept),
        FORBID(accept4), FORBID(shmget), FORBID(shmat), FORBID(msgget), FORBID(semget), FORBID(mq_open),
        FORBID(add_key), FORBID(request_key), FORBID(keyctl),

        /* The system, and doors by which kernels were entered before. */
        FORBID(unshare), FORBID(setns), FORBID(bpf), FORBID(perf_event_open), FORBID(init_module),
        FORBID(finit_module), FORBID(delete_module), FORBID(kexec_load), FORBID(reboot), FORBID(swapon),
        FORBID(swapoff), FORBID(acct), FORBID(quotactl), FORBID(personality), FORBID(userfaultfd), FORBID(vmsplice),
#ifdef SYS_io_uring_setup
        FORBID(io_uring_setup), FORBID(io_uring_enter), FORBID(io_uring_register),
#endif
        ALLOW,
    };
    const struct sock_fprog filter = {sizeof program / sizeof *program, program};
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

#else

void forbid_system_calls(void) {}

#endif
