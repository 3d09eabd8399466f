// Whether a MySQL or MariaDB database answers: `SELECT 1` on a connection that is kept between runs.
#include "common/mysql/database.h"
#include <pulsewatch/plugin.h>

#include <string>

namespace pulsewatch::mysql {
namespace {

class MySqlCheck : public Check {
 public:
  explicit MySqlCheck(Setup& setup) : database_(setup) {}

  Result run(Run& run) override {
    const net::Deadline deadline(run);
    try {
      const std::string answer = database_.value("SELECT 1", run, deadline);
      if (answer != "1") return unhealthy("MySQL gave a wrong answer to SELECT 1", "the answer was: " + answer);
      run.watch(database_.fd());
      return healthy("MySQL connection successful");
    } catch (const Failure& failure) {
      return database_.result(failure);
    }
  }

 private:
  Database database_;
};

}  // namespace
}  // namespace pulsewatch::mysql

PULSEWATCH_PLUGIN(pulsewatch::mysql::MySqlCheck,
                  pulsewatch::mysql::withQueryMetrics(pulsewatch::Plugin("mysql", PULSEWATCH_VERSION, "A MySQL or MariaDB database answers")
                                                          .defaultCheck("database")
                                                          .url("url", "mysql",
                                                               "mysql://user:password@host:port/database?ssl-mode=…&unix_socket=…", nullptr,
                                                               pulsewatch::Plugin::required)))
