#define _GNU_SOURCE
#include "Troubles.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NANOSECONDS 1000000000LL
#define DESCRIPTORS_MAX 1024
#define REAL(name) ((__typeof__(&name))real(#name))

static _Atomic int64_t healthy[TROUBLE_WORDS];
static _Atomic int64_t *words = healthy;

static void *real(const char *name) {
    return dlsym(RTLD_NEXT, name);
}

static struct timespec moved(struct timespec time, int64_t nanoseconds) {
    int64_t sum = time.tv_sec * NANOSECONDS + time.tv_nsec + nanoseconds;
    if (sum < 0) sum = 0;
    return (struct timespec){.tv_sec = sum / NANOSECONDS, .tv_nsec = sum % NANOSECONDS};
}

static int64_t ahead(clockid_t clock) {
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE: return words[TROUBLE_STEADY] + words[TROUBLE_WALL];
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME: return words[TROUBLE_STEADY];
    default: return 0;
    }
}

// Clocks.

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*next)(clockid_t, struct timespec *);
    if (!next) next = REAL(clock_gettime);
    int result = next(clock, time);
    if (result == 0) *time = moved(*time, ahead(clock));
    return result;
}

int gettimeofday(struct timeval *restrict value, void *restrict zone) {
    (void)zone;
    struct timespec time;
    if (clock_gettime(CLOCK_REALTIME, &time) != 0) return -1;
    *value = (struct timeval){.tv_sec = time.tv_sec, .tv_usec = time.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *result) {
    struct timespec time;
    if (clock_gettime(CLOCK_REALTIME, &time) != 0) return -1;
    if (result) *result = time.tv_sec;
    return time.tv_sec;
}

// Waits until a time: in the machine's own terms. An hour that passes meanwhile does not end them.

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until) {
    struct timespec own = moved(*until, -ahead(CLOCK_REALTIME));
    return REAL(sem_timedwait)(semaphore, &own);
}

int pthread_cond_timedwait(
    pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict until) {
    // The daemon's libraries read the clock on the wall for this.
    struct timespec own = moved(*until, -ahead(CLOCK_REALTIME));
    return REAL(pthread_cond_timedwait)(condition, mutex, &own);
}

// Timers.

static struct {
    pthread_mutex_t lock;
    struct {
        int is_timer, flags;
        clockid_t clock;
        // In the daemon's terms, and absolute; zero while it is not set.
        struct itimerspec set;
    } of[DESCRIPTORS_MAX];
} timers = {.lock = PTHREAD_MUTEX_INITIALIZER};

// With the lock held.
static int arm(int descriptor, struct itimerspec *old) {
    struct itimerspec own = timers.of[descriptor].set;
    if (own.it_value.tv_sec != 0 || own.it_value.tv_nsec != 0) {
        own.it_value = moved(own.it_value, -ahead(timers.of[descriptor].clock));
        if (own.it_value.tv_sec == 0 && own.it_value.tv_nsec == 0) own.it_value.tv_nsec = 1;
    }
    return REAL(timerfd_settime)(descriptor, TFD_TIMER_ABSTIME, &own, old);
}

int timerfd_create(int clock, int flags) {
    int descriptor = REAL(timerfd_create)(clock, flags);
    if (descriptor < 0 || descriptor >= DESCRIPTORS_MAX) return descriptor;
    pthread_mutex_lock(&timers.lock);
    timers.of[descriptor].is_timer = 1;
    timers.of[descriptor].clock = clock;
    timers.of[descriptor].set = (struct itimerspec){0};
    pthread_mutex_unlock(&timers.lock);
    return descriptor;
}

int timerfd_settime(int descriptor, int flags, const struct itimerspec *set, struct itimerspec *old) {
    if (descriptor < 0 || descriptor >= DESCRIPTORS_MAX || !timers.of[descriptor].is_timer)
        return REAL(timerfd_settime)(descriptor, flags, set, old);
    pthread_mutex_lock(&timers.lock);
    struct itimerspec wanted = *set;
    int is_set = wanted.it_value.tv_sec != 0 || wanted.it_value.tv_nsec != 0;
    if (is_set && !(flags & TFD_TIMER_ABSTIME)) {
        struct timespec now;
        clock_gettime(timers.of[descriptor].clock, &now);
        wanted.it_value = moved(wanted.it_value, now.tv_sec * NANOSECONDS + now.tv_nsec);
    }
    timers.of[descriptor].set = wanted;
    int result = arm(descriptor, old);
    pthread_mutex_unlock(&timers.lock);
    return result;
}

