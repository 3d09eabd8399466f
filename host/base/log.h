// A log line as data, and where it goes. Stages write through this interface; formats, buffer and file are the last stage's
// (serve/log_writer.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pulsewatch {

enum class LogLevel : int { debug = 1, info = 2, warning = 3, error = 4, critical = 5 };  // PW_LOG_… of the ABI
inline constexpr std::size_t kLogLevels = 5;

inline std::string_view name(LogLevel level) {
  constexpr std::string_view kNames[kLogLevels] = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};
  return kNames[static_cast<std::size_t>(level) - 1];
}

// The specification's optional context fields and our own. A map's entries become an object of strings ("checks").
using LogValue = std::variant<std::string, std::int64_t, double, std::map<std::string, std::string>>;

struct LogRecord {
  LogLevel level = LogLevel::info;
  std::string_view logger;  // "pulsewatch.core.health"
  std::string_view event;   // "health_check"
  std::string message;
  std::vector<std::pair<std::string_view, LogValue>> fields;  // keys are literals; order is kept
};

class Log {
 public:
  virtual ~Log() = default;
  [[nodiscard]] virtual bool enabled(LogLevel level) const noexcept = 0;
  // Any thread. Takes any bytes, never throws, never blocks; what can't be kept is dropped and counted.
  virtual void write(const LogRecord& record) noexcept = 0;
};

}  // namespace pulsewatch
