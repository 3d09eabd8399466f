// A unix socket's path as the system's calls take it. One that is too long is cut off: socketPathFault() is asked before. Any thread.
#pragma once

#include <string>
#include <sys/socket.h>
#include <sys/un.h>

namespace pulsewatch {

class UnixAddress {
 public:
  explicit UnixAddress(const std::string& path) {
    address_.sun_family = AF_UNIX;
    path.copy(address_.sun_path, sizeof(address_.sun_path) - 1);
  }

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
  [[nodiscard]] socklen_t size() const { return sizeof(address_); }

 private:
  sockaddr_un address_{};
};

}  // namespace pulsewatch
