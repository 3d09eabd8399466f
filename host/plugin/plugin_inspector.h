// Who opens a library to ask it what it is. The catalog has it done elsewhere than in the host's process: a library's initialisers can do
// anything.
#pragma once

#include "plugin/plugin_description.h"
#include "plugin/plugin_image.h"
#include "plugin/refusal.h"

#include <variant>

namespace pulsewatch {

// What it is, or why it is refused.
using Inspected = std::variant<PluginDescription, Refusal>;

class PluginInspector {
 public:
  virtual ~PluginInspector() = default;
  // Any thread, several at a time. Takes seconds when the library hangs. Never throws.
  [[nodiscard]] virtual Inspected inspect(const PluginImage& image) const = 0;
};

}  // namespace pulsewatch
