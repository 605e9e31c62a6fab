// SPDX-License-Identifier: BSD-2-Clause
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "core/ipc.h"
#include "core/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child found; it is this program again with a word as argument. */
struct found {
	uint64_t fds; /* bit per open descriptor */
	int32_t death_signal, blocked, sigpipe_default, sigterm_default, stdin_ends;
};

static int report(void)
{
	struct {
		uint32_t type, len;
		struct found found;
	} message = { .type = 1, .len = sizeof(struct found) };
	struct sigaction act;
	sigset_t set;
	char c;

	for (int fd = 0; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			message.found.fds |= UINT64_C(1) << fd;
	prctl(PR_GET_PDEATHSIG, &message.found.death_signal, 0, 0, 0);
	sigprocmask(SIG_SETMASK, NULL, &set);
	for (int sig = 1; sig < 65; sig++)
		message.found.blocked += sigismember(&set, sig) == 1;
	sigaction(SIGPIPE, NULL, &act);
	message.found.sigpipe_default = act.sa_handler == SIG_DFL;
	sigaction(SIGTERM, NULL, &act);
	message.found.sigterm_default = act.sa_handler == SIG_DFL;
	message.found.stdin_ends = read(0, &c, 1) == 0;
	return write(PROC_CHANNEL_FD, &message, sizeof(message)) == sizeof(message) ? 0 : 1;
}

static int child(const char *what)
{
	struct pollfd channel = { PROC_CHANNEL_FD, POLLIN, 0 };
	char c;

	if (strcmp(what, "report") == 0)
		return report();
	if (strcmp(what, "exit7") == 0)
		return 7;
	if (strcmp(what, "abort") == 0) {
		raise(SIGKILL);
		return 1;
	}
	if (strcmp(what, "until-closed") == 0) {
		poll(&channel, 1, 20000);
		return read(PROC_CHANNEL_FD, &c, 1) == 0 ? 42 : 1;
	}
	if (strcmp(what, "hang") == 0)
		sleep(60);
	return 1;
}

static const char *const argv_of[][3] = {
	{ "flexd: test", "report", NULL }, { "flexd: test", "exit7", NULL },
	{ "flexd: test", "abort", NULL },  { "flexd: test", "until-closed", NULL },
	{ "flexd: test", "hang", NULL },
};

enum { REPORT, EXIT7, ABORT, UNTIL_CLOSED, HANG };

static struct proc proc_of(int what)
{
	return (struct proc){ .name = "test", .path = "/proc/self/exe", .argv = argv_of[what] };
}

static int reap(struct proc *proc)
{
	int status = -1;

	assert_int_equal(waitpid(proc->pid, &status, 0), proc->pid);
	proc->pid = 0;
	return status;
}

static struct found found;

static int on_found(void *arg, const struct ipc_message *message)
{
	(void)arg;
	memcpy(&found, message->body, message->len);
	return 0;
}

static void on_signal(int sig)
{
	(void)sig;
}

static void test_inheritance(void **state)
{
	static const struct ipc_rule rule = { 1,        "FOUND", sizeof(found), sizeof(found),
					      on_found, false };
	struct event_base *base = event_base_new();
	struct proc proc = proc_of(REPORT);
	int leak = open("/dev/null", O_RDONLY), high = fcntl(leak, F_DUPFD, 50), channel;
	struct ipc *ipc;
	sigset_t block;

	(void)state;
	assert_true(leak > 2 && high >= 50);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, on_signal);
	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	sigprocmask(SIG_BLOCK, &block, NULL);

	assert_int_equal(proc_start(&proc, &channel), 0);
	assert_true(proc.pid > 0);
	assert_true(proc.started_ms > 0);
	assert_int_equal(proc.restarts, 0);
	assert_true(fcntl(channel, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(channel, F_GETFL) & O_NONBLOCK);
	assert_int_equal(ipc_new(base, channel, &(struct ipc_events){ &rule, 1, NULL, NULL }, &ipc),
			 0);
	assert_int_equal(ipc_wait(ipc, 1, 20000), 0);
	assert_int_equal(found.fds, 0xf);
	assert_int_equal(found.death_signal, SIGKILL);
	assert_int_equal(found.blocked, 0);
	assert_true(found.sigpipe_default);
	assert_true(found.sigterm_default);
	assert_true(found.stdin_ends);
	assert_int_equal(reap(&proc), 0);
	ipc_free(ipc);
	event_base_free(base);
	sigprocmask(SIG_UNBLOCK, &block, NULL);
	signal(SIGTERM, SIG_DFL);
	close(leak);
	close(high);
}

static void test_endings(void **state)
{
	static const struct {
		int what;
		const char *text;
	} rows[] = { { EXIT7, "exit status 7" }, { ABORT, "killed by signal 9 (Killed)" } };
	char buf[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct proc proc = proc_of(rows[i].what);
		int channel;

		assert_int_equal(proc_start(&proc, &channel), 0);
		assert_string_equal(proc_status_text(reap(&proc), buf, sizeof(buf)), rows[i].text);
		close(channel);
	}
	assert_string_equal(proc_status_text(0x1f, buf, sizeof(buf)),
			    "killed by signal 31 (Bad system call)");
	assert_string_equal(proc_status_text(0x137f, buf, sizeof(buf)), "wait status 0x137f");
	assert_string_equal(proc_status_text(0x100, buf, 5), "exit");
}

/* The end of the channel is how a child learns that it shall end. */
static void test_channel_end(void **state)
{
	struct proc proc = proc_of(UNTIL_CLOSED);
	int channel;

	(void)state;
	assert_int_equal(proc_start(&proc, &channel), 0);
	close(channel);
	assert_int_equal(reap(&proc), 42 << 8);
}

static void test_no_such_program(void **state)
{
	struct proc proc = proc_of(EXIT7);
	int low = dup(0), channel = -1, after;

	(void)state;
	close(low);
	proc.path = "/nonexistent/flexdp";
	assert_int_equal(proc_start(&proc, &channel), -ENOENT);
	assert_int_equal(channel, -1);
	assert_int_equal(proc.pid, 0);
	proc.path = "/dev/null";
	assert_int_equal(proc_start(&proc, &channel), -EACCES);
	/* No child, no descriptor stays. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	after = dup(0);
	assert_int_equal(after, low);
	close(after);
}

/* A hanging child does not survive us: started by a process that dies at once. */
static void test_parent_death(void **state)
{
	int alive[2], channel;
	struct pollfd p;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(alive, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		struct proc proc = proc_of(HANG);

		dup2(alive[1], 2); /* inherited by the child, closed by its death */
		_exit(proc_start(&proc, &channel) == 0 ? 0 : 1);
	}
	close(alive[1]);
	assert_int_equal(waitpid(pid, &channel, 0), pid);
	assert_int_equal(channel, 0);
	p = (struct pollfd){ alive[0], POLLIN, 0 };
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_int_equal(p.revents, POLLHUP);
	close(alive[0]);
}

static void test_restart_delay(void **state)
{
	static const struct {
		uint64_t started, now;
		uint32_t early;
		unsigned want;
	} rows[] = {
		{ 0, 5000, 0, 100 }, /* never ran */
		{ 5000, 5001, 0, 100 },     { 5000, 5001, 1, 200 },
		{ 5000, 5001, 2, 400 },     { 5000, 5001, 6, 6400 },
		{ 5000, 5001, 7, 10000 },   { 5000, 5001, 0xffffffff, 10000 },
		{ 5000, 64999, 7, 10000 },  { 5000, 65000, 7, 100 }, /* a minute of life */
		{ 5000, 9000000, 50, 100 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct proc proc = { .started_ms = rows[i].started, .early_deaths = rows[i].early };

		assert_int_equal(proc_restart_delay(&proc, rows[i].now), rows[i].want);
	}
}

static void test_counting(void **state)
{
	struct proc proc = proc_of(EXIT7);
	int channel;

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(proc_start(&proc, &channel), 0);
		assert_int_equal(proc.restarts, i);
		assert_int_equal(proc.early_deaths, i);
		reap(&proc);
		close(channel);
	}
	assert_int_equal(proc_restart_delay(&proc, proc.started_ms), 800);
	proc.started_ms = proc.started_ms > 70000 ? proc.started_ms - 70000 : 1;
	if (proc.started_ms > 1) {
		assert_int_equal(proc_start(&proc, &channel), 0);
		assert_int_equal(proc.restarts, 4);
		assert_int_equal(proc.early_deaths, 0);
		reap(&proc);
		close(channel);
	}
}

static void test_set_name(void **state)
{
	char was[17] = { 0 }, name[17] = { 0 };

	(void)state;
	prctl(PR_GET_NAME, was, 0, 0, 0);
	proc_set_name("flexd: ike");
	prctl(PR_GET_NAME, name, 0, 0, 0);
	assert_string_equal(name, "flexd: ike");
	proc_set_name(was);
}

/* Started with none of the three, or with a hole among them. */
static void test_open_standard(void **state)
{
	static const int closed[][3] = { { 0, 1, 2 }, { 1, 1, 1 }, { 0, 2, 2 } };
	struct stat null;

	(void)state;
	assert_int_equal(stat("/dev/null", &null), 0);
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			struct stat st;
			bool ok = true;

			close_range(STDERR_FILENO + 1, ~0U, 0);
			for (int k = 0; k < 3; k++)
				close(closed[i][k]);
			proc_open_standard();
			for (int k = 0; k < 3; k++)
				ok &= fstat(closed[i][k], &st) == 0 && st.st_rdev == null.st_rdev;
			/* And nothing more than these. */
			_exit(ok && open("/dev/null", O_RDONLY) == STDERR_FILENO + 1 ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inheritance),   cmocka_unit_test(test_endings),
		cmocka_unit_test(test_channel_end),   cmocka_unit_test(test_no_such_program),
		cmocka_unit_test(test_parent_death),  cmocka_unit_test(test_restart_delay),
		cmocka_unit_test(test_counting),      cmocka_unit_test(test_set_name),
		cmocka_unit_test(test_open_standard),
	};

	if (argc > 1)
		return child(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
