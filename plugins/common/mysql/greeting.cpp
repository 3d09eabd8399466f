#include "common/mysql/greeting.h"

#include <array>
#include <cstddef>
#include <poll.h>
#include <string>
#include <sys/socket.h>

namespace pulsewatch::mysql {
namespace {

std::optional<bool> tlsOffered(const std::string& packet) {
  constexpr std::size_t header = 4;
  if (packet.size() <= header || packet[header] != 10) return std::nullopt;
  const std::size_t version_end = packet.find('\0', header + 1);
  // thread number, first part of the scramble, filler; then the lower half of the capabilities
  const std::size_t capabilities = version_end + 1 + 4 + 8 + 1;
  if (version_end == std::string::npos || capabilities + 2 > packet.size()) return std::nullopt;
  return (static_cast<unsigned char>(packet[capabilities + 1]) & 0x08U) != 0;
}

std::string peekPacket(int fd, const net::Deadline& deadline) {
  std::array<char, 1024> buffer{};
  std::size_t wanted = 4;
  std::string seen;
  while (seen.size() < wanted) {
    // Wakes poll() only when that much is there, or never will be.
    const int mark = static_cast<int>(wanted);
    ::setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof mark);
    if (deadline.wait(fd, POLLIN) == 0) break;
    const ssize_t count = ::recv(fd, buffer.data(), wanted, MSG_PEEK | MSG_DONTWAIT);
    if (count < static_cast<ssize_t>(wanted)) break;
    seen.assign(buffer.data(), wanted);
    if (wanted == 4) {
      const std::size_t length = static_cast<unsigned char>(seen[0]) + 256UL * static_cast<unsigned char>(seen[1]);
      wanted = 4 + length;
      if (wanted > buffer.size()) break;
    }
  }
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof one);
  return seen;
}

}  // namespace

std::optional<bool> greetingOffersTls(int fd, const net::Deadline& deadline) { return tlsOffered(peekPacket(fd, deadline)); }

void endHandshake(int fd, const net::Deadline& deadline) {
  std::string login = {'\x22', 0, 0, 1, 0, '\x82', 0, 0, 0, 0, 0, 1, '\x21'};  // the 4.1 protocol, utf8; then user and password: none
  login.resize(4 + 0x22, '\0');
  if (::send(fd, login.data(), login.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return;
  std::array<char, 1024> greeting{};
  while (::recv(fd, greeting.data(), greeting.size(), MSG_DONTWAIT) > 0) {
  }
  (void)deadline.wait(fd, POLLIN);
}

}  // namespace pulsewatch::mysql
