// SPDX-License-Identifier: BSD-2-Clause
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

bool file_read(int fd, void *bytes, size_t len)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = pread(fd, (uint8_t *)bytes + have, len - have, (off_t)have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	return true;
}

int file_open(const char *path, struct stat *st, char *why, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	/* flexd keeps none of root's rights over files. */
	if (fd < 0 && errno == EACCES && geteuid() == 0)
		snprintf(why, cap,
			 "may not be read by root as its owner and mode are; chown it to root");
	else if (fd < 0 || fstat(fd, st) < 0)
		snprintf(why, cap, "cannot be opened: %s", strerror(errno));
	else if (S_ISDIR(st->st_mode))
		snprintf(why, cap, "is a directory");
	else if (!S_ISREG(st->st_mode))
		snprintf(why, cap, "is not a regular file");
	else
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Returns a descriptor, or -1 and errno. */
static int copy_by_kernel(int from, size_t size)
{
	int to = memfd_create("flexgate.secret", MFD_CLOEXEC);
	off_t at = 0;

	if (to < 0)
		return -1;
	while ((size_t)at < size) {
		ssize_t n = sendfile(to, from, &at, size - (size_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int error = n < 0 ? errno : EIO; /* it has become shorter */

			close(to);
			errno = error;
			return -1;
		}
	}
	return to;
}

int file_copy_secret(const char *path, size_t min, size_t max, char *why, size_t cap)
{
	struct stat st;
	int fd = file_open(path, &st, why, cap), copy = -1;

	if (fd < 0)
		return -1;
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		snprintf(why, cap, "gives rights to group or others (mode %04o); chmod 0600 it",
			 (unsigned)st.st_mode & 07777);
	else if (st.st_uid != geteuid())
		snprintf(why, cap, "belongs to another user; chown it to root");
	else if ((size_t)st.st_size < min || (size_t)st.st_size > max)
		snprintf(why, cap, "has %lld bytes; expected %zu to %zu", (long long)st.st_size,
			 min, max);
	else if ((copy = copy_by_kernel(fd, (size_t)st.st_size)) < 0)
		snprintf(why, cap, "cannot be copied: %s", strerror(errno));
	close(fd);
	return copy;
}
