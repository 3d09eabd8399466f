// golang-migrate: schema_migrations has one row, the newest version that is applied and whether it failed half-way, against
// VERSION_NAME.up.sql.
#pragma once

#include "migrations/tool.h"

namespace pulsewatch::migrations {

class GolangMigrate final : public Tool {
 public:
  [[nodiscard]] std::string name() const override { return "golang-migrate"; }
  [[nodiscard]] std::string pattern() const override { return "VERSION_NAME.up.sql"; }
  [[nodiscard]] std::string table() const override { return "schema_migrations"; }
  [[nodiscard]] std::string columns() const override { return "version, dirty ORDER BY version"; }
  [[nodiscard]] bool recursive() const override { return false; }
  [[nodiscard]] Interest interest(std::string_view path) const override;
  [[nodiscard]] Comparison compare(const std::vector<File>& files, const std::vector<Row>& rows) const override;
};

}  // namespace pulsewatch::migrations
