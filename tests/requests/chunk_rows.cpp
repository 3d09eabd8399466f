// Chunks: sizes, extensions, data and the ends of each.
#include "requests/request.h"

namespace pulsewatch::testing {
namespace {

using namespace std::string_literals;

const std::string end = "0\r\n\r\n";

Request size(const std::string& size, int status = 400) {
  return withChunks("the size [" + size + "]", size + "\r\nhello\r\n" + end, status);
}

Request lastSize(const std::string& size) { return withChunks("the last size [" + size + "]", "5\r\nhello\r\n" + size + "\r\n\r\n"); }

Request extension(const std::string& text) { return size("5" + text); }

Requests sizes() {
  return {
      size(""),
      size(" 5"),
      size("\t5"),
      size("5 "),
      size("5\t"),
      size("5  "),
      size("5 5"),
      size("+5"),
      size("-5"),
      size("-0"),
      size("0x5"),
      size("0X5"),
      size("x5"),
      size("5h"),
      size("5g"),
      size("g"),
      size("5.0"),
      size("5,"),
      size("5,5"),
      size("5_0"),
      size("5'0"),
      size("5L"),
      size("\"5\""),
      size("(5)"),
      size("5:"),
      size("5="),
      size("%35"),
      size("five"),
      size("5\0"s),
      size("\0"s + "5"),
      size("5\v"),
      size("\f5"),
      size("5\x7F"),
      size("5\r"),
      size("\xB5"),
      size("\xEF\xBC\x95"),
      size("5\xA0"),
      size("00000000000000005"),
      size("10000000000000005"),
      size("100000000000000000000000000000005"),
      size("FFFFFFFFFFFFFFFFF"),
      size(std::string(256, '0')),
      size("10001", 413),
      size("FFFFFFFF", 413),
      size("100000005", 413),
      size("7FFFFFFFFFFFFFFF", 413),
      size("8000000000000000", 413),
      size("FFFFFFFFFFFFFFFB", 413),
      size("FFFFFFFFFFFFFFFF", 413),
      size("ffffffffffffffff", 413),
      lastSize(""),
      lastSize(" 0"),
      lastSize("0 "),
      lastSize("-0"),
      lastSize("+0"),
      lastSize("0x0"),
      lastSize("00000000000000000"),
      lastSize("0,"),
      lastSize("0\0"s),
      withChunks("a second chunk beyond the limit", "FFFF\r\n" + std::string(65535, 'a') + "\r\n2\r\nab\r\n" + end, 413),
      withChunks("a second size that is none", "5\r\nhello\r\nworld\r\n" + end),
      withChunks("a second size with a space", "5\r\nhello\r\n 5\r\nworld\r\n" + end),
      withChunks("JSON for chunks", "{\"checks\": []}\r\n"),
  };
}

Requests extensions() {
  return {
      extension(";"),
      extension("; "),
      extension(" ;"),
      extension(";;"),
      extension(";;a"),
      extension(";a;"),
      extension(";a; "),
      extension(";a "),
      extension(" a"),
      extension(" a=b"),
      extension(";="),
      extension(";=b"),
      extension(";a="),
      extension(";a= "),
      extension(";a=;b"),
      extension(";a==b"),
      extension(";a=b=c"),
      extension(";a b"),
      extension(";a=b c"),
      extension(";a,b"),
      extension(";a=b,c=d"),
      extension(",a=b"),
      extension(";(a)"),
      extension(";a@b"),
      extension(";a:b"),
      extension(";a/b"),
      extension(";a\\"),
      extension(";a=\\b"),
      extension(";\"a\""),
      extension(";\"a\"=b"),
      extension(";a=\""),
      extension(";a=\"b"),
      extension(";a=b\""),
      extension(";a=\"b\\"),
      extension(";a=\"b\\\""),
      extension(";a=\"b\"c"),
      extension(";a=\"b\"\"c\""),
      extension(";a='b c'"),
      extension(";a=[b]"),
      extension(";a\0b"s),
      extension(";a=\"\0\""s),
      extension(";a=\"\x01\""),
      extension(";a=\"\x7F\""),
      extension(";a\x80"),
      extension(";a=\xFF"),
      extension(";a\nb"),
      extension(";a\n5;b"),
      extension(";a=\"\n\""),
      extension(";a\rb"),
      extension(";a=\"\rb\""),
      extension(";a\r\r"),
      extension(";a=\"b\r\nc\""),
      extension(";\xEF\xBC\x9B"
                "a"),
      extension(";" + std::string(255, 'a')),
      extension(";a=\"" + std::string(300, ';') + "\""),
      withChunks("extensions of the last chunk that are none", "5\r\nhello\r\n0 x\r\n\r\n"),
      withChunks("an extension of the last chunk without a name", "5\r\nhello\r\n0;\r\n\r\n"),
  };
}

Requests data() {
  const std::string hello = "5\r\nhello";
  return {
      withChunks("data longer than the size", "5\r\nhello!\r\n" + end),
      withChunks("data longer by a CR", hello + "\r\r\n" + end),
      withChunks("data longer by a LF", hello + "\n\r\n" + end),
      withChunks("data longer by a NUL", hello + "\0\r\n"s + end),
      withChunks("data longer by a space", hello + " \r\n" + end),
      withChunks("data shorter than the size", "6\r\nhello\r\n" + end),
      withChunks("data shorter by two, so that its end is data", "7\r\nhello\r\n" + end),
      withChunks("no end of the data", hello + end),
      withChunks("the data ends with LF", hello + "\n" + end),
      withChunks("the data ends with CR", hello + "\r" + end),
      withChunks("the data ends with LF CR", hello + "\n\r" + end),
      withChunks("the data ends with CR and a letter", hello + "\rx" + end),
      withChunks("an empty line after the data", hello + "\r\n\r\n" + end),
      withChunks("an empty line before the first chunk", "\r\n" + hello + "\r\n" + end),
      withChunks("the size ends with LF", "5\nhello\r\n" + end),
      withChunks("the size ends with CR", "5\rhello\r\n" + end),
      withChunks("the size ends with LF CR", "5\n\rhello\r\n" + end),
      withChunks("all ends with LF", "5\nhello\n0\n\n"),
      withChunks("the last size ends with LF", hello + "\r\n0\n\r\n"),
      withChunks("the last size ends with CR", hello + "\r\n0\r\r\n"),
      withChunks("the body ends with LF", hello + "\r\n0\r\n\n"),
      withChunks("the body ends with CR and a letter", hello + "\r\n0\r\n\rG"),
      withChunks("the body ends with CR CR LF", hello + "\r\n0\r\n\r\r\n"),
      withChunks("no chunks but a next request", "GET /healthz HTTP/1.1\r\n" + host_field + "\r\n"),
      withChunks("a next request for the second chunk", hello + "\r\nGET /healthz HTTP/1.1\r\n" + host_field + "\r\n"),
      withChunks("a next request in the trailer section", hello + "\r\n0\r\nGET /healthz HTTP/1.1\r\n" + host_field + "\r\n"),
      withChunks("plain content", "hello, world\r\n"),
      withChunks("plain content that begins with a digit", "5 things to do\r\n"),
  };
}

}  // namespace

Requests chunkRows() {
  Requests all;
  for (const Requests& rows : {sizes(), extensions(), data()}) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace pulsewatch::testing
