// SPDX-License-Identifier: BSD-2-Clause
/* Files of trustpoints: read, copied, refused, and found again when they change. */
#include "play.h"

#include "core/sandbox.h"
#include "pki/bundle.h"
#include "session/pki_files.h"

#include <errno.h>
#include <sys/wait.h>
#include <time.h>

struct files {
	struct play *p;
	char ca[128], cert[128], key[128], crls[128], text[1024];
};

static void put(const char *path, const char *text, mode_t mode)
{
	play_write(path, text);
	assert_int_equal(chmod(path, mode), 0);
}

/* A self-signed CA and a certificate with its key: flexd looks into none of them. */
static void open_files(struct files *f)
{
	f->p = play_new();
	snprintf(f->ca, sizeof(f->ca), "%s/ca.pem", f->p->directory);
	snprintf(f->cert, sizeof(f->cert), "%s/gw.pem", f->p->directory);
	snprintf(f->key, sizeof(f->key), "%s/gw.key", f->p->directory);
	snprintf(f->crls, sizeof(f->crls), "%s/crls", f->p->directory);
	put(f->ca, "the ca", 0644);
	put(f->cert, "the certificate", 0644);
	put(f->key, "the key", 0600);
	assert_int_equal(mkdir(f->crls, 0755), 0);
	snprintf(f->text, sizeof(f->text),
		 "%s[pki-trustpoint t]\nca-certificate = %s\ncertificate = %s\nprivate-key = %s\n"
		 "crl = %s\n",
		 CONF_POOLS, f->ca, f->cert, f->key, f->crls);
	play_conf(f->p, f->text, CONF_REST);
}

static void close_files(struct files *f)
{
	char path[192];

	watch_stop(&f->p->broker);
	unlink(f->ca);
	unlink(f->cert);
	unlink(f->key);
	snprintf(path, sizeof(path), "%s/a.crl", f->crls);
	unlink(path);
	snprintf(path, sizeof(path), "%s/README", f->crls);
	unlink(path);
	assert_int_equal(rmdir(f->crls), 0);
	play_free(f->p);
}

/* Whatever lies where the configuration should be: nothing holds flexd up, and it says what it is.
 */
static void test_no_configuration(void **state)
{
	struct play *p = play_new();
	const struct {
		const char *name, *why;
	} rows[] = { { "absent", "cannot be opened: No such file or directory" },
		     { "directory", "is a directory" },
		     { "fifo", "is not a regular file" },
		     { "huge", "has more than 4194304 bytes" } };
	struct conf_errors errors;
	char path[96];
	int text;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", p->directory, rows[i].name);
		if (i == 1)
			assert_int_equal(mkdir(path, 0700), 0);
		else if (i == 2)
			assert_int_equal(mkfifo(path, 0600), 0);
		else if (i == 3) {
			play_write(path, "#");
			assert_int_equal(truncate(path, CONF_FILE_MAX + 1), 0);
		}
		assert_null(conf_file_read(path, &text, &errors));
		assert_true(text < 0);
		assert_int_equal(errors.count, 1);
		assert_string_equal(strrchr(errors.first[0].text, '/') + 1 + strlen(rows[i].name) +
					    strlen(": "),
				    rows[i].why);
		assert_int_equal(i == 0 ? 0 : remove(path), 0);
	}
	play_free(p);
}

