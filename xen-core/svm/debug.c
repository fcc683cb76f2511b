/* SPDX-License-Identifier: GPL-2.0-or-later
 * Debug registers (AMD64 APM 2, 13.1). The control block swaps DR6 and DR7. DR0 to DR3 are the machine's, and hold what
 * whoever used them last left: a vCPU that comes to its CPU has every access intercepted, and gets its own at the first
 * one. A guest that does without them so costs nothing at a switch.
 */
#include "xen-core/cpu/asm.h"
#include "xen-core/svm/svm.h"

void svm_debug_init(struct vcpu *v)
{
	svm_vmcb(v)->dr = INTERCEPT_DR_ALL;
	v->debug_live = false;
}

void svm_debug_use(struct vcpu *v)
{
	dr_write(v->debug);
	v->debug_live = true;
	svm_vmcb(v)->dr = 0;
}

void svm_debug_load(struct vcpu *v)
{
	/* Armed, they work without being touched. */
	if (svm_vmcb(v)->dr7 & DR7_ENABLED)
		svm_debug_use(v);
}

void svm_debug_save(struct vcpu *v)
{
	if (!v->debug_live)
		return;
	dr_read(v->debug);
	svm_debug_init(v);
}
