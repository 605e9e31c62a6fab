// SPDX-License-Identifier: BSD-2-Clause
/*
 * Logs many IKEv2 clients in at a gateway, over real sockets, and says how fast that was. Bounded
 * in number and time. Each client has a socket, SPIs and an identity of its own.
 */
#include "ikeload.h"

#include "core/log.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static const char usage[] =
	"usage: ikeload --gateway ADDRESS (--psk KEY | --pki DIRECTORY) [OPTION]...\n"
	"       ikeload --make-pki DIRECTORY [--key KIND] [--gateway-name NAME]\n"
	"  --pki DIRECTORY          each client has a certificate of its own by the CA there, in every load\n"
	"  --make-pki DIRECTORY     make that CA and a certificate for the gateway, then end\n"
	"  --key KIND               EC:P-256 (default), EC:P-384, RSA:2048, ED25519, ...\n"
	"  --gateway-name NAME      (default \"gateway.example.org\")\n"
	"  --identity-prefix TEXT   fqdn TEXT<n>SUFFIX is client n (default \"load-\")\n"
	"  --identity-suffix TEXT   (default \".example.org\")\n"
	"  --count N                clients, 1 to 100000 (default 1)\n"
	"  --parallel N             logins at once (default 16)\n"
	"  --source ADDR[-ADDR]     addresses of the clients, taken in turn\n"
	"  --ipv6, --no-ipv4        which inner addresses to ask for (default IPv4)\n"
	"  --nat                    pretend to be behind a NAT: ESP in UDP, port 4500\n"
	"  --roam                   each client comes from another port once, after the last login\n"
	"  --hold SECONDS           stay after the last login (default 0)\n"
	"  --logout                 delete the IKE SAs at the end; else vanish\n"
	"  --timeout SECONDS        for one login (default 10)\n"
	"  --deadline SECONDS       for everything (default 300)\n"
	"  --json                   the result as JSON\n"
	"exit status: 0 all logged in, 1 some did not, 2 wrong usage\n";

enum option_number {
	OPT_GATEWAY = 256,
	OPT_PREFIX,
	OPT_SUFFIX,
	OPT_PSK,
	OPT_COUNT,
	OPT_PARALLEL,
	OPT_SOURCE,
	OPT_IPV6,
	OPT_NO_IPV4,
	OPT_NAT,
	OPT_PKI,
	OPT_MAKE_PKI,
	OPT_KEY,
	OPT_GATEWAY_NAME,
	OPT_ROAM,
	OPT_HOLD,
	OPT_LOGOUT,
	OPT_TIMEOUT,
	OPT_DEADLINE,
	OPT_JSON,
};

static const struct option long_options[] = {
	{ "gateway", required_argument, NULL, OPT_GATEWAY },
	{ "identity-prefix", required_argument, NULL, OPT_PREFIX },
	{ "identity-suffix", required_argument, NULL, OPT_SUFFIX },
	{ "psk", required_argument, NULL, OPT_PSK },
	{ "count", required_argument, NULL, OPT_COUNT },
	{ "parallel", required_argument, NULL, OPT_PARALLEL },
	{ "source", required_argument, NULL, OPT_SOURCE },
	{ "ipv6", no_argument, NULL, OPT_IPV6 },
	{ "no-ipv4", no_argument, NULL, OPT_NO_IPV4 },
	{ "nat", no_argument, NULL, OPT_NAT },
	{ "pki", required_argument, NULL, OPT_PKI },
	{ "make-pki", required_argument, NULL, OPT_MAKE_PKI },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "gateway-name", required_argument, NULL, OPT_GATEWAY_NAME },
	{ "roam", no_argument, NULL, OPT_ROAM },
	{ "hold", required_argument, NULL, OPT_HOLD },
	{ "logout", no_argument, NULL, OPT_LOGOUT },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "deadline", required_argument, NULL, OPT_DEADLINE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ 0 },
};

static bool number(const char *text, unsigned low, unsigned high, unsigned *out)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value < low || value > high) {
		fprintf(stderr, "ikeload: \"%s\": expected a number from %u to %u\n", text, low,
			high);
		return false;
	}
	*out = (unsigned)value;
	return true;
}

static bool address(const char *text, struct fg_ip *ip)
{
	if (ip_parse(text, ip))
		return true;
	fprintf(stderr, "ikeload: \"%s\": expected an IPv4 or IPv6 address\n", text);
	return false;
}

