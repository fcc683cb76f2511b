/* SPDX-License-Identifier: GPL-2.0-or-later
 * The system calls that a process which serves a guest may not make (seccomp(2)). It is user 0, so that the kernel would let it
 * signal and limit root's other processes without any capability. Debian's QEMU for Xen has no -sandbox of its own.
 */
#include "hotplug/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/auto.h"

#ifndef F_SETSIG
#define F_SETSIG 10
#endif
#define X32_BIT 0x40000000u

/* Refused at any time. */
static const unsigned denied[] = {
	/* signals */
	SYS_kill, SYS_tkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_pidfd_send_signal, SYS_pidfd_open, SYS_pidfd_getfd,
	/* other processes */
	SYS_fork, SYS_vfork, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_process_madvise, SYS_kcmp,
	SYS_setpriority, SYS_sched_setscheduler, SYS_sched_setparam, SYS_sched_setattr, SYS_sched_setaffinity, SYS_ioprio_set,
	SYS_migrate_pages, SYS_move_pages,
	/* namespaces and mounts */
	SYS_unshare, SYS_setns, SYS_chroot, SYS_pivot_root, SYS_mount, SYS_umount2, SYS_open_tree, SYS_move_mount, SYS_fsopen,
	SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_open_by_handle_at, SYS_quotactl, SYS_swapon, SYS_swapoff, SYS_acct,
	/* parts of the kernel that nothing here needs */
	SYS_add_key, SYS_request_key, SYS_keyctl, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup,
	SYS_io_uring_enter, SYS_io_uring_register, SYS_kexec_load, SYS_kexec_file_load, SYS_init_module, SYS_finit_module,
	SYS_delete_module, SYS_reboot, SYS_syslog, SYS_sethostname, SYS_setdomainname, SYS_iopl, SYS_ioperm, SYS_modify_ldt,
};

/* Refused where the low half of an argument is this. */
static const struct {
	unsigned call, arg, value;
} denied_values[] = {
	/* signals, by way of a descriptor whose owner is another process */
	{ SYS_fcntl, 1, F_SETOWN },
	{ SYS_fcntl, 1, F_SETSIG },
	{ SYS_fcntl, 1, 15 /* F_SETOWN_EX */ },
	{ SYS_ioctl, 1, FIOSETOWN },
	{ SYS_ioctl, 1, SIOCSPGRP },
	/* words for a terminal's reader */
	{ SYS_ioctl, 1, 0x5412 /* TIOCSTI */ },
	/*
	 * a tap that stays behind, or has another address, or all of its packets in the kernel's log: its
	 * descriptor is enough
	 */
	{ SYS_ioctl, 1, TUNSETPERSIST },
	{ SYS_ioctl, 1, TUNSETOWNER },
	{ SYS_ioctl, 1, TUNSETGROUP },
	{ SYS_ioctl, 1, TUNSETLINK },
	{ SYS_ioctl, 1, TUNSETDEBUG },
	{ SYS_ioctl, 1, SIOCSIFHWADDR },
};
/* A loop device stays what it was made, and ends with its last user (linux/loop.h: all commands are 0x4CXX). */
#define LOOP_COMMANDS 0x4c00u

struct filter {
	struct sock_filter code[2 * ARRAY_SIZE(denied) + 6 * ARRAY_SIZE(denied_values) + 40];
	unsigned short nr;
};

static void emit(struct filter *filter, unsigned short code, unsigned value, unsigned char yes, unsigned char no)
{
	filter->code[filter->nr++] = (struct sock_filter){ code, yes, no, value };
}

static void emit_load(struct filter *filter, size_t offset)
{
	emit(filter, BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0);
}

static void emit_return(struct filter *filter, unsigned value)
{
	emit(filter, BPF_RET | BPF_K, value, 0, 0);
}

/* Refuses call unless (or, with equal, if) the low half of arg, after mask, is value. The number is loaded before and after. */
static void emit_argument(struct filter *filter, unsigned call, unsigned arg, unsigned mask, unsigned value, bool equal)
{
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, call, 0, 5);
	emit_load(filter, offsetof(struct seccomp_data, args) + arg * sizeof(__u64));
	emit(filter, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, value, equal ? 0 : 1, equal ? 1 : 0);
	emit_return(filter, SECCOMP_RET_ERRNO | EPERM);
	emit_load(filter, offsetof(struct seccomp_data, nr));
}

static void filter_make(struct filter *filter)
{
	filter->nr = 0;
	emit_load(filter, offsetof(struct seccomp_data, arch));
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	emit_return(filter, SECCOMP_RET_KILL_PROCESS);
	emit_load(filter, offsetof(struct seccomp_data, nr));
	emit(filter, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	emit_return(filter, SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < ARRAY_SIZE(denied); i++) {
		emit(filter, BPF_JMP | BPF_JEQ | BPF_K, denied[i], 0, 1);
		emit_return(filter, SECCOMP_RET_ERRNO | EPERM);
	}
	/* Its argument is in memory, where it cannot be looked at: the C library falls back to clone. */
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
	emit_return(filter, SECCOMP_RET_ERRNO | ENOSYS);
	for (size_t i = 0; i < ARRAY_SIZE(denied_values); i++)
		emit_argument(filter, denied_values[i].call, denied_values[i].arg, ~0u, denied_values[i].value, true);
	emit_argument(filter, SYS_ioctl, 1, ~0xffu, LOOP_COMMANDS, true);
	emit_argument(filter, SYS_clone, 0, CLONE_THREAD, CLONE_THREAD, false);
	emit_argument(filter, SYS_tgkill, 0, ~0u, (unsigned)getpid(), false);
	emit_argument(filter, SYS_prlimit64, 0, ~0u, 0, false);
	emit_return(filter, SECCOMP_RET_ALLOW);
}

int jail_filter(void)
{
	struct filter filter;
	struct sock_fprog program = { .filter = filter.code };

	filter_make(&filter);
	program.len = filter.nr;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) ? -errno : 0;
}
