// An answer's head as it goes over the wire: the status line, what every answer has, what this one has besides. One thread.
#pragma once

#include "base/clock.h"
#include "serve/http_message.h"

#include <ctime>
#include <string>
#include <string_view>

namespace pulsewatch {

class AnswerWriter {
 public:
  explicit AnswerWriter(const Clock& clock) : clock_(clock) {}

  // Appends the head to `out`. `version` is the request's; an answer to what isn't HTTP/1.0 is one in HTTP/1.1.
  void writeHead(std::string& out, const HttpAnswer& answer, std::string_view version, bool keep_alive);

 private:
  const std::string& date();  // RFC 9110 section 5.6.7; made once a second

  const Clock& clock_;
  std::time_t second_ = 0;
  std::string date_;
};

}  // namespace pulsewatch
