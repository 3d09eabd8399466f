// A log that keeps its lines: each is formatted as the real one does it and read back, so that a line that doesn't parse throws where it
// was written. Any thread may write; one reads, afterwards.
#pragma once

#include "base/mutex.h"
#include "serve/json_line.h"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <string>
#include <vector>

namespace pulsewatch::testing {

inline Poco::JSON::Object::Ptr parsedObject(const std::string& json) {
  return Poco::JSON::Parser().parse(json).extract<Poco::JSON::Object::Ptr>();
}

// A field as text; "(none)" when it is not there.
inline std::string fieldOf(const Poco::JSON::Object::Ptr& object, const std::string& name) {
  return object->has(name) ? object->get(name).toString() : "(none)";
}

class RecordedLog final : public Log {
 public:
  explicit RecordedLog(LogLevel level = LogLevel::debug) : level_(level) {}

  [[nodiscard]] bool enabled(LogLevel level) const noexcept override { return level >= level_; }
  void write(const LogRecord& record) noexcept override {
    const MutexLock lock(mutex_);
    if (enabled(record.level)) lines_.push_back(parsedObject(jsonLine(record, WallTime())));
  }

  [[nodiscard]] std::vector<Poco::JSON::Object::Ptr> lines() const {
    const MutexLock lock(mutex_);
    return lines_;
  }
  [[nodiscard]] std::vector<Poco::JSON::Object::Ptr> linesOf(const std::string& event) const {
    std::vector<Poco::JSON::Object::Ptr> found = lines();
    std::erase_if(found, [&event](const auto& line) { return fieldOf(line, "event") != event; });
    return found;
  }
  void clear() {
    const MutexLock lock(mutex_);
    lines_.clear();
  }

 private:
  const LogLevel level_;
  mutable Mutex mutex_;
  std::vector<Poco::JSON::Object::Ptr> lines_ GUARDED_BY(mutex_);
};

}  // namespace pulsewatch::testing
