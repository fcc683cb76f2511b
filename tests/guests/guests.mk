# SPDX-License-Identifier: GPL-2.0-or-later
# Test guests: kernels of some pages, made like xen-core (xen-core/core.mk has the rules). check.sh takes them to the lab.
guest_frame = tests/guests/entry.S tests/guests/guest.c
guest_names = abi debug events fifo insn memory mmio apic timer nmi smp flush grants fuzz hostile own state
# For bench/count, no test.
guest_names += count
guest_elfs = $(guest_names:%=tests/guests/%.elf)
# Of 32 bits, and all of its own.
guest_32_elf = tests/guests/narrow.elf
# PV guests, of a frame of their own: linked as Linux is, and at 0.
guest_pv_elfs = tests/guests/pv.elf tests/guests/pv-plain.elf
# What a boot loader takes for Linux.
guest_linux = tests/guests/own.bzimage
EXTRA_DIST += $(guest_frame) $(guest_names:%=tests/guests/%.c) tests/guests/narrow.c tests/guests/pv.c tests/guests/pv.lds tests/guests/pv_start.S tests/guests/boot.S tests/guests/guest.h tests/guests/guest.lds \
	tests/guests/store.c tests/guests/store.h tests/lab/guests.bats tests/lab/lessons.bats tests/lab/pv.bats tests/lab/own.bash tests/lab/own_kernel.bats tests/lab/own_kernel_more.bats

if CORE
check_DATA += $(guest_elfs) $(guest_32_elf) $(guest_pv_elfs) $(guest_linux)
guest_frame_objects = tests/guests/entry.co tests/guests/guest.co
guest_objects = $(guest_frame_objects) $(guest_names:%=tests/guests/%.co) tests/guests/store.co
SUFFIXES += .elf
$(guest_elfs): $(guest_frame_objects) tests/guests/guest.lds
# What a guest needs besides the frame.
tests/guests/hostile.elf: guest_more = tests/guests/store.co
tests/guests/hostile.elf: tests/guests/store.co
.co.elf:
	$(AM_V_GEN)$(LD) -n -nostdlib -static -z noexecstack --no-warn-rwx-segments --build-id=none -T $(top_srcdir)/tests/guests/guest.lds \
		-o $@ $(guest_frame_objects) $(guest_more) $<
$(guest_32_elf): tests/guests/narrow.c tests/guests/guest.lds
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(CC) $(CORE_CPPFLAGS) $(CORE_CFLAGS_ANY) -m32 \
		-MD -MP -MF $(@:.elf=.co.d) -MT $@ -c -o $(@:.elf=.co) $<
	$(AM_V_GEN)$(LD) -m elf_i386 -n -nostdlib -static -z noexecstack --no-warn-rwx-segments --build-id=none -T $(top_srcdir)/tests/guests/guest.lds \
		-o $@ $(@:.elf=.co)
guest_pv_make = $(MKDIR_P) $(@D) && $(CC) $(CORE_CPPFLAGS) $(CORE_CFLAGS) $(guest_pv_cflags) -c -o $(@:.elf=.co) $(top_srcdir)/tests/guests/pv.c && \
	$(CC) $(CORE_CPPFLAGS) -m64 -fno-pic $(guest_pv_cflags) -c -o $(@:.elf=-start.co) $(top_srcdir)/tests/guests/pv_start.S && \
	$(LD) -n -nostdlib -static -z noexecstack --no-warn-rwx-segments --build-id=none -T $(top_srcdir)/tests/guests/pv.lds \
		--defsym BASE=$(guest_pv_base) -o $@ $(@:.elf=-start.co) $(@:.elf=.co)
tests/guests/pv.elf: guest_pv_cflags = -mcmodel=kernel -DPV_P2M=0x8000000000
tests/guests/pv.elf: guest_pv_base = 0xffffffff80000000
tests/guests/pv-plain.elf: guest_pv_cflags =
tests/guests/pv-plain.elf: guest_pv_base = 0
$(guest_pv_elfs): tests/guests/pv.c tests/guests/pv_start.S tests/guests/pv.lds
	$(AM_V_CC)$(guest_pv_make)
SUFFIXES += .bzimage
tests/guests/own.bzimage: tests/guests/boot.S
.elf.bzimage:
	$(AM_V_GEN)$(OBJCOPY) -O binary $< $@.guest && \
		$(CC) -m32 -c -DPAYLOAD='"$@.guest"' -o $@.o $(top_srcdir)/tests/guests/boot.S && \
		$(OBJCOPY) -O binary -j .text $@.o $@
-include tests/guests/narrow.co.d $(guest_objects:.co=.co.d)
CLEANFILES += $(guest_pv_elfs) $(guest_pv_elfs:.elf=.co) $(guest_pv_elfs:.elf=-start.co) $(guest_linux) $(guest_linux:=.guest) $(guest_linux:=.o) $(guest_32_elf) tests/guests/narrow.co tests/guests/narrow.co.d $(guest_elfs) $(guest_objects) $(guest_objects:.co=.co.d)
endif
