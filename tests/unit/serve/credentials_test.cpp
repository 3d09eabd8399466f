#include "serve/credentials.h"

#include "unit/serve/auth_bench.h"

#include <cppunit/extensions/HelperMacros.h>

#include <ctime>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

using testing::authConfig;
using testing::basic;
using testing::bearer;
using testing::kToken;

class CredentialsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CredentialsTest);
  CPPUNIT_TEST(right);
  CPPUNIT_TEST(wrong);
  CPPUNIT_TEST(none);
  CPPUNIT_TEST(onlyOneKind);
  CPPUNIT_TEST(challenges);
  CPPUNIT_TEST(unknownUsersTakeAsLong);
  CPPUNIT_TEST_SUITE_END();

 public:
  void right() {
    const Credentials credentials(authConfig());
    const std::vector<std::string> rows{bearer(kToken),
                                        "bearer " + kToken,
                                        "BEARER   " + kToken + " ",
                                        basic("anna:correct horse"),
                                        basic("bert:open:sesame"),
                                        basic("änne:pässwörd"),
                                        "bAsIc " + basic("anna:correct horse").substr(6)};
    for (const std::string& row : rows) CPPUNIT_ASSERT_MESSAGE(row, credentials.areRight(presented(row)));
  }

  void wrong() {
    const Credentials credentials(authConfig());
    const std::string good = basic("anna:correct horse");
    const std::vector<std::string> rows{bearer(kToken + "x"),
                                        bearer(kToken.substr(1)),
                                        bearer(""),
                                        "Bearer",
                                        bearer("THE-TOKEN-OF-THE-TESTS-0123456789"),
                                        basic("anna:correct hors"),
                                        basic("anna:correct horse "),
                                        basic("anna:"),
                                        basic("Anna:correct horse"),
                                        basic("nobody:correct horse"),
                                        basic(":correct horse"),
                                        basic("anna"),
                                        basic("anna:open:sesame"),
                                        basic("anna:" + authConfig().users["anna"]),
                                        basic(std::string("anna:correct horse\0", 19)),
                                        basic(std::string("anna\0:correct horse", 19)),
                                        basic("anna:" + std::string(1000, 'x')),
                                        "Basic",
                                        "Basic ",
                                        "Basic !!!!",
                                        good + "=",
                                        good.substr(0, good.size() - 1),
                                        good + good.substr(6),
                                        "Basic  YW5uYQ",
                                        "Basic " + std::string(4000, 'A'),
                                        basic("token:" + kToken)};
    for (const std::string& row : rows) {
      const Presented shown = presented(row);
      CPPUNIT_ASSERT_MESSAGE(row, shown.scheme != Presented::Scheme::none);
      CPPUNIT_ASSERT_MESSAGE(row, !credentials.areRight(shown));
    }
  }

  void none() {
    for (const std::string row : {"", " ", "Digest username=\"anna\"", "Basic:YTpi", kToken.c_str(), "Bearertoken"})
      CPPUNIT_ASSERT_MESSAGE(row, presented(row).scheme == Presented::Scheme::none);
  }

  void onlyOneKind() {
    AuthConfig token = authConfig();
    token.users.clear();
    const Credentials by_token(token);
    CPPUNIT_ASSERT(by_token.areRight(presented(bearer(kToken))));
    CPPUNIT_ASSERT(!by_token.areRight(presented(basic("anna:correct horse"))));
    CPPUNIT_ASSERT_MESSAGE("nothing is hashed", !by_token.hashes(presented(basic("anna:correct horse"))));
    AuthConfig users = authConfig();
    users.token.clear();
    const Credentials by_user(users);
    CPPUNIT_ASSERT(by_user.areRight(presented(basic("anna:correct horse"))));
    for (const std::string& row : {bearer(kToken), bearer(""), std::string("Bearer"), std::string("Bearer  ")})
      CPPUNIT_ASSERT_MESSAGE(row, !by_user.areRight(presented(row)));
    CPPUNIT_ASSERT(!Credentials(AuthConfig()).on());
  }

  void challenges() {
    AuthConfig config = authConfig();
    CPPUNIT_ASSERT_EQUAL(std::string(R"(Bearer realm="pulsewatch", Basic realm="pulsewatch", charset="UTF-8")"),
                         Credentials(config).challenge());
    config.token.clear();
    CPPUNIT_ASSERT_EQUAL(std::string(R"(Basic realm="pulsewatch", charset="UTF-8")"), Credentials(config).challenge());
    config.users.clear();
    config.token = kToken;
    CPPUNIT_ASSERT_EQUAL(std::string(R"(Bearer realm="pulsewatch")"), Credentials(config).challenge());
  }

  // By the processor's time, which other programs have no part in.
  void unknownUsersTakeAsLong() {
    AuthConfig config;
    config.users = {{"anna", "$2b$09$CfxJxZUmPe5s/rpBP7V.0.NjPmNwpIQpRSkCBlsTY74GLzCDq38KO"}};
    const Credentials credentials(config);
    const auto cost = [&](const std::string& user) {
      const std::clock_t begin = std::clock();
      for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(!credentials.areRight(presented(basic(user + ":guess"))));
      return static_cast<double>(std::clock() - begin);
    };
    cost("anna");
    const double known = cost("anna");
    const double unknown = cost("nobody");
    CPPUNIT_ASSERT_MESSAGE(std::to_string(unknown) + " where a known one takes " + std::to_string(known),
                           unknown > known / 2 && unknown < known * 2);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CredentialsTest);

}  // namespace

}  // namespace pulsewatch
