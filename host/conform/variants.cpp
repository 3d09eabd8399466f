#include "conform/variants.h"

#include "config/mistakes.h"
#include <pulsewatch/service_url.h>
#include <pulsewatch/setting_value.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace pulsewatch::conform {

namespace {

constexpr std::size_t kLongText = 4000;

// What is between :// and the path, from where the host begins.
struct HostPart {
  std::size_t authority = 0;
  std::size_t host = 0;
  std::size_t end = 0;
};

std::optional<HostPart> hostPart(const std::string& url) {
  const std::size_t colon = url.find("://");
  if (colon == std::string::npos) return std::nullopt;
  HostPart part;
  part.authority = colon + 3;
  part.end = std::min(url.find_first_of("/?#", part.authority), url.size());
  const std::size_t at = url.rfind('@', part.end);
  part.host = at == std::string::npos || at < part.authority ? part.authority : at + 1;
  if (part.host >= part.end) return std::nullopt;  // unix:///path
  return part;
}

std::string schemeOf(const SettingDescription& setting, const Settings& settings) {
  const auto given = settings.find(setting.key);
  if (given != settings.end() && given->second.find("://") != std::string::npos) return given->second.substr(0, given->second.find("://"));
  return setting.choices.empty() ? "http" : setting.choices.front();
}

std::vector<std::string> urls(const std::string& scheme) {
  return {scheme + "://", scheme + "://127.0.0.1:1", scheme + "://user:p%40ss@[::1]:65535/%C3%A9?a=b&c=", scheme + ":///run/none.sock",
          scheme + "://127.0.0.1:1/" + std::string(kLongText - 100, 'x')};
}

// Valid by its type, each.
std::vector<std::string> edgesOf(const SettingDescription& setting, const Settings& settings) {
  switch (setting.type) {
    case SettingType::text:
    case SettingType::secret:
      return {"", std::string(kLongText, 'x'), "p\xC3\xA4th '\"`$(x) %s%n \\ ; -- ../..", "-", "0"};
    case SettingType::url:
      return urls(schemeOf(setting, settings));
    case SettingType::integer:
      return {"0", "-1", "1", "9223372036854775807", "-9223372036854775808"};
    case SettingType::number:
      return {"0", "-1", "0.000001", "1e308", "-1e308"};
    case SettingType::boolean:
      return {"true", "false"};
    case SettingType::duration:
      return {"0ms", "1ms", "24h", "9223372036854775807ms"};
    case SettingType::choice:
      return setting.choices;
  }
  return {};
}

bool isSecret(const SettingDescription& setting) { return setting.hidden || setting.type == SettingType::secret; }

// A value that is found nowhere by chance, and is written otherwise in a URL than it is read.
std::optional<std::string> plantedSecret(const SettingDescription& setting) {
  switch (setting.type) {
    case SettingType::text:
    case SettingType::secret:
      return "planted-s3cret-7f31";
    case SettingType::integer:
    case SettingType::number:
      return "739184625";
    case SettingType::duration:
      return "73918462ms";
    default:
      return std::nullopt;
  }
}

}  // namespace

std::vector<Variant> edges(const Subject& subject) {
  const Settings given = subject.settings();
  std::vector<Variant> variants;
  Settings least = given;
  for (const SettingDescription& setting : subject.description.settings) {
    for (const std::string& value : edgesOf(setting, given)) {
      if (value.empty() && setting.required) continue;  // the host refuses it
      Settings settings = given;
      settings[setting.key] = value;
      variants.push_back({"with " + setting.key + " = " + quoted(value), std::move(settings)});
    }
    if (!setting.required) least.erase(setting.key);
  }
  if (least != given) variants.push_back({"with none but the required settings", std::move(least)});
  return variants;
}

Settings redirected(const Subject& subject, std::uint16_t port) {
  Settings settings = subject.settings();
  for (const SettingDescription& setting : subject.description.settings) {
    const auto value = settings.find(setting.key);
    if (setting.type != SettingType::url || value == settings.end()) continue;
    if (const auto part = hostPart(value->second))
      value->second.replace(part->host, part->end - part->host, "127.0.0.1:" + std::to_string(port));
  }
  return settings;
}

Settings withPlantedSecrets(const Subject& subject) {
  Settings settings = subject.settings();
  bool any = false;
  for (const SettingDescription& setting : subject.description.settings) {
    if (setting.type == SettingType::url) {
      std::string url = settings.count(setting.key) > 0 ? settings[setting.key] : schemeOf(setting, settings) + "://127.0.0.1:1/";
      const auto part = hostPart(url);
      if (!part) continue;
      url.replace(part->authority, part->host - part->authority, "user:planted%40s3cret-7f31@");
      settings[setting.key] = url;
    } else {
      const auto secret = isSecret(setting) ? plantedSecret(setting) : std::nullopt;
      if (!secret) continue;
      settings[setting.key] = *secret;
    }
    any = true;
  }
  return any ? settings : Settings();
}

}  // namespace pulsewatch::conform
