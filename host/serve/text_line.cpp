#include "serve/text_line.h"

#include "base/json_writer.h"
#include "base/text.h"

#include <algorithm>

namespace pulsewatch {

namespace {

constexpr std::size_t kLevelWidth = 8;  // CRITICAL
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

std::string_view colourOf(LogLevel level) {
  constexpr std::string_view kColours[kLogLevels] = {"\x1b[2m", "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[1;31m"};
  return kColours[static_cast<std::size_t>(level) - 1];
}

bool isWordCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

// Whether `message` has `value` with no word going on before or behind it.
bool says(std::string_view message, std::string_view value) {
  for (std::size_t at = message.find(value); at != std::string_view::npos; at = message.find(value, at + 1)) {
    const std::size_t end = at + value.size();
    if ((at == 0 || !isWordCharacter(message[at - 1])) && (end == message.size() || !isWordCharacter(message[end]))) return true;
  }
  return false;
}

// As it is when it is one plain word, else in quotes.
std::string shownWord(std::string_view text) {
  const std::string visible = visibleText(text);
  if (!visible.empty() && visible.find_first_of(" \"=") == std::string::npos) return visible;
  std::string quoted = "\"";
  for (const char c : visible) {
    if (c == '"') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string shownValue(const LogValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return shownWord(*text);
  if (const auto* number = std::get_if<double>(&value)) return JsonWriter().rounded(*number).take();
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  std::string entries;
  for (const auto& [key, entry] : std::get<std::map<std::string, std::string>>(value))
    entries += (entries.empty() ? "" : ",") + shownWord(key) + ":" + shownWord(entry);
  return entries;
}

// A text of several lines, below the line of its record.
std::string block(std::string_view key, std::string_view text) {
  std::string lines = "    " + visibleText(key) + ":\n";
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines += "      " + visibleText(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string line(const LogRecord& record, WallTime time, bool coloured) {
  const auto painted = [coloured](std::string_view colour, const std::string& text) {
    return coloured ? std::string(colour) + text + std::string(kPlain) : text;
  };
  std::string level(name(record.level));
  level.resize(kLevelWidth, ' ');
  std::string text = painted(kDim, timestamp(time)) + ' ' + painted(colourOf(record.level), level) + ' ' +
                     painted(kDim, visibleText(record.logger) + ':') + ' ' + visibleText(record.message);
  std::string blocks;
  std::string fields;
  for (const auto& [key, value] : record.fields) {
    const auto* words = std::get_if<std::string>(&value);
    if (words != nullptr && (words->empty() || says(record.message, *words))) continue;
    if (words != nullptr && words->find('\n') != std::string::npos)
      blocks += block(key, *words);
    else
      fields += ' ' + visibleText(key) + '=' + shownValue(value);
  }
  if (!fields.empty()) text += painted(kDim, ' ' + fields);
  return text + '\n' + blocks;
}

}  // namespace

std::string textLine(const LogRecord& record, WallTime time) { return line(record, time, false); }

std::string colouredTextLine(const LogRecord& record, WallTime time) { return line(record, time, true); }

}  // namespace pulsewatch
