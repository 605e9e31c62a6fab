// SPDX-License-Identifier: BSD-2-Clause
/* Encapsulation and decapsulation in memory. */
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

static struct esp_sa *make_sa(const struct fg_sa *row, bool seal)
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

static void drop_sa(void)
{
	if (sa_out)
		crypto_forget(crypto, &sa_out->key);
	if (sa_in)
		crypto_forget(crypto, &sa_in->key);
	free(sa_out);
	free(sa_in);
	sa_out = sa_in = NULL;
}

static void agree(uint16_t suite, size_t outer)
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
static struct frame inner_frame(uint8_t version, size_t len, uint8_t tos)
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

static enum fg_drop_reason seal(struct frame *f)
{
	struct fg_packet inner = { .ip = f->data, .end = f->end };

	assert_true(fg_packet_parse(&inner));
	return esp_seal(crypto, sa_out, &row_out, f, &inner);
}

static enum fg_drop_reason open(struct frame *f, struct esp_in *in)
{
	memset(in, 0, sizeof(*in));
	return esp_open(crypto, sa_in, &row_in, NULL, f, in);
}

static bool checksum4_ok(const uint8_t *ip)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < 20; i += 2)
		sum += fg_get16(ip + i);
	return ((sum & 0xffff) + (sum >> 16)) == 0xffff;
}

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

/* RFC 7296 2.23: whatever was agreed, ESP with and without UDP is understood. */
static void both_encapsulations(void **state)
{
	(void)state;
	for (size_t outer = 0; outer < 4; outer++) {
		struct esp_in in;
		struct frame f;

		agree(FG_ESP_AES_GCM_128, outer);
		row_in.flags ^= FG_SA_UDP;
		f = inner_frame(4, 100, 0);
		assert_int_equal(seal(&f), FG_DROP_NONE);
		assert_int_equal(open(&f, &in), FG_DROP_NONE);
		assert_int_equal(in.udp, outer & 1);
		assert_int_equal(row_in.packets, 1);
	}
}

/* A valid packet cut short at every length, with and without lengths that fit; memory ends with
 * the packet, so that a read beyond it is caught by the memory checker. */
static void short_packets(void **state)
{
	uint8_t packet[512];
	struct esp_in in;

	(void)state;
	for (uint16_t suite = 1; suite < FG_ESP_SUITE_MAX; suite++)
		for (size_t outer = 0; outer < 4; outer++) {
			struct frame f;
			size_t total;

			agree(suite, outer);
			f = inner_frame(4, 60, 0);
			assert_int_equal(seal(&f), FG_DROP_NONE);
			total = (size_t)(f.end - f.data);
			memcpy(packet, f.data, total);
			for (size_t len = 0; len < 2 * total; len++) {
				size_t n = len / 2;

				f.end = memory + SPACE;
				f.data = f.end - n;
				memcpy(f.data, packet, n);
				if (len & 1 && outer < 2 && n >= 4)
					fg_put16(f.data + 2, (uint16_t)n);
				if (len & 1 && outer >= 2 && n >= 40)
					fg_put16(f.data + 4, (uint16_t)(n - 40));
				if (len & 1 && (outer & 1) && n >= row_out.outer_len)
					fg_put16(f.data + row_out.outer_len - 4,
						 (uint16_t)(n - row_out.outer_len + 8));
				assert_int_not_equal(open(&f, &in), FG_DROP_NONE);
			}
			assert_int_equal(row_in.seq, 0);
		}
}

/* What happens to a packet that is changed before it is opened. */
enum change {
	ICV,
	SEQ_ZERO,
	SEQ_OTHER,
	OTHER_SPI,
	PROTOCOL,
	FRAGMENT,
	UDP_LONG,
	UDP_SHORT,
	NOTHING
};

