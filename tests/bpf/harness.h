/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames made of small parts, a program run over them, and what it left: shared by the tests here.
 */
#ifndef TESTS_BPF_HARNESS_H
#define TESTS_BPF_HARNESS_H

#include "../../bpf/policy.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define UNUSED __attribute__((unused))

enum { FRAME_MAX = 4096, RANDOM_SEED = 20240501 };

static const uint8_t our_mac[6] = { 0x02, 0, 0, 0, 0, 1 };
static const uint8_t other_mac[6] = { 0x02, 0, 0, 0, 0, 2 };

struct frame {
	uint8_t b[FRAME_MAX];
	size_t len, ip, l4; /* offsets of the IP header and of what follows it */
	bool v6;
};

UNUSED static void put(struct frame *f, const void *p, size_t n)
{
	assert_true(f->len + n <= sizeof(f->b));
	if (n)
		memcpy(f->b + f->len, p, n);
	f->len += n;
}

UNUSED static void put16(struct frame *f, uint16_t v)
{
	uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	put(f, b, 2);
}

UNUSED static void put32(struct frame *f, uint32_t v)
{
	put16(f, (uint16_t)(v >> 16));
	put16(f, (uint16_t)v);
}

UNUSED static void fill(struct frame *f, size_t n)
{
	assert_true(f->len + n <= sizeof(f->b));
	for (size_t i = 0; i < n; i++)
		f->b[f->len++] = (uint8_t)(i * 7 + 1);
}

UNUSED static void set16(struct frame *f, size_t at, uint16_t v)
{
	f->b[at] = (uint8_t)(v >> 8);
	f->b[at + 1] = (uint8_t)v;
}

UNUSED static struct fg_ip ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	struct fg_ip ip = { .w = { 0, 0, fg_be32(0xffff),
				   fg_be32((uint32_t)a << 24 | (uint32_t)b << 16 | c << 8 | d) } };

	return ip;
}

/* 2001:db8:<net>::<host> */
UNUSED static struct fg_ip ip6(uint16_t net, uint16_t host)
{
	return (struct fg_ip){ .w = { fg_be32(0x20010db8), fg_be32((uint32_t)net << 16), 0,
				      fg_be32(host) } };
}

/* Destination ours, up to two tags, the outer one 802.1ad. */
UNUSED static void put_eth(struct frame *f, const uint8_t dst[6], unsigned tags, uint16_t type)
{
	memset(f, 0, sizeof(*f));
	put(f, dst, 6);
	put(f, other_mac, 6);
	for (unsigned i = 0; i < tags; i++) {
		put16(f, i + 1 < tags ? 0x88a8 : 0x8100);
		put16(f, (uint16_t)(100 + i));
	}
	put16(f, type);
}

