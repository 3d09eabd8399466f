// Alembic: alembic_version has the newest revision of each branch; what comes before one is applied with it. The files say by `revision`,
// `down_revision` and `depends_on` what comes before what.
#pragma once

#include "migrations/tool.h"

namespace pulsewatch::migrations {

class Alembic final : public Tool {
 public:
  [[nodiscard]] std::string name() const override { return "Alembic"; }
  [[nodiscard]] std::string pattern() const override { return "NAME.py with a revision"; }
  [[nodiscard]] std::string table() const override { return "alembic_version"; }
  [[nodiscard]] std::string columns() const override { return "version_num ORDER BY version_num"; }
  [[nodiscard]] Interest interest(std::string_view path) const override;
  [[nodiscard]] Facts facts(std::string_view path, std::string_view content, bool whole) const override;
  [[nodiscard]] Comparison compare(const std::vector<File>& files, const std::vector<Row>& rows) const override;
};

}  // namespace pulsewatch::migrations
