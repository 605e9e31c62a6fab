/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker with its maps in plain memory, and a client that seals what it opens. */
#ifndef TESTS_WORKER_FORWARD_LAB_H
#define TESTS_WORKER_FORWARD_LAB_H

#include "worker/forward.h"

#include "../../../bpf/policy.h"
#include "hex.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	SESSIONS = 8,
	SAS = 8,
	ME = 3,
	IN = 4,
	OUT = 5,
	SPACE = 4096,
	ETH = 14,
	INSIDE = 1,
	OUTSIDE = 0
};

static struct fg_conf conf;
static struct fg_session session[SESSIONS];
static struct fg_sa sa[SAS];
static struct fg_hop hop[FG_HOP_ROWS];
static struct fg_count count[SESSIONS];
static struct fg_drop drop[SESSIONS];
static struct maps maps;
static struct forward f;
static struct crypto *crypto;
static uint8_t memory[SPACE];
static struct note notes[64];
static size_t note_count;

/* The client: seals what SA IN opens. */
static struct esp_sa *client;
static struct fg_sa client_row;

static inline void on_note(void *arg, const struct note *note)
{
	(void)arg;
	if (note_count < 64)
		notes[note_count] = *note;
	note_count++;
}

static inline struct fg_ip ip(const char *text)
{
	struct fg_ip result;

	assert_true(ip_parse(text, &result));
	return result;
}

static inline void add_hop(const char *dst, uint16_t state, uint16_t port, uint16_t mtu)
{
	struct fg_ip to = ip(dst);
	struct fg_hop *row = &hop[fg_hop_slot(&to)];

	*row = (struct fg_hop){
		.state = state, .port = port, .dst = to, .generation = 1, .mtu = mtu
	};
	memset(row->eth, 0xa0 + port, 12);
	row->eth[12] = 0x08;
}

static inline struct esp_sa *client_sa(void)
{
	struct esp_sa *s = aligned_alloc(64, esp_sa_size(crypto));
	struct crypto_material m = {
		client_row.suite, true, false, client_row.key, client_row.salt, client_row.auth_key
	};

	assert_non_null(s);
	memset(s, 0, esp_sa_size(crypto));
	s->generation = client_row.generation;
	assert_true(crypto_expand(crypto, &s->key, &m));
	return s;
}

static inline void make_sa(uint32_t at, uint32_t state)
{
	memset(&sa[at], 0, sizeof(sa[at]));
	sa[at].state = state;
	sa[at].generation = 9;
	sa[at].session = ME;
	sa[at].spi = htonl(0x7000 + at);
	sa[at].suite = FG_ESP_AES_GCM_128;
	sa[at].flags = FG_SA_UDP | FG_SA_MOVES;
	memset(sa[at].key, (int)at, sizeof(sa[at].key));
}

static inline int set_up(void **state)
{
	char why[128];

	(void)state;
	memset(session, 0, sizeof(session));
	memset(hop, 0, sizeof(hop));
	memset(count, 0, sizeof(count));
	memset(drop, 0, sizeof(drop));
	note_count = 0;
	conf = (struct fg_conf){ .abi = FG_ABI, .hop_generation = 1, .flags = FG_CONF_FAST_DOOR };
	session[ME] = (struct fg_session){ .state = FG_SESSION_UP,
					   .generation = 77,
					   .mtu = 1400,
					   .inner4 = inet_addr("10.0.0.5"),
					   .sa_out = OUT,
					   .mss4 = 1000,
					   .peer_port = htons(4500),
					   .local_port = htons(4500) };
	session[ME].inner6 = ip("2001:db8:1::5");
	session[ME].peer = ip("198.51.100.2");
	make_sa(IN, FG_SA_IN);
	make_sa(OUT, FG_SA_OUT);
	sa[OUT].outer_len = (uint16_t)hex(
		"4500 0000 0000 4000 4011 0000 c0000201 c6336402 1194 1194 0000 0000",
		sa[OUT].outer, FG_OUTER_MAX);
	maps = (struct maps){ .conf = &conf,
			      .session = session,
			      .sa = sa,
			      .hop = hop,
			      .count = count,
			      .drop = drop,
			      .sessions = SESSIONS,
			      .sas = SAS };
	crypto = crypto_new(CRYPTO_AUTO, why, sizeof(why));
	if (!crypto || forward_open(&f, &maps, crypto, 0))
		return -1;
	f.note = on_note;
	f.ports = 1u << OUTSIDE | 1u << INSIDE;
	f.now_ms = 5000;
	memcpy(f.pair_eth, "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02", 12);
	client_row = sa[IN];
	client_row.outer_len = (uint16_t)hex(
		"4500 0000 0000 4000 4011 0000 c6336402 c0000201 1194 1194 0000 0000",
		client_row.outer, FG_OUTER_MAX);
	client = client_sa();
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	crypto_forget(crypto, &client->key);
	free(client);
	forward_close(&f);
	crypto_free(crypto);
	return 0;
}

