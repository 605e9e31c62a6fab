/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IKE_LOAD_H
#define IKE_LOAD_H

#include "conf/conf.h"

/* The public configuration from a descriptor that flexd opened. Takes fd. NULL: why says what is
 * wrong, in one sentence. */
struct conf *ike_load_conf(int fd, char *why, size_t cap);

#endif
