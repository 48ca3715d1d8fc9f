#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

int sidegate_peer_credentials(int descriptor, uid_t *user, gid_t *group, pid_t *process) {
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return errno;
    if (length != sizeof credentials) return EINVAL;
    *user = credentials.uid;
    *group = credentials.gid;
    *process = credentials.pid;
    return 0;
}

int sidegate_accept(int listener) {
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

void sidegate_error_words(int number, char *buffer, size_t size) {
    if (size == 0) return;
    const char *words = strerror_r(number, buffer, size);
    if (words != buffer) snprintf(buffer, size, "%s", words);
}

void sidegate_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}
