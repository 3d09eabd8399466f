// Every key of the host's own, as data: its name, the specification's variable for it, its type and built-in default. What a check or a
// plugin is given (`check.<name>.…`, `plugin.<name>.…`) has a fixed part here too, as has a group of checks; a check's settings are its
// plugin's to declare. Immutable; any thread.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch {

// Where pulsewatchctl looks for the daemon, too.
inline constexpr std::string_view kDefaultControlSocket = "/run/pulsewatch/control.sock";

enum class KeyType { text, secret, url, integer, number, boolean, duration, size, list, choice };

struct KeyDescription {
  std::string_view key;            // "http.port"; of a check or plugin only what follows its name: "interval"
  std::string_view variable = {};  // the specification's, "" for none (then PULSEWATCH_HTTP_PORT)
  KeyType type = KeyType::text;
  std::string_view default_value = {};  // as written in a file; see has_default
  bool has_default = false;
  bool secret = false;            // never shown, never taken from -D
  bool acted_on = true;           // false: accepted, validated, but nothing happens yet; said at start when given
  std::string_view choices = {};  // "json|text"; of a URL its schemes, "" for any
  std::int64_t least = 0;         // integer, duration (ms), size (bytes)
  std::int64_t most = 0;
  std::string_view advice = {};  // what to do when a value doesn't fit: "write a port, or 0 to pick a free one"; "": by the type
};

std::span<const KeyDescription> hostKeys();    // whole keys
std::span<const KeyDescription> checkKeys();   // check.<name>.<key>
std::span<const KeyDescription> pluginKeys();  // plugin.<name>.<key>
std::span<const KeyDescription> groupKeys();   // group.<name>.<key>

const KeyDescription* findHostKey(std::string_view key);
const KeyDescription* findKey(std::span<const KeyDescription> keys, std::string_view key);
// The host key that a variable sets ("LOG_LEVEL", "PULSEWATCH_HTTP_PORT"); null for any other name.
const KeyDescription* findByVariable(std::string_view variable);
// The variable that sets a host key: the specification's, or PULSEWATCH_ and the key in capitals with underscores.
std::string variableOf(const KeyDescription& key);

std::vector<std::string> keyNames(std::span<const KeyDescription> keys);

}  // namespace pulsewatch
