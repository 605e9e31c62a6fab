// SPDX-License-Identifier: BSD-2-Clause
/*
 * How sessions and half-made ones end: by the client, by the operator, by time, by a process that
 * dies, by the gateway's stop.
 */
#include "exchange/exchange.h"

#include <errno.h>

/* What the gateway sends now goes to the client, and its answers back. */
static void pass_on(struct story *s)
{
	struct gateway_datagram d;

	while (gateway_take(&s->gw, &d)) {
		s->in->out_len = 0;
		if (initiator_receive(s->in, d.bytes, d.len) == INITIATOR_ANSWER)
			gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer,
					&s->in->local);
		gateway_settle(&s->gw);
	}
}

static void clear(struct story *s, uint32_t session, uint32_t cause)
{
	const struct gateway_session *one = gateway_session_of(&s->gw, session);
	const struct msg_session_clear order = {
		.ike = one->ike,
		.session = session,
		.cause = cause,
	};

	assert_int_equal(ike_from_broker(s->gw.core, MSG_SESSION_CLEAR, &order), 0);
	gateway_settle(&s->gw);
}

/* --- the client --- */

static void test_client_deletes_child(void **state)
{
	struct story *s = story_up(0);
	const struct ike_delete *deleted;

	(void)state;
	assert_true(initiator_delete_child(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	/* Answered with our SPI of the pair. */
	assert_int_equal(s->in->answer.delete_count, 1);
	deleted = &s->in->answer.deletes[0];
	assert_int_equal(deleted->protocol, IKE_PROTOCOL_ESP);
	assert_int_equal(deleted->spi_count, 1);
	assert_memory_equal(deleted->spis.p, &s->in->spi_out, sizeof(s->in->spi_out));
	/* The session waits for another one, but not for long. */
	assert_int_equal(gateway_sas(&s->gw, 1), 0);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_CHILDLESS], 1);
	gateway_wait(&s->gw, IKE_CHILDLESS_MS);
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_childless);
	pass_on(s);
	assert_int_equal(s->in->state, INITIATOR_CLOSED);
	story_empty(s);
	story_end(s);
}

static void test_client_deletes_a_child_that_is_not(void **state)
{
	struct story *s = story_up(0);

	(void)state;
	s->in->spi_in ^= htonl(1);
	assert_true(initiator_delete_child(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(s->in->answer.delete_count, 0);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	story_end(s);
}

static const struct {
	uint16_t notify;
	bool later; /* not in the exchange behind IKE_AUTH */
	bool ends;
} complaints[] = {
	{ IKE_NOTIFY_AUTHENTICATION_FAILED, false, true },
	{ IKE_NOTIFY_INVALID_SYNTAX, false, true },
	{ IKE_NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD, false, true },
	{ IKE_NOTIFY_NO_PROPOSAL_CHOSEN, false, false },
	{ IKE_NOTIFY_INITIAL_CONTACT, false, false },
	{ IKE_NOTIFY_AUTHENTICATION_FAILED, true, false },
};

/* RFC 7296 2.21.2: a client that does not believe us ends the IKE SA by saying so. */
static void test_client_does_not_accept_us(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(complaints); i++) {
		struct story *s = story_up(0);

		if (complaints[i].later) {
			assert_true(initiator_liveness(s->in) > 0);
			gateway_talk(&s->gw, s->in);
		}
		assert_true(initiator_complain(s->in, complaints[i].notify) > 0);
		gateway_talk(&s->gw, s->in);
		assert_int_equal(gateway_sessions(&s->gw), complaints[i].ends ? 0 : 1);
		if (complaints[i].ends) {
			assert_int_equal(s->gw.session[1].ended, FG_CAUSE_peer_delete);
			gateway_wait(&s->gw, IKE_LINGER_MS);
			story_empty(s);
		}
		story_end(s);
	}
}

/* --- the operator --- */

static void test_clear(void **state)
{
	struct story *s = story_up(0);

	(void)state;
	clear(s, 1, FG_CAUSE_operator_clear);
	/* The session is over at once, the IKE SA when the client has answered. */
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_operator_clear);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_DELETING], 1);
	pass_on(s);
	assert_int_equal(s->in->state, INITIATOR_CLOSED);
	story_empty(s);
	story_end(s);
}

