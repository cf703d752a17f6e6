/* Preloaded into the daemon: while the file FULL_SWITCH is there, the disk below FULL_ROOT has no room. A write may still
 * put down some of its bytes, as on a disk that is nearly full.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static char root[PATH_MAX];
static const char *switch_file;

#define REAL(ret, name, ...) \
  static ret (*real_##name)(__VA_ARGS__); \
  if (!real_##name) real_##name = (ret(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void start(void) {
  const char *dir = getenv("FULL_ROOT");
  switch_file = getenv("FULL_SWITCH");
  if (!dir || !switch_file || !realpath(dir, root)) switch_file = NULL;
}

static int full(void) {
  int kept = errno, is = switch_file && access(switch_file, F_OK) == 0;
  errno = kept;
  return is;
}

static int is_below(const char *path) {
  size_t length = strlen(root);
  return strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == 0);
}

/* Whether a file lies on the disk; sockets and pipes do not. */
static int on_disk(int fd) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  int kept = errno;
  ssize_t length = readlink(link, path, sizeof path - 1);
  errno = kept;
  if (length < 0) return 0;
  path[length] = 0;
  return is_below(path);
}

#define REFUSE(condition) \
  if (full() && (condition)) { errno = ENOSPC; return -1; }

ssize_t write(int fd, const void *data, size_t length) {
  REAL(ssize_t, write, int, const void *, size_t);
  if (full() && on_disk(fd)) {
    if (length > 1024) return real_write(fd, data, 512);
    errno = ENOSPC;
    return -1;
  }
  return real_write(fd, data, length);
}

#define PWRITE(name, type) \
  ssize_t name(int fd, const void *data, size_t length, type at) { \
    REAL(ssize_t, name, int, const void *, size_t, type); \
    if (full() && on_disk(fd)) { \
      if (length > 1024) return real_##name(fd, data, 512, at); \
      errno = ENOSPC; \
      return -1; \
    } \
    return real_##name(fd, data, length, at); \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  REFUSE(on_disk(fd));
  return real_writev(fd, parts, count);
}

int fallocate(int fd, int mode, off_t at, off_t length) {
  REAL(int, fallocate, int, int, off_t, off_t);
  REFUSE(on_disk(fd));
  return real_fallocate(fd, mode, at, length);
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, name, const char *, int, ...); \
    va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
    REFUSE((flags & O_CREAT) && is_below(path) && access(path, F_OK) != 0); \
    return real_##name(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t);
  REFUSE(is_below(path));
  return real_mkdir(path, mode);
}
