#include "base/text.h"

#include <pulsewatch/utf8.h>

#include <cstdint>

namespace pulsewatch {

namespace {

// How much of the first `most` bytes there is without a character that goes on behind them.
std::size_t wholeCharacters(std::string_view text, std::size_t most) {
  std::size_t end = most;
  while (end > 0 && most - end < 3 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80 ? most : end;
}

void appendHex(std::string& out, std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    out += "\\x";
    out += kDigits[value >> 4U];
    out += kDigits[value & 15U];
  }
}

// The length of the character at the front of `valid_utf8` when terminals or log viewers may act on it, or 0.
std::size_t controlLength(std::string_view valid_utf8) {
  const auto byte = [&](std::size_t i) { return i < valid_utf8.size() ? static_cast<unsigned char>(valid_utf8[i]) : std::uint8_t{0}; };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
  if (byte(0) == 0xC2 && byte(1) < 0xA0) return 2;  // C1
  if (byte(0) != 0xE2) return 0;
  const bool separator_or_override = byte(1) == 0x80 && byte(2) >= 0xA8 && byte(2) <= 0xAE;  // U+2028 to U+202E
  const bool isolate = byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9;                // U+2066 to U+2069
  return separator_or_override || isolate ? 3 : 0;
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
  const std::string valid = repairedUtf8(text);
  std::string shown;
  shown.reserve(valid.size());
  for (std::size_t i = 0; i < valid.size();) {
    const std::string_view rest = std::string_view(valid).substr(i);
    const std::size_t length = controlLength(rest);
    if (length > 0)
      appendHex(shown, rest.substr(0, length));
    else
      shown += rest.front();
    i += length > 0 ? length : 1;
  }
  return shown;
}

}  // namespace pulsewatch
