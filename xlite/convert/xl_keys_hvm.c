/* SPDX-License-Identifier: GPL-2.0-or-later
 * The table, continued: what only HVM guests have, or PV guests with a screen. xl does not look at it for PVH guests.
 */
#include "xlite/convert/xl_key.h"

#include "common/auto.h"

#define H .kind = REPORT_NOTHING, .types = XL_HVM
/* What PVH guests have without a word. */
#define ALWAYS .kind = REPORT_NOTHING, .types = XL_HVM, .harmless = "1"
#define SCREEN .kind = REPORT_NOTHING, .types = XL_HVM | XL_PV
/* What becomes of it where the guest remains an HVM guest. */
#define TO(path) .hvm = { .to = (path) }
#define NOTHING(text) .hvm = { .kind = REPORT_NOTHING, .why = (text) }
#define HOST(values, text) .hvm = { .kind = REPORT_HOST, .harmless = (values), .why = (text) }
#define GUEST(values, text) .hvm = { .kind = REPORT_GUEST, .harmless = (values), .why = (text) }
#define VNC HOST(NULL, "VNC is served on a Unix socket of root's, which `xlite vnc` names")
#define SPICE NOTHING("heeded beside spice only")
#define STUBDOMAIN NOTHING("heeded beside device_model_stubdomain_override only")

const struct xl_key xl_keys_hvm[] = {
	{ "acpi_firmware", H, GUEST(NULL, "the guest has no other ACPI tables than hvmloader's") },
	{ "acpi_laptop_slate", H, GUEST("0", "the guest is told of no switch between laptop and slate") },
	{ "acpi_s3", H, GUEST("1", "the guest is offered to suspend to its memory") },
	{ "acpi_s4", H, GUEST("1", "the guest is offered to suspend to its disk") },
	{ "altp2mhvm", H, GUEST("0", "the guest has one view of its memory") },
	{ "apic", ALWAYS, GUEST("1", "the guest has local APICs") },
	{ "bios", H, TO("firmware") },
	{ "bios_path_override", H, GUEST(NULL, "the guest gets the SeaBIOS of the host's package") },
	{ "boot", H, TO("boot") },
	{ "firmware_override", H, GUEST(NULL, "the guest gets the hvmloader of the host's Xen") },
	{ "gfx_passthru", H, GUEST("0", "xlite passes no devices through") },
	{ "hdtype", H, GUEST("ide", "the guest's disks are IDE disks") },
	{ "hpet", H, TO("hpet") },
	{ "hvm_pirq", H, GUEST("0", "interrupts of emulated devices do not come as event channels") },
	{ "mca_caps", H, GUEST(NULL, "the guest is told of no more machine checks than by default") },
	{ "mmio_hole", H, GUEST(NULL, "the hole in the memory below 4 GiB is as hvmloader makes it") },
	{ "ms_vm_genid", H, GUEST("none", "the guest has no generation ID") },
	{ "nographic", H, HOST("0", "the guest has the display that vga says, and VNC") },
	{ "nx", ALWAYS, GUEST("1", "the guest sees the processor's NX") },
	{ "pae", ALWAYS, GUEST("1", "the guest sees the processor's PAE") },
	{ "rdm_mem_boundary", H, NOTHING("it concerns devices that are passed through") },
	{ "serial", H, GUEST("pty none", "the guest has one serial port, which is its console") },
	{ "smbios", H, GUEST(NULL, "the guest's SMBIOS strings are hvmloader's") },
	{ "smbios_firmware", H, GUEST(NULL, "the guest's SMBIOS strings are hvmloader's") },
	{ "soundhw", H, GUEST("none", "the guest lacks its sound card") },
	{ "usb", H, GUEST("0", "the guest has no USB beside a tablet") },
	{ "usbdevice", H, TO("tablet") },
	{ "usbversion", H, GUEST("0", "the guest has no USB beside a tablet") },
	{ "vendor_device", H, GUEST("none", "the guest lacks its vendor's device") },
	{ "viridian", H, TO("viridian") },
	{ "vkb_device", H, HOST("0", "the guest has an emulated keyboard only") },
	{ "vpt_align", H, HOST("1", "the guest's timers are aligned to each other, as by default") },
	{ "xen_platform_pci", H, GUEST("1", "the guest has Xen's PCI device") },
	{ "xen_platform_pci_bar_uc", H, GUEST("1", "the memory of Xen's PCI device is not cached, as by default") },
	{ "vga", H, TO("vga") },
	{ "stdvga", H, TO("vga") },
	{ "videoram", H, GUEST(NULL, "the display has 16 MiB of memory, a cirrus one 8 MiB") },
	{ "spice", H, GUEST("0", "the guest's screen is reached by VNC only") },
	{ "spice_clipboard_sharing", H, SPICE },
	{ "spice_image_compression", H, SPICE },
	{ "spice_streaming_video", H, SPICE },
	{ "spiceagent_mouse", H, SPICE },
	{ "spicedisable_ticketing", H, SPICE },
	{ "spicehost", H, SPICE },
	{ "spicepasswd", H, SPICE },
	{ "spiceport", H, SPICE },
	{ "spicetls_port", H, SPICE },
	{ "spiceusbredirection", H, SPICE },
	{ "spicevdagent", H, SPICE },
	{ "device_model_args_hvm", H, GUEST(NULL, "QEMU is told nothing beside what xlite tells it") },
	{ "device_model_stubdomain_override", H, HOST("0", "QEMU runs in domain 0, confined to its guest") },
	{ "device_model_stubdomain_seclabel", H, STUBDOMAIN },
	{ "stubdomain_cmdline", H, STUBDOMAIN },
	{ "stubdomain_kernel", H, STUBDOMAIN },
	{ "stubdomain_memory", H, STUBDOMAIN },
	{ "stubdomain_ramdisk", H, STUBDOMAIN },
	{ "vnc", SCREEN, VNC },
	{ "vnclisten", SCREEN, VNC },
	{ "vncdisplay", SCREEN, VNC },
	{ "vncunused", SCREEN, VNC },
	{ "vncpasswd", SCREEN, VNC },
	{ "sdl", SCREEN, HOST("0", "no window is opened: the guest's screen is reached by VNC") },
	{ "opengl", SCREEN, NOTHING("heeded beside sdl only") },
	{ "display", SCREEN, NOTHING("heeded beside sdl only") },
	{ "xauthority", SCREEN, NOTHING("heeded beside sdl only") },
	{ "keymap", SCREEN, HOST("en-us", "a VNC viewer's keys are taken for those of a US keyboard") },
};
const size_t xl_nr_keys_hvm = ARRAY_SIZE(xl_keys_hvm);
