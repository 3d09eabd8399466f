// Every request in the examples of RFC 9110 and 9112, whole where they show a line or two of it.
#include "requests/request.h"

namespace pulsewatch::testing {
namespace {

Request semantics(const std::string& section, const std::string& bytes, int status) {
  return {.name = "RFC 9110, " + section, .bytes = bytes, .status = status};
}

Request messaging(const std::string& section, const std::string& bytes, int status) {
  return {.name = "RFC 9112, " + section, .bytes = bytes, .status = status};
}

}  // namespace

// The host has none of their resources: 404.
Requests rfcRows() {
  const std::string host = "Host: www.example.org\r\n\r\n";
  return {
      answered(
          semantics("3.9", "GET /hello.txt HTTP/1.1\r\nUser-Agent: curl/7.64.1\r\nHost: www.example.com\r\nAccept-Language: en, mi\r\n\r\n",
                    0),
          404),
      answered(semantics("7.2", "GET /pub/WWW/ HTTP/1.1\r\n" + host, 0), 404),
      // An offer that isn't taken up.
      answered(
          semantics("7.8",
                    "GET /hello HTTP/1.1\r\nHost: www.example.com\r\nConnection: upgrade\r\nUpgrade: websocket, IRC/6.9, RTA/x11\r\n\r\n",
                    0),
          404),
      answered(semantics("8.8.3.3", "GET /index HTTP/1.1\r\nHost: www.example.com\r\nAccept-Encoding: gzip\r\n\r\n", 0), 404),
      // No proxy: CONNECT isn't implemented.
      semantics("9.3.6, a tunnel", "CONNECT server.example.com:80 HTTP/1.1\r\nHost: server.example.com\r\n\r\n", 501),
      semantics(
          "9.3.6, a tunnel with credentials",
          "CONNECT server.example.com:80 HTTP/1.1\r\nHost: server.example.com:80\r\nProxy-Authorization: basic aGVsbG86d29ybGQ=\r\n\r\n",
          501),
      // Longer than the limit: refused before the client sends it.
      semantics("10.1.1",
                "PUT /somewhere/fun HTTP/1.1\r\nHost: origin.example.com\r\nContent-Type: video/h264\r\nContent-Length: 1234567890987\r\n"
                "Expect: 100-continue\r\n\r\n",
                413),
      answered(messaging("3.2.1", "GET /where?q=now HTTP/1.1\r\n" + host, 0), 404),
      answered(messaging("3.2.2", "GET http://www.example.org/pub/WWW/TheProject.html HTTP/1.1\r\n" + host, 0), 404),
      messaging("3.2.2, its line alone", "GET http://www.example.org/pub/WWW/TheProject.html HTTP/1.1\r\n\r\n", 400),
      messaging("3.2.3", "CONNECT www.example.com:80 HTTP/1.1\r\nHost: www.example.com\r\n\r\n", 501),
      // OPTIONS has GET's status; * is the root.
      answered(messaging("3.2.4, to the server", "OPTIONS * HTTP/1.1\r\nHost: www.example.org:8001\r\n\r\n", 0), 200),
      messaging("3.2.4, its line alone", "OPTIONS * HTTP/1.1\r\n\r\n", 400),
      answered(messaging("3.2.4, to a proxy", "OPTIONS http://www.example.org:8001 HTTP/1.1\r\nHost: www.example.org:8001\r\n\r\n", 0),
               200),
      messaging("3.2.4, to a proxy, its line alone", "OPTIONS http://www.example.org:8001 HTTP/1.1\r\n\r\n", 400),
      answered(messaging("3.3, a path", "GET /pub/WWW/TheProject.html HTTP/1.1\r\n" + host, 0), 404),
      answered(messaging("3.3, a path and a port", "GET /pub/WWW/TheProject.html HTTP/1.1\r\nHost: www.example.org:8080\r\n\r\n", 0), 404),
      answered(messaging("3.3, *", "OPTIONS * HTTP/1.1\r\n" + host, 0), 200),
  };
}

}  // namespace pulsewatch::testing
