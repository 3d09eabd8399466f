#include "serve/text_line.h"

#include "base/text.h"
#include "serve/log_lines.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cmath>
#include <map>
#include <string>
#include <utility>

namespace pulsewatch {

namespace {

// 2025-10-31T10:30:00.123456Z
const WallTime kTime{std::chrono::microseconds(1'761'906'600'123'456)};
const std::string kBegin = "2025-10-31T10:30:00.123456Z INFO     l: ";

std::string lineWith(const std::string& message, LogValue value) {
  return textLine({LogLevel::info, "l", "e", message, {{"x", std::move(value)}}}, kTime);
}

class TextLineTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TextLineTest);
  CPPUNIT_TEST(exactLine);
  CPPUNIT_TEST(colours);
  CPPUNIT_TEST(values);
  CPPUNIT_TEST(whatTheMessageSaysIsNotSaidAgain);
  CPPUNIT_TEST(severalLines);
  CPPUNIT_TEST(nothingIsForged);
  CPPUNIT_TEST(everyByteInEveryField);
  CPPUNIT_TEST_SUITE_END();

 public:
  void exactLine() {
    const std::map<std::string, std::string> checks{{"redis", "unhealthy"}, {"database", "healthy"}};
    const LogRecord record{LogLevel::error,
                           "pulsewatch.core.health",
                           "health_check_failure",
                           "check cache is unhealthy: no answer",
                           {{"request_id", "r"},
                            {"check", "cache"},
                            {"status", "unhealthy"},
                            {"error", "no answer"},
                            {"duration_ms", 12.346},
                            {"path", "/a b"},
                            {"status_code", std::int64_t{503}},
                            {"checks", checks}}};
    CPPUNIT_ASSERT_EQUAL(
        std::string("2025-10-31T10:30:00.123456Z ERROR    pulsewatch.core.health: check cache is unhealthy: no answer  "
                    "request_id=r duration_ms=12.35 path=\"/a b\" status_code=503 checks=database:healthy,redis:unhealthy\n"),
        textLine(record, kTime));
    CPPUNIT_ASSERT_EQUAL(kBegin + "m\n", textLine({LogLevel::info, "l", "e", "m", {}}, kTime));
  }

  // The same text once they are taken away, and none is left open at the end of a line.
  void colours() {
    for (const LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error, LogLevel::critical}) {
      const LogRecord record{level, "l", "e", "m", {{"a", std::int64_t{1}}, {"stack_trace", "one\ntwo"}}};
      const std::string plain = textLine(record, kTime);
      std::string coloured = colouredTextLine(record, kTime);
      CPPUNIT_ASSERT(plain.find('\x1b') == std::string::npos);
      CPPUNIT_ASSERT(coloured.find("\x1b[0m\n") != std::string::npos);
      for (std::size_t at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b'))
        coloured.erase(at, coloured.find('m', at) - at + 1);
      CPPUNIT_ASSERT_EQUAL(plain, coloured);
    }
  }

  void values() {
    const std::pair<LogValue, std::string> rows[] = {{std::string("word"), "  x=word"},
                                                     {std::string(), ""},
                                                     {std::string("two words"), "  x=\"two words\""},
                                                     {std::string("a=\"b\""), "  x=\"a=\\\"b\\\"\""},
                                                     {std::int64_t{-5}, "  x=-5"},
                                                     {2000.0, "  x=2000"},
                                                     {0.126, "  x=0.13"},
                                                     {std::nan(""), "  x=null"},
                                                     {std::map<std::string, std::string>{{"a b", ""}}, "  x=\"a b\":\"\""}};
    for (const auto& [value, text] : rows) CPPUNIT_ASSERT_EQUAL(kBegin + "m" + text + "\n", lineWith("m", value));
  }

  void whatTheMessageSaysIsNotSaidAgain() {
    for (const char* said : {"cache", "cache: gone", "is"})
      CPPUNIT_ASSERT_EQUAL(kBegin + "is cache: gone\n", lineWith("is cache: gone", said));
    for (const std::string part : {"ache", "cach", "on", "i"})
      CPPUNIT_ASSERT_EQUAL(kBegin + "is cache: gone  x=" + part + "\n", lineWith("is cache: gone", part));
  }

  void severalLines() {
    const std::string line =
        textLine({LogLevel::info, "l", "e", "m", {{"stack_trace", "first at a.cpp:1\n  second\n\n\x1b[2Jthird\n"}, {"check", "c"}}}, kTime);
    CPPUNIT_ASSERT_EQUAL(kBegin +
                             "m  check=c\n    stack_trace:\n      first at a.cpp:1\n        second\n      \n"
                             "      \\x1b[2Jthird\n",
                         line);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, countRecords(line));
  }

  void nothingIsForged() {
    const std::string forged =
        "x\n2025-10-31T10:30:00.123456Z CRITICAL l: forged\r\x1b]0;title\x07\xC2\x9B"
        "2J\xE2\x80\xA8";
    const std::string line = textLine({LogLevel::info, forged, forged, forged + "!", {{"a", forged}, {"b", forged + " "}}}, kTime);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, countRecords(line));
    CPPUNIT_ASSERT_EQUAL(std::string::npos, line.find_first_of("\r\x1b\x07"));
    CPPUNIT_ASSERT_EQUAL(std::string::npos, line.find("\xC2\x9B"));
    CPPUNIT_ASSERT_EQUAL(std::string::npos, line.find("\n2025"));
  }

  void everyByteInEveryField() {
    for (int byte = 0; byte < 256; ++byte) {
      const std::string text = "a" + std::string(1, static_cast<char>(byte)) + "b";
      const LogRecord record{LogLevel::info,
                             text,
                             text,
                             "m" + text,
                             {{"field", text}, {text, std::int64_t{1}}, {"map", std::map<std::string, std::string>{{text, text}}}}};
      const std::string line = textLine(record, kTime);
      const std::string row = "byte " + std::to_string(byte);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row, std::size_t{1}, countRecords(line));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row + " is valid UTF-8", repairedUtf8(line), line);
      for (const char c : line) CPPUNIT_ASSERT_MESSAGE(row, c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TextLineTest);

}  // namespace

}  // namespace pulsewatch
