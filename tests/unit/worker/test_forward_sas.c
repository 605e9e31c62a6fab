// SPDX-License-Identifier: BSD-2-Clause
/* A session with several SAs: which of them carries a packet, also while flexd changes them. */
#include "forward_lab.h"

#include <pthread.h>

enum { SECOND = 6, THIRD = 7, WEB = 1, TEN = 2 };

static struct fg_selectors selector[4];

static void add_flow(uint32_t at, uint32_t next, uint32_t selectors)
{
	make_sa(at, FG_SA_OUT);
	sa[at].outer_len = sa[OUT].outer_len;
	memcpy(sa[at].outer, sa[OUT].outer, FG_OUTER_MAX);
	sa[at].next = next;
	sa[at].selectors = selectors;
}

static struct fg_selector to_net(const char *first, const char *last, uint16_t port)
{
	struct fg_selector s = { .first = ip(first), .last = ip(last), .version = 4 };

	s.client_last = 65535;
	s.net_first = port;
	s.net_last = port ? port : 65535;
	s.protocol = port ? 6 : 0;
	return s;
}

/* OUT: port 2 of 10.9.1.0/24; SECOND: 10.9.0.0/16; nothing for the rest. */
static void set_flows(void)
{
	memset(selector, 0, sizeof(selector));
	selector[WEB] = (struct fg_selectors){ .count = 1 };
	selector[WEB].at[0] = to_net("10.9.1.0", "10.9.1.255", 2);
	selector[TEN] = (struct fg_selectors){ .count = 1 };
	selector[TEN].at[0] = to_net("10.9.0.0", "10.9.255.255", 0);
	maps.selector = selector;
	maps.selectors = 4;
	sa[OUT].selectors = WEB;
	sa[OUT].next = SECOND;
	add_flow(SECOND, 0, TEN);
}

/* To the client by the SA that covers the packet, RFC 4301 5.1; without one it does not go. */
static void flow_by_selectors(void **state)
{
	static const struct {
		const char *src;
		uint8_t port; /* low byte of the source port */
		uint64_t out, second, dropped;
	} rows[] = {
		{ "10.9.1.7", 2, 1, 0, 0 },
		{ "10.9.1.7", 3, 0, 1, 0 },
		{ "10.9.2.7", 2, 0, 1, 0 },
		{ "10.8.1.7", 2, 0, 0, 1 },
	};

	(void)state;
	set_flows();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct frame fr = packet(rows[i].src, "10.0.0.5", 63, 100);

		fr.data[21] = rows[i].port;
		sa[OUT].seq = sa[SECOND].seq = 0;
		memset(drop, 0, sizeof(drop));
		to_client(&fr, ME);
		assert_int_equal(sa[OUT].seq, rows[i].out);
		assert_int_equal(sa[SECOND].seq, rows[i].second);
		assert_int_equal(dropped(ME, FG_DROP_selector), rows[i].dropped);
		assert_int_equal(dropped_in_all(), rows[i].dropped);
	}
	/* Last comes one that carries everything. */
	sa[SECOND].next = THIRD;
	add_flow(THIRD, 0, 0);
	struct frame fr = packet("10.8.1.7", "10.0.0.5", 63, 100);

	to_client(&fr, ME);
	assert_int_equal(sa[THIRD].seq, 1);
	/* A list that does not end is followed for a while. */
	sa[THIRD].selectors = TEN;
	sa[THIRD].generation++;
	sa[THIRD].next = OUT;
	memset(drop, 0, sizeof(drop));
	fr = packet("10.8.1.7", "10.0.0.5", 63, 100);
	to_client(&fr, ME);
	assert_int_equal(dropped(ME, FG_DROP_selector), 1);
}

