// SPDX-License-Identifier: BSD-2-Clause
#include "session/pki_files.h"

#include "core/file.h"
#include "pki/bundle.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LISTS_MAX = 1024 }; /* of a trustpoint */

/* Run over the files of a trustpoint, those of directories one by one. False ends it. */
typedef bool visitor(void *arg, uint32_t trustpoint, enum pki_kind kind, const char *path);

struct reader {
	struct pki_files *files;
	const struct conf *conf;
	char *why;
	size_t cap;
	uint32_t lists[CONF_TRUSTPOINTS_MAX];
};

static bool wrong(const struct reader *r, uint32_t trustpoint, const char *path, const char *what)
{
	snprintf(r->why, r->cap, "[pki-trustpoint %s] %.300s %s",
		 r->conf->trustpoints[trustpoint].name, path, what);
	return false;
}

/* --- directories of revocation lists --- */

/* The names that CRLs have, among them those of openssl rehash. Editors and copies under way leave
 * others. */
static bool is_list(const char *name)
{
	const char *dot = strrchr(name, '.');

	return name[0] != '.' && dot &&
	       (!strcmp(dot, ".crl") || !strcmp(dot, ".pem") || !strcmp(dot, ".der") ||
		(dot[1] == 'r' && dot[2] >= '0' && dot[2] <= '9' && !dot[3]));
}

static int select_list(const struct dirent *entry)
{
	return is_list(entry->d_name);
}

static bool visit_list(const char *path, uint32_t trustpoint, visitor *visit, void *arg)
{
	struct dirent **entries;
	int count = scandir(path, &entries, select_list, alphasort);
	bool ok = true;

	if (count < 0) /* a file, or what visit() will complain of */
		return visit(arg, trustpoint, PKI_KIND_CRL, path);
	for (int i = 0; i < count; i++) {
		char file[PKI_NAME_MAX + 1];

		if (ok && i <= LISTS_MAX) { /* one too many is said */
			snprintf(file, sizeof(file), "%.255s/%.255s", path, entries[i]->d_name);
			ok = visit(arg, trustpoint, PKI_KIND_CRL, file);
		}
		free(entries[i]);
	}
	free(entries);
	return ok;
}

static bool visit_all(const struct conf *conf, visitor *visit, void *arg)
{
	for (uint32_t t = 0; t < conf->trustpoint_count; t++) {
		const struct conf_trustpoint *tp = &conf->trustpoints[t];
		bool ok = true;

		for (size_t i = 0; ok && i < tp->ca_certificate_count; i++)
			ok = visit(arg, t, PKI_KIND_CA, tp->ca_certificate[i]);
		if (ok && tp->certificate[0])
			ok = visit(arg, t, PKI_KIND_OWN, tp->certificate);
		if (ok && tp->ocsp_response[0])
			ok = visit(arg, t, PKI_KIND_OCSP, tp->ocsp_response);
		for (size_t i = 0; ok && i < tp->crl_count; i++)
			ok = visit_list(tp->crl[i], t, visit, arg);
		if (!ok)
			return false;
	}
	return true;
}

/* --- public files --- */

static uint8_t *read_whole(int fd, size_t size)
{
	uint8_t *bytes = malloc(size + 1);

	if (bytes && file_read(fd, bytes, size))
		return bytes;
	free(bytes);
	return NULL;
}

