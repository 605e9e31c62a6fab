// SPDX-License-Identifier: BSD-2-Clause
/* Distinguished names: text to DER as openssl(1) makes it, back, and how two are compared. */
#include "conf/dn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static size_t der_of(const char *text, uint8_t der[1024])
{
	const char *why = NULL;
	size_t len = 0;

	if (!conf_dn_read(text, der, 1024, &len, &why))
		fail_msg("%s: %s", text, why);
	return len;
}

/* openssl req -subj "/C=DE/O=Example/CN=alice" -new ..., the subject of what it makes. */
static void test_der(void **state)
{
	static const uint8_t known[] =
		"\x30\x2f\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02\x44\x45"
		"\x31\x10\x30\x0e\x06\x03\x55\x04\x0a\x0c\x07\x45\x78\x61\x6d\x70\x6c\x65"
		"\x31\x0e\x30\x0c\x06\x03\x55\x04\x03\x0c\x05\x61\x6c\x69\x63\x65";
	uint8_t der[1024];
	size_t len = der_of("CN=alice, O=Example, C=DE", der);

	(void)state;
	assert_int_equal(len, sizeof(known) - 1);
	assert_memory_equal(der, known, len);
	assert_true(conf_dn_ok(der, len));
}

static void test_text(void **state)
{
	/* What is written, and how it is written back; NULL: the same. */
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "CN=alice, O=Example, C=DE", NULL },
		{ "cn = alice ,o=Example,  c=DE ", "CN=alice, O=Example, C=DE" },
		{ "emailAddress=a@example.org, DC=example, DC=org",
		  "E=a@example.org, DC=example, DC=org" },
		{ "CN=a\\, b\\+c\\\\d", NULL },
		{ "CN=M\xc3\xbcller", "CN=M\\c3\\bcller" },
		{ "CN=M\\c3\\bcller", NULL },
		{ "CN=x\\ ", "CN=x " },
		{ "UID=u, GN=g, SN=s, title=t, serialNumber=1",
		  "UID=u, GN=g, SN=s, T=t, serialNumber=1" },
		{ "CN=*, O=Example", NULL },
	};
	uint8_t der[1024];
	char text[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t len = der_of(rows[i].in, der);

		assert_string_equal(conf_dn_text(der, len, text, sizeof(text)),
				    rows[i].out ? rows[i].out : rows[i].in);
	}
}

static void test_refused(void **state)
{
	static const char *const rows[] = {
		"",
		" ",
		"alice",
		"CN",
		"CN=",
		"CN= ",
		"=alice",
		"CN=alice,",
		"CN=alice, ,O=x",
		"XX=alice",
		"CN=alice+OU=x",
		"1.2.3=x",
		"O=x, alice",
		"CN=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	uint8_t der[1024];
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *why = NULL;

		if (conf_dn_read(rows[i], der, sizeof(der), &len, &why))
			fail_msg("'%s' is taken", rows[i]);
		assert_non_null(why);
	}
}

static void test_match(void **state)
{
	static const struct {
		const char *pattern, *name;
		int exact; /* -1: no match */
	} rows[] = {
		{ "CN=alice, O=Example, C=DE", "CN=alice, O=Example, C=DE", 3 },
		{ "C=DE, O=Example, CN=alice", "CN=alice, O=Example, C=DE",
		  3 }, /* both ways round */
		{ "CN=ALICE, O=example, C=de", "CN=alice, O=Example, C=DE", 3 },
		{ "CN=alice  b, O=x", "CN=Alice B, O=x", 2 },
		{ "CN=*, O=Example, C=DE", "CN=alice, O=Example, C=DE", 2 },
		{ "CN=*, O=*", "CN=alice, O=Example", 0 },
		{ "O=Example, CN=alice, C=DE", "CN=alice, O=Example, C=DE", -1 },
		{ "CN=alice, O=Example", "CN=alice, O=Example, C=DE", -1 },
		{ "CN=alice, O=Example, C=DE", "CN=alice, O=Example", -1 },
		{ "CN=alice, O=Example", "CN=alice, OU=Example", -1 },
		{ "CN=alice, O=Example", "CN=alicex, O=Example", -1 },
		{ "CN=alicex, O=Example", "CN=alice, O=Example", -1 },
		{ "CN=ab, O=x", "CN=a b, O=x", -1 },
		/* A value that looks like two attributes is one. */
		{ "CN=alice, O=Example", "CN=alice\\, O=Example", -1 },
		{ "CN=a*", "CN=ab", -1 },
	};
	uint8_t pattern[1024], name[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t pattern_len = der_of(rows[i].pattern, pattern);
		size_t name_len = der_of(rows[i].name, name);
		unsigned exact = 0;
		bool match = conf_dn_match(pattern, pattern_len, name, name_len, &exact);

		if ((match ? (int)exact : -1) != rows[i].exact)
			fail_msg("row %zu: %d", i, match ? (int)exact : -1);
	}
}

