/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* The first len bytes of a file. By position, not by the descriptor's offset: other processes read
 * through the same open file. False: it is shorter, or cannot be read. */
bool file_read(int fd, void *bytes, size_t len);
/* To read a regular file; what blocks at open() is none. Returns a descriptor, or -1: why says what
 * is wrong, as a predicate. */
int file_open(const char *path, struct stat *st, char *why, size_t cap);
/*
 * A copy in memory of a file of min to max bytes that belongs to us and that nobody else may touch.
 * The kernel moves the bytes: we do not see them. Returns a descriptor, or -1 and why as above.
 */
int file_copy_secret(const char *path, size_t min, size_t max, char *why, size_t cap);

#endif
