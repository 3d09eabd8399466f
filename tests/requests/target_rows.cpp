// The target: its characters, and its four forms.
#include "requests/request.h"

namespace pulsewatch::testing {
namespace {

using namespace std::string_literals;

Request target(const std::string& name, const std::string& target) { return withLine("target, " + name, "GET " + target + " HTTP/1.1"); }

Requests characters() {
  return {
      target("a fragment", "/healthz#top"),
      target("a fragment after the query", "/ready?verbose#top"),
      target("an empty fragment", "/healthz#"),
      target("nothing but a fragment", "#healthz"),
      target("a backslash for the slash", "\\healthz"),
      target("a backslash within", "/ready\\database"),
      target("a backslash in the query", "/ready?exclude=a\\b"),
      target("a backslash after a point", "/..\\healthz"),
      target("NUL", "/health\0z"s),
      target("NUL at the end", "/healthz\0"s),
      target("the control character 0x01", "/health\x01z"),
      target("a tab", "/health\tz"),
      target("a backspace", "/health\bz"),
      target("an escape", "/health\x1B[0mz"),
      target("the control character 0x1F", "/healthz\x1F"),
      target("DEL", "/healthz\x7F"),
      target("a CR within", "/health\rz"),
      target("a LF within", "/health\nz"),
      target("the byte 0x80", "/health\x80z"),
      target("the byte 0xFF", "/health\xFFz"),
      target("UTF-8 as it is", "/gesundheit/f\xC3\xBCr"),
      target("UTF-8 in the query", "/ready?exclude=\xE2\x82\xAC"),
      target("a full-width slash", "\xEF\xBC\x8Fhealthz"),
      target("an overlong slash", "/..\xC0\xAFhealthz"),
      target("a no-break space of Latin-1", "/health\xA0z"),
      target("a next-line of Latin-1", "/health\x85z"),
  };
}

Requests escapes() {
  return {
      target("a % alone", "/%"),
      target("a % at the end", "/healthz%"),
      target("one hex digit at the end", "/healthz%4"),
      target("one hex digit, then a letter", "/health%7z/"),
      target("no hex digits", "/%zz"),
      target("a hex digit second only", "/%g1"),
      target("two %", "/%%20"),
      target("a % and a slash", "/%/healthz"),
      target("a %u escape", "/%u0068ealthz"),
      target("a % in the query, alone", "/ready?exclude=%"),
      target("a % in the query, with one digit", "/ready?exclude=%2"),
      target("a % in the query, before an &", "/ready?a=%2&b=1"),
      target("a sign for a digit", "/%+1"),
      target("a space in an escape is another part", "/% 20"),
      target("an encoded NUL", "/healthz%00"),
      target("an encoded NUL in the query", "/ready?exclude=%00"),
      target("an encoded CR", "/healthz%0D"),
      target("an encoded CR in small letters", "/healthz%0d"),
      target("an encoded LF", "/healthz%0A"),
      target("an encoded LF in small letters", "/healthz%0a"),
      target("an encoded CRLF and a field", "/healthz%0D%0AX-Evil:%201"),
      target("an encoded LF in the query", "/ready?exclude=%0a"),
  };
}

Requests forms() {
  return {
      target("no slash", "healthz"),
      target("a query alone", "?verbose"),
      target("a point first", "./healthz"),
      target("two points", ".."),
      target("a semicolon first", ";healthz"),
      target("an encoded slash first", "%2Fhealthz"),
      target("* with GET", "*"),
      target("* and more", "*/healthz"),
      target("two *", "**"),
      target("* and a query", "*?verbose"),
      withLine("* with HEAD", "HEAD * HTTP/1.1"),
      withLine("* with POST", "POST * HTTP/1.1"),
      withLine("* with options in small letters", "options * HTTP/1.1"),
      withLine("OPTIONS of two *", "OPTIONS ** HTTP/1.1"),
      withLine("OPTIONS of a host", "OPTIONS localhost HTTP/1.1"),
      target("a host and a port", "localhost:8000"),
      target("a host alone", "localhost"),
      target("an address and a port", "127.0.0.1:80"),
      target("an address in brackets", "[::1]:80"),
      target("an empty host and a port", ":80"),
      target("another scheme", "ftp://localhost/healthz"),
      target("a scheme of files", "file:///healthz"),
      target("a scheme of web sockets", "ws://localhost/healthz"),
      target("a scheme of mail", "mailto:root@localhost"),
      target("a scheme of scripts", "javascript:alert(1)"),
      target("a scheme with one slash", "http:/localhost/healthz"),
      target("a scheme without slashes", "http:localhost/healthz"),
      target("a scheme without a colon", "http//localhost/healthz"),
      target("a longer scheme", "httpss://localhost/healthz"),
      target("a shorter scheme", "htt://localhost/healthz"),
      target("an encoded colon", "http%3A//localhost/healthz"),
      target("a URL after a slash-less path", "x/http://localhost/"),
      target("no authority", "http:///healthz"),
      target("no authority and no path", "http://"),
      target("no authority but a query", "http://?verbose"),
      target("no host but a port", "http://:80/healthz"),
      target("a user", "http://root@localhost/healthz"),
      target("a user and a password", "http://root:secret@localhost/healthz"),
      target("an empty user", "http://@localhost/healthz"),
      target("a port of letters", "http://localhost:http/healthz"),
      target("a port with a sign", "http://localhost:+80/healthz"),
      target("a port of six digits", "http://localhost:800000/healthz"),
      target("two ports", "http://localhost:80:80/healthz"),
      target("a comma in the host", "http://localhost,evil/healthz"),
      target("an escape in the host", "http://local%68ost/healthz"),
      target("a backslash after the host", "http://localhost\\healthz"),
      target("a fragment after the host", "http://localhost#/healthz"),
      target("an IPv6 address without brackets", "http://::1/healthz"),
      target("an open bracket", "http://[::1/healthz"),
      target("a close bracket", "http://::1]/healthz"),
      target("empty brackets", "http://[]/healthz"),
      target("no address in brackets", "http://[localhost]/healthz"),
      target("an address with a zone", "http://[fe80::1%25eth0]/healthz"),
      target("a future address", "http://[v1.x]/healthz"),
      target("an asterisk for a host", "http://*/healthz"),
  };
}

}  // namespace

Requests targetRows() {
  Requests all;
  for (const Requests& rows : {characters(), escapes(), forms()}) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace pulsewatch::testing
