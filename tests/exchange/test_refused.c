// SPDX-License-Identifier: BSD-2-Clause
/*
 * Logins that fail: what the client sees, and that nothing is left of them.
 */
#include "exchange/exchange.h"

#include <stdio.h>
#include <unistd.h>

static struct story *attempt(const struct initiator_setup *setup, struct story *s)
{
	assert_int_equal(initiator_new(setup, &s->in), 0);
	gateway_login(&s->gw, s->in);
	return s;
}

/* --- who is it? --- */

static const struct {
	const char *identity, *psk;
	unsigned knobs;
	uint32_t verified; /* questions to aaa */
} strangers[] = {
	{ "a.example.org", "another key", 0, 1 },
	{ "a.example.org", "key of a", INITIATOR_BAD_AUTH, 1 },
	{ "a.example.org", "key of a", INITIATOR_RSA_AUTH, 0 }, /* no such method there */
	{ "z.example.org", "key of a", 0, 1 },                  /* in a profile, has no key */
	{ "a.example.net", "key of a", 0, 1 },                  /* in no profile */
	{ "a.example.org", "key of a", INITIATOR_NO_AUTH, 0 },  /* wants EAP */
};

/* The same answer, byte for byte in length, whatever was wrong; nothing is begun for it. */
static void test_authentication_failed(void **state)
{
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(strangers); i++) {
		struct story *s = story_begin(NULL);
		struct gateway_datagram d;
		struct initiator_setup setup;

		gateway_client(&s->gw, &setup);
		snprintf(setup.identity, sizeof(setup.identity), "%s", strangers[i].identity);
		snprintf(setup.psk, sizeof(setup.psk), "%s", strangers[i].psk);
		setup.knobs = strangers[i].knobs;
		attempt(&setup, s);
		assert_int_equal(s->in->state, INITIATOR_REFUSED);
		assert_int_equal(s->in->refusal, IKE_NOTIFY_AUTHENTICATION_FAILED);
		assert_int_equal(s->gw.verified, strangers[i].verified);
		assert_int_equal(s->gw.begun, 0);
		assert_int_equal(s->gw.core->stats.auth_failed, 1);
		assert_int_equal(s->gw.core->stats.auth_ok, 0);

		/* Only the stored answer is left, for a retransmission. */
		assert_int_equal(s->gw.core->gauge[IKE_STATE_FAILED], 1);
		s->in->next_id = 1;
		assert_true(initiator_auth(s->in) > 0);
		s->in->next_id = 2;
		gateway_talk(&s->gw, s->in);
		gateway_wait(&s->gw, 0);
		if (i == 0)
			len = s->gw.sent_bytes;
		/* IKE_SA_INIT's answer is as long for all of them. */
		if (strangers[i].knobs == 0 && i > 0)
			assert_int_equal(s->gw.sent_bytes, len);
		assert_false(gateway_take(&s->gw, &d));
		gateway_wait(&s->gw, IKE_LINGER_MS);
		story_empty(s);
		story_end(s);
	}
}

/* What is left of a refused client holds no key. */
static void test_refused_is_wiped(void **state)
{
	static const struct ike_keys none;
	struct story *s = story_begin(NULL);
	struct initiator_setup setup;
	const struct ikesa *sa;

	(void)state;
	gateway_client(&s->gw, &setup);
	setup.knobs = INITIATOR_BAD_AUTH;
	attempt(&setup, s);
	sa = ikesa_find(s->gw.core, s->in->spi_r);
	assert_non_null(sa);
	assert_int_equal(sa->state, IKE_STATE_FAILED);
	assert_false(sa->keyed);
	assert_null(sa->sk_in);
	assert_null(sa->sk_out);
	assert_null(sa->opening);
	assert_null(sa->login);
	assert_memory_equal(&sa->keys, &none, sizeof(none));
	story_end(s);
}

/* A lost refusal is sent again to the same request, and only to that one. */
static void test_refusal_again(void **state)
{
	struct story *s = story_begin(NULL);
	struct gateway_datagram first, again;
	struct initiator_setup setup;

	(void)state;
	gateway_client(&s->gw, &setup);
	setup.knobs = INITIATOR_BAD_AUTH;
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	assert_true(initiator_init(s->in) > 0);
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	assert_true(gateway_take(&s->gw, &first));
	assert_int_equal(initiator_receive(s->in, first.bytes, first.len), INITIATOR_STEP);
	assert_true(initiator_auth(s->in) > 0);
	for (int i = 0; i < 2; i++) {
		gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
		gateway_settle(&s->gw);
		assert_true(gateway_take(&s->gw, i ? &again : &first));
	}
	assert_int_equal(first.len, again.len);
	assert_memory_equal(first.bytes, again.bytes, first.len);
	assert_int_equal(s->gw.verified, 1);
	story_end(s);
}

