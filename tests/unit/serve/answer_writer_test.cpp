#include "serve/answer_writer.h"

#include "support/manual_clock.h"

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <string>
#include <utility>

namespace pulsewatch {

namespace {

using testing::ManualClock;

struct StatusRow {
  int status;
  std::string reason;
};

struct ConnectionRow {
  std::string version;
  bool keep_alive;
  std::string line;
  std::string connection;  // "": there is no such field
};

std::string headOf(AnswerWriter& writer, const HttpAnswer& answer, const std::string& version = "HTTP/1.1", bool keep_alive = true) {
  std::string head;
  writer.writeHead(head, answer, version, keep_alive);
  return head;
}

// The value of a field that is there once; "(none)".
std::string fieldOf(const std::string& head, const std::string& name) {
  const std::string begin = "\r\n" + name + ": ";
  const std::size_t at = head.find(begin);
  if (at == std::string::npos) return "(none)";
  CPPUNIT_ASSERT_EQUAL_MESSAGE(name + " is there twice", std::string::npos, head.find(begin, at + 1));
  return head.substr(at + begin.size(), head.find("\r\n", at + 2) - at - begin.size());
}

class AnswerWriterTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AnswerWriterTest);
  CPPUNIT_TEST(byteForByte);
  CPPUNIT_TEST(statuses);
  CPPUNIT_TEST(versionsAndConnections);
  CPPUNIT_TEST(lengths);
  CPPUNIT_TEST(dates);
  CPPUNIT_TEST(appends);
  CPPUNIT_TEST_SUITE_END();

 public:
  void byteForByte() {
    const ManualClock clock;
    AnswerWriter writer(clock);
    HttpAnswer answer;
    CPPUNIT_ASSERT_EQUAL(std::string("HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                                     "Date: Fri, 31 Oct 2025 10:30:00 GMT\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n"),
                         headOf(writer, answer));
    answer.status = 503;
    answer.content_type = "text/plain; charset=utf-8";
    answer.request_id = "0190a6c0-0000-4000-8000-000000000000";
    answer.body = std::make_shared<const std::string>("busy");
    answer.headers = {{"Retry-After", "1"}, {"X-A", ""}, {"X-A", "b"}};
    CPPUNIT_ASSERT_EQUAL(
        std::string("HTTP/1.0 503 Service Unavailable\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                    "Date: Fri, 31 Oct 2025 10:30:00 GMT\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 4\r\n"
                    "X-Request-ID: 0190a6c0-0000-4000-8000-000000000000\r\nRetry-After: 1\r\nX-A: \r\nX-A: b\r\nConnection: close\r\n\r\n"),
        headOf(writer, answer, "HTTP/1.0", false));
  }

  // All that the host answers with.
  void statuses() {
    const ManualClock clock;
    AnswerWriter writer(clock);
    const StatusRow rows[] = {{200, "OK"},
                              {301, "Moved Permanently"},
                              {400, "Bad Request"},
                              {401, "Unauthorized"},
                              {404, "Not Found"},
                              {405, "Method Not Allowed"},
                              {408, "Request Time-out"},
                              {413, "Request Entity Too Large"},
                              {414, "Request-URI Too Large"},
                              {417, "Expectation Failed"},
                              {429, "Too Many Requests"},
                              {431, "Request Header Fields Too Large"},
                              {500, "Internal Server Error"},
                              {501, "Not Implemented"},
                              {503, "Service Unavailable"},
                              {505, "HTTP Version Not Supported"}};
    for (const StatusRow& row : rows) {
      HttpAnswer answer;
      answer.status = row.status;
      const std::string head = headOf(writer, answer);
      CPPUNIT_ASSERT_EQUAL("HTTP/1.1 " + std::to_string(row.status) + " " + row.reason, head.substr(0, head.find("\r\n")));
    }
  }

  void versionsAndConnections() {
    const ManualClock clock;
    AnswerWriter writer(clock);
    const ConnectionRow rows[] = {{"HTTP/1.1", true, "HTTP/1.1 200 OK", "(none)"},     {"HTTP/1.1", false, "HTTP/1.1 200 OK", "close"},
                                  {"HTTP/1.0", true, "HTTP/1.0 200 OK", "keep-alive"}, {"HTTP/1.0", false, "HTTP/1.0 200 OK", "close"},
                                  {"HTTP/2.0", false, "HTTP/1.1 200 OK", "close"},     {"", false, "HTTP/1.1 200 OK", "close"}};
    for (const ConnectionRow& row : rows) {
      const std::string head = headOf(writer, HttpAnswer(), row.version, row.keep_alive);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.version, row.line, head.substr(0, head.find("\r\n")));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.version, row.connection, fieldOf(head, "Connection"));
    }
  }

  void lengths() {
    const ManualClock clock;
    AnswerWriter writer(clock);
    for (const std::size_t size : {std::size_t{0}, std::size_t{9}, std::size_t{10}, std::size_t{16'385}, std::size_t{5} << 20U}) {
      HttpAnswer answer;
      answer.body = std::make_shared<const std::string>(size, 'x');
      const std::string head = headOf(writer, answer);
      CPPUNIT_ASSERT_EQUAL(std::to_string(size), fieldOf(head, "Content-Length"));
      CPPUNIT_ASSERT_MESSAGE("the body isn't the head's", head.ends_with("\r\n\r\n") && head.size() < 300);
    }
  }

  void dates() {
    ManualClock clock;
    AnswerWriter writer(clock);
    const auto date = [&writer] { return fieldOf(headOf(writer, HttpAnswer()), "Date"); };
    CPPUNIT_ASSERT_EQUAL(std::string("Fri, 31 Oct 2025 10:30:00 GMT"), date());
    clock.advance(std::chrono::milliseconds(999));
    CPPUNIT_ASSERT_EQUAL(std::string("Fri, 31 Oct 2025 10:30:00 GMT"), date());
    clock.advance(std::chrono::milliseconds(1));
    CPPUNIT_ASSERT_EQUAL(std::string("Fri, 31 Oct 2025 10:30:01 GMT"), date());
    clock.advance(std::chrono::hours(24) - std::chrono::seconds(1));
    CPPUNIT_ASSERT_EQUAL(std::string("Sat, 01 Nov 2025 10:30:00 GMT"), date());
    clock.advance(-std::chrono::seconds(1));  // somebody has set the clock
    CPPUNIT_ASSERT_EQUAL(std::string("Sat, 01 Nov 2025 10:29:59 GMT"), date());
  }

  void appends() {
    const ManualClock clock;
    AnswerWriter writer(clock);
    const std::string one = headOf(writer, HttpAnswer());
    std::string both = "before";
    writer.writeHead(both, HttpAnswer(), "HTTP/1.1", true);
    writer.writeHead(both, HttpAnswer(), "HTTP/1.1", true);
    CPPUNIT_ASSERT_EQUAL("before" + one + one, both);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AnswerWriterTest);

}  // namespace

}  // namespace pulsewatch
