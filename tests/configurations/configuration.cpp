#include "configurations/configuration.h"

namespace pulsewatch::testing {

const std::string usual_password = "the-usual-password";

const std::map<std::string, std::string>& usualEnvironment() {
  static const std::map<std::string, std::string> environment{
      {"SECRET_KEY", "the-configurations-secret-key-0123456789-abcdefghijk"},
      {"DJANGO_SETTINGS_MODULE", "core.settings.test"},
      {"DATABASE_URL", "mysql://pulsewatch:" + usual_password + "@db.example:3306/pulsewatch_dev"},
      {"REDIS_URL", "redis://cache.example:6379/0"}};
  return environment;
}

std::string inMain(int line, const std::string& sentence) {
  return "@DIR@/pulsewatch.properties:" + std::to_string(line) + ": " + sentence;
}

namespace {

// What else a key needs so that its value is read from the main file, and is read at all.
Configuration readFromMain(const std::string& key, const std::string& value) {
  static const std::map<std::string, std::string> variables{{"secret_key", "SECRET_KEY"},
                                                            {"settings_module", "DJANGO_SETTINGS_MODULE"},
                                                            {"database.url", "DATABASE_URL"},
                                                            {"redis.url", "REDIS_URL"},
                                                            {"plugins.directories", "PULSEWATCH_PLUGINS_DIRECTORIES"}};
  Configuration row;
  row.name = key + " = " + (value.size() > 80 ? value.substr(0, 80) + "… of " + std::to_string(value.size()) : value);
  row.main = key + " = " + value + "\n";
  if (const auto variable = variables.find(key); variable != variables.end()) row.environment[variable->second] = std::nullopt;
  if (key.rfind("mysql.", 0) == 0) row.environment["DATABASE_URL"] = std::nullopt;
  if (key.rfind("mysql.", 0) == 0 && key != "mysql.password") row.environment["MYSQL_PASSWORD"] = usual_password;
  for (const std::string plugin : {"kinds", "celery"}) {
    if (key.rfind("check." + plugin + ".", 0) == 0) row.main += "check." + plugin + ".plugin = " + plugin + "\n";
  }
  if (key.rfind("celery.", 0) == 0) row.main += "check.celery.plugin = celery\n";
  return row;
}

}  // namespace

Configuration taken(const std::string& key, const std::string& value, const std::string& effective) {
  Configuration row = readFromMain(key, value);
  row.effective[key] = effective;
  return row;
}

Configuration refused(const std::string& key, const std::string& value, const std::string& sentence) {
  Configuration row = readFromMain(key, value);
  row.mistakes.push_back(inMain(1, key + ": " + sentence));
  return row;
}

std::string keyOf(const Configuration& row) { return row.main.substr(0, row.main.find(" =")); }

Configurations allConfigurations() {
  Configurations all;
  for (const Configurations& rows : {hostKeyRows(), httpRows(), checkKeyRows(), listRows(), urlRows(), sourceRows(), referenceRows(),
                                     fileRows(), checkRows(), relationRows()})
    all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace pulsewatch::testing
