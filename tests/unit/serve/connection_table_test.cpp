#include "serve/connection_table.h"

#include "unit/serve/page_families.h"

#include <cppunit/extensions/HelperMacros.h>

#include <fcntl.h>
#include <memory>
#include <string>
#include <sys/eventfd.h>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

using State = Connection::State;
using testing::valueOf;

constexpr State kOpenStates[] = {State::head, State::body, State::carried, State::sending, State::idle, State::lingering};
constexpr Milliseconds kMoment{1};

// Of each state another one.
HttpLimits limitsOf(int seconds) {
  HttpLimits limits;
  limits.header_timeout = std::chrono::seconds(seconds);
  limits.body_timeout = std::chrono::seconds(seconds + 1);
  limits.send_timeout = std::chrono::seconds(seconds + 2);
  limits.keepalive_timeout = std::chrono::seconds(seconds + 3);
  limits.max_connections = 10;
  limits.max_connections_per_address = 1;
  return limits;
}

struct Bench {
  Bench() {
    room.setLimits(limits);
    table.setNow(begin);
  }

  std::unique_ptr<Connection> made() const {
    FileDescriptor fd(::eventfd(0, EFD_CLOEXEC));
    CPPUNIT_ASSERT(fd.valid());
    auto connection = std::make_unique<Connection>(std::move(fd), door, nullptr);
    connection->peer_address = "192.0.2.1";
    return connection;
  }
  Connection& add(State state = State::head) {
    CPPUNIT_ASSERT(room.enter());
    Connection& connection = table.add(made());
    if (state != State::head) table.enter(connection, state);
    return connection;
  }
  [[nodiscard]] double closed(const std::string& reason) const {
    return valueOf(testing::familiesOf({&metrics}), "pulsewatch_http_connections_closed_total", {{"reason", reason}});
  }
  [[nodiscard]] double open() const { return valueOf(testing::familiesOf({&metrics}), "pulsewatch_http_connections"); }

  const SteadyTime begin{std::chrono::hours(1)};
  const HttpLimits limits = limitsOf(10);
  const ListeningSocket door{{"http.address, http.port", "127.0.0.1", 0}};
  HttpMetrics metrics{std::vector<std::string>{"unknown"}};
  ConnectionRoom room;
  ConnectionTable table{limits, room, metrics.ofLoop(0)};
};

