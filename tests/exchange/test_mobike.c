// SPDX-License-Identifier: BSD-2-Clause
/*
 * RFC 4555: a client that moves. What is lost, repeated, late, copied, forged or malformed on the
 * way moves nothing that should stay.
 */
#include "exchange/exchange.h"
#include "ike/mobike.h"

#define MOBIKE_CONF(mode)                                                                          \
	"[gateway]\noutside = eth0\ndpd = off\n[pool p4]\nprefix = 10.10.0.0/24\n"                 \
	"[pool p6]\nprefix = 2001:db8:10::/64\n[ikev2-authorization-policy all]\npool = p4\n"      \
	"[virtual-template 1]\n[ikev2-keyring ring]\npsk = k\n[ikev2-profile all]\n"               \
	"mobike = " mode "\nmatch-identity-remote = fqdn domain example.org\n"                     \
	"identity-local = fqdn gateway.example.org\nauthentication-local = pre-share\n"            \
	"authentication-remote = pre-share\nkeyring-local = ring\n"                                \
	"aaa-authorization-group = all\nvirtual-template = 1\n"

#define SUPPORTED                                                                                  \
	{                                                                                          \
		.type = IKE_NOTIFY_MOBIKE_SUPPORTED                                                \
	}
#define UPDATE                                                                                     \
	{                                                                                          \
		.type = IKE_NOTIFY_UPDATE_SA_ADDRESSES                                             \
	}

static const char OTHER4[] = "203.0.113.7", OTHER6[] = "2001:db8:5::7",
		  GATEWAY6[] = "2001:db8:1::1";

/* Logged in, with MOBIKE unless `extra` says something else, on port 4500. */
static struct story *up(const char *conf, const struct initiator_notify *extra, unsigned knobs)
{
	static const struct initiator_notify supported = SUPPORTED;
	struct story *s = story_begin(conf);
	struct fg_ip locals[2] = { ip_from4(htonl(0xc6336401)) };
	struct initiator_setup setup;

	ip_parse(GATEWAY6, &locals[1]);
	ike_core_set_locals(s->gw.core, locals, 2);
	gateway_client(&s->gw, &setup);
	setup.knobs = knobs;
	/* RFC 4555 3.3: with MOBIKE on 4500 from IKE_AUTH on, NAT or not. */
	setup.local.port = setup.peer.port = htons(FG_NATT_PORT);
	memcpy(setup.in_auth, extra ? extra : &supported,
	       (extra ? INITIATOR_NOTIFIES : 1) * sizeof(supported));
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	return s;
}

static struct ikesa *sa_of(struct story *s)
{
	struct ikesa *sa = ikesa_find(s->gw.core, s->in->spi_r);

	assert_non_null(sa);
	return sa;
}

static void go(struct story *s, const char *local, unsigned port)
{
	ip_parse(local, &s->in->local.ip);
	s->in->local.port = htons((uint16_t)port);
	if (!ip_is4(&s->in->local.ip))
		ip_parse(GATEWAY6, &s->in->peer.ip);
	else
		s->in->peer.ip = ip_from4(htonl(0xc6336401));
}

static struct initiator_notify nat_detection(const struct story *s, uint16_t type,
					     const struct endpoint *ep)
{
	struct initiator_notify notify = { .type = type, .len = IKE_NAT_HASH_LEN };

	assert_true(ike_nat_hash(s->in->spi_i, s->in->spi_r, ep, notify.data));
	return notify;
}

/* UPDATE_SA_ADDRESSES with NAT detection as the client believes its addresses. */
static size_t make_update(struct story *s)
{
	struct endpoint local = s->in->local;
	struct initiator_notify n[3] = { UPDATE };

	if (s->in->setup.knobs & INITIATOR_FAKE_NAT)
		local.port ^= htons(1);
	n[1] = nat_detection(s, IKE_NOTIFY_NAT_DETECTION_SOURCE_IP, &local);
	n[2] = nat_detection(s, IKE_NOTIFY_NAT_DETECTION_DESTINATION_IP, &s->in->peer);
	return initiator_inform(s->in, n, 3);
}

