/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests and answers of one IKE SA: message IDs, a window of one, stored answers, our own
 * requests with retransmission. RFC 7296 2.1 to 2.3.
 */
#ifndef IKE_EXCHANGE_H
#define IKE_EXCHANGE_H

#include "ike/core.h"
#include "ike/rules.h"

/* A message for an IKE SA that there is; the gate has looked at the header. */
void ike_exchange_receive(struct ike_core *core, struct ikesa *sa, const struct ike_header *header,
			  const struct ike_arrival *from);

/* SHA-256 of a request as it came. */
bool ike_digest(const void *datagram, size_t len, uint8_t digest[IKE_DIGEST_LEN]);
void ike_send_packet(struct ike_core *core, const struct ike_packet *packet,
		     const struct ike_path *path);
/* The stored answer once more, to where the request came from this time. */
void ike_resend_answer(struct ike_core *core, struct ikesa *sa, const struct ike_path *path);

/* The payloads of an answer or a request of ours. */
struct ike_draft {
	struct ike_writer w;
	uint8_t bytes[IKE_INNER_MAX];
};

void ike_draft_begin(struct ike_draft *draft);
/*
 * Seal, store and send the answer to the request that is open. False: it cannot be made (does not
 * fit, no memory, the key is used up): the SA must be destroyed.
 */
bool ike_answer(struct ike_core *core, struct ikesa *sa, const struct ike_draft *draft);
/* An answer with one notify and nothing else; IKE_NOTIFY 0: with nothing at all. */
bool ike_answer_notify(struct ike_core *core, struct ikesa *sa, uint16_t type, const void *data,
		       size_t len);
/* The request that is open is as if it had never come: its retransmission is taken afresh. */
void ike_unanswer(struct ikesa *sa);

/* A request of ours. Returns 0, -EBUSY while another one waits for its answer, or -errno. */
int ike_request(struct ike_core *core, struct ikesa *sa, uint8_t exchange,
		const struct ike_draft *draft);
/* The open one once more, now, to where the peer is said to be. */
void ike_request_again(struct ike_core *core, struct ikesa *sa);
/* IKE_DUE_RESEND: send it again, or give the peer up. */
void ike_request_retry(struct ike_core *core, struct ikesa *sa);

#endif
