# SPDX-License-Identifier: GPL-2.0-or-later
# The control-domain library (xlite/lib), reconciliation (xlite/reconcile), runs over many
# objects (xlite/run) and the command (xlite/cli).
include xlite/lib/lib.mk
include xlite/lib/image.mk
include xlite/lib/store.mk
include xlite/convert/convert.mk

lib_LTLIBRARIES += xlite/libxlite.la
xlite_libxlite_la_SOURCES = $(lib_sources) $(image_sources) $(store_sources)
xlite_libxlite_la_CPPFLAGS = $(AM_CPPFLAGS) $(UNPACK_CFLAGS)
xlite_libxlite_la_LIBADD = common/libcommon.la $(UNPACK_LIBS)
xlite_libxlite_la_LDFLAGS = -version-info 0:0:0 -Wl,--version-script=$(top_srcdir)/xlite/lib/libxlite.map
xlite_libxlite_la_DEPENDENCIES = common/libcommon.la xlite/lib/libxlite.map
EXTRA_DIST += xlite/lib/libxlite.map
pkgconfig_DATA = xlite/lib/libxlite.pc

noinst_LTLIBRARIES += xlite/libreconcile.la
xlite_libreconcile_la_SOURCES = \
	xlite/reconcile/again.c xlite/reconcile/again.h \
	xlite/reconcile/announce.c xlite/reconcile/announce.h \
	xlite/reconcile/apply.c xlite/reconcile/apply.h xlite/reconcile/apply_create.c xlite/reconcile/apply_network.c xlite/reconcile/apply_volume.c \
	xlite/reconcile/change.c xlite/reconcile/change.h \
	xlite/reconcile/change_devices.c xlite/reconcile/change_devices.h \
	xlite/reconcile/device_kind.c xlite/reconcile/device_kind.h xlite/reconcile/device_kind_vbd.c xlite/reconcile/device_kind_vif.c xlite/reconcile/device_kinds.c \
	xlite/reconcile/device_list.c xlite/reconcile/device_list.h \
	xlite/reconcile/unplug.c xlite/reconcile/unplug.h \
	xlite/reconcile/claims.c xlite/reconcile/claims.h \
	xlite/reconcile/cloud_data.c xlite/reconcile/cloud_data.h xlite/reconcile/cloud_disk.c xlite/reconcile/cloud_disk.h \
	xlite/reconcile/cloud_iso.c xlite/reconcile/cloud_iso.h \
	xlite/reconcile/create.c xlite/reconcile/create.h xlite/reconcile/create_devices.c xlite/reconcile/create_model.c \
	xlite/reconcile/firmware.c xlite/reconcile/firmware.h \
	xlite/reconcile/devices.c xlite/reconcile/devices.h xlite/reconcile/devices_end.c xlite/reconcile/devices_end.h \
	xlite/reconcile/devices_qemu.c xlite/reconcile/devices_qemu.h xlite/reconcile/devices_vbd.c xlite/reconcile/disk_claims.c xlite/reconcile/disk_claims.h xlite/reconcile/devices_vif.c xlite/reconcile/devices_vif_place.c \
	xlite/reconcile/survey.c \
	xlite/reconcile/foresee.c \
	xlite/reconcile/guest_type.c xlite/reconcile/guest_type.h \
	xlite/reconcile/host.c xlite/reconcile/host.h \
	xlite/reconcile/kernel_cache.c xlite/reconcile/kernel_cache.h \
	xlite/reconcile/observe.c xlite/reconcile/observe.h xlite/reconcile/observe_domain.c \
	xlite/reconcile/observe_devices.c xlite/reconcile/observe_tuning.c xlite/reconcile/observe_vifs.c xlite/reconcile/observe_int.h \
	xlite/reconcile/libxl_notes.c xlite/reconcile/libxl_notes.h \
	xlite/reconcile/monitor.c xlite/reconcile/monitor.h \
	xlite/reconcile/network.c xlite/reconcile/network.h xlite/reconcile/network_observe.c xlite/reconcile/network_users.c \
	xlite/reconcile/reach.c xlite/reconcile/reach.h \
	xlite/reconcile/network_record.c xlite/reconcile/network_record.h \
	xlite/reconcile/vif_spec.c xlite/reconcile/vif_spec.h \
	xlite/reconcile/volume.c xlite/reconcile/volume.h \
	xlite/reconcile/affinity.c xlite/reconcile/affinity.h xlite/reconcile/numa.c xlite/reconcile/numa.h \
	xlite/reconcile/pool.c xlite/reconcile/pool.h \
	xlite/reconcile/plan.c xlite/reconcile/plan.h xlite/reconcile/plan_diff.c xlite/reconcile/plan_mark.c xlite/reconcile/plan_network.c xlite/reconcile/plan_print.c xlite/reconcile/plan_refuse.c xlite/reconcile/plan_volume.c \
	xlite/reconcile/ready.c xlite/reconcile/ready.h xlite/reconcile/ready_probe.c \
	xlite/reconcile/remove.c xlite/reconcile/replace.c xlite/reconcile/memory_check.c \
	xlite/reconcile/record_spec.c xlite/reconcile/record_spec.h \
	xlite/reconcile/restore.c xlite/reconcile/restore.h xlite/reconcile/restore_xl.c xlite/reconcile/restore_xl.h \
	xlite/reconcile/save.c xlite/reconcile/save.h xlite/reconcile/save_int.h xlite/reconcile/save_file.c xlite/reconcile/save_suspend.c \
	xlite/reconcile/save_text.c \
	xlite/reconcile/migrate.c xlite/reconcile/migrate.h xlite/reconcile/migrate_disk.c xlite/reconcile/migrate_link.c \
	xlite/reconcile/saved.c xlite/reconcile/saved.h xlite/reconcile/saved_check.c xlite/reconcile/saved_int.h xlite/reconcile/saved_read.c \
	xlite/reconcile/nft_addresses.c xlite/reconcile/nft_rules.c xlite/reconcile/nft_rules.h \
	xlite/reconcile/state.c xlite/reconcile/state.h \
	xlite/reconcile/step.c xlite/reconcile/step.h
