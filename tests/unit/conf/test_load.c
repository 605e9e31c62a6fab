// SPDX-License-Identifier: BSD-2-Clause
/* The public file as a descriptor: what is no such file is refused in words, and always closed. */
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static char why[512];

static int file_of(const char *text)
{
	int fd = memfd_create("conf", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static struct conf *load(int fd)
{
	struct conf *conf;

	why[0] = '\0';
	conf = conf_load(fd, why, sizeof(why));
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(errno, EBADF);
	return conf;
}

/* The offset is at the end, as another process may have left it. */
static void test_good(void **state)
{
	struct conf *conf = load(file_of(ALL));

	(void)state;
	assert_non_null(conf);
	assert_int_equal(conf->profile_count, 1);
	assert_string_equal(why, "");
	conf_free(conf);
}

static void test_text(void **state)
{
	(void)state;
	assert_null(load(file_of("[gateway]\noutside = eth0\n[pool]\n" NO_GATEWAY)));
	assert_string_equal(why, "flexgate.conf:3: [pool]: the name is missing; write [pool NAME]");
	assert_null(load(file_of("[gateway]\noutside = eth0\n[pool]\n[pole]\n" NO_GATEWAY)));
	assert_string_equal(why, "flexgate.conf:3: [pool]: the name is missing; write [pool NAME] "
				 "(and 1 more: flexd -n shows them)");
}

static void test_no_file(void **state)
{
	int pair[2], large = memfd_create("large", MFD_CLOEXEC), text = file_of(ALL);
	char path[64];

	(void)state;
	assert_int_equal(pipe(pair), 0);
	assert_null(load(pair[0]));
	assert_string_equal(why, "flexgate.conf: is not a regular file");
	assert_null(load(open("/dev/zero", O_RDONLY)));
	assert_string_equal(why, "flexgate.conf: is not a regular file");
	assert_null(load(file_of("")));
	assert_string_equal(why, "flexgate.conf: has 0 bytes; expected 1 to 4194304");
	assert_int_equal(ftruncate(large, 4194305), 0);
	assert_null(load(large));
	assert_string_equal(why, "flexgate.conf: has 4194305 bytes; expected 1 to 4194304");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", text);
	assert_null(load(open(path, O_WRONLY)));
	assert_string_equal(why, "flexgate.conf: cannot be read to its end");
	close(text);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
