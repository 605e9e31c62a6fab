// SPDX-License-Identifier: BSD-2-Clause
#include "aaa/process.h"

#include "aaa/authn.h"
#include "aaa/keys.h"
#include "aaa/load.h"
#include "aaa/ppk.h"
#include "core/clock.h"
#include "core/ipc.h"
#include "core/log.h"
#include "core/proc.h"
#include "core/sandbox.h"
#include "core/secret.h"
#include "crypto/psk_auth.h"
#include "crypto/selftest.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define AREA         "auth"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NOTHING      0, 0

enum { OLD_KEYS_S = 30 };

struct aaa {
	struct event_base *base;
	struct ipc *flexd, *ike;       /* ike: NULL until flexd brings the channel */
	struct conf *conf, *next_conf; /* next_*: prepared, not yet in use */
	struct conf_secrets *secrets, *next_secrets;
	struct pki *next_pki; /* only our own certificates, to compare the keys with */
	/* old_keys: until ike has taken the new certificates as well. */
	struct aaa_keys *keys, *next_keys, *old_keys;
	struct event *forget_old;
	char why[512]; /* what is wrong with what was prepared */
	bool confined;
	struct log_limit failures;
	int status;
};

/* clang-format off */
static const struct sandbox_call calls[] = {
	{ "epoll_wait",    "the loop waits for channels" },
	{ "epoll_pwait",   "the same, as libc may call it" },
	{ "epoll_ctl",     "a new channel to ike joins the loop" },
	{ "recvmmsg",      "messages of flexd and ike" },
	{ "sendmmsg",      "answers to them" },
	{ "fcntl",         "a channel that came is made non-blocking" },
	{ "fstat",         "size of a new configuration, of new certificates and keys at a reload" },
	{ "newfstatat",    "the same, as libc may call it" },
	{ "lseek",         "the secrets file is read from its start" },
	{ "read",          "the secrets file" },
	{ "pread64",       "the public file, certificates and private keys" },
	{ "mlock",         "pages of new secrets stay out of swap" },
};
/* clang-format on */

static void leave(struct aaa *aaa, int status)
{
	aaa->status = status;
	event_base_loopbreak(aaa->base);
}

/* --- questions of ike --- */

static void log_failure(struct aaa *aaa, const struct msg_auth_verify *ask,
			enum msg_auth_reason reason)
{
	char peer[IP_TEXT_MAX], identity[160];

	if (!log_allowed(&aaa->failures, clock_ms()))
		return;
	log_warn(AREA, "login failed: %s: peer %s, identity %s, profile %s",
		 aaa_reason_text(reason), endpoint_text(&ask->peer, peer),
		 conf_identity_text(ask->remote.type, ask->remote.data, ask->remote.len, identity,
				    sizeof(identity)),
		 ask->profile[0] ? ask->profile : "(none)");
}

/* Is what follows the question as long as it says? */
static bool verify_complete(const struct msg_auth_verify *ask, size_t tail)
{
	return ask->octets_len <= MSG_OCTETS_MAX &&
	       ask->own_len <= MSG_OCTETS_MAX - ask->octets_len && ask->auth_len <= MSG_AUTH_MAX &&
	       (ask->round == 0 || ask->own_len == 0) &&
	       tail == (size_t)ask->octets_len + ask->auth_len + ask->own_len;
}

/* Our AUTH with the verdict, for a client that has proved itself: others learn nothing by it. */
static void sign_too(const struct aaa *aaa, const struct msg_auth_verify *ask, const uint8_t *own,
		     struct msg_auth_verdict *verdict)
{
	struct msg_auth_sign sign = { .ike = ask->ike,
				      .remote = ask->remote,
				      .prf = ask->prf,
				      .method = AAA_SHARED_KEY,
				      .octets_len = ask->own_len };
	struct msg_auth_signed made;

	_Static_assert((int)MSG_SHARED_AUTH_MAX >= (int)PSK_AUTH_MAX, "AUTH fits the verdict");
	memcpy(sign.profile, ask->profile, sizeof(sign.profile));
	aaa_sign(aaa->conf, aaa->secrets, &sign, own, &made);
	verdict->own_len = made.len;
	memcpy(verdict->own, made.auth, made.len);
}

