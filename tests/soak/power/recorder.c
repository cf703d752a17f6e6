/* Preloaded into the daemon: notes what it does to files below RECORD_ROOT, in order, to RECORD_FILE.
 *
 * A record is: kind u8, clock u64 (CLOCK_MONOTONIC, ns), a u64, b u64, name length u32, data length u32, name, data;
 * integers little-endian. Names are relative to RECORD_ROOT. The note is taken after the call has succeeded, under one
 * lock with it, so that the order of notes is the order of effects.
 *
 * What is not noted is not there: io_uring, mmap and splice are not used by the daemon, and a test compares the tree that
 * the notes build with the real one.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { CREATE = 1, WRITE = 2, TRUNCATE = 3, RENAME = 4, UNLINK = 5, SYNC = 6, MKDIR = 7, SYNC_DIR = 8 };

#define FDS 65536
static char *paths[FDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int out = -1;
static char root[PATH_MAX];
static size_t root_len;

#define REAL(ret, name, ...) \
  static ret (*real_##name)(__VA_ARGS__); \
  if (!real_##name) real_##name = (ret(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void start(void) {
  const char *dir = getenv("RECORD_ROOT"), *file = getenv("RECORD_FILE");
  if (!dir || !file || !realpath(dir, root)) return;
  root_len = strlen(root);
  REAL(int, open, const char *, int, ...);
  out = real_open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static ssize_t whole(const struct iovec *parts, int count) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  struct iovec left[8];
  memcpy(left, parts, sizeof(*parts) * (size_t)count);
  int at = 0;
  while (at < count) {
    ssize_t done = real_writev(out, left + at, count - at);
    if (done < 0) { if (errno == EINTR) continue; abort(); }
    while (at < count && (size_t)done >= left[at].iov_len) done -= (ssize_t)left[at++].iov_len;
    if (at < count) { left[at].iov_base = (char *)left[at].iov_base + done; left[at].iov_len -= (size_t)done; }
  }
  return 0;
}

static void note(enum kind kind, uint64_t a, uint64_t b, const char *name, const void *data, size_t length) {
  int kept = errno;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  unsigned char head[33];
  uint64_t clock = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
  uint32_t name_length = (uint32_t)strlen(name), data_length = (uint32_t)length;
  head[0] = (unsigned char)kind;
  memcpy(head + 1, &clock, 8); memcpy(head + 9, &a, 8); memcpy(head + 17, &b, 8);
  memcpy(head + 25, &name_length, 4); memcpy(head + 29, &data_length, 4);
  struct iovec parts[3] = {{head, sizeof head}, {(void *)name, name_length}, {(void *)data, length}};
  whole(parts, 3);
  errno = kept;
}

/* The name below the root, or NULL. Valid until the next call under the lock. */
static const char *below(const char *path) {
  static char full[PATH_MAX];
  if (out < 0) return NULL;
  if (path[0] == '/') { if (snprintf(full, sizeof full, "%s", path) >= (int)sizeof full) return NULL; }
  else {
    char here[PATH_MAX];
    if (!getcwd(here, sizeof here) || snprintf(full, sizeof full, "%s/%s", here, path) >= (int)sizeof full) return NULL;
  }
  if (strncmp(full, root, root_len) != 0 || (full[root_len] != '/' && full[root_len] != 0)) return NULL;
  return full[root_len] ? full + root_len + 1 : full + root_len;
}

static const char *of(int fd) { return fd >= 0 && fd < FDS ? paths[fd] : NULL; }

static void opened(int fd, const char *path, int flags, int existed) {
  if (fd < 0 || fd >= FDS) return;
  const char *name = below(path);
  free(paths[fd]);
  paths[fd] = NULL;
  if (!name) return;
  paths[fd] = strdup(name);
  if ((flags & O_CREAT) && !existed) note(CREATE, 0, 0, name, NULL, 0);
  else if (flags & O_TRUNC) note(TRUNCATE, 0, 0, name, NULL, 0);
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, name, const char *, int, ...); \
    va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
    pthread_mutex_lock(&lock); \
    struct stat seen; int existed = out >= 0 && lstat(path, &seen) == 0; \
    int fd = real_##name(path, flags, mode); \
    opened(fd, path, flags, existed); \
    pthread_mutex_unlock(&lock); \
    return fd; \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
  int name(int dir, const char *path, int flags, ...) { \
    REAL(int, name, int, const char *, int, ...); \
    va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
    pthread_mutex_lock(&lock); \
    struct stat seen; int existed = fstatat(dir, path, &seen, AT_SYMLINK_NOFOLLOW) == 0; \
    int fd = real_##name(dir, path, flags, mode); \
    if (dir == AT_FDCWD || path[0] == '/') opened(fd, path, flags, existed); \
    else if (of(dir)) abort(); /* nobody opens relative to a folder of ours; else the notes would be wrong */ \
    pthread_mutex_unlock(&lock); \
    return fd; \
  }
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
  REAL(int, close, int);
  pthread_mutex_lock(&lock);
  if (of(fd)) { free(paths[fd]); paths[fd] = NULL; }
  int done = real_close(fd);
  pthread_mutex_unlock(&lock);
  return done;
}

