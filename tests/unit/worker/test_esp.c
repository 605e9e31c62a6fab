// SPDX-License-Identifier: BSD-2-Clause
/* Encapsulation and decapsulation in memory. */
#include "esp_lab.h"

/* RFC 8200 8.1, the long way. */
static bool udp6_checksum_ok(const uint8_t *ip)
{
	size_t len = fg_get16(ip + 4);
	uint32_t sum = (uint32_t)len + 17;

	for (size_t i = 8; i < 40; i += 2)
		sum += fg_get16(ip + i);
	for (size_t i = 0; i < len; i++)
		sum += (uint32_t)ip[40 + i] << (i & 1 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff && fg_get16(ip + 46) != 0;
}

static void check_outer(const struct frame *f, size_t outer, uint32_t seq, uint8_t tos)
{
	size_t total = (size_t)(f->end - f->data), header = row_out.outer_len;
	const uint8_t *ip = f->data, *esp = ip + header;
	struct rd rd = rd_of(esp, 8);
	uint32_t spi, number;

	if (outer < 2) {
		assert_int_equal(fg_get16(ip + 2), total);
		assert_int_equal(ip[1], tos);
		assert_true(checksum4_ok(ip));
	} else {
		assert_int_equal(fg_get16(ip + 4), total - 40);
		assert_int_equal((ip[0] << 4 | ip[1] >> 4) & 0xff, tos);
	}
	if (outer == 1) {
		assert_int_equal(fg_get16(ip + 24), total - 20);
		assert_int_equal(fg_get16(ip + 26), 0);
	}
	if (outer == 3) {
		assert_int_equal(fg_get16(ip + 44), total - 40);
		assert_true(udp6_checksum_ok(ip));
	}
	assert_true(rd_be32(&rd, &spi) && rd_be32(&rd, &number));
	assert_int_equal(spi, SPI);
	assert_int_equal(number, seq);
	assert_int_equal((total - header) % 4, 0);
}

/* Every suite, outer header, inner family and size: back comes what went in. */
static void round_trips(void **state)
{
	static const size_t some[] = { 20,  21,  40,   41,   63,   64,   65,  255,
				       256, 576, 1280, 1399, 1400, 1500, 3600 };
	uint8_t copy[SPACE];
	struct esp_in in;

	(void)state;
	for (uint16_t suite = 1; suite < FG_ESP_SUITE_MAX; suite++)
		for (size_t outer = 0; outer < 4; outer++) {
			uint32_t seq = 0;

			agree(suite, outer);
			for (size_t i = 0; i < 2 * sizeof(some) / sizeof(some[0]); i++) {
				uint8_t version = i & 1 ? 4 : 6, tos = (uint8_t)(0xb8 | (i & 3));
				size_t len = some[i / 2] < 40 && version == 6 ? 40 : some[i / 2];
				struct frame f = inner_frame(version, len, tos);

				memcpy(copy, f.data, len);
				assert_int_equal(seal(&f), FG_DROP_NONE);
				check_outer(&f, outer, ++seq, tos);
				assert_int_equal(open(&f, &in), FG_DROP_NONE);
				assert_int_equal(f.end - f.data, len);
				assert_memory_equal(f.data, copy, len);
				assert_int_equal(in.inner.version, version);
				assert_true(in.newest);
				assert_int_equal(row_out.seq, seq);
				assert_int_equal(row_in.seq, seq);
			}
		}
}

/* Both back ends give the same packet, all suites, every size. CBC has a random IV, so there the
 * one opens what the other sealed. */
static void back_ends_interwork(void **state)
{
	struct crypto *mine = crypto;
	uint8_t first[SPACE], clear[SPACE];
	char why[128];
	struct crypto *other = crypto_new(CRYPTO_OPENSSL, why, sizeof(why));

	(void)state;
	assert_non_null(other);
	for (uint16_t suite = 1; suite < FG_ESP_SUITE_MAX; suite++) {
		struct esp_sa *out2, *in2;
		struct fg_sa row2;

		agree(suite, 1);
		row2 = row_out;
		crypto = other;
		out2 = make_sa(&row_out, true);
		in2 = make_sa(&row_in, false);
		crypto = mine;
		for (size_t len = 20; len <= 1500; len++) {
			struct frame f = inner_frame(4, len, 0);
			struct fg_packet inner = { .ip = f.data, .end = f.end };
			struct esp_in in;
			size_t total;

			memcpy(clear, f.data, len);
			assert_int_equal(seal(&f), FG_DROP_NONE);
			total = (size_t)(f.end - f.data);
			memcpy(first, f.data, total);
			assert_int_equal(esp_open(other, in2, &row_in, NULL, &f, &in),
					 FG_DROP_NONE);
			assert_memory_equal(f.data, clear, len);

			f = inner_frame(4, len, 0);
			assert_true(fg_packet_parse(&inner));
			assert_int_equal(esp_seal(other, out2, &row2, &f, &inner), FG_DROP_NONE);
			assert_int_equal(f.end - f.data, total);
			if (!fg_esp_auth_key_len(suite))
				assert_memory_equal(f.data, first, total);
		}
		crypto_forget(other, &out2->key);
		crypto_forget(other, &in2->key);
		free(out2);
		free(in2);
	}
	crypto_free(other);
}

/* RFC 7634 appendix A as a whole packet: IP header, ESP, the ICMP inside. */
static void rfc7634_packet(void **state)
{
	uint8_t clear[84];
	struct fg_sa row = { .state = FG_SA_IN,
			     .generation = 1,
			     .spi = htonl(0x01020304),
			     .suite = FG_ESP_CHACHA20_POLY1305,
			     .seq = 4,
			     .salt = { 0xa0, 0xa1, 0xa2, 0xa3 } };
	struct frame f = { memory, memory + SPACE, memory + ROOM, NULL };
	struct esp_in in;

	(void)state;
	for (uint8_t i = 0; i < 32; i++)
		row.key[i] = (uint8_t)(0x80 + i);
	f.end = f.data +
		hex("4500008c 23450000 40320000 cb00712b c6336405"
		    "01020304 00000005 10111213 14151617"
		    "24039428 b97f417e 3c13753a 4f05087b 67c352e6 a7fab1b9 82d466ef 407ae5c6"
		    "14ee8099 d52844eb 61aa95df ab4c02f7 2aa71e7c 4c4f64c9 befe2fac c638e8f3"
		    "cbec163f ac469b50 2773f6fb 94e664da 9165b828 29f641e0"
		    "76aaa826 6b7fb0f7 b11b3699 07e1ad43",
		    f.data, 512);
	hex("45000054 a6f20000 4001e778 c6336405 c0000205 08005b7a 3a080000 553bec10"
	    "00073627 08090a0b 0c0d0e0f 10111213 14151617 18191a1b 1c1d1e1f 20212223"
	    "24252627 28292a2b 2c2d2e2f 30313233 34353637",
	    clear, sizeof(clear));
	drop_sa();
	row_in = row;
	sa_in = make_sa(&row_in, false);
	assert_int_equal(open(&f, &in), FG_DROP_NONE);
	assert_int_equal(f.end - f.data, sizeof(clear));
	assert_memory_equal(f.data, clear, sizeof(clear));
	assert_true(in.newest);
}

/* The last number is used, none after it, and the row remembers over a restart. */
static void numbers_run_out(void **state)
{
	struct frame f;

	(void)state;
	agree(FG_ESP_AES_GCM_128, 0);
	row_out.seq = UINT32_MAX - 1ULL;
	f = inner_frame(4, 64, 0);
	assert_int_equal(seal(&f), FG_DROP_NONE);
	for (int i = 0; i < 3; i++) {
		f = inner_frame(4, 64, 0);
		assert_int_equal(seal(&f), FG_DROP_seq_exhausted);
	}
	assert_true(row_out.seq > UINT32_MAX);
}

/* No room in front or behind: refused before a number is taken. */
static void no_room(void **state)
{
	struct frame f;

	(void)state;
	agree(FG_ESP_AES_CBC_128_SHA256, 3);
	f = inner_frame(4, 100, 0);
	f.room = f.data - ESP_HEADROOM + 1;
	assert_int_equal(seal(&f), FG_DROP_too_big);
	f = inner_frame(4, 100, 0);
	f.limit = f.end + ESP_TAILROOM - 1;
	assert_int_equal(seal(&f), FG_DROP_too_big);
	assert_int_equal(row_out.seq, 0);
	f = inner_frame(4, 100, 0);
	f.room = f.data - ESP_HEADROOM;
	f.limit = f.end + ESP_TAILROOM;
	assert_int_equal(seal(&f), FG_DROP_NONE);
	assert_true(f.data >= f.room && f.end <= f.limit);
}

static void template_rows(void **state)
{
	struct frame f;

	(void)state;
	agree(FG_ESP_AES_GCM_128, 1);
	f = inner_frame(4, 64, 0);
	assert_int_equal(seal(&f), FG_DROP_NONE);
	assert_int_equal(f.data[19], 2);
	/* Being rewritten: the old one serves. */
	row_out.outer_version = 1;
	row_out.outer[19] = 9;
	f = inner_frame(4, 64, 0);
	assert_int_equal(seal(&f), FG_DROP_NONE);
	assert_int_equal(f.data[19], 2);
	assert_true(checksum4_ok(f.data));
	/* Written: the new one. */
	row_out.outer_version = 2;
	f = inner_frame(4, 64, 0);
	assert_int_equal(seal(&f), FG_DROP_NONE);
	assert_int_equal(f.data[19], 9);
	assert_true(checksum4_ok(f.data));
	/* Lengths that no header has, and a version that does not fit the length. */
	for (uint16_t len = 0; len <= 60; len++) {
		if (len == 20 || len == 28)
			continue;
		agree(FG_ESP_AES_GCM_128, 1);
		row_out.outer_len = len;
		f = inner_frame(4, 64, 0);
		assert_int_equal(seal(&f), FG_DROP_no_sa);
		assert_int_equal(row_out.seq, 0);
	}
}

/* An address of ours whose words carry when they are summed up. */
static void checksum_carries(void **state)
{
	struct frame f;

	(void)state;
	agree(FG_ESP_AES_GCM_128, 1);
	hex("0a00ffff cb00fffe", row_out.outer + 12, 8);
	f = inner_frame(4, 64, 0);
	assert_int_equal(seal(&f), FG_DROP_NONE);
	assert_true(checksum4_ok(f.data));
}

/* A number taken from a row that ended after it was looked at is not used with its old key. */
static void row_ended_meanwhile(void **state)
{
	struct frame f;

	(void)state;
	agree(FG_ESP_AES_GCM_128, 0);
	f = inner_frame(4, 64, 0);
	assert_int_equal(seal(&f), FG_DROP_NONE);
	row_out.generation++;
	row_out.seq = 0;
	f = inner_frame(4, 64, 0);
	assert_int_equal(seal(&f), FG_DROP_no_sa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(round_trips),
		BOTH(rfc7634_packet),
		BOTH(numbers_run_out),
		BOTH(no_room),
		BOTH(template_rows),
		BOTH(checksum_carries),
		BOTH(row_ended_meanwhile),
		{ "back ends interwork", back_ends_interwork, set_up, tear_down, &esp_mb },
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
