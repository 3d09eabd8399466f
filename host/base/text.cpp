#include "base/text.h"

#include <pulsewatch/utf8.h>

#include <algorithm>

namespace pulsewatch {

namespace {

// How much of the first `most` bytes there is without a character that goes on behind them.
std::size_t wholeCharacters(std::string_view text, std::size_t most) {
  std::size_t end = most;
  while (end > 0 && most - end < 3 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80 ? most : end;
}

// The character that the first `length` bytes are; `text` is valid.
char32_t codePoint(std::string_view text, std::size_t length) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (length == 1) return byte(0);
  char32_t point = byte(0) & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) point = point << 6U | (byte(i) & 0x3FU);
  return point;
}

// Some terminals and log viewers act on the C1 controls and on Unicode's line separators; who reads a mistake sees nothing of the others.
bool isUnseen(char32_t point) {
  const auto within = [&](char32_t first, char32_t last) { return point >= first && point <= last; };
  return point < 0x20 || within(0x7F, 0xA0) || point == 0xAD || within(0x200B, 0x200F) || within(0x2028, 0x202E) ||
         within(0x2060, 0x206F) || point == 0xFEFF;
}

}  // namespace

std::string repairedUtf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8Length(text);
    if (length == 0) {
      repaired += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    } else {
      repaired += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return repaired;
}

std::string cleanText(std::string_view text, std::size_t most) {
  // Cut before the repair, so that ten megabytes cost no more than what is kept, and not inside a character.
  const std::size_t cut = text.size() > most ? wholeCharacters(text, most) : text.size();
  std::string clean = repairedUtf8(text.substr(0, cut));
  if (cut == text.size() && clean.size() <= most) return clean;
  if (clean.size() > most) clean.resize(wholeCharacters(clean, most));  // the repair may have lengthened it
  return clean + "…";
}

std::string visibleText(std::string_view text) {
  const std::string repaired = repairedUtf8(text);
  std::string_view valid_utf8 = repaired;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string shown;
  while (!valid_utf8.empty()) {
    const std::size_t length = std::max<std::size_t>(1, utf8Length(valid_utf8));
    const std::string_view character = valid_utf8.substr(0, length);
    valid_utf8.remove_prefix(length);
    if (!isUnseen(codePoint(character, length))) {
      shown += character;
      continue;
    }
    for (const char part : character) {
      const auto byte = static_cast<unsigned char>(part);
      shown += "\\x";
      shown += kDigits[byte >> 4U];
      shown += kDigits[byte & 15U];
    }
  }
  return shown;
}

}  // namespace pulsewatch
