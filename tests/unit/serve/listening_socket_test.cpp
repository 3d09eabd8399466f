#include "serve/listening_socket.h"

#include "support/connect.h"
#include "support/skip.h"

#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Timespan.h>
#include <cppunit/extensions/HelperMacros.h>

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>

namespace pulsewatch {

namespace {

ListenAddress at(const std::string& address, std::uint16_t port = 0) { return {"http.address, http.port", address, port}; }

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  CPPUNIT_ASSERT_EQUAL(0, ::getsockopt(fd, level, name, &value, &size));
  return value;
}

// What it says when it can't listen; "" when it can.
std::string refusal(const ListenAddress& address) {
  try {
    const ListeningSocket socket(address);
    return "";
  } catch (const CannotListen& e) {
    return e.what();
  }
}

// Whether the socket gets a connection that is made to this address.
bool reached(const ListeningSocket& socket, const std::string& address) {
  try {
    Poco::Net::StreamSocket client;
    client.connect(Poco::Net::SocketAddress(address, socket.port()), Poco::Timespan(10, 0));
    pollfd waiting{socket.fd(), POLLIN, 0};
    if (::poll(&waiting, 1, 10'000) != 1) return false;
    const FileDescriptor accepted(::accept4(socket.fd(), nullptr, nullptr, SOCK_CLOEXEC));
    return accepted.valid();
  } catch (const Poco::Exception&) {
    return false;
  }
}

bool hasIpv6() {
  if (refusal(at("::1")).empty()) return true;
  testing::skipped("listening on IPv6", "there is no ::1 here");
  return false;
}

class ListeningSocketTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ListeningSocketTest);
  CPPUNIT_TEST(inUse);
  CPPUNIT_TEST(notOurs);
  CPPUNIT_TEST(noAddress);
  CPPUNIT_TEST(tellsThePortThatWasPicked);
  CPPUNIT_TEST(flags);
  CPPUNIT_TEST(neverShared);
  CPPUNIT_TEST(freeAtOnce);
  CPPUNIT_TEST(ipv4Alone);
  CPPUNIT_TEST(dualStack);
  CPPUNIT_TEST(localAddresses);
  CPPUNIT_TEST_SUITE_END();

 public:
  void inUse() {
    const ListeningSocket first(at("127.0.0.1"));
    const std::string port = std::to_string(first.port());
    CPPUNIT_ASSERT_EQUAL(
        "http.address, http.port: cannot listen on 127.0.0.1:" + port + ": Address already in use; free the address, or choose another",
        refusal(at("127.0.0.1", first.port())));
    CPPUNIT_ASSERT_EQUAL(
        "admin.address, admin.port: cannot listen on 0.0.0.0:" + port + ": Address already in use; free the address, or choose another",
        refusal({"admin.address, admin.port", "0.0.0.0", first.port()}));
  }

  void notOurs() {
    const std::string end = ": Cannot assign requested address; free the address, or choose another";
    CPPUNIT_ASSERT_EQUAL("http.address, http.port: cannot listen on 192.0.2.1:0" + end, refusal(at("192.0.2.1")));
    if (hasIpv6()) CPPUNIT_ASSERT_EQUAL("http.address, http.port: cannot listen on [2001:db8::1]:0" + end, refusal(at("2001:db8::1")));
  }

  void noAddress() {
    for (const std::string address : {"localhost", "127.0.0.1:80", "[::1]", "192.0.2"}) {
      const std::string said = refusal(at(address));
      CPPUNIT_ASSERT_MESSAGE(address + ": " + said, said.starts_with("http.address, http.port: cannot listen on "));
      CPPUNIT_ASSERT_MESSAGE(address + ": " + said, said.ends_with("; free the address, or choose another"));
    }
  }

  void tellsThePortThatWasPicked() {
    const ListeningSocket socket(at("127.0.0.1"));
    CPPUNIT_ASSERT(socket.port() != 0);
    CPPUNIT_ASSERT_EQUAL(std::uint16_t{0}, socket.where().port);
    CPPUNIT_ASSERT(testing::canConnect(socket.port()));
  }

  void flags() {
    const ListeningSocket socket(at("127.0.0.1"));
    CPPUNIT_ASSERT((::fcntl(socket.fd(), F_GETFD) & FD_CLOEXEC) != 0);
    CPPUNIT_ASSERT((::fcntl(socket.fd(), F_GETFL) & O_NONBLOCK) != 0);
    CPPUNIT_ASSERT_EQUAL(-1, ::accept4(socket.fd(), nullptr, nullptr, SOCK_CLOEXEC));
    CPPUNIT_ASSERT_EQUAL(1, option(socket.fd(), SOL_SOCKET, SO_ACCEPTCONN));
    Poco::Net::StreamSocket client;
    client.connect(Poco::Net::SocketAddress("127.0.0.1", socket.port()), Poco::Timespan(10, 0));
    pollfd waiting{socket.fd(), POLLIN, 0};
    CPPUNIT_ASSERT_EQUAL(1, ::poll(&waiting, 1, 10'000));
    const FileDescriptor accepted(::accept4(socket.fd(), nullptr, nullptr, SOCK_CLOEXEC));
    CPPUNIT_ASSERT_EQUAL(1, option(accepted.get(), IPPROTO_TCP, TCP_NODELAY));
  }

  // Not even with one that would share: connections would be split between the two.
  void neverShared() {
    const ListeningSocket socket(at("127.0.0.1"));
    CPPUNIT_ASSERT_EQUAL(0, option(socket.fd(), SOL_SOCKET, SO_REUSEPORT));
    const FileDescriptor other(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    CPPUNIT_ASSERT_EQUAL(0, ::setsockopt(other.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)));
    CPPUNIT_ASSERT_EQUAL(0, ::setsockopt(other.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
    const Poco::Net::SocketAddress same("127.0.0.1", socket.port());
    CPPUNIT_ASSERT_EQUAL(-1, ::bind(other.get(), same.addr(), same.length()));
    CPPUNIT_ASSERT_EQUAL(EADDRINUSE, errno);
  }

  // A connection that the server closed keeps its port for a minute; a server that starts again doesn't wait for that.
  void freeAtOnce() {
    ListeningSocket socket(at("127.0.0.1"));
    const std::uint16_t port = socket.port();
    CPPUNIT_ASSERT(reached(socket, "127.0.0.1"));
    socket.leave();
    CPPUNIT_ASSERT(socket.left());
    socket.close();
    CPPUNIT_ASSERT(!testing::canConnect(port));
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal(at("127.0.0.1", port)));
  }

  void ipv4Alone() {
    const ListeningSocket socket(at("0.0.0.0"));
    CPPUNIT_ASSERT(reached(socket, "127.0.0.1") && reached(socket, "127.0.0.2"));
    if (hasIpv6()) CPPUNIT_ASSERT(!reached(socket, "::1"));
  }

  void dualStack() {
    if (!hasIpv6()) return;
    const ListeningSocket all(at("::"));
    CPPUNIT_ASSERT(reached(all, "::1") && reached(all, "127.0.0.1"));
    const ListeningSocket one(at("::1"));
    CPPUNIT_ASSERT_EQUAL(1, option(one.fd(), IPPROTO_IPV6, IPV6_V6ONLY));
    CPPUNIT_ASSERT(reached(one, "::1") && !reached(one, "127.0.0.1"));
  }

  // "" where each connection has its own.
  void localAddresses() {
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1"), ListeningSocket(at("127.0.0.1")).localAddress());
    CPPUNIT_ASSERT_EQUAL(std::string(), ListeningSocket(at("0.0.0.0")).localAddress());
    if (!hasIpv6()) return;
    CPPUNIT_ASSERT_EQUAL(std::string("::1"), ListeningSocket(at("::1")).localAddress());
    CPPUNIT_ASSERT_EQUAL(std::string("::1"), ListeningSocket(at("0:0:0:0:0:0:0:1")).localAddress());
    CPPUNIT_ASSERT_EQUAL(std::string(), ListeningSocket(at("::")).localAddress());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ListeningSocketTest);

}  // namespace

}  // namespace pulsewatch
