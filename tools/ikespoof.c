// SPDX-License-Identifier: BSD-2-Clause
/*
 * A flood of IKE_SA_INIT from addresses that are nobody's (198.18.0.0/15, RFC 2544), as the
 * gateway's guard must bear it: each a whole and acceptable request with an SPI, a nonce, an
 * address and a port of its own. Frames go out of a device as they are; bounded in rate and time.
 * For test networks.
 */
#include "core/ip.h"
#include "core/log.h"
#include "crypto/rand.h"
#include "support/initiator.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FG_COOKIE_LOAD(from, at, to, n) memcpy(to, (const uint8_t *)(from) + (at), n)
#include "../bpf/cookie.h"

static const char usage[] =
	"usage: ikespoof --device DEVICE --mac GATEWAYS-MAC --gateway IPV4 [OPTION]...\n"
	"  --rate N      packets per second, 1 to 2000000 (default 1000)\n"
	"  --seconds N   1 to 120 (default 5)\n"
	"  --burst N     sent together, 1 to 64 (default 8)\n"
	"prints what was sent, as JSON\n";

enum { BATCH = 64, FRAME_MAX = 1024, HEADERS = 14 + 20 + 8, SOURCES = 1 << 17 };

struct flood {
	const char *device;
	uint8_t mac[6];
	bool has_mac;
	struct fg_ip gateway;
	unsigned rate, seconds, burst;
	int fd;
	uint8_t frame[BATCH][FRAME_MAX];
	size_t len, ni_at; /* of a frame; of the nonce in it */
	uint64_t random;
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
};

static bool from_system(void *arg, void *p, size_t len)
{
	(void)arg;
	return crypto_random(p, len);
}

/* Fast, and different for each packet is all that is asked of it. */
static uint64_t next_random(struct flood *f)
{
	f->random = f->random * 6364136223846793005ull + 1442695040888963407ull;
	return f->random ^ f->random >> 29;
}

static bool number(const char *text, unsigned high, unsigned *out)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value < 1 || value > high)
		return false;
	*out = (unsigned)value;
	return true;
}

static bool take_option(struct flood *f, int option, const char *value)
{
	uint8_t *m = f->mac;

	switch (option) {
	case 'd':
		f->device = value;
		return true;
	case 'm':
		return f->has_mac = sscanf(value, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &m[0], &m[1],
					   &m[2], &m[3], &m[4], &m[5]) == 6;
	case 'g':
		return ip_parse(value, &f->gateway) && ip_is4(&f->gateway);
	case 'r':
		return number(value, 2000000, &f->rate);
	case 's':
		return number(value, 120, &f->seconds);
	case 'b':
		return number(value, BATCH, &f->burst);
	default:
		return false;
	}
}

/* The headers of every frame; what differs is filled in by vary(). */
static void put_headers(struct flood *f, uint8_t *frame, size_t message_len)
{
	struct iphdr ip = { .version = 4,
			    .ihl = 5,
			    .tot_len = htons((uint16_t)(28 + message_len)),
			    .ttl = 64,
			    .protocol = IPPROTO_UDP,
			    .daddr = ip_to4(&f->gateway) };
	struct udphdr udp = { .dest = htons(500), .len = htons((uint16_t)(8 + message_len)) };

	memcpy(frame, f->mac, 6);
	memcpy(frame + 6, "\x02\0\0\0\0\x77", 6);
	frame[12] = ETH_P_IP >> 8;
	memcpy(frame + 14, &ip, sizeof(ip));
	memcpy(frame + 34, &udp, sizeof(udp));
}

