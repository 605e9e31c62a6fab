// SPDX-License-Identifier: BSD-2-Clause
/* Rows as text: number formats, tables that fit, records, and the JSON beside them. */
#include "ctl/args.h"
#include "ctl/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_values(void **state)
{
	/* clang-format off */
	static const struct {
		const char *json;
		enum ctl_format format;
		bool exact;
		const char *text;
	} rows[] = {
		{ "0", CTL_BYTES, false, "0 B" },
		{ "1023", CTL_BYTES, true, "1023 B" },
		{ "1024", CTL_BYTES, false, "1.0 KiB" },
		{ "1536", CTL_BYTES, true, "1.5 KiB (1536)" },
		{ "1048575", CTL_BYTES, false, "1.0 MiB" },
		{ "1073741824", CTL_BYTES, false, "1.0 GiB" },
		{ "9223372036854775807", CTL_BYTES, false, "8.0 EiB" },
		{ "99999", CTL_COUNT, false, "99999" },
		{ "100000", CTL_COUNT, false, "100.0k" },
		{ "999960", CTL_COUNT, false, "1.0M" },
		{ "1234567", CTL_COUNT, true, "1.2M (1234567)" },
		{ "1234567", CTL_NUMBER, false, "1234567" },
		{ "0", CTL_SECONDS, false, "0s" },
		{ "59", CTL_SECONDS, false, "59s" },
		{ "60", CTL_SECONDS, false, "1m00s" },
		{ "3599", CTL_SECONDS, true, "59m59s" },
		{ "3600", CTL_SECONDS, false, "1h00m" },
		{ "86400", CTL_SECONDS, false, "1d00h" },
		{ "445000", CTL_SECONDS, false, "5d03h" },
		{ "true", CTL_BOOL, false, "yes" },
		{ "false", CTL_BOOL, false, "no" },
		{ "1", CTL_BOOL, false, "yes" },
		{ "\"va1\"", CTL_TEXT, false, "va1" },
		{ "\"a\\u001b[2Jb\"", CTL_TEXT, false, "a?[2Jb" },
		{ "-5", CTL_BYTES, false, "-5" },
		{ "\"many\"", CTL_BYTES, false, "many" },
		{ "{}", CTL_COUNTS, false, "nothing" },
		{ "{\"spoofed\":3,\"ecn\":0,\"too_big\":1}", CTL_COUNTS, false, "spoofed 3, too_big 1" },
		{ "[1,2]", CTL_TEXT, false, "[1,2]" },
	};
	/* clang-format on */
	char buf[128];
	json_t *value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		value = json_loads(rows[i].json, JSON_DECODE_ANY, NULL);
		assert_non_null(value);
		assert_string_equal(
			ctl_value_text(value, rows[i].format, rows[i].exact, buf, sizeof(buf)),
			rows[i].text);
		json_decref(value);
	}
}

/* A buffer too small for the text is filled, never overrun. */
static void test_small_buffer(void **state)
{
	json_t *value = json_pack("{s:i,s:i}", "spoofed", 3, "too_big", 1);
	json_t *number = json_integer(1536);
	char buf[12];
	size_t cap;

	(void)state;
	for (cap = 1; cap < sizeof(buf); cap++) {
		memset(buf, 'x', sizeof(buf));
		ctl_value_text(value, CTL_COUNTS, true, buf, cap);
		assert_true(strlen(buf) < cap);
		assert_int_equal(buf[cap], 'x');
		ctl_value_text(number, CTL_BYTES, true, buf, cap);
		assert_true(strlen(buf) < cap);
		assert_int_equal(buf[cap], 'x');
	}
	json_decref(value);
	json_decref(number);
}

