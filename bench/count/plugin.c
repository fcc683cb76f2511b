/* SPDX-License-Identifier: GPL-2.0-or-later
 * A plugin of QEMU's that counts the instructions which the machine executes: all, and those of the hypervisor, which
 * are known by where they lie. Each mark (mark.h) writes a line to a file: its number and both counts so far; mark 0 is
 * the first instruction of a program, by its address. For a machine with one CPU.
 *
 * What it uses of the interface, version 1 (QEMU 4.2 and later; Debian has the header in no package), is declared here.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mark.h"

#define EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;
enum { CB_NO_REGS };
enum { INLINE_ADD_U64 };

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*cb)(uint64_t id, struct qemu_plugin_tb *tb));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t idx);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, void (*cb)(unsigned cpu, void *data),
					    int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op, void *counter, uint64_t add);

/* Where Linux has position-independent programs and their libraries. */
#define PROGRAMS 0x550000000000u
#define PROGRAMS_END 0x800000000000u

static uint64_t all, own;
static uint64_t own_from, own_to;
static int out = -1;
static bool program_seen;

static void mark(unsigned cpu, void *data)
{
	char line[80];
	int n = snprintf(line, sizeof(line), "%u %" PRIu64 " %" PRIu64 "\n", (unsigned)(uintptr_t)data, all, own);

	(void)cpu;
	if (write(out, line, (size_t)n) != n)
		abort();
}

static void program(unsigned cpu, void *data)
{
	if (!program_seen)
		mark(cpu, data);
	program_seen = true;
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	uint32_t number;

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t at = qemu_plugin_insn_vaddr(insn);
		const uint8_t *code = qemu_plugin_insn_data(insn);

		if (qemu_plugin_insn_size(insn) == MARK_LEN && !memcmp(code, MARK_HEAD, 4)) {
			memcpy(&number, code + 4, sizeof(number));
			if ((number & ~0xffffu) == MARK_MAGIC)
				qemu_plugin_register_vcpu_insn_exec_cb(insn, mark, CB_NO_REGS,
								       (void *)(uintptr_t)(number & 0xffff));
		}
		if (!program_seen && at >= PROGRAMS && at < PROGRAMS_END)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, program, CB_NO_REGS, NULL);
		qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &all, 1);
		if (at >= own_from && at < own_to)
			qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &own, 1);
	}
}

/* Arguments: from=ADDRESS, to=ADDRESS (after its last), out=FILE. */
int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "from=", 5))
			own_from = strtoull(argv[i] + 5, NULL, 0);
		else if (!strncmp(argv[i], "to=", 3))
			own_to = strtoull(argv[i] + 3, NULL, 0);
		else if (!strncmp(argv[i], "out=", 4))
			out = open(argv[i] + 4, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		else
			return -1;
	}
	if (out < 0 || own_to <= own_from)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
