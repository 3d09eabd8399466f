// Transfer-Encoding: chunked, once, of HTTP/1.1, and no Content-Length beside it.
#include "requests/request.h"

namespace pulsewatch::testing {
namespace {

using namespace std::string_literals;

const std::string chunks = "5\r\nhello\r\n0\r\n\r\n";
const std::string chunked = "Transfer-Encoding: chunked\r\n";

Request coding(const std::string& value, int status = 400) {
  return withBody("the coding [" + value + "]", "Transfer-Encoding: " + value + "\r\n", chunks, status);
}

Request fields(const std::string& name, const std::string& fields, int status = 400) {
  return withBody("codings, " + name, fields, chunks, status);
}

Request old(const std::string& name, const std::string& fields) {
  return {.name = "codings of HTTP/1.0, " + name, .bytes = "POST /healthz HTTP/1.0\r\n" + host_field + fields + "\r\n" + chunks};
}

}  // namespace

Requests codingRows() {
  return {
      coding(""),
      coding("gzip"),
      coding("identity"),
      coding("deflate"),
      coding("compress"),
      coding("x-gzip"),
      coding("br"),
      coding("trailers"),
      coding("cow"),
      coding("chunke"),
      coding("chunkedx"),
      coding("xchunked"),
      coding("x-chunked"),
      coding("chunk"),
      coding("chun ked"),
      coding("\"chunked\""),
      coding("'chunked'"),
      coding("(chunked)"),
      coding("<chunked>"),
      coding("[chunked]"),
      coding("chunked;"),
      coding("chunked;q=1"),
      coding("chunked; q=0"),
      coding("chunked;foo=bar"),
      coding("chunked ;"),
      coding("chunked,"),
      coding("chunked, "),
      coding(",chunked"),
      coding(", chunked"),
      coding("chunked,,"),
      coding(","),
      coding(";"),
      coding("chunked, chunked"),
      coding("chunked,chunked"),
      coding("chunked, CHUNKED"),
      coding("chunked chunked"),
      coding("chunked, gzip"),
      coding("chunked, identity"),
      coding("chunked, cow"),
      coding("gzip chunked"),
      coding("gzip;chunked"),
      coding("gzip, chunked, gzip"),
      coding("gzip, , chunked"),
      coding("gzip,, chunked"),
      coding("gzip; a=\"x, chunked"),
      coding("gzip(chunked), chunked"),
      coding("=chunked"),
      coding("chunked=1"),
      coding("chunked/1"),
      coding("chunked:"),
      coding("chunked\\"),
      coding("%63hunked"),
      coding("\0chunked"s),
      coding("chunked\0"s),
      coding("chun\0ked"s),
      coding("\vchunked"),
      coding("chunked\v"),
      coding("\fchunked"),
      coding("chunked\x1F"),
      coding("chunked\x7F"),
      coding("chunked\r"),
      coding("\nchunked"),
      coding("chunked\n"),
      coding("chunked\xA0"),
      coding("\x85"
             "chunked"),
      coding("chun\xC4\xB8"
             "ed"),
      coding("gzip, chunked", 501),
      coding("identity, chunked", 501),
      coding("identity,chunked", 501),
      coding("deflate, gzip, chunked", 501),
      coding("cow, chunked", 501),
      coding("gzip;level=9, chunked", 501),
      coding("x-chunked, chunked", 501),
      fields("chunked twice", chunked + chunked),
      fields("chunked twice, in another case", chunked + "transfer-encoding: CHUNKED\r\n"),
      fields("chunked, then gzip", chunked + "Transfer-Encoding: gzip\r\n"),
      fields("chunked, then identity", chunked + "Transfer-Encoding: identity\r\n"),
      fields("chunked, then an empty one", chunked + "Transfer-Encoding:\r\n"),
      fields("an empty one, then chunked", "Transfer-Encoding:\r\n" + chunked),
      fields("gzip, then chunked", "Transfer-Encoding: gzip\r\n" + chunked, 501),
      fields("identity, then chunked", "Transfer-Encoding: identity\r\n" + chunked, 501),
      fields("a space before the colon", "Transfer-Encoding : chunked\r\n"),
      fields("a tab before the colon", "Transfer-Encoding\t: chunked\r\n"),
      fields("a vertical tab before the colon", "Transfer-Encoding\v: chunked\r\n"),
      fields("no colon", "Transfer-Encoding chunked\r\n"),
      fields("on the next line", "Transfer-Encoding:\r\n chunked\r\n"),
      fields("on the next line, with a tab", "Transfer-Encoding:\r\n\tchunked\r\n"),
      fields("on two lines", "Transfer-Encoding: chunk\r\n ed\r\n"),
      fields("after a space", " Transfer-Encoding: chunked\r\n"),
      fields("folded under another field", "X-A: 1\r\n Transfer-Encoding: chunked\r\n"),
      fields("after a CR", "X-A: 1\rTransfer-Encoding: chunked\r\n"),
      fields("after a LF", "X-A: 1\nTransfer-Encoding: chunked\r\n"),
      fields("its name with a NUL", "Transfer-\0Encoding: chunked\r\n"s),
      fields("its name in quotes", "\"Transfer-Encoding\": chunked\r\n"),
      fields("its name with a space", "Transfer Encoding: chunked\r\n"),
      old("chunked", chunked),
      old("gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n"),
      old("identity", "Transfer-Encoding: identity\r\n"),
      old("chunked and a length", chunked + "Content-Length: 5\r\n"),
      old("chunked and keep-alive", chunked + "Connection: keep-alive\r\n"),
  };
}

}  // namespace pulsewatch::testing
