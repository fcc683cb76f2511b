/* SPDX-License-Identifier: GPL-2.0-or-later
 * hypercall-trace FILE COMMAND...: runs the command and appends each domctl and sysctl of it and of its children to FILE,
 * with the operand before and after, for tests/unit/abi/calls-*.txt. Static, so that one program runs in any dom0.
 * What /dev/xen/hypercall maps cannot be read from outside: move that device away meanwhile, and libxencall takes
 * ordinary memory.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/sys/privcmd.h>

#define NR_TASKS 64
#define OPERAND_BYTES 144	/* the larger of struct xen_domctl and xen_sysctl */

/* A thread under observation: in a system call or not, and in which hypercall. */
struct task {
	pid_t pid;
	bool inside, wanted;
	uint64_t op, at;
	uint8_t before[OPERAND_BYTES];
};

static struct task tasks[NR_TASKS];

static struct task *task_of(pid_t pid)
{
	struct task *unused = NULL;

	for (size_t i = 0; i < NR_TASKS; i++) {
		if (tasks[i].pid == pid)
			return &tasks[i];
		if (!tasks[i].pid && !unused)
			unused = &tasks[i];
	}
	if (!unused) {
		fprintf(stderr, "hypercall-trace: more than %d tasks\n", NR_TASKS);
		exit(1);
	}
	*unused = (struct task){ .pid = pid };
	return unused;
}

static bool read_from(pid_t pid, uint64_t address, void *buffer, size_t size)
{
	struct iovec local = { buffer, size }, remote = { (void *)(uintptr_t)address, size };

	return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)size;
}

/* Zeros at the end are left out. */
static void print_bytes(FILE *out, const char *name, const uint8_t *bytes, size_t size)
{
	while (size && !bytes[size - 1])
		size--;
	fprintf(out, " %s ", name);
	for (size_t i = 0; i < size; i++)
		fprintf(out, "%02x", bytes[i]);
	if (!size)
		fputc('-', out);
}

static void call_begins(struct task *task, const struct user_regs_struct *regs)
{
	struct privcmd_hypercall call;

	task->wanted = false;
	if (regs->orig_rax != SYS_ioctl || regs->rsi != IOCTL_PRIVCMD_HYPERCALL ||
	    !read_from(task->pid, regs->rdx, &call, sizeof(call)))
		return;
	if (call.op != __HYPERVISOR_domctl && call.op != __HYPERVISOR_sysctl)
		return;
	task->op = call.op;
	task->at = call.arg[0];
	task->wanted = read_from(task->pid, task->at, task->before, sizeof(task->before));
	if (!task->wanted)
		fprintf(stderr, "hypercall-trace: an operand cannot be read (is /dev/xen/hypercall moved away?)\n");
}

static void call_ends(struct task *task, const struct user_regs_struct *regs, FILE *out)
{
	uint8_t after[OPERAND_BYTES];
	uint32_t head[2];

	if (!task->wanted || !read_from(task->pid, task->at, after, sizeof(after)))
		return;
	memcpy(head, task->before, sizeof(head));
	fprintf(out, "%s %" PRIu32 " version 0x%" PRIx32 " result %lld", task->op == __HYPERVISOR_domctl ? "domctl" : "sysctl",
		head[0], head[1], (long long)regs->rax);
	print_bytes(out, "in", task->before, sizeof(task->before));
	print_bytes(out, "out", after, sizeof(after));
	fputc('\n', out);
}

static void task_stopped(struct task *task, int status, FILE *out)
{
	struct user_regs_struct regs;
	int deliver = 0;

	if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
		if (!ptrace(PTRACE_GETREGS, task->pid, NULL, &regs)) {
			if (task->inside)
				call_ends(task, &regs, out);
			else
				call_begins(task, &regs);
		}
		task->inside = !task->inside;
	} else if (WSTOPSIG(status) != SIGTRAP && WSTOPSIG(status) != SIGSTOP) {
		deliver = WSTOPSIG(status);
	}
	ptrace(PTRACE_SYSCALL, task->pid, NULL, (void *)(intptr_t)deliver);
}

int main(int argc, char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEEXEC;
	FILE *out = argc > 2 ? fopen(argv[1], "ae") : NULL;
	int status, result = 1;
	pid_t child, pid;

	if (!out) {
		fprintf(stderr, "usage: hypercall-trace FILE COMMAND...\n");
		return 64;
	}
	child = fork();
	if (!child) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)options)) {
		perror("hypercall-trace");
		return 1;
	}
	ptrace(PTRACE_SYSCALL, child, NULL, NULL);
	/* Until the command itself ends; what it leaves behind (xl's process of a domain) runs on without us. */
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status)) {
			task_stopped(task_of(pid), status, out);
			continue;
		}
		task_of(pid)->pid = 0;
		if (pid == child) {
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
			break;
		}
	}
	fclose(out);
	return result;
}
