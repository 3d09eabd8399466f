// Flyway: flyway_schema_history by version against V1_2__description.sql, with repeatable ones (R__), baselines and Flyway's checksums.
#pragma once

#include "migrations/tool.h"

namespace pulsewatch::migrations {

class Flyway final : public Tool {
 public:
  [[nodiscard]] std::string name() const override { return "Flyway"; }
  [[nodiscard]] std::string pattern() const override { return "V1__NAME.sql and R__NAME.sql"; }
  [[nodiscard]] std::string table() const override { return "flyway_schema_history"; }
  [[nodiscard]] std::string columns() const override { return "version, description, type, checksum, success ORDER BY installed_rank"; }
  [[nodiscard]] Interest interest(std::string_view path) const override;
  [[nodiscard]] Facts facts(std::string_view path, std::string_view content, bool whole) const override;
  [[nodiscard]] Comparison compare(const std::vector<File>& files, const std::vector<Row>& rows) const override;
};

}  // namespace pulsewatch::migrations
