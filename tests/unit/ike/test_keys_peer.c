// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two logins between two strongSwan, replayed: we read every message, derive every key and compare
 * with what they computed. The exchange as the responder sees it.
 */
#include "bytes.h"
#include "crypto/psk_auth.h"
#include "ike/keys.h"
#include "ike/ts.h"
#include "login_vectors.h"

struct replay {
	struct bytes init_request, init_response, auth_request, auth_response;
	struct ike_message init_i, init_r, auth_i, auth_r;
	struct ike_suite suite;
	struct ike_keys keys;
};

static void same(const char *want, const uint8_t *got, size_t len)
{
	struct bytes b = hex(want);

	assert_int_equal(b.len, len);
	assert_memory_equal(b.p, got, len);
}

/* Opens in place with the key of the side that sent it and reads the inner payloads. */
static void open_auth(const struct ike_keys *keys, bool from_initiator, struct bytes *datagram,
		      struct ike_message *m)
{
	struct crypto_sk *sk = ike_keys_sk(keys, from_initiator);
	const uint8_t *plain;
	size_t len;

	assert_non_null(sk);
	assert_int_equal(ike_parse_clear(datagram->p, datagram->len, m), IKE_DROP_NONE);
	assert_int_equal(m->header.exchange, IKE_EXCHANGE_IKE_AUTH);
	assert_int_equal(ike_open(sk, datagram->p, m, &plain, &len), IKE_DROP_NONE);
	assert_int_equal(ike_parse_inner(m->sk_first, plain, len, m), IKE_DROP_NONE);
	crypto_sk_free(sk);
}

static void replay_login(const struct login *login, struct replay *r)
{
	struct bytes shared = hex(login->shared);

	r->init_request = hex(login->init_request);
	r->init_response = hex(login->init_response);
	r->auth_request = hex(login->auth_request);
	r->auth_response = hex(login->auth_response);
	assert_int_equal(ike_parse_clear(r->init_request.p, r->init_request.len, &r->init_i),
			 IKE_DROP_NONE);
	assert_int_equal(ike_parse_clear(r->init_response.p, r->init_response.len, &r->init_r),
			 IKE_DROP_NONE);
	assert_true(ike_chosen(&r->init_r.sa, &r->suite));
	assert_true(ike_keys_derive(&r->suite, r->init_i.nonce, r->init_r.nonce,
				    (struct ike_bytes){ shared.p, shared.len },
				    r->init_r.header.spi_i, r->init_r.header.spi_r, &r->keys));
	open_auth(&r->keys, true, &r->auth_request, &r->auth_i);
	open_auth(&r->keys, false, &r->auth_response, &r->auth_r);
}

static void check_keys(const struct login *login, const struct replay *r)
{
	const struct ike_keys *k = &r->keys;
	char text[IKE_SUITE_TEXT_MAX];

	assert_string_equal(ike_suite_text(&r->suite, text), login->ike_suite);
	same(login->sk_d, k->d, k->prf_len);
	same(login->sk_ai, k->a_i, k->integ_len);
	same(login->sk_ar, k->a_r, k->integ_len);
	same(login->sk_ei, k->e_i, k->encr_len);
	same(login->sk_er, k->e_r, k->encr_len);
	same(login->sk_pi, k->p_i, k->prf_len);
	same(login->sk_pr, k->p_r, k->prf_len);
}

static void check_auth(const struct replay *r, bool initiator, const char *want)
{
	const struct bytes *init = initiator ? &r->init_request : &r->init_response;
	const struct ike_message *m = initiator ? &r->auth_i : &r->auth_r;
	uint8_t octets[2048], auth[PSK_AUTH_MAX];
	struct wr wr = wr_of(octets, sizeof(octets));
	size_t len;

	assert_true(ike_auth_octets(&wr, &r->keys, initiator,
				    (struct ike_bytes){ init->p, init->len },
				    initiator ? r->init_r.nonce : r->init_i.nonce,
				    initiator ? m->id_i.body : m->id_r.body));
	assert_true(
		psk_auth(r->suite.prf, LOGIN_PSK, strlen(LOGIN_PSK), octets, wr.len, auth, &len));
	same(want, auth, len);
	assert_int_equal(m->auth.method, IKE_AUTH_METHOD_SHARED_KEY);
	assert_int_equal(m->auth.data.len, len);
	assert_memory_equal(m->auth.data.p, auth, len);
}