static const struct damage {
	const char *name;
	size_t outer;
	enum change change;
	enum fg_drop_reason want;
} damages[] = {
	{ "nothing", 1, NOTHING, FG_DROP_NONE },
	{ "wrong ICV", 0, ICV, FG_DROP_auth_failed },
	{ "wrong ICV", 3, ICV, FG_DROP_auth_failed },
	{ "sequence number 0", 0, SEQ_ZERO, FG_DROP_replay_old },
	{ "other sequence number", 2, SEQ_OTHER, FG_DROP_auth_failed },
	{ "SPI of another SA", 1, OTHER_SPI, FG_DROP_unknown_spi },
	{ "said to be UDP, is not", 0, PROTOCOL, FG_DROP_malformed_outer },
	{ "outer fragment", 1, FRAGMENT, FG_DROP_outer_fragment },
	{ "UDP length beyond the packet", 1, UDP_LONG, FG_DROP_malformed_outer },
	{ "UDP length beyond the packet", 3, UDP_LONG, FG_DROP_malformed_outer },
	{ "UDP length below a header", 1, UDP_SHORT, FG_DROP_malformed_outer },
};

static void apply(struct frame *f, const struct damage *d)
{
	uint8_t *ip = f->data, *esp = ip + row_out.outer_len;

	switch (d->change) {
	case ICV:
		f->end[-1] ^= 1;
		break;
	case SEQ_ZERO:
		memset(esp + 4, 0, 4);
		break;
	case SEQ_OTHER:
		esp[7] ^= 4;
		break;
	case OTHER_SPI:
		esp[3] ^= 1;
		break;
	case PROTOCOL:
		ip[9] = d->outer == 0 ? 17 : 50;
		break;
	case FRAGMENT:
		ip[6] = 0x20;
		break;
	case UDP_LONG:
		fg_put16(esp - 4, (uint16_t)(f->end - esp + 9));
		break;
	case UDP_SHORT:
		fg_put16(esp - 4, 7);
		break;
	case NOTHING:
		break;
	}
}

static void damaged_packets(void **state)
{
	struct esp_in in;

	(void)state;
	for (uint16_t suite = 1; suite < FG_ESP_SUITE_MAX; suite++)
		for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
			const struct damage *d = &damages[i];
			struct frame f;

			agree(suite, d->outer);
			f = inner_frame(4, 100, 0);
			assert_int_equal(seal(&f), FG_DROP_NONE);
			apply(&f, d);
			print_message("suite %u, %s\n", suite, d->name);
			assert_int_equal(open(&f, &in), d->want);
			/* Only what was authenticated moves the window. */
			assert_int_equal(row_in.seq, d->want == FG_DROP_NONE ? 1 : 0);
		}
}

/* Seal arbitrary text, as a peer with the key could send it. */
static struct frame seal_text(const uint8_t *text, size_t len, uint32_t seq)
{
	struct frame f = { memory, memory + SPACE, memory + ROOM, NULL };
	uint8_t *esp = f.data + 20;
	struct esp_sa *peer;

	hex(template_hex[0], f.data, 20);
	memcpy(esp, &row_out.spi, 4);
	fg_put16(esp + 4, (uint16_t)(seq >> 16));
	fg_put16(esp + 6, (uint16_t)seq);
	memset(esp + 8, 1, 8); /* as padding would look */
	memcpy(esp + 16, text, len);
	peer = make_sa(&row_out, true);
	assert_true(peer->key.run(crypto, &peer->key, esp, len, 0));
	crypto_forget(crypto, &peer->key);
	free(peer);
	f.end = esp + 16 + len + CRYPTO_ICV;
	fg_put16(f.data + 2, (uint16_t)(f.end - f.data));
	return f;
}

#define IP4_28 "4500001c00000000401100000a0000050a090001 0000000000000000"
#define IP6_40 "6000000000003b40 fd000000000000000000000000000005 fd000000000000000000000000000001"

