// Notices that a file of the configuration is another one: the main file, drop-ins, overlays and what NAME_FILE names (base/file_watch.h).
#pragma once

#include "base/file_watch.h"
#include "config/properties.h"

#include <functional>

namespace pulsewatch {

class ConfigWatch final : public FileWatch {
 public:
  ConfigWatch(const ConfigInput& input, std::function<void()> changed);
};

}  // namespace pulsewatch
