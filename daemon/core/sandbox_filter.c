// SPDX-License-Identifier: BSD-2-Clause
/*
 * The system call filter: an allow-list. The default action is SCMP_ACT_TRAP, not
 * SCMP_ACT_KILL_PROCESS: a killed process cannot say which call it was, and the one line that says
 * so is what makes a missing row of a table a minute's work. The call itself is refused either way.
 * The handler lets nobody go on: it resets itself when it is entered, writes the line and raises
 * SIGSYS again. The filter forbids replacing the handler, and a blocked SIGSYS kills at once.
 */
#include "core/sandbox_filter.h"

#include "core/log.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* clang-format off */
/* What libc does by itself, wherever a process stands. */
static const struct sandbox_call always[] = {
	{ "exit",               "a thread ends" },
	{ "exit_group",         "the process ends" },
	{ "rt_sigreturn",       "return from a signal handler" },
	{ "restart_syscall",    "go on with a wait after SIGSTOP and SIGCONT" },
	{ "rt_sigprocmask",     "abort() and thread start" },
	{ "getpid",             "OpenSSL's fork check; abort(); our SIGSYS handler" },
	{ "gettid",             "abort(); our SIGSYS handler" },
	{ "tgkill",             "abort(); our SIGSYS handler" },
	{ "write",              "log lines; our SIGSYS handler" },
	{ "close",              "giving up a descriptor needs no right" },
	{ "brk",                "malloc" },
	{ "mmap",               "malloc of large blocks" },
	{ "munmap",             "free of large blocks" },
	{ "mremap",             "realloc of large blocks" },
	{ "mprotect",           "malloc's further arenas, guard pages" },
	{ "madvise",            "free of large blocks, pages of secrets" },
	{ "futex",              "locks" },
	{ "clock_gettime",      "the clock, where the vDSO cannot answer" },
	{ "gettimeofday",       "as clock_gettime" },
	{ "time",               "as clock_gettime" },
	{ "getrandom",          "OpenSSL's random generator" },
};

/* What AddressSanitizer adds to a healthy process. */
static const struct sandbox_call sanitizer_allow[] = {
	{ "sigaltstack",        "a stack for its own handlers at thread start and end" },
	{ "sched_yield",        "its spin locks" },
	{ "sched_getaffinity",  "size of its tables at thread start" },
	{ "getrlimit",          "bounds of a thread's stack" },
	{ "prlimit64",          "bounds of a thread's stack" },
	{ "rt_sigaction",       "its handlers for the report" },
};

/* What it tries while it writes a report: refused, so that the report comes out all the same. */
static const struct sandbox_call sanitizer_refuse[] = {
	{ "open",               "the program's debug information" },
	{ "openat",             "the same" },
	{ "readlink",           "the program's path" },
	{ "readlinkat",         "the same" },
	{ "stat",               "the same" },
	{ "newfstatat",         "the same" },
	{ "access",             "the symbolizer's path" },
	{ "ioctl",              "is the report's end a terminal" },
	{ "uname",              "the kernel's name for the report" },
	{ "getuid",             "the same" },
	{ "getppid",            "the same" },
	{ "prctl",              "thread names for the report" },
	{ "ptrace",             "the leak checker" },
	{ "clone",              "the leak checker" },
};
/* clang-format on */

/* Names by number, made before the filter is on: the handler may not allocate. */
enum { CALLS_MAX = 512, NAME_MAX_BYTES = 32 };
static char call_name[CALLS_MAX][NAME_MAX_BYTES];
static char process_name[17];
static bool confined;

#if SANITIZED
/*
 * The leak checker stops its own process with ptrace, which a confined one cannot. It asks here at
 * exit; processes that were never confined are still checked.
 */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return confined;
}
#endif

static size_t put_text(char *line, size_t at, size_t cap, const char *text)
{
	while (*text && at < cap)
		line[at++] = *text++;
	return at;
}

static size_t put_number(char *line, size_t at, size_t cap, unsigned n)
{
	char digits[12];
	size_t i = sizeof(digits) - 1;

	digits[i] = '\0';
	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	return put_text(line, at, cap, digits + i);
}

/* Async-signal-safe. Entered with the disposition reset (SA_RESETHAND). */
static void on_forbidden(int sig, siginfo_t *info, void *context)
{
	unsigned number = (unsigned)info->si_syscall;
	char line[160];
	size_t at = 0, cap = sizeof(line) - 1;

	(void)context;
	at = put_text(line, at, cap, process_name);
	at = put_text(line, at, cap, ": system call ");
	at = put_number(line, at, cap, number);
	at = put_text(line, at, cap, " (");
	at = put_text(line, at, cap, number < CALLS_MAX ? call_name[number] : "?");
	at = put_text(line, at, cap, ") is not on this process's list; it ends here");
	line[at++] = '\n';
	if (write(STDERR_FILENO, line, at) < 0) {
		/* Nobody to tell. */
	}
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), sig);
	_exit(128 + sig);
}

