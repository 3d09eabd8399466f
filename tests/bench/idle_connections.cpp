#include "bench/idle_connections.h"

#include "bench/descriptors.h"
#include "support/http_client.h"

#include <Poco/Net/SocketAddress.h>
#include <Poco/Timespan.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace pulsewatch::bench {

namespace {

// One answer, to its end by its Content-Length.
void takeAnswer(Poco::Net::StreamSocket& socket) {
  std::array<char, 4096> buffer{};
  std::string bytes;
  for (;;) {
    const int got = socket.receiveBytes(buffer.data(), static_cast<int>(buffer.size()));
    if (got <= 0) throw std::runtime_error("a connection was closed that was to be kept alive, after: " + bytes);
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
    try {
      if (testing::HttpClient::parse(bytes, false).status == 200) return;
      throw std::runtime_error("a connection was answered with " + bytes);
    } catch (const testing::HttpError&) {  // NOLINT(bugprone-empty-catch): it is not complete yet
    }
  }
}

}  // namespace

IdleConnections::IdleConnections(std::uint16_t port, const std::string& path, std::size_t number) {
  allowDescriptors(number);
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const Poco::Timespan patience(20, 0);
  for (std::size_t i = 0; i < number; ++i) {
    Poco::Net::StreamSocket& socket = sockets_.emplace_back();
    socket.connect(Poco::Net::SocketAddress("127.0.0.1", port), patience);
    socket.setReceiveTimeout(patience);
    socket.sendBytes(request.data(), static_cast<int>(request.size()));
    takeAnswer(socket);
  }
}

bool IdleConnections::allOpen() const {
  return std::none_of(sockets_.begin(), sockets_.end(),
                      [](const Poco::Net::StreamSocket& socket) { return socket.poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ); });
}

}  // namespace pulsewatch::bench
