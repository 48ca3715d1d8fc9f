#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <malloc.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

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

int sidegate_receive_many(int descriptor, void *buffer, size_t stride, int count, unsigned *lengths) {
    struct mmsghdr messages[SIDEGATE_MESSAGES_MAX];
    struct iovec parts[SIDEGATE_MESSAGES_MAX];
    if (count > SIDEGATE_MESSAGES_MAX) count = SIDEGATE_MESSAGES_MAX;
    for (int index = 0; index < count; index++) {
        parts[index] = (struct iovec){.iov_base = (char *)buffer + index * stride, .iov_len = stride};
        messages[index].msg_hdr = (struct msghdr){.msg_iov = &parts[index], .msg_iovlen = 1};
    }
    int taken = recvmmsg(descriptor, messages, (unsigned)count, MSG_DONTWAIT | MSG_TRUNC, NULL);
    for (int index = 0; index < taken; index++) lengths[index] = messages[index].msg_len;
    return taken;
}

int sidegate_send_many(int descriptor, const void *bytes, const unsigned *lengths, int count) {
    struct mmsghdr messages[SIDEGATE_MESSAGES_MAX];
    struct iovec parts[SIDEGATE_MESSAGES_MAX];
    const char *next = bytes;
    if (count > SIDEGATE_MESSAGES_MAX) count = SIDEGATE_MESSAGES_MAX;
    for (int index = 0; index < count; index++) {
        parts[index] = (struct iovec){.iov_base = (void *)next, .iov_len = lengths[index]};
        messages[index].msg_hdr = (struct msghdr){.msg_iov = &parts[index], .msg_iovlen = 1};
        next += lengths[index];
    }
    return sendmmsg(descriptor, messages, (unsigned)count, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void sidegate_error_words(int number, char *buffer, size_t size) {
    if (size == 0) return;
    const char *words = strerror_r(number, buffer, size);
    if (words != buffer) snprintf(buffer, size, "%s", words);
}

void sidegate_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

static volatile sig_atomic_t signal_descriptor = -1;

static void note_signal(int number) {
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    // A full pipe already holds what has to be known.
    ssize_t count = write(signal_descriptor, &byte, 1);
    (void)count;
    errno = saved;
}

int sidegate_signal_pipe(void) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
    signal_descriptor = ends[1];
    sigset_t expected;
    sigemptyset(&expected);
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    for (int index = 0; index < 3; index++) {
        if (sigaction(numbers[index], &action, NULL) != 0) return -1;
        sigaddset(&expected, numbers[index]);
    }
    // Whoever started this process may have left them blocked: the calling thread takes them.
    if (pthread_sigmask(SIG_UNBLOCK, &expected, NULL) != 0) return -1;
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    if (sigaction(SIGXFSZ, &ignored, NULL) != 0) return -1;
    return sigaction(SIGPIPE, &ignored, NULL) == 0 ? ends[0] : -1;
}

void sidegate_share_memory(void) {
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_TRIM_THRESHOLD, 256 * 1024);
}

void sidegate_return_memory(void) {
    malloc_trim(0);
}

int sidegate_notify(const char *path, const char *text, const int *descriptors, int count) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof address.sun_path || count < 0 || count > 8) return EINVAL;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = 0;
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(8 * sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec part = {.iov_base = (void *)text, .iov_len = strlen(text)};
    struct msghdr message = {
        .msg_name = &address,
        .msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length),
        .msg_iov = &part,
        .msg_iovlen = 1,
    };
    if (count > 0) {
        size_t bytes = (size_t)count * sizeof(int);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(bytes);
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(bytes);
        memcpy(CMSG_DATA(&control.head), descriptors, bytes);
    }
    int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sender < 0) return errno;
    int outcome = sendmsg(sender, &message, MSG_NOSIGNAL) < 0 ? errno : 0;
    close(sender);
    return outcome;
}

int sidegate_has_network_administration(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
    return syscall(SYS_capget, &header, sets) == 0 && (sets[0].effective & CAP_TO_MASK(CAP_NET_ADMIN)) != 0;
}

int sidegate_give_up_network_administration(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
    if (syscall(SYS_capget, &header, sets) != 0) return errno;
    const __u32 others = ~CAP_TO_MASK(CAP_NET_ADMIN);
    // Who has nothing to give up need not be allowed to: the service is not.
    if (((sets[0].effective | sets[0].permitted | sets[0].inheritable) & ~others) == 0) return 0;
    sets[0].effective &= others;
    sets[0].permitted &= others;
    // What is not inheritable is not ambient either.
    sets[0].inheritable &= others;
    return syscall(SYS_capset, &header, sets) == 0 ? 0 : errno;
}
