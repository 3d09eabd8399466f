// Configurations of the tables, half of them, through the program's --check-config (unit_tests read all): 78 and exactly its mistakes on
// standard error, or 0 and nothing there; and no secret anywhere.
#include "configurations/configuration.h"
#include "integration/daemon.h"
#include "support/certificates.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <sstream>

namespace pulsewatch::testing {
namespace {

std::vector<std::string> sortedLines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

const Certificates& certificates() {
  static const Certificates made;
  return made;
}

// All but the tables of values, whose rows are much alike: of those every fifth.
Configurations chosenRows() {
  Configurations rows;
  for (const Configurations& table : {httpRows(), sourceRows(), referenceRows(), fileRows(), checkRows()})
    rows.insert(rows.end(), table.begin(), table.end());
  for (const Configurations& table : {hostKeyRows(), checkKeyRows(), listRows(), urlRows()}) {
    for (std::size_t i = 0; i < table.size(); i += 5) rows.push_back(table[i]);
  }
  return rows;
}

class ConfigurationsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConfigurationsTest);
  CPPUNIT_TEST(testRows);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testRows() {
    const TemporaryDirectory fixtures;
    for (const std::string file : {"kinds.so", "celery.so"})
      std::filesystem::copy_file(std::filesystem::path(PULSEWATCH_FIXTURE_PLUGINS) / file, fixtures.path() / file);
    std::string wrong;
    for (const Configuration& row : chosenRows()) {
      try {
        wrong += judged(row, PULSEWATCH_PLUGINS "," + fixtures.path().string());
      } catch (const std::exception& e) {
        wrong += row.name + ": " + e.what() + "\n";
      }
    }
    CPPUNIT_ASSERT_MESSAGE("\n" + wrong, wrong.empty());
  }

 private:
  static std::string judged(const Configuration& row, const std::string& plugins) {
    PulsewatchOptions options;
    options.config = row.main;
    // The program opens what the rows name; a refused row's is never looked at.
    if (row.mistakes.empty()) {
      options.config = replaced(options.config, "/etc/cert.pem", certificates().certificate());
      options.config = replaced(options.config, "/etc/key.pem", certificates().key());
      options.config = replaced(options.config, "/etc/ca.pem", certificates().authority());
    }
    options.files = row.files;
    options.environment.insert(usualEnvironment().begin(), usualEnvironment().end());
    options.environment["PULSEWATCH_PLUGINS_DIRECTORIES"] = plugins;
    for (const auto& [name, value] : row.environment) {
      options.environment.erase(name);
      if (value) options.environment[name] = *value;
    }
    for (const std::string& text : row.overrides) options.arguments.insert(options.arguments.end(), {"-D", text});
    options.arguments.emplace_back("--check-config");
    options.secrets = row.secrets;
    options.secrets.push_back(usual_password);
    options.logs = false;
    PulsewatchProcess program(options);
    const int code = program.finish();
    std::vector<std::string> wanted = row.mistakes;
    std::sort(wanted.begin(), wanted.end());
    const std::string errors = replaced(program.child().errors(), program.directory().path().string(), "@DIR@");
    if (code == (wanted.empty() ? 0 : 78) && sortedLines(errors) == wanted) return {};
    return row.name + ": ends with " + std::to_string(code) + " and says\n" + errors;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConfigurationsTest);

}  // namespace
}  // namespace pulsewatch::testing
