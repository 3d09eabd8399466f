#include "text_layout.h"

#include <cppunit/extensions/HelperMacros.h>

#include <sstream>

namespace pulsewatch {

namespace {

class TextLayoutTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TextLayoutTest);
  CPPUNIT_TEST(columnsAreSideBySide);
  CPPUNIT_TEST(longCellsMoveTheirLineOnly);
  CPPUNIT_TEST(linesAreBrokenAtSpaces);
  CPPUNIT_TEST(oneLineOfAnything);
  CPPUNIT_TEST_SUITE_END();

 public:
  void columnsAreSideBySide() {
    CPPUNIT_ASSERT_EQUAL(std::string(), columns({}));
    CPPUNIT_ASSERT_EQUAL(std::string("> é    b\n> ccc\n> d€d  e  f\n"), columns({{"é", "b"}, {"ccc"}, {"d€d", "e", "f"}}, "> "));
    CPPUNIT_ASSERT_EQUAL(std::string("a\n\n"), columns({{"a", ""}, {""}}));
  }

  void longCellsMoveTheirLineOnly() {
    const std::string longest(48, 'x');
    CPPUNIT_ASSERT_EQUAL(longest + "  1\n" + "a" + std::string(49, ' ') + "2\n", columns({{longest, "1"}, {"a", "2"}}));
    CPPUNIT_ASSERT_EQUAL(longest + "x  1\na  2\n", columns({{longest + "x", "1"}, {"a", "2"}}));
  }

  void linesAreBrokenAtSpaces() {
    CPPUNIT_ASSERT_EQUAL(std::string(), wrapped("", 4));
    CPPUNIT_ASSERT_EQUAL(std::string("    a b\n"), wrapped("a b", 4));
    const std::string word(300, 'w');
    CPPUNIT_ASSERT_EQUAL("  a\n  " + word + "\n  b\n", wrapped("a " + word + " b", 2));
    std::string text;
    for (int i = 0; i < 100; ++i) text += (i == 0 ? "" : " ") + std::string(static_cast<std::size_t>(1 + i % 13), 'x');
    std::istringstream lines(wrapped(text, 3));
    std::string joined;
    for (std::string line; std::getline(lines, line);) {
      CPPUNIT_ASSERT_MESSAGE(line, line.size() <= 96 && line.substr(0, 3) == "   " && (lines.peek() == EOF || line.size() > 96 - 14));
      joined += (joined.empty() ? "" : " ") + line.substr(3);
    }
    CPPUNIT_ASSERT_EQUAL(text, joined);
  }

  void oneLineOfAnything() {
    CPPUNIT_ASSERT_EQUAL(std::string("a\\x0ab\\x1b"), oneLine("a\nb\x1b"));
    CPPUNIT_ASSERT_EQUAL(std::string("a\xEF\xBF\xBD"), oneLine("a\xff"));
    CPPUNIT_ASSERT(oneLine(std::string(1'000'000, 'x')).size() < 500);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TextLayoutTest);

}  // namespace

}  // namespace pulsewatch