static void send_out(struct story *s)
{
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	gateway_settle(&s->gw);
}

/* The oldest datagram, which must go to where the client is; its answer stands in out. */
static enum initiator_event deliver(struct story *s)
{
	struct gateway_datagram d;

	assert_true(gateway_take(&s->gw, &d));
	assert_true(ip_equal(&d.peer.ip, &s->in->local.ip));
	assert_int_equal(d.peer.port, s->in->local.port);
	return initiator_receive(s->in, d.bytes, d.len);
}

static bool traffic_at(const struct story *s, const char *peer, unsigned port)
{
	const struct gateway_session *one = &s->gw.session[1];
	struct fg_ip ip;

	ip_parse(peer, &ip);
	return ip_equal(&one->peer.ip, &ip) && one->peer.port == htons((uint16_t)port);
}

/* The whole move: answered, checked, followed. */
static void move(struct story *s)
{
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	assert_non_null(ike_find_notify(&s->in->answer, IKE_NOTIFY_NAT_DETECTION_SOURCE_IP));
	assert_non_null(ike_find_notify(&s->in->answer, IKE_NOTIFY_NAT_DETECTION_DESTINATION_IP));
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	send_out(s);
	assert_int_equal(s->gw.out_count, 0);
}

/* --- negotiation --- */

static void test_negotiated(void **state)
{
	struct story *s = up(NULL, NULL, 0);
	const struct ike_notify *other = ike_find_notify(&s->in->answer,
							 IKE_NOTIFY_ADDITIONAL_IP6_ADDRESS);
	struct fg_ip ip;

	(void)state;
	assert_non_null(ike_find_notify(&s->in->answer, IKE_NOTIFY_MOBIKE_SUPPORTED));
	/* Our other address, not the one in use. */
	assert_non_null(other);
	ip_parse(GATEWAY6, &ip);
	assert_memory_equal(other->data.p, ip.w, sizeof(ip.w));
	assert_null(ike_find_notify(&s->in->answer, IKE_NOTIFY_ADDITIONAL_IP4_ADDRESS));
	assert_non_null(sa_of(s)->mobike);
	story_end(s);
}

static void test_not_negotiated(void **state)
{
	static const struct initiator_notify none[INITIATOR_NOTIFIES] = { { 0 } };
	static const struct initiator_notify says[INITIATOR_NOTIFIES] = { SUPPORTED };
	static const struct {
		const char *conf;
		const struct initiator_notify *says;
	} rows[] = { { NULL, none }, { MOBIKE_CONF("off"), says } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct story *s = up(rows[i].conf, rows[i].says, 0);

		assert_null(ike_find_notify(&s->in->answer, IKE_NOTIFY_MOBIKE_SUPPORTED));
		assert_null(sa_of(s)->mobike);
		/* It says that it moved all the same: an answer, and nothing else. */
		go(s, OTHER4, 4500);
		assert_true(make_update(s) > 0);
		send_out(s);
		assert_int_equal(deliver(s), INITIATOR_ANSWERED);
		assert_int_equal(s->in->answer.notify_count, 0);
		assert_int_equal(s->gw.out_count, 0);
		assert_true(traffic_at(s, "192.0.2.1", 4500));
		story_end(s);
	}
}

/* The client's other addresses are taken note of by nobody, and move nothing. */
static void test_additional_addresses(void **state)
{
	static const struct initiator_notify says[INITIATOR_NOTIFIES] = {
		SUPPORTED,
		{ .type = IKE_NOTIFY_ADDITIONAL_IP4_ADDRESS, .len = 4, .data = { 10, 0, 0, 1 } },
		{ .type = IKE_NOTIFY_ADDITIONAL_IP6_ADDRESS, .len = 16, .data = { 0x20, 1 } },
	};
	static const struct initiator_notify told[] = {
		{ .type = IKE_NOTIFY_ADDITIONAL_IP4_ADDRESS, .len = 4, .data = { 10, 0, 0, 2 } },
		{ .type = IKE_NOTIFY_NO_ADDITIONAL_ADDRESSES },
	};
	struct story *s = up(NULL, says, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		assert_true(initiator_inform(s->in, &told[i], 1) > 0);
		send_out(s);
		assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	}
	assert_int_equal(sa_of(s)->mobike->moves, 0);
	story_end(s);
}

