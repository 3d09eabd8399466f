#include "migrations/django.h"

#include "unit/migrations/compared.h"

#include <cppunit/extensions/HelperMacros.h>

#include <stdexcept>

namespace pulsewatch::migrations {

namespace {

const std::string plain = "class Migration(migrations.Migration):\n    operations = []\n";

std::string squashing(const std::string& list) { return "class Migration(migrations.Migration):\n    replaces = [" + list + "]\n"; }

std::vector<Row> rows(const std::vector<std::pair<std::string, std::string>>& keys) {
  std::vector<Row> rows;
  for (const auto& [app, name] : keys) rows.push_back({app, name});
  return rows;
}

// An app's package with these migrations.
Sources app(const std::string& directory, const Sources& migrations) {
  Sources sources{{directory + "/migrations/__init__.py", ""}};
  for (const auto& [name, content] : migrations) sources[directory + "/migrations/" + name + ".py"] = content;
  return sources;
}

Sources operator+(Sources a, const Sources& b) {
  a.insert(b.begin(), b.end());
  return a;
}

class DjangoTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DjangoTest);
  CPPUNIT_TEST(comparesByAppAndName);
  CPPUNIT_TEST(leavesOtherAppsAlone);
  CPPUNIT_TEST(takesWhatDjangoTakes);
  CPPUNIT_TEST(findsLabels);
  CPPUNIT_TEST(takesLabelsFromTheOperator);
  CPPUNIT_TEST(takesPathsOfAnyDepth);
  CPPUNIT_TEST(looksAtSomeApps);
  CPPUNIT_TEST(refusesOneLabelTwice);
  CPPUNIT_TEST(squashedBeforeItIsApplied);
  CPPUNIT_TEST(squashedWithAllReplacedApplied);
  CPPUNIT_TEST(squashedWithAPartApplied);
  CPPUNIT_TEST(squashedItself);
  CPPUNIT_TEST(squashesOfSquashes);
  CPPUNIT_TEST(survivesCirclesOfSquashes);
  CPPUNIT_TEST(tellsHistoryFromAhead);
  CPPUNIT_TEST(saysWhenReplacesCannotBeRead);
  CPPUNIT_TEST_SUITE_END();

  static std::string judged(const Sources& sources, const std::vector<Row>& rows, const ToolOptions& options = {"/srv/site", "", ""}) {
    return compared(Django(options), sources, rows);
  }

  static const Sources& shop() {
    static const Sources sources = app("shop", {{"0001_initial", plain}, {"0002_price", plain}});
    return sources;
  }

