#include "migrations/tool.h"

#include "migrations/alembic.h"
#include "migrations/django.h"
#include "migrations/flyway.h"
#include "migrations/golang_migrate.h"
#include "migrations/rails.h"

#include <stdexcept>

namespace pulsewatch::migrations {

const char* const modes = "django|flyway|alembic|golang-migrate|rails";
const char* const default_mode = "django";

std::unique_ptr<Tool> makeTool(const std::string& mode, const ToolOptions& options) {
  if (mode == "django") return std::make_unique<Django>(options);
  if (!options.apps.empty() || !options.labels.empty()) throw std::invalid_argument("apps and labels are for the mode django alone");
  if (mode == "flyway") return std::make_unique<Flyway>();
  if (mode == "alembic") return std::make_unique<Alembic>();
  if (mode == "golang-migrate") return std::make_unique<GolangMigrate>();
  if (mode == "rails") return std::make_unique<Rails>();
  throw std::invalid_argument("there is no mode " + mode);
}

}  // namespace pulsewatch::migrations
