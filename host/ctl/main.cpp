// pulsewatchctl: what an operator says to a running pulsewatchd, from the command line to the exit code.
#include "base/json_writer.h"
#include "base/text.h"
#include "config/mistakes.h"
#include "config/schema.h"
#include "control/control_handler.h"
#include "ctl/answer_text.h"
#include "ctl/command_line.h"
#include "ctl/control_client.h"
#include "ctl/probe.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>

namespace pulsewatch {

namespace {

constexpr int kDone = 0;
constexpr int kRefused = 1;
constexpr int kNotAsked = 2;  // a wrong command line, or no daemon
constexpr Milliseconds kPatience{10'000};
constexpr Milliseconds kReloadPatience{300'000};
constexpr Milliseconds kRunGrace{3000};  // beyond the check's timeout: until its run begins, and its end is known
constexpr Milliseconds kAskEvery{50};

// Was refused by the daemon; printed already or a sentence.
class Refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::string socketOf(const CommandLine& line) {
  if (line.has("socket")) return line.options.at("socket");
  const char* const variable = std::getenv("PULSEWATCH_CONTROL_SOCKET");
  return variable != nullptr && *variable != '\0' ? variable : std::string(kDefaultControlSocket);
}

class Control {
 public:
  explicit Control(const CommandLine& line) : line_(line), socket_(socketOf(line)) {}

  int perform();

 private:
  static JsonWriter request(const std::string& command) {
    JsonWriter json;
    json.beginObject().key("protocol").integer(ControlHandler::kProtocol).field("command", command);
    return json;
  }
  // Throws Refused.
  Poco::JSON::Object::Ptr ask(JsonWriter request, Milliseconds patience = kPatience);
  Poco::JSON::Object::Ptr ask(const std::string& command) { return ask(request(command)); }
  int print(const std::string& text) const {
    std::cout << (line_.has("json") ? answer_ + "\n" : text) << std::flush;
    return kDone;
  }
  int run();
  int mute();

  const CommandLine& line_;
  const std::string socket_;
  std::string answer_;  // the last one
};

Poco::JSON::Object::Ptr Control::ask(JsonWriter request, Milliseconds patience) {
  const ControlAnswer answer = askDaemon(socket_, request.endObject().take(), patience);
  answer_ = answer.text;
  if (answer.object->getValue<bool>("ok")) return answer.object;
  if (line_.has("json")) std::cout << answer_ << '\n' << std::flush;
  std::string sentence = visibleText(answer.object->getValue<std::string>("error"));
  if (const auto mistakes = answer.object->getArray("mistakes")) {
    for (const auto& mistake : *mistakes) sentence += "\n" + visibleText(mistake.toString());
  }
  throw Refused(sentence);
}

int Control::perform() {
  const std::string& command = line_.command;
  if (command == "status") return print(statusText(*ask(command)));
  if (command == "mutes") return print(mutesText(*ask("status")));
  if (command == "explain") return print(explainText(*ask(command)));
  if (command == "plugins") return print(pluginsText(*ask(command)));
  if (command == "run") return run();
  if (command == "mute") return mute();
  if (command == "reload") {
    ask(request(command), kReloadPatience);
    return print("the configuration was reloaded\n");
  }
  if (command == "unmute") {
    JsonWriter json = request(command);
    json.field("check", line_.operand());
    ask(std::move(json));
    return print(line_.operand() + " votes again\n");
  }
  ask(command);
  return print(command == "drain" ? "drained: not ready from now on, until pulsewatchctl undrain or a restart of the daemon\n"
                                  : "no longer drained: ready as far as its checks are\n");
}

int Control::mute() {
  if (!line_.has("for")) throw Usage("mute needs --for: for how long, e.g. --for 30m");
  JsonWriter json = request("mute");
  json.field("check", line_.operand());
  json.key("for_ms").integer(durationOf(line_, "for").count());
  if (line_.has("reason")) json.field("reason", line_.options.at("reason"));
  const auto answer = ask(std::move(json));
  return print(mutedText(line_.operand(), *answer));
}

// It is the client that waits: a check may take its time.
int Control::run() {
  const std::string& check = line_.operand();
  JsonWriter json = request("run");
  json.field("check", check);
  const auto asked = ask(std::move(json));
  if (asked->getValue<bool>("waits_first")) std::cerr << check << " is running already; waiting for that run's end\n";
  const auto after = asked->getValue<std::int64_t>("after");
  const Milliseconds patience = Milliseconds(asked->getValue<std::int64_t>("timeout_ms")) + kRunGrace;
  const SteadyTime until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    JsonWriter question = request("run_end");
    question.field("check", check).key("after").integer(after);
    const auto answer = ask(std::move(question));
    if (answer->getValue<bool>("ended")) {
      print(runEndText(check, *answer));
      const auto outcome = answer->getValue<std::string>("outcome");
      return outcome == "healthy" || outcome == "degraded" ? kDone : kRefused;
    }
    if (std::chrono::steady_clock::now() > until)
      throw Refused("there is no result of check " + check + " yet, which has more time than it may take; pulsewatchctl status shows it");
    std::this_thread::sleep_for(kAskEvery);
  }
}

int perform(int argc, char** argv) {
  const CommandLine line = readCommandLine(argc, argv);
  if (line.has("help")) return std::cout << helpText(), kDone;
  if (line.has("version")) return std::cout << "pulsewatchctl " PULSEWATCH_VERSION "\n", kDone;
  if (line.command != "probe") return Control(line).perform();
  ProbeOptions options;
  if (!line.operands.empty()) options.url = line.operand();
  if (line.has("timeout")) options.timeout = durationOf(line, "timeout");
  options.container = line.has("container");
  if (const std::string fault = probeUrlFault(options.url); !fault.empty()) throw Usage("probe: " + quoted(options.url) + " " + fault);
  return probe(options);
}

}  // namespace

}  // namespace pulsewatch

int main(int argc, char** argv) {
  try {
    return pulsewatch::perform(argc, argv);
  } catch (const pulsewatch::Usage& e) {
    std::cerr << "pulsewatchctl: " << e.what() << "; --help tells more\n";
    return pulsewatch::kNotAsked;
  } catch (const pulsewatch::Refused& e) {
    std::cerr << "pulsewatchctl: " << e.what() << '\n';
    return pulsewatch::kRefused;
  } catch (const pulsewatch::CannotReach& e) {
    std::cerr << "pulsewatchctl: " << e.what() << '\n';
  } catch (const Poco::Exception&) {
    std::cerr << "pulsewatchctl: the daemon's answer lacks something; use the pulsewatchctl of its version\n";
  } catch (const std::exception& e) {
    std::cerr << "pulsewatchctl: " << e.what() << '\n';
  }
  return pulsewatch::kNotAsked;
}
