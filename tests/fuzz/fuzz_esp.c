// SPDX-License-Identifier: BSD-2-Clause
/*
 * A packet on its way through the worker, from both sides, with a known key.
 *
 *   byte 0: suite, the second half of them with extended numbers (ESN) and with selectors; byte 1:
 *   which way
 *     0  the rest is a packet from outside, outer IP header first, as a stranger sends it
 *     1  the rest is what a client seals: inner packet, padding, trailer; it gets past the ICV
 *     2  the rest is a packet for the client, as it came from inside
 */
#include "worker/forward.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum {
	SESSIONS = 4,
	ME = 1,
	IN = 1,
	OUT = 2,
	SAS = 4,
	SPACE = 4096,
	AT = 270,
	ETH = 14,
	LONGEST = 3000,
	OVERHEAD = 28 + 8 + 16 + 16,
	SUITES = FG_ESP_SUITE_MAX - 1,
	KINDS = 1 + 2 * SUITES, /* from 1 on */
};

/* Just before its edge, so that packets go over it. */
#define ESN_TOP 0xfffffff0ull

static struct fg_conf conf = { .abi = FG_ABI, .hop_generation = 1, .flags = FG_CONF_FAST_DOOR };
static struct fg_session session[SESSIONS];
static struct fg_sa sa[KINDS][SAS];
static struct fg_hop hop[FG_HOP_ROWS];
static struct fg_count count[SESSIONS];
static struct fg_drop drop[SESSIONS];
static struct fg_selectors selector[2];
static struct maps maps[KINDS];
static struct forward forward[KINDS];
static struct crypto *crypto;
static struct esp_sa *client[KINDS];

static void on_note(void *arg, const struct note *note)
{
	(void)arg;
	if (note->session >= SESSIONS)
		abort();
}

static bool is_esn(uint16_t kind)
{
	return kind > SUITES;
}

static uint16_t suite_of(uint16_t kind)
{
	return is_esn(kind) ? (uint16_t)(kind - SUITES) : kind;
}

static void make_row(uint16_t kind, uint32_t at, uint32_t state)
{
	static const uint8_t outer[28] = { 0x45, 0,    0,    0,    0, 0, 0x40, 0,  64,  17,
					   0,    0,    192,  0,    2, 1, 198,  51, 100, 2,
					   0x11, 0x94, 0x11, 0x94, 0, 0, 0,    0 };
	struct fg_sa *row = &sa[kind][at];

	row->state = state;
	row->generation = 1;
	row->session = ME;
	row->spi = htonl(IN);
	row->suite = suite_of(kind);
	row->flags = (uint16_t)(FG_SA_UDP | FG_SA_MOVES | (is_esn(kind) ? FG_SA_ESN : 0));
	row->selectors = is_esn(kind);
	row->outer_len = sizeof(outer);
	memcpy(row->outer, outer, sizeof(outer));
	memset(row->key, 7, sizeof(row->key));
}

static void make_kind(uint16_t kind)
{
	struct crypto_material m;

	make_row(kind, IN, FG_SA_IN);
	make_row(kind, OUT, FG_SA_OUT);
	maps[kind] = (struct maps){ .conf = &conf,
				    .session = session,
				    .sa = sa[kind],
				    .hop = hop,
				    .count = count,
				    .drop = drop,
				    .selector = selector,
				    .selectors = 2,
				    .sessions = SESSIONS,
				    .sas = SAS };
	if (forward_open(&forward[kind], &maps[kind], crypto, 0))
		abort();
	forward[kind].note = on_note;
	forward[kind].ports = 3;
	m = (struct crypto_material){ suite_of(kind),    true,
				      is_esn(kind),      sa[kind][IN].key,
				      sa[kind][IN].salt, sa[kind][IN].auth_key };
	client[kind] = aligned_alloc(64, esp_sa_size(crypto));
	memset(client[kind], 0, esp_sa_size(crypto));
	if (!crypto_expand(crypto, &client[kind]->key, &m))
		abort();
}