/* Ours change: every client that speaks MOBIKE is told, once. */
static void test_our_addresses(void **state)
{
	struct story *s = up(NULL, NULL, 0);
	struct fg_ip locals[2] = { ip_from4(htonl(0xc6336401)), ip_from4(htonl(0xc6336409)) };
	const struct ike_notify *notify;

	(void)state;
	ike_core_set_locals(s->gw.core, locals, 2);
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	notify = ike_find_notify(&s->in->answer, IKE_NOTIFY_ADDITIONAL_IP4_ADDRESS);
	assert_non_null(notify);
	assert_memory_equal(notify->data.p, &locals[1].w[3], 4);
	send_out(s);
	ike_core_set_locals(s->gw.core, locals, 2);
	assert_int_equal(s->gw.out_count, 0);
	ike_core_set_locals(s->gw.core, locals, 1);
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	assert_non_null(ike_find_notify(&s->in->answer, IKE_NOTIFY_NO_ADDITIONAL_ADDRESSES));
	send_out(s);
	assert_null(sa_of(s)->own);
	story_end(s);
}

/* --- moving --- */

static const struct {
	const char *to;
	unsigned port;
	unsigned knobs;
	bool udp;
} moves[] = {
	{ OTHER4, 4500, 0, false },
	{ OTHER4, 5555, 0, false },
	{ OTHER6, 4500, 0, false },
	{ OTHER4, 4500, INITIATOR_FAKE_NAT, true },
	{ OTHER6, 9999, INITIATOR_FAKE_NAT, true },
};

/* Either family; the SA's encapsulation follows NAT detection; back again. */
static void test_moves(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(moves); i++) {
		struct story *s = up(NULL, NULL, 0);
		struct gateway_session *one = &s->gw.session[1];

		assert_false(one->udp);
		go(s, moves[i].to, moves[i].port);
		s->in->setup.knobs = moves[i].knobs;
		move(s);
		assert_true(traffic_at(s, moves[i].to, moves[i].port));
		assert_int_equal(one->udp, moves[i].udp);
		assert_int_equal(one->peer_behind_nat, moves[i].udp);
		assert_true(ip_equal(&one->local.ip, &s->in->peer.ip));
		assert_int_equal(s->gw.core->stats.moves, 1);
		go(s, "192.0.2.1", 4500);
		s->in->setup.knobs = 0;
		move(s);
		assert_true(traffic_at(s, "192.0.2.1", 4500));
		assert_false(one->udp);
		assert_int_equal(s->gw.core->stats.moves, 2);
		story_end(s);
	}
}

/* Only the port is new: no check is needed, RFC 4555 3.7 is about addresses. */
static void test_new_port(void **state)
{
	struct story *s = up(NULL, NULL, 0);

	(void)state;
	go(s, "192.0.2.1", 7777);
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_true(traffic_at(s, "192.0.2.1", 7777));
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	assert_int_equal(s->gw.out_count, 0);
	story_end(s);
}

