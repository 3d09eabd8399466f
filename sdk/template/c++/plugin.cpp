// A check of pulsewatch: a directory has no more entries than it may have, as a spool of mail or of jobs. Put your own in its place.
#include <pulsewatch/plugin.h>

#include <filesystem>
#include <system_error>

namespace {

class DirectoryCheck : public pulsewatch::Check {
 public:
  explicit DirectoryCheck(pulsewatch::Setup& setup)
      : path_(setup.text("path")), most_(setup.integer("most")), entries_(setup.series("@METRIC@_entries", {path_})) {}

  pulsewatch::Result run(pulsewatch::Run& run) override {
    std::error_code error;
    std::filesystem::directory_iterator entry(path_, error);
    std::int64_t entries = 0;
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
      if (run.remaining().count() == 0) return pulsewatch::unhealthy("no time to count", std::to_string(entries) + " were counted");
      ++entries;
    }
    if (error) return pulsewatch::unhealthy("cannot look into " + path_, error.message());
    run.observe(entries_, static_cast<double>(entries));
    if (entries <= most_) return pulsewatch::healthy("no more entries than allowed");
    return pulsewatch::unhealthy("too many entries", std::to_string(entries) + " were counted");
  }

 private:
  const std::string path_;
  const std::int64_t most_;
  const pulsewatch::Series entries_;
};

}  // namespace

PULSEWATCH_PLUGIN(DirectoryCheck, pulsewatch::Plugin("@NAME@", "0.1.0", "A directory has no more entries than it may have")
                                      .defaultCheck("@NAME@")
                                      .setting("path", pulsewatch::Type::text, "the directory to look into", "/")
                                      .setting("most", pulsewatch::Type::integer, "how many entries it may have", "1000")
                                      .gauge("@METRIC@_entries", "Entries of a directory.", {"path"}))
