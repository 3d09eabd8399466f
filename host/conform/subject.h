// The plugin that is tested: its file as it was copied, what it says it is, and the settings that its checks are made with. Immutable.
#pragma once

#include "base/clock.h"
#include "base/file_descriptor.h"
#include "plugin/check_plan.h"
#include "plugin/plugin_description.h"
#include "plugin/plugin_image.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace pulsewatch::conform {

// As texts, by key.
using Settings = std::map<std::string, std::string>;

struct Subject {
  PluginImage image;
  PluginDescription description;
  std::vector<SettingValue> given;  // the defaults among them
  Milliseconds timeout{2000};       // of a run

  [[nodiscard]] Settings settings() const {
    Settings texts;
    for (const SettingValue& value : given) texts[value.key] = value.text;
    return texts;
  }

  // What a run is given for each of many: where nothing answers they shall take seconds, not minutes.
  [[nodiscard]] Milliseconds shortTimeout() const { return std::min(timeout, Milliseconds(200)); }
};

}  // namespace pulsewatch::conform
