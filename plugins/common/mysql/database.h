// The database that a check asks: one connection, kept between runs; every query that is sent is counted, timed and, at DEBUG, logged.
//
// A connection that the server has closed since the last run is opened again, once a query: that says nothing about the database yet.
// One run at a time, on its thread. Whatever goes wrong throws a Failure (mysql_connection.h).
#pragma once

#include "common/deadline.h"
#include "common/mysql/mysql_connection.h"
#include "common/mysql/mysql_target.h"
#include <pulsewatch/plugin.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace pulsewatch::mysql {

class Database {
 public:
  // Where the setting `url` says. Each new connection is greeted with the statement `first`, if any. Throws std::invalid_argument with a
  // sentence about the URL.
  explicit Database(Setup& setup, std::string first = {});

  // The one value that a query gives; NULL is "NULL".
  std::string value(const std::string& query, Run& run, const net::Deadline& deadline);
  // All rows. More than `most_bytes` of memory for them is a Failure of Kind::too_large.
  std::vector<Row> rows(const std::string& query, std::size_t most_bytes, Run& run, const net::Deadline& deadline);

  [[nodiscard]] const Target& target() const { return target_; }
  [[nodiscard]] int fd() const { return connection_.fd(); }

  // What a failed run is: the sentence for people, and the details for the log.
  [[nodiscard]] Result result(const Failure& failure) const;

 private:
  using Call = std::function<void(const net::Deadline& deadline)>;

  void ask(const std::string& query, const Call& call, Run& run, const net::Deadline& deadline);
  void observed(const std::string& query, const Call& call, Run& run, const net::Deadline& deadline);
  void open(Run& run, const net::Deadline& deadline);

  const Target target_;
  const std::string first_;
  Connection connection_;
  const Series duration_s_;
  const Series executed_;
};

// Declares the metrics that a Database observes.
Plugin& withQueryMetrics(Plugin& plugin);

}  // namespace pulsewatch::mysql
