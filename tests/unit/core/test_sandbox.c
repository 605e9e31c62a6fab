// SPDX-License-Identifier: BSD-2-Clause
/*
 * Each case confines a forked child and lets it try. The child's answer is its exit status: 0 when
 * everything was as it has to be, else the number of the step that was not.
 */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "core/proc.h"
#include "core/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[] = "/tmp/flexgate-sandbox-XXXXXX";
static char loose[] = "/tmp/flexgate-sandbox-XXXXXX"; /* others may write there */
static char said[4096];

/* Returns the wait status; what the child said on stderr is in said[]. */
static int in_child(int (*run)(void))
{
	int fds[2], status;
	ssize_t n, at = 0;
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		signal(SIGSYS, SIG_DFL);
		dup2(fds[1], 2);
		_exit(run());
	}
	close(fds[1]);
	while ((n = read(fds[0], said + at, sizeof(said) - 1 - (size_t)at)) > 0)
		at += n;
	said[at] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void assert_ok(int status)
{
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("wait status 0x%x: %s", (unsigned)status, said);
}

static void assert_killed(int status, const char *call)
{
	char want[100];

	snprintf(want, sizeof(want), "(%s) is not on this process's list", call);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS || !strstr(said, want) ||
	    strncmp(said, "jailed: system call ", 20) != 0)
		fail_msg("wait status 0x%x for %s: %s", (unsigned)status, call, said);
}

static int enter(const struct sandbox *sandbox)
{
	const char *why = "";
	int error;

	proc_set_name("jailed");
	error = sandbox_enter(sandbox, &why);
	if (error)
		dprintf(2, "%s: %s\n", why, strerror(-error));
	return error;
}

static const struct sandbox_call some_calls[] = {
	{ "openat", "the test looks for files" },
	{ "setresuid", "the test tries to become root" },
	{ "prctl", "the test asks what it has" },
	{ "rt_sigaction", "the test tries to catch SIGSYS" },
	{ "clone", "the test starts a thread, and tries more" },
	{ "clone3", "libc tries it first" },
	{ "set_robust_list", "a thread starts" },
	{ "rseq", "a thread starts" },
	{ "no_such_call", "a name of another machine is skipped" },
	{ "write", "twice named is no error" },
	{ "mmap", "nor is this" },
};

static struct sandbox nobody_with(const struct sandbox_call *calls, size_t count)
{
	return (struct sandbox){
		.user = "nobody", .root = root, .calls = calls, .call_count = count
	};
}

static int enter_some(void)
{
	struct sandbox s = nobody_with(some_calls, sizeof(some_calls) / sizeof(*some_calls));

	return enter(&s);
}

/* No filter: what the other rights alone forbid. */
static int rights(void)
{
	struct sandbox s = nobody_with(NULL, 0);
	uid_t nobody = getpwnam("nobody")->pw_uid;
	int death = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (setgroups(2, (const gid_t[]){ 0, 4 }) < 0 || enter(&s) != 0)
		return 1;
	if (getuid() != nobody || geteuid() != nobody || getgid() == 0 || getgroups(0, NULL) != 0)
		return 2;
	if (open("/etc/passwd", O_RDONLY) >= 0 || open("/proc/self/status", O_RDONLY) >= 0)
		return 3;
	if (setresuid(0, 0, 0) == 0 || setuid(0) == 0 || setgid(0) == 0 || setgroups(0, NULL) == 0)
		return 4;
	if (chroot("/") == 0 || socket(AF_INET, SOCK_RAW, IPPROTO_UDP) >= 0)
		return 5;
	for (int c = 0; c <= CAP_LAST_CAP; c++)
		if (prctl(PR_CAPBSET_READ, c, 0, 0, 0) != 0)
			return 6;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return 7;
	if (prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0) < 0 || death != SIGKILL)
		return 8;
	if (open("/x", O_CREAT | O_WRONLY, 0600) >= 0 || mkdir("/x", 0700) == 0)
		return 9;
	return 0;
}

static void test_rights(void **state)
{
	(void)state;
	assert_ok(in_child(rights));
}

/* With a filter, the calls on the list work as far as the rights go. */
static int allowed_calls(void)
{
	void *p;

	if (enter_some() != 0)
		return 1;
	if (openat(AT_FDCWD, "/etc/passwd", O_RDONLY) >= 0 || errno != ENOENT)
		return 2;
	if (setresuid(0, 0, 0) == 0 || errno != EPERM)
		return 3;
	p = malloc(4 << 20); /* large enough to be mapped */
	if (!p)
		return 4;
	memset(p, 1, 4 << 20);
	free(p);
	if (signal(SIGUSR1, SIG_IGN) == SIG_ERR)
		return 5;
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || mprotect(p, 4096, PROT_READ) < 0)
		return 6;
	return 0;
}

