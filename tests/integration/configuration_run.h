// One configuration as a row of a table: its files, environment and arguments, run through pulsewatchd. One thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pulsewatch::testing {

// Words that must stand together on one line of standard error: the place (file:line, a variable, -D), the key, what to do.
using Sentence = std::vector<std::string>;

struct ConfigRow {
  std::string name;
  // Begins the main file, so that its first line is line 1. What every start needs (plugins.directories, state.directory) follows.
  std::string config;
  std::vector<Sentence> mistakes = {};  // all of them; a good row has none
  std::map<std::string, std::string> files = {};
  // Over SECRET_KEY, DJANGO_SETTINGS_MODULE, DATABASE_URL and REDIS_URL; none takes one away.
  std::map<std::string, std::optional<std::string>> environment = {};
  std::vector<std::string> arguments = {};
  std::vector<std::string> secrets = {};  // what must show nowhere
  std::vector<std::string> shown = {};    // a good row: what --check-config prints, on standard output or error
  std::string config_name = "pulsewatch.properties";
};

struct ConfigOutcome {
  int code = 0;
  std::string output;
  std::string errors;
};

// Runs the row to its end, with further arguments behind its own.
ConfigOutcome runConfiguration(const ConfigRow& row, const std::vector<std::string>& further_arguments);

// What is wrong about the outcome of a row that must be refused with exactly its mistakes; "" when nothing is.
std::string judgeRefusal(const ConfigRow& row, const ConfigOutcome& outcome);

// The tables of what must be refused.
std::vector<ConfigRow> badFiles();    // for what stands in a file
std::vector<ConfigRow> badSources();  // for the environment, the checks, the arguments, or all of them at once

}  // namespace pulsewatch::testing