// Sets all timers anew whenever clocks have moved.
static void *keep_timers(void *unused) {
    (void)unused;
    int64_t steady = words[TROUBLE_STEADY], wall = words[TROUBLE_WALL];
    while (1) {
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        if (steady == words[TROUBLE_STEADY] && wall == words[TROUBLE_WALL]) continue;
        steady = words[TROUBLE_STEADY];
        wall = words[TROUBLE_WALL];
        pthread_mutex_lock(&timers.lock);
        for (int descriptor = 0; descriptor < DESCRIPTORS_MAX; descriptor++) {
            struct itimerspec left;
            if (!timers.of[descriptor].is_timer) continue;
            // One that has gone off and was not set again rests.
            if (timerfd_gettime(descriptor, &left) != 0) continue;
            if (left.it_value.tv_sec != 0 || left.it_value.tv_nsec != 0) arm(descriptor, NULL);
        }
        pthread_mutex_unlock(&timers.lock);
    }
    return NULL;
}

// The disk: which descriptors are the database (1) and its log (2).

static _Atomic unsigned char files[DESCRIPTORS_MAX];

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text), wanted = strlen(end);
    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

static int note_open(const char *path, int descriptor) {
    if (descriptor < 0 || descriptor >= DESCRIPTORS_MAX) return descriptor;
    files[descriptor] = ends_with(path, "/sidegate.sqlite") ? 1 : ends_with(path, "/sidegate.sqlite-wal") ? 2 : 0;
    return descriptor;
}

static mode_t mode_of(int flags, va_list arguments) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return note_open(path, REAL(open64)(path, flags, mode));
}

int close(int descriptor) {
    if (descriptor >= 0 && descriptor < DESCRIPTORS_MAX) {
        files[descriptor] = 0;
        if (timers.of[descriptor].is_timer) {
            pthread_mutex_lock(&timers.lock);
            timers.of[descriptor].is_timer = 0;
            pthread_mutex_unlock(&timers.lock);
        }
    }
    return REAL(close)(descriptor);
}

static int file(int descriptor) {
    return descriptor >= 0 && descriptor < DESCRIPTORS_MAX ? files[descriptor] : 0;
}

// A log is written from front to back, so that what lies between is unsynced too.
static void note_unsynced(int64_t first, int64_t end) {
    _Atomic int64_t *range = words + TROUBLE_UNSYNCED;
    int is_first = range[0] == range[1];
    if (is_first || first < range[0]) range[0] = first;
    if (is_first || end > range[1]) range[1] = end;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
    int number = file(descriptor);
    if (number > 0) {
        if (words[TROUBLE_DISK_FULL]) {
            errno = ENOSPC;
            return -1;
        }
        if (number == 2) note_unsynced(offset, offset + (int64_t)count);
    }
    return REAL(pwrite64)(descriptor, bytes, count, offset);
}

int fdatasync(int descriptor) {
    int number = file(descriptor);
    if (number == 0) return REAL(fdatasync)(descriptor);
    if (words[TROUBLE_DIES_AT_SYNC] > 0 && atomic_fetch_sub(&words[TROUBLE_DIES_AT_SYNC], 1) == 1)
        kill(getpid(), SIGKILL);
    int result = REAL(fdatasync)(descriptor);
    if (result == 0 && number == 2) words[TROUBLE_UNSYNCED + 1] = words[TROUBLE_UNSYNCED];
    return result;
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("SIDEGATE_TROUBLES");
    if (!path) return;
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) abort();
    void *place = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (place == MAP_FAILED) abort();
    REAL(close)(descriptor);
    words = place;
    // Signals are the daemon's.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    if (pthread_create(&thread, NULL, keep_timers, NULL) != 0) abort();
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}
