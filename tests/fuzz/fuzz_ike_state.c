// SPDX-License-Identifier: BSD-2-Clause
/*
 * The IKE core under a sequence of messages: clear ones as the input says, sealed ones around
 * payloads of the input with the right keys, answers of aaa and flexd early and late, time. After
 * each sequence everything that is not an established session must be gone by itself.
 */
#include "support/gateway.h"

#include "core/log.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum operation {
	OP_INIT,   /* a new client; u8 count, then u16 offset and u8 mask of each changed byte;
		    * bit 7 of count: it speaks MOBIKE */
	OP_KEYED,  /* deliver the gateway's answers, no further */
	OP_AUTH,   /* u16 knobs: the client's IKE_AUTH, half delivered */
	OP_TALK,   /* let both talk until they are quiet */
	OP_SEALED, /* u8 exchange, flags, message ID, first payload, u16 length, payloads */
	OP_CLEAR,  /* u8: with our SPIs?, u16 length, bytes */
	OP_STEP,   /* u8 messages to aaa and flexd */
	OP_WAIT,   /* u16 times 10 ms */
	OP_AAA,    /* u8: down? */
	OP_ORDER,  /* u8 session: flexd clears it */
	OP_REFUSE, /* u8 cause of begin, u8 cause of SA */
	OP_DELETE,
	OP_CHILD,
	OP_STOP,
	OP_REPEAT,   /* what the client sent last */
	OP_MOVE,     /* u8: the client sends from another address, bit 7: or IPv6; u16 port */
	OP_IDLE,     /* u8: is ESP of every session heard? */
	OP_LOCALS,   /* u8: how many addresses we have */
	OP_REKEY,    /* u8 REKEY_*: the client's CREATE_CHILD_SA */
	OP_FOLLOWUP, /* u8 FOLLOWUP_*: its IKE_FOLLOWUP_KE */
	OP_OLD,      /* it deletes what it has replaced */
	OP_LIFE,     /* u8: an SA of the first session has reached a limit; bit 0: the hard one */
	OPERATIONS,
};

enum { OPERATIONS_MAX = 48, INNER_MAX = 2048 };
enum { REKEY_IKE = 1, REKEY_KE = 2, REKEY_MORE = 12 /* how many additional key exchanges */ };
enum { FOLLOWUP_LINK = 1, FOLLOWUP_METHOD = 2 }; /* another one than it should be */

static const uint16_t methods[] = { IKE_GROUP_ECP_256, IKE_GROUP_ECP_384, IKE_GROUP_ECP_521 };

static const char conf[] =
	"[gateway]\noutside = eth0\n[ikev2-proposal p]\nadditional-key-exchange-1 = 19 none\n"
	"additional-key-exchange-2 = 20 none\nadditional-key-exchange-3 = 21 none\n"
	"[pool p4]\nprefix = 10.10.0.0/24\n[pool p6]\nprefix = 2001:db8:10::/64\n"
	"[ikev2-authorization-policy all]\npool = p4\nipv6-pool = p6\n[virtual-template 1]\n"
	"[ikev2-keyring ring]\npsk = k\n[ikev2-profile all]\nmatch-identity-remote = any\n"
	"identity-local = fqdn gateway.example.org\nauthentication-local = pre-share\n"
	"authentication-remote = pre-share\nkeyring-local = ring\nproposal = p\n"
	"aaa-authorization-group = all\nvirtual-template = 1\n";

struct fuzz {
	struct gateway gw;
	struct initiator *in;
	struct rd rd;
};

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fuzz_ike_state: %s\n", what);
	abort();
}

static void deliver(struct fuzz *f)
{
	gateway_receive(&f->gw, f->in->out, f->in->out_len, &f->in->peer, &f->in->local);
}

static void op_init(struct fuzz *f)
{
	struct initiator_setup setup;
	uint8_t count = 0, mask;
	uint16_t at;

	initiator_free(f->in);
	rd_u8(&f->rd, &count);
	gateway_client(&f->gw, &setup);
	setup.want6 = setup.want_dns = true;
	if (count & 0x80)
		setup.in_auth[0].type = IKE_NOTIFY_MOBIKE_SUPPORTED;
	check(initiator_new(&setup, &f->in) == 0 && initiator_init(f->in) > 0, "no client");
	count &= 0x7f;
	while (count-- && rd_be16(&f->rd, &at) && rd_u8(&f->rd, &mask))
		f->in->out[at % f->in->out_len] ^= mask;
	deliver(f);
}

static void op_keyed(struct fuzz *f)
{
	struct gateway_datagram d;

	while (gateway_take(&f->gw, &d))
		initiator_receive(f->in, d.bytes, d.len);
}

