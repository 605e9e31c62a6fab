// SPDX-License-Identifier: BSD-2-Clause
/*
 * SAs in the plane's maps: pairs of a session that come and go, in which order what goes to the
 * client tries them, what they may carry, and that a client which moves takes all of them along.
 */
#include "plane_lab.h"

static struct fixture fixture;
static struct plane *plane;
static struct plane_error error;

static int open_one(void **state)
{
	struct plane_session session = a_session();

	(void)state;
	make_conf(&fixture);
	plane = open_plane(&fixture);
	return plane_session_add(plane, 7, &session, &error);
}

static int close_one(void **state)
{
	(void)state;
	plane_close(plane);
	assert_nothing_left();
	return 0;
}

static struct fg_sa sa_row(uint32_t row)
{
	struct fg_sa sa;

	read_pinned("fg_sa", row, &sa);
	return sa;
}

static __be32 add(const struct plane_sa *sa)
{
	__be32 spi = 0;

	if (plane_sa_add(plane, sa, &spi, &error))
		fail_msg("%s", error.why);
	return spi;
}

/* The outbound SPIs of session 7 in the order in which they are tried: "1 2". */
static void assert_order(const char *want)
{
	char is[128] = "", *at = is;
	struct fg_session session;
	uint32_t row;

	read_pinned("fg_session", 7, &session);
	for (row = session.sa_out; row; row = sa_row(row).next) {
		struct fg_sa sa = sa_row(row);

		assert_int_equal(sa.state, FG_SA_OUT);
		assert_int_equal(sa.session, 7);
		at += snprintf(at, (size_t)(is + sizeof(is) - at), "%s%x", at == is ? "" : " ",
			       (unsigned)ntohl(sa.spi));
	}
	assert_string_equal(is, want);
}

static void assert_used(uint32_t sas)
{
	struct plane_info info;

	plane_info(plane, &info);
	assert_int_equal(info.sas_used, sas);
}

/* --- pairs --- */

static void test_rekey(void **state)
{
	struct plane_sa sa = an_sa(7, FG_ESP_AES_GCM_128);
	struct plane_sa_state now;
	__be32 first, second, third;
	uint32_t old_out;
	struct fg_session session;

	(void)state;
	sa.spi_out = htonl(0x1001);
	first = add(&sa);
	assert_order("1001");
	read_pinned("fg_session", 7, &session);
	old_out = session.sa_out;

	/* Both open packets, the old one goes on sending. */
	sa.spi_out = htonl(0x1002);
	sa.replaces = first;
	sa.use_now = false;
	sa.esn = true;
	second = add(&sa);
	assert_int_not_equal(second, first);
	assert_order("1001");
	assert_int_equal(sa_row(row_of_spi(first)).state, FG_SA_IN);
	assert_int_equal(sa_row(row_of_spi(second)).state, FG_SA_IN);
	assert_int_equal(sa_row(row_of_spi(second)).flags, FG_SA_UDP | FG_SA_ESN);
	assert_true(plane_sa_state(plane, first, &now) && now.in_use);
	assert_true(plane_sa_state(plane, second, &now) && !now.in_use);
	assert_used(4);

	plane_sa_use(plane, second);
	plane_sa_use(plane, second);
	assert_order("1002");
	/* A worker that still holds the old row may seal with it. */
	assert_int_equal(sa_row(old_out).state, FG_SA_OUT);

	plane_sa_mute(plane, first);
	assert_wiped(old_out);
	assert_int_equal(sa_row(row_of_spi(first)).state, FG_SA_IN);
	assert_true(plane_sa_state(plane, first, &now) && !now.in_use);
	plane_sa_mute(plane, first);
	plane_sa_use(plane, first); /* too late */
	assert_order("1002");
	assert_used(3);

	/* At once, as of one that we begin. */
	assert_int_equal(plane_spi_reserve(plane, 7, &sa.spi_in), 0);
	assert_used(4);
	sa.spi_out = htonl(0x1003);
	sa.replaces = second;
	sa.use_now = true;
	third = add(&sa);
	assert_int_equal(third, sa.spi_in);
	assert_order("1003");
	plane_sa_del(plane, second);
	plane_sa_del(plane, first);
	plane_sa_del(plane, first);
	assert_false(plane_sa_state(plane, first, &now));
	assert_order("1003");
	assert_wiped(row_of_spi(first));
	assert_wiped(row_of_spi(second));
	assert_used(2);
	plane_sa_del(plane, third);
	assert_order("");
	assert_used(0);
}

