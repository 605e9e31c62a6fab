/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Giving up rights. Each process names what it keeps, with the reason beside it, in one table in
 * its main file. Failure to give up is fatal for the caller.
 */
#ifndef CORE_SANDBOX_H
#define CORE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sandbox_capability {
	int capability; /* CAP_* */
	const char *reason;
};

struct sandbox_call {
	const char
		*name; /* system call, as libseccomp knows it; unknown on this machine: skipped */
	const char *reason;
};

struct sandbox {
	const char *user; /* NULL: stay who we are */
	const char *root; /* chroot to this empty directory; NULL: none */
	const struct sandbox_capability *keep;
	size_t keep_count;
	const struct sandbox_call *calls; /* seccomp allow-list; NULL: no filter */
	size_t call_count;
};

/*
 * In order: chroot, bounding set, groups, user, capabilities, not dumpable, no core, no_new_privs,
 * seccomp. Needs CAP_SYS_CHROOT, CAP_SETPCAP, CAP_SETGID, CAP_SETUID and a single thread. Returns
 * 0, or -errno with `why` (a static sentence) set.
 *
 * A call that is not on the list ends the process by SIGSYS, after one line on stderr that names
 * the call. What libc itself needs to allocate, to read the clock and to end is always allowed
 * (table in sandbox_filter.c); "mmap" and "mprotect" never with PROT_EXEC, "rt_sigaction" for
 * signals below SIGSYS, "clone" for threads, "tgkill" within the process; "clone3" is answered
 * ENOSYS, so that libc takes clone.
 *
 * FLEXGATE_SECCOMP=log in the environment lets such calls happen and has the kernel's audit log
 * name them. It is for tests that collect a list. Who can set the environment of a process that
 * still has all rights needs no other way in; a confined process cannot change its filter.
 */
int sandbox_enter(const struct sandbox *sandbox, const char **why);
/*
 * Keep only these capabilities, also in the bounding set; for the broker, which stays root. What it
 * starts inherits the bounding set: children that confine themselves need the four named above, so
 * keep them too.
 */
int sandbox_keep(const struct sandbox_capability *keep, size_t count, const char **why);

#endif
