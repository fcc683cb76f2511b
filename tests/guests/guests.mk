# SPDX-License-Identifier: GPL-2.0-or-later
# Test guests: kernels of some pages, made like xen-core (xen-core/core.mk has the rules). check.sh takes them to the lab.
guest_frame = tests/guests/entry.S tests/guests/guest.c
guest_names = abi debug events fifo insn memory mmio apic timer nmi smp flush fuzz hostile own state
# For bench/count, no test.
guest_names += count
guest_elfs = $(guest_names:%=tests/guests/%.elf)
# Of 32 bits, and all of its own.
guest_32_elf = tests/guests/narrow.elf
# What a boot loader takes for Linux.
guest_linux = tests/guests/own.bzimage
EXTRA_DIST += $(guest_frame) $(guest_names:%=tests/guests/%.c) tests/guests/narrow.c tests/guests/boot.S tests/guests/guest.h tests/guests/guest.lds \
	tests/guests/store.c tests/guests/store.h tests/lab/guests.bats tests/lab/lessons.bats tests/lab/own.bash tests/lab/own_kernel.bats tests/lab/own_kernel_more.bats

if CORE
check_DATA += $(guest_elfs) $(guest_32_elf) $(guest_linux)
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
SUFFIXES += .bzimage
tests/guests/own.bzimage: tests/guests/boot.S
.elf.bzimage:
	$(AM_V_GEN)$(OBJCOPY) -O binary $< $@.guest && \
		$(CC) -m32 -c -DPAYLOAD='"$@.guest"' -o $@.o $(top_srcdir)/tests/guests/boot.S && \
		$(OBJCOPY) -O binary -j .text $@.o $@
-include tests/guests/narrow.co.d $(guest_objects:.co=.co.d)
CLEANFILES += $(guest_linux) $(guest_linux:=.guest) $(guest_linux:=.o) $(guest_32_elf) tests/guests/narrow.co tests/guests/narrow.co.d $(guest_elfs) $(guest_objects) $(guest_objects:.co=.co.d)
endif
