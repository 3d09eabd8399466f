#include "serve/head_scan.h"

#include "serve/http_grammar.h"

#include <algorithm>

namespace pulsewatch {

namespace {

constexpr char kTlsHandshake = 0x16;

bool isOfThreeParts(std::string_view line) {
  return std::count(line.begin(), line.end(), ' ') == 2 && line.substr(line.rfind(' ')).rfind(" HTTP/", 0) == 0;
}

}  // namespace

std::size_t HeadScan::refuse(int status, std::string_view why) {
  fault_ = {status, why};
  return 0;
}

std::size_t HeadScan::end(std::string_view bytes) {
  const std::size_t size = std::min(bytes.size(), kMostBytes);
  while (at_ < size && !ended_ && !fault_) {
    if (after_cr_) {
      endLine(bytes.substr(begin_, at_ - begin_), bytes[at_]);
    } else if (at_ == begin_ && (bytes[at_] != '\r' || lines_ == 0)) {
      beginLine(bytes[at_]);
    } else {
      while (at_ < size && isTextCharacter(bytes[at_])) ++at_;
      if (at_ < size) endText(bytes[at_]);
    }
  }
  if (fault_) return 0;
  if (ended_) return begin_;
  if (at_ < kMostBytes) return 0;
  return lines_ == 0 ? refuse(414, "the request line is too long") : refuse(431, "the head is too long");
}

void HeadScan::beginLine(char c) {
  if (lines_ == 0) {
    if (c == kTlsHandshake)
      refuse(400, "TLS came to a port of plain HTTP");
    else if (!isTokenCharacter(c))
      refuse(400, "the first byte begins no method");
  } else if (c == ' ' || c == '\t') {
    refuse(400, "a field goes on in a further line");
  } else if (!isTokenCharacter(c)) {
    refuse(400, "a line is no field");
  } else if (lines_ > kMostFields) {
    refuse(431, "there are too many fields");
  }
  ++at_;
}

void HeadScan::endText(char c) {
  if (c != '\r') refuse(400, c == '\n' ? "a LF stands without CR" : "a control character stands in the head");
  after_cr_ = true;
  ++at_;
}

// With its CR.
void HeadScan::endLine(std::string_view line, char c) {
  if (c != '\n')
    refuse(400, "a CR stands without LF");
  else if (lines_ == 0 && !isOfThreeParts(line))  // now already: HTTP/0.9 and other protocols send nothing more
    refuse(400, "the request line is not a method, a target and HTTP's version with one space between them");
  after_cr_ = false;
  ended_ = line.size() == 1;
  ++lines_;
  begin_ = ++at_;
}

}  // namespace pulsewatch
