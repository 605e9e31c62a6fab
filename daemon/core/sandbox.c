// SPDX-License-Identifier: BSD-2-Clause
#include "core/sandbox.h"

#include "core/sandbox_filter.h"
#include "core/secret.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Rights belong to threads: one that exists already would keep its own. */
static int check_single_thread(const char **why)
{
	struct stat task;

	if (stat("/proc/self/task", &task) == 0 && task.st_nlink > 3) {
		*why = "rights must be given up before the first thread is started";
		return -EBUSY;
	}
	return 0;
}

static int enter_root(const char *root, const char **why)
{
	struct stat st;

	if (stat(root, &st) < 0) {
		*why = "the directory to chroot to cannot be examined";
		return -errno;
	}
	if (!S_ISDIR(st.st_mode) || st.st_uid != 0 || (st.st_mode & 022)) {
		*why = "the directory to chroot to must be root's and writable for nobody else";
		return -EPERM;
	}
	if (chroot(root) < 0 || chdir("/") < 0) {
		*why = "chroot needs CAP_SYS_CHROOT";
		return -errno;
	}
	return 0;
}

static bool kept(const struct sandbox_capability *keep, size_t count, int capability)
{
	for (size_t i = 0; i < count; i++)
		if (keep[i].capability == capability)
			return true;
	return false;
}

/* What no exec can ever bring back. */
static int limit_bounding_set(const struct sandbox_capability *keep, size_t count, const char **why)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) {
		*why = "the ambient capabilities cannot be cleared";
		return -errno;
	}
	for (int c = 0; prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++) {
		if (kept(keep, count, c) || prctl(PR_CAPBSET_READ, c, 0, 0, 0) == 0)
			continue;
		if (prctl(PR_CAPBSET_DROP, c, 0, 0, 0) < 0) {
			*why = "dropping capabilities from the bounding set needs CAP_SETPCAP";
			return -errno;
		}
	}
	return 0;
}

/* Effective and permitted: exactly `keep`. Inheritable: none. */
static int limit_capabilities(const struct sandbox_capability *keep, size_t count, const char **why)
{
	capng_clear(CAPNG_SELECT_CAPS);
	for (size_t i = 0; i < count; i++)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
			     (unsigned)keep[i].capability);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0) {
		*why = "a capability that must be kept is not there, or the others cannot be dropped";
		return -EPERM;
	}
	/* Look, do not believe. */
	if (capng_get_caps_process() != 0) {
		*why = "the capabilities cannot be read";
		return -EPERM;
	}
	for (int c = 0; c <= CAP_LAST_CAP; c++) {
		bool has = capng_have_capability(CAPNG_PERMITTED, (unsigned)c) ||
			   capng_have_capability(CAPNG_EFFECTIVE, (unsigned)c);

		if (has != kept(keep, count, c)) {
			*why = "the capabilities are not what was asked for";
			return -EPERM;
		}
	}
	return 0;
}

static int become(const struct passwd *user, bool keep_capabilities, const char **why)
{
	uid_t real, effective, saved;

	if (user->pw_uid == 0) {
		*why = "the user to become must not be root";
		return -EPERM;
	}
	if (setgroups(0, NULL) < 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0) {
		*why = "changing the groups needs CAP_SETGID";
		return -errno;
	}
	if (prctl(PR_SET_KEEPCAPS, keep_capabilities ? 1 : 0, 0, 0, 0) < 0 ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0) {
		*why = "changing the user needs CAP_SETUID";
		return -errno;
	}
	if (getresuid(&real, &effective, &saved) < 0 || real != user->pw_uid ||
	    effective != user->pw_uid || saved != user->pw_uid) {
		*why = "the user did not change";
		return -EPERM;
	}
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0) {
		*why = "PR_SET_KEEPCAPS cannot be reset";
		return -errno;
	}
	return 0;
}

int sandbox_keep(const struct sandbox_capability *keep, size_t count, const char **why)
{
	int error = limit_bounding_set(keep, count, why);

	return error ? error : limit_capabilities(keep, count, why);
}

/* user, root and capabilities. */
static int limit_identity(const struct sandbox *sandbox, const char **why)
{
	const struct passwd *user = NULL;
	int error = 0;

	/* Before chroot hides the files that name users. */
	if (sandbox->user && !(user = getpwnam(sandbox->user))) {
		*why = "the user to become does not exist";
		return -ENOENT;
	}
	if (sandbox->root)
		error = enter_root(sandbox->root, why);
	if (!error)
		error = limit_bounding_set(sandbox->keep, sandbox->keep_count, why);
	if (!error && user)
		error = become(user, sandbox->keep_count > 0, why);
	if (!error)
		error = limit_capabilities(sandbox->keep, sandbox->keep_count, why);
	if (!error && user && setresuid(0, 0, 0) == 0) {
		*why = "root could be regained";
		error = -EPERM;
	}
	return error;
}

int sandbox_enter(const struct sandbox *sandbox, const char **why)
{
	int parent_death = 0, error;

	error = check_single_thread(why);
	if (error)
		return error;
	prctl(PR_GET_PDEATHSIG, &parent_death, 0, 0, 0);
	error = limit_identity(sandbox, why);
	if (error)
		return error;
	error = secret_harden_process();
	if (error) {
		*why = "core dumps cannot be forbidden";
		return error;
	}
	/* A change of user made the kernel forget it. */
	if (prctl(PR_SET_PDEATHSIG, parent_death, 0, 0, 0) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		*why = "no_new_privs cannot be set";
		return -errno;
	}
	if (sandbox->calls)
		error = sandbox_filter(sandbox->calls, sandbox->call_count, why);
	if (!error)
		*why = NULL;
	return error;
}