/* mobike = unverified: at once. */
static void test_unverified(void **state)
{
	struct story *s = up(MOBIKE_CONF("unverified"), NULL, 0);

	(void)state;
	go(s, OTHER4, 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_true(traffic_at(s, OTHER4, 4500));
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	assert_int_equal(s->gw.out_count, 0);
	story_end(s);
}

/* Nothing is proven before the answer to our COOKIE2: the traffic stays. */
static void test_check_first(void **state)
{
	struct story *s = up(NULL, NULL, 0);
	const struct ike_notify *cookie2;

	(void)state;
	go(s, OTHER4, 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_true(traffic_at(s, "192.0.2.1", 4500));
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	cookie2 = ike_find_notify(&s->in->answer, IKE_NOTIFY_COOKIE2);
	assert_non_null(cookie2);
	assert_int_equal(cookie2->data.len, IKE_COOKIE2_LEN);
	assert_true(traffic_at(s, "192.0.2.1", 4500));
	send_out(s);
	assert_true(traffic_at(s, OTHER4, 4500));
	story_end(s);
}

/* The check is lost, or its answer: sent again, the same bytes, and then the traffic follows. */
static void test_check_lost(void **state)
{
	(void)state;
	for (unsigned lost = 1; lost < IKE_ROUTABILITY_TRIES; lost++) {
		struct story *s = up(NULL, NULL, 0);

		go(s, OTHER6, 4500);
		assert_true(make_update(s) > 0);
		send_out(s);
		assert_int_equal(deliver(s), INITIATOR_ANSWERED);
		for (unsigned i = 0; i < lost; i++) {
			struct gateway_datagram d;

			assert_true(gateway_take(&s->gw, &d));
			gateway_wait(&s->gw, (uint64_t)IKE_REQUEST_FIRST_MS << i);
			assert_memory_equal(s->gw.out[0].bytes, d.bytes, d.len);
		}
		assert_int_equal(deliver(s), INITIATOR_ANSWER);
		send_out(s);
		assert_true(traffic_at(s, OTHER6, 4500));
		story_end(s);
	}
}

/* The answer to the update is lost: its repetition is answered again, and moves nothing twice. */
static void test_update_repeated(void **state)
{
	struct story *s = up(NULL, NULL, 0);
	struct gateway_datagram answer, check;

	(void)state;
	go(s, OTHER4, 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_true(gateway_take(&s->gw, &answer));
	assert_true(gateway_take(&s->gw, &check));
	send_out(s);
	assert_int_equal(s->gw.core->stats.retransmits_answered, 1);
	assert_int_equal(sa_of(s)->mobike->moves, 1);
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	assert_int_equal(s->gw.out_count, 0);
	assert_int_equal(initiator_receive(s->in, check.bytes, check.len), INITIATOR_ANSWER);
	send_out(s);
	assert_true(traffic_at(s, OTHER4, 4500));
	story_end(s);
}

/* It moves on before it is checked: what proves the first address does not prove the second. */
static void test_moves_on(void **state)
{
	struct story *s = up(NULL, NULL, 0);
	struct gateway_datagram first;

	(void)state;
	go(s, OTHER4, 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	assert_true(gateway_take(&s->gw, &first));
	go(s, OTHER6, 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	/* The open check follows it, but was sent to both: asked again with another COOKIE2. */
	assert_int_equal(s->gw.out_count, 1);
	assert_memory_equal(s->gw.out[0].bytes, first.bytes, first.len);
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	send_out(s);
	assert_true(traffic_at(s, "192.0.2.1", 4500));
	assert_int_equal(s->gw.out_count, 1);
	assert_memory_not_equal(s->gw.out[0].bytes, first.bytes, first.len);
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	send_out(s);
	assert_true(traffic_at(s, OTHER6, 4500));
	assert_int_equal(s->gw.core->stats.moves, 1);
	story_end(s);
}

/* Back to where its traffic still goes, while we check another place: nothing has changed. */
static void test_goes_back(void **state)
{
	struct story *s = up(NULL, NULL, 0);

	(void)state;
	go(s, OTHER4, 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	s->gw.out_count = 0;
	go(s, "192.0.2.1", 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	send_out(s);
	assert_int_equal(s->gw.out_count, 0);
	assert_null(sa_of(s)->own);
	assert_int_equal(s->gw.core->stats.moves, 0);
	assert_true(traffic_at(s, "192.0.2.1", 4500));
	story_end(s);
}

/* Nobody answers at the new address: the old one is tried, and everything goes on there. */
static void test_not_there(void **state)
{
	struct story *s = up(NULL, NULL, 0);
	struct gateway_datagram d;

	(void)state;
	go(s, OTHER4, 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	go(s, "192.0.2.1", 4500);
	gateway_wait(&s->gw, 15 * 1000);
	while (s->gw.out_count > 1)
		assert_true(gateway_take(&s->gw, &d));
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	send_out(s);
	assert_null(sa_of(s)->own);
	assert_true(traffic_at(s, "192.0.2.1", 4500));
	assert_int_equal(s->gw.core->stats.moves, 0);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	story_end(s);
}

/* RFC 4555 3.11: five minutes; then it is gone. */
static void test_gone(void **state)
{
	struct story *s = up(NULL, NULL, 0);

	(void)state;
	go(s, OTHER4, 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	gateway_wait(&s->gw, IKE_MOBIKE_PATIENCE_MS - 1);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	gateway_wait(&s->gw, 16 * 1000);
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_unanswered);
	story_empty(s);
	story_end(s);
}

/* --- who may not move it --- */

/* COOKIE2 missing or another: the IKE SA is closed, RFC 4555 3.7. */
static void test_wrong_cookie2(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 3; kind++) {
		struct story *s = up(NULL, NULL, 0);

		go(s, OTHER4, 4500);
		s->in->setup.knobs = kind == 0 ? INITIATOR_NO_COOKIE2 : INITIATOR_WRONG_COOKIE2;
		assert_true(make_update(s) > 0);
		send_out(s);
		assert_int_equal(deliver(s), INITIATOR_ANSWERED);
		assert_int_equal(deliver(s), INITIATOR_ANSWER);
		send_out(s);
		assert_true(traffic_at(s, "192.0.2.1", 4500));
		assert_int_equal(s->gw.session[1].ended, FG_CAUSE_not_there);
		assert_int_equal(deliver(s), INITIATOR_ANSWER);
		assert_int_equal(s->in->state, INITIATOR_CLOSED);
		send_out(s);
		story_empty(s);
		story_end(s);
	}
}

/* Somebody on the way copies the update and sends it from elsewhere, before or after the original:
 * the traffic goes where COOKIE2 is answered, or stays. */
static void test_copied(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 2; first++) {
		struct story *s = up(NULL, NULL, 0);
		struct endpoint thief = { .port = htons(4500) };
		struct gateway_datagram d;

		ip_parse("198.18.0.66", &thief.ip);
		go(s, OTHER4, 4500);
		assert_true(make_update(s) > 0);
		if (first)
			gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &thief);
		send_out(s);
		if (!first)
			gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &thief);
		gateway_settle(&s->gw);
		while (gateway_take(&s->gw, &d)) {
			/* What goes to the thief reaches nobody who could answer it. */
			if (ip_equal(&d.peer.ip, &thief.ip))
				continue;
			s->in->out_len = 0;
			if (initiator_receive(s->in, d.bytes, d.len) == INITIATOR_ANSWER)
				send_out(s);
		}
		assert_true(traffic_at(s, first ? "192.0.2.1" : OTHER4, 4500));
		story_end(s);
	}
}

/* An old update once more from another place: its message ID is long answered. */
static void test_replayed(void **state)
{
	struct story *s = up(NULL, NULL, 0);
	struct endpoint thief = { .port = htons(4500) };
	uint8_t old[INITIATOR_DATAGRAM_MAX];
	size_t len;

	(void)state;
	ip_parse("198.18.0.66", &thief.ip);
	go(s, OTHER4, 4500);
	len = make_update(s);
	memcpy(old, s->in->out, len);
	send_out(s);
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	send_out(s);
	go(s, OTHER6, 4500);
	move(s);
	gateway_receive(&s->gw, old, len, &s->in->peer, &thief);
	assert_int_equal(s->gw.out_count, 0);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_old_message_id], 1);
	assert_true(traffic_at(s, OTHER6, 4500));
	assert_int_equal(sa_of(s)->mobike->moves, 2);
	story_end(s);
}

/* In clear text: dropped and counted, whatever it says. */
static void test_clear_text(void **state)
{
	struct story *s = up(NULL, NULL, 0);
	struct ike_header header = initiator_header(s->in, IKE_EXCHANGE_INFORMATIONAL);
	uint8_t message[128] = { 0 };
	struct endpoint from = s->in->local;
	struct ike_writer w;

	(void)state;
	ip_parse(OTHER4, &from.ip);
	ike_begin(&w, message + IKE_MARKER_LEN, sizeof(message) - IKE_MARKER_LEN, &header);
	ike_put_notify(&w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_UPDATE_SA_ADDRESSES, NULL, 0);
	gateway_receive(&s->gw, message, ike_finish(&w) + IKE_MARKER_LEN, &s->in->peer, &from);
	assert_int_equal(s->gw.out_count, 0);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_clear_after_init], 1);
	assert_int_equal(sa_of(s)->mobike->moves, 0);
	assert_true(traffic_at(s, "192.0.2.1", 4500));
	story_end(s);
}

