// SPDX-License-Identifier: BSD-2-Clause
/*
 * Logs many IKEv2 clients in at a gateway, over real sockets, and says how fast that was. Bounded
 * in number and time. Each client has a socket, SPIs and an identity of its own.
 */
#include "ikeload.h"

#include "core/log.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static uint64_t cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* --- the run --- */

static void count_reason(struct load *load, const char *reason)
{
	unsigned i = 0;

	while (i < load->reasons && strcmp(load->reason[i].name, reason) != 0)
		i++;
	if (i == REASONS_MAX)
		return;
	if (i == load->reasons) {
		snprintf(load->reason[i].name, sizeof(load->reason[i].name), "%s", reason);
		load->reasons++;
	}
	load->reason[i].count++;
}

static void finish_if_done(struct load *load)
{
	if (load->over == load->options.count)
		event_base_loopbreak(load->base);
}

static void on_hold_over(evutil_socket_t fd, short what, void *arg)
{
	struct load *load = arg;

	(void)fd;
	(void)what;
	if (!load->options.logout) {
		event_base_loopbreak(load->base);
		return;
	}
	for (unsigned i = 0; i < load->options.count; i++)
		client_logout(&load->clients[i]);
	finish_if_done(load);
}

static void begin_more(struct load *load)
{
	while (load->open < load->options.parallel && load->begun < load->options.count) {
		struct client *client = &load->clients[load->begun++];

		load->open++;
		if (!client_begin(client))
			load_failed(client, "cannot begin: no socket, address or memory");
	}
}

static void hold(struct load *load)
{
	const struct timeval wait = { .tv_sec = load->options.hold_s };

	if (load->options.hold_s > 0)
		fprintf(stderr, "ikeload: %u of %u logged in, staying %u s\n", load->up,
			load->options.count, load->options.hold_s);
	for (unsigned i = 0; i < load->options.count; i++)
		client_rekeys(&load->clients[i]);
	event_base_once(load->base, -1, EV_TIMEOUT, on_hold_over, load, &wait);
}

/* Everybody is in or has failed: move, hold, then go. */
static void login_ended(struct load *load)
{
	load->open--;
	if (load->up + load->failed != load->options.count)
		return;
	load->cpu_us = cpu_us();
	if (load->options.roam && load->up > 0)
		for (unsigned i = 0; i < load->options.count; i++)
			client_roam(&load->clients[i]);
	else
		hold(load);
}

static void roam_ended(struct load *load)
{
	if (load->roamed + load->lost_roaming == load->up)
		hold(load);
}

void load_roamed(struct client *client)
{
	client->load->roamed++;
	roam_ended(client->load);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	begin_more(arg);
}

static void next_turn(struct load *load)
{
	const struct timeval at_once = { 0 };

	event_base_once(load->base, -1, EV_TIMEOUT, on_turn, load, &at_once);
}

void load_up(struct client *client)
{
	struct load *load = client->load;

	load->last_up_us = now_us();
	load->latency_us[load->up++] = load->last_up_us - client->begun_us;
	login_ended(load);
	next_turn(load);
}

void load_failed(struct client *client, const char *reason)
{
	struct load *load = client->load;
	bool login = client->phase == LOGGING_IN, roaming = client->phase == ROAMING;

	if (client->phase == REKEYING || client->phase == DELETING_OLD)
		load->rekeys_failed++;

	count_reason(load, reason);
	load_over(client);
	if (roaming) {
		load->lost_roaming++;
		roam_ended(load);
	}
	if (!login)
		return;
	load->failed++;
	login_ended(load);
	next_turn(load);
}

void load_refused(struct client *client, const char *reason)
{
	count_reason(client->load, reason);
	client->load->rekeys_failed++;
}

void load_over(struct client *client)
{
	if (client->phase == OVER)
		return;
	client->phase = OVER;
	client->load->over++;
	client_free(client);
	finish_if_done(client->load);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct load *load = arg;

	(void)fd;
	(void)what;
	count_reason(load, "deadline");
	event_base_loopbreak(load->base);
}

