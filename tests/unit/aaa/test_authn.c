// SPDX-License-Identifier: BSD-2-Clause
/* Which key a client must have used, and what the answer is. */
#include "setup.h"

#include "crypto/psk_auth.h"

enum { SHA256 = 5, SHA384 = 6, SHA512 = 7 };

static const uint8_t octets[] = "what the peer signs: message, nonce, and MACed identity";

struct row {
	const char *profile, *identity;
	uint8_t type;
	const char *key; /* that the client used */
	enum msg_auth_reason reason;
};

/* clang-format off */
static const struct row rows[] = {
	{ "staff", "alice.example.org", CONF_ID_FQDN, "key of alice", MSG_AUTH_OK },
	{ "staff", "ALICE.example.org", CONF_ID_FQDN, "key of alice", MSG_AUTH_OK },
	/* the closest identity has the only key: neither the domain's nor that of any opens */
	{ "staff", "alice.example.org", CONF_ID_FQDN, "key of domain", MSG_AUTH_WRONG },
	{ "staff", "alice.example.org", CONF_ID_FQDN, "key of any", MSG_AUTH_WRONG },
	{ "staff", "carol.example.org", CONF_ID_FQDN, "key of domain", MSG_AUTH_OK },
	{ "staff", "carol.example.org", CONF_ID_FQDN, "key of any", MSG_AUTH_WRONG },
	{ "staff", "xexample.org", CONF_ID_FQDN, "key of any", MSG_AUTH_OK },
	{ "staff", "alice.example.org", CONF_ID_EMAIL, "key of any", MSG_AUTH_OK },
	{ "staff", "alice.example.org", CONF_ID_KEY_ID, "key of alice", MSG_AUTH_WRONG },
	{ "staff", "\xc6\x33\x64\x07", CONF_ID_IPV4, "key of net", MSG_AUTH_OK },
	{ "staff", "\xc6\x33\x65\x07", CONF_ID_IPV4, "key of net", MSG_AUTH_WRONG },
	{ "staff", "\xc6\x33\x65\x07", CONF_ID_IPV4, "key of any", MSG_AUTH_OK },
	{ "staff", "alice.example.org", CONF_ID_FQDN, "key of alic", MSG_AUTH_WRONG },
	{ "staff", "alice.example.org", CONF_ID_FQDN, "", MSG_AUTH_WRONG },
	/* written in hex */
	{ "bob", "laptop.bob.example.org", CONF_ID_FQDN, "key of bob", MSG_AUTH_OK },
	/* keys of another keyring do not count */
	{ "bob", "phone.bob.example.org", CONF_ID_FQDN, "key of any", MSG_AUTH_NO_KEY },
	{ "bob", "phone.bob.example.org", CONF_ID_FQDN, "key of bob", MSG_AUTH_NO_KEY },
	/* a key for each side, in the profile itself */
	{ "twice", "a.twice.example.org", CONF_ID_FQDN, "theirs", MSG_AUTH_OK },
	{ "twice", "a.twice.example.org", CONF_ID_FQDN, "ours", MSG_AUTH_WRONG },
	{ "twice", "a.example.org", CONF_ID_FQDN, "theirs", MSG_AUTH_NO_KEY },
	{ "", "alice.example.org", CONF_ID_FQDN, "key of alice", MSG_AUTH_NO_PROFILE },
	{ "nobody", "alice.example.org", CONF_ID_FQDN, "key of alice", MSG_AUTH_NO_PROFILE },
};
/* clang-format on */

static void make_ask(const struct row *row, uint16_t prf, struct msg_auth_verify *ask,
		     uint8_t auth[PSK_AUTH_MAX])
{
	size_t len;

	memset(ask, 0, sizeof(*ask));
	snprintf(ask->profile, sizeof(ask->profile), "%s", row->profile);
	set_identity(&ask->remote, row->type, row->identity, strlen(row->identity));
	ask->method = 2;
	ask->prf = prf;
	ask->octets_len = sizeof(octets);
	assert_true(psk_auth(prf, row->key, strlen(row->key), octets, sizeof(octets), auth, &len));
	ask->auth_len = (uint32_t)len;
}

static void test_rows(void **state)
{
	struct setup s;

	(void)state;
	setup_open(&s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (uint16_t prf = SHA256; prf <= SHA512; prf++) {
			struct msg_auth_verify ask;
			uint8_t auth[PSK_AUTH_MAX];
			enum msg_auth_reason reason;

			make_ask(&rows[i], prf, &ask, auth);
			reason = aaa_verify(s.conf, s.secrets, &ask, octets, auth);
			if (reason != rows[i].reason)
				fail_msg("%s with '%s', prf %u: %s", rows[i].identity, rows[i].key,
					 prf, aaa_reason_text(reason));
		}
	}
	setup_close(&s);
}