/* A TCP SYN, IPv4 or IPv6, of len bytes. */
static inline struct frame packet(const char *src, const char *dst, uint8_t ttl, size_t len)
{
	struct frame fr = { memory, memory + SPACE, memory + 256 + ETH, memory + 256 + ETH + len };
	struct fg_ip from = ip(src), to = ip(dst);
	uint8_t *p = fr.data;
	bool is4 = ip_is4(&from);
	uint32_t sum = 0;

	memset(memory, 0, sizeof(memory));
	if (is4) {
		hex("4500 0000 0001 0000 0006 0000", p, 12);
		fg_put16(p + 2, (uint16_t)len);
		p[8] = ttl;
		memcpy(p + 12, &from.w[3], 4);
		memcpy(p + 16, &to.w[3], 4);
		for (size_t i = 0; i < 20; i += 2)
			sum += fg_get16(p + i);
		sum = (sum & 0xffff) + (sum >> 16);
		fg_put16(p + 10, (uint16_t)~sum);
	} else {
		hex("60000000 0000 06", p, 7);
		fg_put16(p + 4, (uint16_t)(len - 40));
		p[7] = ttl;
		memcpy(p + 8, &from, 16);
		memcpy(p + 24, &to, 16);
	}
	if (len >= 64)
		hex("0001 0002 00000000 00000000 6002 0000 0000 0000 020405b4", p + (is4 ? 20 : 40),
		    24);
	return fr;
}

static inline bool checksum4_ok(const uint8_t *p)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < 20; i += 2)
		sum += fg_get16(p + i);
	return ((sum & 0xffff) + (sum >> 16)) == 0xffff;
}

/* As it comes from outside: the packet sealed by the client, behind an Ethernet header. */
static inline struct way from_client(struct frame *fr)
{
	struct fg_packet inner = { .ip = fr->data, .end = fr->end };
	struct fg_meta meta = {
		.session = ME, .sa = IN, .l3 = ETH, .esp = ETH + 28, .sa_generation = 9
	};

	assert_true(fg_packet_parse(&inner));
	assert_int_equal(esp_seal(crypto, client, &client_row, fr, &inner), FG_DROP_NONE);
	fr->data -= ETH;
	return forward_packet(&f, fr, &meta);
}

static inline struct way to_client(struct frame *fr, uint32_t id)
{
	struct fg_meta meta = { .session = id, .l3 = ETH };

	fr->data -= ETH;
	return forward_packet(&f, fr, &meta);
}

static inline uint64_t dropped(uint32_t row, enum fg_drop_reason reason)
{
	return ((uint64_t *)&drop[row])[reason];
}

static inline uint64_t dropped_in_all(void)
{
	uint64_t sum = 0;

	for (size_t i = 1; i < FG_DROP_ROWS; i++)
		sum += ((uint64_t *)&drop[0])[i];
	return sum;
}

/* Each test has the worker anew. */
#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