xlite_libreconcile_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(ARCHIVE_CFLAGS)
xlite_libreconcile_la_LIBADD = cfg/libcfg.la hotplug/libhotplug.la $(JANSSON_LIBS) $(ARCHIVE_LIBS)

noinst_LTLIBRARIES += xlite/librun.la
xlite_librun_la_SOURCES = \
	xlite/run/back.c xlite/run/back.h xlite/run/carry.c xlite/run/carry.h xlite/run/stay.c xlite/run/stay.h \
	xlite/run/jobs.c xlite/run/jobs.h xlite/run/jobs_run.c \
	xlite/run/log.c xlite/run/log.h \
	xlite/run/objects.c xlite/run/objects.h \
	xlite/run/foresee.c xlite/run/foresee.h xlite/run/planning.c xlite/run/planning.h xlite/run/planning_network.c xlite/run/planning_volume.c \
	xlite/run/run.c xlite/run/run.h \
	xlite/run/notify.c xlite/run/notify.h \
	xlite/run/watch.c xlite/run/watch.h xlite/run/watch_child.c xlite/run/watch_child.h xlite/run/watch_domains.c xlite/run/watch_domains.h \
	xlite/run/watch_files.c xlite/run/watch_files.h xlite/run/watch_mend.c xlite/run/watch_mend.h \
	xlite/run/watch_policy.c xlite/run/watch_policy.h \
	xlite/run/watch_seat.c xlite/run/watch_seat.h xlite/run/watch_status.c xlite/run/watch_status.h \
	xlite/run/watch_int.h xlite/run/watch_work.c xlite/run/watch_metrics.c xlite/run/watch_metrics.h \
	xlite/run/worker.c xlite/run/worker.h
