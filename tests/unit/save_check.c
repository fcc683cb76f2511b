/* SPDX-License-Identifier: GPL-2.0-or-later
 * A domain that is saved and restored, for the tests of both.
 */
#include "tests/unit/save_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "xlite/lib/build_int.h"
#include "xlite/lib/memory.h"

#include <xen/domctl.h>
#include <xen/hvm/params.h>

static int io_write(void *ctx, const void *bytes, size_t len)
{
	buf_add(&((struct fixture *)ctx)->stream, bytes, len);
	return 0;
}

int save_check_zeros(void *ctx, size_t len)
{
	static const uint8_t page[4096];
	struct fixture *f = ctx;

	f->holes += len;
	for (; len; len -= sizeof(page))
		buf_add(&f->stream, page, sizeof(page));
	return 0;
}

static ssize_t io_read(void *ctx, void *buffer, size_t len)
{
	struct fixture *f = ctx;
	size_t left = f->stream.len - f->at;

	len = len < left ? len : left;
	memcpy(buffer, f->stream.data + f->at, len);
	f->at += len;
	return (ssize_t)len;
}

static const struct xlite_domain_config domain_config = {
	.type = &xlite_guest_pvh, .uuid = { 1, 2, 3 }, .vcpus_max = 2, .max_grant_frames = -1, .max_maptrack_frames = -1,
};

static void set_limits(struct fixture *f)
{
	struct xen_domctl_max_vcpus *vcpus;
	struct xen_batch batch;

	xen_batch_init(&batch, f->xen);
	vcpus = xen_batch_domctl(&batch, "max_vcpus", XEN_WRITES, XEN_DOMCTL_max_vcpus, f->domid);
	vcpus->max = 2;
	memory_add_limit(&batch, f->domid, MEMORY_KIB + 1024);
	memory_add_populate(&batch, f->domid, 0, PAGES / 512, 9, 0);
	memory_add_populate(&batch, f->domid, STORE, 2, 0, 0);
	/* One in the middle of nowhere. */
	memory_add_populate(&batch, f->domid, 0x20005, 1, 0, 0);
	assert_int_equal(xen_batch_run(&batch, &f->err), 0);
}

void save_check_put_page(struct fake_domain *domain, uint64_t gfn, const char *text)
{
	assert_int_equal(pwrite(domain->memory, text, strlen(text), (off_t)(gfn << 12)), strlen(text));
}

int save_check_setup(void **state)
{
	static const struct hvm_save_header header = { .magic = HVM_FILE_MAGIC, .version = HVM_FILE_VERSION };
	const struct hvm_hw_cpu cpu = { .rip = 0x1234, .rax = 0 };
	struct hvm_save_descriptor d;
	struct fixture *f = calloc(1, sizeof(*f));
	struct fake_domain *domain;
	uint8_t *at;

	fake_init(&f->fake);
	f->io = (struct xlite_save_io){ .ctx = f, .read = io_read, .write = io_write };
	if (fake_open(&f->fake, &f->xen, &f->err) || xlite_domain_create(f->xen, &domain_config, &f->domid, &f->err))
		return -1;
	set_limits(f);
	domain = fake_domain(&f->fake, f->domid);
	/* The guest has cleared what it was given. */
	memset(domain->dirty, 0xff, FAKE_GFNS / 8);
	save_check_put_page(domain, 0, "first");
	save_check_put_page(domain, PAGES - 1, "last");
	save_check_put_page(domain, CONSOLE, "what the console's ring held");
	save_check_put_page(domain, 0x20005, "nowhere");
	domain->params[HVM_PARAM_STORE_PFN] = STORE;
	domain->params[HVM_PARAM_CONSOLE_PFN] = CONSOLE;
	domain->params[HVM_PARAM_IDENT_PT] = 0xfeffd000;
	domain->leaves[0] = (xen_cpuid_leaf_t){ 0, UINT32_MAX, 13, 1, 2, 3 };
	domain->nr_leaves = 1;
	domain->msrs[0] = (xen_msr_entry_t){ .idx = 0xce, .val = 7 };
	domain->nr_msrs = 1;
	domain->tsc[0] = 0x279d2b00000000;
	domain->tsc[1] = 1;
	domain->tsc[2] = 0xf18d4c3db;
	at = domain->raw;
	d = (struct hvm_save_descriptor){ HVM_SAVE_CODE(HEADER), 0, HVM_SAVE_LENGTH(HEADER) };
	memcpy(at, &d, sizeof(d));
	memcpy(at += sizeof(d), &header, sizeof(header));
	at += sizeof(header);
	d = (struct hvm_save_descriptor){ HVM_SAVE_CODE(CPU), 0, HVM_SAVE_LENGTH(CPU) };
	memcpy(at, &d, sizeof(d));
	memcpy(at += sizeof(d), &cpu, sizeof(cpu));
	at += sizeof(cpu);
	d = (struct hvm_save_descriptor){ HVM_SAVE_CODE(END), 0, 0 };
	memcpy(at, &d, sizeof(d));
	domain->raw_bytes = (uint32_t)(at + sizeof(d) - domain->raw);
	*state = f;
	return 0;
}

int save_check_teardown(void **state)
{
	struct fixture *f = *state;

	xlite_xen_close(f->xen);
	assert_int_equal(f->fake.mapped, 0);
	fake_clear(&f->fake);
	buf_clear(&f->stream);
	free(f);
	return 0;
}

int save_check_save(struct fixture *f, struct xlite_error *err)
{
	uint64_t bytes = 0;
	int rc;

	buf_clear(&f->stream);
	rc = xlite_save_write(f->xen, f->domid, &xlite_guest_pvh, JSON, strlen(JSON), &f->io, &bytes, err);
	assert_int_equal(bytes, f->stream.len);
	return rc;
}

int save_check_restore(struct fixture *f, uint32_t *domid, struct xlite_error *err)
{
	struct xlite_build_config config = {
		.type = &xlite_guest_pvh,
		.memory_kib = MEMORY_KIB,
		.max_memory_kib = 2 * 1024 * 1024,
		.vcpus_max = 2,
		.vcpus_online = 2,
	};
	struct xlite_build *build = NULL;
	int rc;

	*domid = 0;
	f->at = 0;
	rc = xlite_restore_open(&config.restore, &f->io, err);
	if (!rc)
		rc = xlite_build_new(&build, &config, err);
	if (!rc)
		rc = xlite_domain_create(f->xen, &domain_config, domid, err);
	if (!rc)
		rc = xlite_build_domain(build, f->xen, *domid, err);
	if (!rc)
		rc = xlite_build_memory(build, err);
	if (!rc)
		rc = xlite_build_image(build, err);
	if (!rc)
		rc = xlite_build_boot(build, err);
	if (!rc) {
		assert_int_equal(xlite_build_result(build)->store_gfn, STORE);
		assert_int_equal(xlite_build_result(build)->console_gfn, CONSOLE);
	}
	xlite_build_free(build);
	xlite_restore_free(config.restore);
	return rc;
}

void save_check_page(const struct fake_domain *domain, uint64_t gfn, const char *text)
{
	char page[4096], want[4096] = "";

	snprintf(want, sizeof(want), "%s", text);
	assert_true(fake_is_populated(domain, gfn));
	fake_read(domain, gfn << 12, page, sizeof(page));
	assert_memory_equal(page, want, sizeof(page));
}
