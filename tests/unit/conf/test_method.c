// SPDX-License-Identifier: BSD-2-Clause
/* additional-key-exchange: what the crypto library has decides what may be written. */
#include "text.h"

#include "crypto/mlkem.h"

static struct conf *parse(const char *text, struct conf_errors *errors)
{
	FILE *in = fmemopen((char *)(uintptr_t)text, strlen(text), "r");
	struct conf *conf = conf_parse(in, "t.conf", errors);

	fclose(in);
	return conf;
}

/* The default takes every ML-KEM that there is and insists on none. */
static void test_auto(void **state)
{
	static const char *const texts[] = { "[ikev2-proposal default]\n" ALL,
					     "[ikev2-proposal default]\n"
					     "additional-key-exchange-1 = auto\n" ALL };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct conf_errors errors;
		struct conf *conf = parse(texts[i], &errors);
		const struct conf_proposal *p = &conf->proposals[0];
		size_t count = 0;

		for (uint16_t method = 35; method <= 37; method++)
			count += mlkem_known(method);
		assert_int_equal(p->additional.count[0], count + 1);
		assert_int_equal(p->additional.method[0][count], 0);
		if (count)
			assert_int_equal(p->additional.method[0][0], 36);
		assert_int_equal(p->additional.count[1], 0);
		conf_free(conf);
	}
}

static void test_named(void **state)
{
	static const char text[] = "[ikev2-proposal default]\n"
				   "additional-key-exchange-1 = ecp256 none\n"
				   "additional-key-exchange-7 = mlkem768, mlkem512\n" ALL;
	struct conf_errors errors;
	struct conf *conf = parse(text, &errors);

	(void)state;
	if (mlkem_known(36)) {
		assert_non_null(conf);
		assert_int_equal(conf->proposals[0].additional.method[0][0], 19);
		assert_int_equal(conf->proposals[0].additional.method[0][1], 0);
		assert_int_equal(conf->proposals[0].additional.count[0], 2);
		assert_int_equal(conf->proposals[0].additional.method[6][0], 36);
		assert_int_equal(conf->proposals[0].additional.method[6][1], 35);
		conf_free(conf);
		return;
	}
	assert_null(conf);
	assert_int_equal(errors.count, 2);
	assert_int_equal(errors.first[0].line, 3);
	assert_non_null(strstr(errors.first[0].text, "additional-key-exchange-7: 'mlkem768' is not "
						     "in the crypto library in use, OpenSSL 3."));
}

static void test_wrong(void **state)
{
	static const struct {
		const char *value, *why;
	} rows[] = {
		{ "kyber768", "'kyber768' is not known here; expected mlkem768, mlkem1024" },
		{ "none none", "is given twice" },
		{ "auto ecp256", "auto stands alone" },
		{ "31 x25519", "is given twice" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf_errors errors;
		char text[2048];

		snprintf(text, sizeof(text),
			 "[ikev2-proposal default]\nadditional-key-exchange-2 = %s\n%s",
			 rows[i].value, ALL);
		assert_null(parse(text, &errors));
		assert_int_equal(errors.count, 1);
		assert_int_equal(errors.first[0].line, 2);
		if (!strstr(errors.first[0].text, rows[i].why))
			print_message("%s\n", errors.first[0].text);
		assert_non_null(strstr(errors.first[0].text, rows[i].why));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_auto),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
