// SPDX-License-Identifier: BSD-2-Clause
/* The secrets file: keys, identities, references, and that no key leaves by a message or a buffer.
 */
#include "text.h"

#include <unistd.h>

/* Two rings that name keys. */
#define PUBLIC                                                                                     \
	NO_KEYRING "[ikev2-keyring ring]\npsk = all, alice\n[ikev2-keyring other]\npsk = all\n"

static struct conf_secrets *parse_secrets(const char *text, struct conf_errors *errors)
{
	struct conf *conf = parse_good(PUBLIC);
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct conf_secrets *secrets = conf_secrets_parse(in, "s.conf", conf, errors);

	fclose(in);
	conf_free(conf);
	return secrets;
}

static void test_good(void **state)
{
	struct conf_errors errors;
	struct conf_secrets *s = parse_secrets(
		"# comment\n[psk all]\nidentity = any\nkey = a key with = and # and 'quotes'\n"
		"[psk alice]\nkey = 0x00FFab\nidentity = fqdn Alice.example.org\n"
		"[psk spare@example.org]\nidentity = address 10.0.0.0/8\nkey = x;y\n",
		&errors);

	(void)state;
	if (!s)
		fail_msg("%s", errors.first[0].text);
	assert_int_equal(s->psk_count, 3);
	assert_int_equal(s->psks[0].match.kind, CONF_MATCH_ANY);
	assert_int_equal(s->psks[0].key.len, 31);
	assert_memory_equal(s->psks[0].key.bytes, "a key with = and # and 'quotes'", 31);
	assert_int_equal(s->psks[1].key.len, 3);
	assert_memory_equal(s->psks[1].key.bytes, "\x00\xff\xab", 3);
	assert_memory_equal(s->psks[1].match.identity.data, "alice.example.org", 17);
	assert_string_equal(s->psks[2].name, "spare@example.org");
	assert_int_equal(s->psks[2].key.len, 3);
	conf_secrets_free(s);
}

#define BOTH                                                                                       \
	"[psk all]\nidentity = any\nkey = one\n[psk alice]\nidentity = fqdn a.example.org\nkey = two\n"
#define FORMS "any, address A[/LENGTH], fqdn [domain] NAME, email [domain] NAME or key-id TEXT"

/* clang-format off */
static const struct bad_row rows[] = {
	{ "", 0, "[psk all] is missing; [ikev2-keyring ring] names it" },
	{ "[psk all]\nidentity = any\nkey = one\n", 0, "[psk alice] is missing; [ikev2-keyring ring] names it" },
	{ "[psk c]\nidentity = any\n" BOTH, 1,
	  "[psk c] key: is missing; expected text, or 0x and pairs of hex digits" },
	{ "[psk c]\nkey = SECRET\n" BOTH, 1, "[psk c] identity: is missing; expected " FORMS },
	{ "[psk c]\nidentity = any\nkey =\n" BOTH, 3, "[psk c] key: has no value" },
	{ "[psk c]\nidentity = any\nkey = 0xSECRET\n" BOTH, 3,
	  "[psk c] key: the value begins with 0x and is not pairs of hex digits; expected text, or 0x and "
	  "pairs of hex digits" },
	{ "[psk c]\nidentity = any\nkey = 0x\n" BOTH, 3,
	  "[psk c] key: the value begins with 0x and is not pairs of hex digits; expected text, or 0x and "
	  "pairs of hex digits" },
	{ "[psk c]\nidentity = any\nkey = SECRET\nkey = SECRET\n" BOTH, 4,
	  "[psk c] key: is already in line 3; it has one value" },
	{ "[psk c]\nidentity = who\nkey = SECRET\n" BOTH, 2,
	  "[psk c] identity: 'who' does not begin with the kind of identity; expected " FORMS },
	/* a ';' behind a space would cut the key in silence */
	{ "[psk c]\nidentity = any\nkey = SECRET ;SECRET\n" BOTH, 3,
	  "';' after a space would begin a comment and cut the value short; put comments on lines of "
	  "their own and write such a key as 0x..." },
	{ "[psk c]\nidentity = any\nkey = SECRET\nSECRET = SECRET\n" BOTH, 4,
	  "[psk c]: no such key; there are identity, key" },
	{ "[psk c]\nidentity = any\nky = SECRET\nkey = x\n" BOTH, 3,
	  "[psk c]: no such key; did you mean 'key'?" },
	{ "[psk c]\nidentity = any\nkey = x\nSECRET\n" BOTH, 4,
	  "expected 'key = value', [SECTION] or a comment" },
	{ BOTH "[psk all]\nidentity = any\nkey = SECRET\n", 7,
	  "[psk all]: this section is already in line 1; write one" },
	{ BOTH "[pks c]\nidentity = any\nkey = SECRET\n", 7, "[pks c]: no such section; did you mean [psk]?" },
	{ "[psk all]\nidentity = any\nkey = SECRET\n[psk alice]\nidentity = any\nkey = SECRET\n", 5,
	  "[psk alice] identity: is that of [psk all] too, and [ikev2-keyring ring] holds both" },
};
/* clang-format on */

