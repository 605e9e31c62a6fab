// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whole logins: every IKE suite and group, every ESP suite, both families, NAT, what the client
 * asks for and what it gets.
 */
#include "exchange/exchange.h"

static void login(struct story *s, const struct initiator_setup *setup)
{
	const struct gateway_session *session;

	assert_int_equal(initiator_new(setup, &s->in), 0);
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	session = gateway_session_of(&s->gw, s->gw.next_session - 1);
	assert_non_null(session);
	/* Both ends have the same keys, crosswise. */
	assert_memory_equal(&session->in, &s->in->key_out, sizeof(session->in));
	assert_memory_equal(&session->out, &s->in->key_in, sizeof(session->out));
	assert_int_equal(session->spi_in, s->in->spi_out);
	assert_int_equal(session->spi_out, s->in->spi_in);
	assert_int_equal(session->inner4, s->in->inner4);
	assert_true(ip_equal(&session->inner6, &s->in->inner6));
	assert_int_equal(s->gw.core->gauge[IKE_STATE_ESTABLISHED], 1);
	assert_int_equal(s->gw.core->half_open, 0);
	assert_int_equal(s->gw.core->stats.auth_ok, 1);
	/* One question to aaa: our AUTH came with its verdict. */
	assert_int_equal(s->gw.verified, 1);
	assert_int_equal(s->gw.signatures, 0);
}

static void logout(struct story *s)
{
	assert_true(initiator_delete(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(gateway_sessions(&s->gw), 0);
	assert_int_equal(gateway_session_of(&s->gw, s->gw.next_session - 1)->ended,
			 FG_CAUSE_peer_delete);
	initiator_free(s->in);
	s->in = NULL;
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
}

/* --- every IKE suite --- */

static const struct {
	uint16_t encr, bits, integ;
} ciphers[] = {
	{ IKE_ENCR_AES_GCM_16, 128, IKE_INTEG_NONE },
	{ IKE_ENCR_AES_GCM_16, 256, IKE_INTEG_NONE },
	{ IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_256_128 },
	{ IKE_ENCR_AES_CBC, 256, IKE_INTEG_HMAC_SHA2_256_128 },
	{ IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_384_192 },
	{ IKE_ENCR_AES_CBC, 256, IKE_INTEG_HMAC_SHA2_512_256 },
};
static const uint16_t prfs[] = { IKE_PRF_HMAC_SHA2_256, IKE_PRF_HMAC_SHA2_384,
				 IKE_PRF_HMAC_SHA2_512 };
static const uint16_t groups[] = { 31, 19, 20, 21, 14, 15, 16 };

static void one_suite(size_t cipher, uint16_t prf, uint16_t group)
{
	struct initiator_setup setup;
	struct story *s = story_begin(NULL);
	struct conf_proposal *p = &setup.proposal;

	gateway_client(&s->gw, &setup);
	memset(p, 0, sizeof(*p));
	p->encryption[0].id = ciphers[cipher].encr;
	p->encryption[0].key_bits = ciphers[cipher].bits;
	p->encryption_count = 1;
	if (ciphers[cipher].integ != IKE_INTEG_NONE)
		p->integrity[p->integrity_count++] = ciphers[cipher].integ;
	p->prf[p->prf_count++] = prf;
	p->group[p->group_count++] = group;
	login(s, &setup);
	assert_int_equal(s->in->keys.suite.encr, ciphers[cipher].encr);
	assert_int_equal(s->in->keys.suite.key_bits, ciphers[cipher].bits);
	assert_int_equal(s->in->keys.suite.integ, ciphers[cipher].integ);
	assert_int_equal(s->in->keys.suite.prf, prf);
	assert_int_equal(s->in->keys.suite.group, group);
	logout(s);
	story_end(s);
}

static void test_every_cipher_and_prf(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ciphers); i++)
		for (size_t j = 0; j < COUNT(prfs); j++)
			one_suite(i, prfs[j], 31);
}

static void test_every_group(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(groups); i++)
		one_suite(1, IKE_PRF_HMAC_SHA2_256, groups[i]);
}

