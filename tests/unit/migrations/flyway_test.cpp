#include "migrations/flyway.h"

#include "unit/migrations/compared.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::migrations {

namespace {

Row sql(const std::string& version, const std::string& description, bool success = true) {
  return {version, description, "SQL", "0", success ? "1" : "0"};
}

Row repeatable(const std::string& description, const std::string& checksum, bool success = true) {
  return {std::nullopt, description, "SQL", checksum, success ? "1" : "0"};
}

Row other(const std::string& type, const std::optional<std::string>& version, const std::string& description) {
  return {version, description, type, std::nullopt, "1"};
}

class FlywayTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FlywayTest);
  CPPUNIT_TEST(comparesByVersion);
  CPPUNIT_TEST(comparesVersionsByPart);
  CPPUNIT_TEST(takesWhatFlywayTakes);
  CPPUNIT_TEST(baselinesTheDatabase);
  CPPUNIT_TEST(startsWithABaselineMigration);
  CPPUNIT_TEST(saysWhatFailed);
  CPPUNIT_TEST(undoesAndDeletes);
  CPPUNIT_TEST(isAhead);
  CPPUNIT_TEST(repeatsWhatChanged);
  CPPUNIT_TEST(computesChecksums);
  CPPUNIT_TEST_SUITE_END();

  static std::string judged(const Sources& sources, const std::vector<Row>& rows) { return compared(Flyway(), sources, rows); }

  static std::string checksum(const std::string& content) {
    const Facts facts = Flyway().facts("R__x.sql", content, true);
    return facts.count("checksum") == 0 ? "none" : facts.at("checksum").at(0);
  }

 public:
  void comparesByVersion() {
    const Sources sources{{"V1__init.sql", ""}, {"sub/V2__add_price.sql", ""}};
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 2; missing V1__init, V2__add_price"), judged(sources, {}));
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 2; missing V2__add_price"),
                         judged(sources, {other("SCHEMA", std::nullopt, "<< Flyway Schema Creation >>"), sql("1", "init")}));
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 2"), judged(sources, {sql("1", "init"), sql("2", "add price")}));
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 2; missing V1__init"), judged(sources, {sql("2", "add price")}));
  }

  void comparesVersionsByPart() {
    const Sources sources{{"V1_1__a.sql", ""}, {"V2.1__b.sql", ""}, {"V10__c.sql", ""}, {"V1.9__d.sql", ""}, {"V1.10__e.sql", ""}};
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 5; missing V1_1__a, V1.9__d, V1.10__e, V2.1__b, V10__c"), judged(sources, {}));
    CPPUNIT_ASSERT_EQUAL(std::string("5 of 5"),
                         judged(sources, {sql("1.1", ""), sql("2.1.0", ""), sql("010", ""), sql("1.9", ""), sql("1.10", "")}));
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 1; missing V99999999999999999999999999__x"),
                         judged({{"V99999999999999999999999999__x.sql", ""}}, {}));
  }

  void takesWhatFlywayTakes() {
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 2; missing V1, V2__with__more"), judged({{"V1.sql", ""},
                                                                                    {"V2__with__more.sql", ""},
                                                                                    {"U1__undo.sql", ""},
                                                                                    {"V__none.sql", ""},
                                                                                    {"Vx__x.sql", ""},
                                                                                    {"V1a__x.sql", ""},
                                                                                    {"V1.__x.sql", ""},
                                                                                    {"v3__small.sql", ""},
                                                                                    {"V3__x.sql.bak", ""},
                                                                                    {"R1__x.sql", ""},
                                                                                    {"R__.sql", ""},
                                                                                    {"beforeMigrate.sql", ""},
                                                                                    {"README.md", ""}},
                                                                                   {}));
  }

  void baselinesTheDatabase() {
    const Sources sources{{"V1__a.sql", ""}, {"V2__b.sql", ""}, {"V2.1__c.sql", ""}, {"V3__d.sql", ""}};
    const Row baseline = other("BASELINE", "2", "<< Flyway Baseline >>");
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 4; missing V2.1__c, V3__d"), judged(sources, {baseline}));
    CPPUNIT_ASSERT_EQUAL(std::string("4 of 4"), judged(sources, {baseline, sql("2.1", "c"), sql("3", "d")}));
  }

  void startsWithABaselineMigration() {
    const Sources sources{{"V1__a.sql", ""}, {"V2__b.sql", ""}, {"B2__all.sql", ""}, {"V3__c.sql", ""}};
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 4; missing B2__all, V3__c"), judged(sources, {}));
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 4; missing V3__c"), judged(sources, {other("SQL_BASELINE", "2", "all")}));
    // Where there are migrations already it is left alone.
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 4; missing V2__b, V3__c"), judged(sources, {sql("1", "a")}));
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 2"),
                         judged({{"B2__all.sql", ""}, {"V3__c.sql", ""}}, {sql("1", "a"), sql("2", "b"), sql("3", "c")}));
  }

  void saysWhatFailed() {
    const Sources sources{{"V1__init.sql", ""}, {"V2__add_price.sql", ""}, {"R__view.sql", ""}};
    const std::string advice = "\" failed half-way; correct the database, then run flyway repair and flyway migrate";
    CPPUNIT_ASSERT_EQUAL("1 of 3; missing V2__add_price, R__view; fault: the migration \"add price" + advice,
                         judged(sources, {sql("1", "init"), sql("2", "add price", false)}));
    CPPUNIT_ASSERT_EQUAL("2 of 3; missing R__view; fault: the migration \"view" + advice,
                         judged(sources, {sql("1", "init"), sql("2", "add price"), repeatable("view", "0", false)}));
    CPPUNIT_ASSERT_EQUAL(std::string("3 of 3"), judged(sources, {sql("1", "init"), sql("2", "add price"), repeatable("view", "0", false),
                                                                 repeatable("view", "0")}));
  }

  void undoesAndDeletes() {
    const Sources sources{{"V1__a.sql", ""}, {"V2__b.sql", ""}};
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 2; missing V2__b"),
                         judged(sources, {sql("1", "a"), sql("2", "b"), other("UNDO_SQL", "2", "b")}));
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 2"),
                         judged(sources, {sql("1", "a"), sql("2", "b"), other("UNDO_SQL", "2", "b"), sql("2", "b")}));
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 2"), judged(sources, {sql("1", "a"), sql("2", "b"), sql("3", "c"), other("DELETE", "3", "c")}));
  }

  void isAhead() {
    const Sources sources{{"V2__b.sql", ""}, {"V3__c.sql", ""}};
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 2; ahead V2.5__x_y, V4"),
                         judged(sources, {sql("1", "tidied away"), sql("2", "b"), sql("3", "c"), sql("4", ""), sql("2.5", "x y")}));
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 2"),
                         judged(sources, {sql("2", "b"), sql("3", "c"), other("JDBC", "4", "in Java"), repeatable("gone", "1")}));
  }

  void repeatsWhatChanged() {
    const Sources sources{{"R__my_view.sql", "CREATE VIEW v AS SELECT 1;\n"}};
    const std::string right = checksum("CREATE VIEW v AS SELECT 1;\n");
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 1; missing R__my_view"), judged(sources, {}));
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 1"), judged(sources, {repeatable("my view", right)}));
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 1; missing R__my_view"), judged(sources, {repeatable("my view", "12345")}));
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 1"), judged(sources, {repeatable("my view", "12345"), repeatable("my view", right)}));
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 1; missing R__my_view"),
                         judged(sources, {repeatable("my view", right), other("DELETE", std::nullopt, "my view")}));
    // What the placeholders stand for isn't known here.
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 1"), judged({{"R__my_view.sql", "GRANT SELECT TO ${user}"}}, {repeatable("my view", "12345")}));
  }

  void computesChecksums() {
    // zlib's crc32 of "CREATE VIEW v AS SELECT 1;" and of "ab", as signed numbers.
    CPPUNIT_ASSERT_EQUAL(std::string("895998086"), checksum("CREATE VIEW v AS SELECT 1;"));
    for (const char* same : {"a\nb", "a\r\nb\r\n", "a\rb",
                             "\xef\xbb\xbf"
                             "a\n\nb",
                             "ab"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(same, std::string("-1635563411"), checksum(same));
    CPPUNIT_ASSERT_EQUAL(std::string("0"), checksum(""));
    CPPUNIT_ASSERT_EQUAL(std::string("0"), checksum("\n"));
    CPPUNIT_ASSERT(Flyway().facts("R__x.sql", "cut off", false).empty());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FlywayTest);

}  // namespace

}  // namespace pulsewatch::migrations
