// A request and its answer as plain values: what the routes need of HTTP, apart from the server that carries it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulsewatch {

// Which of the listeners a request came to.
enum class Door {
  open,   // http.port, https.port
  admin,  // admin.port
};

// Views of memory that whoever carries the request keeps until it is answered.
struct HttpRequest {
  std::string_view method;
  std::string_view target;   // as sent: path and query
  std::string_view version;  // "HTTP/1.1"
  bool has_host = false;
  std::string_view host;             // the Host field
  std::string_view request_id;       // X-Request-ID
  std::string_view authorization;    // Authorization
  std::string_view forwarded_for;    // X-Forwarded-For, joined by commas
  std::string_view forwarded_proto;  // X-Forwarded-Proto
  bool accepts_gzip = false;         // by Accept-Encoding
  std::string_view body = {};
  std::string_view peer_address;   // without the port
  std::string_view local_address;  // the socket's own
  bool secure = false;             // came by TLS
  Door door = Door::open;
};

struct HttpAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::shared_ptr<const std::string> body = std::make_shared<const std::string>();
  std::vector<std::pair<std::string, std::string>> headers;  // beside those that every answer has
};

// A request's target taken apart: the path percent-decoded, the query's pairs decoded ("verbose" has an empty value).
struct HttpTarget {
  std::string origin;  // path and query as sent
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
  bool accepts_gzip = false;  // a body of Content-Encoding gzip, where the route has one

  [[nodiscard]] bool has(const std::string& key) const;
};

// Origin form (/ready?verbose) and absolute form (http://host/ready). Throws std::invalid_argument for anything else.
HttpTarget parseTarget(std::string_view target);

// {"error": …} and, when there is one, {"detail": …}.
HttpAnswer errorAnswer(int status, const std::string& error, const std::string& detail = {});

}  // namespace pulsewatch
