// A configuration read inside the test's process, as the program reads it but for the plugins, which are opened once. One thread.
#pragma once

#include "config/properties.h"
#include "configurations/configuration.h"
#include "setup.h"
#include "support/temporary_directory.h"

#include <map>
#include <string>
#include <vector>

namespace pulsewatch::testing {

// The plugins that every row has.
class ConfigurationPlugins {
 public:
  ConfigurationPlugins();  // opens them; throws when one is refused
  [[nodiscard]] const Catalog& catalog() const { return catalog_; }
  [[nodiscard]] std::string directories() const;  // as plugins.directories has them

 private:
  TemporaryDirectory fixtures_;
  Catalog catalog_;
};

struct ReadConfiguration {
  Setup setup;
  // What is in effect, by key: http.port, check.redis.interval; further `checks` (their names) and `profile`. Behind a key " origin" is
  // where its value came from, " shown" what people see of a setting. Lists have commas, durations are in ms.
  std::map<std::string, std::string> effective;
  std::string listing;  // what --check-config prints
};

// In all text of the result @DIR@ stands for the directory of the row's files.
ReadConfiguration readConfiguration(const Configuration& row, const ConfigurationPlugins& plugins);

}  // namespace pulsewatch::testing
