// SPDX-License-Identifier: BSD-2-Clause
/*
 * S1 and S2: ESP in memory against the raw AEAD calls of the same library, in the same run, on the
 * same bytes, batches alternating. Frames are restored outside of the measured time.
 *
 *   bench_esp [runs]
 */
#include "../../bpf/policy.h"
#include "stat.h"
#include "worker/sa.h"

#include <arpa/inet.h>
#include <intel-ipsec-mb.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 64, BATCHES = 3000, FRAME = 4096, ROOM = 270, IN = 1, OUT = 2, SESSION = 1 };

/* The library's own call on an ESP packet, as plain as its documentation has it. */
typedef bool raw_call(uint8_t *esp, size_t text_len);

static IMB_MGR *mgr;
static struct gcm_key_data gcm_key;
static EVP_CIPHER_CTX *evp_seal, *evp_open;
static uint8_t chacha_key[32];
static const uint8_t salt[4] = { 1, 2, 3, 4 };

static void nonce_of(uint8_t nonce[12], const uint8_t *esp)
{
	memcpy(nonce, salt, 4);
	memcpy(nonce + 4, esp + 8, 8);
}

static bool imb_gcm_seal(uint8_t *esp, size_t len)
{
	struct gcm_context_data context;
	uint8_t nonce[12];

	nonce_of(nonce, esp);
	IMB_AES256_GCM_ENC(mgr, &gcm_key, &context, esp + 16, esp + 16, len, nonce, esp, 8,
			   esp + 16 + len, 16);
	return true;
}

static bool imb_gcm_open(uint8_t *esp, size_t len)
{
	struct gcm_context_data context;
	uint8_t nonce[12], icv[16];

	nonce_of(nonce, esp);
	IMB_AES256_GCM_DEC(mgr, &gcm_key, &context, esp + 16, esp + 16, len, nonce, esp, 8, icv,
			   16);
	return memcmp(icv, esp + 16 + len, 16) == 0;
}

static bool imb_chacha_seal(uint8_t *esp, size_t len)
{
	struct chacha20_poly1305_context_data context;
	uint8_t nonce[12];

	nonce_of(nonce, esp);
	IMB_CHACHA20_POLY1305_INIT(mgr, chacha_key, &context, nonce, esp, 8);
	IMB_CHACHA20_POLY1305_ENC_UPDATE(mgr, chacha_key, &context, esp + 16, esp + 16, len);
	IMB_CHACHA20_POLY1305_ENC_FINALIZE(mgr, &context, esp + 16 + len, 16);
	return true;
}

static bool imb_chacha_open(uint8_t *esp, size_t len)
{
	struct chacha20_poly1305_context_data context;
	uint8_t nonce[12], icv[16];

	nonce_of(nonce, esp);
	IMB_CHACHA20_POLY1305_INIT(mgr, chacha_key, &context, nonce, esp, 8);
	IMB_CHACHA20_POLY1305_DEC_UPDATE(mgr, chacha_key, &context, esp + 16, esp + 16, len);
	IMB_CHACHA20_POLY1305_DEC_FINALIZE(mgr, &context, icv, 16);
	return memcmp(icv, esp + 16 + len, 16) == 0;
}

static bool evp_gcm_seal(uint8_t *esp, size_t len)
{
	uint8_t nonce[12];
	int n;

	nonce_of(nonce, esp);
	return EVP_EncryptInit_ex2(evp_seal, NULL, NULL, nonce, NULL) &&
	       EVP_EncryptUpdate(evp_seal, NULL, &n, esp, 8) &&
	       EVP_EncryptUpdate(evp_seal, esp + 16, &n, esp + 16, (int)len) &&
	       EVP_EncryptFinal_ex(evp_seal, esp + 16 + n, &n) &&
	       EVP_CIPHER_CTX_ctrl(evp_seal, EVP_CTRL_AEAD_GET_TAG, 16, esp + 16 + len);
}

static bool evp_gcm_open(uint8_t *esp, size_t len)
{
	uint8_t nonce[12];
	int n;

	nonce_of(nonce, esp);
	return EVP_DecryptInit_ex2(evp_open, NULL, NULL, nonce, NULL) &&
	       EVP_CIPHER_CTX_ctrl(evp_open, EVP_CTRL_AEAD_SET_TAG, 16, esp + 16 + len) &&
	       EVP_DecryptUpdate(evp_open, NULL, &n, esp, 8) &&
	       EVP_DecryptUpdate(evp_open, esp + 16, &n, esp + 16, (int)len) &&
	       EVP_DecryptFinal_ex(evp_open, esp + 16 + n, &n);
}

static const struct subject {
	const char *name;
	enum crypto_choice choice;
	uint16_t suite;
	raw_call *seal, *open;
	bool goal;
} subjects[] = {
	{ "AES-GCM-256, intel-ipsec-mb", CRYPTO_IPSEC_MB, FG_ESP_AES_GCM_256, imb_gcm_seal,
	  imb_gcm_open, true },
	{ "ChaCha20-Poly1305, intel-ipsec-mb", CRYPTO_IPSEC_MB, FG_ESP_CHACHA20_POLY1305,
	  imb_chacha_seal, imb_chacha_open, false },
	{ "AES-GCM-256, OpenSSL", CRYPTO_OPENSSL, FG_ESP_AES_GCM_256, evp_gcm_seal, evp_gcm_open,
	  false },
};

