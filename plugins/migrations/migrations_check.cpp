// Whether a database has applied the migrations that the code has. It reads only.
#include "common/mysql/database.h"
#include "migrations/shown_text.h"
#include "migrations/tool.h"
#include "migrations/tree.h"
#include "migrations/verdict.h"
#include <pulsewatch/plugin.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch::migrations {
namespace {

// Several times what the largest projects have, and a part of what a worker may have.
constexpr std::size_t most_row_bytes = 16UL * 1024 * 1024;

std::string directory(const std::string& path) {
  if (path[0] != '/') throw std::invalid_argument("path is not absolute: " + shown(path) + "; write it with a / in front");
  std::string normal = std::filesystem::path(path).lexically_normal().string();
  if (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

// `table`, or `database.table`, as SQL has it.
std::string quoted(const std::string& table) {
  if (table.find_first_of(std::string_view("`\0", 2)) != std::string::npos || table.empty() || table.size() > 129)
    throw std::invalid_argument("table is no name of a table: " + shown(table));
  const std::size_t dot = table.find('.');
  if (dot == std::string::npos) return "`" + table + "`";
  return "`" + table.substr(0, dot) + "`.`" + table.substr(dot + 1) + "`";
}

class MigrationsCheck : public Check {
 public:
  explicit MigrationsCheck(Setup& setup)
      : path_(directory(setup.text("path"))),
        tool_(makeTool(setup.text("mode"), {path_, setup.text("apps"), setup.text("labels")})),
        table_(setup.text("table").empty() ? tool_->table() : setup.text("table")),
        query_(queryOf(tool_->columns(), quoted(table_))),
        tree_(path_, *tool_),
        database_(setup, "SET SESSION TRANSACTION READ ONLY"),
        applied_(setup.series("django_migrations_applied_total", {setup.alias()})),
        unapplied_(setup.series("django_migrations_unapplied_total", {setup.alias()})) {
    if (database_.target().database.empty())
      throw std::invalid_argument("url names no database; write mysql://user:password@host:port/database");
  }

  Result run(Run& run) override {
    const net::Deadline deadline(run);
    try {
      const std::vector<File> files = tree_.read(deadline);
      return compared(files, run, deadline);
    } catch (const Unreadable& why) {
      return unhealthy(why.what(), why.what());
    } catch (const mysql::Failure& failure) {
      return result(failure);
    }
  }

 private:
  static std::string queryOf(const std::string& columns, const std::string& table) {
    const std::size_t order = columns.find(" ORDER BY ");
    return "SELECT " + columns.substr(0, order) + " FROM " + table + columns.substr(order);
  }

  Result compared(const std::vector<File>& files, Run& run, const net::Deadline& deadline) {
    const Comparison comparison = tool_->compare(files, rows(run, deadline));
    run.observe(applied_, static_cast<double>(comparison.applied));
    run.observe(unapplied_, static_cast<double>(comparison.missing.size()));
    run.watch(database_.fd());
    return verdict(comparison, *tool_, path_);
  }

  // None where there is no table yet: the tools make it with their first migration.
  std::vector<Row> rows(Run& run, const net::Deadline& deadline) {
    constexpr int no_such_table = 1146;
    try {
      return database_.rows(query_, most_row_bytes, run, deadline);
    } catch (const mysql::Failure& failure) {
      if (failure.kind() != mysql::Failure::Kind::server || failure.number() != no_such_table) throw;
      return {};
    }
  }

  [[nodiscard]] Result result(const mysql::Failure& failure) const {
    constexpr int denied = 1142;
    constexpr int denied_column = 1143;
    constexpr int no_such_column = 1054;
    Result result = database_.result(failure);
    if (failure.kind() != mysql::Failure::Kind::server) return result;
    if (failure.number() == denied || failure.number() == denied_column)
      result.message =
          "MySQL user " + database_.target().user + " may not read the table " + shown(table_) + ", or it isn't there; grant SELECT on it";
    if (failure.number() == no_such_column)
      result.message =
          "the table " + shown(table_) + " is not one that " + tool_->name() + " makes, it lacks a column; correct mode or table";
    return result;
  }

  const std::string path_;
  const std::unique_ptr<Tool> tool_;
  const std::string table_;
  const std::string query_;
  Tree tree_;
  mysql::Database database_;
  const Series applied_;
  const Series unapplied_;
};

Plugin description() {
  Plugin plugin("migrations", PULSEWATCH_VERSION, "A database has the migrations that the code has");
  plugin.defaultCheck("migrations")
      .url("url", "mysql", "mysql://user:password@host:port/database?ssl-mode=…&unix_socket=…", nullptr, Plugin::required)
      .setting("path", Type::text, "the directory with the migrations, or one above it", nullptr, Plugin::required)
      .choice("mode", modes, "the tool whose migrations these are", default_mode)
      .setting("table", Type::text, "where the tool keeps what is applied: TABLE or DATABASE.TABLE; the tool's own by default")
      .setting("apps", Type::text, "django: labels of the apps to look at, with commas; all below path by default")
      .setting("labels", Type::text, "django: DIRECTORY=LABEL with commas, where the label isn't the directory's name; no LABEL: no app")
      .gauge("django_migrations_applied_total", "Count of applied migrations by database connection.", {"connection"})
      .gauge("django_migrations_unapplied_total", "Count of unapplied migrations by database connection.", {"connection"});
  return mysql::withQueryMetrics(plugin);
}

}  // namespace
}  // namespace pulsewatch::migrations

PULSEWATCH_PLUGIN(pulsewatch::migrations::MigrationsCheck, pulsewatch::migrations::description())