static int on_verify(void *arg, const struct ipc_message *message)
{
	struct aaa *aaa = arg;
	const struct msg_auth_verify *ask = message->body;
	const uint8_t *octets = (const uint8_t *)message->body + sizeof(*ask);
	struct msg_auth_verdict verdict = { .ike = ask->ike };
	enum msg_auth_reason reason;

	if (!aaa->secrets || !msg_text_ok(ask->profile, sizeof(ask->profile)) ||
	    ask->remote.len > sizeof(ask->remote.data) ||
	    !verify_complete(ask, message->len - sizeof(*ask)))
		return -EPROTO;
	reason = aaa_verify(aaa->conf, aaa->secrets, ask, octets, octets + ask->octets_len);
	verdict.reason = reason;
	if (reason != MSG_AUTH_OK)
		log_failure(aaa, ask, reason);
	else if (ask->own_len)
		sign_too(aaa, ask, octets + ask->octets_len + ask->auth_len, &verdict);
	/* A channel that does not take it tells `broken`. */
	ipc_send(aaa->ike, MSG_AUTH_VERDICT, &verdict, sizeof(verdict), NULL, 0, -1);
	return 0;
}

static int on_sign(void *arg, const struct ipc_message *message)
{
	struct aaa *aaa = arg;
	const struct msg_auth_sign *ask = message->body;
	struct msg_auth_signed answer;

	if (!aaa->secrets || !msg_text_ok(ask->profile, sizeof(ask->profile)) ||
	    !msg_text_ok(ask->trustpoint, sizeof(ask->trustpoint)) ||
	    ask->remote.len > sizeof(ask->remote.data) || ask->octets_len > MSG_OCTETS_MAX ||
	    message->len - sizeof(*ask) != ask->octets_len)
		return -EPROTO;
	if (ask->method == AAA_SHARED_KEY)
		aaa_sign(aaa->conf, aaa->secrets, ask,
			 (const uint8_t *)message->body + sizeof(*ask), &answer);
	else
		aaa_sign_with_key(aaa->conf, aaa->keys, aaa->old_keys, ask,
				  (const uint8_t *)message->body + sizeof(*ask), &answer);
	ipc_send(aaa->ike, MSG_AUTH_SIGNED, &answer, sizeof(answer), NULL, 0, -1);
	return 0;
}

static int on_mix(void *arg, const struct ipc_message *message)
{
	struct aaa *aaa = arg;
	const struct msg_ppk_mix *ask = message->body;
	struct msg_ppk_mixed answer;

	if (!aaa->secrets || !msg_text_ok(ask->profile, sizeof(ask->profile)) ||
	    ask->id_len > sizeof(ask->id) || ask->key_len > sizeof(ask->d))
		return -EPROTO;
	aaa_mix_ppk(aaa->conf, aaa->secrets, ask, &answer);
	ipc_send(aaa->ike, MSG_PPK_MIXED, &answer, sizeof(answer), NULL, 0, -1);
	wipe(&answer, sizeof(answer));
	return 0;
}

/* clang-format off */
static const struct ipc_rule ike_rules[] = {
	{ MSG_AUTH_VERIFY, "AUTH_VERIFY", sizeof(struct msg_auth_verify),
	  sizeof(struct msg_auth_verify) + MSG_OCTETS_MAX + MSG_AUTH_MAX, on_verify, false },
	{ MSG_AUTH_SIGN, "AUTH_SIGN", sizeof(struct msg_auth_sign),
	  sizeof(struct msg_auth_sign) + MSG_OCTETS_MAX, on_sign, false },
	{ MSG_PPK_MIX, "PPK_MIX", sizeof(struct msg_ppk_mix), sizeof(struct msg_ppk_mix), on_mix, false },
};
/* clang-format on */

/* ike restarts: flexd brings a new channel. */
static void ike_broken(void *arg, const char *why)
{
	struct aaa *aaa = arg;

	log_debug(AREA, "the channel to ike is closed: %s", why);
	ipc_free(aaa->ike);
	aaa->ike = NULL;
}

/* --- orders of flexd --- */

static void forget_next(struct aaa *aaa)
{
	conf_secrets_free(aaa->next_secrets);
	aaa_keys_free(aaa->next_keys);
	pki_free(aaa->next_pki);
	conf_free(aaa->next_conf);
	aaa->next_secrets = NULL;
	aaa->next_keys = NULL;
	aaa->next_pki = NULL;
	aaa->next_conf = NULL;
	aaa->why[0] = '\0';
}

static int on_conf_prepare(void *arg, const struct ipc_message *message)
{
	struct aaa *aaa = arg;

	if (message->fd < 0)
		return -EPROTO;
	forget_next(aaa);
	aaa->next_conf = conf_load(message->fd, aaa->why, sizeof(aaa->why));
	return 0;
}

