# SPDX-License-Identifier: GPL-2.0-or-later
# Hypercalls, foreign mappings, domain control and the PVH domain builder.
lib_sources =
