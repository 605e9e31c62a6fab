// SPDX-License-Identifier: BSD-2-Clause
/* The secrets file: keys, identities, references, and that no key leaves by a message or a buffer.
 */
#include "text.h"

#include "conf/secrets.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

/* Two rings that name keys. */
#define PUBLIC                                                                                     \
	NO_KEYRING "[ikev2-keyring ring]\npsk = all, alice\n[ikev2-keyring other]\npsk = all\n"

/* One profile that names its key itself. */
#define ONE                                                                                        \
	GATEWAY POOLS POLICY TEMPLATE                                                              \
		"[ikev2-profile prof]\nmatch-identity-remote = any\nidentity-local = fqdn gw\n"    \
		"authentication-local = pre-share\nauthentication-remote = pre-share\npsk = own\n" \
		"aaa-authorization-group = pol\nvirtual-template = 1\n"

static struct conf_secrets *parse_against(const char *public, const char *text,
					  struct conf_errors *errors)
{
	struct conf *conf = parse_good(public);
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct conf_secrets *secrets = conf_secrets_parse(in, "s.conf", conf, errors);

	fclose(in);
	conf_free(conf);
	return secrets;
}

static struct conf_secrets *parse_secrets(const char *text, struct conf_errors *errors)
{
	return parse_against(PUBLIC, text, errors);
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

/* One key for both sides, one for each, or only that of the client. */
static void test_sides(void **state)
{
	struct conf_errors errors;
	struct conf_secrets *s = parse_secrets(
		"[psk all]\nidentity = any\nkey-local = ours\nkey-remote = 0x00ff\n"
		"[psk alice]\nidentity = fqdn a.example.org\nkey = both\n"
		"[psk spare]\nidentity = any\nkey-remote = theirs\n",
		&errors);

	(void)state;
	if (!s)
		fail_msg("%s", errors.first[0].text);
	assert_memory_equal(conf_psk_local(&s->psks[0])->bytes, "ours", 4);
	assert_memory_equal(conf_psk_remote(&s->psks[0])->bytes, "\0\xff", 2);
	assert_memory_equal(conf_psk_local(&s->psks[1])->bytes, "both", 4);
	assert_memory_equal(conf_psk_remote(&s->psks[1])->bytes, "both", 4);
	assert_int_equal(conf_psk_local(&s->psks[2])->len, 0);
	assert_int_equal(conf_psk_remote(&s->psks[2])->len, 6);
	conf_secrets_free(s);
}

static void test_psk_of_a_profile(void **state)
{
	static const struct bad_row cases[] = {
		{ "[psk other]\nidentity = any\nkey = x\n", 0,
		  "[psk own] is missing; [ikev2-profile prof] names it" },
		{ "[psk own]\nidentity = any\nkey-remote = x\n", 1,
		  "[psk own] key-local: is missing; the gateway proves itself with it in "
		  "[ikev2-profile prof]" },
		{ "[psk own]\nidentity = any\nkey-local = x\n", 1,
		  "[psk own] key-remote: is missing; clients prove themselves with it in "
		  "[ikev2-profile prof]" },
	};
	struct conf_errors errors;
	struct conf_secrets *s = parse_against(ONE, "[psk own]\nidentity = any\nkey = x\n",
					       &errors);

	(void)state;
	if (!s)
		fail_msg("%s", errors.first[0].text);
	conf_secrets_free(s);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s = parse_against(ONE, cases[i].text, &errors);
		if (s || !bad_row_holds(&cases[i], &errors, "s.conf"))
			fail_msg("row %zu: %s", i, errors.count ? errors.first[0].text : "taken");
	}
}

#define BOTH                                                                                       \
	"[psk all]\nidentity = any\nkey = one\n[psk alice]\nidentity = fqdn a.example.org\nkey = two\n"
#define FORMS                                                                                      \
	"any, address A[/LENGTH], fqdn [domain] NAME, email [domain] NAME, key-id TEXT or dn NAME"

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
	  "[psk c]: no such key; there are identity, key, key-local, key-remote" },
	{ "[psk c]\nidentity = any\nkey = SECRET\nkey-remote = SECRET\n" BOTH, 4,
	  "[psk c] key-remote: key is given too, and is that of both sides; keep one form" },
	{ "[psk c]\nidentity = any\nkey-local = SECRET\nkey = SECRET\n" BOTH, 3,
	  "[psk c] key-local: key is given too, and is that of both sides; keep one form" },
	{ "[psk all]\nidentity = any\nkey-remote = SECRET\n[psk alice]\n"
	  "identity = fqdn a.example.org\nkey = two\n", 1,
	  "[psk all] key-local: is missing; the gateway proves itself with it in [ikev2-profile prof]" },
	{ "[psk c]\nidentity = any\nky = SECRET\nkey = x\n" BOTH, 3,
	  "[psk c]: no such key; did you mean 'key'?" },
	{ "[psk c]\nidentity = any\nkey = x\nSECRET\n" BOTH, 4,
	  "expected 'key = value', [SECTION] or a comment" },
	{ BOTH "[psk all]\nidentity = any\nkey = SECRET\n", 7,
	  "[psk all]: this section is already in line 1; write one" },
	{ BOTH "[pool c]\nprefix = 10.0.0.0/24\n", 7,
	  "[pool c]: no such section here; it belongs to flexgate.conf" },
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