/* --- no session for a client that is who it says --- */

static const struct {
	uint32_t refuse_begin, refuse_sa;
	unsigned knobs;
	bool other_esp;
	uint16_t notify;
	uint32_t begun, cause;
} childless[] = {
	{ FG_CAUSE_no_address, 0, 0, false, IKE_NOTIFY_INTERNAL_ADDRESS_FAILURE, 0, 0 },
	{ FG_CAUSE_too_many_sessions, 0, 0, false, IKE_NOTIFY_NO_ADDITIONAL_SAS, 0, 0 },
	{ FG_CAUSE_plane_failed, 0, 0, false, IKE_NOTIFY_NO_ADDITIONAL_SAS, 0, 0 },
	{ 0, FG_CAUSE_sa_failed, 0, false, IKE_NOTIFY_NO_ADDITIONAL_SAS, 1, FG_CAUSE_sa_failed },
	{ 0, 0, INITIATOR_OTHER_TS, false, IKE_NOTIFY_TS_UNACCEPTABLE, 1,
	  FG_CAUSE_ts_unacceptable },
	{ 0, 0, 0, true, IKE_NOTIFY_NO_PROPOSAL_CHOSEN, 1, FG_CAUSE_no_proposal },
};

#define ONE_ESP                                                                                    \
	"[gateway]\noutside = eth0\n[ipsec-profile default]\ntransform = esp-gcm-128\n"            \
	"[ikev2-proposal p]\ngroup = 31\n" STORY_REST("p")

/* The IKE SA is up, says why there is no CHILD SA, answers, and goes when nothing comes of it. */
static void test_childless(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(childless); i++) {
		struct story *s = story_begin(childless[i].other_esp ? ONE_ESP : NULL);
		struct initiator_setup setup;

		gateway_client(&s->gw, &setup);
		setup.knobs = childless[i].knobs;
		if (childless[i].other_esp) {
			setup.esp[0] = FG_ESP_AES_GCM_256;
			setup.esp_count = 1;
		}
		s->gw.refuse_begin = childless[i].refuse_begin;
		s->gw.refuse_sa = childless[i].refuse_sa;
		attempt(&setup, s);
		assert_int_equal(s->in->state, INITIATOR_CHILDLESS);
		assert_int_equal(s->in->refusal, childless[i].notify);
		assert_int_equal(s->gw.begun, childless[i].begun);
		assert_int_equal(gateway_sessions(&s->gw), 0);
		if (childless[i].begun)
			assert_int_equal(s->gw.session[1].ended, childless[i].cause);
		assert_int_equal(s->gw.core->gauge[IKE_STATE_CHILDLESS], 1);
		assert_int_equal(s->gw.core->half_open, 0);

		assert_true(initiator_liveness(s->in) > 0);
		gateway_talk(&s->gw, s->in);
		assert_int_equal(s->in->next_id, 3);
		gateway_wait(&s->gw, IKE_CHILDLESS_MS);
		assert_int_equal(s->gw.core->gauge[IKE_STATE_DELETING], 1);
		s->in->out_len = 0;
		assert_int_equal(initiator_receive(s->in, s->gw.out[0].bytes, s->gw.out[0].len),
				 INITIATOR_ANSWER);
		s->gw.out_count = 0;
		assert_int_equal(s->in->state, INITIATOR_CLOSED);
		gateway_talk(&s->gw, s->in);
		story_empty(s);
		story_end(s);
	}
}

/* An authorisation that is not configured any more: out, as if the key were wrong. */
static void test_no_policy(void **state)
{
	struct story *s = story_begin(NULL);
	struct initiator_setup setup;

	(void)state;
	gateway_client(&s->gw, &setup);
	s->gw.refuse_begin = FG_CAUSE_no_policy;
	attempt(&setup, s);
	assert_int_equal(s->in->state, INITIATOR_REFUSED);
	assert_int_equal(s->in->refusal, IKE_NOTIFY_AUTHENTICATION_FAILED);
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	story_end(s);
}

/* Who asks for no address gets none, and nothing could be routed to it. */
static void test_no_address_asked(void **state)
{
	(void)state;
	for (int no_config = 0; no_config < 2; no_config++) {
		struct story *s = story_begin(NULL);
		struct initiator_setup setup;

		gateway_client(&s->gw, &setup);
		setup.want4 = false;
		setup.no_config = no_config;
		attempt(&setup, s);
		assert_int_equal(s->in->state, INITIATOR_CHILDLESS);
		assert_int_equal(s->in->refusal, IKE_NOTIFY_TS_UNACCEPTABLE);
		assert_int_equal(ike_count(&s->in->answer, IKE_PAYLOAD_CP), 0);
		assert_int_equal(gateway_sessions(&s->gw), 0);
		story_end(s);
	}
}