static void selectors_from_client(void **state)
{
	struct frame fr;

	(void)state;
	set_flows();
	sa[IN].selectors = WEB;
	fr = packet("10.0.0.5", "10.9.1.7", 64, 100); /* port 2 */
	assert_int_equal(from_client(&fr).door, DOOR_STACK);
	fr = packet("10.0.0.5", "10.9.1.7", 64, 100);
	fr.data[23] = 3;
	assert_int_equal(from_client(&fr).door, DOOR_NONE);
	fr = packet("10.0.0.5", "10.9.2.7", 64, 100);
	assert_int_equal(from_client(&fr).door, DOOR_NONE);
	assert_int_equal(dropped(ME, FG_DROP_selector), 2);
	/* Somebody else's address stays spoofed, whatever the selectors say. */
	fr = packet("10.0.0.6", "10.9.1.7", 64, 100);
	assert_int_equal(from_client(&fr).door, DOOR_NONE);
	assert_int_equal(dropped(ME, FG_DROP_spoofed), 1);
	assert_int_equal(count[ME].rx_packets, 1);
	assert_int_equal(dropped_in_all(), 3);
}

/* What flexd reads: bytes and packets of the inner ones, and when. */
static void rows_count(void **state)
{
	uint8_t lock[SAS] = { 0 };
	struct frame fr;

	(void)state;
	for (int shared = 0; shared < 2; shared++) {
		maps.sa_lock = shared ? lock : NULL;
		f.now_ms = 7000 + (uint64_t)shared;
		sa[IN].bytes = sa[IN].packets = sa[OUT].bytes = 0;
		for (uint32_t i = 1; i <= 3; i++) {
			fr = packet("10.0.0.5", "203.0.113.9", 64, 100 + i);
			from_client(&fr);
			assert_int_equal(sa[IN].packets, i);
			fr = packet("203.0.113.9", "10.0.0.5", 63, 200 + i);
			to_client(&fr, ME);
		}
		assert_int_equal(sa[IN].bytes, 306);
		assert_int_equal(sa[OUT].bytes, 606);
		assert_int_equal(sa[IN].used_ms, f.now_ms);
		assert_int_equal(sa[OUT].used_ms, f.now_ms);
	}
	/* What was not authenticated is no sign of life. */
	f.now_ms = 9000;
	fr = packet("10.0.0.5", "203.0.113.9", 64, 100);
	client_row.seq = 0; /* a replay */
	from_client(&fr);
	assert_int_equal(dropped(ME, FG_DROP_replay_seen), 1);
	assert_int_equal(sa[IN].used_ms, 7001);
	assert_int_equal(sa[IN].bytes, 306);
	maps.sa_lock = NULL;
}

/* flexd as it rekeys without end: the new SA first, then the old one is wiped. */
static void *rekey(void *arg)
{
	uint32_t old = OUT;

	for (int i = 0; i < 300; i++) {
		uint32_t new = old == OUT ? SECOND : OUT;
		uint32_t generation = sa[new].generation;
		struct fg_sa row = sa[old];

		row.seq = 0;
		row.generation = generation + 1;
		row.state = FG_SA_FREE;
		sa[new] = row;
		__atomic_store_n(&sa[new].state, FG_SA_OUT, __ATOMIC_RELEASE);
		__atomic_store_n(&session[ME].sa_out, new, __ATOMIC_RELEASE);
		__atomic_store_n(&sa[old].state, FG_SA_FREE, __ATOMIC_RELAXED);
		__atomic_store_n(&sa[old].generation, sa[old].generation + 1, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_RELEASE);
		old = new;
		usleep(100);
	}
	__atomic_store_n((bool *)arg, true, __ATOMIC_RELEASE);
	return NULL;
}

static void nothing_lost_in_a_rekey(void **state)
{
	uint64_t sent = 0;
	bool done = false;
	pthread_t flexd;

	(void)state;
	make_sa(SECOND, FG_SA_FREE);
	assert_int_equal(pthread_create(&flexd, NULL, rekey, &done), 0);
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
		struct frame fr = packet("203.0.113.9", "10.0.0.5", 63, 100);

		assert_int_not_equal(to_client(&fr, ME).door, DOOR_NONE);
		sent++;
	}
	pthread_join(flexd, NULL);
	assert_true(sent > 300);
	assert_int_equal(dropped_in_all(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(flow_by_selectors),
		ROW(selectors_from_client),
		ROW(rows_count),
		ROW(nothing_lost_in_a_rekey),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
