#include "migrations/alembic.h"

#include "unit/migrations/compared.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::migrations {

namespace {

// As alembic's own template writes it.
std::string revision(const std::string& id, const std::string& down, const std::string& more = "") {
  return "\"\"\"a message\n\nRevision ID: " + id +
         "\nRevises: \n\"\"\"\nfrom alembic import op\n\n# revision identifiers, used by Alembic.\nrevision = '" + id +
         "'\ndown_revision = " + down + "\n" + more + "\n\ndef upgrade():\n    revision = 'not this'\n";
}

std::vector<Row> rows(const std::vector<std::string>& revisions) {
  std::vector<Row> rows;
  for (const std::string& one : revisions) rows.push_back({one});
  return rows;
}

class AlembicTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AlembicTest);
  CPPUNIT_TEST(followsTheLine);
  CPPUNIT_TEST(followsBranchesAndMerges);
  CPPUNIT_TEST(followsDependencies);
  CPPUNIT_TEST(isAhead);
  CPPUNIT_TEST(takesWhatAlembicTakes);
  CPPUNIT_TEST(saysWhatCannotBeRead);
  CPPUNIT_TEST(survivesCircles);
  CPPUNIT_TEST_SUITE_END();

  static std::string judged(const Sources& sources, const std::vector<std::string>& revisions) {
    return compared(Alembic(), sources, rows(revisions));
  }

 public:
  void followsTheLine() {
    const Sources sources{{"versions/ccc_one.py", revision("ccc", "None")},
                          {"versions/aaa_two.py", revision("aaa", "'ccc'")},
                          {"versions/deep/bbb_three.py", revision("bbb", "\"aaa\"")}};
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 3; missing ccc_one, aaa_two, bbb_three"), judged(sources, {}));
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 3; missing bbb_three"), judged(sources, {"aaa"}));
    CPPUNIT_ASSERT_EQUAL(std::string("3 of 3"), judged(sources, {"bbb"}));
  }

  void followsBranchesAndMerges() {
    const Sources sources{{"a.py", revision("a", "None")},
                          {"b.py", revision("b", "'a'")},
                          {"c.py", revision("c", "'a'")},
                          {"d.py", revision("d", "('b', 'c')")},
                          {"e.py", revision("e", "None")}};
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 5; missing c, d, e"), judged(sources, {"b"}));
    CPPUNIT_ASSERT_EQUAL(std::string("4 of 5; missing d"), judged(sources, {"b", "c", "e"}));
    CPPUNIT_ASSERT_EQUAL(std::string("4 of 5; missing e"), judged(sources, {"d"}));
    CPPUNIT_ASSERT_EQUAL(std::string("5 of 5"), judged(sources, {"d", "e"}));
  }

  void followsDependencies() {
    const Sources sources{{"a1.py", revision("a1", "None", "branch_labels = ('core',)")},
                          {"a2.py", revision("a2", "'a1'")},
                          {"b1.py", revision("b1", "None", "depends_on = 'a2'")},
                          {"c1.py", revision("c1", "None", "depends_on: Union[str, None] = 'core@head'")}};
    CPPUNIT_ASSERT_EQUAL(std::string("3 of 4; missing c1"), judged(sources, {"b1"}));
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 4; missing a2, b1"), judged(sources, {"c1"}));
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 4; missing a1, a2, b1, c1"), judged(sources, {}));
  }

  void isAhead() {
    const Sources sources{{"a.py", revision("a", "None")}, {"b.py", revision("b", "'a'")}, {"c.py", revision("c", "None")}};
    // It comes after what the code has, most likely: nothing is missing for sure.
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 3; ahead fff"), judged(sources, {"fff"}));
    // But what comes after a revision that is still a head can't be applied.
    CPPUNIT_ASSERT_EQUAL(std::string("1 of 3; missing b; ahead fff"), judged(sources, {"a", "fff"}));
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 3; ahead fff"), judged(sources, {"b", "fff"}));
  }

  void takesWhatAlembicTakes() {
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 2; missing a, typed"),
                         judged({{"env.py", "from alembic import context\nconfig = context.config\n"},
                                 {"script.py.mako", revision("x", "None")},
                                 {"versions/__init__.py", revision("y", "None")},
                                 {"versions/helper.py", "down_revision = 'a'\n"},
                                 {"versions/a.py", revision("a", "None")},
                                 {"versions/typed.py", "revision: str = 't'\ndown_revision: Union[str, Sequence[str], None] = 'a'\n"}},
                                {}));
  }

  void saysWhatCannotBeRead() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("0 of 1; missing a; fault: revision, down_revision or depends_on in a.py is no plain text; write it as one"),
        judged({{"a.py", revision("a", "previous()")}}, {}));
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 1; missing a; fault: two files have the revision a; remove one"),
                         judged({{"a.py", revision("a", "None")}, {"b.py", revision("a", "None")}}, {}));
  }

  void survivesCircles() {
    const Sources sources{{"a.py", revision("a", "'b'")}, {"b.py", revision("b", "'a'")}, {"c.py", revision("c", "'c'")}};
    CPPUNIT_ASSERT_EQUAL(std::string("0 of 3; missing a, b, c"), judged(sources, {}));
    CPPUNIT_ASSERT_EQUAL(std::string("2 of 3; missing c"), judged(sources, {"a"}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AlembicTest);

}  // namespace

}  // namespace pulsewatch::migrations
