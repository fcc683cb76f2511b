/* SPDX-License-Identifier: GPL-2.0-or-later
 * The device side of a change in place. job is a struct change_job.
 */
#ifndef RECONCILE_CHANGE_DEVICES_H
#define RECONCILE_CHANGE_DEVICES_H

#include "xlite/reconcile/change.h"

/** Whether a difference is one of a device that these steps look after now. */
bool change_is_device(const struct cfg_diff *diff);

/** Lists what differs, and refuses what cannot be done before anything is. */
int change_check_devices(void *job, struct xlite_error *err);
int change_detach_devices(void *job, struct xlite_error *err);
int change_undo_detach(void *job, struct xlite_error *err);
int change_adjust_devices(void *job, struct xlite_error *err);
int change_undo_adjust(void *job, struct xlite_error *err);
int change_attach_devices(void *job, struct xlite_error *err);
int change_undo_attach(void *job, struct xlite_error *err);
int change_common(void *job, struct xlite_error *err);
int change_undo_common(void *job, struct xlite_error *err);
void change_devices_free(struct change_devices *devices);

#endif
