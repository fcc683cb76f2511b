/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The table of records: every type that the two documents name.
 */
#include "xlite/lib/stream.h"

#define BOTH (STREAM_PV | STREAM_HVM)
/* A vCPU's number and a reserved word come before what Xen calls its context. */
#define VCPU 8
#define LIVE "it is of a migration, whose two ends talk to each other; a file has no such record"

const struct stream_row stream_rows[STREAM_TYPES] = {
	[STREAM_END] = { "END", 0, 0, 1, BOTH, STREAM_LAST, true, NULL },
	[STREAM_PAGE_DATA] = { "PAGE_DATA", 16, STREAM_BODY_MAX, 8, BOTH, STREAM_STATE, false, NULL },
	[STREAM_PV_INFO] = { "X86_PV_INFO", 8, 8, 1, STREAM_PV, STREAM_STATIC, true, NULL },
	[STREAM_PV_P2M_FRAMES] = { "X86_PV_P2M_FRAMES", 16, STREAM_BODY_MAX, 8, STREAM_PV, STREAM_STATE, false, NULL },
	[STREAM_PV_VCPU_BASIC] = { "X86_PV_VCPU_BASIC", VCPU, VCPU + 8192, 8, STREAM_PV, STREAM_STATE, false, NULL },
	[STREAM_PV_VCPU_EXTENDED] = { "X86_PV_VCPU_EXTENDED", VCPU, VCPU + 4096, 8, STREAM_PV, STREAM_STATE, false, NULL },
	[STREAM_PV_VCPU_XSAVE] = { "X86_PV_VCPU_XSAVE", VCPU, VCPU + 65536, 1, STREAM_PV, STREAM_STATE, false, NULL },
	[STREAM_SHARED_INFO] = { "SHARED_INFO", 4096, 4096, 1, STREAM_PV, STREAM_STATE, true, NULL },
	[STREAM_TSC_INFO] = { "X86_TSC_INFO", 24, 24, 1, BOTH, STREAM_STATE, true, NULL },
	[STREAM_HVM_CONTEXT] = { "HVM_CONTEXT", 8, 4u << 20, 1, STREAM_HVM, STREAM_STATE, true, NULL },
	[STREAM_HVM_PARAMS] = { "HVM_PARAMS", 8, 8 + 16 * 64, 16, STREAM_HVM, STREAM_STATE, true, NULL },
	[STREAM_TOOLSTACK] = { "TOOLSTACK", 0, UINT32_MAX, 1, 0, STREAM_STATE, false, "no release of Xen writes it any more" },
	[STREAM_PV_VCPU_MSRS] = { "X86_PV_VCPU_MSRS", VCPU, VCPU + 16 * 1024, 16, STREAM_PV, STREAM_STATE, false, NULL },
	[STREAM_VERIFY] = { "VERIFY", 0, 0, 1, 0, STREAM_STATE, true, "it is for a search for faults in Xen's tools" },
	[STREAM_CHECKPOINT] = { "CHECKPOINT", 0, 0, 1, 0, STREAM_STATE, false, LIVE },
	[STREAM_CHECKPOINT_DIRTY] = { "CHECKPOINT_DIRTY_PFN_LIST", 0, UINT32_MAX, 1, 0, STREAM_STATE, false, LIVE },
	[STREAM_STATIC_DATA_END] = { "STATIC_DATA_END", 0, 0, 1, BOTH, STREAM_BORDER, true, NULL },
	[STREAM_CPUID_POLICY] = { "X86_CPUID_POLICY", 24, 24 * 512, 24, BOTH, STREAM_STATIC, true, NULL },
	[STREAM_MSR_POLICY] = { "X86_MSR_POLICY", 16, 16 * 256, 16, BOTH, STREAM_STATIC, true, NULL },
};

const struct stream_row stream_libxl_rows[STREAM_LIBXL_TYPES] = {
	[STREAM_LIBXL_END] = { "libxl's END", 0, 0, 1, BOTH, STREAM_LAST, true, NULL },
	[STREAM_LIBXC_CONTEXT] = { "LIBXC_CONTEXT", 0, 0, 1, BOTH, STREAM_STATE, true, NULL },
	[STREAM_EMULATOR_XENSTORE] = { "EMULATOR_XENSTORE_DATA", 8, 1u << 20, 1, STREAM_HVM, STREAM_STATE, false, NULL },
	[STREAM_EMULATOR_CONTEXT] = { "EMULATOR_CONTEXT", 8, 4u << 20, 1, STREAM_HVM, STREAM_STATE, false, NULL },
	[STREAM_LIBXL_CHECKPOINT_END] = { "CHECKPOINT_END", 0, 0, 1, 0, STREAM_STATE, false, LIVE },
	[STREAM_LIBXL_CHECKPOINT_STATE] = { "CHECKPOINT_STATE", 8, 8, 1, 0, STREAM_STATE, false, LIVE },
};