 public:
  void comparesByAppAndName() {
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 2; missing shop.0001_initial, shop.0002_price"), judged(shop(), {}));
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 2; missing shop.0002_price"), judged(shop(), rows({{"shop", "0001_initial"}})));
    const auto all = rows({{"shop", "0001_initial"}, {"shop", "0002_price"}});
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 2"), judged(shop(), all));
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 2"),
                         judged(shop(), rows({{"shop", "0001_initial"}, {"shop", "0002_price"}, {"shop", "0002_price"}})));
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 2; ahead shop.0003_new"),
                         judged(shop(), rows({{"shop", "0001_initial"}, {"shop", "0002_price"}, {"shop", "0003_new"}})));
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 0"), judged({}, all));
  }

  void leavesOtherAppsAlone() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("2 of 2"),
        judged(shop(), rows({{"auth", "0001_initial"}, {"shop", "0001_initial"}, {"shop", "0002_price"}, {"admin", "0001_initial"}})));
  }

  void takesWhatDjangoTakes() {
    Sources sources = shop();
    sources["shop/migrations/_draft.py"] = plain;
    sources["shop/migrations/0003_old.pyc"] = plain;
    sources["shop/migrations/0003.old.py"] = plain;
    sources["shop/migrations/helpers.py"] = "def f(): pass\n";
    sources["shop/migrations/deep/0001_x.py"] = plain;
    sources["shop/models.py"] = plain;
    sources["plain/migrations/0001_no_package.py"] = plain;
    sources["db/migrations/__init__.py"] = "";
    sources["db/migrations/migration.py"] = "class Migration:\n    pass\n";
    sources["shop/migrations/0003_made.py"] = "Migration = make_migration()\n";
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 3; missing shop.0001_initial, shop.0002_price, shop.0003_made"), judged(sources, {}));
  }

  void findsLabels() {
    Sources sources = app("src/users", {{"0001_initial", plain}});
    sources["src/users/apps.py"] = "class UsersConfig(AppConfig):\n    name = 'src.users'\n    label = 'accounts'\n";
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 1"), judged(sources, rows({{"accounts", "0001_initial"}})));
    sources["src/users/apps.py"] = "class UsersConfig(AppConfig):\n    name = 'src.users'\n    # label = 'accounts'\n";
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 1; missing users.0001_initial"), judged(sources, {}));
    sources["src/users/apps.py"] = "class A(AppConfig):\n    label = 'a'\nclass B(AppConfig):\n    label = 'b'\n";
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 1; missing users.0001_initial"), judged(sources, {}));
    sources["src/users/apps.py"] = "class A(AppConfig):\n    label = NAME\n";
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 1; missing users.0001_initial"), judged(sources, {}));
  }

  void takesLabelsFromTheOperator() {
    Sources sources = app("src/users", {{"0001_initial", plain}}) + app("build/users", {{"0001_initial", plain}});
    sources["src/users/apps.py"] = "class A(AppConfig):\n    label = 'theirs'\n";
    sources["src/blog/db_migrations/__init__.py"] = "";
    sources["src/blog/db_migrations/0001_initial.py"] = plain;
    const ToolOptions options{"/srv/site", "", " ./src/users/ = accounts, src/blog/db_migrations=blog ,build/users="};
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 2; missing accounts.0001_initial, blog.0001_initial"), judged(sources, {}, options));
    for (const char* bad : {"users", "=users", "/srv/users=users", " =x"})
      CPPUNIT_ASSERT_THROW_MESSAGE(bad, Django(ToolOptions{"/srv/site", "", bad}), std::invalid_argument);
  }

  void takesPathsOfAnyDepth() {
    const Sources inside{{"__init__.py", ""}, {"0001_initial.py", plain}};
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 1"), judged(inside, rows({{"shop", "0001_initial"}}), {"/srv/site/shop/migrations", "", ""}));
    const Sources app_itself{{"migrations/__init__.py", ""}, {"migrations/0001_initial.py", plain}};
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 1"), judged(app_itself, rows({{"shop", "0001_initial"}}), {"/srv/site/shop", "", ""}));
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 1"), judged(app_itself, rows({{"other", "0001_initial"}}), {"/srv/site/shop", "", ".=other"}));
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 0"), judged(inside, {}, {"/srv/site/shop", "", ""}));
  }

  void looksAtSomeApps() {
    const Sources sources = shop() + app("users", {{"0001_initial", plain}});
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 1; missing users.0001_initial"),
                         judged(sources, rows({{"shop", "0009_ahead"}}), {"/srv/site", "users", ""}));
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 3; missing shop.0001_initial, shop.0002_price, users.0001_initial"),
                         judged(sources, {}, {"/srv/site", " users , shop", ""}));
    CPPUNIT_ASSERT_EQUAL(
        std::string("0 of 1; missing users.0001_initial; fault: the app blog of apps has no migrations below path; correct apps, "
                    "path or labels"),
        judged(sources, {}, {"/srv/site", "users,blog", ""}));
  }

  void refusesOneLabelTwice() {
    const Sources sources = shop() + app("build/lib/shop", {{"0001_initial", plain}});
    const std::string said = judged(sources, {});
    CPPUNIT_ASSERT_MESSAGE(said, said.find("; fault: two directories have migrations of an app shop: build/lib/shop/migrations and "
                                           "shop/migrations; name one otherwise in labels") != std::string::npos);
  }

  static const Sources& squashed() {
    static const Sources sources = app("shop", {{"0001_initial", plain},
                                                {"0002_price", plain},
                                                {"0001_squashed_0002", squashing("('shop', '0001_initial'), ('shop', '0002_price')")},
                                                {"0003_more", plain}});
    return sources;
  }

  // What is replaced needn't have its file any more.
  static const Sources& squashedAlone() {
    static const Sources sources =
        app("shop", {{"0001_squashed_0002", squashing("('shop', '0001_initial'), ('shop', '0002_price')")}, {"0003_more", plain}});
    return sources;
  }

  void squashedBeforeItIsApplied() {
    for (const Sources* sources : {&squashed(), &squashedAlone()}) {
      const std::string found = std::to_string(sources->size() - 1);
      CPPUNIT_ASSERT_EQUAL("0 of " + found + "; missing shop.0001_squashed_0002, shop.0003_more", judged(*sources, {}));
    }
  }

  void squashedWithAllReplacedApplied() {
    for (const Sources* sources : {&squashed(), &squashedAlone()}) {
      const std::string found = std::to_string(sources->size() - 1);
      const auto replaced = rows({{"shop", "0001_initial"}, {"shop", "0002_price"}});
      CPPUNIT_ASSERT_EQUAL("1 of " + found + "; missing shop.0003_more", judged(*sources, replaced));
      const auto recorded = rows({{"shop", "0001_initial"}, {"shop", "0002_price"}, {"shop", "0003_more"}, {"shop", "0001_squashed_0002"}});
      CPPUNIT_ASSERT_EQUAL("2 of " + found, judged(*sources, recorded));
    }
  }

  void squashedWithAPartApplied() {
    for (const Sources* sources : {&squashed(), &squashedAlone()}) {
      const std::string found = std::to_string(sources->size() - 1);
      CPPUNIT_ASSERT_EQUAL("1 of " + found + "; missing shop.0002_price, shop.0003_more",
                           judged(*sources, rows({{"shop", "0001_initial"}})));
    }
  }

  void squashedItself() {
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 2"), judged(squashedAlone(), rows({{"shop", "0001_squashed_0002"}, {"shop", "0003_more"}})));
  }

  void squashesOfSquashes() {
    const Sources sources = app("shop", {{"0001_squashed_0002", squashing("('shop', '0001_a'), ('shop', '0002_b')")},
                                         {"0001_squashed_0003", squashing("('shop', '0001_squashed_0002'), ('shop', '0003_c')")}});
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 2; missing shop.0001_squashed_0003"), judged(sources, {}));
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 2"), judged(sources, rows({{"shop", "0001_a"}, {"shop", "0002_b"}, {"shop", "0003_c"}})));
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 2; missing shop.0003_c"), judged(sources, rows({{"shop", "0001_a"}, {"shop", "0002_b"}})));
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 2; missing shop.0002_b, shop.0003_c"), judged(sources, rows({{"shop", "0001_a"}})));
  }

  // Such code runs nowhere; it must do no harm here either.
  void survivesCirclesOfSquashes() {
    std::string everything;
    for (int i = 0; i < 200; ++i) everything += "('shop', 's" + std::to_string(i) + "'), ";
    Sources migrations{{"0001_root", squashing(everything)}};
    for (int i = 0; i < 200; ++i) migrations["s" + std::to_string(i)] = squashing(everything);
    judged(app("shop", migrations), {});
    judged(app("shop", migrations), rows({{"shop", "s7"}}));
    Sources chain;
    for (int i = 0; i < 20000; ++i) chain["s" + std::to_string(i)] = squashing("('shop', 's" + std::to_string(i + 1) + "')");
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 20000; missing shop.s0"), judged(app("shop", chain), {}));
  }

  void tellsHistoryFromAhead() {
    // The squashed migration has forgotten what it replaced; the table remembers.
    const Sources forgotten = app("shop", {{"0001_squashed_0002", plain}, {"0003_more", plain}});
    const auto history = rows({{"shop", "0001_initial"}, {"shop", "0002_price"}, {"shop", "0001_squashed_0002"}, {"shop", "0003_more"}});
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 2"), judged(forgotten, history));
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 2; ahead shop.0002_other"),
                         judged(shop(), rows({{"shop", "0001_initial"}, {"shop", "0002_other"}, {"shop", "0002_price"}})));
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 2; missing shop.0001_initial, shop.0002_price; ahead shop.0009_all_else"),
                         judged(shop(), rows({{"shop", "0009_all_else"}})));
  }

  void saysWhenReplacesCannotBeRead() {
    for (const char* list : {"(APP, '0001_initial')", "('shop', '0001_initial'), 'odd'"}) {
      const std::string said = judged(app("shop", {{"0001_squashed", squashing(list)}}), {});
      CPPUNIT_ASSERT_MESSAGE(
          said,
          said.find("; fault: replaces in shop/migrations/0001_squashed.py is no plain list of (\"app\", \"name\")") != std::string::npos);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DjangoTest);

}  // namespace

}  // namespace pulsewatch::migrations