/* Every bit of AUTH and every octet counts. */
static void test_changed(void **state)
{
	uint8_t auth[PSK_AUTH_MAX + 8] = { 0 }, other[sizeof(octets)];
	struct msg_auth_verify ask;
	struct setup s;
	uint32_t len;

	(void)state;
	setup_open(&s);
	make_ask(&rows[0], SHA512, &ask, auth);
	len = ask.auth_len;
	for (size_t bit = 0; bit < len * 8; bit++) {
		auth[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(aaa_verify(s.conf, s.secrets, &ask, octets, auth), MSG_AUTH_WRONG);
		auth[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t i = 0; i < sizeof(octets); i++) {
		memcpy(other, octets, sizeof(octets));
		other[i] ^= 0x80;
		assert_int_equal(aaa_verify(s.conf, s.secrets, &ask, other, auth), MSG_AUTH_WRONG);
	}
	for (ask.auth_len = 0; ask.auth_len < len + 8; ask.auth_len++)
		assert_int_equal(aaa_verify(s.conf, s.secrets, &ask, octets, auth),
				 ask.auth_len == len ? MSG_AUTH_OK : MSG_AUTH_WRONG);
	setup_close(&s);
}

static void test_method_and_prf(void **state)
{
	uint8_t auth[PSK_AUTH_MAX];
	struct msg_auth_verify ask;
	struct setup s;

	(void)state;
	setup_open(&s);
	make_ask(&rows[0], SHA256, &ask, auth);
	for (unsigned method = 0; method < 256; method++) {
		ask.method = (uint8_t)method;
		assert_int_equal(aaa_verify(s.conf, s.secrets, &ask, octets, auth),
				 method == 2 ? MSG_AUTH_OK : MSG_AUTH_METHOD);
	}
	ask.method = 2;
	for (uint16_t prf = 0; prf < 16; prf++) {
		ask.prf = prf;
		assert_int_equal(aaa_verify(s.conf, s.secrets, &ask, octets, auth),
				 prf == SHA256 ? MSG_AUTH_OK : MSG_AUTH_WRONG);
	}
	setup_close(&s);
}

/* A second round only where the profile has one. */
static void test_second_round(void **state)
{
	uint8_t auth[PSK_AUTH_MAX];
	struct msg_auth_verify ask;
	struct setup s;

	(void)state;
	setup_open(&s);
	make_ask(&rows[0], SHA256, &ask, auth);
	ask.round = 1;
	assert_int_equal(aaa_verify(s.conf, s.secrets, &ask, octets, auth), MSG_AUTH_METHOD);
	make_ask(&(struct row){ "twice", "a.twice.example.org", CONF_ID_FQDN, "theirs", 0 }, SHA256,
		 &ask, auth);
	ask.round = 1;
	assert_int_equal(aaa_verify(s.conf, s.secrets, &ask, octets, auth), MSG_AUTH_OK);
	setup_close(&s);
}

static void test_sign(void **state)
{
	uint8_t right[PSK_AUTH_MAX];
	struct msg_auth_sign ask = { .ike = 7, .prf = SHA384, .octets_len = sizeof(octets) };
	struct msg_auth_signed out;
	struct setup s;
	size_t len;

	(void)state;
	setup_open(&s);
	snprintf(ask.profile, sizeof(ask.profile), "staff");
	set_identity(&ask.remote, CONF_ID_FQDN, "alice.example.org", 17);
	aaa_sign(s.conf, s.secrets, &ask, octets, &out);
	assert_true(psk_auth(SHA384, "key of alice", 12, octets, sizeof(octets), right, &len));
	assert_int_equal(out.ok, 1);
	assert_int_equal(out.ike, 7);
	assert_int_equal(out.method, 2);
	assert_int_equal(out.len, len);
	assert_memory_equal(out.auth, right, len);

	/* Our own key of two. */
	snprintf(ask.profile, sizeof(ask.profile), "twice");
	set_identity(&ask.remote, CONF_ID_FQDN, "a.twice.example.org", 19);
	assert_true(psk_auth(SHA384, "ours", 4, octets, sizeof(octets), right, &len));
	aaa_sign(s.conf, s.secrets, &ask, octets, &out);
	assert_int_equal(out.ok, 1);
	assert_memory_equal(out.auth, right, len);
	snprintf(ask.profile, sizeof(ask.profile), "staff");
	set_identity(&ask.remote, CONF_ID_FQDN, "alice.example.org", 17);

	ask.prf = 1; /* PRF_HMAC_MD5 is none of ours */
	aaa_sign(s.conf, s.secrets, &ask, octets, &out);
	assert_int_equal(out.ok, 0);
	assert_int_equal(out.len, 0);
	ask.prf = SHA384;
	snprintf(ask.profile, sizeof(ask.profile), "bob");
	aaa_sign(s.conf, s.secrets, &ask, octets, &out);
	assert_int_equal(out.ok, 0);
	snprintf(ask.profile, sizeof(ask.profile), "unknown");
	aaa_sign(s.conf, s.secrets, &ask, octets, &out);
	assert_int_equal(out.ok, 0);
	assert_int_equal(out.ike, 7);
	setup_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),           cmocka_unit_test(test_changed),
		cmocka_unit_test(test_method_and_prf), cmocka_unit_test(test_second_round),
		cmocka_unit_test(test_sign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
