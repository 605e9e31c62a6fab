// SPDX-License-Identifier: BSD-2-Clause
/*
 * Several logins of one identity: what INITIAL_CONTACT, uniqueness and session-limit make of them.
 */
#include "exchange/exchange.h"

#define UNIQUE_CONF(lines)                                                                         \
	"[gateway]\noutside = eth0\n[pool p4]\nprefix = 10.10.0.0/24\n"                            \
	"[ikev2-authorization-policy all]\npool = p4\n[virtual-template 1]\n"                      \
	"[ikev2-keyring ring]\npsk = k\n[ikev2-profile all]\n" lines                               \
	"match-identity-remote = fqdn domain example.org\n"                                        \
	"match-identity-remote = email domain example.org\n"                                       \
	"identity-local = fqdn gateway.example.org\nauthentication-local = pre-share\n"            \
	"authentication-remote = pre-share\nkeyring-local = ring\n"                                \
	"aaa-authorization-group = all\nvirtual-template = 1\n"

enum { LOGINS = 4 };

/* `count` logins of one identity one after the other, `contact` says which of them send
 * INITIAL_CONTACT; what has become of each: U up, R refused, E ended in silence, D told to end. */
static const struct {
	const char *lines, *contact, *after;
} policies[] = {
	/* default: INITIAL_CONTACT ends the earlier ones, otherwise there may be any number */
	{ "", "....", "UUUU" },
	{ "", "...x", "EEEU" },
	{ "", "x.x.", "EEUU" },
	{ "uniqueness = replace\nsession-limit = 1\n", "....", "DDDU" },
	{ "uniqueness = replace\nsession-limit = 1\n", "x.xx", "DEEU" },
	{ "uniqueness = replace\nsession-limit = 2\n", "....", "DDUU" },
	{ "uniqueness = replace\nsession-limit = 2\n", "..x.", "EEUU" },
	{ "uniqueness = keep\n", "xxxx", "UUUU" },
	{ "uniqueness = keep\nsession-limit = 2\n", "xxxx", "UURR" },
	{ "uniqueness = reject\nsession-limit = 1\n", "....", "URRR" },
	{ "uniqueness = reject\nsession-limit = 1\n", "..x.", "ERUR" },
	{ "uniqueness = reject\nsession-limit = 3\n", "....", "UUUR" },
};

static struct initiator *login(struct story *s, const char *identity, uint8_t type, unsigned at,
			       unsigned knobs)
{
	struct initiator_setup setup;
	struct initiator *in;

	gateway_client(&s->gw, &setup);
	setup.local.ip = ip_from4(htonl(0xc6336400 + at));
	setup.id_type = type;
	snprintf(setup.identity, sizeof(setup.identity), "%s", identity);
	snprintf(setup.psk, sizeof(setup.psk), "key of a");
	setup.knobs = knobs;
	assert_int_equal(initiator_new(&setup, &in), 0);
	gateway_login(&s->gw, in);
	return in;
}

/* The gateway's DELETEs reach whom they are meant for. */
static void pass_on(struct story *s, struct initiator **in, size_t count)
{
	struct gateway_datagram d;

	while (gateway_take(&s->gw, &d))
		for (size_t i = 0; i < count; i++) {
			if (initiator_receive(in[i], d.bytes, d.len) != INITIATOR_ANSWER)
				continue;
			gateway_receive(&s->gw, in[i]->out, in[i]->out_len, &in[i]->peer,
					&in[i]->local);
			break;
		}
	gateway_settle(&s->gw);
}

static char fate(const struct story *s, const struct initiator *in)
{
	const struct ikesa *sa = ikesa_find(s->gw.core, in->spi_r);

	if (in->state == INITIATOR_REFUSED)
		return in->refusal == IKE_NOTIFY_AUTHENTICATION_FAILED ? 'R' : '?';
	if (in->state == INITIATOR_CLOSED)
		return sa ? '?' : 'D';
	return sa && sa->state == IKE_STATE_ESTABLISHED ? 'U' : sa ? '?' : 'E';
}

static void test_policies(void **state)
{
	(void)state;
	for (size_t p = 0; p < COUNT(policies); p++) {
		char conf[2048], after[LOGINS + 1] = "";
		struct initiator *in[LOGINS];
		struct story *s;
		uint32_t up = 0;

		snprintf(conf, sizeof(conf), UNIQUE_CONF("%s"), policies[p].lines);
		s = story_begin(conf);
		for (unsigned i = 0; i < LOGINS; i++) {
			in[i] = login(s, "a.example.org", CONF_ID_FQDN, i + 1,
				      policies[p].contact[i] == 'x' ? INITIATOR_INITIAL_CONTACT
								    : 0);
			/* The next is younger; and a DELETE that met the login is sent again. */
			gateway_wait(&s->gw, IKE_REQUEST_FIRST_MS);
			pass_on(s, in, i + 1);
		}
		for (unsigned i = 0; i < LOGINS; i++) {
			after[i] = fate(s, in[i]);
			up += after[i] == 'U';
			initiator_free(in[i]);
		}
		if (strcmp(after, policies[p].after))
			fail_msg("%s%s: %s, expected %s", policies[p].lines, policies[p].contact,
				 after, policies[p].after);
		assert_int_equal(gateway_sessions(&s->gw), up);
		assert_int_equal(s->gw.core->by_identity.count, up);
		story_end(s);
	}
}

