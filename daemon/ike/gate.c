// SPDX-License-Identifier: BSD-2-Clause
/*
 * The way in, cheapest test first. Until ike_exchange_receive() has opened SK nothing that comes
 * here changes an SA: it moves a counter, or makes a stored answer go out again.
 */
#include "ike/close.h"
#include "ike/cookie.h"
#include "ike/exchange.h"
#include "ike/names.h"
#include "ike/reject.h"
#include "ike/trace.h"

static void log_stranger(struct ike_core *core, const struct ike_arrival *from, enum ike_drop drop,
			 uint8_t culprit)
{
	char where[IP_TEXT_MAX];
	struct ike_name room;

	if (log_wanted(LOG_LEVEL_DEBUG) && log_allowed(&core->log_strangers, ike_now(core)))
		log_debug("ike", "%s: %s%s%s", endpoint_text(&from->path.peer, where),
			  ike_drop_text(drop), culprit ? ": " : "",
			  culprit ? ike_payload_name(culprit, &room) : "");
}

static void drop_it(struct ike_core *core, const struct ike_arrival *from, enum ike_drop drop,
		    uint8_t culprit)
{
	ike_count_drop(core, drop);
	ike_trace_stranger(core, &from->path, "<- dropped: %s", ike_drop_text(drop));
	log_stranger(core, from, drop, culprit);
}

/* Port 4500 carries IKE behind four zero bytes, RFC 3948 2.2. ESP and keepalives belong to the data
 * plane; what gets here it did not want. */
static bool strip_marker(struct ike_arrival *from)
{
	struct rd rd = rd_of(from->datagram, from->len);
	uint32_t marker;

	if (from->path.local.port != htons(FG_NATT_PORT))
		return true;
	if (!rd_be32(&rd, &marker) || marker != 0)
		return false;
	from->datagram += IKE_MARKER_LEN;
	from->len -= IKE_MARKER_LEN;
	return true;
}

static enum ike_drop check_header(const struct ike_arrival *from, struct ike_header *header)
{
	struct rd rd = rd_of(from->datagram, from->len);
	bool init;

	if (!ike_header_read(&rd, header))
		return IKE_DROP_short_message;
	if (header->length != from->len)
		return IKE_DROP_bad_length;
	if (header->version >> 4 != IKE_VERSION >> 4)
		return IKE_DROP_bad_version;
	init = header->exchange == IKE_EXCHANGE_IKE_SA_INIT;
	if (init && (header->flags & IKE_FLAG_RESPONSE))
		return IKE_DROP_unexpected_response;
	if (header->spi_i == 0 || init != (header->spi_r == 0))
		return IKE_DROP_bad_spi;
	/* Who asks us to open an IKE SA is its initiator. */
	if (init && !(header->flags & IKE_FLAG_INITIATOR))
		return IKE_DROP_bad_flags;
	if (!ike_exchange_known(header->exchange))
		return IKE_DROP_bad_exchange;
	if (init && header->message_id != 0)
		return IKE_DROP_ahead_message_id;
	return IKE_DROP_NONE;
}

/*
 * One half-open SA at most for one IKE_SA_INIT; its repetition gets the same bytes again. When our
 * answer was lost and the repetition met a demand for cookies, the client comes once more, now with
 * a cookie: then that is its request. True: it is to be taken as a new one.
 */
static bool init_again(struct ike_core *core, struct ikesa *sa, struct ike_arrival *from)
{
	uint8_t digest[IKE_DIGEST_LEN];

	if (sa->state != IKE_STATE_HALF_OPEN) {
		drop_it(core, from, IKE_DROP_old_message_id, 0);
		return false;
	}
	if (ike_digest(from->datagram, from->len, digest) &&
	    memcmp(digest, sa->request_digest, sizeof(digest)) == 0) {
		ike_resend_answer(core, sa, &from->path);
		return false;
	}
	if (!sa->opening->proven)
		ike_cookie_check(core, from);
	if (!from->proven) {
		drop_it(core, from, IKE_DROP_different_request, 0);
		return false;
	}
	ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
	return true;
}