/* The client is gone: five tries, doubling, and that is it. */
static void test_clear_unanswered(void **state)
{
	static const unsigned at_s[IKE_REQUEST_TRIES] = { 0, 1, 3, 7, 15 };
	struct story *s = story_up(0);
	uint64_t begun = s->gw.now_ms;

	(void)state;
	clear(s, 1, FG_CAUSE_operator_clear);
	for (unsigned i = 0; i < IKE_REQUEST_TRIES; i++) {
		gateway_wait(&s->gw, begun + at_s[i] * 1000 - s->gw.now_ms);
		assert_int_equal(s->gw.out_count, i + 1);
		assert_memory_equal(s->gw.out[i].bytes, s->gw.out[0].bytes, s->gw.out[0].len);
	}
	gateway_wait(&s->gw, 15999);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_DELETING], 1);
	gateway_wait(&s->gw, 1);
	assert_int_equal(s->gw.out_count, IKE_REQUEST_TRIES);
	story_empty(s);
	story_end(s);
}

/* An answer under another message ID than our request's is none. */
static void test_wrong_answer(void **state)
{
	struct story *s = story_up(0);
	struct ike_header header;
	uint8_t bytes[16];
	struct ike_writer w;

	(void)state;
	clear(s, 1, FG_CAUSE_operator_clear);
	assert_null(ikesa_find(s->gw.core, s->in->spi_r)->child);
	ike_begin_inner(&w, bytes, sizeof(bytes));
	header = initiator_header(s->in, IKE_EXCHANGE_INFORMATIONAL);
	header.flags |= IKE_FLAG_RESPONSE;
	header.message_id = 1;
	assert_true(initiator_seal(s->in, &header, &w) > 0);
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_unexpected_response], 1);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_DELETING], 1);
	header.message_id = 0;
	assert_true(initiator_seal(s->in, &header, &w) > 0);
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	story_empty(s);
	story_end(s);
}

/* Both sides delete at once: each answers the other. */
static void test_both_delete(void **state)
{
	struct story *s = story_up(0);
	struct gateway_datagram ours;

	(void)state;
	clear(s, 1, FG_CAUSE_operator_clear);
	assert_true(gateway_take(&s->gw, &ours));
	assert_true(initiator_delete(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(s->in->next_id, 3);
	assert_int_equal(initiator_receive(s->in, ours.bytes, ours.len), INITIATOR_ANSWER);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_operator_clear);
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	story_end(s);
}

/* An order for a session that is not this SA's, or not any more. */
static void test_clear_of_another(void **state)
{
	struct story *s = story_up(0);
	struct msg_session_clear order = { .ike = s->gw.session[1].ike, .session = 2, .cause = 2 };

	(void)state;
	assert_int_equal(ike_from_broker(s->gw.core, MSG_SESSION_CLEAR, &order), 0);
	order.session = 1;
	order.ike ^= 1;
	assert_int_equal(ike_from_broker(s->gw.core, MSG_SESSION_CLEAR, &order), 0);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_ESTABLISHED], 1);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	story_end(s);
}

static void test_stop(void **state)
{
	struct story *s = story_up(INITIATOR_FAKE_NAT);
	struct initiator_setup setup;
	struct initiator *half;

	(void)state;
	/* A half-open one goes without a word. */
	gateway_client(&s->gw, &setup);
	assert_int_equal(initiator_new(&setup, &half), 0);
	assert_true(initiator_init(half) > 0);
	gateway_receive(&s->gw, half->out, half->out_len, &half->peer, &half->local);
	s->gw.out_count = 0;

	ike_stop(s->gw.core);
	assert_int_equal(s->gw.out_count, 1);
	assert_false(ike_stopped(s->gw.core));
	gateway_settle(&s->gw);
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_shutdown);
	/* Nobody new. */
	half->spi_i ^= 2;
	assert_true(initiator_init(half) > 0);
	gateway_receive(&s->gw, half->out, half->out_len, &half->peer, &half->local);
	assert_int_equal(s->gw.out_count, 1);
	pass_on(s);
	assert_true(ike_stopped(s->gw.core));
	story_empty(s);
	initiator_free(half);
	story_end(s);
}

