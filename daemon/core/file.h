/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* The first len bytes of a file. By position, not by the descriptor's offset: other processes read
 * through the same open file. False: it is shorter, or cannot be read. */
bool file_read(int fd, void *bytes, size_t len);

#endif