static const struct size {
	size_t bytes;
	double seal_goal, open_goal; /* of the first version at 1,400, of speed.md below */
} sizes[] = {
	{ 1400, 0.85, 0.80 },
	{ 512, 0.85, 0.82 },
	{ 64, 0.75, 0.72 },
};

struct bench {
	struct crypto *crypto;
	struct maps maps;
	struct sa_table sas;
	struct fg_session session[SESSION + 1];
	struct fg_sa rows[4];
	struct fg_count count;
	uint8_t *frames; /* BATCH of them */
	uint8_t clear[FRAME];
	size_t len; /* of the inner packet */
	struct frame frame[BATCH];
	uint64_t took[2][BATCHES]; /* ns, by enum side */
};

static void die(const char *what)
{
	fprintf(stderr, "bench_esp: %s\n", what);
	exit(1);
}

static void make_rows(struct bench *b, uint16_t suite)
{
	static const uint8_t outer[28] = { 0x45, 0,    0,    0, 0, 0, 0x40, 0,  64,  17,
					   0,    0,    192,  0, 2, 1, 198,  51, 100, 2,
					   0x11, 0x94, 0xd9, 3, 0, 0, 0,    0 };

	memset(b->rows, 0, sizeof(b->rows));
	for (uint32_t i = IN; i <= OUT; i++) {
		struct fg_sa *row = &b->rows[i];

		row->generation = 1;
		row->session = SESSION;
		row->spi = htonl(0x100 + IN);
		row->suite = suite;
		row->flags = FG_SA_UDP;
		memcpy(row->salt, salt, sizeof(salt));
		memset(row->key, 0x42, sizeof(row->key));
		memset(row->auth_key, 0x24, sizeof(row->auth_key));
		row->state = i == IN ? FG_SA_IN : FG_SA_OUT;
	}
	b->rows[OUT].outer_len = sizeof(outer);
	memcpy(b->rows[OUT].outer, outer, sizeof(outer));
	b->session[SESSION] = (struct fg_session){
		.state = FG_SESSION_UP, .inner4 = htonl(0x0a000005), .mtu = 1500, .sa_out = OUT
	};
}

static void make_packet(struct bench *b, size_t len)
{
	static const uint8_t header[20] = { 0x45, 0, 0,  0, 0x12, 0x34, 0,  0, 64, 17,
					    0,    0, 10, 0, 0,    5,    10, 9, 0,  1 };

	for (size_t i = 0; i < len; i++)
		b->clear[i] = (uint8_t)(i * 7);
	memcpy(b->clear, header, sizeof(header));
	fg_put16(b->clear + 2, (uint16_t)len);
	b->len = len;
}

static void restore(struct bench *b)
{
	for (size_t i = 0; i < BATCH; i++) {
		uint8_t *room = b->frames + i * FRAME;

		b->frame[i] = (struct frame){ room, room + FRAME, room + ROOM,
					      room + ROOM + b->len };
		memcpy(room + ROOM, b->clear, b->len);
	}
}

/* What the worker does between the session's row and the door. */
static bool seal_one(struct bench *b, struct frame *f)
{
	struct fg_packet inner = { .ip = f->data, .end = f->end };
	struct esp_sa *sa;

	if (!fg_packet_parse(&inner))
		return false;
	f->end = f->data + inner.length;
	sa = sa_get(&b->sas, OUT, FG_SA_OUT);
	if (!sa || esp_seal(b->crypto, sa, &b->rows[OUT], f, &inner) != FG_DROP_NONE)
		return false;
	sa_count(&b->rows[OUT], false, inner.length, 1);
	b->count.tx_packets++;
	b->count.tx_bytes += inner.length;
	return true;
}

/* And between the SA's row and the door, the other way. */
static bool open_one(struct bench *b, struct frame *f)
{
	struct esp_sa *sa = sa_get(&b->sas, IN, FG_SA_IN);
	struct esp_in in;

	if (!sa || esp_open(b->crypto, sa, &b->rows[IN], NULL, f, &in) != FG_DROP_NONE)
		return false;
	sa_count(&b->rows[IN], false, in.inner.length, 1);
	if (fg_policy_from_client(&in.inner, &b->session[SESSION]) != FG_DROP_NONE || sa->selectors)
		return false;
	b->count.rx_packets++;
	b->count.rx_bytes += in.inner.length;
	return true;
}

enum side { OURS, RAW };

static uint64_t seal_batch(struct bench *b, const struct subject *s, enum side side)
{
	size_t text = (b->len + 2 + 3) & ~(size_t)3;
	bool ok = true;
	uint64_t began;

	restore(b);
	began = bench_now_ns();
	for (size_t i = 0; i < BATCH; i++)
		ok &= side == OURS ? seal_one(b, &b->frame[i])
				   : s->seal(b->frame[i].data - 16, text);
	began = bench_now_ns() - began;
	if (!ok)
		die("a packet was not sealed");
	return began;
}

