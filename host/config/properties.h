// Every layer of the configuration as one: for each key the strongest layer's value, and where it came from.
//
// Strongest first: -D, environment (variables, NAME_FILE), pulsewatch.d/*.properties (a later name wins), the profile's overlay, the main
// file, the built-in default. References (${name}, ${env.NAME}, $$) are replaced when a value is read, so that an undefined one is a
// mistake only in a value that is used; those of the environment, NAME_FILE and -D are taken literally. Immutable after load(); any thread
// may read.
#pragma once
#include "config/mistakes.h"
#include "config/property_file.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pulsewatch {

struct ConfigInput {
  std::filesystem::path file;                      // --config
  bool file_optional = false;                      // one that is not there is no mistake
  std::vector<std::string> overrides;              // each -D's "key=value"
  std::map<std::string, std::string> environment;  // the process's
  std::filesystem::path directory = {};            // where relative paths begin; "": the working directory
};

struct PropertyValue {
  std::string text;     // references replaced
  std::string shown;    // the same for people to see, where the key itself is no secret of a plugin's: what was secret is ***
  std::string origin;   // see Property
  bool secret = false;  // the key is a secret's, or a secret, ${env.…} or a check's setting was put in: `text` is never to be shown
  std::string where;    // how a mistake in it begins: "file:line: key", "-D: key", a variable's name
};

class Properties {
 public:
  // Reads all layers. Keys are checked against the schema (schema.h), but for `check.*`, `plugin.*` and `group.*`, which
  // planChecks() knows about.
  static Properties load(const ConfigInput& input, Mistakes& mistakes);

  // The value of a key with its references replaced, from the strongest layer or its built-in default. Nothing when no layer has it, or
  // when it can't be replaced (then there is a mistake). Where `database.url` isn't given but `mysql.password` is, it is made of the
  // mysql.* keys.
  [[nodiscard]] std::optional<PropertyValue> value(const std::string& key, Mistakes& mistakes) const;

  // Whether a layer above the built-in defaults has it.
  [[nodiscard]] bool given(const std::string& key) const;

  // What the layers above the defaults say, as written, by key.
  [[nodiscard]] const std::map<std::string, Property>& properties() const { return properties_; }

  // Whether every file that is there could be read; of one that couldn't there is a mistake.
  [[nodiscard]] bool allRead() const { return all_read_; }

  // "dev" for core.settings.dev; empty while settings_module is missing or invalid.
  [[nodiscard]] const std::string& profile() const { return profile_; }

 private:
  std::map<std::string, Property> properties_;
  std::map<std::string, std::string> environment_;
  std::string profile_;
  bool all_read_ = true;
};

// The files that a configuration is read from, whether they are there or not: the main file, drop-ins, overlays and what NAME_FILE names;
// and the folder of the drop-ins.
std::vector<std::filesystem::path> configFiles(const ConfigInput& input);

// The value that the file holds which a variable (NAME_FILE) names, without its last line's end; nothing, and a mistake of the variable's,
// when it can't be read.
std::optional<std::string> valueFromFile(const std::string& variable, const std::string& file, Mistakes& mistakes);

// How a mistake about this property begins.
std::string placeOf(const Property& property);

// The last part of a dotted module path (core.settings.dev -> dev); empty when it is none.
std::string profileOf(const std::string& settings_module);

}  // namespace pulsewatch
