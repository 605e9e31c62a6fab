// SPDX-License-Identifier: BSD-2-Clause
/* The two ways through a worker: doors, drops, counters, notes. */
#include "forward_lab.h"

/* Which door a packet of the client takes. */
static const struct door_row {
	const char *name, *src, *dst;
	uint8_t ttl;
	uint16_t len, hop_state, hop_mtu, port;
	uint32_t flags;
	enum door want;
	size_t wants; /* questions to flexd */
} doors[] = {
	/* clang-format off */
	{ "known hop", "10.0.0.5", "203.0.113.9", 64, 100, FG_HOP_READY, 1500, INSIDE, 1, DOOR_PORT, 0 },
	{ "known hop, IPv6", "2001:db8:1::5", "2001:db8::9", 64, 100, FG_HOP_READY, 1500, INSIDE, 1, DOOR_PORT, 0 },
	{ "TTL 2", "10.0.0.5", "203.0.113.9", 2, 100, FG_HOP_READY, 1500, INSIDE, 1, DOOR_PORT, 0 },
	{ "TTL 1", "10.0.0.5", "203.0.113.9", 1, 100, FG_HOP_READY, 1500, INSIDE, 1, DOOR_STACK, 0 },
	{ "TTL 0", "10.0.0.5", "203.0.113.9", 0, 100, FG_HOP_READY, 1500, INSIDE, 1, DOOR_STACK, 0 },
	{ "hop limit 1", "2001:db8:1::5", "2001:db8::9", 1, 100, FG_HOP_READY, 1500, INSIDE, 1, DOOR_STACK, 0 },
	{ "as long as the MTU", "10.0.0.5", "203.0.113.9", 64, 1000, FG_HOP_READY, 1000, INSIDE, 1, DOOR_PORT, 0 },
	{ "longer than the MTU", "10.0.0.5", "203.0.113.9", 64, 1001, FG_HOP_READY, 1000, INSIDE, 1, DOOR_STACK, 0 },
	{ "the kernel's", "10.0.0.5", "203.0.113.9", 64, 100, FG_HOP_STACK, 1500, INSIDE, 1, DOOR_STACK, 0 },
	{ "unknown", "10.0.0.5", "203.0.113.9", 64, 100, FG_HOP_FREE, 0, 0, 1, DOOR_STACK, 1 },
	{ "port we have no socket on", "10.0.0.5", "203.0.113.9", 64, 100, FG_HOP_READY, 1500, 5, 1, DOOR_STACK, 0 },
	{ "port that cannot be", "10.0.0.5", "203.0.113.9", 64, 100, FG_HOP_READY, 1500, 999, 1, DOOR_STACK, 0 },
	{ "fast door shut", "10.0.0.5", "203.0.113.9", 64, 100, FG_HOP_READY, 1500, INSIDE, 0, DOOR_STACK, 0 },
	{ "multicast", "10.0.0.5", "224.0.0.5", 64, 100, FG_HOP_READY, 1500, INSIDE, 1, DOOR_STACK, 0 },
	{ "broadcast", "10.0.0.5", "255.255.255.255", 64, 100, FG_HOP_READY, 1500, INSIDE, 1, DOOR_STACK, 0 },
	{ "link-local", "10.0.0.5", "169.254.1.1", 64, 100, FG_HOP_READY, 1500, INSIDE, 1, DOOR_STACK, 0 },
	{ "IPv4-mapped", "2001:db8:1::5", "::ffff:203.0.113.9", 64, 100, FG_HOP_READY, 1500, INSIDE, 1, DOOR_STACK, 0 },
	{ "multicast, IPv6", "2001:db8:1::5", "ff02::1", 64, 100, FG_HOP_READY, 1500, INSIDE, 1, DOOR_STACK, 0 },
	{ "link-local, IPv6", "2001:db8:1::5", "fe80::1", 64, 100, FG_HOP_READY, 1500, INSIDE, 1, DOOR_STACK, 0 },
	/* clang-format on */
};

