#include "serve/health_handler.h"

#include "base/json_writer.h"

#include <algorithm>

namespace pulsewatch {

HttpAnswer HealthHandler::answer(const HttpTarget& /*target*/) {
  const SteadyTime now = clock_.running();
  const bool healthy =
      std::all_of(heartbeats_.begin(), heartbeats_.end(), [now](const Heartbeat* heartbeat) { return heartbeat->alive(now); });
  JsonWriter json;
  json.beginObject();
  json.field("status", healthy ? "healthy" : "unhealthy");
  json.field("timestamp", timestamp(clock_.wall()));
  json.field("version", version_);
  json.endObject();
  HttpAnswer answer;
  answer.status = healthy ? 200 : 503;
  answer.body = std::make_shared<const std::string>(json.take());
  return answer;
}

}  // namespace pulsewatch
