/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_SUPPORT_UNHEARD_H
#define TESTS_SUPPORT_UNHEARD_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

/* A set-up whose processes write their log to somebody who has gone. */
static inline int unheard(int (*set_up)(void **state), void **state)
{
	int saved = dup(STDERR_FILENO), ends[2], result;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[0]);
	close(ends[1]);
	result = set_up(state);
	dup2(saved, STDERR_FILENO);
	close(saved);
	return result;
}

#endif