static void doors_from_client(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(doors) / sizeof(doors[0]); i++) {
		const struct door_row *d = &doors[i];
		struct frame fr = packet(d->src, d->dst, d->ttl, d->len);
		uint64_t packets = count[ME].rx_packets;
		bool is4 = !strchr(d->src, ':');
		struct way way;
		uint8_t *p;

		print_message("%s\n", d->name);
		note_count = 0;
		conf.flags = d->flags;
		memset(hop, 0, sizeof(hop));
		if (d->hop_state)
			add_hop(d->dst, d->hop_state, d->port, d->hop_mtu);
		way = from_client(&fr);
		assert_int_equal(way.door, d->want);
		assert_int_equal(note_count, d->wants);
		assert_int_equal(count[ME].rx_packets, packets + 1);
		assert_int_equal(fr.end - fr.data, d->len + ETH);
		p = fr.data + ETH;
		assert_int_equal(fg_get16(fr.data + 12), is4 ? 0x0800 : 0x86dd);
		if (way.door == DOOR_PORT) {
			assert_int_equal(way.port, d->port);
			assert_int_equal(fr.data[0], 0xa0 + d->port);
			assert_int_equal(p[is4 ? 8 : 7], d->ttl - 1);
		} else {
			assert_memory_equal(fr.data, f.pair_eth, 12);
			assert_int_equal(p[is4 ? 8 : 7], d->ttl);
		}
		if (is4)
			assert_true(checksum4_ok(p));
	}
	assert_int_equal(dropped_in_all(), 0);
}

static void unknown_hop_is_asked_for_once_per_second(void **state)
{
	struct fg_ip dst = ip("203.0.113.9");

	(void)state;
	for (int i = 0; i < 50; i++) {
		struct frame fr = packet("10.0.0.5", "203.0.113.9", 64, 100);

		assert_int_equal(from_client(&fr).door, DOOR_STACK);
	}
	assert_int_equal(note_count, 1);
	assert_int_equal(notes[0].kind, NOTE_HOP_WANT);
	assert_memory_equal(&notes[0].dst, &dst, sizeof(dst));
	f.now_ms += 999;
	for (int i = 0; i < 2; i++) {
		struct frame fr = packet("10.0.0.5", "203.0.113.9", 64, 100);

		assert_int_equal(from_client(&fr).door, DOOR_STACK);
		assert_int_equal(note_count, 1 + (size_t)i);
		f.now_ms++;
	}
	/* A scan of a whole network is not passed on. */
	for (int i = 0; i < 250; i++) {
		char dst_text[32];
		struct frame fr;

		snprintf(dst_text, sizeof(dst_text), "192.0.2.%d", i);
		fr = packet("10.0.0.5", dst_text, 64, 100);
		assert_int_equal(from_client(&fr).door, DOOR_STACK);
	}
	assert_true(note_count <= 2 + LIMIT_BUDGET);
}

static void inner_source_is_judged(void **state)
{
	static const char *const sources[] = { "10.0.0.6",      "203.0.113.9", "0.0.0.0",
					       "2001:db8:1::6", "fe80::5",     "::" };

	(void)state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		bool is4 = !strchr(sources[i], ':');
		struct frame fr = packet(sources[i], is4 ? "203.0.113.9" : "2001:db8::9", 64, 100);

		assert_int_equal(from_client(&fr).door, DOOR_NONE);
		assert_int_equal(dropped(0, FG_DROP_spoofed), i + 1);
		assert_int_equal(dropped(ME, FG_DROP_spoofed), i + 1);
	}
	assert_int_equal(count[ME].rx_packets, 0);
	/* A session without an address of a family has none to send from. */
	session[ME].inner4 = 0;
	{
		struct frame fr = packet("0.0.0.0", "203.0.113.9", 64, 100);

		assert_int_equal(from_client(&fr).door, DOOR_NONE);
	}
}

static void mss_is_lowered(void **state)
{
	struct frame fr = packet("10.0.0.5", "203.0.113.9", 64, 64);

	(void)state;
	assert_int_equal(from_client(&fr).door, DOOR_STACK);
	assert_int_equal(fg_get16(fr.data + ETH + 20 + 22), 1000);
}

