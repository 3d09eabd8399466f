#include "config/mistakes.h"

#include "base/text.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::size_t kMostShownCharacters = 60;
constexpr std::size_t kMostLineBytes = 2000;

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

void Mistakes::add(const std::string& where, const std::string& sentence) {
  std::string line = cleanText(visibleText(repairedUtf8(where + ": " + sentence)), kMostLineBytes);
  if (known_.insert(line).second) lines_.push_back(std::move(line));
}

std::string quoted(const std::string& value) {
  const std::string valid = repairedUtf8(std::string_view(value).substr(0, kMostShownCharacters * 4 + 4));
  std::size_t end = 0;
  std::size_t characters = 0;
  while (end < valid.size() && (continues(valid[end]) || characters < kMostShownCharacters)) {
    if (!continues(valid[end])) ++characters;
    ++end;
  }
  return '"' + visibleText(std::string_view(valid).substr(0, end)) + (end < valid.size() ? "…\"" : "\"");
}

std::string nearest(const std::string& word, const std::vector<std::string>& known) {
  std::size_t best = std::max<std::size_t>(2, word.size() / 3) + 1;
  std::string found;
  for (const std::string& candidate : known) {
    const std::size_t longer = std::max(word.size(), candidate.size());
    const std::size_t shorter = std::min(word.size(), candidate.size());
    if (longer - shorter >= best) continue;
    const std::size_t between = distance(word, candidate);
    if (between >= best || between >= shorter) continue;  // words that have nothing in common aren't near, however short
    best = between;
    found = candidate;
  }
  return found;
}

}  // namespace pulsewatch
