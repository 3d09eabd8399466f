// A Markdown table, to be pasted. One thread.
#pragma once

#include <string>
#include <vector>

namespace pulsewatch::bench {

class Table {
 public:
  explicit Table(std::vector<std::string> head) : rows_{std::move(head)} {}

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void print() const;  // on standard output, with an empty line before and behind

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace pulsewatch::bench