static void test_allowed_calls(void **state)
{
	(void)state;
	assert_ok(in_child(allowed_calls));
}

static void *nothing(void *arg)
{
	return arg;
}

/* Threads start, by the call whose flags can be looked at. */
static int thread(void)
{
	pthread_t thread;
	struct stat task;

	/* With the first one libc catches a signal, which is not on the list. */
	if (pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL))
		return 1;
	while (stat("/proc/self/task", &task) == 0 && task.st_nlink > 3)
		sched_yield();
	if (enter_some() != 0)
		return 2;
	if (syscall(SYS_clone3, NULL, 0) != -1 || errno != ENOSYS)
		return 3;
	return pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL) ? 4 : 0;
}

static void test_thread(void **state)
{
	(void)state;
	assert_ok(in_child(thread));
}

static int call_socket(void)
{
	if (enter_some() != 0)
		return 1;
	socket(AF_INET, SOCK_DGRAM, 0);
	return 2;
}

static int call_execve(void)
{
	if (enter_some() != 0)
		return 1;
	execl("/bin/sh", "sh", NULL);
	return 2;
}

static int call_bpf(void)
{
	if (enter_some() != 0)
		return 1;
	syscall(SYS_bpf, 0, NULL, 0);
	return 2;
}

static int call_mmap_exec(void)
{
	if (enter_some() != 0)
		return 1;
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return 2;
}

static int call_mprotect_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (enter_some() != 0)
		return 1;
	mprotect(p, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
	return 2;
}

static int catch_sigsys(void)
{
	if (enter_some() != 0)
		return 1;
	signal(SIGSYS, SIG_IGN);
	return 2;
}

/* The kernel looks at 32 bits of the number. */
static int catch_sigsys_wide(void)
{
	static const uint8_t none[32]; /* SIG_DFL */

	if (enter_some() != 0)
		return 1;
	syscall(SYS_rt_sigaction, 1UL << 32 | SIGSYS, none, NULL, sizeof(uint64_t));
	return 2;
}

static int call_fork(void)
{
	if (enter_some() != 0)
		return 1;
	if (fork() == 0)
		_exit(0);
	return 2;
}

/* 0: only whether it might. */
static int call_tgkill(void)
{
	pid_t parent = getppid();

	if (enter_some() != 0)
		return 1;
	syscall(SYS_tgkill, parent, parent, 0);
	return 2;
}

/* All rights, in a namespace of its own. */
static int call_namespace(void)
{
	if (enter_some() != 0)
		return 1;
	if (syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) == 0)
		_exit(0);
	return 2;
}

