#include "common/mysql/database.h"

#include "common/mysql/mysql_messages.h"

#include <chrono>
#include <utility>

namespace pulsewatch::mysql {
namespace {

// What a row costs beyond its bytes, about.
constexpr std::size_t value_overhead = sizeof(Row::value_type) + 16;

std::size_t bytesOf(const Row& row) {
  std::size_t bytes = sizeof(Row) + 16;
  for (const auto& value : row) bytes += value_overhead + (value ? value->size() : 0);
  return bytes;
}

}  // namespace

Database::Database(Setup& setup, std::string first)
    : target_(Target::parse(setup.text("url"))),
      first_(std::move(first)),
      connection_(target_),
      duration_s_(setup.series("django_db_query_duration_seconds", {"mysql", setup.alias()})),
      executed_(setup.series("django_db_execute_total", {"mysql", setup.alias()})) {}

std::string Database::value(const std::string& query, Run& run, const net::Deadline& deadline) {
  std::string answer;
  ask(
      query, [&](const net::Deadline& until) { answer = connection_.value(query, until); }, run, deadline);
  return answer;
}

std::vector<Row> Database::rows(const std::string& query, std::size_t most_bytes, Run& run, const net::Deadline& deadline) {
  std::vector<Row> rows;
  const auto read = [&](const net::Deadline& until) {
    rows.clear();
    std::size_t bytes = 0;
    const auto take = [&](Row row) {
      bytes += bytesOf(row);
      if (bytes > most_bytes) return false;
      rows.push_back(std::move(row));
      return true;
    };
    if (!connection_.query(query, take, until))
      throw Failure(Failure::Kind::too_large, 0, "the answer is larger than " + std::to_string(most_bytes) + " bytes");
  };
  ask(query, read, run, deadline);
  return rows;
}

Result Database::result(const Failure& failure) const { return unhealthy(message(failure, target_), details(failure, target_)); }

void Database::ask(const std::string& query, const Call& call, Run& run, const net::Deadline& deadline) {
  if (connection_.isOpen()) {
    try {
      return observed(query, call, run, deadline);
    } catch (const Failure& failure) {
      if (!failure.connectionLost()) throw;
    }
  }
  open(run, deadline);
  observed(query, call, run, deadline);
}

void Database::open(Run& run, const net::Deadline& deadline) {
  connection_.open(deadline);
  if (first_.empty()) return;
  const auto nothing = [&](const net::Deadline& until) {
    connection_.query(
        first_, [](const Row&) { return true; }, until);
  };
  try {
    observed(first_, nothing, run, deadline);
  } catch (const Failure&) {
    connection_.close();  // never asked without it
    throw;
  }
}

void Database::observed(const std::string& query, const Call& call, Run& run, const net::Deadline& deadline) {
  const auto start = std::chrono::steady_clock::now();
  const auto sent = [&](const std::string& error) {
    const std::chrono::duration<double> duration = std::chrono::steady_clock::now() - start;
    run.increment(executed_);
    run.observe(duration_s_, duration.count());
    if (run.logs(Level::debug)) run.log(Level::debug, "database_query", query, duration.count() * 1000, error);
  };
  try {
    call(deadline);
  } catch (const Failure& failure) {
    sent(details(failure, target_));
    throw;
  }
  sent({});
}

Plugin& withQueryMetrics(Plugin& plugin) {
  return plugin
      .histogram("django_db_query_duration_seconds", "Duration of database queries in seconds.", {"vendor", "alias"},
                 {0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 25, 50, 75})
      .counter("django_db_execute_total", "Database queries sent.", {"vendor", "alias"});
}

}  // namespace pulsewatch::mysql