/* --- time --- */

static void begin_init(struct story *s, unsigned source, unsigned port)
{
	struct initiator_setup setup;
	struct initiator *in;

	gateway_client(&s->gw, &setup);
	setup.local.ip = ip_from4(htonl(0xc0000200 + source));
	setup.local.port = htons((uint16_t)port);
	assert_int_equal(initiator_new(&setup, &in), 0);
	assert_true(initiator_init(in) > 0);
	gateway_receive(&s->gw, in->out, in->out_len, &in->peer, &in->local);
	s->gw.out_count = 0;
	initiator_free(in);
}

static void test_half_open_timeout(void **state)
{
	struct story *s = story_begin(NULL);

	(void)state;
	begin_init(s, 1, 500);
	gateway_wait(&s->gw, 29999);
	assert_int_equal(s->gw.core->half_open, 1);
	gateway_wait(&s->gw, 1);
	story_empty(s);
	story_end(s);
}

/* limit 100, a quarter of it for one address, but 32 at least. */
static void test_half_open_budget(void **state)
{
	struct story *s = story_begin(NULL);

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		begin_init(s, 1, 1000 + i);
	assert_int_equal(s->gw.core->half_open, IKE_SOURCE_MIN);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_half_open_limit], 8);
	for (unsigned i = 0; i < 80; i++)
		begin_init(s, 2 + i, 500);
	assert_int_equal(s->gw.core->half_open, 100);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_half_open_limit], 8 + 12);
	gateway_wait(&s->gw, 30000);
	story_empty(s);
	begin_init(s, 1, 500);
	assert_int_equal(s->gw.core->half_open, 1);
	story_end(s);
}

/* All addresses of an IPv6 /64 are one source. */
static void test_half_open_budget_of_a_64(void **state)
{
	struct story *s = story_begin(NULL);
	struct initiator_setup setup;

	(void)state;
	gateway_client(&s->gw, &setup);
	ip_parse("2001:db8:5::2", &setup.peer.ip);
	ip_parse("2001:db8:5:6::", &setup.local.ip);
	for (unsigned i = 0; i < 40; i++) {
		struct endpoint from = setup.local;

		initiator_free(s->in);
		assert_int_equal(initiator_new(&setup, &s->in), 0);
		assert_true(initiator_init(s->in) > 0);
		from.ip.w[2] = htonl(i);
		gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &from);
	}
	assert_int_equal(s->gw.core->half_open, IKE_SOURCE_MIN);
	assert_int_equal(s->gw.core->sources.count, 1);
	story_end(s);
}

/* Who was refused still counts until its answer is forgotten. */
static void test_refused_count_against_the_budget(void **state)
{
	struct story *s = story_begin(NULL);
	struct initiator_setup setup;

	(void)state;
	gateway_client(&s->gw, &setup);
	setup.knobs = INITIATOR_BAD_AUTH;
	for (unsigned i = 0; i < IKE_SOURCE_MIN; i++) {
		setup.local.port = htons((uint16_t)(3000 + i));
		initiator_free(s->in);
		assert_int_equal(initiator_new(&setup, &s->in), 0);
		assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_REFUSED);
	}
	begin_init(s, 1, 500);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_half_open_limit], 1);
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	story_end(s);
}

/* --- processes --- */

/* A client with its IKE_AUTH just sent; `steps` questions answered. */
static struct story *asked(unsigned steps)
{
	struct story *s = story_begin(NULL);
	struct initiator_setup setup;
	struct gateway_datagram d;

