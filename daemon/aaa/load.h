/* SPDX-License-Identifier: BSD-2-Clause */
/* The secrets file as a descriptor: flexd has copied it, this process could not. */
#ifndef AAA_LOAD_H
#define AAA_LOAD_H

#include "conf/secrets.h"

#include <stddef.h>

/* Takes fd. NULL: why says what is wrong, in one sentence. */
struct conf_secrets *aaa_load_secrets(int fd, const struct conf *conf, char *why, size_t cap);

#endif
