// SPDX-License-Identifier: BSD-2-Clause
/*
 * Key exchanges by method, both roles; ML-KEM where the library has it (OpenSSL 3.5), and where
 * not, that it is not there. Its known answers are checked by the self-test, which runs here too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/ke.h"
#include "crypto/selftest.h"

#include <errno.h>
#include <openssl/opensslv.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	uint16_t method;
	size_t initiator, responder; /* bytes of the values: FIPS 203 table 3 */
	bool kem;
} methods[] = {
	{ 14, 256, 256, false },  { 19, 64, 64, false },  { 21, 132, 132, false },
	{ 31, 32, 32, false },    { 35, 800, 768, true }, { 36, 1184, 1088, true },
	{ 37, 1568, 1568, true },
};

static void test_known(void **state)
{
	const char *what = NULL;

	(void)state;
	assert_true(crypto_selftest(&what));
	for (size_t i = 0; i < COUNT(methods); i++) {
		assert_int_equal(ke_value_len(methods[i].method, true), methods[i].initiator);
		assert_int_equal(ke_value_len(methods[i].method, false), methods[i].responder);
		if (!methods[i].kem)
			assert_true(ke_known(methods[i].method));
	}
#if OPENSSL_VERSION_NUMBER >= 0x30500000L
	assert_true(ke_known(35) && ke_known(36) && ke_known(37));
#endif
	assert_false(ke_known(0) || ke_known(34) || ke_known(38));
	assert_int_equal(ke_value_len(38, true), 0);
}

/* Both sides have the same secret, each time another one. */
static void test_both_sides(void **state)
{
	uint8_t before[KE_SECRET_MAX] = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(methods); i++) {
		uint8_t secret[KE_SECRET_MAX];
		struct ke_answer answer;
		size_t len;
		struct ke *ke;

		if (!ke_known(methods[i].method)) {
			assert_int_equal(ke_begin(methods[i].method, &ke), -ENOTSUP);
			continue;
		}
		for (int n = 0; n < 2; n++) {
			assert_int_equal(ke_begin(methods[i].method, &ke), 0);
			assert_int_equal(ke_method(ke), methods[i].method);
			assert_true(ke_respond(methods[i].method, ke_value(ke),
					       methods[i].initiator, &answer));
			assert_int_equal(answer.value_len, methods[i].responder);
			assert_true(ke_finish(ke, answer.value, answer.value_len, secret, &len));
			assert_true(len >= 32);
			assert_int_equal(len, answer.secret_len);
			assert_memory_equal(secret, answer.secret, len);
			assert_memory_not_equal(secret, before, len);
			memcpy(before, secret, len);
			ke_free(ke);
		}
	}
}

/* Values of another length, of all ones (no coefficient of ML-KEM may be 4095, FIPS 203 7.2),
 * empty. */
static void test_refused(void **state)
{
	static const uint8_t ones[KE_VALUE_MAX + 1] = { [0 ... KE_VALUE_MAX] = 0xff };
	static const struct ke_answer nothing;

	(void)state;
	for (size_t i = 0; i < COUNT(methods); i++) {
		uint16_t method = methods[i].method;
		size_t right = methods[i].initiator, len;
		uint8_t secret[KE_SECRET_MAX];
		struct ke_answer answer;
		struct ke *ke;

		if (!ke_known(method)) {
			assert_false(ke_respond(method, ones, right, &answer));
			continue;
		}
		assert_int_equal(ke_begin(method, &ke), 0);
		assert_false(ke_respond(method, ke_value(ke), right - 1, &answer));
		assert_memory_equal(&answer, &nothing, sizeof(answer));
		assert_false(ke_respond(method, ones, right + 1, &answer));
		assert_false(ke_respond(method, ones, 0, &answer));
		for (size_t k = 0; k < COUNT(methods); k++) {
			if (methods[k].initiator != right)
				assert_false(
					ke_respond(method, ones, methods[k].initiator, &answer));
			if (methods[k].responder != methods[i].responder)
				assert_false(
					ke_finish(ke, ones, methods[k].responder, secret, &len));
		}
		assert_false(ke_finish(ke, ones, methods[i].responder - 1, secret, &len));
		assert_false(ke_finish(ke, ones, 0, secret, &len));
		if (method != 31)
			assert_false(ke_respond(method, ones, right, &answer));
		assert_memory_equal(&answer, &nothing, sizeof(answer));
		memset(secret, 1, sizeof(secret));
		assert_false(ke_finish(ke, ones, methods[i].responder + 1, secret, &len));
		assert_int_equal(len, 0);
		assert_memory_equal(secret, nothing.secret, sizeof(secret));
		ke_free(ke);
	}
}

/* A changed ciphertext is answered with a secret that is of no use, FIPS 203 6.3. */
static void test_changed_ciphertext(void **state)
{
	uint8_t secret[KE_SECRET_MAX], again[KE_SECRET_MAX];
	struct ke_answer answer;
	size_t len;
	struct ke *ke;

	(void)state;
	if (!ke_known(36))
		skip();
	assert_int_equal(ke_begin(36, &ke), 0);
	assert_true(ke_respond(36, ke_value(ke), ke_value_len(36, true), &answer));
	answer.value[700] ^= 1;
	assert_true(ke_finish(ke, answer.value, answer.value_len, secret, &len));
	assert_memory_not_equal(secret, answer.secret, len);
	assert_true(ke_finish(ke, answer.value, answer.value_len, again, &len));
	assert_memory_equal(secret, again, len);
	ke_free(ke);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_both_sides),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_changed_ciphertext),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
