// SPDX-License-Identifier: BSD-2-Clause
/*
 * More than one round of IKE_AUTH (RFC 4739), and an IKE SA that begins without a CHILD SA (RFC
 * 6023).
 */
#include "exchange/exchange.h"

#include "ike/fsm.h"

#include <stdio.h>

/* One profile for all, with these lines of its own. */
#define CONF(lines)                                                                                \
	"[gateway]\noutside = eth0\n[pool p4]\nprefix = 10.10.0.0/24\n"                            \
	"[ikev2-authorization-policy all]\npool = p4\n[virtual-template 1]\n"                      \
	"[ikev2-keyring ring]\npsk = k\n[ikev2-profile all]\n"                                     \
	"match-identity-remote = fqdn domain example.org\n"                                        \
	"identity-local = fqdn gateway.example.org\nauthentication-local = pre-share\n"            \
	"authentication-remote = pre-share\nkeyring-local = ring\n"                                \
	"aaa-authorization-group = all\nvirtual-template = 1\n" lines

static const char one_round[] = CONF("");
static const char two_rounds[] = CONF("authentication-remote-second = pre-share\n");
static const char childless[] = CONF("childless = yes\n");

static struct story *attempt(const char *conf, struct initiator_setup *setup)
{
	struct story *s = story_begin(conf);

	gateway_add_key(&s->gw, "user", "key of user");
	setup->random_arg = &s->gw;
	assert_int_equal(initiator_new(setup, &s->in), 0);
	gateway_login(&s->gw, s->in);
	return s;
}

static void client(struct initiator_setup *setup, const char *identity2, const char *psk2,
		   unsigned knobs)
{
	struct gateway none = { 0 };

	gateway_client(&none, setup);
	snprintf(setup->identity2, sizeof(setup->identity2), "%s", identity2);
	snprintf(setup->psk2, sizeof(setup->psk2), "%s", psk2);
	setup->knobs = knobs;
}

/* --- RFC 4739 --- */

static void test_two_rounds(void **state)
{
	struct initiator_setup setup;
	struct story *s;
	const struct ikesa *sa;

	(void)state;
	client(&setup, "user", "key of user", 0);
	s = attempt(two_rounds, &setup);
	assert_int_equal(s->in->state, INITIATOR_UP);
	assert_int_equal(s->in->next_id, 3);
	assert_int_equal(s->gw.verified, 2);
	assert_int_equal(s->gw.begun, 1);
	/* The session is that of the first identity. */
	sa = ikesa_find(s->gw.core, s->in->spi_r);
	assert_int_equal(sa->remote.len, strlen("a.example.org"));
	assert_memory_equal(sa->remote.data, "a.example.org", sa->remote.len);
	/* Our proof went out with the first round, and not again. */
	assert_int_equal(ike_count(&s->in->answer, IKE_PAYLOAD_IDR), 0);
	assert_int_equal(ike_count(&s->in->answer, IKE_PAYLOAD_AUTH), 0);
	assert_int_equal(s->gw.core->stats.auth_ok, 1);
	assert_true(initiator_delete(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	story_end(s);
}

static const struct {
	const char *what, *conf, *identity2, *psk2;
	unsigned knobs;
	uint32_t verified;
} refused[] = {
	{ "wrong second key", two_rounds, "user", "wrong", 0, 2 },
	{ "unknown second identity", two_rounds, "nobody", "key of user", 0, 2 },
	{ "first key wrong: no second round", two_rounds, "user", "key of user", INITIATOR_BAD_AUTH,
	  1 },
	{ "one round where two are wanted", two_rounds, "", "", 0, 1 },
	{ "two rounds where one is enough", one_round, "user", "key of user", 0, 1 },
	{ "three rounds", two_rounds, "user", "key of user", INITIATOR_ANOTHER, 2 },
	{ "EAP", two_rounds, "user", "key of user", INITIATOR_NO_AUTH, 0 },
	{ "EAP alone", one_round, "", "", INITIATOR_NO_AUTH | INITIATOR_EAP_ONLY, 0 },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct initiator_setup setup;
		struct story *s;

		client(&setup, refused[i].identity2, refused[i].psk2, refused[i].knobs);
		s = attempt(refused[i].conf, &setup);
		if (s->in->state != INITIATOR_REFUSED ||
		    s->in->refusal != IKE_NOTIFY_AUTHENTICATION_FAILED)
			fail_msg("%s: state %d, notify %u", refused[i].what, s->in->state,
				 s->in->refusal);
		assert_int_equal(s->gw.verified, refused[i].verified);
		assert_int_equal(s->gw.begun, 0);
		assert_int_equal(s->gw.core->stats.auth_failed, 1);
		assert_int_equal(s->gw.core->stats.auth_ok, 0);
		gateway_wait(&s->gw, IKE_LINGER_MS);
		story_empty(s);
		story_end(s);
	}
}

/* Up to its second request, which is left in in->out. */
static struct story *between_rounds(void)
{
	struct initiator_setup setup;
	struct story *s = story_begin(two_rounds);
	struct gateway_datagram d;

	client(&setup, "user", "key of user", 0);
	gateway_add_key(&s->gw, "user", "key of user");
	setup.random_arg = &s->gw;
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	for (size_t (*make)(struct initiator *) = initiator_init; s->in->round == 0;
	     make = initiator_auth) {
		assert_true(make(s->in) > 0);
		gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
		gateway_settle(&s->gw);
		assert_true(gateway_take(&s->gw, &d));
		assert_int_equal(initiator_receive(s->in, d.bytes, d.len), INITIATOR_STEP);
	}
	assert_int_equal(s->gw.core->gauge[IKE_STATE_NEXT_ROUND], 1);
	assert_int_equal(s->gw.core->half_open, 1);
	assert_int_equal(gateway_sessions(&s->gw), 0);
	assert_true(initiator_auth(s->in) > 0);
	return s;
}

/* A client that stops half way is nobody: forgotten like any unfinished IKE SA. */
static void test_half_way(void **state)
{
	struct story *s = between_rounds();

	(void)state;
	gateway_wait(&s->gw, 30 * 1000);
	story_empty(s);
	story_end(s);
}

/* Between the rounds nothing else is taken of it. */
static void test_nothing_between(void **state)
{
	size_t (*const makers[])(struct initiator *) = { initiator_liveness, initiator_create_child,
							 initiator_delete };

	(void)state;
	for (size_t i = 0; i < COUNT(makers); i++) {
		struct story *s = between_rounds();

		assert_true(makers[i](s->in) > 0);
		gateway_talk(&s->gw, s->in);
		assert_int_equal(s->gw.core->stats.drop[IKE_DROP_bad_exchange], 1);
		assert_int_equal(s->gw.core->gauge[IKE_STATE_NEXT_ROUND], 1);
		assert_int_equal(s->in->next_id, 2);
		story_end(s);
	}
}

/* aaa dies in the second round: the client sends it again, the first one still holds. */
static void test_aaa_dies(void **state)
{
	struct story *s = between_rounds();

	(void)state;
	s->gw.aaa_down = true;
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_NEXT_ROUND], 1);
	s->gw.aaa_down = false;
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_VERIFYING], 1);
	ike_aaa_lost(s->gw.core);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_NEXT_ROUND], 1);
	free(s->gw.message[0].bytes);
	s->gw.message_count = 0;
	gateway_talk(&s->gw, s->in);
	assert_int_equal(s->in->state, INITIATOR_UP);
	story_end(s);
}

