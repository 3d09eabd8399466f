#include "migrations/verdict.h"

#include "migrations/rails.h"
#include "migrations/shown_text.h"
#include <pulsewatch/utf8.h>

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::migrations {

namespace {

class MigrationsVerdictTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MigrationsVerdictTest);
  CPPUNIT_TEST(saysWhatIsMissing);
  CPPUNIT_TEST(saysWhatIsAhead);
  CPPUNIT_TEST(saysWhatIsWrong);
  CPPUNIT_TEST(showsNames);
  CPPUNIT_TEST(modesAreAsDeclared);
  CPPUNIT_TEST_SUITE_END();

  static void check(Status status, const std::string& message, const std::string& error, const Comparison& comparison) {
    const Result result = verdict(comparison, Rails(), "/srv/db/migrate");
    CPPUNIT_ASSERT_EQUAL(message, result.message);
    CPPUNIT_ASSERT_EQUAL(error, result.error);
    CPPUNIT_ASSERT(status == result.status);
  }

 public:
  void saysWhatIsMissing() {
    check(Status::healthy, "all migrations applied", "", {3, 3, {}, {}, ""});
    check(Status::unhealthy, "1 migration missing: a", "missing: a", {3, 2, {"a"}, {}, ""});
    check(Status::unhealthy, "3 migrations missing: a, b, c", "missing: a, b, c", {3, 0, {"a", "b", "c"}, {}, ""});
    check(Status::unhealthy, "4 migrations missing: a, b, c, …", "missing: a, b, c, d", {4, 0, {"a", "b", "c", "d"}, {}, ""});
    check(Status::unhealthy, "1 migration missing: a", "missing: a; the database is ahead of the code by 1 migration: z",
          {1, 0, {"a"}, {"z"}, ""});
    const Result many = verdict({2000, 0, std::vector<std::string>(2000, std::string(300, 'm')), {}, ""}, Rails(), "/");
    CPPUNIT_ASSERT(many.message.size() <= 500);
    CPPUNIT_ASSERT(many.error.size() < 10000);
  }

  void saysWhatIsAhead() {
    check(Status::degraded, "the database is ahead of the code by 1 migration: z", "the database is ahead of the code by 1 migration: z",
          {1, 1, {}, {"z"}, ""});
    check(Status::degraded, "the database is ahead of the code by 4 migrations: w, x, y, …",
          "the database is ahead of the code by 4 migrations: w, x, y, z", {1, 1, {}, {"w", "x", "y", "z"}, ""});
  }

  void saysWhatIsWrong() {
    const std::string none = "no Rails migration below /srv/db/migrate (VERSION_NAME.rb); correct path or mode";
    check(Status::unhealthy, none, none, {0, 0, {}, {}, ""});
    check(Status::unhealthy, none, none, {0, 0, {}, {"a"}, ""});
    check(Status::unhealthy, "broken", "broken", {1, 0, {"a"}, {"b"}, "broken"});
  }

  void showsNames() {
    CPPUNIT_ASSERT_EQUAL(std::string("plain \xc3\xbc"), shown("plain \xc3\xbc"));
    CPPUNIT_ASSERT_EQUAL(std::string("a?b?c?"), shown(std::string("a\nb\0c\xff", 6)));
    const std::string longer = shown("shop." + std::string(99, 'x') + "\xc3\xbc");
    CPPUNIT_ASSERT(isUtf8(longer) && longer.size() <= 103);
    CPPUNIT_ASSERT_EQUAL("…" + std::string(98, 'x') + "\xc3\xbc", longer);
    CPPUNIT_ASSERT(isUtf8(shown(std::string(60, 'x') + std::string("\xc3\xbc") + std::string(99, 'y'))));
  }

  void modesAreAsDeclared() {
    std::string left = std::string(modes) + "|";
    for (std::size_t bar = left.find('|'); bar != std::string::npos; bar = left.find('|')) {
      CPPUNIT_ASSERT(makeTool(left.substr(0, bar), {"/srv", "", ""}) != nullptr);
      left.erase(0, bar + 1);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("django"), std::string(default_mode));
    CPPUNIT_ASSERT_THROW(makeTool("rails", {"/srv", "shop", ""}), std::invalid_argument);
    CPPUNIT_ASSERT_THROW(makeTool("rails", {"/srv", "", "a=b"}), std::invalid_argument);
    CPPUNIT_ASSERT_THROW(makeTool("liquibase", {"/srv", "", ""}), std::invalid_argument);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MigrationsVerdictTest);

}  // namespace

}  // namespace pulsewatch::migrations
