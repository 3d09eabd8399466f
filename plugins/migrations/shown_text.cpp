#include "migrations/shown_text.h"

#include <pulsewatch/utf8.h>

#include <algorithm>

namespace pulsewatch::migrations {

std::string shown(std::string_view text) {
  constexpr std::size_t longest = 100;
  std::string clean;
  for (std::string_view left = text; !left.empty();) {
    const std::size_t length = utf8Length(left);
    const bool fine = length > 1 || (length == 1 && static_cast<unsigned char>(left[0]) >= ' ' && left[0] != '\x7f');
    clean += fine ? left.substr(0, length) : std::string_view("?");
    left.remove_prefix(std::max<std::size_t>(length, 1));
  }
  if (clean.size() <= longest) return clean;
  std::size_t from = clean.size() - longest;
  while (from < clean.size() && (static_cast<unsigned char>(clean[from]) & 0xC0U) == 0x80U) ++from;
  return "…" + clean.substr(from);
}

}  // namespace pulsewatch::migrations