/* Any other message from a new address is answered there and changes nothing, RFC 4555 3.8: the
 * client may be testing a path. Also behind a NAT. */
static void test_other_messages_do_not_move(void **state)
{
	static const unsigned knobs[] = { 0, INITIATOR_FAKE_NAT };

	(void)state;
	for (size_t i = 0; i < COUNT(knobs); i++) {
		struct story *s = up(NULL, NULL, knobs[i]);

		go(s, OTHER4, 4500);
		assert_true(initiator_liveness(s->in) > 0);
		send_out(s);
		assert_int_equal(deliver(s), INITIATOR_ANSWERED);
		assert_true(traffic_at(s, "192.0.2.1", 4500));
		assert_int_equal(s->gw.out_count, 0);
		ip_parse("192.0.2.1", &s->in->local.ip);
		assert_true(ip_equal(&sa_of(s)->path.peer.ip, &s->in->local.ip));
		story_end(s);
	}
}

/* The address that we lent it ourselves, or another one of a pool: its tunnel would go into itself.
 */
static void test_unacceptable(void **state)
{
	static const char *const inside[] = { "10.10.0.1", "10.10.0.200", "2001:db8:10::5" };

	(void)state;
	for (size_t i = 0; i < COUNT(inside); i++) {
		struct story *s = up(NULL, NULL, 0);

		go(s, inside[i], 4500);
		assert_true(make_update(s) > 0);
		send_out(s);
		assert_int_equal(deliver(s), INITIATOR_ANSWERED);
		assert_non_null(ike_find_notify(&s->in->answer, IKE_NOTIFY_UNACCEPTABLE_ADDRESSES));
		assert_int_equal(s->gw.out_count, 0);
		assert_true(traffic_at(s, "192.0.2.1", 4500));
		/* It is not over: another address is taken. */
		go(s, OTHER4, 4500);
		move(s);
		assert_true(traffic_at(s, OTHER4, 4500));
		story_end(s);
	}
}

