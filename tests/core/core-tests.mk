# SPDX-License-Identifier: GPL-2.0-or-later
# xen-core's modules that need no hardware, built for this host: its libc stands in for lib/string.c, an array for memory.
if HAVE_CMOCKA
if CORE
core_unit_tests = \
	tests/core/test_bzimage \
	tests/core/test_bzimage_kernel \
	tests/core/test_cmdline \
	tests/core/test_console \
	tests/core/test_debug \
	tests/core/test_decode \
	tests/core/test_device_irq \
	tests/core/test_elf \
	tests/core/test_event \
	tests/core/test_event_fifo \
	tests/core/test_format \
	tests/core/test_frame \
	tests/core/test_grant \
	tests/core/test_grant_call \
	tests/core/test_grant_race \
	tests/core/test_guest \
	tests/core/test_hypercall \
	tests/core/test_hypercall_bounds \
	tests/core/test_narrow \
	tests/core/test_hypercall_fuzz \
	tests/core/test_log \
	tests/core/test_memory_map \
	tests/core/test_multiboot2 \
	tests/core/test_nmi \
	tests/core/test_npf \
	tests/core/test_p2m \
	tests/core/test_pool \
	tests/core/test_sched \
	tests/core/test_sched_share \
	tests/core/test_string \
	tests/core/test_timer \
	tests/core/test_trap \
	tests/core/test_vcpu \
	tests/core/test_vlapic \
	tests/core/test_vlapic_ipi \
	tests/core/test_vlapic_timer \
	tests/core/test_xz
check_PROGRAMS += $(core_unit_tests)
TESTS += $(core_unit_tests)

# Each test links those modules that it uses; what these need of others is in the test.
check_LIBRARIES = tests/core/libcore.a
core_test_cppflags = $(CORE_CPPFLAGS) -D_GNU_SOURCE -DXEN_CORE_TEST
core_test_cflags = -std=gnu11 -fno-strict-aliasing $(WARN_CFLAGS) $(CMOCKA_CFLAGS) -include stdint.h
core_test_libs = tests/core/libcore.a $(CMOCKA_LIBS)
tests_core_libcore_a_SOURCES = tests/core/core_check.c tests/core/core_check.h \
	tests/core/call_check.c tests/core/call_check.h tests/core/host_audit.c tests/core/host_check.c tests/core/host_check.h \
	tests/core/xz_check.c tests/core/xz_check.h \
	xen-core/boot/boot_info.c xen-core/boot/bzimage.c xen-core/boot/elf.c xen-core/boot/lzma.c xen-core/boot/lzma2.c xen-core/boot/multiboot.c xen-core/boot/multiboot2.c xen-core/boot/xz.c xen-core/boot/xz_x86.c \
	xen-core/domain/cap.c xen-core/domain/console.c xen-core/domain/cpuid.c xen-core/domain/domain.c xen-core/domain/event.c xen-core/domain/event_fifo.c xen-core/domain/grant.c \
	xen-core/domain/inject.c xen-core/domain/memory.c xen-core/domain/memory_map.c xen-core/domain/note.c xen-core/domain/pool.c xen-core/domain/sched.c xen-core/domain/time.c xen-core/domain/timer.c \
	xen-core/domain/vlapic.c xen-core/domain/vlapic_timer.c \
	xen-core/hypercall/console.c xen-core/hypercall/context.c xen-core/hypercall/cpumap.c xen-core/hypercall/cpupool.c xen-core/hypercall/domctl.c xen-core/hypercall/event.c \
	xen-core/hypercall/grant.c xen-core/hypercall/hvm.c xen-core/hypercall/hypercall.c xen-core/hypercall/memory.c \
	xen-core/hypercall/platform.c xen-core/hypercall/sched.c xen-core/hypercall/sysctl.c xen-core/hypercall/vcpu.c xen-core/hypercall/vcpu_initialise.c \
	xen-core/hypercall/version.c \
	xen-core/domain/guest.c xen-core/lib/cmdline.c xen-core/lib/format.c xen-core/mm/frame.c xen-core/mm/limbo.c xen-core/mm/p2m.c \
	xen-core/svm/alu.c xen-core/svm/debug.c xen-core/svm/decode.c xen-core/svm/string.c
