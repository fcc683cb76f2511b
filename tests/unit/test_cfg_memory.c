/* SPDX-License-Identifier: GPL-2.0-or-later
 * Every allocation of the language fails once: nothing crashes, nothing leaks (ASan), and what cannot be
 * whole says so. Linked with --wrap for the allocators.
 */
#include "tests/unit/cfg_check.h"

#include <errno.h>
#include <stdlib.h>

#include "common/buf.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_reallocarray(void *p, size_t nr, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_reallocarray(void *p, size_t nr, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

static long left = -1;	/* allocations until one fails; -1: none does */
static bool happened;

static bool fails(void)
{
	if (left < 0 || left--)
		return false;
	happened = true;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return fails() ? NULL : __real_calloc(nr, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

void *__wrap_reallocarray(void *p, size_t nr, size_t size)
{
	return fails() ? NULL : __real_reallocarray(p, nr, size);
}

char *__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n)
{
	return fails() ? NULL : __real_strndup(s, n);
}

static const char good[] =
	"name: a\nmemory: {target: 64MiB, max: 1GiB}\nkernel: /k\ncmdline: &c a b\nx-c: *c\nvcpus: {affinity: 1}\n"
	"vifs: [{bridge: br0, script: s}, {bridge: br1}]\nvbds: [{vdev: xvda, source: /d}]\nlabels: {a: b, c: d}\n";
static const char more[] =
	"kind: defaults\nmemory: 64MiB\nkernel: /k\nlabels: {a: b}\nvcpus: 2\n---\nkind: network\nname: n\nmode: nat\n"
	"subnet: [10.0.0.0/24, 10.0.1.0/24]\nlabels: {a: b}\n---\nname: a\nlabels: {c: d}\nvcpus: {online: 1}\n"
	"vifs: [{nat: n, ip: [10.0.0.2, 10.0.0.3], forward: [{tcp: 1, to: 2}]}]\ndepends_on: [{name: b, console: x}, c]\n---\nname: b\n";
static const char bad[] =
	"nam: a\nmemory: x\nvifs: [{bridge: 1, bridge: 2}, 5]\nlabels: {-: b}\ndepends_on: [a, b]\n---\nkind: network\nname: n\n"
	"subnet: [10.0.0.0/24]\n---\nname: \"b\n";

static void try(const char *text, size_t nr_domains)
{
	for (long n = 0; ; n++) {
		struct cfg_set *set = NULL;
		int rc = -ENOMEM;

		left = n;
		happened = false;
		set = cfg_set_new();
		if (set)
			rc = cfg_set_parse(set, "t", text, strlen(text));
		if (rc >= 0 && set)
			rc = cfg_set_check(set) < 0 ? -ENOMEM : rc;
		left = -1;
		if (!happened) {
			size_t nr;

			cfg_set_domains(set, &nr);
			assert_int_equal(nr, nr_domains);
			cfg_set_free(set);
			assert_true(n > 20);
			return;
		}
		/* A reason in words may be lost; a document may not. */
		if (rc >= 0 && nr_domains)
			fail_msg("allocation %ld failed and nobody noticed", n);
		cfg_set_free(set);
	}
}

static void test_parse(void **state)
{
	try(good, 1);
	try(more, 2);
}

static void test_parse_errors(void **state)
{
	try(bad, 0);
}

static void test_others(void **state)
{
	struct cfg_set *set = cfg_set_new(), *other_set = cfg_set_new();
	const struct cfg_domain *domain = parse_one(set, good), *other = parse_one(other_set, "name: b\nstate: stopped\n");

	happened = true;
	for (long n = 0; happened; n++) {
		struct cfg_domain *copy;
		struct buf out = BUF_INIT;
		struct cfg_diff *diffs = NULL;
		size_t nr = 0;
		int rc;

		happened = false;
		left = n;
		copy = cfg_domain_copy(domain);
		assert_true(copy || happened);
		cfg_domain_free(copy);
		rc = cfg_diff(domain, other, &diffs, &nr);
		assert_true(rc == 0 || (rc == -ENOMEM && happened));
		cfg_diff_free(diffs, nr);
		cfg_print(domain, true, &out);
		assert_true(!out.failed || happened);
		buf_clear(&out);
		cfg_print_json(domain, &out);
		buf_clear(&out);
		copy = cfg_domain_new();
		left = -1;
		cfg_domain_free(copy);
	}
	cfg_set_free(set);
	cfg_set_free(other_set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_errors),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests_name("cfg_memory", tests, NULL, NULL);
}
