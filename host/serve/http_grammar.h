// The words of HTTP's grammar (RFC 9110, 5.5 and 5.6), without its leniencies. Pure; any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace pulsewatch {

using CharacterSet = std::array<bool, 256>;

inline constexpr CharacterSet kTokenCharacters = [] {
  CharacterSet all{};
  for (unsigned char c = '0'; c <= '9'; ++c) all[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) all[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) all[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) all[static_cast<unsigned char>(c)] = true;
  return all;
}();

inline constexpr CharacterSet kTextCharacters = [] {
  CharacterSet all{};
  for (std::size_t c = ' '; c < all.size(); ++c) all[c] = c != 0x7F;
  all['\t'] = true;
  return all;
}();

// Of a method, a field's name.
inline bool isTokenCharacter(char c) { return kTokenCharacters[static_cast<unsigned char>(c)]; }
inline bool isToken(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), isTokenCharacter); }

// Of a line: a tab, a space, what is visible, and the bytes from 0x80 that fields may have.
inline bool isTextCharacter(char c) { return kTextCharacters[static_cast<unsigned char>(c)]; }

inline bool isDigit(char c) { return c >= '0' && c <= '9'; }
// The value of a hex digit; -1 for what is none.
int hexValue(char c);

// The same but for the case of ASCII letters; the texts are of one length.
bool sameLetters(std::string_view a, std::string_view b);
inline bool sameWord(std::string_view a, std::string_view b) { return a.size() == b.size() && sameLetters(a, b); }

// Without the spaces and tabs around it (optional white space, RFC 9110, 5.6.3).
std::string_view withoutOws(std::string_view text);

// Takes the next element, without those, off a list with commas; none after the last. "" has one, an empty one.
std::optional<std::string_view> nextElement(std::optional<std::string_view>& list);

struct HttpField {
  std::string_view name;
  std::string_view value;  // trimmed
};

// Of a line without its CRLF, all whose bytes are text; none when there is no name with a colon right after it.
std::optional<HttpField> parseField(std::string_view line);

}  // namespace pulsewatch
