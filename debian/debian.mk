# SPDX-License-Identifier: GPL-2.0-or-later
# Debian's packages: `dpkg-buildpackage -us -uc -b` makes them.
EXTRA_DIST += debian/changelog debian/control debian/copyright debian/not-installed debian/rules debian/source/format debian/source/options \
	debian/libxlite-dev.install debian/libxlite-dev.lintian-overrides debian/libxlite0.install debian/libxlite0.symbols \
	debian/xen-core.install debian/xlite-lab.docs debian/xlite-lab.install debian/xlite-lab.lintian-overrides \
	debian/xlite.docs debian/xlite.examples debian/xlite.install debian/xlite.lintian-overrides debian/xlite.postrm
