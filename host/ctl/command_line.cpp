#include "ctl/command_line.h"

#include "config/mistakes.h"
#include <pulsewatch/setting_value.h>

#include <algorithm>
#include <getopt.h>

namespace pulsewatch {

namespace {

constexpr const char* kHelp = R"(usage: pulsewatchctl [--socket=PATH] [--json] COMMAND

Maintains a running pulsewatchd, over its control socket, which root and the daemon's own user may open.

  status                 whether it is ready and why not, what is drained or muted, and every check
  explain                why the verdict is what it is, in sentences
  run CHECK              runs a check at once and prints its result; when it is running already, that run's.
                         Ends with 1 when the run failed.
  drain                  not ready from now on, still serving, until `undrain` (or a restart of the daemon)
  undrain                ends that
  mute CHECK --for TIME [--reason TEXT]
                         the check runs on and is shown, but doesn't vote, for that long (30m, 2h; 720h at most), and over
                         restarts of the daemon, too. When every critical check is muted the verdict is ready.
  unmute CHECK           it votes again
  mutes                  the checks that are muted, for how long, and why
  plugins                the plugins with their version, state, worker process, its restarts, and why one was refused
  reload                 has the daemon read its configuration anew; prints the mistakes when that was not possible
  probe [URL] [--timeout TIME] [--container]
                         asks a daemon by HTTP, without the control socket, and says what came of it in one line
                         (default http://127.0.0.1:8080/ready?verbose, 2s; of a muted check only `verbose` knows)

  --socket=PATH          the control socket; else PULSEWATCH_CONTROL_SOCKET, else /run/pulsewatch/control.sock
  --json                 prints the daemon's answer as it is, one line of JSON
  --help, --version

Exit codes: 0 done; 1 refused or failed, a sentence on standard error says why; 2 the command line is wrong or there is no
daemon to be reached. `status` ends with 0 when it is not ready, too: for scripts there is `probe`.
Exit codes of probe, as of a plugin of Nagios: 0 OK, ready; 1 WARNING, ready, but a check is degraded or unhealthy;
2 CRITICAL, not ready or no answer. With --container, as Docker's HEALTHCHECK has them: 0 ready, 1 not ready or no answer.
)";

struct Command {
  std::size_t least = 0;  // operands
  std::size_t most = 0;
  std::vector<std::string> options = {};  // beyond those of every command
};

const std::map<std::string, Command>& commands() {
  static const std::map<std::string, Command> all{{"status", {}},
                                                  {"explain", {}},
                                                  {"run", {1, 1}},
                                                  {"drain", {}},
                                                  {"undrain", {}},
                                                  {"unmute", {1, 1}},
                                                  {"mutes", {}},
                                                  {"plugins", {}},
                                                  {"reload", {}},
                                                  {"mute", {1, 1, {"for", "reason"}}},
                                                  {"probe", {0, 1, {"timeout", "container"}}}};
  return all;
}

void checkUsage(const CommandLine& line) {
  std::vector<std::string> names;
  for (const auto& [name, command] : commands()) names.push_back(name);
  const auto found = commands().find(line.command);
  if (line.command.empty())
    throw Usage("there is no command; one of: status, explain, run, drain, undrain, mute, unmute, mutes, plugins, reload, probe");
  if (found == commands().end()) {
    const std::string near = nearest(line.command, names);
    throw Usage(quoted(line.command) + " is no command" + (near.empty() ? "" : "; did you mean " + near + "?"));
  }
  const Command& command = found->second;
  if (line.operands.size() < command.least) throw Usage(line.command + " needs the name of a check");
  if (line.operands.size() > command.most) throw Usage(line.command + " takes no " + quoted(line.operands[command.most]));
  for (const auto& [option, value] : line.options) {
    const bool of_all = line.command != "probe" && (option == "socket" || option == "json");
    if (!of_all && std::find(command.options.begin(), command.options.end(), option) == command.options.end())
      throw Usage(line.command + " has no option --" + option);
  }
}

CommandLine parsed(int argc, char** argv) {
  const option options[] = {
      {"socket", required_argument, nullptr, 0}, {"json", no_argument, nullptr, 0},          {"for", required_argument, nullptr, 0},
      {"reason", required_argument, nullptr, 0}, {"timeout", required_argument, nullptr, 0}, {"container", no_argument, nullptr, 0},
      {"help", no_argument, nullptr, 0},         {"version", no_argument, nullptr, 0},       {nullptr, 0, nullptr, 0}};
  CommandLine line;
  opterr = 0;
  for (;;) {
    int index = 0;
    const int found = getopt_long(argc, argv, ":h", options, &index);
    if (found == -1) break;
    const std::string given = optopt != 0 ? std::string("-") + static_cast<char>(optopt) : argv[optind - 1];
    if (found == ':') throw Usage(given + " needs a value");
    if (found == '?') throw Usage(quoted(given) + " is no option");
    line.options[found == 'h' ? "help" : options[index].name] = optarg == nullptr ? "" : optarg;
  }
  for (int i = optind; i < argc; ++i) (line.command.empty() ? line.command : line.operands.emplace_back()) = argv[i];
  return line;
}

}  // namespace

CommandLine readCommandLine(int argc, char** argv) {
  CommandLine line = parsed(argc, argv);
  if (!line.has("help") && !line.has("version")) checkUsage(line);
  return line;
}

Milliseconds durationOf(const CommandLine& line, const std::string& option) {
  const auto value = parseDuration(line.options.at(option));
  if (!value || *value <= Milliseconds(0))
    throw Usage("--" + option + ": " + quoted(line.options.at(option)) + " is not a duration above zero; write e.g. 30s, 30m or 2h");
  return *value;
}

const char* helpText() { return kHelp; }

}  // namespace pulsewatch
