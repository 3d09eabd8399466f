// What several answers have in them. Pure.
#pragma once

#include "base/clock.h"
#include "base/json_writer.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch {

inline void writeTime(JsonWriter& json, std::optional<WallTime> time) {
  if (time)
    json.text(timestamp(*time));
  else
    json.null();
}

inline void writeList(JsonWriter& json, std::string_view key, const std::vector<std::string>& entries) {
  json.key(key).beginArray();
  for (const std::string& entry : entries) json.text(entry);
  json.endArray();
}

}  // namespace pulsewatch