static int on_pki_prepare(void *arg, const struct ipc_message *message)
{
	struct aaa *aaa = arg;

	if (message->fd < 0)
		return -EPROTO;
	if (aaa->next_conf && !aaa->next_pki)
		aaa->next_pki = pki_load(message->fd, aaa->next_conf, PKI_OWN_ONLY,
					 (int64_t)time(NULL), aaa->why, sizeof(aaa->why));
	else
		close(message->fd);
	if (aaa->next_pki)
		aaa->next_keys = aaa_keys_new();
	return 0;
}

static int on_key_prepare(void *arg, const struct ipc_message *message)
{
	struct aaa *aaa = arg;
	const struct msg_key_prepare *key = message->body;

	if (message->fd < 0 || key->trustpoint >= CONF_TRUSTPOINTS_MAX)
		return -EPROTO;
	if (aaa->next_keys && key->trustpoint < aaa->next_conf->trustpoint_count)
		aaa_keys_load(aaa->next_keys, message->fd, aaa->next_conf, aaa->next_pki,
			      key->trustpoint, aaa->why, sizeof(aaa->why));
	else
		close(message->fd);
	return 0;
}

/* Nothing of all that was brought is wrong or missing? */
static bool complete(struct aaa *aaa)
{
	return !aaa->why[0] && aaa->next_secrets && aaa->next_keys &&
	       aaa_keys_complete(aaa->next_keys, aaa->next_conf, aaa->why, sizeof(aaa->why));
}

/* Ends the preparation, so this answers for all files. */
static int on_secrets_prepare(void *arg, const struct ipc_message *message)
{
	struct aaa *aaa = arg;
	struct msg_conf_prepared answer = { 0 };

	if (message->fd < 0)
		return -EPROTO;
	if (aaa->next_conf && !aaa->next_secrets && !aaa->why[0])
		aaa->next_secrets = aaa_load_secrets(message->fd, aaa->next_conf, aaa->why,
						     sizeof(aaa->why));
	else
		close(message->fd);
	answer.ok = complete(aaa);
	if (!answer.ok) {
		snprintf(answer.why, sizeof(answer.why), "%s",
			 aaa->why[0] ? aaa->why : "secrets came before what they belong to");
		forget_next(aaa);
	}
	ipc_send(aaa->flexd, MSG_CONF_PREPARED, &answer, sizeof(answer), NULL, 0, -1);
	return 0;
}

static void on_forget_old(evutil_socket_t fd, short what, void *arg)
{
	struct aaa *aaa = arg;

	(void)fd;
	(void)what;
	aaa_keys_free(aaa->old_keys);
	aaa->old_keys = NULL;
}

static int on_conf_commit(void *arg, const struct ipc_message *message)
{
	const struct timeval soon = { .tv_sec = OLD_KEYS_S };
	struct aaa *aaa = arg;

	(void)message;
	if (!aaa->next_secrets)
		return -EPROTO;
	conf_secrets_free(aaa->secrets);
	aaa_keys_free(aaa->old_keys);
	conf_free(aaa->conf);
	aaa->secrets = aaa->next_secrets;
	aaa->old_keys = aaa->keys;
	aaa->keys = aaa->next_keys;
	aaa->conf = aaa->next_conf;
	aaa->next_secrets = NULL;
	aaa->next_keys = NULL;
	aaa->next_conf = NULL;
	forget_next(aaa);
	evtimer_add(aaa->forget_old, &soon);
	log_set_level(aaa->conf->gateway.log_level);
	return 0;
}

static int on_conf_abort(void *arg, const struct ipc_message *message)
{
	(void)message;
	forget_next(arg);
	return 0;
}

static int on_channel(void *arg, const struct ipc_message *message)
{
	struct aaa *aaa = arg;
	struct ipc_events events = {
		.rules = ike_rules, .rule_count = COUNT(ike_rules), .arg = aaa, .broken = ike_broken
	};
	int error;

	if (message->fd < 0)
		return -EPROTO;
	ipc_free(aaa->ike);
	aaa->ike = NULL;
	error = ipc_new(aaa->base, message->fd, &events, &aaa->ike);
	if (error) {
		close(message->fd);
		log_error(AREA, "the channel to ike cannot be used: %s", strerror(-error));
		leave(aaa, 1);
	}
	return 0;
}