int fcntl64(int fd, int command, ...) {
  REAL(int, fcntl64, int, int, ...);
  va_list rest; va_start(rest, command); void *argument = va_arg(rest, void *); va_end(rest);
  pthread_mutex_lock(&lock);
  int done = real_fcntl64(fd, command, argument);
  if ((command == F_DUPFD || command == F_DUPFD_CLOEXEC) && done >= 0 && done < FDS) {
    free(paths[done]);
    paths[done] = of(fd) ? strdup(of(fd)) : NULL;
  }
  pthread_mutex_unlock(&lock);
  return done;
}
int fcntl(int fd, int command, ...) {
  va_list rest; va_start(rest, command); void *argument = va_arg(rest, void *); va_end(rest);
  return fcntl64(fd, command, argument);
}

static void wrote(int fd, off_t at, const void *data, ssize_t done) {
  if (done > 0 && of(fd)) note(WRITE, (uint64_t)at, 0, of(fd), data, (size_t)done);
}

ssize_t write(int fd, const void *data, size_t length) {
  REAL(ssize_t, write, int, const void *, size_t);
  if (!of(fd)) return real_write(fd, data, length);
  pthread_mutex_lock(&lock);
  ssize_t done = real_write(fd, data, length);
  wrote(fd, lseek(fd, 0, SEEK_CUR) - (done > 0 ? done : 0), data, done);
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  if (!of(fd)) return real_writev(fd, parts, count);
  ssize_t all = 0;
  for (int i = 0; i < count; i++) {
    ssize_t done = write(fd, parts[i].iov_base, parts[i].iov_len);
    if (done < 0) return all ? all : done;
    all += done;
    if ((size_t)done < parts[i].iov_len) break;
  }
  return all;
}

#define PWRITE(name, offset) \
  ssize_t name(int fd, const void *data, size_t length, offset at) { \
    REAL(ssize_t, name, int, const void *, size_t, offset); \
    if (!of(fd)) return real_##name(fd, data, length, at); \
    pthread_mutex_lock(&lock); \
    ssize_t done = real_##name(fd, data, length, at); \
    wrote(fd, at, data, done); \
    pthread_mutex_unlock(&lock); \
    return done; \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define TRUNCATED(name, offset) \
  int name(int fd, offset length) { \
    REAL(int, name, int, offset); \
    pthread_mutex_lock(&lock); \
    int done = real_##name(fd, length); \
    if (done == 0 && of(fd)) note(TRUNCATE, (uint64_t)length, 0, of(fd), NULL, 0); \
    pthread_mutex_unlock(&lock); \
    return done; \
  }
TRUNCATED(ftruncate, off_t)
TRUNCATED(ftruncate64, off64_t)

static void synced(int fd, int done) {
  struct stat seen;
  if (done == 0 && of(fd)) note(fstat(fd, &seen) == 0 && S_ISDIR(seen.st_mode) ? SYNC_DIR : SYNC, 0, 0, of(fd), NULL, 0);
}

/* Nothing written while it runs is covered, so the note holds what was written before it began: the lock is held. */
#define SYNCED(name) \
  int name(int fd) { \
    REAL(int, name, int); \
    pthread_mutex_lock(&lock); \
    int done = real_##name(fd); \
    synced(fd, done); \
    pthread_mutex_unlock(&lock); \
    return done; \
  }
SYNCED(fsync)
SYNCED(fdatasync)

int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  pthread_mutex_lock(&lock);
  int done = real_rename(from, to);
  const char *name = done == 0 ? below(from) : NULL;
  if (name) {
    char *old = strdup(name);
    const char *new = below(to);
    if (!new) abort();
    for (int fd = 0; fd < FDS; fd++)
      if (paths[fd] && strcmp(paths[fd], old) == 0) { free(paths[fd]); paths[fd] = strdup(new); }
    note(RENAME, 0, 0, old, new, strlen(new));
    free(old);
  }
  pthread_mutex_unlock(&lock);
  return done;
}

int link(const char *from, const char *to) {
  REAL(int, link, const char *, const char *);
  pthread_mutex_lock(&lock);
  if (below(from)) abort();
  int done = real_link(from, to);
  pthread_mutex_unlock(&lock);
  return done;
}

int unlink(const char *path) {
  REAL(int, unlink, const char *);
  pthread_mutex_lock(&lock);
  int done = real_unlink(path);
  const char *name = done == 0 ? below(path) : NULL;
  if (name) note(UNLINK, 0, 0, name, NULL, 0);
  pthread_mutex_unlock(&lock);
  return done;
}

int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t);
  pthread_mutex_lock(&lock);
  int done = real_mkdir(path, mode);
  const char *name = done == 0 ? below(path) : NULL;
  if (name) note(MKDIR, 0, 0, name, NULL, 0);
  pthread_mutex_unlock(&lock);
  return done;
}
