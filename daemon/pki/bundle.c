// SPDX-License-Identifier: BSD-2-Clause
/* A row of files, each: trustpoint, kind, length of the name, length of the bytes; name; bytes. */
#include "pki/bundle.h"

#include "core/file.h"
#include "core/wr.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER_LEN = 4 + 1 + 2 + 4 };

int pki_bundle_new(void)
{
	int fd = memfd_create("flexgate.pki", MFD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int write_all(int fd, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int pki_bundle_add(int fd, const struct pki_file *file)
{
	size_t name_len = strlen(file->name);
	uint8_t header[HEADER_LEN];
	struct wr wr = wr_of(header, sizeof(header));
	struct stat st;
	int error;

	if (name_len > PKI_NAME_MAX)
		return -ENAMETOOLONG;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (file->len > PKI_FILE_MAX ||
	    (size_t)st.st_size + HEADER_LEN + name_len + file->len > PKI_BUNDLE_MAX)
		return -EFBIG;
	wr_be32(&wr, file->trustpoint);
	wr_u8(&wr, file->kind);
	wr_be16(&wr, (uint16_t)name_len);
	wr_be32(&wr, (uint32_t)file->len);
	error = write_all(fd, header, sizeof(header));
	if (!error)
		error = write_all(fd, file->name, name_len);
	return error ? error : write_all(fd, file->bytes, file->len);
}

uint8_t *pki_bundle_read(int fd, size_t *len)
{
	struct stat st;
	uint8_t *bytes;

	if (fstat(fd, &st) < 0 || st.st_size < 0 || st.st_size > PKI_BUNDLE_MAX)
		return NULL;
	*len = (size_t)st.st_size;
	bytes = malloc(*len + 1);
	if (bytes && file_read(fd, bytes, *len))
		return bytes;
	free(bytes);
	return NULL;
}

bool pki_bundle_next(struct rd *rd, struct pki_file *file)
{
	uint16_t name_len;
	uint32_t len;

	memset(file, 0, sizeof(*file));
	if (rd_end(rd) || !rd_be32(rd, &file->trustpoint) || !rd_u8(rd, &file->kind) ||
	    !rd_be16(rd, &name_len) || !rd_be32(rd, &len))
		return false;
	if (name_len > PKI_NAME_MAX) {
		rd->failed = true;
		return false;
	}
	file->len = len;
	return rd_copy(rd, file->name, name_len) && rd_bytes(rd, &file->bytes, len);
}
