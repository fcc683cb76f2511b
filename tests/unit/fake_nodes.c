/* SPDX-License-Identifier: GPL-2.0-or-later
 * A small store for the fake of XenStore; see fake_nodes.h.
 */
#include "tests/unit/fake_nodes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/clock.h"

struct fake_node fake_nodes[FAKE_NODES_MAX];
size_t fake_nodes_nr;
struct buf fake_nodes_history;

int fake_nodes_clear(void **state)
{
	for (size_t i = 0; i < fake_nodes_nr; i++) {
		free(fake_nodes[i].path);
		free(fake_nodes[i].value);
	}
	fake_nodes_nr = 0;
	buf_clear(&fake_nodes_history);
	alarm(60);
	return 0;
}

static size_t find(const char *path)
{
	size_t i = 0;

	while (i < fake_nodes_nr && strcmp(fake_nodes[i].path, path))
		i++;
	return i;
}

void fake_nodes_put(const char *path, const char *value)
{
	size_t i = find(path);

	if (i == fake_nodes_nr) {
		assert_true(fake_nodes_nr < FAKE_NODES_MAX);
		fake_nodes[fake_nodes_nr++].path = strdup(path);
	} else {
		free(fake_nodes[i].value);
	}
	fake_nodes[i].value = strdup(value);
}

void fake_nodes_drop(const char *path)
{
	size_t len = strlen(path);

	for (size_t i = fake_nodes_nr; i-- > 0;) {
		if (strncmp(fake_nodes[i].path, path, len) || (fake_nodes[i].path[len] && fake_nodes[i].path[len] != '/'))
			continue;
		free(fake_nodes[i].path);
		free(fake_nodes[i].value);
		fake_nodes[i] = fake_nodes[--fake_nodes_nr];
	}
}

/* Immediate children, each once. */
static void list(struct fake *fake, const struct fake_request *request)
{
	struct buf names = BUF_INIT;
	size_t len = strlen(request->body);
	char last[64] = "";

	for (size_t i = 0; i < fake_nodes_nr; i++) {
		const char *name = fake_nodes[i].path + len + 1;
		char one[64];

		if (strncmp(fake_nodes[i].path, request->body, len) || fake_nodes[i].path[len] != '/')
			continue;
		snprintf(one, sizeof(one), "%.*s", (int)strcspn(name, "/"), name);
		if (!strcmp(one, last))
			continue;
		strcpy(last, one);
		buf_add(&names, one, strlen(one) + 1);
	}
	if (names.len || find(request->body) < fake_nodes_nr)
		fake_say(fake, request->type, request->id, names.data, names.len);
	else
		fake_error(fake, request->id, "ENOENT");
	buf_clear(&names);
}

void fake_nodes_answer(struct fake *fake, const struct fake_request *request)
{
	const char *second = request->body + strlen(request->body) + 1;
	size_t i = find(request->body);

	switch (request->type) {
	case XS_WRITE:
		assert_true(strlen(second) <= 2048);
		fake_nodes_put(request->body, second);
		buf_printf(&fake_nodes_history, "write %s = %s\n", request->body, second);
		break;
	case XS_MKDIR:
		if (i == fake_nodes_nr)
			fake_nodes_put(request->body, "");
		buf_printf(&fake_nodes_history, "mkdir %s\n", request->body);
		break;
	case XS_SET_PERMS:
		buf_printf(&fake_nodes_history, "perms %s %s%s%s\n", request->body, second,
			   second + strlen(second) + 1 < request->body + request->len ? "," : "",
			   second + strlen(second) + 1);
		break;
	case XS_RM:
		fake_nodes_drop(request->body);
		buf_printf(&fake_nodes_history, "rm %s\n", request->body);
		break;
	case XS_READ:
		if (i == fake_nodes_nr)
			fake_error(fake, request->id, "ENOENT");
		else
			fake_text(fake, XS_READ, request->id, fake_nodes[i].value);
		return;
	case XS_DIRECTORY:
		list(fake, request);
		return;
	}
	fake_plain(fake, request);
}

void fake_nodes_commit(struct fake *fake, struct xlite_store_batch *batch)
{
	struct xlite_error err = { 0 };

	assert_int_equal(xlite_store_batch_commit(fake->store, batch, clock_deadline_ms(5000), &err), 0);
	xlite_store_batch_clear(batch);
}
