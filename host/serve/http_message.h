// A request and its answer as plain values: what the routes need of HTTP, apart from the server that carries it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch {

struct HttpRequest {
  std::string method;
  std::string target;   // as sent: path and query
  std::string version;  // "HTTP/1.1"
  bool has_host = false;
  std::string host;             // the Host field
  std::string request_id;       // X-Request-ID
  std::string forwarded_for;    // X-Forwarded-For, joined by commas
  std::string forwarded_proto;  // X-Forwarded-Proto
  std::string peer_address;     // without the port
  std::string local_address;    // the socket's own
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

  [[nodiscard]] bool has(const std::string& key) const;
};

// Origin form (/ready?verbose) and absolute form (http://host/ready). Throws std::invalid_argument for anything else.
HttpTarget parseTarget(const std::string& target);

// {"error": …} and, when there is one, {"detail": …}.
HttpAnswer errorAnswer(int status, const std::string& error, const std::string& detail = {});

}  // namespace pulsewatch
