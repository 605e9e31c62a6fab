// SPDX-License-Identifier: BSD-2-Clause
/*
 * The whole process against a flexd and an ike that are played here: start, confinement, questions,
 * reload, nonsense, end. Needs root, as the process gives its rights up.
 */
#include "setup.h"

#include "aaa/process.h"
#include "core/ipc.h"
#include "core/proc.h"
#include "crypto/psk_auth.h"
#include "crypto/sign.h"
#include "pki/bundle.h"
#include "support/ca.h"
#include "support/unheard.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { WAIT_MS = 10000 };

struct play {
	char directory[64], conf[96], secrets[96], empty[96];
	const char *certificate, *key; /* PEM; NULL: not brought */
	struct event_base *base;
	struct ipc *flexd, *ike; /* our ends */
	pid_t pid;
	struct msg_conf_prepared prepared;
	struct msg_auth_verdict verdict;
	struct msg_auth_signed signature;
};

static int on_nothing(void *arg, const struct ipc_message *message)
{
	(void)arg;
	(void)message;
	return 0;
}

static int on_prepared(void *arg, const struct ipc_message *message)
{
	memcpy(&((struct play *)arg)->prepared, message->body, message->len);
	return 0;
}

static int on_verdict(void *arg, const struct ipc_message *message)
{
	memcpy(&((struct play *)arg)->verdict, message->body, message->len);
	return 0;
}

static int on_signed(void *arg, const struct ipc_message *message)
{
	memcpy(&((struct play *)arg)->signature, message->body, message->len);
	return 0;
}

/* clang-format off */
static const struct ipc_rule flexd_rules[] = {
	{ MSG_HELLO, "HELLO", 0, 0, on_nothing, false },
	{ MSG_READY, "READY", 0, 0, on_nothing, false },
	{ MSG_CONF_PREPARED, "CONF_PREPARED", sizeof(struct msg_conf_prepared),
	  sizeof(struct msg_conf_prepared), on_prepared, false },
};
static const struct ipc_rule ike_rules[] = {
	{ MSG_AUTH_VERDICT, "AUTH_VERDICT", sizeof(struct msg_auth_verdict),
	  sizeof(struct msg_auth_verdict), on_verdict, false },
	{ MSG_AUTH_SIGNED, "AUTH_SIGNED", sizeof(struct msg_auth_signed),
	  sizeof(struct msg_auth_signed), on_signed, false },
};
/* clang-format on */

static void on_broken(void *arg, const char *why)
{
	(void)arg;
	(void)why;
}

static struct ipc *open_end(struct play *p, int fd, const struct ipc_rule *rules, size_t count)
{
	struct ipc_events events = {
		.rules = rules, .rule_count = count, .arg = p, .broken = on_broken
	};
	struct ipc *ipc;

	assert_int_equal(ipc_new(p->base, fd, &events, &ipc), 0);
	return ipc;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	assert_int_equal(chmod(path, mode), 0);
}

static void order(struct play *p, uint32_t type, const char *path)
{
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	assert_true(!path || fd >= 0);
	assert_int_equal(ipc_send(p->flexd, type, NULL, 0, NULL, 0, fd), 0);
	if (fd >= 0)
		close(fd);
}

/* The certificates and keys of its trustpoint, if there is one. */
static void bring_trustpoints(struct play *p)
{
	const struct msg_key_prepare key = { .trustpoint = 0 };
	int fd = pki_bundle_new();

	assert_true(fd >= 0);
	if (p->certificate) {
		struct pki_file file = { .kind = PKI_KIND_OWN,
					 .name = "/gw.pem",
					 .bytes = (const uint8_t *)p->certificate,
					 .len = strlen(p->certificate) };

		assert_int_equal(pki_bundle_add(fd, &file), 0);
	}
	assert_int_equal(ipc_send(p->flexd, MSG_PKI_PREPARE, NULL, 0, NULL, 0, fd), 0);
	close(fd);
	if (!p->key)
		return;
	fd = memfd_create("key", MFD_CLOEXEC);
	assert_int_equal(write(fd, p->key, strlen(p->key)), (ssize_t)strlen(p->key));
	assert_int_equal(ipc_send(p->flexd, MSG_KEY_PREPARE, &key, sizeof(key), NULL, 0, fd), 0);
	close(fd);
}

