// SPDX-License-Identifier: BSD-2-Clause
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "core/log.h"
#include "core/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char said[8192];

/* Run and keep what went to stderr. */
static const char *capture(void (*run)(void))
{
	int pipe_fds[2], saved = dup(2);
	ssize_t n;

	assert_int_equal(pipe2(pipe_fds, O_NONBLOCK), 0);
	fflush(stderr);
	assert_true(dup2(pipe_fds[1], 2) == 2);
	run();
	assert_true(dup2(saved, 2) == 2);
	n = read(pipe_fds[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = '\0';
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	close(saved);
	return said;
}

static void log_some(void)
{
	log_open("ike", LOG_LEVEL_INFO);
	errno = ENOENT;
	log_info("gate", "peer %s: %m", "192.0.2.1");
	if (errno != ENOENT)
		abort();
	log_debug("gate", "not shown");
	log_set_level(LOG_LEVEL_ERROR);
	log_warn("gate", "not shown");
	log_error("gate", "two\nlines\tand \x1b[31m red");
}

static void log_long(void)
{
	char text[3000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_open("ike", LOG_LEVEL_INFO);
	log_info("gate", "%s", text);
}

static void test_lines(void **state)
{
	const char *p;

	(void)state;
	unsetenv("JOURNAL_STREAM");
	p = capture(log_some);
	/* 2026-01-31T00:00:00.000Z info ike: gate: ... */
	assert_true(strlen(p) > 25 && p[10] == 'T' && p[23] == 'Z');
	assert_non_null(strstr(p, "Z info ike: gate: peer 192.0.2.1: No such file or directory\n"));
	assert_non_null(strstr(p, "Z error ike: gate: two?lines?and ?[31m red\n"));
	assert_null(strstr(p, "not shown"));

	setenv("JOURNAL_STREAM", "8:1", 1);
	p = capture(log_some);
	assert_int_equal(strncmp(p, "<6>ike: gate: peer", 18), 0);
	assert_non_null(strstr(p, "\n<3>ike: gate: two"));
	unsetenv("JOURNAL_STREAM");

	p = capture(log_long);
	assert_true(strlen(p) <= 1024);
	assert_string_equal(p + strlen(p) - 5, "x...\n");
}

static void test_safe(void **state)
{
	static const struct {
		const char *in;
		size_t len, cap;
		const char *out;
	} rows[] = {
		{ "alice@example.org", 17, 64, "alice@example.org" },
		{ "a\nb", 3, 64, "a\\x0ab" },
		{ "a\0b", 3, 64, "a\\x00b" },
		{ "\x1b[2J", 4, 64, "\\x1b[2J" },
		{ "\x7f\xff", 2, 64, "\\x7f\\xff" },
		{ "\\x41", 4, 64, "\\x5cx41" },
		{ "", 0, 64, "" },
		{ "abcdefgh", 8, 9, "abcdefgh" },
		{ "abcdefgh", 8, 8, "abcd..." },
		{ "abcdefgh", 8, 5, "a..." },
		{ "abcdefgh", 8, 4, "..." },
		{ "abcdefgh", 8, 2, "." },
		{ "abcdefgh", 8, 1, "" },
		{ "\n\n\n", 3, 10, "\\x0a..." },
		{ "\n\n\n", 3, 13, "\\x0a\\x0a\\x0a" },
	};
	char buf[80];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		memset(buf, '#', sizeof(buf));
		assert_ptr_equal(log_safe(rows[i].in, rows[i].len, buf, rows[i].cap), buf);
		assert_string_equal(buf, rows[i].out);
		assert_int_equal(buf[rows[i].cap], '#');
	}
	buf[0] = '#';
	log_safe("x", 1, buf, 0);
	assert_int_equal(buf[0], '#');
}

static struct log_limit limit = { .burst = 3, .per_second = 2 };

static void use_limit(void)
{
	unsigned passed = 0;

	log_open("ike", LOG_LEVEL_INFO);
	for (int i = 0; i < 10; i++)
		passed += log_allowed(&limit, 1000);
	if (passed != 3 || limit.suppressed != 7)
		abort();
	/* Two per second: one after 500 ms, none right after it. */
	if (log_allowed(&limit, 1499) || !log_allowed(&limit, 1500) || log_allowed(&limit, 1501))
		abort();
	/* A clock that goes back gives nothing. */
	if (log_allowed(&limit, 10))
		abort();
	/* A long silence gives the burst again, not more. */
	passed = 0;
	for (int i = 0; i < 10; i++)
		passed += log_allowed(&limit, 1000000);
	if (passed != 3)
		abort();
}

static void test_limit(void **state)
{
	const char *p;

	(void)state;
	p = capture(use_limit);
	assert_non_null(strstr(p, "8 lines like the next one were left out\n"));
	assert_non_null(strstr(p, "2 lines like the next one were left out\n"));
}

static void test_ct_equal(void **state)
{
	uint8_t a[40], b[40];

	(void)state;
	for (size_t len = 0; len <= sizeof(a); len++) {
		memset(a, 0x5a, sizeof(a));
		memset(b, 0x5a, sizeof(b));
		assert_true(ct_equal(a, b, len));
		for (size_t bit = 0; bit < len * 8; bit++) {
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(ct_equal(a, b, len));
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		if (len < sizeof(a)) {
			b[len] ^= 1; /* just behind */
			assert_true(ct_equal(a, b, len));
		}
	}
}

static void test_wipe(void **state)
{
	uint8_t a[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	const uint8_t want[8] = { 1, 0, 0, 0, 5, 6, 7, 8 };

	(void)state;
	wipe(a + 1, 3);
	assert_memory_equal(a, want, 8);
	wipe(NULL, 0);
}

static void test_secret(void **state)
{
	static const size_t lens[] = { 1, 7, 32, 4095, 4096, 4097, 9000 };
	uint8_t from[9000];
	struct secret s = { 0 };

	(void)state;
	memset(from, 0x77, sizeof(from));
	for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		assert_int_equal(secret_set(&s, from, lens[i]), 0); /* replaces the last */
		assert_int_equal(s.len, lens[i]);
		assert_memory_equal(s.bytes, from, lens[i]);
	}
	/* From itself. */
	assert_int_equal(secret_set(&s, s.bytes + 8990, 10), 0);
	assert_int_equal(s.len, 10);
	assert_memory_equal(s.bytes, from, 10);
	assert_int_equal(secret_set(&s, from, SIZE_MAX), -ENOMEM);
	assert_int_equal(s.len, 10);
	assert_int_equal(secret_set(&s, NULL, 0), 0);
	assert_int_equal(s.len, 0);
	secret_free(&s);
	secret_free(&s);
	assert_null(s.bytes);
}

/* How a child that runs this ends. */
static int in_child(int (*run)(void *), void *arg)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		const struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		signal(SIGSEGV, SIG_DFL);
		signal(SIGABRT, SIG_DFL);
		dup2(open("/dev/null", O_WRONLY), 2);
		_exit(run(arg));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* The child of a fork sees zeros. */
static int sum_of(void *arg)
{
	struct secret *s = arg;
	unsigned sum = 0;

	for (size_t i = 0; i < s->len; i++)
		sum += s->bytes[i];
	return sum == 0 ? 0 : 1;
}

static int read_behind(void *arg)
{
	struct secret *s = arg;

	return *(volatile uint8_t *)(s->bytes + s->len);
}

static void test_secret_pages(void **state)
{
	struct secret s = { 0 };
	int status;

	(void)state;
	assert_int_equal(secret_set(&s, "a secret", 8), 0);
	assert_int_equal(in_child(sum_of, &s), 0);
	assert_int_equal(s.bytes[0], 'a');
	status = in_child(read_behind, &s);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	secret_free(&s);
}

static int harden(void *arg)
{
	struct rlimit core;

	(void)arg;
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 || secret_harden_process() != 0)
		return 1;
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return 2;
	return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0 ? 0
											      : 3;
}

static void test_harden(void **state)
{
	(void)state;
	assert_int_equal(in_child(harden, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),        cmocka_unit_test(test_safe),
		cmocka_unit_test(test_limit),        cmocka_unit_test(test_ct_equal),
		cmocka_unit_test(test_wipe),         cmocka_unit_test(test_secret),
		cmocka_unit_test(test_secret_pages), cmocka_unit_test(test_harden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
