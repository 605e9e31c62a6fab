/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of ESP in memory share: one SA seen from both ends, and a frame. */
#ifndef TESTS_WORKER_ESP_LAB_H
#define TESTS_WORKER_ESP_LAB_H

#include "core/rd.h"
#include "hex.h"
#include "worker/esp.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ROOM = 256, SPACE = 4096, GUARD = 64, SPI = 0x10007 };

/* One SA seen from both ends, and a frame. */
static struct crypto *crypto;
static struct fg_sa row_out, row_in;
static struct esp_sa *sa_out, *sa_in;
static uint8_t *memory; /* SPACE bytes, its end is the end of an allocation */

static const char *const template_hex[] = {
	/* clang-format off */
	"4500 0000 0000 4000 4032 0000 c0000201 c6336402",
	"4500 0000 0000 4000 4011 0000 c0000201 c6336402 1194 d903 0000 0000",
	"60000000 0000 32 40 20010db8000000000000000000000001 20010db8000100000000000000000002",
	"60000000 0000 11 40 20010db8000000000000000000000001 20010db8000100000000000000000002"
	" 1194 d903 0000 0000",
	/* clang-format on */
};

static inline struct esp_sa *make_sa(const struct fg_sa *row, bool seal)
{
	size_t size = esp_sa_size(crypto);
	struct esp_sa *sa = aligned_alloc(64, size);
	struct crypto_material material = { row->suite, seal,      row->flags & FG_SA_ESN,
					    row->key,   row->salt, row->auth_key };

	assert_non_null(sa);
	memset(sa, 0, size);
	sa->generation = row->generation;
	assert_true(crypto_expand(crypto, &sa->key, &material));
	return sa;
}

static inline void drop_sa(void)
{
	if (sa_out)
		crypto_forget(crypto, &sa_out->key);
	if (sa_in)
		crypto_forget(crypto, &sa_in->key);
	free(sa_out);
	free(sa_in);
	sa_out = sa_in = NULL;
}

static inline void agree(uint16_t suite, size_t outer)
{
	drop_sa();
	memset(&row_out, 0, sizeof(row_out));
	row_out.state = FG_SA_OUT;
	row_out.generation = 5;
	row_out.spi = htonl(SPI);
	row_out.suite = suite;
	row_out.flags = outer & 1 ? FG_SA_UDP : 0;
	row_out.outer_len = (uint16_t)hex(template_hex[outer], row_out.outer,
					  sizeof(row_out.outer));
	for (uint8_t i = 0; i < 32; i++) {
		row_out.key[i] = (uint8_t)(i * 3 + suite);
		row_out.auth_key[i] = (uint8_t)(i * 5);
	}
	memset(row_out.salt, 0x77, sizeof(row_out.salt));
	row_in = row_out;
	row_in.state = FG_SA_IN;
	row_in.outer_len = 0;
	sa_out = make_sa(&row_out, true);
	sa_in = make_sa(&row_in, false);
}

/* An inner packet of len bytes at ROOM: IPv4 or IPv6, UDP, with this DSCP and ECN. */
static inline struct frame inner_frame(uint8_t version, size_t len, uint8_t tos)
{
	struct frame f = { memory, memory + SPACE, memory + ROOM, memory + ROOM + len };
	uint8_t *ip = f.data;
	uint32_t sum = 0;

	memset(memory, 0xee, SPACE);
	for (size_t i = 0; i < len; i++)
		ip[i] = (uint8_t)(i * 31);
	if (version == 4) {
		hex("4500 0000 1234 0000 4011 0000 0a000005 0a090001", ip, 20);
		ip[1] = tos;
		fg_put16(ip + 2, (uint16_t)len);
		for (size_t i = 0; i < 20; i += 2)
			sum += fg_get16(ip + i);
		sum = (sum & 0xffff) + (sum >> 16);
		fg_put16(ip + 10, (uint16_t) ~((sum & 0xffff) + (sum >> 16)));
	} else {
		hex("60000000 0000 11 40 fd000000000000000000000000000005"
		    " fd000000000000000000000000000001",
		    ip, 40);
		ip[0] |= tos >> 4;
		ip[1] = (uint8_t)(tos << 4);
		fg_put16(ip + 4, (uint16_t)(len - 40));
	}
	return f;
}

static inline enum fg_drop_reason seal(struct frame *f)
{
	struct fg_packet inner = { .ip = f->data, .end = f->end };

	assert_true(fg_packet_parse(&inner));
	return esp_seal(crypto, sa_out, &row_out, f, &inner);
}

static inline enum fg_drop_reason open(struct frame *f, struct esp_in *in)
{
	memset(in, 0, sizeof(*in));
	return esp_open(crypto, sa_in, &row_in, NULL, f, in);
}

static inline bool checksum4_ok(const uint8_t *ip)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < 20; i += 2)
		sum += fg_get16(ip + i);
	return ((sum & 0xffff) + (sum >> 16)) == 0xffff;
}

static inline int set_up(void **state)
{
	char why[128];

	crypto = crypto_new(*(const enum crypto_choice *)*state, why, sizeof(why));
	memory = malloc(SPACE);
	return crypto && memory ? 0 : -1;
}

static inline int tear_down(void **state)
{
	(void)state;
	drop_sa();
	crypto_free(crypto);
	free(memory);
	return 0;
}

/* A row of cmocka for each library. */
static enum crypto_choice esp_mb = CRYPTO_IPSEC_MB, esp_openssl = CRYPTO_OPENSSL;
#define BOTH(test)                                                                                 \
	{ #test ", intel-ipsec-mb", test, set_up, tear_down, &esp_mb },                            \
	{                                                                                          \
#test ", openssl", test, set_up, tear_down, &esp_openssl                           \
	}

#endif