	s->gw.aaa_apart = true;
	gateway_client(&s->gw, &setup);
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	assert_true(initiator_init(s->in) > 0);
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	assert_true(gateway_take(&s->gw, &d));
	assert_int_equal(initiator_receive(s->in, d.bytes, d.len), INITIATOR_STEP);
	assert_true(initiator_auth(s->in) > 0);
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	for (unsigned i = 0; i < steps; i++)
		assert_true(gateway_step(&s->gw));
	return s;
}

/* What was asked dies with aaa: the client's retransmission asks the next one. */
static void test_aaa_dies(void **state)
{
	(void)state;
	for (unsigned steps = 0; steps < 2; steps++) {
		struct story *s = asked(steps);

		assert_int_equal(s->gw.message_count, 1);
		free(s->gw.message[0].bytes);
		s->gw.message_count = 0;
		ike_aaa_lost(s->gw.core);
		assert_int_equal(s->gw.core->gauge[IKE_STATE_HALF_OPEN], 1);
		/* While it is away nothing happens, and nothing is used up. */
		s->gw.aaa_down = true;
		gateway_talk(&s->gw, s->in);
		assert_int_equal(s->gw.core->gauge[IKE_STATE_HALF_OPEN], 1);
		s->gw.aaa_down = false;
		assert_true(initiator_auth(s->in) > 0);
		gateway_talk(&s->gw, s->in);
		assert_int_equal(s->in->state, INITIATOR_UP);
		story_end(s);
	}
}

/* aaa away for good: the half-open SA goes in its time. */
static void test_aaa_stays_away(void **state)
{
	struct story *s = asked(1);

	(void)state;
	free(s->gw.message[0].bytes);
	s->gw.message_count = 0;
	ike_aaa_lost(s->gw.core);
	gateway_wait(&s->gw, 30000);
	story_empty(s);
	story_end(s);
}

/* The setup takes too long while flexd is busy: what it makes late has no owner and is ended. */
static void test_session_begun_too_late(void **state)
{
	(void)state;
	for (unsigned steps = 2; steps < 4; steps++) {
		struct story *s = asked(steps);
		struct gateway_message late = s->gw.message[0];

		assert_int_equal(late.type, steps == 2 ? MSG_SESSION_BEGIN : MSG_SA_ADD);
		s->gw.message_count = 0;
		gateway_wait(&s->gw, 30000);
		assert_int_equal(s->gw.core->by_spi.count, 0);
		s->gw.message[s->gw.message_count++] = late;
		gateway_settle(&s->gw);
		assert_int_equal(s->gw.session[1].ended, FG_CAUSE_setup_abandoned);
		story_empty(s);
		story_end(s);
	}
}

/* The operator clears a session whose login is not finished. */
static void test_clear_during_login(void **state)
{
	struct story *s = asked(3);

	(void)state;
	assert_int_equal(s->gw.core->gauge[IKE_STATE_INSTALLING], 1);
	clear(s, 1, FG_CAUSE_operator_clear);
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_operator_clear);
	story_empty(s);
	story_end(s);
}

