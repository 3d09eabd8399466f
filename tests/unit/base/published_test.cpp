#include "base/published.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

class PublishedTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PublishedTest);
  CPPUNIT_TEST(nothingYet);
  CPPUNIT_TEST(newestIsGot);
  CPPUNIT_TEST(ownCount);
  CPPUNIT_TEST(outlivesItsSuccessor);
  CPPUNIT_TEST(severalThreads);
  CPPUNIT_TEST_SUITE_END();

 public:
  void nothingYet() {
    const Published<int> published;
    OwnCopies copies;
    CPPUNIT_ASSERT(copies.get(published) == nullptr);
    CPPUNIT_ASSERT(newest(published, nullptr) == nullptr);
  }

  void newestIsGot() {
    Published<int> one;
    Published<std::vector<int>> other;
    OwnCopies copies;
    for (int i = 0; i < 3; ++i) {
      one.set(std::make_shared<const int>(i));
      other.set(std::make_shared<const std::vector<int>>(std::vector<int>{i}));
      for (int twice = 0; twice < 2; ++twice) {
        CPPUNIT_ASSERT_EQUAL(i, *newest(one, &copies));
        CPPUNIT_ASSERT_EQUAL(i, newest(other, &copies)->at(0));
      }
    }
    one.set(nullptr);
    CPPUNIT_ASSERT(copies.get(one) == nullptr);
  }

  // What readers count up and down is not the value's own.
  void ownCount() {
    Published<int> published;
    const auto value = std::make_shared<const int>(7);
    published.set(value);
    OwnCopies copies;
    const auto first = copies.get(published);
    const long users = value.use_count();
    const auto second = copies.get(published);
    CPPUNIT_ASSERT_EQUAL(users, value.use_count());
    CPPUNIT_ASSERT(first.get() == value.get() && second.get() == value.get());
  }

  void outlivesItsSuccessor() {
    Published<int> published;
    published.set(std::make_shared<const int>(1));
    OwnCopies copies;
    const auto kept = copies.get(published);
    published.set(std::make_shared<const int>(2));
    CPPUNIT_ASSERT_EQUAL(2, *copies.get(published));
    CPPUNIT_ASSERT_EQUAL(1, *kept);
  }

  // Values come in order, none half made, and the last one is seen.
  void severalThreads() {
    constexpr int kLast = 20'000;
    Published<std::pair<int, int>> published;
    published.set(std::make_shared<const std::pair<int, int>>(0, 0));
    std::atomic<bool> wrong{false};
    std::vector<std::thread> readers;
    readers.reserve(2);
    for (int i = 0; i < 2; ++i) {
      readers.emplace_back([&] {
        OwnCopies copies;
        for (int seen = 0; seen < kLast && !wrong;) {
          const auto value = copies.get(published);
          if (value->first != value->second || value->first < seen) wrong = true;
          seen = value->first;
        }
      });
    }
    for (int i = 1; i <= kLast; ++i) published.set(std::make_shared<const std::pair<int, int>>(i, i));
    for (std::thread& reader : readers) reader.join();
    CPPUNIT_ASSERT(!wrong);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PublishedTest);

}  // namespace

}  // namespace pulsewatch
