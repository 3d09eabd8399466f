// What the host and a worker say to each other. A message is one byte that names it and its fields; channel.h carries it.
//
//   host    Load (with the library's descriptor), AddCheck…, StartRun, GiveUpRun, RemoveCheck, SetLogLevel, Ping, Stop
//   worker  Hello at once, Loaded or Refused, SeriesReport, RunStarted, RunReport, RunWanted, PluginLogLine, Pong, Crash as its last word
//
// Pure; any thread.
#pragma once

#include "plugin/check_runner.h"
#include "worker/wire.h"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace pulsewatch {

// The protocol begins with its version, said by the worker: it is the same program, but one that an upgrade may have put another in the
// place of.
inline constexpr std::uint32_t kProtocolVersion = 2;

struct Hello {
  std::uint32_t version = kProtocolVersion;
};
struct Load {
  LogLevel log_level = LogLevel::info;
  std::uint64_t memory_max = 0;  // bytes, 0: no limit
  std::uint64_t files_max = 0;   // descriptors
};
struct Loaded {
  PluginDescription description;
};
struct Refused {
  std::string why;
  std::string plugin;  // as far as it could say who it is
  std::string version;
};
struct AddCheck {
  CheckId check = 0;
  CheckSpec spec;
};
struct RemoveCheck {
  CheckId check = 0;
};
struct GiveUpRun {
  CheckId check = 0;
  std::uint64_t sequence = 0;
};
struct RunStarted {
  CheckId check = 0;
  std::uint64_t sequence = 0;
  Nanoseconds at{0};  // of the steady clock, which is one for all processes of a machine
};
struct SetLogLevel {
  LogLevel level = LogLevel::info;
};
// There is news of the check between two runs, on a descriptor that it has the worker watch.
struct RunWanted {
  CheckId check = 0;
};
struct Ping {};
struct Pong {};
struct Stop {
  Milliseconds within{0};  // for the checks' goodbyes
};
// Why the worker is about to die, as far as it can tell itself.
struct Crash {
  CheckId check = 0;  // whose run it was; 0: none's
  std::string what;   // "SIGSEGV", "SIGABRT: uncaught exception: …", "out of memory"
  std::string stack_trace;
};

using ToWorker = std::variant<Load, AddCheck, RemoveCheck, RunRequest, GiveUpRun, Ping, Stop, SetLogLevel>;
using ToHost = std::variant<Hello, Loaded, Refused, RunStarted, RunReport, SeriesReport, PluginLogLine, Pong, Crash, RunWanted>;

inline bool isValid(LogLevel level) { return level >= LogLevel::debug && level <= LogLevel::critical; }
inline bool isValid(RunOutcome outcome) { return outcome >= RunOutcome::healthy && outcome <= RunOutcome::crash; }
inline bool isValid(SettingType type) { return type >= SettingType::text && type <= SettingType::choice; }
inline bool isValid(MetricType type) { return type >= MetricType::counter && type <= MetricType::histogram; }

// clang-format off
template <class Wire> void exchange(Wire& wire, Same<SettingDescription> auto& m) { wire(m.key, m.type, m.default_value, m.choices, m.meaning, m.required, m.hidden); }
template <class Wire> void exchange(Wire& wire, Same<MetricDescription> auto& m) { wire(m.name, m.help, m.type, m.labels, m.buckets); }
template <class Wire> void exchange(Wire& wire, Same<PluginDescription> auto& m) { wire(m.name, m.version, m.description, m.default_check, m.settings, m.metrics); }
template <class Wire> void exchange(Wire& wire, Same<SettingValue> auto& m) { wire(m.key, m.type, m.text, m.integer, m.number, m.secret); }
template <class Wire> void exchange(Wire& wire, Same<CheckSpec> auto& m) { wire(m.name, m.plugin, m.alias, m.timeout, m.settings); }
template <class Wire> void exchange(Wire& wire, Same<Observation> auto& m) { wire(m.series, m.value); }

template <class Wire> void exchange(Wire& wire, Same<Hello> auto& m) { wire(m.version); }
template <class Wire> void exchange(Wire& wire, Same<Load> auto& m) { wire(m.log_level, m.memory_max, m.files_max); }
template <class Wire> void exchange(Wire& wire, Same<Loaded> auto& m) { wire(m.description); }
template <class Wire> void exchange(Wire& wire, Same<Refused> auto& m) { wire(m.why, m.plugin, m.version); }
template <class Wire> void exchange(Wire& wire, Same<AddCheck> auto& m) { wire(m.check, m.spec); }
template <class Wire> void exchange(Wire& wire, Same<RemoveCheck> auto& m) { wire(m.check); }
template <class Wire> void exchange(Wire& wire, Same<RunRequest> auto& m) { wire(m.check, m.sequence, m.request_id); }
template <class Wire> void exchange(Wire& wire, Same<GiveUpRun> auto& m) { wire(m.check, m.sequence); }
template <class Wire> void exchange(Wire& wire, Same<RunStarted> auto& m) { wire(m.check, m.sequence, m.at); }
template <class Wire> void exchange(Wire& wire, Same<RunReport> auto& m) { wire(m.check, m.sequence, m.request_id, m.outcome, m.message, m.error, m.stack_trace, m.duration, m.observations); }
template <class Wire> void exchange(Wire& wire, Same<SeriesReport> auto& m) { wire(m.check, m.number, m.metric, m.label_values); }
template <class Wire> void exchange(Wire& wire, Same<PluginLogLine> auto& m) { wire(m.check, m.request_id, m.level, m.event, m.message, m.error, m.duration_ms); }
template <class Wire> void exchange(Wire& wire, Same<SetLogLevel> auto& m) { wire(m.level); }
template <class Wire> void exchange(Wire& wire, Same<RunWanted> auto& m) { wire(m.check); }
template <class Wire> void exchange(Wire&, Same<Ping> auto&) {}
template <class Wire> void exchange(Wire&, Same<Pong> auto&) {}
template <class Wire> void exchange(Wire& wire, Same<Stop> auto& m) { wire(m.within); }
template <class Wire> void exchange(Wire& wire, Same<Crash> auto& m) { wire(m.check, m.what, m.stack_trace); }
// clang-format on

// The message as bytes. `Messages` is ToWorker or ToHost.
template <class Messages>
std::string encoded(const Messages& message) {
  WireWriter wire;
  wire(static_cast<std::uint8_t>(message.index()));
  std::visit([&](const auto& alternative) { wire(alternative); }, message);
  return wire.take();
}

// Throws BadMessage.
template <class Messages, std::size_t kIndex = 0>
Messages decoded(std::uint8_t index, WireReader& wire) {
  if constexpr (kIndex < std::variant_size_v<Messages>) {
    if (index != kIndex) return decoded<Messages, kIndex + 1>(index, wire);
    std::variant_alternative_t<kIndex, Messages> message;
    wire(message);
    wire.end();
    return message;
  } else {
    throw BadMessage("has a name that is none");
  }
}
template <class Messages>
Messages decoded(std::string_view bytes) {
  WireReader wire(bytes);
  std::uint8_t index = 0;
  wire(index);
  return decoded<Messages>(index, wire);
}

}  // namespace pulsewatch
