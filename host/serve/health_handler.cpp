#include "serve/health_handler.h"

#include <algorithm>
#include <utility>

namespace pulsewatch {

HttpAnswer HealthHandler::answer(const HttpTarget& /*target*/) {
  const SteadyTime now = clock_.running();
  const bool healthy =
      std::all_of(heartbeats_.begin(), heartbeats_.end(), [now](const Heartbeat* heartbeat) { return heartbeat->alive(now); });
  std::string body = healthy ? R"({"status":"healthy","timestamp":")" : R"({"status":"unhealthy","timestamp":")";
  body += timestamp(clock_.wall());
  body += tail_;
  HttpAnswer answer;
  answer.status = healthy ? 200 : 503;
  answer.body = std::make_shared<const std::string>(std::move(body));
  return answer;
}

}  // namespace pulsewatch
