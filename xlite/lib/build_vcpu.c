/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The state in which a PVH domain's vCPUs start (docs/misc/pvh.pandoc), and an emulated PC's in hvmloader, as Xen's
 * save records take it (xen/hvm/save.h): a header, vCPU 0's registers, every vCPU's memory types, an end. Loading puts
 * all vCPUs down but those with registers, so that one call must carry all.
 */
#include <cpuid.h>
#include <string.h>

#include "xlite/lib/build_int.h"

#include <xen/domctl.h>
#include <xen/hvm/save.h>

#define CR0_PE (1u << 0)
#define CR0_ET (1u << 4)
#define CR0_PROTECTED (CR0_PE | CR0_ET)
#define DR6_RESET 0xffff0ff0u
#define DR7_RESET 0x400u
#define RFLAGS_RESET 2u
/* Attributes of segments: G, D/B, P, S, type. */
#define CODE_32 0xc9bu
#define DATA_32 0xc93u
#define TSS_BUSY_32 0x8bu
#define TSS_LIMIT 0x67u

/* The power-on state of IA32_PAT, and memory write-back by default: there is no firmware to set it up. */
#define PAT_RESET UINT64_C(0x0007040600070406)
#define MTRR_ENABLED_WRITE_BACK ((1u << 11) | 6u)
/* As Xen reports it to guests: write-combining, fixed ranges, and the number of variable ranges. */
#define MTRR_CAP ((1u << 10) | (1u << 8) | MTRR_VCNT)

/* Appends a record; the next one follows it without padding. */
static void record_add(uint8_t **at, uint16_t type, uint16_t instance, const void *data, uint32_t len)
{
	const struct hvm_save_descriptor descriptor = { .typecode = type, .instance = instance, .length = len };

	memcpy(*at, &descriptor, sizeof(descriptor));
	*at += sizeof(descriptor);
	if (len)
		memcpy(*at, data, len);
	*at += len;
}

static uint32_t cpu_signature(void)
{
	unsigned a = 0, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) ? a : 0;
}

static void add_header(uint8_t **at)
{
	/* Without a frequency for the guest's time stamp counter, it keeps what it was created with. */
	const struct hvm_save_header header = {
		.magic = HVM_FILE_MAGIC,
		.version = HVM_FILE_VERSION,
		.changeset = ~UINT64_C(0),
		.cpuid = cpu_signature(),
	};

	record_add(at, HVM_SAVE_CODE(HEADER), 0, &header, HVM_SAVE_LENGTH(HEADER));
}

static void add_registers(uint8_t **at, uint32_t entry, uint64_t start_info)
{
	const struct hvm_hw_cpu cpu = {
		.rip = entry,
		.rbx = start_info,
		.rflags = RFLAGS_RESET,
		.cr0 = CR0_PROTECTED,
		.dr6 = DR6_RESET,
		.dr7 = DR7_RESET,
		.cs_limit = UINT32_MAX, .cs_arbytes = CODE_32,
		.ds_limit = UINT32_MAX, .ds_arbytes = DATA_32,
		.es_limit = UINT32_MAX, .es_arbytes = DATA_32,
		.ss_limit = UINT32_MAX, .ss_arbytes = DATA_32,
		.tr_limit = TSS_LIMIT, .tr_arbytes = TSS_BUSY_32,
	};

	record_add(at, HVM_SAVE_CODE(CPU), 0, &cpu, HVM_SAVE_LENGTH(CPU));
}

static void add_memory_types(uint8_t **at, uint16_t vcpu)
{
	const struct hvm_hw_mtrr mtrr = {
		.msr_pat_cr = PAT_RESET,
		.msr_mtrr_cap = MTRR_CAP,
		.msr_mtrr_def_type = MTRR_ENABLED_WRITE_BACK,
	};

	record_add(at, HVM_SAVE_CODE(MTRR), vcpu, &mtrr, HVM_SAVE_LENGTH(MTRR));
}

void build_add_vcpu(struct xen_batch *batch, const struct xlite_build *build)
{
	const size_t descriptor = sizeof(struct hvm_save_descriptor);
	/* A firmware sets memory types up by itself, and begins with none. */
	unsigned vcpus = build->config.type->emulated_pc ? 0 : build->config.vcpus_max;
	size_t bytes = descriptor + HVM_SAVE_LENGTH(HEADER) + descriptor + HVM_SAVE_LENGTH(CPU) +
		       vcpus * (descriptor + HVM_SAVE_LENGTH(MTRR)) + descriptor;
	struct xen_domctl_hvmcontext *op = xen_batch_domctl(batch, "sethvmcontext", XEN_WRITES,
							    XEN_DOMCTL_sethvmcontext, build->domid);
	uint8_t *records = xen_batch_room(batch, bytes), *at = records;

	if (!records)
		return;
	add_header(&at);
	add_registers(&at, build->entry, build->plan.start_info);
	for (unsigned i = 0; i < vcpus; i++)
		add_memory_types(&at, (uint16_t)i);
	record_add(&at, HVM_SAVE_CODE(END), 0, NULL, 0);
	op->size = (uint32_t)bytes;
	set_xen_guest_handle_raw(op->buffer, records);
}
