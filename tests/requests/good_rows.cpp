// What clients send, what is allowed though rare, and heads that aren't whole.
#include "requests/request.h"

namespace pulsewatch::testing {
namespace {

using namespace std::string_literals;

const std::string chunked = "Transfer-Encoding: chunked\r\n";

Request line(const std::string& name, const std::string& line, int status = 200) { return answered(withLine(name, line), status); }
Request fields(const std::string& name, const std::string& fields, int status = 200) { return answered(withFields(name, fields), status); }
Request chunks(const std::string& name, const std::string& text, const std::string& content) {
  return answered(withChunks(name, text), 405, content);
}

Requests clients() {
  return {
      closing(
          answered({.name = "kubelet's probe",
                    .bytes = "GET /healthz HTTP/1.1\r\nHost: 10.1.2.3:8000\r\nUser-Agent: kube-probe/1.29\r\nAccept: */*\r\nConnection: "
                             "close\r\n\r\n"},
                   200)),
      closing(answered({.name = "HAProxy's OPTIONS", .bytes = "OPTIONS / HTTP/1.0\r\n\r\n"}, 200)),
      closing(answered({.name = "HAProxy's GET", .bytes = "GET /healthz HTTP/1.0\r\n\r\n"}, 200)),
      answered({.name = "curl", .bytes = "GET /healthz HTTP/1.1\r\nHost: localhost:8000\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n"},
               200),
      answered({.name = "Prometheus",
                .bytes = "GET /metrics HTTP/1.1\r\nHost: localhost:8000\r\nUser-Agent: Prometheus/2.42.0\r\nAccept: "
                         "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/"
                         "plain;version=0.0.4;q=0.5,*/*;q=0.1\r\nAccept-Encoding: gzip\r\nX-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n"},
               200),
      answered(
          {.name = "Envoy's check",
           .bytes = "GET /healthz HTTP/1.1\r\nhost: pulsewatch\r\nuser-agent: Envoy/HC\r\nx-envoy-expected-rq-timeout-ms: 1000\r\n\r\n"},
          200),
      closing(answered({.name = "nginx's upstream, as it is by default",
                        .bytes = "GET /healthz HTTP/1.0\r\nHost: backend\r\nConnection: close\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n"},
                       200)),
      answered({.name = "ApacheBench's keep-alive",
                .bytes = "GET /healthz HTTP/1.0\r\nConnection: Keep-Alive\r\nHost: localhost\r\nUser-Agent: ApacheBench/2.3\r\n\r\n"},
               200),
      answered({.name = "curl -X POST", .bytes = "POST /healthz HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n"}, 405),
      answered(withBody("a form", "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n", "a=b"), 405, "a=b"),
      answered(withBody("curl's 100-continue", "Expect: 100-continue\r\nContent-Length: 5\r\n", "hello"), 405, "hello"),
  };
}

Requests lines() {
  return {
      line("a query", "GET /healthz?a=1&b=%20 HTTP/1.1"),
      line("HEAD's sibling", "OPTIONS /healthz HTTP/1.1"),
      line("an unknown method", "BREW /healthz HTTP/1.1", 405),
      line("a method in small letters is another one", "get /healthz HTTP/1.1", 405),
      line("a method of all that a word can have", "!#$%&'*+-.^_`|~09azAZ /healthz HTTP/1.1", 405),
      line("TRACE", "TRACE /healthz HTTP/1.1", 405),
      line("an absolute target of https", "GET https://localhost/healthz HTTP/1.1"),
      line("a scheme in capitals", "GET HTTP://LOCALHOST/healthz HTTP/1.1"),
      line("an absolute target with a port", "GET http://localhost:8000/healthz HTTP/1.1"),
      line("an absolute target with an empty port", "GET http://localhost:/healthz HTTP/1.1"),
      line("an absolute target without a path", "GET http://localhost HTTP/1.1"),
      line("an absolute target with a query alone", "GET http://localhost?verbose HTTP/1.1"),
      line("an absolute target of an IPv6 address", "GET http://[::1]:80/healthz HTTP/1.1"),
      line("a path with two slashes first", "GET //healthz HTTP/1.1", 404),
      line("a path with points", "GET /../healthz HTTP/1.1", 404),
      line("an encoded slash", "GET /ready%2Fx HTTP/1.1", 404),
      line("an encoded %", "GET /%25 HTTP/1.1", 404),
      line("characters that a browser would encode", "GET /{a|b}^`<c>\" HTTP/1.1", 404),
      closing(
          answered({.name = "an absolute target of HTTP/1.0 without Host", .bytes = "GET http://localhost/healthz HTTP/1.0\r\n\r\n"}, 200)),
  };
}

Requests heads() {
  return {
      fields("an empty value", "X-A:\r\n"),
      fields("a value of spaces", "X-A:   \r\n"),
      fields("no space after the colon", "X-A:1\r\n"),
      fields("tabs around a value", "X-A:\t 1 \t\r\n"),
      fields("a tab in a value", "X-A: 1\t2\r\n"),
      fields("UTF-8 in a value", "X-A: \xC3\xA4\r\n"),
      fields("the bytes 0x80 and 0xFF in a value", "X-A: \x80\xFF\r\n"),
      fields("colons in a value", "X-A: b: c\r\n"),
      fields("a name of all that a word can have", "!#$%&'*+-.^_`|~09azAZ: 1\r\n"),
      fields("Accept twice", "Accept: a/b\r\nAccept: */*\r\n"),
      fields("Content-Length 0", "Content-Length: 0\r\n"),
      fields("100-continue without a body", "Expect: 100-continue\r\n"),
      fields("Connection of unknown options", "Connection: TE, x-a\r\n"),
      fields("an offer of HTTP/2", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
      closing(fields("close", "Connection: close\r\n")),
      closing(fields("close in capitals", "CONNECTION: CLOSE\r\n")),
      closing(fields("close in a list", "Connection: keep-alive, Close\r\n")),
      closing(fields("close in a second field", "Connection: keep-alive\r\nConnection: close\r\n")),
      fields("a longer word than close", "Connection: closed\r\n"),
      answered(withBody("with GET's length", "Content-Length:5\r\n", "hello"), 405, "hello"),
      answered({.name = "a GET with a body", .bytes = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"}, 200,
               "hello"),
      answered(
          {.name = "a GET with chunks", .bytes = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + chunked + "\r\n3\r\nabc\r\n0\r\n\r\n"},
          200, "abc"),
      answered(withBody("a request for content", "Content-Length: 35\r\n", "GET /ready HTTP/1.1\r\nHost: evil\r\n\r\n"), 405,
               "GET /ready HTTP/1.1\r\nHost: evil\r\n\r\n"),
  };
}

Requests bodies() {
  return {
      chunks("no content", "0\r\n\r\n", ""),
      chunks("one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello"),
      chunks("two chunks", "5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n", "hello, world"),
      chunks("a size in small letters", "b\r\nhello world\r\n0\r\n\r\n", "hello world"),
      chunks("a size in capitals", "B\r\nhello world\r\n0\r\n\r\n", "hello world"),
      chunks("zeros before a size", "0005\r\nhello\r\n000\r\n\r\n", "hello"),
      chunks("CRLF as content", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"),
      chunks("NUL as content", "1\r\n\0\r\n0\r\n\r\n"s, "\0"s),
      chunks("an end as content", "5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n"),
      chunks("an extension", "5;a\r\nhello\r\n0\r\n\r\n", "hello"),
      chunks("an extension with a value", "5;a=b\r\nhello\r\n0;c=d\r\n\r\n", "hello"),
      chunks("an extension in quotes", "5;a=\"b;c \\\" \xFF\"\r\nhello\r\n0\r\n\r\n", "hello"),
      chunks("an empty extension in quotes", "5;a=\"\"\r\nhello\r\n0\r\n\r\n", "hello"),
      chunks("extensions with spaces, which are bad but allowed", "5 ; a = b\t;c\r\nhello\r\n0\r\n\r\n", "hello"),
      chunks("a trailer", "5\r\nhello\r\n0\r\nX-Checksum: 5d41402a\r\n\r\n", "hello"),
      chunks("an empty trailer", "0\r\nX-A:\r\n\r\n", ""),
      answered(withBody("chunked in capitals", "TRANSFER-ENCODING:CHUNKED\r\n", "3\r\nabc\r\n0\r\n\r\n"), 405, "abc"),
      answered(withBody("chunked and 100-continue", chunked + "Expect: 100-Continue\r\n", "3\r\nabc\r\n0\r\n\r\n"), 405, "abc"),
  };
}

Requests beginnings() {
  const std::string head = "GET /healthz HTTP/1.1\r\n" + host_field;
  const auto cut = [](const std::string& name, const std::string& bytes) { return incomplete({.name = "cut: " + name, .bytes = bytes}); };
  return {
      cut("nothing but a letter", "G"),
      cut("in the method", "GE"),
      cut("after the method", "GET "),
      cut("in the target", "GET /heal"),
      cut("before the line's CR", "GET /healthz HTTP/1.1"),
      cut("before the line's LF", "GET /healthz HTTP/1.1\r"),
      cut("after the line", "GET /healthz HTTP/1.1\r\n"),
      cut("in a name", head + "X-A"),
      cut("in a value", head + "X-A: 1"),
      cut("before a field's LF", head + "X-A: 1\r"),
      cut("before the empty line", head),
      cut("in the empty line", head + "\r"),
      incomplete(withBody("cut before the content", "Content-Length: 5\r\n", "")),
      incomplete(withBody("cut in the content", "Content-Length: 5\r\n", "hell")),
      incomplete(withChunks("cut before the first", "")),
      incomplete(withChunks("cut in a size", "5")),
      incomplete(withChunks("cut before a size's LF", "5\r")),
      incomplete(withChunks("cut in an extension", "5;a=\"b")),
      incomplete(withChunks("cut in the data", "5\r\nhel")),
      incomplete(withChunks("cut after the data", "5\r\nhello")),
      incomplete(withChunks("cut before the last", "5\r\nhello\r\n")),
      incomplete(withChunks("cut in the last", "5\r\nhello\r\n0")),
      incomplete(withChunks("cut before the end", "5\r\nhello\r\n0\r\n")),
      incomplete(withChunks("cut in a trailer", "5\r\nhello\r\n0\r\nX-A: 1")),
      incomplete(withChunks("cut after a trailer", "5\r\nhello\r\n0\r\nX-A: 1\r\n")),
      incomplete(withChunks("cut in the end", "5\r\nhello\r\n0\r\n\r")),
  };
}

}  // namespace

Requests goodRows() {
  Requests all;
  for (const Requests& rows : {clients(), lines(), heads(), bodies(), beginnings()}) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace pulsewatch::testing
