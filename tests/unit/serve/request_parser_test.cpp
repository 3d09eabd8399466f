// What a head says, as values; and each byte where only some may stand.
#include "serve/request_parser.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

namespace pulsewatch {

namespace {

constexpr std::uint64_t kLimit = 65536;

int statusOf(const std::string& head) {
  HeadScan scan;
  const std::size_t end = scan.end(head);
  if (end == 0) return scan.fault().status;
  ParsedHead out;
  return parseHead(std::string_view(head).substr(0, end), kLimit, out).status;
}

// Of a GET of `target` with these fields; of a whole head it is a view of.
struct Parsed {
  explicit Parsed(const std::string& fields, const std::string& line = "GET /ready HTTP/1.1")
      : bytes(line + "\r\n" + fields + "\r\n"), fault(parseHead(bytes, kLimit, head)) {}
  const std::string bytes;
  ParsedHead head;
  const RequestFault fault;
};

class RequestParserTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RequestParserTest);
  CPPUNIT_TEST(testWhole);
  CPPUNIT_TEST(testAgain);
  CPPUNIT_TEST(testFaultKeepsWhatIsRead);
  CPPUNIT_TEST(testHost);
  CPPUNIT_TEST(testForwarded);
  CPPUNIT_TEST(testSentTwice);
  CPPUNIT_TEST(testGzip);
  CPPUNIT_TEST(testKeepAlive);
  CPPUNIT_TEST(testContinue);
  CPPUNIT_TEST(testLengths);
  CPPUNIT_TEST(testBytesOfMethod);
  CPPUNIT_TEST(testBytesOfName);
  CPPUNIT_TEST(testBytesOfValue);
  CPPUNIT_TEST(testBytesOfTarget);
  CPPUNIT_TEST(testFirstByte);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testWhole() {
    const Parsed parsed(
        "Host: h:80\r\nX-Request-ID:  a \r\nauthorization:\tBearer b\r\nX-FORWARDED-FOR: 192.0.2.1\r\n"
        "X-Forwarded-Proto: https\r\nAccept-Encoding: gzip\r\nContent-Length: 12\r\n",
        "POST /ready?verbose HTTP/1.1");
    CPPUNIT_ASSERT(!parsed.fault);
    const HttpRequest& request = parsed.head.request;
    CPPUNIT_ASSERT(request.has_host && request.accepts_gzip && parsed.head.keep_alive && !parsed.head.expects_continue);
    const std::vector<std::string_view> views{request.method,     request.target,        request.version,       request.host,
                                              request.request_id, request.authorization, request.forwarded_for, request.forwarded_proto};
    const std::vector<std::string_view> wanted{"POST", "/ready?verbose", "HTTP/1.1", "h:80", "a", "Bearer b", "192.0.2.1", "https"};
    for (std::size_t i = 0; i < views.size(); ++i) CPPUNIT_ASSERT_EQUAL(std::string(wanted[i]), std::string(views[i]));
    CPPUNIT_ASSERT(parsed.head.framing.kind == BodyFraming::Kind::length);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{12}, parsed.head.framing.length);
  }

  // Nothing of the head before stays.
  void testAgain() {
    ParsedHead head;
    const std::string first =
        "POST /a HTTP/1.1\r\nHost: h\r\nX-Request-ID: a\r\nX-Forwarded-For: 1\r\nX-Forwarded-For: 2\r\nAccept-Encoding: gzip\r\n"
        "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    CPPUNIT_ASSERT(!parseHead(first, kLimit, head));
    CPPUNIT_ASSERT(head.expects_continue && head.request.accepts_gzip);
    CPPUNIT_ASSERT(!parseHead("GET /b HTTP/1.0\r\n\r\n", kLimit, head));
    const HttpRequest& request = head.request;
    CPPUNIT_ASSERT(!request.has_host && !request.accepts_gzip && !head.expects_continue && !head.keep_alive);
    CPPUNIT_ASSERT(request.host.empty() && request.request_id.empty() && request.forwarded_for.empty() && head.forwarded_for.empty());
    CPPUNIT_ASSERT(head.framing.kind == BodyFraming::Kind::none && head.framing.length == 0);
  }

  void testFaultKeepsWhatIsRead() {
    const Parsed parsed("Host: h\r\nX-Forwarded-For: 192.0.2.1\r\nContent-Length: -1\r\n");
    CPPUNIT_ASSERT_EQUAL(400, parsed.fault.status);
    CPPUNIT_ASSERT_EQUAL(std::string("/ready"), std::string(parsed.head.request.target));
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1"), std::string(parsed.head.request.forwarded_for));
    const Parsed later("Host: h\r\n", "GET /ready HTTP/3.0");
    CPPUNIT_ASSERT_EQUAL(505, later.fault.status);
    CPPUNIT_ASSERT_EQUAL(std::string("HTTP/3.0"), std::string(later.head.request.version));
    CPPUNIT_ASSERT_EQUAL(std::string("GET"), std::string(Parsed("", "GET /% HTTP/1.1").head.request.method));
  }

  // The authority of a URL takes the field's place.
  void testHost() {
    const auto host = [](const std::string& line, const std::string& fields) {
      const Parsed parsed(fields, line);
      CPPUNIT_ASSERT_MESSAGE(line, !parsed.fault && parsed.head.request.has_host);
      return std::string(parsed.head.request.host);
    };
    CPPUNIT_ASSERT_EQUAL(std::string("a"), host("GET / HTTP/1.1", "Host: a\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("b"), host("GET http://b/ HTTP/1.1", "Host: a\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("b:81"), host("GET HTTPS://b:81?q HTTP/1.1", "Host: a:80\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("[::1]:81"), host("GET http://[::1]:81 HTTP/1.1", "Host: a\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("b"), host("GET http://b/ HTTP/1.0", ""));
    CPPUNIT_ASSERT(!Parsed("", "GET / HTTP/1.0").head.request.has_host);
  }

  void testForwarded() {
    const auto chain = [](const std::string& fields) {
      const Parsed parsed("Host: h\r\n" + fields);
      return std::string(parsed.head.request.forwarded_for);
    };
    const std::string name = "X-Forwarded-For: ";
    CPPUNIT_ASSERT_EQUAL(std::string(), chain(""));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), chain(name + "1\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("1, 2"), chain(name + "1, 2\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("1,2"), chain(name + "1\r\n" + name + "2\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("1,2,3"), chain(name + "1\r\n" + name + "2\r\nx-forwarded-for: 3\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string(",2"), chain(name + "\r\n" + name + "2\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("1,,3"), chain(name + "1\r\n" + name + "\r\n" + name + "3\r\n"));
  }

  void testSentTwice() {
    const Parsed parsed("Host: h\r\nX-Request-ID: a\r\nX-Request-ID: a\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Proto: https\r\n");
    CPPUNIT_ASSERT(!parsed.fault && parsed.head.request.request_id.empty() && parsed.head.request.forwarded_proto.empty());
  }

  void testGzip() {
    const auto accepts = [](const std::string& fields) { return Parsed("Host: h\r\n" + fields).head.request.accepts_gzip; };
    for (const std::string value :
         {"gzip", "GZIP", "x-gzip", "deflate, gzip", "gzip, deflate, br, zstd", "gzip;q=1", "gzip;q=1.000", "gzip;q=0.001", "gzip ; q=0.5",
          "gzip;Q=0.5", "*", "*;q=0.1", "br;q=1.0, gzip;q=0.8, *;q=0.1", "identity;q=0, gzip", "gzip;q=0.5, *;q=0", ",gzip,", "gzip;q=1."})
      CPPUNIT_ASSERT_MESSAGE(value, accepts("Accept-Encoding: " + value + "\r\n"));
    for (const std::string value : {"",
                                    "identity",
                                    "br",
                                    "gzip;q=0",
                                    "gzip;q=0.",
                                    "gzip;q=0.000",
                                    "gzip;q=0, *",
                                    "*;q=0",
                                    "x-gzip;q=0",
                                    "gzip;q=2",
                                    "gzip;q=1.5",
                                    "gzip;q=0.1234",
                                    "gzip;q=",
                                    "gzip;q",
                                    "gzip;",
                                    "gzip;x=1",
                                    "gzip;q=-1",
                                    "gzip;q=.5",
                                    "gzip;q=0,5",
                                    "gzip;q=0x1",
                                    "gzip;q=1.0000",
                                    "gzip;q=10",
                                    "gzip;q=0.5x",
                                    "gzip, gzip;q=0",
                                    "gzipx",
                                    "xgzip",
                                    "gzip br",
                                    "\"gzip\"",
                                    "**"})
      CPPUNIT_ASSERT_MESSAGE(value, !accepts("Accept-Encoding: " + value + "\r\n"));
    CPPUNIT_ASSERT(!accepts(""));
    CPPUNIT_ASSERT(accepts("Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n"));
    CPPUNIT_ASSERT(!accepts("Accept-Encoding: gzip;q=0\r\nAccept-Encoding: *\r\n"));
  }

  void testKeepAlive() {
    const auto keeps = [](const std::string& version, const std::string& fields) {
      return Parsed("Host: h\r\n" + fields, "GET / HTTP/" + version).head.keep_alive;
    };
    CPPUNIT_ASSERT(keeps("1.1", "") && keeps("1.1", "Connection: x, y\r\n") && keeps("1.1", "Connection: keep-alive\r\n"));
    CPPUNIT_ASSERT(!keeps("1.0", "") && !keeps("1.0", "Connection: x\r\n") && !keeps("1.0", "Keep-Alive: timeout=5\r\n"));
    CPPUNIT_ASSERT(keeps("1.0", "Connection: x, Keep-Alive\r\n") && keeps("1.0", "Connection: x\r\nConnection: KEEP-ALIVE\r\n"));
    CPPUNIT_ASSERT(!keeps("1.1", "Connection: close\r\n") && !keeps("1.1", "Connection: x,CLOSE ,y\r\n"));
    CPPUNIT_ASSERT(!keeps("1.0", "Connection: keep-alive, close\r\n") && !keeps("1.1", "Connection: close\r\nConnection: keep-alive\r\n"));
  }

  void testContinue() {
    const auto expects = [](const std::string& version, const std::string& fields) {
      const Parsed parsed("Host: h\r\nExpect: 100-Continue\r\n" + fields, "POST / HTTP/" + version);
      CPPUNIT_ASSERT(!parsed.fault);
      return parsed.head.expects_continue;
    };
    CPPUNIT_ASSERT(expects("1.1", "Content-Length: 1\r\n") && expects("1.1", "Transfer-Encoding: chunked\r\n"));
    CPPUNIT_ASSERT(!expects("1.1", "") && !expects("1.1", "Content-Length: 0\r\n") && !expects("1.0", "Content-Length: 1\r\n"));
  }

  void testLengths() {
    const auto status = [](std::uint64_t limit, const std::string& length) {
      ParsedHead head;
      return parseHead("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + length + "\r\n\r\n", limit, head).status;
    };
    CPPUNIT_ASSERT_EQUAL(0, status(0, "0"));
    CPPUNIT_ASSERT_EQUAL(413, status(0, "1"));
    CPPUNIT_ASSERT_EQUAL(0, status(5, "5"));
    CPPUNIT_ASSERT_EQUAL(413, status(5, "6"));
    CPPUNIT_ASSERT_EQUAL(413, status(5, "10"));
    CPPUNIT_ASSERT_EQUAL(0, status(UINT64_MAX, "18446744073709551615"));
    CPPUNIT_ASSERT_EQUAL(413, status(UINT64_MAX, "18446744073709551616"));
    CPPUNIT_ASSERT_EQUAL(413, status(UINT64_MAX, "99999999999999999999"));
  }

  void testBytesOfMethod() {
    each("!#$%&'*+-.^_`|~", true, [](char c) { return std::string("G") + c + "T /ready HTTP/1.1\r\nHost: h\r\n\r\n"; });
  }

  void testBytesOfName() {
    // A colon ends it.
    each("!#$%&'*+-.^_`|~:", true, [](char c) { return std::string("GET /ready HTTP/1.1\r\nHost: h\r\nX") + c + "A: 1\r\n\r\n"; });
  }

  void testBytesOfValue() {
    std::string allowed = "\t";
    for (int c = 0x20; c < 0x100; ++c) {
      if (c != 0x7F) allowed += static_cast<char>(c);
    }
    each(allowed, false, [](char c) { return std::string("GET /ready HTTP/1.1\r\nHost: h\r\nX-A: a") + c + "b\r\n\r\n"; });
  }

  void testBytesOfTarget() {
    // A % has two hex digits behind it here.
    each("!\"$%&'()*+,-./:;<=>?@[]^_`{|}~", true, [](char c) { return std::string("GET /") + c + "41 HTTP/1.1\r\nHost: h\r\n\r\n"; });
  }

  // Refused before anything else comes.
  void testFirstByte() {
    each("!#$%&'*+-.^_`|~", true, [](char c) { return std::string(1, c); });
  }

 private:
  // Of all bytes just the allowed ones, and letters and digits when they are, are taken.
  template <typename Make>
  static void each(const std::string& allowed, bool letters, const Make& make) {
    for (int byte = 0; byte < 0x100; ++byte) {
      const char c = static_cast<char>(byte);
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      const bool taken = (letters && letter) || allowed.find(c) != std::string::npos;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(byte), taken ? 0 : 400, statusOf(make(c)));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RequestParserTest);

}  // namespace

}  // namespace pulsewatch
