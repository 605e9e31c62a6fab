/* SPDX-License-Identifier: BSD-2-Clause */
/* The UDP sockets of IKE, ports 500 and 4500: bound here, read by ike. */
#ifndef SESSION_SOCKETS_H
#define SESSION_SOCKETS_H

#include "conf/conf.h"

enum { IKE_SOCKETS_MAX = 2 * FG_LOCALS };

struct ike_sockets {
	struct {
		int fd;
		struct endpoint local; /* the wildcard: 0.0.0.0 or :: */
	} at[IKE_SOCKETS_MAX];
	size_t count;
};

/* For every local-address, or wildcards of both families. 0 or -errno with a sentence logged. */
int ike_sockets_open(struct ike_sockets *sockets, const struct conf_gateway *gateway);
void ike_sockets_close(struct ike_sockets *sockets);

#endif
