// SPDX-License-Identifier: BSD-2-Clause
/*
 * What aaa and flexd do to a login and a session: they die, are slow, answer nonsense, bring
 * another configuration, or know better where the client is.
 */
#include "exchange/exchange.h"

#include <errno.h>

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
	story_clear(s, 1, FG_CAUSE_operator_clear);
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
	story_clear(s, 1, FG_CAUSE_operator_clear);
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
	story_clear(s, 1, FG_CAUSE_operator_clear);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aaa_dies),
		cmocka_unit_test(test_aaa_stays_away),
		cmocka_unit_test(test_session_begun_too_late),
		cmocka_unit_test(test_clear_during_login),
		cmocka_unit_test(test_nonsense_from_processes),
		cmocka_unit_test(test_answers_for_another_session),
		cmocka_unit_test(test_peer_moved),
		cmocka_unit_test(test_peer_moved_without_nat),
		cmocka_unit_test(test_profile_removed_during_login),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