/* Does the block hold the text whose bits are turned in hidden? Never in one piece here. */
static bool block_holds(const char *block, size_t size, const char *hidden, size_t len)
{
	for (size_t at = 0; at + len <= size; at++) {
		size_t same = 0;

		while (same < len && block[at + same] == (char)(hidden[same] ^ 0x55))
			same++;
		if (same == len)
			return true;
	}
	return false;
}

/* Is it in a writable part of our memory? A sanitizer's shadow, terabytes of it, holds no text. */
static bool in_memory(const char *hidden, size_t len)
{
	enum { SHADOW_MIN = 1 << 28 };
	static char block[1 << 16];
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	bool found = false;

	assert_non_null(maps);
	assert_true(mem >= 0);
	while (!found && fgets(line, sizeof(line), maps)) {
		unsigned long from, to;
		char rights[8];

		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 || rights[1] != 'w' ||
		    to - from > SHADOW_MIN)
			continue;
		for (unsigned long at = from; !found && at < to; at += sizeof(block) - 64) {
			size_t want = to - at < sizeof(block) ? to - at : sizeof(block);
			ssize_t n = at + want > (unsigned long)block &&
						    at < (unsigned long)block + sizeof(block)
					    ? -1
					    : pread(mem, block, want, (off_t)at);

			found = n > 0 && block_holds(block, (size_t)n, hidden, len);
			wipe(block, sizeof(block));
		}
	}
	fclose(maps);
	close(mem);
	return found;
}

struct job {
	FILE *in;
	const struct conf *conf;
	struct conf_secrets *secrets;
};

static void *parse_job(void *arg)
{
	struct job *job = arg;
	struct conf_errors errors;

	job->secrets = conf_secrets_parse(job->in, "s.conf", job->conf, &errors);
	return NULL;
}

/* On a stack of its own, which nobody uses afterwards: what parsing left there stays to be found.
 */
static void parse_on(struct job *job, void *stack, size_t size)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	assert_int_equal(pthread_attr_setstack(&attr, stack, size), 0);
	assert_int_equal(pthread_create(&thread, &attr, parse_job, job), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attr);
}

/* The key goes through a pipe, byte by byte, so that this program never holds it in one piece. */
static FILE *piped(const char *before, const char *hidden, size_t len, const char *after)
{
	int ends[2];
	char byte;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], before, strlen(before)), strlen(before));
	for (size_t i = 0; i < len; i++) {
		byte = (char)(hidden[i] ^ 0x55);
		assert_int_equal(write(ends[1], &byte, 1), 1);
	}
	assert_int_equal(write(ends[1], after, strlen(after)), strlen(after));
	close(ends[1]);
	return fdopen(ends[0], "r");
}

/* After conf_secrets_free() no buffer of libinih, stdio or ours holds the key. */
static void test_nothing_left(void **state)
{
	enum { STACK = 1024 * 1024 };
	char hidden[24];
	struct conf *conf = parse_good(PUBLIC);
	void *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct job job = { .conf = conf };

	(void)state;
	assert_ptr_not_equal(stack, MAP_FAILED);
	for (size_t i = 0; i < sizeof(hidden); i++)
		hidden[i] = (char)(("Tr0ub4dor-and-3-unlikely"[i]) ^ 0x55 ^ 1);
	/* The key comes last, so that no later line covers its traces. */
	job.in = piped("[psk alice]\nidentity = fqdn a.example.org\nkey = two\n"
		       "[psk all]\nidentity = any\nkey = ",
		       hidden, sizeof(hidden), "\n");
	parse_on(&job, stack, STACK);
	assert_non_null(job.secrets);
	assert_true(in_memory(hidden, sizeof(hidden))); /* the search works: it is in the object */
	conf_secrets_free(job.secrets);
	assert_false(in_memory(hidden, sizeof(hidden)));
	fclose(job.in);
	munmap(stack, STACK);
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_sides),
		cmocka_unit_test(test_psk_of_a_profile),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_nothing_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
