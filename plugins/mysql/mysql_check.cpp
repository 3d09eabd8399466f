// Whether a MySQL or MariaDB database answers: `SELECT 1` on a connection that is kept between runs.
#include "mysql/mysql_connection.h"
#include "mysql/mysql_messages.h"
#include "mysql/mysql_target.h"
#include <pulsewatch/plugin.h>

#include <chrono>
#include <string>

namespace pulsewatch::mysql {
namespace {

class MySqlCheck : public Check {
 public:
  explicit MySqlCheck(Setup& setup)
      : target_(Target::parse(setup.text("url"))),
        connection_(target_),
        duration_s_(setup.series("django_db_query_duration_seconds", {"mysql", setup.alias()})),
        executed_(setup.series("django_db_execute_total", {"mysql", setup.alias()})) {}

  Result run(Run& run) override {
    const net::Deadline deadline(run);
    try {
      const std::string answer = ask(run, deadline);
      if (answer != "1") return unhealthy("MySQL gave a wrong answer to SELECT 1", "the answer was: " + answer);
      run.watch(connection_.fd());
      return healthy("MySQL connection successful");
    } catch (const Failure& failure) {
      return unhealthy(message(failure, target_), details(failure, target_));
    }
  }

 private:
  std::string ask(Run& run, const net::Deadline& deadline) {
    if (connection_.isOpen()) {
      try {
        return query(run, deadline);
      } catch (const Failure& failure) {
        // The server has closed the kept connection since: that says nothing about the database yet.
        if (!failure.connectionLost()) throw;
      }
    }
    connection_.open(deadline);
    return query(run, deadline);
  }

  std::string query(Run& run, const net::Deadline& deadline) {
    const auto start = std::chrono::steady_clock::now();
    const auto sent = [&](const std::string& error) {
      const std::chrono::duration<double> duration = std::chrono::steady_clock::now() - start;
      run.increment(executed_);
      run.observe(duration_s_, duration.count());
      if (run.logs(Level::debug)) run.log(Level::debug, "database_query", "SELECT 1", duration.count() * 1000, error);
    };
    try {
      std::string answer = connection_.value("SELECT 1", deadline);
      sent({});
      return answer;
    } catch (const Failure& failure) {
      sent(details(failure, target_));
      throw;
    }
  }

  const Target target_;
  Connection connection_;
  const Series duration_s_;
  const Series executed_;
};

}  // namespace
}  // namespace pulsewatch::mysql

PULSEWATCH_PLUGIN(pulsewatch::mysql::MySqlCheck,
                  pulsewatch::Plugin("mysql", PULSEWATCH_VERSION, "A MySQL or MariaDB database answers")
                      .defaultCheck("database")
                      .url("url", "mysql", "mysql://user:password@host:port/database?ssl-mode=…&unix_socket=…", nullptr,
                           pulsewatch::Plugin::required)
                      .histogram("django_db_query_duration_seconds", "Duration of database queries in seconds.", {"vendor", "alias"},
                                 {0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 25, 50, 75})
                      .counter("django_db_execute_total", "Database queries sent.", {"vendor", "alias"}))
