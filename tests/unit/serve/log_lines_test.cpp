#include "serve/log_lines.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace pulsewatch {

namespace {

class LogLinesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogLinesTest);
  CPPUNIT_TEST(counts);
  CPPUNIT_TEST(whole);
  CPPUNIT_TEST(first);
  CPPUNIT_TEST_SUITE_END();

 public:
  void counts() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, countRecords(""));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, countRecords("a\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, countRecords("a\n  more\n   \nb\n"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the rest of one counts", std::size_t{2}, countRecords("  more\nb\n"));
  }

  // Cut anywhere, what is whole are the records that end before the cut.
  void whole() {
    const std::string text = "a\nb b\n  more\n  still\nc\n";
    const std::size_t ends[] = {2, 21, 23};
    for (std::size_t most = 0; most <= text.size() + 2; ++most) {
      std::size_t wanted = 0;
      for (const std::size_t end : ends) wanted = end <= most ? end : wanted;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(most), wanted, wholeRecords(text, most));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, wholeRecords("", 5));
  }

  void first() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, firstRecord("a\nb\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{9}, firstRecord("a\n  more\n\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{9}, firstRecord("a\n  more\nb\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, firstRecord("a b"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogLinesTest);

}  // namespace

}  // namespace pulsewatch
