// SPDX-License-Identifier: BSD-2-Clause
/*
 * Messages between processes as a process that was taken over may send them. The input is a row of
 * packets: one octet, two of a length, and so many. The octet says how many descriptors come along;
 * from FITS on, the octets after their first one are the begin of a body that fits the rule which
 * the first one names, so that seeds outlive a change of a message. Every packet goes through
 * ipc_check() out of memory of exactly its size, then the whole row through a channel over a socket
 * pair whose handlers read every text field, refuse what the product refuses, and free the channel
 * now and then.
 */
#include "core/ipc.h"
#include "core/rd.h"
#include "msg.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PACKETS_MAX = 16, FITS = 128 };

static struct event_base *base;
static struct ipc *channel;
static unsigned handled, told;

/* A text field of a message. */
struct field {
	uint32_t type;
	size_t at, cap;
};

#define TEXT(t, s, f)                                                                              \
	{                                                                                          \
		t, offsetof(struct s, f), sizeof(((struct s *)0)->f)                               \
	}

static const struct field texts[] = {
	TEXT(MSG_CONF_PREPARED, msg_conf_prepared, why),
	TEXT(MSG_SESSION_BEGIN, msg_session_begin, profile),
	TEXT(MSG_SESSION_BEGIN, msg_session_begin, ike_suite),
	TEXT(MSG_SA_ADD, msg_sa_add, ts),
	TEXT(MSG_IKE_SA_ROW, msg_ike_sa_row, state),
	TEXT(MSG_IKE_SA_ROW, msg_ike_sa_row, profile),
	TEXT(MSG_IKE_SA_ROW, msg_ike_sa_row, suite),
	TEXT(MSG_IKE_SA_ROW, msg_ike_sa_row, client),
	TEXT(MSG_IKE_SA_ROW, msg_ike_sa_row, vendors),
	TEXT(MSG_IKE_SA_ROW, msg_ike_sa_row, proof),
	TEXT(MSG_IKE_SA_ROW, msg_ike_sa_row, agreed),
	TEXT(MSG_IKE_SA_ROW, msg_ike_sa_row, asking),
	TEXT(MSG_IKE_TALLY, msg_ike_tally, name),
	TEXT(MSG_PKI_ROW, msg_pki_row, trustpoint),
	TEXT(MSG_PKI_ROW, msg_pki_row, what),
	TEXT(MSG_PKI_ROW, msg_pki_row, subject),
	TEXT(MSG_PKI_ROW, msg_pki_row, issuer),
	TEXT(MSG_PKI_ROW, msg_pki_row, key),
	TEXT(MSG_PKI_ROW, msg_pki_row, status),
	TEXT(MSG_ALGORITHM_ROW, msg_algorithm_row, kind),
	TEXT(MSG_ALGORITHM_ROW, msg_algorithm_row, name),
	TEXT(MSG_ALGORITHM_ROW, msg_algorithm_row, library),
	TEXT(MSG_ALGORITHM_ROW, msg_algorithm_row, offered),
	TEXT(MSG_IKE_TRACE, msg_ike_trace, whom),
	TEXT(MSG_IKE_TRACE_LINE, msg_ike_trace_line, text),
	TEXT(MSG_AUTH_VERIFY, msg_auth_verify, profile),
	TEXT(MSG_AUTH_SIGN, msg_auth_sign, profile),
	TEXT(MSG_AUTH_SIGN, msg_auth_sign, trustpoint),
	TEXT(MSG_PPK_MIX, msg_ppk_mix, profile),
	TEXT(MSG_WORKER_START, msg_worker_start, bpf_directory),
	TEXT(MSG_WORKER_START, msg_worker_start, user),
	TEXT(MSG_WORKER_START, msg_worker_start, run_directory),
	TEXT(MSG_WORKER_INFO, msg_worker_info, crypto),
};

static volatile size_t sink;

static int check_texts(uint32_t type, const uint8_t *body)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const char *text = (const char *)body + texts[i].at;

		if (texts[i].type != type)
			continue;
		if (!msg_text_ok(text, texts[i].cap))
			return -EPROTO;
		if (strlen(text) >= texts[i].cap)
			abort();
	}
	return 0;
}

