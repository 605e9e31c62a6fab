// SPDX-License-Identifier: BSD-2-Clause
/*
 * RFC 5685: who is sent to another gateway, when, and who never is.
 */
#include "exchange/exchange.h"

#define REDIRECT_CONF(gateway, profile)                                                            \
	"[gateway]\noutside = eth0\n" gateway "[pool p4]\nprefix = 10.10.0.0/24\n"                 \
	"[ikev2-authorization-policy all]\npool = p4\n[virtual-template 1]\n"                      \
	"[ikev2-keyring ring]\npsk = k\n[ikev2-profile all]\n" profile                             \
	"match-identity-remote = fqdn domain example.org\n"                                        \
	"identity-local = fqdn gateway.example.org\nauthentication-local = pre-share\n"            \
	"authentication-remote = pre-share\nkeyring-local = ring\n"                                \
	"aaa-authorization-group = all\nvirtual-template = 1\n"

#define SUPPORTED                                                                                  \
	{                                                                                          \
		.type = IKE_NOTIFY_REDIRECT_SUPPORTED                                              \
	}
#define REDIRECTED                                                                                 \
	{                                                                                          \
		.type = IKE_NOTIFY_REDIRECTED_FROM, .len = 6, .data = { 1, 4, 192, 0, 2, 77 }      \
	}

enum outcome { SERVED, SENT_AT_INIT, SENT_AT_AUTH };