/* The first request again is answered from store; with other bytes it is nothing. */
static void test_first_round_again(void **state)
{
	struct story *s = between_rounds();
	struct gateway_datagram d;

	(void)state;
	s->in->next_id = 1;
	s->in->round = 0;
	assert_true(initiator_auth(s->in) > 0);
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	gateway_settle(&s->gw);
	assert_false(gateway_take(&s->gw, &d));
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_different_request], 1);
	assert_int_equal(s->gw.verified, 1);
	story_end(s);
}

static bool announced(const struct story *s, uint16_t notify)
{
	struct ike_message m;

	return ike_parse_clear(s->in->init_answer, s->in->init_answer_len, &m) == IKE_DROP_NONE &&
	       ike_find_notify(&m, notify);
}

/* Announced is what some profile knows. */
static void test_announced(void **state)
{
	static const struct {
		const char *conf;
		bool multiple, childless;
	} cases[] = {
		{ one_round, false, false },
		{ two_rounds, true, false },
		{ childless, false, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct initiator_setup setup;
		struct story *s;

		client(&setup, "", "", 0);
		s = attempt(cases[i].conf, &setup);
		assert_int_equal(announced(s, IKE_NOTIFY_MULTIPLE_AUTH_SUPPORTED),
				 cases[i].multiple);
		assert_int_equal(announced(s, IKE_NOTIFY_CHILDLESS_IKEV2_SUPPORTED),
				 cases[i].childless);
		story_end(s);
	}
}

/* --- RFC 6023 --- */

static void test_childless(void **state)
{
	struct initiator_setup setup;
	struct story *s;

	(void)state;
	client(&setup, "", "", INITIATOR_NO_CHILD);
	s = attempt(childless, &setup);
	assert_int_equal(s->in->state, INITIATOR_CHILDLESS);
	assert_int_equal(s->in->refusal, 0);
	assert_int_equal(s->in->inner4, htonl(0x0a0a0001));
	assert_int_equal(ike_count(&s->in->answer, IKE_PAYLOAD_SA), 0);
	assert_int_equal(ike_count(&s->in->answer, IKE_PAYLOAD_TSI), 0);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_CHILDLESS], 1);
	assert_int_equal(s->gw.core->stats.auth_ok, 1);
	/* Nothing comes of it. */
	gateway_wait(&s->gw, IKE_CHILDLESS_MS);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_DELETING], 1);
	assert_int_equal(gateway_sessions(&s->gw), 0);
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_childless);
	story_end(s);
}

/* Without the announcement, and with a part of the three payloads, it is malformed. */
static void test_childless_refused(void **state)
{
	static const struct {
		const char *conf;
		unsigned knobs;
	} cases[] = {
		{ one_round, INITIATOR_NO_CHILD },
		{ childless, INITIATOR_NO_SA },
		{ one_round, INITIATOR_NO_SA },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct initiator_setup setup;
		struct story *s;

		client(&setup, "", "", cases[i].knobs);
		s = attempt(cases[i].conf, &setup);
		assert_int_equal(s->in->state, INITIATOR_REFUSED);
		assert_int_equal(s->in->refusal, IKE_NOTIFY_INVALID_SYNTAX);
		assert_int_equal(s->gw.core->stats.drop[IKE_DROP_missing_payload], 1);
		assert_int_equal(s->gw.verified, 0);
		gateway_wait(&s->gw, IKE_LINGER_MS);
		story_empty(s);
		story_end(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_rounds),        cmocka_unit_test(test_refused),
		cmocka_unit_test(test_half_way),          cmocka_unit_test(test_nothing_between),
		cmocka_unit_test(test_aaa_dies),          cmocka_unit_test(test_first_round_again),
		cmocka_unit_test(test_announced),         cmocka_unit_test(test_childless),
		cmocka_unit_test(test_childless_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
