#include "config/connection_url.h"
#include <pulsewatch/service_url.h>

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch {

namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

struct GoodRow {
  std::string text;
  ServiceUrl url;
};

const std::vector<GoodRow>& goodRows() {
  static const std::vector<GoodRow> table{
      {"mysql://h", {"mysql", "", {}, "h", 0, "", {}}},
      {"MySQL://h", {"mysql", "", {}, "h", 0, "", {}}},
      {"mysql://u:p@h:3306/db", {"mysql", "u", "p", "h", 3306, "/db", {}}},
      {"mysql://u@h/", {"mysql", "u", {}, "h", 0, "/", {}}},
      {"mysql://u:@h", {"mysql", "u", "", "h", 0, "", {}}},
      {"redis://:p@h:1/0", {"redis", "", "p", "h", 1, "/0", {}}},
      {"mysql://u:p%3Ba%40s%3As%2Fw%25@h", {"mysql", "u", "p;a@s:s/w%", "h", 0, "", {}}},
      {"mysql://u:a:b@h", {"mysql", "u", "a:b", "h", 0, "", {}}},
      {"mysql://u:a@b@h", {"mysql", "u", "a@b", "h", 0, "", {}}},
      {"mysql://u:p@[::1]:3306/db", {"mysql", "u", "p", "::1", 3306, "/db", {}}},
      {"mysql://[fe80::1]", {"mysql", "", {}, "fe80::1", 0, "", {}}},
      {"unix:///run/redis.sock?db=1", {"unix", "", {}, "", 0, "/run/redis.sock", Query{{"db", "1"}}}},
      {"mysql://u:p@/db?unix_socket=%2Frun%2Fm.sock&ssl-mode=REQUIRED",
       {"mysql", "u", "p", "", 0, "/db", Query{{"unix_socket", "/run/m.sock"}, {"ssl-mode", "REQUIRED"}}}},
      {"mysql://h?a=/x&b=", {"mysql", "", {}, "h", 0, "", Query{{"a", "/x"}, {"b", ""}}}},
      {"mysql://u:p%C3%BC@h:65535", {"mysql", "u", "p\xC3\xBC", "h", 65535, "", {}}},
  };
  return table;
}

class ServiceUrlTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServiceUrlTest);
  CPPUNIT_TEST(good);
  CPPUNIT_TEST(bad);
  CPPUNIT_TEST(options);
  CPPUNIT_TEST(mysqlRules);
  CPPUNIT_TEST(redisRules);
  CPPUNIT_TEST(composedGivesItsPartsBack);
  CPPUNIT_TEST(writesHostAndPort);
  CPPUNIT_TEST_SUITE_END();

 public:
  void good() {
    for (const auto& [text, wanted] : goodRows()) {
      const ServiceUrl url = ServiceUrl::parse(text);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, wanted.scheme, url.scheme);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, wanted.user, url.user);
      CPPUNIT_ASSERT_MESSAGE(text, wanted.password == url.password);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, wanted.host, url.host);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, wanted.port, url.port);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, wanted.path, url.path);
      CPPUNIT_ASSERT_MESSAGE(text, wanted.query == url.query);
    }
  }

  void bad() {
    const std::pair<const char*, const char*> rows[] = {
        {"", "scheme://"},
        {"mysql", "scheme://"},
        {"mysql:h", "scheme://"},
        {"://h", "scheme://"},
        {"1mysql://h", "scheme://"},
        {"my_sql://h", "scheme://"},
        {"mysql://hunter2 @h", "a space or a control character"},
        {"mysql://h\n", "a space or a control character"},
        {"mysql://u:hunter2%@h", "two hex digits"},
        {"mysql://u:hunter2%4@h", "two hex digits"},
        {"mysql://u:hunter2%zz@h", "two hex digits"},
        {"mysql://u:hunter2%00@h", "%00"},
        {"mysql://u:hunter2@h:0", "port"},
        {"mysql://u:hunter2@h:65536", "port"},
        {"mysql://u:hunter2@h:", "port"},
        {"mysql://u:hunter2@h:33x6", "port"},
        {"mysql://u:hunter2#x@h", "#"},
        {"mysql://u:hunter2/x@h", "port"},
        {"mysql://::1:3306", "several colons"},
        {"mysql://[::1", "not closed"},
        {"mysql://[hunter2]", "not an IPv6 address"},
        {"mysql://[::1]x", "other than a port"},
        {"mysql://h|x", "no host name"},
        {"mysql://h?hunter2", "key=value"},
        {"mysql://h?=hunter2", "key=value"},
    };
    for (const auto& [text, reason] : rows) {
      try {
        ServiceUrl::parse(text);
        CPPUNIT_FAIL(std::string("taken: ") + text);
      } catch (const std::invalid_argument& fault) {
        const std::string said = fault.what();
        CPPUNIT_ASSERT_MESSAGE(std::string(text) + ": " + said, said.find(reason) != std::string::npos);
        CPPUNIT_ASSERT_MESSAGE(text, said.find("hunter2") == std::string::npos);
      }
    }
  }

  void options() {
    const ServiceUrl url = ServiceUrl::parse("mysql://h?a=1&b=2&a=3");
    CPPUNIT_ASSERT_EQUAL(std::string("3"), url.option("a").value());
    CPPUNIT_ASSERT(!url.option("c"));
  }

  void mysqlRules() {
    const std::pair<const char*, const char*> rows[] = {
        {"mysql://u:p@h:3306/db", ""},
        {"mysql://h", ""},
        {"mysql://h/", ""},
        {"mysql:///db?unix_socket=/run/m.sock", ""},
        {"mysql://h?ssl-mode=verify_identity&ssl-ca=/a&ssl-cert=/b&ssl-key=/c", ""},
        {"mysql://h?ssl-mode=DISABLED", ""},
        {"mariadb://h", "scheme"},
        {"mysql:///db", "neither a host nor a unix_socket"},
        {"mysql://h/a/b", "more than one database"},
        {"mysql://h?ssl-mode=ON", "ssl-mode is none of"},
        {"mysql://h?charset=utf8", "unknown key"},
        {"mysql://h?ssl-ca=/a&ssl-ca=/b", "ssl-ca twice"},
        {"mysql:///db?unix_socket=", "unix_socket without a value"},
    };
    for (const auto& [text, fault] : rows) assertFault(text, mysqlUrlFault(ServiceUrl::parse(text)), fault);
  }

  void redisRules() {
    const std::pair<const char*, const char*> rows[] = {
        {"redis://h", ""},
        {"redis://h/", ""},
        {"redis://u:p@h:6379/15", ""},
        {"rediss://:p@[::1]:6380/0", ""},
        {"unix:///run/r.sock", ""},
        {"unix:///run/r.sock?db=2&password=x", ""},
        {"unix://:p@/run/r.sock", ""},
        {"http://h", "scheme"},
        {"redis:///0", "no host"},
        {"redis://h/x", "number of a database"},
        {"redis://h/-1", "number of a database"},
        {"redis://h/0/1", "number of a database"},
        {"redis://h/9999999999", "number of a database"},
        {"redis://h?db=1&username=u&password=p", ""},
        {"redis://h?db=one", "db is not a number"},
        {"redis://h?ssl_ca_certs=/ca.pem", "unknown key"},
        {"rediss://h/1?ssl_ca_certs=/ca.pem&ssl_certfile=/c.pem&ssl_keyfile=/k.pem&ssl_cert_reqs=none", ""},
        {"rediss://h?ssl_ca_certs=", "ssl_ca_certs without a value"},
        {"unix://run/r.sock", "three slashes"},
        {"unix://", "no path"},
        {"unix:///", "no path"},
        {"unix:///r.sock?db=x", "db is not a number"},
        {"unix:///r.sock?database=1", "unknown key"},
    };
    for (const auto& [text, fault] : rows) assertFault(text, redisUrlFault(ServiceUrl::parse(text)), fault);
  }

  void composedGivesItsPartsBack() {
    std::string nasty = "p;a@s:s/w%rd'\"\\ #?&=+ü";
    for (const char* host : {"db", "10.0.0.1", "fd00::1"}) {
      const ServiceUrl url =
          ServiceUrl::parse(mysqlUrl({.host = host, .port = "3307", .user = "a b@c", .password = nasty, .database = "x-y_z"}));
      CPPUNIT_ASSERT_EQUAL(std::string(host), url.host);
      CPPUNIT_ASSERT_EQUAL(std::uint16_t{3307}, url.port);
      CPPUNIT_ASSERT_EQUAL(std::string("a b@c"), url.user);
      CPPUNIT_ASSERT_EQUAL(nasty, url.password.value());
      CPPUNIT_ASSERT_EQUAL(std::string("/x-y_z"), url.path);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("mysql://u@h:1/d"),
                         mysqlUrl({.host = "h", .port = "1", .user = "u", .password = "", .database = "d"}));
  }

  void writesHostAndPort() {
    CPPUNIT_ASSERT_EQUAL(std::string("db:3306"), hostAndPort("db", 3306));
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1:1"), hostAndPort("127.0.0.1", 1));
    CPPUNIT_ASSERT_EQUAL(std::string("[::1]:65535"), hostAndPort("::1", 65535));
    CPPUNIT_ASSERT_EQUAL(std::string("[fe80::1]"), bracketed("fe80::1"));
    CPPUNIT_ASSERT_EQUAL(std::string("db.example"), bracketed("db.example"));
  }

 private:
  static void assertFault(const std::string& text, const std::string& found, const std::string& wanted) {
    CPPUNIT_ASSERT_MESSAGE(text + ": " + found, wanted.empty() ? found.empty() : found.find(wanted) != std::string::npos);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServiceUrlTest);

}  // namespace

}  // namespace pulsewatch
