#pragma once
// Linux interfaces that Swift's Glibc module leaves out.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <sys/types.h>

// Who is at the other end of a connected Unix socket, as the kernel noted it at connect (SO_PEERCRED).
// Returns 0, or the value of errno and leaves the rest alone.
int sidegate_peer_credentials(int descriptor, uid_t *user, gid_t *group, pid_t *process);