static void op_auth(struct fuzz *f)
{
	uint16_t knobs = 0;

	rd_be16(&f->rd, &knobs);
	f->in->setup.knobs = knobs;
	if (f->in->state == INITIATOR_KEYED && initiator_auth(f->in))
		deliver(f);
}

static void op_sealed(struct fuzz *f)
{
	struct ike_header header = initiator_header(f->in, IKE_EXCHANGE_INFORMATIONAL);
	uint8_t exchange, flags, id, first, bytes[INNER_MAX];
	uint16_t len;
	const uint8_t *p;

	if (!rd_u8(&f->rd, &exchange) || !rd_u8(&f->rd, &flags) || !rd_u8(&f->rd, &id) ||
	    !rd_u8(&f->rd, &first) || !rd_be16(&f->rd, &len) || len > sizeof(bytes) ||
	    !rd_bytes(&f->rd, &p, len))
		return;
	memcpy(bytes, p, len);
	header.exchange = exchange;
	header.flags = flags;
	header.message_id += id;
	const struct ike_writer w = { .wr = { .p = bytes, .len = len, .cap = sizeof(bytes) },
				      .first = first,
				      .inner = true,
				      .any = len > 0 };

	if (initiator_seal(f->in, &header, &w))
		deliver(f);
}

static void op_clear(struct fuzz *f)
{
	uint8_t ours, bytes[INNER_MAX];
	const uint8_t *p;
	uint16_t len;

	if (!rd_u8(&f->rd, &ours) || !rd_be16(&f->rd, &len) || len > sizeof(bytes) ||
	    !rd_bytes(&f->rd, &p, len))
		return;
	memcpy(bytes, p, len);
	if (ours && len >= IKE_HEADER_LEN) {
		struct wr spis = wr_of(bytes, 16), length = wr_of(bytes + IKE_LENGTH_AT, 4);

		wr_be64(&spis, f->in->spi_i);
		wr_be64(&spis, f->in->spi_r);
		wr_be32(&length, len);
	}
	gateway_receive(&f->gw, bytes, len, &f->in->peer, &f->in->local);
}

static void op_order(struct fuzz *f)
{
	struct msg_session_clear order = { .cause = FG_CAUSE_operator_clear };
	const struct gateway_session *session;
	uint8_t id = 0;

	rd_u8(&f->rd, &id);
	session = gateway_session_of(&f->gw, id);
	if (!session)
		return;
	order.ike = session->ike;
	order.session = session->id;
	check(ike_from_broker(f->gw.core, MSG_SESSION_CLEAR, &order) == 0, "clear is refused");
}

static void op_move(struct fuzz *f)
{
	uint8_t to = 0;
	uint16_t port = 0;

	rd_u8(&f->rd, &to);
	rd_be16(&f->rd, &port);
	ip_parse(to & 0x80 ? "2001:db8:c::" : "192.0.2.0", &f->in->local.ip);
	ip_parse(to & 0x80 ? "2001:db8:1::1" : "198.51.100.1", &f->in->peer.ip);
	f->in->local.ip = ip_add(&f->in->local.ip, to & 0x7f);
	f->in->local.port = htons(port);
}

static void op_locals(struct fuzz *f)
{
	struct fg_ip local[FG_LOCALS];
	uint8_t count = 0;

	rd_u8(&f->rd, &count);
	for (unsigned i = 0; i < FG_LOCALS; i++)
		local[i] = ip_from4(htonl(0xc6336401 + i));
	ike_core_set_locals(f->gw.core, local, count % (FG_LOCALS + 1));
}

static void op_rekey(struct fuzz *f)
{
	struct initiator_setup *setup = &f->in->setup;
	struct conf_additional more = { 0 };
	uint8_t how = 0;

	rd_u8(&f->rd, &how);
	for (size_t i = 0; i < (how & REKEY_MORE) / 4u; i++) {
		more.method[i][0] = methods[i];
		more.count[i] = 1;
	}
	setup->proposal.additional = more;
	setup->pfs = (struct ike_pfs){ .group = { IKE_GROUP_X25519 },
				       .group_count = how & REKEY_KE ? 1 : 0,
				       .additional = more,
				       .ke = how & REKEY_KE ? IKE_GROUP_X25519 : 0 };
	if (f->in->sk_out && (how & REKEY_IKE ? initiator_rekey_ike : initiator_rekey_child)(f->in))
		deliver(f);
}

