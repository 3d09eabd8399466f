#include "config/named_keys.h"

namespace pulsewatch {

NamedKeys namedKeys(const Properties& properties, const std::string& family, Mistakes& mistakes) {
  NamedKeys keys;
  const std::string prefix = family + ".";
  for (auto entry = properties.properties().lower_bound(prefix);
       entry != properties.properties().end() && entry->first.rfind(prefix, 0) == 0; ++entry) {
    const std::string rest = entry->first.substr(prefix.size());
    const std::size_t dot = rest.find('.');
    if (dot == std::string::npos || dot == 0 || dot + 1 == rest.size())
      mistakes.add(placeOf(entry->second), "unknown key; write " + family + ".NAME.KEY");
    else
      keys[rest.substr(0, dot)][rest.substr(dot + 1)] = &entry->second;
  }
  return keys;
}

}  // namespace pulsewatch
