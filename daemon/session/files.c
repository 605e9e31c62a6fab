// SPDX-License-Identifier: BSD-2-Clause
#include "session/files.h"

#include "conf/build.h"
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define AREA      "start"
#define LOCK_NAME "flexd.pid"

/* Every missing directory on the way. */
static int make_directories(char *path)
{
	for (char *p = path + 1;; p++) {
		char end = *p;

		if (end != '/' && end != '\0')
			continue;
		*p = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
		*p = end;
		if (end == '\0')
			return 0;
	}
}

/* What a child is shut into must hold nothing and be writable for nobody. */
static int make_empty(const char *path)
{
	struct stat st;

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	if (lstat(path, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode) || st.st_uid != 0)
		return -ENOTDIR;
	return chmod(path, 0755) < 0 ? -errno : 0;
}

/* The file that is locked must still be the one with this name: its last owner removes it. Only
 * root may open it: flock() asks for no right to write, so anybody else could keep us from
 * starting. */
static int lock_file(const char *path)
{
	struct stat by_name, by_fd;
	int fd;

	for (;;) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			int error = -errno;

			close(fd);
			return error;
		}
		if (stat(path, &by_name) == 0 && fstat(fd, &by_fd) == 0 &&
		    by_name.st_ino == by_fd.st_ino && by_name.st_dev == by_fd.st_dev)
			return fd;
		close(fd);
	}
}

int run_directory_enter(struct run_directory *run, const char *path)
{
	char file[CONF_TEXT_MAX + 16];
	int error;

	run->lock = -1;
	snprintf(run->path, sizeof(run->path), "%s", path);
	error = make_directories(run->path);
	if (!error) {
		snprintf(file, sizeof(file), "%s/empty", path);
		error = make_empty(file);
	}
	if (error) {
		log_error(AREA, "run-directory %s cannot be prepared: %s", path, strerror(-error));
		return error;
	}
	snprintf(file, sizeof(file), "%s/" LOCK_NAME, path);
	error = lock_file(file);
	if (error == -EWOULDBLOCK) {
		log_error(AREA,
			  "another flexd uses run-directory %s; stop it, or give this one its own",
			  path);
		return error;
	}
	if (error < 0) {
		log_error(AREA, "%s cannot be locked: %s", file, strerror(-error));
		return error;
	}
	run->lock = error;
	if (ftruncate(run->lock, 0) < 0 || dprintf(run->lock, "%d\n", (int)getpid()) < 0)
		log_warn(AREA, "%s cannot be written: %s", file, strerror(errno));
	return 0;
}

void run_directory_leave(struct run_directory *run)
{
	char file[CONF_TEXT_MAX + 16];

	if (run->lock < 0)
		return;
	snprintf(file, sizeof(file), "%s/" LOCK_NAME, run->path);
	unlink(file);
	snprintf(file, sizeof(file), "%s/empty", run->path);
	rmdir(file);
	close(run->lock);
	run->lock = -1;
}

/* --- configuration --- */

/* Bytes of `from` into a file in memory. Returns it or -errno. */
static int copy_to_memory(int from)
{
	int to = memfd_create("flexgate.conf", MFD_CLOEXEC);
	char buf[16 * 1024];
	size_t total = 0;
	ssize_t n;
	int error = 0;

	if (to < 0)
		return -errno;
	while (!error && (n = read(from, buf, sizeof(buf))) != 0) {
		if (n < 0)
			error = -errno;
		else if ((total += (size_t)n) > CONF_FILE_MAX)
			error = -EFBIG;
		else if (write(to, buf, (size_t)n) != n)
			error = -ENOSPC;
	}
	if (!error)
		return to;
	close(to);
	return error;
}

int file_reopen(int fd)
{
	char path[32];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	return again < 0 ? -errno : again;
}

static struct conf *parse(int memory, const char *path, struct conf_errors *errors)
{
	int fd = file_reopen(memory);
	FILE *in = fd >= 0 ? fdopen(fd, "r") : NULL;
	struct conf *conf;

	if (!in) {
		if (fd >= 0)
			close(fd);
		conf_error(errors, 0, "cannot be read again: %s", strerror(errno));
		return NULL;
	}
	conf = conf_parse(in, path, errors);
	fclose(in);
	return conf;
}

static const struct conf_files none = CONF_FILES_NONE;

/* What the text names, except that the secrets may be there already. NULL, and all is closed. */
static struct conf *open_named(struct conf *conf, struct conf_files *files,
			       struct conf_errors *errors)
{
	char why[sizeof(errors->first[0].text) / 2];
	bool ok = conf != NULL;

	if (ok && files->secrets < 0) {
		files->secrets = file_copy_secret(conf->gateway.secrets_file, 0, CONF_FILE_MAX, why,
						  sizeof(why));
		ok = files->secrets >= 0;
		if (!ok)
			conf_error(errors, 0, "[gateway] secrets-file: %s %s",
				   conf->gateway.secrets_file, why);
	}
	if (ok && !pki_files_read(conf, true, &files->pki, why, sizeof(why))) {
		ok = false;
		conf_error(errors, 0, "%s", why);
	}
	if (ok)
		return conf;
	conf_files_close(files);
	conf_free(conf);
	return NULL;
}

static void begin(const char *path, struct conf_errors *errors)
{
	memset(errors, 0, sizeof(*errors));
	snprintf(errors->file, sizeof(errors->file), "%s", path);
}

struct conf *conf_file_read(const char *path, int *text, struct conf_errors *errors)
{
	char why[128];
	struct stat st;
	int file = file_open(path, &st, why, sizeof(why));

	begin(path, errors);
	*text = -1;
	if (file < 0) {
		conf_error(errors, 0, "%s", why);
		return NULL;
	}
	*text = copy_to_memory(file);
	close(file);
	if (*text >= 0)
		return parse(*text, path, errors);
	if (*text == -EFBIG)
		conf_error(errors, 0, "has more than %d bytes", CONF_FILE_MAX);
	else
		conf_error(errors, 0, "cannot be read: %s", strerror(-*text));
	return NULL;
}

struct conf *conf_files_read(const char *path, struct conf_files *files, struct conf_errors *errors)
{
	*files = none;
	return open_named(conf_file_read(path, &files->conf, errors), files, errors);
}

struct conf *conf_files_renew(const struct conf_files *now, const char *path,
			      struct conf_files *files, struct conf_errors *errors)
{
	struct conf *conf = NULL;

	*files = none;
	begin(path, errors);
	files->conf = fcntl(now->conf, F_DUPFD_CLOEXEC, 0);
	files->secrets = fcntl(now->secrets, F_DUPFD_CLOEXEC, 0);
	if (files->conf < 0 || files->secrets < 0)
		conf_error(errors, 0, "cannot be read again: %s", strerror(errno));
	else
		conf = parse(files->conf, path, errors);
	return open_named(conf, files, errors);
}

void conf_files_close(struct conf_files *files)
{
	if (files->conf >= 0)
		close(files->conf);
	if (files->secrets >= 0)
		close(files->secrets);
	pki_files_close(&files->pki);
	*files = none;
}
