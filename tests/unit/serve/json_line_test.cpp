#include "serve/json_line.h"

#include "base/text.h"
#include "unit/serve/recorded_log.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>

namespace pulsewatch {

namespace {

using testing::fieldOf;
using testing::parsedObject;

// 2025-10-31T10:30:00.123456Z
const WallTime kTime{std::chrono::microseconds(1'761'906'600'123'456)};

std::string lineWith(LogValue value) { return jsonLine({LogLevel::info, "l", "e", "m", {{"x", std::move(value)}}}, kTime); }

class JsonLineTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JsonLineTest);
  CPPUNIT_TEST(exactLine);
  CPPUNIT_TEST(levels);
  CPPUNIT_TEST(values);
  CPPUNIT_TEST(everyByteInEveryField);
  CPPUNIT_TEST(everyPairOfBytes);
  CPPUNIT_TEST(longText);
  CPPUNIT_TEST_SUITE_END();

 public:
  void exactLine() {
    const std::map<std::string, std::string> checks{{"redis", "unhealthy"}, {"database", "healthy"}};
    const LogRecord record{
        LogLevel::error,
        "pulsewatch.core.health",
        "health_check_failure",
        "check \"x\" is\nunhealthy",
        {{"request_id", "r"}, {"status_code", std::int64_t{503}}, {"duration_ms", 12.346}, {"checks", checks}, {"z", ""}, {"a", ""}}};
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"timestamp":"2025-10-31T10:30:00.123456Z","level":"ERROR","logger":"pulsewatch.core.health",)"
                                     R"("message":"check \"x\" is\nunhealthy","event":"health_check_failure","request_id":"r",)"
                                     R"("status_code":503,"duration_ms":12.35,"checks":{"database":"healthy","redis":"unhealthy"},)"
                                     R"("z":"","a":""})"
                                     "\n"),
                         jsonLine(record, kTime));
  }

  void levels() {
    const std::pair<LogLevel, std::string> rows[] = {{LogLevel::debug, "DEBUG"},
                                                     {LogLevel::info, "INFO"},
                                                     {LogLevel::warning, "WARNING"},
                                                     {LogLevel::error, "ERROR"},
                                                     {LogLevel::critical, "CRITICAL"}};
    for (const auto& [level, text] : rows)
      CPPUNIT_ASSERT_EQUAL(text, fieldOf(parsedObject(jsonLine({level, "l", "e", "m", {}}, kTime)), "level"));
  }

  void values() {
    const std::pair<LogValue, std::string> rows[] = {{std::string("text"), "\"text\""},
                                                     {std::string(), "\"\""},
                                                     {std::numeric_limits<std::int64_t>::min(), "-9223372036854775808"},
                                                     {std::numeric_limits<std::int64_t>::max(), "9223372036854775807"},
                                                     {2000.0, "2000"},
                                                     {0.126, "0.13"},
                                                     {std::nan(""), "null"},
                                                     {std::numeric_limits<double>::infinity(), "null"},
                                                     {-std::numeric_limits<double>::infinity(), "null"},
                                                     {std::map<std::string, std::string>(), "{}"}};
    for (const auto& [value, text] : rows)
      CPPUNIT_ASSERT_EQUAL(
          R"({"timestamp":"2025-10-31T10:30:00.123456Z","level":"INFO","logger":"l","message":"m","event":"e","x":)" + text + "}\n",
          lineWith(value));
  }

  void everyByteInEveryField() {
    for (int byte = 0; byte < 256; ++byte) {
      const std::string text = "a" + std::string(1, static_cast<char>(byte)) + "b";
      const LogRecord record{LogLevel::info,
                             text,
                             text,
                             text,
                             {{"field", text}, {text, std::int64_t{1}}, {"map", std::map<std::string, std::string>{{text, text}}}}};
      const std::string line = jsonLine(record, kTime);
      const std::string row = "byte " + std::to_string(byte);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row, line.size() - 1, line.find_first_of(std::string("\0\n\r\x1b\x7f", 5)));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row + " is valid UTF-8", repairedUtf8(line), line);
      Poco::JSON::Object::Ptr object;
      CPPUNIT_ASSERT_NO_THROW_MESSAGE(row, object = parsedObject(line));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row, std::size_t{8}, object->size());
      if (byte == 0) continue;  // the parser's own strings end there
      const std::string repaired = repairedUtf8(text);
      for (const std::string field : {"logger", "event", "message", "field"})
        CPPUNIT_ASSERT_EQUAL_MESSAGE(row + " in " + field, repaired, fieldOf(object, field));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row + " in a key", std::string("1"), fieldOf(object, repaired));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row + " in a map", repaired, fieldOf(object->getObject("map"), repaired));
    }
  }

  void everyPairOfBytes() {
    for (int first = 0x20; first < 256; ++first) {
      for (int second = 0x20; second < 256; ++second) {
        const std::string text{static_cast<char>(first), static_cast<char>(second)};
        Poco::JSON::Object::Ptr object;
        const std::string row = std::to_string(first) + ", " + std::to_string(second);
        CPPUNIT_ASSERT_NO_THROW_MESSAGE(row, object = parsedObject(lineWith(text)));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(row, repairedUtf8(text), fieldOf(object, "x"));
      }
    }
  }

  void longText() {
    const std::string text(1 << 20, '"');
    CPPUNIT_ASSERT_EQUAL(text, fieldOf(parsedObject(lineWith(text)), "x"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JsonLineTest);

}  // namespace

}  // namespace pulsewatch
