// Requests that two readers would end at different bytes: what the second one would take for a request is never answered.
#include "requests/request.h"

namespace pulsewatch::testing {
namespace {

using namespace std::string_literals;

const std::string hidden = "GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string chunked = "Transfer-Encoding: chunked\r\n";
const std::string length = "Content-Length: " + std::to_string(hidden.size()) + "\r\n";
const std::string no_chunks = "0\r\n\r\n";

Request get(const std::string& name, const std::string& fields, const std::string& after = hidden, int status = 400) {
  Request row = withFields("smuggling, " + name, fields, status);
  row.bytes += after;
  return row;
}

Request post(const std::string& name, const std::string& fields, const std::string& after, int status = 400) {
  return withBody("smuggling, " + name, fields, after, status);
}

}  // namespace

Requests smugglingRows() {
  return {
      // Content-Length against Transfer-Encoding.
      post("CL then TE", length + chunked, no_chunks + hidden),
      post("TE then CL", chunked + length, no_chunks + hidden),
      post("CL 0 and TE", "Content-Length: 0\r\n" + chunked, no_chunks + hidden),
      post("CL 6 and TE", "Content-Length: 6\r\n" + chunked, "0\r\n\r\nG"),
      post("CL 4 and TE with a chunk", "Content-Length: 4\r\n" + chunked, "2A\r\n" + hidden + "\r\n" + no_chunks),
      post("the right CL and TE", "Content-Length: 5\r\n" + chunked, no_chunks),
      post("CL, another field and TE", length + "Accept: */*\r\n" + chunked, no_chunks + hidden),
      post("CL and TE of gzip", length + "Transfer-Encoding: gzip\r\n", hidden),
      post("CL and TE of gzip, chunked", length + "Transfer-Encoding: gzip, chunked\r\n", no_chunks + hidden),
      post("CL and TE of identity", length + "Transfer-Encoding: identity\r\n", hidden),
      post("CL and an empty TE", length + "Transfer-Encoding:\r\n", hidden),
      post("CL and TE in quotes", length + "Transfer-Encoding: \"chunked\"\r\n", no_chunks + hidden),
      post("CL and TE with a tab", length + "Transfer-Encoding:\tchunked\r\n", no_chunks + hidden),
      post("CL and TE with a tab before the colon", length + "Transfer-Encoding\t: chunked\r\n", no_chunks + hidden),
      post("CL and TE with a space before the colon", length + "Transfer-Encoding : chunked\r\n", no_chunks + hidden),
      post("CL and TE with a vertical tab", length + "Transfer-Encoding:\vchunked\r\n", no_chunks + hidden),
      post("CL and TE after a LF", length + "X-A: 1\nTransfer-Encoding: chunked\r\n", no_chunks + hidden),
      post("CL and TE after a CR", length + "X-A: 1\rTransfer-Encoding: chunked\r\n", no_chunks + hidden),
      post("CL and TE on a folded line", length + "X-A: 1\r\n Transfer-Encoding: chunked\r\n", no_chunks + hidden),
      post("CL and TE with its value folded", length + "Transfer-Encoding:\r\n chunked\r\n", no_chunks + hidden),
      post("CL and TE with a NUL", length + "Transfer-Encoding: chunked\0\r\n"s, no_chunks + hidden),
      post("CL and TE in capitals", length + "TRANSFER-ENCODING: CHUNKED\r\n", no_chunks + hidden),
      post("CL and two TE", length + chunked + "Transfer-Encoding: cow\r\n", no_chunks + hidden),
      post("CL and two TE, the other way round", length + "Transfer-Encoding: cow\r\n" + chunked, no_chunks + hidden),
      post("CL beyond the limit and TE", "Content-Length: 1000000\r\n" + chunked, no_chunks + hidden),
      get("CL and TE with GET", length + chunked, no_chunks + hidden),
      // Two Content-Lengths.
      post("CL 0 then CL", "Content-Length: 0\r\n" + length, hidden),
      post("CL then CL 0", length + "Content-Length: 0\r\n", hidden),
      post("a list of CL", "Content-Length: 0, 42\r\n", hidden),
      post("CL with a plus", "Content-Length: +42\r\n", hidden),
      post("CL with a minus", "Content-Length: -1\r\n", hidden),
      post("CL in octal", "Content-Length: 0052\r\n", hidden),
      post("CL in hex", "Content-Length: 0x2A\r\n", hidden),
      post("CL that wraps around to 0", "Content-Length: 18446744073709551616\r\n", hidden, 413),
      post("CL that wraps around in 32 bits", "Content-Length: 4294967296\r\n", hidden, 413),
      get("CL with a space before the colon", "Content-Length : 42\r\n"),
      get("CL after a LF", "X-A: 1\nContent-Length: 42\r\n"),
      get("CL after a CR", "X-A: 1\rContent-Length: 42\r\n"),
      get("CL on a folded line", "X-A: 1\r\n Content-Length: 42\r\n"),
      get("CL without a colon", "Content-Length 42\r\n"),
      // Transfer-Encoding that one reader knows and another doesn't.
      post("TE of xchunked", "Transfer-Encoding: xchunked\r\n", no_chunks + hidden),
      post("TE of identity", "Transfer-Encoding: identity\r\n", hidden),
      post("TE of chunked, identity", "Transfer-Encoding: chunked, identity\r\n", no_chunks + hidden),
      post("TE of identity, chunked", "Transfer-Encoding: identity, chunked\r\n", no_chunks + hidden, 501),
      post("TE of chunked with a parameter", "Transfer-Encoding: chunked;x=\r\n", no_chunks + hidden),
      {.name = "smuggling, TE of HTTP/1.0",
       .bytes = "POST /healthz HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n" + chunked + "\r\n" + no_chunks + hidden},
      // Ends of lines.
      {.name = "smuggling, a head that ends with LF LF", .bytes = "GET /healthz HTTP/1.1\r\nHost: localhost\n\n" + hidden},
      {.name = "smuggling, a head that ends with CR CR", .bytes = "GET /healthz HTTP/1.1\r\nHost: localhost\r\r" + hidden},
      {.name = "smuggling, a head that ends with LF CR LF", .bytes = "GET /healthz HTTP/1.1\r\nHost: localhost\n\r\n" + hidden},
      get("a request in a field's value, after a LF", "X-A: 1\nGET /ready HTTP/1.1\r\n", ""),
      get("a request in a field's value, after LF LF", "X-A: 1\n\n" + hidden, ""),
      get("a request in a folded value", "X-A: 1\r\n GET /ready HTTP/1.1\r\n", ""),
      withLine("smuggling, a request in the target", "GET /healthz HTTP/1.1\rX: GET /ready HTTP/1.1"),
      withLine("smuggling, a version before the version", "GET /healthz HTTP/1.0 HTTP/1.1"),
      // Chunks.
      post("a chunk's size with a LF within", chunked, "5;a\n" + hidden),
      post("a chunk's size that ends with CR and data", chunked, "2\rxx\r\n" + no_chunks + hidden),
      post("a chunk's data that ends in two bytes of anything", chunked, "5\r\nhelloXX0\r\n\r\n" + hidden),
      post("a chunk's size that wraps around", chunked, "10000000000000000\r\n\r\n" + hidden),
      post("a chunk's negative size", chunked, "-1\r\n" + hidden),
      post("a chunk's size in 0x", chunked, "0x0\r\n\r\n" + hidden),
      post("a chunk's size in quotes of an extension", chunked, "5;a=\"\r\nhello\r\n" + no_chunks + hidden),
      post("a body that ends with LF LF", chunked, "0\n\n" + hidden),
      post("a body that ends with CR LF LF", chunked, "0\r\n\n" + hidden),
      post("a trailer that frames", chunked, "0\r\nContent-Length: 42\r\n\r\n" + hidden),
      post("a trailer after a LF", chunked, "0\r\nX-A: 1\nX-B: 2\r\n\r\n" + hidden),
      post("a request for a trailer", chunked, "0\r\n" + hidden),
  };
}

}  // namespace pulsewatch::testing
