#include "base/json_writer.h"

#include "base/text.h"

#include <Poco/JSON/Parser.h>
#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace pulsewatch {

namespace {

// The text that comes back when a JSON parser reads `json`, an array of one string.
std::string readBack(const std::string& json) {
  Poco::JSON::Parser parser;
  return parser.parse(json).extract<Poco::JSON::Array::Ptr>()->getElement<std::string>(0);
}

std::string written(const std::string& text) {
  JsonWriter json;
  json.beginArray().text(text).endArray();
  return json.take();
}

std::string numberText(double value) {
  JsonWriter json;
  return json.number(value).take();
}

std::string roundedText(double value) {
  JsonWriter json;
  return json.rounded(value).take();
}

class JsonWriterTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JsonWriterTest);
  CPPUNIT_TEST(structures);
  CPPUNIT_TEST(everyByteParses);
  CPPUNIT_TEST(everyPairOfBytesIsCleanAscii);
  CPPUNIT_TEST(escapes);
  CPPUNIT_TEST(keysAreEscapedToo);
  CPPUNIT_TEST(numbers);
  CPPUNIT_TEST(numbersReadBackTheSame);
  CPPUNIT_TEST(roundedNumbers);
  CPPUNIT_TEST_SUITE_END();

 public:
  void structures() {
    JsonWriter json;
    json.beginObject();
    json.key("a").beginArray().endArray();
    json.key("b").beginArray().integer(1).integer(-2).beginObject().endObject().beginArray().boolean(true).endArray().endArray();
    json.key("c").beginObject().field("d", "e").key("f").null().endObject();
    json.field("g", "");
    json.endObject();
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"a":[],"b":[1,-2,{},[true]],"c":{"d":"e","f":null},"g":""})"), json.str());
    CPPUNIT_ASSERT_EQUAL(std::string("{}"), JsonWriter().beginObject().endObject().take());
  }

  void everyByteParses() {
    for (int byte = 1; byte < 256; ++byte) {
      const std::string text = "x" + std::string(1, static_cast<char>(byte)) + "y";
      CPPUNIT_ASSERT_EQUAL_MESSAGE("byte " + std::to_string(byte), repairedUtf8(text), readBack(written(text)));
    }
    CPPUNIT_ASSERT_EQUAL(std::string(R"(["a\u0000b"])"), written(std::string("a\0b", 3)));
  }

  // What stands on the wire is valid UTF-8 without a control character, whatever came in.
  void everyPairOfBytesIsCleanAscii() {
    for (int first = 0; first < 256; ++first) {
      for (int second = 0; second < 256; ++second) {
        const std::string text{static_cast<char>(first), static_cast<char>(second)};
        const std::string json = written(text);
        bool control = false;
        for (const char c : json) control = control || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
        const std::string name = std::to_string(first) + ", " + std::to_string(second);
        CPPUNIT_ASSERT_MESSAGE(name, !control);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(name, repairedUtf8(json), json);
        if (first != 0 && second != 0) CPPUNIT_ASSERT_EQUAL_MESSAGE(name, repairedUtf8(text), readBack(json));
      }
    }
  }

  void escapes() {
    const std::pair<std::string, std::string> rows[] = {{"a\"b", R"(["a\"b"])"},
                                                        {"a\\b", R"(["a\\b"])"},
                                                        {"a\nb\tc", R"(["a\nb\tc"])"},
                                                        {"\r\b\f", R"(["\u000d\u0008\u000c"])"},
                                                        {"\x1b[31m", R"(["\u001b[31m"])"},
                                                        {"\x7f", R"(["\u007f"])"},
                                                        {"/</script>", R"(["/</script>"])"},
                                                        {"\xff", "[\"\xEF\xBF\xBD\"]"},
                                                        {"grün €😀", "[\"grün €😀\"]"},
                                                        {"", R"([""])"}};
    for (const auto& [text, json] : rows) CPPUNIT_ASSERT_EQUAL(json, written(text));
  }

  void keysAreEscapedToo() {
    JsonWriter json;
    json.beginObject().field("a\"\n\xfe", "b").endObject();
    CPPUNIT_ASSERT_EQUAL(std::string("{\"a\\\"\\n\xEF\xBF\xBD\":\"b\"}"), json.str());
  }

  void numbers() {
    const double infinity = std::numeric_limits<double>::infinity();
    const std::pair<double, std::string> rows[] = {
        {0, "0"},        {1, "1"},      {-1.5, "-1.5"},     {0.1, "0.1"},        {1e21, "1e+21"},
        {1e-7, "1e-07"}, {NAN, "null"}, {infinity, "null"}, {-infinity, "null"}, {1234567.891, "1234567.891"}};
    for (const auto& [value, text] : rows) CPPUNIT_ASSERT_EQUAL(text, numberText(value));
    CPPUNIT_ASSERT_EQUAL(std::string("-9223372036854775808"), JsonWriter().integer(std::numeric_limits<std::int64_t>::min()).take());
    CPPUNIT_ASSERT_EQUAL(std::string("9223372036854775807"), JsonWriter().integer(std::numeric_limits<std::int64_t>::max()).take());
  }

  void numbersReadBackTheSame() {
    for (const double value : {1.0 / 3, 1e-300, 1.7976931348623157e300, 123456789.123456789, -0.000012345, 2.2250738585072014e-308}) {
      Poco::JSON::Parser parser;
      const auto array = parser.parse("[" + numberText(value) + "]").extract<Poco::JSON::Array::Ptr>();
      CPPUNIT_ASSERT_EQUAL(value, std::strtod(numberText(value).c_str(), nullptr));
      CPPUNIT_ASSERT_DOUBLES_EQUAL(value, array->getElement<double>(0), std::abs(value) * 1e-12);
    }
  }

  void roundedNumbers() {
    const std::pair<double, std::string> rows[] = {{1.234, "1.23"}, {1.235001, "1.24"}, {0.004, "0"},
                                                   {0.005, "0.01"}, {12, "12"},         {12.3, "12.3"},
                                                   {99.999, "100"}, {-1.236, "-1.24"},  {1e9 + 0.125, "1000000000.13"},
                                                   {NAN, "null"},   {0.1 + 0.2, "0.3"}, {2000.0, "2000"}};
    for (const auto& [value, text] : rows) CPPUNIT_ASSERT_EQUAL(text, roundedText(value));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JsonWriterTest);

}  // namespace

}  // namespace pulsewatch
