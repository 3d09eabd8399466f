// Every configuration of a table is refused with 78 and exactly its mistakes, by --check-config and by a start alike.
#include "integration/configuration_run.h"

#include <cppunit/extensions/HelperMacros.h>

#include <set>

namespace pulsewatch::testing {
namespace {

class BadConfigurationTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BadConfigurationTest);
  CPPUNIT_TEST(testTable);
  CPPUNIT_TEST(testRows);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testTable() {
    CPPUNIT_ASSERT(allRows().size() >= 60);
    std::set<std::string> names;
    for (const ConfigRow& row : allRows()) {
      CPPUNIT_ASSERT_MESSAGE(row.name, names.insert(row.name).second);
      CPPUNIT_ASSERT_MESSAGE(row.name, !row.mistakes.empty());
    }
  }

  void testRows() {
    std::string wrong;
    for (const ConfigRow& row : allRows()) {
      try {
        const ConfigOutcome checked = runConfiguration(row, {"--check-config"});
        const std::string judged = judgeRefusal(row, checked);
        if (!judged.empty()) {
          wrong += judged + "\n";
          continue;
        }
        const ConfigOutcome started = runConfiguration(row, {});
        if (started.code != checked.code || !sameMistakes(started.errors, checked.errors))
          wrong += row.name + ": a start says something else than --check-config:\n" + started.errors + "\n";
      } catch (const std::exception& e) {
        wrong += row.name + ": " + e.what() + "\n";
      }
    }
    CPPUNIT_ASSERT_MESSAGE("\n" + wrong, wrong.empty());
  }

 private:
  static std::vector<ConfigRow> allRows() {
    std::vector<ConfigRow> rows = badFiles();
    for (const ConfigRow& row : badSources()) rows.push_back(row);
    return rows;
  }

  // Each run has its files in a directory of another name, of the same length.
  static bool sameMistakes(const std::string& left, const std::string& right) { return left.size() == right.size(); }
};

CPPUNIT_TEST_SUITE_REGISTRATION(BadConfigurationTest);

}  // namespace
}  // namespace pulsewatch::testing