static int install_handler(const char **why)
{
	struct sigaction act = { .sa_sigaction = on_forbidden,
				 .sa_flags = SA_SIGINFO | SA_RESETHAND | SA_NODEFER };
	sigset_t sys;

	for (int i = 0; i < CALLS_MAX; i++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, i);

		snprintf(call_name[i], sizeof(call_name[i]), "%s", name ? name : "?");
		free(name);
	}
	prctl(PR_GET_NAME, process_name, 0, 0, 0);
	sigemptyset(&sys);
	sigaddset(&sys, SIGSYS);
	if (sigaction(SIGSYS, &act, NULL) < 0 || sigprocmask(SIG_UNBLOCK, &sys, NULL) < 0) {
		*why = "the handler for forbidden system calls cannot be installed";
		return -errno;
	}
	return 0;
}

static int add_rule(scmp_filter_ctx filter, const char *name)
{
	int call = seccomp_syscall_resolve_name(name);

	if (call == __NR_SCMP_ERROR)
		return 0; /* not on this machine */
	/* Code that came in as data shall not become code. */
	if (strcmp(name, "mmap") == 0 || strcmp(name, "mprotect") == 0)
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
					SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* "Not SIGSYS" would not hold: a filter compares 64 bits, of which the kernel takes 32. */
	if (strcmp(name, "rt_sigaction") == 0)
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
					SCMP_A0(SCMP_CMP_LT, SIGSYS, 0));
	/* A thread is no process, and has no namespace of its own. The flags of clone3 lie where no
	 * filter can look: libc is told that the kernel has none, and takes clone. */
	if (strcmp(name, "clone") == 0)
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
					SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	if (strcmp(name, "clone3") == 0)
		return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call, 0);
	/* No signals to others, of the same user perhaps. */
	if (strcmp(name, "tgkill") == 0)
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
					SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
}

static bool on_list(const struct sandbox_call *calls, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(calls[i].name, name) == 0)
			return true;
	return false;
}

static int add_rules(scmp_filter_ctx filter, const struct sandbox_call *calls, size_t count)
{
	int error = 0;

	for (size_t i = 0; i < count && !error; i++)
		error = add_rule(filter, calls[i].name);
	return error;
}

static int add_sanitizer_rules(scmp_filter_ctx filter, const struct sandbox_call *calls,
			       size_t count)
{
	size_t n = sizeof(sanitizer_refuse) / sizeof(*sanitizer_refuse);
	int error = add_rules(filter, sanitizer_allow,
			      sizeof(sanitizer_allow) / sizeof(*sanitizer_allow));

	for (size_t i = 0; i < n && !error; i++) {
		int call = seccomp_syscall_resolve_name(sanitizer_refuse[i].name);

		if (call != __NR_SCMP_ERROR && !on_list(calls, count, sanitizer_refuse[i].name))
			error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0);
	}
	return error;
}

int sandbox_filter(const struct sandbox_call *calls, size_t count, const char **why)
{
	const char *mode = getenv("FLEXGATE_SECCOMP");
	bool log_only = mode && strcmp(mode, "log") == 0;
	scmp_filter_ctx filter = seccomp_init(log_only ? SCMP_ACT_LOG : SCMP_ACT_TRAP);
	int error;

	if (!filter) {
		*why = "no memory for the system call filter";
		return -ENOMEM;
	}
	error = install_handler(why);
	if (error)
		goto out;
	*why = "the system call filter cannot be built";
	error = add_rules(filter, always, sizeof(always) / sizeof(*always));
	if (!error)
		error = add_rules(filter, calls, count);
	if (!error && SANITIZED)
		error = add_sanitizer_rules(filter, calls, count);
	/* Calls of another architecture, x32 included, have other numbers: no list could hold. */
	if (!error)
		error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (!error)
		error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (error)
		goto out;
	if (log_only)
		log_warn("sandbox",
			 "FLEXGATE_SECCOMP=log: forbidden system calls are logged, not refused");
	*why = "the kernel does not take the system call filter (CONFIG_SECCOMP_FILTER)";
	error = seccomp_load(filter);
	confined = error == 0;
out:
	seccomp_release(filter);
	return error;
}
