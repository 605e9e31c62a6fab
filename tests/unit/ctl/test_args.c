// SPDX-License-Identifier: BSD-2-Clause
/* Command lines: what is understood, what is refused and with which advice. */
#include "ctl/args.h"
#include "ctl/docs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS = 8 };

/* One line split at spaces, in `words`; returns argc. */
static int split(const char *line, char *buf, size_t cap, char **words)
{
	char *save, *word;
	int n = 0;

	snprintf(buf, cap, "flexctl %s", line);
	for (word = strtok_r(buf, " ", &save); word; word = strtok_r(NULL, " ", &save))
		words[n++] = word;
	return n;
}

static void test_good(void **state)
{
	/* clang-format off */
	static const struct {
		const char *line, *words, *args, *socket;
		bool json;
		unsigned watch;
	} rows[] = {
		{ "show session", "show session", "{}", NULL, false, 0 },
		{ "show session detail", "show session", "{\"detail\":true}", NULL, false, 0 },
		{ "show session detail va1", "show session",
		  "{\"detail\":true,\"name\":\"va1\"}", NULL, false, 0 },
		{ "show session va1 detail", "show session",
		  "{\"name\":\"va1\",\"detail\":true}", NULL, false, 0 },
		{ "sh s a@b.org", "show session", "{\"name\":\"a@b.org\"}", NULL, false, 0 },
		{ "show i sa", "show ikev2 sa", "{}", NULL, false, 0 },
		{ "sh i st", "show ikev2 stats", "{}", NULL, false, 0 },
		{ "--json show plane", "show plane", "{}", NULL, true, 0 },
		{ "show --watch drop", "show drop", "{}", NULL, false, 2 },
		{ "show drop va7 --watch=5", "show drop", "{\"name\":\"va7\"}", NULL, false, 5 },
		{ "--socket /tmp/s version", "version", "{}", "/tmp/s", false, 0 },
		{ "version --socket=/tmp/s", "version", "{}", "/tmp/s", false, 0 },
		{ "clear session all", "clear session", "{\"all\":true}", NULL, false, 0 },
		{ "clear session va3", "clear session", "{\"name\":\"va3\"}", NULL, false, 0 },
		{ "clear session -- --json", "clear session", "{\"name\":\"--json\"}", NULL, false, 0 },
		{ "config check", "config check", "{}", NULL, false, 0 },
		{ "co ch f.conf", "config check", "{\"file\":\"f.conf\"}", NULL, false, 0 },
		{ "config reload", "config reload", "{}", NULL, false, 0 },
		{ "show drop samples va7", "show drop", "{\"samples\":true,\"name\":\"va7\"}", NULL,
		  false, 0 },
		{ "help show drop", "help", "{\"words\":[\"show\",\"drop\"]}", NULL, false, 0 },
	};
	/* clang-format on */
	struct ctl_error error;
	struct ctl_call call;
	char buf[128], *words[WORDS], *args;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int n = split(rows[i].line, buf, sizeof(buf), words);

		if (!ctl_parse(n, words, &call, &error))
			fail_msg("%s: %s", rows[i].line, error.text);
		args = json_dumps(call.args, JSON_COMPACT);
		assert_string_equal(call.command->words, rows[i].words);
		assert_string_equal(args, rows[i].args);
		assert_string_equal(call.socket,
				    rows[i].socket ? rows[i].socket : "/run/flexgate/flexd.sock");
		assert_int_equal(call.json, rows[i].json);
		assert_int_equal(call.watch, rows[i].watch);
		free(args);
		ctl_call_free(&call);
	}
}

static void test_bad(void **state)
{
	/* clang-format off */
	static const struct {
		const char *line, *text, *hint; /* parts that must be there */
	} rows[] = {
		{ "show", "a word is missing", "help" },
		{ "show sesion", "unknown word \"sesion\"", "did you mean \"session\"?" },
		{ "shwo session", "unknown word \"shwo\"", "did you mean \"show\"?" },
		{ "show zzzzzz", "unknown word", "known here: session, ikev2" },
		{ "show d", "may be any of: derived-config, drop", "" },
		{ "c", "may be any of: clear, config", "" },
		{ "show derived-config", "vaN is missing", "usage: flexctl show derived-config vaN" },
		{ "show plane va1", "one word too many", "usage: flexctl show plane" },
		{ "show session a b", "one word too many", "usage" },
		{ "show session detail a detail", "one word too many", "usage" },
		{ "clear session", "wants one of its arguments", "(all|NAME|IDENTITY|ADDRESS)" },
		{ "clear session all va1", "wants one of its arguments", "usage" },
		{ "--jsno show plane", "unknown option --jsno", "did you mean --json?" },
		{ "--frobnicate show plane", "unknown option", "--help" },
		{ "show plane --socket", "--socket needs a value", "" },
		{ "show plane --watch=0", "1 to 3600 seconds", "" },
		{ "show plane --watch=3601", "1 to 3600 seconds", "" },
		{ "show plane --watch=-1", "1 to 3600 seconds", "" },
		{ "show plane --watch=2x", "1 to 3600 seconds", "" },
		{ "clear session all --watch", "only with show", "" },
		{ "--json", "a word is missing", "" },
	};
	/* clang-format on */
	struct ctl_error error;
	struct ctl_call call;
	char buf[128], *words[WORDS];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int n = split(rows[i].line, buf, sizeof(buf), words);

		if (ctl_parse(n, words, &call, &error))
			fail_msg("%s: accepted", rows[i].line);
		if (!strstr(error.text, rows[i].text) || !strstr(error.hint, rows[i].hint))
			fail_msg("%s: \"%s\" / \"%s\"", rows[i].line, error.text, error.hint);
	}
}