/* The leak checker does not look into the tables of keys. */
static void clean_up(void)
{
	for (uint16_t kind = 1; kind < KINDS; kind++) {
		crypto_forget(crypto, &client[kind]->key);
		free(client[kind]);
		forward_close(&forward[kind]);
	}
	crypto_free(crypto);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct fg_ip known = { { 0, 0, htonl(0xffff), htonl(0xcb007109) } };
	char why[128];

	(void)argc;
	(void)argv;
	crypto = crypto_new(CRYPTO_OPENSSL, why, sizeof(why));
	if (!crypto)
		abort();
	session[ME] = (struct fg_session){ .state = FG_SESSION_UP,
					   .inner4 = htonl(0x0a000005),
					   .mtu = 1400,
					   .mss4 = 1200,
					   .mss6 = 1200,
					   .sa_out = OUT,
					   .inner6 = { { htonl(0xfd000000), 0, 0, htonl(5) } } };
	hop[fg_hop_slot(&known)] = (struct fg_hop){
		.state = FG_HOP_READY, .port = 1, .dst = known, .generation = 1, .mtu = 1500
	};
	/* What inner4 of the seeds goes to, over UDP. */
	selector[1] = (struct fg_selectors){ .count = 1 };
	selector[1].at[0] = (struct fg_selector){ .first = { { 0, 0, htonl(0xffff), 0 } },
						  .last = { { 0, 0, htonl(0xffff), ~0u } },
						  .client_last = 65535,
						  .net_last = 30000,
						  .version = 4,
						  .protocol = 17 };
	for (uint16_t kind = 1; kind < KINDS; kind++)
		make_kind(kind);
	atexit(clean_up);
	return 0;
}

/* UDP and ESP headers around the text, sealed. */
static size_t seal(uint16_t kind, uint8_t *ip, const uint8_t *data, size_t size)
{
	size_t iv = crypto_iv_len(suite_of(kind)), text = size, total;
	uint8_t *esp = ip + 28;

	if (fg_esp_auth_key_len(suite_of(kind)))
		text -= text % 16;
	memcpy(ip, sa[kind][IN].outer, 28);
	memcpy(esp, &sa[kind][IN].spi, 4);
	memset(esp + 4, 1, 4 + iv);
	memcpy(esp + 8 + iv, data, text);
	if (!client[kind]->key.run(crypto, &client[kind]->key, esp, text, 1))
		return 0;
	total = 28 + 8 + iv + text + fg_esp_icv_len(suite_of(kind));
	fg_put16(ip + 2, (uint16_t)total);
	fg_put16(ip + 24, (uint16_t)(total - 20));
	return total;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fg_meta meta = { .session = ME, .l3 = ETH, .sa_generation = 1 };
	uint16_t kind;
	uint8_t *memory;
	struct frame f;
	struct way way;
	size_t len, space;

	if (size < 2 || size > LONGEST)
		return 0;
	kind = (uint16_t)(1 + data[0] % (KINDS - 1));
	len = size - 2;
	/* What comes from outside ends with its memory, so that a read beyond it is noticed. */
	space = data[1] % 3 == 2 ? SPACE : AT + len + (data[1] % 3 == 1 ? OVERHEAD : 0);
	memory = calloc(1, space);
	if (!memory)
		return 0;
	if (data[1] % 3 == 1)
		len = seal(kind, memory + AT, data + 2, len);
	else
		memcpy(memory + AT, data + 2, len);
	if (data[1] % 3 != 2) {
		meta.sa = IN;
		meta.esp = ETH + 28;
	}
	f = (struct frame){ memory, memory + space, memory + AT - ETH, memory + AT + len };
	sa[kind][IN].seq = sa[kind][OUT].seq = is_esn(kind) ? ESN_TOP : 0;
	memset(sa[kind][IN].window, 0, sizeof(sa[kind][IN].window));
	way = forward_packet(&forward[kind], &f, &meta);
	/* A frame that goes on lies in its memory and holds at least the headers. */
	if (way.door != DOOR_NONE &&
	    (f.data < memory || f.end > memory + space || f.end - f.data < ETH + 20))
		abort();
	if (way.door == DOOR_PORT && way.port != 1)
		abort();
	free(memory);
	return 0;
}