static bool make_frames(struct flood *f)
{
	struct initiator_setup setup;
	struct initiator *in;
	struct fg_init init;
	size_t len;

	initiator_defaults(&setup);
	setup.random = from_system;
	setup.peer = (struct endpoint){ .ip = f->gateway, .port = htons(FG_IKE_PORT) };
	setup.local = (struct endpoint){ .ip = ip_from4(htonl(0xc6120001)), .port = htons(500) };
	if (initiator_new(&setup, &in) < 0)
		return false;
	len = initiator_init(in);
	if (!len || HEADERS + len > FRAME_MAX ||
	    fg_init_read(in->out, in->out + len, (uint32_t)len, &init) != FG_INIT_READ) {
		initiator_free(in);
		return false;
	}
	f->len = HEADERS + len;
	f->ni_at = HEADERS + init.ni_at;
	for (size_t i = 0; i < BATCH; i++) {
		put_headers(f, f->frame[i], len);
		memcpy(f->frame[i] + HEADERS, in->out, len);
		f->iov[i] = (struct iovec){ f->frame[i], f->len };
		f->msg[i].msg_hdr = (struct msghdr){ .msg_iov = &f->iov[i], .msg_iovlen = 1 };
	}
	initiator_free(in);
	return crypto_random(&f->random, sizeof(f->random));
}

static void vary(struct flood *f, uint8_t *frame)
{
	uint64_t a = next_random(f), b = next_random(f);
	uint32_t source = htonl(0xc6120000 | (uint32_t)(a % SOURCES)), sum = 0;
	uint16_t port = htons((uint16_t)(1024 + (a >> 32) % 60000));

	memcpy(frame + 26, &source, 4);
	memset(frame + 24, 0, 2);
	for (size_t i = 14; i < 34; i += 2)
		sum += (uint32_t)(frame[i] << 8 | frame[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~(sum + (sum >> 16));
	frame[24] = (uint8_t)(sum >> 8);
	frame[25] = (uint8_t)sum;
	memcpy(frame + 34, &port, 2);
	memcpy(frame + HEADERS, &b, 8);
	frame[HEADERS] |= 1;
	memcpy(frame + f->ni_at, &a, 8);
}

static bool open_device(struct flood *f)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = 0 };
	const int on = 1;

	to.sll_ifindex = (int)if_nametoindex(f->device);
	f->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	return to.sll_ifindex && f->fd >= 0 &&
	       bind(f->fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	       setsockopt(f->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) == 0;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* What a full queue refuses is lost, as on a wire. */
static void run(struct flood *f)
{
	const struct timespec pause = { .tv_nsec = 200 * 1000 };
	double begun = now(), end = begun + f->seconds, at;
	uint64_t due = 0, sent = 0, refused = 0;

	while ((at = now()) < end) {
		uint64_t until = (uint64_t)((at - begun) * f->rate);

		if (until < due + f->burst) {
			nanosleep(&pause, NULL);
			continue;
		}
		while (due < until) {
			unsigned n = until - due < BATCH ? (unsigned)(until - due) : BATCH;
			int done;

			for (unsigned i = 0; i < n; i++)
				vary(f, f->frame[i]);
			done = sendmmsg(f->fd, f->msg, n, 0);
			sent += done > 0 ? (unsigned)done : 0;
			refused += n - (done > 0 ? (unsigned)done : 0);
			due += n;
			if (now() >= end)
				break;
		}
	}
	printf("{\"sent\": %llu, \"refused\": %llu, \"seconds\": %.3f}\n", (unsigned long long)sent,
	       (unsigned long long)refused, now() - begun);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "mac", required_argument, NULL, 'm' },
		{ "gateway", required_argument, NULL, 'g' },
		{ "rate", required_argument, NULL, 'r' },
		{ "seconds", required_argument, NULL, 's' },
		{ "burst", required_argument, NULL, 'b' },
		{ 0 },
	};
	static struct flood f = { .rate = 1000, .seconds = 5, .burst = 8 };
	int option;

	log_open("ikespoof", LOG_LEVEL_WARN);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!take_option(&f, option, optarg)) {
			fputs(usage, stderr);
			return 2;
		}
	if (optind != argc || !f.device || !f.has_mac || ip_is_zero(&f.gateway)) {
		fputs(usage, stderr);
		return 2;
	}
	if (!open_device(&f) || !make_frames(&f)) {
		fprintf(stderr, "ikespoof: cannot send from %s: %s\n", f.device, strerror(errno));
		return 1;
	}
	run(&f);
	return 0;
}