/* Root without its rights over files, as flexd is: what worked at the start fails in a reload. */
static void test_anothers_configuration(void **state)
{
	struct play *p = play_new();
	struct conf_errors errors;
	const char *why;
	int text, status;
	pid_t pid;

	(void)state;
	assert_int_equal(geteuid(), 0);
	assert_int_equal(chown(p->path, 65534, 65534), 0);
	pid = fork();
	if (pid == 0) {
		if (sandbox_keep(NULL, 0, &why) || conf_file_read(p->path, &text, &errors))
			_exit(1);
		_exit(strstr(errors.first[0].text, "chown it to root") ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	play_free(p);
}

static struct conf *conf_in(struct files *f, struct conf_files *files, const char *words)
{
	struct conf_errors errors;
	struct conf *conf = conf_files_read(f->p->path, files, &errors);

	if (!conf != (words != NULL))
		fail_msg("%s", conf ? "read" : errors.first[0].text);
	if (words && !strstr(errors.first[0].text, words))
		fail_msg("'%s' is not in '%s'", words, errors.first[0].text);
	return conf;
}

static void expect_file(struct rd *rd, uint8_t kind, const char *path, const char *bytes)
{
	struct pki_file file;

	assert_true(pki_bundle_next(rd, &file));
	assert_int_equal(file.trustpoint, 0);
	assert_int_equal(file.kind, kind);
	assert_string_equal(file.name, path);
	assert_int_equal(file.len, strlen(bytes));
	assert_memory_equal(file.bytes, bytes, file.len);
}

static void test_read(void **state)
{
	struct conf_files files;
	struct pki_file file;
	struct files f;
	struct conf *conf;
	struct rd rd;
	uint8_t *bytes;
	size_t len;
	char path[192], key[64];

	(void)state;
	open_files(&f);
	snprintf(path, sizeof(path), "%s/README", f.crls);
	put(path, "no list", 0644);
	snprintf(path, sizeof(path), "%s/a.crl", f.crls);
	put(path, "a list", 0644);
	conf = conf_in(&f, &files, NULL);
	bytes = pki_bundle_read(files.pki.bundle, &len);
	rd = rd_of(bytes, len);
	expect_file(&rd, PKI_KIND_CA, f.ca, "the ca");
	expect_file(&rd, PKI_KIND_OWN, f.cert, "the certificate");
	expect_file(&rd, PKI_KIND_CRL, path, "a list");
	assert_false(pki_bundle_next(&rd, &file));
	assert_true(rd_end(&rd));
	/* The key is a copy: what happens to the file afterwards does not matter. */
	put(f.key, "another key", 0600);
	assert_int_equal(pread(files.pki.key[0], key, sizeof(key), 0), 7);
	assert_memory_equal(key, "the key", 7);
	assert_int_equal(files.pki.key[1], -1);
	free(bytes);
	conf_files_close(&files);
	conf_free(conf);
	close_files(&f);
}

/* A list that is left out may be the one that says who was revoked: it is said, not left out. */
static void test_too_many_lists(void **state)
{
	struct conf_files files;
	struct files f;
	char path[192];

	(void)state;
	open_files(&f);
	for (int i = 0; i <= 1024; i++) {
		snprintf(path, sizeof(path), "%s/%d.crl", f.crls, i);
		put(path, "a list", 0644);
	}
	conf_in(&f, &files, "999.crl is one too many: 1024 revocation lists are read");
	unlink(path);
	conf_free(conf_in(&f, &files, NULL));
	conf_files_close(&files);
	for (int i = 0; i < 1024; i++) {
		snprintf(path, sizeof(path), "%s/%d.crl", f.crls, i);
		unlink(path);
	}
	close_files(&f);
}

static void test_refused(void **state)
{
	struct conf_files files;
	struct files f;
	char link[192];

	(void)state;
	open_files(&f);
	for (mode_t mode = 0640; mode; mode = mode == 0640 ? 0604 : 0) {
		assert_int_equal(chmod(f.key, mode), 0);
		conf_in(&f, &files, "gw.key gives rights to group or others (mode 06");
	}
	put(f.key, "", 0600);
	conf_in(&f, &files, "gw.key has 0 bytes; expected 1 to 65536");
	put(f.key, "the key", 0600);
	assert_int_equal(chown(f.key, 65534, 65534), 0);
	conf_in(&f, &files, "gw.key belongs to another user; chown it to root");
	unlink(f.key);
	conf_in(&f, &files, "[pki-trustpoint t]");
	assert_int_equal(mkfifo(f.key, 0600), 0); /* and nobody waits for its writer */
	conf_in(&f, &files, "gw.key is not a regular file");
	unlink(f.key);
	put(f.key, "the key", 0600);
	assert_int_equal(chmod(f.p->secrets, 0640), 0);
	conf_in(&f, &files,
		"secrets.conf gives rights to group or others (mode 0640); chmod 0600 it");
	assert_int_equal(chmod(f.p->secrets, 0600), 0);
	assert_int_equal(chown(f.p->secrets, 65534, 65534), 0);
	conf_in(&f, &files, "secrets.conf belongs to another user; chown it to root");
	assert_int_equal(chown(f.p->secrets, 0, 0), 0);
	assert_int_equal(truncate(f.p->secrets, CONF_FILE_MAX + 1), 0);
	conf_in(&f, &files, "secrets.conf has 4194305 bytes; expected 0 to 4194304");
	unlink(f.p->secrets);
	conf_in(&f, &files, "secrets.conf cannot be opened: No such file or directory");
	assert_int_equal(mkfifo(f.p->secrets, 0600), 0);
	conf_in(&f, &files, "secrets.conf is not a regular file");
	unlink(f.p->secrets);
	put(f.p->secrets, "", 0600);
	unlink(f.cert);
	conf_in(&f, &files, "gw.pem cannot be opened: No such file or directory");
	snprintf(link, sizeof(link), "%s", f.ca);
	assert_int_equal(symlink(link, f.cert), 0); /* a link is as good as a file */
	conf_free(conf_in(&f, &files, NULL));
	conf_files_close(&files);
	close_files(&f);
}

/* --- the watch --- */

static void begin_watch(struct files *f)
{
	struct conf_errors errors;

	open_files(f);
	conf_files_close(&f->p->broker.files);
	conf_free(f->p->broker.conf);
	f->p->broker.conf = conf_files_read(f->p->path, &f->p->broker.files, &errors);
	assert_non_null(f->p->broker.conf);
	sessions_set_conf(f->p->broker.sessions, f->p->broker.conf,
			  lease_pools_new(f->p->broker.conf));
	play_start(f->p);
	f->p->broker.watch.every_ms = 5;
	f->p->broker.watch.settle_ms = 5;
	assert_int_equal(watch_start(&f->p->broker), 0);
}

/* Looks go on until ike is asked to prepare something, for a while. */
static bool comes(struct files *f)
{
	for (int i = 0; i < 40; i++) {
		const struct timespec pause = { .tv_nsec = 5000000 };

		if (play_hear(f->p, CHILD_IKE, NULL) == MSG_CONF_PREPARE)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static void answer(struct files *f, bool ok)
{
	while (play_hear(f->p, CHILD_IKE, NULL))
		;
	while (play_hear(f->p, CHILD_AAA, NULL))
		;
	play_prepared(f->p, CHILD_AAA, ok, "the key is not that of the certificate");
	play_prepared(f->p, CHILD_IKE, true, "");
	while (play_hear(f->p, CHILD_IKE, NULL))
		;
	assert_null(f->p->broker.reload);
}

static void test_watch(void **state)
{
	char path[192], other[192];
	struct files f;
	int before;

	(void)state;
	begin_watch(&f);
	assert_false(comes(&f));
	/* Written anew. */
	put(f.cert, "a new certificate", 0644);
	assert_true(comes(&f));
	answer(&f, true);
	assert_false(comes(&f));
	/* Renamed onto its name. */
	snprintf(other, sizeof(other), "%s/new", f.p->directory);
	put(other, "the keY", 0600);
	assert_int_equal(rename(other, f.key), 0);
	assert_true(comes(&f));
	answer(&f, true);
	/* A list comes to the directory; what is no list does not count. */
	snprintf(path, sizeof(path), "%s/a.crl", f.crls);
	put(path, "a list", 0644);
	assert_true(comes(&f));
	answer(&f, true);
	snprintf(path, sizeof(path), "%s/README", f.crls);
	put(path, "no list", 0644);
	assert_false(comes(&f));
	/* What a child refuses is not tried again, until it changes; the old ones stay. */
	before = f.p->broker.files.pki.bundle;
	put(f.cert, "a wrong certificate", 0644);
	assert_true(comes(&f));
	answer(&f, false);
	assert_int_equal(f.p->broker.files.pki.bundle, before);
	assert_false(comes(&f));
	put(f.cert, "a certificate at last", 0644);
	assert_true(comes(&f));
	answer(&f, true);
	/* A file that is gone: flexd itself refuses, and nothing is sent to anybody. */
	unlink(f.cert);
	assert_false(comes(&f));
	put(f.cert, "it is back", 0644);
	assert_true(comes(&f));
	answer(&f, true);
	close_files(&f);
}

/* Nobody has looked at the new files when a process ends in the middle: they are tried again. */
static void test_interrupted(void **state)
{
	struct files f;

	(void)state;
	begin_watch(&f);
	put(f.cert, "a new certificate", 0644);
	assert_true(comes(&f));
	close(f.p->end[CHILD_AAA]);
	f.p->end[CHILD_AAA] = -1;
	play_turn(f.p);
	assert_null(f.p->broker.reload);
	assert_false(comes(&f)); /* not before aaa works again */
	play_child(f.p, CHILD_AAA);
	play_say(f.p, CHILD_AAA, MSG_HELLO, NULL, 0);
	play_prepared(f.p, CHILD_AAA, true, "");
	play_say(f.p, CHILD_AAA, MSG_READY, NULL, 0);
	play_prepared(f.p, CHILD_IKE, true, ""); /* to what was given up */
	assert_true(comes(&f));
	answer(&f, true);
	assert_false(comes(&f));
	close_files(&f);
}

/* What is in force stays, whatever stands in the files by now: half a reload is none. */
static void test_text_stays(void **state)
{
	char secrets[64] = "";
	struct files f;

	(void)state;
	begin_watch(&f);
	play_write(f.p->path, "nonsense");
	play_write(f.p->secrets, "[psk all]\nidentity = any\nkey = half a sec");
	put(f.cert, "a new certificate", 0644);
	assert_true(comes(&f));
	answer(&f, true);
	assert_int_equal(f.p->broker.conf->trustpoint_count, 1);
	assert_true(pread(f.p->broker.files.secrets, secrets, sizeof(secrets) - 1, 0) > 0);
	assert_string_equal(secrets, "[psk all]\nidentity = any\nkey = a long secret\n");
	close_files(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_configuration),
		cmocka_unit_test(test_anothers_configuration),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_too_many_lists),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_text_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
