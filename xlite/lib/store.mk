# SPDX-License-Identifier: GPL-2.0-or-later
# The XenStore client and the layout of nodes.
store_sources =