/* The login that came first is the oldest, also when its IKE SA was rekeyed since. */
static void test_oldest_after_rekey(void **state)
{
	struct story *s = story_begin(UNIQUE_CONF("uniqueness = replace\nsession-limit = 2\n"));
	struct initiator *in[3];

	(void)state;
	for (unsigned i = 0; i < COUNT(in); i++) {
		if (i == 2)
			ikesa_find(s->gw.core, in[0]->spi_r)->made_ms = s->gw.now_ms;
		in[i] = login(s, "a.example.org", CONF_ID_FQDN, i + 1, 0);
		gateway_wait(&s->gw, IKE_REQUEST_FIRST_MS);
		pass_on(s, in, i + 1);
	}
	assert_int_equal(fate(s, in[0]), 'D');
	assert_int_equal(fate(s, in[1]), 'U');
	assert_int_equal(fate(s, in[2]), 'U');
	for (unsigned i = 0; i < COUNT(in); i++)
		initiator_free(in[i]);
	story_end(s);
}

/* Are these two the same client? */
static const struct {
	uint8_t type_a;
	const char *a;
	uint8_t type_b;
	const char *b;
	bool same;
} pairs[] = {
	{ CONF_ID_FQDN, "a.example.org", CONF_ID_FQDN, "a.example.org", true },
	{ CONF_ID_FQDN, "a.example.org", CONF_ID_FQDN, "A.Example.ORG", true },
	{ CONF_ID_FQDN, "a.example.org", CONF_ID_FQDN, "b.example.org", false },
	{ CONF_ID_EMAIL, "a@example.org", CONF_ID_EMAIL, "a@EXAMPLE.org", true },
	{ CONF_ID_EMAIL, "a@example.org", CONF_ID_EMAIL, "A@example.org", false },
	{ CONF_ID_EMAIL, "a@example.org", CONF_ID_FQDN, "a.example.org", false },
};

static void test_same_identity(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct story *s = story_begin(UNIQUE_CONF("session-limit = 1\n"));
		struct initiator *in[2];

		gateway_add_key(&s->gw, pairs[i].a, "key of a");
		gateway_add_key(&s->gw, pairs[i].b, "key of a");
		in[0] = login(s, pairs[i].a, pairs[i].type_a, 1, 0);
		in[1] = login(s, pairs[i].b, pairs[i].type_b, 2, 0);
		assert_int_equal(in[1]->state, INITIATOR_UP);
		assert_int_equal(gateway_sessions(&s->gw), pairs[i].same ? 1 : 2);
		initiator_free(in[0]);
		initiator_free(in[1]);
		story_end(s);
	}
}

/* Two logins at once: the second is over the limit although the first is not finished. */
static void test_at_once(void **state)
{
	struct story *s = story_begin(UNIQUE_CONF("uniqueness = reject\nsession-limit = 1\n"));
	struct initiator *in[2];
	struct gateway_datagram d;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct initiator_setup setup;

		gateway_client(&s->gw, &setup);
		setup.local.ip = ip_from4(htonl(0xc6336401 + i));
		assert_int_equal(initiator_new(&setup, &in[i]), 0);
		assert_true(initiator_init(in[i]) > 0);
		gateway_receive(&s->gw, in[i]->out, in[i]->out_len, &in[i]->peer, &in[i]->local);
		assert_true(gateway_take(&s->gw, &d));
		assert_int_equal(initiator_receive(in[i], d.bytes, d.len), INITIATOR_STEP);
		assert_true(initiator_auth(in[i]) > 0);
		gateway_receive(&s->gw, in[i]->out, in[i]->out_len, &in[i]->peer, &in[i]->local);
	}
	gateway_settle(&s->gw);
	pass_on(s, in, 2);
	assert_int_equal(in[0]->state, INITIATOR_UP);
	assert_int_equal(in[1]->state, INITIATOR_REFUSED);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	assert_int_equal(s->gw.core->stats.auth_failed, 1);
	initiator_free(in[0]);
	initiator_free(in[1]);
	story_end(s);
}

/* A login that got no session takes no place. */
static void test_childless_is_none(void **state)
{
	struct story *s = story_begin(UNIQUE_CONF("uniqueness = reject\nsession-limit = 1\n"));
	struct initiator *in[2];

	(void)state;
	s->gw.refuse_begin = FG_CAUSE_no_address;
	in[0] = login(s, "a.example.org", CONF_ID_FQDN, 1, 0);
	assert_int_equal(in[0]->state, INITIATOR_CHILDLESS);
	s->gw.refuse_begin = 0;
	in[1] = login(s, "a.example.org", CONF_ID_FQDN, 2, 0);
	assert_int_equal(in[1]->state, INITIATOR_UP);
	initiator_free(in[0]);
	initiator_free(in[1]);
	story_end(s);
}

/* The name alone ends nobody's session: INITIAL_CONTACT of who does not prove it is not heard. */
static void test_unproven(void **state)
{
	struct story *s = story_begin(UNIQUE_CONF("session-limit = 1\n"));
	struct initiator *in[2];

	(void)state;
	in[0] = login(s, "a.example.org", CONF_ID_FQDN, 1, 0);
	in[1] = login(s, "a.example.org", CONF_ID_FQDN, 2,
		      INITIATOR_BAD_AUTH | INITIATOR_INITIAL_CONTACT);
	assert_int_equal(in[1]->state, INITIATOR_REFUSED);
	assert_int_equal(fate(s, in[0]), 'U');
	initiator_free(in[0]);
	initiator_free(in[1]);
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies),          cmocka_unit_test(test_oldest_after_rekey),
		cmocka_unit_test(test_same_identity),     cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_childless_is_none), cmocka_unit_test(test_unproven),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
