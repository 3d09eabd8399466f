#include "serve/request_line.h"

#include "serve/allowed_hosts.h"
#include "serve/http_grammar.h"

#include <string>

namespace pulsewatch {

namespace {

bool isVersion(std::string_view text) {
  return text.size() == 8 && text.substr(0, 5) == "HTTP/" && isDigit(text[5]) && text[6] == '.' && isDigit(text[7]);
}

// Visible ASCII that is the same to all who read it: some take \ for /, cut at #, or end a line or a text at what is decoded.
RequestFault characterFault(std::string_view target) {
  for (std::size_t i = 0; i < target.size(); ++i) {
    const char c = target[i];
    if (c <= ' ' || c > '~') return {400, "the target has a byte that is no visible ASCII character"};
    if (c == '#' || c == '\\') return {400, "the target has a # or a backslash"};
    if (c != '%') continue;
    const int high = i + 2 < target.size() ? hexValue(target[i + 1]) : -1;
    const int low = i + 2 < target.size() ? hexValue(target[i + 2]) : -1;
    if (high < 0 || low < 0) return {400, "the target has a % without two hex digits"};
    const int byte = high * 16 + low;
    if (byte == '\0' || byte == '\r' || byte == '\n') return {400, "the target has an encoded NUL, CR or LF"};
  }
  return {};
}

// Of a URL of http or https; empty for anything else.
std::string_view authorityOf(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!sameWord(target.substr(0, scheme.size()), scheme)) continue;
    const std::string_view rest = target.substr(scheme.size());
    return rest.substr(0, rest.find_first_of("/?"));
  }
  return {};
}

}  // namespace

RequestFault readRequestLine(std::string_view line, HttpRequest& request, std::string_view& authority) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return {400, "the request line has no method, target and version"};
  const std::string_view method = line.substr(0, first);
  if (!isToken(method)) return {400, "the method is no word"};
  request.method = method;
  request.target = line.substr(first + 1, last - first - 1);
  if (request.target.empty()) return {400, "the target is missing"};
  if (const RequestFault fault = characterFault(request.target)) return fault;
  const std::string_view version = line.substr(last + 1);
  if (!isVersion(version)) return {400, "the version is not HTTP/ with two digits and a point between"};
  request.version = version;
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return {505, "the version is neither HTTP/1.1 nor HTTP/1.0"};
  if (method == "CONNECT") return {501, "CONNECT is for proxies, and this is none"};
  if (request.target.front() == '/') return {};
  if (request.target == "*") return method == "OPTIONS" ? RequestFault{} : RequestFault{400, "the target * is of OPTIONS alone"};
  authority = authorityOf(request.target);
  if (authority.empty()) return {400, "the target is neither a path nor a URL of http or https"};
  if (hostOf(std::string(authority)).empty()) return {400, "the target's URL has no plain host, with or without a port"};
  return {};
}

}  // namespace pulsewatch