/* What every handler of the product may rely on. */
static int on_any(void *arg, const struct ipc_message *message)
{
	size_t sum = 0;

	(void)arg;
	handled++;
	if (message->fd >= 0)
		close(message->fd);
	if ((uintptr_t)message->body % 8)
		abort();
	for (size_t i = 0; i < message->len; i++)
		sum += ((const uint8_t *)message->body)[i];
	sink = sum;
	return check_texts(message->type, message->body);
}

/* A handler that ends the session of its sender. */
static int on_stop(void *arg, const struct ipc_message *message)
{
	ipc_free(channel);
	channel = NULL;
	return on_any(arg, message);
}

#define FIXED(name, s)                                                                             \
	{                                                                                          \
		MSG_##name, #name, sizeof(struct s), sizeof(struct s), on_any, false               \
	}

/* Nothing but a descriptor. */
#define FILE_ONLY(name)                                                                            \
	{                                                                                          \
		MSG_##name, #name, 0, 0, on_any, true                                              \
	}

/* Those of all channels in one table. */
static const struct ipc_rule rules[] = {
	FILE_ONLY(CONF_PREPARE),
	FILE_ONLY(PKI_PREPARE),
	{ MSG_KEY_PREPARE, "KEY_PREPARE", sizeof(struct msg_key_prepare),
	  sizeof(struct msg_key_prepare), on_any, true },
	FILE_ONLY(SECRETS_PREPARE),
	{ MSG_SOCKET, "SOCKET", sizeof(struct msg_socket), sizeof(struct msg_socket), on_any,
	  true },
	FILE_ONLY(AAA_CHANNEL),
	FIXED(CONF_PREPARED, msg_conf_prepared),
	FIXED(SESSION_BEGIN, msg_session_begin),
	FIXED(SA_ADD, msg_sa_add),
	FIXED(SPI_ASK, msg_spi_ask),
	FIXED(SA_USE, msg_sa_use),
	FIXED(SA_DEL, msg_sa_del),
	FIXED(IDLE_ASK, msg_idle_ask),
	FIXED(SESSION_MOVE, msg_session_move),
	FIXED(SESSION_END, msg_session_end),
	FIXED(SESSION_BEGUN, msg_session_begun),
	FIXED(SESSION_REFUSED, msg_session_refused),
	FIXED(SESSION_CLEAR, msg_session_clear),
	FIXED(LOCALS, msg_locals),
	FIXED(PEER_MOVED, msg_peer_moved),
	FIXED(COOKIE_SECRETS, fg_cookie_secrets),
	FIXED(COOKIE_DEMAND, msg_cookie_demand),
	FIXED(SPI_GIVEN, msg_spi_given),
	FIXED(SA_ADDED, msg_sa_added),
	FIXED(SA_REFUSED, msg_sa_refused),
	FIXED(SA_LIFE, msg_sa_life),
	FIXED(IDLE, msg_idle),
	FIXED(IKE_SHOW, msg_ike_show),
	FIXED(IKE_SA_ROW, msg_ike_sa_row),
	FIXED(IKE_TALLY, msg_ike_tally),
	FIXED(PKI_ROW, msg_pki_row),
	FIXED(ALGORITHM_ROW, msg_algorithm_row),
	FIXED(IKE_STATS, msg_ike_stats),
	FIXED(IKE_TRACE, msg_ike_trace),
	FIXED(IKE_TRACE_LINE, msg_ike_trace_line),
	{ MSG_AUTH_VERIFY, "AUTH_VERIFY", sizeof(struct msg_auth_verify),
	  sizeof(struct msg_auth_verify) + MSG_OCTETS_MAX + MSG_AUTH_MAX, on_any, false },
	{ MSG_AUTH_SIGN, "AUTH_SIGN", sizeof(struct msg_auth_sign),
	  sizeof(struct msg_auth_sign) + MSG_OCTETS_MAX, on_any, false },
	FIXED(AUTH_VERDICT, msg_auth_verdict),
	FIXED(PPK_MIX, msg_ppk_mix),
	FIXED(PPK_MIXED, msg_ppk_mixed),
	FIXED(AUTH_SIGNED, msg_auth_signed),
	FIXED(WORKER_START, msg_worker_start),
	FIXED(WORKER_INFO, msg_worker_info),
	FIXED(HOP_WANT, msg_hop_want),
	FIXED(MOVED, msg_moved),
	{ MSG_STOP, "STOP", 0, 0, on_stop, false },
};

