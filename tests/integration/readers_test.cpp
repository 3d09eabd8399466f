// The readers that every other suite trusts: what they must refuse.
#include "support/http_client.h"
#include "support/json_lines.h"
#include "support/metrics_text.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {
namespace {

std::string logLine(const std::string& further) {
  return R"({"timestamp":"2025-10-31T10:30:00.123456Z","level":"INFO","logger":"pulsewatch.core.health","message":"m","event":"e")" +
         further + "}\n";
}

const std::string histogram =
    "# TYPE h histogram\nh_bucket{le=\"0.5\"} 1\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 3\nh_sum 4\nh_count 3\n";

class ReadersTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReadersTest);
  CPPUNIT_TEST(testLogLines);
  CPPUNIT_TEST(testBadLogLines);
  CPPUNIT_TEST(testMetrics);
  CPPUNIT_TEST(testBadMetrics);
  CPPUNIT_TEST(testHttp);
  CPPUNIT_TEST(testBadHttp);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testLogLines() {
    const JsonLines lines = parseJsonLines(logLine(R"(,"n":3,"f":2.5,"t":"\u00e4\ufffd ä")") + logLine(""));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, lines.size());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, lines[0].integer("n"));
    CPPUNIT_ASSERT_EQUAL(2.5, lines[0].number("f"));
    CPPUNIT_ASSERT_EQUAL(std::string("ä\xef\xbf\xbd ä"), lines[0].text("t"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, linesOfEvent(lines, "e").size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, parseJsonLines(logLine("") + "{\"half", true).size());
    CPPUNIT_ASSERT_THROW(static_cast<void>(lines[0].integer("f")), JsonLineError);
    CPPUNIT_ASSERT_THROW(static_cast<void>(lines[0].integer("nothing")), JsonLineError);
    CPPUNIT_ASSERT_THROW(static_cast<void>(lines[0].text("n")), JsonLineError);
  }

  void testBadLogLines() {
    for (const std::string& bad : {std::string("{\"half"), std::string("hello\n"), std::string("\n"), std::string("[]\n"),
                                   std::string("{}\n"), logLine(",\"t\":\"\xff\""), logLine(",\"t\":\"\xed\xa0\x80\""),
                                   logLine(",\"t\":\"\xc3\""), logLine(",\"t\":\"\t\""), logLine(",\"t\":nan"), logLine(",")})
      CPPUNIT_ASSERT_THROW_MESSAGE(bad, parseJsonLines(bad), JsonLineError);
    for (const char* field : {"timestamp", "level", "logger", "message", "event"}) {
      std::string line = logLine("");
      line.replace(line.find(field), 3, "xxx");
      CPPUNIT_ASSERT_THROW_MESSAGE(line, parseJsonLines(line), JsonLineError);
    }
    std::string line = logLine("");
    CPPUNIT_ASSERT_THROW(parseJsonLines(line.replace(line.find("INFO"), 4, "LOUD")), JsonLineError);
    line = logLine("");
    CPPUNIT_ASSERT_THROW(parseJsonLines(line.replace(line.find(".123456Z"), 8, ".123Z")), JsonLineError);
  }

  void testMetrics() {
    const MetricsText metrics(histogram +
                              "# HELP c of a \\n thing\n# TYPE c counter\nc{a=\"x\\\"y\\\\z\\n\",b=\"2\"} 1.5e3\nc{a=\"w\",b=\"2\"} 1\n");
    CPPUNIT_ASSERT_EQUAL(1500.0, metrics.value("c", {{"a", "x\"y\\z\n"}, {"b", "2"}}));
    CPPUNIT_ASSERT_EQUAL(1501.0, metrics.sum("c", {{"b", "2"}}));
    CPPUNIT_ASSERT(!metrics.find("c", {{"b", "2"}}));
    CPPUNIT_ASSERT_THROW(static_cast<void>(metrics.value("c")), MetricsError);
    CPPUNIT_ASSERT_EQUAL(std::string("histogram"), metrics.type("h"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, metrics.labelNames("h").size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, metrics.labelValues("h_bucket", "le").size());
  }

  void testBadMetrics() {
    std::string falling = histogram;
    falling.replace(falling.find("} 1"), 3, "} 9");
    std::string miscounted = histogram;
    miscounted.replace(miscounted.find("h_count 3"), 9, "h_count 4");
    for (const std::string& bad :
         {std::string(), std::string("# TYPE c counter\nc 1"), std::string("c 1\n"), std::string("# TYPE c counter\nc 1\nc 1\n"),
          std::string("# TYPE c counter\nc one\n"), std::string("# TYPE c counter\nc\n"), std::string("# TYPE c counter\nc{a=\"} 1\n"),
          std::string("# TYPE c counter\nc{a=1} 1\n"), std::string("# TYPE c counter\n# TYPE c counter\nc 1\n"), falling, miscounted,
          std::string("# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_sum 4\nh_count 2\n"), std::string("hello world\n")})
      CPPUNIT_ASSERT_THROW_MESSAGE(bad, MetricsText{bad}, MetricsError);
  }

  void testHttp() {
    const HttpResponse response = HttpClient::parse("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA:  b \r\n\r\nhi", false);
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("hi"), response.body);
    CPPUNIT_ASSERT_EQUAL(std::string("b"), response.header("a").value_or("none"));
    CPPUNIT_ASSERT(!response.header("c"));
    CPPUNIT_ASSERT_EQUAL(204, HttpClient::parse("HTTP/1.0 204 No Content\r\nContent-Length: 7\r\n\r\n", true).status);
  }

  void testBadHttp() {
    for (const std::string bad :
         {"", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi",
          "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0", "hello\r\n\r\n",
          "HTTP/1.1 xyz OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n"})
      CPPUNIT_ASSERT_THROW_MESSAGE(bad, HttpClient::parse(bad, false), HttpError);
    CPPUNIT_ASSERT_THROW(HttpClient::parse("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", true), HttpError);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReadersTest);

}  // namespace
}  // namespace pulsewatch::testing