static void test_forbidden_calls(void **state)
{
	static const struct {
		int (*run)(void);
		const char *call;
	} rows[] = {
		{ call_socket, "socket" },
		{ call_execve, "execve" },
		{ call_bpf, "bpf" },
		{ call_mmap_exec, "mmap" },
		{ call_mprotect_exec, "mprotect" },
		{ catch_sigsys, "rt_sigaction" },
		{ catch_sigsys_wide, "rt_sigaction" },
		{ call_fork, "clone" },
		{ call_tgkill, "tgkill" },
		{ call_namespace, "clone" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_killed(in_child(rows[i].run), rows[i].call);
}

/* Blocking the signal does not help: the kernel then ends the process itself, without our line. */
static int block_sigsys(void)
{
	sigset_t all;

	if (enter_some() != 0)
		return 1;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	socket(AF_INET, SOCK_DGRAM, 0);
	return 2;
}

static void test_blocked_signal(void **state)
{
	int status = in_child(block_sigsys);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static int log_mode(void)
{
	setenv("FLEXGATE_SECCOMP", "log", 1);
	if (enter_some() != 0)
		return 1;
	return socket(AF_INET, SOCK_DGRAM, 0) >= 0 ? 0 : 2;
}

static int other_mode(void)
{
	setenv("FLEXGATE_SECCOMP", "off", 1);
	if (enter_some() != 0)
		return 1;
	return socket(AF_INET, SOCK_DGRAM, 0) >= 0 ? 0 : 2;
}

static void test_log_mode(void **state)
{
	(void)state;
	assert_ok(in_child(log_mode));
	assert_non_null(strstr(said, "FLEXGATE_SECCOMP=log"));
	assert_killed(in_child(other_mode), "socket");
}

/* A capability that is kept works for the new user, the others are gone. */
static int keep_one(void)
{
	static const struct sandbox_capability keep[] = { { CAP_NET_RAW, "the test wants it" } };
	struct sandbox s = nobody_with(NULL, 0);

	s.keep = keep;
	s.keep_count = 1;
	if (enter(&s) != 0)
		return 1;
	if (socket(AF_INET, SOCK_RAW, IPPROTO_UDP) < 0)
		return 2;
	if (chroot("/") == 0 || setresuid(0, 0, 0) == 0)
		return 3;
	for (int c = 0; c <= CAP_LAST_CAP; c++)
		if (prctl(PR_CAPBSET_READ, c, 0, 0, 0) != (c == CAP_NET_RAW))
			return 4;
	return 0;
}

static void test_keep_one(void **state)
{
	(void)state;
	assert_ok(in_child(keep_one));
}

/* The broker stays root without root's rights, for itself and for what it starts. */
static int keep_as_root(void)
{
	static const struct sandbox_capability keep[] = { { CAP_NET_ADMIN, "links and routes" },
							  { CAP_SETPCAP, "children" } };
	const char *why = "";
	pid_t pid;
	int status;

	if (sandbox_keep(keep, 2, &why) != 0) {
		dprintf(2, "%s\n", why);
		return 1;
	}
	if (getuid() != 0 || chroot("/") == 0 || setgid(1) == 0)
		return 2;
	pid = fork();
	if (pid == 0) {
		/* CAP_SETPCAP is 8, CAP_NET_ADMIN 12. */
		execl("/bin/sh", "sh", "-c",
		      "[ $(grep -cE 'Cap(Prm|Eff|Bnd):.*0000000000001100' /proc/self/status) = 3 ]",
		      NULL);
		_exit(99);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		return 3;
	return 0;
}

static void test_keep_as_root(void **state)
{
	(void)state;
	assert_ok(in_child(keep_as_root));
}

static struct sandbox wrong;
static int wrong_error;

static int enter_wrong(void)
{
	return enter(&wrong) == wrong_error ? 0 : 1;
}

static void *idle(void *arg)
{
	pause();
	return arg;
}

static int enter_with_thread(void)
{
	struct sandbox s = nobody_with(NULL, 0);
	pthread_t thread;

	if (pthread_create(&thread, NULL, idle, NULL) != 0)
		return 1;
	return enter(&s) == -EBUSY ? 0 : 2;
}

static int enter_twice(void)
{
	struct sandbox s = nobody_with(NULL, 0);

	if (enter(&s) != 0)
		return 1;
	s.user = NULL;
	return enter(&s) < 0 ? 0 : 2;
}

static int keep_what_is_gone(void)
{
	static const struct sandbox_capability keep[] = { { CAP_NET_ADMIN, "" } };
	const char *why = "";

	if (sandbox_keep(NULL, 0, &why) != 0)
		return 1;
	return sandbox_keep(keep, 1, &why) < 0 ? 0 : 2;
}

static void test_failures(void **state)
{
	static const struct {
		const char *user, *root;
		int error;
		const char *why;
	} rows[] = {
		{ "no-such-user", root, -ENOENT, "user to become does not exist" },
		{ "root", root, -EPERM, "must not be root" },
		{ "nobody", "/nonexistent", -ENOENT, "directory to chroot to" },
		{ "nobody", "/dev/null", -EPERM, "must be root's" },
		{ "nobody", loose, -EPERM, "writable for nobody else" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		wrong = (struct sandbox){ .user = rows[i].user, .root = rows[i].root };
		wrong_error = rows[i].error;
		assert_ok(in_child(enter_wrong));
		assert_non_null(strstr(said, rows[i].why));
	}
	assert_ok(in_child(enter_with_thread));
	assert_non_null(strstr(said, "before the first thread"));
	assert_ok(in_child(enter_twice));
	assert_ok(in_child(keep_what_is_gone));
}

static int make_root(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		fprintf(stderr, "test_sandbox needs root: only root has rights to give up\n");
		return -1;
	}
	return mkdtemp(root) && chmod(root, 0755) == 0 && mkdtemp(loose) && chmod(loose, 0775) == 0
		       ? 0
		       : -1;
}

static int remove_root(void **state)
{
	(void)state;
	return rmdir(root) | rmdir(loose);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rights),         cmocka_unit_test(test_allowed_calls),
		cmocka_unit_test(test_thread),         cmocka_unit_test(test_forbidden_calls),
		cmocka_unit_test(test_blocked_signal), cmocka_unit_test(test_log_mode),
		cmocka_unit_test(test_keep_one),       cmocka_unit_test(test_keep_as_root),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
