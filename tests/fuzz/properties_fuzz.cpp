// Any bytes as a .properties file: its parser, then the references in its values and their types.
#include "base/text.h"
#include "config/property_file.h"
#include "config/references.h"
#include "config/schema.h"
#include "config/text_parts.h"
#include "config/typed_value.h"
#include "fuzz/need.h"

#include <algorithm>
#include <map>
#include <set>

namespace pulsewatch::fuzzing {
namespace {

constexpr std::size_t kMostKeys = 8;  // whose references are replaced
constexpr std::size_t kMostValueBytes = 2 * 1024 * 1024;

std::size_t linesOf(const std::string& text) { return 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); }

// The line in "f:12" or "f:12: …"; 0 when there is none.
std::size_t lineIn(const std::string& place) {
  std::size_t line = 0;
  if (place.rfind("f:", 0) != 0) return 0;
  for (std::size_t i = 2; i < place.size() && place[i] != ':'; ++i) {
    if (place[i] < '0' || place[i] > '9') return 0;
    line = line * 10 + static_cast<std::size_t>(place[i] - '0');
  }
  return line;
}

void checkProperty(const Property& property, std::size_t lines) {
  const std::size_t line = lineIn(property.origin);
  need(line >= 1 && line <= lines, "its line is one of the file's", property.origin);
  need(!property.key.empty(), "it has a key", property.origin);
  need(property.key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == std::string::npos,
       "the key is made of a key's characters", property.key);
  need(trimmed(property.value) == property.value, "the value is trimmed", property.value);
  need(property.value.find_first_of(std::string("\n\r\0", 3)) == std::string::npos, "the value is one line of text", property.value);
  need(repairedUtf8(property.value) == property.value, "the value is UTF-8", property.value);
  need(!property.literal && !property.unreadable, "it is a file's", property.key);
}

void checkMistake(const std::string& mistake, std::size_t lines) {
  const std::size_t line = lineIn(mistake);
  need(line >= 1 && line <= lines, "its line is one of the file's", mistake);
  need(mistake.find(';') != std::string::npos, "it says what to do", mistake);
  need(mistake.find_first_of("\n\r\x1b") == std::string::npos, "it is one line", mistake);
  need(repairedUtf8(mistake) == mistake, "it is UTF-8", mistake);
  need(!shows(mistake), "it does not repeat a value", mistake);
}

// What was read, written down, is read as the same.
void checkRoundTrip(const std::vector<Property>& properties) {
  std::string rendered;
  for (const Property& property : properties) rendered += property.key + " = " + property.value + "\n";
  Mistakes mistakes;
  const std::vector<Property> again = parsePropertyText(rendered, "f", mistakes);
  need(mistakes.empty(), "what was read has no mistakes", mistakes.empty() ? "" : mistakes.lines().front());
  need(again.size() == properties.size(), "as many are read again", rendered);
  for (std::size_t i = 0; i < again.size(); ++i)
    need(again[i].key == properties[i].key && again[i].value == properties[i].value, "the same is read again", properties[i].key);
}

void parse(const std::string& text) {
  Mistakes mistakes;
  const std::vector<char> bytes = exact(text);
  const std::vector<Property> properties = parsePropertyText({bytes.data(), bytes.size()}, "f", mistakes);
  const std::size_t lines = linesOf(text);
  std::set<std::string> keys;
  std::size_t before = 0;
  for (const Property& property : properties) {
    checkProperty(property, lines);
    need(keys.insert(property.key).second, "each key is there once", property.key);
    need(lineIn(property.origin) > before, "in the file's order", property.origin);
    before = lineIn(property.origin);
  }
  for (const std::string& mistake : mistakes.lines()) checkMistake(mistake, lines);
  need(properties.size() + mistakes.lines().size() <= lines, "a line is a property or a mistake", text);
  checkRoundTrip(properties);
}

// Here the secret comes from elsewhere: a variable, a secret key, a password in a URL.
void replace(std::string text) {
  std::erase(text, kSecretCharacter);
  Mistakes mistakes;
  std::map<std::string, Property> properties;
  for (const Property& property : parsePropertyText(text, "f", mistakes)) properties.emplace(property.key, property);
  const auto given = [&](const std::string& key, const std::string& value) {
    properties.insert_or_assign(key, Property{.key = key, .value = value, .origin = "VARIABLE", .literal = true});
  };
  given("secret_key", secret);
  given("redis.url", "redis://user:" + secret + "@h/0");
  given("mysql.password", secret);
  const std::map<std::string, std::string> environment{{"A", secret}, {"B", "b"}};

  std::size_t left = kMostKeys;
  std::vector<std::string> keys{"database.url"};
  for (const auto& [key, property] : properties) {
    if (left-- == 0) break;
    keys.push_back(key);
  }
  for (const std::string& key : keys) {
    const auto value = References(properties, environment, mistakes).value(key);
    if (!value) continue;
    need(value->text.size() <= kMostValueBytes, "a value is bounded", key);
    need(!shows(value->shown), "what is shown has no secret", value->shown);
    need(value->secret || !shows(value->text), "a value with a secret in it is one", key);
    const KeyDescription* description = findHostKey(key);
    if (description != nullptr) typedValue(*description, *value, mistakes);
  }
  for (const std::string& mistake : mistakes.lines()) {
    need(!shows(mistake), "a mistake has no secret", mistake);
    need(mistake.find_first_of("\n\r\x1b") == std::string::npos, "a mistake is one line", mistake);
  }
}

}  // namespace
}  // namespace pulsewatch::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pulsewatch::fuzzing::parse(pulsewatch::fuzzing::planted(data, size));
  pulsewatch::fuzzing::replace({reinterpret_cast<const char*>(data), size});
  return 0;
}