static void session_and_sa_must_hold(void **state)
{
	struct frame fr;
	struct fg_meta meta = {
		.session = ME, .sa = IN, .l3 = ETH, .esp = ETH + 28, .sa_generation = 9
	};

	(void)state;
	session[ME].state = FG_SESSION_ENDING;
	fr = packet("10.0.0.5", "203.0.113.9", 64, 100);
	assert_int_equal(from_client(&fr).door, DOOR_NONE);
	assert_int_equal(dropped(ME, FG_DROP_session_down), 1);
	session[ME].state = FG_SESSION_UP;

	sa[IN].generation = 10; /* XDP looked before the row changed */
	fr = packet("10.0.0.5", "203.0.113.9", 64, 100);
	assert_int_equal(from_client(&fr).door, DOOR_NONE);
	assert_int_equal(dropped(0, FG_DROP_unknown_spi), 1);
	sa[IN].generation = 9;

	sa[IN].state = FG_SA_FREE;
	fr = packet("10.0.0.5", "203.0.113.9", 64, 100);
	assert_int_equal(from_client(&fr).door, DOOR_NONE);
	assert_int_equal(dropped(0, FG_DROP_unknown_spi), 2);

	sa[IN].state = FG_SA_OUT; /* the other direction */
	fr = packet("10.0.0.5", "203.0.113.9", 64, 100);
	assert_int_equal(from_client(&fr).door, DOOR_NONE);
	sa[IN].state = FG_SA_IN;

	meta.sa = SAS; /* no such row */
	fr = packet("10.0.0.5", "203.0.113.9", 64, 100);
	fr.data -= ETH;
	assert_int_equal(forward_packet(&f, &fr, &meta).door, DOOR_NONE);
	sa[IN].session = SESSIONS;
	sa[IN].generation = 11;
	meta = (struct fg_meta){ .sa = IN, .l3 = ETH, .esp = ETH + 28, .sa_generation = 11 };
	fr = packet("10.0.0.5", "203.0.113.9", 64, 100);
	fr.data -= ETH;
	assert_int_equal(forward_packet(&f, &fr, &meta).door, DOOR_NONE);
	assert_int_equal(dropped(0, FG_DROP_unknown_spi), 5);
	assert_int_equal(count[ME].rx_packets, 0);
}

/* A meta that does not fit its frame touches nothing. */
static void meta_must_fit(void **state)
{
	static const uint16_t l3[] = { 0, 13, 114, 115, 60000 };

	(void)state;
	for (size_t i = 0; i < sizeof(l3) / sizeof(l3[0]); i++) {
		struct frame fr = packet("203.0.113.9", "10.0.0.5", 64, 100);
		struct fg_meta meta = { .session = ME, .l3 = l3[i] };

		fr.data -= ETH;
		assert_int_equal(forward_packet(&f, &fr, &meta).door, DOOR_NONE);
		assert_int_equal(dropped(0, FG_DROP_bad_frame), i + 1);
	}
}

static void to_client_is_sealed(void **state)
{
	struct frame fr = packet("203.0.113.9", "10.0.0.5", 63, 200);
	struct fg_sa peer_row = sa[OUT];
	struct esp_sa *peer = aligned_alloc(64, esp_sa_size(crypto));
	struct crypto_material m = { peer_row.suite, false,         false,
				     peer_row.key,   peer_row.salt, peer_row.auth_key };
	struct esp_in in;
	struct way way;

	(void)state;
	add_hop("198.51.100.2", FG_HOP_READY, OUTSIDE, 1500);
	fr.end += 10; /* padding of the link is not part of the packet */
	way = to_client(&fr, ME);
	assert_int_equal(way.door, DOOR_PORT);
	assert_int_equal(way.port, OUTSIDE);
	assert_int_equal(fr.data[0], 0xa0);
	assert_int_equal(sa[OUT].seq, 1);
	assert_int_equal(count[ME].tx_packets, 0); /* the program on the port counts these */

	memset(peer, 0, esp_sa_size(crypto));
	peer->generation = peer_row.generation;
	assert_true(crypto_expand(crypto, &peer->key, &m));
	fr.data += ETH;
	assert_int_equal(esp_open(crypto, peer, &peer_row, NULL, &fr, &in), FG_DROP_NONE);
	assert_int_equal(fr.end - fr.data, 200);
	assert_int_equal(fr.data[8], 63); /* lowered before, not here */
	crypto_forget(crypto, &peer->key);
	free(peer);
}

static void doors_to_client(void **state)
{
	struct frame fr = packet("203.0.113.9", "10.0.0.5", 63, 200);

	(void)state;
	assert_int_equal(to_client(&fr, ME).door, DOOR_STACK);
	assert_int_equal(note_count, 1);
	assert_memory_equal(fr.data, f.pair_eth, 12);
	assert_int_equal(fr.data[ETH] >> 4, 4);
	/* Longer than the way bears, with its outer headers: the kernel decides. */
	add_hop("198.51.100.2", FG_HOP_READY, OUTSIDE, 252);
	fr = packet("203.0.113.9", "10.0.0.5", 63, 200);
	assert_int_equal(to_client(&fr, ME).door, DOOR_STACK);
	fr = packet("203.0.113.9", "10.0.0.5", 63, 188);
	assert_int_equal(to_client(&fr, ME).door, DOOR_PORT);
	assert_int_equal(fr.end - fr.data - ETH, 252);
	fr = packet("203.0.113.9", "10.0.0.5", 63, 191);
	assert_int_equal(to_client(&fr, ME).door, DOOR_STACK);
}

