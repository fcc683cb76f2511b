/* SPDX-License-Identifier: GPL-2.0-or-later
 * Test guest: "SECONDS VICTIM FLOOD" on its command line. By XenStore it asks for all that is not its own (domain
 * VICTIM's nodes, dom0's, those of its own that dom0 wrote), which must be refused: that is its verdict. Meanwhile it
 * lies in and fights over all that it may write; with FLOOD 1 it has also filled XenStore as far as its quota goes. It
 * does what dom0 says in its node "order" (there is none at first): "delete" whatever it can, "hammer" at what the
 * toolstack works with and do nothing else, "end". Its node "attr" says how far it is.
 */
#include "tests/guests/store.h"

const char guest_name[] = "hostile";

/* In texts @ stands for its own domid, # for the victim's, % for a number. */
static uint64_t self, victim, count;

/* Of others: not to be read, and not to be written. */
static const char *const theirs[] = {
	"/local", "/local/domain", "/libxl", "/vm", "/tool",
	"/local/domain/0", "/local/domain/0/name", "/local/domain/0/backend", "/local/domain/0/backend/vif",
	"/local/domain/0/backend/vif/#",
	"/local/domain/0/backend/vif/#/0", "/local/domain/0/backend/vif/#/0/state", "/local/domain/0/backend/vif/#/0/mac",
	"/local/domain/0/backend/vbd/#/51712", "/local/domain/0/backend/vbd/#/51712/params", "/local/domain/0/backend/vif/@",
	"/local/domain/#", "/local/domain/#/name", "/local/domain/#/vm", "/local/domain/#/device",
	"/local/domain/#/device/vif/0",
	"/local/domain/#/device/vif/0/state", "/local/domain/#/device/vif/0/backend", "/local/domain/#/device/vbd/51712/state",
	"/local/domain/#/console/ring-ref", "/local/domain/#/console/limit", "/local/domain/#/store/ring-ref",
	"/local/domain/#/data",
	"/local/domain/#/control/shutdown", "/local/domain/#/memory/target",
	"/libxl/#", "/libxl/#/xlite", "/libxl/#/device/vif/0/mac", "/libxl/@", "/libxl/@/xlite", "/libxl/@/type",
};

/* Its own, but dom0's to write. */
static const char *const fixed[] = {
	"/local/domain/@", "name", "domid", "vm", "order", "control", "device", "device/vif", "device/vbd",
	"device/vif/9", "console", "console/tty",
	"console/limit", "console/type", "console/output", "console/port", "console/ring-ref", "store", "store/port",
	"store/ring-ref", "memory",
	"memory/target", "memory/static-max", "cpu/0/availability", "control/platform-feature-xs_reset_watches",
	"control/laptop-slate-mode",
	"/local/domain/0/backend/vif/@/0", "/local/domain/0/backend/vif/@/0/state", "/local/domain/0/backend/vif/@/0/online",
	"/local/domain/0/backend/vif/@/0/script", "/local/domain/0/backend/vif/@/0/frontend",
	"/local/domain/0/backend/vbd/@/51712",
	"/local/domain/0/backend/vbd/@/51712/params", "/local/domain/0/backend/vbd/@/51712/mode",
	"/local/domain/0/backend/vbd/@/51712/physical-device", "/local/domain/0/backend/vbd/@/51712/state",
};

/* What it may write: its frontends, with what it says there in turn, and what is left to guests else. */
static const char *const fronts[] = { "device/vif/0", "device/vif/1", "device/vbd/51712", "device/vbd/51728" };
static const struct { const char *node, *values[4];
} lies[] = {
	{ "/backend",
	  { "/local/domain/0/backend/vif/#/0", "/local/domain/0/backend/vbd/#/51712", "/local/domain/0", "/libxl/#" } },
	{ "/backend-id", { "#", "32752", "-1", "0" } },
	{ "/state", { "4", "1", "6", "3" } },
	{ "/mac", { "00:16:3e:00:00:01", "", "ff:ff:ff:ff:ff:ff", "none" } },
	{ "/ring-ref", { "1", "8", "4294967295", "-1" } },
	{ "/tx-ring-ref", { "1", "8", "4294967295", "-1" } },
	{ "/rx-ring-ref", { "1", "9", "4294967295", "-1" } },
	{ "/event-channel", { "1", "2", "4294967295", "-1" } },
	{ "/virtual-device", { "51728", "0", "768", "-1" } },
};
static const char *const free_for_all[] = {
	"control/shutdown", "control/sysrq", "control/feature-poweroff", "control/feature-reboot", "control/feature-suspend",
	"device/suspend/event-channel", "drivers", "feature", "error", "data",
};
static const char *const errors[] = { "error/device/vif/0/error", "error/device/vif/1/error", "error/device/vbd/51712/error" };