static void init_refused(struct ike_core *core, const struct ike_message *m,
			 const struct ike_arrival *from, enum ike_drop drop, uint8_t culprit)
{
	drop_it(core, from, drop, drop == IKE_DROP_critical_payload ? m->critical : culprit);
	/* INVALID_SYNTAX may not be sent in the clear, RFC 7296 3.10.1. */
	if (drop == IKE_DROP_critical_payload)
		ike_reject(core, &m->header, from, IKE_NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD,
			   &m->critical, 1);
}

/* In this order because a look-up is cheaper than a MAC, a MAC than the payloads, and those than
 * what the handler computes. */
static void init(struct ike_core *core, const struct ike_header *header, struct ike_arrival *from)
{
	struct ikesa *sa = ikesa_find_init(core, header->spi_i, &from->path.peer);
	const struct ike_rule *rule = ike_rule_find(IKE_EXCHANGE_IKE_SA_INIT, false, IKE_STATE_NEW);
	struct ike_message m;
	uint8_t culprit;
	enum ike_drop drop;

	core->stats.init_requests++;
	if (sa && !init_again(core, sa, from))
		return;
	if (!sa)
		ike_cookie_check(core, from);
	if (!from->proven && ike_cookie_demanded(core, &from->path.peer.ip)) {
		drop_it(core, from, IKE_DROP_no_cookie, 0);
		ike_cookie_ask(core, from);
		return;
	}
	if (core->stopping || !ikesa_budget(core, &from->path.peer.ip)) {
		drop_it(core, from, IKE_DROP_half_open_limit, 0);
		return;
	}
	drop = ike_parse_clear(from->datagram, from->len, &m);
	culprit = m.culprit;
	if (drop == IKE_DROP_NONE)
		drop = ike_rule_check(rule, &m, &culprit);
	ike_tally_received(core, &m);
	ike_trace_received(core, NULL, &from->path, &m);
	if (drop == IKE_DROP_NONE)
		rule->handle(core, NULL, &m, from);
	else
		init_refused(core, &m, from, drop, culprit);
}

/* The flag says who began the IKE SA, and so which of the SPIs is ours: RFC 7296 2.6 and 3.1. We
 * are the original initiator of what we rekeyed. */
static struct ikesa *addressee(const struct ike_core *core, const struct ike_header *header)
{
	bool peer_began = header->flags & IKE_FLAG_INITIATOR;
	struct ikesa *sa = ikesa_find(core, peer_began ? header->spi_r : header->spi_i);

	return sa && sa->initiator != peer_began && sa->spi_i == header->spi_i &&
			       sa->spi_r == header->spi_r
		       ? sa
		       : NULL;
}

void ike_receive(struct ike_core *core, void *datagram, size_t len, const struct ike_path *path)
{
	struct ike_arrival from = {
		.path = *path,
		.datagram = datagram,
		.len = len,
	};
	struct ike_header header;
	struct ikesa *sa;
	enum ike_drop drop;

	if (path->peer.port == 0) {
		drop_it(core, &from, IKE_DROP_no_way_back, 0);
		return;
	}
	if (!strip_marker(&from)) {
		ike_count_drop(core, IKE_DROP_esp_on_ike_socket);
		return;
	}
	drop = check_header(&from, &header);
	if (drop != IKE_DROP_NONE) {
		drop_it(core, &from, drop, 0);
		/* Only to what is newer than we are: RFC 7296 2.5. */
		if (drop == IKE_DROP_bad_version && header.version >> 4 > IKE_VERSION >> 4 &&
		    !(header.flags & IKE_FLAG_RESPONSE))
			ike_reject(core, &header, &from, IKE_NOTIFY_INVALID_MAJOR_VERSION, NULL, 0);
		return;
	}
	if (header.exchange == IKE_EXCHANGE_IKE_SA_INIT) {
		init(core, &header, &from);
		return;
	}
	sa = addressee(core, &header);
	if (!sa) {
		drop_it(core, &from, IKE_DROP_unknown_ike_spi, 0);
		return;
	}
	ike_exchange_receive(core, sa, &header, &from);
}
