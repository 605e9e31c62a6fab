// SPDX-License-Identifier: BSD-2-Clause
/*
 * flexd, ike and aaa: one program, started again with a role, so that each has an address layout of
 * its own.
 */
#include "aaa/keys.h"
#include "aaa/process.h"
#include "conf/secrets.h"
#include "core/file.h"
#include "core/proc.h"
#include "ike/process.h"
#include "pki/pki.h"
#include "session/broker.h"
#include "session/files.h"

#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_CONF "/etc/flexgate/flexgate.conf"

static const char help[] =
	"flexd - the FlexGate IKEv2 gateway\n"
	"\n"
	"  flexd [-c FILE]   run in the foreground until SIGTERM or SIGINT; SIGHUP reads the\n"
	"                    configuration again (default " DEFAULT_CONF ")\n"
	"  flexd -n FILE     check a configuration, its secrets, certificates and keys as far as\n"
	"                    they may be read, without starting: exit status 1 if one is wrong\n"
	"  flexd -V          show the version\n"
	"  flexd -h          show this\n"
	"\n"
	"flexctl shows what it does and controls it. The files: flexgate.conf (public) and the\n"
	"secrets-file it names, which only root may read.\n";

static int print_errors(const struct conf_errors *errors)
{
	size_t kept = sizeof(errors->first) / sizeof(errors->first[0]);

	for (size_t i = 0; i < errors->count && i < kept; i++)
		fprintf(stderr, "%s\n", errors->first[i].text);
	if (errors->count > kept)
		fprintf(stderr, "%s: %zu more errors\n", errors->file, errors->count - kept);
	return 1;
}

static int check_secrets(const struct conf *conf)
{
	const char *path = conf->gateway.secrets_file;
	struct conf_errors errors = { 0 };
	struct conf_secrets *secrets;
	char why[128];
	FILE *in;
	int fd;

	if (access(path, R_OK) < 0 && errno == EACCES) {
		printf("%s: not checked, only root may read it\n", path);
		return 0;
	}
	fd = file_copy_secret(path, 0, CONF_FILE_MAX, why, sizeof(why));
	in = fd < 0 ? NULL : fdopen(fd, "r");
	if (!in) {
		fprintf(stderr, "%s: %s\n", path, fd < 0 ? why : strerror(errno));
		return 1;
	}
	rewind(in);
	secrets = conf_secrets_parse(in, path, conf, &errors);
	fclose(in);
	conf_secrets_free(secrets);
	return secrets ? 0 : print_errors(&errors);
}

/* Each private key, and that it belongs to its certificate. */
static bool check_keys(const struct conf *conf, const struct pki *pki, struct pki_files *files,
		       char *why, size_t cap)
{
	struct aaa_keys *keys = aaa_keys_new();
	bool ok = keys != NULL;

	for (uint32_t i = 0; ok && i < conf->trustpoint_count; i++) {
		if (files->key[i] < 0)
			continue;
		ok = aaa_keys_load(keys, files->key[i], conf, pki, i, why, cap);
		files->key[i] = -1; /* closed */
	}
	aaa_keys_free(keys);
	return ok;
}

static int check_trustpoints(const char *path, const struct conf *conf)
{
	bool root = geteuid() == 0, ok;
	struct pki_files files = PKI_FILES_NONE;
	struct pki *pki = NULL;
	const char *warning;
	char why[512] = "out of memory";
	int fd;

	if (!conf->trustpoint_count)
		return 0;
	if (pki_files_read(conf, root, &files, why, sizeof(why)) &&
	    (fd = file_reopen(files.bundle)) >= 0)
		pki = pki_load(fd, conf, 0, (int64_t)time(NULL), why, sizeof(why));
	for (size_t i = 0; pki && (warning = pki_warning(pki, i)) != NULL; i++)
		fprintf(stderr, "warning: %s\n", warning);
	if (pki && root && !check_keys(conf, pki, &files, why, sizeof(why))) {
		pki_free(pki);
		pki = NULL;
	}
	if (pki && !root)
		printf("private keys: not checked, only root may read them\n");
	ok = pki != NULL;
	if (!ok)
		fprintf(stderr, "%s: %s\n", path, why);
	pki_files_close(&files);
	pki_free(pki);
	return ok ? 0 : 1;
}

static void warn_of_legacy(const struct conf *conf)
{
	char weak[CONF_LEGACY_TEXT_MAX];

	for (size_t i = 0; i < conf->proposal_count; i++)
		if (*conf_legacy_text(&conf->proposals[i], weak))
			fprintf(stderr,
				"warning: proposal %s: legacy: weak algorithms are taken: %s\n",
				conf->proposals[i].name, weak);
	for (size_t i = 0; i < conf->ipsec_profile_count; i++)
		if (*conf_legacy_suites_text(&conf->ipsec_profiles[i], weak))
			fprintf(stderr,
				"warning: ipsec-profile %s: legacy: weak algorithms are taken: %s\n",
				conf->ipsec_profiles[i].name, weak);
}

/* The file may be meant for another machine, so this is no error. */
static void warn_of_users(const struct conf *conf)
{
	const struct {
		const char *key, *user;
	} rows[] = { { "user-ike", conf->gateway.user_ike },
		     { "user-aaa", conf->gateway.user_aaa },
		     { "user-worker", conf->gateway.user_worker } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!getpwnam(rows[i].user))
			fprintf(stderr,
				"warning: [gateway] %s: this machine has no user %s; "
				"systemd-sysusers makes those of the package\n",
				rows[i].key, rows[i].user);
}

static int check(const char *path)
{
	struct conf_errors errors;
	struct conf *conf;
	int text, status;

	conf = conf_file_read(path, &text, &errors);
	if (text >= 0)
		close(text);
	if (!conf)
		return print_errors(&errors);
	warn_of_legacy(conf);
	warn_of_users(conf);
	status = check_secrets(conf) | check_trustpoints(path, conf);
	if (status == 0)
		printf("%s: no error; profiles: %zu, pools: %zu\n", path, conf->profile_count,
		       conf->pool_count);
	conf_free(conf);
	return status;
}

static int run_role(const char *role)
{
	char name[16];

	snprintf(name, sizeof(name), "flexd: %s", role);
	proc_set_name(name);
	if (strcmp(role, "ike") == 0)
		return ike_main();
	if (strcmp(role, "aaa") == 0)
		return aaa_main();
	fprintf(stderr, "flexd: there is no role '%s'\n", role);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' },
						 { "version", no_argument, NULL, 'V' },
						 { NULL, 0, NULL, 0 } };
	const char *conf = DEFAULT_CONF;
	int option;

	proc_open_standard();
	/* How flexd starts its own children. */
	if (argc == 3 && strcmp(argv[1], "--role") == 0)
		return run_role(argv[2]);
	while ((option = getopt_long(argc, argv, "c:n:Vh", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			conf = optarg;
			break;
		case 'n':
			return check(optarg);
		case 'V':
			printf("flexd %s (map ABI %d)\n", FG_VERSION, FG_ABI);
			return 0;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			fputs("flexd -h shows what there is\n", stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "flexd: '%s' is not expected here; flexd -h shows what there is\n",
			argv[optind]);
		return 2;
	}
	proc_set_name("flexd");
	log_open("flexd", LOG_LEVEL_INFO);
	return broker_run(conf);
}
