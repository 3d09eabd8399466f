#include "base/text.h"

#include <pulsewatch/utf8.h>

namespace pulsewatch {

namespace {

// How much of the first `most` bytes there is without a character that goes on behind them.
std::size_t wholeCharacters(std::string_view text, std::size_t most) {
  std::size_t end = most;
  while (end > 0 && most - end < 3 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80 ? most : end;
}

void appendHex(std::string& out, char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(byte);
  out += "\\x";
  out += kDigits[value >> 4U];
  out += kDigits[value & 15U];
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
  const std::string valid_utf8 = repairedUtf8(text);
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
      for (const char part : std::string_view(valid_utf8).substr(i, length)) appendHex(shown, part);
      i += length - 1;
    } else {
      shown += c;
    }
  }
  return shown;
}

}  // namespace pulsewatch
