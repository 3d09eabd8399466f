#include "worker/worker_inspector.h"

#include "base/text.h"
#include "config/duration.h"
#include "plugin/plugin_library.h"
#include "worker/messages.h"
#include "worker/worker_process.h"

#include <exception>
#include <filesystem>
#include <optional>
#include <poll.h>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::uint64_t kInspectionFiles = 256;
constexpr std::uint64_t kInspectionMemory = std::uint64_t{256} << 20U;

class Inspection {
 public:
  Inspection(const std::string& program, const PluginImage& image)
      : process_(program, std::filesystem::path(image.file).filename().string()) {
    process_.channel().sendWith(encoded(ToWorker(Load{LogLevel::critical, kInspectionMemory, kInspectionFiles})), image.copy.get());
  }

  Inspected answer(Milliseconds within) {
    const SteadyTime until = std::chrono::steady_clock::now() + within;
    for (;;) {
      const auto left = std::chrono::ceil<Milliseconds>(until - std::chrono::steady_clock::now());
      if (left.count() <= 0) return Refusal("does not finish loading: its initialisers have run for " + describeDuration(within));
      pollfd ready{process_.channel().fd(), POLLIN, 0};
      if (::poll(&ready, 1, static_cast<int>(left.count())) <= 0) continue;
      const bool closed = process_.channel().receive([this](std::string_view message) { take(message); }) == Channel::State::closed;
      if (answer_) return std::move(*answer_);
      if (closed) return notLoaded(howItEnded());
    }
  }

 private:
  void take(std::string_view message) {
    auto said = decoded<ToHost>(message);
    if (auto* loaded = std::get_if<Loaded>(&said)) {
      // The worker has checked it; but it has the plugin in it.
      const std::string fault = descriptionFault(loaded->description);
      answer_ = fault.empty() ? Inspected(std::move(loaded->description)) : Inspected(Refusal(fault));
    }
    if (auto* refused = std::get_if<Refused>(&said))
      answer_ = Refusal(cleanText(refused->why, 4000), cleanText(refused->plugin, 63), cleanText(refused->version, 64));
    // Told before its stack is: to read debug information for that takes half a second, and nobody asks for it here.
    if (auto* crash = std::get_if<Crash>(&said)) answer_ = notLoaded("crashed (" + cleanText(crash->what, 500) + ")");
  }

  static Refusal notLoaded(const std::string& what) {
    return Refusal("cannot be loaded: it " + what + " while it was loaded; its author must correct it");
  }

  // The channel closes before the process has ended, or the plugin has closed it and lives.
  std::string howItEnded() {
    pollfd ended{process_.endDescriptor(), POLLIN, 0};
    ::poll(&ended, 1, 1000);
    const auto end = process_.reap();
    if (!end) return "closed the channel to its host";
    return end->by_signal ? "crashed (" + describeEnd(*end) + ")" : "ended its process with " + describeEnd(*end);
  }

  WorkerProcess process_;
  std::optional<Inspected> answer_;
};

}  // namespace

Inspected WorkerInspector::inspect(const PluginImage& image) const {
  try {
    return Inspection(program_, image).answer(load_time_);
  } catch (const BadMessage& e) {
    return Refusal(std::string("cannot be loaded: while it was loaded a message of its worker ") + e.what());
  } catch (const std::exception& e) {
    return Refusal(std::string("cannot be looked at: ") + e.what());
  }
}

}  // namespace pulsewatch