static const struct lie {
	const char *name, *text;
	enum fg_drop_reason want;
} lies[] = {
	/* clang-format off */
	{ "honest IPv4", IP4_28 "0102 0204", FG_DROP_NONE },
	{ "honest IPv4, no padding", IP4_28 "0004", FG_DROP_NONE },
	{ "honest IPv6", IP6_40 "0102 0229", FG_DROP_NONE },
	{ "traffic flow padding", IP4_28 "aaaaaaaabbbb 0102 0204", FG_DROP_NONE },
	{ "pad length beyond the text", "0102 0304", FG_DROP_bad_trailer },
	{ "pad length reaches into the IV", "0104", FG_DROP_bad_trailer },
	{ "pad length beyond the text, 255", IP4_28 "0102 ff04", FG_DROP_bad_trailer },
	{ "pad length is all", "0102 0204", FG_DROP_bad_inner },
	{ "nothing but a trailer", "0004", FG_DROP_bad_inner },
	{ "padding is not 1, 2", IP4_28 "0103 0204", FG_DROP_bad_trailer },
	{ "padding is zero", IP4_28 "0000 0204", FG_DROP_bad_trailer },
	{ "padding eats the packet", IP4_28 "010203 0404", FG_DROP_bad_trailer },
	{ "next header UDP", IP4_28 "0102 0211", FG_DROP_bad_trailer },
	{ "next header says IPv6", IP4_28 "0102 0229", FG_DROP_bad_inner },
	{ "next header says IPv4", IP6_40 "0102 0204", FG_DROP_bad_inner },
	{ "dummy", "0102 023b", FG_DROP_dummy },
	{ "dummy with content", "1122334455 01 013b", FG_DROP_dummy },
	{ "inner longer than the text", "45000020 00000000 40110000 0a000005 0a090001 0004",
	  FG_DROP_bad_inner },
	{ "inner header length 4", "44000014 00000000 40110000 0a000005 0a090001 0004",
	  FG_DROP_bad_inner },
	{ "inner header beyond its length", "4f000014 00000000 40110000 0a000005 0a090001 0004",
	  FG_DROP_bad_inner },
	{ "inner is cut", "45000014 00000000 0004", FG_DROP_bad_inner },
	{ "inner IPv6 payload beyond the text", "6000000000013b40 fd000000000000000000000000000005"
	  "fd000000000000000000000000000001 0102 0229", FG_DROP_bad_inner },
	{ "inner version 0", "00000014 00000000 40110000 0a000005 0a090001 0004",
	  FG_DROP_bad_inner },
	/* clang-format on */
};

static void lying_peers(void **state)
{
	static const uint16_t suites[] = { FG_ESP_AES_GCM_128, FG_ESP_CHACHA20_POLY1305 };
	uint8_t text[128];
	struct esp_in in;

	(void)state;
	for (size_t s = 0; s < 2; s++) {
		agree(suites[s], 0);
		for (uint32_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
			size_t len = hex(lies[i].text, text, sizeof(text));
			struct frame f = seal_text(text, len, i + 1);

			print_message("%s\n", lies[i].name);
			assert_int_equal(open(&f, &in), lies[i].want);
			assert_int_equal(row_in.seq, i + 1);
		}
	}
}

