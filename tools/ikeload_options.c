// SPDX-License-Identifier: BSD-2-Clause
/*
 * The command line of ikeload.
 */
#include "ikeload.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: ikeload --gateway ADDRESS (--psk KEY | --pki DIRECTORY) [OPTION]...\n"
	"       ikeload --make-pki DIRECTORY [--key KIND] [--gateway-name NAME]\n"
	"  --psk KEY                text, the same for all clients\n"
	"  --pki DIRECTORY          by the CA there each client gets a certificate of its own\n"
	"  --make-pki DIRECTORY     make that CA and a certificate of the gateway, and end\n"
	"  --key KIND               EC:P-256 (default), EC:P-384, EC:P-521, RSA:2048, RSA:3072,\n"
	"                           RSA:4096, ED25519 or ED448\n"
	"  --gateway-name NAME      (default \"gateway.example.org\")\n"
	"  --identity-prefix TEXT   fqdn TEXT<n>SUFFIX is client n (default \"load-\")\n"
	"  --identity-suffix TEXT   (default \".example.org\")\n"
	"  --count N                clients, 1 to 100000 (default 1)\n"
	"  --parallel N             logins at once (default 16)\n"
	"  --source ADDR[-ADDR]     addresses of the clients, taken in turn\n"
	"  --ipv6, --no-ipv4        which inner addresses to ask for (default IPv4)\n"
	"  --nat                    pretend to be behind a NAT: ESP in UDP, port 4500\n"
	"  --roam                   after the last login each client changes its port\n"
	"  --rekey-seconds N        each client rekeys so often while it stays, 1 to 3600\n"
	"  --rekey-kinds KINDS      child, ike, or both in turn (default both)\n"
	"  --pfs                    rekey CHILD SAs with a key exchange (x25519)\n"
	"  --hold SECONDS           stay after the last login (default 0)\n"
	"  --logout                 delete the IKE SAs at the end; else vanish\n"
	"  --timeout SECONDS        for one login (default 10)\n"
	"  --deadline SECONDS       for everything (default 300)\n"
	"  --json                   the result as JSON\n"
	"  --version                show the version\n"
	"exit status: 0 all logged in and every rekey worked, 1 not all, 2 wrong usage\n";

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
	OPT_REKEY_SECONDS,
	OPT_REKEY_KINDS,
	OPT_PFS,
	OPT_HOLD,
	OPT_LOGOUT,
	OPT_TIMEOUT,
	OPT_DEADLINE,
	OPT_JSON,
	OPT_HELP,
	OPT_VERSION,
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
	{ "rekey-seconds", required_argument, NULL, OPT_REKEY_SECONDS },
	{ "rekey-kinds", required_argument, NULL, OPT_REKEY_KINDS },
	{ "pfs", no_argument, NULL, OPT_PFS },
	{ "hold", required_argument, NULL, OPT_HOLD },
	{ "logout", no_argument, NULL, OPT_LOGOUT },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "deadline", required_argument, NULL, OPT_DEADLINE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
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

static bool rekey_kinds(const char *text, struct options *o)
{
	static const struct {
		const char *name;
		unsigned kinds;
	} rows[] = { { "child", REKEY_CHILD },
		     { "ike", REKEY_IKE },
		     { "both", REKEY_CHILD | REKEY_IKE } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(text, rows[i].name)) {
			o->rekey_kinds = rows[i].kinds;
			return true;
		}
	fprintf(stderr, "ikeload: \"%s\": expected child, ike or both\n", text);
	return false;
}

static bool key_kind(const char *text, struct options *o)
{
	static const char *const kinds[] = { "EC:P-256", "EC:P-384", "EC:P-521", "RSA:2048",
					     "RSA:3072", "RSA:4096", "ED25519",  "ED448" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(text, kinds[i])) {
			o->key = kinds[i];
			return true;
		}
	fprintf(stderr, "ikeload: \"%s\": no kind of key that is known here\n", text);
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
		return key_kind(value, o);
	case OPT_GATEWAY_NAME:
		o->gateway_name = value;
		return true;
	case OPT_ROAM:
		return o->roam = true;
	case OPT_REKEY_SECONDS:
		return number(value, 1, 3600, &o->rekey_s);
	case OPT_REKEY_KINDS:
		return rekey_kinds(value, o);
	case OPT_PFS:
		return o->pfs = true;
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
	case OPT_HELP:
		fputs(usage, stdout);
		exit(0);
	case OPT_VERSION:
		puts("ikeload " FG_VERSION);
		exit(0);
	default: /* getopt_long() has said what is wrong */
		return false;
	}
}

static bool wrong(const char *what, const char *value)
{
	fprintf(stderr, "ikeload: %s%s\nikeload --help shows every option\n", what, value);
	return false;
}

static bool complete(const struct options *o)
{
	if (o->make_pki)
		return true;
	if (ip_is_zero(&o->gateway))
		return wrong("--gateway ADDRESS is missing", "");
	if (o->hold_s >= o->deadline_s)
		return wrong("--hold wants a longer --deadline", "");
	return !o->psk != !o->pki || wrong("one of --psk KEY and --pki DIRECTORY is needed", "");
}

bool options_read(struct options *o, int argc, char **argv)
{
	int option;

	*o = (struct options){ .prefix = "load-",
			       .suffix = ".example.org",
			       .key = "EC:P-256",
			       .gateway_name = "gateway.example.org",
			       .count = 1,
			       .parallel = 16,
			       .timeout_s = 10,
			       .deadline_s = 300,
			       .rekey_kinds = REKEY_CHILD | REKEY_IKE,
			       .want4 = true };
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		if (!take_option(o, option, optarg)) {
			fputs("ikeload --help shows every option\n", stderr);
			return false;
		}
	if (optind < argc)
		return wrong("not expected here: ", argv[optind]);
	return complete(o);
}
