// The little that every reader of the configuration does to text, in ASCII whatever the locale. Pure; any thread.
#pragma once
#include <pulsewatch/setting_value.h>  // lowerCase(), alternatives()

#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch {

inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\f\v";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// "a, b or c".
inline std::string joinedWords(const std::vector<std::string>& words, std::string_view last = " or ") {
  std::string joined;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) joined += i + 1 == words.size() ? last : std::string_view(", ");
    joined += words[i];
  }
  return joined;
}

}  // namespace pulsewatch
