/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long an SA and a session live. An SA is rekeyed at its soft limit, which each SA draws for
 * itself so that a thousand clients that came at once do not rekey at once, and ends at the hard
 * one. RFC 7296 2.8; RFC 4478 for the session.
 */
#ifndef IKE_LIFE_H
#define IKE_LIFE_H

#include "ike/core.h"

struct ike_message;
struct ike_writer;

/* A CHILD SA is installed: its deadlines, by the configuration of now. */
void ike_life_child(struct ike_core *core, struct ikesa *sa, struct ike_child *child);
/* An IKE SA is established, by login or rekey. */
void ike_life_ike(struct ike_core *core, struct ikesa *sa);
/* The login is good for so many seconds, 0: without limit. */
void ike_life_session(struct ike_core *core, struct ikesa *sa, uint32_t seconds);
/* AUTH_LIFETIME, RFC 4478 2; nothing for 0. */
void ike_life_put(struct ike_writer *w, uint32_t seconds);
/*
 * The client has refused a rekey of ours, so that this login ends at at_ms. It hears of that with
 * our next request, and may authenticate again before: RFC 4478 3.
 */
void ike_life_refused(struct ikesa *sa, uint64_t at_ms);
/* Rows of the tasks: that message. */
bool ike_life_tell_build(struct ike_core *core, struct ikesa *sa, struct ike_writer *w);
bool ike_life_told(struct ike_core *core, struct ikesa *sa, const struct ike_message *m);

/* Bytes and packets of the profile into the message. */
void ike_life_volume(const struct ike_core *core, const struct ikesa *sa, struct msg_sa_add *add);

/* A rekey came to nothing for now: INSTALLED, and another try after a while, later each time. The
 * caller calls ike_child_rearm(). */
void ike_life_again(struct ike_core *core, struct ike_child *child);
void ike_life_ike_again(struct ike_core *core, struct ikesa *sa);
/* The client refused for good: it ends at its hard limit. */
void ike_life_give_up(struct ikesa *sa, struct ike_child *child, uint16_t notify);
/* The peer replaced it and has so long to delete it. */
void ike_life_left(struct ike_core *core, struct ikesa *sa, struct ike_child *child);

/* SA_LIFE of flexd. The SA may be gone afterwards; so it is with the next ones. */
void ike_life_limit(struct ike_core *core, struct ikesa *sa, const struct msg_sa_life *life);
/* Deadlines: due.h. */
void ike_life_child_due(struct ike_core *core, struct ikesa *sa);
void ike_life_rekey_due(struct ike_core *core, struct ikesa *sa);
void ike_life_over(struct ike_core *core, struct ikesa *sa);
void ike_life_session_over(struct ike_core *core, struct ikesa *sa);

#endif
