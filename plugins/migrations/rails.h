// Rails: schema_migrations has each applied version, against db/migrate/VERSION_NAME.rb.
#pragma once

#include "migrations/tool.h"

namespace pulsewatch::migrations {

class Rails final : public Tool {
 public:
  [[nodiscard]] std::string name() const override { return "Rails"; }
  [[nodiscard]] std::string pattern() const override { return "VERSION_NAME.rb"; }
  [[nodiscard]] std::string table() const override { return "schema_migrations"; }
  [[nodiscard]] std::string columns() const override { return "version ORDER BY version"; }
  [[nodiscard]] Interest interest(std::string_view path) const override;
  [[nodiscard]] Comparison compare(const std::vector<File>& files, const std::vector<Row>& rows) const override;
};

}  // namespace pulsewatch::migrations
