/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NAT detection, RFC 7296 2.23: a hash over SPIs, address and port, as each side believes them.
 */
#ifndef IKE_NAT_H
#define IKE_NAT_H

#include "ike/sa.h"
#include "ike/wire/build.h"

struct ike_nat {
	bool came; /* the message had both notifies; else the other two say nothing */
	bool peer, local;
};

/* What a message that came on this path says about NATs: there is one where notifies came and none
 * of them fits what we see. */
struct ike_nat ike_nat_read(const struct ike_message *m, const struct ike_path *path);
/* Both notifies for a message that leaves on this path. */
void ike_nat_put(struct ike_writer *w, const struct ikesa *sa, const struct ike_path *path);
/* RFC 7296 2.23: as soon as there is a NAT, and only where the peer floated. */
static inline bool ike_nat_udp(const struct ikesa *sa)
{
	return (sa->peer_nat || sa->local_nat) && sa->path.local.port == htons(FG_NATT_PORT);
}

#endif
