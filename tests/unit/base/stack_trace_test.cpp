#include "base/stack_trace.h"

#include <cppunit/extensions/HelperMacros.h>

#include <future>
#include <stdexcept>
#include <string>
#include <thread>

namespace pulsewatch {

// Outside the anonymous namespace, and not inlined: their names are looked for.
__attribute__((noinline)) void unitTestThrower(int depth) {
  if (depth == 0) throw std::runtime_error("thrown by the test");
  unitTestThrower(depth - 1);
  __asm__ volatile("");  // no tail call
}

__attribute__((noinline)) void unitTestOtherThrower() {
  throw 42;  // NOLINT(hicpp-exception-baseclass): any object may be thrown
}

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class StackTraceTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StackTraceTest);
  CPPUNIT_TEST(emptyOutsideACatch);
  CPPUNIT_TEST(namesTheThrower);
  CPPUNIT_TEST(anyObjectThrown);
  CPPUNIT_TEST(isOfTheExceptionBeingHandled);
  CPPUNIT_TEST(notOfAnotherThreadsThrow);
  CPPUNIT_TEST(deepStacks);
  CPPUNIT_TEST(sameTextAgain);
  CPPUNIT_TEST_SUITE_END();

 public:
  void emptyOutsideACatch() {
    CPPUNIT_ASSERT_EQUAL(std::string(), currentExceptionTrace());
    try {
      unitTestThrower(1);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): that it is over is the point
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), currentExceptionTrace());
  }

  void namesTheThrower() {
    try {
      unitTestThrower(2);
      CPPUNIT_FAIL("not thrown");
    } catch (const std::exception& e) {
      const std::string trace = currentExceptionTrace();
      CPPUNIT_ASSERT_EQUAL(std::string("thrown by the test"), std::string(e.what()));
      CPPUNIT_ASSERT_MESSAGE(trace, has(trace.substr(0, trace.find('\n')), "unitTestThrower"));  // innermost first
      CPPUNIT_ASSERT_MESSAGE(trace, has(trace, "namesTheThrower"));
      CPPUNIT_ASSERT_MESSAGE(trace, trace.find("unitTestThrower") < trace.find("namesTheThrower"));
    }
  }

  void anyObjectThrown() {
    try {
      unitTestOtherThrower();
    } catch (...) {
      const std::string trace = currentExceptionTrace();
      CPPUNIT_ASSERT_MESSAGE(trace, has(trace.substr(0, trace.find('\n')), "unitTestOtherThrower"));
    }
  }

  // An exception thrown and handled inside the handling of another one is not taken for it.
  void isOfTheExceptionBeingHandled() {
    try {
      unitTestThrower(0);
    } catch (const std::exception&) {
      try {
        unitTestOtherThrower();
      } catch (...) {
        CPPUNIT_ASSERT(has(currentExceptionTrace(), "unitTestOtherThrower"));
      }
      const std::string outer = currentExceptionTrace();
      CPPUNIT_ASSERT_MESSAGE(outer, outer.empty() || has(outer, "unitTestThrower"));
      CPPUNIT_ASSERT_MESSAGE(outer, !has(outer, "unitTestOtherThrower"));
    }
  }

  void notOfAnotherThreadsThrow() {
    try {
      unitTestThrower(0);
    } catch (const std::exception&) {
      CPPUNIT_ASSERT_EQUAL(std::string(), std::async(std::launch::async, [] { return currentExceptionTrace(); }).get());
    }
  }

  void deepStacks() {
    try {
      unitTestThrower(500);
    } catch (const std::exception&) {
      const std::string trace = currentExceptionTrace();
      CPPUNIT_ASSERT_MESSAGE(trace, has(trace, "unitTestThrower"));
      CPPUNIT_ASSERT_MESSAGE(std::to_string(trace.size()), trace.size() < 100'000);
    }
  }

  void sameTextAgain() {
    std::string first;
    for (int i = 0; i < 3; ++i) {
      try {
        unitTestThrower(1);
      } catch (const std::exception&) {
        const std::string trace = currentExceptionTrace();
        CPPUNIT_ASSERT(!trace.empty());
        if (i == 0) first = trace;
        CPPUNIT_ASSERT_EQUAL(first, trace);
      }
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StackTraceTest);

}  // namespace

}  // namespace pulsewatch
