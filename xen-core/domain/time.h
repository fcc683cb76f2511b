/* SPDX-License-Identifier: GPL-2.0-or-later
 * The time that guests see: xen/xen.h, vcpu_time_info and shared_info's wall clock.
 */
#ifndef XEN_CORE_DOMAIN_TIME_H
#define XEN_CORE_DOMAIN_TIME_H

#include <stdint.h>

/* struct vcpu_runstate_info (domain/guest.h). */
#define RUNSTATE_LAYOUT "488888"

struct vcpu;
struct domain;

/** Writes a vCPU's time information, if it is not there or has moved. */
void time_update(struct vcpu *v);
/** The same in any case: its place is another now. */
void time_write(struct vcpu *v);
/** Brings the copy that the guest has asked for up to date; it must be the one that runs here. */
void time_copy(struct vcpu *v);
/** One that runs here has another tsc_offset: its domain's vCPUs cannot compare their TSCs any more. */
void time_tsc_written(struct vcpu *v);
/** Writes a domain's wall clock. */
void time_update_wallclock(struct domain *d);
/** Sets the host's wall clock: seconds and nanoseconds since 1970 at system time system_ns. */
void time_set_wallclock(uint64_t sec, uint32_t nsec, uint64_t system_ns);
/** Writes the runstate where the guest wants it; it must be the one that runs here. */
void time_runstate(struct vcpu *v);

#endif
