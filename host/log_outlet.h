// Where the configuration has the log go, and in which form.
#pragma once

#include "config/host_config.h"
#include "serve/log_file.h"
#include "serve/log_writer.h"

#include <memory>

namespace pulsewatch {

// As the configuration says; text has colours on a terminal.
LogFormat logFormat(const HostConfig& config);

// Standard output, or the file: open, unless it is the one that `writing` has open already. A mistake, and null, when it can't be.
std::shared_ptr<LogSink> logSink(const HostConfig& config, const LogFileConfig& writing, Mistakes& mistakes);

}  // namespace pulsewatch
