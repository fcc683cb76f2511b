/* SPDX-License-Identifier: GPL-2.0-or-later
 * The words that a device model is started with. What it is given open it finds as numbered descriptors, which it takes
 * into sets of its own, since it sees none of the host's devices. Sources: qemu-system(1), xen: docs/features/qemu-deprivilege.
 */
#include "hotplug/qemu_model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/mac.h"
#include "hotplug/jail.h"
#include "hotplug/qemu_int.h"

#define WORDS_MAX 96
/* The set of descriptors that a picture goes to; those of drives are below. */
#define SHOT_SET 100

/* Words, of which some are made here. */
struct words {
	const char *argv[WORDS_MAX];
	char *own[WORDS_MAX];
	size_t nr, nr_own;
	int fds[QEMU_MODEL_DRIVES + QEMU_MODEL_CARDS];
	size_t nr_fds;
	bool failed;
};

static void words_clear(struct words *words)
{
	for (size_t i = 0; i < words->nr_own; i++)
		free(words->own[i]);
}
#define auto_words __attribute__((cleanup(words_clear)))

static void add(struct words *words, const char *word)
{
	if (words->nr + 1 < WORDS_MAX)
		words->argv[words->nr++] = word;
	else
		words->failed = true;
}

static void add_pair(struct words *words, const char *option, const char *value)
{
	add(words, option);
	add(words, value);
}

__attribute__((format(printf, 3, 4))) static void add_made(struct words *words, const char *option, const char *fmt, ...)
{
	char *text = NULL;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0 || words->nr_own == WORDS_MAX) {
		words->failed = true;
		if (len >= 0)
			free(text);
		return;
	}
	words->own[words->nr_own++] = text;
	add_pair(words, option, text);
}

/* The descriptor under the number that the process will find it by. */
static int give(struct words *words, int fd)
{
	words->fds[words->nr_fds] = fd;
	return JAIL_FD_FIRST + (int)words->nr_fds++;
}

/* A comma in a value of an option is written twice. */
static char *escaped(const char *text)
{
	char *out = malloc(2 * strlen(text) + 1), *to = out;

	for (; out && *text; text++) {
		if (*text == ',')
			*to++ = ',';
		*to++ = *text;
	}
	if (out)
		*to = '\0';
	return out;
}

/*
 * Drives as libxl gives them: QEMU's code for unplugging looks for disks that were given in this old way. The disk is
 * opened past this host's page cache, as the kernel's backend has it, too. A lock, by which a QEMU keeps others from
 * writing, would keep away those who share it.
 */
static void add_drive(struct words *words, const struct qemu_model_drive *drive, unsigned i)
{
	if (drive->fd >= 0)
		add_made(words, "-add-fd", "fd=%d,set=%u", give(words, drive->fd), i);
	if (!drive->cdrom) {
		add_made(words, "-drive",
			 "if=ide,index=%u,media=disk,driver=raw,cache=none,auto-read-only=off,file.driver=host_device,"
			 "file.auto-read-only=off%s,file.filename=/dev/fdset/%u",
			 i, drive->shared ? ",file.locking=off" : "", i);
		return;
	}
	if (drive->fd >= 0)
		add_made(words, "-drive",
			 "if=none,id=cd%u,readonly=on,driver=raw,file.driver=host_device,file.filename=/dev/fdset/%u",
			 i, i);
	else
		add_made(words, "-drive", "if=none,id=cd%u,readonly=on", i);
	add_made(words, "-device", "ide-cd,id=ide-cd%u,drive=cd%u,bus=ide.%u,unit=%u", i, i, i / 2, i % 2);
}

/* Its ROM would boot from the network, and takes a part of the domain's memory. */
static void add_card(struct words *words, const struct qemu_model_card *card, unsigned i)
{
	char mac[MAC_TEXT];

	add_made(words, "-netdev", "tap,id=net%u,fd=%d", i, give(words, card->tap));
	add_made(words, "-device", "%s,id=nic%u,netdev=net%u,mac=%s,romfile=", card->model, i, i, mac_text(card->mac, mac));
}

