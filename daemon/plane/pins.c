// SPDX-License-Identifier: BSD-2-Clause
/* The directory of our pins: a bpffs, root's alone, one flexd at a time. */
#include "core/log.h"
#include "plane/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define BPF_ROOT "/sys/fs/bpf"

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

/* mkdir -p; what it makes is for root only. */
static int make_directory(const char *path)
{
	char at[CONF_TEXT_MAX];

	snprintf(at, sizeof(at), "%s", path);
	for (char *slash = strchr(at + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(at, 0700) && errno != EEXIST)
			return -errno;
		if (!slash)
			return 0;
		*slash = '/';
	}
}

/* sysfs takes no directories of ours, so below BPF_ROOT the mount goes there; else to the directory
 * itself. */
static int mount_bpffs(struct plane *plane, const char *directory)
{
	bool root = strncmp(directory, BPF_ROOT "/", strlen(BPF_ROOT "/")) == 0;
	int error;

	if (root && !is_bpffs(BPF_ROOT) && mount("bpf", BPF_ROOT, "bpf", 0, "mode=0700"))
		return -errno;
	error = make_directory(directory);
	if (error || is_bpffs(directory))
		return error;
	if (mount("bpf", directory, "bpf", 0, "mode=0700"))
		return -errno;
	plane->mounted = true;
	return 0;
}

/* Every pin in a version directory; unpinning lets go of the map once no program uses it. */
static size_t remove_pins(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	size_t n = 0;

	if (!directory)
		return 0;
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] != '.' && unlinkat(dirfd(directory), entry->d_name, 0) == 0)
			n++;
	}
	closedir(directory);
	return n;
}

static int lock_directory(struct plane *plane, const char *directory, struct plane_error *error)
{
	plane->lock_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (plane->lock_fd < 0)
		return plane_fail(error, -errno, "cannot open bpf-directory %s: %s", directory,
				  strerror(errno));
	if (flock(plane->lock_fd, LOCK_EX | LOCK_NB))
		return plane_fail(
			error, -EBUSY,
			"another flexd uses bpf-directory %s: stop it; a second one needs "
			"a network namespace and a bpf-directory of its own",
			directory);
	return 0;
}

int pins_open(struct plane *plane, struct plane_error *error)
{
	const char *directory = plane->conf->gateway.bpf_directory;
	int code = mount_bpffs(plane, directory);
	size_t stale;

	if (code)
		return plane_fail(error, code, "cannot make a BPF file system at %s: %s%s",
				  directory, strerror(-code),
				  code == -EPERM ? " (it takes CAP_SYS_ADMIN at the start)" : "");
	code = lock_directory(plane, directory, error);
	if (code)
		return code;
	snprintf(plane->pins, sizeof(plane->pins), "%.*s/v%d", (int)sizeof(plane->pins) - 16,
		 directory, FG_ABI);
	stale = remove_pins(plane->pins);
	if (stale)
		log_info("plane", "removed %zu pins of an earlier flexd from %s", stale,
			 plane->pins);
	code = make_directory(plane->pins);
	if (code)
		return plane_fail(error, code, "cannot make %s: %s", plane->pins, strerror(-code));
	return 0;
}

void pins_close(struct plane *plane)
{
	const char *directory = plane->conf->gateway.bpf_directory;

	if (plane->pins[0]) {
		remove_pins(plane->pins);
		rmdir(plane->pins);
		rmdir(directory);
	}
	if (plane->lock_fd >= 0)
		close(plane->lock_fd);
	if (plane->mounted && umount2(directory, MNT_DETACH))
		log_debug("plane", "%s stays mounted: %s", directory, strerror(errno));
}
