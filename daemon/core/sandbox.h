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
	int capability;         /* CAP_* */
	const char *reason;
};

struct sandbox_call {
	const char *name;       /* system call, as libseccomp knows it; unknown on this machine: skipped */
	const char *reason;
};

struct sandbox {
	const char *user;               /* NULL: stay who we are */
	const char *root;               /* chroot to this empty directory; NULL: none */
	const struct sandbox_capability *keep;
	size_t keep_count;
	const struct sandbox_call *calls;       /* seccomp allow-list; NULL: no filter */
	size_t call_count;
};

/*
 * In order: chroot, groups, user, bounding set, capabilities, no_new_privs, not dumpable, no core,
 * seccomp (kill the process and name the call on stderr). Returns 0, or -errno with `why` (a static
 * sentence) set. With FLEXGATE_SECCOMP=log in the environment the filter logs instead of killing
 * (for tests that collect the list).
 */
int sandbox_enter(const struct sandbox *sandbox, const char **why);
/* Keep only these capabilities, also in the bounding set; for the broker, which stays root. */
int sandbox_keep(const struct sandbox_capability *keep, size_t count, const char **why);

#endif