static void test_reserve(void **state)
{
	struct plane_sa sa = an_sa(7, FG_ESP_AES_GCM_256);
	struct plane_session other = a_session();
	__be32 spi, again;

	(void)state;
	other.inner4 = inet_addr("10.9.0.6");
	other.inner6.w[3] ^= 1;
	assert_int_equal(plane_session_add(plane, 8, &other, &error), 0);
	assert_int_equal(plane_spi_reserve(plane, 9, &spi), -ENOENT);
	assert_int_equal(plane_spi_reserve(plane, 0, &spi), -ENOENT);
	assert_int_equal(plane_spi_reserve(plane, SESSIONS, &spi), -ENOENT);
	assert_int_equal(plane_spi_reserve(plane, 7, &spi), 0);
	assert_true(ntohl(spi) >= 256);
	assert_int_equal(sa_row(row_of_spi(spi)).state, FG_SA_FREE);
	/* Not by another session, not what nobody reserved, not twice. */
	sa.session = 8;
	sa.spi_in = spi;
	assert_int_equal(plane_sa_add(plane, &sa, &again, &error), -EINVAL);
	sa.session = 7;
	sa.spi_in = spi ^ htonl(0x80000000);
	assert_int_equal(plane_sa_add(plane, &sa, &again, &error), -EINVAL);
	sa.spi_in = spi;
	sa.net_count = 0;
	assert_int_equal(plane_sa_add(plane, &sa, &again, &error), -EINVAL);
	sa.net_count = 2;
	assert_used(1);
	assert_int_equal(plane_sa_add(plane, &sa, &again, &error), 0);
	assert_int_equal(again, spi);
	assert_int_equal(plane_sa_add(plane, &sa, &again, &error), -EINVAL);
	/* It takes no other session's place. */
	sa.session = 8;
	sa.spi_in = 0;
	sa.replaces = spi;
	add(&sa);
	assert_order("abcdef01");
	plane_session_del(plane, 7);
	assert_used(2);
	plane_session_del(plane, 8);
	assert_used(0);
}

/* A worker that was interrupted over a row that ended notices it, and spoils nothing for the next.
 */
static void test_late_worker(void **state)
{
	static const uint64_t none[FG_REPLAY_BITS / 64];
	struct plane_sa sa = an_sa(7, FG_ESP_AES_GCM_128);
	uint32_t held = row_of_spi(add(&sa)), rounds = 0;
	struct fg_session session;
	struct fg_sa before = sa_row(held), after;
	int fd = pinned("fg_sa");
	__be32 spi;

	(void)state;
	plane_sa_del(plane, before.spi);
	after = sa_row(held);
	assert_int_not_equal(after.generation, before.generation);
	after.seq = after.bytes = after.packets = after.used_ms = 5000;
	after.window[3] = 1;
	assert_int_equal(bpf_map_update_elem(fd, &held, &after, BPF_ANY), 0);
	close(fd);
	do {
		assert_true(rounds++ < 4 * SESSIONS);
		spi = add(&sa);
		read_pinned("fg_session", 7, &session);
		if (row_of_spi(spi) != held && session.sa_out != held)
			plane_sa_del(plane, spi);
	} while (row_of_spi(spi) != held && session.sa_out != held);
	after = sa_row(held);
	assert_int_equal(after.seq | after.bytes | after.packets | after.used_ms, 0);
	assert_memory_equal(after.window, none, sizeof(none));
}

/* flexdp may write every row of fg_sa. One that was taken over leads flexd nowhere with it. */
static void spoil(uint32_t row, const struct fg_sa *with)
{
	struct fg_sa sa = sa_row(row);
	int fd = pinned("fg_sa");

	sa.state = with->state;
	sa.spi = with->spi;
	sa.next = with->next;
	sa.selectors = with->selectors;
	assert_int_equal(bpf_map_update_elem(fd, &row, &sa, BPF_ANY), 0);
	close(fd);
}

