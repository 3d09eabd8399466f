#include "serve/health_handler.h"

#include <memory>
#include <utility>

namespace pulsewatch {

HttpAnswer HealthHandler::answer(const HttpTarget& /*target*/) {
  const bool healthy = progress_.made();
  std::string body = healthy ? R"({"status":"healthy","timestamp":")" : R"({"status":"unhealthy","timestamp":")";
  body += timestamp(clock_.wall());
  body += tail_;
  HttpAnswer answer;
  answer.status = healthy ? 200 : 503;
  answer.body = std::make_shared<const std::string>(std::move(body));
  return answer;
}

}  // namespace pulsewatch
