// SPDX-License-Identifier: BSD-2-Clause
/* Certificate maps: each way to compare each field, a row per case. */
#include "conf/dn.h"
#include "conf/match.h"
#include "text.h"

#define MAP_NAME "[pki-certificate-map m]\n"

static uint8_t subject[1024], issuer[1024];
static const uint8_t serial[] = { 0x00, 0x8a, 0x1b, 0x0c };

/* 2025-01-01 00:00:00 and 2026-01-01 00:00:00 */
static struct conf_cert_fields cert = {
	.subject = subject,
	.issuer = issuer,
	.serial = serial,
	.serial_len = sizeof(serial),
	.alt_name = { "laptop.example.org", "bob@example.org", "192.0.2.7" },
	.alt_name_count = 3,
	.not_before = 1735689600,
	.not_after = 1767225600,
};

static const struct {
	const char *rows;
	bool fits;
} cases[] = {
	{ "subject-name = co OU=staff\n", true },
	{ "subject-name = co ou = STAFF\n", true },
	{ "subject-name = co OU=sta\n", true },
	{ "subject-name = co staff\n", true },
	{ "subject-name = co OU=admin\n", false },
	{ "subject-name = co admin\n", true }, /* stands in the value of O */
	{ "subject-name = co O=Example, OU\n", true },
	{ "subject-name = co CN=staff\n", false },
	{ "subject-name = nc OU=admin\n", true },
	{ "subject-name = nc OU=staff\n", false },
	{ "subject-name = eq CN=bob, OU=Staff, O=Example\\, OU\\=admin, C=DE\n", true },
	{ "subject-name = eq CN=bob, OU=Staff, O=*, C=DE\n", true },
	{ "subject-name = eq CN=bob, OU=Staff, C=DE\n", false },
	{ "subject-name = ne CN=bob, OU=Staff, C=DE\n", true },
	{ "subject-name = ne CN=bob, OU=Staff, O=*, C=DE\n", false },
	{ "issuer-name = co CN=Example Root\n", true },
	{ "issuer-name = co CN=bob\n", false },
	{ "issuer-name = eq CN=Example  root CA, C=DE\n", true },
	{ "alt-subject-name = co example.org\n", true },
	{ "alt-subject-name = eq BOB@example.org\n", true },
	{ "alt-subject-name = eq example.org\n", false },
	{ "alt-subject-name = eq 192.0.2.7\n", true },
	{ "alt-subject-name = nc example.net\n", true },
	{ "alt-subject-name = nc example.org\n", false },
	{ "alt-subject-name = ne 192.0.2.7\n", false },
	{ "alt-subject-name = ne 192.0.2.8\n", true },
	{ "unstructured-subject-name = eq r1.example.org\n", true },
	{ "unstructured-subject-name = co r2\n", false },
	{ "serial-number = eq 8A:1B:0C\n", true },
	{ "serial-number = eq 0x008a1b0c\n", true },
	{ "serial-number = eq 8a1b\n", false },
	{ "serial-number = co 1b\n", true },
	{ "serial-number = ne 8a1b0d\n", true },
	{ "serial-number = ne 8a1b0c\n", false },
	{ "serial-number = nc ff\n", true },
	{ "valid-start = eq 2025-01-01\n", true },
	{ "valid-start = ge 2025-01-01 00:00:01\n", false },
	{ "valid-start = lt 2025-01-01 00:00:01\n", true },
	{ "expires-on = ge 2026-01-01\n", true },
	{ "expires-on = lt 2026-01-01\n", false },
	{ "expires-on = ne 2026-01-02\n", true },
	/* Every row must hold. */
	{ "subject-name = co OU=staff\nissuer-name = co Root\nserial-number = co 8a\n", true },
	{ "subject-name = co OU=staff\nissuer-name = co Root\nserial-number = co 8b\n", false },
	{ "subject-name = nc OU=staff\nissuer-name = co Root\n", false },
};

static void test_maps(void **state)
{
	const char *why = NULL;

	(void)state;
	assert_true(conf_dn_read("unstructuredName=r1.example.org", subject, sizeof(subject),
				 &cert.subject_len, &why));
	assert_true(conf_dn_read("CN=Example Root CA, C=DE", issuer, sizeof(issuer),
				 &cert.issuer_len, &why));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[1024];
		struct conf *conf;
		bool router = strstr(cases[i].rows, "unstructured") != NULL;

		snprintf(text, sizeof(text), MAP_NAME "%s" ALL, cases[i].rows);
		assert_true(conf_dn_read(router ? "unstructuredName=r1.example.org"
						: "CN=bob, OU=Staff, O=Example\\, OU=admin, C=DE",
					 subject, sizeof(subject), &cert.subject_len, &why));
		conf = parse_good(text);
		if (conf_cert_map_fits(&conf->cert_maps[0], &cert) != cases[i].fits)
			fail_msg("%s", cases[i].rows);
		conf_free(conf);
	}
}

/* A certificate without any of the fields: only what is not to be there holds. */
static void test_bare(void **state)
{
	static const struct conf_cert_fields bare = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool negated = strstr(cases[i].rows, "= nc") || strstr(cases[i].rows, "= ne");
		bool date = strstr(cases[i].rows, "valid") || strstr(cases[i].rows, "expires");
		char text[1024];
		struct conf *conf;

		if (date || strchr(cases[i].rows, '\n')[1])
			continue;
		snprintf(text, sizeof(text), MAP_NAME "%s" ALL, cases[i].rows);
		conf = parse_good(text);
		if (conf_cert_map_fits(&conf->cert_maps[0], &bare) != negated)
			fail_msg("%s", cases[i].rows);
		conf_free(conf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_bare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
