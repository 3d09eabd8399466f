// A connection URL, taken apart strictly: scheme://[user[:password]@]host[:port][/path][?key=value&…], as RFC 3986 has it, with
// percent-escapes decoded in user, password, path and query. The host part may be empty (unix:///run/redis.sock?db=1) or an IPv6
// address in brackets. Pure; any thread. The errors never quote the URL: it may hold a password.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulsewatch {

// A host as it stands before a port: an IPv6 address in brackets, anything else as it is.
inline std::string bracketed(const std::string& host) { return host.find(':') == std::string::npos ? host : "[" + host + "]"; }

// db:3306, [::1]:3306
inline std::string hostAndPort(const std::string& host, std::uint16_t port) { return bracketed(host) + ":" + std::to_string(port); }

struct ServiceUrl {
  std::string scheme;  // lower case
  std::string user;
  std::optional<std::string> password;
  std::string host;                                        // without brackets
  std::uint16_t port = 0;                                  // 0: none given
  std::string path;                                        // with its leading slash, or empty
  std::vector<std::pair<std::string, std::string>> query;  // in order, decoded

  // The last value of a query key; none when it isn't there.
  [[nodiscard]] std::optional<std::string> option(std::string_view key) const {
    std::optional<std::string> found;
    for (const auto& [name, value] : query)
      if (name == key) found = value;
    return found;
  }

  // Throws std::invalid_argument with a sentence's end that fits behind "is not a valid URL: ".
  static ServiceUrl parse(std::string_view text);
};

namespace detail {

inline int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

inline std::string percentDecoded(std::string_view text, const char* part) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hexDigit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0) throw std::invalid_argument(std::string("a % in its ") + part + " is not followed by two hex digits");
    const char byte = static_cast<char>(high * 16 + low);
    if (byte == '\0') throw std::invalid_argument(std::string("its ") + part + " has a %00");
    decoded += byte;
    i += 2;
  }
  return decoded;
}

inline std::uint16_t urlPort(std::string_view text) {
  unsigned port = 0;
  if (text.empty() || text.size() > 5) throw std::invalid_argument("its port is not a number from 1 to 65535");
  for (const char c : text) {
    if (c < '0' || c > '9') throw std::invalid_argument("its port is not a number from 1 to 65535");
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  if (port == 0 || port > 65535) throw std::invalid_argument("its port is not a number from 1 to 65535");
  return static_cast<std::uint16_t>(port);
}

// host[:port] or [v6]:port
inline void parseAuthority(std::string_view text, ServiceUrl& url) {
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) throw std::invalid_argument("the [ of its IPv6 address is not closed");
    url.host = std::string(text.substr(1, close - 1));
    if (url.host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string::npos || url.host.find(':') == std::string::npos)
      throw std::invalid_argument("what stands in [ ] is not an IPv6 address");
    text.remove_prefix(close + 1);
    if (text.empty()) return;
    if (text.front() != ':') throw std::invalid_argument("something other than a port follows its IPv6 address");
    url.port = urlPort(text.substr(1));
    return;
  }
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    if (text.find(':', colon + 1) != std::string_view::npos)
      throw std::invalid_argument("its host has several colons: an IPv6 address goes in [ ], a @ or / of a password is written %40 or %2F");
    url.port = urlPort(text.substr(colon + 1));
    text = text.substr(0, colon);
  }
  url.host = percentDecoded(text, "host");
  for (const char c : url.host) {
    const bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
    if (!fine) throw std::invalid_argument("its host has a character that no host name has");
  }
}

inline void parseQuery(std::string_view text, ServiceUrl& url) {
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) throw std::invalid_argument("its query is not made of key=value");
    url.query.emplace_back(percentDecoded(pair.substr(0, equals), "query"), percentDecoded(pair.substr(equals + 1), "query"));
  }
}

}  // namespace detail

inline ServiceUrl ServiceUrl::parse(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) throw std::invalid_argument("it has a space or a control character");
  }
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) throw std::invalid_argument("it does not begin with scheme://");
  ServiceUrl url;
  for (const char c : text.substr(0, colon)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool later = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    if (!letter && (url.scheme.empty() || !later)) throw std::invalid_argument("it does not begin with scheme://");
    url.scheme += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  text.remove_prefix(colon + 3);
  if (text.find('#') != std::string_view::npos) throw std::invalid_argument("it has a #, which is written %23 in a URL");

  const std::size_t question = text.find('?');
  if (question != std::string_view::npos) detail::parseQuery(text.substr(question + 1), url);
  text = text.substr(0, question);
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) url.path = detail::percentDecoded(text.substr(slash), "path");
  text = text.substr(0, slash);

  const std::size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view credentials = text.substr(0, at);
    const std::size_t separator = credentials.find(':');
    url.user = detail::percentDecoded(credentials.substr(0, separator), "user");
    if (separator != std::string_view::npos) url.password = detail::percentDecoded(credentials.substr(separator + 1), "password");
    text.remove_prefix(at + 1);
  }
  detail::parseAuthority(text, url);
  return url;
}

}  // namespace pulsewatch