/* --- NO_NATS_ALLOWED, COOKIE2 --- */

/* As the client believes its path; `wrong`: a NAT has changed the byte at this place. */
static struct initiator_notify no_nats(const struct story *s, int wrong)
{
	struct initiator_notify n = { .type = IKE_NOTIFY_NO_NATS_ALLOWED };
	bool is4 = ip_is4(&s->in->local.ip);
	struct wr wr = wr_of(n.data, sizeof(n.data));
	size_t len = is4 ? 4 : 16, skip = is4 ? 3 : 0;

	wr_bytes(&wr, s->in->local.ip.w + skip, len);
	wr_bytes(&wr, s->in->peer.ip.w + skip, len);
	wr_bytes(&wr, &s->in->local.port, 2);
	wr_bytes(&wr, &s->in->peer.port, 2);
	n.len = (uint16_t)wr.len;
	if (wrong >= 0)
		n.data[wrong] ^= 1;
	return n;
}

static void test_no_nats_allowed(void **state)
{
	static const char *const to[] = { OTHER4, OTHER6 };

	(void)state;
	for (size_t i = 0; i < COUNT(to); i++) {
		struct story *s = up(NULL, NULL, 0);
		struct initiator_notify n[2] = { UPDATE };
		size_t len;

		go(s, to[i], 4500);
		len = no_nats(s, -1).len;
		for (int wrong = 0; wrong < (int)len; wrong++) {
			n[1] = no_nats(s, wrong);
			assert_true(initiator_inform(s->in, n, 2) > 0);
			send_out(s);
			assert_int_equal(deliver(s), INITIATOR_ANSWERED);
			assert_non_null(ike_find_notify(&s->in->answer,
							IKE_NOTIFY_UNEXPECTED_NAT_DETECTED));
			assert_int_equal(sa_of(s)->mobike->moves, 0);
		}
		n[1] = no_nats(s, -1);
		assert_true(initiator_inform(s->in, n, 2) > 0);
		send_out(s);
		assert_int_equal(deliver(s), INITIATOR_ANSWERED);
		assert_null(ike_find_error(&s->in->answer));
		assert_int_equal(deliver(s), INITIATOR_ANSWER);
		send_out(s);
		assert_true(traffic_at(s, to[i], 4500));
		story_end(s);
	}
}

