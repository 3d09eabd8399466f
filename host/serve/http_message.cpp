#include "serve/http_message.h"

#include "base/json_writer.h"

#include <Poco/Exception.h>
#include <Poco/String.h>
#include <Poco/URI.h>

#include <stdexcept>

namespace pulsewatch {

bool HttpTarget::has(const std::string& key) const {
  for (const auto& [name, value] : query) {
    if (name == key) return true;
  }
  return false;
}

HttpTarget parseTarget(std::string_view text) {
  HttpTarget parsed;
  if (!text.empty() && text.front() == '/' && text.find_first_of("%?") == std::string_view::npos) {  // nearly always
    parsed.origin = parsed.path = text;
    return parsed;
  }
  const std::string target(text);
  const std::string scheme = Poco::toLower(target.substr(0, target.find("://")));
  const bool absolute = target.find("://") != std::string::npos && (scheme == "http" || scheme == "https");
  if (!absolute && (target.empty() || target.front() != '/')) throw std::invalid_argument("the request target is neither a path nor a URL");
  try {
    // Taken apart here, decoded by Poco: its own parser would take //host/path for an authority.
    std::string rest = target;
    if (absolute) {
      const std::size_t path = rest.find_first_of("/?", rest.find("://") + 3);
      rest = path == std::string::npos ? "/" : rest[path] == '?' ? "/" + rest.substr(path) : rest.substr(path);
    }
    parsed.origin = rest;
    const std::size_t question = rest.find('?');
    Poco::URI::decode(rest.substr(0, question), parsed.path);
    if (question != std::string::npos) {
      Poco::URI uri;
      uri.setRawQuery(rest.substr(question + 1));
      parsed.query = uri.getQueryParameters();
    }
  } catch (const Poco::Exception& e) {
    throw std::invalid_argument("the request target cannot be decoded");
  }
  return parsed;
}

HttpAnswer errorAnswer(int status, const std::string& error, const std::string& detail) {
  JsonWriter json;
  json.beginObject().field("error", error);
  if (!detail.empty()) json.field("detail", detail);
  json.endObject();
  HttpAnswer answer;
  answer.status = status;
  answer.body = std::make_shared<const std::string>(json.take());
  return answer;
}

}  // namespace pulsewatch
