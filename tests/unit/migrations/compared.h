// A tool's judgement of some files and rows, without a disk or a database.
#pragma once

#include "migrations/tool.h"

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace pulsewatch::migrations {

using Sources = std::map<std::string, std::string>;  // content by path

inline std::vector<File> filesOf(const Tool& tool, const Sources& sources) {
  std::vector<File> files;
  for (const auto& [path, content] : sources) {
    const Interest interest = tool.interest(path);
    if (interest != Interest::none) files.push_back({path, interest == Interest::content ? tool.facts(path, content, true) : Facts()});
  }
  return files;
}

// "2 of 3; missing a, b; ahead c; fault: …", as far as there is something to say.
inline std::string summary(const Comparison& comparison) {
  std::string text = std::to_string(comparison.applied) + " of " + std::to_string(comparison.found);
  for (const auto& [word, names] : {std::pair{"; missing", &comparison.missing}, {"; ahead", &comparison.ahead}}) {
    for (std::size_t i = 0; i < names->size(); ++i) text += (i == 0 ? word + std::string(" ") : ", ") + (*names)[i];
  }
  return comparison.fault.empty() ? text : text + "; fault: " + comparison.fault;
}

inline std::string compared(const Tool& tool, const Sources& sources, const std::vector<Row>& rows) {
  return summary(tool.compare(filesOf(tool, sources), rows));
}

}  // namespace pulsewatch::migrations
