#include "config/properties.h"

#include "config/references.h"
#include "config/schema.h"
#include "config/text_parts.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::size_t kMostVariableBytes = 64 * 1024;
constexpr std::string_view kFileSuffix = "_FILE";
constexpr std::string_view kDropInDirectory = "pulsewatch.d";
using Layer = std::map<std::string, Property>;

bool startsWith(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

bool isKnown(const std::string& key) {
  return startsWith(key, "check.") || startsWith(key, "plugin.") || startsWith(key, "group.") || findHostKey(key) != nullptr;
}

// The host key that somebody meant who wrote a variable's name where a key goes.
const KeyDescription* meantByVariable(const std::string& key) {
  const std::size_t body = key.size() > kFileSuffix.size() ? key.size() - kFileSuffix.size() : 0;
  const KeyDescription* found = findByVariable(key);
  if (found == nullptr && body > 0 && key.substr(body) == kFileSuffix) found = findByVariable(key.substr(0, body));
  return found;
}

void reportUnknown(const std::string& where, const std::string& key, Mistakes& mistakes) {
  const std::string shown = quoted(key);
  const std::string place = where + ": " + shown.substr(1, shown.size() - 2);
  if (const KeyDescription* meant = meantByVariable(key)) {
    mistakes.add(place, "unknown key: it is a variable of the environment; here the key is " + std::string(meant->key));
    return;
  }
  std::vector<std::string> names = keyNames(hostKeys());
  names.insert(names.end(), {"check.NAME.plugin", "check.NAME.interval", "plugin.NAME.enabled", "group.NAME.checks"});
  const std::string near = nearest(key, names);
  mistakes.add(place, near.empty() ? "unknown key; remove it, or correct it" : "unknown key; did you mean " + near + "?");
}

Layer fileLayer(const std::filesystem::path& file, Mistakes& mistakes, bool& all_read) {
  Layer layer;
  std::optional<std::vector<Property>> properties = readPropertyFile(file, mistakes);
  if (!properties) {
    all_read = false;
    return layer;
  }
  for (Property& property : *properties) {
    if (!isKnown(property.key)) {
      reportUnknown(property.origin, property.key, mistakes);
      continue;
    }
    std::string key = property.key;
    layer.emplace(std::move(key), std::move(property));
  }
  return layer;
}

// What `stronger` has hides what `layer` has.
void lay(Layer& layer, const Layer& stronger) {
  for (const auto& [key, property] : stronger) layer.insert_or_assign(key, property);
}

std::vector<std::filesystem::path> dropIns(const std::filesystem::path& directory, Mistakes& mistakes, bool& all_read) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    // Editors leave hidden files beside the one they edit.
    if (entry->path().extension() == ".properties" && entry->path().filename().string().front() != '.') files.push_back(entry->path());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    all_read = false;
    mistakes.add(directory.string(), "cannot be read: " + error.message() + "; correct its permissions, or remove it");
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool isMissing(const std::filesystem::path& file) {
  std::error_code error;
  return std::filesystem::status(file, error).type() == std::filesystem::file_type::not_found;
}

Layer environmentLayer(const std::map<std::string, std::string>& environment, Mistakes& mistakes) {
  Layer layer;
  for (const KeyDescription& description : hostKeys()) {
    const std::string name = variableOf(description);
    const std::string file_name = name + std::string(kFileSuffix);
    const auto variable = environment.find(name);
    const auto file = environment.find(file_name);
    const std::string key(description.key);
    if (variable != environment.end() && file != environment.end())
      mistakes.add(name, "given together with " + file_name + "; keep one of the two");
    if (variable != environment.end()) {
      layer[key] = {.key = key, .value = variable->second, .origin = name, .literal = true};
    } else if (file != environment.end()) {
      // One that can't be read still hides what a file says: the mistake is this, not that the key is missing.
      const auto content = valueFromFile(file_name, file->second, mistakes);
      layer[key] = {.key = key, .value = content.value_or(""), .origin = file_name, .literal = true, .unreadable = !content};
    }
  }
  return layer;
}

Layer overrideLayer(const std::vector<std::string>& overrides, Mistakes& mistakes) {
  Layer layer;
  for (const std::string& text : overrides) {
    const std::size_t equals = text.find('=');
    const std::string key(trimmed(std::string_view(text).substr(0, equals)));
    if (equals == std::string::npos) {  // what isn't a key may be a secret, and isn't quoted
      mistakes.add(isKnown(key) ? "-D: " + key : "-D", "no = follows the key; write -D key=value");
      continue;
    }
    if (!isKnown(key)) {
      reportUnknown("-D", key, mistakes);
      continue;
    }
    const KeyDescription* description = findHostKey(key);
    if (description != nullptr && description->secret) {
      mistakes.add("-D: " + key, "a secret is not taken from here: it would show in the process list; set " + variableOf(*description) +
                                     " or " + variableOf(*description) + "_FILE, or write it into a file");
      continue;
    }
    const Property property{
        .key = key, .value = std::string(trimmed(std::string_view(text).substr(equals + 1))), .origin = "-D", .literal = true};
    if (!layer.emplace(key, property).second) mistakes.add("-D: " + key, "given twice; keep one of the two");
  }
  return layer;
}

}  // namespace

