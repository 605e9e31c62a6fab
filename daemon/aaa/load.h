/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that came as descriptors: flexd opened them, this process could not. */
#ifndef AAA_LOAD_H
#define AAA_LOAD_H

#include "conf/conf.h"

#include <stddef.h>

/* Takes fd. NULL: why says what is wrong, in one sentence. */
struct conf *aaa_load_conf(int fd, char *why, size_t cap);
/* As above; the file must be a regular one that group and others cannot touch. */
struct conf_secrets *aaa_load_secrets(int fd, const struct conf *conf, char *why, size_t cap);

#endif
