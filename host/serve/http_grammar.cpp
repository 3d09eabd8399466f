#include "serve/http_grammar.h"

#include <algorithm>

namespace pulsewatch {

namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

int hexValue(char c) {
  if (isDigit(c)) return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

bool sameLetters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view withoutOws(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::string_view> nextElement(std::optional<std::string_view>& list) {
  if (!list) return {};
  const std::size_t comma = list->find(',');
  const std::string_view element = list->substr(0, comma);
  if (comma == std::string_view::npos)
    list.reset();
  else
    list->remove_prefix(comma + 1);
  return withoutOws(element);
}

std::optional<HttpField> parseField(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !isToken(line.substr(0, colon))) return {};
  return HttpField{line.substr(0, colon), withoutOws(line.substr(colon + 1))};
}

}  // namespace pulsewatch
