/* SPDX-License-Identifier: GPL-2.0-or-later
 * NMIs of a guest (AMD64 APM 2, 15.20 and 15.21.7). The processor does not keep the next one back until the guest
 * returns from the last: the return is intercepted for that. It has not been executed then, and RIP tells when it has.
 */
#include "xen-core/domain/virt.h"
#include "xen-core/svm/svm.h"

#define VECTOR_NMI 2

static bool returning(const struct vcpu *v)
{
	return v->nmi_end_rip && v->nmi_end_rip == svm_vmcb(v)->rip;
}

bool virt_nmis_on(const struct vcpu *v)
{
	return !(svm_vmcb(v)->intercept1 & INTERCEPT_IRET) && !returning(v);
}

bool svm_nmi(struct vcpu *v)
{
	struct vmcb *m = svm_vmcb(v);

	if (!returning(v))
		v->nmi_end_rip = 0;
	if (!v->nmi || (m->intercept1 & INTERCEPT_IRET))
		return true;
	/* With interrupts on it would be looked at again in front of the return, for ever. */
	if (v->nmi_end_rip)
		return virt_irqs_on(v);
	if ((m->eventinj & EVENT_VALID) || (m->shadow & 1))
		return false;
	m->eventinj = EVENT_VALID | EVENT_TYPE_NMI | VECTOR_NMI;
	m->intercept1 |= INTERCEPT_IRET;
	v->nmi = false;
	return true;
}

void svm_nmi_return(struct vcpu *v)
{
	svm_vmcb(v)->intercept1 &= ~INTERCEPT_IRET;
	v->nmi_end_rip = svm_vmcb(v)->rip;
}