static void test_every_esp_suite(void **state)
{
	(void)state;
	for (uint16_t suite = 1; suite < FG_ESP_SUITE_MAX; suite++) {
		struct story *s = story_begin(
			"[gateway]\noutside = eth0\n[ikev2-proposal p]\n[ipsec-profile default]\n"
			"legacy = yes\ntransform = esp-cbc-128-sha1 esp-cbc-256-sha1 esp-gcm-256 "
			"esp-gcm-128 esp-chacha20-poly1305 esp-cbc-256-sha256 esp-cbc-128-sha256\n" STORY_REST(
				"p"));
		struct initiator_setup setup;

		gateway_client(&s->gw, &setup);
		setup.esp[0] = suite;
		setup.esp_count = 1;
		login(s, &setup);
		assert_int_equal(s->in->suite, suite);
		logout(s);
		story_end(s);
	}
}

/* Extended sequence numbers: with whoever offers them, unless the configuration says no. */
static void test_extended_numbers(void **state)
{
	enum { S = FG_ESP_AES_GCM_256, E = FG_ESP_AES_GCM_256 | CONF_ESP_ESN };
	static const struct {
		uint16_t offer[2];
		size_t count;
		bool esn;
	} rows[] = { { { E, S }, 2, true },
		     { { S, E }, 2, true },
		     { { E }, 1, true },
		     { { S }, 1, false } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct story *s = story_begin(NULL);
		struct initiator_setup setup;

		gateway_client(&s->gw, &setup);
		memcpy(setup.esp, rows[i].offer, sizeof(rows[i].offer));
		setup.esp_count = rows[i].count;
		login(s, &setup);
		assert_int_equal(s->in->suite, S);
		assert_int_equal(s->in->esn, rows[i].esn);
		assert_int_equal(gateway_session_of(&s->gw, 1)->esn, rows[i].esn);
		logout(s);
		story_end(s);
	}
}

/* --- what is asked and what is got --- */

static void test_both_families(void **state)
{
	struct story *s = story_begin(NULL);
	struct initiator_setup setup;

	(void)state;
	gateway_client(&s->gw, &setup);
	setup.want6 = setup.want_dns = true;
	login(s, &setup);
	assert_int_equal(s->in->inner4, htonl(0x0a0a0001));
	assert_int_equal(s->in->netmask4, htonl(0xffffff00));
	assert_false(ip_is_zero(&s->in->inner6));
	assert_int_equal(s->in->dns_count, 2);
	assert_int_equal(s->in->ts_i.count, 2);
	assert_int_equal(s->in->ts_r.count, 2);
	logout(s);
	story_end(s);
}

/* Nothing unasked: no DNS, no IPv6. */
static void test_only_what_was_asked(void **state)
{
	struct story *s = story_begin(NULL);
	struct initiator_setup setup;
	__be32 first;

	(void)state;
	gateway_client(&s->gw, &setup);
	ip_parse("10.10.0.77", &setup.hint4);
	login(s, &setup);
	assert_int_equal(s->in->dns_count, 0);
	assert_true(ip_is_zero(&s->in->inner6));
	assert_int_equal(s->in->ts_i.count, 1);
	first = ip_to4(&s->in->ts_i.selector[0].first);
	assert_int_equal(first, s->in->inner4);
	assert_true(ip_equal(&s->gw.session[1].begin.hint4, &setup.hint4));
	assert_string_equal(s->gw.session[1].begin.profile, "all");
	logout(s);
	story_end(s);
}

static void test_ipv6_outside(void **state)
{
	struct story *s = story_begin(NULL);
	struct initiator_setup setup;

	(void)state;
	gateway_client(&s->gw, &setup);
	ip_parse("2001:db8::1", &setup.local.ip);
	ip_parse("2001:db8::2", &setup.peer.ip);
	login(s, &setup);
	logout(s);
	story_end(s);
}

/* The first KE payload is of a group that the gateway does not take. */
static void test_other_group_wanted(void **state)
{
	struct story *s = story_begin(
		"[gateway]\noutside = eth0\n[ikev2-proposal p]\ngroup = 20\n" STORY_REST("p"));
	struct initiator_setup setup;

	(void)state;
	gateway_client(&s->gw, &setup);
	login(s, &setup);
	assert_int_equal(s->in->keys.suite.group, 20);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_bad_group], 1);
	logout(s);
	story_end(s);
}

/* --- NAT --- */

