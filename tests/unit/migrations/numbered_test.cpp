// golang-migrate and Rails, whose files are numbered.
#include "migrations/golang_migrate.h"
#include "migrations/rails.h"
#include "unit/migrations/compared.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::migrations {

namespace {

class NumberedMigrationsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NumberedMigrationsTest);
  CPPUNIT_TEST(goComparesWithTheVersion);
  CPPUNIT_TEST(goTakesItsFiles);
  CPPUNIT_TEST(goSaysWhatIsDirty);
  CPPUNIT_TEST(goIsAhead);
  CPPUNIT_TEST(railsComparesEachVersion);
  CPPUNIT_TEST(railsTakesItsFiles);
  CPPUNIT_TEST(railsIsAhead);
  CPPUNIT_TEST_SUITE_END();

  static std::string go(const Sources& sources, const std::vector<Row>& rows) { return compared(GolangMigrate(), sources, rows); }

  static std::string rails(const Sources& sources, const std::vector<std::string>& versions) {
    std::vector<Row> rows;
    for (const std::string& version : versions) rows.push_back({version});
    return compared(Rails(), sources, rows);
  }

 public:
  void goComparesWithTheVersion() {
    const Sources sources{{"1_create.up.sql", ""}, {"1_create.down.sql", ""}, {"02_price.up.sql", ""}, {"10_more.up.sql", ""}};
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 3; missing 1_create, 02_price, 10_more"), go(sources, {}));
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 3; missing 10_more"), go(sources, {{"2", "0"}}));
    CPPUNIT_ASSERT_EQUAL(std::string("3 of 3"), go(sources, {{"10", "0"}}));
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 3; missing 1_create, 02_price, 10_more"), go(sources, {{"-1", "0"}}));
  }

  void goTakesItsFiles() {
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 3; missing 1_.x, 2_a.up.sql, 20200101120000_b"), go({{"1_.x.up.sql", ""},
                                                                                                {"2_a.up.sql.up.sql", ""},
                                                                                                {"20200101120000_b.up.mysql", ""},
                                                                                                {"3_c.sql", ""},
                                                                                                {"4.up.sql", ""},
                                                                                                {"_d.up.sql", ""},
                                                                                                {"5_up.sql", ""},
                                                                                                {"6_e.up.down.sql", ""},
                                                                                                {"v7_f.up.sql", ""}},
                                                                                               {}));
  }

  void goSaysWhatIsDirty() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("1 of 2; missing 2_b; fault: version 1 is dirty, its migration failed half-way; correct the database, then run "
                    "migrate force VERSION"),
        go({{"1_a.up.sql", ""}, {"2_b.up.sql", ""}}, {{"1", "1"}}));
  }

  void goIsAhead() {
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 2; ahead 3"), go({{"1_a.up.sql", ""}, {"2_b.up.sql", ""}}, {{"3", "0"}}));
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 2; missing 5_b; ahead 3"), go({{"1_a.up.sql", ""}, {"5_b.up.sql", ""}}, {{"3", "0"}}));
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 1; missing 5_b"), go({{"5_b.up.sql", ""}}, {{"3", "0"}}));
  }

  void railsComparesEachVersion() {
    const Sources sources{{"20200101120000_create_users.rb", ""}, {"20200102120000_add_name.rb", ""}, {"20200103120000_x.rb", ""}};
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 3; missing 20200101120000_create_users, 20200102120000_add_name, 20200103120000_x"),
                         rails(sources, {}));
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 3; missing 20200102120000_add_name"), rails(sources, {"20200101120000", "20200103120000"}));
    CPPUNIT_ASSERT_EQUAL(std::string("3 of 3"), rails(sources, {"20200101120000", "20200102120000", "20200103120000"}));
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 2"), rails({{"001_a.rb", ""}, {"002_b.rb", ""}}, {"1", "002"}));
  }

  void railsTakesItsFiles() {
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 3; missing 1_a, 2_b.blog, 3_"), rails({{"1_a.rb", ""},
                                                                                  {"engine/2_b.blog.rb", ""},
                                                                                  {"3_.rb", ""},
                                                                                  {"4_C.rb", ""},
                                                                                  {"5_a.b.c.rb", ""},
                                                                                  {"6.rb", ""},
                                                                                  {"7_a.rb.bak", ""},
                                                                                  {"schema.rb", ""}},
                                                                                 {}));
  }

  void railsIsAhead() {
    const Sources sources{{"20200102_b.rb", ""}, {"20200104_d.rb", ""}};
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 2; ahead 20200103, 20200105"),
                         rails(sources, {"20190101", "20200102", "20200103", "20200104", "20200105"}));
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 2; missing 20200104_d; ahead 20200103"), rails(sources, {"20200102", "20200103"}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(NumberedMigrationsTest);

}  // namespace

}  // namespace pulsewatch::migrations
