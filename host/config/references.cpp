#include "config/references.h"

#include "config/connection_url.h"
#include "config/network_text.h"
#include "config/schema.h"
#include "config/typed_value.h"

#include <algorithm>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::size_t kMostDepth = 32;
constexpr std::size_t kMostReplaced = 10'000;
constexpr std::size_t kMostBytes = 1024 * 1024;
constexpr std::string_view kEnvironment = "env.";
constexpr std::string_view kHidden = "***";
constexpr std::string_view kDollarAdvice = "write $$ where a dollar sign is meant";

bool isSecretKey(const std::string& key) {
  const KeyDescription* description = findHostKey(key);
  return description != nullptr && description->secret;
}

// check.NAME.SETTING: whether it is a secret is its plugin's to say, so that for another key it counts as one.
bool isCheckSetting(const std::string& key) {
  return key.rfind("check.", 0) == 0 && findKey(checkKeys(), key.substr(key.rfind('.') + 1)) == nullptr;
}

// What is shown of a host key's value, of which `shown` has no part of another secret.
std::string shownOf(const std::string& key, const std::string& shown) {
  const KeyDescription* description = findHostKey(key);
  if (description == nullptr || !description->secret) return shown;
  return description->type == KeyType::url ? shownUrl(shown) : std::string(kHidden);
}

// What stands between ${ and } in a value that may be a secret may be a part of it, unless it looks like nothing but a name.
bool mayBeNamed(const Property& user, const std::string& name) {
  const bool host_key = findHostKey(user.key) != nullptr;
  return (host_key && !isSecretKey(user.key)) || name.find('.') != std::string::npos;
}

std::string asReference(const std::string& name) {
  const std::string shown = quoted(name);
  return "${" + shown.substr(1, shown.size() - 2) + "}";
}

bool isHost(const std::string& host) {
  if (host.find(':') != std::string::npos) return isIpAddress(host);
  return !host.empty() && host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") == std::string::npos;
}

}  // namespace

std::optional<Property> References::find(const std::string& key) const {
  const auto given = properties_.find(key);
  if (given != properties_.end()) return given->second;
  const KeyDescription* description = findHostKey(key);
  if (description == nullptr || !description->has_default) return std::nullopt;
  return Property{.key = key, .value = std::string(description->default_value), .origin = "default"};
}

std::optional<PropertyValue> References::value(const std::string& key) {
  const std::optional<Property> property = find(key);
  if (property) return expand(*property);
  if (key == "database.url" && properties_.count("mysql.password") > 0) return composedDatabaseUrl();
  return std::nullopt;
}

bool References::enter(const Property& property) {
  const auto before = std::find(chain_.begin(), chain_.end(), property.key);
  if (before != chain_.end()) {
    std::string circle;
    for (auto key = before; key != chain_.end(); ++key) circle += *key + " -> ";
    mistakes_.add(placeOf(property), "refers to itself: " + circle + property.key + "; break the circle");
    return false;
  }
  if (chain_.size() >= kMostDepth) {
    mistakes_.add(placeOf(property), "is reached through more than " + std::to_string(kMostDepth) + " references; write it more directly");
    return false;
  }
  chain_.push_back(property.key);
  return true;
}

std::optional<PropertyValue> References::expand(const Property& property) {
  PropertyValue value{.text = {}, .shown = {}, .origin = property.origin, .secret = isSecretKey(property.key), .where = placeOf(property)};
  if (property.unreadable) return std::nullopt;
  if (property.literal) {
    value.text = property.value;
    value.shown = shownOf(property.key, property.value);
    return value;
  }
  if (!enter(property)) return std::nullopt;
  bool failed = false;
  std::string_view rest = property.value;
  const auto append = [&value](std::string_view text) {
    value.text += text;
    value.shown += text;
  };
  for (std::size_t dollar = rest.find('$'); dollar != std::string_view::npos && !given_up_; dollar = rest.find('$')) {
    append(rest.substr(0, dollar));
    rest.remove_prefix(dollar + 1);
    if (rest.empty() || (rest.front() != '$' && rest.front() != '{')) {
      append("$");  // a lone one is itself
      continue;
    }
    const std::size_t close = rest.front() == '{' ? rest.find('}') : 0;
    if (close == std::string_view::npos) {
      mistakes_.add(value.where, "a ${ in it is not closed; add the }, or " + std::string(kDollarAdvice));
      failed = true;
      break;
    }
    if (close == 0) {
      append("$");
    } else if (const auto part = replacement(property, std::string(rest.substr(1, close - 1)))) {
      value.text += part->text;
      value.shown += part->shown;
      value.secret = value.secret || part->secret;
    } else {
      failed = true;
    }
    rest.remove_prefix(close + 1);
    if (value.text.size() > kMostBytes) {
      mistakes_.add(value.where, "grows beyond 1 MiB when its references are replaced; write it shorter");
      given_up_ = true;
    }
  }
  append(rest);
  value.shown = shownOf(property.key, value.shown);
  chain_.pop_back();
  return failed || given_up_ ? std::nullopt : std::optional(std::move(value));
}

