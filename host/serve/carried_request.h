// A whole request on its way from the loop that read it to a thread of Poco's server, and its answer on the way back. One thread at a time
// has it.
#pragma once

#include "serve/http_message.h"
#include "serve/request_parser.h"

#include <memory>
#include <optional>
#include <string>

namespace pulsewatch {

struct Connection;
class CarriedRequest;

// Where carried requests come back to. Any thread.
class CarriedHome {
 public:
  virtual ~CarriedHome() = default;
  virtual void comeBack(std::unique_ptr<CarriedRequest> request) noexcept = 0;
};

class CarriedRequest {
 public:
  // `head` is a whole one that has been parsed before without a fault. The connection stays until this has come home, open or not.
  CarriedRequest(std::string head, std::string content, Connection& from, CarriedHome& home);
  CarriedRequest(const CarriedRequest&) = delete;
  CarriedRequest& operator=(const CarriedRequest&) = delete;

  [[nodiscard]] const HttpRequest& request() const { return parsed_.request; }
  [[nodiscard]] bool keepAlive() const { return parsed_.keep_alive; }
  [[nodiscard]] Connection& connection() const { return connection_; }
  [[nodiscard]] CarriedHome& home() const { return home_; }
  // What Poco's server reads: a head that is always ours (it refuses methods of more than 32 letters), and the body. No byte that a client
  // sent is parsed twice.
  [[nodiscard]] std::string_view plainHead() const { return plain_head_; }
  [[nodiscard]] std::string_view content() const { return content_; }

  bool begun = false;                    // a thread has taken it up
  std::optional<HttpAnswer> answer;      // none: nobody could make one
  std::unique_ptr<CarriedRequest> next;  // where they wait together

 private:
  const std::string head_;
  const std::string content_;
  ParsedHead parsed_;
  std::string plain_head_;
  Connection& connection_;
  CarriedHome& home_;
};

}  // namespace pulsewatch