static void prepare(struct play *p)
{
	memset(&p->prepared, 0, sizeof(p->prepared));
	order(p, MSG_CONF_PREPARE, p->conf);
	bring_trustpoints(p);
	order(p, MSG_SECRETS_PREPARE, p->secrets);
	assert_int_equal(ipc_wait(p->flexd, MSG_CONF_PREPARED, WAIT_MS), 0);
}

static void bring_ike(struct play *p)
{
	int pair[2];

	ipc_free(p->ike);
	assert_int_equal(ipc_pair(pair), 0);
	assert_int_equal(ipc_send(p->flexd, MSG_AAA_CHANNEL, NULL, 0, NULL, 0, pair[1]), 0);
	close(pair[1]);
	p->ike = open_end(p, pair[0], ike_rules, 2);
}

static void spawn(struct play *p)
{
	int pair[2];

	assert_int_equal(ipc_pair(pair), 0);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		dup2(pair[1], PROC_CHANNEL_FD);
		close_range(PROC_CHANNEL_FD + 1, ~0U, 0);
		_exit(aaa_main());
	}
	close(pair[1]);
	p->base = event_base_new();
	p->flexd = open_end(p, pair[0], flexd_rules, 3);
	assert_int_equal(ipc_wait(p->flexd, MSG_HELLO, WAIT_MS), 0);
}

static int play_open(void **state)
{
	struct play *p = calloc(1, sizeof(*p));
	char text[4096];

	assert_int_equal(geteuid(), 0);
	snprintf(p->directory, sizeof(p->directory), "/tmp/aaa-test.XXXXXX");
	assert_non_null(mkdtemp(p->directory));
	chmod(p->directory, 0755);
	snprintf(p->conf, sizeof(p->conf), "%s/flexgate.conf", p->directory);
	snprintf(p->secrets, sizeof(p->secrets), "%s/secrets.conf", p->directory);
	snprintf(p->empty, sizeof(p->empty), "%s/empty", p->directory);
	assert_int_equal(mkdir(p->empty, 0755), 0);
	snprintf(text, sizeof(text), "[gateway]\nrun-directory = %s\nsecrets-file = %s\n%s",
		 p->directory, p->secrets, CONF_BODY);
	write_file(p->conf, text, 0644);
	write_file(p->secrets, SECRETS_TEXT, 0600);
	spawn(p);
	*state = p;
	return 0;
}

static int play_open_unheard(void **state)
{
	return unheard(play_open, state);
}

static int wait_exit(struct play *p)
{
	int status = -1;

	for (int i = 0; i < WAIT_MS / 10 && p->pid; i++) {
		pid_t pid = waitpid(p->pid, &status, WNOHANG);

		if (pid == p->pid)
			p->pid = 0;
		else
			usleep(10000);
	}
	assert_int_equal(p->pid, 0);
	return status;
}

static int play_close(void **state)
{
	struct play *p = *state;

	ipc_free(p->ike);
	ipc_free(p->flexd);
	p->ike = p->flexd = NULL;
	if (p->pid)
		assert_int_equal(wait_exit(p), 0);
	event_base_free(p->base);
	unlink(p->conf);
	unlink(p->secrets);
	rmdir(p->empty);
	rmdir(p->directory);
	free(p);
	return 0;
}

static void start(struct play *p)
{
	prepare(p);
	assert_string_equal(p->prepared.why, "");
	assert_int_equal(p->prepared.ok, 1);
	order(p, MSG_CONF_COMMIT, NULL);
	bring_ike(p);
	order(p, MSG_START, NULL);
	assert_int_equal(ipc_wait(p->flexd, MSG_READY, WAIT_MS), 0);
}

