/* SPDX-License-Identifier: GPL-2.0-or-later
 * Builds a PVH domain with the library alone and says what it took. For tests in a lab: without -s no XenStore
 * node is written, with -s those that xenstored and xenconsoled need.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "xlite/lib/build.h"
#include "xlite/lib/layout.h"

struct options {
	struct xlite_build_config build;
	const char *name;
	bool store, run, keep;
	unsigned seconds;
};

struct job {
	struct options o;
	struct xlite_xen *xen;
	struct xlite_store *store;
	struct xlite_build *build;
	uint32_t domid;
	uint8_t uuid[16];
	int64_t last_ns;
};

static void say(struct job *job, const char *what)
{
	const struct xlite_xen_counts *counts = xlite_xen_counts(job->xen);
	int64_t now = clock_now_ns();

	printf("%-8s %8.1f ms, so far %llu hypercalls (%llu write), %llu pages mapped\n", what,
	       (double)(now - job->last_ns) / NS_PER_MS, (unsigned long long)counts->hypercalls,
	       (unsigned long long)counts->writes, (unsigned long long)counts->mapped_pages);
	job->last_ns = now;
}

static int publish(struct job *job, struct xlite_error *err)
{
	const struct xlite_build_result *result = xlite_build_result(job->build);
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct timespec now;
	int rc;

	clock_gettime(CLOCK_REALTIME, &now);
	struct xlite_layout_domain layout = {
		.type = &xlite_guest_pvh,
		.domid = job->domid,
		.name = job->o.name,
		.memory_kib = job->o.build.memory_kib,
		.max_memory_kib = job->o.build.max_memory_kib,
		.vcpus_max = job->o.build.vcpus_max,
		.vcpus_online = job->o.build.vcpus_online,
		.store_port = result->store_port,
		.console_port = result->console_port,
		.store_gfn = result->store_gfn,
		.console_gfn = result->console_gfn,
		.start_time_ns = (int64_t)now.tv_sec * NS_PER_SEC + now.tv_nsec,
	};

	memcpy(layout.uuid, job->uuid, sizeof(layout.uuid));
	xlite_layout_domain(batch, &layout);
	xlite_layout_rings(batch, &layout);
	rc = xlite_store_batch_commit(job->store, batch, clock_deadline_ms(20000), err);
	if (!rc)
		rc = xlite_store_introduce(job->store, job->domid, result->store_gfn, result->store_port, err);
	xlite_store_batch_free(batch);
	return rc;
}

static void unpublish(struct job *job)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();

	xlite_layout_remove(batch, job->domid, XLITE_DOM0, job->uuid);
	xlite_store_batch_commit(job->store, batch, clock_deadline_ms(20000), NULL);
	xlite_store_release(job->store, job->domid, NULL);
	xlite_store_batch_free(batch);
}

static int build(struct job *job, struct xlite_error *err)
{
	const struct {
		const char *name;
		int (*run)(struct xlite_build *build, struct xlite_error *err);
	} phases[] = {
		{ "memory", xlite_build_memory },
		{ "image", xlite_build_image },
		{ "boot", xlite_build_boot },
	};
	int rc = xlite_build_domain(job->build, job->xen, job->domid, err);

	say(job, "domain");
	for (size_t i = 0; i < 3 && !rc; i++) {
		rc = phases[i].run(job->build, err);
		say(job, phases[i].name);
	}
	if (!rc && job->o.store)
		rc = publish(job, err);
	if (!rc && job->o.run) {
		rc = xlite_domain_unpause(job->xen, job->domid, err);
		say(job, "unpause");
	}
	return rc;
}

static int watch(struct job *job, struct xlite_error *err)
{
	struct xlite_domain_info info = { 0 };

	for (unsigned i = 0; i < job->o.seconds && !info.shutdown; i++) {
		int rc = xlite_domain_info(job->xen, job->domid, &info, err);

		if (rc)
			return rc;
		sleep(1);
	}
	printf("domain %u: %llu KiB of %llu, %u vCPUs online, %.1f s of CPU,%s%s%s%s\n", job->domid,
	       (unsigned long long)info.mem_kib, (unsigned long long)info.max_mem_kib, info.nr_online_vcpus,
	       (double)info.cpu_time_ns / NS_PER_SEC, info.running ? " running" : "", info.blocked ? " blocked" : "",
	       info.paused ? " paused" : "", info.shutdown ? " shut down" : "");
	if (info.shutdown)
		printf("shutdown reason %u\n", info.shutdown_reason);
	return 0;
}

static int create(struct job *job, struct xlite_error *err)
{
	struct xlite_domain_config config = {
		.type = &xlite_guest_pvh,
		.vcpus_max = job->o.build.vcpus_max,
		.max_grant_frames = -1,
		.max_maptrack_frames = -1,
	};
	int rc;

	memcpy(config.uuid, job->uuid, sizeof(config.uuid));
	rc = xlite_domain_create(job->xen, &config, &job->domid, err);
	say(job, "create");
	if (rc)
		return rc;
	rc = build(job, err);
	if (!rc)
		rc = watch(job, err);
	if (!rc && job->o.keep) {
		printf("kept domain %u\n", job->domid);
		return 0;
	}
	if (!rc)
		rc = xlite_domain_destroy(job->xen, job->domid, clock_deadline_ms(20000), err);
	else
		xlite_domain_destroy(job->xen, job->domid, clock_deadline_ms(20000), NULL);
	say(job, "destroy");
	if (job->o.store)
		unpublish(job);
	return rc;
}

static int start(struct job *job, struct xlite_error *err)
{
	const struct xlite_xen_version *version;
	int rc = xlite_xen_open(&job->xen, err);

	if (rc)
		return rc;
	version = xlite_xen_version(job->xen);
	printf("Xen %u.%u%s, domctl 0x%x, sysctl 0x%x\n", version->major, version->minor, version->extra, version->domctl,
	       version->sysctl);
	say(job, "open");
	if (job->o.store)
		rc = xlite_store_open(&job->store, err);
	if (!rc)
		rc = xlite_build_new(&job->build, &job->o.build, err);
	say(job, "new");
	return rc ? rc : create(job, err);
}

static int usage(void)
{
	fputs("usage: build-domain [-n name] [-m MiB] [-M max MiB] [-v vcpus] [-c cmdline] [-i ramdisk] [-t seconds]\n"
	      "                    [-s (nodes in XenStore)] [-u (unpause)] [-k (keep)] kernel\n", stderr);
	return 64;
}

static int options(struct options *o, int argc, char **argv)
{
	int c;

	*o = (struct options){ .name = "built", .build = { .type = &xlite_guest_pvh, .memory_kib = 16384, .vcpus_max = 1 } };
	while ((c = getopt(argc, argv, "n:m:M:v:c:i:t:suk")) != -1) {
		switch (c) {
		case 'n': o->name = optarg; break;
		case 'm': o->build.memory_kib = strtoull(optarg, NULL, 10) << 10; break;
		case 'M': o->build.max_memory_kib = strtoull(optarg, NULL, 10) << 10; break;
		case 'v': o->build.vcpus_max = (unsigned)atoi(optarg); break;
		case 'c': o->build.cmdline = optarg; break;
		case 'i': o->build.ramdisk = optarg; break;
		case 't': o->seconds = (unsigned)atoi(optarg); break;
		case 's': o->store = true; break;
		case 'u': o->run = true; break;
		case 'k': o->keep = true; break;
		default: return -1;
		}
	}
	if (optind + 1 != argc)
		return -1;
	o->build.kernel = argv[optind];
	o->build.vcpus_online = o->build.vcpus_max;
	if (!o->build.max_memory_kib)
		o->build.max_memory_kib = o->build.memory_kib;
	return 0;
}

int main(int argc, char **argv)
{
	struct job job = { .last_ns = clock_now_ns() };
	struct xlite_error err = { 0 };
	int rc;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (options(&job.o, argc, argv))
		return usage();
	for (size_t i = 0; i < sizeof(job.uuid); i++)
		job.uuid[i] = (uint8_t)(clock_now_ns() >> i) ^ (uint8_t)getpid();
	rc = start(&job, &err);
	if (rc) {
		fprintf(stderr, "build-domain: %s\n", err.message);
		if (err.hint[0])
			fprintf(stderr, "hint: %s\n", err.hint);
	}
	xlite_build_free(job.build);
	if (job.store)
		xlite_store_close(job.store);
	xlite_xen_close(job.xen);
	return rc ? (int)xlite_error_exit(&err) : 0;
}