std::optional<std::string> valueFromFile(const std::string& variable, const std::string& file, Mistakes& mistakes) {
  std::string error;
  std::optional<std::string> content = readSmallFile(file, kMostVariableBytes, error);
  if (!content) {  // the path isn't quoted: where the secret was put instead of its path, it would be the secret
    mistakes.add(variable, "the file it names cannot be read: " + error);
    return std::nullopt;
  }
  if (content->find('\0') != std::string::npos) {
    mistakes.add(variable, "the file it names has a NUL byte; write text");
    return std::nullopt;
  }
  const std::string_view text = *content;
  const std::string_view ending = text.ends_with("\r\n") ? "\r\n" : text.ends_with('\n') ? "\n" : "";
  content->resize(text.size() - ending.size());
  return content;
}

Properties Properties::load(const ConfigInput& input, Mistakes& mistakes) {
  const std::filesystem::path directory = input.file.parent_path();
  Properties properties;
  properties.environment_ = input.environment;
  Layer strong;  // all above the overlay
  bool& all_read = properties.all_read_;
  for (const std::filesystem::path& file : dropIns(directory / kDropInDirectory, mistakes, all_read))
    lay(strong, fileLayer(file, mistakes, all_read));
  lay(strong, environmentLayer(input.environment, mistakes));
  lay(strong, overrideLayer(input.overrides, mistakes));
  Layer all;
  if (!input.file_optional || !isMissing(input.file)) all = fileLayer(input.file, mistakes, all_read);

  properties.properties_ = all;
  lay(properties.properties_, strong);
  const auto settings_module = properties.value("settings_module", mistakes);
  properties.profile_ = settings_module ? profileOf(settings_module->text) : "";
  if (properties.profile_.empty()) return properties;

  const std::filesystem::path overlay = directory / ("pulsewatch-" + properties.profile_ + ".properties");
  if (isMissing(overlay)) return properties;
  Layer profile = fileLayer(overlay, mistakes, all_read);
  const auto changed = profile.find("settings_module");
  if (changed != profile.end()) {
    mistakes.add(placeOf(changed->second), "an overlay cannot choose the profile, the profile chooses it; move it to the main file");
    profile.erase(changed);
  }
  lay(all, profile);
  lay(all, strong);
  properties.properties_ = std::move(all);
  return properties;
}

std::optional<PropertyValue> Properties::value(const std::string& key, Mistakes& mistakes) const {
  return References(properties_, environment_, mistakes).value(key);
}

bool Properties::given(const std::string& key) const { return properties_.count(key) > 0; }

std::vector<std::filesystem::path> configFiles(const ConfigInput& input) {
  Mistakes ignored;
  bool all_read = true;
  const std::filesystem::path directory = input.file.parent_path();
  std::vector<std::filesystem::path> files = dropIns(directory / kDropInDirectory, ignored, all_read);
  files.push_back(directory / kDropInDirectory);
  files.push_back(input.file);
  std::error_code error;
  std::filesystem::directory_iterator entry(directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (startsWith(name, "pulsewatch-") && name.ends_with(".properties")) files.push_back(entry->path());
  }
  for (const KeyDescription& description : hostKeys()) {
    const auto file = input.environment.find(variableOf(description) + std::string(kFileSuffix));
    if (file != input.environment.end()) files.push_back(input.directory / file->second);
  }
  return files;
}

std::string placeOf(const Property& property) {
  if (property.origin == "default") return property.key;
  return property.literal && property.origin != "-D" ? property.origin : property.origin + ": " + property.key;
}

std::string profileOf(const std::string& settings_module) {
  std::string_view rest = settings_module;
  std::string_view part;
  for (bool last = false; !last; rest.remove_prefix(last ? 0 : part.size() + 1)) {
    part = rest.substr(0, rest.find('.'));
    last = part.size() == rest.size();
    const bool digit_first = !part.empty() && part.front() >= '0' && part.front() <= '9';
    if (part.empty() || digit_first ||
        part.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != std::string_view::npos)
      return {};
  }
  return part.size() <= 100 ? std::string(part) : std::string();
}

}  // namespace pulsewatch
