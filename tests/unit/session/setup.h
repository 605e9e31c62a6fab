/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions on a fake plane, with an ike that is this test. */
#ifndef TESTS_SESSION_SETUP_H
#define TESTS_SESSION_SETUP_H

#include "fake_plane.h"
#include "session/session.h"

#include <event2/event.h>
#include <stdlib.h>

/* clang-format off */
#define CONF_HEAD(max)                                                                             \
	"[gateway]\noutside = eth0\ninside = eth1\nmax-sessions = " max "\n"
#define CONF_POOLS                                                                                 \
	"[pool four]\nprefix = 10.0.0.0/24\nrange = 10.0.0.10-10.0.0.12\n"                         \
	"[pool six]\nprefix = 2001:db8:10::/64\nclient-prefix-length = 64\n"
#define CONF_REST                                                                                  \
	"[ikev2-authorization-policy both]\npool = four\nipv6-pool = six\nnetmask = 255.255.255.0\n" \
	"dns = 192.0.2.53\nroute-set-remote = ipv4 10.9.0.0/16\n"                                  \
	"[ikev2-authorization-policy only4]\npool = four\n"                                        \
	"[virtual-template 7]\nmtu = 1400\nip-unnumbered = eth1\n"                                 \
	"[ikev2-keyring ring]\npsk = all\n"                                                        \
	"[ikev2-profile both]\nmatch-identity-remote = any\n"                                      \
	"identity-local = fqdn gw.example.org\nauthentication-local = pre-share\n"                 \
	"authentication-remote = pre-share\nkeyring-local = ring\n"                                \
	"aaa-authorization-group = both\nvirtual-template = 7\n"                                   \
	"[ikev2-profile only4]\nmatch-identity-remote = fqdn four.example.org\n"                   \
	"identity-local = fqdn gw.example.org\nauthentication-local = pre-share\n"                 \
	"authentication-remote = pre-share\nkeyring-local = ring\n"                                \
	"aaa-authorization-group = only4\nvirtual-template = 7\n"
/* clang-format on */

static inline struct conf *conf_of(const char *text)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct conf_errors errors;
	struct conf *conf;

	assert_non_null(in);
	conf = conf_parse(in, "t.conf", &errors);
	fclose(in);
	if (!conf)
		fail_msg("refused: %s", errors.first[0].text);
	return conf;
}

enum { SAID_MAX = 64, SAID_BODY = 2048 };

struct stage {
	struct event_base *base;
	struct conf *conf;
	struct plane *plane;
	struct sessions *sessions;
	bool deaf; /* ike is not there */
	struct {
		uint32_t type;
		size_t len;
		union {
			struct msg_session_begun begun;
			struct msg_session_refused refused;
			struct msg_sa_added added;
			struct msg_sa_refused sa_refused;
			struct msg_spi_given given;
			struct msg_sa_life life;
			struct msg_idle idle;
			struct msg_session_clear clear;
			struct msg_peer_moved moved;
			struct msg_ike_show show;
			char bytes[SAID_BODY];
		} body;
	} said[SAID_MAX]; /* to ike */
	size_t said_count;
};

static int stage_to_ike(void *arg, uint32_t type, const void *body, size_t len)
{
	struct stage *st = arg;

	if (st->deaf)
		return -EPIPE;
	assert_in_range(st->said_count, 0, SAID_MAX - 1);
	assert_true(len <= sizeof(st->said[0].body));
	st->said[st->said_count].type = type;
	st->said[st->said_count].len = len;
	memcpy(&st->said[st->said_count].body, body, len);
	st->said_count++;
	return 0;
}

static inline struct stage *stage_new(const char *conf)
{
	struct stage *st = calloc(1, sizeof(*st));
	struct sessions_setup setup;

	assert_non_null(st);
	st->base = event_base_new();
	st->conf = conf_of(conf);
	st->plane = calloc(1, sizeof(*st->plane));
	setup = (struct sessions_setup){ .base = st->base,
					 .conf = st->conf,
					 .plane = st->plane,
					 .to_ike = stage_to_ike,
					 .arg = st,
					 .clear_timeout_ms = 30 };
	assert_int_equal(sessions_new(&setup, &st->sessions), 0);
	return st;
}

/* Nothing is left of any session. */
static inline void assert_balance(const struct stage *st)
{
	assert_int_equal(st->sessions->count, 0);
	assert_int_equal(st->sessions->by_ike.count, 0);
	assert_int_equal(st->sessions->free_count, st->sessions->max - 1);
	assert_int_equal(leases_held(st->sessions->leases), 0);
	assert_int_equal(st->plane->rows, 0);
	assert_int_equal(st->plane->sas, 0);
}

static inline void stage_free(struct stage *st)
{
	sessions_free(st->sessions);
	assert_int_equal(st->plane->rows, 0);
	assert_int_equal(st->plane->sas, 0);
	conf_free(st->conf);
	free(st->plane);
	event_base_free(st->base);
	free(st);
}

static inline struct endpoint endpoint_of(const char *ip, uint16_t port)
{
	struct endpoint ep = { .port = htons(port) };

	assert_true(ip_parse(ip, &ep.ip));
	return ep;
}

static inline struct msg_session_begin begin_of(uint64_t ike, const char *name)
{
	struct msg_session_begin m = { .ike = ike,
				       .peer = endpoint_of("198.51.100.7", 4500),
				       .local = endpoint_of("192.0.2.1", 4500),
				       .want4 = 1,
				       .peer_behind_nat = 1 };

	snprintf(m.profile, sizeof(m.profile), "both");
	snprintf(m.ike_suite, sizeof(m.ike_suite), "AES-GCM-256");
	m.remote.type = CONF_ID_EMAIL;
	m.remote.len = (uint16_t)strlen(name);
	memcpy(m.remote.data, name, strlen(name));
	return m;
}

static inline struct msg_sa_add sa_of(uint64_t ike, uint32_t session)
{
	struct msg_sa_add m = { .ike = ike,
				.session = session,
				.spi_out = htonl(0xc0ffee00),
				.suite = FG_ESP_AES_GCM_256,
				.udp = 1,
				.use_now = 1,
				.client_count = 1,
				.net_count = 1 };

	m.client[0].first = m.client[0].last = ip_from4(inet_addr("10.0.0.10"));
	m.net[0].first = ip_from4(0);
	m.net[0].last = ip_from4(htonl(UINT32_MAX));
	m.client[0].port_last = m.net[0].port_last = UINT16_MAX;
	snprintf(m.ts, sizeof(m.ts), "10.0.0.10/32 === 0.0.0.0/0");
	return m;
}

/* Say it as ike; 0 or -EPROTO. */
static inline int say(struct stage *st, uint32_t type, const void *body)
{
	return session_from_ike(st->sessions, type, body);
}

/* The session of a login that must succeed, with its SA. */
static inline uint32_t login(struct stage *st, uint64_t ike, const char *name)
{
	struct msg_session_begin begin = begin_of(ike, name);
	struct msg_sa_add sa;

	st->said_count = 0;
	assert_int_equal(say(st, MSG_SESSION_BEGIN, &begin), 0);
	assert_int_equal(st->said[0].type, MSG_SESSION_BEGUN);
	sa = sa_of(ike, st->said[0].body.begun.session);
	assert_int_equal(say(st, MSG_SA_ADD, &sa), 0);
	assert_int_equal(st->said[1].type, MSG_SA_ADDED);
	return sa.session;
}

#endif
