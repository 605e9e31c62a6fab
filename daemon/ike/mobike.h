/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MOBIKE, RFC 4555, on the side that does not move by itself: a client tells where it is now, we
 * look whether it is there, and its traffic follows. Which other addresses it has does not matter:
 * the client alone decides where it is reached.
 */
#ifndef IKE_MOBIKE_H
#define IKE_MOBIKE_H

#include "ike/core.h"
#include "ike/nat.h"
#include "ike/rules.h"

enum { IKE_COOKIE2_LEN = 16 };

/* Of an IKE SA whose client speaks it. */
struct ike_mobike {
	struct ike_path proven; /* where its traffic goes; sa->path is ahead of it while we check */
	struct ike_nat nat;     /* on sa->path, in force when that is proven */
	uint32_t moves;         /* UPDATE_SA_ADDRESSES obeyed so far */
	uint32_t asked;         /* `moves` when the check that is out was made */
	uint8_t cookie2[IKE_COOKIE2_LEN];
};

/* --- login.c, auth.c: IKE_AUTH --- */

/* To be kept until the client is proven. NULL: it does not speak MOBIKE, or no memory. Free it with
 * free(). */
struct ike_mobike *ike_mobike_read(const struct ike_message *m);
/* NO_NATS_ALLOWED, 3.9: does it name the addresses that we see, if it is there at all? */
bool ike_mobike_no_nat(const struct ike_message *m, const struct ike_path *path);
/* MOBIKE_SUPPORTED and our other addresses into the answer; from now on it holds. */
void ike_mobike_begin(struct ike_core *core, struct ikesa *sa, struct ike_mobike *mobike,
		      struct ike_writer *w);

/* --- info.c: INFORMATIONAL --- */

/* Obey what MOBIKE says in a request and put our side of it into the answer. True: the client has
 * moved, ike_mobike_moved() is due when the answer is out. */
bool ike_mobike_request(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
			const struct ike_arrival *from, struct ike_writer *w);
/* Check the new address, or let the traffic follow at once. */
void ike_mobike_moved(struct ike_core *core, struct ikesa *sa);

/* --- task.c, exchange.c: requests of ours --- */

/* IKE_TASK_ROUTABILITY: is the client where it says? 3.7. */
bool ike_routability_build(struct ike_core *core, struct ikesa *sa, struct ike_writer *w);
bool ike_routability_answered(struct ike_core *core, struct ikesa *sa, const struct ike_message *m);
/* It is about to be sent again: after some tries to where the client was before. */
void ike_routability_retry(struct ike_core *core, struct ikesa *sa);
/* Our addresses have changed: the client is told, from one that we have. The SA may be gone
 * afterwards. */
void ike_mobike_locals(struct ike_core *core, struct ikesa *sa);
/* IKE_TASK_ADDRESSES: our addresses have changed. */
bool ike_addresses_build(struct ike_core *core, struct ikesa *sa, struct ike_writer *w);
bool ike_addresses_answered(struct ike_core *core, struct ikesa *sa, const struct ike_message *m);

/* --- core.c --- */

/* ESP of a client behind a NAT came from there, proven and newer than any before: 3.8 lets these
 * move it, while IKE messages do not. */
void ike_mobike_esp_moved(struct ikesa *sa, const struct msg_peer_moved *moved);

#endif
