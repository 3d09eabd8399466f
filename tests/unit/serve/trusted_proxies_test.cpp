#include "serve/trusted_proxies.h"

#include <cppunit/extensions/HelperMacros.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace pulsewatch {

namespace {

using Networks = std::vector<std::string>;

struct TrustRow {
  Networks networks;
  std::string address;
  bool trusted;
};

struct ClientRow {
  std::string name;
  std::string peer;
  std::string forwarded_for;
  std::string client;
};

class TrustedProxiesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TrustedProxiesTest);
  CPPUNIT_TEST(networks);
  CPPUNIT_TEST(everyIpv6Address);
  CPPUNIT_TEST(notNetworks);
  CPPUNIT_TEST(notAddresses);
  CPPUNIT_TEST(addressesOfALink);
  CPPUNIT_TEST(clients);
  CPPUNIT_TEST(fieldsThatAreNoAddresses);
  CPPUNIT_TEST(looseAddresses);
  CPPUNIT_TEST(clientsOfALink);
  CPPUNIT_TEST(nobodyTrusted);
  CPPUNIT_TEST(plainAddresses);
  CPPUNIT_TEST_SUITE_END();

 public:
  void networks() {
    const TrustRow rows[] = {{{"10.0.0.1"}, "10.0.0.1", true},
                             {{"10.0.0.1"}, "10.0.0.2", false},
                             {{"10.0.0.1/32"}, "10.0.0.1", true},
                             {{"10.0.0.1/32"}, "10.0.0.0", false},
                             {{"10.0.0.0/8"}, "10.255.255.255", true},
                             {{"10.0.0.0/8"}, "11.0.0.0", false},
                             {{"10.1.2.3/8"}, "10.9.9.9", true},
                             {{"172.16.0.0/12"}, "172.31.255.255", true},
                             {{"172.16.0.0/12"}, "172.32.0.0", false},
                             {{"192.0.2.128/25"}, "192.0.2.127", false},
                             {{"192.0.2.128/25"}, "192.0.2.128", true},
                             {{"192.0.2.0/31"}, "192.0.2.1", true},
                             {{"192.0.2.0/31"}, "192.0.2.2", false},
                             {{"0.0.0.0/0"}, "203.0.113.9", true},
                             {{"0.0.0.0/0"}, "2001:db8::1", false},
                             {{"2001:db8::/32"}, "2001:db8:ffff::1", true},
                             {{"2001:db8::/32"}, "2001:db9::1", false},
                             {{"2001:db8::/33"}, "2001:db8:7fff::1", true},
                             {{"2001:db8::/33"}, "2001:db8:8000::1", false},
                             {{"::1"}, "::1", true},
                             {{"::1"}, "0:0:0:0:0:0:0:1", true},
                             {{"::1"}, "::2", false},
                             {{"10.0.0.0/8"}, "::ffff:10.1.2.3", true},
                             {{"10.0.0.0/8"}, "::ffff:11.1.2.3", false},
                             {{"::ffff:10.0.0.0/104"}, "10.1.2.3", true},
                             {{"::ffff:10.0.0.0/104"}, "::ffff:10.1.2.3", true},
                             {{"::ffff:10.0.0.0/104"}, "11.0.0.1", false},
                             {{"::ffff:10.0.0.1"}, "10.0.0.1", true},
                             {{"::ffff:10.0.0.1"}, "10.0.0.2", false},
                             {{"10.0.0.1", "2001:db8::1"}, "2001:db8::1", true},
                             {{"10.0.0.1", "2001:db8::1"}, "10.0.0.1", true},
                             {{"10.0.0.1", "2001:db8::1"}, "10.0.0.3", false}};
    for (const TrustRow& row : rows)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.address + " in " + row.networks[0], row.trusted, TrustedProxies(row.networks).trusts(row.address));
  }

  void everyIpv6Address() {
    const TrustedProxies everyone({"::/0"});
    CPPUNIT_ASSERT(everyone.trusts("2001:db8::1"));
    CPPUNIT_ASSERT(everyone.trusts("::1"));
    CPPUNIT_ASSERT(!everyone.trusts("10.0.0.1"));
  }

  void notNetworks() {
    for (const std::string text : {"", "/", "/8", "proxy", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/+8",
                                   "10.0.0.0/255.0.0.0", "10.0.0/8/8", "256.0.0.1", "::/129", "::g", "2001:db8::/99999999999999999999"})
      CPPUNIT_ASSERT_THROW_MESSAGE(text, TrustedProxies({text}), std::invalid_argument);
    CPPUNIT_ASSERT_THROW(TrustedProxies({"10.0.0.1", "proxy"}), std::invalid_argument);
  }

  void notAddresses() {
    const TrustedProxies everyone({"0.0.0.0/0", "8000::/1"});
    for (const std::string text :
         {"", "unknown", "_hidden", "10.0.0.1:80", "[8000::1]:80", "10.0.0.1/8", "10.0.0.256", "8000::g", "localhost"})
      CPPUNIT_ASSERT_MESSAGE("\"" + text + "\"", !everyone.trusts(text));
  }

  // An address of a link has its interface behind it: "fe80::1%eth0" is how the peer on the same network appears.
  void addressesOfALink() {
    CPPUNIT_ASSERT(!TrustedProxies({"10.0.0.0/8"}).trusts("fe80::1%lo"));
    CPPUNIT_ASSERT(!TrustedProxies({"fd00::/8"}).trusts("fe80::1%lo"));
    CPPUNIT_ASSERT(TrustedProxies({"fe80::/10"}).trusts("fe80::1%lo"));
    CPPUNIT_ASSERT(TrustedProxies({"fe80::1"}).trusts("fe80::1%lo"));
    CPPUNIT_ASSERT(!TrustedProxies({"fe80::1"}).trusts("fe80::2%lo"));
  }

  void clients() {
    const TrustedProxies proxies({"10.0.0.0/8", "2001:db8::/32"});
    const ClientRow rows[] = {{"no field", "10.0.0.1", "", "10.0.0.1"},
                              {"one proxy", "10.0.0.1", "203.0.113.9", "203.0.113.9"},
                              {"a peer that is no proxy", "203.0.113.1", "198.51.100.7", "203.0.113.1"},
                              {"a peer that is no proxy names one", "203.0.113.1", "10.0.0.1", "203.0.113.1"},
                              {"two proxies", "10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"},
                              {"three proxies, one over IPv6", "10.0.0.1", "203.0.113.9, 2001:db8::5 ,10.0.0.2", "203.0.113.9"},
                              {"the client's own claim doesn't count", "10.0.0.1", "198.51.100.7, 203.0.113.9", "203.0.113.9"},
                              {"a claim to be a proxy doesn't either", "10.0.0.1", "10.9.9.9, 203.0.113.9", "203.0.113.9"},
                              {"a claim before a proxy", "10.0.0.1", "198.51.100.7, 203.0.113.9, 10.0.0.2", "203.0.113.9"},
                              {"proxies all the way", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"},
                              {"an IPv6 client", "2001:db8::1", "2001:0DB9:0::1", "2001:db9::1"},
                              {"an IPv4-mapped client", "10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"},
                              {"an IPv4-mapped proxy on the way", "10.0.0.1", "203.0.113.9,::ffff:10.0.0.2", "203.0.113.9"},
                              {"spaces and tabs", "10.0.0.1", " \t203.0.113.9\t ", "203.0.113.9"}};
    for (const ClientRow& row : rows) CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, row.client, proxies.client(row.peer, row.forwarded_for));
  }

  // Never a text of the client's own: what isn't an address ends the way back.
  void fieldsThatAreNoAddresses() {
    const TrustedProxies proxies({"10.0.0.0/8"});
    for (const std::string field : {"unknown", "_x", ",", " ", ", ,", "203.0.113.9:4711", "[2001:db8::1]:80", "\"203.0.113.9\"",
                                    "203.0.113.9,", "203.0.113.9, unknown", "203.0.113.9;10.0.0.2", "<script>", "\xff\xfe", "a\"b\nc"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(field, std::string("10.0.0.1"), proxies.client("10.0.0.1", field));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("as far as proxies vouch", std::string("10.0.0.2"), proxies.client("10.0.0.1", "unknown, 10.0.0.2"));
    std::string long_field = "203.0.113.9";
    for (int i = 0; i < 1000; ++i) long_field += ", 10.0.0.2";
    CPPUNIT_ASSERT_EQUAL(std::string("203.0.113.9"), proxies.client("10.0.0.1", long_field));
    CPPUNIT_ASSERT_EQUAL(std::string("not an address"), proxies.client("not an address", "203.0.113.9"));
  }

  // What inet_aton(3) takes for one besides: fewer numbers, other bases, anything behind a space.
  void looseAddresses() {
    const TrustedProxies proxies({"10.0.0.0/8"});
    for (const std::string text : {"203.0.113", "3405803785", "0xcb007109", "203.0.0161.9", "203.0.113.9 evil"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::string("10.0.0.1"), proxies.client("10.0.0.1", text));
    for (const std::string text : {"10.1", "167772161", "0x0a000001", "10.0.0.1 evil"}) CPPUNIT_ASSERT_MESSAGE(text, !proxies.trusts(text));
  }

  void clientsOfALink() {
    const TrustedProxies proxies({"fd00::/8", "fe80::/10"});
    CPPUNIT_ASSERT_EQUAL(std::string("203.0.113.9"), proxies.client("fe80::1%lo", "203.0.113.9"));
    const TrustedProxies others({"fd00::/8"});
    CPPUNIT_ASSERT_EQUAL(std::string("fe80::1%lo"), others.client("fe80::1%lo", "203.0.113.9"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("a client may claim one", std::string("fe80::1"), others.client("fd00::1", "fe80::1%lo").substr(0, 7));
  }

  void nobodyTrusted() {
    const TrustedProxies nobody({});
    CPPUNIT_ASSERT(!nobody.trusts("127.0.0.1"));
    CPPUNIT_ASSERT(!nobody.trusts("::1"));
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1"), nobody.client("127.0.0.1", "203.0.113.9"));
  }

  void plainAddresses() {
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.7"), plainAddress("::ffff:192.0.2.7"));
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.7"), plainAddress("192.0.2.7"));
    CPPUNIT_ASSERT_EQUAL(std::string("2001:db8::1"), plainAddress("2001:db8::1"));
    CPPUNIT_ASSERT_EQUAL(std::string("::1"), plainAddress("::1"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TrustedProxiesTest);

}  // namespace

}  // namespace pulsewatch
