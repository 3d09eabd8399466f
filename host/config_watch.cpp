#include "config_watch.h"

#include <utility>

namespace pulsewatch {

ConfigWatch::ConfigWatch(const ConfigInput& input, std::function<void()> changed)
    : FileWatch([input] { return configFiles(input); }, {(input.file.parent_path() / "pulsewatch.d").string()}, std::move(changed)) {}

}  // namespace pulsewatch