static int on_start(void *arg, const struct ipc_message *message)
{
	struct aaa *aaa = arg;
	char empty[CONF_TEXT_MAX + 8];
	struct sandbox sandbox = { .root = empty, .calls = calls, .call_count = COUNT(calls) };
	const char *why = "";

	(void)message;
	if (!aaa->conf || aaa->confined)
		return -EPROTO;
	sandbox.user = aaa->conf->gateway.user_aaa;
	snprintf(empty, sizeof(empty), "%s/empty", aaa->conf->gateway.run_directory);
	if (sandbox_enter(&sandbox, &why)) {
		log_error(AREA, "rights cannot be given up (user %s, directory %s): %s",
			  sandbox.user, empty, why);
		leave(aaa, 1);
		return 0;
	}
	aaa->confined = true;
	ipc_send(aaa->flexd, MSG_READY, NULL, 0, NULL, 0, -1);
	return 0;
}

/* clang-format off */
static const struct ipc_rule flexd_rules[] = {
	{ MSG_CONF_PREPARE,    "CONF_PREPARE",    NOTHING, on_conf_prepare,    true },
	{ MSG_PKI_PREPARE,     "PKI_PREPARE",     NOTHING, on_pki_prepare,     true },
	{ MSG_KEY_PREPARE,     "KEY_PREPARE",     sizeof(struct msg_key_prepare),
	  sizeof(struct msg_key_prepare), on_key_prepare, true },
	{ MSG_SECRETS_PREPARE, "SECRETS_PREPARE", NOTHING, on_secrets_prepare, true },
	{ MSG_CONF_COMMIT,     "CONF_COMMIT",     NOTHING, on_conf_commit,     false },
	{ MSG_CONF_ABORT,      "CONF_ABORT",      NOTHING, on_conf_abort,      false },
	{ MSG_AAA_CHANNEL,     "AAA_CHANNEL",     NOTHING, on_channel,         true },
	{ MSG_START,           "START",           NOTHING, on_start,           false },
};
/* clang-format on */

/* flexd is gone, or makes no sense: without it there is nobody to serve. */
static void flexd_broken(void *arg, const char *why)
{
	struct aaa *aaa = arg;

	log_debug(AREA, "ends: the channel to flexd is closed: %s", why);
	leave(aaa, 0);
}

static int run(struct aaa *aaa)
{
	struct ipc_events events = { .rules = flexd_rules,
				     .rule_count = COUNT(flexd_rules),
				     .arg = aaa,
				     .broken = flexd_broken };
	int error = ipc_new(aaa->base, PROC_CHANNEL_FD, &events, &aaa->flexd);

	if (error) {
		log_error(AREA,
			  "descriptor %d is no channel to flexd: %s; this role is started by "
			  "flexd",
			  PROC_CHANNEL_FD, strerror(-error));
		return 1;
	}
	ipc_send(aaa->flexd, MSG_HELLO, NULL, 0, NULL, 0, -1);
	if (event_base_dispatch(aaa->base) < 0) {
		log_error(AREA, "the event loop failed");
		return 1;
	}
	return aaa->status;
}

int aaa_main(void)
{
	struct aaa aaa = { .failures = { .burst = 20, .per_second = 2 } };
	const char *what;
	int status = 1;

	log_open("aaa", LOG_LEVEL_INFO);
	if (secret_harden_process() < 0) {
		log_error(AREA, "core dumps and tracing cannot be turned off: %s", strerror(errno));
		return 1;
	}
	if (!crypto_selftest(&what)) {
		log_error(AREA, "the crypto library fails its self-test: %s", what);
		return 1;
	}
	signal(SIGPIPE, SIG_IGN); /* whoever reads the log may go */
	/* Ctrl-C in a terminal reaches every process; flexd decides who ends when. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sign_protect_keys();
	aaa.base = event_base_new();
	if (aaa.base)
		aaa.forget_old = evtimer_new(aaa.base, on_forget_old, &aaa);
	if (aaa.forget_old)
		status = run(&aaa);
	else
		log_error(AREA, "no event loop: out of memory");
	ipc_free(aaa.ike);
	ipc_free(aaa.flexd);
	forget_next(&aaa);
	conf_secrets_free(aaa.secrets);
	aaa_keys_free(aaa.keys);
	aaa_keys_free(aaa.old_keys);
	conf_free(aaa.conf);
	if (aaa.forget_old)
		event_free(aaa.forget_old);
	if (aaa.base)
		event_base_free(aaa.base);
	return status;
}