static void drops_to_client(void **state)
{
	struct frame fr;

	(void)state;
	fr = packet("203.0.113.9", "10.0.0.5", 63, 200);
	assert_int_equal(to_client(&fr, 0).door, DOOR_NONE);
	fr = packet("203.0.113.9", "10.0.0.5", 63, 200);
	assert_int_equal(to_client(&fr, SESSIONS).door, DOOR_NONE);
	assert_int_equal(dropped(0, FG_DROP_no_session), 2);

	session[ME].sa_out = 0;
	fr = packet("203.0.113.9", "10.0.0.5", 63, 200);
	assert_int_equal(to_client(&fr, ME).door, DOOR_NONE);
	session[ME].sa_out = IN; /* not an outbound one */
	fr = packet("203.0.113.9", "10.0.0.5", 63, 200);
	assert_int_equal(to_client(&fr, ME).door, DOOR_NONE);
	session[ME].sa_out = SAS + 3;
	fr = packet("203.0.113.9", "10.0.0.5", 63, 200);
	assert_int_equal(to_client(&fr, ME).door, DOOR_NONE);
	session[ME].sa_out = OUT;
	sa[OUT].session = ME + 1; /* somebody else's */
	sa[OUT].generation++;
	fr = packet("203.0.113.9", "10.0.0.5", 63, 200);
	assert_int_equal(to_client(&fr, ME).door, DOOR_NONE);
	assert_int_equal(dropped(ME, FG_DROP_no_sa), 4);
	sa[OUT].session = ME;
	sa[OUT].generation++;

	sa[OUT].seq = UINT32_MAX;
	fr = packet("203.0.113.9", "10.0.0.5", 63, 200);
	assert_int_equal(to_client(&fr, ME).door, DOOR_NONE);
	assert_int_equal(dropped(ME, FG_DROP_seq_exhausted), 1);

	fr = packet("203.0.113.9", "10.0.0.5", 63, 200);
	fr.data[0] = 0x75;
	assert_int_equal(to_client(&fr, ME).door, DOOR_NONE);
	assert_int_equal(dropped(ME, FG_DROP_bad_inner), 1);

	session[ME].state = FG_SESSION_FREE;
	fr = packet("203.0.113.9", "10.0.0.5", 63, 200);
	assert_int_equal(to_client(&fr, ME).door, DOOR_NONE);
	assert_int_equal(dropped(ME, FG_DROP_session_down), 1);
}

/* RFC 3948: the address follows what is authenticated and newest, and only that. */
static void moves(void **state)
{
	struct fg_meta meta = {
		.session = ME, .sa = IN, .l3 = ETH, .esp = ETH + 28, .sa_generation = 9
	};
	struct fg_packet inner;
	uint8_t copy[SPACE];
	struct frame fr, kept;

	(void)state;
	fr = packet("10.0.0.5", "224.0.0.5", 64, 100);
	from_client(&fr);
	assert_int_equal(note_count, 0); /* where we know it */

	/* Sealed before the move, arriving after it: old, and from elsewhere. */
	fr = packet("10.0.0.5", "224.0.0.5", 64, 100);
	inner = (struct fg_packet){ .ip = fr.data, .end = fr.end };
	assert_true(fg_packet_parse(&inner));
	assert_int_equal(esp_seal(crypto, client, &client_row, &fr, &inner), FG_DROP_NONE);
	kept = fr;
	memcpy(copy, memory, sizeof(memory));

	client_row.outer[15] = 99;
	client_row.outer[20] = 0x27;
	client_row.outer_version += 2;
	fr = packet("10.0.0.5", "224.0.0.5", 64, 100);
	from_client(&fr);
	assert_int_equal(note_count, 1);
	assert_int_equal(notes[0].kind, NOTE_MOVED);
	assert_int_equal(notes[0].session, ME);
	assert_int_equal(notes[0].generation, 77);
	assert_int_equal(ip_to4(&notes[0].peer.ip), inet_addr("198.51.100.99"));
	assert_int_equal(ntohs(notes[0].peer.port), 0x2794);
	assert_int_equal(session[ME].peer.w[3], inet_addr("198.51.100.2")); /* not ours to write */

	f.now_ms += 10000;
	fr = kept;
	memcpy(memory, copy, sizeof(memory));
	fr.data[15] = 55; /* an attacker repeats it from another address */
	fr.data -= ETH;
	assert_int_equal(forward_packet(&f, &fr, &meta).door, DOOR_STACK);
	assert_int_equal(note_count, 1);

	/* Wrong ICV from elsewhere. */
	fr = packet("10.0.0.5", "224.0.0.5", 64, 100);
	inner = (struct fg_packet){ .ip = fr.data, .end = fr.end };
	assert_true(fg_packet_parse(&inner));
	assert_int_equal(esp_seal(crypto, client, &client_row, &fr, &inner), FG_DROP_NONE);
	fr.end[-1] ^= 1;
	fr.data -= ETH;
	assert_int_equal(forward_packet(&f, &fr, &meta).door, DOOR_NONE);
	assert_int_equal(note_count, 1);

	/* A peer that is not behind a NAT does not move. */
	sa[IN].flags &= (uint16_t)~FG_SA_MOVES;
	fr = packet("10.0.0.5", "224.0.0.5", 64, 100);
	from_client(&fr);
	assert_int_equal(note_count, 1);
}

