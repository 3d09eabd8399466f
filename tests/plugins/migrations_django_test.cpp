// The migrations plugin beside Django itself: after each step that a project takes, both say the same of what is missing.
#include "plugins/django_project.h"
#include "plugins/plugin_run.h"
#include "support/mariadb_server.h"

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>

namespace pulsewatch::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class MigrationsDjangoTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MigrationsDjangoTest);
  CPPUNIT_TEST(followsAProject);
  CPPUNIT_TEST(followsASquash);
  CPPUNIT_TEST(followsASquashThatCameTooEarly);
  CPPUNIT_TEST(followsAFake);
  CPPUNIT_TEST_SUITE_END();

  static MariaDbServer& server() {
    static MariaDbServer running;
    return running;
  }

  // A project with an empty database of its own, and a check of it.
  struct Site {
    explicit Site(const std::string& name)
        : database(name), project(server()), host(migrationsPlugin(), {{"url", url(name)}, {"path", project.path()}}) {}

    static std::string url(const std::string& name) {
      server().sql("CREATE OR REPLACE DATABASE " + name);
      server().sql("GRANT SELECT ON " + name + ".* TO pulsewatch");
      return server().url(MariaDbServer::user(), MariaDbServer::password(), name);
    }

    void expect(std::int32_t status, const std::string& message) {
      const Outcome outcome = host.run(10s);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(outcome.error, message, outcome.message);
      CPPUNIT_ASSERT_EQUAL(status, outcome.status);
      assertNoFaults(outcome);
    }
    void expectHealthy() { expect(PW_STATUS_HEALTHY, "all migrations applied"); }

    // The check and Django say that these are missing.
    void expectMissing(const std::vector<std::string>& names) {
      std::string list;
      for (std::size_t i = 0; i < names.size(); ++i) list += (i == 0 ? "" : ", ") + (i < 3 ? names[i] : std::string("…"));
      if (names.empty())
        expectHealthy();
      else
        expect(PW_STATUS_UNHEALTHY,
               std::to_string(names.size()) + (names.size() == 1 ? " migration" : " migrations") + " missing: " + list);
      CPPUNIT_ASSERT(names == project.planned(database));
    }

    void move(const std::string& from, const std::string& to) const {
      fs::rename(project.path() + "/shop/migrations/" + from + ".py", project.path() + "/shop/migrations/" + to);
    }
    void squash() const {
      static_cast<void>(project.run(database, {"squashmigrations", "shop", "0003", "--no-input"}));
      CPPUNIT_ASSERT(fs::exists(project.path() + "/shop/migrations/" + squashed + ".py"));
    }
    void removeReplaced() const {
      for (const char* name : {"0001_initial", "0002_item_price", "0003_item_stock"})
        fs::remove(project.path() + "/shop/migrations/" + name + ".py");
    }

    static constexpr const char* squashed = "0001_squashed_0003_item_stock";

    std::string database;
    DjangoProject project;
    FakeHost host;
  };

  void followsAProject() {
    Site site("site");
    site.expectMissing({"accounts.0001_initial", "shop.0001_initial", "shop.0002_item_price", "shop.0003_item_stock"});
    site.project.migrate(site.database, {"shop", "0001"});
    site.expectMissing({"accounts.0001_initial", "shop.0002_item_price", "shop.0003_item_stock"});
    CPPUNIT_ASSERT_EQUAL(1.0, site.host.observations("django_migrations_applied_total", {"default"}).back());
    CPPUNIT_ASSERT_EQUAL(3.0, site.host.observations("django_migrations_unapplied_total", {"default"}).back());
    site.project.migrate(site.database);
    site.expectMissing({});
    CPPUNIT_ASSERT_EQUAL(4.0, site.host.observations("django_migrations_applied_total", {"default"}).back());
    // The older code comes back.
    site.move("0003_item_stock", "0003_item_stock.gone");
    site.expect(PW_STATUS_DEGRADED, "the database is ahead of the code by 1 migration: shop.0003_item_stock");
  }

  void followsASquash() {
    Site site("squash");
    site.project.migrate(site.database);
    site.squash();
    site.expectMissing({});
    site.project.migrate(site.database);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server().sql("SELECT name FROM squash.django_migrations WHERE name LIKE '%squashed%'").size());
    site.expectHealthy();
    site.removeReplaced();
    site.expectMissing({});
    // On an empty database it alone is missing.
    Site fresh("squash_fresh");
    fresh.squash();
    fresh.expectMissing({"accounts.0001_initial", std::string("shop.") + Site::squashed});
    fresh.removeReplaced();
    fresh.project.migrate(fresh.database);
    fresh.expectHealthy();
  }

  void followsASquashThatCameTooEarly() {
    Site site("early");
    site.project.migrate(site.database, {"accounts"});
    site.project.migrate(site.database, {"shop", "0002"});
    site.squash();
    site.expectMissing({"shop.0003_item_stock"});
    site.project.migrate(site.database);
    site.expectMissing({});
  }

  void followsAFake() {
    Site site("fake");
    site.project.migrate(site.database, {"auth"});
    site.project.migrate(site.database, {"--fake"});
    site.expectMissing({});
    site.project.migrate(site.database, {"--fake", "shop", "zero"});
    site.expectMissing({"shop.0001_initial", "shop.0002_item_price", "shop.0003_item_stock"});
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MigrationsDjangoTest);

}  // namespace
}  // namespace pulsewatch::testing
