// SPDX-License-Identifier: BSD-2-Clause
#include "worker/forward.h"

#include "../../bpf/policy.h"
#include "worker/selector.h"

#include <arpa/inet.h>
#include <string.h>

enum { ETH_HEADER = 14, WANT_INTERVAL_MS = 1000, MOVE_INTERVAL_MS = 200 };

int forward_open(struct forward *f, const struct maps *maps, struct crypto *crypto, uint32_t index)
{
	memset(f, 0, sizeof(*f));
	f->maps = maps;
	f->count = maps->count + (size_t)index * maps->sessions;
	f->drop = maps->drop + (size_t)index * maps->sessions;
	return sa_table_open(&f->sas, crypto, maps);
}

void forward_close(struct forward *f)
{
	sa_table_close(&f->sas);
}

static void count_drop(struct fg_drop *row, enum fg_drop_reason reason, uint64_t n)
{
	uint64_t *counter = (uint64_t *)row + reason;

	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

void forward_drop(struct forward *f, uint32_t session, enum fg_drop_reason reason, uint64_t n)
{
	count_drop(&f->drop[0], reason, n);
	if (session && session < f->maps->sessions)
		count_drop(&f->drop[session], reason, n);
}

static struct way dropped(struct forward *f, uint32_t session, enum fg_drop_reason reason)
{
	forward_drop(f, session, reason, 1);
	return (struct way){ .door = DOOR_NONE };
}

static struct fg_ip address(const struct fg_packet *p, bool destination)
{
	struct fg_ip ip = { { 0, 0, fg_be32(0xffff), 0 } };

	if (p->version == 4)
		memcpy(&ip.w[3], p->ip + (destination ? 16 : 12), 4);
	else
		memcpy(&ip, p->ip + (destination ? 24 : 8), sizeof(ip));
	return ip;
}

static uint16_t ethertype(uint8_t version)
{
	return version == 4 ? FG_ETH_IP4 : FG_ETH_IP6;
}

static struct way stack_door(struct forward *f, struct frame *frame, uint8_t version)
{
	frame->data -= ETH_HEADER;
	memcpy(frame->data, f->pair_eth, sizeof(f->pair_eth));
	fg_put16(frame->data + 12, ethertype(version));
	return (struct way){ .door = DOOR_STACK };
}

static struct way fast_door(struct frame *frame, const struct hop *hop, uint8_t version)
{
	frame->data -= ETH_HEADER;
	memcpy(frame->data, hop->eth, ETH_HEADER);
	fg_put16(frame->data + 12, ethertype(version));
	return (struct way){ .door = DOOR_PORT, .port = hop->port };
}

/* The way to dst, if a packet of this length may take the fast door. */
static bool fast_way(struct forward *f, const struct fg_ip *dst, uint32_t length, struct hop *hop)
{
	if (!(f->maps->conf->flags & FG_CONF_FAST_DOOR))
		return false;
	switch (hop_find(f->maps, dst, (uint32_t)(f->now_ms / 1000), hop)) {
	case HOP_KNOWN:
		return length <= hop->mtu && hop->port < FG_PORTS && f->ports >> hop->port & 1;
	case HOP_USE_STACK:
		return false;
	case HOP_UNKNOWN:
		break;
	}
	if (limit_pass(&f->wants, limit_key(dst, 0), f->now_ms, WANT_INTERVAL_MS)) {
		struct note note = { .kind = NOTE_HOP_WANT, .dst = *dst };

		f->note(f->note_arg, &note);
	}
	return false;
}

/* Multicast, link-local, what every router on the way has to look at, and IPv6 packets to an
 * IPv4-mapped address: fg_hop would take them for IPv4's. */
static bool kernel_only(const struct fg_packet *p)
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };
	const uint8_t *ip = p->ip;

	if (p->version == 4)
		return ip[16] >= 224 || (ip[16] == 169 && ip[17] == 254) || (ip[0] & 0x0f) != 5;
	return ip[24] == 0xff || (ip[24] == 0xfe && (ip[25] & 0xc0) == 0x80) ||
	       ip[6] == FG_PROTO_HOP_BY_HOP || memcmp(ip + 24, mapped, sizeof(mapped)) == 0;
}

