#include "log_outlet.h"

#include "serve/json_line.h"
#include "serve/log_descriptor.h"
#include "serve/text_line.h"
#include "setup.h"

#include <string>
#include <unistd.h>

namespace pulsewatch {

LogFormat logFormat(const HostConfig& config) {
  if (config.log_form == LogForm::json) return jsonLine;
  return config.log_file.path.empty() && showsColours(STDOUT_FILENO) ? colouredTextLine : textLine;
}

std::shared_ptr<LogSink> logSink(const HostConfig& config, const LogFileConfig& writing, Mistakes& mistakes) {
  if (config.log_file.path.empty()) return std::make_shared<LogDescriptor>(STDOUT_FILENO);
  auto file = std::make_shared<LogFile>(config.log_file);
  // One that is open is locked against others, and would be against this one: it is opened with its first line, when the other is closed.
  const bool same = !writing.path.empty() && LogFile(writing).path() == file->path();
  const std::string fault = same ? std::string() : file->open();
  addLogFileFault(config.log_file, fault, mistakes);
  return fault.empty() ? file : nullptr;
}

}  // namespace pulsewatch
