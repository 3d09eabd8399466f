// Any bytes as the URL of a server: its parser, what MySQL and Redis take, what people are shown of it; and as the parts of a MySQL URL.
#include "config/connection_url.h"
#include "fuzz/need.h"

#include <algorithm>
#include <stdexcept>

namespace pulsewatch::fuzzing {
namespace {

bool same(const ServiceUrl& a, const ServiceUrl& b) {
  return a.scheme == b.scheme && a.user == b.user && a.password == b.password && a.host == b.host && a.port == b.port && a.path == b.path &&
         a.query == b.query;
}

// What is shown of a URL is the URL but for its password and the options that nobody knows.
void checkShown(const std::string& text, const ServiceUrl& url) {
  const std::string shown = shownUrl(text);
  need(std::all_of(shown.begin(), shown.end(), [](char c) { return c > 0x20 && c < 0x7F; }), "what is shown is plain", shown);
  ServiceUrl parsed = ServiceUrl::parse(shown);
  need(parsed.password.has_value() == url.password.has_value(), "it has a password when the URL has", shown);
  if (parsed.password) need(*parsed.password == "***", "the password is hidden", shown);
  parsed.password = url.password;
  need(parsed.query.size() == url.query.size(), "it has the URL's options", shown);
  for (std::size_t i = 0; i < parsed.query.size(); ++i) {
    const auto& [key, value] = parsed.query[i];
    need(key == url.query[i].first && (value == url.query[i].second || value == "***"), "an option is the URL's or hidden", shown);
    need(key != "password" || value == "***", "a password in the query is hidden", shown);
  }
  parsed.query = url.query;
  need(same(parsed, url), "the rest is the URL's", shown);
}

void parse(const std::string& text) {
  try {
    const std::vector<char> bytes = exact(text);
    const ServiceUrl url = ServiceUrl::parse({bytes.data(), bytes.size()});
    need(std::none_of(text.begin(), text.end(), [](char c) { return c >= 0 && c <= 0x20; }), "there is no white space in a URL", text);
    need(url.user.find('\0') == std::string::npos && url.path.find('\0') == std::string::npos, "there is no NUL in a part", text);
    need(url.path.empty() || url.path.front() == '/', "the path has its slash", url.path);
    need(same(ServiceUrl::parse(urlText(url)), url), "a URL written down is the same", urlText(url));
    for (const std::string& fault : {mysqlUrlFault(url), redisUrlFault(url)}) need(!shows(fault), "a fault has no secret", fault);
    checkShown(text, url);
  } catch (const std::invalid_argument& fault) {
    const std::string what = fault.what();
    need(!what.empty() && !shows(what), "a fault says something, and nothing secret", what);
    need(shownUrl(text) == "***", "of what is no URL nothing is shown", text);
  }
}

// The part before the next line's end.
std::string nextPart(std::string& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string part = text.substr(0, end);
  text.erase(0, end + 1);
  return part;
}

void compose(std::string text) {
  std::replace(text.begin(), text.end(), '\0', '0');  // a variable has none
  const MysqlAddress address{
      .host = "fd00::1", .port = "3306", .user = nextPart(text), .password = nextPart(text), .database = nextPart(text)};
  const ServiceUrl url = ServiceUrl::parse(mysqlUrl(address));
  need(url.scheme == "mysql" && url.host == address.host && url.port == 3306, "the address is given back", mysqlUrl(address));
  need(url.user == address.user && url.password.value_or("") == address.password, "the credentials are given back", mysqlUrl(address));
  need(url.path == "/" + address.database && url.query.empty(), "the database is given back", mysqlUrl(address));
}

}  // namespace
}  // namespace pulsewatch::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = pulsewatch::fuzzing::planted(data, size);
  pulsewatch::fuzzing::parse(text);
  pulsewatch::fuzzing::compose(text);
  return 0;
}