std::optional<PropertyValue> References::replacement(const Property& user, const std::string& name) {
  if (++replaced_ > kMostReplaced) {
    if (!given_up_)
      mistakes_.add(placeOf(user), "takes more than " + std::to_string(kMostReplaced) + " references to replace; write it shorter");
    given_up_ = true;
    return std::nullopt;
  }
  if (name.rfind(kEnvironment, 0) == 0) {
    const auto variable = environment_.find(name.substr(kEnvironment.size()));
    if (variable != environment_.end())
      return PropertyValue{.text = variable->second, .shown = std::string(kHidden), .origin = name, .secret = true, .where = {}};
    mistakes_.add(placeOf(user), asReference(name) + " is not set in the environment; set it, or " + std::string(kDollarAdvice));
    return std::nullopt;
  }
  const KeyDescription* variable = findByVariable(name);
  const std::string key = variable != nullptr && variable->variable == name ? std::string(variable->key) : name;
  const bool was_given = find(key).has_value() || (key == "database.url" && properties_.count("mysql.password") > 0);
  std::optional<PropertyValue> found = value(key);
  if (!found && !was_given) reportUndefined(user, name);
  if (found && isCheckSetting(key)) {
    found->secret = true;
    found->shown = kHidden;
  }
  return found;
}

void References::reportUndefined(const Property& user, const std::string& name) {
  const KeyDescription* variable = findByVariable(name);
  const KeyDescription* known = variable != nullptr ? variable : findHostKey(name);
  if (known != nullptr) {
    mistakes_.add(placeOf(user), asReference(name) + " has no value; set " + variableOf(*known) + " or " + std::string(known->key));
    return;
  }
  std::vector<std::string> names = keyNames(hostKeys());
  for (const KeyDescription& key : hostKeys()) {
    if (!key.variable.empty()) names.emplace_back(key.variable);
  }
  for (const auto& [key, property] : properties_) names.push_back(key);
  const std::string near = nearest(name, names);
  const std::string what = mayBeNamed(user, name) ? asReference(name) : "a ${…} in it";
  const std::string advice = near.empty() ? "define it" : "did you mean " + asReference(near) + "? Correct it";
  mistakes_.add(placeOf(user), what + " is not defined; " + advice + ", or " + std::string(kDollarAdvice));
}

std::optional<PropertyValue> References::mysqlPart(const std::string& key, PropertyValue& whole) {
  std::optional<PropertyValue> part = value(key);
  if (!part) return std::nullopt;
  const bool fits = key == "mysql.port"   ? typedValue(*findHostKey(key), *part, mistakes_).has_value()
                    : key == "mysql.host" ? isHost(part->text)
                                          : key == "mysql.password" || !part->text.empty();
  if (!fits && key == "mysql.host") mistakes_.add(part->where, shownValue(*part) + " is not a host; write a name or an address");
  if (!fits && key != "mysql.host" && key != "mysql.port") mistakes_.add(part->where, "is empty; write a value");
  if (!fits) return std::nullopt;
  if (part->origin != "default") whole.origin += (whole.origin.empty() ? "" : ", ") + part->origin;
  return part;
}

std::optional<PropertyValue> References::composedDatabaseUrl() {
  const Property whole_property{.key = "database.url", .value = {}, .origin = "default"};
  if (!enter(whole_property)) return std::nullopt;
  PropertyValue whole{.text = {}, .shown = {}, .origin = {}, .secret = true, .where = {}};
  const auto host = mysqlPart("mysql.host", whole);
  const auto port = mysqlPart("mysql.port", whole);
  const auto user = mysqlPart("mysql.user", whole);
  const auto password = mysqlPart("mysql.password", whole);
  const auto database = mysqlPart("mysql.database", whole);
  chain_.pop_back();
  if (!host || !port || !user || !password || !database) return std::nullopt;
  const auto composed = [&](std::string PropertyValue::*text) {
    return mysqlUrl({.host = (*host).*text,
                     .port = (*port).*text,
                     .user = (*user).*text,
                     .password = password->text.empty() ? "" : (*password).*text,
                     .database = (*database).*text});
  };
  whole.text = composed(&PropertyValue::text);
  whole.shown = shownUrl(composed(&PropertyValue::shown));
  whole.where = whole.origin;
  return whole;
}

}  // namespace pulsewatch
