// SPDX-License-Identifier: BSD-2-Clause
/* flexctl against a flexd that answers from a script, on a real socket. */
#include "ctl/client.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* clang-format off */
static const struct {
	const char *answer;     /* what flexd sends before it closes */
	enum ctl_exit result;
	const char *rows, *text, *hint;
} answers[] = {
	{ "{\"end\":{\"ok\":true}}\n", CTL_OK, "[]", "", "" },
	{ "{\"row\":{\"name\":\"va1\"}}\n{\"row\":{\"name\":\"va2\"}}\n{\"end\":{\"ok\":true}}\n",
	  CTL_OK, "[{\"name\":\"va1\"},{\"name\":\"va2\"}]", "", "" },
	{ "{\"end\":{\"ok\":false,\"error\":\"no session va9\",\"hint\":\"show session lists them\"}}\n",
	  CTL_REFUSED, "[]", "no session va9", "show session lists them" },
	{ "{\"end\":{\"ok\":false}}\n", CTL_REFUSED, "[]", "without saying why", "" },
	{ "{\"end\":{}}\n", CTL_REFUSED, "[]", "without saying why", "" },
	{ "", CTL_UNREACHED, "[]", "in the middle of its answer", "journalctl" },
	{ "{\"row\":{\"name\":\"va1\"}}\n", CTL_UNREACHED, "[{\"name\":\"va1\"}]", "in the middle", "" },
	{ "{\"row\":{\"na", CTL_UNREACHED, "[]", "in the middle", "" },
	{ "hello\n", CTL_UNREACHED, "[]", "not one of flexd's", "something else" },
	{ "{\"row\":5}\n", CTL_UNREACHED, "[]", "not one of flexd's", "" },
	{ "[]\n", CTL_UNREACHED, "[]", "not one of flexd's", "" },
	{ "\n", CTL_UNREACHED, "[]", "not one of flexd's", "" },
};
/* clang-format on */

static void expect_rows(const json_t *rows, const char *expected)
{
	char *text = json_dumps(rows, JSON_COMPACT);

	assert_string_equal(text, expected);
	free(text);
}

static void test_answers(void **state)
{
	struct ctl_error error;
	char request[256];
	json_t *rows, *args;
	ssize_t n;
	size_t i;
	int ends[2];

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		memset(&error, 0, sizeof(error));
		rows = json_array();
		args = json_pack("{s:s}", "name", "va1");
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		n = (ssize_t)strlen(answers[i].answer);
		assert_int_equal(write(ends[1], answers[i].answer, (size_t)n), n);
		shutdown(ends[1], SHUT_WR);
		assert_int_equal(ctl_exchange(ends[0], "show session", args, rows, &error),
				 answers[i].result);
		expect_rows(rows, answers[i].rows);
		if (!strstr(error.text, answers[i].text) || !strstr(error.hint, answers[i].hint))
			fail_msg("answer %zu: \"%s\" / \"%s\"", i, error.text, error.hint);
		n = read(ends[1], request, sizeof(request) - 1);
		assert_true(n > 0);
		request[n] = '\0';
		assert_string_equal(request,
				    "{\"command\":\"show session\",\"args\":{\"name\":\"va1\"}}\n");
		close(ends[0]);
		close(ends[1]);
		json_decref(rows);
		json_decref(args);
	}
}

/* A long answer in odd pieces, from a server at a path. */
static void serve(int listener, int count)
{
	char line[64], got[256];
	int fd = accept(listener, NULL, NULL), i;
	size_t n, at, piece = 1;

	if (fd < 0 || read(fd, got, sizeof(got)) <= 0)
		_exit(1);
	for (i = 1; i <= count; i++) {
		n = (size_t)snprintf(line, sizeof(line), "{\"row\":{\"name\":\"va%d\",\"n\":%d}}\n",
				     i, i);
		for (at = 0; at < n; at += piece) {
			piece = piece % 13 + 1;
			piece = piece < n - at ? piece : n - at;
			if (write(fd, line + at, piece) != (ssize_t)piece)
				_exit(1);
		}
	}
	n = (size_t)snprintf(line, sizeof(line), "{\"end\":{\"ok\":true}}\n");
	_exit(write(fd, line, n) == (ssize_t)n ? 0 : 1);
}

