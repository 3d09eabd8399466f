// Fields: names, colons, values, ends of lines; what may be there only once, and what is expected of the server.
#include "requests/request.h"

namespace pulsewatch::testing {
namespace {

using namespace std::string_literals;

Request name(const std::string& name) { return withFields("the name [" + name + "]", name + ": 1\r\n"); }

Requests names() {
  return {
      withFields("no name", ": 1\r\n"),
      withFields("no name, no value", ":\r\n"),
      withFields("two colons and nothing else", "::\r\n"),
      withFields("no colon", "X-A 1\r\n"),
      withFields("no colon, no value", "X-A\r\n"),
      withFields("no colon in the last line", "X-A: 1\r\nX-B\r\n"),
      withFields("an equals sign for a colon", "X-A=1\r\n"),
      withFields("a semicolon for a colon", "X-A; 1\r\n"),
      withFields("a full-width colon", "X-A\xEF\xBC\x9A 1\r\n"),
      withFields("a space before the colon", "X-A : 1\r\n"),
      withFields("a tab before the colon", "X-A\t: 1\r\n"),
      withFields("spaces before the colon", "X-A   : 1\r\n"),
      withFields("a space for a name", " : 1\r\n"),
      withFields("a NUL in the name", "X-\0A: 1\r\n"s),
      withFields("a NUL before the colon", "X-A\0: 1\r\n"s),
      withFields("a control character in the name",
                 "X-\x01"
                 "A: 1\r\n"),
      withFields("DEL in the name",
                 "X-\x7F"
                 "A: 1\r\n"),
      withFields("a CR in the name", "X-\rA: 1\r\n"),
      withFields("a CR before the colon", "X-A\r: 1\r\n"),
      withFields("a LF in the name", "X-\nA: 1\r\n"),
      withFields("a vertical tab before the colon", "X-A\v: 1\r\n"),
      withFields("the byte 0x80 in the name", "X-\x80: 1\r\n"),
      withFields("the byte 0xFF in the name", "X-\xFF: 1\r\n"),
      withFields("UTF-8 in the name", "X-\xC3\x84: 1\r\n"),
      withFields("a no-break space before the colon", "X-A\xA0: 1\r\n"),
      name("X A"),
      name("X(A"),
      name("X)A"),
      name("X,A"),
      name("X/A"),
      name("X;A"),
      name("X<A"),
      name("X=A"),
      name("X>A"),
      name("X?A"),
      name("X@A"),
      name("X[A"),
      name("X\\A"),
      name("X]A"),
      name("X{A"),
      name("X}A"),
      name("X\"A"),
      name("\"X-A\""),
      name("GET /healthz HTTP/1.1 X"),
  };
}

Requests lines() {
  const std::string begin = "GET /healthz HTTP/1.1\r\n";
  return {
      withFields("a value on two lines", "X-A: 1\r\n 2\r\n"),
      withFields("a value on two lines, with a tab", "X-A: 1\r\n\t2\r\n"),
      withFields("a value on the next line", "X-A:\r\n 1\r\n"),
      withFields("a line with a space alone", "X-A: 1\r\n \r\n"),
      withFields("a line with a tab alone", "X-A: 1\r\n\t\r\n"),
      withFields("a space before a name", " X-A: 1\r\n"),
      withFields("a tab before a name", "\tX-A: 1\r\n"),
      {.name = "a folded line before the first field", .bytes = begin + " X-A: 1\r\n" + host_field + "\r\n"},
      {.name = "a space before the empty line", .bytes = begin + host_field + " \r\n"},
      withFields("a line that ends with LF", "X-A: 1\nX-B: 2\r\n"),
      withFields("a line that ends with CR", "X-A: 1\rX-B: 2\r\n"),
      withFields("a line that ends with CR CR LF", "X-A: 1\r\r\n"),
      withFields("a line that ends with LF CR", "X-A: 1\n\r"),
      withFields("a line that ends with CR and a space", "X-A: 1\r \nX-B: 2\r\n"),
      withFields("a line that ends with a NUL", "X-A: 1\0\nX-B: 2\r\n"s),
      {.name = "a first field that ends with LF", .bytes = begin + "Host: localhost\n\r\n"},
      {.name = "the head ends with LF", .bytes = begin + host_field + "\n"},
      {.name = "the head ends with CR CR LF", .bytes = begin + host_field + "\r\r\n"},
      {.name = "the head ends with CR and a letter", .bytes = begin + host_field + "\rX"},
      {.name = "all lines end with LF", .bytes = "GET /healthz HTTP/1.1\nHost: localhost\n\n"},
      {.name = "all lines end with CR", .bytes = "GET /healthz HTTP/1.1\rHost: localhost\r\r"},
      {.name = "the last line ends with LF and the head with CRLF", .bytes = begin + host_field + "X-A: 1\n\r\n"},
  };
}

Requests values() {
  return {
      withFields("a NUL in a value", "X-A: a\0b\r\n"s),
      withFields("a NUL first in a value", "X-A: \0b\r\n"s),
      withFields("a NUL last in a value", "X-A: a\0\r\n"s),
      withFields("nothing but a NUL for a value", "X-A:\0\r\n"s),
      withFields("the control character 0x01", "X-A: a\x01z\r\n"),
      withFields("a bell", "X-A: a\az\r\n"),
      withFields("a backspace", "X-A: a\bz\r\n"),
      withFields("a vertical tab", "X-A: a\vz\r\n"),
      withFields("a form feed", "X-A: a\fz\r\n"),
      withFields("an escape", "X-A: \x1B[31mred\r\n"),
      withFields("the control character 0x1F", "X-A: \x1F\r\n"),
      withFields("DEL", "X-A: a\x7Fz\r\n"),
      withFields("a CR in a value", "X-A: a\rz\r\n"),
      withFields("a CR first in a value", "X-A:\rz\r\n"),
      withFields("a LF in a value", "X-A: a\nz\r\n"),
      withFields("a LF first in a value", "X-A:\nz\r\n"),
      withFields("a NUL in a field that counts", "X-Request-ID: a\0b\r\n"s),
      withFields("a CR in a field that counts", "X-Forwarded-For: 192.0.2.1\r, 192.0.2.2\r\n"),
      withFields("a control character in a quoted text", "X-A: \"a\x02z\"\r\n"),
  };
}

Requests once() {
  const std::string basic = "Authorization: Basic cm9vdDpzZWNyZXQ=\r\n";
  return {
      withFields("Authorization twice, the same", basic + basic),
      withFields("Authorization twice, others", basic + "Authorization: Bearer 0123456789\r\n"),
      withFields("Authorization twice, the first empty", "Authorization:\r\n" + basic),
      withFields("Authorization twice, in another case", basic + "AUTHORIZATION: Bearer 0123456789\r\n"),
  };
}

Requests expectations() {
  const std::string length = "Content-Length: 2\r\n";
  return {
      withFields("an unknown expectation", "Expect: the-unexpected\r\n", 417),
      withFields("an empty expectation", "Expect:\r\n", 417),
      withFields("an expectation of another status", "Expect: 200-ok\r\n", 417),
      withFields("a shorter expectation", "Expect: 100\r\n", 417),
      withFields("an expectation with a parameter", "Expect: 100-continue;now=1\r\n", 417),
      withFields("two expectations in one field", "Expect: 100-continue, the-unexpected\r\n", 417),
      withFields("two expectations in two fields", "Expect: 100-continue\r\nExpect: the-unexpected\r\n", 417),
      withFields("two expectations, the unknown first", "Expect: the-unexpected\r\nExpect: 100-continue\r\n", 417),
      withFields("an expectation with a space in it", "Expect: 100 continue\r\n", 417),
      withFields("an expectation in quotes", "Expect: \"100-continue\"\r\n", 417),
      withBody("an unknown expectation, and a body", "Expect: the-unexpected\r\n" + length, "ab", 417),
      withBody("an unknown expectation, and a malformed length", "Expect: the-unexpected\r\nContent-Length: +2\r\n", "ab"),
      withBody("100-continue with a length beyond the limit", "Expect: 100-continue\r\nContent-Length: 65537\r\n", "", 413),
      withBody("100-continue with a malformed length", "Expect: 100-continue\r\nContent-Length: 2x\r\n", "ab"),
  };
}

}  // namespace

Requests fieldRows() {
  Requests all;
  for (const Requests& rows : {names(), lines(), values(), once(), expectations()}) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace pulsewatch::testing
