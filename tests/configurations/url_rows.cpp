// URLs: of a MySQL server, of a Redis server, of any; what is in effect of them, and what is shown.
#include "configurations/configuration.h"

namespace pulsewatch::testing {
namespace {

const std::string password = "hunter2hunter2";
const std::string no_url = "; write scheme://user:password@host:port/path, with %40 for a @ in a part";
const std::string no_port = "is not a valid URL: its port is not a number from 1 to 65535" + no_url;
const std::string no_escape = " is not followed by two hex digits" + no_url;

// The URL in `key` as the value of a check's setting; what --check-config shows of it.
Configuration shows(const std::string& key, const std::string& setting, const std::string& url, const std::string& shown) {
  Configuration row = taken(key, url, url);
  row.effective = {{setting, url}, {setting + " shown", shown}, {setting + " origin", "@DIR@/pulsewatch.properties:1"}};
  if (url.find(password) != std::string::npos) row.secrets.push_back(password);
  return row;
}

Configuration badUrl(const std::string& key, const std::string& url, const std::string& sentence) {
  Configuration row = refused(key, url, sentence);
  row.secrets.push_back(password);
  return row;
}

Configurations mysql() {
  const std::string key = "database.url";
  const auto good = [&](const std::string& url, const std::string& shown) { return shows(key, "check.database.url", url, shown); };
  const auto bad = [&](const std::string& url, const std::string& fault) {
    return badUrl(key, url, "is not a MySQL URL: " + fault + "; write mysql://user:password@host:port/database");
  };
  const auto none = [&](const std::string& url, const std::string& fault) {
    return badUrl(key, url, "is not a valid URL: " + fault + no_url);
  };
  const std::string options = "its query has an unknown key (known: ssl-mode, unix_socket, ssl-ca, ssl-cert and ssl-key)";
  const std::string modes = "its ssl-mode is none of DISABLED, PREFERRED, REQUIRED, VERIFY_CA and VERIFY_IDENTITY";
  Configurations rows{
      good("mysql://h", "mysql://h"),
      good("mysql://h/", "mysql://h/"),
      good("MySQL://U@H.example/D", "mysql://U@H.example/D"),
      good("mysql://u:" + password + "@h:1/d", "mysql://u:***@h:1/d"),
      good("mysql://u:" + password + "@h:65535/d", "mysql://u:***@h:65535/d"),
      good("mysql://u:@h/d", "mysql://u:***@h/d"),
      good("mysql://:" + password + "@h", "mysql://:***@h"),
      good("mysql://u:a@b:" + password + "@h", "mysql://u:***@h"),
      good("mysql://us%40er:%25" + password + "@h/d%20e", "mysql://us%40er:***@h/d%20e"),
      good("mysql://u@[fd00::1]", "mysql://u@[fd00::1]"),
      good("mysql://u@[::ffff:10.0.0.1]:3306/d", "mysql://u@[::ffff:10.0.0.1]:3306/d"),
      good("mysql://u@/d?unix_socket=/run/m%20s.sock", "mysql://u@/d?unix_socket=/run/m%20s.sock"),
      good("mysql://h/d?ssl-mode=VERIFY_CA&ssl-ca=/ca.pem&ssl-cert=/c.pem&ssl-key=/k.pem",
           "mysql://h/d?ssl-mode=VERIFY_CA&ssl-ca=/ca.pem&ssl-cert=/c.pem&ssl-key=/k.pem"),
      bad("mariadb://u:" + password + "@h", "its scheme is not mysql"),
      bad("mysql+ssl://u:" + password + "@h", "its scheme is not mysql"),
      bad("mysql://u:" + password + "@/d", "it has neither a host nor a unix_socket"),
      bad("mysql://h/a/b", "its path is more than one database's name"),
      bad("mysql://h/a%2Fb", "its path is more than one database's name"),
      bad("mysql://h?ssl-mode=", "its query has ssl-mode without a value"),
      bad("mysql://h?ssl-mode=required,verify_ca", modes),
      bad("mysql://h?ssl-mode=true", modes),
      bad("mysql://h?ssl_mode=REQUIRED", options),
      bad("mysql://h?charset=" + password, options),
      bad("mysql://h?unix_socket=/a&unix_socket=/b", "its query has unix_socket twice"),
      none("", "it does not begin with scheme://"),
      none(password, "it does not begin with scheme://"),
      none("mysql:/h", "it does not begin with scheme://"),
      none("//h/d", "it does not begin with scheme://"),
      none("jdbc:mysql://u:" + password + "@h/d", "it does not begin with scheme://"),
      none("\"mysql://h\"", "it does not begin with scheme://"),
      none("mysql://u:" + password + " x@h", "it has a space or a control character"),
      none("mysql://u:" + password + "\t@h", "it has a space or a control character"),
      none("mysql://u:" + password + "#1@h", "it has a #, which is written %23 in a URL"),
      none("mysql://u:" + password + "%00@h", "its password has a %00"),
      bad("mysql://h?a=b&", options),
      none("mysql://h?ssl-ca", "its query is not made of key=value"),
      none("mysql://h?&ssl-ca=/a", "its query is not made of key=value"),
      none("mysql://h,i", "its host has a character that no host name has"),
      none("mysql://h%20i", "its host has a character that no host name has"),
      none("mysql://bücher", "its host has a character that no host name has"),
      none("mysql://fd00::1/d", "its host has several colons: an IPv6 address goes in [ ], a @ or / of a password is written %40 or %2F"),
      none("mysql://[fd00::1/d", "the [ of its IPv6 address is not closed"),
      none("mysql://[::1]3306/d", "something other than a port follows its IPv6 address"),
      none("mysql://[localhost]/d", "what stands in [ ] is not an IPv6 address"),
      none("mysql://[:::::]/d", "what stands in [ ] is not an IPv6 address"),
      none("mysql://[1:2:3]/d", "what stands in [ ] is not an IPv6 address"),
      none("mysql://[127.0.0.1]/d", "what stands in [ ] is not an IPv6 address"),
      badUrl(key, "mysql://u:" + password + "%4@h", "is not a valid URL: a % in its password" + no_escape),
      badUrl(key, "mysql://u:100%@h", "is not a valid URL: a % in its password" + no_escape),
      badUrl(key, "mysql://%zz@h", "is not a valid URL: a % in its user" + no_escape),
      badUrl(key, "mysql://h/%g0", "is not a valid URL: a % in its path" + no_escape),
      badUrl(key, "mysql://h%/d", "is not a valid URL: a % in its host" + no_escape),
      badUrl(key, "mysql://h?ssl-ca=%2", "is not a valid URL: a % in its query" + no_escape),
  };
  for (const std::string port : {"0", "65536", "-1", "", "33o6", "%33", "999999"})
    rows.push_back(badUrl(key, "mysql://u:" + password + "@h:" + port + "/d", no_port));
  for (const std::string mode : {"DISABLED", "Preferred", "required", "verify_ca", "VERIFY_IDENTITY"})
    rows.push_back(good("mysql://h?ssl-mode=" + mode, "mysql://h?ssl-mode=" + mode));
  return rows;
}

Configurations redis() {
  const std::string key = "redis.url";
  const auto good = [&](const std::string& url, const std::string& shown) { return shows(key, "check.redis.url", url, shown); };
  const auto bad = [&](const std::string& url, const std::string& fault) {
    return badUrl(key, url, "is not a Redis URL: " + fault + "; write redis://user:password@host:port/0");
  };
  const std::string no_number = "its path is not the number of a database, from 0";
  Configurations rows{
      good("redis://h", "redis://h"),
      good("redis://h/", "redis://h/"),
      good("redis://h:6380/999999999", "redis://h:6380/999999999"),
      good("rediss://user:" + password + "@h/15", "rediss://user:***@h/15"),
      good("redis://:" + password + "@[fd00::1]:6379/0", "redis://:***@[fd00::1]:6379/0"),
      good("unix:///run/redis.sock", "unix:///run/redis.sock"),
      good("unix://:" + password + "@/run/r.sock?db=15", "unix://:***@/run/r.sock?db=15"),
      good("unix:///run/r.sock?db=0&password=" + password, "unix:///run/r.sock?db=0&password=***"),
      bad("http://:" + password + "@h", "its scheme is none of redis, rediss and unix"),
      bad("redis+sentinel://h", "its scheme is none of redis, rediss and unix"),
      bad("redis:///0", "it has no host"),
      bad("redis://h/x", no_number),
      bad("redis://h/-1", no_number),
      bad("redis://h/0/1", no_number),
      bad("redis://h/1000000000", no_number),
      good("redis://h?db=1", "redis://h?db=1"),
      bad("unix://run/redis.sock", "a host stands where a unix socket has none: three slashes go before the path"),
      bad("unix://", "it has no path of a unix socket"),
      bad("unix:///", "it has no path of a unix socket"),
      bad("unix:///s?db=x", "its db is not a number from 0"),
      bad("unix:///s?db=1&db=2", "its query has db twice"),
      bad("unix:///s?password=", "its query has password without a value"),
      bad("unix:///s?timeout=1", "its query has an unknown key (known: db, username and password)"),
      badUrl(key, "redis://:" + password + "@h:0/1", no_port),
      badUrl(key, "", "is not a valid URL: it does not begin with scheme://" + no_url),
  };
  return rows;
}

Configurations any() {
  const auto good = [](const std::string& url, const std::string& shown) {
    return shows("check.kinds.any", "check.kinds.any", url, shown);
  };
  return {
      good("https://h/hook?token=" + password + "&db=1", "https://h/hook?token=***&db=1"),
      good("amqp://guest:" + password + "@h:5672//", "amqp://guest:***@h:5672//"),
      good("x://h/%C3%BC", "x://h/%C3%BC"),
      shows("celery.broker_url", "check.celery.url", "amqp://u:" + password + "@mq", "amqp://u:***@mq"),
      badUrl("celery.broker_url", "", "is not a valid URL: it does not begin with scheme://" + no_url),
      badUrl("celery.result_backend", "", "is not a valid URL: it does not begin with scheme://" + no_url),
      shows("celery.result_backend", "check.celery.result_backend", "x://h", "x://h"),
      badUrl("celery.broker_url", "mq:" + password, "is not a valid URL: it does not begin with scheme://" + no_url),
      badUrl("celery.result_backend", "x://:" + password + "@h:y", no_port),
      {.name = "celery's defaults",
       .main = "check.celery.plugin = celery\n",
       .effective = {{"check.celery.url", "redis://cache.example:6379/0"},
                     {"check.celery.url origin", "default"},
                     {"check.celery.result_backend", "redis://cache.example:6379/0"}}},
      {.name = "a check's own URL wins",
       .main = "check.redis.url = redis://own\n",
       .effective = {{"check.redis.url", "redis://own"}, {"check.redis.url origin", "@DIR@/pulsewatch.properties:1"}}},
  };
}

}  // namespace

Configurations urlRows() {
  Configurations all;
  for (const Configurations& rows : {mysql(), redis(), any()}) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace pulsewatch::testing
