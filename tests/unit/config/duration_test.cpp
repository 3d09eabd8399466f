#include "config/duration.h"

#include "config/mistakes.h"

#include <cppunit/extensions/HelperMacros.h>

#include <limits>

namespace pulsewatch {

namespace {

class DurationTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DurationTest);
  CPPUNIT_TEST(durations);
  CPPUNIT_TEST(sizes);
  CPPUNIT_TEST(booleans);
  CPPUNIT_TEST(numbers);
  CPPUNIT_TEST(lists);
  CPPUNIT_TEST(described);
  CPPUNIT_TEST(quotes);
  CPPUNIT_TEST(nearestWords);
  CPPUNIT_TEST(mistakesAreOneLineEach);
  CPPUNIT_TEST_SUITE_END();

 public:
  void durations() {
    const std::pair<const char*, std::int64_t> good[] = {{"250ms", 250},  {"10s", 10000}, {"2m", 120000},
                                                         {"1h", 3600000}, {"0s", 0},      {"007s", 7000}};
    for (const auto& [text, ms] : good) CPPUNIT_ASSERT_EQUAL_MESSAGE(text, ms, parseDuration(text).value().count());
    for (const char* text : {"", "10", "s", "0", "10 s", " 10s", "10s ", "-1s", "+1s", "1.5s", "10S", "1d", "10sec", "9223372036854775807s",
                             "99999999999999999999ms", "0x10s", "1e3s"})
      CPPUNIT_ASSERT_MESSAGE(text, !parseDuration(text));
    CPPUNIT_ASSERT(!parseDuration(std::string_view("1s\0", 3)));
  }

  void sizes() {
    const std::pair<const char*, std::uint64_t> good[] = {
        {"512B", 512}, {"64KiB", 65536}, {"1MiB", 1048576}, {"2GiB", 2147483648U}, {"0B", 0}};
    for (const auto& [text, bytes] : good) CPPUNIT_ASSERT_EQUAL_MESSAGE(text, bytes, parseSize(text).value());
    for (const char* text : {"", "1", "1KB", "1kib", "1 KiB", "-1B", "1.5MiB", "99999999999GiB", "KiB"})
      CPPUNIT_ASSERT_MESSAGE(text, !parseSize(text));
  }

  void booleans() {
    for (const char* text : {"true", "1", "yes", "on", "TRUE", "Yes", "oN"}) CPPUNIT_ASSERT_MESSAGE(text, parseBoolean(text) == true);
    for (const char* text : {"false", "0", "no", "off", "False", "NO", "OFF"}) CPPUNIT_ASSERT_MESSAGE(text, parseBoolean(text) == false);
    for (const char* text : {"", "2", "y", "enabled", "truee", " true", "00"}) CPPUNIT_ASSERT_MESSAGE(text, !parseBoolean(text));
  }

  void numbers() {
    CPPUNIT_ASSERT_EQUAL(std::int64_t{-12}, parseInteger("-12").value());
    CPPUNIT_ASSERT_EQUAL(std::numeric_limits<std::int64_t>::max(), parseInteger("9223372036854775807").value());
    for (const char* text : {"", "-", "+1", "1.0", "80x", " 1", "1 ", "9223372036854775808", "0x1", "1e2"})
      CPPUNIT_ASSERT_MESSAGE(text, !parseInteger(text));
    CPPUNIT_ASSERT_EQUAL(-0.25, parseNumber("-0.25").value());
    CPPUNIT_ASSERT_EQUAL(1500.0, parseNumber("1.5e3").value());
    for (const char* text : {"", "nan", "inf", "-inf", "infinity", "1,5", "1.5x", "1e999", "+1"})
      CPPUNIT_ASSERT_MESSAGE(text, !parseNumber(text));
  }

  void lists() {
    CPPUNIT_ASSERT(parseList("").value().empty());
    CPPUNIT_ASSERT(parseList("  ").value().empty());
    CPPUNIT_ASSERT((parseList(" a , b c,d ").value() == std::vector<std::string>{"a", "b c", "d"}));
    for (const char* text : {",", "a,", ",a", "a,,b", "a, ,b"}) CPPUNIT_ASSERT_MESSAGE(text, !parseList(text));
  }

  void described() {
    const std::pair<std::int64_t, const char*> rows[] = {
        {0, "0 s"},      {1, "1 ms"},      {250, "250 ms"}, {1000, "1 s"},     {1500, "1.5 s"},  {1050, "1.05 s"}, {2000, "2 s"},
        {32000, "32 s"}, {60000, "1 min"}, {90000, "90 s"}, {120000, "2 min"}, {3600000, "1 h"}, {999, "999 ms"},  {61001, "61.001 s"}};
    for (const auto& [ms, text] : rows) CPPUNIT_ASSERT_EQUAL(std::string(text), describeDuration(std::chrono::milliseconds(ms)));
  }

  void quotes() {
    CPPUNIT_ASSERT_EQUAL(std::string("\"80x\""), quoted("80x"));
    CPPUNIT_ASSERT_EQUAL(std::string("\"a\\x0ab\\x1b\\x7f\""), quoted("a\nb\x1b\x7f"));
    CPPUNIT_ASSERT_EQUAL('"' + std::string(60, 'x') + "\"", quoted(std::string(60, 'x')));
    CPPUNIT_ASSERT_EQUAL('"' + std::string(60, 'x') + "…\"", quoted(std::string(61, 'x')));
    std::string umlauts;
    for (int i = 0; i < 70; ++i) umlauts += "ü";
    CPPUNIT_ASSERT_EQUAL('"' + umlauts.substr(0, 120) + "…\"", quoted(umlauts));
    CPPUNIT_ASSERT_EQUAL(std::string("\"\xEF\xBF\xBD\""), quoted("\xff"));
    CPPUNIT_ASSERT_EQUAL(std::string("\"\\xc2\\x9b\\xe2\\x80\\xa8\""), quoted("\xc2\x9b\xe2\x80\xa8"));
  }

  void nearestWords() {
    const std::vector<std::string> known{"http.port", "http.address", "log.level", "url"};
    const std::pair<const char*, const char*> rows[] = {{"http.prot", "http.port"},
                                                        {"htp.port", "http.port"},
                                                        {"http_port", "http.port"},
                                                        {"log.lvl", "log.level"},
                                                        {"urll", "url"},
                                                        {"xyz", ""},
                                                        {"", ""},
                                                        {"a", ""},
                                                        {"something.else", ""}};
    for (const auto& [word, near] : rows) CPPUNIT_ASSERT_EQUAL_MESSAGE(word, std::string(near), nearest(word, known));
    CPPUNIT_ASSERT_EQUAL(std::string(), nearest(std::string(1'000'000, 'x'), known));
  }

  void mistakesAreOneLineEach() {
    Mistakes mistakes;
    mistakes.add("a\nb", "c\r\x1b[31m;");
    mistakes.add("a\nb", "c\r\x1b[31m;");
    mistakes.add("x", std::string(100'000, 'y'));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, mistakes.lines().size());
    CPPUNIT_ASSERT_EQUAL(std::string("a\\x0ab: c\\x0d\\x1b[31m;"), mistakes.lines()[0]);
    CPPUNIT_ASSERT(mistakes.lines()[1].size() < 2100);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DurationTest);

}  // namespace

}  // namespace pulsewatch
