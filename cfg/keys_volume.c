/* SPDX-License-Identifier: GPL-2.0-or-later
 * The rows of the table that concern storage: documents of kind volume and of kind pool.
 */
#include "cfg/check.h"
#include "cfg/keys.h"
#include "cfg/rows.h"

/* In KiB. Images may be as small as that. */
#define SIZE_MIN 4
#define PIB (UINT64_C(1) << 40)

#define V(field) offsetof(struct cfg_volume, field)
#define AT(field) .offset = V(field)

#define START(c) .choice_at = V(start), .choice = (c), .change = CFG_NOTHING
#define ONCE "It is read when the volume is made; a volume that exists is left as it is."

static const struct cfg_key volume_keys[] = {
	{ "kind", .shape = CFG_KIND, .value = &cfg_value_enum, .words = cfg_kind_words, .nr_words = CFG_NR_KINDS,
	  .required = true, .change = CFG_REPLACES, .help = "what the document describes: a volume" },
	{ "name", SCALAR(name), AT(name), .place_at = V(name_place), .max = 63, .required = true,
	  .change = CFG_REPLACES, .help = "the volume's name, unique on the host: vbds name it as their volume" },
	{ "pool", SCALAR(name), AT(pool), .place_at = V(pool_place), .max = 63, .def = CFG_DEFAULT_POOL,
	  .change = CFG_REPLACES, .aka = "storage", .help = "the pool that the volume is in",
	  .detail =
		  "It is a document of kind pool. The pool default needs none: its folder is then " CFG_DEFAULT_POOL_FOLDER
		  "." },
	{ "size", SCALAR(memory), AT(size_kib), .place_at = V(size_place), .min = SIZE_MIN, .max = PIB,
	  .required = true, .unless_given = "from", .def_text = "that of the image", .change = CFG_LIVE,
	  .aka = "capacity length", .help = "the size of the disk",
	  .detail = "A volume grows when this does, also while a domain uses it. It is never made smaller." },
	{ "format", ENUM(cfg_format_words), AT(format), .def = "raw", .change = CFG_REPLACES, .aka = "type driver",
	  .help = "the format of the volume's file",
	  .detail = "Making a qcow2 volume, or one from a qcow2 image, takes qemu-img." },
	{ "from", SCALAR(path), AT(from), .place_at = V(from_place), .max = 4095, START(CFG_START_IMAGE),
	  .aka = "source image base backing",
	  .help = "an image, a file on the host, that the volume begins as a copy of",
	  .detail = ONCE
	  " An image that needs other files, such as a backing file, is refused. Without from and clone the volume begins as zeroes." },
	{ "clone", SCALAR(name), AT(clone), .place_at = V(clone_place), .max = 63, START(CFG_START_VOLUME),
	  .aka = "copy template", .help = "another volume that the volume begins as a copy of",
	  .detail = ONCE
	  " The other is a document of kind volume, or is in the default pool already; no domain may use it while it is copied." },
	{ "from_format", ENUM(cfg_format_words), AT(from_format), .given_at = V(from_format_given), .needs = "from",
	  .def_text = "qcow2 where the image's name ends in .qcow2, otherwise raw", .change = CFG_NOTHING,
	  .help = "the format of the image",
	  .detail =
		  "It is never guessed from the content: an image that looks like another format than its name says is refused "
		  "until this key says which." },
	{ "sha256", SCALAR(sha256), AT(sha256), .max = 64, .needs = "from", .change = CFG_NOTHING, .aka = "checksum",
	  .help = "the checksum by SHA-256 that the image must have", .detail = ONCE },
	{ "sha512", SCALAR(sha512), AT(sha512), .max = 128, .needs = "from", .change = CFG_NOTHING,
	  .help = "the checksum by SHA-512 that the image must have", .detail = ONCE },
	{ "preallocate", SCALAR(bool), AT(preallocate), .def = "false", .change = CFG_NOTHING,
	  .aka = "preallocation fallocate",
	  .help = "whether all of a raw volume's space is taken when it is made or grows",
	  .detail =
		  "Otherwise it takes space as it is written to, and a volume may fill its file system while its domain runs." },
};
const struct cfg_section cfg_volume_section = {
	"volume", volume_keys, ARRAY_SIZE(volume_keys), .size = sizeof(struct cfg_volume), .id = -1, .check = cfg_check_volume,
};

#undef AT
#define P(field) offsetof(struct cfg_pool, field)
#define AT(field) .offset = P(field)

static const struct cfg_key pool_keys[] = {
	{ "kind", .shape = CFG_KIND, .value = &cfg_value_enum, .words = cfg_kind_words, .nr_words = CFG_NR_KINDS,
	  .required = true, .change = CFG_REPLACES, .help = "what the document describes: a pool" },
	{ "name", SCALAR(name), AT(name), .place_at = P(name_place), .max = 63, .required = true,
	  .change = CFG_REPLACES, .help = "the pool's name: volumes name it as their pool" },
	{ "folder", SCALAR(path), AT(folder), .place_at = P(folder_place), .max = 3800, .required = true,
	  .choice_at = P(type), .choice = CFG_POOL_FOLDER, .change = CFG_REPLACES, .aka = "path directory dir",
	  .help = "the folder that has the volumes, each in the file NAME.FORMAT",
	  .detail =
		  "It is made with its first volume. It must belong to root, and nobody else may write to it. Any file NAME.raw or "
		  "NAME.qcow2 in it is a volume, whoever put it there." },
	{ "vg", SCALAR(name), AT(vg), .place_at = P(vg_place), .max = 63, .required = true, .choice_at = P(type),
	  .choice = CFG_POOL_LVM, .change = CFG_REPLACES, .aka = "lvm volume_group group",
	  .help = "the volume group of LVM that has the volumes, each as the logical volume NAME",
	  .detail =
		  "It must exist (vgcreate). Its volumes are raw, and their sizes are rounded up to whole extents. What a volume "
		  "begins or grows with is zeroed first, unless it is thin. Any logical volume NAME in it that can be a disk is a "
		  "volume, whoever made it. Debian's package lvm2 has the commands that this takes." },
	{ "thin_pool", SCALAR(name), AT(thin_pool), .max = 63, .only_at = P(type), .only = 1u << CFG_POOL_LVM,
	  .change = CFG_REPLACES, .aka = "thinpool thin",
	  .help = "the thin pool in the volume group that volumes are made in",
	  .detail =
		  "It must exist (lvcreate --type thin-pool). Its volumes take space as they are written to; a clone of one shares its "
		  "space, and is there at once. Whoever uses it sees to it that it does not fill up (dmeventd)." },
};
const struct cfg_section cfg_pool_section = {
	"pool", pool_keys, ARRAY_SIZE(pool_keys), .size = sizeof(struct cfg_pool), .id = -1,
};

_Static_assert(ARRAY_SIZE(volume_keys) <= CFG_MAX_KEYS && ARRAY_SIZE(pool_keys) <= CFG_MAX_KEYS, "CFG_MAX_KEYS is too small");
