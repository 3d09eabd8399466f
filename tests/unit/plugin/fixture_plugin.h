// The fixture plugins (tests/fixtures/plugins) as the tests of this stage need them: where they are, copied into a directory of the test's
// own, opened, and checks of them. Throws what the code under test throws.
#pragma once

#include "base/mutex.h"
#include "plugin/check_plan.h"
#include "plugin/plugin_file.h"
#include "plugin/plugin_inspector.h"
#include "plugin/plugin_library.h"
#include "support/temporary_directory.h"

#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace pulsewatch::testing {

inline std::set<uid_t> fixtureOwners() { return {0, ::geteuid()}; }

inline std::filesystem::path fixtureFile(const std::string& fixture) { return std::filesystem::path(FIXTURE_PLUGINS) / (fixture + ".so"); }

// Copies a fixture to `file`, writable by its owner alone whatever the umask.
inline void copyFixture(const std::string& fixture, const std::filesystem::path& file) {
  std::filesystem::copy_file(fixtureFile(fixture), file, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::permissions(file, std::filesystem::perms(0644));
}

inline std::shared_ptr<PluginLibrary> fixtureLibrary(const std::string& fixture) {
  const TemporaryDirectory directory;
  copyFixture(fixture, directory / (fixture + ".so"));
  return std::make_shared<PluginLibrary>(openPluginFile(directory.path(), fixture + ".so", fixtureOwners()));
}

// Looks at libraries in the test's own process.
class LocalInspector final : public PluginInspector {
 public:
  [[nodiscard]] Inspected inspect(const PluginImage& image) const override {
    try {
      static Mutex mutex;  // one library at a time
      const MutexLock lock(mutex);
      return PluginLibrary(FileDescriptor(::fcntl(image.copy.get(), F_DUPFD_CLOEXEC, 0))).description();
    } catch (const Refusal& refusal) {
      return refusal;
    }
  }
};

// A check of a fixture with these text settings beside the plugin's defaults. Settings declared as secrets are marked so.
inline CheckSpec fixtureSpec(const PluginLibrary& library, const std::string& name,
                             const std::vector<std::pair<std::string, std::string>>& given = {}) {
  CheckSpec spec;
  spec.name = name;
  spec.alias = name;
  spec.plugin = library.description().name;
  for (const SettingDescription& setting : library.description().settings) {
    SettingValue value;
    value.key = setting.key;
    value.type = setting.type;
    value.secret = setting.hidden || setting.type == SettingType::secret;
    bool has = setting.default_value.has_value();
    if (has) value.text = *setting.default_value;
    for (const auto& [key, text] : given) {
      if (key != setting.key) continue;
      has = true;
      value.text = text;
    }
    if (has) spec.settings.push_back(std::move(value));
  }
  return spec;
}

}  // namespace pulsewatch::testing
