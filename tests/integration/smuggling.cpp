#include "integration/smuggling.h"

#include <cstdio>
#include <utility>

namespace pulsewatch::testing {
namespace {

const std::string inside =
    "GET /smuggled HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: 5eed5eed-bad0-4000-8000-000000000000\r\nX-Rest: x\r\n\r\n";

// Its head begins with the line and Host, and has these fields.
std::string request(const std::string& fields, const std::string& body, const std::string& line = "POST /outer HTTP/1.1") {
  return line + "\r\nHost: localhost\r\n" + fields + "\r\n" + body;
}

std::string lengthOf(const std::string& body) { return "Content-Length: " + std::to_string(body.size()) + "\r\n"; }

std::string inHex(std::size_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "%zx", number);
  return text;
}

std::string chunk(const std::string& content) { return inHex(content.size()) + "\r\n" + content + "\r\n"; }

const std::string last_chunk = "0\r\n\r\n";

// Both fields, either way round, and Transfer-Encoding in the forms that one reader knows and the other doesn't.
void addBothFramings(std::vector<SmugglingVector>& vectors) {
  const std::string by_length = last_chunk + inside;         // all of it by Content-Length, nothing by chunks
  const std::string by_chunks = chunk(inside) + last_chunk;  // the other way
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  vectors.push_back({"CL.TE", request(lengthOf(by_length) + chunked, by_length)});
  vectors.push_back({"CL.TE, the other order", request(chunked + lengthOf(by_length), by_length)});
  vectors.push_back({"TE.CL", request("Content-Length: 4\r\n" + chunked, by_chunks)});
  vectors.push_back({"TE.CL, a length of 0", request("Content-Length: 0\r\n" + chunked, by_chunks)});
  vectors.push_back({"CL.TE in HTTP/1.0", request(lengthOf(by_length) + chunked, by_length, "POST /outer HTTP/1.0")});
  vectors.push_back({"TE in HTTP/1.0", request("Connection: keep-alive\r\n" + chunked, by_length, "POST /outer HTTP/1.0")});
  for (const std::string field : {"Transfer-Encoding: xchunked",
                                  "Transfer-Encoding : chunked",
                                  "Transfer-Encoding:\tchunked",
                                  "Transfer-Encoding: \x0b"
                                  "chunked",
                                  "Transfer-Encoding:\x0c"
                                  "chunked",
                                  "Transfer-Encoding: chunked\x0b",
                                  "Transfer-Encoding: \"chunked\"",
                                  "Transfer-Encoding: 'chunked'",
                                  "Transfer-Encoding: chunked, identity",
                                  "Transfer-Encoding: identity, chunked",
                                  "Transfer-Encoding: chunked, chunked",
                                  "Transfer-Encoding: gzip, chunked",
                                  "Transfer-Encoding: chunked;q=1",
                                  "Transfer-Encoding: chunked,",
                                  "Transfer-Encoding: CHUNKED",
                                  "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
                                  "Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
                                  "Transfer-Encoding:\r\n chunked",
                                  "Transfer-Encoding\r\n : chunked",
                                  " Transfer-Encoding: chunked",
                                  "X: y\nTransfer-Encoding: chunked",
                                  "X: y\rTransfer-Encoding: chunked",
                                  "Transfer_Encoding: chunked",
                                  "Transfer-Encoding: identity",
                                  "Transfer-Encoding:",
                                  "Transfer-Encoding: ch\xffunked",
                                  "Content-Encoding: chunked"}) {
    vectors.push_back({"CL and " + field, request(lengthOf(by_length) + field + "\r\n", by_length)});
    vectors.push_back({field + " alone", request(field + "\r\n", by_chunks)});
  }
}

// A length that one of the two takes for another, or for none.
void addLengths(std::vector<SmugglingVector>& vectors) {
  const std::string size = std::to_string(inside.size());
  for (const std::string& fields : std::vector<std::string>{"Content-Length: 0\r\nContent-Length: " + size,
                                                            "Content-Length: " + size + "\r\nContent-Length: 0",
                                                            "Content-Length: 0, " + size,
                                                            "Content-Length: " + size + ", " + size,
                                                            "Content-Length: +" + size,
                                                            "Content-Length: -" + size,
                                                            "Content-Length : " + size,
                                                            "Content-Length: 0x" + inHex(inside.size()),
                                                            "Content-Length: " + size + " 0",
                                                            "Content-Length: " + size + ".0",
                                                            "Content-Length:\r\n " + size,
                                                            "Content-Length: \x0b" + size,
                                                            "Content-Length: \"" + size + "\"",
                                                            "Content-Length: 18446744073709551616",
                                                            "Content-Length: 0" + size,
                                                            "Content-Length:",
                                                            " Content-Length: " + size,
                                                            "Connection: Content-Length\r\nContent-Length: " + size,
                                                            "Expect: 100-continue\r\nContent-Length: " + size,
                                                            "Expect: y 100-continue\r\nContent-Length: " + size,
                                                            "X: y\nContent-Length: " + size,
                                                            "X: y\rContent-Length: " + size})
    vectors.push_back({fields, request(fields + "\r\n", inside)});
  for (const std::string method : {"GET", "HEAD", "OPTIONS", "DELETE", "TRACE", "post", "BREW"})
    vectors.push_back({method + " with a body (CL.0)", request(lengthOf(inside), inside, method + " /outer HTTP/1.1")});
  vectors.push_back({"no framing at all", request("", "x")});
}

// Chunks whose ends one of the two sees elsewhere.
void addChunks(std::vector<SmugglingVector>& vectors) {
  const std::string fields = "Transfer-Encoding: chunked\r\n";
  const std::string size = inHex(inside.size());
  for (const auto& [name, body] : std::vector<std::pair<std::string, std::string>>{
           {"a chunk extension that ends in LF", "2;\nxx\r\n" + size + "\r\n" + inside + "\r\n0\r\n\r\n"},
           {"a chunk extension with CR", "2;a\rb\r\nxx\r\n0\r\n\r\n"},
           {"a chunk extension with LF inside", "2;a\nxx\r\n0\r\n\r\n" + inside},
           {"a quoted chunk extension with a line end", "2;a=\"\r\nxx\r\n0\r\n\r\n" + inside + "\""},
           {"a chunk size that ends in LF", "2\nxx\r\n0\r\n\r\n"},
           {"a chunk that ends in LF", "2\r\nxx\n0\r\n\r\n"},
           {"a chunk that ends in two other bytes", "2\r\nxxyy0\r\n\r\n"},
           {"a chunk size with 0x", "0x" + size + "\r\n" + inside + "\r\n0\r\n\r\n"},
           {"a chunk size with a sign", "+" + size + "\r\n" + inside + "\r\n0\r\n\r\n"},
           {"a negative chunk size", "-1\r\n" + inside + "\r\n0\r\n\r\n"},
           {"a chunk size with a space", size + " \r\n" + inside + "\r\n0\r\n\r\n"},
           {"a chunk size of 17 digits", "10000000000000000\r\n" + inside + "\r\n0\r\n\r\n"},
           {"a chunk size of 16 digits", "ffffffffffffffff\r\n" + inside + "\r\n0\r\n\r\n"},
           {"a chunk size with an underscore", "1_0\r\n" + inside + "\r\n0\r\n\r\n"},
           {"a last chunk of zeros", "00000000\r\n\r\n"},
           {"a last chunk that ends in LF", "0\n\n"},
           {"a last chunk with an extension that ends in LF", "0;a\n\r\n"},
           {"trailers that are a request", "0\r\n" + inside},
           {"trailers with Content-Length", "0\r\nContent-Length: " + std::to_string(inside.size()) + "\r\n\r\n"},
           {"no chunk size", "\r\n" + inside + "\r\n0\r\n\r\n"},
           {"a chunk as long as its content is not", "3\r\nxx\r\n0\r\n\r\n"}})
    vectors.push_back({name, request(fields, body)});
}

// Where a head or a line of it ends.
void addLines(std::vector<SmugglingVector>& vectors) {
  vectors.push_back({"a head that ends in LF LF", "GET /outer HTTP/1.1\nHost: localhost\n\n"});
  vectors.push_back({"a head that ends in LF CR LF", "GET /outer HTTP/1.1\r\nHost: localhost\n\r\n"});
  vectors.push_back({"a head that ends in CR CR", "GET /outer HTTP/1.1\r\rHost: localhost\r\r"});
  vectors.push_back({"a NUL in a field", request(std::string("X: a\0b\r\n", 8), "")});
  vectors.push_back({"a field without a colon", request("nothing\r\n", "")});
  vectors.push_back({"a space before the colon", request("X : a\r\n", "")});
  vectors.push_back({"a first field that begins with a space", "GET /outer HTTP/1.1\r\n Host: localhost\r\n\r\n"});
  vectors.push_back({"two Hosts", request("Host: elsewhere\r\n", "")});
  vectors.push_back({"another Host in the target", request("", "", "GET http://elsewhere/outer HTTP/1.1")});
  vectors.push_back({"HTTP/0.9", "GET /outer\r\n"});
  vectors.push_back({"HTTP/1.2", request("", "", "GET /outer HTTP/1.2")});
  vectors.push_back({"a line end in the target", request("", "", "GET /outer%0d%0aX:y HTTP/1.1")});
  vectors.push_back({"a space in the target", request("", "", "GET /outer HTTP/1.1 HTTP/1.1")});
  vectors.push_back({"the end of HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"});
}

}  // namespace

std::vector<SmugglingVector> smugglingVectors() {
  std::vector<SmugglingVector> vectors;
  addBothFramings(vectors);
  addLengths(vectors);
  addChunks(vectors);
  addLines(vectors);
  return vectors;
}

}  // namespace pulsewatch::testing
