// A Django project of a test's own, with Debian's Django: an app `shop` and an app `users` whose label is `accounts`, beside Django's own
// auth and contenttypes. Commands really run, against a database of the given server.
//
// One thread at a time. Throws std::runtime_error with Django's own words when a command fails.
#pragma once

#include "support/mariadb_server.h"
#include "support/temporary_directory.h"

#include <string>
#include <vector>

namespace pulsewatch::testing {

class DjangoProject {
 public:
  explicit DjangoProject(const MariaDbServer& server);

  [[nodiscard]] std::string path() const { return directory_.path(); }
  void write(const std::string& file, const std::string& content) const { directory_.write(file, content); }

  // manage.py's commands: run("pulsewatch_dev", {"migrate", "shop", "0001"}). Their output.
  [[nodiscard]] std::string run(const std::string& database, const std::vector<std::string>& command) const;
  void migrate(const std::string& database, const std::vector<std::string>& arguments = {}) const;
  // What Django itself would still apply of shop and accounts, by name.
  [[nodiscard]] std::vector<std::string> planned(const std::string& database) const;

 private:
  const MariaDbServer& server_;
  TemporaryDirectory directory_;
};

}  // namespace pulsewatch::testing
