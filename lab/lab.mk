# SPDX-License-Identifier: GPL-2.0-or-later
# Automake fragment: the lab's scripts, installed as they lie in the tree, so that
# xlite-lab finds its parts beside itself in both places.
labdir = $(pkglibexecdir)/lab
lablibdir = $(labdir)/lib
labdom0dir = $(labdir)/dom0
labguestdir = $(labdir)/guest

dist_lab_SCRIPTS = \
	lab/xlite-lab \
	lab/census

dist_lablib_DATA = \
	lab/lib/bochs.sh \
	lab/lib/common.sh \
	lab/lib/image.sh \
	lab/lib/packages.sh \
	lab/lib/qemu.sh \
	lab/lib/ssh.sh \
	lab/lib/suites.sh

dist_labdom0_DATA = \
	lab/dom0/init \
	lab/dom0/inittab \
	lab/dom0/network

dist_labguest_DATA = \
	lab/guest/cmdline \
	lab/guest/init \
	lab/guest/inittab \
	lab/guest/stop \
	lab/guest/tiny.S \
	lab/guest/tiny.lds

EXTRA_DIST += lab/README.md
