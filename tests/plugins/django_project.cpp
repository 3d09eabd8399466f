#include "plugins/django_project.h"

#include "support/child_process.h"

#include <algorithm>
#include <chrono>
#include <sstream>
#include <stdexcept>

namespace pulsewatch::testing {
namespace {

const char* const python = "/usr/bin/python3";  // Debian's: another in PATH has no Django

const char* const settings = R"(import os
SECRET_KEY = 'only for a test'
INSTALLED_APPS = ['django.contrib.contenttypes', 'django.contrib.auth', 'shop', 'users.apps.UsersConfig']
DATABASES = {'default': {'ENGINE': 'django.db.backends.mysql', 'NAME': os.environ['DATABASE'], 'USER': 'root', 'HOST': os.environ['SOCKET']}}
DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'
USE_TZ = True
)";

// The migration that adds a field to shop's model.
std::string addField(const std::string& previous, const std::string& field) {
  return "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    dependencies = [('shop', '" + previous +
         "')]\n    operations = [migrations.AddField('item', '" + field + "', models.IntegerField(default=0))]\n";
}

std::string createModel(const std::string& model) {
  return "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    initial = True\n    dependencies = []\n"
         "    operations = [\n        migrations.CreateModel('" +
         model +
         "', [\n            ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),\n"
         "            ('name', models.CharField(max_length=50)),\n        ]),\n    ]\n";
}

}  // namespace

DjangoProject::DjangoProject(const MariaDbServer& server) : server_(server) {
  write("settings.py", settings);
  for (const char* package : {"shop", "shop/migrations", "users", "users/migrations"}) write(package + std::string("/__init__.py"), "");
  write("shop/models.py",
        "from django.db import models\n\n\nclass Item(models.Model):\n    name = models.CharField(max_length=50)\n"
        "    price = models.IntegerField(default=0)\n    stock = models.IntegerField(default=0)\n");
  write("shop/migrations/0001_initial.py", createModel("Item"));
  write("shop/migrations/0002_item_price.py", addField("0001_initial", "price"));
  write("shop/migrations/0003_item_stock.py", addField("0002_item_price", "stock"));
  write("users/apps.py",
        "from django.apps import AppConfig\n\n\nclass UsersConfig(AppConfig):\n    name = 'users'\n    label = 'accounts'  # users is "
        "taken\n");
  write("users/models.py", "from django.db import models\n\n\nclass Profile(models.Model):\n    name = models.CharField(max_length=50)\n");
  write("users/migrations/0001_initial.py", createModel("Profile"));
}

std::string DjangoProject::run(const std::string& database, const std::vector<std::string>& command) const {
  std::vector<std::string> argv = {python, "-B", "-m", "django"};
  argv.insert(argv.end(), command.begin(), command.end());
  Environment environment = plainEnvironment();
  environment["PYTHONPATH"] = path();
  environment["DJANGO_SETTINGS_MODULE"] = "settings";
  environment["DATABASE"] = database;
  environment["SOCKET"] = server_.socketPath().string();
  ChildProcess django(argv, environment);
  if (django.waitForExit(std::chrono::seconds(120)) != 0)
    throw std::runtime_error("django " + command.at(0) + " failed: " + django.output() + django.errors());
  return django.output();
}

void DjangoProject::migrate(const std::string& database, const std::vector<std::string>& arguments) const {
  std::vector<std::string> command = {"migrate", "--no-input"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  static_cast<void>(run(database, command));
}

std::vector<std::string> DjangoProject::planned(const std::string& database) const {
  std::vector<std::string> names;
  std::istringstream lines(run(database, {"migrate", "--plan"}));
  for (std::string line; std::getline(lines, line);)
    if (line.rfind("shop.", 0) == 0 || line.rfind("accounts.", 0) == 0) names.push_back(line);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace pulsewatch::testing