static void test_spoilt_rows(void **state)
{
	static const struct fg_sa with[] = {
		{ .state = FG_SA_FREE, .next = 0xfffffff0, .selectors = 0xfffffff0 },
		{ .state = FG_SA_OUT, .spi = 0xffffffff, .next = 1, .selectors = 2 },
		{ .state = FG_SA_IN, .spi = 0x01010101, .next = 5, .selectors = 1 },
	};
	struct plane_path path = { { address("203.0.113.77"), htons(1024) },
				   { address("192.0.2.1"), htons(4500) },
				   true,
				   true };
	struct plane_sa_state now;

	(void)state;
	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++) {
		struct plane_sa sa = an_sa(7, FG_ESP_AES_GCM_128);
		struct plane_session again = a_session();
		__be32 spi[4];

		sa.client_count = sa.net_count = 1; /* with selectors */
		sa.spi_out = htonl(0x1001);
		spi[0] = add(&sa);
		sa.spi_out = htonl(0x1002);
		spi[1] = add(&sa);
		assert_int_equal(plane_spi_reserve(plane, 7, &spi[2]), 0);
		for (uint32_t row = 0; row < 4 * SESSIONS; row++)
			spoil(row, &with[i]);

		sa.spi_in = spi[1];
		assert_int_equal(plane_sa_add(plane, &sa, &spi[3], &error), -EINVAL);
		sa.spi_in = spi[2];
		sa.replaces = spi[0];
		sa.spi_out = htonl(0x1003);
		assert_int_equal(plane_sa_add(plane, &sa, &spi[3], &error), 0);
		assert_true(plane_sa_state(plane, spi[3], &now) && now.in_use);
		assert_true(plane_sa_state(plane, spi[0], &now) && !now.in_use);
		assert_int_equal(plane_session_move(plane, 7, &path), 0);
		plane_sa_mute(plane, spi[0]);
		plane_sa_use(plane, spi[1]);
		plane_sa_del(plane, spi[0]);
		plane_sa_del(plane, spi[1]);
		assert_used(2);
		plane_session_del(plane, 7);
		assert_used(0);
		assert_int_equal(plane_session_add(plane, 7, &again, &error), 0);
	}
}

static void test_all_sas_used(void **state)
{
	struct plane_sa sa = an_sa(7, FG_ESP_CHACHA20_POLY1305);
	struct plane_session other = a_session();
	__be32 spi[4 * SESSIONS], one;
	uint32_t n = 0;

	(void)state;
	sa.use_now = false;
	/* Additional ones leave a quarter for first logins and rekeys. */
	while (plane_sa_add(plane, &sa, &spi[n], &error) == 0)
		assert_true(ntohl(spi[n++]) >= 256);
	assert_used(3 * SESSIONS);
	assert_non_null(strstr(error.why, "no additional"));
	other.inner4 = inet_addr("10.9.0.6");
	other.inner6.w[3] ^= 1;
	assert_int_equal(plane_session_add(plane, 8, &other, &error), 0);
	sa.session = 8;
	assert_int_equal(plane_sa_add(plane, &sa, &one, &error), 0);
	assert_int_equal(plane_sa_add(plane, &sa, &one, &error), -ENOSPC);
	plane_session_del(plane, 8);
	sa.session = 7;
	sa.replaces = spi[0];
	while (plane_sa_add(plane, &sa, &spi[n], &error) == 0)
		n++;
	/* Row 0 is no row; half a pair takes none. */
	assert_int_equal(n, 2 * SESSIONS - 1);
	assert_used(2 * n);
	assert_non_null(strstr(error.why, "in use"));
	assert_int_equal(plane_spi_reserve(plane, 7, &one), 0);
	assert_int_equal(plane_spi_reserve(plane, 7, &one), -ENOSPC);
	plane_sa_del(plane, one);
	plane_sa_del(plane, spi[3]);
	assert_int_equal(plane_sa_add(plane, &sa, &spi[3], &error), 0);
	plane_session_del(plane, 7);
	assert_used(0);
}

/* --- movement --- */