static void op_followup(struct fuzz *f)
{
	struct initiator_create *create = &f->in->create;
	uint8_t how = 0;

	rd_u8(&f->rd, &how);
	create->link[0] ^= how & FOLLOWUP_LINK;
	if (how & FOLLOWUP_METHOD && create->at < CONF_ADDITIONAL_MAX)
		create->method[create->at] = IKE_GROUP_X25519;
	if (f->in->sk_out && initiator_followup(f->in))
		deliver(f);
}

static void op_life(struct fuzz *f)
{
	const struct gateway_session *session = gateway_session_of(&f->gw, 1);
	uint8_t hard = 0;

	rd_u8(&f->rd, &hard);
	for (size_t i = 0; session && !session->ended && i < GATEWAY_SAS; i++) {
		const struct gateway_sa *sa = &f->gw.sa[i];

		if (sa->used && sa->session == 1 && sa->spi_out && sa->until_ms == IKE_NEVER) {
			gateway_life(&f->gw, sa->spi_in, hard & 1);
			return;
		}
	}
}

static void op_small(struct fuzz *f, enum operation op)
{
	uint8_t a = 0, b = 0;
	uint16_t wait = 0;

	switch (op) {
	case OP_STEP:
		rd_u8(&f->rd, &a);
		while (a-- && gateway_step(&f->gw))
			;
		break;
	case OP_WAIT:
		rd_be16(&f->rd, &wait);
		gateway_wait(&f->gw, wait * 10ull);
		break;
	case OP_AAA:
		rd_u8(&f->rd, &a);
		f->gw.aaa_down = a & 1;
		break;
	case OP_REFUSE:
		rd_u8(&f->rd, &a);
		rd_u8(&f->rd, &b);
		f->gw.refuse_begin = a;
		f->gw.refuse_sa = b;
		break;
	case OP_IDLE:
		rd_u8(&f->rd, &a);
		f->gw.idle_in_ms = a & 1 ? 0 : UINT32_MAX;
		break;
	case OP_STOP:
		ike_stop(f->gw.core);
		break;
	default:
		break;
	}
}

static void operate(struct fuzz *f, enum operation op)
{
	switch (op) {
	case OP_INIT:
		op_init(f);
		break;
	case OP_KEYED:
		op_keyed(f);
		break;
	case OP_AUTH:
		op_auth(f);
		break;
	case OP_TALK:
		gateway_talk(&f->gw, f->in);
		break;
	case OP_SEALED:
		op_sealed(f);
		break;
	case OP_CLEAR:
		op_clear(f);
		break;
	case OP_ORDER:
		op_order(f);
		break;
	case OP_DELETE:
		if (initiator_delete(f->in))
			deliver(f);
		break;
	case OP_CHILD:
		if (initiator_create_child(f->in))
			deliver(f);
		break;
	case OP_REPEAT:
		if (f->in->out_len)
			deliver(f);
		break;
	case OP_MOVE:
		op_move(f);
		break;
	case OP_LOCALS:
		op_locals(f);
		break;
	case OP_REKEY:
		op_rekey(f);
		break;
	case OP_FOLLOWUP:
		op_followup(f);
		break;
	case OP_OLD:
		if (f->in->sk_out && initiator_delete_old(f->in))
			deliver(f);
		break;
	case OP_LIFE:
		op_life(f);
		break;
	default:
		op_small(f, op);
	}
}

/* The clients are gone: time alone must clean up, by dead peer detection what is established. */
static void sweep(struct fuzz *f)
{
	const struct ike_core *core = f->gw.core;

	gateway_settle(&f->gw);
	f->gw.idle_in_ms = UINT32_MAX;
	for (int i = 0; i < 30; i++) {
		f->gw.out_count = 0;
		gateway_wait(&f->gw, 20000);
	}
	check(core->half_open == 0 && core->sources.count == 0, "the budget is not given back");
	check(core->by_spi.count == 0, "an SA does not end");
	check(core->timers.count == 0, "a timer is left");
	check(gateway_sessions(&f->gw) == 0, "a session does not end");
	check(f->gw.strange == 0, "flexd heard nonsense");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz *f = calloc(1, sizeof(*f));
	uint8_t op;

	check(f != NULL, "no memory");
	gateway_open(&f->gw, conf);
	f->rd = rd_of(data, size);
	op_init(f);
	for (int i = 0; i < OPERATIONS_MAX && rd_u8(&f->rd, &op); i++) {
		operate(f, op % OPERATIONS);
		if (f->gw.out_count > GATEWAY_QUEUE / 2)
			f->gw.out_count = 0;
	}
	sweep(f);
	initiator_free(f->in);
	gateway_close(&f->gw);
	free(f);
	return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	log_open("fuzz", LOG_LEVEL_ERROR);
	return 0;
}
