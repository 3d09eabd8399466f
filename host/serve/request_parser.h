// From bytes to a request, by RFC 9110 and 9112 without their leniencies: what two readers could take differently is refused. The framing
// of the body is decided here alone, so that no byte of one request is ever taken for the next. Pure.
//
// Refused is, each with what its fault says (HeadScan's and BodyReader's faults stand with them):
//   400  whatever is malformed, sent twice but meant once, or says two things: Content-Length with Transfer-Encoding, an unfinished
//   `chunked` 413  Content-Length above the limit 417  an Expect that isn't 100-continue 501  CONNECT, which no resource here has, and
//   transfer codings but `chunked` 505  versions but 1.0 and 1.1
// A request that says nothing of a body has none, whatever its method (RFC 9112, 6.3): there is no 411. Other methods are the service's
// to refuse.
//
// Neither Boost.Beast's parser nor http-parser is behind it: what they leave to be checked around them is nearly all of this.
#pragma once

#include "serve/body_reader.h"
#include "serve/head_scan.h"
#include "serve/http_message.h"
#include "serve/request_fault.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace pulsewatch {

// Stays where it is: the request has views of it.
struct ParsedHead {
  ParsedHead() = default;
  ParsedHead(const ParsedHead&) = delete;
  ParsedHead& operator=(const ParsedHead&) = delete;
  ~ParsedHead() = default;

  HttpRequest request;  // what the head says; views of its bytes, and of forwarded_for
  BodyFraming framing;
  bool keep_alive = false;        // what version and Connection say
  bool expects_continue = false;  // the client waits for 100 Continue before it sends the body
  std::string forwarded_for;      // where the field was sent more than once
};

// `head` is one complete head that HeadScan found no fault in. `out` is begun anew, and valid when there is no fault; with one it has as
// much of the request as could be read, for the log. request.host is the authority of the target where that is a URL. X-Request-ID and
// X-Forwarded-Proto that are sent more than once count as not sent: nobody can say which was meant.
RequestFault parseHead(std::string_view head, std::uint64_t body_limit, ParsedHead& out);

}  // namespace pulsewatch