/* Ask as alice, who has this key. own: what our AUTH covers, NULL: it is not asked for. */
static uint32_t login_both(struct play *p, const char *key, const char *own)
{
	uint8_t tail[40 + PSK_AUTH_MAX + 32] = "octets";
	struct msg_auth_verify ask = { .ike = 99, .method = 2, .prf = 5, .octets_len = 40 };
	size_t len;

	snprintf(ask.profile, sizeof(ask.profile), "staff");
	set_identity(&ask.remote, CONF_ID_FQDN, "alice.example.org", 17);
	assert_true(psk_auth(5, key, strlen(key), tail, 40, tail + 40, &len));
	ask.auth_len = (uint32_t)len;
	if (own) {
		ask.own_len = (uint32_t)strlen(own);
		memcpy(tail + 40 + len, own, ask.own_len);
	}
	memset(&p->verdict, 0xff, sizeof(p->verdict));
	assert_int_equal(ipc_send(p->ike, MSG_AUTH_VERIFY, &ask, sizeof(ask), tail,
				  40 + len + ask.own_len, -1),
			 0);
	assert_int_equal(ipc_wait(p->ike, MSG_AUTH_VERDICT, WAIT_MS), 0);
	assert_int_equal(p->verdict.ike, 99);
	return p->verdict.reason;
}

static uint32_t login(struct play *p, const char *key)
{
	return login_both(p, key, NULL);
}

/* A line of /proc/PID/status, without the name. Returns buf. */
static const char *status_of(const struct play *p, const char *name, char *buf, size_t cap)
{
	char path[64];
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/status", p->pid);
	in = fopen(path, "r");
	assert_non_null(in);
	while (fgets(buf, (int)cap, in)) {
		if (!strncmp(buf, name, strlen(name)))
			break;
	}
	fclose(in);
	return buf + strlen(name) + 1;
}

static void test_confined(void **state)
{
	struct play *p = *state;
	char line[256], root[256], link[64];
	ssize_t n;

	start(p);
	assert_int_not_equal(atoi(status_of(p, "Uid:", line, sizeof(line))), 0);
	assert_int_equal(strtoull(status_of(p, "CapPrm:", line, sizeof(line)), NULL, 16), 0);
	assert_int_equal(strtoull(status_of(p, "CapBnd:", line, sizeof(line)), NULL, 16), 0);
	assert_int_equal(atoi(status_of(p, "NoNewPrivs:", line, sizeof(line))), 1);
	assert_int_equal(atoi(status_of(p, "Seccomp:", line, sizeof(line))), 2);
	snprintf(link, sizeof(link), "/proc/%d/root", p->pid);
	n = readlink(link, root, sizeof(root) - 1);
	assert_true(n > 0);
	root[n] = '\0';
	assert_string_equal(root, p->empty);
}

static void test_questions(void **state)
{
	struct play *p = *state;
	struct msg_auth_sign ask = {
		.ike = 5, .prf = 7, .method = AAA_SHARED_KEY, .octets_len = 3
	};
	uint8_t right[PSK_AUTH_MAX];
	size_t len;

	start(p);
	assert_int_equal(login(p, "key of alice"), MSG_AUTH_OK);
	assert_int_equal(p->verdict.own_len, 0);
	assert_int_equal(login(p, "key of bob"), MSG_AUTH_WRONG);
	/* Our AUTH comes with a good verdict, and with no other. */
	assert_int_equal(login_both(p, "key of bob", "ours"), MSG_AUTH_WRONG);
	assert_int_equal(p->verdict.own_len, 0);
	assert_int_equal(login_both(p, "key of alice", "ours"), MSG_AUTH_OK);
	assert_true(psk_auth(5, "key of alice", 12, "ours", 4, right, &len));
	assert_int_equal(p->verdict.own_len, len);
	assert_memory_equal(p->verdict.own, right, len);
	snprintf(ask.profile, sizeof(ask.profile), "staff");
	set_identity(&ask.remote, CONF_ID_FQDN, "alice.example.org", 17);
	assert_int_equal(ipc_send(p->ike, MSG_AUTH_SIGN, &ask, sizeof(ask), "abc", 3, -1), 0);
	assert_int_equal(ipc_wait(p->ike, MSG_AUTH_SIGNED, WAIT_MS), 0);
	assert_true(psk_auth(7, "key of alice", 12, "abc", 3, right, &len));
	assert_int_equal(p->signature.ok, 1);
	assert_memory_equal(p->signature.auth, right, len);
}

