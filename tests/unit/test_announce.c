/* SPDX-License-Identifier: GPL-2.0-or-later
 * The words ip= by which a kernel's command line tells an address and a gateway.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cfg/cfg.h"
#include "common/auto.h"
#include "xlite/reconcile/announce.h"

#define NETWORKS \
	"kind: network\nname: lan0\nmode: nat\nsubnet: 10.77.0.0/24\n" \
	"---\nkind: network\nname: xenbr0\nsubnet: 192.0.2.0/28\ngateway: 192.0.2.1\n---\n"

/* What a domain with these vifs is told on a host that has the networks; "!TEXT": the error. */
static void told(const char *vifs, const char *wanted)
{
	auto_buf struct buf text = BUF_INIT, out = BUF_INIT;
	struct cfg_set *set = cfg_set_new();
	struct cfg_network *const *networks;
	struct cfg_domain *const *domains;
	struct state_network known[2] = { { NULL } };
	struct state state = { .networks = known };
	struct xlite_error err = { 0 };
	size_t nr;
	int rc;

	buf_printf(&text, NETWORKS "name: a\nmemory: 64MiB\nkernel: /k\ncmdline: quiet\nvifs: [%s]\n", vifs);
	assert_int_equal(cfg_set_parse(set, "a.yaml", buf_str(&text), text.len), 0);
	domains = cfg_set_domains(set, &nr);
	assert_int_equal(nr, 1);
	networks = cfg_set_networks(set, &state.nr_networks);
	assert_int_equal(state.nr_networks, 2);
	for (size_t i = 0; i < 2; i++)
		known[i].spec = networks[i];
	rc = announce_words(domains[0], &state, &out, &err);
	assert_string_equal(rc ? err.message : buf_str(&out), wanted);
	assert_int_equal(rc, strncmp(wanted, "quiet ", 6) ? -EINVAL : 0);
	cfg_set_free(set);
}

static void test_gateways(void **state)
{
	/* Of a nat network the host's address, of a bridge the one that is said. */
	told("{nat: lan0, ip: 10.77.0.9, announce: cmdline}", "quiet ip=10.77.0.9::10.77.0.1:255.255.255.0:a::off");
	told("{nat: lan0, ip: 10.77.0.9, announce: cmdline, gateway: 10.77.0.2}",
	     "quiet ip=10.77.0.9::10.77.0.2:255.255.255.0:a::off");
	told("{bridge: xenbr0, ip: 192.0.2.9, announce: cmdline}", "quiet ip=192.0.2.9:::255.255.255.240:a::off");
	told("{bridge: xenbr0, ip: 192.0.2.9, announce: cmdline, gateway: 192.0.2.1}",
	     "quiet ip=192.0.2.9::192.0.2.1:255.255.255.240:a::off");
	told("{route: eth0, ip: [\"fd00::1/64\", 198.51.100.9/30], announce: cmdline, gateway: 198.51.100.10}",
	     "quiet ip=198.51.100.9::198.51.100.10:255.255.255.252:a::off");
	/* Linux would refuse it, with the address: also where only the network says how long the prefix is. */
	told("{bridge: xenbr0, ip: 192.0.2.9, announce: cmdline, gateway: 192.0.2.17}",
	     "vif 0: gateway: 192.0.2.17 is outside of the address's subnet, and Linux's command line takes no such router");
	told("{nat: lan0, ip: 10.77.0.9}, {nat: lan0, ip: 10.77.0.8, announce: cmdline, gateway: 10.78.0.1}",
	     "vif 1: gateway: 10.78.0.1 is outside of the address's subnet, and Linux's command line takes no such router");
}

static struct cfg_network *const *parse_networks(struct cfg_set *set, const char *text)
{
	struct cfg_network *const *networks;
	size_t nr;

	assert_int_equal(cfg_set_parse(set, "a.yaml", text, strlen(text)), 0);
	networks = cfg_set_networks(set, &nr);
	assert_int_equal(nr, 2);
	return networks;
}

/* A plan that makes a network, or changes one, tells of guests in it as they will be. */
static void test_coming(void **state)
{
	struct cfg_set *old = cfg_set_new(), *new = cfg_set_new();
	struct cfg_network *const *had = parse_networks(old, "kind: network\nname: lan0\nmode: nat\nsubnet: 10.77.0.0/24\n---\n"
							     "kind: network\nname: kept0\nmode: nat\nsubnet: 10.79.0.0/24\n");
	struct cfg_network *const *made =
		parse_networks(new, "kind: network\nname: lan0\nmode: nat\nsubnet: 10.77.0.0/16\n---\n"
				    "kind: network\nname: new0\nmode: nat\nsubnet: 10.78.0.0/24\n");
	const struct cfg_network *const coming[] = { made[0], made[1] };
	struct host host = { .coming = coming, .nr_coming = 2 };
	static const char *const subnets[] = { "10.77.0.0/16", "10.79.0.0/24", "10.78.0.0/24" };
	static const char *const names[] = { "lan0", "kept0", "new0" };
	struct state known = { .networks = calloc(2, sizeof(*known.networks)), .nr_networks = 2 };
	struct xlite_error err = { 0 };

	for (size_t i = 0; i < 2; i++)
		known.networks[i] = (struct state_network){ .name = strdup(had[i]->name), .spec = cfg_network_copy(had[i]) };
	assert_int_equal(announce_networks(&host, &known, &err), 0);
	assert_int_equal(known.nr_networks, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct cfg_network *network =
			announce_network(&known, &(struct cfg_vif){ .kind = CFG_VIF_NAT, .target = (char *)names[i] });

		assert_non_null(network);
		assert_string_equal(network->subnet.items[0], subnets[i]);
	}
	state_clear(&known);
	cfg_set_free(old);
	cfg_set_free(new);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gateways), cmocka_unit_test(test_coming),
	};

	return cmocka_run_group_tests_name("announce", tests, NULL, NULL);
}