/* RFC 3948 3.1.2 leaves it to the receiver how an address change is noticed: an authenticated
 * packet newer than any before is the proof; an old one replayed from elsewhere is not. */
static void watch_peer(struct forward *f, const struct fg_sa *row, const struct esp_sa *sa,
		       uint32_t generation, const struct esp_in *in)
{
	const struct fg_session *session = &f->maps->session[sa->session];
	struct note note = { .kind = NOTE_MOVED,
			     .session = sa->session,
			     .generation = generation,
			     .peer.ip = address(&in->outer, false) };

	/* Without UDP there is no port that could tell where it is behind its NAT. */
	if (!in->newest || !in->udp || !(row->flags & FG_SA_MOVES))
		return;
	memcpy(&note.peer.port, in->outer.ip + in->outer.l4, sizeof(note.peer.port));
	if (note.peer.port == session->peer_port &&
	    memcmp(&note.peer.ip, &session->peer, sizeof(session->peer)) == 0)
		return;
	if (limit_pass(&f->moves, limit_key(&note.peer.ip, sa->session), f->now_ms,
		       MOVE_INTERVAL_MS))
		f->note(f->note_arg, &note);
}

static void count_received(struct forward *f, uint32_t session, uint32_t bytes)
{
	struct fg_count *row = &f->count[session];

	__atomic_store_n(&row->rx_packets, row->rx_packets + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&row->rx_bytes, row->rx_bytes + bytes, __ATOMIC_RELAXED);
}

static void count_sa(const struct forward *f, struct fg_sa *row, uint32_t bytes)
{
	sa_count(row, f->maps->sa_lock != NULL, bytes, f->now_ms);
}

/* Authenticated and decrypted; what may it do? */
static enum fg_drop_reason judge(const struct forward *f, const struct esp_sa *sa,
				 const struct fg_session *session, struct esp_in *in)
{
	enum fg_drop_reason reason = fg_policy_from_client(&in->inner, session);

	if (reason == FG_DROP_NONE && sa->selectors &&
	    !selector_covers(f->maps, sa->selectors, &in->inner, true))
		return FG_DROP_selector;
	return reason;
}

static struct way from_client(struct forward *f, struct frame *frame, const struct fg_meta *meta)
{
	struct fg_sa *row;
	const struct fg_session *session;
	struct esp_sa *sa = sa_get(&f->sas, meta->sa, FG_SA_IN);
	enum fg_drop_reason reason;
	struct esp_in in;
	struct fg_ip dst;
	struct hop hop;
	uint32_t generation;

	if (!sa || sa->generation != meta->sa_generation || sa->session >= f->maps->sessions)
		return dropped(f, 0, FG_DROP_unknown_spi);
	row = &f->maps->sa[meta->sa];
	session = &f->maps->session[sa->session];
	generation = session->generation; /* the row may change its owner meanwhile */
	if (session->state != FG_SESSION_UP)
		return dropped(f, sa->session, FG_DROP_session_down);
	reason = esp_open(f->sas.crypto, sa, row,
			  f->maps->sa_lock ? &f->maps->sa_lock[meta->sa] : NULL, frame, &in);
	if (reason != FG_DROP_NONE && reason != FG_DROP_dummy)
		return dropped(f, sa->session, reason);
	count_sa(f, row, reason == FG_DROP_NONE ? in.inner.length : 0);
	watch_peer(f, row, sa, generation, &in);
	if (reason == FG_DROP_NONE)
		reason = judge(f, sa, session, &in);
	if (reason != FG_DROP_NONE)
		return dropped(f, sa->session, reason);
	count_received(f, sa->session, in.inner.length);
	dst = address(&in.inner, true);
	if (kernel_only(&in.inner) || !fast_way(f, &dst, in.inner.length, &hop) ||
	    !fg_packet_hop(&in.inner))
		return stack_door(f, frame, in.inner.version);
	return fast_door(frame, &hop, in.inner.version);
}

