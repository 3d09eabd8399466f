#include "support/json_lines.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Parser.h>
#include <Poco/RegularExpression.h>
#include <Poco/UTF8Encoding.h>

#include <set>
#include <utility>

namespace pulsewatch::testing {
namespace {

// Poco's parser takes any bytes inside a string.
bool isUtf8(const std::string& text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = at + text.size();
  while (at != end) {
    int length = 1;
    if (*at >= 0xf0)
      length = 4;
    else if (*at >= 0xe0)
      length = 3;
    else if (*at >= 0x80)
      length = 2;
    if (end - at < length || (length > 1 && !Poco::UTF8Encoding::isLegal(at, length))) return false;
    at += length;
  }
  return true;
}

bool hasControlCharacter(const std::string& text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20) return true;
  return false;
}

}  // namespace

JsonLine::JsonLine(std::string text, std::size_t number) : line_(std::move(text)), number_(number) {
  static const std::set<std::string> levels{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};
  static const Poco::RegularExpression timestamp(R"(^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$)");
  require(isUtf8(line_), "is not UTF-8");
  require(!hasControlCharacter(line_), "has a control character that is not escaped");
  try {
    object_ = parseJsonObject(line_);
  } catch (const JsonLineError& e) {
    require(false, e.what());
  }
  require(timestamp.match(this->text("timestamp")), "has no timestamp of the form 2025-10-31T10:30:00.123456Z");
  require(levels.count(this->text("level")) != 0, "has no known level");
  require(this->text("logger").compare(0, 10, "pulsewatch") == 0, "has no logger of pulsewatch's");
  require(!this->text("message").empty(), "has no message");
  require(!this->text("event").empty(), "has no event");
}

void JsonLine::require(bool fine, const std::string& what) const {
  if (!fine) throw JsonLineError("line " + std::to_string(number_) + " of the log " + what + ": " + line_);
}

std::string JsonLine::text(const std::string& field) const {
  if (!has(field)) return {};
  const Poco::Dynamic::Var value = object_->get(field);
  require(value.isString(), "has a " + field + " that is no string");
  return value.extract<std::string>();
}

std::int64_t JsonLine::integer(const std::string& field) const {
  const Poco::Dynamic::Var value = object_->get(field);
  require(!value.isEmpty() && value.isInteger(), "has no integer " + field);
  return value.convert<Poco::Int64>();
}

double JsonLine::number(const std::string& field) const {
  const Poco::Dynamic::Var value = object_->get(field);
  require(!value.isEmpty() && value.isNumeric(), "has no number " + field);
  return value.convert<double>();
}

JsonLines parseJsonLines(const std::string& log, bool still_growing) {
  JsonLines lines;
  std::size_t begin = 0;
  while (begin < log.size()) {
    const std::size_t end = log.find('\n', begin);
    if (end == std::string::npos) {
      if (still_growing) break;
      throw JsonLineError("the log's last line has no end: " + log.substr(begin));
    }
    lines.emplace_back(log.substr(begin, end - begin), lines.size() + 1);
    begin = end + 1;
  }
  return lines;
}

Poco::JSON::Object::Ptr parseJsonObject(const std::string& text) {
  try {
    Poco::JSON::Parser parser;
    const Poco::Dynamic::Var value = parser.parse(text);
    if (value.type() == typeid(Poco::JSON::Object::Ptr)) return value.extract<Poco::JSON::Object::Ptr>();
  } catch (const Poco::Exception& e) {
    throw JsonLineError("is not JSON (" + e.displayText() + "): " + text);
  }
  throw JsonLineError("is not a JSON object: " + text);
}

JsonLines linesWhere(const JsonLines& lines, const std::function<bool(const JsonLine&)>& wanted) {
  JsonLines found;
  for (const JsonLine& line : lines)
    if (wanted(line)) found.push_back(line);
  return found;
}

JsonLines linesOfEvent(const JsonLines& lines, const std::string& event) {
  return linesWhere(lines, [&event](const JsonLine& line) { return line.text("event") == event; });
}

}  // namespace pulsewatch::testing