static const struct ctl_column columns[] = {
	{ "name", "Name", CTL_TEXT, 0, 0 },   { "who", "Identity", CTL_TEXT, 6, 0 },
	{ "where", "Place", CTL_TEXT, 5, 2 }, { "bytes", "Bytes", CTL_BYTES, 0, 0 },
	{ "note", "Note", CTL_TEXT, 0, 1 },   { "none", "None", CTL_TEXT, 0, 0 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_command table = {
	.words = "show it",
	.views = { { NULL, NULL, CTL_TABLE, columns } },
	.detail = { NULL, NULL, CTL_RECORD, columns },
	.nothing = "nothing here",
};

#define ROWS                                                                                       \
	"[{\"name\":\"va1\",\"who\":\"alice@example.org\",\"where\":\"203.0.113.7\","              \
	"\"bytes\":2048,\"note\":\"n\"},"                                                          \
	" {\"name\":\"va12\",\"who\":\"bob\",\"bytes\":5,\"note\":\"long note\"}]"

static void expect_text(const struct ctl_command *command, const char *args, const char *rows,
			unsigned width, const char *expected)
{
	struct ctl_call call = { .command = command, .args = json_loads(args, 0, NULL) };
	json_t *array = json_loads(rows, 0, NULL);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(array);
	ctl_render_text(out, &call, array, width);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
	json_decref(array);
	json_decref(call.args);
}

static void test_table(void **state)
{
	(void)state;
	/* No terminal: everything; a column without a value is left out. */
	expect_text(&table, "{}", ROWS, 0,
		    "Name  Identity           Place          Bytes  Note\n"
		    "va1   alice@example.org  203.0.113.7  2.0 KiB  n\n"
		    "va12  bob                                 5 B  long note\n");
	/* Cut where allowed ... */
	expect_text(&table, "{}", ROWS, 48,
		    "Name  Identity    Place         Bytes  Note\n"
		    "va1   alice@exa~  203.0.113~  2.0 KiB  n\n"
		    "va12  bob                         5 B  long note\n");
	/* ... then leave out the least important column ... */
	expect_text(&table, "{}", ROWS, 38,
		    "Name  Identity        Bytes  Note\n"
		    "va1   alice@examp~  2.0 KiB  n\n"
		    "va12  bob               5 B  long note\n");
	/* ... and the next; what may neither be cut nor left out stays. */
	expect_text(&table, "{}", ROWS, 10,
		    "Name  Ident~    Bytes\n"
		    "va1   alice~  2.0 KiB\n"
		    "va12  bob         5 B\n");
}

/* One line for each object of a list, under the first. */
static void test_objects(void **state)
{
	static const struct ctl_column some[] = { { "name", "Name", CTL_TEXT, 0, 0 },
						  { "sas", "SAs", CTL_OBJECTS, 0, 0 },
						  { NULL, NULL, CTL_TEXT, 0, 0 } };
	static const struct ctl_command record = { .words = "show it",
						   .detail = { NULL, NULL, CTL_RECORD, some } };

	(void)state;
	expect_text(&record, "{\"detail\":true}",
		    "[{\"name\":\"va1\",\"sas\":[{\"state\":\"in use\",\"age_s\":3},"
		    "{\"state\":\"draining\\u001b\",\"age_s\":90}]},{\"name\":\"va2\",\"sas\":[]}]",
		    40,
		    "Name    va1\n"
		    "  SAs   state in use, age_s 3\n"
		    "        state draining?, age_s 90\n"
		    "\n"
		    "Name    va2\n"
		    "  SAs   none\n");
	/* What passes the edge goes on below; a word that is wider stays whole. */
	expect_text(&record, "{\"detail\":true}",
		    "[{\"name\":\"two words\",\"sas\":[{\"state\":\"in use\",\"age_s\":3},"
		    "{\"a\":\"2001:db8::1:2:3:4 b\"}]}]",
		    20,
		    "Name    two words\n"
		    "  SAs   state in\n"
		    "        use, age_s 3\n"
		    "        a\n"
		    "        2001:db8::1:2:3:4\n"
		    "        b\n");
}

/* The widest of drop samples on the narrowest of usual terminals. */
static void test_samples(void **state)
{
	static const char *const words[] = { "show", "drop" };
	const struct ctl_command *begun, *drop;
	struct ctl_error error;
	size_t used;

	(void)state;
	drop = ctl_find(words, 2, &used, &begun, &error);
	assert_non_null(drop);
	expect_text(
		drop, "{\"samples\":true}",
		"[{\"kind\":\"sample\",\"age_s\":3599,\"reason\":\"malformed_outer\","
		"\"session\":\"va64000\",\"port\":\"enp129s0f0np0.5\",\"length\":9000,"
		"\"outer\":\"198.51.100.107:40000 -> 203.0.113.101:4500 spi 0x12345678\","
		"\"text\":\"outer header is truncated or contradicts its length\"}]",
		80,
		"   Age  Reason           Session  Port          Length  Packet\n"
		"59m59s  malformed_outer  va64000  enp129s0f0n~    9000  198.51.100.107:40000 ->~\n");
}

/* A value of the configuration that is cut is of no use: it may run over the edge. */
static void test_config(void **state)
{
	static const char *const words[] = { "show", "config" };
	const struct ctl_command *begun, *config;
	struct ctl_error error;
	size_t used;

	(void)state;
	config = ctl_find(words, 2, &used, &begun, &error);
	assert_non_null(config);
	expect_text(config, "{}",
		    "[{\"section\":\"gateway\",\"key\":\"outside\",\"value\":\"eth0\"},"
		    "{\"section\":\"ikev2-proposal default\",\"key\":\"prf\","
		    "\"value\":\"sha512, sha384, sha256\"},"
		    "{\"section\":\"ikev2-proposal default\",\"key\":\"legacy\","
		    "\"value\":\"no\"}]",
		    20,
		    "[gateway]\n"
		    "outside = eth0\n"
		    "\n"
		    "[ikev2-proposal default]\n"
		    "prf = sha512, sha384, sha256\n"
		    "legacy = no\n");
}

static void test_record(void **state)
{
	(void)state;
	expect_text(&table, "{\"detail\":true}", ROWS, 40,
		    "Name        va1\n"
		    "  Identity  alice@example.org\n"
		    "  Place     203.0.113.7\n"
		    "  Bytes     2.0 KiB (2048)\n"
		    "  Note      n\n"
		    "\n"
		    "Name        va12\n"
		    "  Identity  bob\n"
		    "  Bytes     5 B\n"
		    "  Note      long note\n");
}

static void test_kinds(void **state)
{
	static const struct ctl_column line[] = { { "line", "Line", CTL_TEXT, 0, 0 },
						  { NULL, NULL, CTL_TEXT, 0, 0 } };
	static const struct ctl_command kinds = {
		.words = "show it",
		.views = { { "r", NULL, CTL_RECORD, columns },
			   { "t", "Things", CTL_TABLE, columns },
			   { "l", "Lines", CTL_LINES, line } },
	};

	(void)state;
	expect_text(&kinds, "{}",
		    "[{\"kind\":\"t\",\"name\":\"x\"},{\"kind\":\"r\",\"who\":\"w\"},"
		    "{\"kind\":\"l\",\"line\":\"one\"},{\"kind\":\"t\",\"name\":\"y\"},"
		    "{\"kind\":\"other\"},{\"kind\":\"l\",\"line\":\"two\"}]",
		    80,
		    "  Identity  w\n"
		    "\n"
		    "Things\n"
		    "Name\n"
		    "x\n"
		    "y\n"
		    "\n"
		    "Lines\n"
		    "one\n"
		    "two\n");
}

/* Sentences go on below the edge of a terminal; in a pipe each is a line. */
static void test_lines(void **state)
{
	static const struct ctl_column line[] = { { "line", "Line", CTL_TEXT, 0, 0 },
						  { NULL, NULL, CTL_TEXT, 0, 0 } };
	static const struct ctl_command lines = { .words = "show it",
						  .views = { { NULL, NULL, CTL_LINES, line } } };
	const char *rows = "[{\"line\":\"one two three four\"},{\"line\":\"  five six\"}]";

	(void)state;
	expect_text(&lines, "{}", rows, 9, "one two\nthree\nfour\n  five\n  six\n");
	expect_text(&lines, "{}", rows, 0, "one two three four\n  five six\n");
}

static void test_nothing(void **state)
{
	(void)state;
	expect_text(&table, "{}", "[]", 80, "nothing here\n");
}

/* JSON is the rows as they came: order, exact numbers, fields that no column shows. */
static void test_json(void **state)
{
	json_t *rows = json_loads("[{\"z\":1,\"bytes\":9007199254740993}]", 0, NULL);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	ctl_render_json(out, rows);
	fclose(out);
	assert_string_equal(text,
			    "[\n  {\n    \"z\": 1,\n    \"bytes\": 9007199254740993\n  }\n]\n");
	free(text);
	json_decref(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),  cmocka_unit_test(test_small_buffer),
		cmocka_unit_test(test_table),   cmocka_unit_test(test_objects),
		cmocka_unit_test(test_samples), cmocka_unit_test(test_config),
		cmocka_unit_test(test_record),  cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_lines),   cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
