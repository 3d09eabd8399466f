// Who is at the other end of the control socket, and whether he may use it: root and the daemon's own user, but none of the daemon's
// workers nor what they have started. A plugin has no business there, and runs as the same user.
//
// A worker's descendant is known by its parents, up to the daemon, and, once it has none of these any more, by no_new_privs, which a worker
// has and nobody gets rid of; the second way is closed where the daemon itself runs under no_new_privs, and refuses others of its user that
// do. What can't be had: a plugin that has a stranger of the same user act for it (a service manager, a user's own crontab), which could as
// well kill the daemon; and a process that is gone, and its number another's, before it is looked at. Pure but for /proc; any thread.
#pragma once

#include <string>
#include <sys/types.h>

namespace pulsewatch {

struct ControlPeer {
  pid_t pid = 0;  // 0: of another process namespace, so not one of ours
  uid_t uid = 0;
};

// Of a connected unix socket. Throws std::system_error.
ControlPeer peerOf(int socket);

// Why he may not, as a sentence; "" when he may.
std::string refusalOf(const ControlPeer& peer);

}  // namespace pulsewatch
