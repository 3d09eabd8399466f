// Values as a configuration writes them. The host and testing.h read with these same functions. Each takes the trimmed text and gives
// nothing when it doesn't fit exactly; none throws. Pure; any thread.
#pragma once

#include <pulsewatch/abi.h>
#include <pulsewatch/service_url.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace pulsewatch {

// In ASCII, whatever the locale.
inline std::string lowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

// "a|b|c" taken apart; nothing for "".
inline std::vector<std::string> alternatives(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t bar = text.find('|');
    words.emplace_back(text.substr(0, bar));
    text = bar == std::string_view::npos ? std::string_view() : text.substr(bar + 1);
  }
  return words;
}

namespace detail {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Digits and one of the units, not above `most`.
inline std::optional<std::uint64_t> parseScaled(std::string_view text, const std::array<Unit, 4>& units, std::uint64_t most) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : units) {
    if (unit.name != text) continue;
    if (count > most / unit.factor) return std::nullopt;
    return count * unit.factor;
  }
  return std::nullopt;
}

template <class Value>
std::optional<Value> parseWhole(std::string_view text) {
  Value value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace detail

// 250ms, 10s, 2m, 1h: a whole number and a unit, nothing between; 0 needs a unit too. Overflow gives nothing.
inline std::optional<std::chrono::milliseconds> parseDuration(std::string_view text) {
  constexpr std::array<detail::Unit, 4> kUnits{{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
  const auto count = detail::parseScaled(text, kUnits, std::numeric_limits<std::int64_t>::max());
  if (!count) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*count));
}

// true/false/1/0/yes/no/on/off in any case.
inline std::optional<bool> parseBoolean(std::string_view text) {
  const std::string word = lowerCase(text);
  for (const std::string_view yes : {"true", "1", "yes", "on"}) {
    if (word == yes) return true;
  }
  for (const std::string_view no : {"false", "0", "no", "off"}) {
    if (word == no) return false;
  }
  return std::nullopt;
}

// A decimal integer, with an optional minus, nothing else.
inline std::optional<std::int64_t> parseInteger(std::string_view text) { return detail::parseWhole<std::int64_t>(text); }

// A finite decimal number in the C locale.
inline std::optional<double> parseNumber(std::string_view text) {
  const auto number = detail::parseWhole<double>(text);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

// The word of "a|b|c" that `text` is, in any case.
inline std::optional<std::string> parseChoice(std::string_view choices, std::string_view text) {
  for (const std::string& word : alternatives(choices)) {
    if (lowerCase(word) == lowerCase(text)) return word;
  }
  return std::nullopt;
}

// A setting's value as pw_host.setting_text, setting_integer and setting_number give it.
struct TypedSetting {
  std::int32_t type = PW_SETTING_TEXT;
  std::string text;          // a choice as it is declared, all else as it is written
  std::int64_t integer = 0;  // integer, boolean (0, 1), duration (ms)
  double number = 0;         // number, integer
};

inline std::optional<TypedSetting> typedSetting(const pw_setting& setting, const std::string& text) {
  const std::string_view choices = setting.choices == nullptr ? std::string_view() : std::string_view(setting.choices);
  TypedSetting typed{setting.type, text, 0, 0};
  const auto whole = [&](const auto& parsed) {
    if (parsed) typed.integer = static_cast<std::int64_t>(*parsed);
    typed.number = static_cast<double>(typed.integer);
    return parsed.has_value();
  };
  bool fits = true;
  if (setting.type == PW_SETTING_INTEGER) fits = whole(parseInteger(text));
  if (setting.type == PW_SETTING_BOOLEAN) fits = whole(parseBoolean(text));
  if (setting.type == PW_SETTING_DURATION) {
    const auto duration = parseDuration(text);
    fits = whole(duration ? std::optional(duration->count()) : std::nullopt);
  }
  if (setting.type == PW_SETTING_NUMBER) {
    const auto number = parseNumber(text);
    fits = number.has_value();
    typed.number = number.value_or(0);
  }
  if (setting.type == PW_SETTING_ENUM) {
    const auto word = parseChoice(choices, text);
    fits = word.has_value();
    typed.text = word.value_or("");
  }
  if (setting.type == PW_SETTING_URL) {
    try {
      const std::vector<std::string> schemes = alternatives(choices);
      const std::string scheme = ServiceUrl::parse(text).scheme;
      fits = schemes.empty() || std::find(schemes.begin(), schemes.end(), scheme) != schemes.end();
    } catch (const std::invalid_argument&) {
      fits = false;
    }
  }
  return fits ? std::optional(typed) : std::nullopt;
}

// What a value of the setting has to be, for a sentence: "a duration (250ms, 10s, 2m, 1h)".
inline std::string settingTypeWords(const pw_setting& setting) {
  const std::string choices = setting.choices == nullptr ? "" : setting.choices;
  switch (setting.type) {
    case PW_SETTING_URL:
      return choices.empty() ? "a URL" : "a URL of scheme " + choices;
    case PW_SETTING_INTEGER:
      return "a whole number";
    case PW_SETTING_NUMBER:
      return "a finite decimal number";
    case PW_SETTING_BOOLEAN:
      return "true or false";
    case PW_SETTING_DURATION:
      return "a duration (250ms, 10s, 2m, 1h)";
    case PW_SETTING_ENUM:
      return "one of " + choices;
    default:
      return "text";
  }
}

}  // namespace pulsewatch
