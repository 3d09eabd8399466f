#include "serve/listening_socket.h"

#include "base/network_address.h"
#include <pulsewatch/service_url.h>

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <system_error>

namespace pulsewatch {

namespace {

constexpr int kBacklog = 4096;

// Poco's own server sockets have SO_REUSEPORT by default, and are closed on exec a moment too late.
FileDescriptor opened(const Poco::Net::SocketAddress& address) {
  const auto checked = [](int outcome) {
    if (outcome < 0) throw std::system_error(errno, std::generic_category());
    return outcome;
  };
  FileDescriptor socket(checked(::socket(address.af(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)));
  const auto set = [&](int level, int option, int value) { checked(::setsockopt(socket.get(), level, option, &value, sizeof(value))); };
  set(SOL_SOCKET, SO_REUSEADDR, 1);
  set(IPPROTO_TCP, TCP_NODELAY, 1);  // connections inherit it
  if (address.family() == Poco::Net::SocketAddress::IPv6) set(IPPROTO_IPV6, IPV6_V6ONLY, address.host().isWildcard() ? 0 : 1);
  checked(::bind(socket.get(), address.addr(), address.length()));
  checked(::listen(socket.get(), kBacklog));
  return socket;
}

std::uint16_t portOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) throw std::system_error(errno, std::generic_category());
  return Poco::Net::SocketAddress(reinterpret_cast<sockaddr*>(&address), size).port();
}

}  // namespace

ListeningSocket::ListeningSocket(const ListenAddress& address) : Watched(true), where_(address) {
  const auto refused = [&](const std::string& why) {
    return CannotListen(address.keys + ": cannot listen on " + hostAndPort(address.address, address.port) + ": " + why +
                        "; free the address, or choose another");
  };
  try {
    const Poco::Net::SocketAddress socket_address(Poco::Net::IPAddress(address.address), address.port);
    fd_ = opened(socket_address);
    port_ = portOf(fd_.get());
    if (!socket_address.host().isWildcard()) local_address_ = plainAddress(socket_address.host().toString());
  } catch (const Poco::Exception& e) {
    throw refused(e.displayText());
  } catch (const std::system_error& e) {
    throw refused(e.code().message());
  }
}

}  // namespace pulsewatch
