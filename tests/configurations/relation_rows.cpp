// What checks have to do with each other: which one depends on which, and groups of them.
#include "configurations/configuration.h"

namespace pulsewatch::testing {
namespace {

const std::string no_name = "is not a group's name; write lower-case letters, digits, _ and -, 63 at most and a letter first";
const std::string no_status = " is not a whole number from 400 to 599; write the HTTP status of a group that is not ready";
const std::string no_names = " is not a list without empty entries; write names of checks with commas between them";

Configuration bad(const std::string& name, const std::string& main, std::vector<std::string> mistakes) {
  return {.name = name, .main = main, .mistakes = std::move(mistakes)};
}

// Checks a, b and c of the plugin redis.
const std::string three = "check.a.plugin = redis\ncheck.b.plugin = redis\ncheck.c.plugin = redis\n";

Configurations dependencies() {
  return {
      {.name = "a chain",
       .main = three + "check.a.depends_on = b\ncheck.b.depends_on = c , database\n",
       .effective = {{"check.a.depends_on", "b"}, {"check.b.depends_on", "c,database"}, {"check.c.depends_on", ""}}},
      {.name = "two ways to one",
       .main = three + "check.a.depends_on = b, c\ncheck.b.depends_on = c\n",
       .effective = {{"check.a.depends_on", "b,c"}}},
      {.name = "on one whose plugin is off",
       .main = "plugin.redis.enabled = no\ncheck.cache.plugin = redis\ncheck.database.depends_on = redis, cache\n",
       .effective = {{"checks", "database"}, {"check.database.depends_on", ""}}},
      bad("a circle of two", three + "check.a.depends_on = b\ncheck.b.depends_on = a\n",
          {inMain(4, "check.a.depends_on: depends on itself: a -> b -> a; take one of these steps away")}),
      bad("a circle of three with a way to it",
          three + "check.database.depends_on = c\ncheck.c.depends_on = b\ncheck.b.depends_on = a\n"
                  "check.a.depends_on = database, c\n",
          {inMain(7, "check.a.depends_on: depends on itself: a -> database -> c -> b -> a; take one of these steps away")}),
      bad("two circles", three + "check.a.depends_on = a\ncheck.b.depends_on = c\ncheck.c.depends_on = b\n",
          {inMain(4, "check.a.depends_on: depends on itself: a -> a; take one of these steps away"),
           inMain(5, "check.b.depends_on: depends on itself: b -> c -> b; take one of these steps away")}),
      bad("several unknown ones", three + "check.a.depends_on = cache, b, reddis\n",
          {inMain(4, "check.a.depends_on: \"cache\" is no check (there are a, b, c, database and redis); correct it, or remove it"),
           inMain(4, "check.a.depends_on: \"reddis\" is no check; did you mean redis?")}),
      bad("a dependency of a check with a mistake", "check.x.plugin = memcached\ncheck.redis.depends_on = x\n",
          {inMain(1,
                  "check.x.plugin: check x: no plugin \"memcached\" was found (there are celery, kinds, migrations, mysql and redis); put "
                  "it into one of "
                  "plugins.directories, or remove the key")}),
  };
}

Configurations groups() {
  return {
      {.name = "groups",
       .main = "group.web.checks = redis,database\ngroup.web.fail_status = 429\ngroup.a-b_c-9.checks = redis\n",
       .effective = {{"group.web.checks", "redis,database"},
                     {"group.web.fail_status", "429"},
                     {"group.a-b_c-9.checks", "redis"},
                     {"group.a-b_c-9.fail_status", "503"}}},
      {.name = "a group with one that does not vote",
       .main = "check.redis.critical = no\ngroup.web.checks = redis,database\n",
       .effective = {{"group.web.checks", "redis,database"}}},
      {.name = "a group without one whose plugin is off",
       .main = "plugin.redis.enabled = no\ngroup.web.checks = redis,database\n",
       .effective = {{"group.web.checks", "database"}}},
      taken("group.web.checks", "redis", "redis"),
      refused("group.web.checks", "", "is empty; write names of checks with commas between them"),
      refused("group.web.checks", "redis,,database", "\"redis,,database\"" + no_names),
      refused("group.web.checks", "redis,redis", "\"redis\" is there twice; write it once"),
      refused("group.web.checks", "reddis", "\"reddis\" is no check; did you mean redis?"),
      refused("group.web.checks", "queue", "\"queue\" is no check (there are database and redis); correct it, or remove it"),
      {.name = "the least status",
       .main = "group.web.fail_status = 400\ngroup.web.checks = redis\n",
       .effective = {{"group.web.fail_status", "400"}}},
      {.name = "the most status",
       .main = "group.web.fail_status = 599\ngroup.web.checks = redis\n",
       .effective = {{"group.web.fail_status", "599"}}},
      bad("a status below", "group.web.fail_status = 399\ngroup.web.checks = redis\n",
          {inMain(1, "group.web.fail_status: \"399\"" + no_status)}),
      bad("a status above", "group.web.fail_status = 600\ngroup.web.checks = redis\n",
          {inMain(1, "group.web.fail_status: \"600\"" + no_status)}),
      bad("no status", "group.web.fail_status =\ngroup.web.checks = redis\n", {inMain(1, "group.web.fail_status: \"\"" + no_status)}),
      bad("a group of none", "group.web.fail_status = 500\n",
          {inMain(1, "group.web.fail_status: group web has no checks; add group.web.checks = NAME,NAME")}),
      bad("a group that can never be ready", "check.redis.critical = no\ngroup.web.checks = redis\n",
          {inMain(2, "group.web.checks: has no check that is critical, so that the group would never be ready; add one")}),
      bad("a key of a group with a slip", "group.web.checks = redis\ngroup.web.fail_statsu = 500\n",
          {inMain(2, "group.web.fail_statsu: unknown key; did you mean group.web.fail_status?")}),
      bad("a group has no other keys", "group.web.checks = redis\ngroup.web.colour = red\n",
          {inMain(2, "group.web.colour: unknown key; a group has checks and fail_status")}),
      bad("a group in capitals", "group.Web.checks = redis\n", {inMain(1, "group.Web.checks: " + no_name)}),
      bad("a group without a name", "group..checks = redis\n", {inMain(1, "group..checks: unknown key; write group.NAME.KEY")}),
      bad("a group without a key", "group.web = redis\n", {inMain(1, "group.web: unknown key; write group.NAME.KEY")}),
      bad("a group of 64 characters", "group." + std::string(64, 'a') + ".checks = redis\n",
          {inMain(1, "group." + std::string(64, 'a') + ".checks: " + no_name)}),
  };
}

}  // namespace

Configurations relationRows() {
  Configurations all = dependencies();
  for (const Configuration& row : groups()) all.push_back(row);
  return all;
}

}  // namespace pulsewatch::testing
