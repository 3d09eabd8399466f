// A conversation with a client that takes its answers late, sends without end, or is gone while somebody else has its descriptor.
#include "serve/conversation.h"
#include "unit/serve/service_bench.h"
#include "unit/serve/tls_client.h"

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <string>
#include <sys/epoll.h>
#include <sys/ioctl.h>

namespace pulsewatch::testing {
namespace {

using State = Connection::State;

// For requests that nobody carries here.
class NoHome final : public CarriedHome {
 public:
  void comeBack(std::unique_ptr<CarriedRequest> /*request*/) noexcept override {}
};

struct ConversationBench {
  ConversationBench() { room.setLimits(limits); }

  Connection& connect() {
    room.enter();
    auto made = std::make_unique<Connection>(FileDescriptor(::dup(pair.server())), door, nullptr);
    made->peer_address = made->local_address = "127.0.0.1";
    return table.add(std::move(made));
  }
  void send(const std::string& bytes) const {
    CPPUNIT_ASSERT_EQUAL(static_cast<ssize_t>(bytes.size()), ::send(pair.client(), bytes.data(), bytes.size(), 0));
  }
  // What has come to the client.
  [[nodiscard]] std::string received() const {
    std::string all;
    std::array<char, 4096> buffer{};
    for (ssize_t count = 0; (count = ::recv(pair.client(), buffer.data(), buffer.size(), 0)) > 0;)
      all.append(buffer.data(), static_cast<std::size_t>(count));
    return all;
  }
  // What the server has yet to read.
  [[nodiscard]] int unread() const {
    int count = 0;
    CPPUNIT_ASSERT_EQUAL(0, ::ioctl(pair.server(), FIONREAD, &count));
    return count;
  }

  const HttpLimits limits;
  SocketPair pair;
  const ListeningSocket door{ListenAddress{"test", "127.0.0.1"}};
  ServiceBench bench;
  PocoServer poco{bench.service};
  ConnectionRoom room;
  OutputBudget budget{1 << 20};
  ServerParts parts{bench.service, poco, room, budget, bench.clock};
  ConnectionTable table{limits, room, bench.http_metrics.ofLoop(0)};
  NoHome home;
  Conversation conversation{parts, table, home, bench.http_metrics.ofLoop(0)};
};

class ConversationTurnsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConversationTurnsTest);
  CPPUNIT_TEST(testContinueThatWaits);
  CPPUNIT_TEST(testOneTurn);
  CPPUNIT_TEST(testClosedWhileCopied);
  CPPUNIT_TEST(testOwnBytesInBudget);
  CPPUNIT_TEST_SUITE_END();

 public:
  // The body stays a body when 100 Continue finds no room in the kernel.
  void testContinueThatWaits() {
    ConversationBench bench;
    Connection& connection = bench.connect();
    const std::string before(1024, '.');
    while (::send(bench.pair.server(), before.data(), before.size(), 0) > 0) {
    }
    while (::send(bench.pair.server(), ".", 1, 0) > 0) {
    }
    const std::string body = "GET /healthz HTTP/1.1\r\nHost: example.com\r\n\r\n";
    bench.send("POST /ready HTTP/1.1\r\nHost: example.com\r\nExpect: 100-continue\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n");
    bench.conversation.happened(connection, EPOLLIN);
    CPPUNIT_ASSERT(connection.state == State::sending);
    CPPUNIT_ASSERT(!bench.received().empty());
    bench.conversation.happened(connection, EPOLLOUT);
    CPPUNIT_ASSERT(connection.state == State::body);
    CPPUNIT_ASSERT_EQUAL(std::string("HTTP/1.1 100 Continue\r\n\r\n"), bench.received());
    bench.send(body);
    bench.conversation.happened(connection, EPOLLIN);
    const std::string answers = bench.received();
    CPPUNIT_ASSERT_EQUAL_MESSAGE(answers, std::size_t{0}, answers.find("HTTP/1.1 405 "));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("one answer", answers.find("HTTP/1.1 "), answers.rfind("HTTP/1.1 "));
  }

  // Whoever sends much doesn't have the loop until all is read, and none of it is forgotten.
  void testOneTurn() {
    ConversationBench bench;
    Connection& connection = bench.connect();
    bench.send("nonsense\r\n\r\n" + std::string(100'000, 'x'));
    bench.conversation.happened(connection, EPOLLIN);
    CPPUNIT_ASSERT(connection.state == State::lingering);
    CPPUNIT_ASSERT(bench.unread() > 0);
    for (int turns = 0; bench.unread() > 0; ++turns) {
      CPPUNIT_ASSERT(turns < 10);
      bench.conversation.happened(connection, EPOLLOUT);
    }
    CPPUNIT_ASSERT(connection.state == State::lingering);
  }

  // As a child has it before it executes another program.
  void testClosedWhileCopied() {
    ConversationBench bench;
    const FileDescriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
    Connection& connection = bench.connect();
    connection.watch(epoll.get());
    const FileDescriptor copy(::dup(connection.fd.get()));
    epoll_event event{};
    CPPUNIT_ASSERT_EQUAL(1, ::epoll_wait(epoll.get(), &event, 1, 0));
    bench.table.close(connection, ConnectionEnd::error);
    bench.table.clearOver();
    bench.send("for nobody");
    CPPUNIT_ASSERT_EQUAL(0, ::epoll_wait(epoll.get(), &event, 1, 0));
  }

  void testOwnBytesInBudget() {
    OutputBudget budget(100);
    const auto body = std::make_shared<const std::string>(100, 'x');
    CPPUNIT_ASSERT(budget.take(nullptr, 60));
    CPPUNIT_ASSERT(!budget.take(body, 41));
    CPPUNIT_ASSERT_MESSAGE("nothing was taken of what was refused", budget.take(body, 40));
    CPPUNIT_ASSERT(!budget.take(nullptr, 1));
    budget.give(body, 40);
    budget.give(nullptr, 60);
    CPPUNIT_ASSERT(budget.take(nullptr, 100));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConversationTurnsTest);

}  // namespace
}  // namespace pulsewatch::testing
