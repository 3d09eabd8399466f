#include "requests/plain_reader.h"

#include <algorithm>
#include <cctype>
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

const std::string word = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool consistsOf(const std::string& text, const std::string& characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string::npos;
}

bool isControl(unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7F; }

std::string lineFault(const std::string& line) {
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first + 1);
  if (first == std::string::npos || second == std::string::npos) return "its line has no three parts";
  if (!consistsOf(line.substr(0, first), word)) return "its method is no word";
  const std::string target = line.substr(first + 1, second - first - 1);
  const bool visible = std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (target.empty() || !visible) return "its target is [" + target + "]";
  const std::string version = line.substr(second + 1);
  return version == "HTTP/1.1" || version == "HTTP/1.0" ? "" : "its version is [" + version + "]";
}

std::string faultOf(const std::string& line, const Values& fields) {
  if (const std::string fault = lineFault(line); !fault.empty()) return fault;
  for (const std::string& field : fields) {
    const std::size_t colon = field.find(':');
    if (colon == std::string::npos || !consistsOf(field.substr(0, colon), word)) return "a field is [" + field + "]";
    if (std::any_of(field.begin(), field.end(), isControl)) return "a field has a control character";
  }
  const bool old = line.back() == '0';
  const std::size_t hosts = valuesOf(fields, "host").size();
  const Values lengths = valuesOf(fields, "content-length");
  const Values codings = valuesOf(fields, "transfer-encoding");
  if (hosts > 1 || (hosts == 0 && !old)) return "it has " + std::to_string(hosts) + " hosts";
  if (lengths.size() + codings.size() > 1) return "it says twice where it ends";
  if (!lengths.empty() && !consistsOf(lengths[0], "0123456789")) return "its length is [" + lengths[0] + "]";
  if (!lengths.empty() && std::to_string(std::stoull(lengths[0])) != lengths[0]) return "its length is [" + lengths[0] + "]";
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