/* A confined process takes new certificates and keys of every kind, and signs with them. */
static void test_keys(void **state)
{
	static const struct {
		const char *key;
		enum sign_scheme scheme;
	} rows[] = { { "RSA:2048", SIGN_PSS_SHA256 },
		     { "EC:P-256", SIGN_ECDSA_SHA256 },
		     { "EC:P-521", SIGN_ECDSA_SHA512 },
		     { "ED25519", SIGN_ED25519 },
		     { "ED448", SIGN_ED448 } };
	struct play *p = *state;
	char text[4096];

	start(p);
	snprintf(
		text, sizeof(text),
		"[gateway]\nrun-directory = %s\nsecrets-file = %s\n" CONF_BODY
		"[pki-trustpoint t]\nca-certificate = /ca\ncertificate = /gw.pem\n"
		"private-key = /gw.key\n[ikev2-profile cert]\nmatch-identity-remote = fqdn c.example.org\n"
		"identity-local = fqdn gw.example.org\n"
		"authentication-local = rsa-sig ecdsa-sig eddsa-sig\n"
		"authentication-remote = pre-share\nkeyring-local = staff\npki-trustpoint = t\n"
		"aaa-authorization-group = p\nvirtual-template = 1\n",
		p->directory, p->secrets);
	write_file(p->conf, text, 0644);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct ca_spec spec = { rows[i].key, "CN=gw", .from = 1,
					      .until = 4000000000 };
		struct msg_auth_sign ask = { .ike = i,
					     .profile = "cert",
					     .trustpoint = "t",
					     .method = SIGN_METHOD_DIGITAL,
					     .scheme = rows[i].scheme,
					     .octets_len = 3 };
		struct ca_cert cert;
		const struct ca_cert *one = &cert;
		struct crypto_chunk spki;
		char *pem, *key;
		uint8_t *der = NULL;

		ca_make(&cert, &spec, NULL);
		p->certificate = pem = ca_pem(&one, 1);
		p->key = NULL;
		prepare(p);
		assert_int_equal(p->prepared.ok, 0);
		assert_string_equal(p->prepared.why, "[pki-trustpoint t] its key was not brought");
		p->key = key = ca_key_pem(cert.key);
		prepare(p);
		if (!p->prepared.ok)
			fail_msg("%s: %s", rows[i].key, p->prepared.why);
		order(p, MSG_CONF_COMMIT, NULL);
		prepare(p); /* COMMIT and the question travel by two channels */
		spki.len = (size_t)i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert.x509), &der);
		spki.p = der;
		assert_true(crypto_hash(CRYPTO_SHA1, &spki, 1, ask.key_hash));
		assert_int_equal(ipc_send(p->ike, MSG_AUTH_SIGN, &ask, sizeof(ask), "abc", 3, -1),
				 0);
		assert_int_equal(ipc_wait(p->ike, MSG_AUTH_SIGNED, WAIT_MS), 0);
		assert_int_equal(p->signature.ok, 1);
		assert_int_equal(p->signature.ike, i);
		OPENSSL_free(der);
		free(pem);
		free(key);
		ca_free(&cert);
	}
	p->certificate = p->key = NULL;
}

