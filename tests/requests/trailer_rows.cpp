// Trailer sections: fields as in a head, and none that would have changed what came before.
#include "requests/request.h"

namespace pulsewatch::testing {
namespace {

using namespace std::string_literals;

Request trailers(const std::string& name, const std::string& trailers, int status = 400) {
  return withChunks("trailers, " + name, "5\r\nhello\r\n0\r\n" + trailers + "\r\n", status);
}

Request field(const std::string& name, const std::string& value) { return trailers(name, name + ": " + value + "\r\n"); }

std::string many(int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += "X-" + std::to_string(i) + ": 1\r\n";
  return all;
}

}  // namespace

Requests trailerRows() {
  return {
      field("Content-Length", "5"),
      field("content-length", "0"),
      field("Transfer-Encoding", "chunked"),
      field("TRANSFER-ENCODING", "identity"),
      field("Host", "evil.example"),
      field("host", "localhost"),
      field("Connection", "close"),
      field("Keep-Alive", "timeout=5"),
      field("Proxy-Connection", "keep-alive"),
      field("Upgrade", "websocket"),
      field("TE", "trailers"),
      field("Trailer", "X-A"),
      field("Expect", "100-continue"),
      field("Max-Forwards", "0"),
      field("Authorization", "Basic cm9vdDpzZWNyZXQ="),
      field("Proxy-Authorization", "Basic cm9vdDpzZWNyZXQ="),
      field("Cookie", "session=1"),
      field("Cache-Control", "no-cache"),
      field("Range", "bytes=0-0"),
      field("If-Match", "*"),
      field("If-None-Match", "*"),
      field("If-Range", "\"a\""),
      field("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"),
      field("If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"),
      field("Content-Encoding", "gzip"),
      field("Content-Type", "text/plain"),
      field("Content-Range", "bytes 0-4/5"),
      field("Forwarded", "for=192.0.2.1"),
      field("X-Forwarded-For", "192.0.2.1"),
      field("X-Forwarded-Proto", "https"),
      field("X-Request-ID", "1"),
      trailers("one that is allowed and one that isn't", "X-A: 1\r\nContent-Length: 5\r\n"),
      trailers("no colon", "X-A\r\n"),
      trailers("no name", ": 1\r\n"),
      trailers("a space before the colon", "X-A : 1\r\n"),
      trailers("a tab before the colon", "X-A\t: 1\r\n"),
      trailers("a space before the name", " X-A: 1\r\n"),
      trailers("a value on two lines", "X-A: 1\r\n 2\r\n"),
      trailers("a line with a space alone", " \r\n"),
      trailers("a name that is no word", "X A: 1\r\n"),
      trailers("a name in brackets", "[X]: 1\r\n"),
      trailers("UTF-8 in a name", "X-\xC3\x84: 1\r\n"),
      trailers("a NUL in a name", "X-\0A: 1\r\n"s),
      trailers("a NUL in a value", "X-A: \0\r\n"s),
      trailers("a control character in a value", "X-A: \x01\r\n"),
      trailers("DEL in a value", "X-A: \x7F\r\n"),
      trailers("a line that ends with LF", "X-A: 1\n"),
      trailers("a line that ends with CR", "X-A: 1\rX-B: 2\r\n"),
      trailers("a line that ends with CR CR LF", "X-A: 1\r\r\n"),
      trailers("a request line", "GET /healthz HTTP/1.1\r\n"),
      trailers("a further chunk", "5\r\nhello\r\n"),
      trailers("more fields than 64", many(65), 431),
      trailers("a longer section than 8 KiB", "X-A: " + std::string(8192, 'a') + "\r\n", 431),
      trailers("a longer section than 8 KiB, in two fields",
               "X-A: " + std::string(4092, 'a') + "\r\nX-B: " + std::string(4092, 'b') + "\r\n", 431),
      trailers("a name longer than 8 KiB", std::string(8193, 'a') + ": 1\r\n", 431),
  };
}

}  // namespace pulsewatch::testing
