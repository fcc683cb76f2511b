/* SPDX-License-Identifier: GPL-2.0-or-later
 * hvm_op (xen/hvm/hvm_op.h): parameters of a domain (xen/hvm/params.h).
 */
#include "xen-core/hypercall/hypercall.h"

#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

_Static_assert(HVM_NR_PARAMS <= HVM_PARAMS, "room for all parameters");

/* HVM_PARAM_CALLBACK_IRQ: its top byte is the kind, 2 a vector. */
static int set_callback(struct domain *d, uint64_t value)
{
	if (value && (value >> 56 != HVM_PARAM_CALLBACK_TYPE_VECTOR || (value & 0xff) < 0x10))
		return -XEN_EINVAL;
	d->callback_vector = (uint8_t)value;
	return 0;
}

/* Which a domain may set for itself. */
static bool own(uint32_t index)
{
	return index == HVM_PARAM_CALLBACK_IRQ || index == HVM_PARAM_VM86_TSS || index == HVM_PARAM_VM86_TSS_SIZED ||
	       index == HVM_PARAM_ACPI_IOPORTS_LOCATION || index == HVM_PARAM_CONSOLE_PFN;
}

static int64_t params(struct vcpu *v, uint64_t va, bool set)
{
	struct xen_hvm_param p;
	struct domain *d;
	int rc;

	if (!guest_read_struct(v, &p, va))
		return -XEN_EFAULT;
	rc = call_target(v, p.domid, &d);
	if (rc)
		return rc;
	if (p.index >= HVM_NR_PARAMS)
		return -XEN_EINVAL;
	if (!set) {
		p.value = d->params[p.index];
		return guest_write_struct(v, va, &p) ? 0 : -XEN_EFAULT;
	}
	if (d == v->domain && !d->privileged && !own(p.index))
		return -XEN_EPERM;
	if (p.index == HVM_PARAM_CALLBACK_IRQ && d == v->domain)
		domain_set_form(v);
	rc = p.index == HVM_PARAM_CALLBACK_IRQ ? set_callback(d, p.value) : 0;
	if (!rc)
		d->params[p.index] = p.value;
	return rc;
}

int64_t call_hvm(struct vcpu *v, struct hypercall *call)
{
	const uint64_t *arg = call->arg;
	switch (arg[0]) {
	case HVMOP_set_param:
		return params(v, arg[1], true);
	case HVMOP_get_param:
		return params(v, arg[1], false);
	case HVMOP_pagetable_dying:
		/* There are no shadow page tables; a 0 would make Linux tell of every address space that ends. */
		return -XEN_EINVAL;
	case HVMOP_flush_tlbs:
		p2m_flush(&v->domain->p2m);
		return 0;
	}
	return -XEN_ENOSYS;
}