static bool pack(void *arg, uint32_t trustpoint, enum pki_kind kind, const char *path)
{
	struct reader *r = arg;
	struct pki_file file = { .trustpoint = trustpoint, .kind = (uint8_t)kind };
	struct stat st;
	char what[128];
	int fd = file_open(path, &st, what, sizeof(what)), error;
	uint8_t *bytes;

	if (fd < 0)
		return wrong(r, trustpoint, path, what);
	if (kind == PKI_KIND_CRL && r->lists[trustpoint]++ == LISTS_MAX) {
		close(fd);
		return wrong(r, trustpoint, path,
			     "is one too many: 1024 revocation lists are read");
	}
	if (st.st_size > PKI_FILE_MAX) {
		close(fd);
		return wrong(r, trustpoint, path, "is larger than 16 MiB");
	}
	bytes = read_whole(fd, (size_t)st.st_size);
	close(fd);
	if (!bytes)
		return wrong(r, trustpoint, path, "cannot be read to its end");
	snprintf(file.name, sizeof(file.name), "%s", path);
	file.bytes = bytes;
	file.len = (size_t)st.st_size;
	error = pki_bundle_add(r->files->bundle, &file);
	free(bytes);
	if (error)
		return wrong(r, trustpoint, path,
			     error == -EFBIG ? "is one too many: all files of trustpoints together "
					       "may have 128 MiB"
					     : strerror(-error));
	return true;
}

static bool copy_key(const struct reader *r, uint32_t trustpoint)
{
	const char *path = r->conf->trustpoints[trustpoint].private_key;
	char what[128];

	r->files->key[trustpoint] = file_copy_secret(path, 1, CONF_KEY_FILE_MAX, what,
						     sizeof(what));
	return r->files->key[trustpoint] >= 0 || wrong(r, trustpoint, path, what);
}

/* --- all --- */

bool pki_files_read(const struct conf *conf, bool keys, struct pki_files *files, char *why,
		    size_t cap)
{
	struct reader r = { .files = files, .conf = conf, .why = why, .cap = cap };
	bool ok;

	for (size_t i = 0; i < CONF_TRUSTPOINTS_MAX; i++)
		files->key[i] = -1;
	files->stamp = pki_files_stamp(conf);
	files->bundle = pki_bundle_new();
	ok = files->bundle >= 0;
	if (!ok)
		snprintf(why, cap, "no memory for the files of the trustpoints: %s",
			 strerror(-files->bundle));
	ok = ok && visit_all(conf, pack, &r);
	for (uint32_t t = 0; ok && keys && t < conf->trustpoint_count; t++)
		if (conf->trustpoints[t].private_key[0])
			ok = copy_key(&r, t);
	if (!ok)
		pki_files_close(files);
	return ok;
}

void pki_files_close(struct pki_files *files)
{
	if (files->bundle < 0)
		return; /* never read: the keys are not set */
	close(files->bundle);
	files->bundle = -1;
	for (size_t i = 0; i < CONF_TRUSTPOINTS_MAX; i++) {
		if (files->key[i] >= 0)
			close(files->key[i]);
		files->key[i] = -1;
	}
}

/* --- the stamp --- */

/* FNV-1a: a change is to be seen, nobody is to be kept from making two that look the same. */
static void mix(uint64_t *stamp, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len; i++)
		*stamp = (*stamp ^ p[i]) * 0x100000001b3;
}

static bool mix_file(void *arg, uint32_t trustpoint, enum pki_kind kind, const char *path)
{
	uint64_t *stamp = arg;
	struct stat st;
	int error = stat(path, &st) < 0 ? errno : 0;

	(void)trustpoint;
	(void)kind;
	mix(stamp, path, strlen(path) + 1);
	mix(stamp, &error, sizeof(error));
	if (error)
		return true;
	mix(stamp, &st.st_dev, sizeof(st.st_dev));
	mix(stamp, &st.st_ino, sizeof(st.st_ino));
	mix(stamp, &st.st_mode, sizeof(st.st_mode));
	mix(stamp, &st.st_size, sizeof(st.st_size));
	mix(stamp, &st.st_mtim, sizeof(st.st_mtim));
	mix(stamp, &st.st_ctim, sizeof(st.st_ctim));
	return true;
}

uint64_t pki_files_stamp(const struct conf *conf)
{
	uint64_t stamp = 0xcbf29ce484222325;

	visit_all(conf, mix_file, &stamp);
	for (size_t i = 0; i < conf->trustpoint_count; i++)
		if (conf->trustpoints[i].private_key[0])
			mix_file(&stamp, 0, 0, conf->trustpoints[i].private_key);
	return stamp;
}
