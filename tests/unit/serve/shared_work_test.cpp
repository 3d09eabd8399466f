#include "serve/shared_work.h"

#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

namespace pulsewatch {

namespace {

class SharedWorkTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SharedWorkTest);
  CPPUNIT_TEST(anewEachTime);
  CPPUNIT_TEST(neverTwoAtATime);
  CPPUNIT_TEST(exceptionIsEverybodys);
  CPPUNIT_TEST_SUITE_END();

 public:
  void anewEachTime() {
    SharedWork<int> work;
    int done = 0;
    for (int i = 1; i <= 3; ++i) CPPUNIT_ASSERT_EQUAL(i, work.get([&] { return ++done; }));
  }

  // Nobody has an older result than that of the last work that was done when it asked.
  void neverTwoAtATime() {
    SharedWork<int> work;
    std::atomic<int> at_work{0};
    std::atomic<int> ended{0};
    std::atomic<bool> wrong{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 500; ++j) {
          const int before = ended;
          const int result = work.get([&] {
            if (++at_work > 1) wrong = true;
            std::this_thread::yield();
            --at_work;
            return ++ended;
          });
          if (result < before) wrong = true;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT(!wrong);
    CPPUNIT_ASSERT(ended > 0 && ended <= 8 * 500);
  }

  void exceptionIsEverybodys() {
    SharedWork<int> work;
    std::promise<void> gate;
    const std::shared_future<void> opened = gate.get_future().share();
    std::atomic<int> begun{0};
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        try {
          work.get([&]() -> int {
            ++begun;
            opened.wait();
            throw std::runtime_error("broken");
          });
        } catch (const std::runtime_error&) {
          ++failed;
        }
      });
    }
    const bool one = testing::waitFor([&] { return begun == 1; }, std::chrono::seconds(60));
    gate.set_value();
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT(one);
    CPPUNIT_ASSERT_EQUAL(4, failed.load());
    CPPUNIT_ASSERT_EQUAL(1, work.get([] { return 1; }));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SharedWorkTest);

}  // namespace

}  // namespace pulsewatch