/* --- the report --- */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static double percentile_ms(const struct load *load, unsigned percent)
{
	unsigned at = (unsigned)((uint64_t)load->up * percent / 100);

	if (load->up == 0)
		return 0;
	return (double)load->latency_us[at < load->up ? at : load->up - 1] / 1000;
}

static void report(struct load *load)
{
	double seconds = load->up ? (double)(load->last_up_us - load->first_us) / 1e6 : 0;
	json_t *reasons = json_object(), *root;

	qsort(load->latency_us, load->up, sizeof(load->latency_us[0]), compare);
	for (unsigned i = 0; i < load->reasons; i++)
		json_object_set_new(reasons, load->reason[i].name,
				    json_integer(load->reason[i].count));
	root = json_pack("{s:i s:i s:i s:f s:f s:f s:{s:f s:f s:f} s:o s:i s:i s:i s:{s:i "
			 "s:i s:i}}",
			 "count", (int)load->options.count, "ok", (int)load->up, "failed",
			 (int)(load->options.count - load->up), "seconds", seconds, "per_second",
			 seconds > 0 ? load->up / seconds : 0.0, "busy",
			 seconds > 0 ? (double)load->cpu_us / 1e6 / seconds : 0.0, "latency_ms",
			 "median", percentile_ms(load, 50), "p99", percentile_ms(load, 99), "max",
			 percentile_ms(load, 100), "failures", reasons, "roamed", (int)load->roamed,
			 "logged_out", (int)load->logged_out, "deleted_by_gateway",
			 (int)load->deleted, "rekeys", "child", (int)load->rekeyed_child, "ike",
			 (int)load->rekeyed_ike, "failed", (int)load->rekeys_failed);
	if (load->options.json) {
		json_dumpf(root, stdout, JSON_REAL_PRECISION(6));
		printf("\n");
	} else {
		printf("%u of %u logged in, %.0f per second; median %.2f ms, p99 %.2f ms, "
		       "max %.2f ms\n",
		       load->up, load->options.count, seconds > 0 ? load->up / seconds : 0.0,
		       percentile_ms(load, 50), percentile_ms(load, 99), percentile_ms(load, 100));
		if (load->options.rekey_s)
			printf("%u CHILD SAs and %u IKE SAs rekeyed, %u rekeys failed\n",
			       load->rekeyed_child, load->rekeyed_ike, load->rekeys_failed);
		for (unsigned i = 0; i < load->reasons; i++)
			printf("%6u %s\n", load->reason[i].count, load->reason[i].name);
	}
	json_decref(root);
}

static bool prepare(struct load *load)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (load->options.pki && !(load->pki = certs_load(load->options.pki)))
		return false;
	load->base = event_base_new();
	load->clients = calloc(load->options.count, sizeof(*load->clients));
	load->latency_us = calloc(load->options.count, sizeof(*load->latency_us));
	if (!load->base || !load->clients || !load->latency_us) {
		fprintf(stderr, "ikeload: out of memory for %u clients\n", load->options.count);
		return false;
	}
	for (unsigned i = 0; i < load->options.count; i++) {
		load->clients[i].load = load;
		load->clients[i].number = i;
		load->clients[i].fd = -1;
	}
	return true;
}

static void release(struct load *load)
{
	for (unsigned i = 0; load->clients && i < load->options.count; i++)
		client_free(&load->clients[i]);
	free(load->clients);
	free(load->latency_us);
	certs_free(load->pki);
	if (load->base)
		event_base_free(load->base);
}

static int run(struct load *load)
{
	const struct timeval deadline = { .tv_sec = load->options.deadline_s };
	int status = 1;

	if (prepare(load)) {
		event_base_once(load->base, -1, EV_TIMEOUT, on_deadline, load, &deadline);
		load->first_us = now_us();
		next_turn(load);
		event_base_dispatch(load->base);
		report(load);
		status = load->up != load->options.count || load->rekeys_failed > 0;
	}
	release(load);
	return status;
}

int main(int argc, char **argv)
{
	struct load load = { 0 };

	log_open("ikeload", LOG_LEVEL_WARN);
	if (!options_read(&load.options, argc, argv))
		return 2;
	if (load.options.make_pki)
		return certs_make(load.options.make_pki, load.options.key,
				  load.options.gateway_name)
			       ? 0
			       : 1;
	return run(&load);
}
