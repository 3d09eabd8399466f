#include "config/typed_value.h"

#include "config/duration.h"
#include "config/network_text.h"
#include "config/text_parts.h"
#include <pulsewatch/service_url.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace pulsewatch {

namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kKiB = 1024;

std::string within(const KeyDescription& key, std::string (*shown)(std::int64_t)) {
  return key.least == std::numeric_limits<std::int64_t>::min() ? "" : " from " + shown(key.least) + " to " + shown(key.most);
}

std::string shownCount(std::int64_t value) { return std::to_string(value); }
std::string shownMs(std::int64_t value) {
  return value == 0 ? "0s" : value % kHourMs == 0 ? std::to_string(value / kHourMs) + "h" : std::to_string(value) + "ms";
}
std::string shownBytes(std::int64_t value) { return std::to_string(value / kKiB) + "KiB"; }

// A sentence's end for a value that does not fit: what it should be, and what to do.
std::string misfit(const KeyDescription& key) {
  const auto sentence = [&](const std::string& what, const std::string& advice) {
    return "is not " + what + "; " + (key.advice.empty() ? advice : std::string(key.advice));
  };
  switch (key.type) {
    case KeyType::integer:
      return sentence("a whole number" + within(key, shownCount), "write digits only");
    case KeyType::number:
      return sentence("a finite decimal number", "write e.g. 0.5");
    case KeyType::boolean:
      return sentence("true or false", "write true or false");
    case KeyType::duration:
      return sentence("a duration" + within(key, shownMs), "write e.g. 250ms, 10s, 2m or 1h");
    case KeyType::size:
      return sentence("a size" + within(key, shownBytes), "write e.g. 64KiB or 10MiB");
    case KeyType::list:
      return sentence("a list without empty entries", "write entries with commas between them");
    case KeyType::choice:
      return sentence("one of " + joinedWords(alternatives(key.choices), " and "), "write one of these");
    default:
      return sentence("a value that fits", "correct it");
  }
}

// Kubernetes gives every container such a variable for each service of the namespace, under names that are ours.
constexpr std::string_view kServiceLink = "tcp://";
constexpr std::string_view kServiceLinkAdvice =
    "; it looks like what Kubernetes sets for a service of that name: set it yourself, or enableServiceLinks: false";

std::string urlFault(const KeyDescription& key, const std::string& url) {
  try {
    const ServiceUrl parsed = ServiceUrl::parse(url);
    if (parsed.host.find(':') != std::string::npos && !isIpAddress(parsed.host)) return "what stands in [ ] is not an IPv6 address";
    const std::vector<std::string> schemes = alternatives(key.choices);
    if (schemes.empty() || std::find(schemes.begin(), schemes.end(), parsed.scheme) != schemes.end()) return {};
    return "its scheme is not " + joinedWords(schemes);
  } catch (const std::invalid_argument& fault) {
    return fault.what();
  }
}

std::optional<std::string> spelledChoice(const KeyDescription& key, const std::string& text) {
  for (const std::string& word : alternatives(key.choices)) {
    if (lowerCase(word) == lowerCase(text)) return word;
  }
  return std::nullopt;
}

bool fits(const KeyDescription& key, const std::string& text, TypedValue& typed) {
  const auto whole = [&](const auto& parsed) {
    if (parsed) typed.integer = static_cast<std::int64_t>(*parsed);
    typed.number = static_cast<double>(typed.integer);
    return parsed.has_value();
  };
  const auto inRange = [&] { return typed.integer >= key.least && typed.integer <= key.most; };
  const auto taken = [](const auto& parsed, auto& target) {
    if (parsed) target = *parsed;
    return parsed.has_value();
  };
  switch (key.type) {
    case KeyType::integer:
      return whole(parseInteger(text)) && inRange();
    case KeyType::boolean:
      return whole(parseBoolean(text));
    case KeyType::size: {
      const auto size = parseSize(text);
      return size && *size <= static_cast<std::uint64_t>(key.most) && whole(size) && inRange();
    }
    case KeyType::duration: {
      const auto duration = parseDuration(text);
      return duration && whole(std::optional(duration->count())) && inRange();
    }
    case KeyType::number:
      return taken(parseNumber(text), typed.number);
    case KeyType::list:
      return taken(parseList(text), typed.list);
    case KeyType::choice:
      return taken(spelledChoice(key, text), typed.text);
    default:
      return true;
  }
}

}  // namespace

std::string shownValue(const PropertyValue& value) { return shownValue(value, value.text); }

std::string shownValue(const PropertyValue& value, const std::string& part) {
  const bool credentials = value.text.find("://") != std::string::npos && value.text.find('@') != std::string::npos;
  return value.secret || credentials ? "its value" : pulsewatch::quoted(part);
}

std::optional<TypedValue> typedValue(const KeyDescription& key, const PropertyValue& value, Mistakes& mistakes) {
  const bool hidden = key.secret || value.secret || key.type == KeyType::secret || key.type == KeyType::url;
  if (key.type == KeyType::url) {
    const std::string fault = urlFault(key, value.text);
    if (!fault.empty()) {
      mistakes.add(value.where,
                   "is not a valid URL: " + fault + "; write scheme://user:password@host:port/path, with %40 for a @ in a part");
      return std::nullopt;
    }
  }
  if (key.type == KeyType::text && key.has_default && value.text.empty()) {
    mistakes.add(value.where, "is empty; write a value");
    return std::nullopt;
  }
  TypedValue typed{.text = value.text, .list = {}};
  if (fits(key, value.text, typed)) return typed;
  const bool service_link = key.type == KeyType::integer && value.text.rfind(kServiceLink, 0) == 0;
  mistakes.add(value.where,
               (hidden ? "its value" : shownValue(value)) + " " + misfit(key) + (service_link ? std::string(kServiceLinkAdvice) : ""));
  return std::nullopt;
}

}  // namespace pulsewatch
