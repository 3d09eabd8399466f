// Keys of the HTTP front that go together: TLS, credentials, the second listener.
#include "configurations/configuration.h"

namespace pulsewatch::testing {
namespace {

const std::string pair = "https.certificate = /etc/cert.pem\nhttps.key = /etc/key.pem\n";
const std::string no_port = " is not a whole number from 0 to 65535; write a port, or 0 to pick a free one";
const std::string no_use = "is not used without https.certificate; set that and https.key, or leave the key out";

Configuration good(const std::string& name, const std::string& main, std::map<std::string, std::string> effective) {
  return {.name = name, .main = main, .effective = std::move(effective)};
}

Configuration bad(const std::string& name, const std::string& main, std::vector<std::string> mistakes,
                  std::vector<std::string> secrets = {}) {
  return {.name = name, .main = main, .mistakes = std::move(mistakes), .secrets = std::move(secrets)};
}

Configurations tls() {
  return {
      good("a certificate and a key", pair,
           {{"https.certificate", "/etc/cert.pem"}, {"https.key", "/etc/key.pem"}, {"https.port", "8443"}}),
      good("a key and a certificate", "https.key = /etc/key.pem\nhttps.certificate = /etc/cert.pem\n", {{"https.key", "/etc/key.pem"}}),
      good("a client's authority", "https.client_ca = /etc/ca.pem\n" + pair, {{"https.client_ca", "/etc/ca.pem"}}),
      good("own ciphers", "https.ciphers = ECDHE+AESGCM:!aNULL\n" + pair, {{"https.ciphers", "ECDHE+AESGCM:!aNULL"}}),
      good("any port", "https.port = 0\n" + pair, {{"https.port", "0"}}),
      good("the highest port", "https.port = 65535\n" + pair, {{"https.port", "65535"}}),
      good("http's old port, once http has moved", "https.port = 8080\nhttp.port = 80\n" + pair, {{"https.port", "8080"}}),
      good("two free ports", "https.port = 0\nhttp.port = 0\n" + pair, {{"https.port", "0"}}),
      taken("https.certificate", "", ""),
      taken("https.key", "", ""),
      taken("https.client_ca", "", ""),
      taken("https.ciphers", "", ""),
      refused("https.port", "", "\"\"" + no_port),
      refused("https.port", "65536", "\"65536\"" + no_port),
      refused("https.certificate", "/etc/cert.pem", "is given without https.key; set both, or neither"),
      refused("https.key", "/etc/key.pem", "is given without https.certificate; set both, or neither"),
      refused("https.client_ca", "/etc/ca.pem", no_use),
      refused("https.ciphers", "HIGH", no_use),
      refused("https.port", "8443", no_use),
      bad("a key without a certificate, and more", "https.key = /k\nhttps.port = 1\nhttps.client_ca = /ca\n",
          {inMain(1, "https.key: is given without https.certificate; set both, or neither"), inMain(2, "https.port: " + no_use),
           inMain(3, "https.client_ca: " + no_use)}),
      bad("https at http's port", "https.port = 8080\n" + pair,
          {inMain(1, "https.port: 8080 is http.port, too, at an address that overlaps; choose another port for one of them")}),
      bad("http at https's usual port", "http.port = 8443\n" + pair,
          {"https.port: 8443 is http.port, too, at an address that overlaps; choose another port for one of them"}),
  };
}

Configurations admin() {
  const std::string overlap = ", too, at an address that overlaps; choose another port for one of them";
  const auto at = [](const std::string& address, const std::string& port) {
    return "admin.address = " + address + "\nadmin.port = " + port + "\n";
  };
  return {
      good("a second listener", at("127.0.0.1", "9000"), {{"admin.address", "127.0.0.1"}, {"admin.port", "9000"}}),
      good("a second listener, its port first", "admin.port = 0\nadmin.address = ::1\n", {{"admin.address", "::1"}, {"admin.port", "0"}}),
      good("one port at two addresses", at("127.0.0.2", "8080"), {{"admin.port", "8080"}}),
      good("one port of two families", at("::1", "8080") + "http.address = 0.0.0.0\n", {{"admin.port", "8080"}}),
      taken("admin.address", "", ""),
      refused("admin.address", "localhost", "\"localhost\" is not an IP address; write one, without brackets: 127.0.0.1, 0.0.0.0 or ::"),
      refused("admin.address", "127.0.0.1", "is given without admin.port; set that too, or leave the key out"),
      refused("admin.port", "9000", "is not used without admin.address; set that too, or leave the key out"),
      refused("admin.port", "", "\"\"" + no_port),
      refused("admin.port", "65536", "\"65536\"" + no_port),
      bad("the same address and port", at("127.0.0.1", "8080"), {inMain(2, "admin.port: 8080 is http.port" + overlap)}),
      bad("every IPv4 address", at("0.0.0.0", "8080"), {inMain(2, "admin.port: 8080 is http.port" + overlap)}),
      bad("every address", at("::", "8080"), {inMain(2, "admin.port: 8080 is http.port" + overlap)}),
      bad("one of every address", at("127.0.0.9", "8080") + "http.address = ::\n", {inMain(2, "admin.port: 8080 is http.port" + overlap)}),
      bad("one written as another", at("::ffff:127.0.0.1", "8080"), {inMain(2, "admin.port: 8080 is http.port" + overlap)}),
      bad("https's port", at("127.0.0.1", "8443") + pair, {inMain(2, "admin.port: 8443 is https.port" + overlap)}),
  };
}

Configurations tokens() {
  const std::string advice = "; make one with `openssl rand -hex 32`";
  const std::string shown = "has a space, a control character or a letter beyond ASCII, which no request can carry" + advice;
  const auto unfit = [](const std::string& value, const std::string& sentence) {
    Configuration row = refused("http.auth.token", value, sentence);
    if (!value.empty()) row.secrets = {value};
    return row;
  };
  const std::string variable = "PULSEWATCH_HTTP_AUTH_TOKEN_FILE";
  return {
      taken("http.auth.token", "0123456789abcdef", "0123456789abcdef"),
      taken("http.auth.token", std::string(4096, 't'), std::string(4096, 't')),
      {.name = "a token's file",
       .main = "",
       .files = {{"token", "from-a-file-0123456789\n"}},
       .environment = {{variable, "@DIR@/token"}},
       .effective = {{"http.auth.token", "from-a-file-0123456789"}}},
      {.name = "a token's file that is not there",
       .main = "",
       .environment = {{variable, "@DIR@/no-token"}},
       .mistakes = {variable + ": the file it names cannot be read: No such file or directory; correct its path or its permissions"}},
      {.name = "a token on the command line",
       .main = "",
       .overrides = {"http.auth.token=0123456789-override"},
       .mistakes = {"-D: http.auth.token: a secret is not taken from here: it would show in the process list; set "
                    "PULSEWATCH_HTTP_AUTH_TOKEN or PULSEWATCH_HTTP_AUTH_TOKEN_FILE, or write it into a file"},
       .secrets = {"0123456789-override"}},
      unfit("", "has 0 characters where 16 or more are needed" + advice),
      unfit("0123456789abcde", "has 15 characters where 16 or more are needed" + advice),
      unfit(std::string(4097, 't'), "has more than 4096 characters, which no request can carry" + advice),
      unfit("0123456789 abcdef", shown),
      unfit("0123456789abcdéfg", shown),
  };
}

const std::string bcrypt_digits = "CfxJxZUmPe5s/rpBP7V.0.NjPmNwpIQpRSkCBlsTY74GLzCDq38KO";
const std::string bcrypt = "$2y$05$" + bcrypt_digits;
const std::string yescrypt = "$y$j9T$w5dXRme7ab.0pfXodWuYb/$v3OKAaLf0/wVxKiYUlw3u1iWfvtm5/DV.zDHbfPkgq3";

Configurations goodUsers() {
  const std::string key = "http.auth.users";
  const std::string file = "PULSEWATCH_HTTP_AUTH_USERS_FILE";
  const std::string both = "anna:" + bcrypt + ",bert:" + yescrypt;
  Configurations rows{
      taken(key, "anna:" + bcrypt, "anna:" + bcrypt),
      taken(key, "bert:" + yescrypt, "bert:" + yescrypt),
      taken(key, "bert:" + yescrypt + " ,  anna:" + bcrypt, both),
      taken(key, "anna:" + bcrypt + "\tbert:" + yescrypt, both),
      taken(key, "anna:$$2y$$05$$" + bcrypt_digits, "anna:" + bcrypt),
      {.name = "a file of users",
       .main = "",
       .files = {{"users", "# who may\nanna:" + bcrypt + "\r\n\n  bert:" + yescrypt + "\n"}},
       .environment = {{file, "@DIR@/users"}},
       .effective = {{key, both}}},
  };
  for (const std::string start : {"$2a$05$", "$2b$05$", "$2y$14$"})
    rows.push_back(taken(key, "anna:" + start + bcrypt_digits, "anna:" + start + bcrypt_digits));
  for (const std::string parameters : {"j75", "j85", "j7T", "jBT"}) {
    const std::string hash = "$y$" + parameters + yescrypt.substr(6);
    rows.push_back(taken(key, "bert:" + hash, "bert:" + hash));
  }
  return rows;
}

Configurations badUsers() {
  const std::string advice = "; make one with `htpasswd -nB NAME` or `mkpasswd -m yescrypt`";
  const std::string other = "user 1 of 1 has something else than a bcrypt ($2y$…) or yescrypt ($y$…) hash for its password" + advice;
  const auto damaged = [](const std::string& kind) {
    return "user 1 of 1 has a damaged " + kind +
           " hash; write it whole, in a shell between single quotes, or name the file that htpasswd made in "
           "PULSEWATCH_HTTP_AUTH_USERS_FILE";
  };
  const std::string no_pair = "is not NAME:HASH; write it as `htpasswd -nB NAME` prints it";
  const auto unfit = [](const std::string& value, const std::string& sentence) {
    Configuration row = refused("http.auth.users", value, sentence);
    if (value.size() > 2) row.secrets = {value.substr(value.find(':') + 1)};
    return row;
  };
  const auto costly = [&](const std::string& start) {
    return unfit("anna:" + start + bcrypt_digits, "user 1 of 1 has a bcrypt hash of cost " + std::to_string(std::stoi(start.substr(4, 2))) +
                                                      " where 5 to 14 are taken; make one with `htpasswd -nBC 10 NAME`");
  };
  Configurations rows{
      unfit("", "has no user; write NAME:HASH, as `htpasswd -nB NAME` prints it"),
      unfit(",", "has no user; write NAME:HASH, as `htpasswd -nB NAME` prints it"),
      unfit("a-plain-password", "user 1 of 1 " + no_pair),
      unfit(":" + bcrypt, "user 1 of 1 " + no_pair),
      unfit("anna:a-plain-password", other),
      unfit("anna:$apr1$Rx2aWZ6k$DOh5tjQYfVLEcbwYWjmw/.", other),
      unfit("anna:$1$Rx2aWZ6k$DOh5tjQYfVLEcbwYWjmw/.", other),
      unfit("anna:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", other),
      unfit("anna:$5$salt$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8", other),
      unfit("anna:$6$rounds=5000$salt$U5yJe8Zb", other),
      unfit("anna:$2x$05$" + bcrypt_digits, other),
      unfit("anna:$7$CU..../....SodiumChloride$", other),
      unfit("anna:$2y$05$" + bcrypt_digits.substr(1), damaged("bcrypt")),
      unfit("anna:$2y$5$" + bcrypt_digits, damaged("bcrypt")),
      unfit("anna:$2y$05$" + bcrypt_digits.substr(1) + "!", damaged("bcrypt")),
      unfit("anna:" + yescrypt.substr(0, yescrypt.size() - 1), damaged("yescrypt")),
      unfit("anna:$y$j9T$v3OKAaLf0/wVxKiYUlw3u1iWfvtm5/DV.zDHbfPkgq3", damaged("yescrypt")),
      unfit("anna:$y$k9T" + yescrypt.substr(6), "user 1 of 1 has a yescrypt hash with parameters that crypt(5) does not make" + advice),
      unfit("anna:$y$jCT" + yescrypt.substr(6),
            "user 1 of 1 has a yescrypt hash of cost 8 where 1 to 7 are taken; make one with `mkpasswd -m yescrypt`"),
      costly("$2y$04$"),
      costly("$2y$15$"),
      costly("$2y$31$"),
      unfit("anna:" + bcrypt + " anna:" + yescrypt, "user 2 of 2 has the name of one before it; keep one of the two"),
  };
  Configuration several = unfit("anna:" + bcrypt + ",plain,bert:plain-too", "user 2 of 3 " + no_pair);
  several.mistakes.push_back(inMain(1, "http.auth.users: user 3 of 3" + other.substr(other.find(" has"))));
  several.secrets = {bcrypt, "plain,", "plain-too"};
  rows.push_back(several);
  return rows;
}

}  // namespace

Configurations httpRows() {
  Configurations all;
  for (const Configurations& rows : {tls(), admin(), tokens(), goodUsers(), badUsers()}) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace pulsewatch::testing