static bool source(const char *text, struct options *o)
{
	char first[IP_TEXT_MAX];
	const char *dash = strchr(text, '-');

	snprintf(first, sizeof(first), "%.*s", dash ? (int)(dash - text) : IP_TEXT_MAX - 1, text);
	if (!address(first, &o->source) || !address(dash ? dash + 1 : first, &o->source_last))
		return false;
	if (ip_compare(&o->source, &o->source_last) <= 0)
		return true;
	fprintf(stderr, "ikeload: \"%s\": the last address comes before the first\n", text);
	return false;
}

static bool take_option(struct options *o, int option, const char *value)
{
	switch (option) {
	case OPT_GATEWAY:
		return address(value, &o->gateway);
	case OPT_PREFIX:
		o->prefix = value;
		return true;
	case OPT_SUFFIX:
		o->suffix = value;
		return true;
	case OPT_PSK:
		o->psk = value;
		return true;
	case OPT_COUNT:
		return number(value, 1, COUNT_MAX, &o->count);
	case OPT_PARALLEL:
		return number(value, 1, 10000, &o->parallel);
	case OPT_SOURCE:
		return source(value, o);
	case OPT_IPV6:
		return o->want6 = true;
	case OPT_NO_IPV4:
		o->want4 = false;
		return true;
	case OPT_NAT:
		return o->nat = true;
	case OPT_PKI:
		o->pki = value;
		return true;
	case OPT_MAKE_PKI:
		o->make_pki = value;
		return true;
	case OPT_KEY:
		o->key = value;
		return true;
	case OPT_GATEWAY_NAME:
		o->gateway_name = value;
		return true;
	case OPT_ROAM:
		return o->roam = true;
	case OPT_HOLD:
		return number(value, 0, 3600, &o->hold_s);
	case OPT_LOGOUT:
		return o->logout = true;
	case OPT_TIMEOUT:
		return number(value, 1, 600, &o->timeout_s);
	case OPT_DEADLINE:
		return number(value, 1, 7200, &o->deadline_s);
	case OPT_JSON:
		return o->json = true;
	default:
		return false;
	}
}

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
	root = json_pack("{s:i s:i s:i s:f s:f s:f s:{s:f s:f s:f} s:o s:i s:i s:i}", "count",
			 (int)load->options.count, "ok", (int)load->up, "failed",
			 (int)(load->options.count - load->up), "seconds", seconds, "per_second",
			 seconds > 0 ? load->up / seconds : 0.0, "busy",
			 seconds > 0 ? (double)load->cpu_us / 1e6 / seconds : 0.0, "latency_ms",
			 "median", percentile_ms(load, 50), "p99", percentile_ms(load, 99), "max",
			 percentile_ms(load, 100), "failures", reasons, "roamed", (int)load->roamed,
			 "logged_out", (int)load->logged_out, "deleted_by_gateway",
			 (int)load->deleted);
	if (load->options.json) {
		json_dumpf(root, stdout, JSON_REAL_PRECISION(6));
		printf("\n");
	} else {
		printf("%u of %u logged in, %.0f per second; median %.2f ms, p99 %.2f ms, "
		       "max %.2f ms\n",
		       load->up, load->options.count, seconds > 0 ? load->up / seconds : 0.0,
		       percentile_ms(load, 50), percentile_ms(load, 99), percentile_ms(load, 100));
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
		status = load->up != load->options.count;
	}
	release(load);
	return status;
}

int main(int argc, char **argv)
{
	struct load load = { .options = { .prefix = "load-",
					  .suffix = ".example.org",
					  .key = "EC:P-256",
					  .gateway_name = "gateway.example.org",
					  .count = 1,
					  .parallel = 16,
					  .timeout_s = 10,
					  .deadline_s = 300,
					  .want4 = true } };
	int option;

	log_open("ikeload", LOG_LEVEL_WARN);
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		if (!take_option(&load.options, option, optarg)) {
			fputs(usage, stderr);
			return 2;
		}
	if (optind == argc && load.options.make_pki)
		return certs_make(load.options.make_pki, load.options.key,
				  load.options.gateway_name)
			       ? 0
			       : 1;
	if (optind != argc || !load.options.psk == !load.options.pki ||
	    ip_is_zero(&load.options.gateway)) {
		fputs(usage, stderr);
		return 2;
	}
	return run(&load);
}