/* In IKE_AUTH it ends the login. */
static void test_no_nats_in_auth(void **state)
{
	(void)state;
	for (int wrong = -1; wrong < 12; wrong += 5) {
		struct story *s = story_begin(NULL);
		struct initiator_setup setup;

		gateway_client(&s->gw, &setup);
		assert_int_equal(initiator_new(&setup, &s->in), 0);
		s->in->setup.in_auth[0] = no_nats(s, wrong);
		gateway_login(&s->gw, s->in);
		if (wrong < 0) {
			assert_int_equal(s->in->state, INITIATOR_UP);
		} else {
			assert_int_equal(s->in->state, INITIATOR_REFUSED);
			assert_int_equal(s->in->refusal, IKE_NOTIFY_UNEXPECTED_NAT_DETECTED);
			assert_int_equal(s->gw.begun, 0);
		}
		story_end(s);
	}
}

static void test_cookie2_echoed(void **state)
{
	static const uint16_t lengths[] = { 8, 33, 64 };

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct story *s = up(NULL, NULL, 0);
		struct initiator_notify n = { .type = IKE_NOTIFY_COOKIE2, .len = lengths[i] };
		const struct ike_notify *echo;

		memset(n.data, 0x5a + (int)i, n.len);
		assert_true(initiator_inform(s->in, &n, 1) > 0);
		send_out(s);
		assert_int_equal(deliver(s), INITIATOR_ANSWERED);
		echo = ike_find_notify(&s->in->answer, IKE_NOTIFY_COOKIE2);
		assert_non_null(echo);
		assert_int_equal(echo->data.len, n.len);
		assert_memory_equal(echo->data.p, n.data, n.len);
		story_end(s);
	}
}

/* Malformed and proven: INVALID_SYNTAX, and the end of the IKE SA, RFC 7296 2.21.3. */
static const struct initiator_notify malformed[] = {
	{ .type = IKE_NOTIFY_UPDATE_SA_ADDRESSES, .len = 1 },
	{ .type = IKE_NOTIFY_ADDITIONAL_IP4_ADDRESS, .len = 3 },
	{ .type = IKE_NOTIFY_ADDITIONAL_IP4_ADDRESS, .len = 16 },
	{ .type = IKE_NOTIFY_ADDITIONAL_IP6_ADDRESS, .len = 15 },
	{ .type = IKE_NOTIFY_ADDITIONAL_IP6_ADDRESS, .len = 0 },
	{ .type = IKE_NOTIFY_NO_ADDITIONAL_ADDRESSES, .len = 4 },
	{ .type = IKE_NOTIFY_COOKIE2, .len = 7 },
	{ .type = IKE_NOTIFY_COOKIE2, .len = 65 },
	{ .type = IKE_NOTIFY_NO_NATS_ALLOWED, .len = 11 },
	{ .type = IKE_NOTIFY_NO_NATS_ALLOWED, .len = 13 },
	{ .type = IKE_NOTIFY_NO_NATS_ALLOWED, .len = 37 },
	{ .type = IKE_NOTIFY_SET_WINDOW_SIZE, .len = 3 },
	{ .type = IKE_NOTIFY_SET_WINDOW_SIZE, .len = 5 },
};