static void replays(void **state)
{
	uint8_t packet[512];
	struct esp_in in;
	struct frame f;
	size_t total;

	(void)state;
	agree(FG_ESP_AES_GCM_256, 1);
	f = inner_frame(4, 100, 0);
	assert_int_equal(seal(&f), FG_DROP_NONE);
	total = (size_t)(f.end - f.data);
	memcpy(packet, f.data, total);
	assert_int_equal(open(&f, &in), FG_DROP_NONE);
	for (int i = 0; i < 1100; i++) {
		f = (struct frame){ memory, memory + SPACE, memory + ROOM, memory + ROOM + total };
		memcpy(f.data, packet, total);
		assert_int_equal(open(&f, &in),
				 i < FG_REPLAY_BITS ? FG_DROP_replay_seen : FG_DROP_replay_old);
		f = inner_frame(4, 100, 0);
		assert_int_equal(seal(&f), FG_DROP_NONE);
		assert_int_equal(open(&f, &in), FG_DROP_NONE);
	}
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

/* RFC 6040 4.2 figure 4; Not-ECT 0, ECT(1) 1, ECT(0) 2, CE 3; -1: drop. */
static void ecn(void **state)
{
	static const int want[4][4] = { /* [inner][outer] */
					{ 0, 0, 0, -1 },
					{ 1, 1, 1, 3 },
					{ 2, 1, 2, 3 },
					{ 3, 3, 3, 3 }
	};
	struct esp_in in;

	(void)state;
	for (uint8_t version = 4; version <= 6; version += 2)
		for (size_t outer = 0; outer < 4; outer++)
			for (uint8_t i = 0; i < 16; i++) {
				uint8_t inside = i / 4, outside = i % 4;
				struct frame f;

				agree(FG_ESP_AES_GCM_128, outer);
				f = inner_frame(version, 80, 0x28 | inside);
				assert_int_equal(seal(&f), FG_DROP_NONE);
				if (outer < 2)
					f.data[1] = (uint8_t)(0x28 | outside);
				else
					f.data[1] = (uint8_t)((f.data[1] & ~0x30) | outside << 4);
				if (want[inside][outside] < 0) {
					assert_int_equal(open(&f, &in), FG_DROP_ecn);
					continue;
				}
				assert_int_equal(open(&f, &in), FG_DROP_NONE);
				if (version == 4) {
					assert_int_equal(f.data[1], 0x28 | want[inside][outside]);
					assert_true(checksum4_ok(f.data));
				} else {
					assert_int_equal((f.data[0] << 4 | f.data[1] >> 4) & 0xff,
							 0x28 | want[inside][outside]);
				}
			}
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

/* A row that got another key while the packet was opened keeps its own window. */
static void row_changed_meanwhile(void **state)
{
	struct esp_in in;
	struct frame f;
	uint8_t lock = 0;

	(void)state;
	agree(FG_ESP_AES_GCM_128, 0);
	f = inner_frame(4, 64, 0);
	assert_int_equal(seal(&f), FG_DROP_NONE);
	row_in.generation++;
	assert_int_equal(esp_open(crypto, sa_in, &row_in, &lock, &f, &in), FG_DROP_unknown_spi);
	assert_int_equal(row_in.seq, 0);
	assert_int_equal(lock, 0);
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

static int set_up(void **state)
{
	char why[128];

	crypto = crypto_new(*(const enum crypto_choice *)*state, why, sizeof(why));
	memory = malloc(SPACE);
	return crypto && memory ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	drop_sa();
	crypto_free(crypto);
	free(memory);
	return 0;
}

int main(void)
{
	static enum crypto_choice mb = CRYPTO_IPSEC_MB, ossl = CRYPTO_OPENSSL;
#define BOTH(test)                                                                                 \
	{ #test ", intel-ipsec-mb", test, set_up, tear_down, &mb },                                \
	{                                                                                          \
#test ", openssl", test, set_up, tear_down, &ossl                                  \
	}
	const struct CMUnitTest tests[] = {
		BOTH(round_trips),
		BOTH(rfc7634_packet),
		BOTH(both_encapsulations),
		BOTH(short_packets),
		BOTH(damaged_packets),
		BOTH(lying_peers),
		BOTH(replays),
		BOTH(numbers_run_out),
		BOTH(ecn),
		BOTH(no_room),
		BOTH(template_rows),
		BOTH(checksum_carries),
		BOTH(row_changed_meanwhile),
		BOTH(row_ended_meanwhile),
		{ "back ends interwork", back_ends_interwork, set_up, tear_down, &mb },
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
