#include "base/text.h"

namespace pulsewatch {

namespace {

// The length of the valid UTF-8 character at the front of `text`, or 0.
std::size_t characterLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xC2 && lead <= 0xDF ? 2 : lead >= 0xE0 && lead <= 0xEF ? 3 : lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool bad = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
                   (lead == 0xF4 && second > 0x8F);
  return bad ? 0 : length;
}

// How much of the first `most` bytes there is without a character that goes on behind them.
std::size_t wholeCharacters(std::string_view text, std::size_t most) {
  std::size_t end = most;
  while (end > 0 && most - end < 3 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80 ? most : end;
}

}  // namespace

std::string repairedUtf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = characterLength(text);
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

}  // namespace pulsewatch
