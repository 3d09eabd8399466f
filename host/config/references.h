// Replaces the references of one value: ${name} (a property, or one of the specification's variables), ${env.NAME}, $$. Borrows the layers;
// made for one value, by one thread. Bounded in depth, number and size, so that no file can make it run long. How it fails: a mistake for
// each reference that can't be replaced, at the property that has it.
#pragma once
#include "config/mistakes.h"
#include "config/properties.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch {

class References {
 public:
  References(const std::map<std::string, Property>& properties, const std::map<std::string, std::string>& environment, Mistakes& mistakes)
      : properties_(properties), environment_(environment), mistakes_(mistakes) {}

  // As Properties::value().
  std::optional<PropertyValue> value(const std::string& key);

 private:
  [[nodiscard]] std::optional<Property> find(const std::string& key) const;
  std::optional<PropertyValue> expand(const Property& property);
  std::optional<PropertyValue> replacement(const Property& user, const std::string& name);
  std::optional<PropertyValue> composedDatabaseUrl();
  std::optional<PropertyValue> mysqlPart(const std::string& key, PropertyValue& whole);
  bool enter(const Property& property);
  void reportUndefined(const Property& user, const std::string& name);

  const std::map<std::string, Property>& properties_;
  const std::map<std::string, std::string>& environment_;
  Mistakes& mistakes_;
  std::vector<std::string> chain_;  // the keys being replaced, outermost first
  std::size_t replaced_ = 0;
  bool given_up_ = false;
};

}  // namespace pulsewatch