UNUSED static uint32_t sum_of(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

UNUSED static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

UNUSED static void put_ip4(struct frame *f, unsigned option_words, uint16_t fragment, uint8_t ttl,
			   uint8_t protocol, const struct fg_ip *src, const struct fg_ip *dst)
{
	f->ip = f->len;
	put16(f, (uint16_t)(0x4500 + (option_words << 8)));
	put16(f, 0);
	put16(f, 0x1234);
	put16(f, fragment);
	put16(f, (uint16_t)(ttl << 8 | protocol));
	put16(f, 0);
	put(f, &src->w[3], 4);
	put(f, &dst->w[3], 4);
	for (unsigned i = 0; i < option_words; i++)
		put32(f, 0x01010101);
	f->l4 = f->len;
}

/* chain: header numbers of extensions, each 8 bytes (a fragment header with this field), ending
 * with the upper protocol. */
UNUSED static void put_ip6(struct frame *f, const uint8_t *chain, size_t n, uint16_t fragment,
			   uint8_t hops, const struct fg_ip *src, const struct fg_ip *dst)
{
	f->ip = f->len;
	f->v6 = true;
	put32(f, 0x60000000);
	put16(f, 0);
	put16(f, (uint16_t)(chain[0] << 8 | hops));
	put(f, src, 16);
	put(f, dst, 16);
	for (size_t i = 0; i + 1 < n; i++) {
		put16(f, (uint16_t)(chain[i + 1] << 8));
		put16(f, chain[i] == FG_PROTO_FRAGMENT ? fragment : 0x0104);
		put32(f, 0);
	}
	f->l4 = f->len;
}

/* Lengths and checksum of the IP header, once the frame is complete. */
UNUSED static void close_ip(struct frame *f)
{
	uint8_t *ip = f->b + f->ip;

	if (f->v6) {
		set16(f, f->ip + 4, (uint16_t)(f->len - f->ip - 40));
		return;
	}
	set16(f, f->ip + 2, (uint16_t)(f->len - f->ip));
	set16(f, f->ip + 10, 0);
	set16(f, f->ip + 10, (uint16_t)~fold(sum_of(ip, (size_t)(ip[0] & 15) * 4, 0)));
}

UNUSED static bool ip4_checksum_ok(const uint8_t *ip)
{
	return fold(sum_of(ip, (size_t)(ip[0] & 15) * 4, 0)) == 0xffff;
}

/* Sum of pseudo header and segment; 0xffff when the checksum in it is right. */
UNUSED static uint16_t segment_sum(const uint8_t *ip, const uint8_t *l4, size_t len,
				   uint8_t protocol)
{
	bool v6 = ip[0] >> 4 == 6;
	uint32_t sum = v6 ? sum_of(ip + 8, 32, 0) : sum_of(ip + 12, 8, 0);

	sum += protocol + (uint32_t)len;
	return fold(sum_of(l4, len, sum));
}

UNUSED static void put_udp(struct frame *f, uint16_t port, const void *payload, size_t len)
{
	put16(f, 4500);
	put16(f, port);
	put16(f, (uint16_t)(8 + len));
	put16(f, 0);
	put(f, payload, len);
}

/* A segment with these options (padded by the caller to words) and a right checksum. */
UNUSED static void put_tcp(struct frame *f, uint8_t flags, const uint8_t *options, size_t n,
			   size_t payload)
{
	size_t at = f->len;
	uint8_t words = (uint8_t)(5 + n / 4);

	assert_int_equal(n % 4, 0);
	put16(f, 40000);
	put16(f, 443);
	put32(f, 0x01020304);
	put32(f, 0);
	put16(f, (uint16_t)(words << 12 | flags));
	put16(f, 64240);
	put32(f, 0);
	put(f, options, n);
	fill(f, payload);
	close_ip(f);
	set16(f, at + 16, (uint16_t)~segment_sum(f->b + f->ip, f->b + at, f->len - at, 6));
}

struct result {
	uint32_t verdict;
	bool has_meta;
	struct fg_meta meta;
	uint8_t b[FRAME_MAX];
	size_t len;
};

UNUSED static void run(int program, const void *frame, size_t len, struct result *result)
{
	struct xdp_md in = { .data_end = (uint32_t)len }, out = { 0 };
	uint8_t buffer[FRAME_MAX + 64];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = (uint32_t)len,
		    .data_out = buffer, .data_size_out = sizeof(buffer), .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .ctx_out = &out, .ctx_size_out = sizeof(out),
		    .repeat = 1);

	memset(result, 0, sizeof(*result));
	assert_int_equal(bpf_prog_test_run_opts(program, &opts), 0);
	result->verdict = opts.retval;
	result->has_meta = out.data == sizeof(result->meta);
	if (result->has_meta)
		memcpy(&result->meta, buffer, sizeof(result->meta));
	result->len = opts.data_size_out - out.data;
	memcpy(result->b, buffer + out.data, result->len);
}

/* Sums over CPUs of a per-CPU row of `words` counters. */
UNUSED static void read_row(int fd, uint32_t row, uint64_t *total, size_t words)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *values = calloc((size_t)cpus * words, sizeof(*values));

	assert_non_null(values);
	assert_int_equal(bpf_map_lookup_elem(fd, &row, values), 0);
	memset(total, 0, words * sizeof(*total));
	for (size_t i = 0; i < (size_t)cpus * words; i++)
		total[i % words] += values[i];
	free(values);
}

UNUSED static void zero_row(int fd, uint32_t row, size_t words)
{
	uint64_t *values = calloc((size_t)libbpf_num_possible_cpus() * words, sizeof(*values));

	assert_non_null(values);
	assert_int_equal(bpf_map_update_elem(fd, &row, values, BPF_ANY), 0);
	free(values);
}

/* Exactly this drop was counted in this row since zero_row(), or none (reason 0). */
UNUSED static void assert_drops(const char *what, int fd, uint32_t row, uint32_t reason)
{
	uint64_t counters[FG_DROP_ROWS];

	read_row(fd, row, counters, FG_DROP_ROWS);
	for (uint32_t i = 0; i < FG_DROP_ROWS; i++) {
		if (counters[i] != (i && i == reason))
			fail_msg("%s: drop %u of row %u is %llu", what, i, row,
				 (unsigned long long)counters[i]);
	}
}

/* A socket that nobody reads: enough for a redirect to find one. */
UNUSED static int put_socket(int fg_xsk, uint32_t key)
{
	int fd = socket(AF_XDP, SOCK_RAW, 0);

	assert_true(fd >= 0);
	assert_int_equal(bpf_map_update_elem(fg_xsk, &key, &fd, BPF_ANY), 0);
	return fd;
}

#endif