enum { RULES = sizeof(rules) / sizeof(*rules) };

static void on_broken(void *arg, const char *why)
{
	(void)arg;
	if (told++ || !why || !*why || strlen(why) > 250)
		abort(); /* told twice, or nothing */
	if (handled % 2) {
		ipc_free(channel);
		channel = NULL;
	}
}

static void check_one(const uint8_t *packet, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);
	const struct ipc_rule *rule;
	struct ipc_message m;

	if (!exact)
		abort();
	if (len)
		memcpy(exact, packet, len);
	rule = ipc_check(rules, RULES, exact, len, &m);
	if (rule) {
		if ((const uint8_t *)m.body + m.len != exact + len || m.len < rule->min ||
		    m.len > rule->max || m.type != rule->type)
			abort();
		check_texts(m.type, m.body);
	}
	free(exact);
}

static void send_one(int to, const uint8_t *packet, size_t len, unsigned fds)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(7 * sizeof(int))] = { 0 };
	struct iovec part = { (void *)(uintptr_t)packet, len };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };
	int all[7] = { 0 };

	if (fds) {
		struct cmsghdr *c;

		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(fds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fds * sizeof(int));
		memcpy(CMSG_DATA(c), all, fds * sizeof(int));
	}
	(void)sendmsg(to, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* A packet that its rule takes. Returns its length. */
static size_t fitting(uint8_t *packet, struct rd rd)
{
	const struct ipc_rule *rule;
	uint32_t head[2];
	uint8_t which = 0;
	size_t len;

	(void)rd_u8(&rd, &which);
	rule = &rules[which % RULES];
	len = rd.left < rule->min ? rule->min : rd.left < rule->max ? rd.left : rule->max;
	head[0] = rule->type;
	head[1] = (uint32_t)len;
	memcpy(packet, head, sizeof(head));
	memset(packet + sizeof(head), 0, len);
	memcpy(packet + sizeof(head), rd.p, rd.left < len ? rd.left : len);
	return sizeof(head) + len;
}

/* The number the next descriptor would get: the same before and after, or one stayed. */
static int next_descriptor(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ipc_events events = { rules, RULES, NULL, on_broken };
	static uint8_t whole[8 + IPC_MESSAGE_MAX];
	struct rd rd = rd_of(data, size);
	int pair[2], before;

	if (!base)
		base = event_base_new();
	before = next_descriptor();
	handled = told = 0;
	if (!base || ipc_pair(pair) || ipc_new(base, pair[0], &events, &channel))
		abort();
	for (int i = 0; i < PACKETS_MAX && rd.left > 0; i++) {
		const uint8_t *packet;
		uint8_t kind;
		uint16_t n;
		size_t len;

		if (!rd_u8(&rd, &kind) || !rd_be16(&rd, &n))
			break;
		len = n < rd.left ? n : rd.left;
		if (!rd_bytes(&rd, &packet, len))
			break;
		if (kind >= FITS) {
			len = fitting(whole, rd_of(packet, len));
			packet = whole;
		}
		check_one(packet, len);
		send_one(pair[1], packet, len, kind % 8);
	}
	close(pair[1]);
	event_base_loop(base, EVLOOP_NONBLOCK);
	event_base_loop(base, EVLOOP_NONBLOCK);
	/* The end of the row is the end of the channel: it was told, or a handler freed it. */
	if (channel && told != 1)
		abort();
	ipc_free(channel);
	channel = NULL;
	if (next_descriptor() != before)
		abort();
	return 0;
}