static void assert_moved(__be32 spi_in, uint16_t flags, uint32_t out, uint16_t len,
			 const char *template)
{
	const uint16_t esn = sa_row(out).flags & FG_SA_ESN;
	const struct fg_sa row = sa_row(out);
	char text[2 * FG_OUTER_MAX + 1];

	for (uint16_t i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", row.outer[i]);
	assert_int_equal(row.outer_len, len);
	assert_string_equal(text, template);
	assert_int_equal(row.flags, flags | esn);
	assert_int_equal(sa_row(row_of_spi(spi_in)).flags, flags | esn);
}

/* Every SA of the session, whether in use or not, and only those; keys and numbers stay. */
static void test_moved(void **state)
{
	const struct {
		struct plane_path path;
		uint16_t flags, len;
		const char *template;
	} rows[] = {
		{ { { address("203.0.113.77"), htons(1024) },
		    { address("192.0.2.1"), htons(4500) },
		    true,
		    true },
		  FG_SA_UDP | FG_SA_MOVES,
		  28,
		  "45000000000000004011"
		  "0000"
		  "c0000201"
		  "cb00714d"
		  "11940400"
		  "00000000" },
		{ { { address("203.0.113.78"), htons(4500) },
		    { address("192.0.2.2"), htons(4500) },
		    false,
		    false },
		  0,
		  20,
		  "45000000000000004032"
		  "0000"
		  "c0000202"
		  "cb00714e" },
		{ { { address("2001:db8::77"), htons(4500) },
		    { address("2001:db8::1"), htons(4500) },
		    false,
		    false },
		  0,
		  40,
		  "6000000000003240"
		  "20010db8000000000000000000000001"
		  "20010db8000000000000000000000077" },
		{ { { address("2001:db8::78"), htons(1025) },
		    { address("2001:db8::2"), htons(4500) },
		    true,
		    false },
		  FG_SA_UDP,
		  48,
		  "6000000000001140"
		  "20010db8000000000000000000000002"
		  "20010db8000000000000000000000078"
		  "11940401"
		  "00000000" },
	};
	const struct plane_path mixed = { .peer = { address("2001:db8::1"), htons(1) },
					  .local = { address("192.0.2.1"), htons(4500) } };
	struct plane_sa sa = an_sa(7, FG_ESP_AES_CBC_256_SHA256);
	struct fg_session session;
	struct fg_sa before, after;
	uint32_t out[2];
	__be32 spi[3];

	(void)state;
	assert_int_equal(plane_session_move(plane, 8, &rows[0].path), -ENOENT);
	assert_int_equal(plane_session_move(plane, 0, &rows[0].path), -ENOENT);
	spi[0] = add(&sa);
	read_pinned("fg_session", 7, &session);
	out[0] = session.sa_out;
	sa.replaces = spi[0];
	sa.esn = true;
	spi[1] = add(&sa);
	read_pinned("fg_session", 7, &session);
	out[1] = session.sa_out;
	assert_int_equal(plane_spi_reserve(plane, 7, &spi[2]), 0);
	before = sa_row(out[1]);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(plane_session_move(plane, 7, &rows[i].path), 0);
		for (size_t k = 0; k < 2; k++)
			assert_moved(spi[k], rows[i].flags, out[k], rows[i].len, rows[i].template);
		assert_int_equal(sa_row(row_of_spi(spi[2])).flags, 0);
		read_pinned("fg_session", 7, &session);
		assert_true(ip_equal(&session.peer, &rows[i].path.peer.ip));
		assert_true(ip_equal(&session.local, &rows[i].path.local.ip));
		assert_int_equal(session.peer_port, rows[i].path.peer.port);
	}
	after = sa_row(out[1]);
	assert_int_equal(after.outer_version, before.outer_version + 2 * 4);
	assert_memory_equal(after.key, before.key, sizeof(after.key));
	assert_int_equal(after.generation, before.generation);
	/* Refused as a whole. */
	assert_int_equal(plane_session_move(plane, 7, &mixed), -EAFNOSUPPORT);
	assert_memory_equal(sa_row(out[1]).outer, after.outer, FG_OUTER_MAX);
	read_pinned("fg_session", 7, &session);
	assert_true(ip_equal(&session.peer, &rows[3].path.peer.ip));
}

/* --- selectors --- */

struct sel {
	const char *first, *last;
	uint16_t port_first, port_last;
	uint8_t protocol;
};

static size_t selectors(const struct sel *from, struct msg_selector to[MSG_SELECTORS_MAX])
{
	size_t n = 0;

	for (; from[n].first; n++)
		to[n] = (struct msg_selector){ .first = address(from[n].first),
					       .last = address(from[n].last),
					       .port_first = from[n].port_first,
					       .port_last = from[n].port_last,
					       .protocol = from[n].protocol };
	return n;
}

#define ANY     0, 65535
#define OWN4    "10.9.0.5", "10.9.0.5"
#define OWN6    "2001:db8:9::5", "2001:db8:9::5"
#define ALL4    "0.0.0.0", "255.255.255.255"
#define ALL6    "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
#define TEN     "10.0.0.0", "10.255.255.255"
#define TEN_ONE "10.1.0.0", "10.1.255.255"