static void test_edits(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned edits;
	} rows[] = {
		{ "", "", 0 },
		{ "", "abc", 3 },
		{ "abc", "abc", 0 },
		{ "abc", "acb", 1 },
		{ "abc", "ab", 1 },
		{ "abc", "xbc", 1 },
		{ "kitten", "sitting", 3 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(ctl_edits(rows[i].a, rows[i].b), rows[i].edits);
	assert_int_equal(ctl_edits("a", "a word that is longer than any of ours is"),
			 CTL_EDITS_FAR);
}

/* What ctl_find() relies on: no command is the beginning of another. */
static void test_table(void **state)
{
	size_t a, b, n;

	(void)state;
	for (a = 0; a < ctl_command_count; a++)
		for (b = 0; b < ctl_command_count; b++) {
			n = strlen(ctl_commands[a].words);
			if (a != b)
				assert_false(strncmp(ctl_commands[a].words, ctl_commands[b].words,
						     n) == 0 &&
					     (ctl_commands[b].words[n] == ' ' ||
					      !ctl_commands[b].words[n]));
		}
}

static void expect_in(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is missing", part);
}

/* Every command and option is in help, manual page and completion. */
static void test_docs(void **state)
{
	char *help = NULL, *man = NULL, *completion = NULL, word[64];
	size_t len, i;
	FILE *out;

	(void)state;
	out = open_memstream(&help, &len);
	ctl_docs_help(out, NULL, 0);
	fclose(out);
	out = open_memstream(&man, &len);
	ctl_docs_man(out);
	fclose(out);
	out = open_memstream(&completion, &len);
	ctl_docs_completion(out);
	fclose(out);
	for (i = 0; i < ctl_command_count; i++) {
		expect_in(help, ctl_commands[i].words);
		expect_in(help, ctl_commands[i].help);
		snprintf(word, sizeof(word), "\"%s\")", ctl_commands[i].words);
		expect_in(completion, word);
	}
	for (i = 0; i < ctl_option_count; i++) {
		expect_in(help, ctl_options[i].help);
		expect_in(completion, ctl_options[i].name);
	}
	expect_in(man, ".B show session [detail] [NAME|IDENTITY|ADDRESS]\n");
	expect_in(man, ".B show derived\\-config vaN\n");
	expect_in(man, "\\-\\-watch");
	expect_in(man, "rx_packets");
	free(help);
	free(man);
	free(completion);
}

/* "show --help" is about every show, and about no other command. */
static void test_help_of_many(void **state)
{
	static const struct {
		const char *line, *in, *out;
	} rows[] = {
		{ "show --help", "  show ikev2 sa", "  clear session" },
		{ "--help co", "  config reload", "  clear session" },
		{ "sh ik --help", "  show ikev2 sa", "  show plane" },
		{ "--help", "  clear session", NULL },
	};
	struct ctl_error error;
	struct ctl_call call;
	char buf[128], *words[WORDS], *help;
	size_t i, len;
	FILE *out;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int n = split(rows[i].line, buf, sizeof(buf), words);

		if (!ctl_parse(n, words, &call, &error))
			fail_msg("%s: %s", rows[i].line, error.text);
		out = open_memstream(&help, &len);
		ctl_docs_help(out, call.begun, call.begun_words);
		fclose(out);
		expect_in(help, rows[i].in);
		if (rows[i].out && strstr(help, rows[i].out))
			fail_msg("%s: \"%s\" is there", rows[i].line, rows[i].out);
		free(help);
		ctl_call_free(&call);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),  cmocka_unit_test(test_bad),
		cmocka_unit_test(test_edits), cmocka_unit_test(test_table),
		cmocka_unit_test(test_docs),  cmocka_unit_test(test_help_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
