#pragma once
// Linux interfaces that Swift's Glibc module leaves out.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/types.h>

// Who is at the other end of a connected Unix socket, as the kernel noted it at connect (SO_PEERCRED).
// Returns 0, or the value of errno and leaves the rest alone.
int sidegate_peer_credentials(int descriptor, uid_t *user, gid_t *group, pid_t *process);

// Takes a waiting connection as a descriptor that neither blocks nor outlives exec, or gives -1 and sets errno.
int sidegate_accept(int listener);

// At most this many messages in one call of the next two.
#define SIDEGATE_MESSAGES_MAX 32

// Takes up to `count` messages that wait on a socket that keeps boundaries, each to its own `stride` bytes of `buffer`,
// without waiting. `lengths` are those that the messages had, even where `stride` cut them. Returns how many came, 0 of
// length 0 included (the end), or -1 and sets errno.
int sidegate_receive_many(int descriptor, void *buffer, size_t stride, int count, unsigned *lengths);

// Sends up to `count` messages, one after another in `bytes` with these lengths, without waiting and without SIGPIPE.
// Returns how many went, or -1 and sets errno if not even the first did.
int sidegate_send_many(int descriptor, const void *bytes, const unsigned *lengths, int count);

// Writes the system's words for a value of errno, ended by a zero; safe in any thread.
void sidegate_error_words(int number, char *buffer, size_t size);

// Names the calling thread for tools that list threads; cut at 15 bytes.
void sidegate_name_thread(const char *name);

// From now on SIGTERM, SIGINT and SIGHUP each put their number, one byte, into a pipe; SIGPIPE and SIGXFSZ
// (a file's limit) are ignored, for the calls that meet them fail as well. The calling
// thread takes them and is to live as long as the process. Returns the end to read from, which does not block, or -1 and
// sets errno. Once in a process.
int sidegate_signal_pipe(void);

// Has malloc share two arenas among all threads, so that what one has freed another can use. Before any thread.
void sidegate_share_memory(void);

// Gives what is free back to the system, as after a start, which needs more than what follows.
void sidegate_return_memory(void);

// Sends `text` to a service manager's socket ($NOTIFY_SOCKET; "@" begins an abstract name), with up to 8 descriptors.
// Returns 0 or the value of errno.
int sidegate_notify(const char *path, const char *text, const int *descriptors, int count);

// Whether the calling thread has CAP_NET_ADMIN in force.
int sidegate_has_network_administration(void);

// Takes CAP_NET_ADMIN out of the calling thread's permitted, effective, inheritable and ambient capabilities. Threads that
// it makes later have none either. Returns 0, or the value of errno.
int sidegate_give_up_network_administration(void);
