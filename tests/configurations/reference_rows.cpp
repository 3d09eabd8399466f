// ${…}: what is put in, what can't be, and what is hidden of it.
#include "configurations/configuration.h"

namespace pulsewatch::testing {
namespace {

const std::string secret = "hunter2hunter2";
const std::string dollar = "write $$ where a dollar sign is meant";

Configuration good(const std::string& name, const std::string& main, std::map<std::string, std::string> effective) {
  return {
      .name = name, .main = main, .environment = {{"A", secret}, {"EMPTY", ""}}, .effective = std::move(effective), .secrets = {secret}};
}

Configuration bad(const std::string& name, const std::string& main, std::vector<std::string> mistakes) {
  return {.name = name, .main = main, .environment = {{"A", secret}, {"EMPTY", ""}}, .mistakes = std::move(mistakes), .secrets = {secret}};
}

// Through that many settings of a check that is not made.
std::string chain(int length) {
  std::string text = "check.redis.key = ${check.kinds.s1}\ncheck.kinds.plugin = kinds\nplugin.kinds.enabled = no\n";
  for (int i = 1; i < length; ++i) text += "check.kinds.s" + std::to_string(i) + " = ${check.kinds.s" + std::to_string(i + 1) + "}\n";
  return text + "check.kinds.s" + std::to_string(length) + " = end\n";
}

Configurations putIn() {
  return {
      good("a key", "http.port = 81\ncheck.redis.key = port-${http.port}\n",
           {{"check.redis.key", "port-81"}, {"check.redis.key shown", "port-81"}}),
      good("a key's default", "check.redis.key = ${http.port}\n", {{"check.redis.key", "8080"}}),
      good("a key of another file's", "check.redis.key = ${check.redis.alias}\ncheck.redis.alias = a\n", {{"check.redis.key", "a"}}),
      good("a variable of the specification", "check.redis.key = ${LOG_LEVEL}\n", {{"check.redis.key", "INFO"}}),
      good("twice and between", "check.redis.key = <${http.port}|${http.port}>\n", {{"check.redis.key", "<8080|8080>"}}),
      good("an empty variable", "check.redis.key = a${env.EMPTY}b\n", {{"check.redis.key", "ab"}}),
      good("dollars", "check.redis.key = $$ $ a$b $${x} $$$$ {x} }\n", {{"check.redis.key", "$ $ a$b ${x} $$ {x} }"}}),
      good("a dollar before a reference", "check.redis.key = $$${http.port}$\n", {{"check.redis.key", "$8080$"}}),
      good("in a number", "http.port = 80${check.redis.fall}\ncheck.redis.fall = 1\n", {{"http.port", "801"}}),
      good("in a list", "http.allowed_hosts = ${http.address},b\n", {{"http.allowed_hosts", "127.0.0.1,b"}}),
      good("an undefined one in a key that is not used", "mysql.host = ${nope}\n", {{"checks", "database redis"}}),
      good("an undefined one in a check of a plugin that is off",
           "check.kinds.plugin = kinds\ncheck.kinds.words = ${nope}\nplugin.kinds.enabled = no\n", {{"checks", "database redis"}}),
      {.name = "an undefined one in a value that is hidden by a stronger",
       .main = "http.port = ${nope}\n",
       .overrides = {"http.port=5"},
       .effective = {{"http.port", "5"}}},
      {.name = "a stronger layer's value is put in",
       .main = "check.redis.key = ${http.port}\nhttp.port = 1\n",
       .environment = {{"PULSEWATCH_HTTP_PORT", "2"}},
       .effective = {{"check.redis.key", "2"}}},
      {.name = "what is put in is not read again",
       .main = "check.redis.key = ${env.B}\n",
       .environment = {{"B", "${http.port}"}},
       .effective = {{"check.redis.key", "${http.port}"}}},
      {.name = "across files",
       .main = "check.redis.key = ${log.file}\n",
       .files = {{"pulsewatch.d/a.properties", "log.file = /${state.directory}\n"},
                 {"pulsewatch-test.properties", "state.directory = s\n"}},
       .effective = {{"check.redis.key", "/s"}}},
      good("as deep as may be", chain(31), {{"check.redis.key", "end"}, {"check.redis.key shown", "***"}}),
  };
}

Configurations hidden() {
  return {
      good("a variable in a text", "check.redis.key = pre-${env.A}\n",
           {{"check.redis.key", "pre-" + secret}, {"check.redis.key shown", "***"}}),
      good("a variable in a URL's password", "check.redis.url = redis://u:${env.A}@h/1\n",
           {{"check.redis.url", "redis://u:" + secret + "@h/1"}, {"check.redis.url shown", "redis://u:***@h/1"}}),
      good("a variable in a URL's user", "check.redis.url = redis://${env.A}@h/1\n", {{"check.redis.url shown", "redis://***@h/1"}}),
      good("a variable as a URL's host", "check.redis.url = redis://${env.A}/1\n", {{"check.redis.url shown", "***"}}),
      good("a part of a password", "check.redis.url = redis://:a${env.A}b@h\n", {{"check.redis.url shown", "redis://:***@h"}}),
      {.name = "a whole URL with a password from a variable",
       .main = "redis.url = redis://:${env.A}@h/2\ncheck.redis.url = ${redis.url}\n",
       .environment = {{"A", secret}, {"REDIS_URL", std::nullopt}},
       .effective = {{"check.redis.url", "redis://:" + secret + "@h/2"}, {"check.redis.url shown", "redis://:***@h/2"}},
       .secrets = {secret}},
      good("the secret key in a text", "check.redis.key = ${secret_key}\n", {{"check.redis.key shown", "***"}}),
      good("through a plain key", "log.file = ${env.A}\ncheck.redis.key = ${log.file}\n", {{"check.redis.key shown", "***"}}),
      good("a URL with a password in a text", "check.redis.key = x://u:" + secret + "@h\n", {{"check.redis.key shown", "x://u:***@h"}}),
      good("a secret setting of another check",
           "check.kinds.plugin = kinds\ncheck.kinds.password = " + secret + "\ncheck.redis.key = ${check.kinds.password}\n",
           {{"check.redis.key", secret}, {"check.redis.key shown", "***"}, {"check.kinds.password shown", "***"}}),
      good("a hidden setting", "check.kinds.token = " + secret + "\ncheck.kinds.plugin = kinds\ncheck.kinds.pin = 7\n",
           {{"check.kinds.token shown", "***"}, {"check.kinds.pin shown", "***"}, {"check.kinds.pin", "7"}}),
      good("the alias from a variable", "check.redis.alias = ${env.A}\n", {{"check.redis.alias", secret}}),
      bad("a variable in a number", "http.port = ${env.A}\n",
          {inMain(1, "http.port: its value is not a whole number from 0 to 65535; write a port, or 0 to pick a free one")}),
      bad("a variable in a list", "http.allowed_hosts = ok,${env.A}:1\n",
          {inMain(1, "http.allowed_hosts: its value has a port; write the host alone")}),
      bad("a secret setting in a choice",
          "check.redis.probe = ${check.kinds.password}\ncheck.kinds.plugin = kinds\ncheck.kinds.password = " + secret + "\n",
          {inMain(1, "check.redis.probe: its value is not one of ping, get and roundtrip; write one of these")}),
      bad("a URL with a password in a wrong key", "log.level = mysql://u:" + secret + "@h\n",
          {inMain(1, "log.level: its value is not one of DEBUG, INFO, WARNING, ERROR and CRITICAL; write one of these")}),
  };
}

Configurations cannotBe() {
  return {
      bad("an undefined key", "http.address = ${nope.nope}\n",
          {inMain(1, "http.address: ${nope.nope} is not defined; define it, or " + dollar)}),
      bad("a key with a slip", "http.address = ${http.adress}\n",
          {inMain(1, "http.address: ${http.adress} is not defined; did you mean ${http.address}? Correct it, or " + dollar)}),
      bad("an undefined variable", "http.address = ${env.NOPE}\n",
          {inMain(1, "http.address: ${env.NOPE} is not set in the environment; set it, or " + dollar)}),
      bad("no name of a variable", "http.address = ${env.}\n",
          {inMain(1, "http.address: ${env.} is not set in the environment; set it, or " + dollar)}),
      bad("a key without a value", "check.redis.key = ${mysql.password}\n",
          {inMain(1, "check.redis.key: ${mysql.password} has no value; set MYSQL_PASSWORD or mysql.password")}),
      bad("no name between", "http.address = ${}\n", {inMain(1, "http.address: ${} is not defined; define it, or " + dollar)}),
      bad("white space in it", "http.address = ${ http.port }\n",
          {inMain(1, "http.address: ${ http.port } is not defined; did you mean ${http.port}? Correct it, or " + dollar)}),
      bad("not closed", "http.address = ${http.port\n", {inMain(1, "http.address: a ${ in it is not closed; add the }, or " + dollar)}),
      bad("one inside another", "check.redis.key = ${env.${env.A}}\n",
          {inMain(1, "check.redis.key: ${env.${env.A} is not set in the environment; set it, or " + dollar)}),
      bad("several at once", "http.address = ${a.b}${c.d}\n",
          {inMain(1, "http.address: ${a.b} is not defined; define it, or " + dollar),
           inMain(1, "http.address: ${c.d} is not defined; define it, or " + dollar)}),
      bad("at the place that has it", "http.address = ${log.file}\n\nlog.file = ${a.b}\n",
          {inMain(3, "log.file: ${a.b} is not defined; define it, or " + dollar)}),
      bad("in a secret, where it may be a part of it", "check.kinds.password = pa${" + secret + "}\ncheck.kinds.plugin = kinds\n",
          {inMain(1, "check.kinds.password: a ${…} in it is not defined; define it, or " + dollar)}),
      bad("itself", "http.address = ${http.address}\n",
          {inMain(1, "http.address: refers to itself: http.address -> http.address; break the circle")}),
      bad("a circle of three", "check.redis.key = ${check.redis.alias}\ncheck.redis.alias = ${log.file}\nlog.file = ${check.redis.key}\n",
          {inMain(
               1,
               "check.redis.key: refers to itself: check.redis.key -> check.redis.alias -> log.file -> check.redis.key; break the circle"),
           inMain(2,
                  "check.redis.alias: refers to itself: check.redis.alias -> log.file -> check.redis.key -> check.redis.alias; break the "
                  "circle"),
           inMain(3, "log.file: refers to itself: log.file -> check.redis.key -> check.redis.alias -> log.file; break the circle")}),
      bad("a circle that nobody's value is in", "mysql.host = ${mysql.user}\nmysql.user = ${mysql.host}\nhttp.port = x\n",
          {inMain(3, "http.port: \"x\" is not a whole number from 0 to 65535; write a port, or 0 to pick a free one")}),
      bad("too deep", chain(32), {inMain(35, "check.kinds.s32: is reached through more than 32 references; write it more directly")}),
      bad("too large",
          "mysql.database = " + std::string(100'000, 'x') +
              "\nstate.directory = ${mysql.database}${mysql.database}${mysql.database}${mysql.database}\n"
              "check.redis.key = ${state.directory}${state.directory}${state.directory}\n",
          {inMain(3, "check.redis.key: grows beyond 1 MiB when its references are replaced; write it shorter")}),
      {.name = "a reference in -D's key",
       .main = "",
       .overrides = {"${http.port}=1"},
       .mistakes = {"-D: ${http.port}: unknown key; did you mean http.port?"}},
  };
}

}  // namespace

Configurations referenceRows() {
  Configurations all;
  for (const Configurations& rows : {putIn(), hidden(), cannotBe()}) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace pulsewatch::testing