/* Answers that nobody asked for: an error for the channel, nothing for the SA. */
static void test_nonsense_from_processes(void **state)
{
	struct story *s = story_up(0);
	uint64_t ike = s->gw.session[1].ike;
	const struct msg_auth_verdict verdict = { .ike = ike };
	const struct msg_auth_signed sign = { .ike = ike, .ok = 1 };
	const struct msg_session_begun begun = { .ike = ike, .session = 9 };
	const struct msg_session_refused refused = { .ike = ike, .cause = 1 };
	const struct msg_sa_added added = { .ike = ike, .session = 1 };
	const struct msg_sa_refused sa_refused = { .ike = ike, .session = 1, .cause = 1 };
	struct ike_core *core = s->gw.core;

	(void)state;
	assert_int_equal(ike_from_aaa(core, MSG_AUTH_VERDICT, &verdict), -EPROTO);
	assert_int_equal(ike_from_aaa(core, MSG_AUTH_SIGNED, &sign), -EPROTO);
	assert_int_equal(ike_from_aaa(core, MSG_SA_ADDED, &added), -EPROTO);
	assert_int_equal(ike_from_broker(core, MSG_SESSION_BEGUN, &begun), -EPROTO);
	assert_int_equal(ike_from_broker(core, MSG_SESSION_REFUSED, &refused), -EPROTO);
	/* What these were for may have ended while they were on their way. */
	assert_int_equal(ike_from_broker(core, MSG_SA_ADDED, &added), 0);
	assert_int_equal(ike_from_broker(core, MSG_SA_REFUSED, &sa_refused), 0);
	assert_int_equal(ike_from_broker(core, MSG_AUTH_VERDICT, &verdict), -EPROTO);
	assert_int_equal(core->gauge[IKE_STATE_ESTABLISHED], 1);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	story_end(s);
}

/* Answers about another session than the one that was asked for. */
static void test_answers_for_another_session(void **state)
{
	struct story *s = asked(3);
	uint64_t ike = s->gw.session[1].ike;
	const struct msg_sa_added added = { .ike = ike, .session = 2 };
	const struct msg_sa_refused refused = { .ike = ike, .session = 2, .cause = 1 };

	(void)state;
	assert_int_equal(ike_from_broker(s->gw.core, MSG_SA_ADDED, &added), -EPROTO);
	assert_int_equal(ike_from_broker(s->gw.core, MSG_SA_REFUSED, &refused), -EPROTO);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_INSTALLING], 1);
	gateway_settle(&s->gw);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_ESTABLISHED], 1);
	story_end(s);
}

/* flexd knows from ESP where the client is now; our requests go there. */
static void test_peer_moved(void **state)
{
	struct story *s = story_up(INITIATOR_FAKE_NAT);
	struct msg_peer_moved moved = { .ike = s->gw.session[1].ike };

	(void)state;
	ip_parse("203.0.113.9", &moved.peer.ip);
	moved.peer.port = htons(9999);
	assert_int_equal(ike_from_broker(s->gw.core, MSG_PEER_MOVED, &moved), 0);
	clear(s, 1, FG_CAUSE_operator_clear);
	assert_int_equal(s->gw.out[0].peer.port, htons(9999));
	assert_true(ip_equal(&s->gw.out[0].peer.ip, &moved.peer.ip));
	story_end(s);
}

/* A client that is behind no NAT does not move like that. */
static void test_peer_moved_without_nat(void **state)
{
	struct story *s = story_up(0);
	struct msg_peer_moved moved = { .ike = s->gw.session[1].ike };

	(void)state;
	ip_parse("203.0.113.9", &moved.peer.ip);
	moved.peer.port = htons(9999);
	assert_int_equal(ike_from_broker(s->gw.core, MSG_PEER_MOVED, &moved), 0);
	clear(s, 1, FG_CAUSE_operator_clear);
	assert_true(ip_equal(&s->gw.out[0].peer.ip, &s->in->local.ip));
	story_end(s);
}

/* Configuration may change under a login. */
static void test_profile_removed_during_login(void **state)
{
	static const char other[] =
		"[gateway]\noutside = eth0\n[pool p4]\nprefix = 10.10.0.0/24\n"
		"[ikev2-authorization-policy all]\npool = p4\n[virtual-template 1]\n"
		"[ikev2-keyring ring]\npsk = k\n[ikev2-profile other]\n"
		"match-identity-remote = any\nidentity-local = fqdn gateway.example.org\n"
		"authentication-local = pre-share\nauthentication-remote = pre-share\n"
		"keyring-local = ring\naaa-authorization-group = all\nvirtual-template = 1\n";

	(void)state;
	for (unsigned steps = 0; steps < 3; steps++) {
		struct story *s = asked(steps);
		struct conf_errors errors;
		FILE *in = fmemopen((char *)(uintptr_t)other, sizeof(other) - 1, "r");
		struct conf *conf = conf_parse(in, "other.conf", &errors);
		struct gateway_datagram d;

		fclose(in);
		assert_non_null(conf);
		assert_int_equal(ike_core_set_conf(s->gw.core, conf), 0);
		conf_free(s->gw.conf);
		s->gw.conf = conf;
		gateway_settle(&s->gw);
		assert_true(gateway_take(&s->gw, &d));
		initiator_receive(s->in, d.bytes, d.len);
		assert_int_equal(s->in->state, INITIATOR_REFUSED);
		assert_int_equal(s->in->refusal, IKE_NOTIFY_AUTHENTICATION_FAILED);
		gateway_wait(&s->gw, IKE_LINGER_MS);
		story_empty(s);
		story_end(s);
	}
}