static __be32 add_with(__be32 spi_out, const struct sel *client, const struct sel *net)
{
	struct plane_sa sa = an_sa(7, FG_ESP_AES_GCM_128);
	struct msg_selector c[MSG_SELECTORS_MAX], n[MSG_SELECTORS_MAX];

	sa.spi_out = htonl(spi_out);
	sa.client = c;
	sa.net = n;
	sa.client_count = selectors(client, c);
	sa.net_count = selectors(net, n);
	return add(&sa);
}

static const struct sel own_all[] = { { OWN4, ANY, 0 }, { OWN6, ANY, 0 }, { 0 } };
static const struct sel all[] = { { ALL4, ANY, 0 }, { ALL6, ANY, 0 }, { 0 } };
static const struct sel all4[] = { { ALL4, ANY, 0 }, { 0 } };
static const struct sel ten[] = { { TEN, ANY, 0 }, { 0 } };
static const struct sel ten_one[] = { { TEN_ONE, ANY, 0 }, { 0 } };
static const struct sel web[] = { { TEN, 443, 443, 6 }, { 0 } };

static void test_selector_rows(void **state)
{
	static const struct sel many[] = {
		{ "192.0.2.1", "192.0.2.1", ANY, 0 },
		{ "192.0.2.3", "192.0.2.3", ANY, 0 },
		{ "192.0.2.5", "192.0.2.5", ANY, 0 },
		{ "192.0.2.7", "192.0.2.7", ANY, 0 },
		{ "192.0.2.9", "192.0.2.9", ANY, 0 },
		{ "198.51.100.0", "198.51.100.255", ANY, 17 },
		{ "2001:db8::", "2001:db8::ff", ANY, 0 },
		{ 0 },
	};
	static const struct sel ports[] = { { OWN4, 1000, 2000, 6 }, { 0 } };
	struct fg_selectors row;
	struct fg_ip first = address("10.0.0.0"), last = address("10.255.255.255");
	uint32_t at, shared;
	__be32 spi;

	(void)state;
	/* Everything that the session may carry: no row. Half of it: one. */
	assert_int_equal(sa_row(row_of_spi(add_with(1, own_all, all))).selectors, 0);
	assert_int_not_equal(sa_row(row_of_spi(add_with(2, own_all, all4))).selectors, 0);

	spi = add_with(3, ports, web);
	at = sa_row(row_of_spi(spi)).selectors;
	read_pinned("fg_selector", at, &row);
	assert_int_equal(row.count, 1);
	assert_int_equal(row.next, 0);
	assert_int_equal(row.at[0].version, 4);
	assert_int_equal(row.at[0].protocol, 6);
	assert_int_equal(row.at[0].client_first, 1000);
	assert_int_equal(row.at[0].client_last, 2000);
	assert_int_equal(row.at[0].net_first, 443);
	assert_int_equal(row.at[0].net_last, 443);
	assert_memory_equal(&row.at[0].first, &first, sizeof(first));
	assert_memory_equal(&row.at[0].last, &last, sizeof(last));
	plane_sa_del(plane, spi);
	read_pinned("fg_selector", at, &row);
	assert_int_equal(row.count, 0);

	/* More than a row holds; a second SA has the same rows, which stay until both are gone. */
	spi = add_with(4, own_all, many);
	shared = sa_row(row_of_spi(spi)).selectors;
	read_pinned("fg_selector", shared, &row);
	assert_int_equal(row.count, FG_SELECTORS_ROW);
	at = row.next;
	read_pinned("fg_selector", at, &row);
	assert_int_equal(row.count, 2);
	assert_int_equal(row.at[1].version, 6);
	assert_int_equal(sa_row(row_of_spi(add_with(5, own_all, many))).selectors, shared);
	plane_sa_del(plane, spi);
	read_pinned("fg_selector", at, &row);
	assert_int_equal(row.count, 2);
	plane_session_del(plane, 7);
	read_pinned("fg_selector", at, &row);
	assert_int_equal(row.count, 0);
	read_pinned("fg_selector", shared, &row);
	assert_int_equal(row.count | row.next, 0);
}

