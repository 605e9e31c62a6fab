// SPDX-License-Identifier: BSD-2-Clause
#include "core/proc.h"

#include "core/clock.h"
#include "core/ipc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	DELAY_FIRST_MS = 100,
	DELAY_MAX_MS = 10 * 1000,
	LONG_LIFE_MS = 60 * 1000,
};

static void reset_signals(void)
{
	struct sigaction normal = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &normal, NULL); /* KILL and STOP refuse, and need nothing */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Descriptors: null, standard output and error as they are, the channel, then nothing. */
static bool arrange_fds(int channel, int *report)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	*report = fcntl(*report, F_DUPFD_CLOEXEC, PROC_CHANNEL_FD + 1);
	if (*report < 0 || null < 0)
		return false;
	if (channel == PROC_CHANNEL_FD) {
		if (fcntl(channel, F_SETFD, 0) < 0)
			return false;
	} else if (dup2(channel, PROC_CHANNEL_FD) < 0) {
		return false;
	}
	/* Close at exec, not now: the report of a failed exec still has to get through. */
	return dup2(null, STDIN_FILENO) >= 0 &&
	       close_range(PROC_CHANNEL_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

/* In the child: only async-signal-safe calls. Says errno on the pipe when exec does not happen. */
__attribute__((noreturn)) static void run_child(const struct proc *proc, pid_t parent, int channel,
						int report)
{
	int error;

	reset_signals();
	/*
	 * The end of the channel tells a child to end; this is for one that hangs. The kernel
	 * forgets it at a change of user, sandbox_enter() says it again.
	 */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent &&
	    arrange_fds(channel, &report))
		execv(proc->path, (char *const *)(uintptr_t)proc->argv);
	error = errno;
	if (write(report, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

/* Blocks for the time that exec takes. Returns 0, or what the child said as -errno. */
static int wait_for_exec(int report, pid_t pid)
{
	int error = 0;
	ssize_t n;

	do {
		n = read(report, &error, sizeof(error));
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0; /* closed by exec */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return n == sizeof(error) && error > 0 ? -error : -EIO;
}

static void count_start(struct proc *proc)
{
	uint64_t now = clock_ms();

	if (proc->started_ms) {
		proc->restarts++;
		/* The pause before this start counts as life: near enough. */
		if (now - proc->started_ms < LONG_LIFE_MS)
			proc->early_deaths++;
		else
			proc->early_deaths = 0;
	}
	proc->started_ms = now;
}

int proc_start(struct proc *proc, int *channel)
{
	int pair[2], report[2], error;
	pid_t parent = getpid(), pid;

	count_start(proc);
	error = ipc_pair(pair);
	if (error)
		return error;
	if (pipe2(report, O_CLOEXEC) < 0) {
		error = -errno;
		close(pair[0]);
		close(pair[1]);
		return error;
	}
	pid = fork();
	if (pid == 0)
		run_child(proc, parent, pair[1], report[1]);
	error = pid < 0 ? -errno : 0;
	close(pair[1]);
	close(report[1]);
	if (pid > 0)
		error = wait_for_exec(report[0], pid);
	close(report[0]);
	if (error) {
		close(pair[0]);
		return error;
	}
	proc->pid = pid;
	*channel = pair[0];
	return 0;
}

unsigned proc_restart_delay(const struct proc *proc, uint64_t now)
{
	unsigned delay = DELAY_FIRST_MS;

	if (proc->started_ms == 0 || now - proc->started_ms >= LONG_LIFE_MS)
		return delay;
	for (uint32_t i = 0; i < proc->early_deaths && delay < DELAY_MAX_MS; i++)
		delay *= 2;
	return delay < DELAY_MAX_MS ? delay : DELAY_MAX_MS;
}

const char *proc_status_text(int status, char *buf, size_t cap)
{
	if (WIFSIGNALED(status))
		snprintf(buf, cap, "killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else if (WIFEXITED(status))
		snprintf(buf, cap, "exit status %d", WEXITSTATUS(status));
	else
		snprintf(buf, cap, "wait status 0x%x", (unsigned)status);
	return buf;
}

void proc_open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

void proc_set_name(const char *name)
{
	prctl(PR_SET_NAME, name, 0, 0, 0);
}
