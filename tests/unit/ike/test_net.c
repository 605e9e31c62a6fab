// SPDX-License-Identifier: BSD-2-Clause
/*
 * The sockets of ike over the loopback device: an answer leaves from the address that was asked,
 * whole batches pass, a socket for the same endpoint replaces the older one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MANY = 100 };

struct bench {
	struct event_base *base;
	struct ike_net *net;
	unsigned received, settled;
	struct endpoint local, peer; /* of the last datagram */
};

static void echo(void *arg, void *datagram, size_t len, const struct endpoint *local,
		 const struct endpoint *peer, unsigned ifindex)
{
	struct bench *b = arg;

	assert_int_equal(ifindex, if_nametoindex("lo"));
	b->received++;
	b->local = *local;
	b->peer = *peer;
	ike_net_send(b->net, datagram, len, local, peer);
}

static void settled(void *arg)
{
	struct bench *b = arg;

	b->settled++;
}

/* A socket bound to ip and a port of the kernel's choice, which goes into ep. */
static int open_at(const char *ip, struct endpoint *ep)
{
	struct sockaddr_storage sa;
	socklen_t len;
	int on = 1, fd;

	assert_true(ip_parse(ip, &ep->ip));
	ep->port = 0;
	len = endpoint_to_sockaddr(ep, &sa);
	fd = socket(sa.ss_family, SOCK_DGRAM, 0);
	assert_true(fd >= 0);
	if (sa.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
	len = sizeof(sa);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	assert_true(endpoint_from_sockaddr(&sa, ep));
	return fd;
}

static void begin(struct bench *b)
{
	const struct ike_net_events events = { .arg = b, .received = echo, .settled = settled };

	memset(b, 0, sizeof(*b));
	b->base = event_base_new();
	assert_non_null(b->base);
	assert_int_equal(ike_net_new(b->base, &events, &b->net), 0);
}

static void finish(struct bench *b)
{
	ike_net_free(b->net);
	event_base_free(b->base);
}

static void send_to(int fd, const struct endpoint *to, const void *bytes, size_t len)
{
	struct sockaddr_storage sa;
	socklen_t sa_len = endpoint_to_sockaddr(to, &sa);

	assert_int_equal(sendto(fd, bytes, len, 0, (struct sockaddr *)&sa, sa_len), len);
}

static const struct {
	const char *bound, *asked, *client;
} rows[] = {
	{ "0.0.0.0", "127.0.0.1", "127.0.0.9" },
	{ "0.0.0.0", "127.0.0.2", "127.0.0.9" },
	{ "127.0.0.3", "127.0.0.3", "127.0.0.9" },
	{ "::", "::1", "::1" },
};

static void test_answers_from_where_it_was_asked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct endpoint bound, asked, client, from;
		struct sockaddr_storage sa;
		socklen_t len = sizeof(sa);
		char bytes[16];
		struct bench b;
		int fd, mine;

		begin(&b);
		fd = open_at(rows[i].bound, &bound);
		mine = open_at(rows[i].client, &client);
		assert_int_equal(ike_net_add(b.net, fd, &bound), 0);
		assert_true(ip_parse(rows[i].asked, &asked.ip));
		asked.port = bound.port;
		send_to(mine, &asked, "hello", 5);
		event_base_loop(b.base, EVLOOP_ONCE);
		assert_int_equal(b.received, 1);
		assert_int_equal(b.settled, 1);
		assert_true(ip_equal(&b.local.ip, &asked.ip));
		assert_int_equal(b.local.port, asked.port);
		assert_true(ip_equal(&b.peer.ip, &client.ip));
		assert_int_equal(b.peer.port, client.port);
		assert_int_equal(recvfrom(mine, bytes, sizeof(bytes), MSG_DONTWAIT,
					  (struct sockaddr *)&sa, &len),
				 5);
		assert_memory_equal(bytes, "hello", 5);
		assert_true(endpoint_from_sockaddr(&sa, &from));
		assert_true(ip_equal(&from.ip, &asked.ip));
		assert_int_equal(from.port, asked.port);
		close(mine);
		finish(&b);
	}
}

static void test_batches(void **state)
{
	struct endpoint bound, client;
	unsigned answers = 0;
	char bytes[64];
	struct bench b;
	int fd, mine;

	(void)state;
	begin(&b);
	fd = open_at("127.0.0.1", &bound);
	mine = open_at("127.0.0.1", &client);
	assert_int_equal(ike_net_add(b.net, fd, &bound), 0);
	for (int i = 0; i < MANY; i++)
		send_to(mine, &bound, &i, sizeof(i));
	while (b.received < MANY)
		event_base_loop(b.base, EVLOOP_ONCE);
	while (recv(mine, bytes, sizeof(bytes), MSG_DONTWAIT) == sizeof(int))
		answers++;
	assert_int_equal(answers, MANY);
	close(mine);
	finish(&b);
}

/* Longer than any IKE message: it arrives cut, and the core's length check refuses it. */
static void test_too_long(void **state)
{
	static char long_one[40000];
	struct endpoint bound, client;
	struct bench b;
	int fd, mine;

	(void)state;
	begin(&b);
	fd = open_at("127.0.0.1", &bound);
	mine = open_at("127.0.0.1", &client);
	assert_int_equal(ike_net_add(b.net, fd, &bound), 0);
	send_to(mine, &bound, long_one, sizeof(long_one));
	send_to(mine, &bound, "x", 1);
	while (b.received < 2)
		event_base_loop(b.base, EVLOOP_ONCE);
	/* Neither is an answer of 16 KiB sent. */
	assert_int_equal(recv(mine, long_one, sizeof(long_one), MSG_DONTWAIT), 1);
	assert_int_equal(recv(mine, long_one, sizeof(long_one), MSG_DONTWAIT), -1);
	close(mine);
	finish(&b);
}

static void test_replaced(void **state)
{
	struct endpoint bound, other, client;
	struct bench b;
	int fd, again, mine;

	(void)state;
	begin(&b);
	fd = open_at("127.0.0.1", &bound);
	mine = open_at("127.0.0.1", &client);
	assert_int_equal(ike_net_add(b.net, fd, &bound), 0);
	again = open_at("127.0.0.1", &other);
	/* Told to stand for the first one: that one is closed. */
	assert_int_equal(ike_net_add(b.net, again, &bound), 0);
	assert_int_equal(ike_net_sockets(b.net), 1);
	send_to(mine, &other, "y", 1);
	event_base_loop(b.base, EVLOOP_ONCE);
	assert_int_equal(b.received, 1);
	assert_int_equal(ike_net_add(b.net, -1, &bound), -EBADF);
	assert_int_equal(ike_net_sockets(b.net), 1);
	close(mine);
	finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_from_where_it_was_asked),
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