static void test_long_answer(void **state)
{
	enum { COUNT = 3000 };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct ctl_error error = { 0 };
	json_t *rows = json_array(), *args = json_object();
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd, status;
	pid_t pid;

	(void)state;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/tmp/test_client.%d", (int)getpid());
	unlink(addr.sun_path);
	assert_int_equal(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(listener, 1), 0);
	pid = fork();
	if (pid == 0)
		serve(listener, COUNT);
	fd = ctl_connect(addr.sun_path, &error);
	assert_true(fd >= 0);
	assert_int_equal(ctl_exchange(fd, "show session", args, rows, &error), CTL_OK);
	assert_int_equal(json_array_size(rows), COUNT);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(rows, COUNT - 1), "n")),
			 COUNT);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
	close(listener);

	/* The file is there, but nobody listens any more. */
	assert_int_equal(ctl_connect(addr.sun_path, &error), -1);
	assert_non_null(strstr(error.hint, "without removing its socket"));
	unlink(addr.sun_path);
	assert_int_equal(ctl_connect(addr.sun_path, &error), -1);
	assert_non_null(strstr(error.text, addr.sun_path));
	assert_non_null(strstr(error.hint, "is flexd running?"));
	json_decref(rows);
	json_decref(args);
}

/* A flexd that accepts nobody does not hold its callers, either. */
static void test_full(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct ctl_error error = { 0 };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), waiting[8], count = 0;
	time_t begun = time(NULL);

	(void)state;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/tmp/test_client.%d", (int)getpid());
	unlink(addr.sun_path);
	assert_int_equal(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(listener, 0), 0);
	do {
		assert_true(count < 8);
		waiting[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	} while (connect(waiting[count++], (struct sockaddr *)&addr, sizeof(addr)) == 0);
	assert_int_equal(ctl_connect(addr.sun_path, &error), -1);
	assert_in_range(time(NULL) - begun, 1, 2 * CTL_CONNECT_TIMEOUT_S);
	assert_non_null(strstr(error.hint, "flexd hangs"));
	while (count)
		close(waiting[--count]);
	close(listener);
	unlink(addr.sun_path);
}

static void on_alarm(int number)
{
	(void)number;
}

/* Ctrl-C in --watch ends the wait for a flexd that hangs, too. */
static void test_interrupted(void **state)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval soon = { .it_value.tv_usec = 50 * 1000 }, never = { 0 };
	struct ctl_error error = { 0 };
	json_t *rows = json_array(), *args = json_object();
	time_t begun = time(NULL);
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	assert_int_equal(ctl_exchange(ends[0], "show plane", args, rows, &error), CTL_UNREACHED);
	setitimer(ITIMER_REAL, &never, NULL);
	assert_true(time(NULL) - begun < CTL_ANSWER_TIMEOUT_S / 2);
	assert_non_null(strstr(error.text, "Interrupted"));
	close(ends[0]);
	close(ends[1]);
	json_decref(rows);
	json_decref(args);
}

static void test_too_long(void **state)
{
	struct ctl_error error = { 0 };
	json_t *rows = json_array(), *args;
	char text[5000];
	int ends[2];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(ctl_connect(text, &error), -1);
	assert_non_null(strstr(error.text, "--socket: the path has more than"));
	args = json_pack("{s:s}", "name", text);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(ctl_exchange(ends[0], "show session", args, rows, &error), CTL_UNREACHED);
	assert_non_null(strstr(error.text, "longer than 4096"));
	close(ends[0]);
	close(ends[1]);
	json_decref(rows);
	json_decref(args);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),  cmocka_unit_test(test_long_answer),
		cmocka_unit_test(test_full),     cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
