// One HTTP exchange over a connection of its own, byte for byte: what is sent is exactly what the test says, what comes back is read to
// the end of the connection. Stricter than a real client on purpose: an answer whose Content-Length is not its body's, or that does not
// end, is an error.
//
// Any thread; a call shares nothing with another. Throws Poco::Exception when there is no connection or no end of the answer within the
// deadline, HttpError when what came back is not one well-formed answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch::testing {

struct HttpError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string target = "/";
  std::string method = "GET";
  HttpHeaders headers = {};  // `Host: localhost` and `Connection: close` are added unless they are here
  std::string version = "HTTP/1.1";
  std::string body = {};
};

struct HttpResponse {
  int status = 0;
  std::string version;
  HttpHeaders headers;
  std::string body;
  std::string bytes;                     // all of the answer, as it came
  std::chrono::microseconds duration{};  // from before connect to the end of the answer

  // The value of a header, by its name in any case; none when it is not there. Throws HttpError when it is there twice.
  [[nodiscard]] std::optional<std::string> header(const std::string& name) const;
};

class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port, std::string address = "127.0.0.1", std::chrono::milliseconds deadline = std::chrono::seconds(5))
      : port_(port), address_(std::move(address)), deadline_(deadline) {}

  [[nodiscard]] HttpResponse send(const HttpRequest& request) const;
  [[nodiscard]] HttpResponse get(const std::string& target) const;

  // Sends these bytes and gives all that comes back until the server closes; for what is no request at all.
  [[nodiscard]] std::string exchange(const std::string& bytes) const;

  // One answer out of bytes; `to_head`: it answers a HEAD, so a body would be an error whatever Content-Length says.
  static HttpResponse parse(const std::string& bytes, bool to_head);

 private:
  std::uint16_t port_;
  std::string address_;
  std::chrono::milliseconds deadline_;
};

}  // namespace pulsewatch::testing
