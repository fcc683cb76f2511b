/* SPDX-License-Identifier: GPL-2.0-or-later
 * A domain's state as a chain of records (xen/hvm/save.h, xen/arch-x86/hvm/save.h). Of what is given, the records of
 * CPUs count; what is handed out is what a domain builder takes as its pattern: header, memory types, CPUs.
 */
#include "xen-core/hypercall/hypercall.h"

#include <xen/hvm/save.h>

#include "xen-core/cpu/apic.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/virt.h"

#define CONTEXT_MAX (VCPUS_MAX * (sizeof(struct hvm_hw_cpu) + sizeof(struct hvm_hw_mtrr) + 16) + 64)

static int load_cpu(struct vcpu *v, struct domain *d, const struct hvm_save_descriptor *desc, uint64_t va)
{
	struct vcpu *to = desc->instance < d->nr_vcpus ? d->vcpus[desc->instance] : NULL;
	struct hvm_hw_cpu cpu;

	if (!to || desc->length != sizeof(cpu))
		return -XEN_EINVAL;
	if (!guest_read_struct(v, &cpu, va))
		return -XEN_EFAULT;
	if (!virt_set_context(to, &cpu))
		return -XEN_EINVAL;
	if (to->run == VCPU_DOWN && !to->lapic.wait_sipi)
		vcpu_start(to);
	return 0;
}

int context_load(struct vcpu *v, struct domain *d, uint64_t va, uint32_t size)
{
	struct hvm_save_descriptor desc;

	for (uint32_t at = 0; at + sizeof(desc) <= size; at += desc.length) {
		int rc = 0;

		if (!guest_read_struct(v, &desc, va + at))
			return -XEN_EFAULT;
		at += sizeof(desc);
		if (desc.length > size - at)
			return -XEN_EINVAL;
		if (desc.typecode == HVM_SAVE_CODE(END))
			return 0;
		if (desc.typecode == HVM_SAVE_CODE(CPU))
			rc = load_cpu(v, d, &desc, va + at);
		if (rc)
			return rc;
	}
	return -XEN_EINVAL;
}

static bool record_put(struct vcpu *v, uint64_t va, uint32_t *at, uint32_t size, uint16_t type, uint16_t instance,
		       const void *data, uint32_t len)
{
	struct hvm_save_descriptor desc = { type, instance, len };
	bool ok = *at + sizeof(desc) + len <= size && guest_write_struct(v, va + *at, &desc) &&
		  (!len || guest_write(v, va + *at + sizeof(desc), data, len));

	*at += (uint32_t)sizeof(desc) + len;
	return ok;
}

int context_save(struct vcpu *v, struct domain *d, uint64_t va, uint32_t *size)
{
	struct hvm_save_header header = { .magic = HVM_FILE_MAGIC,
					  .version = HVM_FILE_VERSION,
					  .gtsc_khz = (uint32_t)(time_tsc_hz() / 1000) };
	struct hvm_hw_mtrr mtrr = { .msr_pat_cr = UINT64_C(0x0007040600070406) };
	struct hvm_hw_cpu cpu;
	uint32_t at = 0;
	bool ok;

	if (!va) {
		*size = CONTEXT_MAX;
		return 0;
	}
	ok = record_put(v, va, &at, *size, HVM_SAVE_CODE(HEADER), 0, &header, sizeof(header));
	for (unsigned i = 0; i < d->nr_vcpus && ok; i++) {
		if (!d->vcpus[i])
			continue;
		ok = record_put(v, va, &at, *size, HVM_SAVE_CODE(MTRR), (uint16_t)i, &mtrr, sizeof(mtrr));
		if (!ok || d->vcpus[i]->run == VCPU_DOWN)
			continue;
		virt_get_context(d->vcpus[i], &cpu);
		ok = record_put(v, va, &at, *size, HVM_SAVE_CODE(CPU), (uint16_t)i, &cpu, sizeof(cpu));
	}
	ok = ok && record_put(v, va, &at, *size, HVM_SAVE_CODE(END), 0, NULL, 0);
	*size = at;
	return ok ? 0 : -XEN_ENOSPC;
}
