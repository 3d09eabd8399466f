#include "serve/request_parser.h"

#include "serve/accepted_codings.h"
#include "serve/allowed_hosts.h"
#include "serve/http_grammar.h"
#include "serve/request_line.h"

#include <algorithm>
#include <optional>

namespace pulsewatch {

namespace {

// The line that a text begins with, taken off it with its CRLF. A CR stands nowhere else.
std::string_view nextLine(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\r'));
  text.remove_prefix(std::min(line.size() + 2, text.size()));
  return line;
}

class HeadReader {
 public:
  HeadReader(std::uint64_t body_limit, ParsedHead& out) : body_limit_(body_limit), out_(out), request_(out.request) {}

  RequestFault read(std::string_view head) {
    std::string_view authority;
    if (const RequestFault fault = readRequestLine(nextLine(head), request_, authority)) return fault;
    for (std::string_view line = nextLine(head); !line.empty(); line = nextLine(head)) {
      const std::optional<HttpField> field = parseField(line);
      if (!field) return {400, "a line is no field"};
      if (const RequestFault fault = take(*field)) return fault;
    }
    if (!request_.has_host && isNew()) return {400, "HTTP/1.1 needs a Host field"};
    if (!authority.empty()) {  // what the Host field says doesn't count then (RFC 9112, 3.2.2)
      request_.host = authority;
      request_.has_host = true;
    }
    request_.accepts_gzip = codings_.gzip();
    out_.keep_alive = !close_ && (isNew() || keep_alive_);
    return frame();
  }

 private:
  [[nodiscard]] bool isNew() const { return request_.version == "HTTP/1.1"; }

  RequestFault take(const HttpField& field) {
    const auto [name, value] = field;
    if (sameWord(name, "Host")) return takeHost(value);
    if (sameWord(name, "Content-Length")) return takeLength(value);
    if (sameWord(name, "Transfer-Encoding")) return takeCodings(value);
    if (sameWord(name, "Authorization")) return takeAuthorization(value);
    if (sameWord(name, "Connection"))
      takeConnection(value);
    else if (sameWord(name, "Expect"))
      takeExpectation(value);
    else if (sameWord(name, "Accept-Encoding"))
      codings_.add(value);
    else if (sameWord(name, "X-Forwarded-For"))
      takeForwardedFor(value);
    else if (sameWord(name, "X-Forwarded-Proto"))
      request_.forwarded_proto = forwarded_protos_++ == 0 ? value : std::string_view();
    else if (sameWord(name, "X-Request-ID"))
      request_.request_id = request_ids_++ == 0 ? value : std::string_view();
    return {};
  }

  RequestFault takeHost(std::string_view value) {
    if (request_.has_host) return {400, "there are several Host fields"};
    request_.has_host = true;
    request_.host = value;
    if (hostOf(std::string(value)).empty()) return {400, "the Host field is no host with or without a port"};
    return {};
  }

  RequestFault takeLength(std::string_view value) {
    if (length_) return {400, "there are several Content-Length fields"};
    length_ = value;
    const bool digits = !value.empty() && std::all_of(value.begin(), value.end(), isDigit);
    if (!digits || (value.size() > 1 && value[0] == '0')) return {400, "Content-Length is no plain number"};
    return {};
  }

  // All fields are one list.
  RequestFault takeCodings(std::string_view value) {
    coded_ = true;
    std::optional<std::string_view> list = value;
    while (const std::optional<std::string_view> element = nextElement(list)) {
      const std::string_view coding = withoutOws(element->substr(0, element->find(';')));
      if (!isToken(coding) || element->find('"') != std::string_view::npos) return {400, "Transfer-Encoding is no list of codings"};
      if (chunked_) return {400, "Transfer-Encoding goes on after chunked"};
      chunked_ = sameWord(coding, "chunked");
      if (chunked_ && coding.size() != element->size()) return {400, "chunked has no parameters"};
      unknown_coding_ = unknown_coding_ || !chunked_;
    }
    return {};
  }

  RequestFault takeAuthorization(std::string_view value) {
    if (authorized_) return {400, "there are several Authorization fields"};
    authorized_ = true;
    request_.authorization = value;
    return {};
  }

  void takeConnection(std::string_view value) {
    std::optional<std::string_view> list = value;
    while (const std::optional<std::string_view> option = nextElement(list)) {
      close_ = close_ || sameWord(*option, "close");
      keep_alive_ = keep_alive_ || sameWord(*option, "keep-alive");
    }
  }

  void takeExpectation(std::string_view value) {
    if (sameWord(value, "100-continue"))
      expects_continue_ = true;
    else
      unknown_expectation_ = true;
  }

  void takeForwardedFor(std::string_view value) {
    if (forwarded_fors_++ == 0) {
      request_.forwarded_for = value;
      return;
    }
    if (out_.forwarded_for.empty()) out_.forwarded_for = request_.forwarded_for;
    out_.forwarded_for.append(",").append(value);
    request_.forwarded_for = out_.forwarded_for;
  }

  RequestFault frame() {
    if (coded_ && length_) return {400, "there are Content-Length and Transfer-Encoding"};
    if (coded_ && !isNew()) return {400, "HTTP/1.0 has no Transfer-Encoding"};
    if (coded_ && !chunked_) return {400, "Transfer-Encoding doesn't end with chunked"};
    if (unknown_coding_) return {501, "of transfer codings only chunked is known"};
    if (length_ && exceeds(*length_)) return {413, "the body is too large"};
    if (unknown_expectation_) return {417, "of expectations only 100-continue is known"};
    if (coded_) out_.framing.kind = BodyFraming::Kind::chunked;
    if (out_.framing.length > 0) out_.framing.kind = BodyFraming::Kind::length;
    out_.expects_continue = expects_continue_ && isNew() && out_.framing.kind != BodyFraming::Kind::none;
    return {};
  }

  // Of digits; the number is kept.
  bool exceeds(std::string_view length) {
    std::uint64_t& number = out_.framing.length;
    for (const char c : length) {
      const auto digit = static_cast<std::uint64_t>(c - '0');
      if (number > body_limit_ / 10 || number * 10 > body_limit_ - digit || digit > body_limit_) return true;
      number = number * 10 + digit;
    }
    return false;
  }

  const std::uint64_t body_limit_;
  ParsedHead& out_;
  HttpRequest& request_;
  AcceptedCodings codings_;
  std::optional<std::string_view> length_;
  bool coded_ = false;
  bool chunked_ = false;
  bool unknown_coding_ = false;
  bool authorized_ = false;
  bool close_ = false;
  bool keep_alive_ = false;
  bool expects_continue_ = false;
  bool unknown_expectation_ = false;
  int forwarded_fors_ = 0;
  int forwarded_protos_ = 0;
  int request_ids_ = 0;
};

}  // namespace

RequestFault parseHead(std::string_view head, std::uint64_t body_limit, ParsedHead& out) {
  out.request = {};
  out.framing = {};
  out.keep_alive = false;
  out.expects_continue = false;
  out.forwarded_for.clear();
  return HeadReader(body_limit, out).read(head);
}

}  // namespace pulsewatch
