#include "plugin/hosted_check.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch {

namespace {

SettingValue text(const std::string& value, bool secret) {
  SettingValue setting;
  setting.key = "key";
  setting.text = value;
  setting.secret = secret;
  return setting;
}

SettingValue url(const std::string& value, bool secret = true) {
  SettingValue setting = text(value, secret);
  setting.type = SettingType::url;
  return setting;
}

class RedactorTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedactorTest);
  CPPUNIT_TEST(texts);
  CPPUNIT_TEST(urls);
  CPPUNIT_TEST(longestGoesFirst);
  CPPUNIT_TEST(nothingToHide);
  CPPUNIT_TEST(secretsOfStars);
  CPPUNIT_TEST_SUITE_END();

 public:
  void texts() {
    const Redactor redactor({text("hunter2", true), text("open", false), text("", true)});
    const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                        {"fine", "fine"},
                                                        {"hunter2", "***"},
                                                        {"a hunter2 b", "a *** b"},
                                                        {"hunter2hunter2", "******"},
                                                        {"hunter2 open hunter2", "*** open ***"},
                                                        {"hunterhunter2", "hunter***"},
                                                        {"hunter", "hunter"}};
    for (const auto& [said, shown] : rows) CPPUNIT_ASSERT_EQUAL(std::string(shown), redactor.redacted(said));
  }

  // A password is hidden as it was written and as it is meant; the whole URL too.
  void urls() {
    const Redactor redactor({url("mysql://pulse:p%40ss%3Bword@db:3306/pulsewatch?ssl-mode=DISABLED")});
    const std::pair<const char*, const char*> rows[] = {
        {"denied for p@ss;word", "denied for ***"},
        {"denied for p%40ss%3Bword", "denied for ***"},
        {"mysql://pulse:p%40ss%3Bword@db:3306/pulsewatch?ssl-mode=DISABLED is bad", "*** is bad"},
        {"mysql://pulse:p%40ss%3Bword@db", "mysql://pulse:***@db"},
        {"user pulse at db:3306", "user pulse at db:3306"}};
    for (const auto& [said, shown] : rows) CPPUNIT_ASSERT_EQUAL(std::string(shown), redactor.redacted(said));

    CPPUNIT_ASSERT_EQUAL(std::string("said ***"), Redactor({url("redis://:topsecret@cache:6379/0")}).redacted("said topsecret"));
    CPPUNIT_ASSERT_EQUAL(std::string("said ***"),
                         Redactor({url("unix:///run/redis.sock?password=top%20secret")}).redacted("said top secret"));
    // A URL of a setting that isn't marked as a secret hides its password all the same.
    CPPUNIT_ASSERT_EQUAL(std::string("http://u:***@h/"), Redactor({url("http://u:topsecret@h/", false)}).redacted("http://u:topsecret@h/"));
    // An @ in the password that should have been written %40.
    CPPUNIT_ASSERT_EQUAL(std::string("said ***"), Redactor({url("redis://u:top@secret@cache/0", false)}).redacted("said top@secret"));
    // No URL at all.
    CPPUNIT_ASSERT_EQUAL(std::string("said x"), Redactor({url("not a url", false)}).redacted("said x"));
  }

  void longestGoesFirst() {
    const Redactor redactor({text("secret", true), text("secret-and-more", true)});
    CPPUNIT_ASSERT_EQUAL(std::string("*** ***"), redactor.redacted("secret-and-more secret"));
  }

  void nothingToHide() {
    CPPUNIT_ASSERT_EQUAL(std::string("all is said"), Redactor().redacted("all is said"));
    CPPUNIT_ASSERT_EQUAL(std::string("all is said"),
                         Redactor({text("", true), url("redis://cache:6379/0", false)}).redacted("all is said"));
  }

  // Replacing must end, whatever the secret is made of.
  void secretsOfStars() {
    for (const char* secret : {"*", "**", "***", "****"}) {
      const std::string shown = Redactor({text(secret, true)}).redacted("a **** b");
      CPPUNIT_ASSERT_MESSAGE(shown, shown.size() < 30);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedactorTest);

}  // namespace

}  // namespace pulsewatch
