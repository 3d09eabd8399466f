#include "conform/options.h"

#include "config/mistakes.h"
#include "conform/rule.h"
#include <pulsewatch/setting_value.h>

#include <algorithm>
#include <getopt.h>

namespace pulsewatch::conform {

namespace {

constexpr const char* kHelp = R"(usage: pulsewatch-plugin-test [--timeout=TIME] [--rule=NAME]... FILE.so [KEY=VALUE...]

Runs a plugin against what a host expects of one, and says what fails: one line for each rule, `ok`, `FAILED` or `skipped`,
with what is wrong and what to do. Each rule has a process of its own: a crash, a hang or an exit costs that rule alone.

  KEY=VALUE              a setting of the plugin's checks; each one that is required and has no default must be given
  KEY_file=PATH          the same, from a file. A secret, or a URL with a password, is not taken from the command line, where
                         the process list would show it: give it so, or by a variable of the environment:
                         PULSEWATCH_SETTING_KEY or PULSEWATCH_SETTING_KEY_FILE, and for the plugins that come with
                         pulsewatch DATABASE_URL, REDIS_URL or these with _FILE too
  --timeout=TIME         what a run is given, as by check.NAME.timeout; 2s by default
  --rule=NAME            this rule alone; may be repeated
  --list                 the rules, and what each one asks for
  --help, --version

Checks are run for real, with whatever the settings name: no server, a test server or a real one. In part they are run with
other values than the given ones (of each setting those at the edges of its type), and with URLs that lead to a server of
the test's own, which never answers.

Exit codes: 0 no rule failed; 1 one did; 78 the command line is wrong, or a setting is missing; 70 an internal error.
)";

void checkNames(const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const Rule& rule : rules()) known.push_back(rule.name);
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string near = nearest(name, known);
    throw WrongUsage("--rule: " + quoted(name) + " is no rule" + (near.empty() ? "; --list tells them" : "; did you mean " + near + "?"));
  }
}

Milliseconds timeoutOf(const std::string& text) {
  const auto value = parseDuration(text);
  if (!value || *value < Milliseconds(10) || *value > std::chrono::minutes(10))
    throw WrongUsage("--timeout: " + quoted(text) + " is not a duration from 10ms to 10m; write e.g. 500ms or 2s");
  return *value;
}

}  // namespace

bool Options::wants(const std::string& rule) const { return rules.empty() || std::find(rules.begin(), rules.end(), rule) != rules.end(); }

Options readOptions(int argc, char** argv) {
  const option known[] = {{"help", no_argument, nullptr, 'h'},       {"list", no_argument, nullptr, 'l'},
                          {"version", no_argument, nullptr, 'v'},    {"timeout", required_argument, nullptr, 't'},
                          {"rule", required_argument, nullptr, 'r'}, {nullptr, 0, nullptr, 0}};
  Options options;
  std::string timeout;
  opterr = 0;
  for (;;) {
    const int found = getopt_long(argc, argv, ":h", known, nullptr);
    if (found == -1) break;
    // What is behind a = isn't told: it may be a secret.
    const std::string given = optopt != 0 ? std::string("-") + static_cast<char>(optopt) : std::string(argv[optind - 1]);
    const std::string name = given.substr(0, given.find('='));
    if (found == ':') throw WrongUsage(quoted(name) + " needs a value");
    if (found == '?') throw WrongUsage(quoted(name) + " is no option, or takes no value");
    if (found == 'h') options.help = true;
    if (found == 'l') options.list = true;
    if (found == 'v') options.version = true;
    if (found == 't') timeout = optarg;
    if (found == 'r') options.rules.emplace_back(optarg);
  }
  if (options.help || options.list || options.version) return options;
  if (!timeout.empty()) options.timeout = timeoutOf(timeout);
  checkNames(options.rules);
  if (optind >= argc) throw WrongUsage("there is no FILE; write the path of a plugin's library");
  options.file = argv[optind];
  options.settings.assign(argv + optind + 1, argv + argc);
  return options;
}

const char* optionsHelp() { return kHelp; }

}  // namespace pulsewatch::conform
