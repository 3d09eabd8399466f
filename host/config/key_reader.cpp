#include "config/key_reader.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace pulsewatch {

std::optional<PropertyValue> KeyReader::filled(std::string_view key) {
  auto given = value(key);
  return given && !given->text.empty() ? given : std::nullopt;
}

std::optional<TypedValue> KeyReader::read(std::string_view key) {
  const auto given = value(key);
  return given ? typedValue(*findHostKey(key), *given, mistakes_) : std::nullopt;
}

bool KeyReader::flag(std::string_view key) {
  const auto typed = read(key);
  return typed && typed->integer != 0;
}

std::int64_t KeyReader::integer(std::string_view key) {
  const auto typed = read(key);
  return typed ? typed->integer : 0;
}

std::string KeyReader::text(std::string_view key) {
  const auto typed = read(key);
  return typed ? typed->text : std::string();
}

ConfiguredFile KeyReader::file(std::string_view key) {
  const auto path = filled(key);
  if (!path) return {};
  return {absolutePath(*path), path->where, shownValue(*path)};
}

std::string KeyReader::absolutePath(const PropertyValue& path) {
  std::error_code error;
  const std::string absolute = std::filesystem::absolute(path.text, error).string();
  if (error) reject(path, path.text, "is relative to a working directory that is gone; write an absolute path");
  return error ? std::string() : absolute;
}

void KeyReader::reject(const PropertyValue& value, const std::string& part, const std::string& fault) {
  if (!fault.empty()) mistakes_.add(value.where, shownValue(value, part) + " " + fault);
}

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace pulsewatch