static void test_values(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal, holds;
	} rows[] = {
		{ "engineering", "Engineering", true, true },
		{ "engineering", "gin", false, true },
		{ "engineering", "gine ", false, true },
		{ "a  b", "A b", true, true },
		{ "x a   b y", "a b", false, true },
		{ "ab", "a b", false, false },
		{ " a ", "a", true, true },
		{ "a", "aa", false, false },
		{ "", "", true, true },
		{ "", "a", false, false },
		{ "a", "", false, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const uint8_t *a = (const uint8_t *)rows[i].a, *b = (const uint8_t *)rows[i].b;
		size_t a_len = strlen(rows[i].a), b_len = strlen(rows[i].b);

		if (conf_dn_value_equal(a, a_len, b, b_len) != rows[i].equal ||
		    conf_dn_value_holds(a, a_len, b, b_len) != rows[i].holds)
			fail_msg("row %zu", i);
	}
}

/* Whatever is cut or changed: no name, or another one, and never a byte beyond. */
static void test_broken(void **state)
{
	uint8_t der[1024];
	size_t len = der_of("CN=alice, OU=staff, O=Example, C=DE", der);
	char text[256];

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *copy = malloc(cut ? cut : 1); /* the checker sees what lies behind */

		assert_non_null(copy);
		memcpy(copy, der, cut);
		assert_false(conf_dn_ok(copy, cut));
		assert_string_equal(conf_dn_text(copy, cut, text, sizeof(text)), "");
		free(copy);
	}
	for (size_t bit = 0; bit < len * 8; bit++) {
		der[bit / 8] ^= (uint8_t)(1 << bit % 8);
		conf_dn_text(der, len, text, sizeof(text));
		conf_dn_match(der, len, der, len, NULL);
		der[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	der[len] = 0;
	assert_false(conf_dn_ok(der, len + 1)); /* something behind it */
	assert_false(conf_dn_ok((const uint8_t *)"\x30\x00", 2));
	/* Two attributes in one RDN. */
	static const uint8_t joined[] =
		"\x30\x1b\x31\x19\x30\x0a\x06\x03\x55\x04\x03\x0c\x03\x62\x6f"
		"\x62\x30\x0b\x06\x03\x55\x04\x05\x13\x04\x30\x30\x30\x37";
	assert_string_equal(conf_dn_text(joined, sizeof(joined) - 1, text, sizeof(text)),
			    "serialNumber=0007+CN=bob");
	/* An attribute that we have no word for. */
	static const uint8_t strange[] = "\x30\x0f\x31\x0d\x30\x0b\x06\x06\x2a\x86\x48\x86\xf7\x0d"
					 "\x0c\x01\x78";
	assert_string_equal(conf_dn_text(strange, sizeof(strange) - 1, text, sizeof(text)),
			    "1.2.840.113549=x");
	for (size_t cap = 1; cap < 30; cap++) {
		memset(text, 'Z', sizeof(text));
		conf_dn_text(der, len, text, cap);
		assert_true(strlen(text) < cap);
		assert_int_equal(text[cap], 'Z');
		if (cap > 3)
			assert_string_equal(text + strlen(text) - 3, "...");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_der),     cmocka_unit_test(test_text),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_match),
		cmocka_unit_test(test_values),  cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
