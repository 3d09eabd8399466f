// The parts of a file's path and name. Pure; any thread.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace pulsewatch::migrations {

inline std::string_view fileName(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// "" for a path without a slash.
inline std::string_view directoryOf(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

inline bool startsWith(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

inline bool endsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

inline bool isDigit(char c) { return c >= '0' && c <= '9'; }

// The digits at the front.
inline std::string_view leadingDigits(std::string_view text) {
  const auto* const end = std::find_if_not(text.begin(), text.end(), isDigit);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

// A number of any length, so that numbers compare as they should: shorter ones first, no leading zeros.
struct Number {
  std::string digits;  // "0" for none

  explicit Number(std::string_view text) : digits(text.substr(std::min(text.find_first_not_of('0'), text.size()))) {
    if (digits.empty()) digits.assign(1, '0');
  }
  friend bool operator==(const Number& a, const Number& b) { return a.digits == b.digits; }
  friend bool operator<(const Number& a, const Number& b) {
    return a.digits.size() != b.digits.size() ? a.digits.size() < b.digits.size() : a.digits < b.digits;
  }
};

}  // namespace pulsewatch::migrations