static void hop_rows(void **state)
{
	struct fg_ip dst = ip("203.0.113.9");
	uint32_t slot = fg_hop_slot(&dst);
	struct hop found;

	(void)state;
	assert_int_equal(hop_find(&maps, &dst, 7, &found), HOP_UNKNOWN);
	add_hop("203.0.113.9", FG_HOP_READY, 2, 1500);
	assert_int_equal(hop_find(&maps, &dst, 7, &found), HOP_KNOWN);
	assert_int_equal(found.port, 2);
	assert_int_equal(hop[slot].used, 7);
	hop[slot].version = 3; /* being written */
	assert_int_equal(hop_find(&maps, &dst, 7, &found), HOP_UNKNOWN);
	hop[slot].version = 4;
	conf.hop_generation = 2; /* routes changed since */
	assert_int_equal(hop_find(&maps, &dst, 7, &found), HOP_UNKNOWN);
	conf.hop_generation = 1;
	/* The last place it may stand at, wrapping; and one beyond. */
	for (uint32_t i = 0; i <= FG_HOP_PROBES; i++) {
		struct fg_hop row = hop[slot];

		memset(hop, 0, sizeof(hop));
		hop[(slot + i) & (FG_HOP_ROWS - 1)] = row;
		assert_int_equal(hop_find(&maps, &dst, 7, &found),
				 i < FG_HOP_PROBES ? HOP_KNOWN : HOP_UNKNOWN);
		hop[slot] = row;
	}
	/* A row that was freed is not taken for the zero address. */
	memset(hop, 0, sizeof(hop));
	memset(&dst, 0, sizeof(dst));
	assert_int_equal(hop_find(&maps, &dst, 7, &found), HOP_UNKNOWN);
}

static bool all_zero(const void *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((const uint8_t *)p)[i])
			return false;
	return true;
}

/* A key lives no longer than its row. */
static void keys_are_swept(void **state)
{
	struct sa_table *t = &f.sas;
	const uint8_t *slot = t->slots + t->stride * IN;

	(void)state;
	assert_non_null(sa_get(t, IN, FG_SA_IN));
	assert_non_null(sa_get(t, OUT, FG_SA_OUT));
	sa_sweep(t, SAS);
	assert_false(all_zero(slot, t->stride));
	sa[IN].state = FG_SA_FREE;
	sa_sweep(t, SAS);
	assert_true(all_zero(slot, t->stride));
	assert_false(all_zero(t->slots + t->stride * OUT, t->stride));
	/* Another key in the row: the old one is not used for it. */
	make_sa(IN, FG_SA_IN);
	assert_non_null(sa_get(t, IN, FG_SA_IN));
	sa[IN].generation++;
	assert_non_null(sa_get(t, IN, FG_SA_IN));
	assert_int_equal(((const struct esp_sa *)slot)->generation, sa[IN].generation);
	sa[IN].generation++;
	sa_sweep(t, SAS);
	assert_true(all_zero(slot, t->stride));
	/* A row with a suite nobody knows gives no key and leaves nothing behind. */
	sa[IN].suite = 99;
	assert_null(sa_get(t, IN, FG_SA_IN));
	assert_true(all_zero(slot, t->stride));
	assert_null(sa_get(t, SAS, FG_SA_IN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(doors_from_client),
		ROW(unknown_hop_is_asked_for_once_per_second),
		ROW(inner_source_is_judged),
		ROW(mss_is_lowered),
		ROW(session_and_sa_must_hold),
		ROW(meta_must_fit),
		ROW(to_client_is_sealed),
		ROW(doors_to_client),
		ROW(drops_to_client),
		ROW(moves),
		ROW(hop_rows),
		ROW(keys_are_swept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
