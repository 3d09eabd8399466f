#include "conform/traced_plugin.h"

#include "plugin/plugin_library.h"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <utility>

namespace pulsewatch::conform {

namespace {

const pw_plugin* original = nullptr;
Progress* told = nullptr;
bool heard = true;

// What the plugin is lent in the host's place.
const pw_host* lent(const pw_host* host) {
  if (heard) return host;
  static const pw_host quiet = [host] {
    pw_host copy = *host;
    copy.log_enabled = [](const pw_check*, std::int32_t) -> std::int32_t { return 0; };
    copy.log = [](pw_check*, pw_run*, const pw_log_line*) {};
    copy.observe = [](pw_run*, std::int32_t, double) {};
    return copy;
  }();
  return &quiet;
}

void* create(const pw_host* host, pw_check* check) {
  told->enter(Phase::create);
  return original->create(lent(host), check);
}

void run(void* self, const pw_host* host, pw_run* run_side) {
  told->enter(Phase::run);
  original->run(self, lent(host), run_side);
}

void destroy(void* self) {
  told->enter(Phase::destroy);
  original->destroy(self);
}

}  // namespace

const pw_plugin* traced(const pw_plugin& plugin, Progress& progress) {
  static pw_plugin copy;
  original = &plugin;
  told = &progress;
  copy = plugin;
  copy.create = create;
  copy.run = run;
  copy.destroy = destroy;
  return &copy;
}

const pw_plugin* openTraced(const Subject& subject, Progress& progress) {
  progress.enter(Phase::load);
  FileDescriptor copy(::fcntl(subject.image.copy.get(), F_DUPFD_CLOEXEC, 3));
  if (!copy.valid()) throw std::system_error(errno, std::generic_category(), "its copy");
  static const PluginLibrary library(std::move(copy));
  return traced(library.plugin(), progress);
}

void hearNothing() { heard = false; }

}  // namespace pulsewatch::conform
