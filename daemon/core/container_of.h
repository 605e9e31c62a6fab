/* SPDX-License-Identifier: BSD-2-Clause */
/* From a link or a timer to the object that it lies in. */
#ifndef CORE_CONTAINER_OF_H
#define CORE_CONTAINER_OF_H

#include <stddef.h>

#define container_of(member_of_it, type, member)                                                   \
	((type *)(void *)((char *)(member_of_it)-offsetof(type, member)))

#endif
