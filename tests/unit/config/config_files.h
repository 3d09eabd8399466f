// A directory with configuration files, removed at the end, and what is looked for in mistakes. For the tests of the configuration; one
// thread.
#pragma once

#include "config/mistakes.h"
#include "config/properties.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch::testing {

class ConfigFiles {
 public:
  ConfigFiles() {
    std::string pattern = (std::filesystem::temp_directory_path() / "pulsewatch-config-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = pattern;
  }
  ConfigFiles(const ConfigFiles&) = delete;
  ConfigFiles& operator=(const ConfigFiles&) = delete;
  ~ConfigFiles() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  // Also in a folder: "pulsewatch.d/10-a.properties".
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = directory_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::filesystem::remove(file);  // ext4 waits for the disk when a file that is there is written anew
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }
  [[nodiscard]] std::filesystem::path main() const { return directory_ / "pulsewatch.properties"; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

 private:
  std::filesystem::path directory_;
};

// A configuration as a row of a table has it. "@DIR@" in a value of the environment is the directory.
struct ConfigRow {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> environment;
  std::vector<std::string> overrides;
};

inline Properties loadRow(const ConfigRow& row, const ConfigFiles& files, Mistakes& mistakes) {
  if (row.files.count("pulsewatch.properties") == 0) files.write("pulsewatch.properties", "");
  for (const auto& [name, text] : row.files) files.write(name, text);
  ConfigInput input{.file = files.main(), .overrides = row.overrides, .environment = row.environment};
  for (auto& [name, value] : input.environment) {
    const std::size_t at = value.find("@DIR@");
    if (at != std::string::npos) value.replace(at, 5, files.directory().string());
  }
  return Properties::load(input, mistakes);
}

inline std::string allLines(const Mistakes& mistakes) {
  std::string all;
  for (const std::string& line : mistakes.lines()) all += line + "\n";
  return all;
}

// Each of `wanted` is in a mistake of its own, and there is no other mistake; each mistake is one line and says what to do.
inline void assertMistakes(const std::string& row, const Mistakes& mistakes, const std::vector<std::string>& wanted) {
  const std::string all = allLines(mistakes);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(row + ":\n" + all, wanted.size(), mistakes.lines().size());
  for (const std::string& text : wanted)
    CPPUNIT_ASSERT_MESSAGE(row + ": not said: " + text + "\n" + all, all.find(text) != std::string::npos);
  for (const std::string& line : mistakes.lines()) {
    CPPUNIT_ASSERT_MESSAGE(row + ": " + line, line.find('\n') == std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(row + ": no advice in " + line, line.find_first_of(";?") != std::string::npos);
  }
}

inline void assertAbsent(const std::string& row, const Mistakes& mistakes, const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets)
    CPPUNIT_ASSERT_MESSAGE(row + ": shown: " + secret, allLines(mistakes).find(secret) == std::string::npos);
}

}  // namespace pulsewatch::testing
