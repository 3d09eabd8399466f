// Every configuration of the tables, read in this process: exactly its mistakes, exactly what is in effect, and no secret.
#include "config/schema.h"
#include "configurations/configuration.h"
#include "configurations/effective.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <set>

namespace pulsewatch::testing {
namespace {

std::string lines(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += "  " + text + "\n";
  return all;
}

class ConfigurationsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConfigurationsTest);
  CPPUNIT_TEST(testRows);
  CPPUNIT_TEST(testTable);
  CPPUNIT_TEST(testEveryKeyHasRows);
  CPPUNIT_TEST(testVariables);
  CPPUNIT_TEST(testAllAtOnce);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testRows() { judge(allConfigurations()); }

  void testTable() {
    std::set<std::string> names;
    std::set<std::string> contents;
    for (const Configuration& row : allConfigurations()) {
      CPPUNIT_ASSERT_MESSAGE(row.name, names.insert(row.name).second);
      std::string content = row.main;
      for (const auto& [name, text] : row.files) content += "\n" + name + ":" + text;
      for (const auto& [name, value] : row.environment) content += "\n" + name + "=" + value.value_or("none");
      CPPUNIT_ASSERT_MESSAGE(row.name, contents.insert(content + lines(row.overrides)).second);
      CPPUNIT_ASSERT_MESSAGE(row.name, row.mistakes.empty() || row.effective.empty());
    }
    CPPUNIT_ASSERT(names.size() >= 300);
  }

  // Each key of the schema is there with a value that is taken, one that isn't, and with none.
  void testEveryKeyHasRows() {
    const std::set<std::string> any_text{"log.file", "mysql.password"};
    std::set<std::string> good;
    std::set<std::string> bad;
    std::set<std::string> empty;
    for (const Configuration& row : allConfigurations()) {
      std::string key = keyOf(row);
      if (key.rfind("check.", 0) == 0) key = "check." + key.substr(std::min(key.size(), key.rfind('.') + 1));
      if (key.rfind("group.", 0) == 0) key = "group." + key.substr(std::min(key.size(), key.rfind('.') + 1));
      if (key.rfind("plugin.", 0) == 0) key = "plugin." + key.substr(std::min(key.size(), key.rfind('.') + 1));
      (row.mistakes.empty() ? good : bad).insert(key);
      if (row.main.find(" =\n") < row.main.find('\n') || row.main.find(" = \n") < row.main.find('\n')) empty.insert(key);
    }
    std::vector<std::string> keys = keyNames(hostKeys());
    for (const std::string& key : keyNames(checkKeys())) keys.push_back("check." + key);
    for (const std::string& key : keyNames(groupKeys())) keys.push_back("group." + key);
    for (const std::string& key : keyNames(pluginKeys())) keys.push_back("plugin." + key);
    for (const std::string& key : keys) {
      CPPUNIT_ASSERT_MESSAGE(key + " is taken by no row", good.count(key) == 1);
      CPPUNIT_ASSERT_MESSAGE(key + " is refused by no row", bad.count(key) == 1 || any_text.count(key) == 1);
      CPPUNIT_ASSERT_MESSAGE(key + " is empty in no row", empty.count(key) == 1);
    }
  }

  // What is wrong in the file is wrong in the variable, with its name for the place.
  void testVariables() {
    Configurations rows;
    for (const Configurations& table : {hostKeyRows(), listRows()}) {
      for (Configuration row : table) {
        const KeyDescription* key = findHostKey(keyOf(row));
        const std::size_t value = row.main.find(" = ") + 3;
        CPPUNIT_ASSERT(key != nullptr);
        row.environment[variableOf(*key)] = row.main.substr(value, row.main.find('\n') - value);
        row.main.clear();
        for (std::string& mistake : row.mistakes) mistake.replace(0, inMain(1, std::string(key->key)).size(), variableOf(*key));
        rows.push_back(row);
      }
    }
    judge(rows);
  }

  // The first bad value of every key, all in one file.
  void testAllAtOnce() {
    Configuration whole{.name = "all at once", .main = ""};
    std::set<std::string> keys;
    int line = 0;
    for (const Configurations& table : {hostKeyRows(), listRows(), checkKeyRows()}) {
      for (const Configuration& row : table) {
        const std::string key = keyOf(row);
        if (row.mistakes.size() != 1 || key == "plugins.directories" || !keys.insert(key).second) continue;
        whole.main += row.main.substr(0, row.main.find('\n') + 1);
        const std::size_t place = inMain(1, "").size();
        whole.mistakes.push_back(inMain(++line, row.mistakes[0].substr(place)));
        for (const auto& [name, value] : row.environment) whole.environment[name] = value;
      }
    }
    whole.main += "check.kinds.plugin = kinds\n";
    CPPUNIT_ASSERT(whole.mistakes.size() >= 40);
    judge({whole});
  }

 private:
  static void judge(const Configurations& rows) {
    const ConfigurationPlugins plugins;
    std::string wrong;
    for (const Configuration& row : rows) wrong += judged(row, readConfiguration(row, plugins));
    CPPUNIT_ASSERT_MESSAGE("\n" + wrong, wrong.empty());
  }

  static std::string judged(const Configuration& row, ReadConfiguration read) {
    std::vector<std::string> said = read.setup.mistakes.lines();
    std::vector<std::string> wanted = row.mistakes;
    std::sort(said.begin(), said.end());
    std::sort(wanted.begin(), wanted.end());
    std::string wrong;
    if (said != wanted) wrong += row.name + ": says\n" + lines(said) + " instead of\n" + lines(wanted);
    for (const auto& [key, value] : row.effective) {
      if (read.effective[key] != value) wrong += row.name + ": " + key + " is [" + read.effective[key] + "], not [" + value + "]\n";
    }
    std::vector<std::string> secrets = row.secrets;
    secrets.push_back(usual_password);
    for (const std::string& secret : secrets) {
      if ((lines(said) + read.listing).find(secret) != std::string::npos)
        wrong += row.name + ": shows a secret:\n" + lines(said) + read.listing;
    }
    return wrong;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConfigurationsTest);

}  // namespace
}  // namespace pulsewatch::testing
