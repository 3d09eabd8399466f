// Configurations and what must come of each, exactly: all its mistakes as whole lines, or what is in effect. The same rows are read inside
// a test's process and by the program. Plain data.
//
// Every row has the plugins mysql, redis, kinds and celery (tests/fixtures/plugins), and in its environment SECRET_KEY,
// DJANGO_SETTINGS_MODULE (profile test), DATABASE_URL, REDIS_URL and PULSEWATCH_PLUGINS_DIRECTORIES, unless it takes one away. In all
// text @DIR@ is the directory of its files.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch::testing {

struct Configuration {
  std::string name;
  std::string main;                                                    // pulsewatch.properties
  std::map<std::string, std::string> files = {};                       // further ones
  std::map<std::string, std::optional<std::string>> environment = {};  // over the above; none takes one away
  std::vector<std::string> overrides = {};                             // of -D
  std::vector<std::string> mistakes = {};                              // in any order; none: it is taken
  std::map<std::string, std::string> effective = {};                   // see effectiveValues() in effective.h
  std::vector<std::string> secrets = {};                               // what must show nowhere
};

using Configurations = std::vector<Configuration>;

// "@DIR@/pulsewatch.properties:LINE: SENTENCE".
std::string inMain(int line, const std::string& sentence);

// One key with one value, in the main file.
Configuration taken(const std::string& key, const std::string& value, const std::string& effective);
Configuration refused(const std::string& key, const std::string& value, const std::string& sentence);
// The key that stands in the row's first line.
std::string keyOf(const Configuration& row);

// The environment that rows begin with, but for the plugins' directories.
const std::map<std::string, std::string>& usualEnvironment();
// A secret of it that no output may have.
extern const std::string usual_password;

Configurations hostKeyRows();    // each of the host's keys: of the wrong type, at and beyond the ends of its range, empty
Configurations httpRows();       // TLS, credentials, the second listener: keys that go together
Configurations checkKeyRows();   // the same for the keys and settings of checks and plugins
Configurations listRows();       // hosts, networks, paths, directories, owners
Configurations urlRows();        // of MySQL, of Redis, of any server
Configurations sourceRows();     // -D, variables, their files, drop-ins, overlays, the main file, and each pair of them
Configurations referenceRows();  // ${…}
Configurations fileRows();       // encodings, ends of lines, what is no key = value, unknown keys
Configurations checkRows();      // names, plugins, which checks there are
Configurations relationRows();   // which check depends on which, groups

Configurations allConfigurations();

}  // namespace pulsewatch::testing
