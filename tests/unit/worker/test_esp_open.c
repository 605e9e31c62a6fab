// SPDX-License-Identifier: BSD-2-Clause
/* Decapsulation of what is not as it should be: cut, changed, repeated, or made by a peer that
 * lies. */
#include "esp_lab.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(both_encapsulations),   BOTH(short_packets), BOTH(damaged_packets),
		BOTH(lying_peers),           BOTH(replays),       BOTH(ecn),
		BOTH(row_changed_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
