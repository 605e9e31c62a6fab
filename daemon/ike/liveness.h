/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is the client still there, RFC 7296 2.4, and does the NAT before us still know the way? 2.23.
 */
#ifndef IKE_LIVENESS_H
#define IKE_LIVENESS_H

#include "ike/core.h"

struct ike_message;
struct ike_writer;

/* The SA is up, or took over from one that was. */
void ike_liveness_begin(struct ike_core *core, struct ikesa *sa);
/* IKE_DUE_DPD: nothing was heard for a while; ask flexd whether ESP was, or the client itself. */
void ike_dpd_due(struct ike_core *core, struct ikesa *sa);
/* IDLE of flexd. */
void ike_dpd_idle(struct ike_core *core, struct ikesa *sa, const struct msg_idle *idle);
/* IKE_TASK_DPD: an empty INFORMATIONAL. */
bool ike_dpd_build(struct ike_core *core, struct ikesa *sa, struct ike_writer *w);
bool ike_dpd_answered(struct ike_core *core, struct ikesa *sa, const struct ike_message *m);
/* Again from now on, if we are behind a NAT: the path may be another one. */
void ike_keepalive_begin(struct ike_core *core, struct ikesa *sa);
/* IKE_DUE_KEEPALIVE */
void ike_keepalive_due(struct ike_core *core, struct ikesa *sa);

/* When the open request goes out again, in ms, and how long it may stay without an answer in all.
 */
uint64_t ike_retry_ms(const struct ike_core *core, const struct ikesa *sa);
uint64_t ike_patience_ms(const struct ike_core *core, const struct ikesa *sa);

#endif
