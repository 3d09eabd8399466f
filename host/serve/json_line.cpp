#include "serve/json_line.h"

#include "base/json_writer.h"

namespace pulsewatch {

namespace {

void writeValue(JsonWriter& json, const LogValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    json.text(*text);
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    json.integer(*integer);
  } else if (const auto* number = std::get_if<double>(&value)) {
    json.rounded(*number);
  } else if (const auto* map = std::get_if<std::map<std::string, std::string>>(&value)) {
    json.beginObject();
    for (const auto& [key, entry] : *map) json.field(key, entry);
    json.endObject();
  }
}

}  // namespace

std::string jsonLine(const LogRecord& record, WallTime time) {
  JsonWriter json;
  json.beginObject();
  json.field("timestamp", timestamp(time));
  json.field("level", name(record.level));
  json.field("logger", record.logger);
  json.field("message", record.message);
  json.field("event", record.event);
  for (const auto& [key, value] : record.fields) writeValue(json.key(key), value);
  json.endObject();
  return json.take() + "\n";
}

}  // namespace pulsewatch
