#include "control/control_handler.h"

#include "config/duration.h"
#include "config/mistakes.h"
#include "readiness/mutes.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <map>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

constexpr std::string_view kLogger = "pulsewatch.core.control";
constexpr std::size_t kDeepest = 4;

// What is not done, and why.
class NotDone : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

void need(const std::string& refusal) {
  if (!refusal.empty()) throw NotDone(refusal);
}

std::future<std::string> readyAnswer(std::string answer) {
  std::promise<std::string> promise;
  promise.set_value(std::move(answer));
  return promise.get_future();
}

void writeMute(JsonWriter& json, const Mute& mute, WallTime now) {
  json.beginObject().field("until", timestamp(mute.until));
  json.key("left_ms").integer(std::chrono::ceil<Milliseconds>(mute.until - now).count());
  json.field("reason", mute.reason).endObject();
}

void writeCheck(JsonWriter& json, const CheckVerdict& check, WallTime now) {
  json.beginObject();
  json.field("name", check.row->policy->name).field("status", name(check.status)).field("since", timestamp(check.row->state->since));
  json.key("latency_ms").rounded(check.row->state->latency_ms);
  json.field("message", shownMessage(check));
  json.key("critical").boolean(check.row->policy->critical);
  json.key("against").boolean(check.against);
  if (check.mute != nullptr) writeMute(json.key("muted"), *check.mute, now);
  json.endObject();
}

void writeList(JsonWriter& json, std::string_view key, const std::vector<std::string>& entries) {
  json.key(key).beginArray();
  for (const std::string& entry : entries) json.text(entry);
  json.endArray();
}

}  // namespace

class ControlRequest {
 public:
  // Throws NotDone.
  ControlRequest(const std::string& text, const ControlPeer& from) : peer(from) {
    try {
      Poco::JSON::Parser parser;
      parser.setDepth(kDeepest);
      object_ = parser.parse(text).extract<Poco::JSON::Object::Ptr>();
    } catch (const Poco::Exception&) {
      throw NotDone("the request is no JSON object");
    }
    if (integer("protocol") != ControlHandler::kProtocol)
      throw NotDone("the request is of protocol " + std::to_string(integer("protocol")) + " where this daemon has " +
                    std::to_string(ControlHandler::kProtocol) + "; use the pulsewatchctl of its version");
  }

  [[nodiscard]] std::string text(const std::string& key) const {
    const Poco::Dynamic::Var value = object_->get(key);
    if (!value.isString()) throw NotDone("the request has no text " + quoted(key));
    return value.extract<std::string>();
  }
  [[nodiscard]] std::int64_t integer(const std::string& key) const {
    const Poco::Dynamic::Var value = object_->get(key);
    if (!value.isInteger()) throw NotDone("the request has no whole number " + quoted(key));
    return value.convert<std::int64_t>();
  }
  [[nodiscard]] bool has(const std::string& key) const { return object_->has(key); }

  const ControlPeer peer;

 private:
  Poco::JSON::Object::Ptr object_;
};

JsonWriter ControlHandler::begun(bool ok) const {
  JsonWriter json;
  json.beginObject().key("protocol").integer(kProtocol).field("version", version_).key("ok").boolean(ok);
  return json;
}

std::string ControlHandler::refusal(const std::string& sentence) const { return begun(false).field("error", sentence).endObject().take(); }

ControlHandler::Command ControlHandler::commandOf(const std::string& name) {
  static const std::map<std::string, Command> commands{
      {"status", &ControlHandler::status},   {"explain", &ControlHandler::explain}, {"plugins", &ControlHandler::plugins},
      {"run", &ControlHandler::run},         {"run_end", &ControlHandler::runEnd},  {"drain", &ControlHandler::drain},
      {"undrain", &ControlHandler::undrain}, {"mute", &ControlHandler::mute},       {"unmute", &ControlHandler::unmute}};
  const auto found = commands.find(name);
  if (found == commands.end()) throw NotDone("this daemon knows no command " + quoted(name) + "; use the pulsewatchctl of its version");
  return found->second;
}

std::future<std::string> ControlHandler::answer(const std::string& request, const ControlPeer& peer) {
  try {
    const ControlRequest asked(request, peer);
    const std::string command = asked.text("command");
    if (command == "reload") return reload(peer);
    JsonWriter json = begun(true);
    (this->*commandOf(command))(asked, json);
    return readyAnswer(json.endObject().take());
  } catch (const std::exception& e) {
    return readyAnswer(refusal(e.what()));
  }
}

void ControlHandler::status(const ControlRequest& /*request*/, JsonWriter& json) {
  const HostCondition host = operations_.condition();
  const bool ready = host.verdict != nullptr && host.verdict->ready;
  json.key("ready").boolean(ready);
  json.key("drained").boolean(host.drained);
  json.key("stopping").boolean(host.stopping);
  json.key("uptime_ms").integer(std::chrono::duration_cast<Milliseconds>(host.uptime).count());
  writeList(json, "reasons", host.verdict == nullptr ? std::vector<std::string>{"starting"} : host.verdict->reasons);
  json.key("checks").beginArray();
  if (host.verdict != nullptr) {
    for (const CheckVerdict& check : host.verdict->checks) writeCheck(json, check, host.now);
  }
  json.endArray();
  json.key("mutes").beginObject();
  for (const auto& [check, mute] : *host.mutes) {
    if (mute.until > host.now) writeMute(json.key(check), mute, host.now);
  }
  json.endObject();
}

