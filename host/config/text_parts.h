// The little that every reader of the configuration does to text, in ASCII whatever the locale. Pure; any thread.
#pragma once
#include <algorithm>
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
