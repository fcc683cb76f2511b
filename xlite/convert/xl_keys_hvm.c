/* SPDX-License-Identifier: GPL-2.0-or-later
 * The table, continued: what only HVM guests have, or PV guests with a screen. xl does not look at it for PVH guests.
 */
#include "xlite/convert/xl_key.h"

#include "common/auto.h"

#define H .kind = REPORT_NOTHING, .types = XL_HVM
/* What PVH guests have without a word. */
#define ALWAYS .kind = REPORT_NOTHING, .types = XL_HVM, .harmless = "1"
#define SCREEN .kind = REPORT_NOTHING, .types = XL_HVM | XL_PV

const struct xl_key xl_keys_hvm[] = {
	{ "acpi_firmware", H }, { "acpi_laptop_slate", H }, { "acpi_s3", H }, { "acpi_s4", H }, { "altp2mhvm", H },
	  { "apic", ALWAYS },
	{ "bios", H }, { "bios_path_override", H }, { "boot", H }, { "firmware_override", H }, { "gfx_passthru", H },
	{ "hdtype", H }, { "hpet", H }, { "hvm_pirq", H }, { "mca_caps", H }, { "mmio_hole", H }, { "ms_vm_genid", H },
	{ "nographic", H }, { "nx", ALWAYS }, { "pae", ALWAYS }, { "rdm_mem_boundary", H }, { "serial", H },
	  { "smbios", H },
	{ "smbios_firmware", H }, { "soundhw", H }, { "usb", H }, { "usbdevice", H }, { "usbversion", H },
	  { "vendor_device", H },
	{ "viridian", H }, { "vkb_device", H }, { "vpt_align", H }, { "xen_platform_pci", H },
	  { "xen_platform_pci_bar_uc", H },
	{ "vga", H }, { "stdvga", H }, { "videoram", H },
	{ "spice", H }, { "spice_clipboard_sharing", H }, { "spice_image_compression", H }, { "spice_streaming_video", H },
	{ "spiceagent_mouse", H }, { "spicedisable_ticketing", H }, { "spicehost", H }, { "spicepasswd", H },
	  { "spiceport", H },
	{ "spicetls_port", H }, { "spiceusbredirection", H }, { "spicevdagent", H },
	{ "device_model_args_hvm", H }, { "device_model_stubdomain_override", H },
	  { "device_model_stubdomain_seclabel", H },
	{ "stubdomain_cmdline", H }, { "stubdomain_kernel", H }, { "stubdomain_memory", H }, { "stubdomain_ramdisk", H },
	{ "vnc", SCREEN }, { "vnclisten", SCREEN }, { "vncdisplay", SCREEN }, { "vncunused", SCREEN },
	{ "vncpasswd", SCREEN },
	{ "sdl", SCREEN }, { "opengl", SCREEN }, { "display", SCREEN }, { "xauthority", SCREEN }, { "keymap", SCREEN },
};
const size_t xl_nr_keys_hvm = ARRAY_SIZE(xl_keys_hvm);
