// The migrations plugin in the whole program: it has a check only where `path` says what the code has, and that check votes.
#include "integration/daemon.h"
#include "integration/plugin_place.h"
#include "integration/services.h"

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>

namespace pulsewatch::testing {
namespace {

class MigrationsVoteTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MigrationsVoteTest);
  CPPUNIT_TEST(testInAWorker);
  CPPUNIT_TEST(testInsideTheHost);
  CPPUNIT_TEST(testWithoutAPath);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testInAWorker() { expectVote("process"); }
  void testInsideTheHost() { expectVote("host"); }

  // It is there, and says in one line why it has no check.
  void testWithoutAPath() {
    PulsewatchProcess daemon(serviceOptions());
    waitForReady(daemon, 200);
    CPPUNIT_ASSERT(!daemon.ready()->getObject("checks")->has("migrations"));
    waitForPlugin(daemon, "migrations", PULSEWATCH_VERSION);
    CPPUNIT_ASSERT(daemon.metrics().labelValues("django_migrations_unapplied_total", "connection").empty());
    const JsonLines notes =
        linesWhere(daemon.log(), [](const JsonLine& line) { return line.text("message").find("migrations gets") != std::string::npos; });
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, notes.size());
    CPPUNIT_ASSERT_EQUAL(std::string("plugin migrations gets no default check: path of check migrations has no value"),
                         notes.front().text("message"));
    CPPUNIT_ASSERT_EQUAL(std::string("INFO"), notes.front().text("level"));
    daemon.stop();
  }

 private:
  static void applied(const std::string& app, const std::string& name) {
    mariaDb().sql("INSERT INTO pulsewatch_dev.django_migrations (app, name, applied) VALUES ('" + app + "', '" + name + "', NOW(6))");
  }

  static void expectVote(const std::string& isolation) {
    // As Django makes it on MariaDB.
    mariaDb().sql("DROP TABLE IF EXISTS pulsewatch_dev.django_migrations");
    mariaDb().sql(
        "CREATE TABLE pulsewatch_dev.django_migrations (id bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, app varchar(255) NOT NULL, "
        "name varchar(255) NOT NULL, applied datetime(6) NOT NULL)");
    applied("auth", "0001_initial");
    applied("shop", "0001_initial");
    const TemporaryDirectory code;
    std::filesystem::permissions(code.path(), std::filesystem::perms(0755));
    for (const char* file : {"shop/migrations/__init__.py", "shop/migrations/0001_initial.py", "shop/migrations/0002_price.py"})
      code.write(file, "class Migration(migrations.Migration):\n    pass\n");

    const PluginPlace place;
    PulsewatchOptions options = place.options("plugins.isolation = " + isolation + "\ncheck.migrations.path = " + code.path().string() +
                                              "\ncheck.migrations.interval = 200ms\n" + checkConfig("steady", "ok", {"interval = 200ms"}));
    options.environment["DATABASE_URL"] = mariaDb().url();
    options.secrets = {MariaDbServer::password(), percentEncoded(MariaDbServer::password())};
    place.sh("install -m 644 $F/ok.so plugins/");
    place.sh("install -m 644 " PULSEWATCH_PLUGINS "/migrations.so plugins/");
    PulsewatchProcess daemon(options);
    waitForCheck(daemon, "migrations", "unhealthy", "1 migration missing: shop.0002_price");
    waitForReady(daemon, 503);
    const Labels connection{{"connection", "migrations"}};
    CPPUNIT_ASSERT(daemon.waitForMetric("django_migrations_unapplied_total", connection, [](double count) { return count == 1; }));
    applied("shop", "0002_price");
    waitForCheck(daemon, "migrations", "healthy", "all migrations applied");
    waitForReady(daemon, 200);
    CPPUNIT_ASSERT(daemon.waitForMetric("django_migrations_unapplied_total", connection, [](double count) { return count == 0; }));
    CPPUNIT_ASSERT_EQUAL(2.0, daemon.metrics().value("django_migrations_applied_total", connection));
    CPPUNIT_ASSERT(daemon.metrics().value("django_db_execute_total", {{"vendor", "mysql"}, {"alias", "migrations"}}) >= 3);
    applied("shop", "0003_from_the_future");
    waitForCheck(daemon, "migrations", "degraded", "the database is ahead of the code by 1 migration: shop.0003_from_the_future");
    waitForReady(daemon, 200);
    CPPUNIT_ASSERT_EQUAL(std::size_t{isolation == "process" ? 2U : 0U}, workersOf(daemon));
    daemon.stop();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MigrationsVoteTest);

}  // namespace
}  // namespace pulsewatch::testing
