// SPDX-License-Identifier: BSD-2-Clause
/* [ppk NAME] of the secrets file and who names it, RFC 8784. */
#include "text.h"

#include "conf/secrets.h"

#define KEY32 "0123456789abcdef0123456789abcdef"
#define AB16  "abababababababababababababababab"

static struct conf_secrets *parse(const char *keys, const char *text, struct conf_errors *errors)
{
	char public[4096];
	struct conf *conf;
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct conf_secrets *secrets;

	snprintf(public, sizeof(public), "%s%s", ALL, keys);
	conf = parse_good(public);
	secrets = conf_secrets_parse(in, "s.conf", conf, errors);
	fclose(in);
	conf_free(conf);
	return secrets;
}

static void test_good(void **state)
{
	static const char text[] = "[psk all]\nidentity = any\nkey = k\n"
				   "[ppk a]\nkey = " KEY32 "\n"
				   "[ppk b]\nid = 0x00ff\nkey = 0x" KEY32 KEY32 "\n"
				   "[ppk c]\nid = the blue one\nkey = " KEY32 "\n";
	struct conf_errors errors;
	struct conf_secrets *secrets = parse("ppk = a, b c\nppk-required = yes\n", text, &errors);

	(void)state;
	assert_non_null(secrets);
	assert_int_equal(secrets->ppk_count, 3);
	assert_int_equal(secrets->ppks[0].id.len, 1);
	assert_memory_equal(secrets->ppks[0].id.data, "a", 1);
	assert_int_equal(secrets->ppks[0].key.len, 32);
	assert_int_equal(secrets->ppks[1].id.len, 2);
	assert_memory_equal(secrets->ppks[1].id.data, "\0\xff", 2);
	assert_int_equal(secrets->ppks[1].key.len, 32);
	assert_int_equal(secrets->ppks[2].id.len, 12);
	conf_secrets_free(secrets);
}

static const struct {
	const char *profile, *text, *why;
} wrong[] = {
	{ "ppk = a\n", "", "[ppk a] is missing; [ikev2-profile prof] names it" },
	{ "ppk = a\n", "[ppk a]\nkey = 0123456789abcdef0123456789abcde\n",
	  "key: is shorter than 32 bytes" },
	{ "ppk = a\n", "[ppk a]\nid = x\n", "key: is missing" },
	{ "ppk = a\n", "[ppk a]\nid = 0x0\nkey = " KEY32 "\n", "is not pairs of hex digits" },
	{ "ppk = a\n", "[ppk a]\nid = 0x" AB16 AB16 AB16 AB16 "ab\nkey = " KEY32 "\n",
	  "...' is too long; expected text, or 0x and pairs of hex digits, of at most 64 bytes" },
	{ "ppk = a b\n", "[ppk a]\nkey = " KEY32 "\n[ppk b]\nid = a\nkey = " KEY32 "\n",
	  "id: is that of [ppk a] too, and [ikev2-profile prof] names both" },
};

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct conf_errors errors;
		char text[1024];

		snprintf(text, sizeof(text), "[psk all]\nidentity = any\nkey = k\n%s",
			 wrong[i].text);
		assert_null(parse(wrong[i].profile, text, &errors));
		assert_int_equal(errors.count, 1);
		if (!strstr(errors.first[0].text, wrong[i].why))
			print_message("%s\n", errors.first[0].text);
		assert_non_null(strstr(errors.first[0].text, wrong[i].why));
		assert_null(strstr(errors.first[0].text, "0123456789"));
	}
}

/* A profile that wants one and names none. */
static void test_required(void **state)
{
	struct conf_errors errors;
	FILE *in = fmemopen((void *)(uintptr_t)ALL "ppk-required = yes\n",
			    sizeof(ALL "ppk-required = yes\n") - 1, "r");

	(void)state;
	assert_null(conf_parse(in, "t.conf", &errors));
	fclose(in);
	assert_int_equal(errors.count, 1);
	assert_non_null(
		strstr(errors.first[0].text, "ppk-required: wants a key and there is none"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_required),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