static char value[2048];
static size_t largest = sizeof(value);	/* as long as xenstored lets it be */
static uint64_t turn, values = 1;

static uint64_t mark(char c)
{
	return c == '@' ? self : c == '#' ? victim : count;
}

/* The text and what follows it, with their numbers put in; good until the next but one. */
static const char *expand(const char *text, const char *after)
{
	static char texts[2][160];
	static unsigned which;
	char digits[24], *to = texts[which ^= 1];

	for (unsigned part = 0; part < 2; part++) {
		for (const char *at = part ? after : text; *at; at++) {
			uint64_t n = mark(*at);
			char *digit = digits;

			if (*at != '@' && *at != '#' && *at != '%') {
				*to++ = *at;
				continue;
			}
			do
				*digit++ = (char)('0' + n % 10);
			while (n /= 10);
			while (digit > digits)
				*to++ = *--digit;
		}
	}
	*to = '\0';
	return texts[which];
}

static const char *numbered(const char *text, uint64_t number)
{
	count = number;
	return expand(text, "");
}

static void write(const char *path, const char *text)
{
	store_send(XS_WRITE, 0, path, text, store_len(text));
}

static void say(const char *word)
{
	CHECK_IS(store_ask(XS_WRITE, 0, "attr", word, store_len(word)), STORE_OK);
}

static void unwritable(const char *what)
{
	const char *perms;

	CHECK_IS(store_ask(XS_WRITE, 0, expand(what, ""), "x", 1), STORE_EACCES);
	CHECK_IS(store_ask(XS_MKDIR, 0, expand(what, "/x"), "", 0), STORE_EACCES);
	CHECK_IS(store_ask(XS_RM, 0, expand(what, ""), "", 0), STORE_EACCES);
	perms = expand("n@", "");
	CHECK_IS(store_ask(XS_SET_PERMS, 0, expand(what, ""), perms, store_len(perms) + 1), STORE_EACCES);
}

