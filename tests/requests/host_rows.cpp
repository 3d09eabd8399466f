// The Host field: there, once, and a host.
#include "requests/request.h"

namespace pulsewatch::testing {
namespace {

using namespace std::string_literals;

Request fields(const std::string& name, const std::string& fields, const std::string& line = "GET /healthz HTTP/1.1") {
  return {.name = "host: " + name, .bytes = line + "\r\n" + fields + "\r\n"};
}

Request value(const std::string& value) { return fields("[" + value + "]", "Host: " + value + "\r\n"); }

Requests number() {
  const std::string old = "GET /healthz HTTP/1.0";
  const std::string url = "GET http://localhost/healthz HTTP/1.1";
  return {
      fields("none", ""),
      fields("none, but others", "Accept: */*\r\nX-Host: localhost\r\n"),
      fields("twice, the same", "Host: localhost\r\nHost: localhost\r\n"),
      fields("twice, others", "Host: localhost\r\nHost: evil.example\r\n"),
      fields("twice, with one between", "Host: localhost\r\nAccept: */*\r\nHost: evil.example\r\n"),
      fields("twice, in another case", "Host: localhost\r\nhOST: evil.example\r\n"),
      fields("twice, the first empty", "Host:\r\nHost: localhost\r\n"),
      fields("twice, the second empty", "Host: localhost\r\nHost:\r\n"),
      fields("three times", "Host: a\r\nHost: b\r\nHost: c\r\n"),
      fields("twice in HTTP/1.0", "Host: localhost\r\nHost: localhost\r\n", old),
      fields("empty in HTTP/1.0", "Host:\r\n", old),
      fields("no host in HTTP/1.0", "Host: a b\r\n", old),
      fields("none with a URL", "", url),
      fields("twice with a URL", "Host: localhost\r\nHost: localhost\r\n", url),
      fields("empty with a URL", "Host:\r\n", url),
      fields("no host with a URL", "Host: a@b\r\n", url),
      fields("none with HEAD", "", "HEAD /healthz HTTP/1.1"),
      fields("none with another method", "", "DELETE /healthz HTTP/1.1"),
      fields("its name with a space before the colon", "Host : localhost\r\n"),
      fields("its name with a tab before the colon", "Host\t: localhost\r\n"),
      fields("its name after a space", " Host: localhost\r\n"),
      fields("its name without a colon", "Host localhost\r\n"),
      fields("its name with an equals sign", "Host= localhost\r\n"),
      fields("its name in UTF-8", "H\xC3\xB6st: localhost\r\n"),
      fields("its name with a NUL", "Ho\0st: localhost\r\n"s),
      fields("its name cut", "Hos: localhost\r\n"),
      fields("its name longer", "Hosts: localhost\r\n"),
      fields("its value on the next line", "Host:\r\n localhost\r\n"),
      fields("its value on two lines", "Host: local\r\n host\r\n"),
      fields("only another field that says so", "X-Forwarded-Host: localhost\r\n"),
      fields("HTTP/2's name", ":authority: localhost\r\n"),
  };
}

Requests values() {
  return {
      fields("nothing", "Host:\r\n"),
      fields("a space", "Host: \r\n"),
      fields("a tab", "Host:\t\r\n"),
      fields("a NUL", "Host: local\0host\r\n"s),
      fields("a NUL at its end", "Host: localhost\0\r\n"s),
      fields("a CR", "Host: local\rhost\r\n"),
      fields("a LF", "Host: local\nhost\r\n"),
      fields("DEL", "Host: local\x7Fhost\r\n"),
      fields("UTF-8", "Host: m\xC3\xBCnchen.example\r\n"),
      fields("the byte 0xFF", "Host: \xFF\r\n"),
      value("a b"),
      value("a\tb"),
      value("a,b"),
      value("localhost, localhost"),
      value("localhost;evil"),
      value("http://localhost"),
      value("//localhost"),
      value("localhost/"),
      value("localhost/healthz"),
      value("localhost\\evil"),
      value("localhost?verbose"),
      value("localhost#top"),
      value("root@localhost"),
      value("@localhost"),
      value("root:secret@localhost"),
      value("local%68ost"),
      value("localhost%00"),
      value("local\"host"),
      value("\"localhost\""),
      value("<localhost>"),
      value("(localhost)"),
      value("{localhost}"),
      value("local|host"),
      value("local^host"),
      value("local`host"),
      value("$(hostname)"),
      value("*"),
      value("localhost!"),
      value("local=host"),
      value("."),
      value(":"),
      value(":80"),
      value("localhost:x"),
      value("localhost:80x"),
      value("localhost:-1"),
      value("localhost:+80"),
      value("localhost: 80"),
      value("localhost :80"),
      value("localhost:80:80"),
      value("localhost::80"),
      value("localhost:123456"),
      value("localhost:65536"),
      value("localhost:99999"),
      value("localhost:0x50"),
      value("localhost:80,localhost:80"),
      value("::1"),
      value("fe80::1"),
      value("[::1"),
      value("::1]"),
      value("[]"),
      value("[]:80"),
      value("[:80"),
      value("[127.0.0.1]"),
      value("[localhost]"),
      value("[::1]80"),
      value("[::1]:x"),
      value("[::1]:123456"),
      value("[::1]:65536"),
      value("[[::1]]"),
      value("[::1]]"),
      value("x[::1]"),
      value("[::1%25eth0]"),
      value("[fe80::1%eth0]"),
      value("[12345::1]"),
      value("[1:2:3:4:5:6:7:8:9]"),
      value("[::1::2]"),
      value("[::g]"),
      value("[v1.fe80]"),
      value("[::1 ]"),
  };
}

}  // namespace

Requests hostRows() {
  Requests all = number();
  const Requests rows = values();
  all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace pulsewatch::testing