static void test_nat(void **state)
{
	static const struct {
		unsigned knobs;
		bool through_nat; /* the gateway sees another address than the client's */
		uint16_t port;    /* of the gateway, at the end */
		bool udp;
	} rows[] = {
		{ 0, false, 500, false },
		{ INITIATOR_NO_NAT_DETECTION, false, 500, false },
		{ INITIATOR_FAKE_NAT, false, 4500, true },
		{ INITIATOR_FAKE_NAT | INITIATOR_STAY_ON_500, false, 500, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct story *s = story_begin(NULL);
		struct initiator_setup setup;

		gateway_client(&s->gw, &setup);
		setup.knobs = rows[i].knobs;
		login(s, &setup);
		assert_int_equal(s->in->peer.port, htons(rows[i].port));
		assert_int_equal(s->gw.session[1].udp, rows[i].udp);
		assert_int_equal(s->gw.session[1].begin.peer.port, htons(rows[i].port));
		logout(s);
		story_end(s);
	}
}

/* A client may begin on 4500. */
static void test_begin_on_4500(void **state)
{
	struct story *s = story_begin(NULL);
	struct initiator_setup setup;

	(void)state;
	gateway_client(&s->gw, &setup);
	setup.local.port = setup.peer.port = htons(FG_NATT_PORT);
	setup.knobs = INITIATOR_FAKE_NAT;
	login(s, &setup);
	assert_true(s->gw.session[1].udp);
	logout(s);
	story_end(s);
}

/* --- more than one --- */

static void test_initial_contact_ends_the_older_session(void **state)
{
	struct story *s = story_begin(NULL);
	struct initiator_setup setup;
	struct initiator *older, *other;

	(void)state;
	gateway_add_key(&s->gw, "b.example.org", "key of b");
	gateway_client(&s->gw, &setup);
	login(s, &setup);
	older = s->in;
	snprintf(setup.identity, sizeof(setup.identity), "b.example.org");
	snprintf(setup.psk, sizeof(setup.psk), "key of b");
	setup.local.port = htons(1024);
	assert_int_equal(initiator_new(&setup, &other), 0);
	assert_int_equal(gateway_login(&s->gw, other), INITIATOR_UP);

	gateway_client(&s->gw, &setup);
	setup.knobs = INITIATOR_INITIAL_CONTACT;
	setup.local.port = htons(1025);
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	assert_int_equal(gateway_sessions(&s->gw), 2);
	assert_int_equal(gateway_session_of(&s->gw, 1)->ended, FG_CAUSE_replaced);
	assert_int_equal(gateway_session_of(&s->gw, 2)->ended, 0);

	/* Without it a client may be there twice. */
	initiator_free(older);
	setup.knobs = 0;
	setup.local.port = htons(1026);
	assert_int_equal(initiator_new(&setup, &older), 0);
	assert_int_equal(gateway_login(&s->gw, older), INITIATOR_UP);
	assert_int_equal(gateway_sessions(&s->gw), 3);
	initiator_free(older);
	initiator_free(other);
	story_end(s);
}

static void test_twenty_behind_one_nat(void **state)
{
	struct story *s = story_begin(NULL);
	struct initiator *in[20];
	struct initiator_setup setup;

	(void)state;
	gateway_client(&s->gw, &setup);
	setup.knobs = INITIATOR_FAKE_NAT;
	for (size_t i = 0; i < COUNT(in); i++) {
		setup.local.port = htons((uint16_t)(2000 + i));
		assert_int_equal(initiator_new(&setup, &in[i]), 0);
		assert_int_equal(gateway_login(&s->gw, in[i]), INITIATOR_UP);
	}
	assert_int_equal(gateway_sessions(&s->gw), COUNT(in));
	for (size_t i = 0; i < COUNT(in); i++)
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(in[i]->inner4, in[j]->inner4);
	for (size_t i = 0; i < COUNT(in); i++) {
		assert_true(initiator_delete(in[i]) > 0);
		gateway_talk(&s->gw, in[i]);
		initiator_free(in[i]);
	}
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cipher_and_prf),
		cmocka_unit_test(test_every_group),
		cmocka_unit_test(test_every_esp_suite),
		cmocka_unit_test(test_extended_numbers),
		cmocka_unit_test(test_both_families),
		cmocka_unit_test(test_only_what_was_asked),
		cmocka_unit_test(test_ipv6_outside),
		cmocka_unit_test(test_other_group_wanted),
		cmocka_unit_test(test_nat),
		cmocka_unit_test(test_begin_on_4500),
		cmocka_unit_test(test_initial_contact_ends_the_older_session),
		cmocka_unit_test(test_twenty_behind_one_nat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
