#include "support/deaf_listener.h"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace pulsewatch::testing {

DeafListener::DeafListener(const std::string& ipv4, std::uint16_t port) : port_(port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, ipv4.c_str(), &address.sin_addr);
  const auto* where = reinterpret_cast<const sockaddr*>(&address);
  const int listener = sockets_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(listener, where, sizeof address) != 0 || ::listen(listener, 0) != 0) {
    const int error = errno;
    ::close(listener);
    throw std::system_error(error, std::generic_category(), "listening on " + ipv4);
  }
  for (int i = 0; i < 3; ++i) {
    sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    (void)::connect(sockets_.back(), where, sizeof address);  // which doesn't wait
  }
}

DeafListener::~DeafListener() {
  for (const int socket : sockets_) ::close(socket);
}

}  // namespace pulsewatch::testing
