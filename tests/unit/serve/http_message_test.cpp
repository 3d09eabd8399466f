#include "serve/http_message.h"

#include <cppunit/extensions/HelperMacros.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

struct Row {
  std::string target;
  std::string path;
  std::string origin;
  Query query;
};

std::string shown(const Query& query) {
  std::string text;
  for (const auto& [key, value] : query) text += "[" + key + "]=[" + value + "] ";
  return text;
}

class HttpMessageTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpMessageTest);
  CPPUNIT_TEST(originForm);
  CPPUNIT_TEST(absoluteForm);
  CPPUNIT_TEST(schemesInAnyCase);
  CPPUNIT_TEST(notTargets);
  CPPUNIT_TEST(has);
  CPPUNIT_TEST(errorAnswers);
  CPPUNIT_TEST_SUITE_END();

 public:
  void originForm() {
    check({{"/", "/", "/", {}},
           {"/ready", "/ready", "/ready", {}},
           {"/ready?verbose", "/ready", "/ready?verbose", {{"verbose", ""}}},
           {"/ready?verbose=1&exclude=a&exclude=b",
            "/ready",
            "/ready?verbose=1&exclude=a&exclude=b",
            {{"verbose", "1"}, {"exclude", "a"}, {"exclude", "b"}}},
           {"/ready?", "/ready", "/ready?", {}},
           {"/re%61dy", "/ready", "/re%61dy", {}},
           {"/ready%3Fverbose", "/ready?verbose", "/ready%3Fverbose", {}},
           {"/ready/a%2Fb", "/ready/a/b", "/ready/a%2Fb", {}},
           {"/a+b", "/a+b", "/a+b", {}},
           {"/%C3%BC%ff", "/ü\xff", "/%C3%BC%ff", {}},
           {"/ready?exclude=a%26b%3Dc", "/ready", "/ready?exclude=a%26b%3Dc", {{"exclude", "a&b=c"}}},
           {"/ready?ex%63lude=a=b", "/ready", "/ready?ex%63lude=a=b", {{"exclude", "a=b"}}},
           {"/ready?a=?b", "/ready", "/ready?a=?b", {{"a", "?b"}}},
           {"//evil.example/ready", "//evil.example/ready", "//evil.example/ready", {}},
           {"/..//./ready", "/..//./ready", "/..//./ready", {}}});
  }

  void absoluteForm() {
    check({{"http://host/ready?verbose", "/ready", "/ready?verbose", {{"verbose", ""}}},
           {"https://host:8080/ready", "/ready", "/ready", {}},
           {"http://host", "/", "/", {}},
           {"http://host?verbose", "/", "/?verbose", {{"verbose", ""}}},
           {"http://[::1]:8080/healthz", "/healthz", "/healthz", {}},
           {"http://user@host/ready", "/ready", "/ready", {}},
           {"http:///ready", "/ready", "/ready", {}},
           {"http://host//ready", "//ready", "//ready", {}}});
  }

  void schemesInAnyCase() { check({{"HTTP://host/ready", "/ready", "/ready", {}}, {"Https://host", "/", "/", {}}}); }

  void notTargets() {
    for (const std::string target : {"", "*", "ready", "?verbose", "host:443", "ftp://host/ready", "http:/ready", " /ready", "/%", "/%1",
                                     "/%zz", "/ready?exclude=%", "/ready?%g0=1", "http://host/%zz", "http://host/?a=%2"})
      CPPUNIT_ASSERT_THROW_MESSAGE("\"" + target + "\"", parseTarget(target), std::invalid_argument);
  }

  void has() {
    const HttpTarget target = parseTarget("/ready?verbose&exclude=x&Loud=1");
    for (const std::string key : {"verbose", "exclude", "Loud"}) CPPUNIT_ASSERT_MESSAGE(key, target.has(key));
    for (const std::string key : {"", "loud", "x", "verb"}) CPPUNIT_ASSERT_MESSAGE(key, !target.has(key));
  }

  void errorAnswers() {
    const HttpAnswer plain = errorAnswer(404, "not found");
    CPPUNIT_ASSERT_EQUAL(404, plain.status);
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"), plain.content_type);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"error":"not found"})"), *plain.body);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"error":"bad \"request\"","detail":"a\nb"})"), *errorAnswer(400, "bad \"request\"", "a\nb").body);
  }

 private:
  static void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      HttpTarget target;
      CPPUNIT_ASSERT_NO_THROW_MESSAGE(row.target, target = parseTarget(row.target));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.target, row.path, target.path);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.target, row.origin, target.origin);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.target, shown(row.query), shown(target.query));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpMessageTest);

}  // namespace

}  // namespace pulsewatch