static void test_selectors_refused(void **state)
{
	static const struct sel stranger[] = { { "10.9.0.6", "10.9.0.7", ANY, 0 }, { 0 } };
	static const struct sel six[] = { { ALL6, ANY, 0 }, { 0 } };
	static const struct sel own4[] = { { OWN4, ANY, 0 }, { 0 } };
	static const struct sel udp[] = { { OWN4, ANY, 17 }, { 0 } };
	const struct {
		const struct sel *client, *net;
	} rows[] = { { stranger, all4 }, { own4, six }, { udp, web } };
	struct plane_sa sa = an_sa(7, FG_ESP_AES_GCM_128);
	struct msg_selector client[MSG_SELECTORS_MAX], net[MSG_SELECTORS_MAX];
	__be32 spi;

	(void)state;
	sa.client = client;
	sa.net = net;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sa.client_count = selectors(rows[i].client, client);
		sa.net_count = selectors(rows[i].net, net);
		assert_int_equal(plane_sa_add(plane, &sa, &spi, &error), -EINVAL);
	}
	/* 9 times 8 combinations. */
	sa.client_count = 9;
	sa.net_count = 8;
	for (uint16_t i = 0; i < 9; i++) {
		client[i] = (struct msg_selector){ .first = address("10.9.0.5"),
						   .last = address("10.9.0.5"),
						   .port_first = (uint16_t)(2 * i),
						   .port_last = (uint16_t)(2 * i) };
		net[i] = client[i];
	}
	assert_int_equal(plane_sa_add(plane, &sa, &spi, &error), -E2BIG);
	sa.client_count = 8;
	assert_int_equal(plane_sa_add(plane, &sa, &spi, &error), 0);
	plane_sa_del(plane, spi);
	assert_used(0);
}

/* Every list is another one, until there are no rows any more; what was given back serves again. */
static void test_selectors_used_up(void **state)
{
	struct plane_sa sa = an_sa(7, FG_ESP_AES_GCM_128);
	struct msg_selector client[1], net[MSG_SELECTORS_MAX];
	__be32 spi[4 * SESSIONS];
	unsigned n = 0, made = 0;
	int code;

	(void)state;
	sa.client = client;
	sa.net = net;
	sa.client_count = 1;
	sa.net_count = MSG_SELECTORS_MAX;
	sa.use_now = false;
	client[0] = (struct msg_selector){ .first = address("10.9.0.5"),
					   .last = address("10.9.0.5"),
					   .port_last = 65535 };
	do {
		for (size_t i = 0; i < MSG_SELECTORS_MAX; i++) {
			struct fg_ip ip = ip_from4(htonl(0x0b000000 + 2 * made++));

			net[i] = (struct msg_selector){ .first = ip,
							.last = ip,
							.port_last = 65535 };
		}
		code = plane_sa_add(plane, &sa, &spi[n], &error);
		n += code == 0;
	} while (code == 0);
	assert_int_equal(code, -ENOSPC);
	assert_non_null(strstr(error.why, "traffic selectors"));
	assert_in_range(n, 20, 40);
	assert_used(2 * n);
	plane_sa_del(plane, spi[0]);
	assert_int_equal(plane_sa_add(plane, &sa, &spi[0], &error), 0);
	while (n > 0)
		plane_sa_del(plane, spi[--n]);
	assert_used(0);
}

/* The narrower one first, whatever came first; a rekey keeps the place. */
static void test_order(void **state)
{
	struct plane_sa sa = an_sa(7, FG_ESP_AES_GCM_128);
	struct msg_selector client[MSG_SELECTORS_MAX], net[MSG_SELECTORS_MAX];
	__be32 one;

	(void)state;
	add_with(0x10, own_all, all);
	one = add_with(0x11, own_all, ten_one);
	assert_order("11 10");
	add_with(0x12, own_all, ten);
	assert_order("11 12 10");
	add_with(0x13, own_all, web);
	assert_order("11 13 12 10");
	sa.client = client;
	sa.net = net;
	sa.client_count = selectors(own_all, client);
	sa.net_count = selectors(ten_one, net);
	sa.spi_out = htonl(0x21);
	sa.replaces = one;
	add(&sa);
	assert_order("21 13 12 10");
	plane_sa_del(plane, one);
	assert_order("21 13 12 10");
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, open_one, close_one)
	const struct CMUnitTest tests[] = {
		ROW(test_rekey),         ROW(test_reserve),           ROW(test_spoilt_rows),
		ROW(test_late_worker),   ROW(test_all_sas_used),      ROW(test_moved),
		ROW(test_selector_rows), ROW(test_selectors_refused), ROW(test_selectors_used_up),
		ROW(test_order),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
