// SPDX-License-Identifier: BSD-2-Clause
#include "core/file.h"

#include <errno.h>
#include <stdint.h>
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
