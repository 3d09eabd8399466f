// The migrations plugin against a real MariaDB, with the tables that each tool makes: what it says, what it measures, what it leaves alone.
#include "plugins/plugin_run.h"
#include "support/aborted_counts.h"
#include "support/mariadb_server.h"
#include "support/temporary_directory.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>

namespace pulsewatch::testing {
namespace {

using namespace std::chrono_literals;

const std::string all_applied = "all migrations applied";

// As Flyway makes it: MySQLConnection's statement for a table without a baseline.
const char* const flyway_table =
    "CREATE TABLE pulsewatch_dev.flyway_schema_history (`installed_rank` INT NOT NULL, `version` VARCHAR(50), `description` VARCHAR(200) "
    "NOT "
    "NULL, `type` VARCHAR(20) NOT NULL, `script` VARCHAR(1000) NOT NULL, `checksum` INT, `installed_by` VARCHAR(100) NOT NULL, "
    "`installed_on` "
    "TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, `execution_time` INT NOT NULL, `success` BOOL NOT NULL, CONSTRAINT "
    "`flyway_schema_history_pk` PRIMARY KEY (`installed_rank`)) ENGINE=InnoDB";
const char* const alembic_table =
    "CREATE TABLE pulsewatch_dev.alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY "
    "(version_num))";
const char* const golang_migrate_table =
    "CREATE TABLE pulsewatch_dev.schema_migrations (version bigint not null primary key, dirty boolean not null)";
const char* const rails_table = "CREATE TABLE pulsewatch_dev.`schema_migrations` (`version` varchar(255) NOT NULL PRIMARY KEY)";

class MigrationsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MigrationsTest);
  CPPUNIT_TEST(describesItself);
  CPPUNIT_TEST(readsFlyway);
  CPPUNIT_TEST(readsAlembic);
  CPPUNIT_TEST(readsGolangMigrate);
  CPPUNIT_TEST(readsRails);
  CPPUNIT_TEST(readsAnotherTable);
  CPPUNIT_TEST(readsOnly);
  CPPUNIT_TEST(saysWhenItMayNotRead);
  CPPUNIT_TEST(saysWhenTheModeIsWrong);
  CPPUNIT_TEST(saysWhatIsWrongWithThePath);
  CPPUNIT_TEST(believesNoHugeTable);
  CPPUNIT_TEST(countsAndLogsEachQuery);
  CPPUNIT_TEST(saysWhatMySqlSays);
  CPPUNIT_TEST(timesOutOnAFrozenServer);
  CPPUNIT_TEST(reconnectsAfterAKill);
  CPPUNIT_TEST(leavesNothingBehind);
  CPPUNIT_TEST(refusesBadSettings);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    for (const char* table : {"flyway_schema_history", "alembic_version", "schema_migrations", "other_migrations"})
      server().sql(std::string("DROP TABLE IF EXISTS pulsewatch_dev.") + table);
  }

 private:
  static MariaDbServer& server() {
    static MariaDbServer running;
    return running;
  }

  static void expect(FakeHost& host, std::int32_t status, const std::string& message) {
    const Outcome outcome = host.run(10s);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(outcome.error, message, outcome.message);
    CPPUNIT_ASSERT_EQUAL(status, outcome.status);
    CPPUNIT_ASSERT_EQUAL(status == PW_STATUS_HEALTHY, outcome.error.empty());
    CPPUNIT_ASSERT((outcome.message + outcome.error).find(MariaDbServer::password()) == std::string::npos);
    assertNoFaults(outcome);
  }
  static void expectHealthy(FakeHost& host) { expect(host, PW_STATUS_HEALTHY, all_applied); }
  static void expectUnhealthy(FakeHost& host, const std::string& message) { expect(host, PW_STATUS_UNHEALTHY, message); }
  static void expectAhead(FakeHost& host, const std::string& names) {
    expect(host, PW_STATUS_DEGRADED, "the database is ahead of the code by " + names);
  }

  static std::map<std::string, std::string> settings(const std::string& mode, const TemporaryDirectory& directory) {
    return {{"url", server().url()}, {"path", directory.path().string()}, {"mode", mode}};
  }

  // Three of golang-migrate's files, of which the database has two, or so.
  static void makeNumbered(const TemporaryDirectory& directory) {
    for (const char* name : {"1_create", "2_price", "3_stock"}) directory.write(name + std::string(".up.sql"), "");
  }

  static void insertFlyway(int rank, const std::string& version, const std::string& description, const std::string& type = "SQL",
                           int checksum = 0, bool success = true) {
    server().sql("INSERT INTO pulsewatch_dev.flyway_schema_history VALUES (" + std::to_string(rank) + ", " +
                 (version.empty() ? "NULL" : "'" + version + "'") + ", '" + description + "', '" + type + "', 'a script', " +
                 std::to_string(checksum) + ", 'someone', NOW(), 5, " + (success ? "TRUE" : "FALSE") + ")");
  }

  void describesItself() {
    const pw_plugin* plugin = migrationsPlugin();
    CPPUNIT_ASSERT_EQUAL(std::string("migrations"), std::string(plugin->name));
    CPPUNIT_ASSERT_EQUAL(std::string("migrations"), std::string(plugin->default_check));
    CPPUNIT_ASSERT_EQUAL(6U, plugin->settings_count);
    CPPUNIT_ASSERT_EQUAL(4U, plugin->metrics_count);
    CPPUNIT_ASSERT_THROW(FakeHost(plugin, {{"url", server().url()}}), std::invalid_argument);
    CPPUNIT_ASSERT_THROW(FakeHost(plugin, {{"path", "/srv"}}), std::invalid_argument);
    CPPUNIT_ASSERT_THROW(FakeHost(plugin, {{"url", server().url()}, {"path", "/srv"}, {"mode", "liquibase"}}), std::invalid_argument);
    // The families that mysql has too are declared alike.
    const pw_plugin* mysql = mysqlPlugin();
    for (std::uint32_t i = 0; i < mysql->metrics_count; ++i) {
      CPPUNIT_ASSERT_EQUAL(std::string(mysql->metrics[i].name), std::string(plugin->metrics[i + 2].name));
      CPPUNIT_ASSERT_EQUAL(std::string(mysql->metrics[i].help), std::string(plugin->metrics[i + 2].help));
    }
  }

  void readsFlyway() {
    const TemporaryDirectory directory;
    directory.write("V1__init.sql", "CREATE TABLE a (id INT);\n");
    directory.write("V1_1__add_price.sql", "");
    directory.write("more/V2.1__add_stock.sql", "");
    directory.write("U2.1__add_stock.sql", "");
    directory.write("R__my_view.sql", "CREATE OR REPLACE VIEW v AS\r\nSELECT 1;\r\n");
    FakeHost host(migrationsPlugin(), settings("flyway", directory));
    expectUnhealthy(host, "4 migrations missing: V1__init, V1_1__add_price, V2.1__add_stock, …");
    server().sql(flyway_table);
    expectUnhealthy(host, "4 migrations missing: V1__init, V1_1__add_price, V2.1__add_stock, …");
    insertFlyway(0, "", "<< Flyway Schema Creation >>", "SCHEMA");
    insertFlyway(1, "1", "init");
    insertFlyway(2, "1.1", "add price");
    expectUnhealthy(host, "2 migrations missing: V2.1__add_stock, R__my_view");
    insertFlyway(3, "2.1", "add stock", "SQL", 0, false);
    expectUnhealthy(host, "the migration \"add stock\" failed half-way; correct the database, then run flyway repair and flyway migrate");
    server().sql("DELETE FROM pulsewatch_dev.flyway_schema_history WHERE NOT success");
    insertFlyway(3, "2.1", "add stock");
    insertFlyway(4, "", "my view", "SQL", 12345);
    expectUnhealthy(host, "1 migration missing: R__my_view");
    insertFlyway(5, "", "my view", "SQL", 327119051);
    expectHealthy(host);
    directory.write("R__my_view.sql", "CREATE OR REPLACE VIEW v AS SELECT 2;\n");
    expectUnhealthy(host, "1 migration missing: R__my_view");
    std::filesystem::remove(directory / "R__my_view.sql");
    insertFlyway(6, "3", "from the future");
    expectAhead(host, "1 migration: V3__from_the_future");
    server().sql("DELETE FROM pulsewatch_dev.flyway_schema_history");
    insertFlyway(1, "2", "<< Flyway Baseline >>", "BASELINE");
    expectUnhealthy(host, "1 migration missing: V2.1__add_stock");
  }

  void readsAlembic() {
    const TemporaryDirectory directory;
    directory.write("env.py", "from alembic import context\n");
    directory.write("versions/1975ea83b712_create_account.py", "revision = '1975ea83b712'\ndown_revision = None\n");
    directory.write("versions/ae1027a6acf_add_a_column.py", "revision: str = 'ae1027a6acf'\ndown_revision: str | None = '1975ea83b712'\n");
    directory.write("versions/27c6a30d7c24_shopping_cart.py", "revision = '27c6a30d7c24'\ndown_revision = '1975ea83b712'\n");
    FakeHost host(migrationsPlugin(), settings("alembic", directory));
    expectUnhealthy(host, "3 migrations missing: 1975ea83b712_create_account, 27c6a30d7c24_shopping_cart, ae1027a6acf_add_a_column");
    server().sql(alembic_table);
    server().sql("INSERT INTO pulsewatch_dev.alembic_version VALUES ('ae1027a6acf')");
    expectUnhealthy(host, "1 migration missing: 27c6a30d7c24_shopping_cart");
    server().sql("INSERT INTO pulsewatch_dev.alembic_version VALUES ('27c6a30d7c24')");
    expectHealthy(host);
    directory.write("versions/53fffde5ad5_merge.py", "revision = '53fffde5ad5'\ndown_revision = ('ae1027a6acf', '27c6a30d7c24')\n");
    expectUnhealthy(host, "1 migration missing: 53fffde5ad5_merge");
    server().sql("DELETE FROM pulsewatch_dev.alembic_version");
    server().sql("INSERT INTO pulsewatch_dev.alembic_version VALUES ('53fffde5ad5')");
    expectHealthy(host);
    server().sql("UPDATE pulsewatch_dev.alembic_version SET version_num='f00'");
    expectAhead(host, "1 migration: f00");
  }

  void readsGolangMigrate() {
    const TemporaryDirectory directory;
    makeNumbered(directory);
    directory.write("3_stock.down.sql", "");
    FakeHost host(migrationsPlugin(), settings("golang-migrate", directory));
    expectUnhealthy(host, "3 migrations missing: 1_create, 2_price, 3_stock");
    server().sql(golang_migrate_table);
    server().sql("INSERT INTO pulsewatch_dev.schema_migrations VALUES (2, FALSE)");
    expectUnhealthy(host, "1 migration missing: 3_stock");
    server().sql("UPDATE pulsewatch_dev.schema_migrations SET version=3, dirty=TRUE");
    expectUnhealthy(host, "version 3 is dirty, its migration failed half-way; correct the database, then run migrate force VERSION");
    server().sql("UPDATE pulsewatch_dev.schema_migrations SET dirty=FALSE");
    expectHealthy(host);
    server().sql("UPDATE pulsewatch_dev.schema_migrations SET version=20200101120000");
    expectAhead(host, "1 migration: 20200101120000");
  }

  void readsRails() {
    const TemporaryDirectory directory;
    directory.write("20200101120000_create_users.rb", "");
    directory.write("20200102120000_add_name.rb", "");
    FakeHost host(migrationsPlugin(), settings("rails", directory));
    expectUnhealthy(host, "2 migrations missing: 20200101120000_create_users, 20200102120000_add_name");
    server().sql(rails_table);
    server().sql("INSERT INTO pulsewatch_dev.schema_migrations VALUES ('20190101120000'), ('20200102120000')");
    expectUnhealthy(host, "1 migration missing: 20200101120000_create_users");
    server().sql("INSERT INTO pulsewatch_dev.schema_migrations VALUES ('20200101120000')");
    expectHealthy(host);
    server().sql("INSERT INTO pulsewatch_dev.schema_migrations VALUES ('20200103120000'), ('20200104120000')");
    expectAhead(host, "2 migrations: 20200103120000, 20200104120000");
  }

  void readsAnotherTable() {
    const TemporaryDirectory directory;
    makeNumbered(directory);
    server().sql("CREATE TABLE pulsewatch_dev.other_migrations (version bigint not null primary key, dirty boolean not null)");
    server().sql("INSERT INTO pulsewatch_dev.other_migrations VALUES (3, FALSE)");
    for (const char* table : {"other_migrations", "pulsewatch_dev.other_migrations"}) {
      auto given = settings("golang-migrate", directory);
      given["table"] = table;
      FakeHost host(migrationsPlugin(), given);
      expectHealthy(host);
    }
  }

  // With SELECT on the one table alone, and nothing but reading in what the server has been asked.
  void readsOnly() {
    const TemporaryDirectory directory;
    makeNumbered(directory);
    server().sql(golang_migrate_table);
    server().sql("INSERT INTO pulsewatch_dev.schema_migrations VALUES (3, FALSE)");
    server().sql("CREATE OR REPLACE USER reader IDENTIFIED BY 'reads-secretly'");
    server().sql("GRANT SELECT ON pulsewatch_dev.schema_migrations TO reader");
    server().sql("SET GLOBAL log_output='TABLE'");
    server().sql("SET GLOBAL general_log=ON");
    auto given = settings("golang-migrate", directory);
    given["url"] = server().url("reader", "reads-secretly", "pulsewatch_dev");
    FakeHost host(migrationsPlugin(), given);
    for (int i = 0; i < 3; ++i) expectHealthy(host);
    server().sql("SET GLOBAL general_log=OFF");
    const auto asked = server().sql("SELECT argument FROM mysql.general_log WHERE command_type='Query' AND user_host LIKE '%reader%'");
    const std::string select = "SELECT version, dirty FROM `schema_migrations` ORDER BY version";
    const std::vector<std::vector<std::string>> expected{{"SET SESSION TRANSACTION READ ONLY"}, {select}, {select}, {select}};
    CPPUNIT_ASSERT(expected == asked);
  }

  void saysWhenItMayNotRead() {
    const TemporaryDirectory directory;
    makeNumbered(directory);
    server().sql(golang_migrate_table);
    server().sql("CREATE OR REPLACE USER stranger IDENTIFIED BY 'comes-secretly'");
    server().sql("CREATE TABLE IF NOT EXISTS pulsewatch_dev.unrelated (id INT)");
    server().sql("GRANT SELECT ON pulsewatch_dev.unrelated TO stranger");
    auto given = settings("golang-migrate", directory);
    given["url"] = server().url("stranger", "comes-secretly", "pulsewatch_dev");
    FakeHost host(migrationsPlugin(), given);
    expectUnhealthy(host, "MySQL user stranger may not read the table schema_migrations, or it isn't there; grant SELECT on it");
  }

  void saysWhenTheModeIsWrong() {
    const TemporaryDirectory directory;
    makeNumbered(directory);
    server().sql(rails_table);
    FakeHost host(migrationsPlugin(), settings("golang-migrate", directory));
    expectUnhealthy(host, "the table schema_migrations is not one that golang-migrate makes, it lacks a column; correct mode or table");
  }

  void saysWhatIsWrongWithThePath() {
    const TemporaryDirectory directory;
    const std::string path = (directory / "migrate").string();
    FakeHost host(migrationsPlugin(), {{"url", server().url()}, {"path", path + "/"}, {"mode", "rails"}});
    expectUnhealthy(host, path + " is not there; set path to the directory with the migrations");
    directory.write("migrate/README", "");
    expectUnhealthy(host, "no Rails migration below " + path + " (VERSION_NAME.rb); correct path or mode");
    directory.write("migrate/1_a.rb", "");
    expectUnhealthy(host, "1 migration missing: 1_a");
    std::filesystem::remove_all(path);
    directory.write("migrate", "");
    expectUnhealthy(host, path + " is no directory; set path to the directory with the migrations");
  }

  void believesNoHugeTable() {
    const TemporaryDirectory directory;
    directory.write("1_a.rb", "");
    server().sql(rails_table);
    server().sql("INSERT INTO pulsewatch_dev.schema_migrations SELECT seq FROM pulsewatch_dev.seq_1_to_300000");
    FakeHost host(migrationsPlugin(), settings("rails", directory));
    expectUnhealthy(host, "MySQL answer is too large at 127.0.0.1:" + std::to_string(server().port()));
    server().sql("DELETE FROM pulsewatch_dev.schema_migrations WHERE version > 1");
    expectHealthy(host);
  }

  void countsAndLogsEachQuery() {
    const TemporaryDirectory directory;
    makeNumbered(directory);
    server().sql(golang_migrate_table);
    server().sql("INSERT INTO pulsewatch_dev.schema_migrations VALUES (2, FALSE)");
    FakeHost host(migrationsPlugin(), settings("golang-migrate", directory), "schema", "main");
    CPPUNIT_ASSERT_EQUAL(static_cast<std::int32_t>(PW_STATUS_UNHEALTHY), host.run(10s).status);
    CPPUNIT_ASSERT_EQUAL(2.0, host.total("django_db_execute_total", {"mysql", "main"}));
    server().sql("UPDATE pulsewatch_dev.schema_migrations SET version=3");
    const Outcome outcome = host.run(10s);
    assertHealthy(outcome);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, outcome.watched.size());
    CPPUNIT_ASSERT_EQUAL(3.0, host.total("django_db_execute_total", {"mysql", "main"}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, host.observations("django_db_query_duration_seconds", {"mysql", "main"}).size());
    CPPUNIT_ASSERT(host.observations("django_migrations_applied_total", {"main"}) == (std::vector<double>{2, 3}));
    CPPUNIT_ASSERT(host.observations("django_migrations_unapplied_total", {"main"}) == (std::vector<double>{1, 0}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, host.log().size());
    for (const LogLine& line : host.log()) {
      CPPUNIT_ASSERT_EQUAL(std::string("database_query"), line.event);
      CPPUNIT_ASSERT_EQUAL(static_cast<std::int32_t>(PW_LOG_DEBUG), line.level);
      CPPUNIT_ASSERT(line.duration_ms > 0);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("SELECT version, dirty FROM `schema_migrations` ORDER BY version"), host.log().back().message);
    host.setLogLevel(PW_LOG_INFO);
    expectHealthy(host);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, host.log().size());
  }

  // What keeps it from asking is said as the mysql plugin says it, word for word.
  void saysWhatMySqlSays() {
    const TemporaryDirectory directory;
    makeNumbered(directory);
    for (const std::string& url :
         {"mysql://u:p@127.0.0.1:" + std::to_string(freePort()) + "/d", server().url("pulsewatch", "wrong", "pulsewatch_dev"),
          server().url("pulsewatch", MariaDbServer::password(), "mysql"), std::string("mysql://u:p@nowhere.invalid:3306/d"),
          std::string("mysql://u:p@/d?unix_socket=/nowhere/socket"), server().url() + "?ssl-mode=REQUIRED",
          server().url() + "?ssl-mode=VERIFY_CA&ssl-ca=/nowhere/ca.pem"}) {
      FakeHost mysql(mysqlPlugin(), {{"url", url}});
      const Outcome said = mysql.run(5s);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(url, static_cast<std::int32_t>(PW_STATUS_UNHEALTHY), said.status);
      auto given = settings("golang-migrate", directory);
      given["url"] = url;
      FakeHost host(migrationsPlugin(), given);
      const Outcome outcome = host.run(5s);
      assertUnhealthy(said.message, outcome);
      CPPUNIT_ASSERT_EQUAL(said.error, outcome.error);
    }
  }

  void timesOutOnAFrozenServer() {
    const TemporaryDirectory directory;
    makeNumbered(directory);
    FakeHost kept(migrationsPlugin(), settings("golang-migrate", directory));
    FakeHost fresh(migrationsPlugin(), settings("golang-migrate", directory));
    const std::string missing = "3 migrations missing: 1_create, 2_price, 3_stock";
    expectUnhealthy(kept, missing);
    server().freeze();
    for (FakeHost* host : {&kept, &fresh}) {
      const Outcome outcome = host->run(300ms);
      assertInTime(outcome, 300ms);
      assertUnhealthy("MySQL timed out at 127.0.0.1:" + std::to_string(server().port()), outcome);
    }
    server().thaw();
    expectUnhealthy(kept, missing);
    expectUnhealthy(fresh, missing);
  }

  void reconnectsAfterAKill() {
    const TemporaryDirectory directory;
    makeNumbered(directory);
    server().sql(golang_migrate_table);
    server().sql("INSERT INTO pulsewatch_dev.schema_migrations VALUES (3, FALSE)");
    FakeHost host(migrationsPlugin(), settings("golang-migrate", directory));
    expectHealthy(host);
    const auto connections = [] { return server().sql("SELECT ID FROM information_schema.PROCESSLIST WHERE USER='pulsewatch'"); };
    const auto before = connections();
    expectHealthy(host);
    CPPUNIT_ASSERT(before == connections());
    server().sql("KILL " + before.at(0).at(0));
    CPPUNIT_ASSERT(waitFor([&] { return connections().empty(); }, 5s));
    expectHealthy(host);
    // The new connection is told to read only, too.
    const std::vector<LogLine>& log = host.log();
    CPPUNIT_ASSERT_EQUAL(std::string("SET SESSION TRANSACTION READ ONLY"), log.at(log.size() - 2).message);
  }

  void leavesNothingBehind() {
    const TemporaryDirectory directory;
    makeNumbered(directory);
    server().sql(golang_migrate_table);
    server().sql("INSERT INTO pulsewatch_dev.schema_migrations VALUES (3, FALSE)");
    const AbortedCounts before(server());
    FakeHost host(migrationsPlugin(), settings("golang-migrate", directory));
    assertNoDescriptorLeak([&] {
      expectHealthy(host);
      host.destroy();
    });
    server().sql("DROP TABLE pulsewatch_dev.schema_migrations");
    assertNoDescriptorLeak([&] { expectUnhealthy(host, "3 migrations missing: 1_create, 2_price, 3_stock"); });
    host.destroy();
    CPPUNIT_ASSERT(
        waitFor([] { return server().sql("SELECT ID FROM information_schema.PROCESSLIST WHERE USER='pulsewatch'").empty(); }, 5s));
    before.assertUnchanged(server());
  }

  void refusesBadSettings() {
    const auto refused = [](const std::string& sentence, const std::map<std::string, std::string>& given) {
      std::map<std::string, std::string> settings{{"url", server().url()}, {"path", "/srv"}};
      for (const auto& [key, value] : given) settings[key] = value;
      FakeHost host(migrationsPlugin(), settings);
      const Outcome outcome = host.run(1s);
      CPPUNIT_ASSERT_EQUAL(sentence, outcome.message);
      CPPUNIT_ASSERT(!outcome.created);
    };
    refused("path is not absolute: db/migrate; write it with a / in front", {{"path", "db/migrate"}});
    refused("table is no name of a table: a`b", {{"table", "a`b"}});
    refused("url names no database; write mysql://user:password@host:port/database", {{"url", "mysql://u:p@h"}});
    refused("url names no user", {{"url", "mysql://h/d"}});
    refused("apps and labels are for the mode django alone", {{"mode", "rails"}, {"apps", "shop"}});
    refused("labels is no list of DIRECTORY=LABEL: shop", {{"labels", "shop"}});
    refused("a directory in labels is not one below path, as src/users: /srv/shop=s", {{"labels", "/srv/shop=s"}});
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MigrationsTest);

}  // namespace
}  // namespace pulsewatch::testing