static void check_child(const struct login *login, const struct replay *r)
{
	const uint16_t suites[] = { login->esp_suite };
	const struct ike_ingredients from = { .ni = r->init_i.nonce, .nr = r->init_r.nonce };
	struct ike_esp_choice choice;
	struct msg_esp_key key[2];

	assert_true(ike_esp_choose(&r->auth_r.sa, suites, 1, &choice));
	assert_true(ike_esp_choose(&r->auth_i.sa, suites, 1, &choice));
	assert_true(ike_child_keys(&r->keys, &from, choice.suite, &key[0], &key[1]));
	for (int i = 0; i < 2; i++) {
		struct bytes got = { .len = 0 };

		add_bytes(&got, key[i].key, fg_esp_key_len(choice.suite));
		add_bytes(&got, key[i].salt, fg_esp_salt_len(choice.suite));
		add_bytes(&got, key[i].auth_key, fg_esp_auth_key_len(choice.suite));
		same(i ? login->esp_r : login->esp_i, got.p, got.len);
	}
}

static void check_inner(const struct replay *r)
{
	char text[128];

	assert_memory_equal(r->auth_i.id_i.data.p, "alice@example.org", 17);
	assert_memory_equal(r->auth_i.id_r.data.p, "gw.example.org", 14);
	assert_int_equal(r->auth_i.cp.type, IKE_CFG_REQUEST);
	assert_non_null(ike_find_attr(&r->auth_i, IKE_ATTR_INTERNAL_IP4_ADDRESS));
	assert_non_null(ike_find_notify(&r->auth_i, IKE_NOTIFY_INITIAL_CONTACT));
	assert_int_equal(r->auth_r.cp.type, IKE_CFG_REPLY);
	assert_memory_equal(ike_find_attr(&r->auth_r, IKE_ATTR_INTERNAL_IP4_ADDRESS)->value.p,
			    "\x0a\x0a\0\1", 4);
	assert_memory_equal(ike_find_attr(&r->auth_r, IKE_ATTR_INTERNAL_IP4_DNS)->value.p,
			    "\xc0\0\2\x35", 4);
	assert_string_equal(ike_ts_text(&r->auth_r.ts_i, &r->auth_r.ts_r, text, sizeof(text)),
			    "10.10.0.1/32 === 10.20.0.0/16");
}

/* RFC 7296 2.23. The initiator lies about its own address (encap = yes), not about ours. */
static void check_nat(const struct replay *r)
{
	struct endpoint local = { .port = htons(500) };
	const struct ike_notify *destination = ike_find_notify(
		&r->init_i, IKE_NOTIFY_NAT_DETECTION_DESTINATION_IP);
	uint8_t hash[IKE_NAT_HASH_LEN];

	assert_true(ip_parse("192.0.2.2", &local.ip));
	assert_true(ike_nat_hash(r->init_i.header.spi_i, 0, &local, hash));
	assert_int_equal(destination->data.len, sizeof(hash));
	assert_memory_equal(destination->data.p, hash, sizeof(hash));
	local.port = htons(4500);
	assert_true(ike_nat_hash(r->init_i.header.spi_i, 0, &local, hash));
	assert_memory_not_equal(destination->data.p, hash, sizeof(hash));
}

static void logins_replayed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(logins); i++) {
		static struct replay r;

		replay_login(&logins[i], &r);
		check_keys(&logins[i], &r);
		check_auth(&r, true, logins[i].auth_i);
		check_auth(&r, false, logins[i].auth_r);
		check_child(&logins[i], &r);
		check_inner(&r);
		check_nat(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(logins_replayed) };

	return cmocka_run_group_tests_name("keys of a peer", tests, NULL, NULL);
}