static uint64_t open_batch(struct bench *b, const struct subject *s, enum side side)
{
	size_t text = (b->len + 2 + 3) & ~(size_t)3;
	bool ok = true;
	uint64_t began;

	restore(b);
	for (size_t i = 0; i < BATCH; i++)
		ok &= seal_one(b, &b->frame[i]);
	began = bench_now_ns();
	for (size_t i = 0; i < BATCH; i++)
		ok &= side == OURS ? open_one(b, &b->frame[i])
				   : s->open(b->frame[i].data + 28, text);
	began = bench_now_ns() - began;
	if (!ok)
		die("a packet was not opened");
	return began;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Of the batches of a run: those that were interrupted do not count. */
static double median(uint64_t took[BATCHES])
{
	qsort(took, BATCHES, sizeof(took[0]), compare);
	return (double)took[BATCHES / 2];
}

typedef uint64_t batch_call(struct bench *b, const struct subject *s, enum side side);

static void measure(struct bench *b, const struct subject *s, const struct size *size,
		    batch_call *batch, size_t runs)
{
	struct runs ratio = { 0 }, ours = { 0 }, raw = { 0 };
	uint64_t steal = bench_steal_ms(0);
	bool seals = batch == seal_batch;
	char name[96];

	make_packet(b, size->bytes);
	for (size_t run = 0; run <= runs; run++) {
		double ns[2];

		/* Numbers of a fresh SA, so that they never run out. */
		b->rows[OUT].seq = b->rows[IN].seq = 0;
		memset(b->rows[IN].window, 0, sizeof(b->rows[IN].window));
		for (size_t i = 0; i < BATCHES; i++) {
			b->took[i & 1][i] = batch(b, s, i & 1 ? RAW : OURS);
			b->took[~i & 1][i] = batch(b, s, i & 1 ? OURS : RAW);
		}
		ns[OURS] = median(b->took[OURS]);
		ns[RAW] = median(b->took[RAW]);
		if (run == 0)
			continue; /* the caches and the clock of the CPU settle */
		runs_add(&ours, ns[OURS] / BATCH);
		runs_add(&raw, ns[RAW] / BATCH);
		runs_add(&ratio, ns[RAW] / ns[OURS]);
	}
	snprintf(name, sizeof(name), "%s, %s, %zu B", seals ? "encapsulation" : "decapsulation",
		 s->name, size->bytes);
	bench_report(seals ? "S1" : "S2", name, "ns", &ratio, &ours, &raw,
		     !s->goal ? 0
		     : seals  ? size->seal_goal
			      : size->open_goal,
		     (double)(bench_steal_ms(0) - steal), false);
}

static void prepare(struct bench *b, const struct subject *s)
{
	char why[128];

	b->crypto = crypto_new(s->choice, why, sizeof(why));
	if (!b->crypto)
		die(why);
	b->maps = (struct maps){ .session = b->session,
				 .sa = b->rows,
				 .count = &b->count,
				 .sessions = SESSION + 1,
				 .sas = 4 };
	make_rows(b, s->suite);
	if (sa_table_open(&b->sas, b->crypto, &b->maps))
		die("out of memory");
	memset(chacha_key, 0x42, sizeof(chacha_key));
	IMB_AES256_GCM_PRE(mgr, b->rows[OUT].key, &gcm_key);
}

int main(int argc, char **argv)
{
	size_t runs = argc > 1 ? strtoul(argv[1], NULL, 10) : 7;
	static struct bench b;
	uint8_t key[32];

	if (runs < 1 || runs > BENCH_RUNS_MAX || bench_pin(0, 0))
		die("usage: bench_esp [runs], 1 to 31, on a machine whose CPU 0 may be used");
	mgr = alloc_mb_mgr(0);
	b.frames = aligned_alloc(4096, BATCH * FRAME);
	evp_seal = EVP_CIPHER_CTX_new();
	evp_open = EVP_CIPHER_CTX_new();
	memset(key, 0x42, sizeof(key));
	if (!mgr || !b.frames ||
	    !EVP_EncryptInit_ex2(evp_seal, EVP_aes_256_gcm(), key, salt, NULL) ||
	    !EVP_DecryptInit_ex2(evp_open, EVP_aes_256_gcm(), key, salt, NULL))
		die("out of memory");
	init_mb_mgr_auto(mgr, NULL);
	memset(b.frames, 0, BATCH * FRAME);
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		prepare(&b, &subjects[i]);
		for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			measure(&b, &subjects[i], &sizes[j], seal_batch, runs);
			measure(&b, &subjects[i], &sizes[j], open_batch, runs);
		}
		sa_table_close(&b.sas);
		crypto_free(b.crypto);
	}
	EVP_CIPHER_CTX_free(evp_seal);
	EVP_CIPHER_CTX_free(evp_open);
	free_mb_mgr(mgr);
	free(b.frames);
	return 0;
}
