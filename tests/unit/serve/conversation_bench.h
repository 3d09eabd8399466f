// A Conversation without a loop: the test says when it hears of what has happened on a connection, and when an answer that Poco's threads
// made is handed to it. One thread, but for Poco's.
#pragma once

#include "base/mutex.h"
#include "serve/conversation.h"
#include "support/wait.h"
#include "unit/serve/service_bench.h"
#include "unit/serve/tls_client.h"

#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <chrono>
#include <memory>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace pulsewatch::testing {

constexpr std::chrono::seconds kPatience{60};

// The home that the test itself is: requests stay until it takes them.
class QuietHome final : public CarriedHome {
 public:
  void comeBack(std::unique_ptr<CarriedRequest> request) noexcept override EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    came_.push_back(std::move(request));
  }
  [[nodiscard]] std::size_t count() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return came_.size();
  }
  [[nodiscard]] bool comesTo(std::size_t count) const {
    return waitFor([&] { return this->count() >= count; }, kPatience);
  }
  std::vector<std::unique_ptr<CarriedRequest>> take() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return std::exchange(came_, {});
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::unique_ptr<CarriedRequest>> came_ GUARDED_BY(mutex_);
};

// A request for example.com; `further` are whole lines.
inline std::string asked(const std::string& target, const std::string& method = "GET", const std::string& further = {},
                         const std::string& version = "HTTP/1.1") {
  return method + " " + target + " " + version + "\r\nHost: example.com\r\n" + further + "\r\n";
}

// A number as X-Request-ID takes it.
inline std::string uuidOf(std::size_t number) {
  const std::string digits = std::to_string(number);
  return "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
}

inline std::size_t occurrences(const std::string& text, const std::string& of) {
  std::size_t count = 0;
  for (std::size_t at = text.find(of); at != std::string::npos; at = text.find(of, at + of.size())) ++count;
  return count;
}

inline void sendAll(int fd, const std::string& bytes) {
  CPPUNIT_ASSERT_EQUAL(static_cast<ssize_t>(bytes.size()), ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

// What can be received now.
inline std::string drained(int fd) {
  std::string text;
  std::array<char, 65536> buffer{};
  for (ssize_t got = 0; (got = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(got));
  return text;
}

struct ConversationBench {
  explicit ConversationBench(std::size_t most_output = std::size_t{64} << 20U) : budget(most_output) {
    room.setLimits(limits);
    table.setNow(service.clock.steady());
    poco.start();
  }
  ~ConversationBench() { poco.stop(); }

  // A connection as it is when it has been accepted. Its descriptor doesn't block.
  Connection& begin(FileDescriptor fd, std::unique_ptr<TlsStream> tls = nullptr) {
    CPPUNIT_ASSERT(room.enter());
    auto connection = std::make_unique<Connection>(std::move(fd), door, std::move(tls));
    connection->peer_address = connection->local_address = "127.0.0.1";
    return table.add(std::move(connection));
  }
  // Waits for one of these on the connection, and tells of all that has happened. The numbers of poll are epoll's.
  void turn(Connection& connection, short awaited = POLLIN | POLLRDHUP) {
    pollfd waiting{connection.fd.get(), awaited, 0};
    CPPUNIT_ASSERT_EQUAL_MESSAGE("nothing happens", 1, ::poll(&waiting, 1, kPollMs));
    conversation.happened(connection, static_cast<std::uint32_t>(waiting.revents));
  }
  // Until no thread has a request any more.
  void settle(const Connection& connection) {
    while (connection.carried) {
      CPPUNIT_ASSERT_MESSAGE("a request doesn't come home", home.comesTo(1));
      for (const auto& request : home.take()) conversation.answered(*request);
    }
  }

  [[nodiscard]] double closed(const std::string& reason) const {
    return valueOf(familiesOf({&service.http_metrics}), "pulsewatch_http_connections_closed_total", {{"reason", reason}});
  }

  static constexpr int kPollMs = 60'000;
  ServiceBench service;
  HttpLimits limits;
  ConnectionRoom room;
  OutputBudget budget;
  QuietHome home;
  PocoServer poco{service.service};
  ServerParts parts{service.service, poco, room, budget, service.clock};
  ListeningSocket door{{"http.address, http.port", "127.0.0.1", 0}};
  ConnectionTable table{limits, room, service.http_metrics.ofLoop(0)};
  Conversation conversation{parts, table, home, service.http_metrics.ofLoop(0)};
};

// A client of one, and its connection.
struct Talk {
  explicit Talk(ConversationBench& the_bench) : bench(the_bench), connection(bench.begin(FileDescriptor(::dup(sockets.server())))) {}

  // What comes back at once, or when all that is carried has come home.
  std::string say(const std::string& bytes) {
    sendAll(sockets.client(), bytes);
    return hear();
  }
  std::string hear() {
    bench.turn(connection);
    bench.settle(connection);
    return drained(sockets.client());
  }
  void sayNoMore() const { CPPUNIT_ASSERT_EQUAL(0, ::shutdown(sockets.client(), SHUT_WR)); }

  SocketPair sockets;
  ConversationBench& bench;
  Connection& connection;  // of the table: gone after its end
};

}  // namespace pulsewatch::testing