/* All that is not its own. */
static void snoop(void)
{
	char vm[64];

	for (size_t i = 0; i < ARRAY_SIZE(theirs); i++) {
		CHECK_IS(store_ask(XS_READ, 0, expand(theirs[i], ""), "", 0), STORE_EACCES);
		CHECK_IS(store_ask(XS_DIRECTORY, 0, expand(theirs[i], ""), "", 0), STORE_EACCES);
		CHECK_IS(store_ask(XS_GET_PERMS, 0, expand(theirs[i], ""), "", 0), STORE_EACCES);
		unwritable(theirs[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		unwritable(fixed[i]);
	CHECK_IS(store_ask(XS_DIRECTORY, 0, "/", "", 0), STORE_EACCES);
	/* Its /vm, which it is told the name of. */
	CHECK_IS(store_ask(XS_READ, 0, "vm", "", 0), STORE_OK);
	memcpy(vm, store_answer, sizeof(vm));
	unwritable(vm);
	CHECK(store_ask(XS_CONTROL, 0, "check", "", 0) != STORE_OK);
	CHECK(store_ask(XS_RELEASE, 0, expand("#", ""), "", 0) != STORE_OK);
	CHECK(store_ask(XS_INTRODUCE, 0, expand("#", ""), "1\0002", 4) != STORE_OK);
	CHECK(store_ask(XS_SET_TARGET, 0, expand("@", ""), "0", 2) != STORE_OK);
	CHECK(store_ask(XS_RESUME, 0, expand("#", ""), "", 0) != STORE_OK);
}

/* It may ask to be told of others' nodes, but must hear of no change there. */
static const char *const spied[] = {
	"/local/domain/#", "/local/domain/0/backend/vif/#", "/libxl", "/tool", "@introduceDomain", "@releaseDomain",
};

static void spy(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(spied); i++)
		store_ask(XS_WATCH, 0, expand(spied[i], ""), "o", 2);
}

/* As many nodes as it may have, as large as they may be. */
static void fill(void)
{
	enum store_result result = STORE_OK;

	while (store_ask(XS_WRITE, 0, "data/n0", value, largest) != STORE_OK)
		largest -= 8;
	for (values = 1; values < 2000 && result == STORE_OK; values++)
		result = store_ask(XS_WRITE, 0, numbered("data/n%", values), value, largest);
	CHECK(result != STORE_OK);
	for (uint64_t i = 0; i < 200; i++) {
		const char *token = numbered("w%", i);

		store_send(XS_WATCH, 0, "feature", token, store_len(token) + 1);
	}
	store_settle();
}

/* What the toolstack's transactions have to do with, as fast as it can. */
static void hammer(const char *state)
{
	for (unsigned i = 0; i < 40; i++) {
		write(expand(fronts[i % ARRAY_SIZE(fronts)], "/state"), state);
		write(errors[i % ARRAY_SIZE(errors)], "16 \033]0;owned\007\033[2J");
	}
}

static void tell_lies(void)
{
	for (size_t f = 0; f < ARRAY_SIZE(fronts); f++)
		for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
			const char *lie = expand(lies[i].values[turn % 4], "");

			write(expand(fronts[f], lies[i].node), lie);
		}
}

static uint32_t number(const char *text)
{
	uint32_t n = 0;

	while (*text >= '0' && *text <= '9')
		n = n * 10 + (uint32_t)(*text++ - '0');
	return n;
}

/* As many at once as it may have, each in the others' way. To leave: some are never ended. */
static void transactions(bool leave)
{
	uint32_t open[16];
	size_t nr = 0;

	while (nr < ARRAY_SIZE(open) && store_ask(XS_TRANSACTION_START, 0, "", "", 0) == STORE_OK)
		open[nr++] = number(store_answer);
	for (size_t i = 0; i < nr; i++) {
		store_send(XS_READ, open[i], "data/n0", "", 0);
		store_send(XS_WRITE, open[i], "data/n0", "x", 1);
		store_send(XS_WRITE, open[i], "device/vif/0/state", "4", 1);
	}
	for (size_t i = leave ? 4 : 0; i < nr; i++)
		store_send(XS_TRANSACTION_END, open[i], i % 4 ? "T" : "F", "", 0);
	store_settle();
}

static void the_rest(void)
{
	static const char *const words[] = { "suspend", "poweroff", "halt", "\033[2J" };

	for (size_t i = 0; i < ARRAY_SIZE(free_for_all); i++)
		write(free_for_all[i], words[turn % ARRAY_SIZE(words)]);
	for (uint64_t i = 0; i < 4; i++) {
		uint64_t which = (turn * 4 + i) % values;

		store_send(XS_RM, 0, numbered("data/n%", which), "", 0);
		store_send(XS_WRITE, 0, numbered("data/n%", which), value, largest);
	}
}

/* It loses them by that: only dom0 could make them again. */
static void delete(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(fronts); i++)
		store_ask(XS_RM, 0, fronts[i], "", 0);
	/* But for the last, its data, which it needs for the flood. */
	for (size_t i = 0; i + 1 < ARRAY_SIZE(free_for_all); i++)
		store_ask(XS_RM, 0, free_for_all[i], "", 0);
	say("deleted");
}

/* Whether dom0 wants more. */
static bool obey(bool *deleted)
{
	if (store_ask(XS_READ, 0, "order", "", 0) != STORE_OK)
		return true;
	/* Closed: the toolstack has not to wait for it. */
	while (store_answer[0] == 'h') {
		hammer("6");
		CHECK_IS(store_ask(XS_READ, 0, "order", "", 0), STORE_OK);
	}
	if (store_answer[0] == 'd' && !*deleted) {
		delete();
		*deleted = true;
	}
	return store_answer[0] != 'e';
}

void guest_test(void)
{
	uint64_t end_ns;
	bool deleted = false;

	guest_map_shared();
	store_init();
	self = guest_domid();
	victim = guest_word(1, 0);
	memset(value, 'x', sizeof(value));
	end_ns = guest_now() + guest_word(0, 5) * 1000 * NS_PER_MS;
	snoop();
	spy();
	/* While there is room for nodes yet. */
	hammer("1");
	tell_lies();
	if (guest_word(2, 0))
		fill();
	say("busy");
	for (; guest_now() < end_ns && obey(&deleted); turn++) {
		hammer(lies[2].values[turn % 4]);
		tell_lies();
		transactions(false);
		the_rest();
		if (turn % 16 == 15)
			snoop();
	}
	transactions(true);
	snoop();
	/* Each watch says once that it is there. */
	CHECK_IS(store_events['o'], ARRAY_SIZE(spied));
	guest_rounds = store_answered;
	store_spoil();
}