static void test_aaa_cannot_sign(void **state)
{
	struct story *s = story_begin(NULL);
	struct initiator_setup setup;

	(void)state;
	gateway_client(&s->gw, &setup);
	s->gw.aaa_cannot_sign = true;
	attempt(&setup, s);
	assert_int_equal(s->in->refusal, IKE_NOTIFY_AUTHENTICATION_FAILED);
	assert_int_equal(s->gw.begun, 0);
	story_end(s);
}

/* --- algorithms --- */

static void test_no_ike_proposal(void **state)
{
	struct story *s = story_begin(
		"[gateway]\noutside = eth0\n[ikev2-proposal p]\nencryption = aes-gcm-128\n" STORY_REST(
			"p"));
	struct initiator_setup setup;

	(void)state;
	gateway_client(&s->gw, &setup);
	attempt(&setup, s);
	assert_int_equal(s->in->state, INITIATOR_REFUSED);
	assert_int_equal(s->in->refusal, IKE_NOTIFY_NO_PROPOSAL_CHOSEN);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_no_proposal], 1);
	story_empty(s);
	story_end(s);
}

static const char two_proposals[] =
	"[gateway]\noutside = eth0\n"
	"[ikev2-proposal strong]\ngroup = 20\n[ikev2-proposal weak]\ngroup = 14\n"
	"[pool p4]\nprefix = 10.10.0.0/24\n[ikev2-authorization-policy all]\npool = p4\n"
	"[virtual-template 1]\n[ikev2-keyring ring]\npsk = k\n"
	"[ikev2-profile a]\nmatch-identity-remote = fqdn a.example.org\n"
	"identity-local = fqdn gateway.example.org\nauthentication-local = pre-share\n"
	"authentication-remote = pre-share\nkeyring-local = ring\nproposal = strong\n"
	"aaa-authorization-group = all\nvirtual-template = 1\n"
	"[ikev2-profile b]\nmatch-identity-remote = fqdn b.example.org\n"
	"identity-local = fqdn gateway.example.org\nauthentication-local = pre-share\n"
	"authentication-remote = pre-share\nkeyring-local = ring\nproposal = weak\n"
	"aaa-authorization-group = all\nvirtual-template = 1\n";

/* IKE_SA_INIT takes what any profile has; the client's own profile has the last word. */
static void test_proposal_of_another_profile(void **state)
{
	static const uint16_t groups[] = { 14, 20 };

	(void)state;
	for (size_t i = 0; i < COUNT(groups); i++) {
		struct story *s = story_begin(two_proposals);
		struct initiator_setup setup;

		gateway_client(&s->gw, &setup);
		setup.proposal.group[0] = groups[i];
		setup.proposal.group_count = 1;
		attempt(&setup, s);
		assert_int_equal(s->in->state, groups[i] == 20 ? INITIATOR_UP : INITIATOR_REFUSED);
		assert_int_equal(s->gw.begun, groups[i] == 20);
		story_end(s);
	}
}

/* Lines on standard error while `run` runs. */
static size_t lines_of(void (*run)(struct story *s), struct story *s)
{
	int saved = dup(STDERR_FILENO), c;
	FILE *file = tmpfile();
	size_t lines = 0;

	assert_true(file && saved >= 0);
	assert_int_equal(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
	run(s);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(saved);
	rewind(file);
	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

enum { MANY = 80 };

static void knock_often(struct story *s)
{
	struct initiator_setup setup;

	gateway_client(&s->gw, &setup);
	setup.proposal.group[0] = 14;
	setup.proposal.group_count = 1;
	for (int i = 0; i < MANY; i++) {
		initiator_free(s->in);
		attempt(&setup, s);
		assert_int_equal(s->in->state, INITIATOR_REFUSED);
	}
}

/* Who has proved nothing yet does not write the log full. */
static void test_log_has_a_limit(void **state)
{
	struct story *s = story_begin(two_proposals);
	size_t lines = lines_of(knock_often, s);

	(void)state;
	assert_in_range(lines, 1, s->gw.core->log_logins.burst);
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_authentication_failed),
		cmocka_unit_test(test_refused_is_wiped),
		cmocka_unit_test(test_refusal_again),
		cmocka_unit_test(test_childless),
		cmocka_unit_test(test_no_policy),
		cmocka_unit_test(test_no_address_asked),
		cmocka_unit_test(test_aaa_cannot_sign),
		cmocka_unit_test(test_no_ike_proposal),
		cmocka_unit_test(test_proposal_of_another_profile),
		cmocka_unit_test(test_log_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
