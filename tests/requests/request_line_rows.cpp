// The request line but for its target: three parts, one space between them, nothing around.
#include "requests/request.h"

namespace pulsewatch::testing {
namespace {

using namespace std::string_literals;

Requests methods() {
  return {
      withLine("method, no method", " /healthz HTTP/1.1"),
      withLine("method, no method, and no space", "/healthz HTTP/1.1"),
      withLine("method, a method in quotes", "\"GET\" /healthz HTTP/1.1"),
      withLine("method, a quote within", "G\"ET /healthz HTTP/1.1"),
      withLine("method, a method in parentheses", "(GET) /healthz HTTP/1.1"),
      withLine("method, parentheses after it", "GET() /healthz HTTP/1.1"),
      withLine("method, a comma", "GET,HEAD /healthz HTTP/1.1"),
      withLine("method, a slash", "GET/ /healthz HTTP/1.1"),
      withLine("method, a colon", "GET: /healthz HTTP/1.1"),
      withLine("method, a semicolon", "GET; /healthz HTTP/1.1"),
      withLine("method, in angle brackets", "<GET> /healthz HTTP/1.1"),
      withLine("method, a less-than after letters", "GET< /healthz HTTP/1.1"),
      withLine("method, a greater-than after letters", "GET> /healthz HTTP/1.1"),
      withLine("method, an equals sign", "GET=1 /healthz HTTP/1.1"),
      withLine("method, a question mark", "GET? /healthz HTTP/1.1"),
      withLine("method, an at sign", "GET@ /healthz HTTP/1.1"),
      withLine("method, in brackets", "[GET] /healthz HTTP/1.1"),
      withLine("method, a bracket after letters", "GET] /healthz HTTP/1.1"),
      withLine("method, a backslash", "GET\\ /healthz HTTP/1.1"),
      withLine("method, in braces", "{GET} /healthz HTTP/1.1"),
      withLine("method, a brace after letters", "GET} /healthz HTTP/1.1"),
      withLine("method, a byte of UTF-8", "G\xC3\x89T /healthz HTTP/1.1"),
      withLine("method, the byte 0x80", "GET\x80 /healthz HTTP/1.1"),
      withLine("method, the byte 0xFF first", "\xFFGET /healthz HTTP/1.1"),
      withLine("method, a byte order mark first", "\xEF\xBB\xBFGET /healthz HTTP/1.1"),
      withLine("method, NUL within", "G\0ET /healthz HTTP/1.1"s),
      withLine("method, NUL first", "\0GET /healthz HTTP/1.1"s),
      withLine("method, a tab within", "G\tET /healthz HTTP/1.1"),
      withLine("method, a vertical tab within", "G\vET /healthz HTTP/1.1"),
      withLine("method, a form feed first", "\fGET /healthz HTTP/1.1"),
      withLine("method, a backspace within", "GEX\bT /healthz HTTP/1.1"),
      withLine("method, an escape first", "\x1B[AGET /healthz HTTP/1.1"),
      withLine("method, DEL within", "GE\x7FT /healthz HTTP/1.1"),
      withLine("CONNECT to a path", "CONNECT /healthz HTTP/1.1", 501),
      withLine("CONNECT to a host", "CONNECT localhost:8000 HTTP/1.1", 501),
      withLine("CONNECT to a URL", "CONNECT http://localhost/ HTTP/1.1", 501),
      withLine("CONNECT to *", "CONNECT * HTTP/1.1", 501),
      withLine("CONNECT of HTTP/1.0", "CONNECT localhost:8000 HTTP/1.0", 501),
      withLine("CONNECT with a bad target", "CONNECT local\\host:8000 HTTP/1.1"),
  };
}

Requests spaces() {
  const std::string rest = host_field + "\r\n";
  return {
      withLine("a leading space", " GET /healthz HTTP/1.1"),
      withLine("a leading tab", "\tGET /healthz HTTP/1.1"),
      withLine("two spaces after the method", "GET  /healthz HTTP/1.1"),
      withLine("a tab after the method", "GET\t/healthz HTTP/1.1"),
      withLine("a tab after the space", "GET \t/healthz HTTP/1.1"),
      withLine("a tab before the space", "GET\t /healthz HTTP/1.1"),
      withLine("two spaces before the version", "GET /healthz  HTTP/1.1"),
      withLine("a tab before the version", "GET /healthz\tHTTP/1.1"),
      withLine("a space and a tab before the version", "GET /healthz \tHTTP/1.1"),
      withLine("tabs for all spaces", "GET\t/healthz\tHTTP/1.1"),
      withLine("a trailing space", "GET /healthz HTTP/1.1 "),
      withLine("a trailing tab", "GET /healthz HTTP/1.1\t"),
      withLine("a fourth part", "GET /healthz HTTP/1.1 again"),
      withLine("a space in the target", "GET /ready /healthz HTTP/1.1"),
      withLine("a space in the version", "GET /healthz HTTP/1 .1"),
      withLine("a space after HTTP", "GET /healthz HTTP /1.1"),
      withLine("a no-break space", "GET\xC2\xA0/healthz HTTP/1.1"),
      withLine("a vertical tab for a space", "GET\v/healthz HTTP/1.1"),
      withLine("a form feed for a space", "GET /healthz\fHTTP/1.1"),
      withLine("a NUL for a space", "GET\0/healthz HTTP/1.1"s),
      withLine("a CR for a space", "GET\r/healthz HTTP/1.1"),
      withLine("a CR for the second space", "GET /healthz\rHTTP/1.1"),
      withLine("a plus for a space", "GET+/healthz+HTTP/1.1"),
      withLine("an encoded space", "GET%20/healthz HTTP/1.1"),
      {.name = "an empty line before it", .bytes = "\r\nGET /healthz HTTP/1.1\r\n" + rest},
      {.name = "two empty lines before it", .bytes = "\r\n\r\nGET /healthz HTTP/1.1\r\n" + rest},
      {.name = "a LF before it", .bytes = "\nGET /healthz HTTP/1.1\r\n" + rest},
      {.name = "a CR before it", .bytes = "\rGET /healthz HTTP/1.1\r\n" + rest},
      {.name = "a line of spaces before it", .bytes = "  \r\nGET /healthz HTTP/1.1\r\n" + rest},
      {.name = "nothing but a CRLF", .bytes = "\r\n"},
      {.name = "the line ends with LF", .bytes = "GET /healthz HTTP/1.1\n" + rest},
      {.name = "the line ends with CR", .bytes = "GET /healthz HTTP/1.1\r" + rest},
      {.name = "the line ends with CR CR LF", .bytes = "GET /healthz HTTP/1.1\r\r\n" + rest},
      {.name = "the line ends with LF CR", .bytes = "GET /healthz HTTP/1.1\n\r" + rest},
      {.name = "the line ends with a Unicode line separator", .bytes = "GET /healthz HTTP/1.1\xE2\x80\xA8" + rest},
      {.name = "a field before the line", .bytes = host_field + "GET /healthz HTTP/1.1\r\n\r\n"},
      {.name = "an answer for a request", .bytes = "HTTP/1.1 200 OK\r\n" + rest},
  };
}

Requests versions() {
  return {
      withLine("HTTP/0.9, with a version's form", "GET /healthz HTTP/0.9", 505),
      withLine("HTTP/0.0", "GET /healthz HTTP/0.0", 505),
      withLine("HTTP/1.2", "GET /healthz HTTP/1.2", 505),
      withLine("HTTP/1.9", "GET /healthz HTTP/1.9", 505),
      withLine("HTTP/2.0", "GET /healthz HTTP/2.0", 505),
      withLine("HTTP/3.0", "GET /healthz HTTP/3.0", 505),
      withLine("HTTP/9.9", "GET /healthz HTTP/9.9", 505),
      withLine("HTTP/0.1", "GET /healthz HTTP/0.1", 505),
      withLine("no version", "GET /healthz"),
      withLine("no version but a space", "GET /healthz "),
      withLine("version, a method alone", "GET"),
      withLine("version, a method and a space", "GET "),
      withLine("HTTP/2 without a minor", "GET /healthz HTTP/2"),
      withLine("HTTP/1", "GET /healthz HTTP/1"),
      withLine("HTTP/1.", "GET /healthz HTTP/1."),
      withLine("HTTP/.1", "GET /healthz HTTP/.1"),
      withLine("HTTP/", "GET /healthz HTTP/"),
      withLine("version, HTTP", "GET /healthz HTTP"),
      withLine("version, HTTP1.1", "GET /healthz HTTP1.1"),
      withLine("version, 1.1", "GET /healthz 1.1"),
      withLine("version, /1.1", "GET /healthz /1.1"),
      withLine("version, lower case", "GET /healthz http/1.1"),
      withLine("version, mixed case", "GET /healthz Http/1.1"),
      withLine("version, another protocol", "GET /healthz RTSP/1.0"),
      withLine("version, HTTPS", "GET /healthz HTTPS/1.1"),
      withLine("version, a letter too many before", "GET /healthz XHTTP/1.1"),
      withLine("version, two digits of the minor", "GET /healthz HTTP/1.10"),
      withLine("version, two digits of the major", "GET /healthz HTTP/11.1"),
      withLine("version, a zero before the major", "GET /healthz HTTP/01.1"),
      withLine("version, a zero before the minor", "GET /healthz HTTP/1.01"),
      withLine("version, three numbers", "GET /healthz HTTP/1.1.1"),
      withLine("version, a comma for the point", "GET /healthz HTTP/1,1"),
      withLine("version, a sign", "GET /healthz HTTP/+1.1"),
      withLine("version, a negative minor", "GET /healthz HTTP/1.-1"),
      withLine("version, a letter for the minor", "GET /healthz HTTP/1.x"),
      withLine("version, a letter for the major", "GET /healthz HTTP/A.1"),
      withLine("version, a backslash", "GET /healthz HTTP\\1.1"),
      withLine("version, two slashes", "GET /healthz HTTP//1.1"),
      withLine("version, a letter after it", "GET /healthz HTTP/1.1x"),
      withLine("version, a semicolon after it", "GET /healthz HTTP/1.1;"),
      withLine("version, a NUL after it", "GET /healthz HTTP/1.1\0"s),
      withLine("version, a full-width digit", "GET /healthz HTTP/1.\xEF\xBC\x91"),
      withLine("version, the byte 0xB1 for a digit", "GET /healthz HTTP/1.\xB1"),
      {.name = "a request of HTTP/0.9", .bytes = "GET /healthz\r\n"},
      {.name = "a request of HTTP/0.9 that ends with LF", .bytes = "GET /healthz\n"},
  };
}

}  // namespace

Requests requestLineRows() {
  Requests all;
  for (const Requests& rows : {methods(), spaces(), versions()}) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace pulsewatch::testing