static void add_screen(struct words *words, const struct process *process, const struct qemu_model *model)
{
	char path[PROCESS_PATH];

	add_pair(words, "-display", "none");
	if (!model->vga) {
		add_pair(words, "-vga", "none");
		return;
	}
	add_made(words, "-device", "%s,vgamem_mb=%u", model->vga, model->vga_mib);
	add_made(words, "-vnc", "unix:%s", process_path(process, "vnc", path));
	if (model->tablet) {
		add(words, "-usb");
		add_pair(words, "-device", "usb-tablet");
	}
}

static void add_boot(struct words *words, const struct qemu_model *model)
{
	add_made(words, "-boot", "order=%s", model->order);
	if (model->kernel)
		add_pair(words, "-kernel", model->kernel);
	if (model->ramdisk)
		add_pair(words, "-initrd", model->ramdisk);
	if (model->cmdline)
		add_pair(words, "-append", model->cmdline);
}

/* Its user, which it becomes once it has opened what only root may. Newer releases have another word for it. */
static void add_user(struct words *words, unsigned user)
{
	if (qemu_takes(words->argv[0], "-runas", "0:0"))
		add_made(words, "-runas", "%u:%u", user, user);
	else
		add_made(words, "-run-with", "user=%u:%u", user, user);
}

static void add_process(struct words *words, const struct process *process, const struct qemu_model *model)
{
	char path[PROCESS_PATH], log[PROCESS_PATH];
	char *name = escaped(model->name);

	add_made(words, "-xen-domid", "%u", process->domid);
	add(words, "-xen-domid-restrict");
	add_user(words, qemu_user(process->domid));
	add(words, "-no-shutdown");
	add(words, "-nodefaults");
	add(words, "-no-user-config");
	add_made(words, "-name", "%s", name ? name : "");
	words->failed = words->failed || !name;
	free(name);
	add_made(words, "-pidfile", "%s", process_path(process, "pid", path));
	add_made(words, "-chardev", "socket,id=qmp,server=on,wait=off,path=%s", process_path(process, "qmp", path));
	add_pair(words, "-mon", "chardev=qmp,mode=control");
	add_made(words, "-chardev", "socket,id=serial,server=on,wait=off,path=%s,logfile=%s",
		 process_path(process, "serial", path), process_path(process, "serial.log", log));
	add_pair(words, "-serial", "chardev:serial");
	add_pair(words, "-parallel", "none");
}

static int words_make(struct words *words, const char *program, const struct process *process, const struct qemu_model *model,
		      struct xlite_error *err)
{
	add(words, program);
	add_process(words, process, model);
	add_pair(words, "-machine", "xenfv,suppress-vmdesc=on");
	add_made(words, "-m", "%llu", (unsigned long long)model->memory_mib);
	if (model->vcpus_max > 1)
		add_made(words, "-smp", "%u,maxcpus=%u", model->vcpus, model->vcpus_max);
	add_screen(words, process, model);
	add_boot(words, model);
	for (unsigned i = 0; i < QEMU_MODEL_DRIVES; i++) {
		if (model->drives[i].present)
			add_drive(words, &model->drives[i], i);
	}
	for (unsigned i = 0; i < model->nr_cards; i++)
		add_card(words, &model->cards[i], i);
	if (!model->nr_cards)
		add_pair(words, "-net", "none");
	return words->failed ? xlite_error_set(err, -ENOMEM, "out of memory") : 0;
}

