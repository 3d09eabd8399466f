#include "common/deadline.h"

#include <poll.h>

namespace pulsewatch::net {

short Deadline::wait(int fd, short events) const {
  // The host's cancelled flag wakes nobody, so look at it now and then.
  constexpr std::chrono::milliseconds look_at_flag{50};
  while (!over()) {
    pollfd watched{fd, events, 0};
    if (::poll(&watched, 1, static_cast<int>(std::min(remaining(), look_at_flag).count())) > 0) return watched.revents;
  }
  return 0;
}

}  // namespace pulsewatch::net