/* --- what the operator sees --- */

static void count_row(void *arg, const struct msg_ike_sa_row *row)
{
	unsigned *rows = arg;

	(*rows)++;
	if (strcmp(row->state, "established") == 0) {
		assert_int_equal(row->session, 1);
		assert_string_equal(row->profile, "all");
		assert_int_equal(row->remote.len, strlen("a.example.org"));
		assert_string_equal(row->suite, "AES-GCM-256 / PRF-HMAC-SHA2-256 / x25519");
		assert_int_equal(row->age_s, 5);
		assert_string_equal(row->proof, "client by Shared Key Message Integrity Code, "
						"gateway by Shared Key Message Integrity Code");
	} else {
		/* A name that is not proven is not shown. */
		assert_string_equal(row->state, "half-open");
		assert_int_equal(row->remote.len, 0);
		assert_string_equal(row->proof, "");
	}
}

static void test_rows_and_stats(void **state)
{
	struct story *s = story_up(0);
	struct initiator_setup setup;
	struct msg_ike_stats stats;
	struct initiator *wrong;
	unsigned rows = 0;
	size_t slot = 0;

	(void)state;
	/* One that was refused is only a stored answer: no row. */
	gateway_client(&s->gw, &setup);
	setup.knobs = INITIATOR_BAD_AUTH;
	setup.local.port = htons(501);
	assert_int_equal(initiator_new(&setup, &wrong), 0);
	assert_int_equal(gateway_login(&s->gw, wrong), INITIATOR_REFUSED);
	initiator_free(wrong);
	begin_init(s, 7, 500);
	gateway_wait(&s->gw, 5000);
	while (!ike_rows(s->gw.core, &slot, 1, count_row, &rows))
		;
	assert_int_equal(rows, 2);
	ike_stats(s->gw.core, &stats);
	assert_int_equal(stats.half_open, 2);
	assert_int_equal(stats.established, 1);
	assert_int_equal(stats.init_requests, 3);
	assert_int_equal(stats.auth_failed, 1);
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_deletes_child),
		cmocka_unit_test(test_client_deletes_a_child_that_is_not),
		cmocka_unit_test(test_client_does_not_accept_us),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_clear_unanswered),
		cmocka_unit_test(test_wrong_answer),
		cmocka_unit_test(test_both_delete),
		cmocka_unit_test(test_clear_of_another),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_half_open_timeout),
		cmocka_unit_test(test_half_open_budget),
		cmocka_unit_test(test_half_open_budget_of_a_64),
		cmocka_unit_test(test_refused_count_against_the_budget),
		cmocka_unit_test(test_aaa_dies),
		cmocka_unit_test(test_aaa_stays_away),
		cmocka_unit_test(test_session_begun_too_late),
		cmocka_unit_test(test_clear_during_login),
		cmocka_unit_test(test_nonsense_from_processes),
		cmocka_unit_test(test_answers_for_another_session),
		cmocka_unit_test(test_peer_moved),
		cmocka_unit_test(test_peer_moved_without_nat),
		cmocka_unit_test(test_profile_removed_during_login),
		cmocka_unit_test(test_rows_and_stats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
