// The text of a file: its encoding, its lines' ends, what is no key = value, keys that are there twice or that nobody knows.
#include "configurations/configuration.h"

namespace pulsewatch::testing {
namespace {

const std::string bom = "\xEF\xBB\xBF";
const std::string no_equals = "the line has no =; write key = value, or # before a comment";
const std::string continued = "the line has no =; a backslash does not continue a line here, write the value in one line";
const std::string no_key = "the line has no key before its =; write key = value";
const std::string bad_key = "the key before the = has characters that no key has; write letters, digits, _, - and dots only";
const std::string no_utf8 = "the line is not valid UTF-8; save the file as UTF-8";
const std::string nul = "the line has a NUL byte; remove it";
const std::string inner_return = "the line has a carriage return inside; end lines with LF or CRLF";
const std::string no_level = "log.level: \"X\" is not one of DEBUG, INFO, WARNING, ERROR and CRITICAL; write one of these";

Configuration good(const std::string& name, const std::string& main, std::map<std::string, std::string> effective) {
  return {.name = name, .main = main, .effective = std::move(effective)};
}

Configuration bad(const std::string& name, const std::string& main, std::vector<std::string> mistakes) {
  return {.name = name, .main = main, .mistakes = std::move(mistakes)};
}

Configurations texts() {
  const std::string long_value(1'000'000, 'v');
  return {
      good("nothing", "", {{"http.port", "8080"}, {"checks", "database redis"}}),
      good("a byte order mark alone", bom, {{"http.port", "8080"}}),
      good("a byte order mark before a key", bom + "http.port = 1",
           {{"http.port", "1"}, {"http.port origin", "@DIR@/pulsewatch.properties:1"}}),
      good("CRLF", "http.port = 1\r\nlog.level = ERROR\r\n", {{"http.port", "1"}, {"log.level", "ERROR"}}),
      good("CRCRLF", "http.port = 1\r\r\nlog.level = ERROR\r\r\n", {{"http.port", "1"}, {"log.level", "ERROR"}}),
      good("LF and CRLF", "http.port = 1\nlog.level = ERROR\r\ndebug = no", {{"http.port", "1"}, {"log.level", "ERROR"}}),
      good("no end of the last line", "http.port = 1", {{"http.port", "1"}}),
      good("white space everywhere", " \t \n\t http.port\t =\t1 \f\v\n   \n", {{"http.port", "1"}}),
      good("comments", "# http.port = 1\n! http.port = 2\n  # http.port = 3\nhttp.port = 4 \n#", {{"http.port", "4"}}),
      good("no comment behind a value", "check.redis.key = a # b ! c\n", {{"check.redis.key", "a # b ! c"}}),
      good("= again", "check.redis.key = a=b==\n", {{"check.redis.key", "a=b=="}}),
      good("backslashes", "check.redis.key = \\t\\u0041\\\\ \\\n", {{"check.redis.key", "\\t\\u0041\\\\ \\"}}),
      good("quotes stay", "check.redis.key = \"a\"\n", {{"check.redis.key", "\"a\""}}),
      good("UTF-8 of four bytes", "check.redis.key = 😀é\n", {{"check.redis.key", "😀é"}}),
      good("a huge value", "check.redis.key = " + long_value + "\n", {{"check.redis.key", long_value}}),
      good("a huge comment", "#" + long_value + "\nhttp.port = 1\n", {{"http.port", "1"}}),
      good("many lines", std::string(200'000, '\n') + "http.port = 1\n", {{"http.port origin", "@DIR@/pulsewatch.properties:200001"}}),
      bad("a second byte order mark", bom + bom + "http.port = 1\n", {inMain(1, bad_key)}),
      bad("a byte order mark later", "debug = no\n" + bom + "http.port = 1\n", {inMain(2, bad_key)}),
      bad("CR alone ends no line", "http.port = 1\rlog.level = X\r", {inMain(1, inner_return)}),
      bad("CR alone behind a comment", "# mine\rlog.level = X\n", {inMain(1, inner_return)}),
      bad("NUL in a value", std::string("log.level = IN\0FO\nlog.level = X\n", 32), {inMain(1, nul), inMain(2, no_level)}),
      bad("NUL in a key", std::string("log\0level = X\n", 14), {inMain(1, nul)}),
      good("NUL in a comment", std::string("# a\0b\nhttp.port = 1\n", 20), {{"http.port", "1"}}),
      bad("Latin-1", "log.file = /\xfc\n", {inMain(1, no_utf8)}),
      bad("UTF-16",
          std::string("\xff\xfe"
                      "a\0=\0b\0",
                      8),
          {inMain(1, nul)}),
      bad("overlong UTF-8", "log.file = \xc0\xaf\n", {inMain(1, no_utf8)}),
      bad("a surrogate", "log.file = \xed\xa0\x80\n", {inMain(1, no_utf8)}),
      bad("half a character at the end", "log.file = \xe2\x82", {inMain(1, no_utf8)}),
      good("Latin-1 in a comment", "# \xfc\nhttp.port = 1\n", {{"http.port", "1"}}),
      bad("more than 1 MiB", "#" + std::string(1'048'576, 'x'),
          {"@DIR@/pulsewatch.properties: cannot be read: it is larger than 1024 KiB; it is not the file that was meant"}),
  };
}

Configurations lines() {
  return {
      bad("no =", "debug\n", {inMain(1, no_equals)}),
      bad("a colon for =", "debug: no\n", {inMain(1, no_equals)}),
      bad("white space for =", "debug no\n", {inMain(1, no_equals)}),
      bad("a section", "[http]\n", {inMain(1, no_equals)}),
      bad("YAML's list", "plugins:\n  - redis\n", {inMain(1, no_equals), inMain(2, no_equals)}),
      bad("a continued value", "log.access = \\\n  errors\n",
          {inMain(1, "log.access: \"\\\" is not one of all, errors and none; write one of these"), inMain(2, continued)}),
      bad("a continued list", "http.allowed_hosts = a,\\\n  b\n",
          {inMain(1, "http.allowed_hosts: \"\\\" is not a host; write *, .example.com, a host's name, or an address"),
           inMain(2, continued)}),
      bad("nothing before =", "= 1\n", {inMain(1, no_key)}),
      bad("= alone", "=\n", {inMain(1, no_key)}),
      bad("a space in a key", "http port = 1\n", {inMain(1, bad_key)}),
      bad("export", "export debug = no\n", {inMain(1, bad_key)}),
      bad("a colon in a key", "http:port = 1\n", {inMain(1, bad_key)}),
      bad("a quoted key", "\"debug\" = no\n", {inMain(1, bad_key)}),
      bad("a letter that is none of ASCII", "débug = no\n", {inMain(1, bad_key)}),
      bad("a no-break space in a key", "debug\xC2\xA0= no\n", {inMain(1, bad_key)}),
      bad("a reference as key", "${http.port} = 1\n", {inMain(1, bad_key)}),
      bad("a key twice", "debug = no\n\ndebug = yes\n", {inMain(3, "debug: given already in line 1; keep one of the two")}),
      bad("a key three times", "debug = no\ndebug = no\ndebug = no\n",
          {inMain(2, "debug: given already in line 1; keep one of the two"),
           inMain(3, "debug: given already in line 1; keep one of the two")}),
      bad("an unknown key twice", "colour = 1\ncolour = 2\n",
          {inMain(1, "colour: unknown key; remove it, or correct it"), inMain(2, "colour: given already in line 1; keep one of the two")}),
      bad("a secret's line with a slip", "secret_key: hunter2hunter2\n", {inMain(1, no_equals)}),
  };
}

Configurations unknownKeys() {
  const auto meant = [](const std::string& key, const std::string& near) {
    return bad("unknown: " + key, key + " = 1\n", {inMain(1, key + ": unknown key; did you mean " + near + "?")});
  };
  const auto variable = [](const std::string& name, const std::string& key) {
    return bad("a variable: " + name, name + " = 1\n",
               {inMain(1, name + ": unknown key: it is a variable of the environment; here the key is " + key)});
  };
  return {
      meant("http.prot", "http.port"),
      meant("http.allowed_host", "http.allowed_hosts"),
      meant("http.alowed_hosts", "http.allowed_hosts"),
      meant("http.adress", "http.address"),
      meant("http.trusted_proxy", "http.trusted_proxies"),
      meant("plugins.owner", "plugins.owners"),
      meant("plugins.directory", "plugins.directories"),
      meant("log.levels", "log.level"),
      meant("log.rotatesize", "log.rotate_size"),
      meant("Debug", "debug"),
      meant("secret.key", "secret_key"),
      meant("database_url", "database.url"),
      meant("redis.uri", "redis.url"),
      meant("shutdown.drian", "shutdown.drain"),
      meant("celery.broker-url", "celery.broker_url"),
      bad("nothing is near", "utterly.different.thing = 1\n",
          {inMain(1, "utterly.different.thing: unknown key; remove it, or correct it")}),
      bad("a long one", std::string(300, 'k') + " = 1\n", {inMain(1, std::string(60, 'k') + "…: unknown key; remove it, or correct it")}),
      bad("dots", ". = 1\n.. = 2\n",
          {inMain(1, ".: unknown key; remove it, or correct it"), inMain(2, "..: unknown key; remove it, or correct it")}),
      variable("LOG_LEVEL", "log.level"),
      variable("PULSEWATCH_HTTP_PORT", "http.port"),
      variable("MYSQL_PASSWORD_FILE", "mysql.password"),
  };
}

}  // namespace

Configurations fileRows() {
  Configurations all;
  for (const Configurations& rows : {texts(), lines(), unknownKeys()}) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace pulsewatch::testing