static void test_rows(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf_errors errors;
		struct conf_secrets *s;

		if (!*rows[i].text) {
			s = parse_secrets("\n", &errors);
			assert_null(s);
			assert_int_equal(errors.count, 3);
			assert_string_equal(errors.first[0].text + strlen("s.conf: "),
					    rows[i].words);
			continue;
		}
		s = parse_secrets(rows[i].text, &errors);
		if (!bad_row_holds(&rows[i], &errors, "s.conf") || s ||
		    strstr(errors.first[0].text, "SECRET"))
			wrong++;
		conf_secrets_free(s);
	}
	assert_int_equal(wrong, 0);
}

/* Is this text in a writable part of our memory? */
static bool in_memory(const char *hidden, size_t len)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512], needle[64];
	bool found = false;

	assert_non_null(maps);
	while (!found && fgets(line, sizeof(line), maps)) {
		unsigned long from, to;
		char rights[8];

		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 || rights[0] != 'r' ||
		    rights[1] != 'w' || strstr(line, "[vvar]"))
			continue;
		for (size_t i = 0; i < len; i++)
			needle[i] = (char)(hidden[i] ^ 0x55);
		for (const char *p = (const char *)from; p + len <= (const char *)to; p++) {
			p = memchr(p, needle[0], (size_t)((const char *)to - p));
			if (!p || p + len > (const char *)to)
				break;
			if (p != needle && !memcmp(p, needle, len)) {
				found = true;
				break;
			}
		}
	}
	wipe(needle, sizeof(needle));
	wipe(line, sizeof(line));
	fclose(maps);
	return found;
}

/*
 * After conf_secrets_free() no buffer of libinih, stdio or ours holds the key. The needle stands in
 * this program only with its bits turned, and the file's text comes through a pipe.
 */
static void test_nothing_left(void **state)
{
	static const char before[] = "[psk all]\nidentity = any\nkey = ";
	static const char after[] = "\n[psk alice]\nidentity = fqdn a.example.org\nkey = two\n";
	char hidden[24], byte;
	struct conf_errors errors;
	struct conf_secrets *s;
	struct conf *conf = parse_good(PUBLIC);
	int pipe_end[2];
	FILE *in;

	(void)state;
	for (size_t i = 0; i < sizeof(hidden); i++)
		hidden[i] = (char)(("Tr0ub4dor-and-3-unlikely"[i]) ^ 0x55 ^ 1);
	assert_int_equal(pipe(pipe_end), 0);
	assert_int_equal(write(pipe_end[1], before, sizeof(before) - 1), sizeof(before) - 1);
	for (size_t i = 0; i < sizeof(hidden); i++) {
		byte = (char)(hidden[i] ^ 0x55);
		assert_int_equal(write(pipe_end[1], &byte, 1), 1);
	}
	assert_int_equal(write(pipe_end[1], after, sizeof(after) - 1), sizeof(after) - 1);
	close(pipe_end[1]);
	in = fdopen(pipe_end[0], "r");
	s = conf_secrets_parse(in, "s.conf", conf, &errors);
	assert_non_null(s);
	assert_true(in_memory(hidden, sizeof(hidden))); /* the search works: it is in the object */
	conf_secrets_free(s);
	assert_false(in_memory(hidden, sizeof(hidden)));
	fclose(in);
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_nothing_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