tests_core_libcore_a_CPPFLAGS = $(core_test_cppflags)
tests_core_libcore_a_CFLAGS = $(core_test_cflags)

tests_core_test_bzimage_SOURCES = tests/core/test_bzimage.c
tests_core_test_bzimage_CPPFLAGS = $(core_test_cppflags)
tests_core_test_bzimage_CFLAGS = $(core_test_cflags)
tests_core_test_bzimage_LDADD = $(core_test_libs)
tests_core_test_bzimage_kernel_SOURCES = tests/core/test_bzimage_kernel.c
tests_core_test_bzimage_kernel_CPPFLAGS = $(core_test_cppflags)
tests_core_test_bzimage_kernel_CFLAGS = $(core_test_cflags)
tests_core_test_bzimage_kernel_LDADD = $(core_test_libs)
tests_core_test_cmdline_SOURCES = tests/core/test_cmdline.c
tests_core_test_cmdline_CPPFLAGS = $(core_test_cppflags)
tests_core_test_cmdline_CFLAGS = $(core_test_cflags)
tests_core_test_cmdline_LDADD = $(core_test_libs)
tests_core_test_console_SOURCES = tests/core/test_console.c tests/core/sched_check.c tests/core/sched_check.h
tests_core_test_console_CPPFLAGS = $(core_test_cppflags)
tests_core_test_console_CFLAGS = $(core_test_cflags)
tests_core_test_console_LDADD = $(core_test_libs)
tests_core_test_debug_SOURCES = tests/core/test_debug.c
tests_core_test_debug_CPPFLAGS = $(core_test_cppflags)
tests_core_test_debug_CFLAGS = $(core_test_cflags)
tests_core_test_debug_LDADD = $(core_test_libs)
tests_core_test_decode_SOURCES = tests/core/test_decode.c
tests_core_test_decode_CPPFLAGS = $(core_test_cppflags)
tests_core_test_decode_CFLAGS = $(core_test_cflags)
tests_core_test_decode_LDADD = $(core_test_libs)
tests_core_test_device_irq_SOURCES = tests/core/test_device_irq.c xen-core/domain/device_irq.c
tests_core_test_device_irq_CPPFLAGS = $(core_test_cppflags)
tests_core_test_device_irq_CFLAGS = $(core_test_cflags)
tests_core_test_device_irq_LDADD = $(core_test_libs)
tests_core_test_elf_SOURCES = tests/core/test_elf.c
tests_core_test_elf_CPPFLAGS = $(core_test_cppflags)
tests_core_test_elf_CFLAGS = $(core_test_cflags)
tests_core_test_elf_LDADD = $(core_test_libs)
tests_core_test_event_SOURCES = tests/core/test_event.c
tests_core_test_event_CPPFLAGS = $(core_test_cppflags)
tests_core_test_event_CFLAGS = $(core_test_cflags)
tests_core_test_event_LDADD = $(core_test_libs)
tests_core_test_event_fifo_SOURCES = tests/core/test_event_fifo.c
tests_core_test_event_fifo_CPPFLAGS = $(core_test_cppflags)
tests_core_test_event_fifo_CFLAGS = $(core_test_cflags)
tests_core_test_event_fifo_LDADD = $(core_test_libs)
tests_core_test_format_SOURCES = tests/core/test_format.c
tests_core_test_format_CPPFLAGS = $(core_test_cppflags)
tests_core_test_format_CFLAGS = $(core_test_cflags)
tests_core_test_format_LDADD = $(core_test_libs)
tests_core_test_frame_SOURCES = tests/core/test_frame.c
tests_core_test_frame_CPPFLAGS = $(core_test_cppflags)
tests_core_test_frame_CFLAGS = $(core_test_cflags)
tests_core_test_frame_LDADD = $(core_test_libs)
tests_core_test_grant_SOURCES = tests/core/test_grant.c
tests_core_test_grant_CPPFLAGS = $(core_test_cppflags)
tests_core_test_grant_CFLAGS = $(core_test_cflags)
tests_core_test_grant_LDADD = $(core_test_libs)
tests_core_test_grant_call_SOURCES = tests/core/test_grant_call.c
tests_core_test_grant_call_CPPFLAGS = $(core_test_cppflags)
tests_core_test_grant_call_CFLAGS = $(core_test_cflags)
tests_core_test_grant_call_LDADD = $(core_test_libs) -lpthread
tests_core_test_grant_race_SOURCES = tests/core/test_grant_race.c
tests_core_test_grant_race_CPPFLAGS = $(core_test_cppflags)
tests_core_test_grant_race_CFLAGS = $(core_test_cflags)
tests_core_test_grant_race_LDADD = $(core_test_libs) -lpthread
tests_core_test_guest_SOURCES = tests/core/test_guest.c
tests_core_test_guest_CPPFLAGS = $(core_test_cppflags)
tests_core_test_guest_CFLAGS = $(core_test_cflags)
tests_core_test_guest_LDADD = $(core_test_libs) -lpthread
tests_core_test_hypercall_SOURCES = tests/core/test_hypercall.c
tests_core_test_hypercall_CPPFLAGS = $(core_test_cppflags)
tests_core_test_hypercall_CFLAGS = $(core_test_cflags)
tests_core_test_hypercall_LDADD = $(core_test_libs)
tests_core_test_hypercall_bounds_SOURCES = tests/core/test_hypercall_bounds.c
tests_core_test_hypercall_bounds_CPPFLAGS = $(core_test_cppflags)
tests_core_test_hypercall_bounds_CFLAGS = $(core_test_cflags)
tests_core_test_hypercall_bounds_LDADD = $(core_test_libs)
tests_core_test_narrow_SOURCES = tests/core/test_narrow.c
tests_core_test_narrow_CPPFLAGS = $(core_test_cppflags)
tests_core_test_narrow_CFLAGS = $(core_test_cflags)
tests_core_test_narrow_LDADD = $(core_test_libs)
tests_core_test_hypercall_fuzz_SOURCES = tests/core/test_hypercall_fuzz.c
tests_core_test_hypercall_fuzz_CPPFLAGS = $(core_test_cppflags)
tests_core_test_hypercall_fuzz_CFLAGS = $(core_test_cflags)
tests_core_test_hypercall_fuzz_LDADD = $(core_test_libs)
tests_core_test_log_SOURCES = tests/core/test_log.c xen-core/domain/note.c xen-core/cpu/log.c
tests_core_test_log_CPPFLAGS = $(core_test_cppflags)
tests_core_test_log_CFLAGS = $(core_test_cflags)
tests_core_test_log_LDADD = $(core_test_libs)
tests_core_test_memory_map_SOURCES = tests/core/test_memory_map.c
tests_core_test_memory_map_CPPFLAGS = $(core_test_cppflags)
tests_core_test_memory_map_CFLAGS = $(core_test_cflags)
tests_core_test_memory_map_LDADD = $(core_test_libs)
tests_core_test_multiboot2_SOURCES = tests/core/test_multiboot2.c
tests_core_test_multiboot2_CPPFLAGS = $(core_test_cppflags)
tests_core_test_multiboot2_CFLAGS = $(core_test_cflags)
tests_core_test_multiboot2_LDADD = $(core_test_libs)
tests_core_test_nmi_SOURCES = tests/core/test_nmi.c xen-core/svm/nmi.c
tests_core_test_nmi_CPPFLAGS = $(core_test_cppflags)
tests_core_test_nmi_CFLAGS = $(core_test_cflags)
tests_core_test_nmi_LDADD = $(core_test_libs)
tests_core_test_npf_SOURCES = tests/core/test_npf.c xen-core/svm/npf.c
tests_core_test_npf_CPPFLAGS = $(core_test_cppflags)
tests_core_test_npf_CFLAGS = $(core_test_cflags)
tests_core_test_npf_LDADD = $(core_test_libs)
tests_core_test_p2m_SOURCES = tests/core/test_p2m.c
tests_core_test_p2m_CPPFLAGS = $(core_test_cppflags)
tests_core_test_p2m_CFLAGS = $(core_test_cflags)
tests_core_test_p2m_LDADD = $(core_test_libs)
tests_core_test_pool_SOURCES = tests/core/test_pool.c tests/core/sched_check.c tests/core/sched_check.h
tests_core_test_pool_CPPFLAGS = $(core_test_cppflags)
tests_core_test_pool_CFLAGS = $(core_test_cflags)
tests_core_test_pool_LDADD = $(core_test_libs)
tests_core_test_sched_SOURCES = tests/core/test_sched.c tests/core/sched_check.c tests/core/sched_check.h
tests_core_test_sched_CPPFLAGS = $(core_test_cppflags)
tests_core_test_sched_CFLAGS = $(core_test_cflags)
tests_core_test_sched_LDADD = $(core_test_libs)
tests_core_test_sched_share_SOURCES = tests/core/test_sched_share.c tests/core/sched_check.c tests/core/sched_check.h
tests_core_test_sched_share_CPPFLAGS = $(core_test_cppflags)
tests_core_test_sched_share_CFLAGS = $(core_test_cflags)
tests_core_test_sched_share_LDADD = $(core_test_libs)
tests_core_test_string_SOURCES = tests/core/test_string.c
tests_core_test_string_CPPFLAGS = $(core_test_cppflags)
tests_core_test_string_CFLAGS = $(core_test_cflags)
tests_core_test_string_LDADD = $(core_test_libs)
tests_core_test_timer_SOURCES = tests/core/test_timer.c tests/core/sched_check.c tests/core/sched_check.h
tests_core_test_timer_CPPFLAGS = $(core_test_cppflags)
tests_core_test_timer_CFLAGS = $(core_test_cflags)
tests_core_test_timer_LDADD = $(core_test_libs)
tests_core_test_trap_SOURCES = tests/core/test_trap.c xen-core/cpu/idt.c xen-core/svm/trap.c
tests_core_test_trap_CPPFLAGS = $(core_test_cppflags)
tests_core_test_trap_CFLAGS = $(core_test_cflags)
tests_core_test_trap_LDADD = $(core_test_libs)
tests_core_test_vcpu_SOURCES = tests/core/test_vcpu.c
tests_core_test_vcpu_CPPFLAGS = $(core_test_cppflags)
tests_core_test_vcpu_CFLAGS = $(core_test_cflags)
tests_core_test_vcpu_LDADD = $(core_test_libs)
tests_core_test_vlapic_SOURCES = tests/core/test_vlapic.c tests/core/vlapic_check.c tests/core/vlapic_check.h
tests_core_test_vlapic_CPPFLAGS = $(core_test_cppflags)
tests_core_test_vlapic_CFLAGS = $(core_test_cflags)
tests_core_test_vlapic_LDADD = $(core_test_libs)
tests_core_test_vlapic_ipi_SOURCES = tests/core/test_vlapic_ipi.c tests/core/vlapic_check.c tests/core/vlapic_check.h
tests_core_test_vlapic_ipi_CPPFLAGS = $(core_test_cppflags)
tests_core_test_vlapic_ipi_CFLAGS = $(core_test_cflags)
tests_core_test_vlapic_ipi_LDADD = $(core_test_libs)
tests_core_test_xz_SOURCES = tests/core/test_xz.c
tests_core_test_xz_CPPFLAGS = $(core_test_cppflags)
tests_core_test_xz_CFLAGS = $(core_test_cflags)
tests_core_test_xz_LDADD = $(core_test_libs)

tests_core_test_vlapic_timer_SOURCES = tests/core/test_vlapic_timer.c tests/core/vlapic_check.c tests/core/vlapic_check.h
tests_core_test_vlapic_timer_CPPFLAGS = $(core_test_cppflags)
tests_core_test_vlapic_timer_CFLAGS = $(core_test_cflags)
tests_core_test_vlapic_timer_LDADD = $(core_test_libs)
endif
endif
