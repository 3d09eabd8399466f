// The words of HTTP's grammar (RFC 9110, 5.5 and 5.6), without its leniencies. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

namespace pulsewatch {

// Of a method, a field's name.
bool isTokenCharacter(char c);
bool isToken(std::string_view text);

// Of a line: a tab, a space, what is visible, and the bytes from 0x80 that fields may have.
bool isTextCharacter(char c);

bool isDigit(char c);
// The value of a hex digit; -1 for what is none.
int hexValue(char c);

// The same word, whatever the case of its ASCII letters.
bool sameWord(std::string_view a, std::string_view b);

// Without the spaces and tabs around it.
std::string_view trimmed(std::string_view text);

// Takes the next element, trimmed, off a list with commas; none after the last. "" has one, an empty one.
std::optional<std::string_view> nextElement(std::optional<std::string_view>& list);

struct HttpField {
  std::string_view name;
  std::string_view value;  // trimmed
};

// Of a line without its CRLF, all whose bytes are text; none when there is no name with a colon right after it.
std::optional<HttpField> parseField(std::string_view line);

}  // namespace pulsewatch