/*
 * The SA that carries this packet to the client: the first whose selectors cover it. NULL: *reason
 * is why, or FG_DROP_NONE when the list changed under our eyes.
 */
static struct esp_sa *choose_sa(struct forward *f, uint32_t id, const struct fg_packet *inner,
				struct fg_sa **row, enum fg_drop_reason *reason)
{
	uint32_t at = __atomic_load_n(&f->maps->session[id].sa_out, __ATOMIC_ACQUIRE);

	*reason = FG_DROP_no_sa;
	for (uint32_t flows = 0; at && flows < FG_FLOWS_MAX; flows++) {
		struct esp_sa *sa = sa_get(&f->sas, at, FG_SA_OUT);

		*reason = FG_DROP_NONE;
		if (!sa || sa->session != id)
			return NULL;
		*row = &f->maps->sa[at];
		if (!sa->selectors || selector_covers(f->maps, sa->selectors, inner, false))
			return sa;
		at = __atomic_load_n(&(*row)->next, __ATOMIC_ACQUIRE);
		if (__atomic_load_n(&(*row)->generation, __ATOMIC_ACQUIRE) != sa->generation)
			return NULL;
		*reason = FG_DROP_selector;
	}
	return NULL;
}

/*
 * In a rekey flexd makes the new SA the first and then ends the old one: a worker that stands
 * between the two looks again instead of losing the packet. esp_seal() has touched nothing when it
 * says no_sa.
 */
static enum fg_drop_reason seal(struct forward *f, uint32_t id, struct frame *frame,
				const struct fg_packet *inner)
{
	enum { LOOKS = 3 };
	uint32_t bytes = inner->length;
	enum fg_drop_reason reason;
	struct esp_sa *sa;
	struct fg_sa *row;

	for (unsigned look = 0; look < LOOKS; look++) {
		sa = choose_sa(f, id, inner, &row, &reason);
		if (sa)
			reason = esp_seal(f->sas.crypto, sa, row, frame, inner);
		else if (reason != FG_DROP_NONE)
			return reason;
		else
			reason = FG_DROP_no_sa;
		if (reason == FG_DROP_NONE)
			count_sa(f, row, bytes);
		if (reason != FG_DROP_no_sa)
			return reason;
	}
	return FG_DROP_no_sa;
}

/* The program on the port has judged, counted and lowered the TTL. */
static struct way to_client(struct forward *f, struct frame *frame, uint32_t id)
{
	const struct fg_session *session;
	struct fg_packet inner = { .ip = frame->data, .end = frame->end }, outer;
	enum fg_drop_reason reason;
	struct fg_ip dst;
	struct hop hop;

	if (id == 0 || id >= f->maps->sessions)
		return dropped(f, 0, FG_DROP_no_session);
	session = &f->maps->session[id];
	if (session->state != FG_SESSION_UP)
		return dropped(f, id, FG_DROP_session_down);
	if (!fg_packet_parse(&inner))
		return dropped(f, id, FG_DROP_bad_inner);
	frame->end = frame->data + inner.length; /* without padding of the link */
	frame->room += ETH_HEADER;               /* kept for the door */
	reason = seal(f, id, frame, &inner);
	if (reason != FG_DROP_NONE)
		return dropped(f, id, reason);
	outer = (struct fg_packet){ .ip = frame->data, .version = frame->data[0] >> 4 };
	dst = address(&outer, true);
	if (!fast_way(f, &dst, (uint32_t)(frame->end - frame->data), &hop))
		return stack_door(f, frame, outer.version);
	return fast_door(frame, &hop, outer.version);
}

struct way forward_packet(struct forward *f, struct frame *frame, const struct fg_meta *meta)
{
	if (meta->l3 < ETH_HEADER || meta->l3 >= frame->end - frame->data)
		return dropped(f, 0, FG_DROP_bad_frame);
	frame->data += meta->l3;
	if (meta->esp)
		return from_client(f, frame, meta);
	return to_client(f, frame, meta->session);
}