bool isOpen(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

struct DeadlineRow {
  State state;
  Milliseconds limit;
  Milliseconds other;  // under other limits
};

class ConnectionTableTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConnectionTableTest);
  CPPUNIT_TEST(lists);
  CPPUNIT_TEST(deadlines);
  CPPUNIT_TEST(noDeadlineWhileAThreadHasIt);
  CPPUNIT_TEST(theLongestThereIsFirst);
  CPPUNIT_TEST(theNextDeadlineIsTheSoonest);
  CPPUNIT_TEST(evictsTheLongestIdle);
  CPPUNIT_TEST(closedOnesStayWhileCarried);
  CPPUNIT_TEST(closesOnce);
  CPPUNIT_TEST(theReasonThatWasDecidedBefore);
  CPPUNIT_TEST(roomIsGivenBack);
  CPPUNIT_TEST(closesAll);
  CPPUNIT_TEST_SUITE_END();

  static void mustHold(const ConnectionList& list, const std::vector<const Connection*>& expected) {
    std::vector<const Connection*> there;
    const Connection* previous = nullptr;
    for (const Connection* at = list.first(); at != nullptr; previous = at, at = at->next) {
      CPPUNIT_ASSERT(at->previous == previous);
      there.push_back(at);
    }
    CPPUNIT_ASSERT(there == expected);
  }

 public:
  void lists() {
    const Bench bench;
    const auto a = bench.made();
    const auto b = bench.made();
    const auto c = bench.made();
    const std::vector<std::pair<Connection*, std::vector<const Connection*>>> rows = {
        {a.get(), {b.get(), c.get()}}, {b.get(), {a.get(), c.get()}}, {c.get(), {a.get(), b.get()}}};
    for (const auto& [removed, left] : rows) {
      ConnectionList list;
      mustHold(list, {});
      for (Connection* connection : {a.get(), b.get(), c.get()}) list.append(*connection);
      mustHold(list, {a.get(), b.get(), c.get()});
      list.remove(*removed);
      mustHold(list, left);
      CPPUNIT_ASSERT(removed->previous == nullptr && removed->next == nullptr);
      list.append(*removed);
      mustHold(list, {left[0], left[1], removed});
      for (Connection* connection : {a.get(), b.get(), c.get()}) list.remove(*connection);
      mustHold(list, {});
    }
  }

  // Limits hold from now on, for those that are there, too.
  void deadlines() {
    const DeadlineRow rows[] = {{State::head, std::chrono::seconds(10), std::chrono::seconds(3)},
                                {State::body, std::chrono::seconds(11), std::chrono::seconds(4)},
                                {State::sending, std::chrono::seconds(12), std::chrono::seconds(5)},
                                {State::idle, std::chrono::seconds(13), std::chrono::seconds(6)},
                                {State::lingering, std::chrono::seconds(1), std::chrono::seconds(1)}};
    for (const DeadlineRow& row : rows) {
      Bench bench;
      bench.table.setNow(bench.begin - std::chrono::minutes(1));
      Connection& connection = bench.add();
      bench.table.setNow(bench.begin);
      bench.table.enter(connection, row.state);
      CPPUNIT_ASSERT(bench.table.nextDeadline() == bench.begin + row.limit);
      bench.table.setNow(bench.begin + row.limit - kMoment);
      CPPUNIT_ASSERT(bench.table.expired() == nullptr);
      bench.table.setNow(bench.begin + row.limit);
      CPPUNIT_ASSERT(bench.table.expired() == &connection);
      bench.table.setLimits(limitsOf(3));
      CPPUNIT_ASSERT(bench.table.nextDeadline() == bench.begin + row.other);
      bench.table.setNow(bench.begin + row.other - kMoment);
      CPPUNIT_ASSERT(bench.table.expired() == nullptr);
      bench.table.setNow(bench.begin + row.other);
      CPPUNIT_ASSERT(bench.table.expired() == &connection);
    }
  }

  void noDeadlineWhileAThreadHasIt() {
    Bench bench;
    CPPUNIT_ASSERT(bench.table.nextDeadline() == SteadyTime::max());
    Connection& connection = bench.add(State::carried);
    bench.table.setNow(bench.begin + std::chrono::hours(24));
    CPPUNIT_ASSERT(bench.table.nextDeadline() == SteadyTime::max() && bench.table.expired() == nullptr);
    bench.table.enter(connection, State::sending);
    CPPUNIT_ASSERT(bench.table.nextDeadline() == bench.begin + std::chrono::hours(24) + bench.limits.send_timeout);
  }

  // Who comes to its state again comes last.
  void theLongestThereIsFirst() {
    Bench bench;
    Connection& first = bench.add();
    bench.table.setNow(bench.begin + kMoment);
    Connection& second = bench.add();
    bench.table.enter(first, State::head);
    CPPUNIT_ASSERT(bench.table.nextDeadline() == bench.begin + kMoment + bench.limits.header_timeout);
    bench.table.setNow(bench.begin + std::chrono::hours(1));
    CPPUNIT_ASSERT(bench.table.expired() == &second);
    bench.table.close(second, ConnectionEnd::header_timeout);
    CPPUNIT_ASSERT(bench.table.expired() == &first);
    bench.table.close(first, ConnectionEnd::header_timeout);
    CPPUNIT_ASSERT(bench.table.expired() == nullptr);
  }

  void theNextDeadlineIsTheSoonest() {
    Bench bench;
    bench.add(State::idle);
    CPPUNIT_ASSERT(bench.table.nextDeadline() == bench.begin + bench.limits.keepalive_timeout);
    Connection& receiving = bench.add(State::body);
    CPPUNIT_ASSERT(bench.table.nextDeadline() == bench.begin + bench.limits.body_timeout);
    bench.table.enter(receiving, State::carried);
    CPPUNIT_ASSERT(bench.table.nextDeadline() == bench.begin + bench.limits.keepalive_timeout);
  }

  void evictsTheLongestIdle() {
    Bench bench;
    bench.add(State::head);
    bench.add(State::sending);
    CPPUNIT_ASSERT(!bench.table.hasIdle() && !bench.table.evictIdle());
    Connection& first = bench.add(State::idle);
    Connection& second = bench.add(State::idle);
    bench.table.enter(first, State::idle);
    CPPUNIT_ASSERT(bench.table.hasIdle() && bench.table.evictIdle());
    CPPUNIT_ASSERT(second.state == State::over && first.state == State::idle);
    CPPUNIT_ASSERT(bench.table.hasIdle() && bench.table.evictIdle());
    CPPUNIT_ASSERT(first.state == State::over);
    CPPUNIT_ASSERT(!bench.table.hasIdle() && !bench.table.evictIdle());
    CPPUNIT_ASSERT_EQUAL(2.0, bench.closed("idle_evicted"));
    CPPUNIT_ASSERT_EQUAL(2U, bench.table.open());
  }

  void closedOnesStayWhileCarried() {
    Bench bench;
    Connection& connection = bench.add(State::carried);
    connection.carried = true;
    const int fd = connection.fd.get();
    bench.table.close(connection, ConnectionEnd::client);
    CPPUNIT_ASSERT(!isOpen(fd));
    bench.table.clearOver();
    CPPUNIT_ASSERT(connection.state == State::over);
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1"), connection.peer_address);
    CPPUNIT_ASSERT_EQUAL(1.0, bench.closed("client"));
    bench.table.letGo(connection);
    bench.table.clearOver();
    CPPUNIT_ASSERT_EQUAL(0U, bench.table.open());
  }

  void closesOnce() {
    Bench bench;
    for (const State state : kOpenStates) {
      Connection& connection = bench.add(state);
      connection.partial = std::make_unique<PartialHead>("GET", HeadScan());
      const int fd = connection.fd.get();
      bench.table.close(connection, ConnectionEnd::error);
      CPPUNIT_ASSERT(connection.state == State::over && !isOpen(fd) && connection.partial == nullptr);
      bench.table.close(connection, ConnectionEnd::client);
    }
    CPPUNIT_ASSERT_EQUAL(6.0, bench.closed("error"));
    CPPUNIT_ASSERT_EQUAL(0.0, bench.closed("client"));
    CPPUNIT_ASSERT_EQUAL(0.0, bench.open());
    CPPUNIT_ASSERT_EQUAL(0U, bench.table.open());
  }

  void theReasonThatWasDecidedBefore() {
    Bench bench;
    Connection& connection = bench.add(State::lingering);
    connection.end = ConnectionEnd::malformed;
    bench.table.close(connection, ConnectionEnd::answered);
    CPPUNIT_ASSERT_EQUAL(1.0, bench.closed("malformed"));
    CPPUNIT_ASSERT_EQUAL(0.0, bench.closed("answered"));
  }

  void roomIsGivenBack() {
    Bench bench;
    const AddressBytes address = *addressBytes("192.0.2.1");
    std::vector<Connection*> all;
    for (unsigned i = 0; i < bench.limits.max_connections; ++i) all.push_back(&bench.add());
    CPPUNIT_ASSERT(!bench.room.enter());
    CPPUNIT_ASSERT(bench.room.take(address) && !bench.room.take(address));
    all[0]->counted = true;
    bench.table.close(*all[1], ConnectionEnd::client);
    CPPUNIT_ASSERT(bench.room.enter() && !bench.room.enter() && !bench.room.take(address));
    bench.table.close(*all[0], ConnectionEnd::client);
    CPPUNIT_ASSERT(bench.room.enter() && !bench.room.enter() && bench.room.take(address));
    while (bench.room.admitRefused()) {
    }
    Connection& refused = bench.table.add(bench.made());  // it had no room
    refused.refused = true;
    bench.table.close(refused, ConnectionEnd::client);
    CPPUNIT_ASSERT(!bench.room.enter());
    CPPUNIT_ASSERT(bench.room.admitRefused() && !bench.room.admitRefused());
  }

  void closesAll() {
    Bench bench;
    std::vector<int> descriptors;
    for (const State state : kOpenStates) descriptors.push_back(bench.add(state).fd.get());
    CPPUNIT_ASSERT_EQUAL(6.0, bench.open());
    bench.table.closeAll();
    for (const int fd : descriptors) CPPUNIT_ASSERT(!isOpen(fd));
    CPPUNIT_ASSERT_EQUAL(6.0, bench.closed("stopping"));
    CPPUNIT_ASSERT_EQUAL(0U, bench.table.open());
    CPPUNIT_ASSERT(!bench.table.hasIdle() && bench.table.nextDeadline() == SteadyTime::max());
    for (unsigned i = 0; i < bench.limits.max_connections; ++i) CPPUNIT_ASSERT(bench.room.enter());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConnectionTableTest);

}  // namespace

}  // namespace pulsewatch
