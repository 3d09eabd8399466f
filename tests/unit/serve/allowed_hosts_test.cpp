#include "serve/allowed_hosts.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

struct Row {
  std::string host;
  bool allowed;
};

using Patterns = std::vector<std::string>;

void check(const Patterns& patterns, const std::string& local_address, const std::vector<Row>& rows) {
  const AllowedHosts hosts(patterns);
  for (const Row& row : rows) CPPUNIT_ASSERT_EQUAL_MESSAGE("Host: " + row.host, row.allowed, hosts.allows(row.host, local_address));
}

class AllowedHostsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AllowedHostsTest);
  CPPUNIT_TEST(names);
  CPPUNIT_TEST(leadingDot);
  CPPUNIT_TEST(any);
  CPPUNIT_TEST(anyTakesOnlyWhatDjangoTakes);
  CPPUNIT_TEST(anyNeedsAName);
  CPPUNIT_TEST(addresses);
  CPPUNIT_TEST(patternsThatMatchNothing);
  CPPUNIT_TEST(localAddress);
  CPPUNIT_TEST(localAddressAsAnIpv4MappedOne);
  CPPUNIT_TEST(localAddressOfALink);
  CPPUNIT_TEST(hostOfAField);
  CPPUNIT_TEST_SUITE_END();

 public:
  void names() {
    check({"example.com", "localhost"}, "10.0.0.1",
          {{"example.com", true},
           {"EXAMPLE.Com", true},
           {"example.com.", true},
           {"EXAMPLE.COM.:8080", true},
           {"example.com:80", true},
           {"example.com:65535", true},
           {"localhost", true},
           {"www.example.com", false},
           {"example.com.evil.org", false},
           {"example.comx", false},
           {"xexample.com", false},
           {"example.com..", false},
           {".example.com", false},
           {"example", false},
           {"evil.org", false},
           {"evil.org:example.com", false},
           {"example.com@evil.org", false},
           {"evil.org,example.com", false},
           {"", false}});
  }

  void leadingDot() {
    check({".example.com"}, "10.0.0.1",
          {{"example.com", true},
           {"www.example.com", true},
           {"a.b.example.com", true},
           {"WWW.Example.Com.:443", true},
           {"badexample.com", false},
           {"example.com.evil.org", false},
           {"com", false},
           {"example", false}});
  }

  void any() {
    check({"*"}, "10.0.0.1", {{"anything.at.all", true}, {"10.9.8.7:1", true}, {"[2001:db8::1]:8080", true}, {"xn--mnchen-3ya.de", true}});
    check({"example.com", "*"}, "10.0.0.1", {{"elsewhere.org", true}});
  }

  // Django's own expression (host_validation_re), which comes before the patterns: whatever it refuses no pattern lets in.
  void anyTakesOnlyWhatDjangoTakes() {
    check({"*"}, "10.0.0.1",
          {{"", false},
           {":80", false},
           {" example.com", false},
           {"example.com ", false},
           {"exa mple.com", false},
           {"example.com\t", false},
           {"example.com\r\nX: y", false},
           {std::string("exam\0ple.com", 12), false},
           {"münchen.de", false},
           {"\xff", false},
           {"a/b", false},
           {"a?b", false},
           {"a#b", false},
           {"a@b", false},
           {"a\\b", false},
           {"*", false},
           {"example.com:http", false},
           {"example.com:-1", false},
           {"example.com:80:80", false},
           {"example.com:80 ", false},
           {"::1", false},
           {"[::1", false},
           {"::1]", false},
           {"[]", false},
           {"[::1]x", false},
           {"[::1]80", false},
           {"[::1]:port", false},
           {"[::g]", false},
           {"[example.com]", false},
           {"[127.0.0.1]", false},
           {"[fe80::1%25eth0]", false}});
  }

  // Nothing is left of these without the dot and the port, and that is no host to Django.
  void anyNeedsAName() { check({"*"}, "10.0.0.1", {{".", false}, {".:80", false}, {"[:]", false}, {"[:]:80", false}}); }

  void addresses() {
    for (const std::string pattern : {"[::1]", "::1"})
      check({pattern, "192.0.2.7"}, "10.0.0.1",
            {{"[::1]", true},
             {"[::1]:8080", true},
             {"[0:0:0:0:0:0:0:1]", true},
             {"[::0001]", true},
             {"[::2]", false},
             {"192.0.2.7", true},
             {"192.0.2.7:80", true},
             {"192.0.2.70", false},
             {"1.192.0.2.7", false},
             {"localhost", false}});
    check({"[2001:DB8::A]"}, "10.0.0.1", {{"[2001:db8::a]", true}, {"[2001:DB8:0::A]:1", true}, {"[2001:db8::b]", false}});
  }

  void patternsThatMatchNothing() {
    check({}, "10.0.0.1", {{"localhost", false}, {"10.0.0.2", false}});
    check({"*.example.com", "example.org:80", "."}, "10.0.0.1",
          {{"www.example.com", false}, {"example.com", false}, {"example.org", false}, {"example.org:80", false}, {"example.net", false}});
  }

  void localAddress() {
    check({"example.com"}, "192.0.2.7",
          {{"192.0.2.7", true}, {"192.0.2.7:8080", true}, {"192.0.2.8", false}, {"[192.0.2.7]", false}, {"192.0.2.7.nip.io", false}});
    check({"example.com"}, "2001:db8::1",
          {{"[2001:db8::1]", true}, {"[2001:DB8:0:0::1]:80", true}, {"[2001:db8::2]", false}, {"2001:db8::1", false}});
    check({"example.com"}, "", {{"0.0.0.0", false}, {"[::]", false}, {"", false}});
  }

  // A client of a dual-stack socket may write either form; what the socket says is the plain one.
  void localAddressAsAnIpv4MappedOne() {
    check({"example.com"}, "192.0.2.7", {{"[::ffff:192.0.2.7]", true}, {"[::ffff:c000:207]:80", true}, {"[::ffff:192.0.2.8]", false}});
  }

  // The socket's own address has its interface (a zone) behind it, the field never has (RFC 6874 section 3).
  void localAddressOfALink() { check({"example.com"}, "fe80::1%lo", {{"[fe80::1]", true}, {"[fe80::1]:80", true}, {"[fe80::2]", false}}); }

  void hostOfAField() {
    const std::pair<std::string, std::string> rows[] = {{"Example.COM:80", "example.com"},
                                                        {"example.com.", "example.com"},
                                                        {"[::FFFF:1]:80", "::ffff:1"},
                                                        {"10.0.0.1:8080", "10.0.0.1"},
                                                        {"a b", ""},
                                                        {"a:b", ""},
                                                        {"[a", ""},
                                                        {"", ""}};
    for (const auto& [field, host] : rows) CPPUNIT_ASSERT_EQUAL_MESSAGE(field, host, hostOf(field));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AllowedHostsTest);

}  // namespace

}  // namespace pulsewatch
