// SPDX-License-Identifier: BSD-2-Clause
/*
 * Post-quantum pre-shared keys, RFC 8784: every row of the table in its section 3, and somebody on
 * the way who hides what the client said.
 */
#include "exchange/exchange.h"

#include <errno.h>

enum wants { NONE, MAY, MUST };

static const struct {
	const char *what;
	enum wants client, gateway; /* whether each may do without */
	const char *id, *ppk;       /* the client's; the gateway's are "blue", "key of blue" */
	bool up, used;
} rows[] = {
	{ "nobody has one", NONE, NONE, "", "", true, false },
	{ "only the gateway may", NONE, MAY, "", "", true, false },
	{ "only the gateway must", NONE, MUST, "", "", false, false },
	{ "only the client may", MAY, NONE, "blue", "key of blue", true, false },
	{ "only the client must", MUST, NONE, "blue", "key of blue", true, false },
	{ "both may", MAY, MAY, "blue", "key of blue", true, true },
	{ "both must", MUST, MUST, "blue", "key of blue", true, true },
	{ "the client must", MUST, MAY, "blue", "key of blue", true, true },
	{ "the gateway must", MAY, MUST, "blue", "key of blue", true, true },
	{ "another name, both may", MAY, MAY, "red", "key of red", true, false },
	{ "another name, the client must", MUST, MAY, "red", "key of red", false, false },
	{ "another name, the gateway must", MAY, MUST, "red", "key of red", false, false },
	{ "another key", MAY, MAY, "blue", "key of red", false, false },
	{ "another key, both must", MUST, MUST, "blue", "key of red", false, false },
	{ "the beginning of the name", MUST, MAY, "blu", "key of blue", false, false },
};

static struct story *with_client(size_t row)
{
	static const char *const lines[] = {
		[NONE] = "", [MAY] = "ppk = blue\n", [MUST] = "ppk = blue\nppk-required = yes\n"
	};
	struct initiator_setup setup;
	struct story *s;
	char text[2048];

	snprintf(text, sizeof(text), "[gateway]\noutside = eth0\n[ikev2-proposal p]\n%s%s",
		 STORY_REST("p"), lines[rows[row].gateway]);
	s = story_begin(text);
	snprintf(s->gw.ppk_id, sizeof(s->gw.ppk_id), "blue");
	snprintf(s->gw.ppk, sizeof(s->gw.ppk), "key of blue");
	gateway_client(&s->gw, &setup);
	if (rows[row].client != NONE) {
		snprintf(setup.ppk_id, sizeof(setup.ppk_id), "%s", rows[row].id);
		snprintf(setup.ppk, sizeof(setup.ppk), "%s", rows[row].ppk);
		setup.ppk_optional = rows[row].client == MAY;
	}
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	return s;
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct story *s = with_client(i);
		enum initiator_state got = gateway_login(&s->gw, s->in);

		if ((got == INITIATOR_UP) != rows[i].up || s->in->ppk_mixed != rows[i].used)
			print_message("%s\n", rows[i].what);
		assert_int_equal(got, rows[i].up ? INITIATOR_UP : INITIATOR_REFUSED);
		assert_int_equal(s->gw.begun, rows[i].up);
		if (!rows[i].up) {
			assert_int_equal(s->in->refusal, IKE_NOTIFY_AUTHENTICATION_FAILED);
			gateway_wait(&s->gw, IKE_LINGER_MS);
			story_empty(s);
			story_end(s);
			continue;
		}
		assert_int_equal(s->in->ppk_mixed, rows[i].used);
		/* SK_d is mixed too: the keys of ESP come from it. */
		assert_memory_equal(&s->gw.session[1].in, &s->in->key_out, sizeof(s->in->key_out));
		if (rows[i].used)
			assert_memory_not_equal(s->in->without_ppk.d, s->in->keys.d,
						s->in->keys.prf_len);
		story_end(s);
	}
}

/* aaa dies while it mixes, judges, or signs apart from that: the client's repetition is served
 * afresh, with the key mixed in once. */
