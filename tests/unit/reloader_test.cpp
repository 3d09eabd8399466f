#include "reloader.h"

#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <stdexcept>
#include <thread>

namespace pulsewatch {

namespace {

using testing::waitFor;
using Lines = std::vector<std::string>;

constexpr std::chrono::seconds kPatience{20};

SteadyTime in(Nanoseconds time) { return std::chrono::steady_clock::now() + time; }

// A reload that goes on until it is let go.
struct Gate {
  std::atomic<int> begun{0};
  std::atomic<int> let_go{0};
  Lines pass() {
    const int mine = ++begun;
    waitFor([&] { return let_go >= mine; }, kPatience);
    return {std::to_string(mine)};
  }
};

class ReloaderTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReloaderTest);
  CPPUNIT_TEST(gives);
  CPPUNIT_TEST(foldsIntoOneMore);
  CPPUNIT_TEST(beforeItStarts);
  CPPUNIT_TEST(exceptions);
  CPPUNIT_TEST(stops);
  CPPUNIT_TEST_SUITE_END();

 public:
  void gives() {
    int count = 0;
    Reloader reloader([&] { return ++count == 1 ? Lines{"a: wrong", "b: wrong"} : Lines(); });
    reloader.start();
    CPPUNIT_ASSERT((reloader.askAndWait() == Lines{"a: wrong", "b: wrong"}));
    CPPUNIT_ASSERT(reloader.askAndWait().empty());
    CPPUNIT_ASSERT(reloader.stop(in(kPatience)));
    CPPUNIT_ASSERT_EQUAL(2, count);
  }

  // Whoever asks while one goes on gets the next one's outcome: it may have read too early for them.
  void foldsIntoOneMore() {
    Gate gate;
    Reloader reloader([&] { return gate.pass(); });
    reloader.start();
    reloader.ask();
    CPPUNIT_ASSERT(waitFor([&] { return gate.begun == 1; }, kPatience));
    for (int i = 0; i < 100; ++i) reloader.ask();
    Lines outcome;
    std::thread asking([&] { outcome = reloader.askAndWait(); });
    gate.let_go = 1;
    CPPUNIT_ASSERT(waitFor([&] { return gate.begun == 2; }, kPatience));
    gate.let_go = 1000;
    asking.join();
    CPPUNIT_ASSERT(outcome != Lines{"1"});
    CPPUNIT_ASSERT(reloader.stop(in(kPatience)));
    CPPUNIT_ASSERT(gate.begun <= 3);  // the thread may have asked after the second began
  }

  void beforeItStarts() {
    std::atomic<int> count{0};
    Reloader reloader([&] { return ++count, Lines(); });
    reloader.ask();
    reloader.ask();
    reloader.start();
    CPPUNIT_ASSERT(waitFor([&] { return count == 1; }, kPatience));
    CPPUNIT_ASSERT(reloader.stop(in(kPatience)));
    CPPUNIT_ASSERT_EQUAL(1, count.load());
  }

  void exceptions() {
    Reloader reloader([]() -> Lines { throw std::runtime_error("no thread to be had"); });
    reloader.start();
    CPPUNIT_ASSERT((reloader.askAndWait() == Lines{"internal error: no thread to be had"}));
    CPPUNIT_ASSERT((reloader.askAndWait() == Lines{"internal error: no thread to be had"}));
  }

  // It doesn't wait for ever for one that goes on, and whoever waits is told.
  void stops() {
    Gate gate;
    Reloader reloader([&] { return gate.pass(); });
    reloader.start();
    Lines outcome;
    std::thread asking([&] { outcome = reloader.askAndWait(); });
    CPPUNIT_ASSERT(waitFor([&] { return gate.begun == 1; }, kPatience));
    CPPUNIT_ASSERT(!reloader.stop(in(Milliseconds(20))));
    asking.join();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, outcome.size());
    gate.let_go = 1000;
    CPPUNIT_ASSERT(reloader.stop(in(kPatience)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, reloader.askAndWait().size());
    CPPUNIT_ASSERT_EQUAL(1, gate.begun.load());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReloaderTest);

}  // namespace
}  // namespace pulsewatch
