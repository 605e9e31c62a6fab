/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an IKE SA waits for by the clock: one deadline of each kind, one timer for the earliest.
 */
#ifndef IKE_DUE_H
#define IKE_DUE_H

#include "ike/timer.h"

struct ike_core;
struct ikesa;

enum ike_due {
	IKE_DUE_STATE,     /* the SA may not stay in its state any longer */
	IKE_DUE_RESEND,    /* our request has no answer yet */
	IKE_DUE_FOLLOWUP,  /* the peer goes on with its additional key exchanges: followup.h */
	IKE_DUE_FRAGMENTS, /* a message in fragments is not complete */
	IKE_DUE_CHILD,     /* the earliest deadline of its CHILD SAs: life.h, as the next ones */
	IKE_DUE_REKEY,     /* the IKE SA should be rekeyed */
	IKE_DUE_EXPIRE,    /* and must have been */
	IKE_DUE_SESSION,   /* the client must have authenticated again */
	IKE_DUE_DPD,       /* was the client heard lately? */
	IKE_DUE_KEEPALIVE,
	IKE_DUES,
};

/* Milliseconds on the env's clock; IKE_NEVER: nothing is due. */
void ike_due_at(struct ike_core *core, struct ikesa *sa, enum ike_due due, uint64_t at_ms);
/* The SA's timer has gone off: the earliest deadline that is over is dealt with. The SA may be gone
 * afterwards. */
void ike_due_over(struct ike_core *core, struct ikesa *sa);

#endif
