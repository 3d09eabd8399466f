#include "config/mistakes.h"

#include "base/text.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::size_t kMostShownCharacters = 60;
constexpr std::size_t kMostLineBytes = 2000;

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

void appendHex(std::string& out, char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(byte);
  out += "\\x";
  out += kDigits[value >> 4U];
  out += kDigits[value & 15U];
}

// Also the C1 controls and Unicode's line separators: some terminals and log viewers act on them.
std::string visible(std::string_view valid_utf8) {
  std::string shown;
  for (std::size_t i = 0; i < valid_utf8.size(); ++i) {
    const char c = valid_utf8[i];
    const auto next = [&](std::size_t ahead) {
      return i + ahead < valid_utf8.size() ? static_cast<unsigned char>(valid_utf8[i + ahead]) : std::uint8_t{0};
    };
    const auto byte = static_cast<unsigned char>(c);
    const bool c1 = byte == 0xC2 && next(1) < 0xA0;
    const bool separator = byte == 0xE2 && next(1) == 0x80 && (next(2) == 0xA8 || next(2) == 0xA9);
    if (byte < 0x20 || byte == 0x7F) {
      appendHex(shown, c);
    } else if (c1 || separator) {
      const std::size_t length = c1 ? 2 : 3;
      for (const char part : valid_utf8.substr(i, length)) appendHex(shown, part);
      i += length - 1;
    } else {
      shown += c;
    }
  }
  return shown;
}

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
  std::string line = cleanText(visible(repairedUtf8(where + ": " + sentence)), kMostLineBytes);
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
  return '"' + visible(std::string_view(valid).substr(0, end)) + (end < valid.size() ? "…\"" : "\"");
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