static void test_aaa_dies(void **state)
{
	(void)state;
	for (unsigned steps = 0; steps < 3; steps++) {
		struct story *s = with_client(6);
		struct gateway_datagram d;

		s->gw.aaa_apart = steps == 2;
		assert_true(initiator_init(s->in) > 0);
		story_send(s);
		assert_true(gateway_take(&s->gw, &d));
		initiator_receive(s->in, d.bytes, d.len);
		assert_true(initiator_auth(s->in) > 0);
		gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
		for (unsigned i = 0; i < steps; i++)
			assert_true(gateway_step(&s->gw));
		for (size_t i = 0; i < s->gw.message_count; i++)
			free(s->gw.message[i].bytes);
		s->gw.message_count = 0;
		ike_aaa_lost(s->gw.core);
		story_send(s);
		assert_true(gateway_take(&s->gw, &d));
		initiator_receive(s->in, d.bytes, d.len);
		assert_int_equal(s->in->state, INITIATOR_UP);
		assert_true(s->in->ppk_mixed);
		assert_memory_equal(&s->gw.session[1].in, &s->in->key_out, sizeof(s->in->key_out));
		story_end(s);
	}
}

/* What is no PPK_IDENTITY of ours never gets to aaa, and one that USE_PPK did not announce is none.
 */
static void test_strange_identities(void **state)
{
	static const char longest[MSG_IDENTITY_MAX + 2] = "\2blue";
	static const struct {
		const char *what;
		bool announced, up;
		size_t len;
		const char *data;
	} ids[] = {
		{ "not announced", false, true, 5, "\2blue" },
		{ "PPK_ID_OPAQUE", true, false, 5, "\1blue" },
		{ "without a type", true, false, 0, "" },
		{ "longer than any", true, false, sizeof(longest), longest },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		struct story *s = with_client(1);
		struct initiator_notify *id = &s->in->setup.in_auth[0];

		if (ids[i].announced)
			s->in->setup.in_init[0].type = IKE_NOTIFY_USE_PPK;
		id->type = IKE_NOTIFY_PPK_IDENTITY;
		id->len = (uint16_t)ids[i].len;
		memcpy(id->data, ids[i].data, ids[i].len);
		gateway_login(&s->gw, s->in);
		if ((s->in->state == INITIATOR_UP) != ids[i].up)
			fail_msg("%s", ids[i].what);
		/* A PPK that is not ours is no matter of AUTH. */
		assert_int_equal(s->gw.verified, ids[i].up);
		assert_int_equal(s->gw.strange, 0);
		story_end(s);
	}
}

/* A verdict that comes while the PPK is being mixed judges nothing: AUTH was not looked at. */
static void test_verdict_too_early(void **state)
{
	struct story *s = with_client(6);
	struct msg_auth_verdict verdict = { .reason = MSG_AUTH_OK };
	struct gateway_datagram d;
	struct ikesa *sa;

	(void)state;
	assert_true(initiator_init(s->in) > 0);
	story_send(s);
	assert_true(gateway_take(&s->gw, &d));
	initiator_receive(s->in, d.bytes, d.len);
	assert_true(initiator_auth(s->in) > 0);
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	sa = ikesa_find(s->gw.core, s->in->spi_r);
	assert_non_null(sa);
	verdict.ike = sa->handle;
	assert_int_equal(ike_from_aaa(s->gw.core, MSG_AUTH_VERDICT, &verdict), -EPROTO);
	assert_int_equal(sa->state, IKE_STATE_VERIFYING);
	gateway_settle(&s->gw);
	assert_true(gateway_take(&s->gw, &d));
	initiator_receive(s->in, d.bytes, d.len);
	assert_int_equal(s->in->state, INITIATOR_UP);
	story_end(s);
}

/* USE_PPK is hidden on the way: the gateway believes that there is none, the client, which may do
 * without, too. AUTH covers what each of them sent. */
static void test_stripped(void **state)
{
	struct story *s = with_client(5);
	struct gateway_datagram d;
	bool found = false;

	(void)state;
	assert_true(initiator_init(s->in) > 0);
	for (size_t i = 3; i + 2 <= s->in->out_len; i++)
		if (s->in->out[i] == IKE_NOTIFY_USE_PPK >> 8 &&
		    s->in->out[i + 1] == (IKE_NOTIFY_USE_PPK & 0xff) && s->in->out[i - 3] == 8) {
			s->in->out[i] = 0xff;
			found = true;
		}
	assert_true(found);
	story_send(s);
	assert_true(gateway_take(&s->gw, &d));
	initiator_receive(s->in, d.bytes, d.len);
	assert_false(s->in->ppk_agreed);
	assert_true(initiator_auth(s->in) > 0);
	story_send(s);
	assert_true(gateway_take(&s->gw, &d));
	initiator_receive(s->in, d.bytes, d.len);
	assert_int_equal(s->in->state, INITIATOR_REFUSED);
	assert_int_equal(s->gw.begun, 0);
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_aaa_dies),
		cmocka_unit_test(test_strange_identities),
		cmocka_unit_test(test_verdict_too_early),
		cmocka_unit_test(test_stripped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