/* A reload takes effect at COMMIT and not before; one that fails changes nothing. */
static void test_reload(void **state)
{
	struct play *p = *state;
	char text[] = SECRETS_TEXT;

	start(p);
	memcpy(strstr(text, "key of alice"), "new key here", 12);
	write_file(p->secrets, text, 0600);
	prepare(p);
	assert_int_equal(p->prepared.ok, 1);
	assert_int_equal(login(p, "key of alice"), MSG_AUTH_OK);
	order(p, MSG_CONF_ABORT, NULL);
	assert_int_equal(login(p, "key of alice"), MSG_AUTH_OK);

	prepare(p);
	order(p, MSG_CONF_COMMIT, NULL);
	/* COMMIT and the question travel by two channels: a third message puts them in order. */
	prepare(p);
	assert_int_equal(login(p, "key of alice"), MSG_AUTH_WRONG);
	assert_int_equal(login(p, "new key here"), MSG_AUTH_OK);

	write_file(p->secrets, "[psk any]\nidentity = any\nkey = x\n", 0600);
	prepare(p);
	assert_int_equal(p->prepared.ok, 0);
	assert_non_null(strstr(p->prepared.why,
			       "[psk domain] is missing; [ikev2-keyring staff] names "
			       "it (and 3 more: flexd -n shows them)"));
	write_file(p->secrets, SECRETS_TEXT, 0600);
	write_file(p->conf, "[gateway]\n", 0644);
	prepare(p);
	assert_int_equal(p->prepared.ok, 0);
	assert_non_null(strstr(p->prepared.why, "flexgate.conf"));
	assert_int_equal(login(p, "new key here"), MSG_AUTH_OK);
}

/* Is this text in the process's writable memory? A sanitizer's shadow, terabytes of it, holds no
 * text. */
static bool holds(const struct play *p, const char *text)
{
	enum { SHADOW_MIN = 1 << 28 };
	static char block[1 << 20];
	char path[64], line[512];
	size_t len = strlen(text);
	bool found = false;
	FILE *maps;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/maps", p->pid);
	maps = fopen(path, "r");
	snprintf(path, sizeof(path), "/proc/%d/mem", p->pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	assert_non_null(maps);
	assert_true(mem >= 0);
	while (!found && fgets(line, sizeof(line), maps)) {
		unsigned long from, to;
		char rights[8];

		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 || rights[1] != 'w' ||
		    to - from > SHADOW_MIN)
			continue;
		for (unsigned long at = from; !found && at < to; at += sizeof(block) - 64) {
			size_t want = to - at < sizeof(block) ? to - at : sizeof(block);
			ssize_t n = pread(mem, block, want, (off_t)at);

			if (n <= 0)
				break;
			found = memmem(block, (size_t)n, text, len) != NULL;
		}
	}
	close(mem);
	fclose(maps);
	return found;
}

static void write_key(struct play *p, const char *key)
{
	char text[1024];

	snprintf(
		text, sizeof(text),
		"[psk any]\nidentity = any\nkey = x\n[psk domain]\nidentity = fqdn domain d\nkey = x\n"
		"[psk alice]\nidentity = fqdn alice.example.org\nkey = %s\n"
		"[psk net]\nidentity = address 10.0.0.0/8\nkey = x\n"
		"[psk bob]\nidentity = fqdn b\nkey = x\n",
		key);
	write_file(p->secrets, text, 0600);
}

/* A key that was replaced is nowhere any more. Made up after the fork, so that no copy of our own
 * memory holds it. */
static void test_old_key_wiped(void **state)
{
	struct play *p = *state;
	char key[2][40];

	for (int i = 0; i < 2; i++)
		snprintf(key[i], sizeof(key[i]), "key-%d-%ld-%d", i, (long)time(NULL) * 31 + i,
			 p->pid);
	write_key(p, key[0]);
	start(p);
	assert_int_equal(login(p, key[0]), MSG_AUTH_OK);
	assert_true(holds(p, key[0]));
	write_key(p, key[1]);
	prepare(p);
	assert_int_equal(p->prepared.ok, 1);
	order(p, MSG_CONF_COMMIT, NULL);
	prepare(p); /* answered after COMMIT */
	assert_int_equal(login(p, key[1]), MSG_AUTH_OK);
	assert_false(holds(p, key[0]));
	assert_true(holds(p, key[1]));
}

