// From bytes to a request, by RFC 9110 and 9112 without their leniencies: what two readers could take differently is refused. The framing
// of the body is decided here alone, so that no byte of one request is ever taken for the next. Pure; each object one thread.
#pragma once

#include "serve/http_message.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pulsewatch {

// Why a request is refused; the connection is closed after the answer. status 0: it isn't.
struct RequestFault {
  int status = 0;        // 400, 411, 413, 414, 417, 431, 501, 505
  std::string_view why;  // a literal, for people
  explicit operator bool() const { return status != 0; }
};

// Looks for a head's end in what has come so far.
class HeadScan {
 public:
  static constexpr std::size_t kMostBytes = 8192;  // of a head: request line, fields and the empty line
  static constexpr std::size_t kMostFields = 64;

  // `bytes` begin with the request's first byte and have what an earlier call had, and more. Each byte is looked at once. The head's length
  // with its empty line; 0 while there is no end of it, or after a fault.
  std::size_t end(std::string_view bytes);
  [[nodiscard]] const RequestFault& fault() const { return fault_; }

 private:
  // …
  RequestFault fault_;
};

// How a body ends.
struct BodyFraming {
  enum class Kind { none, length, chunked } kind = Kind::none;
  std::uint64_t length = 0;  // of Kind::length; never 0
};

struct ParsedHead {
  HttpRequest request;  // what the head says; views of its bytes, and of forwarded_for
  BodyFraming framing;
  bool keep_alive = false;        // what version and Connection say
  bool expects_continue = false;  // the client waits for 100 Continue before it sends the body
  std::string forwarded_for;      // where the field was sent more than once
};

// `head` is one complete head. `out` is valid when there is no fault; with one it has as much of the request as could be read, for the log.
RequestFault parseHead(std::string_view head, std::uint64_t body_limit, ParsedHead& out);

// Reads a body as it comes.
class BodyReader {
 public:
  BodyReader(const BodyFraming& framing, std::uint64_t limit);
  // How many of these bytes were the body's; each is taken once. What of it is content is appended to content().
  std::size_t take(std::string_view bytes);
  [[nodiscard]] bool complete() const;
  [[nodiscard]] const RequestFault& fault() const { return fault_; }
  [[nodiscard]] const std::string& content() const { return content_; }

 private:
  // …
  RequestFault fault_;
  std::string content_;
};

}  // namespace pulsewatch
