// Reads host keys by their schema, and adds a mistake for each that doesn't fit; it then gives nothing, 0 or "". One thread.
#pragma once
#include "config/host_config.h"
#include "config/mistakes.h"
#include "config/properties.h"
#include "config/schema.h"
#include "config/typed_value.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch {

class KeyReader {
 public:
  // Both must outlive it.
  KeyReader(const Properties& properties, Mistakes& mistakes) : properties_(properties), mistakes_(mistakes) {}

  [[nodiscard]] const Properties& properties() const { return properties_; }
  [[nodiscard]] Mistakes& mistakes() const { return mistakes_; }

  std::optional<PropertyValue> value(std::string_view key) { return properties_.value(std::string(key), mistakes_); }
  // Nothing where it is empty, too.
  std::optional<PropertyValue> filled(std::string_view key);
  std::optional<TypedValue> read(std::string_view key);
  bool flag(std::string_view key);
  std::int64_t integer(std::string_view key);
  std::chrono::milliseconds duration(std::string_view key) { return std::chrono::milliseconds(integer(key)); }
  std::string text(std::string_view key);
  // The file that a key names; a relative path begins at the working directory.
  ConfiguredFile file(std::string_view key);
  // "" after a mistake.
  std::string absolutePath(const PropertyValue& path);
  // Each entry must be without fault; `faultOf` gives a sentence's end, "" for none.
  template <class Fault>
  std::vector<std::string> list(std::string_view key, Fault faultOf) {
    const auto given = value(key);
    const auto typed = given ? typedValue(*findHostKey(key), *given, mistakes_) : std::nullopt;
    if (!typed) return {};
    for (const std::string& entry : typed->list) reject(*given, entry, faultOf(entry));
    return typed->list;
  }
  void reject(const PropertyValue& value, const std::string& part, const std::string& fault);

 private:
  const Properties& properties_;
  Mistakes& mistakes_;
};

// Of UTF-8.
std::size_t characters(const std::string& text);

}  // namespace pulsewatch