/* Lengths that do not agree end ike's channel, and ike's only. */
static void test_ill_sized(void **state)
{
	struct play *p = *state;
	static const struct {
		uint32_t octets_len, auth_len, own_len;
		size_t tail;
		uint16_t id_len;
		uint8_t profile_fill, round;
	} cases[] = {
		{ 40, 32, 0, 71, 17, 0, 0 },
		{ 40, 32, 0, 73, 17, 0, 0 },
		{ 40, 32, 8, 72, 17, 0, 0 },
		{ 40, 32, 8, 81, 17, 0, 0 },
		{ 40, 32, 0xffffffff, 71, 17, 0, 0 },
		{ 40, 32, MSG_OCTETS_MAX - 39, MSG_OCTETS_MAX + 33, 17, 0, 0 },
		{ 40, 32, 8, 80, 17, 0, 1 }, /* in round 1 we are proven already */
		{ 0xffffffff, 73, 0, 72, 17, 0, 0 },
		{ 0, MSG_AUTH_MAX + 1, 0, MSG_AUTH_MAX + 1, 17, 0, 0 },
		{ MSG_OCTETS_MAX + 1, 1, 0, MSG_OCTETS_MAX + 2, 17, 0, 0 },
		{ 40, 32, 0, 72, MSG_IDENTITY_MAX + 1, 0, 0 },
		{ 40, 32, 0, 72, 17, 'x', 0 },
	};
	static uint8_t tail[MSG_OCTETS_MAX + MSG_AUTH_MAX];

	start(p);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct msg_auth_verify ask = { .method = 2, .prf = 5 };

		memset(ask.profile, cases[i].profile_fill, sizeof(ask.profile));
		ask.octets_len = cases[i].octets_len;
		ask.auth_len = cases[i].auth_len;
		ask.own_len = cases[i].own_len;
		ask.round = cases[i].round;
		ask.remote.len = cases[i].id_len;
		assert_int_equal(ipc_send(p->ike, MSG_AUTH_VERIFY, &ask, sizeof(ask), tail,
					  cases[i].tail, -1),
				 0);
		assert_int_equal(ipc_wait(p->ike, MSG_AUTH_VERDICT, WAIT_MS), -EPIPE);
		bring_ike(p);
		assert_int_equal(login(p, "key of alice"), MSG_AUTH_OK);
	}
}

/* A new channel takes the place of the old one. */
static void test_new_ike(void **state)
{
	struct play *p = *state;

	start(p);
	for (int i = 0; i < 50; i++)
		bring_ike(p);
	assert_int_equal(login(p, "key of alice"), MSG_AUTH_OK);
}

/* A line in the log that nobody reads ends nothing. */
static void test_unheard(void **state)
{
	struct play *p = *state;

	start(p);
	assert_int_equal(login(p, "key of bob"), MSG_AUTH_WRONG);
	assert_int_equal(login(p, "key of alice"), MSG_AUTH_OK);
}

static void test_orders_out_of_place(void **state)
{
	struct play *p = *state;

	order(p, MSG_START, NULL); /* without a configuration */
	assert_int_equal(ipc_wait(p->flexd, MSG_READY, WAIT_MS), -EPIPE);
	assert_int_equal(wait_exit(p), 0);
}

static void test_commit_of_nothing(void **state)
{
	struct play *p = *state;

	order(p, MSG_CONF_PREPARE, p->conf);
	order(p, MSG_CONF_COMMIT, NULL);
	assert_int_equal(ipc_wait(p->flexd, MSG_READY, WAIT_MS), -EPIPE);
	assert_int_equal(wait_exit(p), 0);
}

/* No directory to be shut into: the process must not work with the rights it has. */
static void test_cannot_confine(void **state)
{
	struct play *p = *state;
	int status;

	assert_int_equal(rmdir(p->empty), 0);
	prepare(p);
	order(p, MSG_CONF_COMMIT, NULL);
	order(p, MSG_START, NULL);
	assert_int_equal(ipc_wait(p->flexd, MSG_READY, WAIT_MS), -EPIPE);
	status = wait_exit(p);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_open, play_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLAY(test_confined),
		PLAY(test_questions),
		PLAY(test_keys),
		PLAY(test_reload),
		PLAY(test_ill_sized),
		PLAY(test_old_key_wiped),
		PLAY(test_new_ike),
		cmocka_unit_test_setup_teardown(test_unheard, play_open_unheard, play_close),
		PLAY(test_orders_out_of_place),
		PLAY(test_commit_of_nothing),
		PLAY(test_cannot_confine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
