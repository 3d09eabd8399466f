// Django: django_migrations by app and name against APP/migrations/NAME.py, with squashed migrations.
//
// An app is a directory with a package `migrations` in it; its label is the one `label` that its apps.py assigns, else the directory's
// name; the operator may say otherwise. As Django has it, a package has an __init__.py and a migration a class Migration.
#pragma once

#include "migrations/tool.h"

#include <map>
#include <set>

namespace pulsewatch::migrations {

class Django final : public Tool {
 public:
  // Throws std::invalid_argument with a sentence about `apps` or `labels`.
  explicit Django(const ToolOptions& options);

  [[nodiscard]] std::string name() const override { return "Django"; }
  [[nodiscard]] std::string pattern() const override { return "APP/migrations/NAME.py, beside an __init__.py"; }
  [[nodiscard]] std::string table() const override { return "django_migrations"; }
  [[nodiscard]] std::string columns() const override { return "app, name ORDER BY id"; }
  [[nodiscard]] Interest interest(std::string_view path) const override;
  [[nodiscard]] Facts facts(std::string_view path, std::string_view content, bool whole) const override;
  [[nodiscard]] Comparison compare(const std::vector<File>& files, const std::vector<Row>& rows) const override;

 private:
  struct Code;
  class Judge;

  [[nodiscard]] bool isPackage(std::string_view directory) const;
  [[nodiscard]] Code codeOf(const std::vector<File>& files, std::string& fault) const;
  [[nodiscard]] std::string labelOf(const std::string& package, const std::map<std::string, std::string, std::less<>>& own_labels) const;

  std::string path_;
  std::set<std::string> apps_;
  std::map<std::string, std::string, std::less<>> labels_;  // by directory; "": not an app
};

}  // namespace pulsewatch::migrations
