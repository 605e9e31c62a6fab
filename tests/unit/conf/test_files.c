// SPDX-License-Identifier: BSD-2-Clause
/* The files that are delivered are right, and the annotated default names every key there is. */
#include "text.h"

#include "conf/secrets.h"
#include "conf/table.h"

#include <stdlib.h>

static FILE *open_file(const char *name)
{
	char path[256];
	FILE *in;

	snprintf(path, sizeof(path), "config/%s", name);
	in = fopen(path, "r");
	if (!in)
		fail_msg("%s is not there; run the tests from the top of the tree", path);
	return in;
}

static struct conf *read_public(const char *name)
{
	struct conf_errors errors;
	FILE *in = open_file(name);
	struct conf *conf = conf_parse(in, name, &errors);

	fclose(in);
	if (!conf)
		fail_msg("%s", errors.first[0].text);
	return conf;
}

static void test_examples(void **state)
{
	static const char *const names[] = {
		"examples/dual-stack.conf",    "examples/split-tunnel.conf",
		"examples/certificates.conf",  "examples/profiles.conf",
		"examples/long-sessions.conf", "examples/post-quantum.conf"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct conf *conf = read_public(names[i]);
		FILE *in = open_file("examples/secrets.conf");
		struct conf_errors errors;
		struct conf_secrets *secrets = conf_secrets_parse(in, "secrets.conf", conf,
								  &errors);

		fclose(in);
		if (!secrets)
			fail_msg("%s: %s", names[i], errors.first[0].text);
		conf_secrets_free(secrets);
		conf_free(conf);
	}
}

static void test_default(void **state)
{
	struct conf *conf = read_public("flexgate.conf");
	FILE *in = open_file("secrets.conf");
	struct conf_errors errors;

	(void)state;
	assert_int_equal(conf->profile_count, 1);
	/* Delivered without a key: nobody runs a gateway with a key that everybody knows. */
	assert_null(conf_secrets_parse(in, "secrets.conf", conf, &errors));
	assert_int_equal(errors.count, 1);
	assert_string_equal(
		errors.first[0].text,
		"secrets.conf: [psk clients] is missing; [ikev2-keyring default] names it");
	fclose(in);
	conf_free(conf);
}

static void add_keys(char found[][128], size_t *count, const char *name)
{
	FILE *in = open_file(name);
	char line[256], section[64] = "", key[64];

	while (fgets(line, sizeof(line), in)) {
		const char *text = line[0] == '#' ? line + 1 : line;

		if (sscanf(text, "[%63[a-z0-9-]", section) == 1)
			continue;
		if (sscanf(text, "%63[a-z0-9-] = %*s", key) == 1 && text[strlen(key)] == ' ' &&
		    text[strlen(key) + 1] == '=')
			snprintf(found[(*count)++], 128, "%s %s", section, key);
		assert_true(*count < 256);
	}
	fclose(in);
}

static void check_named(const struct conf_section *sections, size_t section_count, const char *file)
{
	static char found[256][128];
	size_t count = 0;

	add_keys(found, &count, file);
	for (size_t s = 0; s < section_count; s++) {
		for (size_t k = 0; k < sections[s].key_count; k++) {
			char wanted[128];
			bool named = false;

			snprintf(wanted, sizeof(wanted), "%s %s", sections[s].name,
				 sections[s].keys[k].name);
			for (size_t i = 0; i < count; i++)
				named |= !strcmp(found[i], wanted);
			if (!named)
				fail_msg("config/%s does not show [%s] %s", file, sections[s].name,
					 sections[s].keys[k].name);
		}
	}
}

static void test_every_key_shown(void **state)
{
	(void)state;
	check_named(conf_public_sections, conf_public_section_count, "flexgate.conf");
	check_named(conf_secret_sections, conf_secret_section_count, "secrets.conf");
}

/* Does a row of this name have a default? What has none stands behind '#' as an example. */
static bool has_default(const char *line)
{
	size_t len = strcspn(line, " =");

	for (size_t s = 0; s < conf_public_section_count; s++) {
		const struct conf_section *row = &conf_public_sections[s];

		for (size_t k = 0; k < row->key_count; k++)
			if (row->keys[k].fallback && strlen(row->keys[k].name) == len &&
			    !strncmp(row->keys[k].name, line, len))
				return true;
	}
	return false;
}

/* What stands behind '#' is the default indeed: without the signs the object is the same. A section
 * that stands behind one is an example, and its keys with it. */
static void test_shown_defaults(void **state)
{
	FILE *in = open_file("flexgate.conf");
	char text[32768] = "", line[256];
	bool example = false;
	struct conf *with, *without = read_public("flexgate.conf");

	(void)state;
	while (fgets(line, sizeof(line), in)) {
		bool key = line[0] == '#' && line[1] >= 'a' && line[1] <= 'z' && !example &&
			   has_default(line + 1);
		size_t used = strlen(text);

		if (line[line[0] == '#'] == '[')
			example = line[0] == '#';
		snprintf(text + used, sizeof(text) - used, "%s", key ? line + 1 : line);
	}
	fclose(in);
	with = parse_good(text);
	assert_memory_equal(&with->gateway, &without->gateway, sizeof(with->gateway));
	assert_memory_equal(with->templates, without->templates, sizeof(*with->templates));
	assert_memory_equal(with->pools, without->pools, 2 * sizeof(*with->pools));
	assert_memory_equal(with->profiles, without->profiles, sizeof(*with->profiles));
	conf_free(with);

	/* and the sections called default hold what is shown */
	with = parse_good(ALL);
	assert_memory_equal(with->proposals, without->proposals, sizeof(*with->proposals));
	assert_memory_equal(with->ipsec_profiles, without->ipsec_profiles,
			    sizeof(*with->ipsec_profiles));
	conf_free(with);
	conf_free(without);
}

/* Each row helps: a sentence, and words for what is allowed. */
static void test_rows_help(void **state)
{
	char expected[256];

	(void)state;
	for (size_t s = 0; s < conf_public_section_count; s++) {
		const struct conf_section *row = &conf_public_sections[s];

		assert_non_null(row->help);
		for (size_t k = 0; k < row->key_count; k++) {
			assert_non_null(row->keys[k].help);
			assert_int_equal(row->keys[k].help[strlen(row->keys[k].help) - 1], '.');
			conf_expected(&row->keys[k], expected, sizeof(expected));
			assert_true(strlen(expected) > 3);
			assert_true(row->keys[k].size <= 1024); /* ELEMENT_MAX */
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),        cmocka_unit_test(test_default),
		cmocka_unit_test(test_every_key_shown), cmocka_unit_test(test_shown_defaults),
		cmocka_unit_test(test_rows_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