/* clang-format off */
static const struct {
	const char *conf;
	struct initiator_notify says[2];
	enum outcome outcome;
	uint8_t to[24]; /* type, length, identity */
} rows[] = {
	{ REDIRECT_CONF("", ""), { SUPPORTED }, SERVED, { 0 } },
	{ REDIRECT_CONF("redirect = init address 203.0.113.9\n", ""), { SUPPORTED }, SENT_AT_INIT,
	  { 1, 4, 203, 0, 113, 9 } },
	{ REDIRECT_CONF("redirect = init address 2001:db8::9\n", ""), { SUPPORTED }, SENT_AT_INIT,
	  { 2, 16, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9 } },
	{ REDIRECT_CONF("redirect = init fqdn gw2.example\n", ""), { SUPPORTED }, SENT_AT_INIT,
	  { 3, 11, 'g', 'w', '2', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e' } },
	/* It would not understand, or was sent here, or is there already. */
	{ REDIRECT_CONF("redirect = init fqdn gw2.example\n", ""), { { 0 } }, SERVED, { 0 } },
	{ REDIRECT_CONF("redirect = init fqdn gw2.example\n", ""), { REDIRECTED }, SERVED, { 0 } },
	{ REDIRECT_CONF("redirect = init fqdn gw2.example\n", ""), { SUPPORTED, REDIRECTED }, SERVED,
	  { 0 } },
	{ REDIRECT_CONF("redirect = init address 192.0.2.1\n", ""), { SUPPORTED }, SERVED, { 0 } },
	{ REDIRECT_CONF("redirect = auth fqdn gw2.example\n", ""), { SUPPORTED }, SENT_AT_AUTH,
	  { 3, 11, 'g', 'w', '2', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e' } },
	{ REDIRECT_CONF("", "redirect = auth address 203.0.113.9\n"), { SUPPORTED }, SENT_AT_AUTH,
	  { 1, 4, 203, 0, 113, 9 } },
	{ REDIRECT_CONF("redirect = auth fqdn gw2.example\n", "redirect = off\n"), { SUPPORTED },
	  SERVED, { 0 } },
	{ REDIRECT_CONF("redirect = auth fqdn gw2.example\n", ""), { { 0 } }, SERVED, { 0 } },
	{ REDIRECT_CONF("redirect = auth fqdn gw2.example\n", ""), { REDIRECTED }, SERVED, { 0 } },
	{ REDIRECT_CONF("redirect = auth address 192.0.2.1\n", ""), { SUPPORTED }, SERVED, { 0 } },
};
/* clang-format on */

static struct story *client(const char *conf, const struct initiator_notify says[2])
{
	struct story *s = story_begin(conf);
	struct initiator_setup setup;

	gateway_client(&s->gw, &setup);
	ip_parse("192.0.2.1", &setup.peer.ip);
	memcpy(setup.in_init, says, 2 * sizeof(says[0]));
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	return s;
}

static void at_init(struct story *s, const uint8_t *to)
{
	const struct ike_notify *notify;
	size_t len = 2u + to[1];

	assert_true(initiator_init(s->in) > 0);
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	assert_int_equal(s->gw.out_count, 1);
	assert_true(s->gw.out[0].len <= s->in->out_len);
	initiator_receive(s->in, s->gw.out[0].bytes, s->gw.out[0].len);
	notify = ike_find_notify(&s->in->answer, IKE_NOTIFY_REDIRECT);
	assert_non_null(notify);
	assert_int_equal(notify->data.len, len + s->in->ni_len);
	assert_memory_equal(notify->data.p, to, len);
	assert_memory_equal(notify->data.p + len, s->in->ni, s->in->ni_len);
	/* Nothing is kept for it, and asked again it hears the same. */
	story_empty(s);
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	assert_int_equal(s->gw.out_count, 2);
	assert_memory_equal(s->gw.out[1].bytes, s->gw.out[0].bytes, s->gw.out[0].len);
	assert_int_equal(s->gw.core->stats.redirects, 2);
}

static void at_auth(struct story *s, const uint8_t *to)
{
	const struct ike_notify *notify;

	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_CHILDLESS);
	notify = ike_find_notify(&s->in->answer, IKE_NOTIFY_REDIRECT);
	assert_non_null(notify);
	assert_int_equal(notify->data.len, 2u + to[1]);
	assert_memory_equal(notify->data.p, to, notify->data.len);
	assert_int_equal(ike_count(&s->in->answer, IKE_PAYLOAD_SA), 0);
	/* No session was begun; the client says goodbye. */
	assert_int_equal(s->gw.begun, 0);
	assert_int_equal(s->gw.core->stats.redirects, 1);
	assert_true(initiator_delete(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct story *s = client(rows[i].conf, rows[i].says);

		if (rows[i].outcome == SENT_AT_INIT) {
			at_init(s, rows[i].to);
		} else if (rows[i].outcome == SENT_AT_AUTH) {
			at_auth(s, rows[i].to);
		} else {
			assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
			assert_int_equal(s->gw.core->stats.redirects, 0);
		}
		story_end(s);
	}
}

/* A client that is sent away and stays is closed. */
static void test_stays(void **state)
{
	static const struct initiator_notify says[2] = { SUPPORTED };
	struct story *s = client(REDIRECT_CONF("redirect = auth fqdn gw2.example\n", ""), says);
	struct gateway_datagram d;

	(void)state;
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_CHILDLESS);
	gateway_wait(&s->gw, IKE_CHILDLESS_MS);
	assert_true(gateway_take(&s->gw, &d));
	assert_int_equal(initiator_receive(s->in, d.bytes, d.len), INITIATOR_ANSWER);
	assert_int_equal(s->in->state, INITIATOR_CLOSED);
	gateway_talk(&s->gw, s->in);
	story_empty(s);
	story_end(s);
}

/* Who does not prove its name is refused, not sent on. */
static void test_unproven(void **state)
{
	static const struct initiator_notify says[2] = { SUPPORTED };
	struct story *s = client(REDIRECT_CONF("redirect = auth fqdn gw2.example\n", ""), says);

	(void)state;
	s->in->setup.knobs = INITIATOR_BAD_AUTH;
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_REFUSED);
	assert_int_equal(s->in->refusal, IKE_NOTIFY_AUTHENTICATION_FAILED);
	assert_int_equal(s->gw.core->stats.redirects, 0);
	story_end(s);
}

/* Malformed in clear text: dropped and counted. */
static const struct initiator_notify malformed[] = {
	{ .type = IKE_NOTIFY_REDIRECTED_FROM, .len = 0 },
	{ .type = IKE_NOTIFY_REDIRECTED_FROM, .len = 1, .data = { 1 } },
	{ .type = IKE_NOTIFY_REDIRECTED_FROM, .len = 5, .data = { 1, 3, 1, 2, 3 } },
	{ .type = IKE_NOTIFY_REDIRECTED_FROM, .len = 5, .data = { 1, 4, 1, 2, 3 } },
	{ .type = IKE_NOTIFY_REDIRECTED_FROM, .len = 7, .data = { 1, 4, 1, 2, 3, 4, 5 } },
	{ .type = IKE_NOTIFY_REDIRECTED_FROM, .len = 6, .data = { 2, 4, 1, 2, 3, 4 } },
	{ .type = IKE_NOTIFY_REDIRECTED_FROM, .len = 2, .data = { 3, 0 } },
	{ .type = IKE_NOTIFY_REDIRECTED_FROM, .len = 6, .data = { 4, 4, 1, 2, 3, 4 } },
	{ .type = IKE_NOTIFY_REDIRECT, .len = 6, .data = { 0, 4, 1, 2, 3, 4 } },
};

static void test_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(malformed); i++) {
		const struct initiator_notify says[2] = { malformed[i] };
		struct story *s = client(REDIRECT_CONF("", ""), says);

		assert_true(initiator_init(s->in) > 0);
		gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
		assert_int_equal(s->gw.out_count, 0);
		assert_int_equal(s->gw.core->stats.drop[IKE_DROP_bad_payload], 1);
		story_empty(s);
		story_end(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_stays),
		cmocka_unit_test(test_unproven),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
