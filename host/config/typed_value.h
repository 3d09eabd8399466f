// A value of the configuration read as its key's type. The mistake when it doesn't fit says what the key takes, and quotes the value unless
// that may hold a secret. Pure but for the mistakes it adds; one thread.
#pragma once
#include "config/mistakes.h"
#include "config/properties.h"
#include "config/schema.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pulsewatch {

// A value that fits its description.
struct TypedValue {
  std::string text;          // as written; a choice as the description spells it
  std::int64_t integer = 0;  // integer, boolean (0, 1), duration (ms), size (bytes)
  double number = 0;         // number, integer
  std::vector<std::string> list;
};

// The value as a mistake may show it: quoted, or "its value" when it holds a secret, or looks like a URL with credentials that went to the
// wrong key. Of a list's value `part` is shown.
std::string shownValue(const PropertyValue& value);
std::string shownValue(const PropertyValue& value, const std::string& part);

// Nothing, and a mistake, when it doesn't fit.
std::optional<TypedValue> typedValue(const KeyDescription& key, const PropertyValue& value, Mistakes& mistakes);

}  // namespace pulsewatch
