/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `flexctl trace ike`: the messages, states and refusals of one client, live, as lines of text.
 * Names of payloads and notifies, never their content: no key and no secret can be in a line. While
 * nobody traces, a call costs one comparison.
 */
#ifndef IKE_TRACE_H
#define IKE_TRACE_H

#include "ike/core.h"
#include "ike/rules.h"

enum {
	IKE_TRACE_BACKLOG = 128, /* lines kept for clients whose identity is not known yet */
};

/*
 * Follow `whom`, an address or an identity as it is written in the configuration, with or without
 * its kind, in slot 0 to IKE_TRACES - 1. What a client did before it said who it is comes first.
 * False: no such slot, or no memory.
 */
bool ike_trace_begin(struct ike_core *core, uint32_t slot, const char *whom);
void ike_trace_end(struct ike_core *core, uint32_t slot);
void ike_trace_free(struct ike_core *core);

/* A line about an IKE SA. */
void ike_trace_line(struct ike_core *core, const struct ikesa *sa, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A line about somebody who has no IKE SA. */
void ike_trace_stranger(struct ike_core *core, const struct ike_path *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* "<- IKE_AUTH request 1: IDi CERT AUTH ..."; m has been read. sa NULL: from a stranger. */
void ike_trace_received(struct ike_core *core, const struct ikesa *sa, const struct ike_path *path,
			const struct ike_message *m);
/* "-> ..." of a message of ours, given its header and its payloads. */
void ike_trace_sent(struct ike_core *core, const struct ikesa *sa, const struct ike_header *header,
		    uint8_t first, const uint8_t *payloads, size_t len);
/* The identity of this SA has become known. */
void ike_trace_identified(struct ike_core *core, const struct ikesa *sa);

#endif
