#include "integration/configuration_run.h"

#include "integration/daemon.h"

#include <algorithm>
#include <sstream>

namespace pulsewatch::testing {
namespace {

std::vector<std::string> linesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) lines.push_back(line);
  return lines;
}

bool holdsAll(const std::string& line, const Sentence& words) {
  return std::all_of(words.begin(), words.end(), [&line](const std::string& word) { return line.find(word) != std::string::npos; });
}

std::string completed(const ConfigRow& row) {
  std::string config = row.config;
  if (!config.empty() && config.back() != '\n') config += '\n';
  if (config.find("plugins.directories") == std::string::npos) config += "plugins.directories = " PULSEWATCH_PLUGINS "\n";
  if (config.find("state.directory") == std::string::npos) config += "state.directory = @DIR@/state\n";
  return config;
}

}  // namespace

ConfigOutcome runConfiguration(const ConfigRow& row, const std::vector<std::string>& further_arguments) {
  PulsewatchOptions options;
  options.config = completed(row);
  options.config_name = row.config_name;
  options.files = row.files;
  options.environment = requiredEnvironment();
  options.environment["DATABASE_URL"] = "mysql://pulsewatch:the-usual-password@127.0.0.1:3306/pulsewatch_dev";
  options.environment["REDIS_URL"] = "redis://127.0.0.1:6379/0";
  for (const auto& [name, value] : row.environment) {
    options.environment.erase(name);
    if (value) options.environment[name] = *value;
  }
  options.arguments = row.arguments;
  options.arguments.insert(options.arguments.end(), further_arguments.begin(), further_arguments.end());
  options.secrets = row.secrets;
  options.secrets.emplace_back("the-usual-password");
  options.logs = false;
  PulsewatchProcess program(options);
  const int code = program.finish();
  return {code, program.child().output(), program.child().errors()};
}

std::string judgeRefusal(const ConfigRow& row, const ConfigOutcome& outcome) {
  std::ostringstream wrong;
  if (outcome.code != 78) wrong << "ends with " << outcome.code << ", not 78; ";
  std::vector<std::string> lines = linesOf(outcome.errors);
  if (lines.size() != row.mistakes.size()) wrong << lines.size() << " lines for " << row.mistakes.size() << " mistakes; ";
  for (const Sentence& sentence : row.mistakes) {
    const auto line = std::find_if(lines.begin(), lines.end(), [&](const std::string& text) { return holdsAll(text, sentence); });
    if (line != lines.end()) {
      lines.erase(line);
      continue;
    }
    wrong << "no line with";
    for (const std::string& word : sentence) wrong << " [" << word << ']';
    wrong << "; ";
  }
  if (wrong.str().empty()) return {};
  return row.name + ": " + wrong.str() + "standard error:\n" + outcome.errors;
}

}  // namespace pulsewatch::testing