static void test_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(malformed); i++) {
		struct story *s = up(NULL, NULL, 0);

		go(s, OTHER4, 4500);
		assert_true(initiator_inform(s->in, &malformed[i], 1) > 0);
		send_out(s);
		assert_int_equal(deliver(s), INITIATOR_ANSWERED);
		assert_non_null(ike_find_notify(&s->in->answer, IKE_NOTIFY_INVALID_SYNTAX));
		assert_int_equal(s->gw.core->stats.drop[IKE_DROP_bad_payload], 1);
		assert_int_equal(s->gw.session[1].ended, FG_CAUSE_malformed);
		assert_true(traffic_at(s, "192.0.2.1", 4500));
		gateway_wait(&s->gw, IKE_LINGER_MS);
		story_empty(s);
		story_end(s);
	}
}

/* --- ESP of a client behind a NAT --- */

/* The mapping changed: ESP says so, and our requests go there too. While a move is being checked
 * they go to where it is checked. */
static void test_esp_moves(void **state)
{
	struct story *s = up(NULL, NULL, INITIATOR_FAKE_NAT);
	struct msg_peer_moved moved = { .ike = s->gw.session[1].ike };
	struct gateway_datagram d;

	(void)state;
	moved.was = sa_of(s)->path.peer;
	moved.peer = s->in->local;
	moved.peer.port = htons(31000);
	assert_int_equal(ike_from_broker(s->gw.core, MSG_PEER_MOVED, &moved), 0);
	assert_int_equal(sa_of(s)->path.peer.port, htons(31000));
	go(s, OTHER4, 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	moved.was = moved.peer;
	moved.peer.port = htons(32000);
	assert_int_equal(ike_from_broker(s->gw.core, MSG_PEER_MOVED, &moved), 0);
	assert_true(ip_equal(&sa_of(s)->path.peer.ip, &s->in->local.ip));
	assert_int_equal(sa_of(s)->mobike->proven.peer.port, htons(32000));
	assert_true(gateway_take(&s->gw, &d));
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	send_out(s);
	assert_true(traffic_at(s, OTHER4, 4500));
	/* What flexd said before it heard of that: it has left that place meanwhile, and so have
	 * our requests, or a client that is there would be taken for dead. */
	moved.was = moved.peer;
	moved.peer.port = htons(33000);
	assert_int_equal(ike_from_broker(s->gw.core, MSG_PEER_MOVED, &moved), 0);
	assert_int_equal(sa_of(s)->path.peer.port, htons(4500));
	assert_true(ip_equal(&sa_of(s)->path.peer.ip, &s->in->local.ip));
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_negotiated),
		cmocka_unit_test(test_not_negotiated),
		cmocka_unit_test(test_additional_addresses),
		cmocka_unit_test(test_our_addresses),
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_new_port),
		cmocka_unit_test(test_unverified),
		cmocka_unit_test(test_check_first),
		cmocka_unit_test(test_check_lost),
		cmocka_unit_test(test_update_repeated),
		cmocka_unit_test(test_moves_on),
		cmocka_unit_test(test_goes_back),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_wrong_cookie2),
		cmocka_unit_test(test_copied),
		cmocka_unit_test(test_replayed),
		cmocka_unit_test(test_clear_text),
		cmocka_unit_test(test_other_messages_do_not_move),
		cmocka_unit_test(test_unacceptable),
		cmocka_unit_test(test_no_nats_allowed),
		cmocka_unit_test(test_no_nats_in_auth),
		cmocka_unit_test(test_cookie2_echoed),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_esp_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
