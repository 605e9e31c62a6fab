// SPDX-License-Identifier: BSD-2-Clause
#include "lab.h"

#include "stat.h"

#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/if_link.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

void lab_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("bench_path: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

/* A command of words without spaces in them. */
static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *format, ...)
{
	char line[256], *word[32], *save = NULL;
	va_list args;
	int status;
	size_t n = 0;
	pid_t pid;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (char *w = strtok_r(line, " ", &save); w && n < 31; w = strtok_r(NULL, " ", &save))
		word[n++] = w;
	word[n] = NULL;
	if (posix_spawnp(&pid, word[0], NULL, NULL, word, environ))
		lab_die("%s cannot be started", word[0]);
	if (waitpid(pid, &status, 0) != pid || status)
		lab_die("a command failed: %s %s %s ...", word[0], n > 1 ? word[1] : "",
			n > 2 ? word[2] : "");
}

static void put(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	if (!out || fputs(text, out) < 0 || fclose(out))
		lab_die("%s cannot be set to %s: %s", path, text, strerror(errno));
}

static void pair(const char *a, const char *b)
{
	run("ip link add %s type veth peer name %s", a, b);
	run("ip link set %s up", a);
	run("ip link set %s up", b);
}

static char directory[64];
static pid_t owner;

/* Children leave the directory alone. */
static void clean_up(void)
{
	char path[128];

	if (getpid() != owner)
		return;
	snprintf(path, sizeof(path), "%s/bpf", directory);
	umount(path);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/empty", directory);
	rmdir(path);
	rmdir(directory);
}

void lab_open(struct lab *lab)
{
	char path[128];

	snprintf(lab->directory, sizeof(lab->directory), "/tmp/flexgate-bench-XXXXXX");
	if (!mkdtemp(lab->directory) || chmod(lab->directory, 0755))
		lab_die("no temporary directory: %s", strerror(errno));
	memcpy(directory, lab->directory, sizeof(directory));
	owner = getpid();
	atexit(clean_up);
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("sysfs", "/sys", "sysfs", 0, NULL))
		lab_die("no namespace of its own (needs root): %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/empty", lab->directory);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/bpf", lab->directory);
	if (mkdir(path, 0700) || mount("bpf", path, "bpf", 0, NULL))
		lab_die("no bpffs: %s", strerror(errno));
	/* No neighbour discovery among the counted packets. */
	put("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	pair("bench-os", "bench-o");
	pair("bench-is", "bench-i");
	pair("bench-p", "bench-w");
	pair("bench-bos", "bench-bo");
	pair("bench-bis", "bench-bi");
}

void lab_mac(const char *device, uint8_t mac[6])
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request))
		lab_die("%s has no hardware address", device);
	memcpy(mac, request.ifr_hwaddr.sa_data, 6);
	close(fd);
}

unsigned lab_index(const char *device)
{
	unsigned index = if_nametoindex(device);

	if (!index)
		lab_die("there is no device %s", device);
	return index;
}

void lab_attach(const char *device, int program)
{
	int result = bpf_xdp_attach((int)lab_index(device), program, XDP_FLAGS_DRV_MODE, NULL);

	if (result)
		lab_die("no XDP on %s: %s", device, strerror(-result));
}

pid_t lab_thread_napi(const char *device, unsigned cpu)
{
	char path[300], want[32], have[32];
	struct dirent *entry;
	pid_t found = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/class/net/%s/threaded", device);
	put(path, "1");
	snprintf(want, sizeof(want), "napi/%s-", device);
	dir = opendir("/proc");
	while (dir && (entry = readdir(dir))) {
		FILE *in;

		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		in = fopen(path, "r");
		if (!in)
			continue;
		if (fgets(have, sizeof(have), in) && strncmp(have, want, strlen(want)) == 0)
			found = (pid_t)strtol(entry->d_name, NULL, 10);
		fclose(in);
	}
	if (dir)
		closedir(dir);
	/* As a soft interrupt would: it goes first, so that batches do not depend on the scheduler.
	 */
	if (!found || bench_pin(found, cpu) ||
	    sched_setscheduler(found, SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 }))
		lab_die("NAPI of %s has no thread that can be pinned", device);
	return found;
}

static void sysctl(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	put(path, value);
}

static void neighbour(const char *address, const char *device, const char *at)
{
	uint8_t mac[6];

	lab_mac(at, mac);
	run("ip neigh add %s dev %s lladdr %02x:%02x:%02x:%02x:%02x:%02x nud permanent", address,
	    device, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

void lab_route(void)
{
	sysctl("ip_forward", "1");
	sysctl("conf/all/rp_filter", "0");
	sysctl("conf/bench-p/rp_filter", "0");
	sysctl("conf/bench-i/rp_filter", "0");
	sysctl("conf/bench-p/accept_local", "1");
	run("ip link set bench-p arp off");
	run("ip addr add 192.0.2.1/24 dev bench-o");
	run("ip addr add 203.0.113.1/24 dev bench-i");
	neighbour("192.0.2.254", "bench-o", "bench-os");
	neighbour("203.0.113.9", "bench-i", "bench-is");
	run("ip route add 198.51.100.0/24 via 192.0.2.254");
	run("ip route add 10.0.0.0/24 dev bench-p");
}