xlite_librun_la_LIBADD = xlite/libreconcile.la

bin_PROGRAMS += xlite/xlite
xlite_xlite_SOURCES = \
	xlite/cli/cli.h xlite/cli/lab.h \
	xlite/cli/command.c \
	xlite/cli/complete.c \
	xlite/cli/confirm.c \
	xlite/cli/find.c \
	xlite/cli/log.c \
	xlite/cli/main.c \
	xlite/cli/options.c \
	xlite/cli/plan_file.c \
	xlite/cli/against.c xlite/cli/verb_report.c xlite/cli/report_log.c xlite/cli/report_page.c xlite/cli/report_page.h \
	xlite/cli/remote.c xlite/cli/remote_install.c xlite/cli/remote_int.h xlite/cli/remote_target.c \
	xlite/cli/remote_many.c \
	xlite/cli/report.c \
	xlite/cli/results.c xlite/cli/select.c xlite/cli/select_match.c \
	xlite/cli/sources.c \
	xlite/cli/table.c \
	xlite/cli/terminal.c \
	xlite/cli/verb_apply.c \
	xlite/cli/verb_console.c \
	xlite/cli/verb_screen.c xlite/cli/png.c xlite/cli/png.h \
	xlite/cli/verb_convert.c \
	xlite/cli/verb_delete.c \
	xlite/cli/verb_describe.c xlite/cli/describe_devices.c xlite/cli/describe.h \
	xlite/cli/verb_doctor.c xlite/cli/verb_edit.c \
	xlite/cli/verb_domain.c xlite/cli/verb_stop.c xlite/cli/deed.h xlite/cli/kept.c xlite/cli/kept.h \
	xlite/cli/verb_get.c xlite/cli/list.h xlite/cli/list_rows.c xlite/cli/list_shown.c xlite/cli/list_shown.h xlite/cli/list_watch.c \
	xlite/cli/verb_get_network.c \
	xlite/cli/verb_get_volume.c xlite/cli/delete_volume.c \
	xlite/cli/doctor_network.c xlite/cli/doctor_network.h \
	xlite/cli/verb_graph.c xlite/cli/graph_boxes.c xlite/cli/graph_int.h xlite/cli/graph_svg.c xlite/cli/graph_svg.h xlite/cli/markup.c xlite/cli/markup.h \
	xlite/cli/verb_lab.c \
	xlite/cli/verb_language.c \
	xlite/cli/verb_logs.c \
	xlite/cli/verb_plan.c \
	xlite/cli/verb_save.c xlite/cli/take.h xlite/cli/verb_migrate.c \
	xlite/cli/verb_restore.c \
	xlite/cli/verb_top.c xlite/cli/top.h xlite/cli/top_lines.c xlite/cli/top_look.c xlite/cli/top_screen.c xlite/cli/top_wait.c \
	xlite/cli/verb_wait.c \
	xlite/cli/verb_watch.c \
	xlite/cli/verbs.c
xlite_xlite_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(NCURSES_CFLAGS)
xlite_xlite_LDADD = xlite/librun.la xlite/libreconcile.la xlite/convert/libconvert.la cfg/libcfg.la hotplug/libhotplug.la xlite/libxlite.la $(JANSSON_LIBS) $(NCURSES_LIBS)
if STATIC_COMMAND
xlite_xlite_LDFLAGS = -all-static
xlite_xlite_SOURCES += hotplug/static.c
endif

# Where editors look for it.
pkgdata_DATA = xlite/xlite.schema.json
xlite/xlite.schema.json: xlite/xlite$(EXEEXT)
	$(AM_V_GEN)xlite/xlite$(EXEEXT) schema >$@.tmp && mv $@.tmp $@
CLEANFILES += xlite/xlite.schema.json
