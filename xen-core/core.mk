# SPDX-License-Identifier: GPL-2.0-or-later
# The hypervisor. It is freestanding, and built by rules of its own: what the user gives in CFLAGS is for programs.
core_sources = \
	xen-core/boot/head.S xen-core/cpu/idt_entry.S xen-core/svm/entry.S \
	xen-core/boot/boot_info.c xen-core/boot/bzimage.c xen-core/boot/dom0.c xen-core/boot/dom0_acpi.c xen-core/boot/elf.c \
	xen-core/boot/lzma.c xen-core/boot/lzma2.c xen-core/boot/main.c xen-core/boot/modules.c xen-core/boot/multiboot.c \
	xen-core/boot/multiboot2.c xen-core/boot/smp.c xen-core/boot/xz.c xen-core/boot/xz_x86.c \
	xen-core/cpu/acpi.c xen-core/cpu/apic.c xen-core/cpu/idt.c xen-core/cpu/legacy_irq.c xen-core/cpu/log.c \
	xen-core/cpu/machine.c xen-core/cpu/percpu.c xen-core/cpu/serial.c \
	xen-core/domain/cap.c xen-core/domain/console.c xen-core/domain/cpuid.c xen-core/domain/device_irq.c \
	xen-core/domain/domain.c xen-core/domain/event.c xen-core/domain/event_fifo.c xen-core/domain/grant.c \
	xen-core/domain/guest.c xen-core/domain/inject.c xen-core/domain/memory.c xen-core/domain/memory_map.c \
	xen-core/domain/msr.c xen-core/domain/note.c xen-core/domain/pool.c xen-core/domain/port.c xen-core/domain/sched.c \
	xen-core/domain/time.c xen-core/domain/timer.c xen-core/domain/vlapic.c xen-core/domain/vlapic_timer.c \
	xen-core/hypercall/console.c xen-core/hypercall/context.c xen-core/hypercall/cpumap.c xen-core/hypercall/cpupool.c \
	xen-core/hypercall/domctl.c xen-core/hypercall/event.c xen-core/hypercall/grant.c xen-core/hypercall/hvm.c \
	xen-core/hypercall/hypercall.c xen-core/hypercall/memory.c xen-core/hypercall/platform.c xen-core/hypercall/sched.c \
	xen-core/hypercall/sysctl.c xen-core/hypercall/vcpu.c xen-core/hypercall/vcpu_initialise.c \
	xen-core/hypercall/version.c \
	xen-core/lib/cmdline.c xen-core/lib/format.c xen-core/lib/string.c \
	xen-core/mm/frame.c xen-core/mm/limbo.c xen-core/mm/p2m.c xen-core/mm/paging.c \
	xen-core/svm/alu.c xen-core/svm/context.c xen-core/svm/debug.c xen-core/svm/decode.c xen-core/svm/exit.c \
	xen-core/svm/nmi.c xen-core/svm/npf.c xen-core/svm/string.c xen-core/svm/svm.c xen-core/svm/trap.c
core_headers = \
	xen-core/boot/boot.h xen-core/boot/boot_info.h xen-core/boot/bzimage.h xen-core/boot/elf.h xen-core/boot/lzma.h xen-core/boot/xz.h \
	xen-core/cpu/acpi.h xen-core/cpu/apic.h xen-core/cpu/asm.h xen-core/cpu/idt.h \
	xen-core/cpu/log.h xen-core/cpu/machine.h xen-core/cpu/percpu.h xen-core/cpu/serial.h \
	xen-core/domain/console.h xen-core/domain/core.h xen-core/domain/cpuid.h \
	xen-core/domain/device_irq.h xen-core/domain/domain.h xen-core/domain/event.h xen-core/domain/event_fifo.h \
	xen-core/domain/grant.h xen-core/domain/guest.h xen-core/domain/inject.h xen-core/domain/memory.h \
	xen-core/domain/memory_map.h xen-core/domain/msr.h xen-core/domain/pool.h \
	xen-core/domain/port.h xen-core/domain/sched.h xen-core/domain/time.h xen-core/domain/timer.h xen-core/domain/virt.h \
	xen-core/domain/vlapic.h \
	xen-core/hypercall/hypercall.h \
	xen-core/lib/cmdline.h xen-core/lib/lib.h xen-core/lib/lock.h \
	xen-core/mm/addr.h xen-core/mm/frame.h xen-core/mm/limbo.h xen-core/mm/p2m.h xen-core/mm/paging.h \
	xen-core/svm/decode.h xen-core/svm/svm.h xen-core/svm/vmcb.h
EXTRA_DIST += $(core_sources) $(core_headers) xen-core/link.lds

CORE_CPPFLAGS = -I$(top_srcdir) -I$(top_builddir) -D__XEN_INTERFACE_VERSION__=0x00041100 -D__XEN_TOOLS__ -DPACKAGE_VERSION='"$(PACKAGE_VERSION)"'
CORE_CFLAGS_ANY = -std=gnu11 -O2 -g -ffreestanding -fno-pic -fno-pie -mgeneral-regs-only \
	-fno-stack-protector -fno-strict-aliasing -fno-asynchronous-unwind-tables -fcf-protection=none $(WARN_CFLAGS) -include stdint.h
CORE_CFLAGS = $(CORE_CFLAGS_ANY) -mno-red-zone -mcmodel=small

SUFFIXES = .co
.c.co:
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(CC) $(CORE_CPPFLAGS) $(CORE_CFLAGS) $(core_stack) -MD -MP -MF $@.d -c -o $@ $<
.S.co:
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(CC) $(CORE_CPPFLAGS) -m64 -fno-pic -MD -MP -MF $@.d -c -o $@ $<

if CORE
core_objects_c = $(core_sources:.c=.co)
core_objects = $(core_objects_c:.S=.co)
# Not for the guests that share the rule.
$(core_objects): core_stack = -fstack-protector-strong -mstack-protector-guard=global
xen-core/xen-core: $(core_objects) xen-core/link.lds
	$(AM_V_GEN)$(LD) -nostdlib -static -z noexecstack --build-id=none -T $(top_srcdir)/xen-core/link.lds -o $@ $(core_objects)
corebindir = $(pkglibexecdir)
corebin_DATA = xen-core/xen-core
-include $(core_objects:.co=.co.d)
CLEANFILES += xen-core/xen-core $(core_objects) $(core_objects:.co=.co.d)
endif
EXTRA_DIST += xen-core/README.md
