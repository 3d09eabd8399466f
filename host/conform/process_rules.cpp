// What a plugin does to the process that it shares, and whether it leaves it whole.
#include "config/mistakes.h"
#include "conform/exported_symbols.h"
#include "conform/leftovers.h"
#include "conform/process_state.h"
#include "conform/rule.h"
#include "conform/rule_functions.h"
#include "conform/traced_plugin.h"
#include "conform/trial_check.h"

#include <array>
#include <cstdio>
#include <dlfcn.h>
#include <elf.h>
#include <future>
#include <unistd.h>

namespace pulsewatch::conform {

namespace {

void runAndDestroy(const pw_plugin* plugin, const Subject& subject) {
  TrialCheck check(plugin, subject.settings());
  check.run(subject.timeout);
  check.host().destroy();
}

// What was written to a descriptor, which is a file, from its begin on.
std::string written(int descriptor) {
  std::array<char, 200> text{};
  const ssize_t count = ::pread(descriptor, text.data(), text.size(), 0);
  return count > 0 ? std::string(text.data(), static_cast<std::size_t>(count)) : std::string();
}

}  // namespace

std::string leavesProcessAlone(const Subject& subject, Progress& progress) {
  const auto compare = [](const ProcessState& before, const std::string& where) {
    if (const std::string changed = before.changedIn(ProcessState::now()); !changed.empty())
      throw Broken(where + " changes " + changed + ", which the process shares; leave it as it is, or put it back");
  };
  const ProcessState at_first = ProcessState::now();
  const pw_plugin* const plugin = openTraced(subject, progress);
  compare(at_first, "loading it");
  const ProcessState loaded = ProcessState::now();
  progress.at("with the given settings");
  TrialCheck check(plugin, subject.settings());
  check.run(subject.timeout);
  compare(loaded, "a run");
  check.host().destroy();
  compare(loaded, "destroying a check");
  return {};
}

std::string printsNothing(const Subject& subject, Progress& progress) {
  const pw_plugin* const plugin = openTraced(subject, progress);
  progress.at("with the given settings");
  runAndDestroy(plugin, subject);
  std::fflush(nullptr);  // NOLINT(cert-err33-c): what can't be flushed isn't there
  const std::string said = written(STDOUT_FILENO);
  if (said.empty()) return {};
  throw Broken("it prints " + quoted(said) + ", which would stand in the middle of a host's log; use its log function");
}

std::string unloads(const Subject& subject, Progress& progress) {
  for (const ExportedSymbol& symbol : exportedSymbols(subject.image.copy)) {
    if (symbol.binding == STB_GNU_UNIQUE)
      throw Broken(
          "its " + demangled(symbol.name) +
          " is a unique symbol: the library is never unloaded, and a new version beside it shares the old one's data; build it with "
          "pulsewatch_add_plugin(), or with -fno-gnu-unique");
  }
  if (refusesUnloading(subject.image.copy)) throw Skipped("it asks never to be unloaded (-z nodelete), which hosts are fine with");
  const std::string path = "/proc/self/fd/" + std::to_string(subject.image.copy.get());
  std::async(std::launch::async, [] {}).get();  // with the first thread a sanitizer starts one of its own
  for (int i = 0; i < 3; ++i) {
    progress.at("loading number " + std::to_string(i + 1));
    progress.enter(Phase::load);
    const std::size_t threads = threadCount();
    {
      const testing::Library library(path);
      // On a thread that ends: what it keeps for a thread goes with that.
      std::async(std::launch::async, [&] { runAndDestroy(traced(*library.plugin(), progress), subject); }).get();
      if (!waitUntil([&] { return threadCount() <= threads; }, std::chrono::seconds(1)))
        throw Broken("a thread of it runs on after its check was destroyed, in code that unloading takes away; end and join it in destroy");
      progress.enter(Phase::unload);
    }
    if (void* const still = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD); still != nullptr)
      throw Broken(
          "it stays loaded after dlclose(): something holds a handle of it, or a destructor for a thread that runs on; let go of it in "
          "destroy");
  }
  return {};
}

}  // namespace pulsewatch::conform
