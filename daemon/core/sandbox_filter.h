/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CORE_SANDBOX_FILTER_H
#define CORE_SANDBOX_FILTER_H

#include "core/sandbox.h"

/* The seccomp part of sandbox_enter(); the rest of it comes before. Returns 0, or -errno with why.
 */
int sandbox_filter(const struct sandbox_call *calls, size_t count, const char **why);

#endif
