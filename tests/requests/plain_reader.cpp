#include "requests/plain_reader.h"

#include <algorithm>
#include <cctype>
#include <regex>
#include <vector>

namespace pulsewatch::testing {

namespace {

using Values = std::vector<std::string>;

Values linesOf(const std::string& text) {
  Values lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find("\r\n", at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 2;
  }
  return lines;
}

std::string small(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Of all fields of that name.
Values valuesOf(const Values& lines, const std::string& name) {
  Values values;
  for (const std::string& line : lines) {
    if (small(line.substr(0, line.find(':'))) != name) continue;
    std::string value = line.substr(name.size() + 1);
    value.erase(0, std::min(value.find_first_not_of(" \t"), value.size()));
    value.erase(value.find_last_not_of(" \t") + 1);
    values.push_back(value);
  }
  return values;
}

std::string faultOf(const std::string& line, const Values& fields) {
  static const std::regex request_line("[!#$%&'*+.^_`|~0-9A-Za-z-]+ [!-~]+ HTTP/1\\.[01]");
  static const std::regex field("[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\\x01-\\x08\\x0A-\\x1F\\x7F]*");
  if (!std::regex_match(line, request_line)) return "its line is [" + line + "]";
  for (const std::string& text : fields) {
    if (text.find('\0') != std::string::npos || !std::regex_match(text, field)) return "a field is [" + text + "]";
  }
  const bool old = line.back() == '0';
  const std::size_t hosts = valuesOf(fields, "host").size();
  const Values lengths = valuesOf(fields, "content-length");
  const Values codings = valuesOf(fields, "transfer-encoding");
  if (hosts > 1 || (hosts == 0 && !old)) return "it has " + std::to_string(hosts) + " hosts";
  if (lengths.size() + codings.size() > 1) return "it says twice where it ends";
  if (!lengths.empty() && !std::regex_match(lengths[0], std::regex("0|[1-9][0-9]*"))) return "its length is [" + lengths[0] + "]";
  if (!codings.empty() && (old || small(codings[0]) != "chunked")) return "its coding is [" + codings[0] + "]";
  return "";
}

void readChunks(const std::string& text, PlainRequest& request) {
  while (true) {
    const std::size_t line_end = text.find("\r\n", request.size);
    const std::size_t size = std::stoull(text.substr(request.size, line_end - request.size), nullptr, 16);
    request.size = line_end + 2;
    if (size == 0) break;
    request.content += text.substr(request.size, size);
    request.size += size + 2;
    if (text.substr(request.size - 2, 2) != "\r\n") request.fault = "a chunk has another size";
  }
  // Trailers, and the empty line.
  const std::size_t end = text.compare(request.size, 2, "\r\n") == 0 ? request.size : text.find("\r\n\r\n", request.size) + 2;
  const Values trailers = linesOf(text.substr(request.size, end - request.size));
  for (const char* name : {"content-length", "transfer-encoding", "host"}) {
    if (!valuesOf(trailers, name).empty()) request.fault = std::string("a trailer is ") + name;
  }
  request.size = end + 2;
}

}  // namespace

PlainRequest plainRequest(std::string_view bytes) {
  const std::string text(bytes);
  PlainRequest request;
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos) {
    request.fault = "it has no end";
    return request;
  }
  request.head = end + 4;
  request.size = request.head;
  Values fields = linesOf(text.substr(0, end));
  const std::string line = fields.front();
  fields.erase(fields.begin());
  request.fault = faultOf(line, fields);
  if (!request.fault.empty()) return request;
  const Values lengths = valuesOf(fields, "content-length");
  if (!lengths.empty()) {
    request.content = text.substr(request.head, std::stoull(lengths[0]));
    request.size += std::stoull(lengths[0]);
  } else if (!valuesOf(fields, "transfer-encoding").empty()) {
    readChunks(text, request);
  }
  return request;
}

}  // namespace pulsewatch::testing
