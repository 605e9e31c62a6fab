// SPDX-License-Identifier: BSD-2-Clause
/*
 * A known and an unknown identity cost the same work. psk_auth() stands here instead of the
 * library's own, and counts.
 */
#include "setup.h"

#include "crypto/psk_auth.h"

static unsigned computed;
static size_t octets_seen, key_len_seen;
static uint8_t key_seen[64];

bool psk_auth(uint16_t prf, const void *secret, size_t secret_len, const void *octets,
	      size_t octets_len, uint8_t auth[PSK_AUTH_MAX], size_t *len)
{
	(void)prf;
	(void)octets;
	computed++;
	octets_seen = octets_len;
	key_len_seen = secret_len;
	memset(key_seen, 0, sizeof(key_seen));
	memcpy(key_seen, secret, secret_len < sizeof(key_seen) ? secret_len : sizeof(key_seen));
	memset(auth, 0x5a, PSK_AUTH_MAX);
	*len = 32;
	return true;
}

static enum msg_auth_reason ask_for(const struct setup *s, const char *profile, const char *name,
				    const uint8_t auth[32])
{
	static const uint8_t octets[300];
	struct msg_auth_verify ask = { .method = 2, .prf = 5, .octets_len = 300, .auth_len = 32 };

	snprintf(ask.profile, sizeof(ask.profile), "%s", profile);
	set_identity(&ask.remote, CONF_ID_FQDN, name, strlen(name));
	computed = 0;
	return aaa_verify(s->conf, s->secrets, &ask, octets, auth);
}

static void test_one_computation_each(void **state)
{
	static const struct {
		const char *profile, *name;
		enum msg_auth_reason reason;
	} cases[] = {
		{ "staff", "alice.example.org", MSG_AUTH_WRONG },
		{ "bob", "phone.bob.example.org", MSG_AUTH_NO_KEY },
		{ "", "alice.example.org", MSG_AUTH_NO_PROFILE },
		{ "missing", "who.example.net", MSG_AUTH_NO_PROFILE },
	};
	static const uint8_t wrong[32];
	struct setup s;

	(void)state;
	setup_open(&s);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ask_for(&s, cases[i].profile, cases[i].name, wrong),
				 cases[i].reason);
		assert_int_equal(computed, 1);
		assert_int_equal(octets_seen, 300);
		assert_true(key_len_seen > 0);
	}
	setup_close(&s);
}

/* The stand-in key is another one each time, and even an AUTH that fits it opens nothing. */
static void test_dummy_key(void **state)
{
	uint8_t right[32], first[64];
	struct setup s;

	(void)state;
	setup_open(&s);
	memset(right, 0x5a, sizeof(right));
	assert_int_equal(ask_for(&s, "staff", "alice.example.org", right), MSG_AUTH_OK);
	assert_int_equal(ask_for(&s, "bob", "phone.bob.example.org", right), MSG_AUTH_NO_KEY);
	memcpy(first, key_seen, sizeof(first));
	assert_int_equal(ask_for(&s, "", "alice.example.org", right), MSG_AUTH_NO_PROFILE);
	assert_memory_not_equal(first, key_seen, 32);
	assert_memory_not_equal(key_seen, "key of alice", 12);
	setup_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_computation_each),
		cmocka_unit_test(test_dummy_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
