#include "serve/body_reader.h"

#include "serve/http_grammar.h"

#include <algorithm>
#include <array>
#include <optional>

namespace pulsewatch {

namespace {

constexpr std::size_t kMostDigits = 16;  // of a size: what 64 bits hold

// Fields that say where a request ends, whom it is for, who sends it or how it is to be read: too late in a trailer (RFC 9110, 6.5.1).
constexpr std::array<std::string_view, 28> kNotInTrailers = {"Authorization",
                                                             "Cache-Control",
                                                             "Connection",
                                                             "Content-Encoding",
                                                             "Content-Length",
                                                             "Content-Range",
                                                             "Content-Type",
                                                             "Cookie",
                                                             "Expect",
                                                             "Forwarded",
                                                             "Host",
                                                             "If-Match",
                                                             "If-None-Match",
                                                             "If-Range",
                                                             "Keep-Alive",
                                                             "Max-Forwards",
                                                             "Proxy-Connection",
                                                             "Range",
                                                             "TE",
                                                             "Trailer",
                                                             "Transfer-Encoding",
                                                             "Upgrade",
                                                             "Proxy-Authorization",
                                                             "If-Modified-Since",
                                                             "X-Forwarded-For",
                                                             "X-Request-ID",
                                                             "X-Forwarded-Proto",
                                                             "If-Unmodified-Since"};

bool allowedInTrailers(std::string_view name) {
  return std::none_of(kNotInTrailers.begin(), kNotInTrailers.end(), [name](std::string_view other) { return sameWord(name, other); });
}

void skipBlanks(std::string_view& text) { text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size())); }

bool skipCharacter(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool skipToken(std::string_view& text) {
  const std::string_view before = text;
  while (!text.empty() && isTokenCharacter(text.front())) text.remove_prefix(1);
  return text.size() < before.size();
}

// After its first quote.
bool skipQuoted(std::string_view& text) {
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return true;
    if (c != '\\') continue;
    if (text.empty()) return false;
    text.remove_prefix(1);
  }
  return false;
}

// ;name, ;name=token and ;name="quoted", with blanks around each of these characters, as many as there are.
bool areExtensions(std::string_view text) {
  while (!text.empty()) {
    skipBlanks(text);
    if (!skipCharacter(text, ';')) return false;
    skipBlanks(text);
    if (!skipToken(text)) return false;
    std::string_view value = text;
    skipBlanks(value);
    if (!skipCharacter(value, '=')) continue;
    skipBlanks(value);
    if (!(skipCharacter(value, '"') ? skipQuoted(value) : skipToken(value))) return false;
    text = value;
  }
  return true;
}

}  // namespace

BodyReader::BodyReader(const BodyFraming& framing, std::uint64_t limit, Content content) : limit_(limit), keeps_(content == Content::kept) {
  if (framing.kind == BodyFraming::Kind::chunked) part_ = Part::size;
  if (framing.kind != BodyFraming::Kind::length || framing.length == 0) return;
  part_ = Part::plain;
  left_ = framing.length;
  if (left_ > limit_) refuse(413, "the body is too large");
}

std::size_t BodyReader::take(std::string_view bytes) {
  std::string_view rest = bytes;
  while (!rest.empty() && part_ != Part::none && !fault_) step(rest);
  return bytes.size() - rest.size();
}

void BodyReader::step(std::string_view& rest) {
  if (part_ == Part::plain || part_ == Part::data) {
    takeContent(rest);
    return;
  }
  if (!takeLine(rest)) return;
  if (part_ == Part::size)
    endSizeLine();
  else if (part_ == Part::trailer)
    endTrailerLine();
  else
    part_ = Part::size;
  line_.clear();
}

void BodyReader::takeContent(std::string_view& rest) {
  const std::string_view piece = rest.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), left_)));
  if (keeps_) content_.append(piece);
  size_ += piece.size();
  rest.remove_prefix(piece.size());
  left_ -= piece.size();
  if (left_ == 0) part_ = part_ == Part::plain ? Part::none : Part::data_end;
}

// True when line_ is whole, its CRLF taken.
bool BodyReader::takeLine(std::string_view& rest) {
  while (!rest.empty()) {
    const char c = rest.front();
    if (after_cr_ && c != '\n') {
      refuse(400, "a CR stands without LF");
      return false;
    }
    if (!after_cr_ && c != '\r') {
      if (!isTextCharacter(c))
        refuse(400, c == '\n' ? "a LF stands without CR" : "a control character stands between chunks");
      else if (line_.size() >= mostOfLine())
        refuseLongLine();
      if (fault_) return false;
      line_ += c;
    }
    rest.remove_prefix(1);
    const bool ended = after_cr_;
    after_cr_ = c == '\r';
    if (ended) return true;
  }
  return false;
}

std::size_t BodyReader::mostOfLine() const {
  if (part_ == Part::size) return kMostSizeLine;
  return part_ == Part::trailer ? kMostTrailerBytes - trailer_bytes_ : 0;
}

void BodyReader::refuseLongLine() {
  if (part_ == Part::size)
    refuse(400, "a chunk's size line is too long");
  else if (part_ == Part::trailer)
    refuse(431, "the trailer section is too long");
  else
    refuse(400, "a chunk is longer than its size");
}

void BodyReader::endSizeLine() {
  std::uint64_t size = 0;
  std::size_t digits = 0;
  for (; digits < line_.size() && hexValue(line_[digits]) >= 0; ++digits) {
    if (digits == kMostDigits) return refuse(400, "a chunk's size has too many digits");
    size = size * 16 + static_cast<std::uint64_t>(hexValue(line_[digits]));
  }
  if (digits == 0) return refuse(400, "a chunk's size is no hex number");
  const std::string_view extensions = std::string_view(line_).substr(digits);
  if (!areExtensions(extensions)) return refuse(400, "a chunk's size is followed by what is no extension");
  extension_bytes_ += extensions.size();
  if (extension_bytes_ > kMostExtensionBytes) return refuse(400, "the chunks' extensions are too long");
  if (size > limit_ - size_) return refuse(413, "the body is too large");
  left_ = size;
  part_ = size == 0 ? Part::trailer : Part::data;
}

void BodyReader::endTrailerLine() {
  if (line_.empty()) {
    part_ = Part::none;
    return;
  }
  const std::optional<HttpField> field = parseField(line_);
  if (!field) return refuse(400, "a line of the trailer section is no field");
  if (!allowedInTrailers(field->name)) return refuse(400, "a field is not allowed in a trailer section");
  if (++trailer_fields_ > kMostTrailerFields) return refuse(431, "there are too many trailer fields");
  trailer_bytes_ += std::min(line_.size() + 2, kMostTrailerBytes - trailer_bytes_);
}

}  // namespace pulsewatch