void ControlHandler::explain(const ControlRequest& /*request*/, JsonWriter& json) { writeList(json, "sentences", operations_.explain()); }

void ControlHandler::plugins(const ControlRequest& /*request*/, JsonWriter& json) {
  json.key("plugins").beginArray();
  for (const PluginCondition& plugin : operations_.plugins()) {
    json.beginObject().field("name", plugin.name).field("version", plugin.version).field("state", plugin.state);
    json.field("file", plugin.file).field("refusal", plugin.refusal);
    json.key("workers").beginArray();
    for (const pid_t worker : plugin.workers) json.integer(worker);
    json.endArray();
    json.key("restarts").integer(static_cast<std::int64_t>(plugin.restarts)).endObject();
  }
  json.endArray();
}

void ControlHandler::run(const ControlRequest& request, JsonWriter& json) {
  const std::string check = request.text("check");
  const AskedRun asked = operations_.run(check);
  need(asked.refusal);
  tell(LogLevel::info, "run_asked", "check " + check + " was asked to run at once", request);
  json.key("after").integer(static_cast<std::int64_t>(asked.after));
  json.key("timeout_ms").integer(asked.timeout.count());
  json.key("waits_first").boolean(asked.waits_first);
}

void ControlHandler::runEnd(const ControlRequest& request, JsonWriter& json) {
  const auto end = operations_.runEnd(request.text("check"), static_cast<std::uint64_t>(request.integer("after")));
  json.key("ended").boolean(end.has_value());
  if (!end) return;
  json.field("outcome", name(end->outcome)).field("message", end->message).field("status", name(end->status));
  json.key("duration_ms").rounded(end->duration_ms);
}

void ControlHandler::drain(const ControlRequest& request, JsonWriter& /*json*/) {
  need(operations_.drain());
  tell(LogLevel::warning, "drain", "drained by operator: not ready until it is undrained or started again", request);
}

void ControlHandler::undrain(const ControlRequest& request, JsonWriter& /*json*/) {
  need(operations_.undrain());
  tell(LogLevel::info, "undrain", "undrained by operator", request);
}

void ControlHandler::mute(const ControlRequest& request, JsonWriter& json) {
  const std::string check = request.text("check");
  const Milliseconds time(request.integer("for_ms"));
  if (time <= Milliseconds(0) || time > Mutes::kLongest)
    throw NotDone("a check can be muted for up to " + std::to_string(Mutes::kLongest.count()) + "h, and for longer than 0s");
  need(operations_.mute(check, time, request.has("reason") ? request.text("reason") : std::string()));
  const HostCondition host = operations_.condition();
  const auto mute = host.mutes->find(check);
  if (mute == host.mutes->end()) return;
  writeMute(json.key("muted"), mute->second, host.now);
  tell(LogLevel::warning, "mute",
       "check " + check + " is muted until " + timestamp(mute->second.until) + (mute->second.reason.empty() ? "" : ": ") +
           mute->second.reason,
       request);
}

void ControlHandler::unmute(const ControlRequest& request, JsonWriter& /*json*/) {
  const std::string check = request.text("check");
  need(operations_.unmute(check));
  tell(LogLevel::info, "unmute", "check " + check + " votes again", request);
}

// It may take seconds, in which others are answered.
std::future<std::string> ControlHandler::reload(const ControlPeer& peer) {
  if (reloading_.exchange(true)) throw NotDone("the configuration is being reloaded already; try again when that is over");
  try {
    return std::async(std::launch::async, [this, peer] {
      std::string answer = reloadAnswer(peer);
      reloading_ = false;
      return answer;
    });
  } catch (const std::system_error&) {
    reloading_ = false;
    throw;
  }
}

std::string ControlHandler::reloadAnswer(const ControlPeer& peer) {
  std::vector<std::string> mistakes;
  try {
    mistakes = operations_.reload();
  } catch (const std::exception& e) {
    mistakes.emplace_back(e.what());
  }
  const bool ok = mistakes.empty();
  log_.write({ok ? LogLevel::info : LogLevel::error,
              kLogger,
              "reload_asked",
              ok ? "the configuration was reloaded on an operator's demand" : "a reload on an operator's demand changed nothing",
              {{"user_id", std::to_string(peer.uid)}}});
  JsonWriter json = begun(ok);
  if (!ok) json.field("error", "the configuration was not reloaded, nothing was changed");
  writeList(json, "mistakes", mistakes);
  return json.endObject().take();
}

void ControlHandler::tell(LogLevel level, std::string_view event, const std::string& message, const ControlRequest& request) {
  LogRecord record{level, kLogger, event, message, {{"user_id", std::to_string(request.peer.uid)}}};
  if (request.has("check")) record.fields.emplace_back("check", request.text("check"));
  log_.write(record);
}

}  // namespace pulsewatch
