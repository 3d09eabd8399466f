// A plugin directory with a file for every way in which one can be refused, and what the host has to say of each; beside them the plugins
// `ok`, and `plain_c` with its default check `plain`, which are fine. Made once, then only read; one thread. Throws std::runtime_error when
// it can't be made.
#pragma once

#include "support/temporary_directory.h"

#include <filesystem>
#include <string>
#include <vector>

namespace pulsewatch::testing {

struct Sin {
  std::string file;      // its name in the directory, as the host shows it
  std::string plugin;    // whose it is: the plugin's name where it could say it, else the file's stem
  std::string version;   // the same
  std::string sentence;  // the whole refusal
};

class SinfulDirectory {
 public:
  // `fixtures` is where the fixture plugins were built.
  explicit SinfulDirectory(std::filesystem::path fixtures);

  [[nodiscard]] const std::filesystem::path& path() const { return directory_.path(); }
  [[nodiscard]] const std::vector<Sin>& sins() const { return sins_; }
  // Those that only root can commit, when the tests don't run as root.
  [[nodiscard]] const std::vector<std::string>& skipped() const { return skipped_; }

 private:
  void addDescriptions();
  void addLibraries();
  void addContents();
  void addKinds();
  void addLinks();
  void addWriters();
  void addNames();

  void copy(const std::string& fixture, const std::string& file) const;
  void add(const std::string& file, const std::string& sentence, const std::string& plugin = {}, const std::string& version = {});
  [[nodiscard]] std::string at(const std::string& file) const { return (directory_ / file).string(); }

  const std::filesystem::path fixtures_;
  TemporaryDirectory directory_;
  std::vector<Sin> sins_;
  std::vector<std::string> skipped_;
};

}  // namespace pulsewatch::testing
