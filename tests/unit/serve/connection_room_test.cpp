#include "serve/connection_room.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch {

namespace {

HttpLimits limitsOf(unsigned most, unsigned most_per_address = 0) {
  HttpLimits limits;
  limits.max_connections = most;
  limits.max_connections_per_address = most_per_address;
  return limits;
}

AddressBytes bytesOf(const std::string& address) {
  const auto bytes = addressBytes(address);
  CPPUNIT_ASSERT_MESSAGE(address, bytes.has_value());
  return bytes.value_or(AddressBytes{});
}

template <class Body>
void inThreads(int count, const Body& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(body);
  for (std::thread& thread : threads) thread.join();
}

struct AddressRow {
  std::string one;
  std::string other;
  bool same;  // one client's
};

class ConnectionRoomTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConnectionRoomTest);
  CPPUNIT_TEST(noRoomWithoutLimits);
  CPPUNIT_TEST(otherLimits);
  CPPUNIT_TEST(theCapIsExact);
  CPPUNIT_TEST(neverAboveTheCap);
  CPPUNIT_TEST(clients);
  CPPUNIT_TEST(anAddressGetsItsRoomBack);
  CPPUNIT_TEST(addressesInThreads);
  CPPUNIT_TEST(refusedOnes);
  CPPUNIT_TEST_SUITE_END();

 public:
  void noRoomWithoutLimits() {
    ConnectionRoom room;
    CPPUNIT_ASSERT(!room.enter());
    CPPUNIT_ASSERT(!room.countsAddresses());
  }

  // Lower ones close nothing; who leaves makes room when there are fewer than there may be.
  void otherLimits() {
    ConnectionRoom room;
    room.setLimits(limitsOf(3));
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(room.enter());
    CPPUNIT_ASSERT(!room.enter());
    room.setLimits(limitsOf(2));
    room.left();
    CPPUNIT_ASSERT(!room.enter());
    room.left();
    CPPUNIT_ASSERT(room.enter() && !room.enter());
    room.setLimits(limitsOf(3, 1));
    CPPUNIT_ASSERT(room.enter() && room.countsAddresses());
  }

  void theCapIsExact() {
    ConnectionRoom room;
    room.setLimits(limitsOf(500));
    std::atomic<int> entered{0};
    inThreads(8, [&] {
      for (int i = 0; i < 200; ++i) entered += room.enter() ? 1 : 0;
    });
    CPPUNIT_ASSERT_EQUAL(500, entered.load());
    for (int i = 0; i < 500; ++i) room.left();
    for (int i = 0; i < 500; ++i) CPPUNIT_ASSERT(room.enter());
    CPPUNIT_ASSERT(!room.enter());
  }

  void neverAboveTheCap() {
    ConnectionRoom room;
    room.setLimits(limitsOf(3));
    std::atomic<int> inside{0};
    std::atomic<int> entered{0};
    std::atomic<bool> wrong{false};
    inThreads(8, [&] {
      for (int i = 0; i < 5000; ++i) {
        if (!room.enter()) continue;
        ++entered;
        if (++inside > 3) wrong = true;
        --inside;
        room.left();
      }
    });
    CPPUNIT_ASSERT(!wrong);
    CPPUNIT_ASSERT(entered > 0);
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(room.enter());
    CPPUNIT_ASSERT(!room.enter());
  }

  void clients() {
    const AddressRow rows[] = {{"192.0.2.1", "192.0.2.1", true},
                               {"192.0.2.1", "::ffff:192.0.2.1", true},
                               {"192.0.2.1", "192.0.2.2", false},
                               {"192.0.2.1", "193.0.2.1", false},
                               {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
                               {"2001:db8:0:1::1", "2001:db8:0:1::2", true},
                               {"2001:db8:0:1::", "2001:db8:0:1:ffff:ffff:ffff:ffff", true},
                               {"2001:db8:0:1::1", "2001:db8:0:2::1", false},
                               {"2001:db8::1", "2001:db9::1", false},
                               {"fe80::1%lo", "fe80::2", true},
                               {"::1", "192.0.2.1", false}};
    for (const AddressRow& row : rows) {
      ConnectionRoom room;
      room.setLimits(limitsOf(10, 1));
      CPPUNIT_ASSERT(room.take(bytesOf(row.one)));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.one + " and " + row.other, !row.same, room.take(bytesOf(row.other)));
    }
  }

  void anAddressGetsItsRoomBack() {
    ConnectionRoom room;
    room.setLimits(limitsOf(10, 2));
    const AddressBytes one = bytesOf("2001:db8::1");
    CPPUNIT_ASSERT(room.take(one) && room.take(bytesOf("2001:db8::2")));
    CPPUNIT_ASSERT(!room.take(one));
    room.give(bytesOf("2001:db8::3"));
    CPPUNIT_ASSERT(room.take(one) && !room.take(one));
    room.setLimits(limitsOf(10, 3));
    CPPUNIT_ASSERT(room.take(one) && !room.take(one));
  }

  void addressesInThreads() {
    ConnectionRoom room;
    room.setLimits(limitsOf(10, 50));
    std::atomic<int> taken{0};
    inThreads(4, [&] {
      for (int i = 0; i < 100; ++i) taken += room.take(bytesOf("192.0.2.1")) ? 1 : 0;
      for (int i = 0; i < 1000; ++i) {
        if (room.take(bytesOf("192.0.2.2"))) room.give(bytesOf("192.0.2.2"));
      }
    });
    CPPUNIT_ASSERT_EQUAL(50, taken.load());
    for (int i = 0; i < 50; ++i) CPPUNIT_ASSERT(room.take(bytesOf("192.0.2.2")));
    CPPUNIT_ASSERT(!room.take(bytesOf("192.0.2.2")));
  }

  // They take no room, but some may stay to be told so: not all, or a flood would have what the cap is to keep.
  void refusedOnes() {
    ConnectionRoom room;
    room.setLimits(limitsOf(1));
    int admitted = 0;
    while (admitted < 10'000 && room.admitRefused()) ++admitted;
    CPPUNIT_ASSERT(admitted > 0 && admitted < 1000);
    CPPUNIT_ASSERT(!room.admitRefused());
    room.refusedGone();
    CPPUNIT_ASSERT(room.admitRefused() && !room.admitRefused());
    CPPUNIT_ASSERT(room.enter());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, room.refusedConnections());
    inThreads(4, [&] {
      for (int i = 0; i < 100; ++i) room.refuse();
    });
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{400}, room.refusedConnections());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConnectionRoomTest);

}  // namespace

}  // namespace pulsewatch
