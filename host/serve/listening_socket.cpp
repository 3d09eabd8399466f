#include "serve/listening_socket.h"

#include <pulsewatch/service_url.h>

#include <Poco/Exception.h>
#include <Poco/Net/ServerSocketImpl.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <Poco/Timespan.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <system_error>

namespace pulsewatch {

namespace {

constexpr int kBacklog = 1024;
const Poco::Timespan kSendTimeout(5, 0);  // Poco has none: a client that doesn't read would hold its thread for ever

class ConnectionSocket final : public Poco::Net::StreamSocketImpl {
 public:
  explicit ConnectionSocket(int fd) : StreamSocketImpl(fd) { setSendTimeout(kSendTimeout); }

  // HTTPSession reads characters as signed and takes 0xFF for the end of the stream: the rest of a head with that byte in it would be the
  // next request. No UTF-8 text has 0xFF or 0xFE, so the one stands for the other. A request's body is never read.
  int receiveBytes(void* buffer, int length, int flags) override {
    const int count = StreamSocketImpl::receiveBytes(buffer, length, flags);
    auto* bytes = static_cast<unsigned char*>(buffer);
    if (count > 0) std::replace(bytes, bytes + count, static_cast<unsigned char>(0xFF), static_cast<unsigned char>(0xFE));
    return count;
  }
};

class ListeningSocket final : public Poco::Net::ServerSocketImpl {
 public:
  Poco::Net::SocketImpl* acceptConnection(Poco::Net::SocketAddress& client) override {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    int fd = -1;
    do {
      fd = ::accept4(sockfd(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) error(errno);
    client = Poco::Net::SocketAddress(reinterpret_cast<sockaddr*>(&address), size);
    return new ConnectionSocket(fd);
  }
};

// Poco's handle to an implementation of ours; TCPServer copies the handle, the implementation stays.
struct Handle : Poco::Net::ServerSocket {
  explicit Handle(Poco::Net::SocketImpl* implementation) : ServerSocket(implementation, true) {}
};

}  // namespace

Poco::Net::ServerSocket listeningSocket(const std::string& address, std::uint16_t port) {
  try {
    const Poco::Net::SocketAddress socket_address(Poco::Net::IPAddress(address), port);
    Handle socket(new ListeningSocket);
    if (socket_address.family() == Poco::Net::SocketAddress::IPv6)
      socket.bind6(socket_address, true, false, !socket_address.host().isWildcard());
    else
      socket.bind(socket_address, true, false);
    socket.listen(kBacklog);
    ::fcntl(socket.impl()->sockfd(), F_SETFD, FD_CLOEXEC);
    return socket;
  } catch (const Poco::Exception& e) {
    const std::string why = e.code() != 0 ? std::generic_category().message(e.code()) : e.displayText();
    throw CannotListen("http.address, http.port: cannot listen on " + hostAndPort(address, port) + ": " + why +
                       "; free the address, or choose another");
  }
}

}  // namespace pulsewatch
