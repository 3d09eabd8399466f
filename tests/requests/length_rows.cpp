// Content-Length: one field, one plain number, not beyond the limit.
#include "requests/request.h"

namespace pulsewatch::testing {
namespace {

using namespace std::string_literals;

// Of a body of five bytes.
Request length(const std::string& value, int status = 400) {
  return withBody("the length [" + value + "]", "Content-Length: " + value + "\r\n", "hello", status);
}

Request fields(const std::string& name, const std::string& fields) { return withBody("lengths, " + name, fields, "hello"); }

}  // namespace

Requests lengthRows() {
  const std::string five = "Content-Length: 5\r\n";
  return {
      length(""),
      length("five"),
      length("5x"),
      length("x5"),
      length("5 5"),
      length("5\t5"),
      length("5,5"),
      length("5, 5"),
      length("5,6"),
      length("5,"),
      length(",5"),
      length(", 5"),
      length(","),
      length("5;"),
      length("5; charset=utf-8"),
      length("+5"),
      length("-5"),
      length("-0"),
      length("+0"),
      length("- 5"),
      length("05"),
      length("00"),
      length("000005"),
      length("00000000000000000000000000000005"),
      length("0x5"),
      length("0X5"),
      length("5h"),
      length("0b101"),
      length("0o5"),
      length("5.0"),
      length("5."),
      length(".5"),
      length("5e0"),
      length("5E0"),
      length("5_000"),
      length("5'000"),
      length("5L"),
      length("5U"),
      length("5%20"),
      length("%35"),
      length("\"5\""),
      length("'5'"),
      length("(5)"),
      length("<5>"),
      length("5/5"),
      length("5-10"),
      length("bytes 5"),
      length("bytes=5"),
      length("NaN"),
      length("inf"),
      length("null"),
      length("chunked"),
      length("*"),
      length("5\0"s),
      length("\0"s + "5"),
      length("5\v"),
      length("\f5"),
      length("5\r"),
      length("5\n"),
      length("5\x7F"),
      length("\xB5"),
      length("\xEF\xBC\x95"),
      length("\xD9\xA5"),
      length("5\xA0"),
      length("\xC2\xA0"
             "5"),
      length("65537", 413),
      length("100000", 413),
      length("4294967295", 413),
      length("4294967296", 413),
      length("4294967301", 413),
      length("9223372036854775807", 413),
      length("9223372036854775808", 413),
      length("18446744073709551615", 413),
      length("18446744073709551616", 413),
      length("18446744073709551621", 413),
      length("184467440737095516210", 413),
      length("340282366920938463463374607431768211461", 413),
      length(std::string(400, '9'), 413),
      fields("twice, the same", five + five),
      fields("twice, others", five + "Content-Length: 6\r\n"),
      fields("twice, the first 0", "Content-Length: 0\r\n" + five),
      fields("twice, the second 0", five + "Content-Length: 0\r\n"),
      fields("twice, in another case", five + "content-length: 5\r\n"),
      fields("twice, with one between", five + "Accept: */*\r\n" + five),
      fields("twice, the first empty", "Content-Length:\r\n" + five),
      fields("twice, the second empty", five + "Content-Length:\r\n"),
      fields("twice, the second malformed", five + "Content-Length: +5\r\n"),
      fields("three times", five + five + five),
      fields("a space before the colon", "Content-Length : 5\r\n"),
      fields("a tab before the colon", "Content-Length\t: 5\r\n"),
      fields("no colon", "Content-Length 5\r\n"),
      fields("on the next line", "Content-Length:\r\n 5\r\n"),
      fields("on two lines", "Content-Length: 5\r\n 0\r\n"),
      fields("a folded line before", "X-A: 1\r\n Content-Length: 5\r\n"),
      fields("its name with a NUL", "Content-\0Length: 5\r\n"s),
      fields("its name with a space", "Content Length: 5\r\n"),
  };
}

}  // namespace pulsewatch::testing