static int start(const struct process *process, const char *program, const struct qemu_model *model, int lock, pid_t *pid,
		 struct xlite_error *err)
{
	static const char *const envp[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", NULL };
	const char *const files[] = { model->kernel ? model->kernel : model->ramdisk,
				      model->kernel ? model->ramdisk : NULL, NULL };
	auto_words struct words words = { .nr = 0 };
	struct jail jail = { .files = files, .control = true };
	int ret = words_make(&words, program, process, model, err);

	if (ret)
		return ret;
	jail.fds = words.fds;
	jail.nr_fds = words.nr_fds;
	return process_start(process, words.argv, envp, lock, &jail, pid, err);
}

int hotplug_qemu_model_start(const struct hotplug_qemu *of, const struct qemu_model *model, pid_t *pid, struct xlite_error *err)
{
	const struct process process = qemu_process(of);
	const char *program = qemu_program();
	auto_close int lock = -1;
	int ret = program ? process_prepare(&process, qemu_own_files, &lock, err) : hotplug_qemu_check(err);

	*pid = 0;
	/* Of an earlier domain of that number. */
	if (!ret && lock >= 0)
		ret = qemu_user_kill(of->domid, err);
	if (ret)
		return ret;
	if (lock >= 0)
		return start(&process, program, model, lock, pid, err);
	*pid = process_number(&process);
	return 0;
}

bool hotplug_qemu_model_is(const struct hotplug_qemu *of)
{
	char path[PROCESS_PATH];

	return !access(hotplug_qemu_model_socket(of, "serial.log", path), F_OK);
}

int hotplug_qemu_model_ready(const struct hotplug_qemu *of, int64_t deadline_ns, struct xlite_error *err)
{
	auto_qmp struct qmp qmp = QMP_INIT;

	/* It greets when all of the PC is made. */
	return qemu_connect(of, &qmp, deadline_ns, err);
}

const char *hotplug_qemu_model_socket(const struct hotplug_qemu *of, const char *name, char path[PROCESS_PATH])
{
	const struct process process = qemu_process(of);

	return process_path(&process, name, path);
}

/* QEMU may open no file, but takes one that is given to it, and writes no more than its limit. */
int hotplug_qemu_model_shot(const struct hotplug_qemu *of, uint8_t **bytes, size_t *len, int64_t deadline_ns,
			    struct xlite_error *err)
{
	auto_close int fd = memfd_create("screenshot", MFD_CLOEXEC);
	auto_qmp struct qmp qmp = QMP_INIT;
	char path[40], set[40];
	auto_close int given = -1;
	struct stat st;
	int ret;

	*bytes = NULL;
	if (fd < 0)
		return xlite_error_sys(err, -errno, "screenshot");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	snprintf(set, sizeof(set), "/dev/fdset/%d", SHOT_SET);
	given = open(path, O_WRONLY | O_CLOEXEC);
	if (given < 0)
		return xlite_error_sys(err, -errno, "screenshot");
	ret = qemu_connect(of, &qmp, deadline_ns, err);
	if (ret)
		return ret;
	/* Of a run that was killed. */
	qmp_call(&qmp, "remove-fd", json_pack("{s:i}", "fdset-id", SHOT_SET), -1, NULL, deadline_ns, NULL);
	ret = qmp_call(&qmp, "add-fd", json_pack("{s:i}", "fdset-id", SHOT_SET), given, NULL, deadline_ns, err);
	if (!ret)
		ret = qmp_call(&qmp, "screendump", json_pack("{s:s}", "filename", set), -1, NULL, deadline_ns, err);
	qmp_call(&qmp, "remove-fd", json_pack("{s:i}", "fdset-id", SHOT_SET), -1, NULL, deadline_ns, NULL);
	if (ret)
		return ret;
	if (fstat(fd, &st) || st.st_size <= 0 || st.st_size > JAIL_FILE_MAX)
		return xlite_error_set(err, -EIO, "QEMU wrote no picture");
	*bytes = malloc((size_t)st.st_size);
	if (!*bytes)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	*len = (size_t)st.st_size;
	if (pread(fd, *bytes, *len, 0) == st.st_size)
		return 0;
	free(*bytes);
	*bytes = NULL;
	return xlite_error_set(err, -EIO, "QEMU wrote no picture");
}
