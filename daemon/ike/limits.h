/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every limit of the IKE core in one place. What the operator sets is in conf.gateway.
 */
#ifndef IKE_LIMITS_H
#define IKE_LIMITS_H

enum {
	IKE_MARKER_LEN = 4,        /* non-ESP marker, RFC 3948 2.2 */
	IKE_DIGEST_LEN = 32,       /* SHA-256 of a datagram, to know it again */
	IKE_NONCE_LEN = 32,        /* ours: half of the longest PRF key, RFC 7296 2.10 */
	IKE_INNER_MAX = 32 * 1024, /* payloads of a message that we make: room for long chains */
	IKE_MESSAGE_MAX = 4096 + 1024, /* IKE_SA_INIT, which is never in fragments */

	/* Messages in fragments, RFC 7383. */
	IKE_FRAGMENTS_MAX = 256,               /* of one message */
	IKE_WHOLE_MAX = 64 * 1024,             /* bytes that one message takes, */
	IKE_WHOLE_SETUP_MAX = 32 * 1024,       /* and one of a peer that has not proved who it is */
	IKE_FRAGMENTS_HELD = 32 * 1024 * 1024, /* and all that are not complete */
	IKE_FRAGMENTS_MS = 30 * 1000,          /* an incomplete one waits this long */
	/* What every path carries, RFC 791 and RFC 8200: the size after a retransmission. */
	IKE_MTU_SMALL4 = 576,
	IKE_MTU_SMALL6 = 1280,

	/* One source address (IPv6: /64) may hold this part of the half-open budget. */
	IKE_SOURCE_SHARE = 4,
	IKE_SOURCE_MIN = 32,

	/* A cookie is demanded for so long after each reason for it; flexd hears of it this often.
	 */
	IKE_COOKIE_DEMAND_MS = 10 * 1000,
	IKE_COOKIE_TELL_MS = 1000,
	/* Messages for a half-open SA that fail its integrity check, RFC 8019 4.7. To look at one
	 * costs no more than to look at any stray datagram, and who sees the SPIs on the way can
	 * send them: few of them must not end a client's login, but there is an end. */
	IKE_FORGED_MAX = 4096,

	/* Error notifies to strangers, all of them together. */
	IKE_REJECT_BURST = 20,
	IKE_REJECT_PER_S = 10,

	IKE_WINDOW = 1, /* requests of a peer that we take at once, RFC 7296 2.3 */

	/* A stored answer is sent again this often; peers give up after 5 to 12 tries. */
	IKE_RESENDS_MAX = 16,

	/* Our own requests: 1, 2, 4, 8, 16, 16 ... s after the one before; five of them, unless the
	 * peer has reason to take its time. */
	IKE_REQUEST_FIRST_MS = 1000,
	IKE_REQUEST_DOUBLINGS = 4,
	IKE_REQUEST_TRIES = 5,
	IKE_REQUEST_PATIENCE_MS = ((1 << IKE_REQUEST_TRIES) - 1) * IKE_REQUEST_FIRST_MS,

	/* Dead peer detection: tries `retry` seconds apart; an eighth of the interval at random. */
	IKE_DPD_TRIES = 6,
	IKE_DPD_JITTER = 8,
	/* Turned off in the configuration: has a reload turned it on? */
	IKE_DPD_LOOK_MS = 60 * 1000,
	IKE_KEEPALIVE_LOOK_MS = 60 * 1000,

	/* A client with MOBIKE may be between two networks, RFC 4555 3.11. */
	IKE_MOBIKE_PATIENCE_MS = 5 * 60 * 1000,
	/* It is asked at a new address so often, 15 s, before the old one is tried again. */
	IKE_ROUTABILITY_TRIES = 4,

	/* An ended SA stays this long for the sake of its stored answer. */
	IKE_LINGER_MS = 10 * 1000,
	/* An IKE SA without CHILD SA: the client has so long to ask for one. */
	IKE_CHILDLESS_MS = 30 * 1000,

	/* Lifetimes where the profile was removed meanwhile; else as configured. */
	IKE_LIFE_CHILD_S = 3600,
	IKE_LIFE_IKE_S = 86400,
	/* What was under way when an SA was replaced is still opened. */
	IKE_DRAIN_MS = 5 * 1000,
	/* The peer deletes what it replaced, or else we do. */
	IKE_LEFT_MS = 30 * 1000,
	/* A rekey that came to nothing for now is tried again: 10, 20, 40, 60, 60 .. s, and a
	 * random part of it. So many tries are the minutes of RFC 7296 2.25. */
	IKE_RETRY_MS = 10 * 1000,
	IKE_RETRY_MIN_MS = 1000,
	IKE_REKEY_TRIES = 8,
	IKE_GROUPS_TRIED = 3, /* INVALID_KE_PAYLOAD in a row */
	/* Additional key exchanges of a rekey, RFC 9370: the peer has so long for the next one,
	 * longer than most go on to send it again. */
	IKE_FOLLOWUP_MS = 60 * 1000,
	IKE_LINK_LEN = 16,       /* of ours, */
	IKE_LINK_MAX = 4 * 1024, /* and of a peer that keeps its state in it */
	/* At the end peers have this long to answer our DELETE. */
	IKE_STOP_MS = 1000,
};

#endif
